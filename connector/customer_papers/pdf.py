"""A specification as PDF: A4, numbered pages, the heads of the table on each; the same bytes for the same content."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from connector.customer_papers.layout import Column, Heading, Note, Page, Priced, Row, Sum
from connector.errors import ConnectorError
from connector.texts import _

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT, _BODY, _SMALL, _LARGE = "DejaVu", 8, 7, 14
_LINE, _MARGIN, _INDENT, _WIDTH, _BOTTOM = 4.0, 10, 7, 190, 280
"""In millimetres on A4: the height of a line, the margin, how far notes stand in, the width between margins, where the
footer begins."""
_GREY = 235
_PAGES = "\ue000"
"""Stands for the number of pages until it is known; ``layout.clean`` takes this sign out of every text."""
_EPOCH = datetime.date(2000, 1, 1)
"""The day of a paper without one: never today's, so that the bytes stay the same."""
Styled = tuple[str, str, int, bool]
"""A text, its style ('' or 'B'), its width in millimetres and whether it stands on the right."""


class PapersUnavailable(ConnectorError):
    """What makes PDF files is not installed."""

    exit_code = 3
    default_hint = "Install it with: pip install 'copaco-connector[reports]'. XLSX needs nothing more: --format xlsx."


def check() -> None:
    """PapersUnavailable when PDF files cannot be made here."""
    _fonts()


def pdf(page: Page) -> bytes:
    """The PDF of ``page``, titles of its parts in the language that is spoken now."""
    return _Printer(page).printed()


def _fonts() -> Path:
    """The folder with the fonts, which hold the letters of all European languages."""
    # Only its folder is wanted: importing matplotlib takes a second and a hundred megabytes.
    found = find_spec("matplotlib") if find_spec("fpdf") else None
    if found is None or found.origin is None:
        raise PapersUnavailable("the package that makes PDF files is not installed")
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    if not (folder / "DejaVuSans.ttf").is_file():
        raise PapersUnavailable(f"the fonts for PDF files are not in {folder}")
    return folder


def _blank(page: Page) -> FPDF:
    """A file without pages, whose facts about itself are those of ``page``."""
    folder = _fonts()
    from fpdf import FPDF

    # It complains of letters that the font lacks; they are printed as a box, and stand in the workbook.
    logging.getLogger("fpdf").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    made = FPDF(format="A4")
    made.set_auto_page_break(auto=False)
    made.alias_nb_pages(_PAGES)
    made.set_margins(_MARGIN, _MARGIN)
    made.add_font(_FONT, "", folder / "DejaVuSans.ttf")
    made.add_font(_FONT, "B", folder / "DejaVuSans-Bold.ttf")
    noon = datetime.datetime.combine(page.day or _EPOCH, datetime.time(12), datetime.UTC)
    made.set_creation_date(noon)
    made.set_title(f"{page.title} {page.recipient[0] if page.recipient else ''}".strip())
    made.set_author(page.sender[0] if page.sender else "")
    made.set_lang(page.language)
    return made


class _Printer:
    def __init__(self, page: Page) -> None:
        self._page, self._pdf = page, _blank(page)
        total = sum(each.share for each in page.columns)
        self._widths = [each.share * _WIDTH // total for each in page.columns]

    def printed(self) -> bytes:
        self._pdf.add_page()
        self._head()
        self._table_head()
        rows = self._page.rows
        for place, row in enumerate(rows):
            self._row(row, keep=_kept_together(rows, place))
        self._totals()
        self._page_number()
        return bytes(self._pdf.output())

    def _head(self) -> None:
        page = self._page
        for place, text in enumerate(page.sender):
            self._words(text, "" if place else "B", _BODY)
        self._gap(8)
        self._words(page.title, "B", _LARGE, height=8)
        self._gap(2)
        for place, text in enumerate(page.recipient):
            self._words(text, "" if place else "B", _BODY)
        self._gap(2)
        for name, value in page.facts:
            self._block([(name, "", 40, False), (value, "", 150, False)])
        self._gap(4)

    def _table_head(self) -> None:
        self._pdf.set_fill_color(_GREY)
        self._block([*self._cells([each.title for each in self._page.columns], "B")], fill=True)
        self._gap(1)

    def _page_number(self) -> None:
        self._pdf.set_y(_BOTTOM + 3)
        self._pdf.set_font(_FONT, "", _SMALL)
        told = _("Page {number} of {pages}").format(number=self._pdf.page, pages=_PAGES)
        self._pdf.cell(_WIDTH, _LINE, told, align="R")

    def _next_page(self) -> None:
        self._page_number()
        self._pdf.add_page()
        self._words(f"{self._page.title} – {self._page.recipient[0] if self._page.recipient else ''}", "", _SMALL)
        self._gap(2)
        self._table_head()

    def _row(self, row: Row, *, keep: int) -> None:
        if self._pdf.get_y() + keep * _LINE > _BOTTOM:
            self._next_page()
        match row:
            case Heading():
                self._gap(2 if row.level == 1 else 1)
                self._words(row.text, "B", _BODY + 2 if row.level == 1 else _BODY)
            case Note():
                self._words(row.text, "", _SMALL, indent=_INDENT)
            case Priced():
                self._block([*self._cells(row.cells, "")])
            case Sum():
                self._block(self._summed(row))
                self._gap(1)

    def _summed(self, row: Sum) -> list[Styled]:
        """The text reaches up to the amounts."""
        vat = [("", "", self._widths[-2], False), (row.vat, "B", self._widths[-1], True)] if row.vat else []
        net = self._widths[-3] if vat else self._widths[-1]
        text = sum(self._widths) - net - sum(width for _text, _style, width, _right in vat)
        return [(row.text, "B", text, True), (row.net, "B", net, True), *vat]

    def _totals(self) -> None:
        if self._pdf.get_y() + (len(self._page.totals) + 4) * _LINE > _BOTTOM:
            self._next_page()
        self._gap(2)
        self._pdf.line(_MARGIN, self._pdf.get_y(), _MARGIN + _WIDTH, self._pdf.get_y())
        self._gap(1)
        for name, value in self._page.totals:
            self._block([(name, "B", 150, True), (value, "B", 40, True)])
        self._gap(4)
        self._words(self._page.remark, "", _BODY)

    def _cells(self, cells: Sequence[str], style: str) -> list[Styled]:
        columns: Sequence[Column] = self._page.columns
        return [
            (text, style, width, column.right) for text, width, column in zip(cells, self._widths, columns, strict=True)
        ]

    def _words(self, text: str, style: str, size: int, *, indent: int = 0, height: float = _LINE) -> None:
        """A text over the whole width."""
        self._block([("", "", indent, False), (text, style, _WIDTH - indent, False)], size=size, height=height)

    def _block(self, cells: Sequence[Styled], *, fill: bool = False, size: int = _BODY, height: float = _LINE) -> None:
        """Cells side by side, each wrapped within its width; a block higher than the page goes on on the next."""
        wrapped = [self._wrapped(text, style, width, size, right=right) for text, style, width, right in cells]
        for number in range(max(map(len, wrapped))):
            if self._pdf.get_y() + height > _BOTTOM:
                self._next_page()
            self._pdf.set_x(_MARGIN)
            for lines, (_text, style, width, right) in zip(wrapped, cells, strict=True):
                text = lines[number] if number < len(lines) else ""
                self._fit(text, style, width, size)
                self._pdf.cell(width, height, text, align="R" if right else "L", fill=fill) if width else None
            self._pdf.ln(height)

    def _wrapped(self, text: str, style: str, width: int, size: int, *, right: bool) -> list[str]:
        """``text`` in lines that fit; an amount stays one line, printed smaller where it must."""
        self._pdf.set_font(_FONT, style, size)
        if right or not text or self._room(text, width):
            return [text]
        lines: list[str] = self._pdf.multi_cell(width, _LINE, text, dry_run=True, output="LINES")  # type: ignore[assignment]
        return lines

    def _fit(self, text: str, style: str, width: int, size: float) -> None:
        self._pdf.set_font(_FONT, style, size)
        while text and not self._room(text, width) and size > 3:  # smaller, nobody can read it
            size -= 0.5
            self._pdf.set_font(_FONT, style, size)

    def _room(self, text: str, width: int) -> bool:
        return self._pdf.get_string_width(text) <= width - 2 * self._pdf.c_margin

    def _gap(self, height: float) -> None:
        self._pdf.set_y(self._pdf.get_y() + height)


def _kept_together(rows: Sequence[Row], place: int) -> int:
    """How many lines must find room with the row at ``place``: a heading stays with what it heads, a line with its
    notes."""
    headed, count = isinstance(rows[place], Heading), 2
    for row in rows[place + 1 : place + 6]:
        if not isinstance(row, Note) and not headed:
            break
        headed, count = headed and not isinstance(row, Priced), count + 2
    return count
