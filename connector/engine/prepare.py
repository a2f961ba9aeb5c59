"""Prepare: bring every current version to its outcome: held with findings, ignored by a named rule, or an entry in
the outbox.

A document is prepared again when it has a new version, when the mapping or a setting that counts has changed, or when
it was held; what was approved or sent is left alone. The same outcome is not written twice.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from connector.domain.combination import Combination
from connector.domain.delivery import DeliveryState
from connector.domain.mapping import Mapping
from connector.engine.batches import batches
from connector.engine.books import Books, Workplace
from connector.engine.decider import Decider
from connector.engine.outcomes import NOT_SENT, Outcomes
from connector.engine.platforms import BothPlatforms
from connector.store import deliveries, kept, preparations
from connector.store.database import Connection
from connector.store.deliveries import Delivery
from connector.store.fresh import Fresh
from connector.store.kept import Kept
from connector.store.preparations import Known, Outcome

_S = DeliveryState
_NOT_APPROVED = (_S.READY, _S.HELD, _S.CANCELLED)
"""States in which new tables or settings prepare an entry anew; a cancelled one was given up by a person."""


class Counts(msgspec.Struct, kw_only=True):
    """What preparing led to, in documents."""

    ready: int = 0
    held: int = 0
    ignored: int = 0
    unchanged: int = 0


def prepare(
    place: Workplace, books: Books, mapping: Mapping, mapping_version_id: int, *, fresh: Fresh | None = None
) -> Iterator[Counts]:
    """Prepare all current versions, a batch in a transaction; yields the running counts after each.

    Documents that are in ``fresh`` are not read back.
    """
    with place.database.reading() as connection:
        current = kept.current(connection, books.id)
    counts = Counts()
    preparer = Preparer(place, books, mapping, mapping_version_id, counts, Fresh() if fresh is None else fresh)
    for version_ids in _batches(current):
        with place.database.transaction() as connection:
            preparer.batch(connection, version_ids)
        yield counts


def prepare_within(
    connection: Connection, place: Workplace, books: Books, mapping: Mapping, mapping_version_id: int
) -> Counts:
    """Prepare all current versions in the transaction of ``connection``, as ``prepare`` does in its own."""
    counts = Counts()
    preparer = Preparer(place, books, mapping, mapping_version_id, counts, Fresh())
    for version_ids in _batches(kept.current(connection, books.id)):
        preparer.batch(connection, version_ids)
    return counts


def _batches(current: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    for batch in batches(current, lambda each: each[1]):
        yield [version_id for version_id, _lines in batch]


class Preparer:
    """Prepares documents of one administration under one mapping version."""

    def __init__(
        self,
        place: Workplace,
        books: Books,
        mapping: Mapping,
        mapping_version_id: int,
        counts: Counts,
        fresh: Fresh,
    ) -> None:
        self._place, self._books = place, books
        self._counts, self._fresh = counts, fresh
        self._both: BothPlatforms | None = None
        self._combinations: dict[int, Combination] = {}
        self._decider = Decider(books.id, books.country, mapping, mapping_version_id)

    def batch(self, connection: Connection, version_ids: Sequence[int]) -> None:
        """Prepare those of ``version_ids`` that need it."""
        books = self._books
        known = preparations.latest(connection, books.id, version_ids)
        by_entry = deliveries.of_entries(
            connection, books.id, [each.entry_id for each in known.values() if each.entry_id is not None]
        )
        one = Outcomes(connection, self._place, books, self._decider, self._fresh, self._both)
        self._both = one.both
        doubtful = kept.versions_of(connection, books.id, one.vanished | one.twins | one.both.found.keys())
        wanted = [
            each
            for each in version_ids
            if self._needed(known.get(each), by_entry, each in doubtful, one.trail.heard_at(each))
        ]
        self._counts.unchanged += len(version_ids) - len(wanted)
        if not wanted:
            return
        for document in self._documents(connection, wanted):
            outcome = one.prepare(document, known.get(document.version_id))
            name = "unchanged" if outcome is None else outcome.value
            setattr(self._counts, name, getattr(self._counts, name) + 1)

    def _documents(self, connection: Connection, version_ids: Sequence[int]) -> Iterator[Kept]:
        known = {each: self._fresh.take(each) for each in version_ids}
        missing = [each for each, document in known.items() if document is None]
        read = {each.version_id: each for each in kept.load(connection, self._books.id, missing, self._combinations)}
        for version_id, document in known.items():
            yield read[version_id] if document is None else document

    def _needed(
        self, known: Known | None, by_entry: dict[int, Delivery], doubtful: bool, heard_at: datetime.datetime | None
    ) -> bool:
        """Whether a version must be prepared; ``doubtful`` when it vanished or another document may be the same,
        ``heard_at`` when something was last said about its paper."""
        if known is None or known.outcome is Outcome.HELD:
            return True
        delivery = None if known.entry_id is None else by_entry.get(known.entry_id)
        if delivery is not None and (doubtful or heard_at is not None) and delivery.state in NOT_SENT:
            return True
        if delivery is not None and delivery.state is not _S.CANCELLED and heard_at and heard_at >= known.prepared_at:
            return True  # it was sent and stays; it is told once whether it is as the paper says
        if delivery is not None and delivery.state not in _NOT_APPROVED:
            return False  # what was approved is what is sent
        return (
            known.mapping_version_id != self._decider.mapping_version_id
            or known.settings_hash != self._books.settings_hash
        )
