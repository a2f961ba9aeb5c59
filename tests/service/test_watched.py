"""The service can be asked how it is: alive, ready, and what it measures, over HTTP."""

from __future__ import annotations

import dataclasses
import datetime
import http.client
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Table

from connector import config, telemetry
from connector.app.noting import Stopped
from connector.engine import watched
from connector.engine.books import Books, Workplace
from connector.engine.status import status
from connector.errors import SettingsError, SourceUnavailable
from connector.ledgers.exact.ledger import _login_name
from connector.ledgers.exact.settings import read_settings
from connector.ledgers.registry import load_adapter
from connector.service import endpoints, exposition
from connector.service.alive import Alive
from connector.service.metrics import Metrics
from connector.store import schema, tables
from connector.store.database import Database
from tests.store import rows

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
SETTINGS = """\
[administrations.x]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
[administrations.x.source]
key = "env:KEY"
key_expires = 2026-03-30
[administrations.x.ledger]
kind = "exact"
client_id = "app"
redirect_uri = "https://example.com/back"
client_secret = "env:SECRET"

[administrations.newer]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books" }
"""
THEIRS = """
from connector.ledgers.memory import MemoryLedger

class Ledger(MemoryLedger):
    @staticmethod
    def login_ends(settings, tokens):
        raise KeyError("office")
"""
LOOPBACK = config.Listen(host="127.0.0.1", port=0)


class Clock:
    """Seconds that pass when we say so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> config.Settings:
    """Two administrations, the first with a fetch, a held and a ready document."""
    return _settings(tmp_path, sqlite_url)


@pytest.fixture
def everywhere(tmp_path: Path, database_url: str) -> config.Settings:
    """The same on a database of each kind."""
    return _settings(tmp_path, database_url)


def _settings(tmp_path: Path, database_url: str) -> config.Settings:
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    (tmp_path / "connector.toml").write_text(SETTINGS, encoding="utf-8")
    url = database_url.replace("postgresql+psycopg", "postgresql")
    environ = {"CONNECTOR_DATABASE_URL": url, "KEY": "a-key", "SECRET": "a-secret"}
    read = config.load(tmp_path / "connector.toml", environ=environ)
    with Database(read.connection.database_url) as database:
        schema.upgrade(database)
        _fill(database.of_all())
    return read


def _fill(database: Database) -> None:
    with database.transaction() as connection:
        rows.fill(connection)  # an administration 1 with a purchase that is ready
        insert: list[tuple[Table, dict[str, Any]]] = [
            (tables.invoice, {"invoice_id": 2, "number": "held", "direction": "sale"}),
            (tables.invoice_version, {"invoice_id": 2, "version_id": 2, "net_minor": 1}),
            (tables.invoice_version, {"invoice_id": 2, "version_id": 3, "version_no": 2, "net_minor": -123_456}),
            (tables.preparation, {"version_id": 3, "preparation_id": 2, "outcome": "held", "entry_id": None}),
            (tables.invoice, {"invoice_id": 3, "number": "new"}),
            (tables.invoice_version, {"invoice_id": 3, "version_id": 4, "net_minor": 90_071_992_547_409_93}),
        ]
        for table, values in insert:
            connection.execute(table.insert(), rows.row(table, **values))
        connection.execute(
            tables.administration.insert(), rows.row(tables.administration, administration_id=2, name="newer")
        )


@contextmanager
def served(
    settings: config.Settings | None, alive: Alive | None = None, metrics: Metrics | None = None
) -> Iterator[config.Listen]:
    with endpoints.listening(
        LOOPBACK, alive=alive or Alive(), settings=lambda: settings, metrics=metrics or measured()
    ) as there:
        assert there is not None
        yield there


def measured(clock: Clock | None = None) -> Metrics:
    return Metrics(now=lambda: NOON, today=NOON.date, monotonic=clock or Clock())


def ask(there: config.Listen, path: str, method: str = "GET") -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(there.host, there.port, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, as Prometheus's own parser reads them."""
    return {
        (each.name, *each.labels.values()): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def test_it_is_alive_as_long_as_its_clock_gives_out_work() -> None:
    clock = Clock()
    alive = Alive(clock)
    with served(None, alive) as there:
        assert ask(there, "/healthz")[:2] == (200, "alive\n")
        clock.seconds = 61
        status, text, _ = ask(there, "/healthz")
        assert (status, "61 seconds" in text) == (503, True)
        alive.beat()
        assert ask(there, "/healthz")[0] == 200


def test_it_is_ready_when_settings_are_read_and_the_database_fits(settings: config.Settings) -> None:
    with served(settings) as there:
        assert ask(there, "/readyz")[:2] == (200, "ready\n")
    with served(None) as there:
        assert ask(there, "/readyz")[:2] == (503, "the settings are not read yet\n")


def test_it_is_not_ready_without_its_database_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    (tmp_path / "connector.toml").write_text(SETTINGS, encoding="utf-8")
    unreachable = "postgresql://connector:hunter22@127.0.0.1:1/gone"
    for url, words in (("sqlite:///none.db", "no database yet"), (unreachable, "Next: ")):
        environ = {"CONNECTOR_DATABASE_URL": url, "KEY": "a-key", "SECRET": "a-secret"}
        with served(config.load(tmp_path / "connector.toml", environ=environ)) as there:
            status, text, _ = ask(there, "/readyz")
            assert status == 503
            assert words in text
            assert "hunter22" not in text
            assert samples(ask(there, "/metrics")[1])["connector_database_up",] == 0


def test_figures_are_those_of_the_database_and_exact(everywhere: config.Settings) -> None:
    with served(everywhere) as there:
        status, text, headers = ask(there, "/metrics")
    assert (status, headers["Content-Type"]) == (200, endpoints.METRICS)
    assert 'connector_held_euros{administration="x",direction="sale"} -1234.56\n' in text
    assert 'connector_held_euros{administration="x",direction="purchase"} 90071992547409.93\n' in text
    assert 'connector_held_euros{administration="newer",direction="sale"} 0.00\n' in text
    seen = samples(text)
    assert seen["connector_held_documents", "x", "purchase"] == 1
    assert seen["connector_ready_documents", "x", "purchase"] == 1
    assert seen["connector_deliveries", "x", "ready"] == 1
    assert seen["connector_deliveries", "newer", "unknown"] == 0
    assert seen["connector_fetch_age_seconds", "x"] == (NOON - rows.MOMENT).total_seconds()
    assert ("connector_fetch_age_seconds", "newer") not in seen, "it was never fetched"
    assert seen["connector_administrations",] == 2
    assert seen["connector_key_expires_days", "x"] == 28
    assert ("connector_login_expires_days", "x") not in seen, "nobody logged in"
    assert seen["connector_database_up",] == 1
    assert seen["process_resident_memory_bytes",] > 0


def test_a_kept_login_tells_when_it_ends(settings: config.Settings) -> None:
    administration, _ = settings.administrations
    (settings.connection.folder / "tokens").mkdir()
    # The name of the file is that of the ledger itself.
    ledger = load_adapter("exact")
    name = _login_name(read_settings(dict(administration.ledger.options), name="exact"))
    kept = settings.connection.folder / "tokens" / f"{name}.tokens"
    kept.write_bytes(b"encrypted")
    written = (NOON - datetime.timedelta(days=12)).timestamp()
    os.utime(kept, (written, written))
    assert ledger.login_ends(dict(administration.ledger.options), kept.parent) == NOON + datetime.timedelta(days=18)  # type: ignore[attr-defined]
    assert samples(measured().text(settings))["connector_login_expires_days", "x"] == 18


@pytest.mark.parametrize("fault", ["it cannot be imported", "it does not know when its login ends"])
def test_the_adapter_of_one_takes_no_figure_from_the_others(
    fault: str, settings: config.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Software of others may fail at anything; the administrations beside it are still watched."""
    site = tmp_path / "site" / "their_books-1.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: their-books\nVersion: 1.0\n", encoding="utf-8")
    points = "[connector.ledgers]\nbroken = their_books_broken:Ledger\nfails = their_books:Ledger\n"
    (site / "entry_points.txt").write_text(points, encoding="utf-8")
    (site.parent / "their_books_broken.py").write_text("import a_module_that_is_not_there\n", encoding="utf-8")
    (site.parent / "their_books.py").write_text(THEIRS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site.parent))
    kind = "broken" if fault == "it cannot be imported" else "fails"
    x, newer = settings.administrations
    other = dataclasses.replace(x, ledger=dataclasses.replace(x.ledger, kind=kind))
    with served(dataclasses.replace(settings, administrations=(other, newer))) as there:
        status, text, _ = ask(there, "/metrics")
    assert status == 200, text
    seen = samples(text)
    assert seen["connector_held_documents", "x", "purchase"] == 1
    assert seen["connector_administrations",] == 2
    assert ("connector_login_expires_days", "x") not in seen


def test_held_and_ready_are_what_status_says(everywhere: config.Settings) -> None:
    with Database(everywhere.connection.database_url) as database:
        place = Workplace(database=database.of_all(), clock=lambda: NOON, today=NOON.date())
        seen = watched.everything(place)["x"]
        books = Books(id=1, name="x", country="NL", currency="EUR", ledger="exact")
        stands = status(place, books)
    for side in ("purchase", "sale"):
        held = [row.sums["held"] for row in stands.of(side) if "held" in row.sums]
        assert seen.held[side].net == sum(net for _, _, net in held)
        assert seen.held[side].documents == sum(documents for documents, _, _ in held)
    assert sum(each.documents for each in seen.ready.values()) == stands.waiting_documents


def test_the_database_is_asked_once_for_many_askers(settings: config.Settings) -> None:
    clock = Clock()
    metrics = measured(clock)
    before = metrics.text(settings)
    with Database(settings.connection.database_url) as database, database.transaction() as connection:
        connection.execute(tables.delivery.update().values(state="queued"))
    assert samples(metrics.text(settings))["connector_deliveries", "x", "queued"] == 0
    assert before.count("# TYPE connector_deliveries ") == 1
    clock.seconds = 15
    assert samples(metrics.text(settings))["connector_deliveries", "x", "queued"] == 1


def test_runs_are_counted_by_how_they_end() -> None:
    metrics = measured()
    for error in (None, Stopped(), SourceUnavailable("no answer"), ValueError("ours")):
        run = telemetry.span("run", administration="x", action="sync", run="r1")
        with metrics.watching(), suppress(Stopped, SourceUnavailable, ValueError), run:
            telemetry.figure("ledger_calls_left", 4711)
            if error is not None:
                raise error
    seen = samples(metrics.text(None))
    for outcome in ("done", "stopped", "SourceUnavailable", "Defect"):
        assert seen["connector_runs_total", "sync", outcome] == 1
    assert seen["connector_run_duration_seconds_count", "sync"] == 4
    assert seen["connector_ledger_calls_left", "x"] == 4711


def test_names_that_are_told_are_documented() -> None:
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(connector_\w+)`", page, flags=re.MULTILINE))
    assert documented == {each.name for each in exposition.STATE} | {exposition.RUNS[0], exposition.DURATION[0]}
    for name, labels in re.findall(r"^\| `(connector_\w+)` \| ([^|]*) \|", page, flags=re.MULTILINE):
        known = {each.name: each.labels for each in exposition.STATE}
        if name in known:
            assert tuple(re.findall(r"`(\w+)`", labels)) == known[name], name


def test_the_example_of_alert_rules_asks_for_what_is_told() -> None:
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    rules = [line for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    asked = {name for line in rules if "expr:" in line for name in re.findall(r"connector_\w+", line)}
    assert len(asked) > 5
    assert asked <= {each.name for each in exposition.STATE}


def test_only_three_paths_are_answered_and_nothing_is_taken(settings: config.Settings) -> None:
    with served(settings) as there:
        assert ask(there, "/")[0] == 404
        assert ask(there, "/../etc/passwd")[0] == 404
        assert ask(there, "/healthz?x=1")[0] == 200
        status, _, headers = ask(there, "/metrics", "POST")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        status, text, headers = ask(there, "/healthz", "HEAD")
        assert (status, text, headers["Content-Length"]) == (200, "", "6")
        assert "Python" not in headers["Server"]


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:9464", 200), ("localhost", 200), ("[::1]:9464", 200), ("LOCALHOST:1", 200),
     ("evil.example.com", 421), ("evil.example.com:9464", 421), ("127.0.0.1.example.com", 421)],
)  # fmt: skip
def test_a_page_that_leads_a_browser_here_is_told_nothing(host: str, status: int) -> None:
    with served(None) as there, socket.create_connection((there.host, there.port)) as asked:
        asked.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert asked.recv(100).startswith(f"HTTP/1.0 {status} ".encode())


def test_who_asks_slowly_or_nonsense_holds_up_nobody(settings: config.Settings) -> None:
    with served(settings) as there, socket.create_connection((there.host, there.port)) as silent:
        with socket.create_connection((there.host, there.port)) as mad:
            mad.sendall(b"\0" * 9000 + b"\r\n")
            assert mad.recv(20).startswith(b"HTTP/1.0 414")
        assert ask(there, "/healthz")[0] == 200
        silent.sendall(b"GET")


def test_an_address_that_is_taken_is_told_with_what_to_do() -> None:
    with served(None) as there:
        second = endpoints.listening(there, alive=Alive(), settings=lambda: None, metrics=measured())
        with pytest.raises(SettingsError, match="nothing can listen at") as refused, second:
            pass
        assert "each needs a --listen of its own" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "there", "loopback"),
    [
        ("9464", "127.0.0.1:9464", True),
        ("localhost:9464", "localhost:9464", True),
        ("[::1]:9464", "[::1]:9464", True),
        ("0.0.0.0:9464", "0.0.0.0:9464", False),
        ("monitor.example.com:80", "monitor.example.com:80", False),
    ],
)
def test_addresses_and_whether_others_come_there(text: str, there: str, loopback: bool) -> None:
    listen = config.listen_at(text)
    assert (str(listen), listen.is_loopback) == (there, loopback)


@pytest.mark.parametrize("text", ["", ":9464", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "http://127.0.0.1:1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no address to listen at"):
        config.listen_at(text)
