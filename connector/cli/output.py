"""What commands show: tables, facts and texts for people, or one JSON document for programs, never both.

A command says both unconditionally: ``table``, ``facts`` and ``text`` are silent with ``--json``, ``answer``
is silent without. On a terminal tables fit its width (``connector.cli.terminal``); in a pipe they are plain aligned
text, and nothing is cut off.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli.plain import aligned, safe
from connector.config import Secret
from connector.domain.money import from_minor
from connector.texts import _

if TYPE_CHECKING:
    from connector.cli.progress import Progress

_MARKS = {"held": "yellow", "rejected": "red", "unknown": "red", "posted": "green", "hold": "red", "warning": "yellow"}


class Money:
    """An amount in minor units; shown in the reader's way, and in JSON as text with its decimals: '-1234.50'."""

    # No dataclass: JSON would be made of its fields.
    __slots__ = ("currency", "minor")

    def __init__(self, *, minor: int, currency: str = "EUR") -> None:
        self.minor, self.currency = minor, currency

    def __str__(self) -> str:
        return texts.money(self.minor, self.currency)

    def __repr__(self) -> str:
        return f"Money({from_minor(self.minor, self.currency):f} {self.currency})"


class State:
    """A state, coloured on a terminal and translated; in JSON its English name."""

    __slots__ = ("name",)

    def __init__(self, *, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return _(self.name)

    def __repr__(self) -> str:
        return f"State({self.name})"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: its title in English (translated when shown), and whether it holds amounts or numbers.

    Only ``prose`` is wrapped. ``spare`` above 0 may be left out of a narrow terminal, the highest first.
    """

    title: str
    right: bool = False
    prose: bool = False
    spare: int = 0


def column(title: str, *, spare: int = 0) -> Column:
    """A column of dates, numbers, codes, states: texts that must be read whole."""
    return Column(title=title, spare=spare)


def prose(title: str, *, spare: int = 0) -> Column:
    """A column of sentences or names, which may go on in the next line."""
    return Column(title=title, prose=True, spare=spare)


def amount(title: str, *, spare: int = 0) -> Column:
    """A column of amounts or numbers, aligned on the right."""
    return Column(title=title, right=True, spare=spare)


class Output:
    """Where a command shows its results: stdout for results, stderr for what happens meanwhile."""

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        self.json, self.quiet = json, quiet
        self._answered = False

    @property
    def on_terminal(self) -> bool:
        """Whether results go to a terminal."""
        return sys.stdout.isatty()

    def text(self, *paragraphs: str) -> None:
        """Show lines of text."""
        if not self.json:
            for paragraph in paragraphs:
                self._say(safe(paragraph, breaks=True))

    def _say(self, text: str) -> None:
        if self.on_terminal:
            from connector.cli import terminal

            text = "\n".join(terminal.paragraph(text))
        click.echo(text)

    def heading(self, text: str) -> None:
        """Show a heading with an empty line before it."""
        if not self.json:
            click.echo()
            click.secho(safe(text), bold=True)

    def note(self, text: str) -> None:
        """Say on stderr what happens; silent with --quiet."""
        if not self.quiet:
            click.echo(safe(text, breaks=True), err=True)

    def facts(self, facts: Mapping[str, object]) -> None:
        """Show names with their values, one per line; names are English and translated."""
        if not self.json:
            rows = [(f"{_(name)}:", cell(value)) for name, value in facts.items()]
            if self.on_terminal:
                from connector.cli import terminal

                click.echo("\n".join(terminal.pairs(rows)))
            else:
                click.echo("\n".join(aligned(rows, (False, False))))

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",
        total: Sequence[object] | None = None,
        empty: str = "",
    ) -> None:
        """Show ``rows`` under ``columns``, and ``total`` as a last row set apart; ``empty`` where there are
        none.
        """
        if self.json:
            return
        kept = [tuple(row) for row in rows]
        if not kept and empty:
            self.text(empty)
        elif self.on_terminal:
            _fitting_table(columns, kept, title, total)
        else:
            _plain_table(columns, kept, title, total)

    def answer(self, document: object) -> None:
        """Print the one JSON document of the command. Amounts are texts, dates ISO, secrets hidden."""
        if not self.json:
            return
        assert not self._answered, "a command answers with one JSON document"
        self._answered = True
        import msgspec

        encoded = msgspec.json.encode(document, enc_hook=for_json)
        click.echo(msgspec.json.format(encoded, indent=2).decode())

    @contextmanager
    def progress(self, text: str, total: int) -> Iterator[Progress]:
        """Show on stderr how far ``total`` steps are: a bar with the time left on a terminal, else a line per
        10 %.
        """
        from connector.cli import progress

        with progress.shown(text, total, quiet=self.quiet) as bar:
            yield bar

    def confirm(self, question: str, *, yes: bool = False) -> bool:
        """Ask a person; True without asking when ``yes``. Without a terminal that is a mistake of the command
        line.
        """
        if yes:
            return True
        if self.json or not sys.stdin.isatty():
            told = _("'{question}' cannot be asked here; give --yes to answer it beforehand.")
            raise click.UsageError(told.format(question=question))
        return _agreed(question)


def _agreed(question: str) -> bool:
    """Ask until the answer is one; in the reader's words for yes and no, and in English ones. Without a word: no."""
    yes, no = _("yes").lower(), _("no").lower()
    agreeing, refusing = {yes, yes[0], "yes", "y"}, {no, no[0], "no", "n", ""}
    while True:
        shown = f"{question} [{yes[0]}/{no[0].upper()}]"
        answer = click.prompt(shown, default="", show_default=False, err=True).strip().lower()
        if answer in agreeing or answer in refusing:
            return answer in agreeing
        told = _("'{answer}' is no answer here; give {yes} or {no}.")
        click.echo(told.format(answer=safe(answer), yes=yes, no=no), err=True)


def cell(value: object) -> str:
    """A value as people read it, without signs that steer a terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime.datetime):
        return f"{texts.date(value.astimezone().date())} {value.astimezone():%H:%M}"
    if isinstance(value, datetime.date):
        return texts.date(value)
    if isinstance(value, Enum):
        return _(str(value.value))
    if isinstance(value, Decimal):
        return texts.exact_number(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(map(cell, value))
    return safe(str(value))


def moment(value: datetime.datetime) -> str:
    """A moment in the time that is kept here, and which that is."""
    return f"{cell(value)} {value.astimezone():%Z}"


def for_json(value: Any) -> object:
    """What JSON is made of where a value has no form of its own there."""
    if isinstance(value, Money):
        return f"{from_minor(value.minor, value.currency):f}"
    if isinstance(value, State):
        return value.name
    if isinstance(value, (Path, Secret)):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} has no form in JSON")


def _plain_table(
    columns: Sequence[Column], rows: list[tuple[object, ...]], title: str, total: Sequence[object] | None
) -> None:
    if title:
        click.echo(safe(title))
    body = [tuple(map(cell, row)) for row in rows]
    last = [tuple(map(cell, total))] if total is not None else []
    lines = aligned([tuple(_(each.title) for each in columns), *body, *last], [each.right for each in columns])
    click.echo("\n".join(lines))


def _fitting_table(
    columns: Sequence[Column], rows: list[tuple[object, ...]], title: str, total: Sequence[object] | None
) -> None:
    from connector.cli import terminal

    def field(value: object) -> terminal.Field:
        colour = _MARKS.get(value.name, "") if isinstance(value, State) else ""
        text = cell(value)
        nothing = not text or (isinstance(value, Money) and not value.minor)
        return terminal.Field(text=text, colour=colour, nothing=nothing)

    if title:
        click.echo(safe(title))
    heads = [
        terminal.Head(title=_(each.title), right=each.right, prose=each.prose, spare=each.spare) for each in columns
    ]
    shown = [[field(value) for value in row] for row in rows]
    click.echo(
        "\n".join(terminal.table(heads, shown, [field(value) for value in total] if total is not None else None))
    )
