"""One request and its answer: connection, key, redirects, and the bytes of the body as they come."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, urlencode, urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from connector import __version__
from connector.errors import SourceError, SourceFormatError, SourceRefused, SourceUnavailable
from connector.source.keys import KeyPlace, key_text
from connector.source.settings import ApiSettings
from connector.source.status import Asked
from connector.source.trouble import Again, checked_address, checked_certificates, trouble_of

_CHUNK = 256 * 1024
_MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_LIBRARY_LOG = logging.getLogger("urllib3.connectionpool")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to get: a path below the base URL, with parameters and headers, in JSON or in ``xml``. Holds no key."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    xml: bool = False


class Wire:
    """Sends requests to one base URL with one key, one after the other, with a pause between them, until the
    budget is used up.

    The key is asked for when a request is made, and kept nowhere. The environment is not read: no proxy,
    certificate file or password file (.netrc) that happens to be set there changes where the key goes.
    """

    def __init__(
        self,
        settings: ApiSettings,
        *,
        reveal_key: Callable[[], str],
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.calls = 0
        self.base = checked_address(settings.base_url)
        self.host = urlsplit(self.base).hostname or ""
        self._settings = settings
        self._reveal_key = reveal_key
        self._sleep = sleep
        self._monotonic = monotonic
        self._free_at = monotonic()
        self._verify = checked_certificates(settings.ca_bundle)
        # No session: one would follow redirects with the key, remember cookies and look into the environment.
        self._adapter = HTTPAdapter()
        self._proxies = {"http": settings.proxy, "https": settings.proxy} if settings.proxy else {}
        # The library logs addresses, and the query form of the key makes it part of them.
        self._filter = _KeyFilter(reveal_key) if settings.key.place is KeyPlace.QUERY else None
        if self._filter:
            _LIBRARY_LOG.addFilter(self._filter)

    def close(self) -> None:
        """Give the connections back."""
        self._adapter.close()
        if self._filter:
            _LIBRARY_LOG.removeFilter(self._filter)

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: the key, plain and as it looks in an address."""
        key = key_text(self._reveal_key)
        return (key, quote(key, safe=""))

    def asked(self, request: Request) -> Asked:
        """The request in words, for errors."""
        question = ", ".join(f"{name}={value}" for name, value in request.query.items())
        return Asked(where=f"{self.base}/{request.path}", question=question)

    def send(self, request: Request, deadline: float) -> requests.Response:
        """The answer to ``request``, its body not yet read; redirects are followed within the same host only.

        Raises Again or SourceError.
        """
        address = f"{self.base}/{request.path}"
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._send_once(request, address, deadline)
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                return response
            self.done(response)
            address = self._redirected(address, target)
        raise SourceRefused(
            f"{self.host} sends us from one address to the next without end",
            where=address,
            hint="Check the base URL and the path of this list.",
        )

    def chunks(self, response: requests.Response, deadline: float, where: str) -> Iterator[bytes]:
        """The decoded body as it comes. Raises Again when it is cut off, SourceError when it is too large or
        takes too long.
        """
        size = 0
        while True:
            trouble = None
            chunk = b""
            try:
                chunk = response.raw.read1(_CHUNK, decode_content=True)
            except (HTTPError, OSError) as error:
                trouble = trouble_of(error, host=self.host, where=where)
            if trouble:
                raise trouble
            if not chunk:
                return
            size += len(chunk)
            if size > self._settings.largest_body:
                raise SourceFormatError(
                    f"The answer is larger than {self._settings.largest_body:,} bytes",
                    where=where,
                    hint="Ask for shorter windows, or raise the limit.",
                )
            if self._monotonic() > deadline:
                raise SourceUnavailable(
                    f"The answer is still not complete after {self._settings.total_seconds:g} seconds",
                    where=where,
                    hint="Ask for shorter windows, or raise the longest time for one answer.",
                )
            yield chunk

    def done(self, response: requests.Response) -> None:
        """Close ``response``; the pause before the next request starts here."""
        response.close()
        self._free_at = self._monotonic() + self._settings.pause_seconds

    def _send_once(self, request: Request, address: str, deadline: float) -> requests.Response:
        settings = self._settings
        if self.calls >= settings.call_budget:
            raise SourceUnavailable(
                f"This run has used up its {settings.call_budget} requests to {self.host}",
                where=address,
                hint="Run the same command again to go on, or raise the number of requests per run.",
            )
        pause = self._free_at - self._monotonic()
        if pause > 0:
            self._sleep(pause)
        self.calls += 1
        read = max(0.001, min(settings.read_seconds, deadline - self._monotonic()))
        trouble: SourceError | Again
        try:
            return self._adapter.send(
                self._prepared(request, address),
                stream=True,
                timeout=(settings.connect_seconds, read),
                verify=self._verify,
                proxies=self._proxies,
            )
        except (requests.RequestException, HTTPError) as error:
            trouble = trouble_of(error, host=self.host, where=address)
        self._free_at = self._monotonic() + settings.pause_seconds
        raise trouble

    def _prepared(self, request: Request, address: str) -> requests.PreparedRequest:
        form = self._settings.key
        key = form.prefix + key_text(self._reveal_key)
        headers = {
            "Accept": "application/xml" if request.xml else "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": f"copaco-connector/{__version__}",
            **request.headers,
        }
        query = dict(request.query)
        if form.place is KeyPlace.HEADER:
            headers[form.name] = key
        else:
            query[form.name] = key
        return requests.Request("GET", address, headers=headers, params=query).prepare()

    def _redirected(self, address: str, target: str) -> str:
        """Where a redirect leads, without its query: ours is sent again. Only the same host may have the key."""
        there = urlsplit(urljoin(address, target))
        if _origin(address) != _origin(f"{there.scheme}://{there.netloc}"):
            other = f"{there.scheme}://{there.hostname or ''}"
            raise SourceRefused(
                f"{self.host} sends us to another address, {other}; the key was not sent there",
                where=address,
                hint="If that is Copaco's new address, set it as the base URL.",
            )
        return f"{there.scheme}://{there.netloc}{there.path}"


class _KeyFilter(logging.Filter):
    def __init__(self, reveal_key: Callable[[], str]) -> None:
        super().__init__()
        self._reveal_key = reveal_key

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        key = self._reveal_key().strip()
        for secret in (key, quote(key, safe=""), urlencode({"": key})[1:]):
            text = text.replace(secret, "***") if secret else text
        record.msg, record.args = text, ()
        return True


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme)
