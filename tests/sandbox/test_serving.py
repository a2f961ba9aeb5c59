"""Serving in a process of its own, as the command does."""

from __future__ import annotations

import signal
import subprocess
import sys

import requests

SERVE = """
import datetime as dt, sys
from connector.sandbox import demo_world, serve_forever
today = dt.date(2025, 2, 3)
world = demo_world(today, months=2, customers=5)
serve_forever(
    world, today=today, faults=["500:endpoint=products"], started=lambda sandbox: print(sandbox.url, flush=True)
)
print("stopped")
"""


def test_serves_until_it_is_interrupted() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().strip()
        headers = {"Authorization": "Bearer sandbox-be"}
        assert requests.get(f"{url}/products", headers=headers, timeout=30).status_code == 500
        assert requests.get(f"{url}/invoices", headers=headers, timeout=30).json()["Invoices"]
        serving.send_signal(signal.SIGINT)
        assert serving.stdout.read() == "stopped\n"
    assert serving.returncode == 0
