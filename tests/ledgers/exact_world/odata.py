"""As much of OData as Exact takes: filters, chosen fields, order, and pages of sixty."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
PAGE = 60
_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>and|or)\b|startswith\((?P<begins>\w+),'(?P<start>(?:[^']|'')*)'\)"
    r"|(?P<field>\w+) eq (?:guid'(?P<guid>[^']*)'|'(?P<text>(?:[^']|'')*)'|(?P<number>-?[\d.]+)))"
)


class BadQuestion(Exception):
    """The filter cannot be read."""


def matching(text: str, known: set[str]) -> Callable[[Row], bool]:
    """Whether a row fits the filter ``text``, whose fields must be among ``known``."""
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadQuestion(f"syntax error at position {at}")
        tokens.append({name: value for name, value in found.groupdict().items() if value is not None})
        at = found.end()
    test, rest = _any(tokens, known)
    if rest:
        raise BadQuestion("something follows the filter")
    return test


Parsed = tuple[Callable[[Row], bool], list[dict[str, str]]]


def _any(tokens: list[dict[str, str]], known: set[str]) -> Parsed:
    tests = []
    while True:
        test, tokens = _all(tokens, known)
        tests.append(test)
        if not tokens or tokens[0].get("word") != "or":
            return lambda row: any(each(row) for each in tests), tokens
        tokens = tokens[1:]


def _all(tokens: list[dict[str, str]], known: set[str]) -> Parsed:
    tests = []
    while True:
        test, tokens = _one(tokens, known)
        tests.append(test)
        if not tokens or tokens[0].get("word") != "and":
            return lambda row: all(each(row) for each in tests), tokens
        tokens = tokens[1:]


def _one(tokens: list[dict[str, str]], known: set[str]) -> Parsed:
    if not tokens:
        raise BadQuestion("the filter ends too early")
    first, rest = tokens[0], tokens[1:]
    if "open" in first:
        test, rest = _any(rest, known)
        if not rest or "close" not in rest[0]:
            raise BadQuestion("a bracket is not closed")
        return test, rest[1:]
    field = first.get("begins") or first.get("field") or ""
    if field not in known:
        raise BadQuestion(f"there is no field {field!r}")
    if "begins" in first:
        start = first["start"].replace("''", "'")
        return lambda row: str(row[field] or "").startswith(start), rest
    if "guid" in first:
        return lambda row: row[field] == first["guid"], rest
    if "text" in first:
        wanted = first["text"].replace("''", "'")
        return lambda row: row[field] == wanted, rest
    return lambda row: str(row[field]) == first["number"], rest


def answer(rows: list[Row], query: dict[str, str], known: set[str], here: str) -> Row:
    """What is answered to a question for ``rows``; ``here`` is the address without its question."""
    fields = [each for each in query.get("$select", "").split(",") if each] or sorted(known)
    if unknown := set(fields) - known:
        raise BadQuestion(f"there is no field {min(unknown)!r}")
    if "$filter" in query:
        test = matching(query["$filter"], known)
        rows = [row for row in rows if test(row)]
    if "$orderby" in query:
        rows = sorted(rows, key=lambda row: [row[field] for field in query["$orderby"].split(",")])
    start = int(query.get("$skiptoken", "0"))
    told: Row = {"results": [{name: shown(row[name]) for name in fields} for row in rows[start : start + PAGE]]}
    if len(rows) > start + PAGE:
        more = {**query, "$skiptoken": str(start + PAGE)}
        told["__next"] = f"{here}?" + "&".join(f"{name}={_quoted(value)}" for name, value in more.items())
    return {"d": told}


def shown(value: Any) -> Any:
    """A value as Exact tells it: dates in milliseconds since 1970."""
    if isinstance(value, datetime.date):
        return f"/Date({(value - datetime.date(1970, 1, 1)).days * 86_400_000})/"
    return value


def _quoted(value: str) -> str:
    from urllib.parse import quote

    return quote(value, safe="")
