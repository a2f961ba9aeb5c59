"""Columns of the mapping tables: what a cell holds, and its one spelling."""

from __future__ import annotations

import datetime
import re
from enum import Enum

import msgspec


class Kind(Enum):
    """What a cell holds. Every cell is text in the file; the kind says which text is right and how it is spelled."""

    TEXT = "text"
    IDENTIFIER = "identifier"  # text that must be exact: 0980 keeps its zero
    CHOICE = "choice"
    YES_NO = "yes or no"
    DATE = "date"
    NUMBER = "number"
    PERCENT = "percent"
    WHOLE = "whole number"
    COUNTRY = "country"
    ACCOUNT = "account or role"
    POLICY = "deferral policy"
    TEMPLATE = "template"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a table.

    ``required`` ones must be in the file (their cells may be blank). ``values`` are the right ones of a ``CHOICE``, or
    the usual ones of a text. ``meaning`` is one English sentence for people who fill it in.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    values: tuple[str, ...] = ()
    meaning: str = ""


YES = frozenset({"yes", "ja", "oui", "true", "waar", "vrai", "1"})
NO = frozenset({"no", "nee", "non", "false", "onwaar", "faux", "0"})
"""How spreadsheets in English, Dutch and French say yes and no."""

_EUROPEAN = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]00:00(:00(\.0+)?)?")
_WITH_COMMA = re.compile(r"\d{1,3}(?:[. \N{NO-BREAK SPACE}]\d{3})+,\d+|\d+,\d+")
_GROUPS = re.compile(r"[. \N{NO-BREAK SPACE}]")


def spelled(kind: Kind, cell: str, values: tuple[str, ...] = ()) -> str:
    """``cell`` as the canonical form spells it; itself when it is right already, or when it says nothing clear.

    >>> spelled(Kind.DATE, "31-12-2026"), spelled(Kind.NUMBER, "1.234,50"), spelled(Kind.YES_NO, "WAAR")
    ('2026-12-31', '1234.50', 'yes')
    """
    match kind:
        case Kind.DATE:
            return _date(cell)
        case Kind.NUMBER | Kind.PERCENT | Kind.WHOLE:
            return _GROUPS.sub("", cell.partition(",")[0]) + "." + cell.partition(",")[2] if _comma(cell) else cell
        case Kind.YES_NO:
            return "yes" if cell.casefold() in YES else "no" if cell.casefold() in NO else cell
        case Kind.CHOICE:
            return next((value for value in values if value.casefold() == cell.casefold()), cell)
        case _:
            return cell


def _comma(cell: str) -> bool:
    return _WITH_COMMA.fullmatch(cell) is not None


def _date(cell: str) -> str:
    """Day, month and year, in the order of Dutch, Belgian and German spreadsheets, or a moment at midnight."""
    if moment := _MOMENT.fullmatch(cell):
        return moment[1]
    if not (parts := _EUROPEAN.fullmatch(cell)):
        return cell
    try:
        return datetime.date(int(parts[3]), int(parts[2]), int(parts[1])).isoformat()
    except ValueError:
        return cell
