"""A page as plain text, as wide as its columns need."""

from __future__ import annotations

from connector.customer_papers.layout import Column, Heading, Note, Page, Priced, Row, Sum


def as_text(page: Page) -> str:
    """The page, to be read and compared."""
    cells = [row.cells for row in page.rows if isinstance(row, Priced)]
    wide = [max(map(len, column)) for column in zip(*cells, [each.title for each in page.columns], strict=True)]
    width = sum(wide) + 2 * (len(wide) - 1)
    facts = [f"{name}: {value}" for name, value in page.facts]
    totals = [f"{name}  {value}".rjust(width) for name, value in page.totals]
    heads = _line([each.title for each in page.columns], page.columns, wide)
    rows = [_row(row, page.columns, wide) for row in page.rows]
    parts = [*page.sender, "", page.title, "", *page.recipient, *facts, "", heads, *rows, "", *totals, "", page.remark]
    return "".join(f"{line.rstrip()}\n" for line in parts)


def _row(row: Row, columns: tuple[Column, ...], wide: list[int]) -> str:
    match row:
        case Heading():
            return f"{'' if row.level == 2 else chr(10)}{row.text}"
        case Note():
            return f"    {row.text}"
        case Priced():
            return _line(row.cells, columns, wide)
        case Sum():
            amounts = [row.net.rjust(wide[-3]), "".rjust(wide[-2]), row.vat.rjust(wide[-1])]
            told = "  ".join(amounts if row.vat else [row.net.rjust(wide[-1])])
            return f"{row.text}  {told}".rjust(sum(wide) + 2 * (len(wide) - 1))


def _line(cells: list[str] | tuple[str, ...], columns: tuple[Column, ...], wide: list[int]) -> str:
    return "  ".join(
        cell.rjust(width) if column.right else cell.ljust(width)
        for cell, column, width in zip(cells, columns, wide, strict=True)
    )
