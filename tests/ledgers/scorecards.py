"""Writes the scorecards of our adapters into docs/adapters.md, between their markers.

``python -m tests.ledgers.scorecards`` writes all of them; names of groups after it write those only, for adapters whose
software is not on every machine. A new group is a function in ``GROUPS`` and a pair of markers on the page.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from connector.ledgers.conformance.counterpart import Counterpart
from connector.ledgers.conformance.scorecard import Result, explained, table, try_all
from tests.ledgers.counterparts import daybook_counterpart, our_counterpart
from tests.ledgers.exact_counterpart import exact_counterpart
from tests.ledgers.odoo_counterpart import odoo_counterpart
from tests.ledgers.opening import KINDS
from tests.ledgers.tutorial import PAGE, adapter


def _files() -> list[Result]:
    return [result for kind in KINDS for result in try_all(partial(_in_a_folder, kind))]


@contextmanager
def _in_a_folder(kind: str) -> Iterator[Counterpart]:
    with tempfile.TemporaryDirectory() as folder:
        yield our_counterpart(kind, Path(folder))


def _daybook() -> list[Result]:
    return try_all(lambda: daybook_counterpart(adapter()))


def _odoo() -> list[Result]:
    return [result for api in ("jsonrpc", "json2") for result in try_all(partial(odoo_counterpart, api))]


def _exact() -> list[Result]:
    return try_all(exact_counterpart)


GROUPS: Mapping[str, Callable[[], str]] = {
    "checks": explained,
    "files": lambda: table(_files()),
    "exact": lambda: table(_exact()),
    "odoo": lambda: table(_odoo()),
    "daybook": lambda: table(_daybook()),
}


def between(page: str, group: str) -> str:
    """What stands in ``page`` between the markers of ``group``."""
    found = re.search(rf"<!-- scorecard {group} -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert found, f"docs/adapters.md has no markers of the group {group}"
    return found[1].strip("\n")


def made(group: str) -> str:
    """The scorecard of ``group`` as it is now."""
    return GROUPS[group]().strip("\n")


def main() -> None:
    """Write the scorecards that are asked for."""
    page = PAGE.read_text(encoding="utf-8")
    for group in sys.argv[1:] or GROUPS:
        marker = f"<!-- scorecard {group} -->\n"
        page = page.replace(f"{marker}{_block(between(page, group))}", f"{marker}{_block(made(group))}")
    PAGE.write_text(page, encoding="utf-8")


def _block(content: str) -> str:
    return f"\n{content}\n\n" if content else ""


if __name__ == "__main__":
    main()
