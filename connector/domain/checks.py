"""Checks on a whole document: functions from a reading and what is known around it to findings, gathered in one list.

They run whenever a document is prepared, from its groups alone. What is wrong with single lines was found while reading
(``line_checks``); what the mapping misses comes with its decisions. The severity of every code is in ``catalogue``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property

import msgspec

from connector.domain.dates import days_after
from connector.domain.document import EntryKey
from connector.domain.finding import Finding, finding
from connector.domain.invoice import Direction
from connector.domain.money import percent_of, show
from connector.domain.paper import KeptPaper, paper_findings
from connector.domain.platform import Equal, equal_finding
from connector.domain.printed import PrintedTotal
from connector.domain.reading import Group, Head
from connector.domain.senders import Senders, sender_findings
from connector.domain.vat import rounding_limit, within_rounding

BOOKABLE_CURRENCIES = frozenset({"EUR"})


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around a document when it is checked.

    ``own_vat_number`` is the administration's. ``senders`` are those of the same name. ``same_rows`` name other
    documents of the same direction that hold one of these row hashes, with the number of lines; ``similar`` names one
    with the same sender, date and total. ``equal`` is what stands of it already on Copaco's other platform.
    ``twice`` is true when one answer held two documents with this number.
    ``closed_until`` (inclusive) is the last day of the closed periods. ``printed`` is the total that a person read on
    paper. ``papers`` are those of the document that count, and ``paper_required`` says that it waits for one.
    """

    today: datetime.date
    direction: Direction
    own_vat_number: str = ""
    senders: Senders = Senders()
    same_rows: tuple[tuple[str, int], ...] = ()
    similar: str = ""
    equal: Equal | None = None
    twice: bool = False
    vanished: str = ""
    closed_until: datetime.date | None = None
    printed: PrintedTotal | None = None
    papers: tuple[KeptPaper, ...] = ()
    paper_required: bool = False


class Document(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What checks and booking see of a document: its head, its groups and its key."""

    head: Head
    groups: tuple[Group, ...]
    key: EntryKey

    @cached_property
    def net(self) -> int:
        """Net amount in minor units."""
        return sum(group.net for group in self.groups)

    @cached_property
    def vat(self) -> int:
        """Stated VAT of the lines in minor units."""
        return sum(group.vat for group in self.groups)

    @cached_property
    def lines(self) -> int:
        """Number of lines."""
        return sum(group.lines for group in self.groups)

    @property
    def stated_total(self) -> int | None:
        """The total including VAT that the document states, as such or as its VAT; ``None`` when it states neither."""
        if self.head.stated_gross is not None:
            return self.head.stated_gross
        return None if self.head.stated_vat is None else self.net + self.head.stated_vat

    @property
    def total(self) -> int:
        """The total including VAT: the one that is stated, else that of the lines."""
        return self.net + self.vat if self.stated_total is None else self.stated_total


Check = Callable[[Document, Surroundings], Iterator[Finding]]


def identity(document: Document, _around: Surroundings) -> Iterator[Finding]:
    """The document has a number, a readable date, lines, and a currency that can be booked (C11 until foreign currency
    is built).
    """
    head = document.head
    if not head.number:
        yield finding("NUMBER-MISSING", "Header.InvoiceID", document.net)
    if head.date is None:
        yield finding("DATE-MISSING", "Header.Date", document.net)
    if not document.groups:
        yield finding("NO-LINES", "Customers")
    if head.currency not in BOOKABLE_CURRENCIES:
        yield finding("CURRENCY", "Header.Currency", document.net, currency=head.currency or "?")
    total = document.net + document.vat if head.stated_gross is None else head.stated_gross
    if "credit" in head.type.lower() and total > 0:
        yield finding("CREDIT-SIGN", "Header.Type", total)


def totals(document: Document, around: Surroundings) -> Iterator[Finding]:
    """C01: wherever the document states a total, the lines agree with it; net and VAT make gross exactly."""
    head, net, vat = document.head, document.net, document.vat
    if head.stated_net is not None and abs(head.stated_net - net) > 1:
        yield _differs("Totals.net", head.stated_net, net)
    if head.stated_net is not None and head.stated_vat is not None and head.stated_gross is not None:
        parts = head.stated_net + head.stated_vat
        if parts != head.stated_gross:
            yield _differs("Totals.gross", head.stated_gross, parts)
            return
    if around.direction is Direction.SALE and not vat:
        return  # a sale whose lines state no VAT is compared when its VAT is computed
    for where, stated, computed in (
        ("Totals.vat", head.stated_vat, vat),
        ("Totals.gross", head.stated_gross, net + vat),
    ):
        if stated is not None and stated != computed:
            rounded = abs(stated - computed) <= max(Decimal(2), rounding_limit(document.lines))
            yield _rounded(where, stated - computed) if rounded else _differs(where, stated, computed)
            return


def _differs(where: str, stated: int, computed: int) -> Finding:
    difference = stated - computed
    return finding(
        "TOTALS-DIFFER",
        where,
        difference,
        stated=show(stated),
        computed=show(computed),
        difference=show(difference),
    )


def _rounded(where: str, difference: int) -> Finding:
    return finding("TOTALS-ROUNDED", where, difference, difference=show(difference))


def vat(document: Document, _: Surroundings) -> Iterator[Finding]:
    """C03: per rate and zone, the stated VAT is rate x base but for rounding."""
    stated: dict[tuple[str, str], list[int]] = {}
    for group in document.groups:
        sums = stated.setdefault((group.combination.rate, group.combination.zone), [0, 0, 0])
        sums[0] += group.net
        sums[1] += group.vat
        sums[2] += group.lines
    for (rate, zone), (net, amount, lines) in sorted(stated.items()):
        if not rate:
            if amount:
                yield finding("VAT-DIFFERS", "VAT", amount, rate="?", zone=zone, stated=show(amount), computed="?")
            continue
        computed = percent_of(net, Decimal(rate))
        if amount == computed:
            continue
        fits = within_rounding(amount, net, Decimal(rate), lines)
        yield finding(
            "VAT-ROUNDED" if fits else "VAT-DIFFERS",
            "VAT",
            amount - computed,
            rate=rate,
            zone=zone,
            stated=show(amount),
            computed=show(computed),
        )


def printed(document: Document, around: Surroundings) -> Iterator[Finding]:
    """The total on the PDF, which a person entered, is that of the document."""
    if around.printed is None:
        return
    gross, total = around.printed.gross, document.total
    yield finding(
        "PRINTED-TOTAL-CONFIRMED" if gross == total else "PRINTED-TOTAL-DIFFERS",
        "Totals.gross",
        total - gross,
        printed=show(gross),
        total=show(total),
        actor=around.printed.actor,
        day=around.printed.at.date(),
    )


def papers(document: Document, around: Surroundings) -> Iterator[Finding]:
    """The mailed PDF or e-invoice says what the document says."""
    return paper_findings(
        document.head,
        net=document.net,
        total=document.total,
        own_vat_number=around.own_vat_number,
        papers=around.papers,
        required=around.paper_required,
    )


def party(document: Document, around: Surroundings) -> Iterator[Finding]:
    """C08: the receiver is us, and the sender is the one we know, with the bank account we know (a change may be
    fraud).
    """
    if around.direction is not Direction.PURCHASE:
        return
    head = document.head
    if around.own_vat_number and head.receiver_vat and head.receiver_vat != around.own_vat_number:
        yield finding(
            "RECEIVER-OTHER",
            "Receiver.VATNumber",
            document.net,
            found=head.receiver_vat,
            expected=around.own_vat_number,
        )
    yield from sender_findings(head, document.net, around.senders)


def dates(document: Document, around: Surroundings) -> Iterator[Finding]:
    """C09, C10 and the due date.

    The period is open, the date is not in the future, the due date is not before it, and the payment terms agree with
    the due date, which wins (1.19).
    """
    head = document.head
    if head.date is None:
        return
    if head.date > around.today:
        yield finding("DATE-FUTURE", "Header.Date", document.net, date=head.date)
    if around.closed_until is not None and head.date <= around.closed_until:
        yield finding("PERIOD-CLOSED", "Header.Date", document.net, date=head.date, closed=around.closed_until)
    if head.due is None:
        return
    if head.due < head.date:
        yield finding("DUE-BEFORE-DATE", "Header.ExpirationDate", document.net, date=head.date, due=head.due)
    elif head.terms_days is not None and head.due != days_after(head.date, head.terms_days):
        yield finding("DUE-DIFFERS", "Header.ExpirationDate", 0, due=head.due, days=head.terms_days)


def duplicates(document: Document, around: Surroundings) -> Iterator[Finding]:
    """C04 within our own store: the same row hash in another document, two documents with one number, the same from
    the other platform, a look-alike.
    """
    if around.twice:
        yield finding("SAME-NUMBER-TWICE", "Header.InvoiceID", document.net, number=document.head.number)
    for other, lines in around.same_rows:
        yield finding("DUPLICATE-DOCUMENT", "InvoiceRowHash", document.net, other=other, lines=lines)
    if around.equal is not None:
        yield equal_finding(around.equal, document.net)
    if around.similar:
        yield finding("SIMILAR-DOCUMENT", "", document.net, other=around.similar)


def presence(document: Document, around: Surroundings) -> Iterator[Finding]:
    """A document that its window no longer holds is not booked until a person has looked."""
    if around.vanished:
        yield finding("VANISHED", "", document.net, window=around.vanished)


CHECKS: tuple[Check, ...] = (identity, totals, vat, printed, papers, party, dates, duplicates, presence)


def check(document: Document, around: Surroundings) -> tuple[Finding, ...]:
    """All findings of all checks on ``document``."""
    return tuple(found for each in CHECKS for found in each(document, around))
