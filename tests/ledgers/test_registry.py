"""How adapters are found, and what is said when one is not, or fails."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

import connector
from connector.errors import PluginError, SettingsError
from connector.ledgers.base import Setup
from connector.ledgers.memory import MemoryLedger
from connector.ledgers.registry import GROUP, ledger_kinds, load_adapter, open_ledger
from tests.ledgers.opening import KINDS, SERVER_KINDS, opened
from tests.ledgers.worked import NL_CHART, simple

PLUGIN = """
from connector.ledgers.base import Setup
from connector.ledgers.memory import MemoryLedger

class Ours(MemoryLedger):
    SETTINGS = {"office": "number of the office"}
    SECRETS = {"password": "password of the office"}

class Starts(MemoryLedger):
    def __init__(self, setup):
        raise RuntimeError("no licence file")

class Refuses(MemoryLedger):
    def __init__(self, setup):
        from connector.errors import SettingsError
        raise SettingsError("the office is unknown")

class Hollow:
    SETTINGS = {}
    def __init__(self, setup):
        pass

no_adapter = 42
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that brings adapters, good ones and bad."""
    site = tmp_path / "site"
    metadata = site / "office_books-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "office_books_plugin.py").write_text(PLUGIN, encoding="utf-8")
    (site / "office_books_broken.py").write_text("import a_module_that_is_not_there\n", encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: office-books\nVersion: 1.0\n", encoding="utf-8")
    points = {
        "office": "office_books_plugin:Ours",
        "starts": "office_books_plugin:Starts",
        "refuses": "office_books_plugin:Refuses",
        "hollow": "office_books_plugin:Hollow",
        "number": "office_books_plugin:no_adapter",
        "absent": "office_books_plugin:Nothing",
        "broken": "office_books_broken:Ledger",
        "memory": "office_books_plugin:Ours",
    }
    lines = [f"[{GROUP}]", *(f"{name} = {target}" for name, target in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))


def test_our_own_adapters_are_found() -> None:
    assert set(KINDS) <= set(ledger_kinds())
    assert load_adapter("memory") is MemoryLedger


def test_setup_names_every_adapter_we_ship() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(Path(connector.__file__).parent.parent / "setup.cfg", encoding="utf-8")
    lines = parser["options.entry_points"][GROUP].split("\n")
    assert {line.split("=")[0].strip() for line in lines if line} == {*KINDS, *SERVER_KINDS}


def test_unknown_kind_names_the_nearest_and_all() -> None:
    with pytest.raises(PluginError, match="no ledger 'hleger'; did you mean 'hledger'") as caught:
        opened("hleger", Path("unused"))
    assert all(kind in caught.value.hint for kind in KINDS)


def test_unknown_kind_with_nothing_near() -> None:
    with pytest.raises(PluginError, match=r"no ledger 'zzz'$"):
        opened("zzz", Path("unused"))


@pytest.mark.usefixtures("plugin")
def test_somebody_elses_adapter() -> None:
    ledger = opened("office", Path("unused"), settings={"office": "12"})
    assert ledger.post_many([simple("1")])
    assert "office" in ledger_kinds()


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("broken", "failed while it was imported: ModuleNotFoundError.*a_module_that_is_not_there"),
        ("absent", "failed while it was imported: AttributeError"),
        ("starts", "failed while it was started: RuntimeError: no licence file"),
        ("number", "is no adapter"),
        ("hollow", "made a Hollow, which lacks"),
        ("memory", "several installed packages bring a ledger 'memory'"),
    ],
)
def test_adapters_that_cannot_be_used(kind: str, told: str) -> None:
    with pytest.raises(PluginError, match=told) as caught:
        opened(kind, Path("unused"))
    assert caught.value.hint


@pytest.mark.usefixtures("plugin")
def test_an_adapters_own_refusal_is_not_wrapped() -> None:
    with pytest.raises(SettingsError, match="the office is unknown"):
        opened("refuses", Path("unused"))


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_setting_names_the_nearest(kind: str) -> None:
    with pytest.raises(SettingsError, match=r"no setting 'closed_untill'; did you mean 'closed_until'\?") as caught:
        opened(kind, Path("unused"), settings={"closed_untill": "2026-01-31"})
    assert "last closed day" in caught.value.hint
    assert caught.value.where == "ledger books"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"drafts": "maybe"}, "drafts is 'maybe'"),
        ({"settling_seconds": "soon"}, "settling_seconds is 'soon'"),
        ({"batch": "-1"}, "batch is '-1'"),
    ],
)
def test_wrong_values_for_the_ledger_in_memory(settings: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        opened("memory", Path("unused"), settings=settings)


def test_abilities_of_the_ledger_in_memory_can_be_set() -> None:
    settings = {"drafts": "yes", "reversal": "no", "settling_seconds": "5", "batch": "7"}
    ledger = open_ledger("memory", Setup(name="try", chart=NL_CHART, settings=settings, folder=Path("unused")))
    able = ledger.capabilities
    assert (able.drafts, able.reversal, able.attachments, able.settling_seconds, able.batch) == (
        True,
        False,
        False,
        5,
        7,
    )


@pytest.mark.usefixtures("plugin")
def test_a_secret_in_clear_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="password is a secret and stands there in clear") as caught:
        opened("office", Path("unused"), settings={"password": "hidden-word"})
    assert "hidden-word" not in f"{caught.value} {caught.value.hint}"
    assert 'password = "env:NAME"' in caught.value.hint


@pytest.mark.usefixtures("plugin")
def test_an_unknown_secret_names_those_there_are() -> None:
    setup = Setup(
        name="books", chart=NL_CHART, settings={}, folder=Path("unused"), secrets={"pasword": lambda: "hidden-word"}
    )
    with pytest.raises(SettingsError, match=r"no secret 'pasword'; did you mean 'password'\?") as caught:
        open_ledger("office", setup)
    assert caught.value.hint == "Its secrets are: password."
