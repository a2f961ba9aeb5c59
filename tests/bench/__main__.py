"""``python -m tests.bench``: run the benchmark and print its tables. Exit code 1 when a cent is lost, else 0.

A missed speed is told, not punished: how busy a machine is says nothing about the code.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.bench import delivering, forms, mapping, margins
from tests.bench.race import CONTESTANTS, Race, postgres_server, race
from tests.bench.table import shown

SIZES = {10_000: 3, 100_000: 3}
LONG = 1_000_000


def main() -> int:
    """Run what the options ask for."""
    options = _options()
    sizes = dict.fromkeys(options.lines, options.runs or 3) if options.lines else dict(SIZES)
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores; load {_load()}\n")
    if options.deciding:
        _show_deciding(options.deciding)
        return 0
    if options.margins:
        _show_margins(options.lines or [max(SIZES)], with_postgres=not options.no_postgres)
        return 0
    if options.forms:
        _show_forms()
        return 0
    print("\n".join(delivering.shown(list(delivering.delivering()))) + "\n", flush=True)
    if options.delivering:
        return 0
    races: list[Race] = []
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as place:
        for lines, runs in sizes.items():
            folder = Path(place) / str(lines)
            races.append(race(lines, folder, runs=options.runs or runs, with_postgres=not options.no_postgres))
            _show(races[-1])
            if not races[-1].lost:
                _show_deciding(mapping.store_in(folder))
        _show_forms()
        _show_margins([max(sizes)], with_postgres=not options.no_postgres)
        if options.long:
            # The others are left out: dlt takes a quarter of an hour, and memory is what this size is for.
            races.append(race(LONG, Path(place) / "long", runs=1, contestants=CONTESTANTS[:2], with_postgres=False))
            _show(races[-1])
            if not races[-1].lost:
                _show_deciding(mapping.store_in(Path(place) / "long"))
            _show_margins([LONG], with_postgres=False)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(races)) + b"\n")
    return 1 if any(each.lost for each in races) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--lines", type=int, action="append", help="only this size; may be repeated")
    parser.add_argument("--runs", type=int, help="runs of every contestant (3)")
    parser.add_argument(
        "--long", action="store_true", default=os.environ.get("BENCH_LONG") == "1", help="a million lines as well"
    )
    parser.add_argument("--no-postgres", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--deciding", type=Path, metavar="FOLDER", help="only what deciding costs, on a filled store")
    parser.add_argument("--delivering", action="store_true", help="only what delivering costs")
    parser.add_argument("--margins", action="store_true", help="only what margins cost beside loading both sides")
    parser.add_argument("--forms", action="store_true", help="only what XML of the older API costs beside its JSON")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    return parser.parse_args()


def _show(result: Race) -> None:
    print("\n".join(shown(result)) + "\n", flush=True)


def _show_deciding(folder: Path) -> None:
    print("\n".join(mapping.shown(mapping.deciding(folder))) + "\n", flush=True)


def _show_margins(sizes: Sequence[int], *, with_postgres: bool) -> None:
    _margins_on("", sizes)
    if with_postgres:
        with postgres_server() as server:
            _margins_on(server, sizes)


def _margins_on(server: str, sizes: Sequence[int]) -> None:
    """On the PostgreSQL ``server``, or on SQLite without one."""
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as place:
        small = margins.margins(margins.SMALL, Path(place) / "small", server)
        for lines in sizes:
            large = margins.margins(lines, Path(place) / str(lines), server)
            print("\n".join(margins.shown(small, large)) + "\n", flush=True)


def _show_forms() -> None:
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as place:
        print("\n".join(forms.shown(forms.forms(Path(place)))) + "\n", flush=True)


def _load() -> str:
    try:
        return f"{os.getloadavg()[0]:.1f}"
    except OSError:
        return "not known"


if __name__ == "__main__":
    sys.exit(main())
