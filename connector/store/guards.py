"""The triggers by which the database itself keeps the books: append-only facts, balanced entries, allowed deliveries.

Each function gives the statements for one database ('sqlite' or 'postgresql'); the migrations run them. What a guard
says begins with ``MARK``, by which ``connector.store.driver_errors`` knows it.

The guards stop our own mistakes and everyone else's through our connections. They do not stop the owner of the
database, who may drop a trigger; ``connector verify`` finds what was changed that way. On SQLite they need the pragma
``recursive_triggers`` (set on every connection), without which REPLACE deletes rows unseen; on PostgreSQL they are off
for a superuser's session with ``session_replication_role = replica``.

The one exception is ``retention purge``, whose guards are in ``connector.store.purge_guards``. UPDATE is refused there
as well.
"""

# ruff: noqa: S608 - the statements are made of our own names only

from __future__ import annotations

from collections.abc import Iterable, Sequence

MARK = "guard: "


def append_only(kind: str, table: str, *, purgeable: bool = False) -> list[str]:
    """No row of ``table`` is ever updated or deleted; of the ``purgeable`` ones another guard says what may go."""
    if kind == "sqlite":
        actions = ("UPDATE",) if purgeable else ("UPDATE", "DELETE")
        return [sqlite_trigger(table, action, "", f"{table} is append-only") for action in actions]
    refused = "UPDATE OR TRUNCATE" if purgeable else "UPDATE OR DELETE OR TRUNCATE"
    return [statement_trigger(f"{table}_append_only", f'BEFORE {refused} ON "{table}"', "guard_append_only")]


def append_only_function(kind: str) -> list[str]:
    """What ``append_only`` and ``never_deleted`` need once per database."""
    if kind == "sqlite":
        return []
    return [function("guard_append_only", fail("% is append-only", "TG_TABLE_NAME"))]


def never_deleted(kind: str, table: str, *, purgeable: bool = False) -> list[str]:
    """No row of ``table`` is ever deleted; it may be updated as its own guard says. Of a ``purgeable`` one another
    guard says what may go."""
    if kind == "sqlite":
        return [] if purgeable else [sqlite_trigger(table, "DELETE", "", f"{table} is append-only")]
    refused = "TRUNCATE" if purgeable else "DELETE OR TRUNCATE"
    return [statement_trigger(f"{table}_never_deleted", f'BEFORE {refused} ON "{table}"', "guard_append_only")]


def sealing(kind: str) -> list[str]:
    """A seal needs at least two postings, as many as it says, with sum 0 per currency; after it nothing is added."""
    if kind == "sqlite":
        return [
            sqlite_trigger(
                "entry_seal",
                "INSERT",
                f"NEW.postings < 2 OR NEW.postings <> (SELECT count(*) FROM posting WHERE {_SAME_ENTRY})",
                _INCOMPLETE,
                name="entry_seal_complete",
            ),
            sqlite_trigger("entry_seal", "INSERT", f"EXISTS ({_UNBALANCED})", _UNEVEN, name="entry_seal_balanced"),
            *(
                sqlite_trigger(
                    table,
                    "INSERT",
                    f"EXISTS (SELECT 1 FROM entry_seal WHERE {_SAME_ENTRY})",
                    _SEALED,
                    name=f"{table}_unsealed",
                )
                for table in ("posting", "posting_decision", "taken_back")
            ),
        ]
    return [
        function("guard_entry_seal", _POSTGRESQL_SEAL),
        _row_trigger("entry_seal", "INSERT"),
        function("guard_unsealed", _POSTGRESQL_UNSEALED),
        # Once per statement, since postings come in bulk.
        *(
            statement_trigger(
                f"{table}_unsealed", f"AFTER INSERT ON {table} REFERENCING NEW TABLE AS added", "guard_unsealed"
            )
            for table in ("posting", "posting_decision", "taken_back")
        ),
    ]


def delivery_states(kind: str, fixed: Sequence[str]) -> list[str]:
    """A delivery begins as 'ready' and goes only where ``delivery_transition`` allows; its columns ``fixed`` stay."""
    start, step = "a delivery begins as 'ready'", "a delivery cannot go from this state to that"
    still = "only the state of a delivery may change"
    allowed = 'SELECT 1 FROM delivery_transition WHERE "before" = OLD.state AND "after" = NEW.state'
    if kind == "sqlite":
        return [
            sqlite_trigger("delivery", "INSERT", "NEW.state <> 'ready'", start, name="delivery_start"),
            sqlite_trigger("delivery", "UPDATE", _changed(fixed, "IS NOT"), still, name="delivery_fixed"),
            sqlite_trigger("delivery", "UPDATE", f"NOT EXISTS ({allowed})", step, name="delivery_step"),
        ]
    body = (
        f"IF TG_OP = 'INSERT' THEN IF NEW.state <> 'ready' THEN {fail(start)} END IF; RETURN NEW; END IF;\n"
        f"IF {_changed(fixed, 'IS DISTINCT FROM')} THEN {fail(still)} END IF;\n"
        f"IF NOT EXISTS ({allowed}) THEN {fail(step)} END IF;\n"
        "RETURN NEW;"
    )
    return [
        function("guard_delivery", body),
        _row_trigger("delivery", "INSERT OR UPDATE"),
    ]


def delivery_start(*, on: bool) -> list[str]:
    """Let a PostgreSQL database take deliveries in any state, as a move brings them, or no longer.

    In one transaction of whoever owns the tables; nobody else ever sees the guard away.
    """
    return [f"ALTER TABLE delivery {'ENABLE' if on else 'DISABLE'} TRIGGER delivery_guard"]


def moved(names: Iterable[str]) -> list[str]:
    """A SQLite database that was moved to another takes no more rows."""
    reason = "this database was moved to PostgreSQL and takes no more rows"
    return [
        sqlite_trigger(name, action, "", reason, name=f"{name}_moved_{action.lower()}")
        for name in names
        for action in ("INSERT", "UPDATE")
    ]


def finished_once(kind: str, table: str, fixed: Sequence[str]) -> list[str]:
    """Of ``table`` only ``finished_at`` may change, once, from NULL; the columns ``fixed`` never."""
    reason = f"a {table} can only be finished, once"
    ends = "OLD.finished_at IS NOT NULL OR NEW.finished_at IS NULL"
    if kind == "sqlite":
        condition = f"{ends} OR {_changed(fixed, 'IS NOT')}"
        return [sqlite_trigger(table, "UPDATE", condition, reason, name=f"{table}_finished_once")]
    condition = f"{ends} OR {_changed(fixed, 'IS DISTINCT FROM')}"
    return [
        function(f"guard_{table}", f"IF {condition} THEN {fail(reason)} END IF;\nRETURN NEW;"),
        _row_trigger(table, "UPDATE"),
    ]


_INCOMPLETE = "an entry needs at least two postings, as many as its seal says"
_UNEVEN = "the entry is not balanced"
_SEALED = "the entry is sealed; no posting can be added"
_SAME_ENTRY = "administration_id = NEW.administration_id AND entry_id = NEW.entry_id"
_UNBALANCED = f"SELECT 1 FROM posting WHERE {_SAME_ENTRY} GROUP BY currency HAVING sum(minor) <> 0"


def fail(reason: str, *arguments: str) -> str:
    """The statement of PostgreSQL that refuses, saying why; each % of ``reason`` is one of ``arguments``."""
    text = reason.replace("'", "''")
    listed = "".join(f", {argument}" for argument in arguments)
    return f"RAISE EXCEPTION '{MARK}{text}'{listed} USING ERRCODE = 'integrity_constraint_violation';"


_POSTGRESQL_SEAL = f"""
IF NEW.postings < 2 OR NEW.postings <> (SELECT count(*) FROM posting WHERE {_SAME_ENTRY}) THEN
    {fail(_INCOMPLETE)}
END IF;
IF EXISTS ({_UNBALANCED}) THEN {fail(_UNEVEN)} END IF;
RETURN NEW;"""
_POSTGRESQL_UNSEALED = f"""
IF EXISTS (SELECT 1 FROM added JOIN entry_seal USING (administration_id, entry_id)) THEN
    {fail(_SEALED)}
END IF;
RETURN NULL;"""


def _changed(columns: Iterable[str], differs: str) -> str:
    return " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)


def sqlite_trigger(table: str, action: str, condition: str, reason: str, *, name: str = "") -> str:
    """A trigger of SQLite that refuses ``action`` on a row of ``table`` where ``condition`` holds, saying why."""
    text = reason.replace("'", "''")
    when = f" WHEN {condition}" if condition else ""
    title = name or f"{table}_no_{action.lower()}"
    return (
        f'CREATE TRIGGER {title} BEFORE {action} ON "{table}" FOR EACH ROW{when}'
        f" BEGIN SELECT RAISE(ABORT, '{MARK}{text}'); END"
    )


def function(name: str, body: str) -> str:
    """A function of PostgreSQL that a trigger calls."""
    # With the search path of the upgrade, so that a session with another one is held to the same tables.
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$"
        f" BEGIN\n{body}\nEND $$"
    )


def statement_trigger(name: str, when: str, called: str) -> str:
    """A trigger of PostgreSQL that calls a function once per statement."""
    return f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION {called}()"


def _row_trigger(table: str, actions: str) -> str:
    return f'CREATE TRIGGER {table}_guard BEFORE {actions} ON "{table}" FOR EACH ROW EXECUTE FUNCTION guard_{table}()'
