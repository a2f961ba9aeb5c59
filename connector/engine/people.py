"""What people said about documents, proved for ``verify``.

Nothing was booked against a finding without their word, and no total or paper was compared that nobody entered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.domain.acceptance import weight
from connector.domain.catalogue import entry_of
from connector.domain.finding import Severity
from connector.domain.money import show
from connector.store import acceptances, papers, printed_totals, purges
from connector.store.database import Connection

Doubt = tuple[str, str]
"""Where something is not as people said it, and what is wrong."""
_MISSING = "one before it is missing"


def doubts(connection: Connection, administration_id: int) -> Iterator[Doubt]:
    """Acceptances that are not as they were given, and entries that none of them explains."""
    yield from _acceptances(connection, administration_id)
    yield from _printed_totals(connection, administration_id)
    yield from _papers(connection, administration_id)
    accepted = acceptances.in_force(connection, administration_id)
    for each in acceptances.overruled(connection, administration_id):
        if weight(each.finding, accepted.get(each.version_id, {})) is Severity.HOLD:
            yield f"entry {each.entry_id} ({each.number})", f"it was made in spite of {each.finding.code}"


def _acceptances(connection: Connection, administration_id: int) -> Iterator[Doubt]:
    every = acceptances.every(connection, administration_id)
    if one := _gap(connection, administration_id, "acceptance", [each.acceptance_id for each in every]):
        yield f"acceptance {one}", _MISSING
        return
    for each in every:
        where = f"acceptance {each.acceptance_id}"
        if each.digest != each.acceptance.digest:
            yield where, "it was changed"
        if not each.known:
            yield where, "it is about a version that is not there"
        if not entry_of(each.acceptance.code).acceptable:
            yield where, f"{each.acceptance.code} cannot be accepted"


def _printed_totals(connection: Connection, administration_id: int) -> Iterator[Doubt]:
    entered: set[tuple[int, str, str]] = set()
    every = printed_totals.every(connection, administration_id)
    if one := _gap(connection, administration_id, "printed_total", [each.printed_total_id for each in every]):
        yield f"printed total {one}", _MISSING
        return
    for each in every:
        where, printed = f"printed total {each.printed_total_id}", each.printed
        if each.digest != printed.digest:
            yield where, "it was changed"
        entered.add((printed.invoice_id, show(printed.gross), printed.actor))
    for preparation_id, invoice_id, found in printed_totals.told(connection, administration_id):
        values = dict(found.values)
        if (invoice_id, values.get("printed", ""), values.get("actor", "")) not in entered:
            yield f"preparation {preparation_id}", "it tells of a printed total that nobody entered"


def _papers(connection: Connection, administration_id: int) -> Iterator[Doubt]:
    added: set[tuple[str, str]] = set()
    every = papers.rows(connection, administration_id)
    if one := _gap(connection, administration_id, "paper", [each.paper_id for each in every]):
        yield f"paper {one}", _MISSING
        return
    for each in every:
        where = f"paper {each.paper_id} ({each.kept.name})"
        if each.digest != each.kept.digest or not each.whole:
            yield where, "it was changed"
        added.add((f"paper {each.kept.mark}", each.kept.name))
    for preparation_id, found in papers.told(connection, administration_id):
        if (found.where, dict(found.values).get("name", "")) not in added:
            yield f"preparation {preparation_id}", "it tells of a paper that nobody added"


def _gap(connection: Connection, administration_id: int, table: str, numbers: Sequence[int]) -> int:
    """The first of ``numbers``, in their order, before which one is missing that no purge took; 0 when none is. Those
    that a purge took are counted, not named: then it is the last."""
    gone, highest = purges.rows_gone(connection, administration_id, table)
    last = max((highest, *numbers))
    if not gone:
        return next((each for number, each in enumerate(numbers, 1) if each != number), 0)
    return last if gone + len(numbers) != last else 0
