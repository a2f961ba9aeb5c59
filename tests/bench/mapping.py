"""What deciding costs: beside reading the lines, with more and more rules, and beside hledger's CSV rules.

The lines are those of a store that was filled; the rules are made up, and the same for both: rows for charge types,
product groups, plans, patterns of plans and customers that there are. hledger takes the last rule that matches, so it
gets them with the lightest first. It gets fewer lines, since it takes long; both are told per line. That both chose
the same accounts is checked.
"""

from __future__ import annotations

import csv
import datetime
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from connector import config
from connector.app import Connector
from connector.domain.combination import Combination
from connector.domain.mapping import Mapping
from connector.domain.rules import CHARGE_TYPES, Rule, clashes
from connector.engine.decider import Decider
from connector.store import kept
from connector.store.kept import Kept
from tests.bench.job import TODAY

RULES = (50, 500, 5_000)
COMPARED_RULES = 500
HLEDGER_LINES = 5_000
ACCOUNTS = ("4360", "7010", "7020", "7030", "7040")
COUNTRY = "NL"


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """CPU microseconds per line: deciding with so many ``rules``, and making them ready once (in seconds)."""

    rules: int
    per_line: float
    prepared: float


class Deciding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. ``reading`` and ``hledger`` are CPU microseconds per line, ``hledger`` is ``None`` where it was
    not run; ``differing`` are lines for which it chose another account."""

    lines: int
    combinations: int
    reading: float
    costs: tuple[Cost, ...]
    hledger: float | None = None
    hledger_lines: int = 0
    differing: int = 0

    def cost(self, rules: int) -> float:
        """CPU microseconds per line with so many rules."""
        return next(each.per_line for each in self.costs if each.rules == rules)


def deciding(folder: Path, *, rules: Sequence[int] = RULES, hledger_lines: int = HLEDGER_LINES) -> Deciding:
    """Measure on the store in ``folder``, the working folder of an administration that was filled."""
    settings = config.load(folder / "connector.toml", environ={})
    (administration,) = settings.administrations
    with Connector(settings, actor="bench", today=TODAY) as connector:
        mapping, (place, books) = connector.mapping(administration).mapping, connector.at(administration)
        with place.database.reading() as connection:
            ids = [version_id for version_id, _ in kept.current(connection, books.id)]
            known: dict[int, Combination] = {}
            begun = time.process_time()
            documents = list(kept.load(connection, books.id, ids, known))
            reading = time.process_time() - begun
    lines = sum(document.lines for document in documents)
    found = {group.combination for document in documents for group in document.groups}
    seen = sorted(found, key=lambda each: each.digest)
    costs = tuple(_cost(made_up(mapping, seen, number), documents, lines) for number in rules)
    took, compared, differing = _beside_hledger(made_up(mapping, seen, COMPARED_RULES), seen[:hledger_lines], folder)
    return Deciding(
        lines=lines,
        combinations=len(seen),
        reading=reading / lines * 1e6,
        costs=costs,
        hledger=took,
        hledger_lines=compared,
        differing=differing,
    )


def store_in(folder: Path) -> Path:
    """The working folder with the filled store that a race left in ``folder``."""
    return next(iter(sorted(path.parent for path in folder.glob("*-ours/connector.db"))))


def _cost(mapping: Mapping, documents: Sequence[Kept], lines: int) -> Cost:
    begun = time.process_time()
    mapping.rule_book  # noqa: B018 - made once per run
    prepared = time.process_time() - begun
    decider, begun = Decider(1, COUNTRY, mapping, 1), time.process_time()
    for document in documents:
        decider.decide(document, TODAY)
    return Cost(rules=len(mapping.rules), per_line=(time.process_time() - begun) / lines * 1e6, prepared=prepared)


def made_up(mapping: Mapping, seen: Sequence[Combination], number: int) -> Mapping:
    """``mapping`` with ``number`` rules instead of its own: for what there is, and for what there is not."""
    random = Random(number)
    named = [{"charge_type": each} for each in CHARGE_TYPES]
    rules: dict[tuple[str, ...], Rule] = {}
    n = 0
    while len(rules) < number:
        assert n < 100 * number, "there are not so many different rules"
        cells = named[n] if n < len(named) else _drawn(n, random, random.choice(seen))
        rule = Rule(id=f"R{n:05}", row=n + 2, direction="purchase", account=random.choice(ACCOUNTS))
        rule = msgspec.structs.replace(rule, **cells)
        rules.setdefault(rule.cells, rule)
        n += 1
    made = msgspec.structs.replace(mapping, rules=tuple(rules.values()), dimensions=())
    assert not clashes(made.rules)
    return made


def _drawn(number: int, random: Random, line: Combination) -> dict[str, str]:
    """The cells of a rule as accountants write them: half are for plans that there are, a tenth for customers."""
    match number % 10:
        case 0:
            return {"customer": line.customer_id}
        case 1:
            return {"product_group": line.category, "charge_type": line.charge_type, "billing": line.billing}
        case 2:
            return {"plan": f"*{line.plan_name[:12]}*{number}*"}
        case 3 | 4 | 5 | 6 | 7:
            return {"plan": line.plan_name, "charge_type": line.charge_type, "sign": random.choice(("", line.sign))}
        case _:
            return {"plan": f"Plan {number}", "charge_type": random.choice(CHARGE_TYPES)}


def _beside_hledger(mapping: Mapping, lines: Sequence[Combination], folder: Path) -> tuple[float | None, int, int]:
    """(CPU microseconds per line, lines, lines with another account) of hledger's CSV rules."""
    program = shutil.which("hledger")
    if program is None:
        return None, 0, 0
    table, rules = folder / "lines.csv", folder / "lines.csv.rules"
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(_cells(line) for line in lines)
    rules.write_text("\n".join(_as_hledger(mapping)), encoding="utf-8")
    command = [program, "-f", f"csv:{table}", "--rules-file", str(rules), "print"]
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"LC_ALL": "C.UTF-8"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    theirs = Counter(re.findall(r"^ +expenses:(\d*)", done.stdout, re.MULTILINE))
    ours = Counter(mapping.decide(line, on=TODAY, own_country=COUNTRY).account for line in lines)
    differing = sum((theirs - ours).values()) + sum((ours - theirs).values())
    return took / len(lines) * 1e6, len(lines), differing


FIELDS = ("charge_type", "category", "plan_name", "customer_id", "billing", "sign")


def _cells(line: Combination) -> list[str]:
    return [f"{datetime.date(2024, 6, 15)}", *(getattr(line, name) for name in FIELDS), "1.00"]


_COLUMNS = {
    "charge_type": "charge_type",
    "product_group": "category",
    "plan": "plan_name",
    "customer": "customer_id",
    "billing": "billing",
    "sign": "sign",
}


def _as_hledger(mapping: Mapping) -> Iterator[str]:
    """The rules as hledger reads them, the lightest first."""
    yield f"fields date, {', '.join(FIELDS)}, amount"
    yield "currency EUR"
    yield "account1 expenses:"
    yield "account2 liabilities:1600"
    for rule in sorted(mapping.rules, key=lambda rule: rule.weight):
        cells = [(name, getattr(rule, column)) for column, name in _COLUMNS.items() if getattr(rule, column)]
        yield "if"
        for place, (name, value) in enumerate(cells):
            parts = ".*".join(re.sub(r"([^\w\s])", r"\\\1", part) for part in value.split("*"))
            yield f"{'& ' if place else ''}%{name} ^{parts}$"
        yield f" account1 expenses:{rule.account}"
        yield ""


def shown(found: Deciding) -> Iterator[str]:
    """The table of it, line by line."""
    yield f"Deciding {found.lines:,} lines ({found.combinations:,} combinations), CPU microseconds per line"
    yield f"  {'reading them from the store':<42}{found.reading:>9.2f}"
    for each in found.costs:
        told = f"deciding, {each.rules:,} rules"
        yield f"  {told:<42}{each.per_line:>9.2f}   (rules made ready in {each.prepared:.2f} s, once)"
    if found.hledger is None:
        yield f"  {'hledger, the same rules from CSV':<42}{'not run':>9}"
    else:
        told = f"hledger, {COMPARED_RULES} rules, {found.hledger_lines:,} lines"
        yield f"  {told:<42}{found.hledger:>9.2f}   ({found.differing} lines on another account)"
    yield ""
    middle = found.costs[len(found.costs) // 2]
    yield _ratio("deciding against reading", middle.per_line / found.reading, "at most 0.25", 0.25)
    first, last = found.costs[0], found.costs[-1]
    told = f"{last.rules:,} rules against {first.rules:,}"
    yield f"  {told:<42}{last.per_line / first.per_line:>9.2f} x"
    if found.hledger is not None:
        yield f"  {'as fast as hledger':<42}{found.hledger / middle.per_line:>9.0f} x"


def _ratio(name: str, ratio: float, wanted: str, most: float) -> str:
    return f"  {name:<42}{ratio:>9.2f} x   {wanted:<18}{'met' if ratio <= most else 'MISSED'}"
