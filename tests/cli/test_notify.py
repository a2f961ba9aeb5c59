"""``connector notify``, and the service that tells: commands against a server on this computer."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector import config
from connector.cli.checks import OK, PROBLEM
from connector.cli.checks_notify import of_addresses
from tests.cli.conftest import Connector
from tests.engine.paper import body, invoice, line
from tests.service.listening import Told, listening

ROOT = Path(__file__).parents[2]
SETTINGS = """\
[notify]
to = ["env:NOTIFY_OPS", "env:NOTIFY_LOST"]

[administrations.acme]
country = "NL"
vat_number = "NL222222222B01"
mapping = "nl"
invoice_by_day = 0
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books" }
"""
DIGEST = '[notify]\ndigest = "daily at 00:00"\n'


@pytest.fixture
def told(folder: Path, connector: Connector) -> Iterator[Told]:
    """A folder with an invoice that is held, and the server that is told of it; a second address leads nowhere."""
    with listening() as server, listening() as gone:
        pass
    with listening() as server:
        (folder / "connector.toml").write_text(SETTINGS, encoding="utf-8")
        (folder / ".env").write_text(f"NOTIFY_OPS={server.url}\nNOTIFY_LOST={gone.url}\n", encoding="utf-8")
        shutil.copytree(ROOT / "mappings" / "nl", folder / "mappings" / "nl")
        (folder / "answers").mkdir()
        held = invoice("1", line(kind="Odd Fee"), date=datetime.date(2024, 3, 1))
        (folder / "answers" / "one.json").write_bytes(body([held]))
        assert connector("db", "upgrade").code == 0
        yield server


def alone(folder: Path, *, notify: str = "[notify]\n") -> None:
    """Name the address that works only."""
    text = SETTINGS.replace('["env:NOTIFY_OPS", "env:NOTIFY_LOST"]', '"env:NOTIFY_OPS"').replace("[notify]\n", notify)
    (folder / "connector.toml").write_text(text, encoding="utf-8")


def test_a_trial_goes_to_every_address_and_tells_what_came_of_it(connector: Connector, told: Told) -> None:
    ran = connector("notify", "test", "--json")
    first, second = ran.json["addresses"]
    assert (ran.code, ran.json["ok"]) == (1, False)
    assert (first["address"], first["sent"], first["service"]) == ("env:NOTIFY_OPS", True, "JSON")
    assert (second["address"], second["sent"]) == ("env:NOTIFY_LOST", False)
    assert "did not take the message" in second["problem"]
    assert told.titles == ["[connector] acme: a trial"]
    shown = connector("notify", "test").out
    assert "env:NOTIFY_OPS" in shown
    assert "not sent" in shown
    assert told.url not in shown


def test_without_an_address_it_is_said_that_nobody_is_told(connector: Connector, told: Told, folder: Path) -> None:
    alone(folder, notify="[notify]\nto = []\n#")
    ran = connector("notify", "test")
    assert (ran.code, "names no address" in ran.out) == (0, True)
    assert connector("notify", "send", "--json").json == {"sent": []}
    assert told.paths == []


def test_the_service_tells_and_the_list_shows_whom(connector: Connector, told: Told) -> None:
    assert connector("serve", "--once").code == 0
    assert connector("serve", "--once").code == 0
    assert told.titles == ["[connector] acme: 1 document is held, 100.00 EUR"]
    (notice,) = connector("notify", "list", "--json").json["notices"]
    assert (notice["administration"], notice["kind"], notice["over"]) == ("acme", "held", None)
    assert notice["values"] == {"number": "1", "direction": "purchase", "code": "CHARGE-TYPE-UNKNOWN"}
    assert list(notice["told"]) == ["env:NOTIFY_OPS"]
    shown = connector("notify", "list").out
    assert "env:NOTIFY_LOST not told yet" in shown
    assert "1 CHARGE-TYPE-UNKNOWN" in shown


def test_what_is_over_is_listed_on_demand(connector: Connector, told: Told, folder: Path) -> None:
    alone(folder)
    assert connector("serve", "--once").code == 0
    sound = invoice("1", line(), date=datetime.date(2024, 3, 1))
    (folder / "answers" / "one.json").write_bytes(body([sound]))
    assert connector("serve", "--once").code == 0
    assert connector("notify", "list", "--json").json["notices"] == []
    (notice,) = connector("notify", "list", "--all", "--json").json["notices"]
    assert notice["over"] is not None
    assert len(told.titles) == 1


def test_a_digest_waits_for_its_time_and_send_sends_what_is_due(connector: Connector, told: Told, folder: Path) -> None:
    """The time of the digest is tomorrow, so nothing is due; with another digest everything is."""
    alone(folder, notify=DIGEST)
    assert connector("serve", "--once").code == 0
    assert connector("notify", "send", "--json").json["sent"] == []
    assert told.titles == []
    alone(folder)
    told.status = 500
    ran = connector("notify", "send", "--json")
    assert (ran.code, ran.json["sent"][0]["problem"] is None) == (1, False)
    told.status = 200
    ran = connector("notify", "send", "--json")
    assert (ran.code, ran.json["sent"][0]["administrations"], ran.json["sent"][0]["notices"]) == (0, ["acme"], 1)
    assert told.titles == ["[connector] acme: 1 document is held, 100.00 EUR"]
    assert "There is nothing to tell." in connector("notify", "send").out


def test_a_failed_run_is_told_too(connector: Connector, told: Told, folder: Path) -> None:
    alone(folder)
    shutil.rmtree(folder / "answers")
    for _ in range(2):
        assert connector("serve", "--once").code != 0
    assert len(told.titles) == 1
    assert "runs fail since" in told.titles[0]


def test_addresses_are_checked_without_sending(told: Told, folder: Path) -> None:
    (folder / ".env").write_text(f"NOTIFY_OPS={told.url}\nNOTIFY_LOST=json://hooks.example.com\n", encoding="utf-8")
    settings = config.load(folder / "connector.toml", environ={})
    first, second = of_addresses((*settings.administrations, *settings.administrations))
    assert (first.result, second.result) == (OK, PROBLEM)
    assert "env:NOTIFY_OPS: JSON" in first.found
    assert "in clear" in second.found
    assert second.code == 3
    assert told.paths == []
