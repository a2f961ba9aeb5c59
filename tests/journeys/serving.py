"""A service that runs as it is installed, with the lines of its log: for the tests of it."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.journeys.office import Office

PATIENCE = 60
"""Seconds after which a test gives up on a process."""


class Served:
    """A service that runs, with the lines of its log."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._arriving: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._arriving.put(json.loads(line))
        self._arriving.put(None)

    def until(self, words: str, administration: str = "") -> dict[str, Any]:
        """The next line of the log with these words."""
        while True:
            line = self._arriving.get(timeout=PATIENCE)
            assert line is not None, f"ended without '{words}': {self.lines}"
            self.lines.append(line)
            if words in line["message"] and administration in line.get("administration", ""):
                return line

    def tell(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        self.tell(number)
        code = self.process.wait(PATIENCE)
        self._reading.join(PATIENCE)
        while (line := self._arriving.get(timeout=PATIENCE)) is not None:
            self.lines.append(line)
        assert all("error" not in line for line in self.lines), "no traceback"
        return code


@contextmanager
def serving(office: Office, *arguments: str) -> Iterator[Served]:
    process = office.start("serve", "--json", *arguments)
    served = Served(process)
    try:
        yield served
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        served._reading.join(PATIENCE)
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
