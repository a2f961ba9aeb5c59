"""Random lives by seed: the same rules as the state machine's, chosen so that trouble comes often."""

from __future__ import annotations

import random
from typing import Any

from tests.ledgers.faults import Fault
from tests.simulation.ledger import SETTLING_SECONDS
from tests.simulation.life import MAPPINGS, ODD, PLAIN, USAGE, Life

_WEIGHTS = {
    "sync": 8, "deliver": 5, "pull": 1, "prepare": 1, "approve": 1, "amend": 2, "fill_in": 1, "vanish_or_return": 1,
    "swap_mapping": 1, "wait": 2, "break_ledger": 2, "lose_database": 1, "try_again_what_was_rejected": 1,
}  # fmt: skip
FAULTS = [fault for fault in Fault if fault is not Fault.BLIND]


def walk(kind: type[Life], seed: int, steps: int = 25, *, crashes: float = 0.4) -> None:
    """Live one life and check it at its end; AssertionError when something was wrong. ``crashes`` is the share of
    them."""
    chance, life = random.Random(seed), kind()
    try:
        life.begin([chance.choice([PLAIN, PLAIN, USAGE, ODD]) for _ in range(4)])
        for name in chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=steps):
            if name != "lose_database" or life.ledger.booked:
                getattr(life, name)(**_arguments(name, chance, crashes))
    except BaseException:
        life.source.clear()  # what went wrong is told; the end is not checked as well
        raise
    finally:
        life.teardown()


def _arguments(name: str, chance: random.Random, crashes: float) -> dict[str, Any]:
    crash = (chance.randint(1, 4), chance.random() < 0.5) if chance.random() < crashes else None
    match name:
        case "amend" | "fill_in" | "vanish_or_return":
            return {"number": chance.choice("1234")}
        case "swap_mapping":
            return {"files": chance.choice(MAPPINGS)}
        case "wait":
            return {"seconds": chance.choice([1, SETTLING_SECONDS - 1, SETTLING_SECONDS])}
        case "break_ledger":
            return {"fault": chance.choice(FAULTS)}
        case "sync":
            return {"fault": chance.choice(FAULTS), "crash": crash}
        case "lose_database" | "try_again_what_was_rejected":
            return {}
    return {"crash": crash}
