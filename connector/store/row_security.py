"""Row-level security: PostgreSQL itself shows a transaction the rows of the administration it works for, and no others.

Every statement of the connector names its administration already; this is what holds should one not, and for whoever
else connects as our role. A transaction says for whom it works in the setting ``connector.administration``
(``Database.of``): the number of an administration, or 'all' for the few looks at everything. Where nothing is set,
nothing is visible and nothing can be written.

It is forced, since our role owns the tables. A superuser, and a role with BYPASSRLS, sees everything all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

SETTING = "connector.administration"
ALL = "all"

_FUNCTION = f"""
CREATE FUNCTION visible_administration() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE current_setting('{SETTING}', true)
        WHEN '{ALL}' THEN 0
        WHEN '' THEN NULL
        ELSE nullif(current_setting('{SETTING}', true)::integer, 0)
    END
$$"""
# Asked once per query, not per row. In this form because PostgreSQL takes nearly all rows to pass it: of an OR it would
# believe that hardly any do, and read row by row what it should join at once.
_VISIBLE = "(CASE (SELECT visible_administration()) WHEN 0 THEN 1 WHEN administration_id THEN 1 END) IS NOT NULL"


def policies(kind: str, tables: Iterable[str]) -> list[str]:
    """The statements that keep the rows of ``tables`` apart; none for SQLite, which has no such thing."""
    if kind == "sqlite":
        return []
    statements = [_FUNCTION]
    for table in tables:
        statements += [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY {table}_administration ON "{table}" USING ({_VISIBLE})',
        ]
    return statements


def unprotected(connection: Connection) -> str:
    """The role of ``connection``, when PostgreSQL does not keep administrations apart for it; '' when it does."""
    if connection.dialect.name == "sqlite":
        return ""
    asked = "SELECT CASE WHEN row_security_active('administration') THEN '' ELSE current_user END"
    return str(connection.scalar(text(asked)))
