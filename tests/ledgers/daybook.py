"""Daybook: a bookkeeping program with a web interface, as small as it can be, for the tutorial of docs/adapters.md.

It keeps books in euros, refuses what does not balance and what has no account, knows closed days and log-ins, and does
not notice when an entry comes twice. One fault can be armed, which strikes once.
"""

from __future__ import annotations

import datetime
import json
import socket
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

from connector.ledgers.conformance.counterpart import Books, Fault

PASSWORD = "open sesame"
_NO_ANSWER = 0
_encode = msgspec.json.Encoder(decimal_format="number").encode
Answer = tuple[int, object]


class Daybook:
    """A running server on fresh books; use it as a context manager."""

    def __init__(self, books: Books) -> None:
        self.accounts = [
            {"code": each.code, "name": each.name, "type": each.type.value} for each in books.chart.accounts.values()
        ]
        self.vat = [{"code": each.code, "name": tax, "rate": each.rate} for tax, each in books.taxes.items()]
        self.entries: list[dict[str, Any]] = []
        self.closed_until = datetime.date.min
        self.tokens: list[str] = []
        self.fault: Fault | None = None
        self.after = 0
        self.struck = False
        self.over = threading.Event()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, address: str, token: str, body: Any) -> Answer:
        """What is answered to a question, as status and body."""
        path = urlsplit(address).path
        if (method, path) == ("POST", "/login"):
            return self._log_in(body)
        if token.removeprefix("Bearer ") not in self.tokens:
            return 401, {"error": "log in first"}
        match method, path:
            case "GET", "/accounts":
                return 200, self.accounts
            case "GET", "/vat":
                return 200, self.vat
            case "GET", "/entries":
                (search,) = parse_qs(urlsplit(address).query, keep_blank_values=True)["search"]
                return 200, [{**each, "owed": _owed(each)} for each in self.entries if search in each["note"]]
            case "POST", "/entries":
                return self._take(body)
        return 404, {"error": f"there is no {path}"}

    def _log_in(self, body: Any) -> Answer:
        if body != {"password": PASSWORD}:
            return 401, {"error": "wrong password"}
        self.tokens.append(f"token-{len(self.tokens)}")
        return 200, {"token": self.tokens[-1]}

    def _take(self, entry: dict[str, Any]) -> Answer:
        if self.fault is None or self.struck or len(self.entries) < self.after:
            return self._book(entry)
        self.struck = True
        match self.fault:
            case Fault.TOO_MANY:
                return 429, {"error": "too many calls"}
            case Fault.ERROR_BEFORE:
                return 503, {"error": "out of order"}
            case Fault.EXPIRED:
                self.tokens.clear()
                return 401, {"error": "log in first"}
            case Fault.DATE_MOVED:
                moved = datetime.date.fromisoformat(entry["date"]) + datetime.timedelta(days=14)
                return self._book({**entry, "date": f"{moved}"})
        self._book(entry)
        match self.fault:
            case Fault.TIME_OUT:
                self.over.wait(30)
                return _NO_ANSWER, None
            case Fault.DUPLICATE:
                return 409, {"error": "this entry is there already"}
            case Fault.ERROR_AFTER:
                return 500, {"error": "out of order"}
        return _NO_ANSWER, None

    def _book(self, entry: dict[str, Any]) -> Answer:
        if error := self._refusal(entry):
            return 422, {"error": error}
        entry["id"] = len(self.entries) + 1
        self.entries.append(entry)
        return 201, {"id": entry["id"]}

    def _refusal(self, entry: dict[str, Any]) -> str:
        if datetime.date.fromisoformat(entry["date"]) <= self.closed_until:
            return f"the books are closed until {self.closed_until}"
        known = {each["code"] for each in self.accounts}
        if unknown := {line["account"] for line in entry["lines"]} - known:
            return f"there is no account {', '.join(sorted(unknown))}"
        if sum(line["amount"] for line in entry["lines"]):
            return "the entry does not balance"
        if any(sign < " " for sign in entry["text"]) or len(entry["text"]) > 100 or len(entry["note"]) > 2000:
            return "a text is too long or has control signs"
        return ""


def _owed(entry: dict[str, Any]) -> Decimal:
    return -sum((line["amount"] for line in entry["lines"] if line["kind"] == "party"), Decimal("0.00"))


def _answering(daybook: Daybook) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or the body waits until the head was acknowledged

        def do(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(sent, parse_float=Decimal) if sent else None
            status, answer = daybook.answer(self.command, self.path, self.headers.get("Authorization", ""), body)
            if status == _NO_ANSWER:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = _encode(answer)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status == 429:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Answering
