"""How one document in the books differs from what we would book, as moves of money between accounts.

What the books have less on one account they have more on another: first within accounts of one kind (cost to cost, VAT
to VAT, creditor to creditor), then VAT against cost, then cents. What is left is a difference nobody knows the reason
of, or the lines in the books do not add up to zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from connector.domain.journal import PostingRole

ACCOUNT, VAT_ACCOUNT, PARTY_ACCOUNT = "account", "vat account", "party account"
REVERSE_CHARGE, VAT, ROUNDING, INCOMPLETE, AMOUNT = "reverse charge", "vat", "rounding", "incomplete", "amount"
_NET, _VAT, _PARTY = "net", "vat", "party"
_KINDS = {_NET: ACCOUNT, _VAT: VAT_ACCOUNT, _PARTY: PARTY_ACCOUNT}
_OF_ROLE = {
    PostingRole.PARTY: _PARTY,
    PostingRole.NET: _NET,
    PostingRole.VAT_INPUT: _VAT,
    PostingRole.VAT_COST: _VAT,
    PostingRole.VAT_DUE: _VAT,
    PostingRole.ROUNDING: _NET,
}


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """A document as we would book it and as the books have it, by account, in minor units, debit positive.

    ``roles`` are those of our accounts; ``vat`` and ``parties`` are accounts that are known to be for VAT, and for
    creditors and debtors.
    """

    ours: Mapping[str, int]
    theirs: Mapping[str, int]
    roles: Mapping[str, PostingRole]
    vat: Collection[str] = ()
    parties: Collection[str] = ()

    def kind(self, account: str) -> str:
        """What an account is for: net amounts, VAT, or the open item."""
        role = self.roles.get(account)
        if role is not None:
            return _OF_ROLE[role]
        if account in self.vat or self.theirs.get(account) in self._our_vat:
            return _VAT
        return _PARTY if account in self.parties else _NET

    @property
    def _our_vat(self) -> set[int]:
        """Our amounts of VAT: an account that has the same is one for VAT."""
        vat = {account for account, role in self.roles.items() if _OF_ROLE[role] == _VAT}
        return {minor for account, minor in self.ours.items() if account in vat}


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. ``effects`` add to what the books have more than we do, by account.

    With a ``source`` and a ``target``, ``minor`` (debit positive) is what we would have on the source and the books
    have on the target.
    """

    kind: str
    effects: tuple[tuple[str, int], ...]
    source: str = ""
    target: str = ""
    minor: int = 0


def moves(sides: Sides, tolerance: int) -> list[Move]:
    """The differences of a document; their effects add up to all that differs. Up to ``tolerance`` is rounding."""
    delta = {
        account: minor
        for account in sorted({*sides.ours, *sides.theirs})
        if (minor := sides.theirs.get(account, 0) - sides.ours.get(account, 0))
    }
    found = list(_reverse_charge(sides, delta))
    for kind, name in _KINDS.items():
        mine = [account for account in delta if sides.kind(account) == kind]
        found += _pairs(sides, delta, mine, name, tolerance)
    found += _pairs(sides, delta, [account for account in delta if sides.kind(account) != _PARTY], VAT, tolerance)
    found += _pairs(sides, delta, list(delta), AMOUNT, tolerance)
    return found + [Move(kind=INCOMPLETE, effects=((account, minor),)) for account, minor in delta.items()]


def _reverse_charge(sides: Sides, delta: dict[str, int]) -> Iterator[Move]:
    """VAT due and to deduct that only one side has; they cancel each other out."""
    mine = {account: minor for account, minor in delta.items() if sides.kind(account) == _VAT}
    one_sided = not any(sides.theirs.get(each) for each in mine) or not any(sides.ours.get(each) for each in mine)
    if mine and one_sided and not sum(mine.values()):
        for account in mine:
            del delta[account]
        yield Move(kind=REVERSE_CHARGE, effects=tuple(mine.items()))


def _pairs(sides: Sides, delta: dict[str, int], accounts: Iterable[str], kind: str, tolerance: int) -> Iterator[Move]:
    """Moves between those of ``accounts`` that have less and those that have more; equal amounts first, then the
    largest. What is moved goes out of ``delta``.
    """
    order = sorted(accounts, key=lambda account: (-abs(delta[account]), account))
    less = [account for account in order if delta[account] < 0]
    more = [account for account in order if delta[account] > 0]
    equal: list[tuple[str, str]] = []
    for one in less:
        other = next((each for each in more if delta[each] == -delta[one] and each not in {b for _, b in equal}), None)
        if other is not None:
            equal.append((one, other))
    for one, other in (*equal, *((one, other) for one in less for other in more)):
        minor = min(-delta.get(one, 0), delta.get(other, 0))
        if minor:
            yield _move(sides, one, other, minor, ROUNDING if minor <= tolerance else kind)
            for account, taken in ((one, minor), (other, -minor)):
                delta[account] += taken
                if not delta[account]:
                    del delta[account]


def _move(sides: Sides, less: str, more: str, minor: int, kind: str) -> Move:
    """A move of ``minor`` from the account that we have it on, which for a credit is the one that has more now."""
    is_credit = sides.ours.get(more, 0) < 0 <= sides.ours.get(less, 0)
    source, target = (more, less) if is_credit else (less, more)
    return Move(
        kind=kind,
        effects=((less, -minor), (more, minor)),
        source=source,
        target=target,
        minor=-minor if is_credit else minor,
    )
