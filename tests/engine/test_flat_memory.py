"""Memory is bounded by the largest invoice and not by the window: many invoices cost no more than few."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from connector.store.database import Database
from tests.engine.children import ROOT

MEGABYTE = 1024
"""In the kilobytes that the operating system counts in."""


def test_four_times_the_invoices_take_hardly_more_memory(sqlite: Database, tmp_path: Path) -> None:
    url = sqlite._url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.engine.children", "memory", url, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    few, many = map(int, done.stdout.split())
    # The lines of the many alone would be some forty megabytes.
    assert many - few < 15 * MEGABYTE, f"{few} kB for few invoices, {many} kB for many"


def test_papers_for_a_thousand_customers_take_hardly_more_memory_than_for_fifty(
    sqlite: Database, tmp_path: Path
) -> None:
    url = sqlite._url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.engine.children", "papers", url, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    few, many = map(int, done.stdout.split())
    assert many - few < 15 * MEGABYTE, f"{few} kB for few customers, {many} kB for many"
