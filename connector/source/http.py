"""Asks patiently and politely, one request at a time, and keeps what comes in a temporary file.

What to do about waiting and trying again is here; one request is in ``wire``, the meaning of a status in
``status``, that of a broken connection in ``trouble``. Errors of the libraries are never passed on, not even
as a cause, see there.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from connector.errors import SourceFormatError, SourceUnavailable
from connector.source.bodies import is_markup, is_xml
from connector.source.settings import ApiSettings
from connector.source.status import passes_by_itself, passing, refusal, retry_after_seconds, says_no_data, words_of
from connector.source.temporary import keep, temporary_file
from connector.source.trouble import Again
from connector.source.wire import Request, Wire
from connector.telemetry import Mark, route, span

log = logging.getLogger(__name__)

KEPT_HEADERS = (
    "Date", "Content-Type", "Content-Encoding", "Content-Length", "ETag", "Last-Modified", "Link",
    "Deprecation", "Sunset", "X-Request-Id", "Request-Id", "X-Correlation-Id",
)  # fmt: skip
"""What is kept of the headers: evidence of what came and when, and signs that a version of the API ends."""

_LONGEST_ERROR_BODY = 64 * 1024


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as it came. The fields mean what they mean in ``connector.source.base.Answer``."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    requested_at: datetime
    seconds: float
    body: Path
    size: int
    sha256: bytes
    attempts: int
    no_data: bool


class HttpClient:
    """Downloads from one base URL with one key. A context; made for one administration and one run.

    ``reveal_key`` is called when a request is made, so that the key is kept nowhere. ``now`` gives aware UTC
    times; ``sleep``, ``monotonic`` and ``randomness`` are arguments so that a test needs no waiting.
    Temporary files are made in ``folder``, else where the system has them. SettingsError when the address or
    the certificates cannot be used.
    """

    def __init__(
        self,
        settings: ApiSettings,
        *,
        reveal_key: Callable[[], str],
        now: Callable[[], datetime],
        randomness: random.Random,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        folder: Path | None = None,
    ) -> None:
        self._settings = settings
        self._wire = Wire(settings, reveal_key=reveal_key, sleep=sleep, monotonic=monotonic)
        self._now = now
        self._randomness = randomness
        self._sleep = sleep
        self._monotonic = monotonic
        self._folder = folder
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    @property
    def calls(self) -> int:
        """Requests sent so far, attempts and redirects included."""
        return self._wire.calls

    @contextmanager
    def download(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        xml: bool = False,
    ) -> Iterator[Received]:
        """The answer at ``path`` below the base URL; its file is removed when the context is left. With ``xml`` an
        answer in XML is what was asked for.

        Raises SourceUnavailable, SourceRefused or SourceFormatError; SourceError when the file cannot be
        written.
        """
        request = Request(path=path.strip("/"), query=dict(query or {}), headers=dict(headers or {}), xml=xml)
        with temporary_file(self._folder) as body:
            with self._one_at_a_time:
                received = self._patiently(request, body)
            yield received

    def _patiently(self, request: Request, body: Path) -> Received:
        settings = self._settings
        deadline = self._monotonic() + settings.total_seconds
        tried = 0

        def attempt() -> Received:
            nonlocal tried
            tried += 1
            return self._attempt(request, body, tried, deadline)

        attempts = Retrying(
            retry=retry_if_exception_type(Again),
            stop=lambda state: (
                state.attempt_number >= settings.attempts or self._monotonic() + state.upcoming_sleep > deadline
            ),
            wait=self._wait,
            sleep=self._sleep,
            before_sleep=_log_wait,
            reraise=True,
        )
        try:
            return attempts(attempt)
        except Again as again:
            error = again.error
        tries = f" ({tried} attempts)" if tried > 1 else ""
        raise SourceUnavailable(
            error.message + tries, retry_after=error.retry_after, hint=error.hint, where=error.where
        )

    def _wait(self, state: RetryCallState) -> float:
        """Twice as long each time, shortened at random by up to half; never shorter than Retry-After."""
        settings = self._settings
        longest = min(settings.longest_backoff_seconds, settings.backoff_seconds * 2 ** (state.attempt_number - 1))
        failed = state.outcome.exception() if state.outcome else None
        asked = failed.error.retry_after if isinstance(failed, Again) else None
        return max(self._randomness.uniform(longest / 2, longest), asked or 0.0)

    def _attempt(self, request: Request, body: Path, number: int, deadline: float) -> Received:
        with span("source", method="GET", host=self._wire.host, route=route(request.path), resent=number - 1) as mark:
            return self._received(request, body, number, deadline, mark)

    def _received(self, request: Request, body: Path, number: int, deadline: float, mark: Mark) -> Received:
        requested_at, started = self._now(), self._monotonic()
        where = self._wire.asked(request).where
        response = self._wire.send(request, deadline)
        mark(status=response.status_code)
        try:
            chunks: Iterable[bytes] = self._wire.chunks(response, deadline, where)
            no_data = False
            if response.status_code != requests.codes.ok:
                text = _beginning(chunks)
                self._judge(request, response, text)
                chunks, no_data = [text], True
            size, sha256 = keep(chunks, body)
            if not no_data:
                self._look_at_ends(response, body, where, xml=request.xml)
        finally:
            self._wire.done(response)
        return Received(
            url=f"{where}?{urlencode(request.query)}" if request.query else where,
            status=response.status_code,
            headers=tuple((name, response.headers[name]) for name in KEPT_HEADERS if name in response.headers),
            requested_at=requested_at,
            seconds=self._monotonic() - started,
            body=body,
            size=size,
            sha256=sha256,
            attempts=number,
            no_data=no_data,
        )

    def _judge(self, request: Request, response: requests.Response, text: bytes) -> None:
        """Return only when an answer that is not a 200 says that there is nothing; else raise what it means."""
        settings, status, asked = self._settings, response.status_code, self._wire.asked(request)
        words = words_of(text, *self._wire.secrets())
        if says_no_data(status, words, settings.no_data_words) and (
            not is_markup(text) or (request.xml and is_xml(text))
        ):
            return
        if not passes_by_itself(status):
            raise refusal(status, words, asked)
        now = self._now()
        wait = retry_after_seconds(response.headers.get("Retry-After"), now)
        error = passing(status, words, asked, wait)
        if wait is not None and wait > settings.longest_retry_after_seconds:
            moment = now + timedelta(seconds=wait)
            raise SourceUnavailable(
                f"{error.message}; it wants to be left alone until {moment:%Y-%m-%d %H:%M:%S} UTC",
                retry_after=wait,
                where=error.where,
                hint="Run the same command again after that time; it goes on where it stopped.",
            )
        raise Again(error)

    def _look_at_ends(self, response: requests.Response, body: Path, where: str, *, xml: bool) -> None:
        """A web page in place of an answer, and a body that ends anywhere because nobody said how long it is."""
        with body.open("rb") as file:
            start = file.read(_LONGEST_ERROR_BODY)
            file.seek(-min(file.seek(0, os.SEEK_END), 64), os.SEEK_END)
            end = file.read().rstrip()
        if is_xml(start) and not xml:
            raise SourceFormatError(
                "The answer is XML, not JSON",
                where=where,
                hint="The older Billing API gives XML when nobody asks: check the base URL and the kind of the source, "
                'or set form = "xml".',
            )
        if is_markup(start) and not (xml and is_xml(start)):
            title = words_of(start, *self._wire.secrets())
            titled = f" with the title '{title}'" if title else ""
            raise SourceFormatError(
                f"The answer is a web page{titled}, not {'XML' if xml else 'JSON'}",
                where=where,
                hint="A sign-in page, a maintenance page or a proxy: look at the address in a browser.",
            )
        measured = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
        if not measured and not end.endswith((b"}", b"]", b">")):
            raise Again(SourceUnavailable("The answer was cut off half way", where=where))


def _beginning(chunks: Iterable[bytes]) -> bytes:
    text = b""
    for chunk in chunks:
        text += chunk
        if len(text) >= _LONGEST_ERROR_BODY:
            break
    return text[:_LONGEST_ERROR_BODY]


def _log_wait(state: RetryCallState) -> None:
    failed = state.outcome.exception() if state.outcome else None
    log.info("Attempt %d failed: %s; trying again in %.1f s", state.attempt_number, failed, state.upcoming_sleep)
