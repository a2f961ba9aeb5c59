"""Platforms: from which of Copaco's two platforms a document comes, and which documents of both are the same.

Ids, numbers and grouping changed with the platform (the old one made an invoice per vendor until 13 February 2024), so
documents are compared line by line: a line is known again by its end customer's name, its plan, period and quantity,
and its cents. Documents are the same only when they were made in the same run of invoices and most of their euros meet.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeVar

import msgspec

from connector.domain.finding import Finding, finding
from connector.domain.rows import decimal_of

OLD_PREFIXES = ("TN", "TB")
"""What numbers of the old platform begin with: of the Netherlands and of Belgium. Digits follow."""
SOURCES = ("invoices", "customer-invoices")
"""The lists that both platforms give."""
DAYS_APART = 10
"""Documents dated further apart are of different runs: there is one run of invoices a month."""
_Place = tuple[Hashable, ...]
"""A part of what a line is known by."""
_K = TypeVar("_K", bound=Hashable)
_MOST_PAIRS = 10_000
"""Pairs of documents that one line makes; real ones make a few."""
_OLD_NUMBER = re.compile(rf"({'|'.join(OLD_PREFIXES)})[0-9]+")
_OLD_ACCOUNT = re.compile(r"[0-9]+(?:part .*)?", re.DOTALL)
"""Also where it is that of a second document under one number."""


class Platform(Enum):
    """The platform that a document was made on."""

    OLD = "old"
    NEW = "new"


GIVES = {"copaco": Platform.NEW, "billing": Platform.OLD}
"""The platform whose documents an API gives, by the name of the source."""


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
    with most in common come first. Without euros the lines count. What is left without a link gets one when as much of
    it is the same but for its periods, or is for the same customers, plans and periods at other amounts: it was
    changed, and must not be booked besides.
    """
    sides: dict[Platform, list[PlatformDocument]] = {Platform.OLD: [], Platform.NEW: []}
    for each in sorted(documents, key=lambda one: (one.date, one.number, one.id)):
        sides[each.platform].append(each)
    known = {each.id: each for side in sides.values() for each in side}
    left = {each.id: Counter(each.lines) for each in known.values()}
    found: list[Link] = []
    for old_id, new_id, keys in _pairs(sides[Platform.OLD], sides[Platform.NEW], left, _weight):
        met = _common(keys, left[old_id], left[new_id])
        if met and any(_is_half(met, known[each]) for each in (old_id, new_id)):
            found.append(_linked(old_id, new_id, met, left))
    for place in (_undated, _unpriced):
        found += _alike(sides[Platform.OLD], sides[Platform.NEW], left, found, place)
    return found


def _alike(
    old: Sequence[PlatformDocument],
    new: Sequence[PlatformDocument],
    left: Mapping[int, Counter[LineKey]],
    found: Iterable[Link],
    place: Callable[[LineKey], _Place | None],
) -> list[Link]:
    """Links of those that are in none of the links ``found``, by what is ``left`` of the same ``place``."""
    weights = {each.id: each.weight for each in (*old, *new)}
    places = {each: _places(left[each], place) for each in weights}
    linked = {each for link in found for each in (link.old, link.new)}
    more: list[Link] = []
    for old_id, new_id, keys in _pairs(old, new, places, _euros):
        shared = _common(keys, places[old_id], places[new_id])
        alone = [weights[each] for each in (old_id, new_id) if each not in linked]
        if alone and shared and 2 * _euros(shared) >= min(alone):
            more.append(_linked(old_id, new_id, _common(left[old_id], left[old_id], left[new_id]), left))
            linked |= {old_id, new_id}
            for each in (old_id, new_id):
                places[each].subtract(shared)
                for key in left[each]:
                    if place(key) in shared:
                        left[each][key] = 0  # what it stands for is found
    return more


def _linked(old_id: int, new_id: int, met: Mapping[LineKey, int], left: Mapping[int, Counter[LineKey]]) -> Link:
    left[old_id].subtract(met)
    left[new_id].subtract(met)
    return Link(old=old_id, new=new_id, met=met)


def _undated(key: LineKey) -> _Place:
    """What a line is without its period, which the new platform swapped with that of the subscription at first."""
    return key.customer, key.plan, key.quantity, key.net, key.vat


def _unpriced(key: LineKey) -> _Place | None:
    """What a line is without its quantity and cents; nothing when it has no period either."""
    return (key.customer, key.plan, key.start, key.end) if key.start or key.end else None


def _places(lines: Mapping[LineKey, int], place: Callable[[LineKey], _Place | None]) -> Counter[_Place]:
    """The euros of ``lines`` by place; what has none is left out."""
    found: Counter[_Place] = Counter()
    for key, times in lines.items():
        where = place(key)
        if times and key.weight and where is not None:
            found[where] += key.weight * times
    return found


def _common(keys: Iterable[_K], mine: Mapping[_K, int], theirs: Mapping[_K, int]) -> dict[_K, int]:
    """How much of ``keys`` both have."""
    return {key: both for key in keys if (both := min(mine.get(key, 0), theirs.get(key, 0))) > 0}


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


def _pairs(
    old: Sequence[PlatformDocument],
    new: Sequence[PlatformDocument],
    lines: Mapping[int, Mapping[_K, int]],
    weigh: Callable[[Mapping[_K, int]], int],
) -> list[tuple[int, int, Collection[_K]]]:
    """The pairs of documents of one run that have ``lines`` in common, with those; the most euros first.

    A line that very many documents have, as when customers have no names, makes no pair of each with each: they are
    taken in their order.
    """
    place = {each.id: number for number, each in enumerate((*old, *new))}
    having: dict[_K, tuple[list[PlatformDocument], list[PlatformDocument]]] = {}
    for side, documents in enumerate((old, new)):
        for each in documents:
            for key in lines[each.id]:
                having.setdefault(key, ([], []))[side].append(each)
    everywhere = {key for key, (mine, theirs) in having.items() if len(mine) * len(theirs) > _MOST_PAIRS}
    common: dict[tuple[int, int], dict[_K, int]] = {}
    apart: dict[tuple[int, int], int] = {}
    for key, (mine, theirs) in having.items():
        for one, other in _beside(mine, theirs) if key in everywhere else product(mine, theirs):
            days = abs((one.date - other.date).days)
            if days <= DAYS_APART:
                apart[one.id, other.id] = days
                common.setdefault((one.id, other.id), {})[key] = min(lines[one.id][key], lines[other.id][key])
    for pair, keys in common.items():
        a, b = (lines[each] for each in pair)
        keys |= {key: min(a[key], b[key]) for key in everywhere if key in a and key in b}

    def order(pair: tuple[int, int]) -> tuple[int, int, int, int, int]:
        keys = common[pair]
        return (-weigh(keys), -sum(keys.values()), apart[pair], place[pair[0]], place[pair[1]])

    return [(*pair, common[pair]) for pair in sorted(common, key=order)]


def _beside(
    old: Iterable[PlatformDocument], new: Iterable[PlatformDocument]
) -> Iterator[tuple[PlatformDocument, PlatformDocument]]:
    """The documents of one side each beside one of the other of the same run, in their order."""
    mine, theirs = deque(old), deque(new)
    while mine and theirs:
        if abs((mine[0].date - theirs[0].date).days) <= DAYS_APART:
            yield mine.popleft(), theirs.popleft()
        else:
            (mine if mine[0].date < theirs[0].date else theirs).popleft()


def _weight(lines: Mapping[LineKey, int]) -> int:
    return sum(key.weight * times for key, times in lines.items())


def _euros(places: Mapping[_Place, int]) -> int:
    return sum(places.values())


def _is_half(met: Mapping[LineKey, int], document: PlatformDocument) -> bool:
    if document.weight:
        return 2 * _weight(met) >= document.weight
    return 2 * sum(met.values()) >= document.count
