"""``connector mapping suggest``: rows for what no row covers, one by one for the accountant to accept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli import options, working
from connector.cli.mapping import past, suggest_shown
from connector.cli.options import Face
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.domain.suggesting import Proposal


@click.command()
@options.common
@options.administrations
@past.options(required=False)
@options.yes
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the proposals as a CSV in the form of rules.csv, with euros and evidence.",
)
@click.option("--take", is_flag=True, help="Add the rows of the proposals that are named to the tables.")
@click.argument("ids", nargs=-1, metavar="[ID|all]...")
def command(
    face: Face,
    *,
    books: Path | None,
    columns: tuple[tuple[str, str], ...],
    yes: bool,
    out: Path | None,
    take: bool,
    ids: tuple[str, ...],
) -> None:
    """Propose rows for lines without an account and customers without a debtor, with the evidence for each.

    Evidence comes from past books (where was this description, this supplier booked before), from similar rows of the
    tables, and from the starter set of the country. Lines without a VAT treatment are only named: that is for an
    accountant to decide. Nothing is changed by itself: --take S01234 adds that row to the tables, --take all every row
    that has an account; a row that is there is never touched. New end customers get rows of customers.csv.
    """
    from connector.app import past_books

    if take != bool(ids):
        raise click.UsageError("Name the proposals to take, as --take S01234, or --take all.")
    administration = past.one(face)
    with working.opened(face) as connector:
        found = past_books.suggest(connector, administration, books, dict(columns))
        chart = connector.mapping(administration).mapping.chart
    suggest_shown.show(face, administration.name, found, chart)
    written = suggest_shown.write(face, out, found, yes=yes) if out is not None else []
    for each in written:
        face.out.text(_("Written: {file}").format(file=each))
    taken = _take(face, administration, _chosen(found.all, ids), ids=ids, yes=yes) if take else []
    if not take and found.all:
        face.out.text("", _("Nothing was changed. 'connector mapping suggest --take ID' adds a row to the tables."))
    face.out.answer(
        {
            "administration": administration.name,
            "taken": [each.id for each in taken],
            "written": [str(each) for each in written],
        }
        | suggest_shown.as_json(found)
    )


def _chosen(proposals: Sequence[Proposal], ids: Sequence[str]) -> list[Proposal]:
    """The proposals that were named. UsageError for an id that is none, or one without an account."""
    if [each.lower() for each in ids] == ["all"]:
        return [each for each in proposals if each.can_be_taken]
    known = {each.id.lower(): each for each in proposals}
    chosen: dict[str, Proposal] = {}
    for each in ids:
        one = known.get(each.lower())
        if one is None:
            raise click.UsageError(f"There is no proposal {each}; without --take the command lists which there are.")
        if not one.can_be_taken:
            raise click.UsageError(f"{one.id} has no account yet; add the row to {one.table} by hand.")
        chosen[one.id] = one
    return list(chosen.values())


def _take(
    face: Face, administration: Administration, chosen: Sequence[Proposal], *, ids: Sequence[str], yes: bool
) -> Sequence[Proposal]:
    from connector.app import past_books

    if not chosen:
        face.out.text(_("There is nothing to take."))
        return []
    everything = [each.lower() for each in ids] == ["all"]
    question = many("Add this row to {{folder}}?", "Add these {number} rows to {{folder}}?", len(chosen)).format(
        folder=administration.mapping
    )
    if everything and not face.out.confirm(question, yes=yes):
        face.out.text(_("Nothing was changed."))
        return []
    notes = {each.id: suggest_shown.note(each) for each in chosen}
    for file, count in past_books.take(administration, chosen, notes).items():
        face.out.text(
            many("1 row was added to {{file}}.", "{number} rows were added to {{file}}.", count).format(file=file)
        )
    face.out.text(_("Nothing is prepared with them yet; 'connector mapping accept' takes them."))
    return chosen
