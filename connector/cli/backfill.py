"""``connector backfill``: fetch and prepare a longer period, in steps."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from connector import texts
from connector.cli import options
from connector.cli.options import Face
from connector.domain.dates import EARLIEST, LATEST
from connector.texts import _

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.engine.run import RunReport


class Day(click.ParamType[datetime.date]):
    """A day or a month. A month stands for its first day as FROM and for its last day as TO."""

    name = "date"

    def __init__(self, *, last: bool) -> None:
        self._last = last

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime.date:
        """The day that ``value`` names."""
        text = str(value)
        day = self._day(text)
        if day is None:
            self.fail(f"'{text}' is neither a month (2026-01) nor a day (2026-01-31)", param, ctx)
        if not EARLIEST <= day <= LATEST:
            self.fail(f"'{text}' lies outside {EARLIEST} to {LATEST}; look at the year", param, ctx)
        return day

    def _day(self, text: str) -> datetime.date | None:
        if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
            year, month = int(match[1]), int(match[2])
            if 1 <= month <= 12 and year:
                return datetime.date(year, month, calendar.monthrange(year, month)[1] if self._last else 1)
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            return None


@click.command()
@options.common
@options.administrations
@options.acting
@options.dry_run
@click.option("--post", is_flag=True, help="Approve what is prepared, as the person who runs this, and send it.")
@click.option("--accept-unusual", is_flag=True, help="Use an answer that is empty or ten times the usual.")
@click.argument("first", metavar="FROM", type=Day(last=False))
@click.argument("last", metavar="TO", type=Day(last=True))
def command(
    face: Face, *, first: datetime.date, last: datetime.date, post: bool, dry_run: bool, accept_unusual: bool
) -> None:
    """Fetch and prepare everything created FROM a month or day TO a month or day, both included.

    The invoice of a month is created around the 23rd of the next: for the subscriptions of November 2026
    give 2026-12 2026-12. A backfill that was interrupted goes on where it stopped when it is given again.
    Nothing is sent without --post.
    """
    from connector.cli import working

    if last < first:
        raise click.UsageError(f"The period ends ({last}) before it begins ({first}).")
    last = min(last, face.today)
    if last < first:
        raise click.UsageError(f"The period begins ({first}) after today ({face.today}).")
    with working.opened(face) as connector:

        def work(administration: Administration) -> RunReport:
            with working.progress(face, administration.name) as progress:
                return connector.backfill(
                    administration,
                    first,
                    last,
                    post=post and not dry_run,
                    progress=progress,
                    accept_unusual=accept_unusual,
                )

        done = working.each(face, work)
        working.show_runs(face, done)
        _tell_nothing(face, done.results, first, last)
        working.show_waiting(face, connector, done.results)
    if not post or dry_run:
        face.out.text(_("Nothing was sent: that needs --post."))
    done.end()


def _tell_nothing(face: Face, reports: Sequence[RunReport], first: datetime.date, last: datetime.date) -> None:
    """A period without a single document is a wrong period more often than a quiet one."""
    for report in reports:
        if not report.resumed and not any(window.invoices for window in report.windows):
            told = _("nothing was created from {first} to {last}; the source has no document of that period.").format(
                first=texts.date(first), last=texts.date(last)
            )
            face.out.text(f"{report.administration}: {told}")
