"""Tables of the way to a ledger: deliveries, their events and receipts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from connector.store.tables.columns import Instant, id_column, key, metadata, refers

delivery_transition = Table(
    "delivery_transition",
    metadata,
    Column("before", String(10), primary_key=True),
    Column("after", String(10), primary_key=True),
    sqlite_with_rowid=False,
)

delivery = Table(
    "delivery",
    metadata,
    *key("delivery_id"),
    id_column("entry_id"),
    Column("ledger", String(200), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("changed_at", Instant, nullable=False),
    refers("entry_id", "entry_seal", "entry_id"),
    UniqueConstraint("administration_id", "entry_id", "ledger"),
    Index("ix_delivery_state", "administration_id", "state"),
    # One document revision has one effect in one ledger.
    Index("uq_delivery_live", "administration_id", "ledger", "entry_key", unique=True),
)


@event.listens_for(delivery, "before_create", propagate=True)
def _only_what_lives(target: Table, connection: Connection, **_: object) -> None:
    """Leave cancelled deliveries out of the index.

    Said here, because ``postgresql_where`` on the index would load SQLAlchemy's PostgreSQL in every command.
    """
    live = next(index for index in target.indexes if index.name == "uq_delivery_live")
    live.dialect_options[connection.dialect.name]["where"] = text("state <> 'cancelled'")


delivery_event = Table(
    "delivery_event",
    metadata,
    *key("delivery_id", "event_no"),
    Column("at", Instant, nullable=False),
    Column("state", String(10), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    refers("delivery_id", "delivery", "delivery_id"),
    sqlite_with_rowid=False,
)

receipt = Table(
    "receipt",
    metadata,
    *key("delivery_id"),
    Column("reference", Text, nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("found", Boolean, nullable=False),
    Column("adopted", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    refers("delivery_id", "delivery", "delivery_id"),
    sqlite_with_rowid=False,
)
