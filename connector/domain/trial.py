"""A trial month: what we would book beside what was really booked, and every difference explained.

Per account, the explanations add up to the difference: the sums in the books of what books our documents, less what we
would book. Bookings of others on the same accounts are counted and left out.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from connector.domain.past_books import PastPosting, is_party, squeezed
from connector.domain.past_matching import Group, Matching, PastEntry, TrialDocument, accounts_of
from connector.domain.trial_moves import AMOUNT, Move, Sides, moves

MISSING, ELSEWHERE, HELD, TWICE = "missing", "elsewhere", "held", "twice"
UNEXPLAINED = frozenset({AMOUNT})
"""Kinds of explanations that explain nothing: the amounts differ, and nobody knows why."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why the books differ from what we would book, for one document or a few that the books have in one entry.

    ``kind`` is one of those of ``trial_moves``, or that the document is missing, elsewhere, held or booked twice.
    ``effects`` are (account, minor units) and add to what the books have more than we do. For a move from one account
    to another these are in ``source`` and ``target``. ``why`` holds codes of findings or months.
    """

    kind: str
    documents: tuple[str, ...]
    effects: tuple[tuple[str, int], ...]
    source: str = ""
    target: str = ""
    minor: int = 0
    places: tuple[str, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def is_explained(self) -> bool:
        """Whether it says why."""
        return self.kind not in UNEXPLAINED


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One document, or a few that the books have together: where it is in the books, and how it differs.

    ``how`` says by what it was found, '' when it is not in the books. ``whole`` is the one account on which the books
    have all of it, when we have several.
    """

    documents: tuple[TrialDocument, ...]
    places: tuple[str, ...]
    how: str
    explanations: tuple[Explanation, ...]
    ours: tuple[tuple[str, int], ...]
    theirs: tuple[tuple[str, int], ...]
    whole: str = ""


class TrialAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account in the month; amounts in minor units, debit positive.

    ``theirs`` is what books our documents, ``explained`` the sum of the explanations that say why. ``others`` is what
    the books have on it beside our documents, in ``others_lines`` lines.
    """

    account: str
    name: str
    ours: int
    theirs: int
    explained: int
    others: int
    others_lines: int

    @property
    def difference(self) -> int:
        """What the books have more than we would book."""
        return self.theirs - self.ours

    @property
    def unexplained(self) -> int:
        """The part of the difference that no explanation says why."""
        return self.difference - self.explained


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of one of our parties in the books that is none of our documents. ``minor`` is its largest line."""

    place: str
    date: datetime.date
    party: str
    text: str
    minor: int


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of one month."""

    period: str
    accounts: tuple[TrialAccount, ...]
    compared: tuple[Compared, ...]
    strangers: tuple[Stranger, ...]

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """All explanations, by document."""
        return tuple(each for one in self.compared for each in one.explanations)

    @property
    def is_other_books(self) -> bool:
        """Whether none of our documents is in the books: they are of another company, or of another month."""
        ours = [each for each in self.compared if each.ours]
        return bool(ours) and not any(each.how for each in ours)

    @property
    def is_explained(self) -> bool:
        """Whether every difference is explained: never, when the books hold none of our documents."""
        if self.is_other_books:
            return False
        return all(each.is_explained for each in self.explanations) and not any(
            each.unexplained for each in self.accounts
        )


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of accounts: names, and which are VAT accounts and accounts of creditors and debtors."""

    names: Mapping[str, str]
    vat: frozenset[str]
    parties: frozenset[str]


def compare(
    period: str, matching: Matching, chart: Chart, *, elsewhere: Mapping[str, Collection[str]], tolerance: int
) -> Trial:
    """The trial of ``period``. ``elsewhere`` gives months in which the books name a document, by its squeezed number;
    up to ``tolerance`` minor units a difference is a rounding.
    """
    compared = tuple(_compared(group, chart, elsewhere, tolerance) for group in matching.groups)
    return Trial(
        period=period,
        accounts=tuple(_accounts(compared, matching.others, chart)),
        compared=compared,
        strangers=tuple(_strangers(matching)),
    )


def _compared(group: Group, chart: Chart, elsewhere: Mapping[str, Collection[str]], tolerance: int) -> Compared:
    ours = _summed((each.account, each.minor) for one in group.documents if one.entry for each in one.entry.postings)
    first = _booked(group.entries)
    places = tuple(each.place for each in group.entries)
    numbers = tuple(each.number for each in group.documents)
    held = tuple(dict.fromkeys(code for one in group.documents for code in one.reasons))
    found: list[Explanation] = []
    if not group.entries:
        months = tuple(sorted({month for one in numbers for month in elsewhere.get(squeezed(one), ())}))
        effects = tuple((account, -minor) for account, minor in sorted(ours.items()))
        kind = HELD if not effects else ELSEWHERE if months else MISSING
        found.append(Explanation(kind=kind, documents=numbers, effects=effects, why=(*held, *months)))
    elif held:
        # What is held has no entry of ours; with others in one entry of the books, nobody can tell their parts.
        effects = tuple(sorted(_less(first, ours).items()))
        found.append(Explanation(kind=HELD, documents=numbers, effects=effects, places=places, why=held))
    else:
        sides = Sides(
            ours=ours,
            theirs=first,
            roles={
                account: role
                for one in group.documents
                if one.entry
                for account, role in accounts_of(one.entry).items()
            },
            vat=chart.vat,
            parties=chart.parties | _party_accounts(group),
        )
        found += [_explained(move, numbers, places) for move in moves(sides, tolerance)]
    for entry in group.again:
        effects = tuple(sorted(_booked([entry]).items()))
        found.append(Explanation(kind=TWICE, documents=numbers, effects=effects, places=(entry.place,)))
    return Compared(
        documents=group.documents,
        places=places,
        how=group.how,
        explanations=tuple(found),
        ours=tuple(sorted(ours.items())),
        theirs=tuple(sorted(_summed((*first.items(), *_booked(group.again).items())).items())),
        whole=_whole(found),
    )


def _explained(move: Move, numbers: tuple[str, ...], places: tuple[str, ...]) -> Explanation:
    return Explanation(
        kind=move.kind,
        documents=numbers,
        effects=move.effects,
        source=move.source,
        target=move.target,
        minor=move.minor,
        places=places,
    )


def _whole(found: Sequence[Explanation]) -> str:
    """The account that everything was moved to, when it came from several."""
    moved = [each for each in found if each.kind == "account"]
    targets = {each.target for each in moved}
    return targets.pop() if len(targets) == 1 and len(moved) > 1 else ""


def _party_accounts(group: Group) -> frozenset[str]:
    """The accounts on which the books have the open items, which may have other numbers than ours."""
    items = {each.open_item for each in group.documents}
    return frozenset(
        posting.account
        for entry in group.entries
        for posting in entry.postings
        if posting.minor in items and posting.result is not True
    )


def _booked(entries: Iterable[PastEntry]) -> dict[str, int]:
    return _summed((each.account, each.minor) for entry in entries for each in entry.postings)


def _summed(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for account, minor in amounts:
        sums[account] += minor
    return dict(sums)


def _less(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {account: one.get(account, 0) - other.get(account, 0) for account in {*one, *other}}


def _accounts(compared: Sequence[Compared], others: Sequence[PastEntry], chart: Chart) -> Iterator[TrialAccount]:
    ours = _summed(each for one in compared for each in one.ours)
    theirs = _summed(each for one in compared for each in one.theirs)
    explained = _summed(
        each for one in compared for why in one.explanations if why.is_explained for each in why.effects
    )
    left_out: dict[str, list[PastPosting]] = {}
    for entry in others:
        for posting in entry.postings:
            if posting.account in ours or posting.account in theirs:
                left_out.setdefault(posting.account, []).append(posting)
    for account in sorted({*ours, *theirs}):
        more = left_out.get(account, [])
        yield TrialAccount(
            account=account,
            name=chart.names.get(account, ""),
            ours=ours.get(account, 0),
            theirs=theirs.get(account, 0),
            explained=explained.get(account, 0),
            others=sum(each.minor for each in more),
            others_lines=len(more),
        )


def _strangers(matching: Matching) -> Iterator[Stranger]:
    """Entries of our purchase parties that are none of our documents, and no payments."""
    parties = {
        (one.vat_number, one.party)
        for group in matching.groups
        for one in group.documents
        if one.direction == "purchase"
    }
    for entry in matching.others:
        if entry.postings[0].journal_type in {"B", "C"} or not any(each.result is not False for each in entry.postings):
            continue
        party = next((each for each in entry.postings if any(is_party(each, vat, name) for vat, name in parties)), None)
        if party is not None:
            text = next((each.text or each.entry_text for each in entry.postings if each.text or each.entry_text), "")
            yield Stranger(
                place=entry.place,
                date=entry.date,
                party=party.party_name,
                text=" ".join(filter(None, (party.document_ref, text))),
                minor=max(abs(each.minor) for each in entry.postings),
            )
