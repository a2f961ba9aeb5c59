"""One database holds many administrations: no question of the connector may read or change rows of more than one.

Every statement that the connector executes is looked at while the tests run, in this process and in those of the
journeys: each table that holds rows of administrations must be tied to one of them, by a condition
``administration_id = :value`` or through others that are. A statement that is not is an error where it is made.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Cast,
    ColumnClause,
    ColumnElement,
    Grouping,
)
from sqlalchemy.sql.selectable import (
    AliasedReturnsRows,
    CompoundSelect,
    FromClause,
    Join,
    Select,
    SelectStatementGrouping,
)
from sqlalchemy.sql.visitors import ExternallyTraversible

import connector
from connector.store import tables

OURS = str(Path(connector.__file__).parent)
COLUMN = "administration_id"
OF_ALL = {
    "row_counts": "counts the rows of every table, for a trial that must leave none behind",
    "_look_at_lengths": "a move takes all administrations; looks at the lengths of their texts beforehand",
    "fetched_of_all": "an operator watches all administrations at once, as do the next three: moments and sums only",
    "open_of_all": "what is held and ready of all, in two questions instead of one for each of thousands",
    "deliveries_of_all": "how many deliveries of all are in each state",
    "runs_of_all": "how the last run of each ended",
    "findings_of_all": "counts findings by code, for the report of a defect",
    "names_of_all": "everything by which customers are known, to hide it in the report of a defect",
}
"""The functions that may look at all administrations at once, with the reason."""
TENANTS = frozenset(
    table.name for table in tables.metadata.sorted_tables if COLUMN in table.c and table.name != "administration"
)
"""The tables whose rows belong to an administration. The list of the administrations itself belongs to all."""
_TIED = re.compile(rf"{COLUMN}\"? = (\?|%s|%\(|:|\d)")
_NAMED = re.compile(r'\b(?:FROM|JOIN|UPDATE)\s+"?(\w+)"?', re.IGNORECASE)
Scope = Mapping[int, "_Node"]


class UntiedError(Exception):
    """A statement reads or changes rows of every administration."""


class _Node:
    """A source of rows in one SELECT, and those it has the same administration as."""

    def __init__(self, name: str = "") -> None:
        self.name, self._same = name, self

    def root(self) -> _Node:
        node = self
        while node._same is not node:
            node = node._same
        return node

    def join(self, other: _Node) -> None:
        self.root()._same = other.root()


class _Look:
    """Looks through one statement."""

    def __init__(self) -> None:
        self.value = _Node("a value")
        self.wanted: list[_Node] = []

    def untied(self, statement: ExternallyTraversible) -> list[str]:
        """The tables in ``statement`` that are not tied to one administration."""
        self._statement(statement, [])
        return sorted({each.name for each in self.wanted if each.root() is not self.value.root()})

    def _statement(self, statement: Any, outer: list[Scope]) -> None:
        if isinstance(statement, SelectStatementGrouping):
            self._statement(statement.element, outer)
        elif isinstance(statement, CompoundSelect):
            for part in statement.selects:
                self._statement(part, outer)
        elif isinstance(statement, Select):
            self._select(statement, outer, [])
        elif isinstance(statement, (Update, Delete)):
            scope = {hash(statement.table): self._node(statement.table)}
            for each in statement._where_criteria:
                self._condition(each, [scope, *outer])
        elif isinstance(statement, Insert):
            if statement.select is not None:
                self._statement(statement.select, outer)
        else:
            self._within(statement, outer)

    def _select(self, statement: Select[Any], outer: list[Scope], given: list[_Node]) -> None:
        """A SELECT; ``given`` are the nodes that stand for its rows outside."""
        leaves: list[FromClause] = []
        conditions: list[Any] = list(statement._where_criteria)
        for each in statement.get_final_froms():
            self._leaves(each, leaves, conditions)
        around = {key for scope in outer for key in scope}
        own = [each for each in leaves if hash(each) not in around]
        leaves = own or leaves  # what an outer SELECT has already is not read again, unless nothing else is left
        scope = {hash(each): self._node(each) for each in leaves}
        scopes = [scope, *outer]
        for each in leaves:
            self._source(each, scope[hash(each)])
        for condition in conditions:
            self._condition(condition, scopes)
        for column in statement._raw_columns:
            if not isinstance(column, FromClause):
                self._within(column, scopes)
        for column in statement.selected_columns:
            inner = self._column(column, scopes) if column.key == COLUMN else None
            if inner is not None:
                for node in given:
                    node.join(inner)

    def _leaves(self, source: FromClause, leaves: list[FromClause], conditions: list[Any]) -> None:
        if isinstance(source, Join):
            self._leaves(source.left, leaves, conditions)
            self._leaves(source.right, leaves, conditions)
            conditions.append(source.onclause)
        elif not any(hash(each) == hash(source) for each in leaves):
            leaves.append(source)

    def _node(self, source: Any) -> _Node:
        table = source.element if isinstance(source, AliasedReturnsRows) else source
        name = getattr(table, "name", "")
        node = _Node(str(name))
        if name in TENANTS and COLUMN in source.c:
            self.wanted.append(node)
        return node

    def _source(self, source: FromClause, node: _Node) -> None:
        inner: Any = source.element if isinstance(source, AliasedReturnsRows) else None
        while isinstance(inner, SelectStatementGrouping):
            inner = inner.element
        if isinstance(inner, CompoundSelect):
            for part in inner.selects:
                self._source_part(part, node)
        else:
            self._source_part(inner, node)

    def _source_part(self, inner: Any, node: _Node) -> None:
        if isinstance(inner, Select):
            self._select(inner, [], [node])

    def _condition(self, condition: Any, scopes: list[Scope]) -> None:
        """A condition that all rows fulfil."""
        if isinstance(condition, Grouping):
            self._condition(condition.element, scopes)
        elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
            for each in condition.clauses:
                self._condition(each, scopes)
        elif isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
            left, right = self._column(condition.left, scopes), self._column(condition.right, scopes)
            if left is not None and right is not None:
                left.join(right)
            self._within(condition, scopes)
        elif condition is not None:
            self._within(condition, scopes)

    def _column(self, element: Any, scopes: list[Scope]) -> _Node | None:
        if isinstance(element, (Grouping, Cast)):
            return self._column(element.clause if isinstance(element, Cast) else element.element, scopes)
        if isinstance(element, BindParameter):
            return self.value
        if isinstance(element, ColumnClause) and element.key == COLUMN and element.table is not None:
            return next((scope[hash(element.table)] for scope in scopes if hash(element.table) in scope), None)
        return None

    def _within(self, element: Any, scopes: list[Scope]) -> None:
        """The SELECTs inside an expression."""
        for each in element.get_children():
            if isinstance(each, (Select, CompoundSelect, SelectStatementGrouping)):
                self._statement(each, scopes)
            elif isinstance(each, (ColumnElement, ExternallyTraversible)) and not isinstance(each, FromClause):
                self._within(each, scopes)


def untied(statement: ExternallyTraversible) -> list[str]:
    """The tables of administrations in ``statement`` that no condition ties to one of them."""
    return _Look().untied(statement)


def untied_text(sql: str) -> list[str]:
    """The same of a statement that was written as text: roughly, since it is not read but searched."""
    if not re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)\b", sql, re.IGNORECASE):
        return []
    named = sorted(TENANTS & set(_NAMED.findall(sql)))
    return named if named and not _TIED.search(sql) else []


def _of_ours() -> str:
    """Where in the connector the statement was made; '' when a test made it, or a function that may."""
    frame: Any = sys._getframe(2)
    while "/sqlalchemy/" in frame.f_code.co_filename:
        frame = frame.f_back
    code = frame.f_code
    if not code.co_filename.startswith(OURS) or "/migrations/" in code.co_filename:
        return ""
    # A statement made by a comprehension is made by the function around it.
    names = [each.f_code.co_name for each in _behind(frame, 3)]
    return "" if OF_ALL.keys() & set(names) else f"{code.co_filename}:{frame.f_lineno}"


def _behind(frame: Any, number: int) -> Iterator[Any]:
    for _ in range(number):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


_right: set[Any] = set()
"""The statements that were looked at."""


def _before_execute(_connection: Any, statement: Any, *_more: Any) -> None:
    place = _of_ours()
    if not place or not isinstance(statement, ExternallyTraversible):
        return
    made = statement._generate_cache_key() if hasattr(statement, "_generate_cache_key") else None
    if made is not None and made.key in _right:
        return
    if found := untied(statement):
        raise UntiedError(f"{place}: {', '.join(found)} of every administration in: {statement}")
    if made is not None:
        _right.add(made.key)


def _before_cursor(_connection: Any, _cursor: Any, sql: str, _parameters: Any, context: Any, _many: bool) -> None:
    if getattr(context, "compiled", None) is not None:
        return
    place = _of_ours()
    if place and (found := untied_text(sql)):
        raise UntiedError(f"{place}: {', '.join(found)} of every administration in: {sql}")


def watch() -> None:
    """Look at every statement of this process from now on."""
    if not event.contains(Engine, "before_execute", _before_execute):
        event.listen(Engine, "before_execute", _before_execute)
        event.listen(Engine, "before_cursor_execute", _before_cursor)
