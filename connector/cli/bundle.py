"""The support bundle: a zip that tells whoever helps what runs here and how it is, and nothing of customers.

Everything in it passes ``Hiding`` as the very last step.
"""

from __future__ import annotations

import os
import platform
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from connector import __version__, config, log
from connector.cli.checks import PROBLEM, SETTINGS, WARNING, Check
from connector.cli.checks_service import RUNS
from connector.cli.hiding import Hiding, unquoted
from connector.cli.options import Face
from connector.cli.output import Money, for_json
from connector.config import Secret
from connector.errors import ConnectorError, MappingFileError, SettingsError

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.engine.watched import LastRun

LOG_LINES = 2000
"""The last lines of the log that are taken along."""
PERSONAL = ("company_name", "vat_number", "documents.header", "documents.link")
"""Settings that tell who somebody is and never why something fails."""
_LOG_LEFT_OUT = """\
The log is left out: the customers whose names would be hidden in it cannot be read ({unread}). Mend what doctor.json
names and make the bundle again, or look through the log yourself and send the lines that help.
"""
README = """\
What runs here and how it is, for whoever helps with the connector. Hidden are keys and passwords, e-mail addresses,
and everything by which customers are known. Names of administrations, paths, hosts and document numbers stand in it:
look through it before you send it.
"""


def write(face: Face, checks: Sequence[Check], target: Path) -> tuple[str, ...]:
    """Write the bundle to ``target``, readable by its owner only; the names of what is in it.

    SettingsError when something is there already or nothing can be written there.
    """
    config.hide_everything(face.config_file)
    customers, unread = _customers(face)
    found = dict(_documents(face, checks, names_known=not unread))
    found["log.txt"] = _LOG_LEFT_OUT.format(unread=unread) if unread else "\n".join(_log(face))
    hiding = Hiding(config.revealed(), customers)
    texts = {
        name: hiding.text(value)
        if isinstance(value, str)
        else _encoded(hiding.everything(msgspec.to_builtins(value, enc_hook=for_json)))
        for name, value in found.items()
    }
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("README.txt", README)
            for name, text in texts.items():
                bundle.writestr(name, text)
    except OSError as error:
        raise SettingsError(
            f"the bundle cannot be written: {error.strerror}",
            hint="Name a file that is not there yet, in a folder that may be written.",
            where=str(target),
        ) from error
    return ("README.txt", *texts)


def _documents(face: Face, checks: Sequence[Check], *, names_known: bool) -> Iterator[tuple[str, Any]]:
    yield "versions.json", _versions(face)
    yield "doctor.json", [_answer(each, names_known=names_known) for each in checks]
    status = partial(_status, names_known=names_known)
    for name, look in (("settings.json", _settings), ("status.json", status), ("database.json", _database)):
        yield name, _looked(face, look)


def _answer(check: Check, *, names_known: bool) -> dict[str, Any]:
    told = {name: value for name, value in asdict(check).items() if name != "code"}
    if not names_known and (check.check, check.result) == (RUNS, WARNING):
        told["found"] = log.HIDDEN  # it holds what the run said, as status.json does
    elif not names_known or (check.check, check.result) == (SETTINGS, PROBLEM):
        told["found"] = unquoted(check.found)
    return told


def _versions(face: Face) -> dict[str, Any]:
    installed = {each.metadata["Name"]: each.version for each in metadata.distributions()}
    return {
        "connector": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "now": face.now,
        "run": log.run(),
        "packages": dict(sorted(installed.items(), key=lambda each: each[0].casefold())),
    }


def _looked(face: Face, look: Callable[[Face, Connector], Any]) -> Any:
    """What ``look`` finds, or what keeps it from looking."""
    from connector.cli import working

    try:
        with working.opened(face) as connector:
            return look(face, connector)
    except ConnectorError as error:
        told = unquoted(str(error)) if isinstance(error, (SettingsError, MappingFileError)) else str(error)
        return {"error": type(error).__name__, "message": told}


def _settings(face: Face, connector: Connector) -> dict[str, Any]:
    from connector.app import administrations

    chosen = face.settings.service
    return {
        "database": face.connection.database_shown,
        "log": face.connection.log is not None,
        "language": face.connection.language,
        "service": {
            "listen": None if chosen.listen is None else str(chosen.listen),
            "traces": None if chosen.traces is None else chosen.traces.endpoint,
        },
        "administrations": [
            {
                "administration": each.name,
                "settings": {
                    setting.name: log.HIDDEN
                    if setting.value and (setting.name in PERSONAL or isinstance(setting.value, Secret))
                    else setting.value
                    for setting in administrations.settings_in_force(connector, each)
                },
            }
            for each in face.administrations
        ],
    }


def _status(face: Face, connector: Connector, *, names_known: bool) -> list[dict[str, Any]]:
    from connector.cli.overview import next_run
    from connector.engine import watched

    seen = watched.everything(connector.everywhere)
    return [
        {
            "administration": each.name,
            "last_fetch": there and there.last_fetch,
            "next_run": next_run(face, each),
            "last_run": _last_run(there.last_run if there else None, names_known=names_known),
            **{
                name: {
                    side: {"documents": held.documents, "net": Money(minor=held.net)} for side, held in sides.items()
                }
                for name, sides in ((("held", there.held), ("ready", there.ready)) if there else ())
            },
            "deliveries": there.deliveries if there else {},
        }
        for each in face.administrations
        for there in [seen.get(each.name)]
    ]


def _last_run(last: LastRun | None, *, names_known: bool) -> Any:
    from connector.cli.overview import last_run_as_json

    told = last_run_as_json(last)
    if told and told["error"] and not names_known:
        told["error"]["message"] = log.HIDDEN
    return told


def _database(_face: Face, connector: Connector) -> Any:
    from connector.engine import support

    return support.kept(connector.everywhere)


def _customers(face: Face) -> tuple[set[str], str]:
    """Everything by which customers are known, to the database and to the tables of customers; and what of these cannot
    be read, '' for nothing: then nobody knows which names to hide."""
    from connector.cli import working
    from connector.engine import support

    names: set[str] = set()
    unread: list[str] = []

    def look(known: Callable[[], set[str]]) -> None:
        nonlocal names
        try:
            names |= known()
        except ConnectorError as error:
            unread.append(type(error).__name__)

    try:
        with working.opened(face) as connector:
            look(lambda: set(support.customers(connector.everywhere)))
            for each in face.settings.administrations:
                look(partial(_in_tables, connector, each))
    except ConnectorError as error:
        unread.append(type(error).__name__)
    return names, ", ".join(dict.fromkeys(unread))


def _in_tables(connector: Connector, administration: config.Administration) -> set[str]:
    known = connector.mapping(administration).mapping.customers.values()
    return {
        str(text)
        for each in known
        for text in (each.account_id, each.name, each.contact, each.email, each.cost_center)
        if text
    }


def _log(face: Face) -> list[str]:
    """The last lines of the log, where it is a file."""
    try:
        place = face.connection.log
        if place is None:
            return ["The log is not kept in a file: set CONNECTOR_LOG."]
        with place.open(encoding="utf-8", errors="replace") as file:
            return [each.rstrip("\n") for each in deque(file, LOG_LINES)]
    except (ConnectorError, OSError) as error:
        return [f"The log cannot be read: {error}"]


def _encoded(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
