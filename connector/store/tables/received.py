"""Tables of what was received: requests and answers, invoices and their versions, lines with their texts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from connector.domain.vocabulary import CHARGE_FIELDS, SUBSCRIPTION_FIELDS
from connector.store.tables.columns import Instant, id_column, key, metadata, of_administration, refers, texts

FACT_FIELDS = ("direction", "sender", "currency", "billing", "sign", "rate")
"""What a combination takes from its document, its period and its amount; the rest are texts that it refers to."""

administration = Table(
    "administration",
    metadata,
    Column("administration_id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False, unique=True),
    Column("country", String(2), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", Instant, nullable=False),
)

backfill = Table(
    "backfill",
    metadata,
    *key("backfill_id"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    of_administration(),
)

fetch = Table(
    "fetch",
    metadata,
    *key("fetch_id"),
    Column("source", String(40), nullable=False),
    Column("endpoint", String(60), nullable=False),
    Column("window_start", Date),
    Column("window_end", Date),
    Column("show_detail", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("seconds", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("invoices", Integer, nullable=False),
    # How the body is rebuilt: the text between the invoices and the slices in order (compressed), or an earlier
    # fetch's.
    Column("envelope", LargeBinary),
    id_column("same_as", nullable=True),
    id_column("backfill_id", nullable=True),
    of_administration(),
    refers("same_as", "fetch", "fetch_id"),
    refers("backfill_id", "backfill", "backfill_id"),
    CheckConstraint("(envelope IS NULL) <> (same_as IS NULL)", name="rebuildable"),
    Index("ix_fetch_endpoint", "administration_id", "endpoint", "fetch_id"),
)

slice_ = Table(
    "slice",
    metadata,
    *key("slice_id"),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_slice_sha256", "administration_id", "sha256", unique=True),
    of_administration(),
)

subscription = Table(
    "subscription",
    metadata,
    *key("subscription_ref"),
    Column("digest", LargeBinary(16), nullable=False),
    *texts(SUBSCRIPTION_FIELDS),
    Index("ix_subscription_digest", "administration_id", "digest", unique=True),
    sqlite_with_rowid=False,
)

charge = Table(
    "charge",
    metadata,
    *key("charge_ref"),
    Column("digest", LargeBinary(16), nullable=False),
    *texts(CHARGE_FIELDS),
    Index("ix_charge_digest", "administration_id", "digest", unique=True),
    sqlite_with_rowid=False,
)

combination = Table(
    "combination",
    metadata,
    *key("combination_ref"),
    id_column("subscription_ref"),
    id_column("charge_ref"),
    *texts(FACT_FIELDS),
    Index("ix_combination_subscription", "administration_id", "subscription_ref"),
    sqlite_with_rowid=False,
)

invoice = Table(
    "invoice",
    metadata,
    *key("invoice_id"),
    Column("direction", String(10), nullable=False),
    Column("source", String(60), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("customer", Text, nullable=False),
    UniqueConstraint("administration_id", "direction", "source", "issuer", "number", "customer", name="uq_invoice_key"),
    of_administration(),
    CheckConstraint("direction IN ('purchase', 'sale')", name="direction"),
)

invoice_version = Table(
    "invoice_version",
    metadata,
    *key("version_id"),
    id_column("invoice_id"),
    Column("version_no", Integer, nullable=False),
    id_column("fetch_id"),
    id_column("slice_id"),
    # Which end customer of the slice this is (its position), for a specification; NULL for the whole slice.
    Column("part", Integer),
    Column("content", LargeBinary(32), nullable=False),
    Column("content_algorithm", SmallInteger, nullable=False),
    Column("booking", LargeBinary(32), nullable=False),
    Column("booking_algorithm", SmallInteger, nullable=False),
    Column("document_date", Date),
    Column("currency", Text, nullable=False),
    Column("party_name", Text, nullable=False),
    Column("head", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("rounded_off", Text, nullable=False),
    # The findings made while reading, as a digest, so that no cent of them can change unseen.
    Column("findings_digest", LargeBinary(32), nullable=False),
    UniqueConstraint("administration_id", "invoice_id", "version_no"),
    refers("invoice_id", "invoice", "invoice_id"),
    # The fetch is written last, when its whole answer was found well-formed.
    refers("fetch_id", "fetch", "fetch_id", deferrable=True, initially="DEFERRED"),
    refers("slice_id", "slice", "slice_id"),
    Index("ix_invoice_version_slice", "administration_id", "slice_id"),
    Index("ix_invoice_version_fetch", "administration_id", "fetch_id"),
    Index("ix_invoice_version_date", "administration_id", "document_date"),
)

line = Table(
    "line",
    metadata,
    *key("version_id", "line_no"),
    id_column("combination_ref"),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("start_date", Date),
    Column("end_date", Date),
    # A JSON array of RECEIVED_FIELDS: one column costs a third of eleven, and nothing is looked for by these texts.
    Column("received", Text, nullable=False),
    id_column("row_hash", nullable=True),
    Column("drift", Text),
    Index("ix_line_row_hash", "administration_id", "row_hash"),
    sqlite_with_rowid=False,
)
LINE_COLUMNS: tuple[str, ...] = tuple(column.name for column in line.columns)

sighting = Table(
    "sighting",
    metadata,
    *key("sighting_id"),
    id_column("invoice_id"),
    id_column("fetch_id"),
    Column("kind", String(10), nullable=False),
    refers("invoice_id", "invoice", "invoice_id"),
    refers("fetch_id", "fetch", "fetch_id", deferrable=True, initially="DEFERRED"),
    CheckConstraint("kind IN ('vanished', 'returned')", name="kind"),
    Index("ix_sighting_invoice", "administration_id", "invoice_id"),
    Index("ix_sighting_fetch", "administration_id", "fetch_id"),
)

drift = Table(
    "drift",
    metadata,
    *key("drift_id"),
    Column("endpoint", String(60), nullable=False),
    Column("path", Text, nullable=False),
    Column("example", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    UniqueConstraint("administration_id", "endpoint", "path"),
)

detail = Table(
    "detail",
    metadata,
    *key("detail_id"),
    id_column("version_id"),
    id_column("slice_id"),
    Column("part", Integer),
    id_column("fetch_id"),
    Column("lines", Integer, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("agrees", Boolean, nullable=False),
    refers("version_id", "invoice_version", "version_id"),
    refers("slice_id", "slice", "slice_id"),
    refers("fetch_id", "fetch", "fetch_id", deferrable=True, initially="DEFERRED"),
    Index("ix_detail_version", "administration_id", "version_id"),
    Index("ix_detail_slice", "administration_id", "slice_id"),
)

field_note = Table(
    "field_note",
    metadata,
    *key("note_id"),
    Column("endpoint", String(60), nullable=False),
    Column("path", Text, nullable=False),
    Column("happening", String(10), nullable=False),
    Column("kinds", Text, nullable=False),
    Column("example", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("ix_field_note_endpoint", "administration_id", "endpoint"),
)
