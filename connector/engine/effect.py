"""Effect: what other tables would do to the books, seen by doing it in a transaction of which nothing is kept.

So what is predicted is what comes: open documents are prepared, and posted ones reclassified, by the same code.
"""

from __future__ import annotations

import datetime
from collections import Counter

import msgspec

from connector.domain.dates import month_of
from connector.engine.books import Books, Workplace
from connector.engine.prepare import prepare_within
from connector.engine.reclassify import LeftAlone, Movements, Reclassified, Reclassifier
from connector.engine.run import MappingFiles, Run
from connector.store import entry_sums, mapping_versions, states
from connector.store.database import Connection
from connector.store.states import Standing


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """A document that gets another state: its number, and before and after as (state, reason)."""

    number: str
    direction: str
    period: str
    net: int
    before: tuple[str, str]
    after: tuple[str, str]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What changes. ``opened`` are the movements in entries that were not sent, which are prepared anew; ``posted`` the
    movements that reclassifying what is posted would book because of the change, if a person asks for it. Minor units,
    debit positive.

    ``left`` are posted documents that would be booked otherwise and cannot be moved. ``already`` are the movements of
    posted documents that the tables in force ask for, before any change.
    """

    opened: Movements
    posted: Movements
    turned: tuple[Turned, ...]
    left: tuple[LeftAlone, ...]
    already: Movements = msgspec.field(default_factory=Counter)

    @property
    def is_any(self) -> bool:
        """Whether anything changes in the books."""
        return bool(self.opened or self.posted or self.turned or self.left)


def posted_effect(run: Run, *, first: datetime.date, on: datetime.date | None) -> Reclassified:
    """What ``versions.reclassify`` would book, with nothing kept. BusyError during a run."""
    with run.place.database.lock(run.books.name), run.place.database.rehearsal() as connection:
        version_id = _version(connection, run.place, run.books, run.mapping)
        reclassifier = Reclassifier(connection, run.place, run.books, run.mapping.mapping, version_id)
        return reclassifier.run(first, on)


class _Picture(msgspec.Struct, frozen=True, kw_only=True):
    """How an administration stands under one mapping."""

    opened: Movements
    posted: Movements
    standings: dict[int, Standing]
    left: tuple[LeftAlone, ...]


def effect(
    place: Workplace,
    books: Books,
    after: MappingFiles,
    *,
    in_force: MappingFiles | None = None,
    before: MappingFiles | None = None,
) -> Effect:
    """What ``after`` does in place of ``before``, by default in place of what stands.

    ``in_force`` is the set in force, which may itself ask for what is posted to move. BusyError during a run.
    """
    with place.database.lock(books.name), place.database.rehearsal() as connection:
        first = (
            _as_it_stands(connection, place, books, in_force)
            if before is None
            else _under(connection, place, books, before)
        )
        return _difference(first, _under(connection, place, books, after))


def _as_it_stands(connection: Connection, place: Workplace, books: Books, in_force: MappingFiles | None) -> _Picture:
    if in_force is None:
        return _picture(connection, books, None)
    version_id = _version(connection, place, books, in_force)
    return _picture(connection, books, Reclassifier(connection, place, books, in_force.mapping, version_id))


def _under(connection: Connection, place: Workplace, books: Books, files: MappingFiles) -> _Picture:
    version_id = _version(connection, place, books, files)
    prepare_within(connection, place, books, files.mapping, version_id)
    return _picture(connection, books, Reclassifier(connection, place, books, files.mapping, version_id))


def _picture(connection: Connection, books: Books, reclassifier: Reclassifier | None) -> _Picture:
    """How the books stand now; what is open is looked at before reclassifying adds to it."""
    opened = _open_sums(connection, books)
    standings = {each.version_id: each for each in states.standings(connection, books.id)}
    moved = reclassifier.run() if reclassifier is not None else Reclassified()
    return _Picture(opened=opened, posted=moved.movements, standings=standings, left=tuple(moved.left))


def _version(connection: Connection, place: Workplace, books: Books, files: MappingFiles) -> int:
    known = next((each for each in mapping_versions.all_of(connection, books.id) if each.hash == files.hash), None)
    if known is not None:
        return known.id
    return mapping_versions.add(
        connection,
        books.id,
        set_name=files.name,
        version_hash=files.hash,
        author="",
        comment="",
        created_at=place.clock(),
        files=files.files,
    )


def _open_sums(connection: Connection, books: Books) -> Movements:
    sums: Movements = Counter()
    for each in entry_sums.not_sent(connection, books.id):
        sums[month_of(each.date), each.direction, each.account, each.tax] += each.minor
    return sums


def _difference(before: _Picture, after: _Picture) -> Effect:
    turned = []
    for version_id, now in after.standings.items():
        then = before.standings[version_id]
        was, is_now = (then.state.value, then.reason), (now.state.value, now.reason)
        if was != is_now:
            turned.append(
                Turned(
                    number=now.number,
                    direction=now.direction,
                    period=now.period,
                    net=now.net,
                    before=was,
                    after=is_now,
                )
            )
    turned.sort(key=lambda each: (-abs(each.net), each.number))
    return Effect(
        opened=_minus(after.opened, before.opened),
        posted=_minus(after.posted, before.posted),
        turned=tuple(turned),
        left=tuple(each for each in after.left if each not in before.left),
        already=Counter({key: minor for key, minor in sorted(before.posted.items()) if minor}),
    )


def _minus(after: Movements, before: Movements) -> Movements:
    moved = {key: after[key] - before[key] for key in {**after, **before}}
    return Counter({key: minor for key, minor in sorted(moved.items()) if minor})
