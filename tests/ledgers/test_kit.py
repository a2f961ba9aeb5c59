"""How the conformance kit reports: what proves nothing never counts as passed, and every proof names its side."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import pytest

import connector.ledgers.http  # noqa: F401 - a run within this process forgets what it was the first to import
from connector.ledgers.base import Setup
from connector.ledgers.conformance.catalogue import CHECKS
from connector.ledgers.conformance.counterpart import Counterpart, Fault, NotProven, Proof, Side
from connector.ledgers.conformance.probe import Check, Probe, Verdict, outcome
from connector.ledgers.conformance.scorecard import Result, summary, table, try_all
from connector.ledgers.memory import MemoryLedger
from tests.ledgers.counterparts import DaybookCounterpart, MemoryCounterpart, daybook_counterpart
from tests.ledgers.daybook import Daybook
from tests.ledgers.tutorial import adapter

ROOT = Path(__file__).resolve().parents[2]
NAMES = {check.name for check in CHECKS}


@pytest.fixture
def kit(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of somebody else, with an adapter that has one defect."""
    pytester.makeini(f"[pytest]\npythonpath = {ROOT}\nfilterwarnings = error\n")
    pytester.makeconftest(
        "from connector.ledgers.conformance.counterpart import Counterpart\n"
        'pytest_plugins = ["connector.ledgers.conformance.plugin"]'
    )
    pytester.makepyfile(
        """
        import pytest

        from connector.ledgers.conformance.plugin import Conformance
        from tests.ledgers.broken_memory import BooksAgainWhatIsThere
        from tests.ledgers.counterparts import MemoryCounterpart

        class TestOffice(Conformance):
            @pytest.fixture
            def counterpart(self):
                return MemoryCounterpart(BooksAgainWhatIsThere)

        def test_of_their_own():
            assert 1 + 1 == 2
        """
    )
    return pytester


@pytest.mark.parametrize("processes", [["-n0"], ["-n2"]], ids=["one process", "several"])
def test_the_report_of_a_run(kit: pytest.Pytester, processes: list[str]) -> None:
    run = kit.runpytest_subprocess(*processes, "--scorecard=card.md")
    output = run.stdout.str()
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    for count in ("1 failed", "27 passed", "7 not proven", "6 not declared"):
        assert re.search(rf"\b{count}\b", run.outlines[-1])
    assert "the system itself has 2 bookings of acme/purchase/" in output
    run.stdout.fnmatch_lines(
        [
            "*conformance of ledger adapters*",
            "memory: 26 of 40 proven against software of ours (our own memory)",
            "  not declared: vat_codes (it does not tell its VAT codes (TellsVatCodes))",
            "  not proven: time_out, *, connection_reset (the counterpart cannot bring this fault about)",
            "  failed: not_doubled",
        ]
    )
    card = (kit.path / "card.md").read_text(encoding="utf-8")
    assert "| `not_doubled` | failed |" in card
    assert "| `chart` | ours |" in card


def test_each_check_is_told_by_name_with_the_reason_why_it_is_not_proven(kit: pytest.Pytester) -> None:
    run = kit.runpytest_subprocess("-v", "-n0", "-k", "time_out or reads_back")
    run.stdout.fnmatch_lines_random(
        [
            "*test_conforms[[]time_out[]] NOT PROVEN (the counterpart cannot bring this fault about)*",
            "*test_conforms[[]reads_back[]] NOT DECLARED (it does not read back (ReadsBack))*",
        ]
    )


def test_a_failing_check_shows_the_values_it_compared(kit: pytest.Pytester) -> None:
    kit.makepyfile(
        """
        import pytest

        from connector.ledgers.conformance.plugin import Conformance
        from tests.ledgers.broken_memory import AnswersInTheOrderOfKeys
        from tests.ledgers.counterparts import MemoryCounterpart

        class TestOffice(Conformance):
            @pytest.fixture
            def counterpart(self):
                return MemoryCounterpart(AnswersInTheOrderOfKeys)
        """
    )
    run = kit.runpytest_subprocess("-n0", "-k", "batch_in_order")
    run.stdout.fnmatch_lines(["E *At index 0 diff: 'acme/purchase/*/1/-/*' != 'acme/purchase/*/3/-/*'"])


def test_names_of_checks_are_unique_and_each_says_what_it_proves() -> None:
    assert len(NAMES) == len(CHECKS)
    assert all(check.proves and not check.proves.endswith(".") and "|" not in check.proves for check in CHECKS)


def test_a_fault_that_did_not_strike_proves_nothing() -> None:
    class Harmless(DaybookCounterpart):
        def arm(self, fault: Fault, after: int = 0) -> None:
            """Do nothing of it."""

    (check,) = (check for check in CHECKS if check.name == "connection_reset")
    with Daybook(Counterpart.books) as server, pytest.raises(AssertionError, match="the fault has struck"):
        outcome(check, Harmless(server, adapter()))


def test_an_adapter_that_takes_one_entry_at_a_time_and_gives_up_at_a_limit_conforms() -> None:
    """What it raises is its word on the batch that it was given, and on none before it."""
    gives_up = """from connector.ledgers.http import LedgerHttp as Waiting


class LedgerHttp(Waiting):
    def _once(self, method, path, **named):
        reply = self._send(method, path, **named)
        if reply.status == 429:
            raise LedgerRefused("no more calls today")
        return reply
"""
    words = (("batch=50", "batch=1"), ("from connector.ledgers.http import LedgerHttp\n", gives_up))
    results = try_all(lambda: daybook_counterpart(adapter(words)))
    assert {result.check: result.reason for result in results if result.verdict is Verdict.FAILED} == {}
    assert (
        sum(result.verdict is Verdict.PROVEN for result in results) == len(CHECKS) - 2
    )  # it takes no reversals and attaches no files


def test_what_a_counterpart_leaves_out_is_not_proven() -> None:
    class Bare(MemoryCounterpart):
        shows = Counterpart.shows
        close_period = Counterpart.close_period

    verdicts = {result.check: result.verdict for result in try_all(lambda: nullcontext(Bare()))}
    unproven = {name for name, verdict in verdicts.items() if verdict is Verdict.NOT_PROVEN}
    assert {"closed_period", "document_number", "due_date", "dimensions"} <= unproven
    for cannot in (Bare().struck, lambda: Bare().booked_on("key"), lambda: Bare().arm(Fault.RESET)):
        with pytest.raises(NotProven):
            cannot()


def test_what_is_not_claimed_is_not_declared() -> None:
    class WithoutReversals(MemoryCounterpart):
        def __init__(self) -> None:
            super().__init__()
            self._settings = {}

    verdicts = {result.check: result.verdict for result in try_all(lambda: nullcontext(WithoutReversals()))}
    assert verdicts["reversal"] is Verdict.NOT_DECLARED


def test_an_adapter_that_falls_over_fails_its_check() -> None:
    class FallsOver(MemoryLedger):
        def __init__(self, setup: Setup) -> None:
            raise ZeroDivisionError("oh")

    results = try_all(lambda: nullcontext(MemoryCounterpart(FallsOver)))
    assert {(each.verdict, each.reason) for each in results} >= {(Verdict.FAILED, "ZeroDivisionError: oh")}


def proof(software: str, side: Side) -> Proof:
    return Proof(adapter="office", side=side, software=software)


def test_the_table_keeps_the_vendors_software_and_ours_apart() -> None:
    vendor, ours = proof("office 1.0", Side.VENDOR), proof("server 1.0", Side.OURS)
    results = [
        Result(proof=ours, check="chart", verdict=Verdict.PROVEN),
        Result(proof=ours, check="empty", verdict=Verdict.PROVEN),
        Result(proof=vendor, check="chart", verdict=Verdict.PROVEN),
        Result(proof=vendor, check="empty", verdict=Verdict.NOT_PROVEN, reason="nobody can tell"),
    ]
    rows = [line.strip("| ").split(" | ") for line in table(results).splitlines()]
    cells = {row[0].strip("`"): row[1:] for row in rows}
    assert table(results) == table(reversed(results))
    assert cells["Check"] == ["office", "office"]
    assert cells["*tried against*"] == ["office 1.0", "server 1.0"]
    assert cells["chart"] == ["vendor", "ours"]
    assert cells["empty"] == ["not proven", "ours"]
    assert cells["listing"] == ["not run", "not run"]
    told = summary(results)
    assert "office: 1 of 40 proven against the vendor's own software (office 1.0)" in told
    assert "office: 2 of 40 proven against software of ours (server 1.0)" in told
    assert "  not run: 38" in told
    assert "  not proven: empty (nobody can tell)" in told


def test_a_check_says_what_it_proves_in_its_first_line() -> None:
    def passes(probe: Probe) -> None:
        """It holds."""
        assert probe.books.year == 2026

    check = Check(name="passes", proves="It holds", run=passes)
    assert outcome(check, MemoryCounterpart()) == (Verdict.PROVEN, "")
