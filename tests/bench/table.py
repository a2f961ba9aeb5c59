"""The table of results, and what they are held against."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tests.bench.race import Race, Speed

NAMES = {
    "ours": "connector, whole job",
    "load_dlt": "dlt, load alone",
    "bare": "bare loop",
    "unchanged": "connector, nothing changed",
    "changed": "connector, 1 % changed",
    "postgres": "connector on PostgreSQL",
}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that was wanted, and what it is. ``at_least``: whether more is better."""

    name: str
    wanted: float
    found: float
    unit: str = "x"
    at_least: bool = True
    required: bool = True

    @property
    def met(self) -> bool:
        """Whether the figure is good enough."""
        return self.found >= self.wanted if self.at_least else self.found <= self.wanted

    @property
    def verdict(self) -> str:
        """``met``, ``MISSED`` when it is required, or ``missed`` when it is a goal."""
        if self.met:
            return "met"
        return "MISSED" if self.required else "missed (a goal)"


def targets(race: Race) -> Iterator[Target]:
    """What the results of one size are held against. Speeds are ratios of the clock within this run."""
    speeds, ours = race.speeds, race.speeds.get("ours")
    if ours is None:
        return
    if "load_dlt" in speeds:
        yield Target(name="as fast as dlt's load", wanted=5, found=ours.per_second / speeds["load_dlt"].per_second)
    if "bare" in speeds:
        ratio = ours.per_second / speeds["bare"].per_second
        yield Target(name="as fast as the bare loop", wanted=0.5, found=ratio)
        yield Target(name="as fast as the bare loop", wanted=0.75, found=ratio, required=False)
    if "unchanged" in speeds:
        ratio = speeds["unchanged"].per_second / ours.per_second
        yield Target(name="nothing changed, against the first load", wanted=5, found=ratio)
    yield Target(name="peak memory", wanted=250, found=ours.peak_mb, unit="MB", at_least=False)
    if race.status:
        yield Target(name="connector status", wanted=0.5, found=race.status, unit="s", at_least=False)


def shown(race: Race) -> Iterator[str]:
    """The table of one size, line by line."""
    yield f"{race.lines:,} lines"
    if race.lost:
        yield "  The gate is closed: cents are lost, so speed is 0."
        yield from (f"    {each}" for each in race.lost[:20])
        return
    yield f"  {'':<28}{'lines/s':>10}{'seconds':>10}{'CPU s':>9}{'CPU us/line':>13}{'peak MB':>9}{'runs':>6}"
    for name, speed in race.speeds.items():
        yield _row(NAMES[name], speed)
    stages = race.speeds["ours"].stages
    yield "  CPU us/line of ours: " + ", ".join(
        f"{name} {took / race.lines * 1e6:.1f}" for name, took in stages.items()
    )
    if race.altered:
        yield f"  '1 % changed': {race.altered:,} lines, in as few documents as hold twice as many"
    yield ""
    for each in targets(race):
        sign = "at least" if each.at_least else "at most"
        wanted = f"{sign} {each.wanted:g} {each.unit}"
        yield f"  {each.name:<42}{each.found:>9.2f} {each.unit:<3} {wanted:<18}{each.verdict}"


def _row(name: str, speed: Speed) -> str:
    return (
        f"  {name:<28}{speed.per_second:>10,.0f}{speed.seconds:>10.2f}{speed.cpu:>9.2f}{speed.cpu_per_line:>13.1f}"
        f"{speed.peak_mb:>9.0f}{speed.runs:>6}"
    )
