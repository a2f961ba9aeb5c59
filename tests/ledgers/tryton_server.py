"""A real Tryton server for the tests: its own environment, its own process, a fresh copy of a seeded database per test.

Seeding takes half a minute and is done once for a run; a copy of the database takes a tenth of a second.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import make_url

from tests import postgres

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-tryton" / "bin" / "python"
INSIDE = Path(__file__).with_name("tryton_inside.py")
PASSWORD = "tryton-pass-4711"


def seeded(server: str, folder: Path, books: Mapping[str, Any]) -> str:
    """The name of a database with ``books``, made on first use by any worker of this run in ``folder``."""
    known = folder / "tryton-database"
    with FileLock(folder / "tryton-lock"):
        if not known.exists():
            url = postgres.create_database(server)
            name = str(make_url(url).database)
            _run(["seed", name], server, folder, text=json.dumps({**books, "password": PASSWORD}))
            known.write_text(name, encoding="utf-8")
    return known.read_text(encoding="utf-8")


@contextmanager
def serving(server: str, folder: Path) -> Iterator[str]:
    """The address of a server for all databases; it ends with the block, or with this process."""
    log = folder / f"tryton-{os.getpid()}.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [str(PYTHON), str(INSIDE), "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(server, folder),
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port, f"Tryton does not start: {log.read_text(encoding='utf-8')[-2000:]}"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)


def _run(command: list[str], server: str, folder: Path, *, text: str) -> None:
    done = subprocess.run(
        [str(PYTHON), str(INSIDE), *command],
        input=text,
        env=_environment(server, folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def _environment(server: str, folder: Path) -> dict[str, str]:
    assert PYTHON.exists(), "Tryton is not installed; run 'make .venv/installed-tryton' first"
    config = folder / f"trytond-{os.getpid()}.conf"
    address = make_url(server).set(drivername="postgresql", database="").render_as_string(hide_password=False)
    config.write_text(f"[database]\nuri = {address}\nlist = False\n", encoding="utf-8")
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TRYTOND_CONFIG": str(config), "HOME": str(folder)}
