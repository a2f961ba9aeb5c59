"""What answers in the place of services that tell people: an HTTP server and a mail server, on this computer."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Told:
    """What arrived by HTTP: paths, and the JSON of each. With ``status`` other than 200 it is refused; while
    ``silent`` is set nothing is answered."""

    def __init__(self) -> None:
        self.status, self.paths, self.bodies = 200, list[str](), list[Any]()
        self.silent = threading.Event()
        self.port = 0

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.bodies]

    @property
    def messages(self) -> list[str]:
        return [each["message"] for each in self.bodies]

    @property
    def url(self) -> str:
        """The address, as Apprise writes it."""
        return f"json://localhost:{self.port}/told"


@contextmanager
def listening() -> Iterator[Told]:
    told = Told()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"]))
            if told.silent.is_set():
                self.close_connection = True
                threading.Event().wait(1)
                return
            told.paths.append(self.path)
            if told.status == 200:
                told.bodies.append(json.loads(text))
            self.send_response(told.status)
            if told.status == 302:
                self.send_header("Location", f"http://localhost:{told.port}/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    told.port = server.server_port
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Mail:
    """Mail that arrived; ``port`` is where it is taken."""

    def __init__(self) -> None:
        self.messages, self.port = list[EmailMessage](), 0


@contextmanager
def taking_mail() -> Iterator[Mail]:
    """A mail server: it takes everything, and knows as little of SMTP as that needs."""
    mail = Mail()

    class Answering(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 localhost")
            for raw in self.rfile:
                word = raw.split()[0].upper() if raw.split() else b""
                if word == b"DATA":
                    self._say("354 go on")
                    lines = []
                    for each in self.rfile:
                        if each == b".\r\n":
                            break
                        lines.append(each.removeprefix(b".") if each.startswith(b"..") else each)
                    made = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                    mail.messages.append(made)
                self._say("221 bye" if word == b"QUIT" else "250 localhost")
                if word == b"QUIT":
                    return

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering) as server:
        mail.port = server.server_address[1]
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield mail
        finally:
            server.shutdown()
            thread.join()
