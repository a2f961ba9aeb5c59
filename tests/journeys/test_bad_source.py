"""A source that fails: a clear message, the next step, nothing half-written, and the same command works afterwards."""

from __future__ import annotations

import socket

import pytest

from connector.sandbox import Sandbox
from tests.journeys.office import TODAY, Office, told

FAULTS = (
    # fault, exit code, words of the message
    ("500:times=always", 8, "500"),
    ("429:retry-after=3600,times=always", 8, "429"),
    ("hang:delay=3,times=always", 8, "does not answer in time"),
    ("reset:times=always", 8, "broke the connection"),
    ("cut:at=0.5,times=always", 8, "cut off half way"),
    ("cut:at=0.5,value=chunked,times=always", 8, "cut off half way"),
    ("html:times=always", 10, "web page"),
    ("shape:value=absent,times=always", 10, "Invoices"),
    ("shape:value=null,times=always", 10, "Invoices"),
    ("shape:value=object,times=always", 10, "Invoices"),
    ("shape:value=list,times=always", 10, ""),
    ("shape:value=broken,times=always", 10, ""),
    ("encoding:times=always", 10, "UTF-8"),
    ("paging:value=pages,times=always", 10, "page"),
    ("paging:value=next,times=always", 10, "page"),
)


@pytest.mark.parametrize(("fault", "code", "words"), FAULTS, ids=[fault for fault, _, _ in FAULTS])
def test_a_source_that_fails_is_told_and_nothing_is_half_written(
    fault: str, code: int, words: str, sqlite_office: Office, sandbox: Sandbox
) -> None:
    office = sqlite_office
    office.change("attempts = 2", "attempts = 2\nread_seconds = 0.5")
    before, files = office.rows(), office.ledger()
    sandbox.faults.add(f"{fault},endpoint=invoices")
    done = office.run("sync", code=code)
    told(done, words, "invoices")
    assert office.rows() == before
    assert office.ledger() == files
    assert office.asked("sync", code=code)["error"]["hint"]
    sandbox.faults.clear()
    office.run("sync")
    office.proves()


def test_an_answer_that_cannot_be_used_is_kept_to_be_looked_at(sqlite_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("shape:value=result,times=always")
    done = sqlite_office.run("sync", code=10)
    (kept,) = (sqlite_office.folder / "bad-answers").iterdir()
    assert str(kept) in done.err
    assert kept.read_text(encoding="utf-8") == '{"Result": []}'


@pytest.mark.parametrize(
    ("key", "words"), [("wrong", "401"), ("sandbox-nl-expired", "401"), ("sandbox-nl-limited", "403")]
)
def test_a_key_that_does_not_work(key: str, words: str, sqlite_office: Office) -> None:
    office = sqlite_office
    office.change("'sandbox-nl'", f"'{key}'", file=".env")
    before = office.rows()
    done = office.run("sync", code=9)
    told(done, words, "key")
    assert f"'{key}'" not in done.err
    assert words != "401" or "'authentication'" in done.err
    assert office.rows() == before
    office.change(f"'{key}'", "'sandbox-nl'", file=".env")
    office.run("sync")


def test_a_key_that_is_not_there(sqlite_office: Office) -> None:
    (sqlite_office.folder / ".env").unlink()
    done = sqlite_office.run("sync", code=3)
    told(done, "COPACO_KEY_ACME", "connector.toml")
    assert "COPACO_KEY_ACME" in sqlite_office.run("doctor", "--offline", code=3).out


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_an_address_where_nobody_is(sqlite_office: Office, sandbox: Sandbox) -> None:
    office, before = sqlite_office, sqlite_office.rows()
    for address, words in (
        (f"http://127.0.0.1:{free_port()}/api/v1", "refuses the connection"),
        ("https://copaco.invalid/api/v1", "copaco.invalid cannot be found"),
        (f"{sandbox.root}/api/v9", "404"),
    ):
        now = office.toml
        office.change(sandbox.url, address)
        done = office.run("sync", code=None)
        assert done.code in (8, 9), done
        told(done, words)
        if words == "refuses the connection":
            told(done, "A made-up API at this address has stopped", "connector sandbox --port")
        else:
            told(done, "'base_url', ", "connector.toml:")
            line = int(done.err.rpartition("connector.toml:")[2].split(")")[0])
            assert office.toml.splitlines()[line - 1].startswith("base_url")
        assert office.rows() == before
        doctor = office.run("doctor", code=done.code)
        assert "problem" in doctor.out
        office.toml = now
    office.run("sync")


def test_a_certificate_that_is_not_trusted(sqlite_office: Office, sandbox: Sandbox, untrusted: str) -> None:
    before = sqlite_office.rows()
    sqlite_office.change(sandbox.url, untrusted)
    done = sqlite_office.run("sync", code=9)
    told(done, "is not trusted", "cannot be switched off")
    assert sqlite_office.rows() == before
    sqlite_office.change(untrusted, sandbox.url)
    sqlite_office.run("sync", today=TODAY)
