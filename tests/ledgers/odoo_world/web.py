"""Odoo's two interfaces over HTTP, before books, with faults on demand. Each call is one transaction."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from decimal import Decimal
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from tests.ledgers.odoo_world.books import ATTACHMENT, MOVE, Books
from tests.ledgers.odoo_world.tables import AccessDenied, DatabaseError, OdooError, UserError

CHANGES = ("load", "create", "write", "unlink", "action_post", "button_draft")
LOOKS = ("search", "search_read", "read", "fields_get")
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Fault(Enum):
    """What goes wrong with one call."""

    NO_ANSWER = "no answer"  # done, and the connection is cut before the answer
    LATE = "late"  # done, and answered after the client has given up
    RESET = "reset"  # the connection is cut and nothing is done
    ERROR_BEFORE = "error before"  # 502, nothing done
    ERROR_AFTER = "error after"  # 502, but done
    SERIALIZATION = "serialization"  # Odoo's own 500 that names an error of the database; rolled back
    TOO_MANY = "too many"  # 429, nothing done
    KEY_EXPIRES = "key expires"  # from this call on the key is refused
    KEY_EXPIRES_AFTER = "key expires after"  # from the next call on the key is refused
    REFUSED = "refused"  # Odoo refuses it in its own words, with the status 500 in JSON-2
    DATE_MOVES = "date moves"  # somebody sets a lock date right before
    TWICE = "twice"  # something between repeats the call; the last answer arrives
    ANOTHER_FIRST = "another first"  # the same call of somebody else is done first


class RefusedBadly(UserError):
    """A refusal whose status looks like a failure of the server."""

    status = 500


class Cut(Exception):
    """No answer is given."""


class Server:
    """One Odoo server with one database. ``heard`` is every call: path, headers, body."""

    def __init__(self, books: Books, *, database: str, user: str, key: str) -> None:
        self.books, self.database, self.user, self.key = books, database, user, key
        self.heard: list[tuple[str, dict[str, str], str]] = []
        self.done: list[str] = []
        self.refusal = "Told to refuse"
        self._armed: list[tuple[Fault, str, int]] = []
        self._lock, self._stop = threading.RLock(), threading.Event()
        outer = self

        class Call(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.answer(self, body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Call)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def stop(self) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def arm(self, fault: Fault, method: str = "", after: int = 0) -> None:
        """Let ``fault`` strike the next call of ``method`` (any that changes something), or one ``after`` it."""
        with self._lock:
            self._armed.append((fault, method, after))

    @property
    def left(self) -> int:
        """How many faults have not struck yet."""
        return len(self._armed)

    def answer(self, call: BaseHTTPRequestHandler, body: bytes) -> None:
        self.heard.append((call.path, dict(call.headers.items()), body.decode()))
        try:
            status, headers, told = self._answered(call, body)
        except Cut:
            call.close_connection = True
            call.connection.shutdown(socket.SHUT_RDWR)
            return
        try:
            call.send_response(status)
            for name, value in {"Content-Length": str(len(told)), **headers}.items():
                call.send_header(name, value)
            call.end_headers()
            call.wfile.write(told)
        except OSError:
            call.close_connection = True  # the client has gone

    def _answered(self, call: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._stop.is_set():
            raise Cut
        question = json.loads(body, parse_float=Decimal)
        if call.path == "/jsonrpc":
            return self._json_rpc(question)
        _, json_word, two, model, method = call.path.split("/") if call.path.count("/") == 4 else [""] * 5
        if self.books.version < 19 or (json_word, two) != ("json", "2"):
            return 404, {}, b"<!doctype html><p>The requested URL was not found on the server.</p>"
        if call.headers.get("X-Odoo-Database") != self.database:
            return 404, {}, b"<!doctype html><p>URL was not found in the server-wide controllers.</p>"
        try:
            if call.headers.get("Authorization") != f"bearer {self.key}":
                return 401, {}, _error("werkzeug.exceptions.Unauthorized", "Invalid apikey")
            named = {name: value for name, value in question.items() if name not in {"ids", "context"}}
            return 200, {}, _encode(self._struck(model, method, question.get("ids", []), named))
        except OdooError as error:
            return error.status, {}, _error(error.name, error.message)
        except _Status as told:
            return told.status, {"Retry-After": "1"}, b"<html>proxy</html>"

    def _json_rpc(self, question: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
        params = question["params"]
        head = {"jsonrpc": "2.0", "id": question["id"]}
        try:
            if params["service"] == "common":
                database, user, key, _ = params["args"]
                found = (database, user, key) == (self.database, self.user, self.key)
                return 200, {}, _encode({**head, "result": 7 if found else False})
            database, uid, key, model, method, args, named = params["args"]
            if (database, uid, key) != (self.database, 7, self.key):
                raise AccessDenied("Access Denied")
            named = {name: value for name, value in named.items() if name != "context"}
            ids = args[0] if args else []
            return 200, {}, _encode({**head, "result": self._struck(model, method, ids, named)})
        except OdooError as error:
            data = json.loads(_error(error.name, error.message))
            told = {"code": 200, "message": "Odoo Server Error", "data": data}
            return 200, {}, _encode({**head, "error": told})
        except _Status as status:
            return status.status, {"Retry-After": "1"}, b"<html>proxy</html>"

    def _struck(self, model: str, method: str, ids: list[int], named: dict[str, Any]) -> Any:
        """Do the call, with the fault that is armed for it."""
        fault = self._fault(method)
        self._strike_before(fault, ids)
        if fault in {Fault.TWICE, Fault.ANOTHER_FIRST}:
            self._do(model, method, ids, named)
        result = self._do(model, method, ids, named, fails=fault is Fault.SERIALIZATION)
        if fault is Fault.NO_ANSWER:
            raise Cut
        if fault is Fault.ERROR_AFTER:
            raise _Status(502)
        if fault is Fault.KEY_EXPIRES_AFTER:
            self.key = "another"
        if fault is Fault.LATE:
            self._stop.wait(3)
        return result

    def _strike_before(self, fault: Fault | None, ids: list[int]) -> None:
        """What goes wrong before anything is done."""
        match fault:
            case Fault.KEY_EXPIRES:
                self.key = "another"
                raise AccessDenied("Access Denied")
            case Fault.REFUSED:
                raise RefusedBadly(self.refusal)
            case Fault.RESET:
                raise Cut
            case Fault.ERROR_BEFORE:
                raise _Status(502)
            case Fault.TOO_MANY:
                raise _Status(429)
            case Fault.DATE_MOVES:
                with self._lock:
                    date = self.books.row(MOVE, ids[0])["date"]
                    company = self.books.row("res.company", self.books.row(MOVE, ids[0])["company_id"])
                    for name in {"fiscalyear_lock_date", "user_fiscalyear_lock_date"} & set(company):
                        company[name] = date

    def _fault(self, method: str) -> Fault | None:
        with self._lock:
            for place, (fault, wanted, after) in enumerate(self._armed):
                if method == wanted or (not wanted and method in CHANGES):
                    if after:
                        self._armed[place] = (fault, wanted, after - 1)
                        continue
                    del self._armed[place]
                    return fault
        return None

    def _do(self, model: str, method: str, ids: list[int], named: dict[str, Any], *, fails: bool = False) -> Any:
        with self._lock, self.books.transaction() if method in CHANGES else nullcontext():
            result = self._called(model, method, ids, json.loads(_encode(named), parse_float=Decimal))
            if fails:
                raise DatabaseError("could not serialize access due to concurrent update")
            if method in CHANGES:
                self.done.append(method)
            return result

    def _called(self, model: str, method: str, ids: list[int], named: dict[str, Any]) -> Any:
        books = self.books
        if method == "search":
            return books.search(model, **named)
        if method == "search_read":
            fields = named.pop("fields")
            return books.read(model, books.search(model, **named), fields)
        if method == "read":
            return books.read(model, ids, **named)
        if method == "fields_get":
            return {name: {"type": "any"} for name in named["allfields"] if name in books.fields[model]}
        if (model, method) == (ATTACHMENT, "load"):
            return books.load_attachment(**named)
        if model != MOVE or method not in CHANGES:
            raise OdooError(f"The method '{model}.{method}' does not exist")
        on_records = {"ids": ids} if method not in {"load", "create"} else {}
        return getattr(books, method)(**on_records, **named)


class _Status(Exception):
    """An answer of something between, that is none of Odoo's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _error(name: str, message: str) -> bytes:
    return _encode(
        {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "Traceback of the server"}
    )
