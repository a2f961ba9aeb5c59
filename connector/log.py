"""The log: what the program did, for operators. Readable on a terminal, one JSON object per line on demand.

``about`` says what the records inside it are about; ``start`` decides where they go. No record leaves with a
secret in it: texts are cleaned as the very last step, tracebacks included.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import MappingProxyType

from connector.errors import SettingsError

CONTEXT = ("run", "administration", "document", "action")
"""What a record may be about, in the order in which it is shown."""
QUIET = (
    *("urllib3", "requests", "alembic", "sqlalchemy", "filelock", "apscheduler", "tzlocal", "markdown_it", "asyncio"),
    "procrastinate",
    "apprise",
)
SHORTEST_SECRET = 4
"""Shorter secrets would be found everywhere and make a log unreadable."""
HIDDEN = "***"

_started = ""
"""The run of this program, by ``start``."""
_context: ContextVar[Mapping[str, str]] = ContextVar("connector_log_context", default=MappingProxyType({}))
_KEY_HEADERS = r"authorization|x-api-key|api-key|ocp-apim-subscription-key|x-functions-key|cookie|set-cookie"
_PATTERNS = (
    # Headers as text, as a dict or as pairs: 'Authorization': 'Bearer abc'
    re.compile(
        rf"(?i)(\b(?:proxy-)?(?:{_KEY_HEADERS})(?:['\"]?\s*[:=]|['\"],)\s*(?:b(?=['\"]))?['\"]?)"
        r"((?:bearer|apikey|basic|token)\s+)?[^\s'\",;)}\]]+"
    ),
    re.compile(r"(?i)([?&](?:api_key|apikey|key|code|token|access_token)=)()[^&\s'\"]+"),
    # To the last '@': a password may hold one that should have been escaped.
    re.compile(r"(\b[a-z][a-z0-9+.-]*://[^/\s:@]*:)()[^\s'\"]+(?=@)"),
)


@contextmanager
def about(**what: str) -> Iterator[None]:
    """Mark the records made inside: ``about(administration="acme", document="9103004711", action="pull")``."""
    assert what.keys() <= set(CONTEXT), f"a record is about {', '.join(CONTEXT)}"
    token = _context.set({**_context.get(), **what})
    try:
        yield
    finally:
        _context.reset(token)


def run() -> str:
    """The id of the run that is under way, as it stands in the log: that of ``about``, else that of this program."""
    return _context.get().get("run", _started)


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without ``secrets`` and without what looks like a key in a header or an address."""
    for secret in _longest_first(frozenset(secrets)):
        text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1\2{HIDDEN}", text)
    return text


@lru_cache(maxsize=2)  # each record is cleaned several times, and what it is cleaned of seldom changes
def _longest_first(secrets: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted((each for each in secrets if len(each) >= SHORTEST_SECRET), key=len, reverse=True))


def start(
    *,
    run: str,
    secrets: Callable[[], Iterable[str]],
    verbosity: int = 0,
    as_json: bool = False,
    file: Path | None = None,
) -> None:
    """Send records to ``file``, or to stderr without one. Calling it again replaces what was set.

    ``run`` names this run in every record, ``secrets`` gives the texts that no record may hold. ``verbosity``
    is -1 for errors only, 0 for warnings, 1 for what happens, 2 for everything; a file tells what happens in
    any case. Raises SettingsError when the file cannot be written.
    """
    global _started  # noqa: PLW0603 - one program, one log
    _started = run
    level = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    writer = _writer(file)
    writer.setFormatter(_JsonLines(secrets, run) if as_json else _Lines(secrets, run, tell_run=file is not None))
    writer.setLevel(min(level, logging.INFO) if file else level)
    root = logging.getLogger()
    stop()
    root.addHandler(writer)
    root.setLevel(writer.level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # what it warns of, connector.service tells in our words


def stop() -> None:
    """Close what ``start`` opened."""
    root = logging.getLogger()
    for writer in [each for each in root.handlers if isinstance(each.formatter, _Clean)]:
        root.removeHandler(writer)
        writer.close()


def _writer(file: Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    try:
        return _Patient(file, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"the log cannot be written: {error.strerror}",
            where=str(file),
            hint="Name a file in a folder that exists and may be written in CONNECTOR_LOG, or leave it away.",
        ) from error


class _Patient(WatchedFileHandler):
    """A log file whose disk may be full for a while: what it does not take goes to stderr, and later records into the
    file again. When it was renamed or deleted, as logrotate does, the next record begins a new one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; that it cannot be written stops nothing."""
        try:
            super().emit(record)
        except OSError:  # the file cannot be opened any more
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Told by ``emit`` that a record was not written."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        stream, self.stream = self.stream, None  # opened anew for the next record
        with suppress(OSError):  # what waits in its buffer would come later, and twice
            if stream is not None:
                stream.close()
        with suppress(OSError):
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()

    def close(self) -> None:
        """Close the file, whether or not it takes its last words."""
        with suppress(OSError):
            super().close()

    def _open(self) -> TextIOWrapper:
        opened: TextIOWrapper = super()._open()
        with suppress(OSError), Path(self.baseFilename).open("rb") as written:
            written.seek(-1, os.SEEK_END)
            if written.read(1) != b"\n":  # a record of which only a part found room
                opened.write("\n")
        return opened


class _Clean(logging.Formatter):
    """What both forms share: the context of a record, and cleaning."""

    def __init__(self, secrets: Callable[[], Iterable[str]], run: str) -> None:
        super().__init__()
        self._secrets, self._run = secrets, run

    def _parts(self, record: logging.LogRecord) -> tuple[dict[str, str], str]:
        """What the record is about, and its traceback if any; both clean."""
        known = {"run": self._run, **_context.get()}
        known |= {name: str(getattr(record, name)) for name in CONTEXT if hasattr(record, name)}
        trace = self.formatException(record.exc_info) if record.exc_info else record.stack_info or ""
        return {name: self._clean(known[name]) for name in CONTEXT if name in known}, self._clean(trace)

    def _clean(self, text: str) -> str:
        return clean(text, self._secrets())


class _Lines(_Clean):
    """A line for a person: time, weight, what it is about, message; then the traceback. Of which run it is, is told
    where there can be several: in a file, and by a service."""

    def __init__(self, secrets: Callable[[], Iterable[str]], run: str, *, tell_run: bool) -> None:
        super().__init__(secrets, run)
        self._tell_run = tell_run

    def format(self, record: logging.LogRecord) -> str:
        known, trace = self._parts(record)
        if not self._tell_run and "run" not in _context.get():
            known.pop("run", None)
        time = datetime.datetime.fromtimestamp(record.created, tz=datetime.UTC).astimezone()
        subject = " ".join(known.values())
        # A line break from outside must not look like another record.
        message = self._clean(record.getMessage()).replace("\r", " ").replace("\n", "\n    ")
        line = f"{time:%Y-%m-%d %H:%M:%S} {record.levelname.lower():7} {subject + ': ' if subject else ''}{message}"
        return f"{line}\n{trace}" if trace else line


class _JsonLines(_Clean):
    """One JSON object per record, its names in a fixed order."""

    def format(self, record: logging.LogRecord) -> str:
        known, trace = self._parts(record)
        time = datetime.datetime.fromtimestamp(record.created, tz=datetime.UTC)
        told = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **known,
            "message": self._clean(record.getMessage()),
        }
        return json.dumps(told | {"error": trace} if trace else told, ensure_ascii=False)
