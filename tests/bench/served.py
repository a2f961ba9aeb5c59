"""The sandbox in a process of its own, its answers made beforehand, and the truth about them.

Run as a module it serves: LINES, CACHE folder; prints its address.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from connector.sandbox import RESELLER_NL, Sandbox, bench_world, truths
from tests.bench.job import FIRST_DAY, RESELLER, ROOT, TODAY, Figures, Job

KEY = RESELLER_NL.keys[0].secret


def months() -> tuple[tuple[datetime.date, datetime.date], ...]:
    """The windows everyone asks for: calendar months, with a day more at both ends, as the connector does."""
    day, found = datetime.timedelta(days=1), []
    first = FIRST_DAY
    while first <= TODAY:
        following = (first + 32 * day).replace(day=1)
        found.append((first - day, min(following - day, TODAY) + day))
        first = following
    return tuple(found)


def truth(lines: int) -> dict[str, Figures]:
    """What the invoices of the world really hold, by their numbers, out of the generator's own integers."""
    world = bench_world(lines)
    found = truths(world, world.resellers[0], "invoices")
    return {each.number: Figures(each.true.lines, each.true.net, each.true.vat) for each in found}


@contextmanager
def served(lines: int, cache: Path) -> Iterator[str]:
    """The base URL of a sandbox that serves about ``lines`` purchase lines out of ``cache``, all made first."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.served", str(lines), str(cache)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert server.stdout is not None
    try:
        url = json.loads(server.stdout.readline())
        warm(url)
        yield url
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def warm(url: str) -> None:
    """Ask every window once."""
    for start, end in months():
        query = urlencode(parameters(start, end))
        request = urllib.request.Request(f"{url}/invoices?{query}", headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request) as response:
            while response.read(1 << 20):
                pass


def parameters(start: datetime.date, end: datetime.date) -> dict[str, str]:
    """The question for a window, as the API wants it."""
    return {"startDate": f"{start:%Y%m%d}", "endDate": f"{end:%Y%m%d}"}


def job_for(url: str, folder: Path) -> Job:
    """The whole job into an empty ``folder``."""
    folder.mkdir(parents=True)
    return Job(base_url=url, key=KEY, windows=months(), folder=str(folder))


def alter(cache: Path, lines: int) -> int:
    """Change the price of ``lines`` lines, in as few documents as hold twice as many; how many were changed.

    The answers stay equally long, as the server has announced them to be.
    """
    changed = 0
    for path in sorted(cache.glob("*.json")):
        parts = path.read_bytes().split(b'"ExtendedPrice":')
        at = 1
        while at < len(parts) and changed < lines:
            digit = parts[at][:1]
            if digit.isdigit():
                parts[at] = (b"1" if digit != b"1" else b"2") + parts[at][1:]
                changed += 1
            at += 2
        path.write_bytes(b'"ExtendedPrice":'.join(parts))
        if changed >= lines:
            break
    return changed


def main() -> None:
    """Serve until terminated."""
    lines, cache = int(sys.argv[1]), Path(sys.argv[2])
    world = bench_world(lines)
    assert world.resellers[0].name == RESELLER
    with Sandbox(world, today=TODAY, cache_dir=cache) as sandbox:
        sys.stdout.write(json.dumps(sandbox.url) + "\n")
        sys.stdout.flush()
        sandbox.wait()


if __name__ == "__main__":
    main()
