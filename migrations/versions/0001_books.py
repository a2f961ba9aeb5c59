"""The first schema: documents, their lines, decisions, entries and deliveries, with their guards."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from connector.errors import SchemaError
from connector.store import guards, purge_guards, row_security

revision = "0001"
down_revision = None

# The lists below are those of this version; later ones are for later migrations.
APPEND_ONLY = (
    "administration",
    "fetch",
    "slice",
    "subscription",
    "charge",
    "combination",
    "invoice",
    "invoice_version",
    "line",
    "finding",
    "sighting",
    "detail",
    "drift",
    "field_note",
    "mapping_version",
    "decision",
    "decided",
    "acceptance",
    "printed_total",
    "paper",
    "preparation",
    "ignored_group",
    "entry",
    "posting",
    "posting_decision",
    "taken_back",
    "entry_seal",
    "delivery_transition",
    "delivery_event",
    "receipt",
    "register_entry",
    "register_version",
    "register_sighting",
    "notice",
    "notice_event",
    "purge",
    "purged_document",
    "purged_entry",
    "purged_rows",
    "purged_slice",
)
OF_ADMINISTRATIONS = (
    *(table for table in APPEND_ONLY if table != "delivery_transition"),
    "delivery",
    "backfill",
    "last_run",
    "purge_open",
)
TRANSITIONS = (
    ("ready", "queued"),
    ("ready", "held"),
    ("ready", "cancelled"),
    ("queued", "sending"),
    ("queued", "held"),
    ("queued", "cancelled"),
    ("held", "queued"),
    ("held", "ready"),
    ("held", "cancelled"),
    ("sending", "posted"),
    ("sending", "rejected"),
    ("sending", "unknown"),
    ("sending", "queued"),
    ("unknown", "posted"),
    ("unknown", "queued"),
    ("unknown", "rejected"),
    ("rejected", "queued"),
    ("rejected", "cancelled"),
)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(32)


def upgrade() -> None:
    kind = op.get_context().dialect.name
    _create_sources()
    _create_documents()
    _create_registers()
    _create_entries(kind)
    _create_preparations()
    _create_answers()
    _create_deliveries()
    _create_notices()
    _create_purges()
    _create_guards(kind)
    _keep_apart(kind)


def downgrade() -> None:
    raise SchemaError(
        "the schema cannot be made older, because kept facts are never dropped",
        hint="Put the backup back that was taken before the upgrade.",
    )


def _create_sources() -> None:
    op.create_table(
        "administration",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", name=op.f("pk_administration")),
        sa.UniqueConstraint("name", name=op.f("uq_administration_name")),
    )
    op.create_table(
        "backfill",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("backfill_id", ID, autoincrement=False, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("administration_id", "backfill_id", name=op.f("pk_backfill")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_backfill_administration_id")
        ),
    )
    op.create_table(
        "fetch",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fetch_id", ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("endpoint", sa.String(60), nullable=False),
        sa.Column("window_start", sa.Date(), nullable=True),
        sa.Column("window_end", sa.Date(), nullable=True),
        sa.Column("show_detail", sa.Boolean(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("seconds", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("invoices", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("same_as", ID, nullable=True),
        sa.Column("backfill_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("administration_id", "fetch_id", name=op.f("pk_fetch")),
        sa.CheckConstraint("(envelope IS NULL) <> (same_as IS NULL)", name=op.f("ck_fetch_rebuildable")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_fetch_administration_id")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "backfill_id"],
            ["backfill.administration_id", "backfill.backfill_id"],
            name=op.f("fk_fetch_administration_id_backfill_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "same_as"],
            ["fetch.administration_id", "fetch.fetch_id"],
            name=op.f("fk_fetch_administration_id_same_as"),
        ),
    )
    op.create_index(op.f("ix_fetch_endpoint"), "fetch", ["administration_id", "endpoint", "fetch_id"])
    op.create_table(
        "slice",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slice_id", ID, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "slice_id", name=op.f("pk_slice")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_slice_administration_id")
        ),
    )
    op.create_index(op.f("ix_slice_sha256"), "slice", ["administration_id", "sha256"], unique=True)


def _create_documents() -> None:
    op.create_table(
        "subscription",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subscription_ref", ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("cost_center", sa.Text(), nullable=False),
        sa.Column("customer_number", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("subscription_name", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("plan_name", sa.Text(), nullable=False),
        sa.Column("plan_category_name", sa.Text(), nullable=False),
        sa.Column("billing_model", sa.Text(), nullable=False),
        sa.Column("start_date", sa.Text(), nullable=False),
        sa.Column("expiration_date", sa.Text(), nullable=False),
        sa.Column("subscription_po_number", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("consumer_company_name", sa.Text(), nullable=False),
        sa.Column("consumer_company_number", sa.Text(), nullable=False),
        sa.Column("sub_po_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "subscription_ref", name=op.f("pk_subscription")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_subscription_digest"), "subscription", ["administration_id", "digest"], unique=True)
    op.create_table(
        "charge",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("charge_ref", ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("charge_type", sa.Text(), nullable=False),
        sa.Column("billing_frequency", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("duration", sa.Text(), nullable=False),
        sa.Column("duration_type", sa.Text(), nullable=False),
        sa.Column("quantity_type", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("rate_period_id", sa.Text(), nullable=False),
        sa.Column("tax_zone_id", sa.Text(), nullable=False),
        sa.Column("tax_percentage", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("vendor_details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "charge_ref", name=op.f("pk_charge")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_charge_digest"), "charge", ["administration_id", "digest"], unique=True)
    op.create_table(
        "combination",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("combination_ref", ID, autoincrement=False, nullable=False),
        sa.Column("subscription_ref", ID, nullable=False),
        sa.Column("charge_ref", ID, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("billing", sa.Text(), nullable=False),
        sa.Column("sign", sa.Text(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "combination_ref", name=op.f("pk_combination")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_combination_subscription"), "combination", ["administration_id", "subscription_ref"])
    op.create_table(
        "invoice",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invoice_id", ID, autoincrement=False, nullable=False),
        sa.Column("direction", sa.String(10), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "invoice_id", name=op.f("pk_invoice")),
        sa.UniqueConstraint(
            "administration_id", "direction", "source", "issuer", "number", "customer", name=op.f("uq_invoice_key")
        ),
        sa.CheckConstraint("direction IN ('purchase', 'sale')", name=op.f("ck_invoice_direction")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_invoice_administration_id")
        ),
    )
    op.create_table(
        "invoice_version",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", ID, autoincrement=False, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("fetch_id", ID, nullable=False),
        sa.Column("slice_id", ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("content", sa.LargeBinary(32), nullable=False),
        sa.Column("content_algorithm", sa.SmallInteger(), nullable=False),
        sa.Column("booking", sa.LargeBinary(32), nullable=False),
        sa.Column("booking_algorithm", sa.SmallInteger(), nullable=False),
        sa.Column("document_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("rounded_off", sa.Text(), nullable=False),
        sa.Column("findings_digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "version_id", name=op.f("pk_invoice_version")),
        sa.UniqueConstraint(
            "administration_id",
            "invoice_id",
            "version_no",
            name=op.f("uq_invoice_version_administration_id_invoice_id_version_no"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "fetch_id"],
            ["fetch.administration_id", "fetch.fetch_id"],
            name=op.f("fk_invoice_version_administration_id_fetch_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoice.administration_id", "invoice.invoice_id"],
            name=op.f("fk_invoice_version_administration_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "slice_id"],
            ["slice.administration_id", "slice.slice_id"],
            name=op.f("fk_invoice_version_administration_id_slice_id"),
        ),
    )
    op.create_index(op.f("ix_invoice_version_date"), "invoice_version", ["administration_id", "document_date"])
    op.create_index(op.f("ix_invoice_version_slice"), "invoice_version", ["administration_id", "slice_id"])
    op.create_index(op.f("ix_invoice_version_fetch"), "invoice_version", ["administration_id", "fetch_id"])
    op.create_table(
        "line",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", ID, autoincrement=False, nullable=False),
        sa.Column("line_no", ID, autoincrement=False, nullable=False),
        sa.Column("combination_ref", ID, nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("received", sa.Text(), nullable=False),
        sa.Column("row_hash", ID, nullable=True),
        sa.Column("drift", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("administration_id", "version_id", "line_no", name=op.f("pk_line")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_line_row_hash"), "line", ["administration_id", "row_hash"])
    op.create_table(
        "sighting",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sighting_id", ID, autoincrement=False, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("fetch_id", ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "sighting_id", name=op.f("pk_sighting")),
        sa.CheckConstraint("kind IN ('vanished', 'returned')", name=op.f("ck_sighting_kind")),
        sa.ForeignKeyConstraint(
            ["administration_id", "fetch_id"],
            ["fetch.administration_id", "fetch.fetch_id"],
            name=op.f("fk_sighting_administration_id_fetch_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoice.administration_id", "invoice.invoice_id"],
            name=op.f("fk_sighting_administration_id_invoice_id"),
        ),
    )
    op.create_index(op.f("ix_sighting_invoice"), "sighting", ["administration_id", "invoice_id"])
    op.create_index(op.f("ix_sighting_fetch"), "sighting", ["administration_id", "fetch_id"])
    op.create_table(
        "detail",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("detail_id", ID, autoincrement=False, nullable=False),
        sa.Column("version_id", ID, autoincrement=False, nullable=False),
        sa.Column("slice_id", ID, autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("fetch_id", ID, autoincrement=False, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "detail_id", name=op.f("pk_detail")),
        sa.ForeignKeyConstraint(
            ["administration_id", "fetch_id"],
            ["fetch.administration_id", "fetch.fetch_id"],
            name=op.f("fk_detail_administration_id_fetch_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "slice_id"],
            ["slice.administration_id", "slice.slice_id"],
            name=op.f("fk_detail_administration_id_slice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "version_id"],
            ["invoice_version.administration_id", "invoice_version.version_id"],
            name=op.f("fk_detail_administration_id_version_id"),
        ),
    )
    op.create_index(op.f("ix_detail_version"), "detail", ["administration_id", "version_id"])
    op.create_index("ix_detail_slice", "detail", ["administration_id", "slice_id"])
    op.create_table(
        "field_note",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note_id", ID, autoincrement=False, nullable=False),
        sa.Column("endpoint", sa.String(60), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("happening", sa.String(10), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "note_id", name=op.f("pk_field_note")),
    )
    op.create_index(op.f("ix_field_note_endpoint"), "field_note", ["administration_id", "endpoint"])
    op.create_table(
        "drift",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("drift_id", ID, autoincrement=False, nullable=False),
        sa.Column("endpoint", sa.String(60), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "drift_id", name=op.f("pk_drift")),
        sa.UniqueConstraint(
            "administration_id", "endpoint", "path", name=op.f("uq_drift_administration_id_endpoint_path")
        ),
    )


def _create_registers() -> None:
    op.create_table(
        "register_entry",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("register_entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("register", sa.String(60), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "register_entry_id", name=op.f("pk_register_entry")),
        sa.UniqueConstraint("administration_id", "register", "entry_key", name=op.f("uq_register_entry_key")),
        sa.ForeignKeyConstraint(
            ["administration_id"],
            ["administration.administration_id"],
            name=op.f("fk_register_entry_administration_id"),
        ),
    )
    op.create_table(
        "register_version",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("register_version_id", ID, autoincrement=False, nullable=False),
        sa.Column("register_entry_id", ID, nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("fetch_id", ID, nullable=False),
        sa.Column("slice_id", ID, nullable=False),
        sa.Column("content", sa.LargeBinary(32), nullable=False),
        sa.Column("content_algorithm", sa.SmallInteger(), nullable=False),
        sa.Column("known", sa.Text(), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "register_version_id", name=op.f("pk_register_version")),
        sa.UniqueConstraint(
            "administration_id", "register_entry_id", "version_no", name=op.f("uq_register_version_no")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "register_entry_id"],
            ["register_entry.administration_id", "register_entry.register_entry_id"],
            name=op.f("fk_register_version_administration_id_register_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "fetch_id"],
            ["fetch.administration_id", "fetch.fetch_id"],
            name=op.f("fk_register_version_administration_id_fetch_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "slice_id"],
            ["slice.administration_id", "slice.slice_id"],
            name=op.f("fk_register_version_administration_id_slice_id"),
        ),
    )
    op.create_table(
        "register_sighting",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("register_sighting_id", ID, autoincrement=False, nullable=False),
        sa.Column("register_entry_id", ID, nullable=False),
        sa.Column("fetch_id", ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "register_sighting_id", name=op.f("pk_register_sighting")),
        sa.CheckConstraint("kind IN ('vanished', 'returned')", name=op.f("ck_register_sighting_kind")),
        sa.ForeignKeyConstraint(
            ["administration_id", "register_entry_id"],
            ["register_entry.administration_id", "register_entry.register_entry_id"],
            name=op.f("fk_register_sighting_administration_id_register_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "fetch_id"],
            ["fetch.administration_id", "fetch.fetch_id"],
            name=op.f("fk_register_sighting_administration_id_fetch_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    op.create_index("ix_register_version_slice", "register_version", ["administration_id", "slice_id"])
    op.create_index(op.f("ix_register_sighting_entry"), "register_sighting", ["administration_id", "register_entry_id"])


def _create_entries(kind: str) -> None:
    op.create_table(
        "mapping_version",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mapping_version_id", ID, autoincrement=False, nullable=False),
        sa.Column("set_name", sa.String(200), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "mapping_version_id", name=op.f("pk_mapping_version")),
        sa.ForeignKeyConstraint(
            ["administration_id"],
            ["administration.administration_id"],
            name=op.f("fk_mapping_version_administration_id"),
        ),
    )
    op.create_table(
        "decision",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision_id", ID, autoincrement=False, nullable=False),
        sa.Column("mapping_version_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("tax", sa.Text(), nullable=False),
        sa.Column("deferral", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "decision_id", name=op.f("pk_decision")),
        sa.UniqueConstraint(
            "administration_id",
            "mapping_version_id",
            "digest",
            name=op.f("uq_decision_administration_id_mapping_version_id_digest"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "mapping_version_id"],
            ["mapping_version.administration_id", "mapping_version.mapping_version_id"],
            name=op.f("fk_decision_administration_id_mapping_version_id"),
        ),
    )
    op.create_table(
        "decided",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mapping_version_id", ID, autoincrement=False, nullable=False),
        sa.Column("segment", sa.Date(), nullable=False),
        sa.Column("combination_ref", ID, autoincrement=False, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.PrimaryKeyConstraint(
            "administration_id", "mapping_version_id", "segment", "combination_ref", name=op.f("pk_decided")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entry",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("mapping_version_id", ID, nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("document_key", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("booking_date", sa.Date(), nullable=False),
        sa.Column("document_date", sa.Date(), nullable=False),
        sa.Column("tax_point", sa.Date(), nullable=False),
        sa.Column("vat_period", sa.String(7), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("booking", sa.LargeBinary(32), nullable=False),
        sa.Column("segment", sa.Date(), nullable=False),
        sa.Column("prepared_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "entry_id", name=op.f("pk_entry")),
        *([_entry_has_its_seal()] if kind == "sqlite" else []),
        sa.ForeignKeyConstraint(
            ["administration_id", "mapping_version_id"],
            ["mapping_version.administration_id", "mapping_version.mapping_version_id"],
            name=op.f("fk_entry_administration_id_mapping_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "version_id"],
            ["invoice_version.administration_id", "invoice_version.version_id"],
            name=op.f("fk_entry_administration_id_version_id"),
        ),
    )
    op.create_index(op.f("ix_entry_key"), "entry", ["administration_id", "document_key"])
    op.create_index(op.f("ix_entry_version"), "entry", ["administration_id", "version_id"])
    op.create_table(
        "posting",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("posting_no", ID, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("tax", sa.Text(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
        sa.Column("dimensions", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("deferral", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("administration_id", "entry_id", "posting_no", name=op.f("pk_posting")),
        sa.ForeignKeyConstraint(
            ["administration_id", "entry_id"],
            ["entry.administration_id", "entry.entry_id"],
            name=op.f("fk_posting_administration_id_entry_id"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "posting_decision",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("posting_no", ID, autoincrement=False, nullable=False),
        sa.Column("decision_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "administration_id", "entry_id", "posting_no", "decision_id", name=op.f("pk_posting_decision")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "taken_back",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("posting_no", ID, autoincrement=False, nullable=False),
        sa.Column("of_entry_id", ID, nullable=False),
        sa.Column("of_posting_no", ID, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "entry_id", "posting_no", name=op.f("pk_taken_back")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entry_seal",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("postings", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "entry_id", name=op.f("pk_entry_seal")),
        sa.ForeignKeyConstraint(
            ["administration_id", "entry_id"],
            ["entry.administration_id", "entry.entry_id"],
            name=op.f("fk_entry_seal_administration_id_entry_id"),
        ),
        sqlite_with_rowid=False,
    )
    if kind != "sqlite":  # which alone takes a reference to a table that does not exist yet, and no later one
        op.create_foreign_key(
            op.f("fk_entry_administration_id_entry_id"),
            "entry",
            "entry_seal",
            ["administration_id", "entry_id"],
            ["administration_id", "entry_id"],
            deferrable=True,
            initially="DEFERRED",
        )


def _entry_has_its_seal() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["administration_id", "entry_id"],
        ["entry_seal.administration_id", "entry_seal.entry_id"],
        name=op.f("fk_entry_administration_id_entry_id"),
        deferrable=True,
        initially="DEFERRED",
    )


def _create_preparations() -> None:
    op.create_table(
        "preparation",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("preparation_id", ID, autoincrement=False, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("mapping_version_id", ID, nullable=True),
        sa.Column("settings_hash", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("findings_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("prepared_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "preparation_id", name=op.f("pk_preparation")),
        sa.CheckConstraint("(outcome = 'ready') = (entry_id IS NOT NULL)", name=op.f("ck_preparation_entry")),
        sa.CheckConstraint("outcome IN ('held', 'ignored', 'ready')", name=op.f("ck_preparation_outcome")),
        sa.ForeignKeyConstraint(
            ["administration_id", "entry_id"],
            ["entry_seal.administration_id", "entry_seal.entry_id"],
            name=op.f("fk_preparation_administration_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "mapping_version_id"],
            ["mapping_version.administration_id", "mapping_version.mapping_version_id"],
            name=op.f("fk_preparation_administration_id_mapping_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "version_id"],
            ["invoice_version.administration_id", "invoice_version.version_id"],
            name=op.f("fk_preparation_administration_id_version_id"),
        ),
    )
    op.create_index(op.f("ix_preparation_version"), "preparation", ["administration_id", "version_id"])
    op.create_index("ix_preparation_entry", "preparation", ["administration_id", "entry_id"])
    op.create_table(
        "ignored_group",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("preparation_id", ID, autoincrement=False, nullable=False),
        sa.Column("combination_ref", ID, autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "administration_id", "preparation_id", "combination_ref", name=op.f("pk_ignored_group")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "preparation_id"],
            ["preparation.administration_id", "preparation.preparation_id"],
            name=op.f("fk_ignored_group_administration_id_preparation_id"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "finding",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("finding_id", ID, autoincrement=False, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("preparation_id", ID, nullable=True),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "finding_id", name=op.f("pk_finding")),
        sa.ForeignKeyConstraint(
            ["administration_id", "preparation_id"],
            ["preparation.administration_id", "preparation.preparation_id"],
            name=op.f("fk_finding_administration_id_preparation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "version_id"],
            ["invoice_version.administration_id", "invoice_version.version_id"],
            name=op.f("fk_finding_administration_id_version_id"),
        ),
    )
    op.create_index(op.f("ix_finding_version"), "finding", ["administration_id", "version_id"])
    op.create_index("ix_finding_preparation", "finding", ["administration_id", "preparation_id"])


def _create_answers() -> None:
    op.create_table(
        "acceptance",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("acceptance_id", ID, autoincrement=False, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("finding", sa.LargeBinary(32), nullable=False),
        sa.Column("content", sa.LargeBinary(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "acceptance_id", name=op.f("pk_acceptance")),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoice.administration_id", "invoice.invoice_id"],
            name=op.f("fk_acceptance_administration_id_invoice_id"),
        ),
    )
    op.create_table(
        "printed_total",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("printed_total_id", ID, autoincrement=False, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "printed_total_id", name=op.f("pk_printed_total")),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoice.administration_id", "invoice.invoice_id"],
            name=op.f("fk_printed_total_administration_id_invoice_id"),
        ),
    )
    op.create_table(
        "paper",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paper_id", ID, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "paper_id", name=op.f("pk_paper")),
        sa.UniqueConstraint("administration_id", "sha256", name=op.f("uq_paper_administration_id_sha256")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_paper_administration_id")
        ),
    )
    op.create_index("ix_paper_number", "paper", ["administration_id", "number"])


def _create_deliveries() -> None:
    op.create_table(
        "delivery_transition",
        sa.Column("before", sa.String(10), nullable=False),
        sa.Column("after", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("before", "after", name=op.f("pk_delivery_transition")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "delivery",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", ID, autoincrement=False, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("ledger", sa.String(200), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "delivery_id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "administration_id", "entry_id", "ledger", name=op.f("uq_delivery_administration_id_entry_id_ledger")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "entry_id"],
            ["entry_seal.administration_id", "entry_seal.entry_id"],
            name=op.f("fk_delivery_administration_id_entry_id"),
        ),
    )
    op.create_index(op.f("ix_delivery_state"), "delivery", ["administration_id", "state"])
    op.create_index(
        op.f("uq_delivery_live"),
        "delivery",
        ["administration_id", "ledger", "entry_key"],
        unique=True,
        sqlite_where=sa.text("state <> 'cancelled'"),
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "delivery_event",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", ID, autoincrement=False, nullable=False),
        sa.Column("event_no", ID, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "delivery_id", "event_no", name=op.f("pk_delivery_event")),
        sa.ForeignKeyConstraint(
            ["administration_id", "delivery_id"],
            ["delivery.administration_id", "delivery.delivery_id"],
            name=op.f("fk_delivery_event_administration_id_delivery_id"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "receipt",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", ID, autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "delivery_id", name=op.f("pk_receipt")),
        sa.ForeignKeyConstraint(
            ["administration_id", "delivery_id"],
            ["delivery.administration_id", "delivery.delivery_id"],
            name=op.f("fk_receipt_administration_id_delivery_id"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "last_run",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", sa.String(20), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("failure", sa.String(60), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", INSTANT),
        sa.Column("succeeded_at", INSTANT),
        sa.PrimaryKeyConstraint("administration_id", name=op.f("pk_last_run")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_last_run_administration_id")
        ),
    )
    steps = sa.table("delivery_transition", sa.column("before"), sa.column("after"))
    op.bulk_insert(steps, [{"before": before, "after": after} for before, after in TRANSITIONS])


def _create_notices() -> None:
    op.create_table(
        "notice",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notice_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("came_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "notice_id", name=op.f("pk_notice")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_notice_administration_id")
        ),
    )
    op.create_table(
        "notice_event",
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notice_id", ID, autoincrement=False, nullable=False),
        sa.Column("event_no", ID, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("happening", sa.String(10), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "notice_id", "event_no", name=op.f("pk_notice_event")),
        sa.CheckConstraint("happening IN ('told', 'over', 'over told')", name=op.f("ck_notice_event_happening")),
        sa.ForeignKeyConstraint(
            ["administration_id", "notice_id"],
            ["notice.administration_id", "notice.notice_id"],
            name=op.f("fk_notice_event_administration_id_notice_id"),
        ),
        sqlite_with_rowid=False,
    )


def _key(*names: str) -> list[sa.Column[Any]]:
    return [
        sa.Column("administration_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, ID, autoincrement=False, nullable=False) for name in names),
    ]


def _refers(table: str, column: str, target: str, there: str, **more: Any) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["administration_id", column],
        [f"{target}.administration_id", f"{target}.{there}"],
        name=op.f(f"fk_{table}_administration_id_{column}"),
        **more,
    )


def _create_purges() -> None:
    op.create_table(
        "purge",
        *_key("purge_id"),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "purge_id", name=op.f("pk_purge")),
        sa.CheckConstraint("purge_id > 0", name=op.f("ck_purge_number")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administration.administration_id"], name=op.f("fk_purge_administration_id")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purge_open",
        *_key("purge_id"),
        sa.Column("never", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "purge_id", name=op.f("pk_purge_open")),
        sa.CheckConstraint("never = 0", name=op.f("ck_purge_open_never")),
        _refers("purge_open", "never", "purge", "purge_id", deferrable=True, initially="DEFERRED"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purged_document",
        *_key("invoice_id"),
        sa.Column("purge_id", ID, nullable=False),
        sa.Column("document_date", sa.Date(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "invoice_id", name=op.f("pk_purged_document")),
        _refers("purged_document", "invoice_id", "invoice", "invoice_id"),
        _refers("purged_document", "purge_id", "purge", "purge_id", deferrable=True, initially="DEFERRED"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purged_entry",
        *_key("purge_id", "entry_no"),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("ledger", sa.String(200), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "purge_id", "entry_no", name=op.f("pk_purged_entry")),
        _refers("purged_entry", "purge_id", "purge", "purge_id", deferrable=True, initially="DEFERRED"),
        _refers("purged_entry", "invoice_id", "purged_document", "invoice_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purged_rows",
        *_key("purge_id"),
        sa.Column("table_name", sa.String(40), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("highest", ID, nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "purge_id", "table_name", name=op.f("pk_purged_rows")),
        _refers("purged_rows", "purge_id", "purge", "purge_id", deferrable=True, initially="DEFERRED"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purged_slice",
        *_key(),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("purge_id", ID, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "sha256", name=op.f("pk_purged_slice")),
        _refers("purged_slice", "purge_id", "purge", "purge_id", deferrable=True, initially="DEFERRED"),
        sqlite_with_rowid=False,
    )


def _create_guards(kind: str) -> None:
    statements = guards.append_only_function(kind)
    for table in APPEND_ONLY:
        statements += guards.append_only(kind, table, purgeable=table in purge_guards.PURGEABLE)
    for table in ("delivery", "backfill", "last_run"):
        statements += guards.never_deleted(kind, table, purgeable=table in purge_guards.PURGEABLE)
    statements += purge_guards.purge_only_function(kind)
    for table in purge_guards.PURGEABLE:
        statements += purge_guards.removed_by_a_purge(kind, table)
    statements += purge_guards.purges(kind)
    statements += guards.sealing(kind)
    statements += guards.delivery_states(kind, ("administration_id", "delivery_id", "entry_id", "ledger", "entry_key"))
    statements += guards.finished_once(
        kind, "backfill", ("administration_id", "backfill_id", "first_day", "last_day", "actor", "started_at")
    )
    for statement in statements:
        op.execute(statement)


def _keep_apart(kind: str) -> None:
    for statement in row_security.policies(kind, OF_ADMINISTRATIONS):
        op.execute(statement)
