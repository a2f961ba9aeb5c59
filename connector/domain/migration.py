"""Migration: what documents of both of Copaco's platforms say together when they are the same: which lines have no
equal, and which ids became which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import msgspec

from connector.domain.platform import LineKey, Link, PlatformDocument


class IdKind(Enum):
    """What an id is of."""

    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    PLAN = "plan"


class PlatformLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line with what it is known again by, and its texts and ids as received."""

    version_id: int
    key: LineKey
    customer: str
    plan: str
    account_id: str
    subscription_id: str
    plan_id: str


class IdPair(msgspec.Struct, frozen=True, kw_only=True):
    """What an id of the old platform is on the new one, told by so many ``lines`` that met.

    ``plan`` is '' for a customer, and ``customer`` for a plan. It is ``certain`` when neither id was met with another
    one.
    """

    kind: IdKind
    customer: str
    plan: str
    old: str
    new: str
    lines: int
    certain: bool


def groups(documents: Iterable[PlatformDocument], links: Sequence[Link]) -> list[list[PlatformDocument]]:
    """Documents that are linked, also through others, together; by date and number. What has no link is alone."""
    of = {each.id: [each] for each in documents}
    for link in links:
        one, other = of[link.old], of[link.new]
        if one is not other:
            one += other
            for each in other:
                of[each.id] = one
    together = {id(each): sorted(each, key=_order) for each in of.values()}
    return sorted(together.values(), key=lambda each: _order(each[0]))


def _order(document: PlatformDocument) -> tuple[str, str, int]:
    return document.date.isoformat(), document.number, document.id


def met_lines(document_id: int, links: Iterable[Link]) -> Counter[LineKey]:
    """How often each line of a document met one of the other platform."""
    met: Counter[LineKey] = Counter()
    for link in links:
        if document_id in (link.old, link.new):
            met.update(link.met)
    return met


def without_equal(lines: Iterable[PlatformLine], met: Mapping[LineKey, int]) -> list[PlatformLine]:
    """The lines of a document that did not meet, of which so many of each key ``met``."""
    left = Counter(met)
    found = []
    for each in lines:
        if left[each.key] > 0:
            left[each.key] -= 1
        else:
            found.append(each)
    return found


class IdPairs:
    """Gathers which ids became which from lines that met. Where lines of several customers or subscriptions are the
    same to the cent, they tell nothing."""

    def __init__(self) -> None:
        self._lines: Counter[tuple[IdKind, str, str]] = Counter()
        self._names: dict[tuple[IdKind, str, str], tuple[str, str]] = {}

    def look(self, old: Iterable[PlatformLine], new: Iterable[PlatformLine], met: Mapping[LineKey, int]) -> None:
        """Look at the lines of two documents, of which some ``met``."""
        one, other = _by_key(old, met), _by_key(new, met)
        for key, times in met.items():
            for kind in IdKind:
                self._note(kind, times, _ids(kind, one[key]), _ids(kind, other[key]))

    def _note(self, kind: IdKind, times: int, old: Mapping[str, PlatformLine], new: Mapping[str, PlatformLine]) -> None:
        if len(old) != 1 or len(new) != 1:
            return
        ((old_id, _),), ((new_id, line),) = old.items(), new.items()
        if old_id and new_id:
            pair = (kind, old_id, new_id)
            self._lines[pair] += times
            customer = "" if kind is IdKind.PLAN else line.customer
            self._names.setdefault(pair, (customer, "" if kind is IdKind.CUSTOMER else line.plan))

    @property
    def all(self) -> list[IdPair]:
        """The pairs: customers, subscriptions, plans, each by name."""
        pairs_of = Counter((kind, place, each) for kind, *ids in self._lines for place, each in enumerate(ids))
        found = [
            IdPair(
                kind=kind,
                customer=self._names[kind, old, new][0],
                plan=self._names[kind, old, new][1],
                old=old,
                new=new,
                lines=times,
                certain=pairs_of[kind, 0, old] == pairs_of[kind, 1, new] == 1,
            )
            for (kind, old, new), times in self._lines.items()
        ]
        order = list(IdKind)
        return sorted(found, key=lambda each: (order.index(each.kind), each.customer, each.plan, each.old, each.new))


def _ids(kind: IdKind, lines: Iterable[PlatformLine]) -> dict[str, PlatformLine]:
    names = {IdKind.CUSTOMER: "account_id", IdKind.SUBSCRIPTION: "subscription_id", IdKind.PLAN: "plan_id"}
    return {getattr(each, names[kind]): each for each in lines}


def _by_key(lines: Iterable[PlatformLine], wanted: Mapping[LineKey, int]) -> dict[LineKey, list[PlatformLine]]:
    found: dict[LineKey, list[PlatformLine]] = {key: [] for key in wanted}
    for each in lines:
        if each.key in found:
            found[each.key].append(each)
    return found
