"""``connector init`` and ``connector db``: from an empty folder to settings and a database."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from connector import config
from tests.cli.conftest import Connector

ACME = ("--name", "acme", "--country", "NL", "--vat-number", "NL 1234.56.789.B01")


def test_init_in_a_script(installed: Connector, folder: Path) -> None:
    ran = installed("init", "--yes", *ACME, "--book-from", "2026-01-01", "--key-stdin", stdin="it's-a\\key\n")
    assert (ran.code, ran.err) == (0, "")
    assert "1. connector doctor -a acme" in ran.out
    (acme,) = config.load(environ={}, config=folder / "connector.toml").administrations
    assert (acme.country, acme.vat_number, str(acme.book_from)) == ("NL", "NL123456789B01", "2026-01-01")
    assert (acme.sale, acme.auto_post, acme.ledger.kind) == ("report", "off", "hledger")
    assert acme.ledger.folder == folder / "books" / "acme"
    assert acme.mapping == folder / "mappings" / "nl"
    assert (acme.mapping / "rules.csv").is_file()
    assert acme.source.key is not None
    assert acme.source.key.secret().reveal() == "it's-a\\key"
    assert "it's" not in (folder / "connector.toml").read_text(encoding="utf-8") + ran.out
    if os.name == "posix":
        assert (folder / ".env").stat().st_mode & 0o077 == 0


def test_init_adds_and_overwrites_nothing(installed: Connector, folder: Path) -> None:
    (folder / ".env").write_text("OTHER=1\nCOPACO_KEY_ACME=old\n", encoding="utf-8")
    (folder / "mappings" / "nl").mkdir(parents=True)
    (folder / "mappings" / "nl" / "rules.csv").write_text("mine", encoding="utf-8")
    assert installed("init", "--yes", *ACME, "--key-stdin", stdin="new\n").code == 0
    text = (folder / "connector.toml").read_text(encoding="utf-8") + "# my remark\n"
    (folder / "connector.toml").write_text(text, encoding="utf-8")
    ran = installed("init", "--yes", "--json", "--name", "be", "--country", "BE", "--vat-number", "BE0123456789")
    assert (ran.code, ran.json["administration"], ran.json["key_kept"]) == (0, "be", False)
    after = (folder / "connector.toml").read_text(encoding="utf-8")
    assert after.startswith(text.rstrip())
    assert (folder / ".env").read_text(encoding="utf-8") == "OTHER=1\nCOPACO_KEY_ACME=old\n"
    assert (folder / "mappings" / "nl" / "rules.csv").read_text(encoding="utf-8") == "mine"
    ran = installed("init", "--yes", *ACME)
    assert ran.code == 3
    assert "'acme' exists already" in ran.err
    assert (folder / "connector.toml").read_text(encoding="utf-8") == after
    kept = {each.name for each in folder.iterdir() if not each.name.startswith("connector.db-")}
    assert kept == {".env", "connector.db", "connector.toml", "mappings"}


def test_init_makes_a_sqlite_database_that_is_not_there(connector: Connector, folder: Path) -> None:
    ran = connector("init", "--yes", *ACME)
    assert ran.code == 0
    assert str(folder / "connector.db") in ran.out
    assert "made now" in ran.out
    assert "db upgrade" not in ran.out
    assert connector("db", "check").code == 0
    assert connector("status").code == 0
    again = connector("init", "--yes", "--json", "--name", "b", "--country", "NL", "--vat-number", "NL111111111B01")
    assert again.json["database"] == str(folder / "connector.db")
    assert again.json["database_made"] is False
    assert not [step for step in again.json["next"] if "db upgrade" in step], "it is up to date"


def test_init_leaves_a_database_that_is_there_to_a_person(connector: Connector, folder: Path) -> None:
    (folder / "connector.db").touch()
    ran = connector("init", "--yes", "--json", *ACME)
    assert (ran.code, ran.json["database_made"]) == (0, False)
    assert ran.json["next"][:3] == [
        "put the key into .env: COPACO_KEY_ACME=...",
        "connector db upgrade",
        "connector doctor -a acme",
    ]
    assert connector("db", "check").code == 5, "no tables were made in it"


def test_init_asks_no_server(connector: Connector, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_DATABASE_URL", "postgresql://connector:hush@127.0.0.1:1/connector")
    ran = connector("init", "--yes", *ACME)
    assert ran.code == 0
    assert "2. connector db upgrade\n3. connector doctor -a acme" in ran.out
    assert "hush" not in ran.out
    assert not (folder / "connector.db").exists()


def test_init_says_how_to_go_on_when_the_database_cannot_be_made(
    connector: Connector, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "taken").touch()
    monkeypatch.setenv("CONNECTOR_DATABASE_URL", "sqlite:///taken/connector.db")
    ran = connector("init", "--yes", *ACME)
    assert ran.code == 5
    assert "then run 'connector db upgrade'" in ran.err
    assert (folder / "connector.toml").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--country", "NL"), "--name is missing"),
        (("--name", "a b"), "--name: a name has letters"),
        (("--name", "a", "--country", "NL"), "--vat-number is missing"),
        (("--name", "a", "--country", "NL", "--vat-number", "BE0123456789"), "no VAT number of NL"),
        (("--name", "a", "--country", "LU", "--vat-number", "LU12345678"), "no starter set for LU"),
        (
            ("--name", "a", "--country", "DE", "--vat-number", "DE123456789"),
            "--starter (de-skr03, de-skr04) is missing",
        ),
        (("--name", "a", "--country", "DE", "--vat-number", "DE12345678"), "no VAT number of DE"),
        (("--name", "a", "--country", "XX"), "--country"),
    ],
)
def test_init_says_what_is_missing_and_leaves_nothing(
    connector: Connector, folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    ran = connector("init", "--yes", *arguments)
    assert ran.code == 2
    assert told in ran.err
    assert list(folder.iterdir()) == []


def test_init_leaves_nothing_behind_when_the_settings_would_be_wrong(connector: Connector, folder: Path) -> None:
    ran = connector("init", "--yes", *ACME, "--base-url", "http://api.example.com")
    assert ran.code == 3
    assert "https://" in ran.err
    assert [each.name for each in folder.iterdir() if each.name != "mappings"] == []
    assert not (folder / "mappings" / "nl").exists()


def test_init_on_a_terminal_asks_and_asks_again(folder: Path) -> None:
    answers = ["acme", "NL", "Acme B.V.", "NL12", "NL123456789B01", "", "", "", "2026-13-01", "2026-01-01", "the-key"]
    answers.append("2027-10-31")
    code, told = _on_a_terminal(["init"], answers, folder)
    assert code == 0, told
    assert "no VAT number of NL" in told
    assert "is no date" in told
    assert "the-key" not in told
    (acme,) = config.load(environ={}, config=folder / "connector.toml").administrations
    assert (acme.vat_number, acme.company_name, str(acme.book_from)) == ("NL123456789B01", "Acme B.V.", "2026-01-01")
    assert acme.source.key is not None
    assert acme.source.key.secret().reveal() == "the-key"
    assert str(acme.source.key_expires) == "2027-10-31"


@pytest.mark.parametrize("starter", ["de-skr03", "de-skr04"])
def test_init_in_germany_takes_the_chart_that_was_chosen(connector: Connector, folder: Path, starter: str) -> None:
    named = ("--name", "acme", "--country", "DE", "--vat-number", "DE 123 456 789")
    assert connector("init", "--yes", *named, "--starter", starter).code == 0
    (acme,) = config.load(environ={}, config=folder / "connector.toml").administrations
    assert (acme.country, acme.vat_number, acme.mapping) == ("DE", "DE123456789", folder / "mappings" / starter)
    checked = connector("mapping", "check", "-a", "acme")
    assert (checked.code, checked.err) == (0, "")


def test_init_on_a_terminal_asks_for_the_chart_and_offers_none(folder: Path) -> None:
    answers = ["acme", "DE", "", "DE123456789", "", "de-skr04", "", "", "", "", ""]
    code, told = _on_a_terminal(["init"], answers, folder)
    assert code == 0, told
    assert told.count("(de-skr03, de-skr04): ") == 2, "an empty answer is asked again"
    (acme,) = config.load(environ={}, config=folder / "connector.toml").administrations
    assert acme.mapping.name == "de-skr04"


def test_init_says_at_once_that_an_administration_is_there(connector: Connector, folder: Path) -> None:
    assert connector("init", "--yes", *ACME).code == 0
    code, told = _on_a_terminal(["init", "--name", "ACME"], [], folder)
    assert code == 3, told
    assert "'ACME' exists already" in told
    assert "Country" not in told
    rest = ["beta", "NL", "", "NL123456789B01", "", "", "", "", ""]
    code, told = _on_a_terminal(["init"], ["acme", *rest], folder)
    assert code == 0, told
    assert told.index("'acme' exists already") < told.index("Country")
    assert [each.name for each in config.load(folder / "connector.toml").administrations] == ["acme", "beta"]


def _on_a_terminal(arguments: list[str], answers: list[str], folder: Path) -> tuple[int, str]:
    """Run the command on a pseudo-terminal; each answer is typed once a question stands there."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "connector", *arguments])
    told, typed, until = b"", 0, time.monotonic() + 60
    try:
        while time.monotonic() < until:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # the other side is gone
                break
            told += piece
            if told.endswith(b": "):
                if typed == len(answers):  # a question that this test does not know would wait for ever
                    os.kill(child, signal.SIGKILL)
                    break
                os.write(terminal, answers[typed].encode() + b"\n")
                typed += 1
    finally:
        _, status = os.waitpid(child, 0)
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), told.decode()


def test_the_database_is_made_checked_and_copied(connector: Connector, folder: Path) -> None:
    assert connector("db", "check").code == 5
    made = connector("db", "upgrade", "--json")
    assert (made.code, made.json["before"], made.json["backup"]) == (0, "", None)
    assert (folder / "connector.db").is_file()
    assert "up to date" in connector("db", "upgrade").out
    assert connector("db", "check").code == 0
    copied = connector("db", "backup", "--json")
    assert (folder / copied.json["backup"]).is_file()
    assert connector("db", "backup", "copy.db").code == 0
    again = connector("db", "backup", "copy.db")
    assert again.code == 5
    assert "exists already" in again.err


def test_wrong_variables_are_told_by_every_command(
    connector: Connector, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOR_DATABASE_URL", "mysql://x/y")
    ran = connector("db", "check")
    assert ran.code == 3
    assert "CONNECTOR_DATABASE_URL begins with 'mysql'" in ran.err


def test_the_log_goes_to_its_file(connector: Connector, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_LOG", "connector.log")
    assert connector("db", "upgrade").code == 0
    assert (folder / "connector.log").is_file()
    monkeypatch.setenv("CONNECTOR_LOG", "absent/connector.log")
    assert connector("db", "check").code == 3


def test_the_language_of_the_output(connector: Connector) -> None:
    assert connector("db", "upgrade", "--language", "nl").out.startswith("De database is aangemaakt.\n")
    assert connector("db", "check", "--language", "fr").out == "La base de données est à jour.\n"
