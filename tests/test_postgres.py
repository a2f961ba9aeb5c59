"""The PostgreSQL that the tests start for themselves."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from tests import postgres


def test_each_database_is_fresh_and_empty(database_url: str) -> None:
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE trace (id INTEGER)"))
    engine.dispose()


def test_the_role_is_no_superuser(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        superuser = connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar_one()
    engine.dispose()
    assert superuser is False


def test_a_database_can_be_the_template_of_others(postgres_database_url: str) -> None:
    template = create_engine(postgres_database_url)
    with template.begin() as connection:
        connection.execute(text("CREATE TABLE ledger (id INTEGER)"))
    template.dispose()

    copy = postgres.create_database(postgres_database_url, template=str(make_url(postgres_database_url).database))

    engine = create_engine(copy)
    assert inspect(engine).get_table_names() == ["ledger"]
    postgres.drop_database(copy)  # although the engine still holds a connection
    engine.dispose()


def test_without_a_system_postgresql_the_bundled_one_serves() -> None:
    folder = postgres.new_folder()
    try:
        url = postgres.server_url(folder, owner=os.getpid(), binaries=postgres.bundled_binaries())
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()
    finally:
        postgres.stop(folder)
    assert not folder.exists()


def test_the_server_ends_with_a_run_that_was_killed() -> None:
    folder = postgres.new_folder()
    with subprocess.Popen(["sleep", "60"]) as run:
        postgres.server_url(folder, owner=run.pid)
        run.kill()
    assert _gone(folder, within_seconds=15)


def test_binaries_on_the_path_come_first(tmp_path: Path) -> None:
    for program in ("initdb", "pg_ctl"):
        (tmp_path / program).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    assert postgres.find_binaries(str(tmp_path)) == tmp_path.resolve()


def _gone(folder: Path, *, within_seconds: float) -> bool:
    give_up = time.monotonic() + within_seconds
    while time.monotonic() < give_up:
        if not folder.exists():
            return True
        time.sleep(0.05)
    pytest.fail(f"{folder} is still there")
