"""Tables of what an operator is told: what came up, whom it was told, and when it was over.

Both are facts: a notice that is told, or over, gets an event and stays as it is.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, String, Table, Text

from connector.store.tables.columns import Instant, key, metadata, of_administration, refers

notice = Table(
    "notice",
    metadata,
    *key("notice_id"),
    Column("kind", String(20), nullable=False),
    Column("subject", Text, nullable=False),
    # JSON: texts by name, never an amount: those are looked up in the books when it is told.
    Column("details", Text, nullable=False),
    Column("came_at", Instant, nullable=False),
    of_administration(),
)

notice_event = Table(
    "notice_event",
    metadata,
    *key("notice_id", "event_no"),
    Column("at", Instant, nullable=False),
    Column("happening", String(10), nullable=False),
    # The reference to the address that was told, '' where a notice is over.
    Column("address", Text, nullable=False),
    CheckConstraint("happening IN ('told', 'over', 'over told')", name="happening"),
    refers("notice_id", "notice", "notice_id"),
    sqlite_with_rowid=False,
)
