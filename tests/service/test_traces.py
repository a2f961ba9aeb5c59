"""Traces, received by a collector that decodes OTLP: what a run did where, and nothing that is secret."""

from __future__ import annotations

import datetime
import time

import pytest

from connector import config, telemetry
from connector.app.noting import Stopped
from connector.errors import SourceRefused
from connector.ledgers.http import LedgerHttp
from connector.ledgers.throttle import Left, Throttle
from connector.service import endpoints
from connector.service.alive import Alive
from connector.service.metrics import Metrics
from connector.service.traces import tracing
from tests.service.collector import Collector, collecting

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)


def sent(collector: Collector, token: str = "") -> config.Traces:
    headers = (("Authorization", config.Secret(f"Bearer {token}")),) if token else ()
    return config.Traces(endpoint=collector.address, headers=headers)


def test_spans_lie_within_each_other_and_tell_what_they_are() -> None:
    with collecting() as collector:
        with (
            tracing(sent(collector, token="a-token-for-the-collector")),
            telemetry.span("run", administration="acme", action="sync", run="1a2b"),
        ):
            with (
                telemetry.span("pull"),
                telemetry.span(
                    "source", method="GET", host="api.example.com", route="api/v1/invoices", resent=0
                ) as mark,
            ):
                mark(status=200)
            with telemetry.span("deliver"):
                pass
        assert collector.headers[0]["authorization"] == "Bearer a-token-for-the-collector"
    (run,) = collector.named("run")
    assert collector.within(run) == ["pull", "deliver"]
    assert {each.trace for each in collector.spans} == {run.trace}
    (call,) = collector.named("GET api/v1/invoices")
    assert call.attributes["http.response.status_code"] == 200
    assert call.attributes["server.address"] == "api.example.com"
    assert run.attributes["connector.run"] == "1a2b"
    assert not any(each.failed for each in collector.spans)


def test_a_call_to_a_ledger_is_told_without_its_question_and_with_what_is_left() -> None:
    metrics = Metrics(now=lambda: NOON, today=NOON.date)
    address = config.Listen(host="127.0.0.1", port=0)
    with (
        endpoints.listening(address, alive=Alive(), settings=lambda: None, metrics=metrics) as there,
        collecting() as collector,
    ):
        ledger = LedgerHttp(
            f"http://{there}",
            throttle=Throttle((), monotonic=time.monotonic, sleep=time.sleep),
            sleep=time.sleep,
            left=lambda _headers: Left(calls=41, seconds=1),
        )
        with tracing(sent(collector)), telemetry.span("run", administration="acme", action="sync", run="1"):
            assert ledger.look("GET", "healthz", query={"$filter": "Name eq 'Jansen BV'"}).status == 200
        ledger.close()
    (call,) = collector.named("GET healthz")
    assert (call.attributes["http.response.status_code"], call.attributes["connector.step"]) == (200, "ledger")
    assert b"Jansen" not in collector.bytes
    assert 'connector_ledger_calls_left{administration="acme"} 41\n' in metrics.text(None)


def test_of_an_error_only_its_kind_is_told() -> None:
    with collecting() as collector, tracing(sent(collector)):
        with pytest.raises(SourceRefused), telemetry.span("run", administration="acme", action="sync", run="1"):
            raise SourceRefused("customer Jansen BV has the key sk-12345")
        with pytest.raises(Stopped), telemetry.span("run", administration="acme", action="stop", run="2"):
            raise Stopped
    failed, stopped = collector.named("run")
    assert (failed.failed, failed.attributes["error.type"]) == (True, "SourceRefused")
    assert (stopped.failed, stopped.attributes["error.type"]) == (False, "Stopped")
    assert b"Jansen" not in collector.bytes
    assert b"sk-12345" not in collector.bytes


def test_a_collector_that_is_away_stops_nothing() -> None:
    with (
        tracing(config.Traces(endpoint="http://127.0.0.1:1")),
        telemetry.span("run", administration="acme", action="sync", run="1"),
    ):
        done = True
    assert done


def test_nobody_is_told_where_nobody_listens() -> None:
    with telemetry.span("run", administration="acme") as mark:
        mark(status=200)
        telemetry.figure("ledger_calls_left", 1)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("api/v1/invoices", "api/v1/invoices"),
        ("/billing/v4/subscriptiondetails/4711", "/billing/v4/subscriptiondetails/*"),
        ("api/v1/12345/crm/Accounts(guid'ab-1')", "api/v1/*/crm/*"),
        ("customers/Jansen%20BV/subscriptions?key=sk-1", "customers/*/subscriptions"),
    ],
)
def test_a_route_names_nobody(path: str, route: str) -> None:
    assert telemetry.route(path) == route
