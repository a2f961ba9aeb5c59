"""Tables of what was removed at the end of its legal period: who did it, of which documents, and what stays of them.

The row of ``invoice``, a document's key, is never removed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from connector.store.tables.columns import Instant, id_column, key, metadata, of_administration, refers


def _of_purge() -> ForeignKeyConstraint:
    # The purge itself is written last, with the digest of all that names it.
    return refers("purge_id", "purge", "purge_id", deferrable=True, initially="DEFERRED")


purge = Table(
    "purge",
    metadata,
    *key("purge_id"),
    Column("until", Integer, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    # Of all of the above and of every row below that names it, so that no cent of it can change unseen.
    Column("digest", LargeBinary(32), nullable=False),
    of_administration(),
    CheckConstraint("purge_id > 0", name="number"),
    sqlite_with_rowid=False,
)

# Guards let rows go while a row here names the purge at work. It can never be committed, since the purge that it
# promises by ``never`` cannot exist; and it is taken away only when its purge is written.
purge_open = Table(
    "purge_open",
    metadata,
    *key("purge_id"),
    Column("never", Integer, nullable=False),
    CheckConstraint("never = 0", name="never"),
    refers("never", "purge", "purge_id", deferrable=True, initially="DEFERRED"),
    sqlite_with_rowid=False,
)

purged_document = Table(
    "purged_document",
    metadata,
    *key("invoice_id"),
    id_column("purge_id"),
    Column("document_date", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("versions", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    # SHA-256 over the content and the raw bytes of all its versions, by their own hashes.
    Column("hash", LargeBinary(32), nullable=False),
    refers("invoice_id", "invoice", "invoice_id"),
    _of_purge(),
    sqlite_with_rowid=False,
)

purged_entry = Table(
    "purged_entry",
    metadata,
    *key("purge_id", "entry_no"),
    id_column("invoice_id"),
    Column("ledger", String(200), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    _of_purge(),
    refers("invoice_id", "purged_document", "invoice_id"),
    sqlite_with_rowid=False,
)

# How many rows of a table went, and the highest of their ids, which is given to nothing else.
purged_rows = Table(
    "purged_rows",
    metadata,
    *key("purge_id"),
    Column("table_name", String(40), primary_key=True),
    Column("rows", BigInteger, nullable=False),
    id_column("highest"),
    _of_purge(),
    sqlite_with_rowid=False,
)

# Slices of answers that are gone, or that came again and were not kept.
purged_slice = Table(
    "purged_slice",
    metadata,
    *key(),
    Column("sha256", LargeBinary(32), primary_key=True),
    id_column("purge_id"),
    Column("size", BigInteger, nullable=False),
    _of_purge(),
    sqlite_with_rowid=False,
)
