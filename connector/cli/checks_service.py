"""What the service needs, looked at for ``doctor``: schedules and the last runs, where it listens and tells, packages
that settings need, room on the disks, and the clock beside that of the database's server."""

from __future__ import annotations

import datetime
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from connector.cli.checks import CLOCK, OK, PROBLEM, WARNING, Check
from connector.cli.output import moment
from connector.errors import ConnectorError
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration, Settings
    from connector.engine.books import Workplace
    from connector.engine.watched import LastRun

SERVICE, SCHEDULE, RUNS, DISK = marked("service"), marked("schedule"), marked("runs"), marked("disk")
WORKERS = marked("workers")
LITTLE_ROOM = 1024**3
"""Bytes that should be free where the database and what is fetched are kept."""
LONG_WAIT = 15 * 60
"""Seconds for which no job should wait for a worker."""
APART = datetime.timedelta(minutes=2)
"""By how much our clock may differ from that of the database's server."""


def of_service(settings: Settings) -> Iterator[Check]:
    """Where the service listens and tells, and whether what it needs for that is installed."""
    chosen = settings.service
    if chosen.listen is None:
        yield _check(SERVICE, OK, _("listens nowhere"))
    elif chosen.listen.is_loopback:
        yield _check(SERVICE, OK, _("listens at {address}, for this computer only").format(address=chosen.listen))
    else:
        yield _check(
            SERVICE,
            WARNING,
            _("listens at {address}, where others may come, without password or encryption").format(
                address=chosen.listen
            ),
            _("Listen at 127.0.0.1, or let a firewall or proxy decide who may ask."),
        )
    if chosen.traces is not None:
        yield _check(SERVICE, OK, _("traces go to {address}").format(address=chosen.traces.endpoint))
    missing = {extra for extra, package, wanted in _needed(settings) if wanted and not _installed(package)}
    for extra in sorted(missing):
        found = _("the settings of the service need packages that are not installed")
        yield _check(SERVICE, PROBLEM, found, f"pip install 'copaco-connector[{extra}]'", code=3)


def _needed(settings: Settings) -> tuple[tuple[str, str, bool], ...]:
    """Extras, a package of each, and whether the settings ask for it."""
    return (
        ("service", "prometheus_client", settings.service.listen is not None),
        ("service", "apprise", any(each.notify.to for each in settings.administrations)),
        ("traces", "opentelemetry.sdk", settings.service.traces is not None),
    )


def of_disks(settings: Settings) -> Iterator[Check]:
    """Room where the connector works, and where its SQLite database is when that is another disk."""
    folder, url = settings.connection.folder, settings.connection.database_url
    database = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    places = [folder] if database is None or _device(database.parent) == _device(folder) else [folder, database.parent]
    for place in places:
        try:
            free = shutil.disk_usage(place).free
        except OSError as error:
            yield _check(DISK, WARNING, f"{place}: {error.strerror}")
            continue
        gigabytes = f"{free * 10 // 1024**3 / 10:.1f} GB"
        found = _("{room} free in {folder}").format(room=gigabytes, folder=place)
        if free < LITTLE_ROOM:
            yield _check(DISK, WARNING, found, _("Make room: what is fetched and booked is only added to."))
        else:
            yield _check(DISK, OK, found)


def of_workers(place: Workplace) -> Iterator[Check]:
    """How many workers there are and what waits for them; nothing where none ever ran."""
    from connector.engine import watched

    jobs = watched.backlog(place)
    if not jobs:
        return
    there, waiting, seconds = watched.workers(place), sum(x.waiting for x in jobs), max(x.seconds for x in jobs)
    found = many("1 worker is alive", "{number} workers are alive", there)
    found += "; " + many("1 job waits", "{number} jobs wait", waiting)
    if waiting:
        found += "; " + many("one for 1 minute", "one for {number} minutes", seconds // 60)
    if waiting and (not there or seconds > LONG_WAIT):
        yield _check(WORKERS, WARNING, found, _("Start workers, or more of them; their log tells what they do."))
    else:
        yield _check(WORKERS, OK, found)


def of_server_clock(place: Workplace) -> Iterator[Check]:
    """Our clock beside that of the database's server; nothing where the database is a file."""
    from connector.engine import watched

    there = watched.server_time(place)
    here = place.clock()
    if there is None or abs(there - here) <= APART:
        return
    yield _check(
        CLOCK,
        WARNING,
        _("here it is {here}, at the server of the database {there}").format(here=moment(here), there=moment(there)),
        _("Set both clocks by a time server: who holds a lock, and what is fresh, is told by them."),
    )


def last_runs(connector: Connector) -> dict[str, LastRun]:
    """How the last run of each administration ended, by name."""
    from connector.engine import watched

    return watched.last_of_all(connector.everywhere)


def of_schedule(administration: Administration, now: datetime.datetime) -> Check:
    """When the service comes next."""
    from connector.service.timetable import next_due

    name = administration.name
    try:
        due = next_due(administration.schedule, name, now)
    except ConnectorError as error:
        return _check(SCHEDULE, PROBLEM, str(error), error.hint, name=name, code=error.exit_code)
    if due is None:
        told = _("the service does not come any more")
        return _check(SCHEDULE, WARNING, told, _("Change [schedule] in connector.toml."), name=name)
    told = _("next {moment}, by the clock of {zone}")
    return _check(SCHEDULE, OK, told.format(moment=moment(due), zone=administration.schedule.zone), name=name)


def of_runs(administration: Administration, last: LastRun | None) -> Check:
    """How the last run ended."""
    name = administration.name
    if last is None:
        return _check(RUNS, OK, _("none ended yet"), f"connector sync -a {name}", name=name)
    if last.failure:
        told = many("the last one failed ({{run}}): {{error}}", "the last {number} failed ({{run}}): {{error}}",
                    last.failures)  # fmt: skip
        return _check(
            RUNS,
            WARNING,
            told.format(run=last.run, error=last.told),
            _("The log tells more, under run {run}.").format(run=last.run),
            name=name,
        )
    told = _("the last one ({run}) did what it should, {moment}")
    return _check(RUNS, OK, told.format(run=last.run, moment=moment(last.ended_at)), name=name)


def _check(
    check: str, result: str, found: str, next_step: str = "", *, name: str | None = None, code: int = 0
) -> Check:
    return Check(administration=name, check=check, result=result, found=found, next_step=next_step, code=code)


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _device(place: Path) -> int:
    try:
        return place.stat().st_dev
    except OSError:
        return -1
