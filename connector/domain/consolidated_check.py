"""Where a consolidated invoice differs from the purchase invoice with its number and from the customers' invoices.

Lines meet by customer, subscription, description, period, quantity and amount; their numbers are no key, since they
come twice. What the differences amount to is the whole difference, on either side, to the cent.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from connector.domain.consolidated import ConsolidatedInvoice, GivenLine


class DifferenceKind(Enum):
    """In which way a consolidated invoice is wrong."""

    LEFT_OUT = "left-out"
    GIVEN_TWICE = "given-twice"
    WRONG_CUSTOMER = "wrong-customer"
    NOT_INVOICED = "not-invoiced"
    COST_DIFFERS = "purchase-price-differs"
    NO_DISCOUNT = "no-discount"
    DESCRIBED_OTHERWISE = "described-otherwise"
    NO_SALE_PRICE = "no-sale-price"
    SALE_DIFFERS = "sale-price-differs"
    SALE_OF_OTHER = "sale-price-of-another-customer"
    NOT_SOLD = "sale-price-without-invoice"


class BilledLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of an invoice that was kept; ``net`` in minor units, days as in a ``GivenLine``."""

    account_id: str
    customer: str
    subscription_id: str
    plan: str
    description: str
    start: str
    end: str
    quantity: Decimal | None
    net: int


Line = GivenLine | BilledLine


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference, at a line. Amounts are in minor units; ``None`` is none, which is not zero. ``cost_given`` and
    ``sale_given`` stand in the consolidated invoice, ``cost_invoiced`` and ``sale_invoiced`` in the invoices; where a
    side does not differ both are ``None``. ``other`` is the customer that a line or a price was mixed up with.
    """

    kind: DifferenceKind
    line: Line
    cost_given: int | None = None
    cost_invoiced: int | None = None
    sale_given: int | None = None
    sale_invoiced: int | None = None
    other: str = ""

    @property
    def cost(self) -> int:
        """How much too much the consolidated invoice says was paid."""
        return (self.cost_given or 0) - (self.cost_invoiced or 0)

    @property
    def sale(self) -> int:
        """How much too much it says was charged."""
        return (self.sale_given or 0) - (self.sale_invoiced or 0)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A consolidated invoice beside the invoices. ``cost_invoiced`` is the net amount of the purchase invoice,
    ``sale_invoiced`` what its lines are on invoices to customers; ``None`` where sale prices were not compared.
    """

    differences: tuple[Difference, ...]
    cost_given: int
    cost_invoiced: int
    sale_given: int
    sale_invoiced: int | None


class Sold:
    """The lines on the customers' invoices of one month, to ``accounts``. Each is met once, by whichever purchase line
    comes first."""

    def __init__(self, lines: Iterable[BilledLine]) -> None:
        self._left: dict[tuple[Any, ...], list[BilledLine]] = defaultdict(list)
        self._priced: dict[int, list[BilledLine]] = defaultdict(list)
        self.accounts = set[str]()
        for each in lines:
            self.accounts.add(each.account_id)
            self._left[_like(each)].append(each)
            self._priced[each.net].append(each)

    def take(self, line: BilledLine, price: int | None) -> BilledLine | None:
        """The line that ``line`` was sold as, one at ``price`` if there is any; ``None`` when there is none left."""
        left = self._left.get(_like(line))
        if not left:
            return None
        exact = next((each for each in left if each.net == price), None)
        chosen = exact or left[0]
        left.remove(chosen)
        return chosen

    def has(self, line: BilledLine, price: int | None) -> bool:
        """Whether one at ``price`` is left that ``line`` was sold as."""
        return any(each.net == price for each in self._left.get(_like(line), ()))

    def owner_of(self, line: BilledLine, price: int) -> str:
        """Who else than the customer of ``line`` was charged ``price``; '' when it is a price of its own, or nobody's.

        One for the same description is likelier than any other.
        """
        charged = self._priced.get(price, [])
        if not price or any(each.account_id == line.account_id for each in charged):
            return ""
        alike = next((each for each in charged if each.description == line.description), None)
        other = alike or next(iter(charged), None)
        return other.customer if other else ""


def compare(given: ConsolidatedInvoice, bought: Sequence[BilledLine], sold: Sold | None) -> Comparison:
    """Compare ``given`` with the lines that were ``bought``, and its sale prices with those that were ``sold``.

    ``sold`` is ``None`` where no invoice of the month to any of its customers was kept. What of it was met is used up.
    """
    return _Comparing(given, bought, sold).result()


def _like(line: Line) -> tuple[Any, ...]:
    return (*_whose(line), line.description, line.start, line.end, line.quantity)


def _whose(line: Line) -> tuple[str, str]:
    return line.account_id, line.subscription_id


def _amount(line: Line) -> int | None:
    return line.cost if isinstance(line, GivenLine) else line.net


_EXACT: Callable[[Line], tuple[Any, ...]] = lambda line: (*_like(line), _amount(line))  # noqa: E731
_LOOSER: tuple[tuple[Callable[[Line], tuple[Any, ...]], bool], ...] = (
    (_like, False),
    (lambda line: (*_whose(line), line.description, line.start, line.end), False),
    (lambda line: (*_whose(line), _amount(line)), False),
    (lambda line: (line.subscription_id, *_EXACT(line)[2:]), True),
    (lambda line: _EXACT(line)[2:], True),
)
"""By what lines meet that do not agree in everything, the closest first, and whether their customers differ then."""


class _Comparing:
    def __init__(self, given: ConsolidatedInvoice, bought: Sequence[BilledLine], sold: Sold | None) -> None:
        self._given, self._bought, self._sold = given, bought, sold
        self._differences: list[Difference] = []
        self._met: list[tuple[GivenLine, BilledLine]] = []
        self._sale_met = 0

    def result(self) -> Comparison:
        """Line the sides up, and tell what is left over or differs."""
        given, bought = self._meet(_EXACT, list(self._given.lines), list(self._bought))
        given = self._twice(given)
        for key, mixed_up in _LOOSER:
            before = len(self._met)
            given, bought = self._meet(key, given, bought)
            for line, invoiced in self._met[before:]:
                self._tell(line, invoiced, mixed_up=mixed_up)
        for line in given:
            self._add(DifferenceKind.NOT_INVOICED, line, cost_given=line.cost, sale_given=self._sale_of(line))
        self._sales()
        for each in bought:
            sale = self._sold.take(each, None) if self._sold else None
            self._add(DifferenceKind.LEFT_OUT, each, cost_invoiced=each.net, sale_invoiced=self._met_sale(sale))
        return Comparison(
            differences=tuple(self._differences),
            cost_given=self._given.cost,
            cost_invoiced=sum(each.net for each in self._bought),
            sale_given=self._given.sale,
            sale_invoiced=None if self._sold is None else self._sale_met,
        )

    def _meet(
        self, key: Callable[[Line], tuple[Any, ...]], given: list[GivenLine], bought: list[BilledLine]
    ) -> tuple[list[GivenLine], list[BilledLine]]:
        """Let lines meet by ``key``; what is left of both sides."""
        waiting: dict[tuple[Any, ...], deque[int]] = defaultdict(deque)
        for number, each in enumerate(bought):
            waiting[key(each)].append(number)
        left, taken = [], set()
        for line in given:
            found = waiting.get(key(line))
            if found:
                taken.add(found[0])
                self._met.append((line, bought[found.popleft()]))
            else:
                left.append(line)
        return left, [each for number, each in enumerate(bought) if number not in taken]

    def _twice(self, given: list[GivenLine]) -> list[GivenLine]:
        """Tell the lines that stand there more often than on the invoice; what is left."""
        there = {_EXACT(line) for line, _ in self._met}
        for line in given:
            if _EXACT(line) in there:
                self._add(DifferenceKind.GIVEN_TWICE, line, cost_given=line.cost, sale_given=self._sale_of(line))
        return [line for line in given if _EXACT(line) not in there]

    def _tell(self, line: GivenLine, invoiced: BilledLine, *, mixed_up: bool) -> None:
        """Tell in what a line and that of the invoice differ."""
        if mixed_up:
            self._add(DifferenceKind.WRONG_CUSTOMER, line, other=invoiced.customer)
        elif line.cost == invoiced.net:
            self._add(DifferenceKind.DESCRIBED_OTHERWISE, line)
        else:
            dearer = line.cost is not None and line.cost > invoiced.net
            kind = DifferenceKind.NO_DISCOUNT if dearer and not line.discount_given else DifferenceKind.COST_DIFFERS
            self._add(kind, line, cost_given=line.cost, cost_invoiced=invoiced.net)

    def _sales(self) -> None:
        """Compare the sale prices of the lines that met; those that are right first, so that no other line takes the
        place of their partner."""
        sold = self._sold
        if sold is None:
            for line, _ in self._met:
                if line.sale is None:
                    self._add(DifferenceKind.NO_SALE_PRICE, line)
            return
        later = []
        for line, invoiced in self._met:
            if sold.has(invoiced, line.sale):
                self._met_sale(sold.take(invoiced, line.sale))
            else:
                later.append((line, invoiced))
        for line, invoiced in later:
            self._sale(sold, line, invoiced)

    def _sale(self, sold: Sold, line: GivenLine, invoiced: BilledLine) -> None:
        partner = sold.take(invoiced, None)
        charged = self._met_sale(partner)
        if line.sale is None:
            if partner is not None:
                self._add(DifferenceKind.NO_SALE_PRICE, line, sale_invoiced=charged)
            return
        owner = "" if charged == -line.sale else sold.owner_of(invoiced, line.sale)
        kind = DifferenceKind.SALE_OF_OTHER if owner else DifferenceKind.SALE_DIFFERS
        if partner is None and not owner:
            kind = DifferenceKind.NOT_SOLD
        self._add(kind, line, sale_given=line.sale, sale_invoiced=charged, other=owner)

    def _sale_of(self, line: GivenLine) -> int | None:
        """The sale price of a line that nothing stands beside; told only where sales are compared at all."""
        return None if self._sold is None else line.sale

    def _met_sale(self, partner: BilledLine | None) -> int | None:
        """What a line was sold for, counted."""
        if partner is None:
            return None
        self._sale_met += partner.net
        return partner.net

    def _add(self, kind: DifferenceKind, line: Line, **amounts: Any) -> None:
        self._differences.append(Difference(kind=kind, line=line, **amounts))
