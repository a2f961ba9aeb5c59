"""The workers of a soak, as they are installed: started, killed at random, started again, and stopped."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.soak.town import TODAY

ROOT = Path(__file__).parents[2]
PATIENCE = 60
"""Seconds after which a worker that was told to stop is given up."""


@dataclass(kw_only=True)
class Worker:
    """A process, where its log goes, and when it was killed (seconds since 1970), if it was."""

    process: subprocess.Popen[bytes]
    log: Path
    file: IO[bytes]
    killed_at: float | None = None


@dataclass(kw_only=True)
class Fleet:
    """``size`` workers in ``folder`` that do ``side_by_side`` jobs each; ``all`` are those there ever were."""

    folder: Path
    url: str
    size: int
    side_by_side: int
    chance: random.Random
    all: list[Worker] = field(default_factory=list)

    @property
    def running(self) -> list[Worker]:
        """Those that nobody killed."""
        return [each for each in self.all if each.process.poll() is None]

    def fill(self) -> None:
        """Start as many as are missing."""
        for _ in range(self.size - len(self.running)):
            log = self.folder / f"worker-{len(self.all)}.log"
            file = log.open("wb")
            command = [sys.executable, "-m", "connector", "worker", "--json", "--today", str(TODAY)]
            process = subprocess.Popen(
                [*command, "--side-by-side", str(self.side_by_side)],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
            self.all.append(Worker(process=process, log=log, file=file))

    def kill_one(self) -> None:
        """Kill one without warning, and start another."""
        victim = self.chance.choice(self.running)
        victim.process.kill()
        victim.process.wait()
        victim.killed_at = time.time()
        self.fill()

    def stop(self) -> list[int]:
        """Tell all to stop; their exit codes."""
        last = self.running
        for each in last:
            each.process.send_signal(signal.SIGTERM)
        codes = [each.process.wait(PATIENCE) for each in last]
        for each in self.all:
            each.file.close()
        return codes

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONNECTOR_", "COPACO_"))}
        return {**kept, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "CONNECTOR_DATABASE_URL": self.url}


def cpu_seconds() -> float:
    """CPU seconds of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def machine_seconds() -> float:
    """CPU seconds that this machine has worked, whoever for."""
    names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    ticks = dict(zip(names, map(int, first), strict=False))
    return sum(ticks[each] for each in names if each not in ("idle", "iowait", "steal")) / os.sysconf("SC_CLK_TCK")
