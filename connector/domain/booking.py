"""Booking: a checked document and its decisions become one balanced journal entry, or findings that say why not.

A purchase debits cost by rule and VAT by treatment and credits the creditor with the document's total; a sale is its
mirror image. The document is the truth for VAT on purchases: what is stated is booked (Council Directive 2006/112/EC,
art. 178(a)); under reverse charge, and on a sale whose document states none, VAT is computed per tax group and rounded
once. The open item always equals the document's total, or it would never clear against the payment.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import msgspec

from connector.domain.aggregation import LineAmount, level_of, net_postings
from connector.domain.checks import Document
from connector.domain.dates import days_after, month_of
from connector.domain.decision import Action, Decision
from connector.domain.finding import Finding, finding
from connector.domain.invoice import Direction
from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole
from connector.domain.mapping import Mapping
from connector.domain.money import show, to_minor
from connector.domain.template import render
from connector.domain.vat import rounding_limit
from connector.domain.vat_postings import Accounts, TaxGroup, differing, tax_groups, vat_postings


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: an entry, or the findings that hold the document."""

    entry: JournalEntry | None
    findings: tuple[Finding, ...] = ()


def kind_of(document: Document) -> DocumentKind:
    """A credit note when the total is below zero or the document says so; on the current API ``Type`` says INVOICE."""
    total = document.stated_total
    total = document.net + document.vat if total is None else total
    credit = total < 0 or "credit" in document.head.type.lower()
    return DocumentKind.CREDIT_NOTE if credit else DocumentKind.INVOICE


def due_date(document: Document, mapping: Mapping) -> datetime.date | None:
    """The due date stated, else document date plus terms: those of the document, or on a sale those of the customer."""
    head, terms = document.head, document.head.terms_days
    if document.key.direction is Direction.SALE:
        customer = mapping.customers.get(document.key.customer)
        terms = customer.terms_days if customer else None
    if head.due is not None or head.date is None or terms is None:
        return head.due
    return days_after(head.date, terms)


def book(
    document: Document,
    decisions: Sequence[Decision],
    mapping: Mapping,
    *,
    party: str,
    lines: Sequence[LineAmount] = (),
) -> Booked:
    """Book ``document`` with one decision per group; ``lines`` are the lines of the groups that ``groups_by_line``
    names.

    ``party`` is the creditor's or debtor's name. The document must have a date and no group may be ignored; everything
    else that is wrong comes back as findings.
    """
    head, direction = document.head, document.key.direction
    assert head.date is not None, "a document without a date is held before it is booked"
    problems = [
        _with_euros(found, group.net)
        for group, each in zip(document.groups, decisions, strict=True)
        for found in each.problems
    ]
    if problems:
        return Booked(entry=None, findings=_merged(problems))
    assert decisions, "a document without lines is held before it is booked"
    assert Action.IGNORE not in {each.action for each in decisions}, "what is ignored is not booked"
    taxes = tax_groups(document, decisions, mapping, head.date)
    if direction is Direction.SALE and (differences := differing(taxes)):
        return Booked(entry=None, findings=tuple(differences))
    total = document.net + sum(tax.payable for tax in taxes)
    rounding = 0
    if document.stated_total is not None and document.stated_total != total:
        difference, total = document.stated_total - total, document.stated_total
        taxes, rounding = _settled(document, taxes, difference)
        if abs(rounding) > to_minor(mapping.settings.tolerance_document, head.currency):
            return Booked(entry=None, findings=(_differs(total, difference),))
    sign, accounts = (1 if direction is Direction.PURCHASE else -1), Accounts(mapping)
    postings = net_postings(document, decisions, level_of(mapping, direction), lines, sign)
    postings += vat_postings(taxes, accounts, direction, mapping.settings.vat_deduction)
    postings += _closing(document, accounts, party, rounding * sign, -total * sign)
    if accounts.missing:
        return Booked(entry=None, findings=_merged(accounts.missing))
    return Booked(entry=_entry(document, postings, party, mapping))


def _settled(document: Document, taxes: list[TaxGroup], difference: int) -> tuple[list[TaxGroup], int]:
    """The tax groups as the stated total wants them, and what remains for the rounding account.

    With one tax code the VAT is what the document states, or its total minus the net amount, as far as rounding per
    line explains the difference. With several, nobody can say which one it belongs to.
    """
    if len(taxes) > 1 or not taxes[0].stated or not taxes[0].vat:
        return taxes, difference
    only = taxes[0]
    stated = document.head.stated_vat
    on_vat = difference if stated is None else stated - only.vat
    if abs(on_vat) > rounding_limit(only.lines):
        return taxes, difference
    return [msgspec.structs.replace(only, vat=only.vat + on_vat)], difference - on_vat


def _closing(document: Document, accounts: Accounts, party: str, rounding: int, open_item: int) -> list[Posting]:
    """The postings that close an entry: a rounding difference, if any, and the open item of the creditor or debtor."""
    everything = tuple(range(len(document.groups)))
    control = "creditors_control" if document.key.direction is Direction.PURCHASE else "debtors_control"
    closing = []
    if rounding:
        account = accounts.of("rounding_debit" if rounding > 0 else "rounding_credit", rounding)
        closing.append(Posting(account=account, minor=rounding, role=PostingRole.ROUNDING, groups=everything))
    account = accounts.of(control, open_item)
    closing.append(Posting(account=account, minor=open_item, role=PostingRole.PARTY, text=party, groups=everything))
    return closing


def _entry(document: Document, postings: Iterable[Posting], party: str, mapping: Mapping) -> JournalEntry:
    head, kind = document.head, kind_of(document)
    assert head.date is not None
    values = {
        "party": party,
        "number": head.number,
        "date": head.date.isoformat(),
        "period": month_of(head.date),
        "kind": kind.value,
        "direction": document.key.direction.value,
    }
    return JournalEntry(
        key=document.key,
        kind=kind,
        date=head.date,
        document_date=head.date,
        tax_point=head.date,
        vat_period=month_of(head.date),
        due=due_date(document, mapping),
        currency=head.currency,
        number=head.number,
        party=party,
        text=render(mapping.settings.entry_text, values),
        postings=tuple(postings),
    )


def _differs(stated: int, difference: int) -> Finding:
    computed, where = show(stated - difference), "Totals.gross"
    return finding(
        "TOTALS-DIFFER", where, difference, stated=show(stated), computed=computed, difference=show(difference)
    )


def _with_euros(found: Finding, minor: int) -> Finding:
    return found if found.minor else msgspec.structs.replace(found, minor=minor)


def _merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings that say the same of several groups, as one with the sum of the euros."""
    merged: dict[tuple[object, ...], Finding] = {}
    for found in findings:
        key = (found.code, found.where, found.values)
        minor = found.minor + (merged[key].minor if key in merged else 0)
        merged[key] = msgspec.structs.replace(found, minor=minor)
    return tuple(merged.values())
