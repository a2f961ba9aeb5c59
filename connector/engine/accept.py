"""Accept: a person's word that a finding need not hold a document; the next preparing goes by it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from connector.domain.acceptance import Acceptance, finding_digest
from connector.domain.catalogue import entry_of
from connector.domain.finding import Finding, Severity
from connector.engine.books import Books, Workplace
from connector.store import acceptances, document_views, states
from connector.store.ids import Ids
from connector.store.states import LineState, Standing


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A document and the findings of one code that hold it and that nobody accepted yet."""

    standing: Standing
    found: tuple[Finding, ...]


def held_by(place: Workplace, books: Books, code: str) -> list[Held]:
    """The documents that findings with this code hold, by date and number; nobody accepted these findings yet."""
    with place.database.reading() as connection:
        held = {
            each.version_id: each
            for each in states.standings(connection, books.id)
            if each.state is LineState.HELD and each.entry_id is None
        }
        preparations = {each.preparation_id for each in held.values() if each.preparation_id is not None}
        found: dict[int, list[Finding]] = {}
        for each in document_views.findings_in_force(connection, books.id, held.keys(), preparations):
            if each.finding.code == code and each.severity is Severity.HOLD:
                found.setdefault(each.version_id, []).append(each.finding)
    return [Held(standing=one, found=tuple(found[id_])) for id_, one in held.items() if id_ in found]


def accept(place: Workplace, books: Books, held: Sequence[Held], *, actor: str, reason: str) -> int:
    """Accept what ``held_by`` gave, in the name of a person; returns how many findings.

    It counts for these findings about these versions as they were seen, so that nothing is accepted unseen when the
    document changes meanwhile. Raises BusyError while a run works on the administration.
    """
    accepted = 0
    with place.database.lock(books.name), place.database.transaction() as connection:
        ids, now = Ids(connection, books.id), place.clock()
        for each in held:
            content = acceptances.content_of(connection, books.id, each.standing.version_id)
            for found in each.found:
                assert entry_of(found.code).acceptable, f"{found.code} is mended, not accepted"
                word = Acceptance(
                    invoice_id=each.standing.invoice_id,
                    code=found.code,
                    finding=finding_digest(found),
                    content=content,
                    actor=actor,
                    reason=reason,
                    at=now,
                )
                acceptances.add(connection, books.id, ids, word)
                accepted += 1
    return accepted
