"""Where a service can be asked how it is: /healthz, /readyz and /metrics, over HTTP.

It answers GET and HEAD only, takes no input but the path, and shows no document, customer or secret. One call starts it
for any service: ``with listening(...)``.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, cast
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

from connector import config, log
from connector.config import Listen, Settings
from connector.errors import ConnectorError, SettingsError
from connector.service.alive import Alive

if TYPE_CHECKING:
    from connector.service.metrics import Metrics

_log = logging.getLogger(__name__)
PLAIN = "text/plain; charset=utf-8"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
_SLOWEST_SECONDS = 10
"""How long somebody may take to ask."""
Answer = tuple[int, str, str]
"""A status, the kind of the text, and the text."""
_NOT_MEANT: Answer = (421, PLAIN, "Ask for 127.0.0.1 or localhost: this answers for this computer only.\n")


class Endpoints:
    """What is answered, as a WSGI application. ``settings`` gives those in force, ``None`` before they were read."""

    def __init__(
        self, *, address: Listen, alive: Alive, settings: Callable[[], Settings | None], metrics: Metrics
    ) -> None:
        self._address = address
        self._alive, self._settings, self._metrics = alive, settings, metrics
        self._paths = {"/healthz": self.health, "/readyz": self.ready, "/metrics": self.metrics}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one question."""
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        status, kind, text = self._answer(method, path) if self._is_meant(environ.get("HTTP_HOST", "")) else _NOT_MEANT
        body = text.encode()
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        if status == 405:
            headers.append(("Allow", "GET, HEAD"))
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [b"" if method == "HEAD" else body]

    def _is_meant(self, host: str) -> bool:
        """Whether the asker knows whom he asks: a page of another name that leads a browser to this computer does
        not."""
        if not host or not self._address.is_loopback:
            return True
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        return Listen(host=name.strip("[]").lower(), port=self._address.port).is_loopback

    def _answer(self, method: str, path: str) -> Answer:
        if path not in self._paths:
            return 404, PLAIN, f"Nothing is here. Ask for {', '.join(self._paths)}.\n"
        if method not in ("GET", "HEAD"):
            return 405, PLAIN, "Only GET and HEAD are answered.\n"
        try:
            return self._paths[path]()
        except ConnectorError as error:
            return 503, PLAIN, _told(error)
        except Exception:  # noqa: BLE001 - told in the log, with its traceback
            _log.exception("this is a defect of the connector; the service goes on")
            return 500, PLAIN, "This is a defect of the connector; the log tells more.\n"

    def health(self) -> Answer:
        """Whether the process still does what it is there for: its clock gives out work."""
        if self._alive:
            return 200, PLAIN, "alive\n"
        return 503, PLAIN, f"no work was given out for {self._alive.silent_seconds:.0f} seconds; start it again\n"

    def ready(self) -> Answer:
        """Whether runs can begin: settings are read, the database answers, its schema is that of this version."""
        from connector.app import databases

        settings = self._settings()
        if settings is None:
            return 503, PLAIN, "the settings are not read yet\n"
        databases.check(settings.connection)
        return 200, PLAIN, "ready\n"

    def metrics(self) -> Answer:
        """What can be measured, for Prometheus."""
        return 200, METRICS, self._metrics.text(self._settings())


@contextmanager
def listening(
    address: Listen | None, *, alive: Alive, settings: Callable[[], Settings | None], metrics: Metrics
) -> Iterator[Listen | None]:
    """Answer at ``address`` meanwhile, and watch what runs; nothing where it is ``None``. Gives the address, with the
    port that the system chose for port 0.

    SettingsError when nothing can listen there.
    """
    if address is None:
        yield None
        return
    application = Endpoints(address=address, alive=alive, settings=settings, metrics=metrics)
    server = _server(address)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, name="endpoints", daemon=True)
    thread.start()
    there = Listen(host=address.host, port=server.server_port)
    _log.info("listening at %s for /healthz, /readyz and /metrics", there)
    if not there.is_loopback:
        _log.warning("%s can be asked by others: it has no password and no encryption of its own", there)
    try:
        with metrics.watching():
            yield there
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _told(error: ConnectorError) -> str:
    text = f"{error}. Next: {error.hint}" if error.hint else str(error)
    return f"{log.clean(text, config.revealed())}\n"


def _server(address: Listen) -> WSGIServer:
    kind = _Server6 if ":" in address.host else _Server
    try:
        return kind((address.host, address.port), _Asked)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"nothing can listen at {address}: {reason}",
            hint="Give another address or port to --listen or 'listen' of [service]; another service may have it. "
            "Of several workers on one computer each needs a --listen of its own.",
        ) from error


class _Server(ThreadingMixIn, WSGIServer):
    """Threads, so that somebody slow holds up nobody."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking who we are: a name server that does not answer must not hold up the service."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        host, port = self.socket.getsockname()[:2]
        self.server_address, self.server_name, self.server_port = (host, port), str(host), int(port)
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Whoever breaks off is of no interest."""
        _log.debug("an asker broke off", exc_info=True)


class _Server6(_Server):
    """The same for an address of IPv6."""

    address_family = socket.AF_INET6


class _Quiet(ServerHandler):
    """An answer without what we run on."""

    server_software = "connector"

    def log_exception(self, exc_info: Any) -> None:
        """The application tells its own errors."""


class _Asked(WSGIRequestHandler):
    """One question."""

    timeout = _SLOWEST_SECONDS
    server_version, sys_version = "connector", ""

    def handle(self) -> None:
        """Answer it; too long a line is refused, and who says nothing in time is left."""
        self.raw_requestline = self.rfile.readline(8193)
        if len(self.raw_requestline) > 8192:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
        elif self.parse_request():
            reading, writing = cast(Any, self.rfile), cast(Any, self.wfile)
            told = _Quiet(reading, writing, self.get_stderr(), self.get_environ(), multithread=True)
            told.request_handler = self  # type: ignore[attr-defined]
            told.run(self.server.get_app())  # type: ignore[attr-defined]

    def address_string(self) -> str:
        """The address, which no name server is asked for."""
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Who asks often would fill the log."""
