"""The service as it is installed: it synchronises by schedule, obeys signals, and loses nothing when it is killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from connector.sandbox import RESELLER_BE, RESELLER_NL, Sandbox
from tests.journeys.office import Office
from tests.journeys.served import PATIENCE, asked, free_port, hear, listening, serving
from tests.service.collector import collecting


def test_it_synchronises_at_its_start_and_ends_when_told(office: Office) -> None:
    office.set("auto_post", '"all"')
    with serving(office) as served:
        served.until("serving: 1 administration, next acme")
        assert "posted" in served.until("now ready", "acme")["message"]
        begun = time.monotonic()
        assert served.end() == 0
        assert time.monotonic() - begun < 10
    assert [line["message"] for line in served.lines][-1] == "stopped"
    assert office.states()["posted"]
    office.proves()


def test_killed_in_the_middle_it_goes_on(new_office: Office, sandbox: Sandbox) -> None:
    new_office.set_up(RESELLER_NL, sandbox.url, auto_post='"all"')
    sandbox.faults.add("hang:delay=30,endpoint=customer-specifications,times=always")
    with serving(new_office) as served:
        served.until("begun", "acme")
        for _ in range(PATIENCE * 20):
            if new_office.rows()["fetch"]:
                break
            time.sleep(0.05)
        served.end(signal.SIGKILL)
    kept = new_office.rows()["fetch"]
    assert kept
    assert not new_office.rows()["receipt"], "it was in the middle"
    sandbox.faults.clear()
    with serving(new_office) as served:
        served.until("now ready", "acme")
        assert served.end() == 0
    assert new_office.states()["posted"]
    new_office.proves()


def test_it_stops_between_two_steps(new_office: Office, sandbox: Sandbox) -> None:
    new_office.set_up(RESELLER_NL, sandbox.url)
    new_office.change("pause_seconds = 0", "pause_seconds = 1")
    with serving(new_office) as served:
        served.until("begun", "acme")
        assert served.end(signal.SIGINT) == 0
    assert "stopped between two steps; the next run goes on from here" in [line["message"] for line in served.lines]
    new_office.run("sync")
    new_office.proves()


def test_a_step_that_hangs_is_left_after_ten_seconds(new_office: Office, sandbox: Sandbox) -> None:
    new_office.set_up(RESELLER_NL, sandbox.url)
    sandbox.faults.add("hang:delay=40,times=always")
    with serving(new_office) as served:
        served.until("begun", "acme")
        time.sleep(1)  # until it waits for the answer
        begun = time.monotonic()
        assert served.end() == 0
        assert 5 < time.monotonic() - begun < 25
    assert served.lines[-1]["message"].startswith("stopped in the middle of a step")
    sandbox.faults.clear()
    new_office.run("sync")
    new_office.proves()


def test_settings_are_read_anew_and_broken_ones_refused(
    sqlite_office: Office, sandbox: Sandbox, tmp_path: Path
) -> None:
    good = sqlite_office.toml
    with listening(tmp_path) as (address, manager):
        sqlite_office.environment["NOTIFY_SOCKET"] = address
        with serving(sqlite_office) as served:
            assert "1 administration" in hear(manager, "READY")["STATUS"]
            served.until("now ready", "acme")

            sqlite_office.toml = good.replace('country = "NL"', 'country = "XX"')
            served.tell(signal.SIGHUP)
            assert int(hear(manager, "RELOADING")["MONOTONIC_USEC"]) > 0
            refused = served.until("the settings are not taken")
            assert refused["level"] == "error"
            assert "connector.toml:" in refused["message"]
            assert hear(manager, "READY")["READY"] == "1"

            sqlite_office.toml = good
            sqlite_office.set_up(RESELLER_BE, sandbox.url, name="acme-be")
            served.tell(signal.SIGHUP)
            served.until("settings read anew: 2 administrations")
            served.until("now ready", "acme-be")
            assert served.end() == 0
        assert hear(manager, "STOPPING")["STOPPING"] == "1"
    sqlite_office.proves()


def test_signs_of_life_for_the_watchdog(sqlite_office: Office, tmp_path: Path) -> None:
    with listening(tmp_path) as (address, manager):
        sqlite_office.environment |= {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "200000"}
        with serving(sqlite_office) as served:
            for _ in range(4):
                hear(manager, "WATCHDOG")
            assert served.end() == 0


def test_one_that_fails_is_told_once_and_stops_no_other(sqlite_office: Office, sandbox: Sandbox) -> None:
    sqlite_office.set_up(RESELLER_BE, sandbox.url, name="acme-be")
    right = (sqlite_office.folder / ".env").read_text(encoding="utf-8")
    sqlite_office.change("sandbox-be", "wrong", file=".env")
    done = sqlite_office.run("serve", "--once", code=9)
    assert done.err.count(" error ") == 1
    assert "acme-be sync: " in done.err
    assert "API key" in done.err
    assert "acme sync: " in done.err
    (sqlite_office.folder / ".env").write_text(right, encoding="utf-8")
    sqlite_office.run("serve", "--once", "-a", "acme-be")
    sqlite_office.proves()


def test_two_services_never_run_one_administration_at_once(sqlite_office: Office) -> None:
    with sqlite_office.database as database, database.lock("acme"), serving(sqlite_office) as served:
        told = served.until("another run works on the administration 'acme'")
        assert told["level"] == "info", "two services meet every hour, and nothing is wrong"
        assert f"process {os.getpid()}" in told["message"]
        assert served.end() == 0
        assert " error " in sqlite_office.run("serve", "--once", code=6).err, "nobody tries again"


def test_two_services_that_begin_together_post_once(office: Office) -> None:
    office.set("auto_post", '"all"')
    with serving(office) as one, serving(office) as other:
        for served in (one, other):
            served.until("serving: 1 administration")
        for _ in range(PATIENCE * 5):
            if office.rows()["receipt"]:
                break
            time.sleep(0.2)
        assert (one.end(), other.end()) == (0, 0)
    office.run("sync")
    office.proves()
    (compared,) = office.asked("reconcile")["administrations"]
    assert compared["deviations"] == []


@pytest.mark.parametrize(("change", "code"), [('country = "XX"', 3), ("", 5)])
def test_what_cannot_begin_says_so(sqlite_office: Office, change: str, code: int) -> None:
    if change:
        sqlite_office.change('country = "NL"', change)
    else:
        (sqlite_office.folder / "connector.db").unlink()
    done = sqlite_office.run("serve", code=code)
    assert done.err.count("Error: ") == 1
    assert "Next: " in done.err


def test_it_answers_how_it_is_and_traces_what_it_does(sqlite_office: Office) -> None:
    with collecting() as collector:
        sqlite_office.toml += f'\n[service]\nlisten = "127.0.0.1:1"\ntraces = "{collector.address}"\n'
        port = free_port()
        sqlite_office.set("auto_post", '"all"')
        with serving(sqlite_office, "--listen", f"127.0.0.1:{port}") as served:
            served.until(f"listening at 127.0.0.1:{port}")
            run = served.until("now ready", "acme")["run"]
            for path in ("healthz", "readyz"):
                assert asked(port, path)[0] == 200
            status, text = asked(port, "metrics")
            assert status == 200
            assert 'connector_runs_total{action="sync",outcome="done"} 1.0' in text
            held = sqlite_office.asked("status")["administrations"][0]["totals"]["purchase"]["held"]
            assert f'connector_held_euros{{administration="acme",direction="purchase"}} {held}' in text
            assert served.end() == 0
    (traced,) = collector.named("run")
    assert traced.attributes["connector.run"] == run
    assert collector.within(traced) == ["pull", "prepare", "deliver"]
    assert collector.within(collector.named("pull")[0])[0] == "GET invoices"
    secrets = [
        line.partition("=")[2] for line in (sqlite_office.folder / ".env").read_text().splitlines() if "=" in line
    ]
    assert secrets
    for secret in secrets:
        assert secret.encode() not in collector.bytes
