"""The conformance kit finds what is wrong with an adapter, says where, and finds nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import connector.ledgers.http  # noqa: F401 - a run within this process forgets what it was the first to import
from connector.ledgers.conformance.catalogue import CHECKS
from connector.ledgers.conformance.probe import Verdict
from connector.ledgers.conformance.scorecard import try_all
from tests.ledgers.broken import EXPECTED, counterpart_of

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = 'pytest_plugins = ["connector.ledgers.conformance.plugin"]'
TESTS = """
    import pytest

    from connector.ledgers.conformance.plugin import Conformance
    from tests.ledgers.broken import counterpart_of

    class TestBroken(Conformance):
        @pytest.fixture
        def counterpart(self):
            with counterpart_of({name!r}) as counterpart:
                yield counterpart
"""


@pytest.fixture
def kit(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini(f"[pytest]\npythonpath = {ROOT}\nfilterwarnings = error\n")
    pytester.makeconftest(CONFTEST)
    return pytester


@pytest.mark.parametrize("name", EXPECTED)
def test_a_defect_is_found_by_its_check_and_by_no_other(name: str) -> None:
    results = try_all(partial(counterpart_of, name))
    assert {each.check for each in results if each.verdict is Verdict.FAILED} == {*EXPECTED[name]}


def test_a_check_that_fails_is_a_test_that_fails(kit: pytest.Pytester) -> None:
    name, *_ = EXPECTED
    kit.makepyfile(TESTS.format(name=name))
    run = kit.inline_run("-p", "no:cacheprovider", "-n0")
    passed, skipped, failed = run.listoutcomes()
    assert [report.nodeid.partition("[")[2] for report in failed] == [f"{each}]" for each in EXPECTED[name]]
    assert len(passed) == len(CHECKS) - len(failed)
    assert skipped == []
    assert run.ret == pytest.ExitCode.TESTS_FAILED


def test_every_check_can_fail() -> None:
    assert {check for checks in EXPECTED.values() for check in checks} == {check.name for check in CHECKS}
