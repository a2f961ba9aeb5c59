"""A relay between a ledger's adapter and its server: passes everything on, and loses the answers it is told to lose."""

from __future__ import annotations

import http
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import urlsplit

R = TypeVar("R", bound="Relay")


class Relay:
    """``lose`` names methods whose next answer is dropped after the server has done the work, ``block`` those whose
    next call does not reach the server; ``fails_before`` and ``fails_after`` name methods whose next calls
    are answered with a status instead, undone or done; each once. ``heard`` are all methods in order."""

    def __init__(self, address: str) -> None:
        self.server = urlsplit(address)
        self.url = ""
        self.lose: list[str] = []
        self.block: list[str] = []
        self.fails_before: list[tuple[str, int]] = []
        self.fails_after: list[tuple[str, int]] = []
        self.heard: list[str] = []

    def before(self, method: str) -> None:
        """Something may happen before a call of ``method`` is passed on."""

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """One call."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        method = json.loads(body)["method"]
        self.heard.append(method)
        self.before(method)
        if method in self.block:
            self.block.remove(method)
            return _hang_up(request)
        if status := _told(self.fails_before, method):
            return _answer(request, status, b"{}")
        connection = http.client.HTTPConnection(str(self.server.hostname), self.server.port or 80)
        kept = {name: text for name, text in request.headers.items() if name in {"Authorization", "Content-Type"}}
        connection.request("POST", request.path, body, kept)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if method in self.lose:
            self.lose.remove(method)
            return _hang_up(request)
        return _answer(request, _told(self.fails_after, method) or answer.status, content)


def _told(failing: list[tuple[str, int]], method: str) -> int:
    """The status with which a call of ``method`` is to fail, once; 0 when it is not."""
    status = next((each for name, each in failing if name == method), 0)
    if status:
        failing.remove((method, status))
    return status


def _answer(request: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
    request.send_response(status)
    if status == http.HTTPStatus.TOO_MANY_REQUESTS:
        request.send_header("Retry-After", "1")
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def _hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def relaying(address: str, kind: type[R]) -> Iterator[R]:
    """A relay in front of ``address``."""
    relay = kind(address)

    class Server(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or the body waits until the head was acknowledged

        def do_POST(self) -> None:
            relay.pass_on(self)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    relay.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
