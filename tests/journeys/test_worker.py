"""Many workers as they are installed: they share the work through the database, obey signals, and lose nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from tests import postgres
from tests.journeys.office import Office
from tests.journeys.served import serving


@pytest.fixture
def office(prepared_folder: Path, prepared_database: str, tmp_path: Path, sandbox: Sandbox) -> Iterator[Office]:
    """A copy of the prepared office on PostgreSQL."""
    shutil.copytree(prepared_folder, tmp_path / "office", ignore=shutil.ignore_patterns("connector.db*"))
    url = postgres.create_database(prepared_database, template=prepared_database.rpartition("/")[2])
    yield Office(folder=tmp_path / "office", url=url)
    postgres.drop_database(url)


def test_a_run_is_three_jobs_one_after_the_other(office: Office) -> None:
    office.set("auto_post", '"all"')
    with serving(office, command="worker") as worker:
        worker.until("working: 1 administration, next acme")
        for verb, told in (("pull", "answers"), ("prepare", "now ready"), ("deliver", "posted")):
            assert worker.until(told, "acme")["action"] == verb
        begun = time.monotonic()
        assert worker.end() == 0
        assert time.monotonic() - begun < 10
    assert worker.lines[-1]["message"] == "stopped"
    assert office.states()["posted"]
    office.proves()
