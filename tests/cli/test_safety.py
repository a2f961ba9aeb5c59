"""What ``doctor`` and ``admin check`` say of keys, of the rights of files and of the way to the database."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from connector import config
from connector.app.databases import way
from connector.store.database import Way
from tests.cli.conftest import Connector

ACME = ("--yes", "--name", "acme", "--country", "NL", "--vat-number", "NL123456789B01")
TODAY = datetime.date(2026, 11, 27)
POSTGRESQL = "postgresql://connector:secret-word"


@pytest.fixture
def acme(connector: Connector, folder: Path) -> Path:
    """A folder with one administration, that nobody else may enter."""
    assert connector("init", *ACME).code == 0
    (folder / ".env").write_text("COPACO_KEY_ACME=a-key-that-nobody-may-see\n", encoding="utf-8")
    folder.chmod(0o700)
    return folder


def warnings(connector: Connector, check: str, today: datetime.date = TODAY) -> list[tuple[str, str]]:
    """What is found, and the next step, where ``check`` is warned of."""
    checks = connector("admin", "check", "--json", "--today", f"{today}").json["checks"]
    return [
        (each["found"], each["next_step"]) for each in checks if (each["check"], each["result"]) == (check, "warning")
    ]


def set_source(folder: Path, *lines: str) -> None:
    """Add ``lines`` to the table of the source."""
    file = folder / "connector.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('key = "env', "\n".join([*lines, 'key = "env']), 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("expires", "told", "step"),
    [
        (None, "not known", "key_expires = "),
        ("2026-11-26", "ended on", "env:COPACO_KEY_ACME"),
        ("2026-11-27", "in 0 days", "partner portal"),
        ("2026-11-28", "in 1 day", "partner portal"),
        ("2026-12-27", "in 30 days", "partner portal"),
        ("2036-01-01", "more than a year", "lasts a year"),
    ],
)
def test_the_end_of_a_key_is_told(expires: str | None, told: str, step: str, connector: Connector, acme: Path) -> None:
    set_source(acme, *([f"key_expires = {expires}"] if expires else []))
    ((found, next_step),) = warnings(connector, "key")
    assert told in found
    assert step in next_step
    if expires and expires < "2027":
        assert found in connector("status", "--today", f"{TODAY}").out.replace("\n", " ")


def test_a_key_of_a_usual_length_is_not_spoken_of(connector: Connector, acme: Path) -> None:
    set_source(
        acme,
        "key_expires = 2027-11-01",
        'key_permissions = ["invoices", "customer-specifications", "example-invoices"]',
    )
    assert warnings(connector, "key") == []
    assert "key ends" not in connector("status", "--today", f"{TODAY}").out


@pytest.mark.parametrize(
    ("permissions", "lists", "told"),
    [
        ('["all"]', "[]", "more than it needs"),
        ('["all"]', '["products"]', None),  # no narrower permission opens that list
        ('["invoices", "example-invoices"]', "[]", "may not ask: customer-specifications"),
        ('["invoices"]', '["products"]', "may not ask: all"),
    ],
)
def test_a_key_that_may_do_too_much_or_too_little_is_told(
    permissions: str, lists: str, told: str | None, connector: Connector, acme: Path
) -> None:
    set_source(acme, "key_expires = 2027-11-01", f"key_permissions = {permissions}", f"lists = {lists}")
    found = warnings(connector, "key")
    assert [told in text for text, _step in found] == [True] if told else found == []


def test_all_stands_alone_among_permissions(connector: Connector, acme: Path) -> None:
    set_source(acme, 'key_permissions = ["all", "invoices"]')
    ran = connector("admin", "check")
    assert ran.code == 3
    assert "all holds every other" in ran.out


def test_files_that_others_can_read_or_change_are_told(connector: Connector, acme: Path) -> None:
    for each in (".env", "connector.db"):
        (acme / each).chmod(0o644)
    assert warnings(connector, "files") == []  # nobody else gets into the folder
    acme.chmod(0o755)
    steps = [step for _found, step in warnings(connector, "files")]
    assert [step.partition(": ")[2] for step in steps] == [
        f"chmod go= {acme / each}" for each in (".env", "connector.db")
    ]
    (acme / "connector.toml").chmod(0o664)
    assert f"chmod go-w {acme / 'connector.toml'}" in warnings(connector, "files")[-1][1]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("@localhost/books", None),
        ("@/books?host=/run/postgresql", None),
        ("@[::1]:5432/books", None),
        ("@db.example.com/books", Way(host="db.example.com", mode="prefer")),
        ("@db.example.com/books?sslmode=require", Way(host="db.example.com", mode="require")),
        ("@db.example.com/books?sslmode=verify-full&sslrootcert=ca.pem", None),
        ("@/books?host=db.example.com", Way(host="db.example.com", mode="prefer")),
    ],
)
def test_a_way_to_the_database_that_is_not_checked_is_told(address: str, found: Way | None, tmp_path: Path) -> None:
    environ = {"CONNECTOR_DATABASE_URL": POSTGRESQL + address}
    assert way(config.connection(tmp_path / "connector.toml", environ=environ)) == found


def test_the_warning_of_the_way_to_the_database_shows_no_password(
    connector: Connector, acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOR_DATABASE_URL", f"{POSTGRESQL}@db.invalid/books")
    ((found, step),) = warnings(connector, "database")
    assert "db.invalid" in found
    assert "verify-full" in step
    assert "secret-word" not in found + step
