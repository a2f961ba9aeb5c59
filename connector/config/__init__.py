"""Settings: the environment, ``.env`` and ``connector.toml``, checked as a whole. Nothing else reads the environment.

``load`` gives everything, ``connection`` what is needed without ``connector.toml``. Both raise ``WrongSettings`` with
every mistake, each with its file and line.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from connector.config.address import ESCAPING, Address, address
from connector.config.administrations import (
    COUNTRIES,
    LEDGERS,
    Administrations,
    name_problem,
    vat_number_problem,
)
from connector.config.hiding import hide_secrets, hide_values
from connector.config.secret import KeyReference, Secret, hide_passing, revealed
from connector.config.service import Listen, ServiceSettings, Traces, listen_at
from connector.config.source import AUTHENTICATION, KEY_PERMISSIONS
from connector.config.supervision import Supervision, supervision
from connector.config.table import Problem, WrongSettings, nearest
from connector.config.toml_file import read_toml
from connector.config.values import (
    LANGUAGES,
    Administration,
    Connection,
    DocumentSettings,
    LedgerSettings,
    NotifySettings,
    Settings,
    SourceSettings,
)
from connector.errors import ConnectorError, SettingsError

__all__ = [
    "AUTHENTICATION",
    "COUNTRIES",
    "FILE_NAME",
    "KEY_PERMISSIONS",
    "LANGUAGES",
    "LEDGERS",
    "VARIABLES",
    "Administration",
    "Connection",
    "DocumentSettings",
    "KeyReference",
    "LedgerSettings",
    "Listen",
    "NotifySettings",
    "Secret",
    "ServiceSettings",
    "Settings",
    "SourceSettings",
    "Supervision",
    "Traces",
    "WrongSettings",
    "connection",
    "database_url",
    "debugging",
    "hide_everything",
    "hide_passing",
    "listen_at",
    "load",
    "name_problem",
    "nearest",
    "preferred_language",
    "revealed",
    "supervision",
    "vat_number_problem",
]

FILE_NAME = "connector.toml"
VARIABLES = {
    "CONNECTOR_CONFIG": "the settings file",
    "CONNECTOR_DATABASE_URL": "the database",
    "CONNECTOR_LOG": "the file for the log",
    "CONNECTOR_LANGUAGE": "en, nl or fr",
    "CONNECTOR_DEBUG": "1 shows tracebacks",
}
_PREFIX = "CONNECTOR_"
_OFF = ("", "0", "false", "no", "off")


def load(config: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """All settings, from the file ``config``, else CONNECTOR_CONFIG, else ``connector.toml`` in the current
    folder."""
    variables = _Variables(config, os.environ if environ is None else environ)
    if variables.config.is_dir():
        raise SettingsError("this is a folder, a file is wanted", where=str(variables.config))
    file = read_toml(variables.config)
    connected = variables.connection()
    reader = Administrations(file, connected.folder, variables.merged, variables.tried)
    administrations = reader.read()
    _raise(variables.problems + sorted(reader.problems, key=_line), variables.config)
    return Settings(connection=connected, administrations=administrations, service=reader.service)


def connection(config: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Connection:
    """The connection alone; ``connector.toml`` need not exist."""
    variables = _Variables(config, os.environ if environ is None else environ)
    connected = variables.connection()
    _raise(variables.problems, variables.config)
    return connected


def hide_everything(config: Path | None = None, *, environ: Mapping[str, str] | None = None) -> None:
    """Open every secret that settings name and every value of ``.env``, so that reports are cleaned of them
    (``revealed``). What cannot be read hides nothing, and never fails."""
    with suppress(ConnectorError):
        variables = _Variables(config, os.environ if environ is None else environ)
        hide_values(variables.of_file, VARIABLES)
        variables.connection()
        hide_secrets(load(config, environ=environ))


def database_url() -> str:
    """The SQLAlchemy URL of the database, for the migrations."""
    return connection().database_url


def preferred_language(environ: Mapping[str, str] | None = None) -> str:
    """'en', 'nl' or 'fr': CONNECTOR_LANGUAGE, else that of the system. Never fails: errors are told in it."""
    environ = os.environ if environ is None else environ
    for name in ("CONNECTOR_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if (chosen := environ.get(name, "")[:2].lower()) in LANGUAGES:
            return chosen
        if environ.get(name):
            break
    return "en"


def debugging(environ: Mapping[str, str] | None = None) -> bool:
    """Whether CONNECTOR_DEBUG asks for tracebacks."""
    return (os.environ if environ is None else environ).get("CONNECTOR_DEBUG", "").lower() not in _OFF


class _Variables:
    """The real environment over that of ``.env``, neither of them altered."""

    def __init__(self, config: Path | None, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.config = config or Path(environ.get("CONNECTOR_CONFIG") or FILE_NAME)
        self.folder = self.config.absolute().parent
        self._dotenv = self.folder / ".env"
        self._lines: dict[str, int] = {}
        self.merged = {**self._read_dotenv(), **environ}
        self.tried = f"the environment and {self._dotenv}"
        for name in self.merged:
            # What all names share would make any of them look like any other.
            bare, ours = name.removeprefix(_PREFIX), [each.removeprefix(_PREFIX) for each in VARIABLES]
            if bare != name and bare not in ours and (meant := nearest(bare, ours)):
                self._wrong(name, f"is not a setting{meant} (with {_PREFIX} in front)")
        if "CONNECTOR_CONFIG" in self._lines:
            self._wrong(
                "CONNECTOR_CONFIG", f"cannot stand in {self._dotenv.name}, which is looked for beside that file"
            )

    @property
    def of_file(self) -> dict[str, str]:
        """What ``.env`` says."""
        return {name: self.merged[name] for name in self._lines}

    def connection(self) -> Connection:
        """What the variables say, checked."""
        url = self._database_url()
        for password in _postgresql(url).secrets:
            Secret(password).reveal()  # whoever gets the address has opened it
        log = self.merged.get("CONNECTOR_LOG", "").strip()
        language = self.merged.get("CONNECTOR_LANGUAGE", "").strip().lower()
        if language and language not in LANGUAGES:
            self._wrong("CONNECTOR_LANGUAGE", f"'{language}' is not possible; give {', '.join(LANGUAGES)}")
        return Connection(
            folder=self.folder,
            config=self.config,
            database_url=url,
            database_shown=_shown(url),
            log=self.folder / log if log else None,
            language=language if language in LANGUAGES else preferred_language(self.merged),
            debug=debugging(self.merged),
        )

    def _database_url(self) -> str:
        url = self.merged.get("CONNECTOR_DATABASE_URL", "").strip() or "sqlite:///connector.db"
        scheme, separator, rest = url.partition("://")
        if scheme == "sqlite" and separator:
            name = rest.removeprefix("/")
            return f"sqlite:///{self.folder / name}" if name and name != ":memory:" else url
        if scheme in ("postgres", "postgresql", "postgresql+psycopg") and rest:
            if address(rest).ambiguous:
                self._wrong("CONNECTOR_DATABASE_URL", f"holds more than one '@'; {ESCAPING}")
            return f"postgresql+psycopg://{rest}"
        example = "sqlite:///connector.db or postgresql://user:password@host/database"
        self._wrong("CONNECTOR_DATABASE_URL", f"begins with '{scheme if separator else '...'}'; give {example}")
        return "sqlite://"

    def _read_dotenv(self) -> dict[str, str]:
        from dotenv.parser import parse_stream  # gives lines, which dotenv_values does not

        try:
            text = self._dotenv.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError as error:
            raise SettingsError("the file is not UTF-8", where=str(self._dotenv), hint="Save it as UTF-8.") from error
        except OSError as error:
            raise SettingsError(f"the file cannot be read: {error.strerror}", where=str(self._dotenv)) from error
        found = {}
        for binding in parse_stream(io.StringIO(text)):
            line = binding.original.line + len(binding.original.string) - len(binding.original.string.lstrip("\r\n"))
            if binding.error:
                self.problems.append(
                    Problem(where=f"{self._dotenv}:{line}", message="cannot be read; write NAME=value")
                )
            elif binding.key is not None and binding.value is not None:
                found[binding.key] = binding.value
                self._lines[binding.key] = line
        return found

    def _wrong(self, name: str, message: str) -> None:
        where = f"{self._dotenv}:{self._lines[name]}" if name in self._lines else "environment"
        self.problems.append(Problem(where=where, message=f"{name} {message}"))


def _postgresql(url: str) -> Address:
    scheme, _, rest = url.partition("://")
    return Address(place="") if scheme == "sqlite" else address(rest)


def _shown(url: str) -> str:
    """The database for people: a file, or an address without its password."""
    if url.startswith("sqlite:"):
        return url.removeprefix("sqlite:///").removeprefix("sqlite://") or "memory"
    return _postgresql(url).shown


def _line(problem: Problem) -> int:
    line = problem.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _raise(problems: list[Problem], config: Path) -> None:
    if problems:
        raise WrongSettings(problems, where=str(config))
