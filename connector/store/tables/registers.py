"""Tables of the registers of the source: what there is now, such as subscriptions and products, with its versions."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, SmallInteger, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from connector.store.tables.columns import id_column, key, metadata, of_administration, refers

register_entry = Table(
    "register_entry",
    metadata,
    *key("register_entry_id"),
    Column("register", String(60), nullable=False),
    Column("entry_key", Text, nullable=False),
    Unique("administration_id", "register", "entry_key", name="uq_register_entry_key"),
    of_administration(),
)

register_version = Table(
    "register_version",
    metadata,
    *key("register_version_id"),
    id_column("register_entry_id"),
    Column("version_no", Integer, nullable=False),
    id_column("fetch_id"),
    id_column("slice_id"),
    Column("content", LargeBinary(32), nullable=False),
    Column("content_algorithm", SmallInteger, nullable=False),
    # JSON: an object of the fields we know, and a list of [name, JSON text] of all others.
    Column("known", Text, nullable=False),
    Column("others", Text, nullable=False),
    Unique("administration_id", "register_entry_id", "version_no", name="uq_register_version_no"),
    refers("register_entry_id", "register_entry", "register_entry_id"),
    refers("fetch_id", "fetch", "fetch_id", deferrable=True, initially="DEFERRED"),
    refers("slice_id", "slice", "slice_id"),
    Index("ix_register_version_slice", "administration_id", "slice_id"),
)

register_sighting = Table(
    "register_sighting",
    metadata,
    *key("register_sighting_id"),
    id_column("register_entry_id"),
    id_column("fetch_id"),
    Column("kind", String(10), nullable=False),
    refers("register_entry_id", "register_entry", "register_entry_id"),
    refers("fetch_id", "fetch", "fetch_id", deferrable=True, initially="DEFERRED"),
    CheckConstraint("kind IN ('vanished', 'returned')", name="kind"),
    Index("ix_register_sighting_entry", "administration_id", "register_entry_id"),
)
