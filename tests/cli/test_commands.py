"""The commands as a whole: what there is, how fast it starts, what is documented."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from connector import __version__
from connector.cli import COMMANDS, root
from tests.cli.conftest import Connector
from tools import command_reference

AGAIN = "run: .venv/bin/python -m tools.command_reference"


def test_help_lists_every_command_without_importing_one(installed: Connector) -> None:
    ran = installed("--help")
    assert ran.code == 0
    assert [name for name in COMMANDS if f"  {name} " not in ran.out] == []
    loaded = "import sys; from connector.cli import run; run(['--help']); print(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    heavy = {"sqlalchemy", "requests", "rich", "msgspec", "alembic", "connector.config", "connector.app"}
    assert heavy & set(done.stderr.split()) == set()


def test_the_version(connector: Connector) -> None:
    ran = connector("--version")
    assert (ran.code, ran.out) == (0, f"connector, version {__version__}\n")


def test_an_unknown_command_names_the_nearest(connector: Connector) -> None:
    ran = connector("statu")
    assert ran.code == 2
    assert "There is no command 'statu'; did you mean 'status'?" in ran.err
    assert "'connector --help' explains it." in ran.err


def test_an_unknown_option_is_a_mistake_of_the_command_line(connector: Connector) -> None:
    ran = connector("sandbox", "--fualt", "x")
    assert ran.code == 2
    assert "There is no option '--fualt'; did you mean '--fault'?" in ran.err
    assert "'connector sandbox --help' explains it." in ran.err


def test_who_does_it_is_a_name_that_every_database_takes(connector: Connector) -> None:
    """A record is never changed: one that PostgreSQL does not take would keep an SQLite database from being moved."""
    ended = connector("entries", "approve", "--all", "--yes", "--as", "x" * 101)
    assert ended.code == 2
    assert "'--as': a name has at most 100 characters" in ended.err
    assert connector("entries", "approve", "--all", "--yes", "--as", "x" * 100).code == 3, "there are no settings"


@pytest.mark.parametrize(
    ("wrong", "right"), [("--al", "--all"), ("--adminstration", "--administration"), ("--jsn", "--json"), ("-x", "")]
)
def test_a_wrong_option_names_the_nearest_one_alone(connector: Connector, wrong: str, right: str) -> None:
    ran = connector("status", wrong)
    assert ran.code == 2
    assert f"There is no option '{wrong}'" + (f"; did you mean '{right}'?\n" if right else "\n") in ran.err


@pytest.mark.parametrize("words", [(), ("invoices",), ("entries",), ("db",)])
def test_a_command_without_its_second_word_prints_its_help_and_nothing_else(
    connector: Connector, words: tuple[str, ...]
) -> None:
    ran = connector(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == connector(*words, "--help").out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_explains_itself(name: str) -> None:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert command.help
    assert command.help.splitlines()[0].endswith(".")


def test_every_command_option_and_exit_code_is_documented() -> None:
    text = command_reference.DOCUMENT.read_text(encoding="utf-8")
    assert text == command_reference.written(), AGAIN


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(connector: Connector, shell: str) -> None:
    ran = connector("completion", shell)
    assert ran.code == 0
    assert "_CONNECTOR_COMPLETE" in ran.out


def test_completion_completes(installed: Connector) -> None:
    environ = {"_CONNECTOR_COMPLETE": "bash_complete", "COMP_WORDS": "connector sta", "COMP_CWORD": "1"}
    assert installed(environ=environ).out == "plain,status\n"


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("--language", "nl", "status"), "connector status --language"),
        (("-a", "acme", "status"), "connector status -a"),
        (("customers", "--language", "nl", "documents"), "connector customers documents --language"),
        (("--language", "nl"), "connector COMMAND --language"),
    ],
)
def test_an_option_before_its_command_is_told_where_it_belongs(
    connector: Connector, arguments: tuple[str, ...], place: str
) -> None:
    ran = connector(*arguments)
    assert ran.code == 2
    assert f"stands behind the command: {place}\n" in ran.err


def test_an_option_that_no_command_has_is_told_as_unknown(connector: Connector) -> None:
    assert "There is no option '--langage'\n" in connector("--langage", "nl", "status").err
