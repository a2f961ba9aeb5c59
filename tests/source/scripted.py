"""A small HTTP server on a real socket that answers from a script, one reply per request, faults included."""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Reply = Callable[[socket.socket], None]
"""Writes an answer to the connection, which is closed afterwards."""


def reply(body: bytes = b'{"Invoices": []}', status: str = "200 OK", **headers: str) -> Reply:
    """A whole answer with a Content-Length. Header names are written with an underscore for the hyphen."""

    def write(connection: socket.socket) -> None:
        connection.sendall(_head(status, {"Content-Length": str(len(body)), **_named(headers)}) + body)

    return write


def zipped(body: bytes) -> Reply:
    """A whole answer, compressed."""
    return reply(gzip.compress(body), Content_Encoding="gzip")


def chunked(body: bytes, *, size: int = 1000, whole: bool = True) -> Reply:
    """An answer in chunks; without its second half and its end when not ``whole``."""

    def write(connection: socket.socket) -> None:
        connection.sendall(_head("200 OK", {"Transfer-Encoding": "chunked"}))
        sent = body if whole else body[: len(body) // 2]
        for start in range(0, len(sent), size):
            part = sent[start : start + size]
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        if whole:
            connection.sendall(b"0\r\n\r\n")

    return write


def half(body: bytes) -> Reply:
    """Half of what Content-Length promises."""
    return lambda connection: connection.sendall(
        _head("200 OK", {"Content-Length": str(len(body))}) + body[: len(body) // 2]
    )


def unmeasured(body: bytes) -> Reply:
    """An answer without any length: it ends where the connection ends."""
    return lambda connection: connection.sendall(_head("200 OK", {}) + body)


def silent(seconds: float) -> Reply:
    """No answer for a while."""
    return lambda connection: time.sleep(seconds)


def dripping(body: bytes, seconds: float) -> Reply:
    """A byte at a time, never slow enough for a read time-out."""

    def write(connection: socket.socket) -> None:
        connection.sendall(_head("200 OK", {"Content-Length": str(len(body))}))
        for each in body:
            connection.sendall(bytes([each]))
            time.sleep(seconds)

    return write


def hung_up(connection: socket.socket) -> None:
    """The connection is closed without a word."""


def moved(address: str, status: str = "302 Found") -> Reply:
    """A redirect."""
    return reply(b"", status, Location=address)


class Request:
    """What was asked: the request line's target, and the headers with lower-case names."""

    def __init__(self, text: str) -> None:
        first, *rest = text.split("\r\n")
        self.method, self.target, _ = first.split(" ")
        pairs = (line.split(": ", 1) for line in rest if line)
        self.headers = {name.lower(): value for name, value in pairs}


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Answers request n with reply n of ``script``, the last one for ever. Keeps what was asked in ``requests``."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, script: list[Reply], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.script = script
        self.tls = tls
        self.requests: list[Request] = []

    @property
    def address(self) -> str:
        """The base URL to give to a client."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{'localhost' if self.tls else '127.0.0.1'}:{self.server_address[1]}"


class _Conversation(socketserver.BaseRequestHandler):
    server: ScriptedServer
    request: socket.socket

    def handle(self) -> None:
        connection = self.request
        if self.server.tls:
            try:
                connection = self.server.tls.wrap_socket(connection, server_side=True)
            except (ssl.SSLError, OSError):
                return  # the client did not like our certificate, which is what some tests are about
        with connection:
            text = b""
            while b"\r\n\r\n" not in text:
                part = connection.recv(65536)
                if not part:
                    return
                text += part
                if text.startswith(b"\x16"):  # a client that speaks TLS to a server that does not
                    connection.sendall(_head("400 Bad Request", {}))
                    return
            number = len(self.server.requests)
            self.server.requests.append(Request(text.decode("latin-1")))
            try:
                self.server.script[min(number, len(self.server.script) - 1)](connection)
            except OSError:
                return  # the client had enough


@contextmanager
def serving(*script: Reply, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """A server that answers from ``script``."""
    with ScriptedServer(list(script), tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _head(status: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
