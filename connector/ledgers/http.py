"""One call to a ledger over HTTP, and what its answer means for exactly-once.

The one question that matters: can the ledger have done what it was asked? A call that ``changes`` something and got no
answer, or a server's error, is an ``OutcomeUnknown``; a refusal of the connection is not, nor is an answer that says
no. Calls that only look are tried again here; calls that change something never are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from connector.errors import LedgerError, LedgerRefused, LedgerUnavailable, OutcomeUnknown
from connector.ledgers.throttle import Left, Throttle
from connector.telemetry import route, span

log = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
_LOOKS = 4
_LONGEST_BODY = 64 * 1024 * 1024
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: its status, headers and what its body says, numbers with a point as ``Decimal``.

    ``body`` is ``None`` when there is none, and the text when it is no JSON.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    url: str


def _never(_reply: Reply) -> bool:
    """A server's error says nothing, unless an adapter knows better."""
    return False


class LedgerHttp:
    """Calls one ledger at ``base_url``. ``headers`` are asked anew for each call, so that tokens can change.

    ``left`` reads from the headers of an answer what is left of the ledger's limits.
    """

    def __init__(
        self,
        base_url: str,
        *,
        throttle: Throttle,
        sleep: Callable[[float], None],
        headers: Callable[[], Mapping[str, str]] = dict,
        left: Callable[[Mapping[str, str]], Left | None] = lambda _headers: None,
        timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._session = requests.Session()
        self._session.trust_env = False  # no ~/.netrc: it would send passwords that nobody set here
        self._throttle, self._sleep, self._headers, self._left = throttle, sleep, headers, left
        self._timeouts = timeouts
        self.calls = 0

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def look(self, method: str, path: str, *, certain: Callable[[Reply], bool] = _never, **named: Any) -> Reply:
        """Ask something that changes nothing, a few times if need be. Any answer below 500 is returned, and one from
        500 up that is ``certain``: the ledger's own word, which asking again would not change.

        Raises LedgerUnavailable.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(LedgerUnavailable),
            stop=stop_after_attempt(_LOOKS),
            wait=wait_exponential(multiplier=0.5, max=8),
            sleep=self._sleep,
            reraise=True,
        )
        return attempts(self._look, method, path, certain, **named)

    def _look(self, method: str, path: str, certain: Callable[[Reply], bool], **named: Any) -> Reply:
        try:
            reply = self._once(method, path, **named)
        except OutcomeUnknown as error:
            raise LedgerUnavailable(error.message, where=error.where) from None
        if reply.status >= 500 and not certain(reply):
            raise LedgerUnavailable(f"{self.host} answers {reply.status}", where=reply.url)
        return reply

    def change(self, method: str, path: str, *, certain: Callable[[Reply], bool] = _never, **named: Any) -> Reply:
        """Ask for something to be done, once. Any answer below 500 is returned: it says what was done. So is one from
        500 up that is ``certain``: a refusal in the ledger's own words, after which nothing was done.

        Raises LedgerUnavailable (certainly not done) and OutcomeUnknown.
        """
        reply = self._once(method, path, **named)
        if reply.status >= 500 and not certain(reply):
            raise OutcomeUnknown(f"{self.host} answers {reply.status}: what it did is not known", where=reply.url)
        return reply

    def _once(self, method: str, path: str, **named: Any) -> Reply:
        """One call; a refusal for being too many (429) is waited out, since nothing was done."""
        for _ in range(_LOOKS):
            with span("ledger", method=method, host=self.host, route=route(urlsplit(path).path)) as mark:
                reply = self._send(method, path, **named)
                mark(status=reply.status)
            if reply.status != requests.codes.too_many_requests:
                return reply
            self._throttle.closed_for(_retry_after(reply.headers))
        raise LedgerUnavailable(
            f"{self.host} takes no more calls now (429)",
            where=reply.url,
            hint="Its limit of calls is reached; run the same command again later. Nothing was sent.",
        )

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        url = path if path.startswith(("http://", "https://")) else f"{self.base_url}/{path.lstrip('/')}"
        where = _without_secrets(url)
        self._throttle.before_call()
        # Only now: a token that was good before the wait may have ended in it.
        sent = {"Accept": "application/json", **self._headers(), **(headers or {})}
        data: Any = form
        if body is not None:
            data, sent["Content-Type"] = _encode(body), "application/json"
        self.calls += 1
        try:
            response = self._session.request(
                method,
                url,
                data=data,
                params=dict(query or {}),
                headers=sent,
                timeout=self._timeouts,
                allow_redirects=False,
            )
            self._throttle.told(self._left(response.headers))
            return Reply(
                status=response.status_code, headers=response.headers, body=_decoded(response.content), url=where
            )
        except requests.RequestException as error:
            # The library's text may hold the address with its question, or a password: it is not passed on.
            raise self._broken(error, where) from None

    def _broken(self, error: requests.RequestException, where: str) -> LedgerError:
        if isinstance(error, requests.exceptions.SSLError):
            return LedgerUnavailable(f"the certificate of {self.host} cannot be trusted", where=where)
        if isinstance(error, requests.exceptions.ConnectTimeout) or _never_connected(error):
            return LedgerUnavailable(f"{self.host} cannot be reached", where=where)
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            return LedgerRefused(f"{self.host or where} is no web address", where=where)
        said = "did not answer in time" if isinstance(error, requests.Timeout) else "broke the connection off"
        return OutcomeUnknown(f"{self.host} {said}", where=where)


def _never_connected(error: BaseException) -> bool:
    """Whether no connection was made at all: what urllib3 calls a new connection error, somewhere in the chain."""
    from urllib3.exceptions import NewConnectionError

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, NewConnectionError) or isinstance(getattr(seen, "reason", None), NewConnectionError):
            return True
        if seen.args and isinstance(seen.args[0], BaseException) and seen.args[0] is not seen:
            seen = seen.args[0]
            continue
        return False
    return False


def _without_secrets(url: str) -> str:
    """``url`` without name, password and question."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _decoded(content: bytes) -> Any:
    if not content:
        return None
    if len(content) > _LONGEST_BODY:
        # It was answered, so something may have been done; whoever only looks takes it for unavailable.
        raise OutcomeUnknown("an answer is larger than any we know")
    try:
        return json.loads(content, parse_float=Decimal)
    except ValueError:
        return content.decode("utf-8", "replace")


def _retry_after(headers: Mapping[str, str]) -> float:
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 5.0
