"""The layout of a specification: what stands on it, in which order and words, whatever it is printed with.

Everything is text in the reader's language here; a printer decides where it stands.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from connector import texts
from connector.domain.details import Details, shown, told
from connector.domain.specification import (
    Charges,
    Contact,
    ServicePeriod,
    Specification,
    SpecifiedLine,
    SpecifiedSubscription,
    Vendor,
)
from connector.texts import _, marked

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ue000-\uf8ff\ufffe\uffff]+")
_CHARGES = {
    "purchasefee": marked("First term"),
    "cyclefee": marked("Recurring fee"),
    "correction": marked("Correction"),
    "usagefee": marked("Usage"),
    "onetimefee": marked("One-time fee"),
    "itemfee": marked("Licence fee"),
}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table; ``share`` is its part of the width."""

    title: str
    share: int
    right: bool = False


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A group begins; level 1 is a vendor, 2 a subscription."""

    level: int
    text: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A remark on what stands before it."""

    text: str


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A line, a cell for each column."""

    cells: tuple[str, ...]


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of a group: level 0 is all, 1 a vendor, 2 a subscription, 3 a period, 4 a charge type."""

    level: int
    text: str
    net: str
    vat: str


Row = Heading | Note | Priced | Sum


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A whole specification: who sends it (``sender``), to whom, what it is about, its table, what is due, and what it
    is not (``remark``)."""

    title: str
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[tuple[str, str], ...]
    remark: str
    day: datetime.date | None
    language: str


def page(made: Specification, contact: Contact, sender: Sequence[str], details: Details) -> Page:
    """The page of ``made`` in the language that is spoken now."""
    layout = _Layout(made, details)
    return Page(
        title=_("Specification {month}").format(month=texts.month(made.period)),
        sender=tuple(map(clean, sender)),
        recipient=_recipient(made, contact),
        facts=layout.facts(),
        columns=layout.columns(),
        rows=tuple(layout.rows()),
        totals=layout.totals(),
        remark=remark(made),
        day=max((each.date for each in made.documents if each.date), default=None),
        language=texts.language(),
    )


def remark(made: Specification) -> str:
    """What a specification is not."""
    if made.invoiced:
        return _("This specification explains the invoices that it names. It does not replace them.")
    return _("This specification is not an invoice. All amounts are without VAT: VAT stands on the invoice only.")


def charge_name(charge_type: str) -> str:
    """A charge type in words; one that is not known stays as it is."""
    known = _CHARGES.get(re.sub(r"[\s-]", "", charge_type).lower())
    return _(known) if known else clean(charge_type)


def clean(text: str) -> str:
    """``text`` on one line, without signs that cannot be printed."""
    return _CONTROL.sub(" ", text).strip()


def span(start: datetime.date | None, end: datetime.date | None) -> str:
    """A period as the reader writes it; '' when there is none."""
    return " – ".join(texts.date(day) for day in (start, end) if day)


def subscription_name(name: str, plan: str) -> str:
    """What a subscription is called: by its own name, with its plan where that says something else; a plan that begins
    with the name says it all."""
    if not name or plan.startswith(name):
        return clean(plan) or _("(no name)")
    return clean(f"{name} ({plan})" if plan else name)


def _recipient(made: Specification, contact: Contact) -> tuple[str, ...]:
    town = f"{contact.postal_code} {contact.city}"
    lines = (made.name, contact.name, contact.address, town, contact.country)
    return tuple(line for line in map(clean, lines) if line)


class _Layout:
    def __init__(self, made: Specification, details: Details) -> None:
        self._made, self._details = made, details
        self._several = len(made.documents) > 1
        self._places = {each.number: str(place) for place, each in enumerate(made.documents, 1)}

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the table is about: customer number and documents, which have a number in the table when several."""
        made = self._made
        facts = [(_("Customer number"), clean(made.customer_number))] if made.customer_number else []
        kind = _("Invoice") if made.invoiced else _("Document")
        for place, each in enumerate(made.documents, 1):
            about = [f"{clean(each.number)}"]
            if each.date:
                about.append(texts.date(each.date))
            if each.due and made.invoiced:
                about.append(_("due {day}").format(day=texts.date(each.due)))
            name = f"{kind} [{place}]" if self._several else kind
            facts.append((name, f"{', '.join(about)}: {self._amount(each.net + each.vat)}"))
        return tuple(facts)

    def columns(self) -> tuple[Column, ...]:
        """The columns of the table."""
        invoiced = self._made.invoiced
        number = (Column(title=_("No"), share=7),) if self._several else ()
        vat = (Column(title=_("VAT %"), share=13, right=True), Column(title=_("VAT"), share=19, right=True))
        return (
            *number,
            Column(title=_("Period"), share=41),
            Column(title=_("Charge"), share=25 if invoiced else 28),
            Column(title=_("Description"), share=(38 if invoiced else 59) - 7 * self._several),
            Column(title=_("Quantity"), share=15 if invoiced else 18, right=True),
            Column(title=_("Unit price"), share=18 if invoiced else 22, right=True),
            Column(title=_("Amount"), share=21 if invoiced else 22, right=True),
            *(vat if invoiced else ()),
        )

    def rows(self) -> Iterator[Row]:
        """The table."""
        for vendor in self._made.vendors:
            yield from self._vendor(vendor)

    def totals(self) -> tuple[tuple[str, str], ...]:
        """What the whole amounts to."""
        made = self._made
        net = (_("Total without VAT"), self._due(made.net))
        if not made.invoiced:
            return (net,)
        told = _("VAT {rate} % of {base}")
        rates = tuple(
            (told.format(rate=texts.number(Decimal(each.rate or 0)), base=self._amount(each.net)), self._due(each.vat))
            for each in made.taxed
        )
        return (net, *rates, (_("Total with VAT"), self._due(made.gross)))

    def _vendor(self, vendor: Vendor) -> Iterator[Row]:
        name = clean(vendor.name) or _("(no name)")
        yield Heading(level=1, text=name)
        for subscription in vendor.subscriptions:
            yield from self._subscription(subscription)
        yield self._sum(1, name, vendor.net, vendor.vat)

    def _subscription(self, found: SpecifiedSubscription) -> Iterator[Row]:
        name = subscription_name(found.name, found.plan)
        yield Heading(level=2, text=f"{name}  {clean(found.subscription_id)}".rstrip())
        if found.company and found.company != self._made.name:
            yield Note(text=_("For {company}").format(company=clean(found.company)))
        if found.po_number:
            yield Note(text=_("Order number {number}").format(number=clean(found.po_number)))
        if attributes := shown(found.attributes, self._details):
            yield Note(text=clean(told(attributes)))
        for period in found.periods:
            yield from self._period(period, alone=len(found.periods) == 1)
        if sum(len(each.lines) for period in found.periods for each in period.charges) > 1:
            yield self._sum(2, name, found.net, found.vat)

    def _period(self, period: ServicePeriod, *, alone: bool) -> Iterator[Row]:
        for charges in period.charges:
            yield from self._charges(charges, alone=len(period.charges) == 1)
        if not alone and sum(len(each.lines) for each in period.charges) > 1:
            yield self._sum(3, span(period.start, period.end), period.net, period.vat)

    def _charges(self, charges: Charges, *, alone: bool) -> Iterator[Row]:
        for line in charges.lines:
            yield Priced(cells=self._cells(line))
            yield from self._notes(line)
        if not alone and len(charges.lines) > 1:
            yield self._sum(4, charge_name(charges.charge_type), charges.net, charges.vat)

    def _cells(self, line: SpecifiedLine) -> tuple[str, ...]:
        rate = texts.number(Decimal(line.rate)) if line.rate else ""
        return (
            *((self._places[line.document],) if self._several else ()),
            span(line.start, line.end),
            charge_name(line.charge_type),
            clean(line.description),
            "" if line.quantity is None else texts.number(line.quantity),
            "" if line.unit_price is None else texts.number(line.unit_price, 2),
            self._amount(line.net),
            *((rate, self._amount(line.vat)) if self._made.invoiced else ()),
        )

    def _notes(self, line: SpecifiedLine) -> Iterator[Note]:
        if line.discount:
            yield Note(text=_("Discount {amount}").format(amount=texts.number(line.discount, 2)))
        if line.po_number != line.subscription_po:
            yield Note(text=_("Order number {number}").format(number=clean(line.po_number)))
        if vendor := clean(line.vendor_details):
            yield Note(text=vendor)
        if attributes := shown(line.line_attributes, self._details):
            yield Note(text=clean(told(attributes)))

    def _sum(self, level: int, text: str, net: int, vat: int) -> Sum:
        return Sum(
            level=level,
            text=_("Total {name}").format(name=text),
            net=self._amount(net),
            vat=self._amount(vat) if self._made.invoiced else "",
        )

    def _due(self, minor: int) -> str:
        return f"{self._made.currency} {self._amount(minor)}"

    def _amount(self, minor: int) -> str:
        return texts.money(minor, self._made.currency)
