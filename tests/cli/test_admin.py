"""``connector admin``: the administrations as a whole, before anything was fetched."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from connector import config
from connector.cli import options
from tests.cli.conftest import Connector

ACME = ("--yes", "--name", "acme", "--country", "NL", "--vat-number", "NL123456789B01")
BELGIAN = ("--yes", "--name", "be", "--country", "BE", "--vat-number", "BE0123456789")


@pytest.fixture
def two(connector: Connector, folder: Path) -> Path:
    """A folder with two administrations; the key of the first is there."""
    assert connector("init", *ACME).code == 0
    assert connector("admin", "add", *BELGIAN).code == 0
    (folder / ".env").write_text("COPACO_KEY_ACME=a-key-that-nobody-may-see\n", encoding="utf-8")
    (folder / ".env").chmod(0o600)
    return folder


def test_add_does_what_init_does_beside_what_is_there(connector: Connector, two: Path) -> None:
    names = [each.name for each in config.load(two / "connector.toml", environ={}).administrations]
    assert names == ["acme", "be"]
    assert (two / "mappings" / "be" / "rules.csv").is_file()
    again = connector("admin", "add", *BELGIAN)
    assert (again.code, "'be' exists already" in again.err) == (3, True)


def test_add_wants_a_settings_file(connector: Connector, folder: Path) -> None:
    ran = connector("admin", "add", *ACME)
    assert ran.code == 3
    assert "'connector init' makes it" in ran.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", [("init",), ("admin", "add")])
def test_a_new_administration_goes_into_the_file_that_the_environment_names(
    command: tuple[str, ...], connector: Connector, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = two / "other.toml"
    (two / "connector.toml").rename(other)
    monkeypatch.setenv("CONNECTOR_CONFIG", str(other))
    ran = connector(*command, "--yes", "--name", "third", "--country", "NL", "--vat-number", "NL123456789B01")
    assert ran.code == 0, ran
    assert "[administrations.third]" in other.read_text(encoding="utf-8")
    assert not (two / "connector.toml").exists()


def test_list_tells_what_each_is_and_begins_nothing(connector: Connector, two: Path) -> None:
    for _ in range(2):  # looking twice: the first look left nothing behind
        first, second = connector("admin", "list", "--json").json["administrations"]
        assert (first["administration"], first["country"], first["source"], first["ledger"]) == (
            *("acme", "NL", "copaco", "hledger"),
        )
        assert (first["in_settings"], first["in_database"], first["last_fetch"]) == (True, False, None)
        assert (first["sale"], first["auto_post"], first["mapping_version"]) == ("report", "off", None)
        assert second["next_step"] == "connector sync -a be"


def test_list_goes_without_a_database_and_says_how_to_make_it(connector: Connector, two: Path) -> None:
    (two / "connector.db").unlink()
    ran = connector("admin", "list")
    assert ran.code == 0
    assert "What is kept cannot be told" in ran.out
    assert ran.out.count("connector db upgrade") >= 2
    assert not (two / "connector.db").exists()
    assert connector("admin", "show", "acme").code == 0


def test_show_tells_when_the_service_comes_and_where_that_is_set(connector: Connector, two: Path) -> None:
    file = two / "connector.toml"
    own = '[administrations.acme.schedule]\nevery_minutes = 90\n\n[schedule]\nquiet = "22:00-06:00"\n'
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{own}", encoding="utf-8")
    lines = file.read_text(encoding="utf-8").splitlines()
    told = connector("admin", "show", "acme", "--json").json
    settings = {each["name"]: (each["value"], each["set_in"]) for each in told["settings"]}
    for name, expected in (("every_minutes", 90), ("quiet", "22:00-06:00")):
        value, place = settings[f"schedule.{name}"]
        assert value == expected
        assert lines[int(place.rpartition(":")[2]) - 1].startswith(f"{name} =")
    assert settings["schedule.cron"] == (None, None)
    assert settings["schedule.time_zone"] == ("Europe/Amsterdam", None)


def test_show_tells_what_was_set_from_what_is_a_default(connector: Connector, two: Path) -> None:
    told = connector("admin", "show", "acme", "--json").json
    settings = {each["name"]: (each["value"], each["set_in"]) for each in told["settings"]}
    lines = (two / "connector.toml").read_text(encoding="utf-8").splitlines()
    assert settings["look_back_days"] == (45, None)
    assert settings["source.pause_seconds"] == (0.5, None)
    assert settings["documents.details"] == ("printed", None)
    assert settings["schedule.every_minutes"] == (None, None)
    value, place = settings["sale"]
    assert (value, lines[int(place.rpartition(":")[2]) - 1].partition(" ")[0]) == ("report", "sale")
    value, place = settings["source.key"]
    assert value == "env:COPACO_KEY_ACME"
    assert "COPACO_KEY_ACME" in lines[int(place.rpartition(":")[2]) - 1]


def test_every_setting_that_can_stand_in_the_file_is_shown(connector: Connector, two: Path) -> None:
    text = (two / "connector.toml").read_text(encoding="utf-8")
    text = text.replace("[administrations.acme.ledger]", _OF_SOURCE + "\n[administrations.acme.ledger]", 1)
    text = text.replace("[administrations.acme]\n", f"[administrations.acme]\n{_OWN}", 1)
    (two / "connector.toml").write_text(text, encoding="utf-8")
    (acme, _) = config.load(Path("connector.toml"), environ={}).administrations
    shown = {each["name"]: each["set_in"] for each in connector("admin", "show", "acme", "--json").json["settings"]}
    assert {name: shown.get(name) for name in acme.given} == acme.given
    told = {each["name"]: each["value"] for each in connector("admin", "show", "acme", "--json").json["settings"]}
    assert (told["second_approval_above"], told["alarm_above"]) == (2500, 7), "in euros, as in the file"


_OWN = 'second_approval_above = 2500\nalarm_above = 7\npaper = "none"\nlook_back_days = 50\n'
_OF_SOURCE = """pause_seconds = 1
proxy = "http://jan:secret-of-proxy@proxy.example:8080"
key_prefix = ""
lists = ["products"]
[administrations.acme.source.lifecycle.invoices]
status = "stable"
[administrations.acme.documents]
link = "https://documents.example/"
"""


def test_no_secret_is_shown(connector: Connector, two: Path) -> None:
    text = (two / "connector.toml").read_text(encoding="utf-8")
    text = text.replace("[administrations.acme.ledger]", _OF_SOURCE + "\n[administrations.acme.ledger]", 1)
    text = text.replace('kind = "hledger"', 'kind = "hledger"\npasswrod = "typed-into-the-file"', 1)
    (two / "connector.toml").write_text(text, encoding="utf-8")
    for form in ((), ("--json",)):
        ran = connector("admin", "show", "acme", *form)
        assert ran.code == 0
        for secret in ("secret-of-proxy", "a-key-that-nobody-may-see", "typed-into-the-file"):
            assert secret not in ran.out + ran.err
        assert "***" in ran.out


def test_an_unknown_name_is_told_with_the_nearest(connector: Connector, two: Path) -> None:
    for command in ("show", "check"):
        ran = connector("admin", command, "acmee")
        assert ran.code == 3
        assert "did you mean 'acme'?" in ran.out + ran.err


def test_check_asks_nobody_and_ends_as_doctor_does(connector: Connector, two: Path) -> None:
    fine = connector("admin", "check", "acme", "--json")
    assert (fine.code, fine.json["ok"]) == (0, True)
    assert {each["administration"] for each in fine.json["checks"]} == {None, "acme"}
    wrong = connector("admin", "check")
    assert wrong.code == 3
    assert "COPACO_KEY_BE is not set" in wrong.out
    assert wrong.out == connector("doctor", "--offline").out, "one home for what is looked at"
    (two / "mappings" / "nl" / "rules.csv").write_text("nonsense", encoding="utf-8")
    assert connector("admin", "check", "acme").code == connector("doctor", "--offline", "-a", "acme").code != 0


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_it_is_told_in_the_language_of_the_reader(language: str, connector: Connector, two: Path) -> None:
    for command in (("list",), ("show", "acme"), ("check",)):
        told = connector("admin", *command, "--language", language)
        assert told.out != connector("admin", *command, "--language", "en").out


def test_names_are_completed(two: Path) -> None:
    context = click.Context(click.Command("show"))
    argument = click.Argument(["name"])
    assert options.names(context, argument, "a") == ["acme"]
    assert options.names(context, argument, "") == ["acme", "be"]


def test_what_fails_for_several_names_each_of_them_once(connector: Connector, two: Path) -> None:
    purge = ("retention", "purge", "--until", "2025", "--reason", "the period is over", "--dry-run")
    ran = connector(*purge, "--today", "2026-01-05")
    assert ran.code == 15
    for name, until in (("acme", 2032), ("be", 2035)):
        assert f"Error: {name}: what belongs to 2025 is kept until {until}-12-31" in ran.err
