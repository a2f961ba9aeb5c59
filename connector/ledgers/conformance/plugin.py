"""The kit as tests of pytest. In ``conftest.py``, and in a module of tests::

    pytest_plugins = ["connector.ledgers.conformance.plugin"]

    class TestOfficeBooks(Conformance):
        @pytest.fixture
        def counterpart(self) -> Counterpart:
            return OfficeCounterpart()

Each check is a test of its own, so that it can be chosen, shuffled and shared out as any other. What is not declared or
not proven has a word and a count of its own in pytest's report, and the scorecard stands at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Before they are imported: so that a failing check shows the values that it compared.
pytest.register_assert_rewrite(
    *(f"connector.ledgers.conformance.{name}" for name in ("probe", "checks", "contents", "faults"))
)

from connector.ledgers.conformance.catalogue import CHECKS  # noqa: E402
from connector.ledgers.conformance.counterpart import Counterpart, Proof, Side  # noqa: E402
from connector.ledgers.conformance.probe import Check, Verdict, outcome  # noqa: E402
from connector.ledgers.conformance.scorecard import Result, summary, table  # noqa: E402

_TRIED, _VERDICT = "conformance", "conformance verdict"
_SIGNS = {Verdict.NOT_DECLARED: "-", Verdict.NOT_PROVEN: "?"}


class Conformance:
    """All checks as tests; a subclass gives the fixture ``counterpart``, fresh for each."""

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
    def test_conforms(
        self, check: Check, counterpart: Counterpart, record_property: Callable[[str, object], None]
    ) -> None:
        """The adapter passes ``check``."""
        __tracebackhide__ = True
        proof = counterpart.proof
        record_property(_TRIED, [proof.adapter, proof.side.value, proof.software, check.name])
        verdict, reason = outcome(check, counterpart)
        record_property(_VERDICT, [verdict.value, reason])


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes the scorecard."""
    parser.getgroup("conformance").addoption(
        "--scorecard", metavar="FILE", help="write the scorecard of the ledger adapters as a Markdown table"
    )


def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
    """Tell a check that proved nothing from one that did."""
    result = _result(report) if isinstance(report, pytest.TestReport) else None
    if result is None or result.verdict not in _SIGNS:
        return None
    return result.verdict.value, _SIGNS[result.verdict], f"{result.verdict.value.upper()} ({result.reason})"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the scorecard, and write it where that was asked for."""
    results = list(_results(terminalreporter))
    if not results:
        return
    terminalreporter.section("conformance of ledger adapters")
    for line in summary(results):
        terminalreporter.write_line(line)
    if file := config.getoption("scorecard"):
        Path(file).write_text(table(results), encoding="utf-8")
        terminalreporter.write_line(f"The scorecard is in {file}.")


def _results(reporter: pytest.TerminalReporter) -> Iterator[Result]:
    for reports in reporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and (result := _result(report)) is not None:
                yield result


def _result(report: pytest.TestReport) -> Result | None:
    """What a report tells of a check; ``None`` when it is of something else."""
    told = dict(report.user_properties)
    if report.when != "call" or _TRIED not in told:
        return None
    adapter, side, software, check = (str(each) for each in _texts(told[_TRIED]))
    proof = Proof(adapter=adapter, side=Side(side), software=software)
    if report.failed or _VERDICT not in told:
        return Result(proof=proof, check=check, verdict=Verdict.FAILED)
    verdict, reason = _texts(told[_VERDICT])
    return Result(proof=proof, check=check, verdict=Verdict(verdict), reason=reason)


def _texts(told: object) -> list[str]:
    """Texts that were recorded with a test, also when they came from another process as a list of anything."""
    assert isinstance(told, list)
    return [str(each) for each in told]
