"""The options that lists share: which state, which month, which direction."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])
LINE_STATES = ("held", "ignored", "ready", "in delivery", "posted")
DELIVERY_STATES = ("ready", "queued", "held", "sending", "unknown", "rejected", "posted", "cancelled")
WEIGHTS = {"hold": "hold", "warn": "warning", "report": "notice"}
"""The severities of findings as JSON and the store name them, and as they are shown."""
SEVERITIES = tuple(WEIGHTS.values())


class Period(click.ParamType[str]):
    """A month, written as 2026-01."""

    name = "month"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The month as text, unchanged."""
        text = str(value)
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
            self.fail(f"'{text}' is no month; write it as 2026-01", param, ctx)
        return text


class State(click.ParamType[str]):
    """One of the states of a list; spaces may be written as dashes."""

    name = "state"

    def __init__(self, states: tuple[str, ...]) -> None:
        self._states = states

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The state in its own spelling."""
        text = str(value).lower().replace("-", " ")
        if text not in self._states:
            self.fail(f"'{value}' is not one of {', '.join(self._states)}", param, ctx)
        return text

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """The states, for the help."""
        return f"[{'|'.join(each.replace(' ', '-') for each in self._states)}]"


class Severity(click.ParamType[str]):
    """A weight of findings, in the words of the tables or in those of JSON."""

    name = "severity"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The weight as tables show it."""
        text = str(value).lower()
        shown = WEIGHTS.get(text, text)
        if shown not in SEVERITIES:
            self.fail(f"'{value}' is not one of {', '.join(SEVERITIES)}", param, ctx)
        return shown

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """The weights, for the help."""
        return f"[{'|'.join(SEVERITIES)}]"


def period(help_text: str = "Only documents dated in this month, as 2026-01.") -> Callable[[F], F]:
    """Add --period."""
    return click.option("--period", type=Period(), help=help_text)


def direction(help_text: str = "Only this direction.") -> Callable[[F], F]:
    """Add --direction."""
    return click.option("--direction", type=click.Choice(("purchase", "sale")), help=help_text)


def state(states: tuple[str, ...], help_text: str) -> Callable[[F], F]:
    """Add --state with the states of a list."""
    return click.option("--state", type=State(states), help=help_text)
