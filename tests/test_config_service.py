"""The table [service]: where the service listens and where traces go."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector import config

SETTINGS = """\
[service]
{setting}

[administrations.acme]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
source = {{ kind = "files", folder = "answers" }}
ledger = {{ kind = "hledger", folder = "books" }}
"""


def service(folder: Path, setting: str, **environ: str) -> config.ServiceSettings:
    (folder / "mappings" / "nl").mkdir(parents=True, exist_ok=True)
    (folder / "connector.toml").write_text(SETTINGS.format(setting=setting), encoding="utf-8")
    return config.load(folder / "connector.toml", environ=environ).service


def test_nothing_listens_and_nothing_is_sent_by_default(tmp_path: Path) -> None:
    read = service(tmp_path, "")
    assert (read.listen, read.traces) == (None, None)


def test_where_traces_go_may_stand_in_the_environment(tmp_path: Path) -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example.com/v1/traces",
        "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer a-secret,x-tenant=me",
    }
    traces = service(tmp_path, "", **environ).traces
    assert traces is not None
    assert traces.endpoint == "https://collector.example.com"
    assert [(name, secret.reveal()) for name, secret in traces.headers] == [
        ("Authorization", "Bearer a-secret"),
        ("x-tenant", "me"),
    ]
    assert "a-secret" not in repr(traces)
    nearer = service(tmp_path, 'traces = "http://localhost:4318"', **environ).traces
    assert nearer is not None
    assert nearer.endpoint == "http://localhost:4318"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('listen = ":9464"', "is no address to listen at"),
        ("listen = 9464", "a number"),
        ('traces = "http://collector.example.com:4318"', "in clear"),
        ('traces = "http://me:hunter22@localhost:4318"', "more than an address"),
        ('traces = "localhost:4318"', "is no web address"),
        ('listn = "127.0.0.1:9464"', "did you mean 'listen'"),
    ],
)
def test_wrong_settings_of_the_service_are_told(tmp_path: Path, setting: str, words: str) -> None:
    with pytest.raises(config.WrongSettings) as wrong:
        service(tmp_path, setting)
    (problem,) = wrong.value.problems
    assert words in problem
    assert "connector.toml:2:" in problem
    assert "hunter22" not in problem
