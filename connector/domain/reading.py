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
from connector.domain.money import EXACT, rounding, to_minor
from connector.domain.periods import Period
from connector.domain.swapped_dates import SWAPPED_UNTIL, told_apart
from connector.domain.tax_scale import TaxScale, tax_scale
from connector.domain.vocabulary import Vocabulary, Wording, received

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


class ReadLine(msgspec.Struct, frozen=True, gc=False):
    """One line with its booked amounts in minor units and the group (from 0) that it belongs to.

    ``received`` are its own fields as they came, as JSON.
    """

    line: Line
    wording: Wording
    group: int
    net: int
    vat: int
    period: Period
    received: bytes

    @property
    def start(self) -> datetime.date | None:
        """The first day of its period; ``None`` when there is none or it cannot be read."""
        return self.period.start

    @property
    def end(self) -> datetime.date | None:
        """The last day of its period (inclusive); ``None`` when there is none or it cannot be read."""
        return self.period.end


class Group(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All lines of a document with one wording: how many, their net amount and stated VAT in minor units."""

    combination: Combination
    lines: int
    net: int
    vat: int


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A document, read. ``net`` and ``vat`` are the sums of its lines in minor units.

    ``wordings`` are those of the groups; ``rounded_off`` is the exact sum of the line amounts minus what is booked, in
    major units.
    """

    head: Head
    lines: list[ReadLine]
    wordings: list[Wording]
    groups: list[Group]
    findings: tuple[Finding, ...]
    content: bytes
    booking: bytes
    net: int
    vat: int
    rounded_off: Decimal


def read(
    invoice: Invoice,
    head: Head,
    *,
    direction: Direction,
    vocabulary: Vocabulary,
    customers: Sequence[Customer] | None = None,
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
    periods, lost = texts.periods, list[Decimal]()
    maybe_swapped = head.date is not None and head.date <= SWAPPED_UNTIL
    minor, minor_vat = rounding(head.currency, lost), rounding(head.currency, [])
    lines: list[ReadLine] = []
    content: list[bytes] = list(drift)
    booking: list[bytes] = []
    positions: dict[int, int] = {}  # by identity, which costs nothing to compare: a vocabulary makes a wording once
    with localcontext(EXACT):
        for customer in customers:
            for subscription in customer.subscriptions:
                known = texts.subscription(customer, subscription)
                for line in subscription.price_lines:
                    net, vat = minor(line.extended_price), minor_vat(line.vat)
                    period = periods[line.start_date, line.end_date]
                    if maybe_swapped:
                        period = told_apart(period, line, subscription, periods)
                    wording = known.wording(line, period, net < 0)
                    group = positions.setdefault(id(wording), len(positions))
                    own = received(line)
                    lines.append(ReadLine(line, wording, group, net, vat, period, own))
                    content.append(wording.content + own)
                    booking.append(b"%b %d %d %b" % (wording.booking, net, vat, period.token))
        wordings, groups = _groups(lines, len(positions))
        net, vat = sum(group.net for group in groups), sum(group.vat for group in groups)
        return Reading(
            head=head,
            lines=lines,
            wordings=wordings,
            groups=groups,
            findings=line_findings(lines, direction, scale),
            content=unordered(content, _content_head(invoice)),
            booking=unordered(booking, _booking_head(head, net, vat)),
            net=net,
            vat=vat,
            rounded_off=sum(lost, Decimal(0)),
        )


def _groups(lines: Iterable[ReadLine], count: int) -> tuple[list[Wording], list[Group]]:
    wordings: list[Wording] = []
    counts, nets, vats = [0] * count, [0] * count, [0] * count
    for each in lines:
        position = each.group
        if position == len(wordings):
            wordings.append(each.wording)
        counts[position] += 1
        nets[position] += each.net
        vats[position] += each.vat
    sums = zip(wordings, counts, nets, vats, strict=True)
    return wordings, [Group(combination=one.combination, lines=n, net=net, vat=vat) for one, n, net, vat in sums]


def _content_head(invoice: Invoice) -> bytes:
    totals = sorted((invoice.totals or {}).items())
    return _encode((invoice.header, invoice.sender, invoice.receiver, totals))


def _booking_head(head: Head, net: int, vat: int) -> bytes:
    # A total that only repeats the sum of the lines books nothing else than none would: one form of the API states it,
    # another does not.
    sums = ((head.stated_net, net), (head.stated_vat, vat), (head.stated_gross, net + vat))
    stated = [None if total == of_lines else total for total, of_lines in sums]
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
