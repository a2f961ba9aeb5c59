"""Which document is meant: a number may belong to several, and what a person says about one is said about no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from connector.texts import _

if TYPE_CHECKING:
    from connector.config import Administration
    from connector.engine.look import Standing

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


def customer(command: F) -> F:
    """Add --customer."""
    told = "Only the document of this end customer; '' for that of none."
    return click.option("--customer", metavar="ID", help=told)(command)


def perhaps(written: str | None, names: Iterable[str]) -> str:
    """'Did you mean ...?' with those of ``names`` that look like what was written, '' when none does."""
    from connector.domain.near_names import near_names

    found = near_names(written, names) if written else []
    return _("Did you mean {names}?").format(names=", ".join(f"'{each}'" for each in found)) if found else ""


def meant(standing: Standing, number: str, direction: str | None, customer: str | None) -> bool:
    """Whether number, --direction and --customer name this document."""
    return (
        standing.number == number and direction in (None, standing.direction) and customer in (None, standing.customer)
    )


def only(
    wanted: Sequence[tuple[Administration, T]], standing_of: Callable[[T], Standing], *, nothing: str, several: str
) -> tuple[Administration, T]:
    """The one document that is meant. UsageError with ``nothing`` or ``several`` when there is none, or more."""
    if not wanted:
        raise click.UsageError(nothing)
    if len(wanted) > 1:
        standings = [(administration.name, standing_of(each)) for administration, each in wanted]
        named = "; ".join(
            f"-a {name} --direction {each.direction} --customer '{each.customer}'" for name, each in standings
        )
        raise click.UsageError(f"{len(wanted)} {several}; say which: {named}")
    return wanted[0]
