"""Traces: what a run did where, sent by OTLP over HTTP to whoever gathers them.

A span for each run, within it pull, prepare and deliver, and one for each call to source and ledger. They tell names of
administrations, hosts, paths without numbers, statuses and kinds of errors: no question, header, body or message.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from connector import __version__, telemetry
from connector.config import Traces
from connector.errors import SettingsError

_PATIENCE_SECONDS = 5
"""How long a collector may take for an answer, and the end of the program for what was not sent yet."""
_NAMES = {
    "method": "http.request.method",
    "host": "server.address",
    "route": "url.template",
    "status": "http.response.status_code",
    "resent": "http.request.resend_count",
    "administration": "connector.administration",
    "run": "connector.run",
    "action": "connector.action",
}
"""Our attributes in the words of OpenTelemetry."""
_CALLS = ("source", "ledger")


@contextmanager
def tracing(traces: Traces) -> Iterator[None]:
    """Send traces of what runs meanwhile to the collector. One that does not answer is told in the log, and stops
    nothing.

    SettingsError where the extra is not installed.
    """
    provider = _provider(traces)
    try:
        with telemetry.listening(_Tracing(provider.get_tracer("connector", __version__))):
            yield
    finally:
        provider.force_flush(_PATIENCE_SECONDS * 1000)
        provider.shutdown()


class _Tracing:
    """Makes a span of OpenTelemetry of each of ours."""

    def __init__(self, tracer: Any) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode

        self._tracer, self._client, self._inside = tracer, SpanKind.CLIENT, SpanKind.INTERNAL
        self._failed = Status(StatusCode.ERROR)

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, telemetry.Value]) -> Iterator[telemetry.Mark]:
        """Told of each span."""
        call = name in _CALLS
        with self._tracer.start_as_current_span(
            f"{attributes['method']} {attributes['route']}" if call else name,
            kind=self._client if call else self._inside,
            attributes={**_in_their_words(attributes), "connector.step": name},
            # The words of an error may name customers and documents: its kind is enough here, the log has the rest.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            def mark(**more: telemetry.Value) -> None:
                span.set_attributes(_in_their_words(more))

            try:
                yield mark
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                if type(error).__name__ != "Stopped":
                    span.set_status(self._failed)
                raise

    def figure(self, name: str, value: int) -> None:
        """Figures are for metrics."""


def _in_their_words(attributes: Mapping[str, telemetry.Value]) -> dict[str, telemetry.Value]:
    return {_NAMES.get(name, name): value for name, value in attributes.items()}


def _provider(traces: Traces) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise SettingsError(
            "the packages for traces are not installed",
            hint="Install them with: pip install 'copaco-connector[traces]'",
        ) from error
    # What it writes about its own calls repeats for as long as a collector is away.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    about = {"service.name": "copaco-connector", "service.version": __version__}
    provider = TracerProvider(resource=Resource(attributes=about))
    exporter = OTLPSpanExporter(
        endpoint=f"{traces.endpoint}/v1/traces",
        headers={name: secret.reveal() for name, secret in traces.headers},
        timeout=_PATIENCE_SECONDS,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
