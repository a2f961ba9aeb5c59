"""Reading an invoice: one pass over its lines that turns what was received into what can be decided and booked.

Amounts become integers of minor units, dates become dates, and the lines are gathered into one *group* per combination.
What is wrong with the document in itself is collected as findings; what is wrong in the light of settings, history or
mapping is decided later from the groups alone. The pass is the hot path of the program, hence its plain style.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

import msgspec

from connector.domain.combination import Combination
from connector.domain.dates import parse_date
from connector.domain.document import unordered
from connector.domain.finding import Finding
from connector.domain.invoice import Customer, Direction, Header, Invoice, Line, Party, ident
from connector.domain.line_checks import line_findings
from connector.domain.money import EXACT, Minor, from_minor, to_minor
from connector.domain.tax_scale import TaxScale, tax_scale
from connector.domain.vocabulary import Vocabulary, Wording

_encode = msgspec.json.Encoder().encode


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a document, in our words. Dates are ``None`` when they are absent or cannot be read.

    ``issuer`` is the sender's VAT number, else its name. ``stated_net``, ``stated_vat`` and ``stated_gross`` are totals
    found in the document, in minor units, ``None`` when there are none.
    """

    number: str
    issuer: str
    date: datetime.date | None
    due: datetime.date | None
    terms_days: int | None
    currency: str
    type: str
    sender_name: str
    sender_vat: str
    sender_iban: str
    receiver_name: str
    receiver_vat: str
    stated_net: int | None = None
    stated_vat: int | None = None
    stated_gross: int | None = None


class ReadLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line with its booked amounts in minor units and the group (from 0) that it belongs to.

    ``trouble`` is the code of what is wrong with its period, '' when nothing is.
    """

    line: Line
    wording: Wording
    group: int
    net: int
    vat: int
    start: datetime.date | None
    end: datetime.date | None
    trouble: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of a document with one combination: how many, their net amount and stated VAT in minor units."""

    combination: Combination
    lines: int
    net: int
    vat: int


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A document, read. ``rounded_off`` is the exact sum of the line amounts minus what is booked, in major units."""

    head: Head
    lines: list[ReadLine]
    groups: list[Group]
    findings: tuple[Finding, ...]
    content: bytes
    booking: bytes
    rounded_off: Decimal

    @property
    def net(self) -> int:
        """Sum of the lines' net amounts, minor units."""
        return sum(group.net for group in self.groups)

    @property
    def vat(self) -> int:
        """Sum of the lines' stated VAT, minor units."""
        return sum(group.vat for group in self.groups)


def read(
    invoice: Invoice,
    head: Head,
    *,
    direction: Direction,
    vocabulary: Vocabulary,
    customers: Sequence[Customer] | None = None,
    show_detail: bool = False,
    scale: TaxScale = TaxScale.AUTO,
    drift: Iterable[bytes] = (),
) -> Reading:
    """Read ``invoice``, or only the part of it that concerns ``customers``.

    ``vocabulary`` remembers the repeated texts between documents; ``scale`` says whether rates are percent or
    fractions; ``drift`` are the unknown fields of the document, which count for the content fingerprint.
    """
    customers = (invoice.customers or ()) if customers is None else customers
    scale = tax_scale(customers, scale)
    texts = vocabulary.open(direction, head.sender_vat or head.issuer, head.currency, scale)
    periods, minor = texts.periods, Minor(head.currency)
    lines: list[ReadLine] = []
    content: list[bytes] = list(drift)
    booking: list[bytes] = []
    positions: dict[bytes, int] = {}
    with localcontext(EXACT):
        for customer in customers:
            for subscription in customer.subscriptions:
                known = texts.subscription(customer, subscription)
                for line in subscription.price_lines:
                    net, vat = minor[line.extended_price], minor[line.vat]
                    period = periods[line.start_date, line.end_date]
                    wording = known.wording(line, period, net < 0)
                    group = positions.setdefault(wording.combination_digest, len(positions))
                    each = ReadLine(
                        line=line,
                        wording=wording,
                        group=group,
                        net=net,
                        vat=vat,
                        start=period.start,
                        end=period.end,
                        trouble=period.trouble,
                    )
                    lines.append(each)
                    content.append(wording.content + _rest(line))
                    booking.append(b"%b %d %d %b" % (wording.booking, net, vat, period.token))
        return Reading(
            head=head,
            lines=lines,
            groups=_groups(lines, len(positions)),
            findings=line_findings(lines, direction, scale),
            content=unordered(content, _content_head(invoice, show_detail)),
            booking=unordered(booking, _booking_head(head)),
            rounded_off=_rounded_off(lines, head.currency),
        )


def _groups(lines: Iterable[ReadLine], count: int) -> list[Group]:
    combinations: list[Combination] = []
    counts, nets, vats = [0] * count, [0] * count, [0] * count
    for each in lines:
        position = each.group
        if position == len(combinations):
            combinations.append(each.wording.combination)
        counts[position] += 1
        nets[position] += each.net
        vats[position] += each.vat
    sums = zip(combinations, counts, nets, vats, strict=True)
    return [Group(combination=each, lines=lines, net=net, vat=vat) for each, lines, net, vat in sums]


def _rest(line: Line) -> bytes:
    """The fields of a line that are not in its wording."""
    return _encode((
        line.invoice_row_hash, line.line_id, line.uid, line.quantity, line.unit_price, line.discount,
        line.extended_price, line.vat, line.start_date, line.end_date, line.vendor_details,
    ))  # fmt: skip


def _rounded_off(lines: Iterable[ReadLine], currency: str) -> Decimal:
    received = sum(each.line.extended_price for each in lines if each.line.extended_price is not None)
    return received - from_minor(sum(each.net for each in lines), currency)


def _content_head(invoice: Invoice, show_detail: bool) -> bytes:
    totals = sorted((invoice.totals or {}).items())
    return _encode((show_detail, invoice.header, invoice.sender, invoice.receiver, totals))


def _booking_head(head: Head) -> bytes:
    stated = (head.stated_net, head.stated_vat, head.stated_gross)
    terms = head.terms_days if head.due is None else None  # a stated due date wins, so the terms say nothing more
    who = (head.sender_vat, head.receiver_vat, head.type)
    return _encode((head.number, head.issuer, head.date, head.due, terms, head.currency, who, stated))


def head_of(invoice: Invoice) -> Head:
    """The head of ``invoice``, with the totals it states. Nothing is judged here."""
    header, sender, receiver = invoice.header or Header(), invoice.sender or Party(), invoice.receiver or Party()
    currency = (header.currency or "").strip().upper()
    stated = stated_totals(invoice, currency)
    vat_number, name = _compact(sender.vat_number), sender.company_name or ""
    terms = ident(header.terms_of_payment_days)
    return Head(
        number=ident(header.invoice_id).strip(),
        issuer=vat_number or name,
        date=parse_date(header.date or ""),
        due=parse_date(header.expiration_date or ""),
        terms_days=int(terms) if re.fullmatch("[0-9]{1,5}", terms) else None,
        currency=currency,
        type=(header.type or "").strip(),
        sender_name=name,
        sender_vat=vat_number,
        sender_iban=_compact(sender.iban),
        receiver_name=receiver.company_name or "",
        receiver_vat=_compact(receiver.vat_number),
        stated_net=stated.get("net"),
        stated_vat=stated.get("vat"),
        stated_gross=stated.get("gross"),
    )


_TOTAL_KINDS = {
    **dict.fromkeys(("net", "nettotal", "totalnet", "subtotal"), "net"),
    **dict.fromkeys(("totalexclvat", "totalexcludingvat", "totalexvat"), "net"),
    **dict.fromkeys(("vat", "vattotal", "totalvat", "vatamount"), "vat"),
    **dict.fromkeys(("gross", "total", "grosstotal", "totalgross"), "gross"),
    **dict.fromkeys(("totalinclvat", "totalincludingvat"), "gross"),
}


def stated_totals(invoice: Invoice, currency: str) -> dict[str, int]:
    """The totals a document states, by 'net', 'vat' and 'gross', in minor units.

    Their names are not documented, so every plausible spelling counts, without case and signs; what is not recognised
    is kept but not used.
    """
    found: dict[str, int] = {}
    for name, amount in (invoice.totals or {}).items():
        kind = _TOTAL_KINDS.get("".join(letter for letter in name.lower() if letter.isalnum()))
        if kind is not None and amount is not None:
            found[kind] = to_minor(amount, currency)
    return found


def _compact(text: str | None) -> str:
    """A VAT number or bank account without spaces and signs, in capitals."""
    return "".join(letter for letter in (text or "").upper() if letter.isalnum())
