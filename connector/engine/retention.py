"""Retention: what is kept of which year, how long, and what a removal would take."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from connector.domain.invoice import Direction
from connector.domain.retention import Purge, end_of, last_year_over
from connector.engine.books import Books, Workplace
from connector.errors import RetentionError
from connector.store import purges, register_purge, retention, states
from connector.store.database import Connection
from connector.store.states import LineState, Standing

_FINISHED = (LineState.POSTED, LineState.IGNORED)
_NAMED = 3
"""Documents that a refusal names."""
_NO_DATE = 0


class Year(msgspec.Struct, kw_only=True):
    """What is kept of one year (0: documents without a date, which stay): documents, lines, net minor units by
    direction, the bytes that their answers take, how many are not finished, and how many were ``changed`` after they
    were posted and are held since; ``purged`` were removed before. The legal period ends with ``kept_until``; ``over``
    is whether it did."""

    year: int
    kept_until: datetime.date | None
    over: bool
    documents: int = 0
    lines: int = 0
    purchase: int = 0
    sale: int = 0
    bytes: int = 0
    unfinished: int = 0
    changed: int = 0
    purged: int = 0


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The years of an administration and what was removed so far, both oldest first. ``ready`` is the last year that
    can be removed now, ``None`` when there is none; with it go ``entries`` and ``versions`` of registers."""

    administration: str
    years_kept: int
    years: tuple[Year, ...]
    purges: tuple[Purge, ...]
    ready: int | None
    entries: int
    versions: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a purge removes: its documents, and the day that each belongs to. Of these ``changed`` are held since they
    changed after they were posted: what of the change is in the books, a person booked.

    ``papers`` and ``slices`` count what goes beside them, also of documents that went before; ``entries`` and
    ``versions`` what goes of registers."""

    documents: tuple[Standing, ...]
    changed: tuple[Standing, ...]
    days: Mapping[int, datetime.date]
    years: tuple[Year, ...]
    papers: int = 0
    slices: int = 0
    entries: int = 0
    versions: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not (self.documents or self.papers or self.slices or self.versions)


def overview(place: Workplace, books: Books, years_kept: int) -> Overview:
    """What is kept and what was removed, per year."""
    with place.database.reading() as connection:
        looked = _Looked(connection, place, books, years_kept)
        looked.weigh()
        last = looked.last_free
        over = register_purge.over(connection, books.id, end_of(last))
        return Overview(
            administration=books.name,
            years_kept=years_kept,
            years=looked.years,
            purges=tuple(each.purge for each in purges.all_of(connection, books.id)),
            ready=looked.ready if not over.versions else last,
            entries=len(over.entries),
            versions=len(over.versions),
        )


def purged(place: Workplace, books: Books, number: str) -> list[Purge]:
    """The purges that removed documents with this number."""
    with place.database.reading() as connection:
        return purges.of_number(connection, books.id, number)


def plan(connection: Connection, place: Workplace, books: Books, *, until: int, years_kept: int) -> Plan:
    """What a purge up to and with the year ``until`` removes.

    Raises RetentionError when that year must still be kept, or something up to it is not finished.
    """
    last = last_year_over(place.today, years_kept)
    if until > last:
        raise RetentionError(
            f"what belongs to {until} is kept until {_end(until, years_kept)} "
            f"(retention_years = {years_kept}); the last year whose period is over is {last}",
            where=books.name,
        )
    looked = _Looked(connection, place, books, years_kept)
    documents = [each for each in looked.standing if _NO_DATE < looked.year_of(each) <= until]
    waiting = [each for each in documents if looked.why_unfinished(each)]
    if waiting:
        told = ", ".join(f"{each.direction} {each.number} ({looked.why_unfinished(each)})" for each in waiting[:_NAMED])
        more = f" and {len(waiting) - _NAMED} more" if len(waiting) > _NAMED else ""
        raise RetentionError(
            f"of the documents up to {until} {len(waiting)} are not finished: {told}{more}",
            hint="Post them, or let a rule ignore them (as book_from does); 'connector invoices list' shows them.",
            where=books.name,
        )
    looked.weigh()
    years = tuple(each for each in looked.years if each.documents and _NO_DATE < each.year <= until)
    changed = tuple(each for each in documents if looked.was_changed(each))
    return Plan(documents=tuple(documents), changed=changed, days=looked.days, years=years)


class _Looked:
    """Every current document with the year it belongs to."""

    def __init__(self, connection: Connection, place: Workplace, books: Books, years_kept: int) -> None:
        self._connection, self._books, self._years_kept = connection, books, years_kept
        self._last = last_year_over(place.today, years_kept)
        self.days = retention.last_days(connection, books.id)
        self._moving = retention.unfinished(connection, books.id)
        self._posted = retention.posted(connection, books.id)
        self.standing = list(states.standings(connection, books.id))
        self._years: dict[int, Year] = {}
        for each in self.standing:
            self._count(each)
        for one in purges.sums(connection, books.id):
            self._year(int(one.period[:4])).purged += one.documents

    @property
    def years(self) -> tuple[Year, ...]:
        """All of them, oldest first."""
        return tuple(self._years[each] for each in sorted(self._years))

    @property
    def ready(self) -> int | None:
        """The last year that can be removed with all before it."""
        found = None
        for each in self.years:
            if each.year > self._last or (each.year and each.unfinished):
                break
            if each.year and each.documents:
                found = each.year
        return found

    @property
    def last_free(self) -> int:
        """The last year up to which nothing keeps anything: that before the first with something unfinished, or the
        last whose period is over."""
        unfinished = [each.year for each in self.years if _NO_DATE < each.year <= self._last and each.unfinished]
        return min(unfinished) - 1 if unfinished else self._last

    def year_of(self, standing: Standing) -> int:
        """The last year that a document has to do with; 0 when it has no date."""
        day = self.days.get(standing.invoice_id)
        return day.year if day is not None else _NO_DATE

    def why_unfinished(self, standing: Standing) -> str:
        """Why a document cannot go yet, '' when it can."""
        if standing.state not in _FINISHED and not self.was_changed(standing):
            return standing.state.value
        return "an entry of it is not posted" if standing.invoice_id in self._moving else ""

    def was_changed(self, standing: Standing) -> bool:
        """Whether a document is held, or its correction given up, after an entry of it was posted: nothing of it will
        ever be posted by itself, and the ledger has what a person made of it."""
        looked_at = standing.state is LineState.HELD and standing.preparation_id is not None
        return looked_at and standing.invoice_id in self._posted and standing.invoice_id not in self._moving

    def weigh(self) -> None:
        """Add the bytes that are kept of each year; what several documents lie in counts for the first."""
        seen = set[int]()
        for invoice_id, slice_id, size in retention.slice_bytes(self._connection, self._books.id):
            if slice_id not in seen:
                seen.add(slice_id)
                day = self.days.get(invoice_id)
                self._year(day.year if day is not None else _NO_DATE).bytes += size

    def _count(self, standing: Standing) -> None:
        year = self._year(self.year_of(standing))
        year.documents += 1
        year.lines += standing.lines
        if standing.direction == Direction.PURCHASE.value:
            year.purchase += standing.net
        else:
            year.sale += standing.net
        year.unfinished += bool(self.why_unfinished(standing))
        year.changed += self.was_changed(standing)

    def _year(self, number: int) -> Year:
        if number not in self._years:
            end = _end(number, self._years_kept) if number else None
            self._years[number] = Year(year=number, kept_until=end, over=_NO_DATE < number <= self._last)
        return self._years[number]


def _end(year: int, years_kept: int) -> datetime.date:
    return datetime.date(min(year + years_kept, datetime.MAXYEAR), 12, 31)
