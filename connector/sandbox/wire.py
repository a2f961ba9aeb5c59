"""Putting an answer on the wire, or a part of it, slowly, or with a reset."""

from __future__ import annotations

import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

from connector.sandbox.bodies import Body, body_of, in_small_chunks
from connector.sandbox.faults import Fault

JSON_TYPE = "application/json; charset=utf-8"


class Wire(BaseHTTPRequestHandler):
    """The sending half of a connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the body waits until the head was acknowledged

    @property
    def stopping(self) -> threading.Event:
        """Set when the server stops, so that nobody waits any longer."""
        raise NotImplementedError

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write nothing: requests are kept as values."""

    def keep(self, status: int) -> None:
        """Take note of the request, before its answer goes out."""
        raise NotImplementedError

    def send_json(self, value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Send a short JSON answer."""
        self.send(body_of(json.dumps(value).encode()), status=status, headers=headers)

    def send(
        self,
        sent: Body,
        *,
        status: int = 200,
        content_type: str = JSON_TYPE,
        headers: dict[str, str] | None = None,
        fault: Fault | None = None,
    ) -> None:
        """Send an answer, spoilt by a fault that is about the sending."""
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "cut":
            sent = self._cut(sent, fault)
        chunked = sent.length is None
        self.keep(status)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if fault is not None and kind == "paging" and fault.value == "link":
            self.send_header("Link", f'<{self.path.partition("?")[0]}?page=2>; rel="next"')
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(sent.length))
        self.end_headers()
        self._send_chunks(sent, chunked=chunked, fault=fault)

    def _send_chunks(self, sent: Body, *, chunked: bool, fault: Fault | None) -> None:
        slow = fault if fault is not None and fault.kind == "slow" else None
        chunks = sent.chunks if slow is None else in_small_chunks(sent.chunks, slow.size)
        for chunk in chunks:
            if slow is not None and self.stopping.wait(slow.delay):
                self.close_connection = True
                return
            self.wfile.write(b"%X\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
        if fault is not None and fault.kind == "cut":
            self.close_connection = True
        elif chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _cut(self, sent: Body, fault: Fault) -> Body:
        """Keep the first part of a body whose length, or whose last chunk to come, promises all of it."""
        whole = b"".join(sent.chunks)
        return Body([whole[: int(len(whole) * fault.at)]], None if fault.value == "chunked" else len(whole))

    def reset(self) -> None:
        """Drop the connection so that the client sees a reset, not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()
