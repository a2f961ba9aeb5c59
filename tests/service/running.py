"""Runners in processes of their own, and a gate between them and the sandbox that sees who asks when.

Every administration asks the sandbox through the gate under its own name, so that the gate can hold up one of them, and
notices when two runs of one administration are at work at once.
"""

from __future__ import annotations

import dataclasses
import datetime
import http.server
import json
import multiprocessing
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Literal

from connector import config, log
from connector.domain.schedule import Schedule
from connector.service.jobs import JobRunner
from connector.service.queued import Workers
from connector.service.runs import Runs
from connector.service.serving import Service
from tests import tenancy
from tests.journeys.office import TODAY

Kind = Literal["embedded", "queued"]
PATIENCE = 60
"""Seconds after which a test gives up."""
SECONDLY = Schedule(every=datetime.timedelta(seconds=1), spread=datetime.timedelta())
_processes = multiprocessing.get_context("forkserver")


def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is true."""
    for _ in range(PATIENCE * 20):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited in vain until {what}")


class Runner:
    """A runner at work, with the lines of its log."""

    def __init__(self, process: ForkServerProcess, log_file: Path) -> None:
        self.process, self._log_file = process, log_file

    @property
    def lines(self) -> list[dict[str, Any]]:
        text = self._log_file.read_text(encoding="utf-8") if self._log_file.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def begun(self) -> list[str]:
        """The administrations whose runs were begun, in that order."""
        return [each["administration"] for each in self._first("begun")]

    def done(self) -> list[str]:
        """The administrations whose runs came to their end, in that order."""
        return [each["administration"] for each in self.lines if " posted" in each["message"]]

    def _first(self, message: str) -> list[dict[str, Any]]:
        return [each for each in self.lines if each["message"] == message and each["action"] in ("sync", "pull")]

    def stop(self) -> None:
        """End it as an operator does; it must end well."""
        assert self.process.pid is not None
        until(lambda: any(each["message"].startswith(("serving: ", "working: ")) for each in self.lines), "it listens")
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.join(PATIENCE)
        assert self.process.exitcode == 0, self.lines
        assert not [line for line in self.lines if "error" in line], "no traceback"

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.join(PATIENCE)


@contextmanager
def running(
    kind: Kind, folder: Path, url: str, *, side_by_side: int = 2, secondly: bool = False, lost_seconds: float = 30
) -> Iterator[Runner]:
    """A runner of all administrations of the settings in ``folder``. On a busy machine a sign of life may be late, so
    ``lost_seconds`` are few only where somebody is lost."""
    log_file = folder / f"log-{time.monotonic_ns()}.jsonl"
    process = _processes.Process(target=_run, args=(kind, folder, url, log_file, side_by_side, secondly, lost_seconds))
    process.start()
    runner = Runner(process, log_file)
    try:
        yield runner
    except BaseException:
        print(*runner.lines, sep="\n")  # for whoever reads why a test failed
        raise
    finally:
        if process.is_alive():
            runner.kill()
        process.close()


def _run(
    kind: Kind,
    folder: Path,
    url: str,
    log_file: Path,
    side_by_side: int,
    secondly: bool,
    lost_seconds: float,
) -> None:
    tenancy.watch()
    os.chdir(folder)
    log.start(run="", secrets=config.revealed, verbosity=1, as_json=True, file=log_file)

    def load() -> config.Settings:
        read = config.load(folder / "connector.toml", environ={"CONNECTOR_DATABASE_URL": url})
        if not secondly:
            return read
        often = tuple(dataclasses.replace(each, schedule=SECONDLY) for each in read.administrations)
        return dataclasses.replace(read, administrations=often)

    runs = Runs(actor="test", today=lambda: TODAY)
    runner: JobRunner = (
        Service(load, runs, side_by_side=side_by_side)
        if kind == "embedded"
        else Workers(load, runs, side_by_side=side_by_side, look_seconds=0.5, lost_seconds=lost_seconds)
    )
    os._exit(0 if runner.serve(patience_seconds=20) else 1)


class Gate:
    """Passes questions on to ``target``. ``asking`` are the administrations with a question under way, ``most`` the
    most at once; those of ``held`` are not answered until it is opened. ``delay`` makes all others slower."""

    def __init__(self, target: str) -> None:
        self.target, self.delay = target, 0.0
        self.held: set[str] = set()
        self.opened = threading.Event()
        self.asking: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.url = ""

    def pass_on(self, name: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Answer a question of the administration ``name``."""
        with self.lock:
            self.asking[name] += 1
            self.asked[name] += 1
            self.most[name] = max(self.most[name], self.asking[name])
        try:
            if name in self.held:
                self.opened.wait(PATIENCE)
            time.sleep(self.delay)
            try:
                with urllib.request.urlopen(urllib.request.Request(self.target + path, headers=headers)) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()
        finally:
            with self.lock:
                self.asking[name] -= 1


@contextmanager
def gate(target: str) -> Iterator[Gate]:
    """A gate in front of ``target``; administrations ask it under ``url``/NAME."""
    made = Gate(target)

    class Passing(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name, _, rest = self.path.lstrip("/").partition("/")
            kept = {key: self.headers[key] for key in ("Authorization", "Accept") if key in self.headers}
            status, body = made.pass_on(name, f"/{rest}", kept)
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # whoever asked was killed
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        made.opened.set()
        server.shutdown()
        thread.join()
        server.server_close()
