"""Entries that a command lists or that a person names, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.texts import _, date, many

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.engine.caution import Caution
    from connector.engine.look import DeliveryView

Chosen = list[tuple["Administration", "DeliveryView"]]

COLUMNS = (
    amount("Entry"),
    column("Date"),
    column("Direction", spare=1),
    column("Kind", spare=2),
    column("Document"),
    prose("Party"),
    amount("Total"),
    column("State"),
    column("Reference", spare=3),
)


def table(face: Face, found: Sequence[DeliveryView], cautions: Mapping[int, Caution] | None = None) -> None:
    """Show entries; with ``cautions`` also what a person should know before approving each."""
    rows = [_cells(each) for each in found]
    titles = list(COLUMNS)
    if cautions is not None and any(cautions[each.entry_id].is_any for each in found):
        titles.append(prose("Look first"))
        rows = [(*row, _words(cautions[each.entry_id])) for row, each in zip(rows, found, strict=True)]
    if cautions is not None and any(cautions[each.entry_id].confirmed for each in found):
        titles.append(column("Paper", spare=4))
        matched = (State(name="matched") if cautions[each.entry_id].confirmed else "" for each in found)
        rows = [(*row, paper) for row, paper in zip(rows, matched, strict=True)]
    face.out.table(titles, rows, empty=_("There are no such entries."))


def _cells(each: DeliveryView) -> tuple[object, ...]:
    return (
        each.entry_id,
        each.date,
        State(name=each.direction),
        State(name=each.kind),
        each.number,
        each.party,
        Money(minor=each.total, currency=each.currency),
        State(name=each.state),
        each.reference,
    )


def _words(caution: Caution) -> str:
    """What to look at, shortest first: codes of warnings, a closed period, what the ledger has already."""
    told = [*caution.warnings]
    if caution.closed_until is not None:
        told.append(_("closed until {day}").format(day=date(caution.closed_until)))
    if caution.held_as:
        told.append(_("already in the ledger as {reference}").format(reference=", ".join(caution.held_as)))
    if caution.elsewhere:
        told.append(_("booked through another channel: {why}").format(why=caution.elsewhere))
    return "; ".join(told)


def as_json(administration: str, each: DeliveryView, caution: Caution | None = None) -> dict[str, Any]:
    """An entry as JSON, without its postings; with ``caution`` what a person should know before approving it."""
    looks = {} if caution is None else {"caution": msgspec.structs.asdict(caution)}
    return looks | {
        "administration": administration,
        "id": each.entry_id,
        "key": each.key,
        "direction": each.direction,
        "kind": each.kind,
        "number": each.number,
        "party": each.party,
        "date": each.date,
        "period": each.period,
        "due": each.due,
        "currency": each.currency,
        "total": Money(minor=each.total, currency=each.currency),
        "mapping_version": each.mapping_version,
        "ledger": each.ledger,
        "state": each.state,
        "reference": each.reference or None,
        "changed_at": each.changed_at,
        "actor": each.actor,
        "reason": each.reason,
    }


def everything(face: Face, connector: Connector) -> Chosen:
    """Every entry of the administrations chosen."""
    from connector.engine import look

    return [
        (administration, each)
        for administration in face.administrations
        for each in look.entry_list(*connector.at(administration))
    ]


def named(face: Face, connector: Connector, names: Iterable[str]) -> Chosen:
    """The entries that were named. UsageError for a name that means none, or an id that means several."""
    from connector.engine import look

    listed = everything(face, connector)
    chosen: Chosen = []
    for name in names:
        found: Chosen = []
        for administration in face.administrations:
            mine = [each for owner, each in listed if owner is administration]
            found += [(administration, each) for each in look.find_entries(mine, name)]
        if not found:
            raise click.UsageError(f"There is no entry {name}; 'connector entries list' shows which there are.")
        owners = {administration.name for administration, _entry in found}
        if len(owners) > 1:
            raise click.UsageError(
                f"{name} is an entry of {' and of '.join(sorted(owners))}; name one administration with -a."
            )
        chosen += [each for each in found if each not in chosen]
    return chosen


def refuse(chosen: Chosen, states: tuple[str, ...], what: str) -> None:
    """UsageError when an entry is in none of ``states``, in which it can be ``what``: 'approved', 'kept back'."""
    for _administration, each in chosen:
        if each.state not in states:
            raise click.UsageError(
                f"Entry {each.entry_id} ({each.number}) is {each.state} and can no longer be {what}; "
                f"'connector deliveries show {each.delivery_id}' tells its history."
            )


def by_administration(chosen: Chosen) -> list[tuple[Administration, list[DeliveryView]]]:
    """The entries of each administration."""
    known = {administration.name: administration for administration, _entry in chosen}
    return [(known[name], [each for owner, each in chosen if owner.name == name]) for name in known]


def tell_approved(face: Face, approved: int, waiting: int) -> None:
    """Say what a person's approval led to: how many entries may go, and how many wait for a second person."""
    if approved or not waiting:
        face.out.text(
            many("1 entry was approved.", "{number} entries were approved.", approved),
            _("Nothing was sent yet; 'connector sync' sends them."),
        )
    if waiting:
        face.out.text(
            many("1 entry waits for a second person.", "{number} entries wait for a second person.", waiting),
            _("Your approval is kept; somebody else must approve them too, with the same command."),
        )
