"""What a mapping decides for a combination, and why."""

from __future__ import annotations

from enum import Enum

import msgspec

from connector.domain.finding import Finding
from connector.domain.journal import Dimensions


class Action(Enum):
    """What a rule wants done with a line."""

    POST = "post"
    HOLD = "hold"
    IGNORE = "ignore"
    SUSPENSE = "suspense"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Why one result column has its value: the row of the mapping that chose it. ``row`` is the line in the file
    (header = 1).
    """

    column: str
    value: str
    file: str
    row: int
    rule: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome for one combination under one mapping version and date segment.

    ``account`` is an account number ('' when none was found), ``tax`` an internal tax code ('' when none was found),
    ``treatment`` its VAT treatment. ``problems`` are findings that hold every document with this combination.
    """

    action: Action
    account: str = ""
    tax: str = ""
    treatment: str = ""
    deferral: str = ""
    dimensions: Dimensions = ()
    text: str = ""
    reason: str = ""
    choices: tuple[Choice, ...] = ()
    problems: tuple[Finding, ...] = ()
