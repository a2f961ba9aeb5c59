"""What a call to a ledger means when the answer is an error, late, cut off or missing: against a real server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connector.errors import LedgerUnavailable, OutcomeUnknown
from connector.ledgers.http import LedgerHttp, Reply
from connector.ledgers.throttle import LONGEST_WAIT, Left, Limit, Throttle

Act = Callable[[BaseHTTPRequestHandler], None]


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def answer(status: int, body: bytes = b"{}", **headers: str) -> Act:
    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return act


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RDWR)


def cut_off(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"half": ')
    hang_up(request)


@contextmanager
def served(*acts: Act) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A server that does ``acts`` one after the other, the last one for ever; and what it was sent."""
    heard: list[tuple[str, bytes]] = []
    left = list(acts)

    class Server(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or the body waits until the head was acknowledged

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.append((f"{self.command} {self.path}", body))
            (left.pop(0) if len(left) > 1 else left[0])(self)

        do_GET = do_POST = do  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def http(url: str, clock: Clock, *limits: Limit, left: Callable[..., Left | None] = lambda _: None) -> LedgerHttp:
    throttle = Throttle(limits, monotonic=clock.monotonic, sleep=clock.sleep)
    return LedgerHttp(url, throttle=throttle, sleep=clock.sleep, left=left, timeouts=(2.0, 0.5))


def test_amounts_travel_as_exact_numbers_both_ways() -> None:
    with served(answer(200, b'{"amount": 0.10, "whole": 12345678901234567.89}')) as (url, heard):
        reply = http(url, Clock()).change("POST", "entries", body={"amount": Decimal("1234567890123456.78")})
    assert heard == [("POST /api/entries", b'{"amount":1234567890123456.78}')]
    assert reply.body == {"amount": Decimal("0.10"), "whole": Decimal("12345678901234567.89")}
    assert str(reply.body["amount"]) == "0.10"


@pytest.mark.parametrize("act", [answer(500), answer(503), hang_up, cut_off], ids=["500", "503", "hung up", "cut off"])
def test_a_change_without_an_answer_is_unknown_and_never_sent_again(act: Act) -> None:
    with served(act, answer(200)) as (url, heard), pytest.raises(OutcomeUnknown):
        http(url, Clock()).change("POST", "entries", body={})
    assert len(heard) == 1


def test_a_change_whose_answer_is_too_large_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.ledgers.http._LONGEST_BODY", 10)
    with served(answer(200, b'{"entry": "12345678901234567890"}')) as (url, heard):
        with pytest.raises(OutcomeUnknown, match="larger than any we know"):
            http(url, Clock()).change("POST", "entries", body={})
        assert len(heard) == 1
        with pytest.raises(LedgerUnavailable, match="larger than any we know"):
            http(url, Clock()).look("GET", "entries")


def test_a_change_that_takes_too_long_is_unknown() -> None:
    done = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        done.wait(5)

    with served(wait) as (url, heard):
        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            http(url, Clock()).change("POST", "entries", body={})
        done.set()
    assert len(heard) == 1


def test_a_refusal_in_the_ledgers_own_words_is_certain_whatever_its_status() -> None:
    def certain(reply: Reply) -> bool:
        return isinstance(reply.body, dict) and reply.body.get("name") == "Refused"

    with served(answer(500, b'{"name": "Refused"}')) as (url, heard):
        assert http(url, Clock()).change("POST", "entries", body={}, certain=certain).status == 500
        assert http(url, Clock()).look("GET", "entries", certain=certain).status == 500
        assert len(heard) == 2
    with served(answer(500, b"proxy")) as (url, _), pytest.raises(OutcomeUnknown):
        http(url, Clock()).change("POST", "entries", body={}, certain=certain)


def test_a_look_is_tried_again_and_then_unavailable() -> None:
    with served(hang_up, answer(503), answer(200, b'{"value": []}')) as (url, heard):
        assert http(url, Clock()).look("GET", "entries").body == {"value": []}
        assert len(heard) == 3
    with served(answer(502)) as (url, heard), pytest.raises(LedgerUnavailable, match="answers 502"):
        http(url, Clock()).look("GET", "entries")
    assert len(heard) == 4


def test_nobody_there_is_certainly_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(LedgerUnavailable, match="cannot be reached"):
        http(f"http://127.0.0.1:{port}", Clock()).change("POST", "entries", body={})


def test_too_many_calls_are_waited_out_as_the_ledger_asks() -> None:
    clock = Clock()
    with served(answer(429, Retry_After="7"), answer(200)) as (url, heard):
        assert http(url, clock).change("POST", "entries", body={}).status == 200
    assert [question for question, _ in heard] == ["POST /api/entries"] * 2
    assert clock.slept == [7.0]


def test_a_limit_that_lasts_a_day_ends_the_run() -> None:
    told = pytest.raises(LedgerUnavailable, match="used up for another 1440 minutes")
    with served(answer(429, Retry_After="86400")) as (url, heard), told:
        http(url, Clock()).change("POST", "entries", body={})
    assert len(heard) == 1


def test_what_is_left_is_read_from_the_headers() -> None:
    clock = Clock()

    def left(headers: dict[str, str]) -> Left:
        return Left(calls=int(headers["X-Left"]), seconds=30)

    with served(answer(200, X_Left="1"), answer(200, X_Left="0"), answer(200, X_Left="59")) as (url, _):
        client = http(url, clock, left=left)
        for _ in range(3):
            client.look("GET", "x")
    assert clock.slept == [30.0]


def test_a_rate_is_used_to_the_full_and_never_exceeded() -> None:
    """60 calls a minute, each taking 0.2 s: at least 90 % of what is allowed, and never more in any minute."""
    clock, made = Clock(), []
    throttle = Throttle((Limit(calls=60, seconds=60),), monotonic=clock.monotonic, sleep=clock.sleep)
    for _ in range(600):
        throttle.before_call()
        made.append(clock.now)
        clock.now += 0.2
    assert max(sum(1 for each in made if start <= each < start + 60) for start in made) == 60
    assert 600 / (made[-1] - made[0] + 60) >= 0.9
    assert max(clock.slept) < LONGEST_WAIT


def test_headers_are_made_after_the_wait_for_the_pace() -> None:
    """A token that was good before the wait may have ended in it."""
    clock, made = Clock(), []

    def headers() -> dict[str, str]:
        made.append(clock.now)
        return {}

    throttle = Throttle((Limit(calls=1, seconds=60),), monotonic=clock.monotonic, sleep=clock.sleep)
    with served(answer(200)) as (url, _):
        client = LedgerHttp(url, throttle=throttle, sleep=clock.sleep, headers=headers)
        client.look("GET", "entries")
        client.look("GET", "entries")
    assert made == [1000.0, 1060.0]


def test_errors_hold_no_question_and_no_password() -> None:
    with served(answer(500)) as (url, _):
        address = url.replace("http://", "http://me:hidden-word@")
        client = http(address, Clock())
        with pytest.raises(OutcomeUnknown) as caught:
            client.change("POST", "entries", body={}, query={"key": "other-hidden-word"})
    told = f"{caught.value} {caught.value.hint}"
    assert "hidden-word" not in told
