"""What those who watch are told: spans of work, and figures. Nobody listens unless somebody asked for it.

Whoever works marks what it does (``span``) and tells what it learns (``figure``), as it logs; who gathers that, and
with what, is decided where the program begins. Nothing secret is told, and nothing of customers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

Value = str | int
_PLAIN = re.compile(r"v\d|[A-Za-z_.-]{1,40}")


class Mark(Protocol):
    """Adds what is known of a span only later, such as the status of an answer."""

    def __call__(self, **attributes: Value) -> None:
        """Add them."""
        ...


class Listener(Protocol):
    """Somebody who watches."""

    def span(self, name: str, attributes: Mapping[str, Value]) -> AbstractContextManager[Mark]:
        """Told of each span; its end, and the error that ended it, come through the context."""
        ...

    def figure(self, name: str, value: int) -> None:
        """Told of each figure."""
        ...


_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` everything of this process meanwhile."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def span(name: str, **attributes: Value) -> Iterator[Mark]:
    """Mark the work inside: ``with span("pull"): ...``, or ``@span("pull")`` on a function."""
    if not _listeners:
        yield _nobody
        return
    with ExitStack() as stack:
        marks = [stack.enter_context(each.span(name, attributes)) for each in tuple(_listeners)]
        yield _all(marks)


def figure(name: str, value: int) -> None:
    """Tell a figure, as the calls that a ledger still takes."""
    for each in tuple(_listeners):
        each.figure(name, value)


def route(path: str) -> str:
    """The path of an address without what names somebody or something: each part with digits or signs is a '*'."""
    return "/".join(part if not part or _PLAIN.fullmatch(part) else "*" for part in path.partition("?")[0].split("/"))


def _nobody(**_attributes: Value) -> None:
    """What is marked where nobody listens."""


def _all(marks: list[Mark]) -> Callable[..., None]:
    def mark(**attributes: Value) -> None:
        for each in marks:
            each(**attributes)

    return mark
