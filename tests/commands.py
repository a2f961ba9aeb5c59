"""Commands in processes of their own, forked from one that has read in the program: most of what a short command costs.

What is killed is better started as a program of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import connector
from tests import tenancy

PATIENCE_SECONDS = 300
_NOT_READ_IN = ("connector.ledgers.conformance", "connector.migrations", "connector.mappings", "connector.__main__")

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    [
        name
        for _, name, _ in pkgutil.walk_packages(connector.__path__, "connector.")
        if not name.startswith(_NOT_READ_IN)
    ]
    + ["alembic.command", "sqlalchemy.dialects.sqlite", "psycopg"]
)


def command(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], given: str = ""
) -> tuple[int, str, str]:
    """Run the command in ``folder`` with exactly this environment and ``given`` to read; its exit code, what it wrote
    to stdout, and to stderr."""
    with tempfile.TemporaryDirectory() as made:
        streams = [Path(made, name) for name in ("in", "out", "err")]
        streams[0].write_text(given, encoding="utf-8")
        code = ended(begun(arguments, folder, environment, streams))
        out, err = (path.read_text(encoding="utf-8") for path in streams[1:])
    return code, out, err


def begun(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: Sequence[Path]
) -> ForkServerProcess:
    """Begin a command whose stdin, stdout and stderr are these files or terminals."""
    process = _processes.Process(target=_work, args=(list(arguments), folder, dict(environment), streams))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Wait for the end of a command; its exit code."""
    process.join(PATIENCE_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return code


def _work(arguments: list[str], folder: Path, environment: Mapping[str, str], streams: Sequence[Path]) -> None:
    """Become the command, as the interpreter would have begun it."""
    for number, (path, mode) in enumerate(zip(streams, ("r", "w", "w"), strict=True)):
        with path.open(mode) as file:
            os.dup2(file.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
        for number, mode in ((0, "r"), (1, "w"), (2, "w"))
    )
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.path[:0] = ["", *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["connector", *arguments]
    if environment.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    from connector.cli import main

    tenancy.watch()
    main()
