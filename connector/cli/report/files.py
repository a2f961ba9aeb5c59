"""Reports as files: what a command shows, in the form that the name of the file asks for."""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from connector.cli.mapping.whole import may_write
from connector.cli.options import Face
from connector.cli.output import Column, Money, Output, cell
from connector.cli.plain import safe
from connector.customer_papers.folder import drafted
from connector.domain.money import from_minor
from connector.texts import _

if TYPE_CHECKING:
    from connector.cli.report.plots import Bars

F = TypeVar("F", bound=Callable[..., object])
Show = Callable[[Face], None]
_PLAIN = re.compile(r"[+-]?[\d.]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""
FORMS = (".csv", ".xlsx", ".html")


class Named(click.Path):
    """A file whose name says its form."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The file. UsageError when its name says no form that can be written."""
        file = Path(str(super().convert(str(value), param, ctx)))
        if file.suffix.lower() not in FORMS:
            self.fail(f"'{file}' ends in none of {', '.join(FORMS)}", param, ctx)
        return file


def option(command: F) -> F:
    """Add --output, given to the command as ``output``."""
    return click.option(
        "--output", type=Named(), metavar="FILE", help=f"Write it whole to a file as well: {', '.join(FORMS)}."
    )(command)


def write(
    face: Face,
    file: Path | None,
    show: Show,
    *,
    yes: bool,
    title: str,
    plots: Callable[[], Iterable[Bars]] = tuple,
) -> None:
    """Write what ``show`` shows to ``file`` as well, after asking where one is there already; whole or not at all.

    A page has the ``title`` and the ``plots``. SettingsError when it cannot be drawn here.
    """
    if file is None or not may_write(face, file, yes=yes):
        return
    with drafted(file) as draft:
        match file.suffix.lower():
            case ".csv":
                # With a mark at the start, so that spreadsheets see that it is UTF-8.
                with draft.open("w", encoding="utf-8-sig", newline="") as opened:
                    show(face.showing_in(CsvOutput(opened)))
            case ".html":
                draft.write_text(_page(face, show, title, plots), encoding="utf-8")
            case _:
                draft.write_bytes(_workbook(face, show))
    face.out.text(_("Written to {file}.").format(file=file))


def is_page(file: Path | None) -> bool:
    """Whether ``file`` is to be a page, on which there is room for the rows of a screen and for plots."""
    return file is not None and file.suffix.lower() == ".html"


def _page(face: Face, show: Show, title: str, plots: Callable[[], Iterable[Bars]]) -> str:
    from connector.cli.report import page
    from connector.cli.report import plots as drawing

    drawing.check()
    out = page.PageOutput(title)
    for plot in plots():
        out.picture(plot)
    show(face.showing_in(out))
    return out.page(face.today)


def _workbook(face: Face, show: Show) -> bytes:
    from connector.cli.sheets import SheetOutput

    sheets = SheetOutput()
    show(face.showing_in(sheets))
    return sheets.workbook()


class CsvOutput(Output):
    """Writes tables as they come, with semicolons, the last heading in a column before them; the rest is left out.

    Amounts have a point and no sign between thousands, dates are ISO; a text that looks like a formula gets an
    apostrophe. Another table begins after an empty line.
    """

    def __init__(self, file: TextIO) -> None:
        super().__init__(quiet=True)
        self._writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        self._heading, self._titles = "", list[str]()

    def heading(self, text: str) -> None:
        """Of which administration the next rows are."""
        self._heading = text

    def text(self, *paragraphs: str) -> None:
        """Nothing."""

    def facts(self, facts: Mapping[str, object]) -> None:
        """Nothing."""

    def answer(self, document: object) -> None:
        """Nothing."""

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",  # noqa: ARG002
        total: Sequence[object] | None = None,  # noqa: ARG002
        empty: str = "",  # noqa: ARG002
    ) -> None:
        """Write ``rows``, one by one."""
        titles = [_("Administration"), *(_(each.title) for each in columns)]
        if titles != self._titles:
            self._writer.writerows([[], titles] if self._titles else [titles])
            self._titles = titles
        for row in rows:
            self._writer.writerow([_plain(self._heading), *map(_plain, row)])


def _plain(value: object) -> str:
    if isinstance(value, str):  # most cells are
        text = safe(value)
        return f"'{text}" if text.startswith(_FORMULA) and not _PLAIN.fullmatch(text) else text
    if isinstance(value, Money):
        return f"{from_minor(value.minor, value.currency):f}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return cell(value)
