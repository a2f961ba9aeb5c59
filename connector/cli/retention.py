"""``connector retention``: how long documents are kept, and their removal when that time is over."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.texts import _, date, day, many

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.domain.retention import Purge
    from connector.engine.retention import Overview, Plan, Year

_KILO = 1_000


@click.group()
def command() -> None:
    """Show how long documents are kept, and remove them when their legal period is over."""


@command.command(name="list")
@options.common
@options.administrations
def list_(face: Face) -> None:
    """Show per year what is kept, until when the law wants it kept, and what a purge would remove.

    A document belongs to the last year that it is dated or booked in. Nothing is removed.
    """
    from connector.app import retention
    from connector.cli import working

    with working.opened(face) as connector:
        seen = [retention.overview(connector, each) for each in face.administrations]
    for each in seen:
        face.out.heading(each.administration)
        _show_years(face, each.years)
        _show_past(face, each)
    face.out.answer({"administrations": [_overview_as_json(each) for each in seen]})


def _show_years(face: Face, years: tuple[Year, ...]) -> None:
    face.out.table(
        [
            column("Year"),
            amount("Documents"),
            amount("Lines", spare=3),
            amount("Purchases"),
            amount("Sales"),
            amount("Kept (kB)", spare=2),
            column("Kept until", spare=1),
            column("Purge"),
        ],
        [
            (
                each.year or _("no date"),
                each.documents,
                each.lines,
                Money(minor=each.purchase),
                Money(minor=each.sale),
                -(-each.bytes // _KILO),
                each.kept_until,
                _state(each),
            )
            for each in years
        ],
        empty=_("Nothing was fetched yet. Run 'connector sync'."),
    )


def _show_plan(face: Face, plan: Plan) -> None:
    if plan.documents:
        _show_years(face, plan.years)
        _show_changed(face, plan)
    if plan.papers:
        face.out.text(many("1 paper goes as well.", "{number} papers go as well.", plan.papers))
    if plan.slices:
        face.out.text(
            many(
                "1 part of an answer that nothing needs any more goes as well.",
                "{number} parts of answers that nothing needs any more go as well.",
                plan.slices,
            )
        )
    _show_registers(face, plan)


def _show_registers(face: Face, seen: Plan | Overview) -> None:
    if seen.versions:
        told = _("Former states of subscriptions and products that go as well: {versions}; whole ones: {entries}.")
        face.out.text(told.format(entries=seen.entries, versions=seen.versions))


def _show_changed(face: Face, plan: Plan) -> None:
    """What counts as held to the end, so that whoever removes it knows which euros nobody will look at again."""
    if not plan.changed:
        return
    face.out.text(
        many(
            "1 document of it changed after it was posted, and is held since. What you booked of that stays as it is:",
            "{number} documents of it changed after they were posted, and are held since. "
            "What you booked of that stays as it is:",
            len(plan.changed),
        )
    )
    face.out.table(
        [column("Number"), column("Date"), column("Direction", spare=2), prose("Party", spare=1), amount("Net")],
        [
            (
                each.number,
                day(each.date),
                State(name=each.direction),
                each.party,
                Money(minor=each.net, currency=each.currency),
            )
            for each in plan.changed
        ],
    )


def _state(year: Year) -> str:
    """What a purge would do with a year."""
    if not year.documents:
        return many("1 document was purged", "{number} documents were purged", year.purged)
    if not year.over:
        return _("must be kept") if year.year else _("stays")
    if year.unfinished:
        return many("1 document is not finished", "{number} documents are not finished", year.unfinished)
    if year.changed:
        return many(
            "can be purged, with 1 changed after posting",
            "can be purged, with {number} changed after posting",
            year.changed,
        )
    return _("can be purged")


def _show_past(face: Face, seen: Overview) -> None:
    for each in seen.purges:
        told = many(
            "Up to {{year}} 1 document was purged on {{day}} by {{actor}}: {{reason}}",
            "Up to {{year}} {number} documents were purged on {{day}} by {{actor}}: {{reason}}",
            each.documents,
        )
        day = date(each.at.astimezone().date())
        face.out.text(told.format(year=each.until, day=day, actor=each.actor, reason=each.reason))
    if seen.ready is not None:
        told = _("'connector retention purge --until {year}' removes what can be purged; --dry-run shows it.")
        face.out.text(told.format(year=seen.ready))
        _show_registers(face, seen)


@command.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@click.option("--until", required=True, metavar="YEAR", type=click.IntRange(2000, 2199), help="The last year to go.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is removed, for the record.")
@click.option("--no-backup", is_flag=True, help="Remove without a copy, after your own backup.")
def purge(face: Face, *, yes: bool, dry_run: bool, until: int, reason: str, no_backup: bool) -> None:
    """Remove documents up to and with a year whose legal period is over, for good. It is asked before.

    Their raw answers, lines, texts, entries and papers go. Of each document its key, hash, counts and sums stay,
    and the key of each posted entry: it is known when it comes again, and 'verify' and 'reconcile' still add up. Of
    subscriptions and products goes what was gone or replaced by then; what was in force stays.
    Refused while a year must be kept, or while a document of it or of a year before is not posted or ignored. The
    database is copied first, as by 'db backup'; delete that copy when you no longer need it.
    """
    from connector.app import retention
    from connector.cli import working

    reason = reason.strip()
    if not reason:
        raise click.UsageError("--reason is empty; say why, for whoever asks later.")
    if not dry_run and face.today > datetime.datetime.now().astimezone().date():
        raise click.UsageError("--today lies ahead: what must still be kept is not removed. Use --dry-run to look.")
    with working.opened(face) as connector:
        done = working.each(face, lambda each: (each, retention.planned(connector, each, until, reason)))
        wanted = [(administration, plan) for administration, plan in done.results if not plan.is_empty]
        for administration, plan in wanted:
            face.out.heading(administration.name)
            _show_plan(face, plan)
        copied: Path | None = None
        made: dict[str, Purge] = {}
        if wanted and not dry_run and _agreed(face, until, wanted, yes=yes):
            copied = None if no_backup else retention.copy(connector)
            chosen = face.naming(tuple(administration.name for administration, _plan in wanted))
            gone = working.each(chosen, lambda each: (each, _purged(face, connector, each, until, reason)))
            made = {each.name: purge for each, purge in gone.results if purge is not None}
            done.failed += gone.failed
    _tell(face, until, made, copied, found=bool(wanted))
    face.out.answer(
        {
            "until": until,
            "reason": reason,
            "actor": face.actor,
            "dry_run": dry_run,
            "backup": copied,
            "administrations": [_plan_as_json(each, plan, made.get(each.name)) for each, plan in done.results],
            "errors": done.errors(),
        }
    )
    done.end()


def _agreed(face: Face, until: int, wanted: list[tuple[Administration, Plan]], *, yes: bool) -> bool:
    """Whether a person, who sees what goes, types the year; what is gone cannot be fetched back."""
    if yes:
        return True
    number = sum(len(plan.documents) for _administration, plan in wanted)
    if number:
        question = many(
            "1 document is removed for good. Type the year {{year}} to remove it",
            "{number} documents are removed for good. Type the year {{year}} to remove them",
            number,
        ).format(year=until)
    else:
        question = _("This is removed for good. Type the year {year} to remove it").format(year=until)
    if face.json or not sys.stdin.isatty():
        told = _("'{question}' cannot be asked here; give --yes to answer it beforehand.")
        raise click.UsageError(told.format(question=question))
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer.strip() == str(until)


def _purged(face: Face, connector: Connector, administration: Administration, until: int, reason: str) -> Purge | None:
    from connector.app import retention

    with face.out.progress(f"{administration.name}: {_('removing')}", 100) as bar:
        shown = 0

        def step(done: int, total: int) -> None:
            nonlocal shown
            bar.advance(done * 100 // total - shown)
            shown = done * 100 // total

        return retention.purge(connector, administration, until, reason, step)


def _tell(face: Face, until: int, made: dict[str, Purge], copied: Path | None, *, found: bool) -> None:
    if not found:
        face.out.text(_("There is nothing of {year} or before to remove.").format(year=until))
    elif not made:
        face.out.text("", _("Nothing was removed."))
    else:
        number = sum(each.documents for each in made.values())
        told = many("1 document was removed.", "{number} documents were removed.", number) if number else _("Removed.")
        face.out.text("", told)
        face.out.text(
            _("'connector db compact' gives the space back to the disk, and leaves nothing of it readable there.")
        )
    if copied is not None:
        face.out.facts({"Backup": copied})
        face.out.text(_("The copy holds what was removed: delete it when you no longer need it."))


def _overview_as_json(seen: Overview) -> dict[str, Any]:
    return {
        "administration": seen.administration,
        "retention_years": seen.years_kept,
        "ready": seen.ready,
        "register_entries": seen.entries,
        "register_versions": seen.versions,
        "years": [_year_as_json(each) for each in seen.years],
        "purges": [_purge_as_json(each) for each in seen.purges],
    }


def _year_as_json(year: Year) -> dict[str, Any]:
    return {
        "year": year.year or None,
        "kept_until": year.kept_until,
        "over": year.over,
        "documents": year.documents,
        "lines": year.lines,
        "purchases": Money(minor=year.purchase),
        "sales": Money(minor=year.sale),
        "bytes": year.bytes,
        "unfinished": year.unfinished,
        "changed": year.changed,
        "purged": year.purged,
    }


def _plan_as_json(administration: Administration, plan: Plan, made: Purge | None) -> dict[str, Any]:
    return {
        "administration": administration.name,
        "documents": len(plan.documents),
        "lines": sum(each.lines for each in plan.documents),
        "years": [_year_as_json(each) for each in plan.years],
        "changed": [
            {"direction": each.direction, "number": each.number, "net": Money(minor=each.net, currency=each.currency)}
            for each in plan.changed
        ],
        "papers": plan.papers,
        "slices": plan.slices,
        "register_entries": plan.entries,
        "register_versions": plan.versions,
        "purge": None if made is None else _purge_as_json(made),
    }


def _purge_as_json(made: Purge) -> dict[str, Any]:
    return {
        "purge": made.purge_id,
        "until": made.until,
        "actor": made.actor,
        "reason": made.reason,
        "at": made.at,
        "documents": made.documents,
        "lines": made.lines,
        "net": Money(minor=made.net_minor),
        "vat": Money(minor=made.vat_minor),
    }
