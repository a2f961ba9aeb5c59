"""Removing documents at the end of their legal period: in one transaction, and only what the purge itself names.

The guards of the database let rows go between ``Removal.begin`` and ``Removal.end``, which must both be in the same
transaction (``connector.store.purge_guards``). Facts are inserted and deleted here in batches, so that memory does not
grow with their number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, select

from connector.domain.retention import Purge, PurgedDocument, PurgedEntry, PurgeHash
from connector.store import bulk, purges, retention, tables
from connector.store.ids import ID_COLUMNS
from connector.store.joins import same
from connector.store.register_purge import Over

_CHUNK = 400
_MANY = 10_000
"""Ids in one statement."""


class Removal:
    """The purge number ``purge_id`` of an administration at work. What documents share (texts, decisions) goes at the
    end, where nothing that stays needs it."""

    def __init__(self, connection: Connection, administration_id: int, purge_id: int) -> None:
        self._connection, self._administration_id, self.purge_id = connection, administration_id, purge_id
        self._gone: dict[str, tuple[int, int]] = {}
        self._combinations: set[int] = set()
        self._decisions: set[int] = set()
        self._entries = 0

    def begin(self) -> None:
        """Let go what this purge will name."""
        self._insert(tables.purge_open, [{"purge_id": self.purge_id, "never": 0}])

    def documents(self, wanted: Sequence[PurgedDocument]) -> None:
        """Write what stays of documents and their posted entries, then remove all of them."""
        self._insert(tables.purged_document, [self._named(each) for each in wanted])
        invoices = [each.invoice_id for each in wanted]
        version, entry, delivery = tables.invoice_version, tables.entry, tables.delivery
        versions = self._ids(version.c.version_id, version.c.invoice_id, invoices)
        preparations = self._ids(tables.preparation.c.preparation_id, tables.preparation.c.version_id, versions)
        entries = self._ids(entry.c.entry_id, entry.c.version_id, versions)
        deliveries = self._ids(delivery.c.delivery_id, delivery.c.entry_id, entries)
        self._keep_entries(entries)
        self._combinations.update(self._ids(tables.line.c.combination_ref, tables.line.c.version_id, versions))
        behind = tables.posting_decision
        self._decisions.update(self._ids(behind.c.decision_id, behind.c.entry_id, entries))
        for table in (tables.receipt, tables.delivery_event, delivery):
            self._remove(table, "delivery_id", deliveries)
        for table in (behind, tables.taken_back, tables.posting):
            self._remove(table, "entry_id", entries)
        self._remove(tables.finding, "version_id", versions)
        for table in (tables.ignored_group, tables.preparation):
            self._remove(table, "preparation_id", preparations)
        for table in (tables.entry_seal, entry):
            self._remove(table, "entry_id", entries)
        for table in (tables.line, tables.detail):
            self._remove(table, "version_id", versions)
        for table in (tables.sighting, tables.acceptance, tables.printed_total, version):
            self._remove(table, "invoice_id", invoices)

    def of_numbers(self, numbers: Collection[str], papers: Collection[int]) -> None:
        """Remove ``papers``, the examples of unknown fields that name documents with ``numbers``, and all examples that
        do not tell from which document they are. That there are such fields stays known."""
        self._remove(tables.paper, "paper_id", papers)
        listed = sorted(numbers)
        for start in range(0, len(listed), _CHUNK):
            self._without_examples(tables.drift, tables.drift.c.number.in_(listed[start : start + _CHUNK]))
        self._without_examples(tables.drift, and_(tables.drift.c.number == "", tables.drift.c.example != ""))
        self._without_examples(tables.field_note, tables.field_note.c.example != "")

    def _without_examples(self, table: Table, condition: ColumnElement[bool]) -> None:
        mine = (table.c.administration_id == self._administration_id, condition)
        rows = self._connection.execute(select(table).where(*mine)).mappings().all()
        self._connection.execute(delete(table).where(*mine))
        nothing = {name: "" for name in ("example", "number") if name in table.c}
        self._insert(table, [{**row, **nothing} for row in rows])

    def registers(self, over: Over) -> None:
        """Remove entries, versions and sightings of registers."""
        self._remove(tables.register_version, "register_version_id", over.versions)
        self._remove(tables.register_sighting, "register_sighting_id", over.sightings)
        self._remove(tables.register_entry, "register_entry_id", over.entries)

    def slices(self, hashes: Collection[bytes]) -> None:
        """Remove those of ``hashes`` (SHA-256) that are slices which nothing that stays needs; hash and size stay."""
        free = retention.free_slices(self._connection, self._administration_id, hashes)
        noted = [(sha256, self.purge_id, size) for _, sha256, size in free]
        purges.add_slices(self._connection, self._administration_id, noted)
        self._remove(tables.slice_, "slice_id", [slice_id for slice_id, _, _ in free])

    def shared(self) -> None:
        """Remove the combinations, texts and decisions that only removed documents had."""
        combination, decided = tables.combination, tables.decided
        users = (tables.line.c.combination_ref, tables.ignored_group.c.combination_ref)
        combinations = self._unused(self._combinations, users)
        self._decisions |= self._ids(decided.c.decision_id, decided.c.combination_ref, combinations)
        subscriptions = self._ids(combination.c.subscription_ref, combination.c.combination_ref, combinations)
        charges = self._ids(combination.c.charge_ref, combination.c.combination_ref, combinations)
        self._remove(decided, "combination_ref", combinations)
        self._remove(combination, "combination_ref", combinations)
        self._remove(
            tables.subscription, "subscription_ref", self._unused(subscriptions, (combination.c.subscription_ref,))
        )
        self._remove(tables.charge, "charge_ref", self._unused(charges, (combination.c.charge_ref,)))
        explained = (decided.c.decision_id, tables.posting_decision.c.decision_id)
        self._remove(tables.decision, "decision_id", self._unused(self._decisions, explained))

    def end(self, purge: Purge) -> None:
        """Write the purge with the digest of all that is kept of it, and refuse every removal again."""
        rows = [
            {"purge_id": self.purge_id, "table_name": name, "rows": count, "highest": highest}
            for name, (count, highest) in sorted(self._gone.items())
            if count
        ]
        self._insert(tables.purged_rows, rows)
        digest = digest_of(self._connection, self._administration_id, purge)
        self._insert(tables.purge, [{**msgspec.structs.asdict(purge), "digest": digest}])
        stored = tables.purge_open
        self._connection.execute(delete(stored).where(stored.c.administration_id == self._administration_id))

    def _named(self, value: PurgedDocument | PurgedEntry) -> dict[str, Any]:
        return {"purge_id": self.purge_id, **msgspec.structs.asdict(value)}

    def _keep_entries(self, entry_ids: Collection[int]) -> None:
        """What stays of the posted ones of ``entry_ids``."""
        entry, delivery, receipt, version = tables.entry, tables.delivery, tables.receipt, tables.invoice_version
        rows = self._connection.execute(
            select(
                *(version.c.invoice_id, delivery.c.ledger, receipt.c.entry_key),
                *(receipt.c.fingerprint, receipt.c.total_minor),
            )
            .join(delivery, same(delivery, receipt, "delivery_id"))
            .join(entry, same(entry, delivery, "entry_id"))
            .join(version, same(version, entry, "version_id"))
            .where(
                receipt.c.administration_id == self._administration_id,
                bulk.among(self._connection, entry.c.entry_id, entry_ids),
            )
            .order_by(receipt.c.delivery_id)
        )
        first = self._entries + 1
        kept = [
            PurgedEntry(
                entry_no=number,
                invoice_id=row.invoice_id,
                ledger=row.ledger,
                entry_key=row.entry_key,
                fingerprint=row.fingerprint,
                total_minor=row.total_minor,
            )
            for number, row in enumerate(rows, first)
        ]
        self._entries += len(kept)
        self._insert(tables.purged_entry, [self._named(each) for each in kept])

    def _unused(self, candidates: Collection[int], users: Sequence[Any]) -> set[int]:
        """Those of ``candidates`` that are in none of the columns ``users``, which are read through once."""
        left = set(candidates)
        for column in users if left else ():
            query = select(column).where(column.table.c.administration_id == self._administration_id).distinct()
            with self._connection.execute(query.execution_options(yield_per=_MANY)) as found:
                left.difference_update(found.scalars())
        return left

    def _ids(self, column: Any, by: Any, values: Collection[int]) -> set[int]:
        """The values of ``column`` in the rows whose column ``by`` is among ``values``."""
        found = set[int]()
        for chunk in _chunks(values):
            query = select(column).where(
                column.table.c.administration_id == self._administration_id, bulk.among(self._connection, by, chunk)
            )
            found.update(self._connection.scalars(query.distinct()))
        return found

    def _remove(self, table: Table, column: str, values: Collection[int]) -> None:
        """Remove the rows of ``table`` whose ``column`` is among ``values``, and count them."""
        for chunk in _chunks(values):
            mine = (
                table.c.administration_id == self._administration_id,
                bulk.among(self._connection, table.c[column], chunk),
            )
            rows, highest = self._gone.get(table.name, (0, 0))
            if table.name in ID_COLUMNS:
                highest = max(
                    highest,
                    self._connection.scalar(select(func.max(table.c[ID_COLUMNS[table.name]])).where(*mine)) or 0,
                )
            self._gone[table.name] = (rows + self._connection.execute(delete(table).where(*mine)).rowcount, highest)

    def _insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            mine = {"administration_id": self._administration_id}
            self._connection.execute(table.insert(), [mine | row for row in rows])


def digest_of(connection: Connection, administration_id: int, purge: Purge) -> bytes:
    """SHA-256 of a purge with all that is kept of it, as it stands."""
    made = PurgeHash(purge)
    for each in purges.documents(connection, administration_id, purge.purge_id):
        made.take(each)
    for one in purges.entries(connection, administration_id, purge.purge_id):
        made.take(one)
    for rows in purges.rows_of(connection, administration_id, purge.purge_id):
        made.take(rows)
    return made.digest


def _chunks(values: Collection[int]) -> Iterator[list[int]]:
    listed = sorted(values)
    for start in range(0, len(listed), _MANY):
        yield listed[start : start + _MANY]
