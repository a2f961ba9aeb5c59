"""Platforms: from which of Copaco's two platforms a document comes, and which documents of both are the same.

Ids, numbers and grouping changed with the platform (the old one made an invoice per vendor until 13 February 2024), so
documents are compared line by line: a line is known again by its end customer's name, its plan, period and quantity,
and its cents. Documents are the same only when they were made in the same run of invoices and most of their euros meet.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import cached_property
from itertools import product
from typing import NamedTuple

import msgspec

from connector.domain.finding import Finding, finding
from connector.domain.rows import decimal_of

OLD_PREFIXES = ("TN", "TB")
"""What numbers of the old platform begin with: of the Netherlands and of Belgium. Digits follow."""
SOURCES = ("invoices", "customer-invoices")
"""The lists that both platforms give."""
DAYS_APART = 10
"""Documents dated further apart are of different runs: there is one run of invoices a month."""
_MOST_PAIRS = 10_000
"""Pairs of documents that one line makes; real ones make a few."""
_OLD_NUMBER = re.compile(rf"({'|'.join(OLD_PREFIXES)})[0-9]+")
_OLD_ACCOUNT = re.compile(r"[0-9]+(?:part .*)?", re.DOTALL)
"""Also where it is that of a second document under one number."""


class Platform(Enum):
    """The platform that a document was made on."""

    OLD = "old"
    NEW = "new"


def platform_of(source: str, number: str, account_id: str = "") -> Platform:
    """The platform of a document of the list ``source``.

    Copaco's own numbers tell it. The reseller's invoices to its customers have numbers of its own: these are told by
    the customer's AccountID, which is a whole number on the old platform alone.
    """
    is_old = _OLD_NUMBER.fullmatch(number) or (source == SOURCES[1] and _OLD_ACCOUNT.fullmatch(account_id))
    return Platform.OLD if is_old else Platform.NEW


class LineKey(NamedTuple):
    """By what a line is known again on the other platform; amounts in minor units."""

    customer: str
    plan: str
    start: datetime.date | None
    end: datetime.date | None
    quantity: Decimal | None
    net: int
    vat: int

    @property
    def weight(self) -> int:
        """Its money without regard to the sign, in minor units."""
        return abs(self.net) + abs(self.vat)


def line_key(
    *,
    customer: str,
    plan: str,
    start: datetime.date | None,
    end: datetime.date | None,
    quantity: str,
    net: int,
    vat: int,
) -> LineKey:
    """The key of a line; names without regard to spaces and case, the quantity as a number ('2.00' is '2')."""
    return LineKey(
        customer="".join(customer.split()).casefold(),
        plan="".join(plan.split()).casefold(),
        start=start,
        end=end,
        quantity=decimal_of(quantity),
        net=net,
        vat=vat,
    )


class PlatformDocument(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A document of one of both platforms; ``id`` is that of its invoice, and grows in the order of arrival.

    ``posted``: whether it is in the books. ``lines`` says how often it has a line.
    """

    id: int
    platform: Platform
    number: str
    date: datetime.date
    posted: bool = False
    lines: Mapping[LineKey, int]

    @cached_property
    def net(self) -> int:
        """Net amount in minor units."""
        return net_of(self.lines)

    @cached_property
    def weight(self) -> int:
        """The money of its lines without regard to the sign, in minor units."""
        return _weight(self.lines)

    @cached_property
    def count(self) -> int:
        """Number of lines."""
        return sum(self.lines.values())


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Two documents that are the same, wholly or in part, by their ids, and the lines that ``met``."""

    old: int
    new: int
    met: Mapping[LineKey, int]

    def other(self, document_id: int) -> int:
        """The one of both that is not ``document_id``."""
        return self.new if document_id == self.old else self.old


class Equal(msgspec.Struct, frozen=True, kw_only=True):
    """What a document has on the other platform: the numbers of those ``others``, and its net amount in minor units
    that ``met`` and that did not (``rest``). ``wholly``: every line met."""

    others: tuple[str, ...]
    met: int
    rest: int
    wholly: bool


def equal_finding(equal: Equal, net: int) -> Finding:
    """What is said of a document of ``net`` minor units that has an ``equal``."""
    others = ", ".join(equal.others)
    if equal.wholly:
        return finding("OTHER-PLATFORM", "Header.InvoiceID", net, others=others)
    return finding("OTHER-PLATFORM-PART", "Header.InvoiceID", net, others=others, met=equal.met, rest=equal.rest)


def net_of(lines: Mapping[LineKey, int]) -> int:
    """The net amount of ``lines`` in minor units."""
    return sum(key.net * times for key, times in lines.items())


def runs(dates: Iterable[tuple[datetime.date, int]]) -> Iterator[list[int]]:
    """The ids of documents, of which the dates are given, by run of invoices: as long as no gap is longer than
    ``DAYS_APART``."""
    run: list[int] = []
    last: datetime.date | None = None
    for date, number in sorted(dates):
        if last is not None and (date - last).days > DAYS_APART:
            yield run
            run = []
        run.append(number)
        last = date
    if run:
        yield run


def match(documents: Iterable[PlatformDocument]) -> list[Link]:
    """Which ``documents`` of one issuer and currency are the same.

    Two documents are linked when they are dated at most ``DAYS_APART`` days apart and at least half the euros of the
    smaller one meet: an invoice of one vendor is a small part of the one of all vendors. A line meets once; the pairs
    with most in common come first. Without euros the lines count.
    """
    sides: dict[Platform, list[PlatformDocument]] = {Platform.OLD: [], Platform.NEW: []}
    for each in sorted(documents, key=lambda one: (one.date, one.number, one.id)):
        sides[each.platform].append(each)
    return _Matching(sides[Platform.OLD], sides[Platform.NEW]).links()


def equals(documents: Iterable[PlatformDocument], links: Sequence[Link]) -> dict[int, Equal]:
    """What stands already of documents, by id; those that are not named stand themselves.

    What is in the books stands, and else what came first: a document of which the equal stands does not, and so
    is in nobody's way. It is told of all equals that stand, also of those that came later.
    """
    partners: dict[int, list[Link]] = {}
    for link in links:
        partners.setdefault(link.old, []).append(link)
        partners.setdefault(link.new, []).append(link)
    known = {each.id: each for each in documents}
    order = sorted(partners, key=lambda number: (not known[number].posted, number))
    place = {number: rank for rank, number in enumerate(order)}
    stands: set[int] = set()
    for number in order:
        if known[number].posted or not any(link.other(number) in stands for link in partners[number]):
            stands.add(number)
    found: dict[int, Equal] = {}
    for number in order:
        mine = [link for link in partners[number] if link.other(number) in stands]
        if number in stands:  # both are booked: that is told of the later one
            mine = [link for link in mine if place[link.other(number)] < place[number]]
        if mine:
            found[number] = _equal(known[number], mine, known)
    return found


def _equal(document: PlatformDocument, links: Sequence[Link], known: Mapping[int, PlatformDocument]) -> Equal:
    met = sum(net_of(link.met) for link in links)
    return Equal(
        others=tuple(sorted(known[link.other(document.id)].number for link in links)),
        met=met,
        rest=document.net - met,
        wholly=sum(sum(link.met.values()) for link in links) == document.count,
    )


class _Matching:
    """Links documents of both sides, each side by date."""

    def __init__(self, old: Sequence[PlatformDocument], new: Sequence[PlatformDocument]) -> None:
        self._place = {each.id: number for number, each in enumerate((*old, *new))}
        self._left = {each.id: Counter(each.lines) for each in (*old, *new)}
        self._having: dict[LineKey, tuple[list[PlatformDocument], list[PlatformDocument]]] = {}
        for side, documents in enumerate((old, new)):
            for each in documents:
                for key in each.lines:
                    self._having.setdefault(key, ([], []))[side].append(each)
        self._found: list[Link] = []

    def links(self) -> list[Link]:
        """What is the same: first by lines that few documents have, the pairs with most euros in common first; then by
        lines that very many have, as when customers have no names, in the order of the documents."""
        everywhere = {key for key, (old, new) in self._having.items() if len(old) * len(new) > _MOST_PAIRS}
        common: dict[tuple[int, int], tuple[PlatformDocument, PlatformDocument]] = {}
        for key, (old, new) in self._having.items():
            if key not in everywhere:
                common.update({(a.id, b.id): (a, b) for a, b in product(old, new) if _is_near(a, b)})
        for mine, theirs in sorted(common.values(), key=self._order):
            self._link(mine, theirs)
        for key in sorted(everywhere, key=lambda each: -each.weight):
            while sum(self._link(mine, theirs) for mine, theirs in self._beside(key)):
                pass
        return self._found

    def _link(self, old: PlatformDocument, new: PlatformDocument) -> bool:
        """Link both when enough of what is left of them meets; whether it did."""
        mine, theirs = self._left[old.id], self._left[new.id]
        met = {key: both for key in old.lines if (both := min(mine[key], theirs[key]))}
        if not met or not any(_is_half(met, each) for each in (old, new)):
            return False
        mine.subtract(met)
        theirs.subtract(met)
        self._found.append(Link(old=old.id, new=new.id, met=met))
        return True

    def _order(self, pair: tuple[PlatformDocument, PlatformDocument]) -> tuple[int, int, int, int, int]:
        old, new = pair
        keys = {key: min(times, new.lines[key]) for key, times in old.lines.items() if key in new.lines}
        days = abs((old.date - new.date).days)
        return (-_weight(keys), -sum(keys.values()), days, self._place[old.id], self._place[new.id])

    def _beside(self, key: LineKey) -> list[tuple[PlatformDocument, PlatformDocument]]:
        """Documents that have ``key`` left, those of one side each beside one of the other."""
        old, new = (deque(each for each in side if self._left[each.id][key]) for side in self._having[key])
        found = []
        while old and new:
            if _is_near(old[0], new[0]):
                found.append((old.popleft(), new.popleft()))
            else:
                (old if old[0].date < new[0].date else new).popleft()
        return found


def _is_near(one: PlatformDocument, other: PlatformDocument) -> bool:
    return abs((one.date - other.date).days) <= DAYS_APART


def _weight(lines: Mapping[LineKey, int]) -> int:
    return sum(key.weight * times for key, times in lines.items())


def _is_half(met: Mapping[LineKey, int], document: PlatformDocument) -> bool:
    if document.weight:
        return 2 * _weight(met) >= document.weight
    return 2 * sum(met.values()) >= document.count
