"""What all tests share: empty databases of both kinds, and a plain account of what could not be run.

``database_url``           a fresh empty database, on SQLite and again on PostgreSQL (a SQLAlchemy URL)
``sqlite_url``             the SQLite one alone
``postgres_database_url``  the PostgreSQL one alone
``postgres_url``           the PostgreSQL server, for tests that make databases (``tests.postgres``)
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import postgres, tenancy

pytest_plugins = ["pytester", "connector.ledgers.conformance.plugin"]

STRICT = "CONNECTOR_CI_STRICT"
# A test with such a marker needs one of these programs.
PROGRAMS = {
    "needs_browser": ("a browser", ("chromium", "chromium-browser", "google-chrome")),
    "needs_hledger": ("hledger", ("hledger",)),
    "needs_ledger": ("ledger", ("ledger",)),
    "needs_pg_dump": ("pg_dump", ("pg_dump",)),
    "needs_office": ("LibreOffice", ("soffice", "libreoffice")),
    "needs_systemd": ("systemd", ("systemd-analyze",)),
}

_SERVER_FOLDER = pytest.StashKey[Path]()
_RUN = pytest.StashKey[int]()

# No deadline: on a busy machine time says nothing about the code.
settings.register_profile("short", deadline=None)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    """Forget the developer's own settings, and agree on one PostgreSQL for all workers of this run."""
    for name in [name for name in os.environ if name.startswith("CONNECTOR_") and name != STRICT]:
        del os.environ[name]
    tenancy.watch()
    workers: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workers is None:
        config.stash[_SERVER_FOLDER], config.stash[_RUN] = postgres.new_folder(), os.getpid()
    else:
        config.stash[_SERVER_FOLDER], config.stash[_RUN] = Path(workers["server_folder"]), workers["run"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker which server is this run's; only xdist calls this."""
    node.workerinput["server_folder"] = str(node.config.stash[_SERVER_FOLDER])
    node.workerinput["run"] = node.config.stash[_RUN]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL with the run, however the run ended."""
    if config.stash.get(_RUN, None) == os.getpid():
        postgres.stop(config.stash[_SERVER_FOLDER])


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """The PostgreSQL server of this run, as a role that may create databases and is no superuser."""
    return postgres.server_url(pytestconfig.stash[_SERVER_FOLDER], owner=pytestconfig.stash[_RUN])


@pytest.fixture
def postgres_database_url(postgres_url: str) -> Iterator[str]:
    """A fresh empty PostgreSQL database."""
    url = postgres.create_database(postgres_url)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite database, whose file does not exist yet."""
    return f"sqlite:///{tmp_path / 'connector.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh empty database of each kind."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_database_url"
    url: str = request.getfixturevalue(fixture)
    return url


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Do not run a test whose system program, or right, is missing; the summary names it."""
    if item.get_closest_marker("needs_root") and os.geteuid() != 0:
        pytest.skip("not run: only root may mount a disk")
    for marker, (title, programs) in PROGRAMS.items():
        if item.get_closest_marker(marker) and not any(shutil.which(program) for program in programs):
            pytest.skip(f"not run: {title} is not installed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not run and why, before pytest's own last line."""
    reasons = _not_run(terminalreporter)
    if not reasons:
        return
    terminalreporter.section("what was not run")
    for reason, tests in sorted(reasons.items()):
        terminalreporter.write_line(f"{tests} {'test' if tests == 1 else 'tests'} {reason}")
    if os.environ.get(STRICT) == "1":
        terminalreporter.write_line(f"{STRICT}=1: this counts as a failure.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In continuous integration a test that was not run is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get(STRICT) == "1" and reporter is not None and _not_run(reporter) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _not_run(reporter: pytest.TerminalReporter) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        _, _, reason = report.longrepr
        reasons[reason.removeprefix("Skipped: ")] += 1
    return reasons
