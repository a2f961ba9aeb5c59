"""How tables are joined: rows of one administration that agree in their columns.

Ids count within an administration, so a join that forgot it would find the rows of another; ``same`` never does.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, and_


def same(one: FromClause, other: FromClause, *columns: str) -> ColumnElement[bool]:
    """The condition that rows of ``one`` and ``other`` are of the same administration and the same in ``columns``."""
    return and_(*(one.c[name] == other.c[name] for name in ("administration_id", *columns)))
