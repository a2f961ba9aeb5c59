"""Migration: what the documents of Copaco's old and new platform say beside each other, for who moves from one to the
other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from connector.domain.dates import month_of
from connector.domain.mapping import Mapping as MappingSet
from connector.domain.migration import IdKind, IdPair, IdPairs, PlatformLine, groups, met_lines, without_equal
from connector.domain.platform import LineKey, Platform, PlatformDocument, net_of
from connector.domain.rules import plain
from connector.engine.books import Books, Workplace
from connector.engine.platforms import Run, compared
from connector.store import platforms, sightings, states
from connector.store.database import Connection
from connector.store.states import LineState

_NOT_BOOKED = (LineState.HELD, LineState.IGNORED)


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """Documents of one platform: their numbers, lines and net minor units, and those of the lines without an equal."""

    numbers: tuple[str, ...]
    lines: int
    net: int
    only_lines: int
    only: int


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Documents of one month ('YYYY-MM') and list that are the same, wholly or in part; or one alone, whose other side
    is empty. ``met_lines`` and ``met`` are those of the lines that both have. ``booked`` are the numbers of those that
    are neither held nor ignored."""

    month: str
    source: str
    currency: str
    old: Side
    new: Side
    met_lines: int
    met: int
    booked: tuple[str, ...]


class Lonely(msgspec.Struct, frozen=True, kw_only=True):
    """A line of one platform that the other has no equal of."""

    month: str
    platform: Platform
    number: str
    currency: str
    line: PlatformLine


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """An id that became another one. ``rows`` are those of the mapping ('customers.csv:12') that name the old one, and
    ``known`` those that name the new one."""

    pair: IdPair
    rows: tuple[str, ...]
    known: tuple[str, ...]


class MigrationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What both platforms gave of the runs of invoices that both have. ``elsewhere`` counts documents and net minor
    units, by platform and list, of the runs that only one has: purchases and sales are no sum."""

    administration: str
    together: tuple[Together, ...]
    lonely: tuple[Lonely, ...]
    moved: tuple[Moved, ...]
    elsewhere: Mapping[tuple[Platform, str], tuple[int, int]]


def report(place: Workplace, books: Books, mapping: MappingSet, month: str | None = None) -> MigrationReport:
    """Compare what both platforms gave, in all months or in ``month`` ('YYYY-MM') alone. What is told of ids, and of
    what only one platform gave, is of all months."""
    together: list[Together] = []
    lonely: list[Lonely] = []
    ids = IdPairs()
    with place.database.reading() as connection:
        booked = {each.invoice_id for each in states.standings(connection, books.id) if each.state not in _NOT_BOOKED}
        seen: set[int] = set()
        for run in compared(connection, books, sightings.vanished(connection, books.id)):
            lines = _lines(connection, books, run)
            seen |= run.heads.keys()
            for link in run.links:
                ids.look(lines[link.old], lines[link.new], link.met)
            for group in groups(run.documents, run.links):
                left = {each.id: without_equal(lines[each.id], met_lines(each.id, run.links)) for each in group}
                together.append(_together(run, group, left, booked))
                lonely += _lonely(run, group, left)
        elsewhere = _elsewhere(connection, books, seen)
    return MigrationReport(
        administration=books.name,
        together=tuple(
            each
            for each in sorted(together, key=lambda one: (one.month, one.source, one.old.numbers, one.new.numbers))
            if month in (None, each.month)
        ),
        lonely=tuple(each for each in sorted(lonely, key=_order) if month in (None, each.month)),
        moved=tuple(_moved(ids.all, mapping)),
        elsewhere=elsewhere,
    )


def _lines(connection: Connection, books: Books, run: Run) -> dict[int, list[PlatformLine]]:
    """The lines of each document of a run."""
    by_version = {each.version_id: each.invoice_id for each in run.heads.values()}
    found: dict[int, list[PlatformLine]] = {each: [] for each in run.heads}
    for line in platforms.lines(connection, books.id, list(by_version)):
        found[by_version[line.version_id]].append(line)
    return found


def _together(
    run: Run, group: Sequence[PlatformDocument], left: Mapping[int, Sequence[PlatformLine]], booked: set[int]
) -> Together:
    old, new = (
        _side([each for each in group if each.platform is platform], left) for platform in (Platform.OLD, Platform.NEW)
    )
    return Together(
        month=month_of(group[0].date),
        source=run.issued.source,
        currency=run.currency,
        old=old,
        new=new,
        met_lines=old.lines - old.only_lines,
        met=old.net - old.only,
        booked=tuple(each.number for each in group if each.id in booked),
    )


def _side(documents: Sequence[PlatformDocument], left: Mapping[int, Sequence[PlatformLine]]) -> Side:
    only = Counter[LineKey](line.key for each in documents for line in left[each.id])
    return Side(
        numbers=tuple(each.number for each in documents),
        lines=sum(each.count for each in documents),
        net=sum(each.net for each in documents),
        only_lines=sum(only.values()),
        only=net_of(only),
    )


def _lonely(
    run: Run, group: Sequence[PlatformDocument], left: Mapping[int, Sequence[PlatformLine]]
) -> Iterator[Lonely]:
    for each in group:
        for line in left[each.id]:
            yield Lonely(
                month=month_of(group[0].date),
                platform=each.platform,
                number=each.number,
                currency=run.currency,
                line=line,
            )


def _order(each: Lonely) -> tuple[str, ...]:
    """What may be one line that was changed stands together."""
    key = each.line.key
    days = (str(day or "") for day in (key.start, key.end))
    return (each.month, key.customer, key.plan, *days, each.platform.value, each.number, f"{key.net:020}")


def _of_key(item: tuple[tuple[Platform, str], object]) -> tuple[str, str]:
    (platform, source), _ = item
    return (source, platform.value)


def _elsewhere(connection: Connection, books: Books, seen: set[int]) -> dict[tuple[Platform, str], tuple[int, int]]:
    found: dict[tuple[Platform, str], list[int]] = {}
    for each in platforms.every(connection, books.id):
        if each.invoice_id not in seen:
            found.setdefault((each.platform, each.source), []).append(each.net)
    return {key: (len(nets), sum(nets)) for key, nets in sorted(found.items(), key=_of_key)}


def _moved(pairs: Sequence[IdPair], mapping: MappingSet) -> list[Moved]:
    """The pairs with the rows of the mapping that name their ids; first those of which only the old one is named."""
    rows: dict[tuple[IdKind, str], list[str]] = {}
    for each in mapping.customers.values():
        rows.setdefault((IdKind.CUSTOMER, plain(each.account_id)), []).append(f"{each.file}:{each.row}")
    for rule in mapping.rules:
        rows.setdefault((IdKind.CUSTOMER, plain(rule.customer)), []).append(f"{rule.file}:{rule.row}")
        rows.setdefault((IdKind.PLAN, plain(rule.plan)), []).append(f"{rule.file}:{rule.row}")
    found = [
        Moved(
            pair=each,
            rows=tuple(rows.get((each.kind, plain(each.old)), ())),
            known=tuple(rows.get((each.kind, plain(each.new)), ())),
        )
        for each in pairs
    ]
    return sorted(found, key=lambda each: not (each.rows and not each.known))
