"""The schema. Every primary key begins with the administration; ids count within it, so that they grow.

Three kinds of table. *Facts* are append-only and the database refuses to change them (``APPEND_ONLY``). *Work* may
change: a delivery's state, along the one table of transitions. *Bulk* tables (``line``, ``decided``) carry no foreign
keys, because a look-up per row and key costs more than the row; ``connector verify`` proves their references instead.

They are declared by where they come from: what was ``received``, what was ``derived`` from it, and the ``outbox``; and
by what of it was removed at the end of its legal period, the ``purges``.
"""

from __future__ import annotations

from connector.store.tables.columns import Instant, metadata
from connector.store.tables.derived import (
    acceptance,
    decided,
    decision,
    entry,
    entry_seal,
    finding,
    ignored_group,
    mapping_version,
    paper,
    posting,
    posting_decision,
    preparation,
    printed_total,
    taken_back,
)
from connector.store.tables.notices import notice, notice_event
from connector.store.tables.operation import last_run
from connector.store.tables.outbox import delivery, delivery_event, delivery_transition, receipt
from connector.store.tables.purges import (
    purge,
    purge_open,
    purged_document,
    purged_entry,
    purged_rows,
    purged_slice,
)
from connector.store.tables.received import (
    FACT_FIELDS,
    LINE_COLUMNS,
    administration,
    backfill,
    charge,
    combination,
    detail,
    drift,
    fetch,
    field_note,
    invoice,
    invoice_version,
    line,
    sighting,
    slice_,
    subscription,
)
from connector.store.tables.registers import register_entry, register_sighting, register_version

__all__ = (
    "APPEND_ONLY",
    "FACT_FIELDS",
    "LINE_COLUMNS",
    "Instant",
    "acceptance",
    "administration",
    "backfill",
    "charge",
    "combination",
    "decided",
    "decision",
    "delivery",
    "delivery_event",
    "delivery_transition",
    "detail",
    "drift",
    "entry",
    "entry_seal",
    "fetch",
    "field_note",
    "finding",
    "ignored_group",
    "invoice",
    "invoice_version",
    "last_run",
    "line",
    "mapping_version",
    "metadata",
    "notice",
    "notice_event",
    "paper",
    "posting",
    "posting_decision",
    "preparation",
    "printed_total",
    "purge",
    "purge_open",
    "purged_document",
    "purged_entry",
    "purged_rows",
    "purged_slice",
    "receipt",
    "register_entry",
    "register_sighting",
    "register_version",
    "sighting",
    "slice_",
    "subscription",
    "taken_back",
)

APPEND_ONLY: tuple[str, ...] = (
    "administration", "fetch", "slice", "subscription", "charge", "combination", "invoice", "invoice_version",
    "line", "finding", "sighting", "detail", "drift", "field_note", "mapping_version", "decision", "decided",
    "acceptance", "printed_total", "paper",
    "preparation", "ignored_group", "entry", "posting", "posting_decision", "taken_back",
    "entry_seal",
    "delivery_transition", "delivery_event", "receipt",
    "register_entry", "register_version", "register_sighting",
    "notice", "notice_event",
    "purge", "purged_document", "purged_entry", "purged_rows", "purged_slice",
)  # fmt: skip
"""Facts: the database refuses to update their rows, and to delete any of them but by a purge."""
