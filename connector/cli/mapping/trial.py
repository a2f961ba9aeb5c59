"""``connector mapping trial``: the acceptance test of a new administration."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli import filters, options, working
from connector.cli.failure import DIFFERENCE
from connector.cli.mapping import past, trial_shown
from connector.cli.mapping.whole import write_asked
from connector.cli.options import Face
from connector.cli.sheets import SheetOutput
from connector.texts import _


@click.command()
@options.common
@options.administrations
@options.yes
@past.options(required=True)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Show also the documents that are booked alike, and every entry of the same parties.",
)
@click.option(
    "--xlsx",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what is shown to a workbook as well, with every document.",
)
@click.argument("month", type=filters.Period(), metavar="MONTH")
def command(
    face: Face,
    *,
    books: Path,
    columns: tuple[tuple[str, str], ...],
    every: bool,
    xlsx: Path | None,
    yes: bool,
    month: str,
) -> None:
    """Put what we would book in a month (2026-01) beside what was really booked, and explain every difference.

    Documents that wait, are on their way or are posted count with their entry; all others are booked on paper with
    the tables as they lie on disk, also those before book_from. Nothing is written. Ends with exit code 20 when a
    difference is not explained.
    """
    from connector.app import past_books

    administration = past.one(face)
    with working.opened(face) as connector:
        report = past_books.trial(connector, administration, month, books, dict(columns))
    trial_shown.show(face, administration.name, books, report, every=every)
    if xlsx is not None:
        sheets = SheetOutput()
        trial_shown.show(face.showing_in(sheets), administration.name, books, report, every=True)
        if write_asked(face, xlsx, sheets.workbook(), yes=yes):
            face.out.text(_("Written to {file}.").format(file=xlsx))
    face.out.answer({"administration": administration.name, "books": str(books)} | trial_shown.as_json(report))
    if not report.trial.is_explained:
        click.get_current_context().exit(DIFFERENCE)
