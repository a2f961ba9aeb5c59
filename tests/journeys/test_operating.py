"""What an operator sees of many administrations, of their runs and of what the service needs."""

from __future__ import annotations

import datetime
import json

from connector.sandbox import RESELLER_BE, Sandbox
from tests.journeys.office import Office


def five(office: Office, sandbox: Sandbox) -> None:
    """Four administrations beside the first; the key of one is refused, that of another ends in two days."""
    for name in ("be", "copy", "gone", "late"):
        office.set_up(RESELLER_BE, sandbox.url, name=name)
    office.change("[administrations.gone.source]\n", "[administrations.gone.source]\nkey_expires = 2025-02-03\n")
    office.change("COPACO_KEY_LATE=", "COPACO_KEY_LATE=wrong", file=".env")
    office.run("sync", "-a", "be")
    office.run("sync", "-a", "late", code=9)
    office.run("sync", "-a", "late", code=9)


def test_many_have_a_line_each_with_trouble_first(sqlite_office: Office, sandbox: Sandbox) -> None:
    five(sqlite_office, sandbox)
    done = sqlite_office.run("status")
    lines = [line.split()[0] for line in done.out.splitlines() if line][1:6]
    assert set(lines[:3]) == {"copy", "gone", "late"}, done
    assert "failed 2 times: SourceRefused" in done.out
    assert "never fetched" in done.out
    assert "3 administrations have trouble." in done.out
    assert "2024-12" not in done.out, "no months"
    held = sqlite_office.asked("status", "-a", "acme")["administrations"][0]["totals"]["purchase"]["held"]
    (acme,) = (line for line in done.out.splitlines() if line.startswith("acme"))
    assert held.replace(".", ".") in acme

    later = sqlite_office.run("status", today=datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=3))
    (acme,) = (line for line in later.out.splitlines() if line.startswith("acme"))
    assert "overdue since" in acme
    for arguments in (("--all",), ("-a", "acme", "-a", "be", "-a", "late", "-a", "gone"), ("--period", "2024-12")):
        assert "2024-12" in sqlite_office.run("status", *arguments).out, arguments
    assert len(sqlite_office.asked("status")["administrations"]) == 5


def test_status_tells_the_last_failure_and_the_next_run(office: Office, sandbox: Sandbox) -> None:
    (seen,) = office.asked("status")["administrations"]
    assert seen["last_run"]["error"] is None
    assert seen["last_run"]["failures"] == 0
    assert seen["next_run"] > "2025-02-01"
    assert "Next run by schedule: " in office.run("status").out
    sandbox.faults.add("status:status=401,times=always")
    office.run("sync", code=9)
    sandbox.faults.clear()
    (seen,) = office.asked("status")["administrations"]
    last = seen["last_run"]
    assert (last["failures"], last["error"]["kind"], last["action"]) == (1, "SourceRefused", "sync")
    assert last["failing_since"] == last["ended_at"]
    assert last["succeeded_at"] < last["ended_at"]
    told = office.run("status").out
    assert f"run {last['run']}" in told
    assert "next run" in office.run("admin", "show", "acme").out.lower()
    assert office.asked("admin", "show", "acme")["next_run"] == seen["next_run"]
    checks = {each["check"]: each for each in office.asked("doctor")["checks"]}
    assert checks["runs"]["result"] == "warning"
    assert last["run"] in checks["runs"]["next_step"]
    office.run("sync")
    (seen,) = office.asked("status")["administrations"]
    assert (seen["last_run"]["failures"], seen["last_run"]["error"]) == (0, None)
    assert "The last run failed" not in office.run("status").out


def test_the_run_that_is_kept_is_the_one_in_the_log(sqlite_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("status:status=503,times=1")
    logged = sqlite_office.run("sync", "-v", "--log-json").err
    runs = {json.loads(line)["run"] for line in logged.splitlines() if line.startswith("{")}
    (seen,) = sqlite_office.asked("status")["administrations"]
    assert runs == {seen["last_run"]["run"]}


def test_doctor_looks_at_what_the_service_needs(sqlite_office: Office) -> None:
    sqlite_office.toml = (
        f'[service]\nlisten = "0.0.0.0:9464"\ntraces = "https://collector.example.com"\n{sqlite_office.toml}'
    )
    checks = sqlite_office.asked("doctor", "--offline")["checks"]
    found = {each["found"]: each for each in checks if each["check"] == "service"}
    assert {each["result"] for each in found.values()} == {"warning", "ok"}
    assert any("0.0.0.0:9464, where others may come" in each for each in found)
    assert {each["check"] for each in checks} >= {"disk", "schedule", "runs", "service"}
    (schedule,) = (each["found"] for each in checks if each["check"] == "schedule")
    assert "Europe/Amsterdam" in schedule


def test_doctor_waits_once_for_an_address_that_does_not_answer(sqlite_office: Office, sandbox: Sandbox) -> None:
    """A hundred administrations of one API that was away took twenty minutes, and were a hundred problems."""
    sqlite_office.set_up(RESELLER_BE, sandbox.url, name="acme-be")
    sqlite_office.toml = sqlite_office.toml.replace(sandbox.url, "http://127.0.0.1:9")
    sources = [each for each in sqlite_office.asked("doctor", code=8)["checks"] if each["check"] == "source"]
    assert [(each["administration"], each["result"]) for each in sources] == [
        ("acme", "problem"),
        ("acme-be", "warning"),
    ]
    assert sources[1]["found"] == "not tried: the same address did not answer for acme"


def test_doctor_tells_of_a_database_that_is_away_once(sqlite_office: Office) -> None:
    """One cause is one problem, however many administrations it keeps from being looked at."""
    twin = sqlite_office.toml.partition("[administrations.acme]")[2].replace(
        "administrations.acme", "administrations.b"
    )
    sqlite_office.toml = f"{sqlite_office.toml}\n[administrations.b]{twin.replace('books', 'books-b')}"
    sqlite_office.environment["CONNECTOR_DATABASE_URL"] = "postgresql://u:secret@127.0.0.1:1/gone"
    checks = sqlite_office.asked("doctor", "--offline", code=5)["checks"]
    assert [each["check"] for each in checks if each["result"] == "problem"] == ["database"]
    (twice,) = [each for each in checks if "would be booked twice" in each["found"]]
    assert (twice["administration"], twice["result"]) == ("b", "warning"), "it is acme once more"
    ledgers = [each for each in checks if each["check"] == "ledger"]
    assert [(each["administration"], each["result"]) for each in ledgers] == [("acme", "ok"), ("b", "ok")]
    assert all("as soon as the database can be used" in each["found"] for each in ledgers)
    assert "runs" not in {each["check"] for each in checks}, "nobody knows whether one ended"
    sqlite_office.change("[administrations.b.ledger]", "[administrations.b.ledger]\noffice = 12")
    checks = sqlite_office.asked("doctor", "--offline", code=5)["checks"]
    wrong = [(each["administration"], each["check"]) for each in checks if each["result"] == "problem"]
    assert wrong == [(None, "database"), ("b", "ledger")], "what needs no database is looked at"
