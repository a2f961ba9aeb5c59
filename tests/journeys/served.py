"""A service or worker that runs as it is installed, seen by the lines of its log and by what it tells its manager."""

from __future__ import annotations

import json
import queue
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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
            try:
                line = self._arriving.get(timeout=PATIENCE)
            except queue.Empty:
                line = None
            assert line is not None, f"ended, or waited in vain, without '{words}': {self.lines}"
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
def serving(office: Office, *arguments: str, command: str = "serve", **more: Any) -> Iterator[Served]:
    process = office.start(command, "--json", *arguments, **more)
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


@contextmanager
def listening(folder: Path) -> Iterator[tuple[str, socket.socket]]:
    """A service manager of ours: the address of its socket, and the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        address = str(folder / "notify")
        manager.bind(address)
        manager.settimeout(PATIENCE)
        yield address, manager


def hear(manager: socket.socket, wanted: str) -> dict[str, str]:
    """The next message that sets ``wanted``, as names and values."""
    while True:
        told = dict(line.split("=", 1) for line in manager.recv(4096).decode().splitlines())
        if wanted in told:
            return told


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def asked(port: int, path: str) -> tuple[int, str]:
    """What a service on this computer answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=PATIENCE) as answer:
        return answer.status, answer.read().decode()
