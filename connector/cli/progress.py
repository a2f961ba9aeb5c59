"""How far something is, on stderr: a bar with the time left on a terminal, else a line per tenth."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click

from connector.cli.plain import safe


class Progress(Protocol):
    """How far something is."""

    def advance(self, steps: int = 1, text: str = "") -> None:
        """``steps`` more are done; ``text`` says what is next."""
        ...


@contextmanager
def shown(text: str, total: int, *, quiet: bool) -> Iterator[Progress]:
    """Show how far ``total`` steps are."""
    if quiet:
        yield _Silent()
    elif sys.stderr.isatty():
        with _bar(text, total) as bar:
            yield bar
    else:
        yield _Tenths(text, total)


class _Silent:
    def advance(self, steps: int = 1, text: str = "") -> None:
        """Show nothing."""


class _Tenths:
    """A line on stderr for every tenth that is done."""

    def __init__(self, text: str, total: int) -> None:
        self._text, self._total, self._done, self._told = text, total, 0, 0

    def advance(self, steps: int = 1, text: str = "") -> None:  # noqa: ARG002 - shown by the bar only
        self._done += steps
        tenth = self._done * 10 // self._total if self._total else 10
        if tenth > self._told:
            self._told = tenth
            click.echo(f"{self._text}: {tenth * 10} % ({self._done}/{self._total})", err=True)


@contextmanager
def _bar(text: str, total: int) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )

    class Bar:
        def advance(self, steps: int = 1, text: str = "") -> None:
            bars.update(task, advance=steps, description=f"{name} {safe(text)}".rstrip())

    with bars:
        name = safe(text)
        task = bars.add_task(name, total=total)
        yield Bar()
