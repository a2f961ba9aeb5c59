"""Tables of what is made of documents: findings, what persons said of them, decisions, preparations and entries."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from connector.store.tables.columns import Instant, id_column, key, metadata, of_administration, refers

finding = Table(
    "finding",
    metadata,
    *key("finding_id"),
    id_column("version_id"),
    id_column("preparation_id", nullable=True),  # NULL: found while reading, true whatever the settings
    Column("code", String(60), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("place", Text, nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("details", Text, nullable=False),
    refers("version_id", "invoice_version", "version_id"),
    refers("preparation_id", "preparation", "preparation_id"),
    Index("ix_finding_version", "administration_id", "version_id"),
    Index("ix_finding_preparation", "administration_id", "preparation_id"),
)

acceptance = Table(
    "acceptance",
    metadata,
    *key("acceptance_id"),
    id_column("invoice_id"),
    Column("code", String(60), nullable=False),
    Column("finding", LargeBinary(32), nullable=False),
    Column("content", LargeBinary(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # Of all of the above, so that no word of it can change unseen.
    Column("digest", LargeBinary(32), nullable=False),
    refers("invoice_id", "invoice", "invoice_id"),
)

printed_total = Table(
    "printed_total",
    metadata,
    *key("printed_total_id"),
    id_column("invoice_id"),
    Column("gross_minor", BigInteger, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    refers("invoice_id", "invoice", "invoice_id"),
)

# The bytes are kept as they were given, compressed; 'told' is what was read of them, as JSON. The invoice is found by
# seller and number, since a paper may come before its invoice.
paper = Table(
    "paper",
    metadata,
    *key("paper_id"),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    UniqueConstraint("administration_id", "sha256"),
    Index("ix_paper_number", "administration_id", "number"),
    of_administration(),
)

mapping_version = Table(
    "mapping_version",
    metadata,
    *key("mapping_version_id"),
    Column("set_name", String(200), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("author", String(200), nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("files", LargeBinary, nullable=False),
    of_administration(),
)

decision = Table(
    "decision",
    metadata,
    *key("decision_id"),
    id_column("mapping_version_id"),
    Column("digest", LargeBinary(16), nullable=False),
    Column("action", String(10), nullable=False),
    Column("account", Text, nullable=False),
    Column("tax", Text, nullable=False),
    Column("deferral", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("administration_id", "mapping_version_id", "digest"),
    refers("mapping_version_id", "mapping_version", "mapping_version_id"),
)

decided = Table(
    "decided",
    metadata,
    # ``segment`` is the first day of the dates for which the decision is the same.
    *key("mapping_version_id"),
    Column("segment", Date, primary_key=True),
    id_column("combination_ref", primary_key=True, autoincrement=False),
    id_column("decision_id"),
    sqlite_with_rowid=False,
)

preparation = Table(
    "preparation",
    metadata,
    *key("preparation_id"),
    id_column("version_id"),
    id_column("mapping_version_id", nullable=True),
    Column("settings_hash", String(64), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("rule", Text, nullable=False),
    # The findings of this preparation, as a digest, so that no cent of them can change unseen.
    Column("findings_digest", LargeBinary(32), nullable=False),
    id_column("entry_id", nullable=True),
    Column("prepared_at", Instant, nullable=False),
    refers("version_id", "invoice_version", "version_id"),
    refers("mapping_version_id", "mapping_version", "mapping_version_id"),
    refers("entry_id", "entry_seal", "entry_id"),
    CheckConstraint("outcome IN ('held', 'ignored', 'ready')", name="outcome"),
    CheckConstraint("(outcome = 'ready') = (entry_id IS NOT NULL)", name="entry"),
    Index("ix_preparation_version", "administration_id", "version_id"),
    Index("ix_preparation_entry", "administration_id", "entry_id"),
)

ignored_group = Table(
    "ignored_group",
    metadata,
    *key("preparation_id", "combination_ref"),
    Column("rule", Text, nullable=False),
    refers("preparation_id", "preparation", "preparation_id"),
    sqlite_with_rowid=False,
)

entry = Table(
    "entry",
    metadata,
    *key("entry_id"),
    id_column("version_id"),
    id_column("mapping_version_id"),
    Column("entry_key", Text, nullable=False),
    Column("document_key", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("booking_date", Date, nullable=False),
    Column("document_date", Date, nullable=False),
    Column("tax_point", Date, nullable=False),
    Column("vat_period", String(7), nullable=False),
    Column("due_date", Date),
    Column("currency", String(3), nullable=False),
    Column("number", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("booking", LargeBinary(32), nullable=False),
    Column("segment", Date, nullable=False),
    Column("prepared_at", Instant, nullable=False),
    refers("version_id", "invoice_version", "version_id"),
    refers("mapping_version_id", "mapping_version", "mapping_version_id"),
    # An entry without its seal cannot be committed.
    refers("entry_id", "entry_seal", "entry_id", deferrable=True, initially="DEFERRED", use_alter=True),
    Index("ix_entry_key", "administration_id", "document_key"),
    Index("ix_entry_version", "administration_id", "version_id"),
)

posting = Table(
    "posting",
    metadata,
    *key("entry_id", "posting_no"),
    Column("account", Text, nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("role", String(20), nullable=False),
    Column("tax", Text, nullable=False),
    Column("base_minor", BigInteger, nullable=False),
    Column("dimensions", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("deferral", Text, nullable=False),
    Column("line_no", Integer),
    refers("entry_id", "entry", "entry_id"),
    sqlite_with_rowid=False,
)

posting_decision = Table(
    "posting_decision",
    metadata,
    *key("entry_id", "posting_no", "decision_id"),
    sqlite_with_rowid=False,
)

taken_back = Table(
    "taken_back",
    metadata,
    *key("entry_id", "posting_no"),
    id_column("of_entry_id"),
    id_column("of_posting_no"),
    sqlite_with_rowid=False,
)

entry_seal = Table(
    "entry_seal",
    metadata,
    *key("entry_id"),
    Column("postings", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    refers("entry_id", "entry", "entry_id"),
    sqlite_with_rowid=False,
)
