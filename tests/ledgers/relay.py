"""A relay between a ledger's adapter and its server: passes everything on, and loses the answers it is told to lose."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Relay:
    """``lose`` names methods whose next answer is dropped after the server has done the work, ``block`` those whose
    next call does not reach the server; each once. ``heard`` are all methods in order."""

    def __init__(self, address: str) -> None:
        self.server = urlsplit(address)
        self.url = ""
        self.lose: list[str] = []
        self.block: list[str] = []
        self.heard: list[str] = []

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """One call."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        method = json.loads(body)["method"]
        self.heard.append(method)
        if method in self.block:
            self.block.remove(method)
            return _hang_up(request)
        connection = http.client.HTTPConnection(str(self.server.hostname), self.server.port or 80)
        kept = {name: text for name, text in request.headers.items() if name in {"Authorization", "Content-Type"}}
        connection.request("POST", request.path, body, kept)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if method in self.lose:
            self.lose.remove(method)
            return _hang_up(request)
        request.send_response(answer.status)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
        return None


def _hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def relaying(address: str) -> Iterator[Relay]:
    """A relay in front of ``address``."""
    relay = Relay(address)

    class Server(BaseHTTPRequestHandler):
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
