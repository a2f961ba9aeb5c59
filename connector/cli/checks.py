"""What a run needs, looked at piece by piece: what ``doctor`` and ``admin check`` tell."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from connector import texts
from connector.cli.options import Face
from connector.cli.output import State, column, moment, prose
from connector.errors import ConnectorError, SourceUnavailable
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.engine.books import Books

OK, WARNING, PROBLEM = marked("ok"), marked("warning"), marked("problem")
SETTINGS, DATABASE, CLOCK = marked("settings"), marked("database"), marked("clock")
KEY, MAPPING, LEDGER, SOURCE = marked("key"), marked("mapping"), marked("ledger"), marked("source")
API, FILES = marked("API"), marked("files")
AHEAD = datetime.timedelta(minutes=5)
"""By how much the last fetch may lie in the future before we say that the clock was set back."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at. ``code`` is the exit code of a problem."""

    administration: str | None
    check: str
    result: str
    found: str
    next_step: str = ""
    code: int = 0


def tell(face: Face, checks: list[Check]) -> None:
    """Show what was looked at, and end the command with the code of the first problem. Call it last."""
    face.out.table(
        [column("Administration"), column("Check"), column("Result"), prose("Found"), prose("Next step")],
        [(each.administration, _(each.check), State(name=each.result), each.found, each.next_step) for each in checks],
    )
    problems = [each for each in checks if each.result == PROBLEM]
    face.out.text("", many("1 problem.", "{number} problems.", len(problems)) if problems else _("No problems."))
    told = [{name: value for name, value in asdict(each).items() if name != "code"} for each in checks]
    face.out.answer({"ok": not problems, "checks": told})
    if problems:
        click.get_current_context().exit(problems[0].code)


def of_all(face: Face, *, source: bool, calls: bool) -> Iterator[Check]:
    """Everything that the chosen administrations need; ``source`` tries their keys, and without ``calls`` nothing is
    asked over a network, of ledgers neither."""
    try:
        chosen = face.administrations
    except ConnectorError as error:
        problems = [str(each) for each in getattr(error, "problems", ())] or [str(error)]
        for problem in problems:
            yield _problem(None, SETTINGS, error, problem)
        return
    found = many(
        "1 administration in {{file}}", "{number} administrations in {{file}}", len(face.settings.administrations)
    )
    yield _fine(None, SETTINGS, found.format(file=face.connection.config))
    from connector.app import databases
    from connector.cli import checks_database, checks_notify, checks_safety, checks_service, working

    yield from checks_safety.of_files(face.connection)
    yield from checks_safety.of_database(face.connection)
    database = _tried(None, DATABASE, lambda: _database(face, databases.check))
    yield database
    with working.opened(face) as connector:
        ended, usable = {}, database.result == OK
        if usable:
            yield from checks_database.of_database(face)
            yield from _begun(connector, chosen)
            yield from checks_service.of_server_clock(connector.everywhere)
            yield from checks_service.of_workers(connector.everywhere)
            ended = checks_service.last_runs(connector)
        yield from checks_service.of_disks(face.settings)
        yield from checks_service.of_service(face.settings)
        yield from checks_notify.of_addresses(chosen)
        yield from checks_safety.of_twins(chosen)
        silent: dict[str, str] = {}
        for administration in chosen:
            yield from _administration(connector, administration, calls=calls, usable=usable)
            if source:
                yield from _of_source(connector, administration, silent)
            yield checks_service.of_schedule(administration, face.now)
            if usable:
                yield checks_service.of_runs(administration, ended.get(administration.name))


def _administration(
    connector: Connector, administration: Administration, *, calls: bool, usable: bool
) -> Iterator[Check]:
    from connector.cli import checks_safety

    name, api = administration.name, administration.source.kind != "files"
    if api:
        yield _tried(name, KEY, lambda: _key(administration))
        yield from checks_safety.of_key(administration, connector.today)
    tables = _tried(name, MAPPING, lambda: _mapping(connector, administration))
    yield tables
    if tables.result == OK:
        for warning in connector.mapping(administration).mapping.warnings:
            yield Check(administration=name, check=MAPPING, result=WARNING, found=warning)
        yield _tried(name, LEDGER, lambda: _ledger(connector, administration, calls=calls, usable=usable))
    if not api:
        folder = administration.source.folder
        assert folder is not None, "the settings demand a folder for saved answers"
        yield _tried(name, SOURCE, lambda: _("saved answers in {folder}").format(folder=folder))
        return
    yield from _lifecycle(connector, administration)


def _of_source(connector: Connector, administration: Administration, silent: dict[str, str]) -> Iterator[Check]:
    """Whether the API takes the key. ``silent`` are the addresses that did not answer, each with the administration for
    which it was asked: they are waited for once."""
    name, address = administration.name, str(administration.source.api.get("base_url", ""))
    if administration.source.kind == "files" or _tried(name, KEY, lambda: _key(administration)).result != OK:
        return
    if address in silent:
        found = _("not tried: the same address did not answer for {name}").format(name=silent[address])
        yield Check(administration=name, check=SOURCE, result=WARNING, found=found)
        return
    try:
        yield _fine(name, SOURCE, _source(connector, administration))
    except SourceUnavailable as error:
        silent[address] = name
        yield _problem(name, SOURCE, error, str(error))
    except ConnectorError as error:
        yield _problem(name, SOURCE, error, str(error))


def _tried(administration: str | None, check: str, look: Callable[[], str]) -> Check:
    """The outcome of ``look``, which tells what it found or raises what is wrong."""
    try:
        return _fine(administration, check, look())
    except ConnectorError as error:
        return _problem(
            administration, check, error, "; ".join([str(error), *map(str, getattr(error, "problems", ()))])
        )


def _fine(administration: str | None, check: str, found: str) -> Check:
    return Check(administration=administration, check=check, result=OK, found=found)


def _problem(administration: str | None, check: str, error: ConnectorError, found: str) -> Check:
    return Check(
        administration=administration,
        check=check,
        result=PROBLEM,
        found=found,
        next_step=error.hint,
        code=error.exit_code,
    )


def _database(face: Face, check: Callable[..., None]) -> str:
    check(face.connection)
    return face.connection.database_shown


def _begun(connector: Connector, chosen: Sequence[Administration]) -> Iterator[Check]:
    """Whether the database knows each as the settings have it, and what it knows of the time."""
    known: list[Books] = []
    for each in chosen:
        looked = _tried(each.name, DATABASE, partial(_books, connector, each, known))
        if looked.result != OK:
            yield looked
    yield from _clock(connector, known)


def _books(connector: Connector, administration: Administration, known: list[Books]) -> str:
    known.append(connector.books(administration))
    return administration.name


def _clock(connector: Connector, known: Sequence[Books]) -> Iterator[Check]:
    from connector.engine import look

    latest = look.last_fetch(connector.everywhere, known)
    now = moment(connector.now())
    if latest is not None and latest > connector.now() + AHEAD:
        yield Check(
            administration=None,
            check=CLOCK,
            result=PROBLEM,
            found=_("it is {now}, and the last fetch was at {latest}").format(now=now, latest=moment(latest)),
            next_step=_("Set the clock of this computer."),
            code=1,
        )
        return
    yield _fine(None, CLOCK, now)


def _key(administration: Administration) -> str:
    key = administration.source.key
    assert key is not None, "the settings demand a key for the API"
    key.secret()
    return f"{key.scheme}:{key.name}"


def _mapping(connector: Connector, administration: Administration) -> str:
    read = connector.mapping(administration)
    return _("{folder}: {rules} rules, {accounts} accounts").format(
        folder=administration.mapping, rules=len(read.mapping.rules), accounts=len(read.mapping.chart.accounts)
    )


def _ledger(connector: Connector, administration: Administration, *, calls: bool, usable: bool) -> str:
    """Without a ``usable`` database nobody knows the tables in force, by which it is looked into."""
    mapping = connector.mapping(administration).mapping
    connector.check_sale(administration, mapping)
    kind, asked = administration.ledger.kind, calls or connector.can_look_into(administration)
    if not (asked and usable):
        connector.ledger(administration, mapping)  # its settings are read, and nobody is asked
        for _name, reference in administration.ledger.secrets:
            reference.secret()
        if asked:
            return _("{kind}: its settings are right; it is looked into as soon as the database can be used").format(
                kind=kind
            )
        return _("{kind}: its settings are right; 'connector doctor' asks it").format(kind=kind)
    trial = connector.try_ledger(administration)
    parts = [administration.ledger.kind]
    if trial.folder is not None:
        parts.append(str(trial.folder))
    if trial.entries is not None:
        parts.append(many("1 entry", "{number} entries", trial.entries))
    if trial.closed_until is not None:
        parts.append(_("closed until {day}").format(day=texts.date(trial.closed_until)))
    return ", ".join(parts)


def _lifecycle(connector: Connector, administration: Administration) -> Iterator[Check]:
    """What is to be said of the versions of the API; a problem when nothing is asked of one any more."""
    from connector.app.lifecycle import refuse_ended
    from connector.cli.api import remarks

    try:
        refuse_ended(administration, connector.today)
    except ConnectorError as error:
        yield _problem(administration.name, API, error, str(error))
        return
    for found, next_step in remarks(administration, connector.today):
        yield Check(administration=administration.name, check=API, result=WARNING, found=found, next_step=next_step)


def _source(connector: Connector, administration: Administration) -> str:
    trial = connector.try_key(administration)
    made_up = (
        many("1 example invoice", "{number} example invoices", trial.invoices)
        if trial.examples
        else many("1 invoice of today", "{number} invoices of today", trial.invoices)
    )
    return _("{address}: the key works, {invoices}").format(address=trial.url, invoices=made_up)
