"""Ids count within an administration, so that keys grow and inserts stay at the end of the tree.

Two writers of one administration are kept apart by its lock; should they meet all the same, the primary key
refuses the second.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from connector.store import tables

ID_COLUMNS = {
    "fetch": "fetch_id",
    "slice": "slice_id",
    "subscription": "subscription_ref",
    "charge": "charge_ref",
    "combination": "combination_ref",
    "invoice": "invoice_id",
    "invoice_version": "version_id",
    "finding": "finding_id",
    "sighting": "sighting_id",
    "detail": "detail_id",
    "drift": "drift_id",
    "field_note": "note_id",
    "mapping_version": "mapping_version_id",
    "decision": "decision_id",
    "preparation": "preparation_id",
    "acceptance": "acceptance_id",
    "printed_total": "printed_total_id",
    "paper": "paper_id",
    "entry": "entry_id",
    "delivery": "delivery_id",
    "backfill": "backfill_id",
    "register_entry": "register_entry_id",
    "register_version": "register_version_id",
    "register_sighting": "register_sighting_id",
    "notice": "notice_id",
    "purge": "purge_id",
}
"""The column that counts, of each table whose ids are handed out."""


def next_id(connection: Connection, table: str, administration_id: int) -> int:
    """The next free id of ``table`` in the administration. What was purged keeps its ids."""
    stored, gone = tables.metadata.tables[table], tables.purged_rows
    highest = select(func.max(stored.c[ID_COLUMNS[table]])).where(stored.c.administration_id == administration_id)
    purged = select(func.max(gone.c.highest)).where(
        gone.c.administration_id == administration_id, gone.c.table_name == table
    )
    there, was = connection.execute(select(highest.scalar_subquery(), purged.scalar_subquery())).one()
    return max(there or 0, was or 0) + 1


class Ids:
    """Ids handed out within one transaction: each table is asked once for its highest."""

    def __init__(self, connection: Connection, administration_id: int) -> None:
        self._connection, self._administration_id = connection, administration_id
        self._next: dict[str, int] = {}

    def take(self, table: str) -> int:
        """One new id of ``table``."""
        free = self.upcoming(table)
        self._next[table] = free + 1
        return free

    def upcoming(self, table: str) -> int:
        """The id of ``table`` that ``take`` gives next."""
        free = self._next.get(table)
        if free is None:
            free = self._next[table] = next_id(self._connection, table, self._administration_id)
        return free
