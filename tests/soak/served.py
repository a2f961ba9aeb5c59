"""The made-up Copaco of a soak, in a process of its own: three servers, of which one is slow and one answers nonsense.

Run as a module: COUNT LINES SLOW POISONED CACHE. It prints the three addresses, and answers each line with a date on
standard input with 'ok' once it is that day.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from connector.sandbox import Sandbox
from tests.soak.town import DAYS, Town

ROOT = Path(__file__).parents[2]
FAULTS = {
    "sound": (),
    "slow": ("slow:delay=0.2,size=65536,times=always",),
    "poisoned": ("shape:value=broken,times=always",),
}


class Copaco:
    """The servers, seen from the soak. A context."""

    def __init__(self, town: Town, cache: Path) -> None:
        numbers = (town.count, town.lines, town.slow, town.poisoned)
        self._command = [sys.executable, "-m", "tests.soak.served", *map(str, numbers), str(cache)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.urls: dict[str, str] = json.loads(self._process.stdout.readline())
        return self

    def today(self, day: datetime.date) -> None:
        """Let it be ``day`` there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{day}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ok\n"

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.terminate()
        self._process.wait()


def main() -> None:
    """Serve until standard input ends."""
    *numbers, cache = sys.argv[1:]
    count, lines, slow, poisoned = map(int, numbers)
    town = Town(count=count, lines=lines, slow=slow, poisoned=poisoned)
    with ExitStack() as stack:
        servers = {}
        for kind, faults in FAULTS.items():
            names = tuple(name for name in town.names if town.kind(name) == kind) or town.names[:1]
            made = Sandbox(town.world(names), today=Town.answers_of(DAYS[0]), cache_dir=Path(cache), faults=faults)
            servers[kind] = stack.enter_context(made)
        print(json.dumps({kind: server.url for kind, server in servers.items()}), flush=True)
        for line in sys.stdin:
            for server in servers.values():
                server.today = Town.answers_of(datetime.date.fromisoformat(line.strip()))
            print("ok", flush=True)


if __name__ == "__main__":
    main()
