"""A collector of traces: receives OTLP over HTTP and decodes it as a real one does."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # type: ignore[import-untyped, unused-ignore]
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Span:
    """A span as it was received."""

    def __init__(self, received: Any) -> None:
        self.name, self.id, self.parent, self.trace = (
            received.name,
            received.span_id,
            received.parent_span_id,
            received.trace_id,
        )
        self.failed = received.status.code == 2
        self.attributes = {each.key: each.value.string_value or each.value.int_value for each in received.attributes}


class Collector:
    """What was received: its ``spans``, its ``bytes``, and the headers of its questions."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.bytes = b""
        self.headers: list[dict[str, str]] = []
        self.address = ""

    def named(self, name: str) -> list[Span]:
        return [each for each in self.spans if each.name == name]

    def within(self, span: Span) -> list[str]:
        """The names of the spans right within ``span``."""
        return [each.name for each in self.spans if each.parent == span.id]


@contextmanager
def collecting() -> Iterator[Collector]:
    """Receive traces meanwhile."""
    collector = Collector()

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            collector.bytes += body
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    collector.spans += map(Span, scope.spans)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiving)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    collector.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
