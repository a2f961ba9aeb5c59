"""The clock of services that run in processes of their own: it leaps when all of them only wait."""

from __future__ import annotations

import datetime
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 120
"""Seconds after which a process that neither waits nor ends is given up."""
SLOW_SECONDS = 1.0
"""How long a run must last for that."""


class Process:
    """One service: what it said last."""

    def __init__(self, started: subprocess.Popen[bytes]) -> None:
        self.started = started
        self.connection: socket.socket | None = None
        self.said: dict[str, Any] = {}
        self.heard = b""

    @property
    def ended(self) -> bool:
        """Whether it is there no more."""
        return self.started.poll() is not None


class Timekeeper:
    """Keeps ``now`` for the services that it starts."""

    def __init__(self, folder: Path, now: datetime.datetime) -> None:
        self.now, self.turn = now, 1
        self.ahead = datetime.timedelta()
        """By how much what is shown is wrong."""
        self.leaves_slow = False
        """Whether time goes on beside a run that lasts for long; otherwise it waits for every run."""
        self.processes: list[Process] = []
        self.leaps = 0
        self._address = str(folder / "clock")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self._address)
        self._listening.listen()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ, None)

    def start(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], told: Path) -> Process:
        """Start ``connector`` with these arguments; what it writes to stderr is added to the file ``told``."""
        with told.open("ab") as stderr:
            started = subprocess.Popen(
                [sys.executable, "-m", "tests.year.served", self._address, *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self.processes.append(Process(started))
        return self.processes[-1]

    def settle(self) -> datetime.datetime | None:
        """Wait until all of them only wait, or work for long; the soonest moment for which one waits. ``None`` when one
        has ended."""
        begun = time.monotonic()
        while True:
            assert time.monotonic() < begun + PATIENCE, f"a service neither waits nor ends: {self._shown()}"
            self._hear()
            if any(each.ended for each in self.processes):
                return None
            slow = self.leaves_slow and time.monotonic() > begun + SLOW_SECONDS
            if all(self._waits(each, slow=slow) for each in self.processes):
                soonest = min(float(each.said["until"]) for each in self.processes)
                return datetime.datetime.fromtimestamp(soonest, datetime.UTC) - self.ahead

    def _waits(self, process: Process, *, slow: bool) -> bool:
        return process.said.get("turn") == self.turn and (slow or not process.said["busy"])

    def _shown(self) -> list[Any]:
        return [(each.started.pid, each.said) for each in self.processes]

    def leap(self, to: datetime.datetime) -> None:
        """Let it be ``to``, and say so."""
        self.now, self.turn, self.leaps = to, self.turn + 1, self.leaps + 1
        for each in self.processes:
            self._say(each)

    def _say(self, process: Process) -> None:
        if process.connection is not None:
            said = {"turn": self.turn, "now": (self.now + self.ahead).timestamp()}
            try:
                process.connection.sendall(f"{json.dumps(said)}\n".encode())
            except OSError:
                process.connection = None

    def _hear(self) -> None:
        for key, _ in self._selector.select(0.01):
            if key.data is None:
                accepted, _ = self._listening.accept()
                self._selector.register(accepted, selectors.EVENT_READ, bytearray())
                continue
            heard, connection = key.data, key.fileobj
            assert isinstance(connection, socket.socket)
            try:
                more = connection.recv(65536)
            except OSError:
                more = b""
            if not more:
                self._selector.unregister(connection)
                connection.close()
                continue
            heard += more
            while b"\n" in heard:
                line, _, rest = bytes(heard).partition(b"\n")
                heard[:] = rest
                self._take(connection, json.loads(line))

    def _take(self, connection: socket.socket, said: dict[str, Any]) -> None:
        if "pid" in said:
            (process,) = [each for each in self.processes if each.started.pid == said["pid"]]
            process.connection = connection
            self._say(process)
            return
        for each in self.processes:
            if each.connection is connection:
                each.said = said

    def end(self, process: Process, number: int = signal.SIGTERM) -> int:
        """End a service; its exit code."""
        if not process.ended:
            os.kill(process.started.pid, number)
        code = process.started.wait(PATIENCE)
        self.processes.remove(process)
        return code

    def close(self) -> None:
        """End what still runs."""
        for each in list(self.processes):
            self.end(each, signal.SIGKILL)
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()
