"""What happens in the year: every fault, one a month, with kills and restarts between them."""

from __future__ import annotations

import datetime
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests import postgres
from tests.chaos.worlds import SERVER_KILLS, Bookkeeping
from tests.year.life import Life, Outcome
from tests.year.world import ZONE, World

LAST = datetime.date(2025, 2, 1)
TWICE_A_DAY = ("0 0,12 20-28 * *", "0 6 1-19,29-31 * *")
"""Denser around the 23rd, as by default, where it would be hourly."""
DAY = datetime.timedelta(days=1)


def moment(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime.datetime:
    """A moment of 2024 on the clock of the office; month 13 is the next January, 14 February."""
    year, month = 2024 + (month - 1) // 12, (month - 1) % 12 + 1
    return datetime.datetime(year, month, day, hour, minute, second, tzinfo=ZONE).astimezone(datetime.UTC)


def year(folder: Path, *, seed: int = 1, on_postgresql: bool = False) -> Outcome:
    """Live from February 2024 to February 2025; the last invoice is that of January."""
    with a_life(
        folder, on_postgresql=on_postgresql, seed=seed, first=moment(2, 1, 5), last=LAST, months=12, cron=TWICE_A_DAY
    ) as life:
        faults_of_the_year(life)
        kills_of_the_year(life)
        life.live(moment(14, 1))
        return life.judge()


def fortnight(folder: Path, *, seed: int = 1, on_postgresql: bool = False) -> Outcome:
    """Live from 20 March to 2 April 2024: the invoice of the month, a fault a day, summer time and the month's end."""
    first, last, names = moment(3, 20, 5), datetime.date(2024, 4, 2), ("plain", "bean", "http")
    with a_life(
        folder,
        on_postgresql=on_postgresql,
        seed=seed,
        first=first,
        last=last,
        months=2,
        names=names,
        cron=("0 6 * * *",),
    ) as life:
        world = life.world
        source_down(life, moment(3, 22, 5))
        life.incident(
            "ledger down for a day",
            moment(3, 23, 6),
            moment(3, 24, 5),
            world.stop_bookkeeper,
            world.wake_bookkeeper,
            plain=0,
            bean=0,
            http=1,
        )
        database_away(life, moment(3, 25, 5), 6)
        disk_full(life, moment(3, 26, 5))
        bad_settings(life, moment(3, 27, 5))
        clock_wrong(life, moment(3, 28, 7))
        life.at(moment(3, 20, 6), partial(world.bookkeeper.tell, "fault", fault="killed, then booked"))
        life.amid(moment(3, 21), life.kill_later)
        life.at(moment(3, 31, 23, 59, 58), life.stop)
        life.at(moment(4, 1, 0, 0, 1), life.stop)
        life.live(moment(4, 2, 1))
        return life.judge()


@contextmanager
def a_life(folder: Path, *, seed: int, on_postgresql: bool, **more: Any) -> Iterator[Life]:
    """A life on a database of its own, with a server of its own where there is one; the rest as in ``World``."""
    server = postgres.new_folder() if on_postgresql else None
    try:
        with World(folder, seed=seed, server=server, **more) as world:
            yield Life(world, seed)
    finally:
        if server is not None:
            postgres.stop(server)


def database_away(life: Life, begin: datetime.datetime, hours: int) -> None:
    """PostgreSQL is stopped, or another program holds the file: told once for all administrations."""
    world, end = life.world, begin + datetime.timedelta(hours=hours)
    life.incident("database away", begin, end, world.take_database, world.give_database, everybody=1)


def disk_full(life: Life, begin: datetime.datetime) -> None:
    """There is no room for the database file, for ledger files and for the log, where a disk may be mounted."""
    world, title = life.world, "disk full for a day"
    if world.small_disk:
        told = {"everybody": 1} if world.server is None else {"http": 0}
        life.incident(title, begin, begin + DAY, world.fill_disk, world.empty_disk, **told)
    else:
        life.outcome.not_tried.append(f"{title}, since no disk can be mounted here (root can)")


def faults_of_the_year(life: Life) -> None:
    """One a month, and one administration whose key is refused from March to December."""
    world, day = life.world, life.incident
    source_down(life, moment(2, 22, 5))
    day(
        "ledger down for a day",
        moment(3, 22, 5),
        moment(3, 23, 5),
        world.stop_bookkeeper,
        world.wake_bookkeeper,
        http=1,
    )
    database_away(life, moment(4, 22, 5), 24)
    disk_full(life, moment(5, 22, 5))
    day("one document that the adapter fails on", moment(6, 20), moment(6, 26), world.poison, world.cure, http=1)
    clock_wrong(life, moment(7, 21, 3))
    bad_settings(life, moment(8, 22, 5))
    slow_source(life, moment(9, 21, 5))
    day(
        "two services for a week", moment(10, 20, 5), moment(10, 28, 5), world.start, world.end, plain=0, bean=0, http=0
    )
    if world.server is not None:
        for number in range(3):
            life.amid(moment(11, 20 + number, 5), world.break_sessions)
    life.at(moment(12, 31, 23, 59, 58), life.stop)
    life.at(moment(13, 1, 0, 0, 1), life.stop)


def source_down(life: Life, begin: datetime.datetime) -> None:
    """It answers 503, then not at all; told once."""
    faults = life.world.sandboxes["plain"].faults
    life.incident(
        "source down for a day",
        begin,
        begin + DAY,
        lambda: faults.add("503:times=always"),
        faults.clear,
        plain=1,
        bean=0,
        http=0,
    )

    def reset() -> None:
        faults.clear()
        faults.add("reset:times=always")

    life.at(begin + DAY / 2, reset)


def clock_wrong(life: Life, begin: datetime.datetime) -> None:
    """The clock is three days ahead for two days."""

    def set_ahead(days: int) -> None:
        life.world.keeper.ahead = days * DAY

    life.incident(
        "clock jumping",
        begin,
        begin + 2 * DAY,
        partial(set_ahead, 3),
        partial(set_ahead, 0),
        service=0,
        plain=0,
        bean=0,
        http=0,
    )


def bad_settings(life: Life, begin: datetime.datetime) -> None:
    """SIGHUP with a wrong value, with what is no text, without a file; then right again."""
    office = life.world.office
    file = office.folder / "connector.toml"
    good = life.world.folder / "good.toml"
    refused = "the settings are not taken"

    def wrong_value() -> None:
        life.world.bookkeeper.tell("fault", fault="none")  # killed now, it would not begin again
        shutil.copyfile(file, good)
        office.change('country = "BE"', 'country = "XX"')
        life.world.reload(refused)

    def no_text() -> None:
        file.write_bytes(b"\xff\xfe\x00")
        life.world.reload(refused)

    def no_file() -> None:
        file.unlink()
        life.world.reload(refused)

    def right() -> None:
        shutil.copyfile(good, file)
        life.world.reload("settings read anew")

    life.incident("settings broken", begin, begin + DAY, wrong_value, right, service=3, plain=0, bean=0, http=0)
    life.at(begin + DAY / 3, no_text)
    life.at(begin + DAY / 2, no_file)


def slow_source(life: Life, begin: datetime.datetime) -> None:
    """Every answer takes seconds, and time goes on for the others."""
    faults, keeper = life.world.sandboxes["bean"].faults, life.world.keeper

    def slow() -> None:
        faults.add("slow:times=always,delay=0.1,size=2000")
        keeper.leaves_slow = True

    def quick() -> None:
        faults.clear()
        keeper.leaves_slow = False

    life.incident(
        "one very slow",
        begin,
        begin + 3 * DAY,
        slow,
        quick,
        plain=0,
        http=0,
        bean=0,
    )


def refused_key(life: Life, begin: datetime.datetime, end: datetime.datetime) -> None:
    """One administration's key is refused for long."""
    faults = life.world.sandboxes["poor"].faults
    life.at(begin, lambda: faults.add("401:times=always"))
    life.at(end, faults.clear)


def kills_of_the_year(life: Life) -> None:
    """SIGKILL in the middle of runs and of deliveries, SIGTERM at any time, and a bookkeeping server with troubles."""
    chance, world = life.chance, life.world
    refused_key(life, moment(3, 1), moment(12, 15))
    for month in range(2, 14):
        for day in (21, 24, 26):
            if day != 21 or month not in (6, 9, 10, 11):
                life.amid(moment(month, day, chance.randrange(6, 20)), life.kill_later)
        life.at(moment(month, chance.randrange(1, 19), chance.randrange(24)), life.stop)
        life.amid(moment(month, 27, chance.randrange(24)), partial(life.stop, signal.SIGTERM))
        if month not in (3, 6, 8):
            armed = chance.choice((*SERVER_KILLS, *Bookkeeping.troubles))
            life.at(moment(month, 21, 22), partial(world.bookkeeper.tell, "fault", fault=armed))
        life.at(moment(month, 6), partial(world.bookkeeper.tell, "fault", fault=chance.choice(SERVER_KILLS)))
