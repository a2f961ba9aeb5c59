"""Purge: remove documents whose legal period is over, all up to a year or none.

What stays of a document is its key, its hash, its counts and sums, and the key and fingerprint of each posted entry:
enough to know it when it comes again, to know what the ledger holds of it, and to add up what there was.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import msgspec

from connector.domain.retention import Purge, PurgedDocument, end_of
from connector.engine.batches import batches
from connector.engine.books import Books, Workplace
from connector.engine.dialect import Dialect
from connector.engine.purge_rest import Rest, rest
from connector.engine.retention import Plan, plan
from connector.errors import BusyError
from connector.store import ids, proofs, register_purge, retention
from connector.store.database import Connection
from connector.store.purging import Removal
from connector.store.states import Standing

_AT_ONCE, _LINES_AT_ONCE = 200, 50_000
Progress = Callable[[int, int], None]
"""Told how many documents are done, of how many."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to remove: everything up to and with the year ``until``, of what is kept ``years_kept`` years; who wants it
    and why."""

    until: int
    years_kept: int
    actor: str
    reason: str


def silent(_done: int, _total: int) -> None:
    """Progress for nobody."""


def planned(place: Workplace, books: Books, order: Order, dialect: Dialect) -> Plan:
    """What ``purge`` would remove; nothing is written. Raises RetentionError as it does."""
    with place.database.reading() as connection:
        found, _rest = _found(connection, place, books, order, dialect)
        return found


def _found(connection: Connection, place: Workplace, books: Books, order: Order, dialect: Dialect) -> tuple[Plan, Rest]:
    found = plan(connection, place, books, until=order.until, years_kept=order.years_kept)
    beside = rest(connection, books, dialect, {each.invoice_id for each in found.documents}, order.until)
    free = retention.free_slices(connection, books.id, beside.slices)
    over = register_purge.over(connection, books.id, end_of(order.until))
    more = {"papers": len(beside.papers), "slices": len(free)}
    return msgspec.structs.replace(found, entries=len(over.entries), versions=len(over.versions), **more), beside


def purge(place: Workplace, books: Books, order: Order, dialect: Dialect, progress: Progress = silent) -> Purge | None:
    """Remove what ``order`` says, in one transaction; ``None`` when there is nothing of it.

    Raises BusyError during a run, or when its lock is lost on the way; RetentionError when something of it must be kept
    or is not finished.
    """
    with place.database.lock(books.name), place.database.transaction() as connection:
        found, beside = _found(connection, place, books, order, dialect)
        if found.is_empty:
            return None
        made = _Purging(connection, books, found, beside, progress).run(order, place.clock())
        _still_alone(place, books, connection)
        return made


def _still_alone(place: Workplace, books: Books, connection: Connection) -> None:
    """BusyError when the administration was lost meanwhile: another run may have written what refers to rows that go,
    and neither of both sees it."""
    try:
        place.database.check_lock(connection, books.name)
    except BusyError as lost:
        raise BusyError(
            f"this purge no longer holds the administration '{books.name}'; nothing was removed",
            hint="Give the same command again when nothing else runs.",
            where=lost.where,
        ) from lost


class _Purging:
    def __init__(self, connection: Connection, books: Books, found: Plan, beside: Rest, progress: Progress) -> None:
        self._connection, self._books, self._progress = connection, books, progress
        self._found, self._beside = found, beside
        self._removal = Removal(connection, books.id, ids.next_id(connection, "purge", books.id))

    def run(self, order: Order, now: datetime.datetime) -> Purge:
        removal, documents, slices = self._removal, self._found.documents, set(self._beside.slices)
        removal.begin()
        done = 0
        for batch in batches(documents, lambda each: each.lines, most=_AT_ONCE, most_lines=_LINES_AT_ONCE):
            slices |= retention.slices_of(self._connection, self._books.id, [each.invoice_id for each in batch])
            removal.documents(self._facts(batch))
            done += len(batch)
            self._progress(done, len(documents))
        removal.of_numbers({each.number for each in documents}, self._beside.papers)
        removal.shared()
        # Now that it is known what no document bills any more.
        removal.registers(register_purge.over(self._connection, self._books.id, end_of(order.until)))
        removal.slices(slices)
        made = Purge(
            purge_id=removal.purge_id,
            until=order.until,
            actor=order.actor,
            reason=order.reason,
            at=now,
            documents=len(documents),
            lines=sum(each.lines for each in documents),
            net_minor=sum(each.net for each in documents),
            vat_minor=sum(each.vat for each in documents),
        )
        removal.end(made)
        left = proofs.dangling(self._connection, self._books.id)
        assert not left, f"what stays names rows that went: {left}"
        return made

    def _facts(self, batch: Sequence[Standing]) -> list[PurgedDocument]:
        """What stays of documents."""
        versions = retention.versions(self._connection, self._books.id, [each.invoice_id for each in batch])
        return [
            PurgedDocument(
                invoice_id=each.invoice_id,
                document_date=datetime.date.fromisoformat(each.date)
                if each.date
                else self._found.days[each.invoice_id],
                state=each.state.value,
                versions=versions[each.invoice_id].count,
                lines=each.lines,
                net_minor=each.net,
                vat_minor=each.vat,
                currency=each.currency,
                hash=versions[each.invoice_id].hash,
            )
            for each in batch
        ]
