"""Detail: the single changes that the API sums up in one correction line. They explain the line and are never booked.

The API gives both forms of an invoice, with and without ``showDetail`` (Copaco, 7 March 2024). The summarised form is
the one on the PDF. Lines of both forms have no identifier in common, so they meet per subscription and charge type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext

import msgspec

from connector.domain.invoice import Customer, Line, Subscription, ident
from connector.domain.money import EXACT, rounding, to_minor

_CORRECTIONS = ("correction", "usercorrection")
Place = tuple[Customer, Subscription, Line]
"""A price line with its customer and subscription."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the detailed form, as it was received. ``net`` is exact, in major units."""

    description: str
    vendor_details: str
    quantity: Decimal | None
    unit_price: Decimal | None
    start: str
    end: str
    net: Decimal


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscription has of one charge type in both forms, in minor units.

    ``net`` and ``vat`` are booked, from the summarised form; ``detail_net`` and ``detail_vat`` are the exact sums of
    the detail, rounded once: its single amounts need not be whole cents.
    """

    customer: str
    subscription_id: str
    subscription: str
    plan: str
    charge_type: str
    lines: int
    net: int
    vat: int
    detail_net: int
    detail_vat: int
    changes: tuple[Change, ...]

    @property
    def corrects(self) -> bool:
        """Whether these are corrections, which sum up several changes; other lines come alike in both forms."""
        return _folded(self.charge_type) in _CORRECTIONS

    @property
    def agrees(self) -> bool:
        """Whether the detail adds up to what is booked, to the cent."""
        return (self.net, self.vat) == (self.detail_net, self.detail_vat)

    @property
    def tells_more(self) -> bool:
        """Whether the detail shows more lines than the summary."""
        return len(self.changes) > self.lines


class _Both(msgspec.Struct, kw_only=True):
    customer: Customer
    subscription: Subscription
    charge_type: str
    summary: list[Line] = msgspec.field(default_factory=list)
    detail: list[Line] = msgspec.field(default_factory=list)


def splits(summary: Iterable[Place], detail: Iterable[Place], currency: str) -> list[Split]:
    """Both forms of a document beside each other, per subscription and charge type, in the order of the summary; what
    only the detail has comes last."""
    found: dict[tuple[str, str, str], _Both] = {}
    for places, summarised in ((summary, True), (detail, False)):
        for customer, subscription, line in places:
            charge_type = _folded(line.charge_type or "")
            key = (ident(customer.account_id), ident(subscription.subscription_id), charge_type)
            both = found.get(key)
            if both is None:
                both = found[key] = _Both(
                    customer=customer, subscription=subscription, charge_type=line.charge_type or ""
                )
            (both.summary if summarised else both.detail).append(line)
    with localcontext(EXACT):
        return [_split(each, currency) for each in found.values()]


def _folded(charge_type: str) -> str:
    return "".join(each for each in charge_type.lower() if each.isalnum())


def agree(found: Iterable[Split]) -> bool:
    """Whether all of the detail adds up to what is booked."""
    return all(each.agrees for each in found)


def _split(both: _Both, currency: str) -> Split:
    booked = rounding(currency, [])
    return Split(
        customer=both.customer.company_name or ident(both.customer.account_id),
        subscription_id=ident(both.subscription.subscription_id),
        subscription=both.subscription.subscription_name or "",
        plan=both.subscription.plan_name or "",
        charge_type=both.charge_type,
        lines=len(both.summary),
        net=sum(booked(each.extended_price) for each in both.summary),
        vat=sum(booked(each.vat) for each in both.summary),
        detail_net=_once(both.detail, lambda line: line.extended_price, currency),
        detail_vat=_once(both.detail, lambda line: line.vat, currency),
        changes=tuple(_change(each) for each in both.detail),
    )


def _once(lines: Iterable[Line], of: Callable[[Line], Decimal | None], currency: str) -> int:
    return to_minor(sum((of(each) or Decimal(0) for each in lines), Decimal(0)), currency)


def _change(line: Line) -> Change:
    return Change(
        description=line.description or "",
        vendor_details=line.vendor_details or "",
        quantity=line.quantity,
        unit_price=line.unit_price,
        start=line.start_date or "",
        end=line.end_date or "",
        net=line.extended_price or Decimal(0),
    )
