"""A bookkeeping server, a process of its own: it keeps books, and it does what servers do at the worst moment.

It books whatever it is sent, twice if it is sent twice: whether an entry is there once is for the sender to see to.
Entries must balance, and their period be open; a session ends when it is told to. ``/fault`` says what happens to the
next posting. What is booked late is booked when ``/settle`` says that the settling time is over, however slow the
machine is. The books are asked for at ``/books``, past the adapter.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LATE_SECONDS = 0.3
"""How long nobody answers when an answer is late: longer than the sender waits."""
FAULTS = (
    "none",
    "dropped",  # booked, and the connection breaks off
    "late answer",  # booked, and the answer comes after nobody waits for it
    "late booking",  # booked at the end of the settling time, and never answered
    "stale",  # booked, and answered with the answer to the posting before
    "half",  # the first half is booked, and the connection breaks off
    "server error",  # nothing is booked, 500
    "server error after",  # booked, 500
    "too many",  # nothing is booked, 429
    "logged out",  # nothing is booked, the session has ended
    "killed on arrival",  # the sender dies before anything is booked
    "killed, then booked",  # the sender dies, and everything is booked at the end of the settling time
    "killed when booked",  # the sender dies after everything is booked, before the answer
)
REFUSED = {"server error": 500, "too many": 429, "logged out": 401}
"""Answers to a posting of which nothing is booked."""


class Books:
    """The books of one life."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        """New, empty books."""
        self.entries: list[dict[str, Any]] = []
        self.fault = "none"
        self.closed_until = ""
        self.session = 0
        self.last: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []
        self.life = time.monotonic_ns()

    def book(self, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Book what can be booked; an answer each."""
        with self.lock:
            return [self._one(each) for each in sent]

    def _one(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sum(minor for _, minor in sent["postings"]) != 0:
            return {"key": sent["key"], "refused": "not in balance"}
        if sent["date"] <= self.closed_until:
            return {"key": sent["key"], "refused": f"closed until {self.closed_until}"}
        self.entries.append({**sent, "id": len(self.entries) + 1})
        return {"key": sent["key"], "id": len(self.entries), "fingerprint": sent["fingerprint"]}


BOOKS = Books()


class Bookkeeper(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the body waits until the head was acknowledged

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.path:
            case "/begin":
                BOOKS.begin()
                self._answer(200, {})
            case "/fault":
                BOOKS.fault = asked.get("fault", BOOKS.fault)
                BOOKS.closed_until = asked.get("closed_until", BOOKS.closed_until)
                self._answer(200, {})
            case "/settle":
                late, BOOKS.late = BOOKS.late, []
                BOOKS.book(late)
                self._answer(200, {})
            case "/books":
                self._answer(200, {"entries": BOOKS.entries})
            case "/login":
                self._answer(200, {"session": BOOKS.session})
            case _ if self.headers.get("X-Session") != str(BOOKS.session):
                self._answer(401, {})
            case "/find":
                wanted = set(asked["documents"])
                found = [each for each in BOOKS.entries if each["document"] in wanted]
                self._answer(200, {"entries": found})
            case "/entries":
                self._post(asked["entries"])

    def _post(self, sent: list[dict[str, Any]]) -> None:
        fault, BOOKS.fault, life = BOOKS.fault, "none", BOOKS.life
        if fault == "logged out":
            BOOKS.session += 1
        if fault in REFUSED:
            self._answer(REFUSED[fault], {})
            return
        if fault.startswith("killed") and fault != "killed when booked":
            self._kill()
        if fault in ("late booking", "killed, then booked"):
            BOOKS.late += sent
            time.sleep(LATE_SECONDS)
            self.close_connection = True
            return
        if fault == "killed on arrival" or life != BOOKS.life:
            return
        answers = BOOKS.book(sent[: len(sent) // 2] if fault == "half" else sent)
        if fault == "killed when booked":
            self._kill()
        self._answer_after(fault, answers)

    def _answer_after(self, fault: str, answers: list[dict[str, Any]]) -> None:
        """Answer what was booked, or fail to."""
        told, BOOKS.last = (BOOKS.last if fault == "stale" else answers), answers
        if fault in ("dropped", "half"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == "server error after":
            self._answer(500, {})
        else:
            if fault == "late answer":
                time.sleep(LATE_SECONDS)
            self._answer(200, {"answers": told})

    def _kill(self) -> None:
        os.kill(int(self.headers["X-Sender"]), signal.SIGKILL)

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that is gone is what all this is about."""


if __name__ == "__main__":
    with _Server(("127.0.0.1", 0), Bookkeeper) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.05)
