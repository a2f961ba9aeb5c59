"""Coverage: which euros the tables have a row for, by what a line is and whose, and what would happen tomorrow.

The database adds up the lines; a decision is made once per question that the tables can ask. So the time grows with the
distinct combinations of the period, and memory with the rows of the answer.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence

import msgspec

from connector.domain.combination import Combination
from connector.domain.coverage import (
    CUSTOMER_FIELDS,
    Cover,
    Usual,
    Verdict,
    about,
    customer_kind,
    fields_told,
    party_country,
    tomorrow,
    verdict,
)
from connector.domain.finding import Finding
from connector.domain.invoice import Direction
from connector.domain.mapping import Mapping
from connector.engine.books import Books, Workplace
from connector.store import sums
from connector.store.database import Connection
from connector.store.sums import QuestionSum, SummedDocument

_REMEMBERED = 50_000
"""Questions whose answer is remembered within one part; beyond it all are forgotten, which only costs time."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What a line is, besides whose: ``rate`` in percent and ``zone`` as stated, ``country`` of the other party."""

    direction: str
    currency: str
    charge_type: str
    category: str
    rate: str
    zone: str
    country: str


class CoverageRow(msgspec.Struct, kw_only=True, gc=False):
    """Lines of one situation, customer and verdict. Minor units; ``turnover`` adds up amounts without their sign."""

    situation: Situation
    verdict: Verdict
    customer_id: str
    customer_name: str
    net: int = 0
    vat: int = 0
    lines: int = 0
    turnover: int = 0


class Tomorrow(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen to a line tomorrow; ``problems`` hold it."""

    line: Combination
    verdict: Verdict
    problems: tuple[Finding, ...]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables have for the lines dated ``first`` to ``last`` (inclusive), the most turnover first.

    ``examples`` has one finding of each code that holds lines. ``usual`` are the lines that ``tomorrow`` varies, one
    per direction in use.
    """

    administration: str
    first: datetime.date
    last: datetime.date
    rows: tuple[CoverageRow, ...]
    examples: dict[str, Finding]
    usual: tuple[Combination, ...]
    tomorrow: tuple[Tomorrow, ...]


def coverage(
    place: Workplace,
    books: Books,
    mapping: Mapping,
    *,
    first: datetime.date,
    last: datetime.date,
    directions: Collection[Direction] = tuple(Direction),
) -> Coverage:
    """What ``mapping`` has for the current lines of documents dated ``first`` to ``last``, and for those of tomorrow.

    Documents without a date are decided as of today; those before ``book_from`` are not booked and left out.
    """
    begin = max(first, books.book_from or first)
    covering = _Covering(books, mapping)
    with place.database.reading() as connection:
        documents = sums.current_documents(
            connection, books.id, sources=_sources(books, directions), first=begin, last=last
        )
        parts = sums.in_parts(documents, lambda each: (each.direction, mapping.segment(each.date or place.today)))
        for (direction, segment), mine in parts.items():
            covering.part(connection, direction, segment, mine)
    rows = covering.rows()
    usual = [line for each in Direction if (line := covering.usual.line(each.value)) is not None]
    on = place.today + datetime.timedelta(days=1)
    return Coverage(
        administration=books.name,
        first=begin,
        last=last,
        rows=tuple(rows),
        examples=covering.examples,
        usual=tuple(usual),
        tomorrow=tuple(_tomorrow(books, mapping, line, on) for one in usual for line in tomorrow(one)),
    )


def _sources(books: Books, directions: Collection[Direction]) -> list[tuple[Direction, str]]:
    known = (sums.PURCHASES, (Direction.SALE, books.sale_source))
    return [each for each in known if each[0] in directions]


def _tomorrow(books: Books, mapping: Mapping, line: Combination, on: datetime.date) -> Tomorrow:
    found, decision = verdict(mapping, line, on=on, own_country=books.country)
    return Tomorrow(line=line, verdict=found, problems=decision.problems)


_Kind = tuple[Situation, Verdict]


class _Asked(msgspec.Struct, gc=False):
    """A question that was asked, the number of its kind, and how many lines ask it."""

    line: Combination
    kind: int
    lines: int = 0


class _Covering:
    """Adds up what the database has added up, by kind and customer."""

    def __init__(self, books: Books, mapping: Mapping) -> None:
        self._books, self._mapping = books, mapping
        self._kinds: dict[_Kind, int] = {}
        self._rows: dict[tuple[int, str], list[int]] = {}
        self._names: dict[str, str] = {}
        self.usual = Usual()
        self.examples: dict[str, Finding] = {}

    def part(
        self, connection: Connection, direction: Direction, segment: datetime.date, documents: Sequence[SummedDocument]
    ) -> None:
        """Add the lines of ``documents``, which are of one direction and one segment of dates."""
        way, named = direction.value, self._mapping.named
        fields = fields_told(self._mapping, way)
        width = len(fields)
        kinds: dict[str, tuple[object, ...]] = {}
        asked: dict[tuple[object, ...], _Asked] = {}
        ids = [each.version_id for each in documents]
        for each in sums.question_sums(connection, self._books.id, ids, (*fields, *CUSTOMER_FIELDS)):
            customer_id, customer_number, name = each.fields[width:]
            if (kind := kinds.get(customer_id)) is None:
                kind = kinds[customer_id] = customer_kind(self._mapping, way, customer_id)
            question = (each.fields[:width], named(customer_id, customer_number), kind)
            known = asked.get(question)
            if known is None:
                if len(asked) >= _REMEMBERED:
                    self._count(asked)
                    asked.clear()
                known = asked[question] = self._ask((*fields, *CUSTOMER_FIELDS), each, segment)
            known.lines += each.lines
            row = self._rows.get((known.kind, customer_id))
            if row is None:
                row = self._rows[known.kind, customer_id] = [0, 0, 0, 0]
                self._names[customer_id] = name
            row[0] += each.net
            row[1] += each.vat
            row[2] += each.lines
            row[3] += abs(each.net)
        self._count(asked)

    def _ask(self, fields: tuple[str, ...], asking: QuestionSum, segment: datetime.date) -> _Asked:
        line = Combination(**dict(zip(fields, asking.fields, strict=True)))
        found, decision = verdict(self._mapping, line, on=segment, own_country=self._books.country)
        for problem in decision.problems:
            self.examples.setdefault(problem.code, about(problem, asking.net))
        situation = Situation(
            direction=line.direction,
            currency=line.currency,
            charge_type=line.charge_type,
            category=line.category,
            rate=line.rate,
            zone=line.zone,
            country=party_country(self._mapping, line),
        )
        return _Asked(line=line, kind=self._kinds.setdefault((situation, found), len(self._kinds)))

    def _count(self, asked: dict[tuple[object, ...], _Asked]) -> None:
        for each in asked.values():
            self.usual.count_kind(each.line, each.lines)

    def rows(self) -> list[CoverageRow]:
        """All rows, the most turnover first; their customers are counted as usual. Call it once."""
        kinds = list(self._kinds)
        # What is equally much comes in an order of its own, whatever the database did.
        places = {number: place for place, number in enumerate(sorted(range(len(kinds)), key=lambda n: repr(kinds[n])))}
        order = sorted(self._rows, key=lambda key: (-self._rows[key][3], -self._rows[key][2], key[1], places[key[0]]))
        found = []
        for number, customer_id in order:
            net, vat, lines, turnover = self._rows[number, customer_id]
            situation, answer = kinds[number]
            self.usual.count_customer(situation.direction, customer_id, lines)
            found.append(CoverageRow(
                situation=situation, verdict=answer, customer_id=customer_id, customer_name=self._names[customer_id],
                net=net, vat=vat, lines=lines, turnover=turnover,
            ))  # fmt: skip
        return found


def shares(rows: Collection[CoverageRow]) -> dict[tuple[str, str, Cover], tuple[int, int, int]]:
    """(net, lines, turnover) by direction, currency and class; each class is there for a direction that has lines."""
    found: dict[tuple[str, str, Cover], tuple[int, int, int]] = {}
    for row in rows:
        where = (row.situation.direction, row.situation.currency)
        for cover in Cover:
            found.setdefault((*where, cover), (0, 0, 0))
        net, lines, turnover = found[*where, row.verdict.cover]
        found[*where, row.verdict.cover] = (net + row.net, lines + row.lines, turnover + row.turnover)
    return found


def added_up(rows: Iterable[CoverageRow]) -> list[CoverageRow]:
    """``rows`` without telling customers apart, the most turnover first."""
    sums: dict[_Kind, CoverageRow] = {}
    for row in rows:
        kind = (row.situation, row.verdict)
        whole = sums.setdefault(
            kind, CoverageRow(situation=row.situation, verdict=row.verdict, customer_id="", customer_name="")
        )
        whole.net, whole.vat = whole.net + row.net, whole.vat + row.vat
        whole.lines, whole.turnover = whole.lines + row.lines, whole.turnover + row.turnover
    return sorted(sums.values(), key=lambda row: (-row.turnover, -row.lines, repr((row.situation, row.verdict))))
