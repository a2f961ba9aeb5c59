"""The guards of what a purge may remove: nothing else goes, and nothing goes outside of it.

Within its one transaction a purge puts a row into ``purge_open``, which can never be committed. While it is there the
guards let go what facts of this purge name (``purged_document``; papers and slices may also be named by an earlier one,
since the same bytes may come again), on that connection alone. The row is taken away only when the ``purge`` itself is
written, and is never put there again. So whoever deletes by hand leaves the same facts, or gets nothing.
"""

# ruff: noqa: S608 - the statements are made of our own names only

from __future__ import annotations

from collections.abc import Mapping

from connector.store.guards import fail, function, sqlite_trigger, statement_trigger

# Joined to an open purge ``o``: what of it may name something.
_DOCUMENT = " JOIN purged_document d ON d.administration_id = o.administration_id AND d.purge_id = o.purge_id"
# Of any purge: papers may come again after their document went.
_WENT = (
    " JOIN purged_document d ON d.administration_id = o.administration_id"
    " JOIN invoice i ON i.administration_id = d.administration_id AND i.invoice_id = d.invoice_id"
)
# Examples of answers as a whole, of consolidated invoices and of registers name no document.
_NUMBER_OR_NONE = (
    " JOIN (SELECT 1 AS one) x ON {named} = '' OR EXISTS (SELECT 1 FROM purged_document d JOIN invoice i"
    " ON i.administration_id = d.administration_id AND i.invoice_id = d.invoice_id"
    " WHERE d.administration_id = o.administration_id AND d.purge_id = o.purge_id AND i.number = {named})"
)
# Of any purge: bytes that went and came again go again, and are named once.
_SLICE = " JOIN purged_slice s ON s.administration_id = o.administration_id"


def _of(column: str, table: str, key: str, wanted: str) -> str:
    """``column`` of the row of ``table`` with this key: a look-up by the primary key, however the database plans."""
    mine = f"{table}.administration_id = {{row}}.administration_id"
    return f"(SELECT {table}.{column} FROM {table} WHERE {mine} AND {table}.{key} = {wanted})"


def _of_version(version: str) -> str:
    return _of("invoice_id", "invoice_version", "version_id", version)


def _of_entry(entry: str) -> str:
    return _of_version(_of("version_id", "entry", "entry_id", entry))


_BY_DOCUMENT: Mapping[str, tuple[str, str]] = {
    "invoice_id": ("{row}.invoice_id", "invoice_version sighting acceptance printed_total"),
    "version_id": (_of_version("{row}.version_id"), "line detail finding preparation entry"),
    "entry_id": (_of_entry("{row}.entry_id"), "posting posting_decision taken_back entry_seal delivery"),
    "delivery_id": (
        _of_entry(_of("entry_id", "delivery", "delivery_id", "{row}.delivery_id")),
        "delivery_event receipt",
    ),
    "preparation_id": (
        _of_version(_of("version_id", "preparation", "preparation_id", "{row}.preparation_id")),
        "ignored_group",
    ),
}
"""How the document of a row is found, by the column that leads to it; with the tables that have this column."""
_BY_OTHERS: Mapping[str, tuple[str, str]] = {
    "slice": ("sha256", f"{_SLICE} AND s.sha256 = {{named}}"),
    "paper": ("number", f"{_WENT} AND i.number = {{named}}"),
    "drift": ("number", _NUMBER_OR_NONE),
    # Examples of fields, which are written again without the example; what documents share, which goes with the last
    # of them: that none is left, 'verify' proves by its references; and registers, from which nothing is booked.
    **dict.fromkeys(("field_note", "combination", "subscription", "charge", "decided", "decision"), ("", "")),
    **dict.fromkeys(("register_version", "register_sighting", "register_entry"), ("", "")),
}
_NAMED: Mapping[str, tuple[str, str, str]] = {
    **{
        table: (column, document, f"{_DOCUMENT} AND d.invoice_id = {{named}}")
        for column, (document, listed) in _BY_DOCUMENT.items()
        for table in listed.split()
    },
    **{table: (column, column and f"{{row}}.{column}", named) for table, (column, named) in _BY_OTHERS.items()},
}
"""By table: the column that leads to what a purge names, what is named there, and what of an open purge names it."""
PURGEABLE: tuple[str, ...] = tuple(_NAMED)
"""The tables from which a purge removes rows, and nobody else."""


def removed_by_a_purge(kind: str, table: str) -> list[str]:
    """A row of ``table`` goes only while a purge that names it is open, and never by TRUNCATE."""
    reason, (column, named, naming) = f"{table} is append-only", _NAMED[table]
    if kind == "sqlite":
        return [
            sqlite_trigger(table, "DELETE", f"NOT EXISTS ({_open('OLD', naming, named.format(row='OLD'))})", reason)
        ]
    # What names the rows of a statement is looked up once for each document, not for each row.
    asked = f"SELECT DISTINCT administration_id{column and f', {column}'} FROM gone"
    found = f"SELECT administration_id, {named.format(row='r') or 'NULL'} AS named FROM ({asked}) r"
    unnamed = f"WITH g AS MATERIALIZED ({found}) SELECT 1 FROM g WHERE NOT EXISTS ({_open('g', naming, 'g.named')})"
    return [
        statement_trigger(f"{table}_no_delete", f'BEFORE DELETE ON "{table}"', "guard_purge_only"),
        function(f"guard_{table}_purged", f"IF EXISTS ({unnamed}) THEN {fail(reason)} END IF;\nRETURN NULL;"),
        statement_trigger(
            f"{table}_purged", f'AFTER DELETE ON "{table}" REFERENCING OLD TABLE AS gone', f"guard_{table}_purged"
        ),
    ]


def _open(row: str, naming: str, named: str) -> str:
    """The question whether an open purge of the administration of ``row`` names ``named``."""
    joined = naming.format(named=named)
    return f"SELECT 1 FROM purge_open o{joined} WHERE o.administration_id = {row}.administration_id"


def purge_only_function(kind: str) -> list[str]:
    """What ``removed_by_a_purge`` needs once per database."""
    if kind == "sqlite":
        return []
    nothing_open = "NOT EXISTS (SELECT 1 FROM purge_open)"
    refused = fail("% is append-only", "TG_TABLE_NAME")
    return [function("guard_purge_only", f"IF {nothing_open} THEN {refused} END IF;\nRETURN NULL;")]


_WRITTEN = ("purge", "purged_document", "purged_entry", "purged_rows")
"""What is written while a purge is open."""


def arriving(*, on: bool) -> list[str]:
    """Let a PostgreSQL database take what is kept of purges of another database, as a move brings it, or no longer.

    In one transaction of whoever owns the tables; nobody else ever sees the guards away.
    """
    switch = "DISABLE" if on else "ENABLE"
    # What refers to a purge is looked at by then, since no trigger of a table is switched before.
    return ["SET CONSTRAINTS ALL IMMEDIATE"] * (not on) + [
        f"ALTER TABLE {table} {switch} TRIGGER {table}_open" for table in _WRITTEN
    ]


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
            *(sqlite_trigger(table, "INSERT", is_closed, closed) for table in _WRITTEN),
        ]
    rows = "FOR EACH ROW EXECUTE FUNCTION"
    return [
        function("guard_purge_opening", f"IF {is_done} THEN {fail(done)} END IF;\nRETURN NEW;"),
        f"CREATE TRIGGER purge_open_once BEFORE INSERT ON purge_open {rows} guard_purge_opening()",
        statement_trigger("purge_open_kept", "BEFORE UPDATE OR TRUNCATE ON purge_open", "guard_append_only"),
        function("guard_purge_closing", f"IF NOT EXISTS ({written}) THEN {fail(unwritten)} END IF;\nRETURN OLD;"),
        f"CREATE TRIGGER purge_open_closed BEFORE DELETE ON purge_open {rows} guard_purge_closing()",
        function("guard_purge_named", f"IF {is_closed} THEN {fail(closed)} END IF;\nRETURN NEW;"),
        *(f"CREATE TRIGGER {table}_open BEFORE INSERT ON {table} {rows} guard_purge_named()" for table in _WRITTEN),
    ]
