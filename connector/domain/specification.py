"""Specifications: what one customer owes for a month, in the order of Copaco's own annex: vendor, subscription, period,
charge type. Every group has its sums, and the groups of a level add up to the one above it, to the cent."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

import msgspec

from connector.domain.details import Attribute

_LAST = datetime.date.max


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to write to at a customer, as far as it is known."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    telephone: str = ""
    address: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    vat_number: str = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class SpecifiedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as a specification needs it: amounts in minor units, prices and quantities as they were received.

    ``company`` is who uses the service. ``rate`` is the VAT rate in percent, '' when there is none.
    """

    document: str
    line_no: int
    vendor: str
    subscription_id: str
    subscription_name: str
    plan: str
    company: str
    charge_type: str
    description: str
    start: datetime.date | None
    end: datetime.date | None
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    discount: Decimal | None
    rate: str
    net: int
    vat: int
    subscription_po: str
    po_number: str
    vendor_details: str
    attributes: tuple[Attribute, ...] = ()
    line_attributes: tuple[Attribute, ...] = ()


class SpecifiedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the source that a specification covers. Amounts in minor units."""

    number: str
    date: datetime.date | None
    due: datetime.date | None
    net: int
    vat: int


class Charges(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one charge type within a period."""

    charge_type: str
    lines: tuple[SpecifiedLine, ...]
    net: int
    vat: int


class ServicePeriod(msgspec.Struct, frozen=True, kw_only=True):
    """The charges of one period, both days inclusive; ``None`` where there is none."""

    start: datetime.date | None
    end: datetime.date | None
    charges: tuple[Charges, ...]
    net: int
    vat: int


class SpecifiedSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """The periods of one subscription. ``company`` is who uses it."""

    subscription_id: str
    name: str
    plan: str
    company: str
    po_number: str
    attributes: tuple[Attribute, ...]
    periods: tuple[ServicePeriod, ...]
    net: int
    vat: int


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """The subscriptions at one vendor."""

    name: str
    subscriptions: tuple[SpecifiedSubscription, ...]
    net: int
    vat: int


class Taxed(msgspec.Struct, frozen=True, kw_only=True):
    """What has one VAT rate (in percent, '' when there is none). Amounts in minor units."""

    rate: str
    net: int
    vat: int


class Specification(msgspec.Struct, frozen=True, kw_only=True):
    """What one customer owes for the documents of a month, in one currency. Amounts in minor units.

    ``invoiced`` tells that the documents are invoices, with VAT; else they have none, and nothing of it is said.
    """

    customer: str
    name: str
    customer_number: str
    period: str
    currency: str
    invoiced: bool
    documents: tuple[SpecifiedDocument, ...]
    vendors: tuple[Vendor, ...]
    taxed: tuple[Taxed, ...]
    net: int
    vat: int

    @property
    def gross(self) -> int:
        """Net and VAT together."""
        return self.net + self.vat

    @property
    def lines(self) -> list[SpecifiedLine]:
        """Every line, in the order of the specification."""
        return [
            line
            for vendor in self.vendors
            for subscription in vendor.subscriptions
            for period in subscription.periods
            for charges in period.charges
            for line in charges.lines
        ]

    def differing(self) -> list[str]:
        """The numbers of documents whose lines do not add up to them, VAT included."""
        sums = {each.number: (0, 0) for each in self.documents}
        for line in self.lines:
            net, vat = sums.get(line.document, (0, 0))
            sums[line.document] = (net + line.net, vat + line.vat)
        stated = {each.number: (each.net, each.vat) for each in self.documents}
        return [number for number, found in sums.items() if stated.get(number) != found]


def specify(
    lines: Iterable[SpecifiedLine],
    documents: Sequence[SpecifiedDocument],
    *,
    customer: str,
    name: str,
    period: str,
    customer_number: str = "",
    currency: str = "EUR",
    invoiced: bool = False,
) -> Specification:
    """The specification of ``lines``: grouped and in order, signs as they are. Without ``invoiced`` it has no VAT."""
    kept = [each if invoiced else msgspec.structs.replace(each, vat=0) for each in lines]
    listed = [each if invoiced else msgspec.structs.replace(each, vat=0) for each in documents]
    place = {each.number: position for position, each in enumerate(listed)}
    # What is equal in the order of the annex stays in the order of the documents.
    kept.sort(key=lambda line: (place.get(line.document, len(place)), line.line_no))
    net, vat = _sums(kept)
    return Specification(
        customer=customer,
        name=name,
        customer_number=customer_number,
        period=period,
        currency=currency,
        invoiced=invoiced,
        documents=tuple(listed),
        vendors=_vendors(kept),
        taxed=_taxed(kept) if invoiced else (),
        net=net,
        vat=vat,
    )


def _sums(lines: Iterable[SpecifiedLine]) -> tuple[int, int]:
    net = vat = 0
    for line in lines:
        net, vat = net + line.net, vat + line.vat
    return net, vat


def _grouped(
    lines: Iterable[SpecifiedLine], key: Callable[[SpecifiedLine], tuple[Any, ...]]
) -> list[tuple[SpecifiedLine, list[SpecifiedLine]]]:
    """The groups of lines with one ``key``, in its order, each with its first line."""
    found = [list(group) for _, group in groupby(sorted(lines, key=key), key=key)]
    return [(group[0], group) for group in found]


def _vendors(lines: Sequence[SpecifiedLine]) -> tuple[Vendor, ...]:
    return tuple(
        Vendor(name=first.vendor, subscriptions=_subscriptions(group), net=net, vat=vat)
        for first, group in _grouped(lines, lambda line: (line.vendor.casefold(), line.vendor))
        for net, vat in [_sums(group)]
    )


def _subscriptions(lines: Sequence[SpecifiedLine]) -> tuple[SpecifiedSubscription, ...]:
    return tuple(
        SpecifiedSubscription(
            subscription_id=first.subscription_id,
            name=group[-1].subscription_name,  # renamed within the month: what it is called now
            plan=first.plan,
            company=first.company,
            po_number=first.subscription_po,
            attributes=tuple(dict.fromkeys(each for line in group for each in line.attributes)),
            periods=_periods(group),
            net=net,
            vat=vat,
        )
        for first, group in _grouped(
            lines, lambda line: (line.subscription_id, line.plan, line.company, line.subscription_po)
        )
        for net, vat in [_sums(group)]
    )


def _periods(lines: Sequence[SpecifiedLine]) -> tuple[ServicePeriod, ...]:
    return tuple(
        ServicePeriod(start=first.start, end=first.end, charges=_charges(group), net=net, vat=vat)
        for first, group in _grouped(lines, lambda line: (line.start or _LAST, line.end or _LAST))
        for net, vat in [_sums(group)]
    )


def _charges(lines: Sequence[SpecifiedLine]) -> tuple[Charges, ...]:
    return tuple(
        Charges(charge_type=first.charge_type, lines=tuple(group), net=net, vat=vat)
        for first, group in _grouped(lines, lambda line: (line.charge_type.casefold(), line.charge_type))
        for net, vat in [_sums(group)]
    )


def _taxed(lines: Sequence[SpecifiedLine]) -> tuple[Taxed, ...]:
    return tuple(
        Taxed(rate=first.rate, net=net, vat=vat)
        for first, group in _grouped(lines, lambda line: (Decimal(line.rate or -1), line.rate))
        for net, vat in [_sums(group)]
    )
