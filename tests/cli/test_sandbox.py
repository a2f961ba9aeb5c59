"""``connector sandbox``: it serves, says where, and refuses what it cannot do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import requests

from tests.cli.conftest import Connector


def test_it_serves_until_interrupted(folder: Path) -> None:
    command = [sys.executable, "-m", "connector", "sandbox", "--port", "0", "--json", "--months", "2"]
    command += ["--customers", "3", "--today", "2025-03-28", "--fault", "429:retry-after=1", "--cache", "kept"]
    command += ["--fault", "cd-215"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, env=os.environ) as served:
        assert served.stdout is not None
        told = ""
        while not told.endswith("\n}\n"):
            told += served.stdout.readline()
        answer = json.loads(told)
        key = {"Authorization": f"Bearer {answer['keys']['nl']}"}
        dates = {"startDate": "20250101", "endDate": "20250328"}
        asked = [requests.get(f"{answer['url']}/invoices", params=dates, headers=key, timeout=10) for _ in "12"]
        old = requests.get(f"{answer['billing_url']}/v4/invoices", params=dates, headers=key, timeout=10)
        number = asked[1].json()["Invoices"][0]["Header"]["InvoiceID"]
        paper = requests.get(answer["papers"].replace("NUMBER.pdf", f"{number}.xml"), timeout=10)
        served.send_signal(signal.SIGINT)
    assert [each.status_code for each in asked] == [429, 200]
    assert number in paper.text
    assert old.content.startswith(b"<?xml")
    assert old.headers["Content-Disposition"].endswith('"invoices_v2.xml"')
    assert answer["today"] == "2025-03-28"
    assert served.returncode in (0, 130)
    assert list((folder / "kept").iterdir())


def test_faults_are_listed_and_checked(connector: Connector) -> None:
    assert "429" in connector("sandbox", "--list-faults").out
    named = connector("sandbox", "--list-faults", "--json").json
    assert {"slow", "cd-204", "cd-508", "vendor-grouping"} <= set(named)
    assert all(named.values())
    ran = connector("sandbox", "--port", "0", "--fault", "nothing")
    assert ran.code == 3
    assert "Choose one of" in ran.err


def test_a_port_that_is_taken_is_said(connector: Connector) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = connector("sandbox", "--port", str(taken.getsockname()[1]), "--months", "1")
    assert ran.code == 3
    assert "--port" in ran.err
