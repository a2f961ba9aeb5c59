"""``connector serve`` as it is, but that its clock is kept by another process (``tests.year.clock``).

Time stands still while the program works, and leaps to the next moment when it only waits. Nothing else is replaced but
how long SQLite waits for another writer, since that waiting is real.
"""

from __future__ import annotations

import datetime
import json
import os
import socket
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

import apscheduler.schedulers.base
from apscheduler.executors.pool import ThreadPoolExecutor

import connector.service.clock
from connector.service import serving
from connector.store.database import Database

BUSY_SECONDS = 1.0
_EXECUTORS: list[ThreadPoolExecutor] = []


class Counted(ThreadPoolExecutor):  # type: ignore[misc]
    """An executor that is asked how much it has under way."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        _EXECUTORS.append(self)


def busy() -> int:
    """How many runs are under way."""
    return sum(sum(each._instances.values()) for each in _EXECUTORS)


class Followed(connector.service.clock.Clock):
    """Shows what the other process says, and the real time since: so no two moments are the same."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address)
        self._told = threading.Condition()
        self._turn, self._moment, self._at = 0, datetime.datetime.min.replace(tzinfo=datetime.UTC), 0.0
        self._say(pid=os.getpid())
        threading.Thread(target=self._listen, daemon=True).start()
        with self._told:
            assert self._told.wait_for(lambda: self._turn, 30)

    def _say(self, **what: Any) -> None:
        self._socket.sendall(f"{json.dumps(what)}\n".encode())

    def _listen(self) -> None:
        for line in self._socket.makefile():
            said = json.loads(line)
            with self._told:
                self._turn, self._at = said["turn"], time.monotonic()
                self._moment = datetime.datetime.fromtimestamp(said["now"], datetime.UTC)
                self._told.notify_all()

    def now(self) -> datetime.datetime:
        """The moment."""
        with self._told:
            return self._moment + datetime.timedelta(seconds=time.monotonic() - self._at)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Wait until the other process says that the time has come, or has gone back."""
        begun = self.now()
        until, said = begun.timestamp() + seconds, (0, 0)
        while not event.is_set() and begun <= self.now() and self.now().timestamp() < until:
            turn, now_busy = self._turn, busy()
            if said != (turn, now_busy):
                self._say(turn=turn, until=until, busy=now_busy)
                said = (turn, now_busy)
            with self._told:
                self._told.wait_for(lambda turn=turn: self._turn != turn, 0.003)  # type: ignore[misc]


def main() -> None:
    """Become the command: the address of the clock, then its arguments."""
    from connector.cli import main as command

    clock = Followed(sys.argv[1])
    connector.service.clock.Clock = lambda: clock  # type: ignore[assignment, misc]
    vars(serving).update(LONGEST_SECONDS=1e7, ThreadPoolExecutor=Counted)
    followed = SimpleNamespace(now=lambda zone: clock.now().astimezone(zone))
    vars(apscheduler.schedulers.base).update(datetime=followed)
    defaults = Database.__init__.__kwdefaults__
    assert defaults is not None
    defaults["busy_seconds"] = BUSY_SECONDS
    sys.argv = ["connector", *sys.argv[2:]]
    command()


if __name__ == "__main__":
    main()
