"""The schema, in one file. Every primary key begins with the administration; ids count within it, so that they grow.

Three kinds of table. *Facts* are append-only and the database refuses to change them (``APPEND_ONLY``). *Work* may
change: a delivery's
state, along the one table of transitions. *Bulk* tables (``line``, ``decided``) carry no
foreign keys,
because a look-up per row and key costs more than the row; ``connector verify`` proves their references instead.
"""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)

from connector.domain.vocabulary import CHARGE_FIELDS, SUBSCRIPTION_FIELDS

FACT_FIELDS = ("direction", "sender", "currency", "billing", "sign", "rate")
"""What a combination takes from its document, its period and its amount; the rest are texts that it refers to."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(TypeDecorator[datetime.datetime]):
    """A moment in UTC, kept as ISO text of fixed width so that it sorts and reads the same on both databases."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse naive times; write UTC with microseconds."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a moment needs a time zone"
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:  # noqa: ARG002
        """Read it back as an aware time."""
        return None if value is None else datetime.datetime.fromisoformat(value)


def _id(name: str, **more: Any) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), nullable=more.pop("nullable", False), **more)


def _key(*names: str) -> list[Column[int]]:
    return [
        Column("administration_id", Integer, primary_key=True, autoincrement=False),
        *(
            Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
            for name in names
        ),
    ]


def _refers(columns: str | tuple[str, ...], table: str, target: str, **more: Any) -> ForeignKeyConstraint:
    names = (columns,) if isinstance(columns, str) else columns
    return ForeignKeyConstraint(
        ["administration_id", *names], [f"{table}.administration_id", f"{table}.{target}"], **more
    )


def _texts(names: tuple[str, ...]) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


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
    *_key("backfill_id"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    ForeignKeyConstraint(["administration_id"], ["administration.administration_id"]),
)

fetch = Table(
    "fetch",
    metadata,
    *_key("fetch_id"),
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
    _id("same_as", nullable=True),
    _id("backfill_id", nullable=True),
    ForeignKeyConstraint(["administration_id"], ["administration.administration_id"]),
    _refers("same_as", "fetch", "fetch_id"),
    _refers("backfill_id", "backfill", "backfill_id"),
    CheckConstraint("(envelope IS NULL) <> (same_as IS NULL)", name="rebuildable"),
    Index("ix_fetch_endpoint", "administration_id", "endpoint", "fetch_id"),
)

slice_ = Table(
    "slice",
    metadata,
    *_key("slice_id"),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_slice_sha256", "administration_id", "sha256", unique=True),
    ForeignKeyConstraint(["administration_id"], ["administration.administration_id"]),
)

subscription = Table(
    "subscription",
    metadata,
    *_key("subscription_ref"),
    Column("digest", LargeBinary(16), nullable=False),
    *_texts(SUBSCRIPTION_FIELDS),
    Index("ix_subscription_digest", "administration_id", "digest", unique=True),
    sqlite_with_rowid=False,
)

charge = Table(
    "charge",
    metadata,
    *_key("charge_ref"),
    Column("digest", LargeBinary(16), nullable=False),
    *_texts(CHARGE_FIELDS),
    Index("ix_charge_digest", "administration_id", "digest", unique=True),
    sqlite_with_rowid=False,
)

combination = Table(
    "combination",
    metadata,
    *_key("combination_ref"),
    _id("subscription_ref"),
    _id("charge_ref"),
    *_texts(FACT_FIELDS),
    Index("ix_combination_subscription", "administration_id", "subscription_ref"),
    sqlite_with_rowid=False,
)

invoice = Table(
    "invoice",
    metadata,
    *_key("invoice_id"),
    Column("direction", String(10), nullable=False),
    Column("source", String(60), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("customer", Text, nullable=False),
    UniqueConstraint("administration_id", "direction", "source", "issuer", "number", "customer", name="uq_invoice_key"),
    ForeignKeyConstraint(["administration_id"], ["administration.administration_id"]),
    CheckConstraint("direction IN ('purchase', 'sale')", name="direction"),
)

invoice_version = Table(
    "invoice_version",
    metadata,
    *_key("version_id"),
    _id("invoice_id"),
    Column("version_no", Integer, nullable=False),
    _id("fetch_id"),
    _id("slice_id"),
    # Which end customer of the slice this is (its position), for a specification; NULL for the whole slice.
    Column("part", Integer),
    Column("show_detail", Boolean, nullable=False),
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
    _refers("invoice_id", "invoice", "invoice_id"),
    # The fetch is written last, when its whole answer was found well-formed.
    _refers("fetch_id", "fetch", "fetch_id", deferrable=True, initially="DEFERRED"),
    _refers("slice_id", "slice", "slice_id"),
    Index("ix_invoice_version_slice", "administration_id", "slice_id"),
    Index("ix_invoice_version_date", "administration_id", "document_date"),
)

line = Table(
    "line",
    metadata,
    *_key("version_id", "line_no"),
    _id("combination_ref"),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("start_date", Date),
    Column("end_date", Date),
    # A JSON array of RECEIVED_FIELDS: one column costs a third of eleven, and nothing is looked for by these texts.
    Column("received", Text, nullable=False),
    _id("row_hash", nullable=True),
    Column("drift", Text),
    Index("ix_line_row_hash", "administration_id", "row_hash"),
    sqlite_with_rowid=False,
)
LINE_COLUMNS: tuple[str, ...] = tuple(column.name for column in line.columns)

finding = Table(
    "finding",
    metadata,
    *_key("finding_id"),
    _id("version_id"),
    _id("preparation_id", nullable=True),  # NULL: found while reading, true whatever the settings
    Column("code", String(60), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("place", Text, nullable=False),
    Column("minor", BigInteger, nullable=False),
    Column("details", Text, nullable=False),
    _refers("version_id", "invoice_version", "version_id"),
    _refers("preparation_id", "preparation", "preparation_id"),
    Index("ix_finding_version", "administration_id", "version_id"),
)

acceptance = Table(
    "acceptance",
    metadata,
    *_key("acceptance_id"),
    _id("invoice_id"),
    Column("code", String(60), nullable=False),
    Column("finding", LargeBinary(32), nullable=False),
    Column("content", LargeBinary(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # Of all of the above, so that no word of it can change unseen.
    Column("digest", LargeBinary(32), nullable=False),
    _refers("invoice_id", "invoice", "invoice_id"),
)

printed_total = Table(
    "printed_total",
    metadata,
    *_key("printed_total_id"),
    _id("invoice_id"),
    Column("gross_minor", BigInteger, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    _refers("invoice_id", "invoice", "invoice_id"),
)

sighting = Table(
    "sighting",
    metadata,
    *_key("sighting_id"),
    _id("invoice_id"),
    _id("fetch_id"),
    Column("kind", String(10), nullable=False),
    _refers("invoice_id", "invoice", "invoice_id"),
    _refers("fetch_id", "fetch", "fetch_id", deferrable=True, initially="DEFERRED"),
    CheckConstraint("kind IN ('vanished', 'returned')", name="kind"),
    Index("ix_sighting_invoice", "administration_id", "invoice_id"),
)

drift = Table(
    "drift",
    metadata,
    *_key("drift_id"),
    Column("endpoint", String(60), nullable=False),
    Column("path", Text, nullable=False),
    Column("example", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    UniqueConstraint("administration_id", "endpoint", "path"),
)

mapping_version = Table(
    "mapping_version",
    metadata,
    *_key("mapping_version_id"),
    Column("set_name", String(200), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("author", String(200), nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("files", LargeBinary, nullable=False),
    ForeignKeyConstraint(["administration_id"], ["administration.administration_id"]),
)

decision = Table(
    "decision",
    metadata,
    *_key("decision_id"),
    _id("mapping_version_id"),
    Column("digest", LargeBinary(16), nullable=False),
    Column("action", String(10), nullable=False),
    Column("account", Text, nullable=False),
    Column("tax", Text, nullable=False),
    Column("deferral", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("administration_id", "mapping_version_id", "digest"),
    _refers("mapping_version_id", "mapping_version", "mapping_version_id"),
)

decided = Table(
    "decided",
    metadata,
    # ``segment`` is the first day of the dates for which the decision is the same.
    *_key("mapping_version_id"),
    Column("segment", Date, primary_key=True),
    Column("combination_ref", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _id("decision_id"),
    sqlite_with_rowid=False,
)

preparation = Table(
    "preparation",
    metadata,
    *_key("preparation_id"),
    _id("version_id"),
    _id("mapping_version_id", nullable=True),
    Column("settings_hash", String(64), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("rule", Text, nullable=False),
    # The findings of this preparation, as a digest, so that no cent of them can change unseen.
    Column("findings_digest", LargeBinary(32), nullable=False),
    _id("entry_id", nullable=True),
    Column("prepared_at", Instant, nullable=False),
    _refers("version_id", "invoice_version", "version_id"),
    _refers("mapping_version_id", "mapping_version", "mapping_version_id"),
    _refers("entry_id", "entry_seal", "entry_id"),
    CheckConstraint("outcome IN ('held', 'ignored', 'ready')", name="outcome"),
    CheckConstraint("(outcome = 'ready') = (entry_id IS NOT NULL)", name="entry"),
    Index("ix_preparation_version", "administration_id", "version_id"),
)

ignored_group = Table(
    "ignored_group",
    metadata,
    *_key("preparation_id", "combination_ref"),
    Column("rule", Text, nullable=False),
    _refers("preparation_id", "preparation", "preparation_id"),
    sqlite_with_rowid=False,
)

entry = Table(
    "entry",
    metadata,
    *_key("entry_id"),
    _id("version_id"),
    _id("mapping_version_id"),
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
    _refers("version_id", "invoice_version", "version_id"),
    _refers("mapping_version_id", "mapping_version", "mapping_version_id"),
    # An entry without its seal cannot be committed.
    _refers("entry_id", "entry_seal", "entry_id", deferrable=True, initially="DEFERRED", use_alter=True),
    Index("ix_entry_key", "administration_id", "document_key"),
    Index("ix_entry_version", "administration_id", "version_id"),
)

posting = Table(
    "posting",
    metadata,
    *_key("entry_id", "posting_no"),
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
    _refers("entry_id", "entry", "entry_id"),
    sqlite_with_rowid=False,
)

posting_decision = Table(
    "posting_decision",
    metadata,
    *_key("entry_id", "posting_no", "decision_id"),
    sqlite_with_rowid=False,
)

entry_seal = Table(
    "entry_seal",
    metadata,
    *_key("entry_id"),
    Column("postings", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    _refers("entry_id", "entry", "entry_id"),
    sqlite_with_rowid=False,
)

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
    *_key("delivery_id"),
    _id("entry_id"),
    Column("ledger", String(200), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("changed_at", Instant, nullable=False),
    _refers("entry_id", "entry_seal", "entry_id"),
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
    *_key("delivery_id", "event_no"),
    Column("at", Instant, nullable=False),
    Column("state", String(10), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    _refers("delivery_id", "delivery", "delivery_id"),
    sqlite_with_rowid=False,
)

receipt = Table(
    "receipt",
    metadata,
    *_key("delivery_id"),
    Column("reference", Text, nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("found", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    _refers("delivery_id", "delivery", "delivery_id"),
    sqlite_with_rowid=False,
)

APPEND_ONLY: tuple[str, ...] = (
    "administration", "fetch", "slice", "subscription", "charge", "combination", "invoice", "invoice_version",
    "line", "finding", "sighting", "drift", "mapping_version", "decision", "decided",
    "acceptance", "printed_total",
    "preparation", "ignored_group", "entry", "posting", "posting_decision", "entry_seal",
    "delivery_transition", "delivery_event", "receipt",
)  # fmt: skip
"""Facts: the database refuses to update or delete their rows."""
