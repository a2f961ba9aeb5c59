"""Sentences of the catalogue, filled with the values of a finding.

``{name}`` as it is, ``{name:money}`` from minor units or a shown amount, ``{name:date}`` from an ISO date,
``{name:lines}`` as a number of lines, ``{name:word}`` after translation. ``{where}`` and ``{minor:money}`` are the
finding's own; a value that is missing shows as '…'.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Any

from connector.domain.finding import Finding
from connector.domain.money import show


class _Filler(string.Formatter):
    """Fills a template; nothing that a document holds can make it fail or be taken for a template."""

    def __init__(self, show_as: Mapping[str, Callable[[str], str]]) -> None:
        self._show_as = show_as

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> str:  # noqa: ARG002
        return str(kwargs.get(key, ""))

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._show_as.get(format_spec, str)(value) if value else "…"


def _money(text: str) -> str:
    return show(int(text)) if text.removeprefix("-").isdecimal() else text


def _lines(text: str) -> str:
    return "1 line" if text == "1" else f"{text} lines"


def fill(
    template: str,
    finding: Finding,
    *,
    money: Callable[[str], str] = _money,
    date: Callable[[str], str] = str,
    lines: Callable[[str], str] = _lines,
    word: Callable[[str], str] = str,
) -> str:
    """``template`` with the values of ``finding``, each shown by the function for its kind."""
    values = {"where": finding.where, "minor": str(finding.minor), **dict(finding.values)}
    return _Filler({"money": money, "date": date, "lines": lines, "word": word}).vformat(template, (), values)
