"""What a report shows, as one page of HTML that needs nothing else: no script, no font and no style from elsewhere."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from connector import texts
from connector.cli.output import Column, Output, cell
from connector.cli.report.plots import Bars, drawn
from connector.texts import _

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1f23; --paper: #fff; --line: #d5d9de; --soft: #f3f5f7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #16191d; --line: #3a4048; --soft: #20252b; } }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
  font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
th.number, td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
thead th { background: var(--soft); } tfoot td { font-weight: 600; border-top: 2px solid var(--ink); }
tbody tr:hover { background: var(--soft); }
figure { margin: 1.5rem 0; break-inside: avoid; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; max-width: 52rem; }
footer { margin-top: 2rem; font-size: .85rem; }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --line: #bbb; --soft: #fff; }
  body { margin: 0; max-width: none; font-size: 10pt; } .scroll { overflow: visible; }
  thead { display: table-header-group; } tr { break-inside: avoid; }
}
"""


class PageOutput(Output):
    """Gathers what is shown instead of showing it; ``page`` gives it as the text of an HTML page."""

    def __init__(self, title: str) -> None:
        super().__init__(quiet=True)
        self._title = title
        self._parts: list[str] = []
        self._plots = 0

    def heading(self, text: str) -> None:
        """Begin a part."""
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def text(self, *paragraphs: str) -> None:
        """Add paragraphs."""
        self._parts += [f"<p>{escape(each)}</p>" for each in paragraphs if each]

    def facts(self, facts: Mapping[str, object]) -> None:
        """Add names with their values."""
        self.table((), [(_(name), value) for name, value in facts.items()])

    def answer(self, document: object) -> None:
        """JSON is not for pages."""

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",
        total: Sequence[object] | None = None,
        empty: str = "",
    ) -> None:
        """Add a table with its titles, and its total below."""
        kept = list(rows)
        if not kept and empty:
            self.text(empty)
            return
        caption = f"<caption>{escape(title)}</caption>" if title else ""
        titles = "".join(f'<th scope="col"{_side(each)}>{escape(_(each.title))}</th>' for each in columns)
        head = f"<thead><tr>{titles}</tr></thead>" if titles else ""
        body = "".join(_row(columns, each) for each in kept)
        foot = f"<tfoot>{_row(columns, total)}</tfoot>" if total is not None else ""
        self._parts.append(f'<div class="scroll"><table>{caption}{head}<tbody>{body}</tbody>{foot}</table></div>')

    def picture(self, plot: Bars) -> None:
        """Add a plot; nothing where it has no bars."""
        if plot.bars:
            self._plots += 1
            svg = drawn(plot, f"plot{self._plots}")
            self._parts.append(f"<figure><figcaption>{escape(plot.title)}</figcaption>{svg}</figure>")

    def page(self, today: datetime.date) -> str:
        """Everything that was gathered, as a page made on the day ``today``."""
        made = _("As it stood on {day}.").format(day=texts.date(today))
        return (
            f'<!DOCTYPE html>\n<html lang="{texts.language()}">\n<head>\n<meta charset="utf-8">\n'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self._title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f"<h1>{escape(self._title)}</h1>\n" + "\n".join(self._parts) + f"\n<footer>{escape(made)}</footer>\n"
            "</body>\n</html>\n"
        )


def _side(column: Column) -> str:
    return ' class="number"' if column.right else ""


def _row(columns: Sequence[Column], row: Sequence[object]) -> str:
    sides = [_side(each) for each in columns] or [""] * len(row)
    return "".join(
        ["<tr>", *(f"<td{side}>{escape(cell(each))}</td>" for side, each in zip(sides, row, strict=True)), "</tr>"]
    )
