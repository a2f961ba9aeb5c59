"""``make chaos``: kill, print the figures, and show that a machine with one thing wrong is caught."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import msgspec

from connector.engine.deliver import _Deliverer
from tests.chaos.lives import Tally, chaos
from tests.chaos.tryton import tryton
from tests.chaos.worlds import Bookkeeping, Server
from tests.simulation import variants

BAD = (variants.NoIntent, variants.NoLookUp, variants.NoSettling)
"""Machines that must be caught: no intent, no look-up, no settling."""
TRYTON_TRIES = 16
"""How often one life is killed that works with Tryton: a life costs it more, and its answers take longer."""


@click.command()
@click.option("--kills", default=2000, help="How many kills in all.")
@click.option("--least", default=20, help="How many at each boundary.")
@click.option("--tryton-kills", default=80, help="How many kills of a program that works with Tryton.")
@click.option("--seed", default=1)
@click.option("--json", "as_json", is_flag=True)
@click.option("--bad", default="", help="Only this bad machine, until it is caught.")
@click.option("--postgres", default="", help="A PostgreSQL that runs already.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where its Tryton was seeded.")
def main(
    kills: int,
    least: int,
    tryton_kills: int,
    seed: int,
    bad: str,
    postgres: str,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Kill the delivering process, and look at the books."""
    if bad:
        machine: type[_Deliverer] = getattr(variants, bad)
        tally = _escapes(machine, seed)
        click.echo(msgspec.json.encode(tally).decode() if as_json else f"{bad}: {caught(tally)}")
        sys.exit(0 if wrong(tally) else 1)
    tallies = {}
    if kills:
        started = time.monotonic()
        with Server() as server:
            tallies["bookkeeping"] = chaos(Bookkeeping(server), kills, seed, least=least)
        _print("the bookkeeping server", tallies["bookkeeping"], time.monotonic() - started, silent=as_json)
    if tryton_kills:
        started = time.monotonic()
        with tryton(postgres, folder) as world:
            tallies["tryton"] = chaos(world, tryton_kills, seed, tries=min(TRYTON_TRIES, tryton_kills))
        _print("Tryton", tallies["tryton"], time.monotonic() - started, silent=as_json)
    failed = any(wrong(each) for each in tallies.values())
    if as_json:
        click.echo(msgspec.json.encode(tallies).decode())
        sys.exit(1 if failed else 0)
    escaped = 0
    for each in BAD:
        found = _escapes(each, seed)
        click.echo(f"{each.__name__:<12} {caught(found)}")
        escaped += not wrong(found)
    sys.exit(1 if failed or escaped else 0)


def _escapes(machine: type[_Deliverer], seed: int) -> Tally:
    with Server() as server:
        return chaos(Bookkeeping(server), 0, seed, deliverer=machine, lives=60)


def wrong(tally: Tally) -> bool:
    """Whether anything was found."""
    return bool(tally.duplicates or tally.losses or tally.unbalanced or tally.wrong)


def caught(tally: Tally) -> str:
    """How a bad machine was caught, in words."""
    if not wrong(tally):
        return f"not caught in {tally.lives} lives"
    return f"caught in life {tally.lives}: {tally.duplicates} duplicates, {tally.losses} losses"


def _print(title: str, tally: Tally, seconds: float, *, silent: bool) -> None:
    if silent:
        return
    click.echo(f"Against {title}: {sum(tally.kills.values())} kills in {tally.lives} lives, {seconds:.0f} s")
    for boundary, count in sorted(tally.kills.items()):
        click.echo(f"  {count:>5}  {boundary}")
    click.echo(f"{sum(tally.faults.values())} faults of the server beside them, {tally.amended} amendments")
    for fault, count in sorted(tally.faults.items()):
        click.echo(f"  {count:>5}  {fault}")
    click.echo(
        f"{tally.entries} entries in the books, {tally.corrections} of them corrections; {tally.lost} databases lost"
    )
    click.echo(f"{tally.duplicates} duplicates, {tally.losses} losses, {tally.unbalanced} unbalanced")
    for each in tally.wrong[:20]:
        click.echo(f"  wrong: {each}")


if __name__ == "__main__":
    main()
