"""The conformance kit finds what is wrong with an adapter, says where, and finds nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import connector.ledgers.http  # noqa: F401 - a run within this process forgets what it was the first to import
from connector.ledgers.conformance.catalogue import CHECKS
from tests.ledgers.broken import EXPECTED

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
def test_a_defect_is_found_by_its_check_and_by_no_other(kit: pytest.Pytester, name: str) -> None:
    kit.makepyfile(TESTS.format(name=name))
    run = kit.inline_run("-p", "no:cacheprovider", "-n0")
    passed, skipped, failed = run.listoutcomes()
    assert sorted(report.nodeid.partition("[")[2] for report in failed) == sorted(f"{each}]" for each in EXPECTED[name])
    assert len(passed) == len(CHECKS) - len(failed)
    assert skipped == []
    assert run.ret == pytest.ExitCode.TESTS_FAILED


def test_every_check_can_fail() -> None:
    assert {check for checks in EXPECTED.values() for check in checks} == {check.name for check in CHECKS}
