"""The guards of what a purge may remove: nothing else goes, and nothing goes outside of it.

Within its one transaction a purge puts a row into ``purge_open``, which can never be committed. While it is there the
guards let go what facts of this purge name (``purged_document``, ``purged_slice``), on that connection alone. The row
is taken away only when the ``purge`` itself is written, and is never put there again. So whoever deletes by hand leaves
the same facts, or gets nothing.
"""

# ruff: noqa: S608 - the statements are made of our own names only

from __future__ import annotations

from collections.abc import Mapping

from connector.store.guards import fail, function, sqlite_trigger, statement_trigger

_OPEN = "FROM purge_open o"
_DOCUMENT = f"{_OPEN} JOIN purged_document d ON d.administration_id = o.administration_id AND d.purge_id = o.purge_id"
_INVOICE = f"{_DOCUMENT} JOIN invoice i ON i.administration_id = d.administration_id AND i.invoice_id = d.invoice_id"
_VERSION = (
    f"{_DOCUMENT} JOIN invoice_version v ON v.administration_id = d.administration_id AND v.invoice_id = d.invoice_id"
)
_ENTRY = f"{_VERSION} JOIN entry e ON e.administration_id = v.administration_id AND e.version_id = v.version_id"
_DELIVERY = f"{_ENTRY} JOIN delivery y ON y.administration_id = e.administration_id AND y.entry_id = e.entry_id"
_PREPARATION = (
    f"{_VERSION} JOIN preparation r ON r.administration_id = v.administration_id AND r.version_id = v.version_id"
)
_SLICE = f"{_OPEN} JOIN purged_slice s ON s.administration_id = o.administration_id AND s.purge_id = o.purge_id"

_NAMED: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("invoice_version", "sighting", "acceptance", "printed_total"), (_DOCUMENT, "d.invoice_id")),
    **dict.fromkeys(("line", "detail", "finding", "preparation", "entry"), (_VERSION, "v.version_id")),
    **dict.fromkeys(("posting", "posting_decision", "taken_back", "entry_seal", "delivery"), (_ENTRY, "e.entry_id")),
    **dict.fromkeys(("delivery_event", "receipt"), (_DELIVERY, "y.delivery_id")),
    "ignored_group": (_PREPARATION, "r.preparation_id"),
    "slice": (_SLICE, "s.sha256"),
    **dict.fromkeys(("paper", "drift"), (_INVOICE, "i.number")),
    # Examples of fields, which are written again without the example.
    "field_note": (_OPEN, ""),
    # What documents share goes with the last of them: that none is left, 'verify' proves by its references.
    **dict.fromkeys(("combination", "subscription", "charge", "decided", "decision"), (_OPEN, "")),
}
PURGEABLE: tuple[str, ...] = tuple(_NAMED)
"""The tables from which a purge removes rows, and nobody else."""
_OF_A_PURGE = ("purge", "purged_document", "purged_entry", "purged_rows")


def removed_by_a_purge(kind: str, table: str) -> list[str]:
    """A row of ``table`` goes only while a purge that names it is open, and never by TRUNCATE."""
    reason = f"{table} is append-only"
    if kind == "sqlite":
        return [sqlite_trigger(table, "DELETE", f"NOT EXISTS (SELECT 1 {_named(table, 'OLD')})", reason)]
    unnamed = f"SELECT 1 FROM gone WHERE NOT EXISTS (SELECT 1 {_named(table, 'gone')})"
    return [
        statement_trigger(f"{table}_no_delete", f'BEFORE DELETE ON "{table}"', "guard_purge_only"),
        function(f"guard_{table}_purged", f"IF EXISTS ({unnamed}) THEN {fail(reason)} END IF;\nRETURN NULL;"),
        statement_trigger(
            f"{table}_purged", f'AFTER DELETE ON "{table}" REFERENCING OLD TABLE AS gone', f"guard_{table}_purged"
        ),
    ]


def purge_only_function(kind: str) -> list[str]:
    """What ``removed_by_a_purge`` needs once per database."""
    if kind == "sqlite":
        return []
    nothing_open = "NOT EXISTS (SELECT 1 FROM purge_open)"
    refused = fail("% is append-only", "TG_TABLE_NAME")
    return [function("guard_purge_only", f"IF {nothing_open} THEN {refused} END IF;\nRETURN NULL;")]


def purges(kind: str) -> list[str]:
    """A purge is opened once; what it names is written while it is open, and it is closed when it is written."""
    done, closed, unwritten = "this purge is done", "this purge is not open", "this purge is not written"
    written = "SELECT 1 FROM purge WHERE administration_id = OLD.administration_id AND purge_id = OLD.purge_id"
    same = "administration_id = NEW.administration_id AND purge_id = NEW.purge_id"
    is_done = f"EXISTS (SELECT 1 FROM purge WHERE {same})"
    is_closed = f"NOT EXISTS (SELECT 1 FROM purge_open WHERE {same})"
    if kind == "sqlite":
        return [
            sqlite_trigger("purge_open", "INSERT", is_done, done),
            sqlite_trigger("purge_open", "UPDATE", "", "purge_open is append-only"),
            sqlite_trigger("purge_open", "DELETE", f"NOT EXISTS ({written})", unwritten),
            *(sqlite_trigger(table, "INSERT", is_closed, closed) for table in _OF_A_PURGE),
        ]
    rows = "FOR EACH ROW EXECUTE FUNCTION"
    return [
        function("guard_purge_opening", f"IF {is_done} THEN {fail(done)} END IF;\nRETURN NEW;"),
        f"CREATE TRIGGER purge_open_once BEFORE INSERT ON purge_open {rows} guard_purge_opening()",
        statement_trigger("purge_open_kept", "BEFORE UPDATE OR TRUNCATE ON purge_open", "guard_append_only"),
        function("guard_purge_closing", f"IF NOT EXISTS ({written}) THEN {fail(unwritten)} END IF;\nRETURN OLD;"),
        f"CREATE TRIGGER purge_open_closed BEFORE DELETE ON purge_open {rows} guard_purge_closing()",
        function("guard_purge_named", f"IF {is_closed} THEN {fail(closed)} END IF;\nRETURN NEW;"),
        *(f"CREATE TRIGGER {table}_open BEFORE INSERT ON {table} {rows} guard_purge_named()" for table in _OF_A_PURGE),
    ]


def purges_arrive(*, on: bool) -> list[str]:
    """Let a PostgreSQL database take purges that were made elsewhere, as a move brings them, or no longer.

    In one transaction of whoever owns the tables; nobody else ever sees the guards away.
    """
    able = "ENABLE" if on else "DISABLE"
    # A table cannot be altered while what refers to it waits to be checked.
    return [
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {each} {able} TRIGGER {each}_open" for each in _OF_A_PURGE),
    ]


def _named(table: str, row: str) -> str:
    """The rows that let ``row`` go."""
    source, column = _NAMED[table]
    which = f" AND {column} = {row}.{column.partition('.')[2]}" if column else ""
    return f"{source} WHERE o.administration_id = {row}.administration_id{which}"
