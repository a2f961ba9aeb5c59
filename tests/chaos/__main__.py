"""``make chaos``: kill, print the figures, and show that a machine with one thing wrong is caught."""

from __future__ import annotations

import sys
import time

import click
import msgspec

from connector.engine.deliver import _Deliverer
from tests.chaos.lives import Tally, chaos
from tests.simulation import variants

BAD = (variants.NoIntent, variants.NoLookUp, variants.NoSettling)
"""Machines that must be caught: no intent, no look-up, no settling."""


@click.command()
@click.option("--kills", default=2000, help="How many kills in all.")
@click.option("--least", default=20, help="How many at each boundary.")
@click.option("--seed", default=1)
@click.option("--json", "as_json", is_flag=True)
@click.option("--bad", default="", help="Only this bad machine, until it is caught.")
def main(kills: int, least: int, seed: int, bad: str, *, as_json: bool) -> None:
    """Kill the delivering process, and look at the books."""
    if bad:
        machine: type[_Deliverer] = getattr(variants, bad)
        tally = chaos(0, seed, deliverer=machine, lives=60)
        click.echo(msgspec.json.encode(tally).decode() if as_json else f"{bad}: {caught(tally)}")
        sys.exit(0 if wrong(tally) else 1)
    started = time.monotonic()
    tally = chaos(kills, seed, least=least)
    if as_json:
        click.echo(msgspec.json.encode(tally).decode())
        sys.exit(1 if wrong(tally) else 0)
    _print(tally, time.monotonic() - started)
    escaped = 0
    for each in BAD:
        found = chaos(0, seed, deliverer=each, lives=60)
        click.echo(f"{each.__name__:<12} {caught(found)}")
        escaped += not wrong(found)
    sys.exit(1 if wrong(tally) or escaped else 0)


def wrong(tally: Tally) -> bool:
    """Whether anything was found."""
    return bool(tally.duplicates or tally.losses or tally.unbalanced or tally.wrong)


def caught(tally: Tally) -> str:
    """How a bad machine was caught, in words."""
    if not wrong(tally):
        return f"not caught in {tally.lives} lives"
    return f"caught in life {tally.lives}: {tally.duplicates} duplicates, {tally.losses} losses"


def _print(tally: Tally, seconds: float) -> None:
    click.echo(f"{sum(tally.kills.values())} kills in {tally.lives} lives, {seconds:.0f} s")
    for boundary, count in sorted(tally.kills.items()):
        click.echo(f"  {count:>5}  {boundary}")
    click.echo(f"{sum(tally.faults.values())} faults of the server beside them, {tally.amended} amendments")
    for fault, count in sorted(tally.faults.items()):
        click.echo(f"  {count:>5}  {fault}")
    click.echo(f"{tally.entries} entries in the books; {tally.lost} databases lost")
    click.echo(f"{tally.duplicates} duplicates, {tally.losses} losses, {tally.unbalanced} unbalanced")
    for each in tally.wrong[:20]:
        click.echo(f"  wrong: {each}")


if __name__ == "__main__":
    main()
