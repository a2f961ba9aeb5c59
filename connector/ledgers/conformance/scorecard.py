"""The scorecard: what was proven of each adapter, and against whose software.

What was proven against software of ours is never shown as if it were proven against the vendor's: each cell names the
side that stood opposite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

import msgspec

from connector.ledgers.conformance.catalogue import CHECKS
from connector.ledgers.conformance.counterpart import Counterpart, Proof, Side
from connector.ledgers.conformance.probe import Verdict, outcome

_OPPOSITE = {
    Side.VENDOR: "the vendor's own software",
    Side.OURS: "software of ours",
    Side.FILES: "the files that it writes",
}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one check of one adapter; ``reason`` says why it is not proven."""

    proof: Proof
    check: str
    verdict: Verdict
    reason: str = ""


def try_all(fresh: Callable[[], AbstractContextManager[Counterpart]]) -> list[Result]:
    """The results of all checks, each on a ``fresh`` counterpart; for scorecards that are made without pytest."""
    results = []
    for check in CHECKS:
        with fresh() as counterpart:
            try:
                verdict, reason = outcome(check, counterpart)
            except Exception as error:  # noqa: BLE001 - whatever an adapter raises is a check that failed
                verdict, reason = Verdict.FAILED, f"{type(error).__name__}: {error}"
        results.append(Result(proof=counterpart.proof, check=check.name, verdict=verdict, reason=reason))
    return results


def explained() -> str:
    """A table in Markdown of what each check proves."""
    return _markdown([["Check", "What it proves"], *([f"`{check.name}`", check.proves] for check in CHECKS)])


def table(results: Iterable[Result]) -> str:
    """A table in Markdown: a row for each check, a column for each adapter and what it was tried against."""
    by_proof = _by_proof(results)
    rows = [
        ["Check", *(proof.adapter for proof in by_proof)],
        ["*tried against*", *(proof.software for proof in by_proof)],
    ]
    for check in CHECKS:
        cells = (_cell(proof, found.get(check.name)) for proof, found in by_proof.items())
        rows.append([f"`{check.name}`", *cells])
    return _markdown(rows)


def summary(results: Iterable[Result]) -> list[str]:
    """A few lines for a terminal: for each adapter what is proven against what, and by name all that is not."""
    lines = []
    for proof, found in _by_proof(results).items():
        counted = Counter(result.verdict for result in found.values())
        proven = f"{counted[Verdict.PROVEN]} of {len(CHECKS)} proven against {_OPPOSITE[proof.side]}"
        lines.append(f"{proof.adapter}: {proven} ({proof.software})")
        for verdict in (Verdict.NOT_DECLARED, Verdict.NOT_PROVEN, Verdict.FAILED):
            lines += _reasons(verdict, [result for result in found.values() if result.verdict is verdict])
        if left_out := len(CHECKS) - len(found):
            lines.append(f"  not run: {left_out}")
    return lines


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *others = (f"| {' | '.join(row)} |\n" for row in rows)
    return "".join([head, f"{'| --- ' * len(rows[0])}|\n", *others])


def _reasons(verdict: Verdict, results: Sequence[Result]) -> list[str]:
    if verdict is Verdict.FAILED:
        return [f"  failed: {', '.join(result.check for result in results)}"] if results else []
    by_reason: dict[str, list[str]] = {}
    for result in results:
        by_reason.setdefault(result.reason, []).append(result.check)
    return [f"  {verdict.value}: {', '.join(checks)} ({reason})" for reason, checks in by_reason.items()]


def _by_proof(results: Iterable[Result]) -> dict[Proof, dict[str, Result]]:
    """In order of adapter and software, so that the order in which checks ran shows nowhere."""
    found: dict[Proof, dict[str, Result]] = {}
    place = {check.name: number for number, check in enumerate(CHECKS)}
    for result in sorted(results, key=lambda each: (each.proof.adapter, each.proof.software, place[each.check])):
        found.setdefault(result.proof, {})[result.check] = result
    return found


def _cell(proof: Proof, result: Result | None) -> str:
    if result is None:
        return "not run"
    return proof.side.value if result.verdict is Verdict.PROVEN else result.verdict.value
