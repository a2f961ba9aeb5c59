"""The server: OAuth, the interface of one division, its limits, and faults that a test arms."""

from __future__ import annotations

import datetime
import json
import secrets
import socket
import threading
from collections import Counter, deque
from contextlib import suppress
from decimal import Decimal
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec

from tests.ledgers.exact_world.books import ATTACHMENTS, DOCUMENTS, FIELDS, LINES_OF, Books, Refused
from tests.ledgers.exact_world.odata import BadQuestion, Row, answer, shown

DIVISION = "123456"
CLIENT_ID, CLIENT_SECRET = "app-4711", "hidden-client-secret-of-the-app"
REDIRECT = "https://localhost/connector"
A_MINUTE, A_DAY, REFUSALS = 60, 5000, 10
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Fault(Enum):
    """What can go wrong with one posting."""

    LATE = "booked, and answered after the time-out"
    NO_ANSWER = "booked, and the connection breaks"
    ERROR_BEFORE = "503, not booked"
    ERROR_AFTER = "502, booked"
    TOO_MANY = "429, not booked"
    EXPIRES = "ten minutes pass before it arrives"
    BADLY_REFUSED = "refused in words under status 500"
    DATE_MOVED = "booked on the first of the next month"


class Clock:
    """A clock that moves when somebody sleeps on it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def now(self) -> datetime.datetime:
        return datetime.datetime(2026, 12, 31, 9, tzinfo=datetime.UTC) + datetime.timedelta(seconds=self.seconds)


class Cut(Exception):
    """The connection breaks."""


Answer = tuple[int, dict[str, str], bytes]


class Server:
    """A running server on ``books``. ``calls`` are the times of the calls of the division, ``token_calls`` counts those
    for tokens."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self.books, self.clock = books, clock
        self.codes: dict[str, float] = {}
        self.refresh = ""
        self.access: dict[str, float] = {}
        self.granted = float("-inf")
        self.token_calls = 0
        self.calls: deque[float] = deque()
        self.paths: list[tuple[str, str]] = []
        self.refusals: Counter[str] = Counter()
        self.armed: list[tuple[Fault, int]] = []
        self.calls_left_today, self.a_minute = A_DAY, A_MINUTE
        self.turned_away = 0
        """Calls that were too many."""
        self.given_out: set[str] = set()
        """Every token that was ever given."""
        self.says_back = False
        """Whether it repeats what it was sent in its errors, tokens and all, as a careless proxy does."""
        self.over = threading.Event()
        self._lock = threading.RLock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self.over.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def agree(self, address: str) -> str:
        """A person opens the address of the login and agrees; where the browser is sent then."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, REDIRECT)
        code = secrets.token_urlsafe(12)
        self.codes[code] = self.clock.seconds
        return f"{REDIRECT}?code={code}&state={asked['state']}"

    def answer(self, method: str, path: str, token: str, body: bytes) -> Answer:
        """One call."""
        parts = urlsplit(path)
        if parts.path == "/api/oauth2/token":
            with self._lock:
                return self._tokens(dict(parse_qsl(body.decode())))
        fault = self._struck() if method == "POST" and "/documents/" not in parts.path else None
        if fault is Fault.EXPIRES:
            self.clock.seconds += 600
        if self.clock.seconds >= self.access.get(token.removeprefix("Bearer "), float("-inf")):
            return _told(401, {"error": {"message": {"value": f"Unauthorized {token if self.says_back else ''}"}}})
        with self._lock:
            limits, used_up = self._limits()
            self.turned_away += used_up
            if used_up or fault is Fault.TOO_MANY:
                return 429, limits, b""
            self.paths.append((method, parts.path))
            if fault is Fault.ERROR_BEFORE:
                return 503, limits, b""
            if fault is Fault.BADLY_REFUSED:
                return 500, limits, _error("Periode is afgesloten: 2026-12")
            sent = json.loads(body, parse_float=Decimal) if body else {}
            if fault is Fault.DATE_MOVED:
                sent["EntryDate"] = f"{datetime.date.fromisoformat(sent['EntryDate']) + datetime.timedelta(days=31)}"
            status, content = self._answered(method, parts.path, dict(parse_qsl(parts.query)), sent)
        if fault is Fault.LATE:
            self.over.wait(3)
        if fault is Fault.NO_ANSWER:
            raise Cut
        return (502, limits, b"") if fault is Fault.ERROR_AFTER else (status, limits, content)

    def _answered(self, method: str, path: str, query: dict[str, str], sent: Row) -> tuple[int, bytes]:
        if path == "/api/v1/current/Me":
            return 200, _encode({"d": {"results": [{"CurrentDivision": int(DIVISION)}]}})
        name = path.removeprefix(f"/api/v1/{DIVISION}/")
        if name not in FIELDS:
            return 404, b""
        if self.refusals[name] > REFUSALS:
            return 403, _error("Te veel fouten")
        try:
            if method == "GET":
                return 200, _encode(answer(self.books.rows[name], query, set(FIELDS[name]), f"{self.url}{path}"))
            if name not in (*LINES_OF, DOCUMENTS, ATTACHMENTS):
                return 405, b""
            made = self.books.create(name, sent)
        except (Refused, BadQuestion) as error:
            self.refusals[name] += 1
            return 400, _error(str(error))
        return 201, _encode({"d": {field: shown(value) for field, value in made.items()}})

    def _struck(self) -> Fault | None:
        with self._lock:
            for place, (fault, after) in enumerate(self.armed):
                if not after:
                    del self.armed[place]
                    return fault
                self.armed[place] = (fault, after - 1)
            return None

    def _limits(self) -> tuple[dict[str, str], bool]:
        """The headers about the limits, and whether they are used up; else the call counts."""
        now = self.clock.seconds
        while self.calls and self.calls[0] <= now - 60:
            self.calls.popleft()
        used_up = len(self.calls) >= self.a_minute
        if not used_up:
            self.calls.append(now)
            self.calls_left_today = max(self.calls_left_today - 1, 0)
        reset = int((self.clock.now().timestamp() + 60 - (now - self.calls[0])) * 1000)
        return {
            "X-RateLimit-Minutely-Limit": str(self.a_minute),
            "X-RateLimit-Minutely-Remaining": str(self.a_minute - len(self.calls)),
            "X-RateLimit-Minutely-Reset": str(reset),
            "X-RateLimit-Limit": str(A_DAY),
            "X-RateLimit-Remaining": str(self.calls_left_today),
            "X-RateLimit-Reset": str(int(self.clock.now().timestamp() + 3600) * 1000),
        }, used_up

    def _tokens(self, form: dict[str, str]) -> Answer:
        now = self.clock.seconds
        self.token_calls += 1
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _told(401, {"error": "invalid_client", "error_description": f"not {form.get('client_secret')}"})
        if form.get("grant_type") == "authorization_code":
            given = self.codes.pop(form.get("code", ""), None)
            if given is None or now - given > 180 or form.get("redirect_uri") != REDIRECT:
                return _told(400, {"error": "invalid_grant"})
        elif form.get("refresh_token") != self.refresh or not self.refresh:
            return _told(400, {"error": "invalid_grant", "error_description": "Refresh token is used or expired"})
        elif now - self.granted < 570:
            return _told(400, {"error": "invalid_request", "error_description": "Access token not expired"})
        self.granted, self.refresh = now, secrets.token_urlsafe(20)
        access = secrets.token_urlsafe(20)
        self.access[access] = now + 600
        self.given_out |= {access, self.refresh}
        return _told(
            200, {"access_token": access, "token_type": "bearer", "expires_in": "600", "refresh_token": self.refresh}
        )


def _told(status: int, body: Any) -> Answer:
    return status, {}, _encode(body)


def _error(message: str) -> bytes:
    return _encode({"error": {"code": "", "message": {"lang": "", "value": message}}})


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or the body waits until the head was acknowledged
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                status, headers, content = server.answer(
                    self.command, self.path, self.headers.get("Authorization", ""), sent
                )
                if self.headers.get("Accept") != "application/json":
                    content = b"<feed/>"  # who does not ask for JSON gets Atom
            except Cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # whoever asked has given up
                self.wfile.write(content)

        do_GET = do_POST = do  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler
