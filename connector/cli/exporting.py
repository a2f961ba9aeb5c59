"""What a list shows, as a file as well: a workbook or a CSV, by the ending of its name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from connector.cli.options import Face
from connector.cli.output import Column, Money, Output, cell
from connector.domain.money import from_minor
from connector.texts import _

P = ParamSpec("P")
R = TypeVar("R")
_FORMULA = ("=", "+", "@", "\t", "\r")


class CsvOutput(Output):
    """Gathers the rows of tables; ``text`` is the CSV: separated by semicolons, amounts with a point."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self._written = io.StringIO()
        self._writer = csv.writer(self._written, delimiter=";", lineterminator="\n")
        self._titles: tuple[str, ...] = ()

    def heading(self, text: str) -> None:
        """Headings are not for CSV."""

    def text(self, *paragraphs: str) -> None:
        """Texts are not for CSV."""

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",  # noqa: ARG002
        total: Sequence[object] | None = None,  # noqa: ARG002
        empty: str = "",  # noqa: ARG002
    ) -> None:
        """Add the rows, under the titles where these are new."""
        titles = tuple(_(each.title) for each in columns)
        if titles != self._titles:
            self._titles = titles
            self._writer.writerow(titles)
        for row in rows:
            self._writer.writerow([_plain(value) for value in row])

    def answer(self, document: object) -> None:
        """JSON is not for CSV."""

    def content(self) -> bytes:
        """The file, in UTF-8 with the mark that spreadsheets look for."""
        return self._written.getvalue().encode("utf-8-sig")


def option(command: Callable[P, R]) -> Callable[P, R]:
    """Add --export, given to the command as ``export``."""
    return click.option(
        "--export",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write the list to a file as well: .xlsx or .csv.",
    )(command)


def write(face: Face, file: Path | None, show: Callable[[Face], None], *, yes: bool) -> None:
    """Write what ``show`` shows to ``file``, when one is asked for; asks when it is there already."""
    if file is None:
        return
    from connector.cli.mapping.whole import write_asked
    from connector.cli.sheets import SheetOutput

    content: bytes
    if file.suffix.lower() == ".csv":
        rows = CsvOutput()
        show(face.showing_in(rows))
        content = rows.content()
    elif file.suffix.lower() == ".xlsx":
        sheets = SheetOutput()
        show(face.showing_in(sheets))
        content = sheets.workbook()
    else:
        raise click.UsageError(f"'{file}' is neither .xlsx nor .csv; the ending says what is written.")
    if write_asked(face, file, content, yes=yes):
        face.out.text(_("Written to {file}.").format(file=file))


def _plain(value: object) -> str:
    if isinstance(value, Money):
        return f"{from_minor(value.minor, value.currency):f}"
    text = cell(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
