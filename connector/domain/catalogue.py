"""Every finding there is: its weight, what it says, and what a person does next. ``docs/findings.md`` tells more.

Sentences are English and are also the ids under which they are translated at the edge. ``connector.domain.sentence``
fills them with the values of a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.domain.catalogue_entry import ASK_COPACO, COMPARE_PDF, NOTHING, Entry, hold, judge, report, warn
from connector.domain.finding import Finding, Severity
from connector.domain.mapping_catalogue import MAPPING
from connector.domain.paper_catalogue import PAPERS
from connector.domain.reading_catalogue import LINES, READING

WITHIN_LIMIT = frozenset({"VAT-ROUNDED", "TOTALS-ROUNDED"})
"""Warnings about cents of a control that passed within its limit (C01, C03). Nearly every Dutch invoice has them, so
they do not make an entry less known."""

_DOCUMENT = (
    hold("NUMBER-MISSING", "The document has no number.", ASK_COPACO),
    hold("DATE-MISSING", "The document has no date that can be read.", ASK_COPACO),
    hold(
        "CURRENCY",
        "The document is in {currency}; only EUR is booked so far.",
        "Book this document by hand.",
    ),
    hold("NO-LINES", "The document has no lines.", "Nothing can be booked. Compare with the PDF and ask Copaco."),
    hold(
        "TOTALS-DIFFER",
        "The document states {stated:money} ({where}) and its lines add up to {computed:money}, "
        "a difference of {minor:money}.",
        COMPARE_PDF,
    ),
    warn(
        "TOTALS-ROUNDED",
        "The total that the document states and its lines differ by a rounding of {minor:money}.",
        NOTHING,
    ),
    hold(
        "VAT-DIFFERS",
        "At {rate} % the document states {stated:money} VAT; computed on the lines it is {computed:money}: "
        "a difference of {minor:money}.",
        COMPARE_PDF,
    ),
    warn(
        "VAT-ROUNDED",
        "At {rate} % the stated VAT of {stated:money} differs from the computed VAT of {computed:money} by a rounding "
        "of {minor:money}, which is within its limit. Booking takes the stated VAT.",
        NOTHING,
    ),
    hold(
        "PRINTED-TOTAL-DIFFERS",
        "The document's total is {total:money}; on its PDF {actor} read {printed:money} on {day:date}: "
        "a difference of {minor:money}.",
        "Look at the PDF again. If the amount was mistyped, enter it again: connector invoices total NUMBER AMOUNT. "
        "Otherwise ask Copaco which one is right.",
    ),
    report(
        "PRINTED-TOTAL-CONFIRMED",
        "The document's total of {printed:money} is the one that {actor} read on its PDF on {day:date}.",
        NOTHING,
    ),
    *PAPERS,
    judge(
        "SAME-NUMBER-TWICE",
        "The source gave two different documents with the number {number}.",
        "Neither is booked. " + COMPARE_PDF,
    ),
    judge(
        "DUPLICATE-DOCUMENT",
        "This document, or lines of it, are already in document {other} (lines: {lines:word}).",
        "Compare both documents; if they charge the same, ask Copaco for a credit note.",
    ),
    judge(
        "OTHER-PLATFORM",
        "Copaco's other platform gave every line of this document already, as {others}.",
        "Nothing to do: of both only {others} goes to the books. "
        "connector report migration shows them beside each other.",
    ),
    judge(
        "OTHER-PLATFORM-PART",
        "Copaco's other platform gave this document already, as {others}: {met:money} is the same line by line, and "
        "{rest:money} is different or missing there.",
        "See connector report migration for the lines that differ, and ask Copaco which document is right. Book what "
        "is missing by hand.",
    ),
    warn(
        "SIMILAR-DOCUMENT",
        "Document {other} of the same supplier has the same date and the same total.",
        "Look whether it is the same purchase under another number.",
    ),
    hold(
        "CREDIT-SIGN",
        "The document says it is a credit note, but its total is {minor:money}.",
        "Compare it with the PDF; book it by hand, or ask Copaco for a right document.",
    ),
    hold(
        "RECEIVER-OTHER",
        "The document is addressed to the VAT number {found}; this administration has {expected}.",
        "Check vat_number in connector.toml, and whether the API key belongs to this administration.",
    ),
    warn(
        "SENDER-NEW",
        "Nothing of this sender was booked before: VAT number {found}, bank account {account}.",
        "Compare both with an invoice that you have on paper or by mail, before you approve.",
    ),
    judge(
        "SENDER-CHANGED",
        "The sender's VAT number is {found}; other documents of this sender have {expected}.",
        "Check with Copaco which company invoices you; the VAT treatment may change with it.",
    ),
    judge(
        "SENDER-BANK-CHANGED",
        "The sender's bank account is {found}; other documents of this sender have {expected}.",
        "A changed account can be fraud. Ask Copaco by a telephone number that you already had.",
    ),
    warn(
        "DATE-FUTURE",
        "The document is dated {date:date}, which is in the future.",
        "Check the date and the period in which it is booked.",
    ),
    warn(
        "DUE-BEFORE-DATE",
        "The due date {due:date} lies before the document date {date:date}.",
        "Check the due date before you pay.",
    ),
    warn(
        "DUE-DIFFERS",
        "The due date {due:date} does not fit the payment terms of {days} days. The due date is used.",
        "Check the due date before you pay.",
    ),
    hold(
        "PERIOD-CLOSED",
        "The document is dated {date:date}; the books are closed until {closed:date}.",
        "Book the document by hand in a period that is open. Or, if the books were opened again, set closed_until of "
        "the administration's ledger in connector.toml to the new last closed day; the next sync prepares it.",
    ),
    hold(
        "REVERSE-CHARGE-ASYMMETRIC",
        "With reverse charge, the VAT due of {due:money} and the VAT to deduct of {deducted:money} do not fit.",
        "Check the row of the tax code in tax.csv.",
    ),
)

_HISTORY = (
    hold(
        "CHANGED-AFTER-POSTING",
        "The document was changed after it was booked, by {minor:money}.",
        "Compare the versions with connector invoices show; correct the books by hand or ask for a credit note.",
    ),
    warn(
        "CORRECTED-AFTER-POSTING",
        "The document was changed after it was booked; an entry of its own corrects it and moves {minor:money}.",
        "Compare the versions with connector invoices show, then approve the entry.",
    ),
    hold(
        "CHANGED-IN-DELIVERY",
        "The document was changed while its entry was on its way to the ledger.",
        "Run connector sync; when the earlier entry was booked, correct it by hand.",
    ),
    judge(
        "VANISHED",
        "The source no longer gives this document, which it gave before. It was not booked.",
        "Ask Copaco whether the document is withdrawn or replaced.",
    ),
    report(
        "VANISHED-POSTED",
        "The source no longer gives this document, which is booked.",
        "Ask Copaco whether the document is withdrawn; a withdrawn document needs a credit note.",
    ),
    report(
        "LINES-VANISHED",
        "No longer in the document, but in its earlier version: {count:lines}, {minor:money}.",
        "Compare the versions with connector invoices show.",
    ),
    warn(
        "ROW-HASH-CHANGED",
        "The same as in the earlier version but for the row hash: {count:lines}, {minor:money}. "
        "Nothing is booked again.",
        "Fetch purchases and sales of that month anew, so that both have the new hash; until then they are reported as "
        "leaks. Tell Copaco that the hash of an invoice changed.",
    ),
    hold(
        "PARTLY-IGNORED",
        "The rules ignore a part of this document ({minor:money}) and book the rest; "
        "the creditor would not equal the document.",
        "Let the rules book all lines of the document or ignore all of them.",
    ),
    report(
        "SALE-WITHOUT-COST",
        "Sold without a purchase line: {count:lines}, {minor:money}.",
        "Look whether the purchase invoice is missing or the sale is wrong.",
    ),
    report(
        "COST-WITHOUT-SALE",
        "Purchased and not sold on: {count:lines}, {minor:money}.",
        "Look whether your customer should have been charged.",
    ),
    report(
        "CUSTOMER-WITHOUT-INVOICE",
        "Customers in the specifications and in no customer invoice: {count}, {minor:money}.",
        "Give each of them a billing contact in the partner portal and fetch again; the customers are listed by "
        "connector findings --code CUSTOMER-WITHOUT-INVOICE.",
    ),
)

_LOOK_BEFORE = "Look what changed before you approve: connector report margin. The settings say how much is unusual."
_COMPLETENESS = (
    warn(
        "INVOICE-EXPECTED",
        "No purchase invoice is dated in {month}, and it was expected by day {day} of the month.",
        "Look in your mail and in Copaco's portal; then fetch the period: connector backfill.",
    ),
    report(
        "VENDOR-EXPECTED",
        "Nothing was bought from {name} in {month}, as it was in the months before: {minor:money} in the last one.",
        "If the subscriptions were not ended, ask Copaco whether a part of the invoice is missing.",
    ),
    report(
        "CUSTOMER-EXPECTED",
        "Nothing was bought for {name} in {month}, as it was in the months before: {minor:money} in the last one.",
        "If the customer did not leave, ask Copaco whether a part of the invoice is missing.",
    ),
    report(
        "SUBSCRIPTION-EXPECTED",
        "{plan} of {name} ({subscription}) is in Copaco's list of subscriptions and on no invoice of {month}: "
        "{minor:money} the month before.",
        "If it was not ended, expect it on a later invoice; what is not invoiced to you may be invoiced late.",
    ),
    warn(
        "SUBSCRIPTION-GONE-BILLED",
        "{plan} of {name} ({subscription}) left Copaco's list of subscriptions on {since}, and {month} charges "
        "{minor:money} for it.",
        "If it was ended, ask Copaco for a credit. See connector report credits.",
    ),
    report(
        "TOTAL-MOVED",
        "Purchases went from {then:money} in {before} to {now:money} in {month}.",
        _LOOK_BEFORE,
    ),
    report(
        "VENDOR-MOVED",
        "Purchases from {name} went from {then:money} in {before} to {now:money} in {month}.",
        _LOOK_BEFORE,
    ),
)

FINDINGS: Mapping[str, Entry] = {
    entry.code: entry for entry in (*READING, *LINES, *_DOCUMENT, *_HISTORY, *MAPPING, *_COMPLETENESS)
}
"""Every entry by its code, grouped as in ``docs/findings.md``."""

WORDS = ("all", "type", "total", "VAT", "invoice", "credit note")
"""Values that are shown with ``{name:word}``; each is translated."""


def entry_of(code: str) -> Entry:
    """The entry of ``code``. A code that this version does not know (from a newer one) holds and says so."""
    return FINDINGS.get(code) or hold(code, "A finding that this version does not know.", "Install a newer version.")


def severity_of(finding: Finding) -> Severity:
    """How much ``finding`` weighs."""
    return entry_of(finding.code).severity


def gravest(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among ``findings``; ``None`` when there are none."""
    order = list(Severity)
    return min((severity_of(each) for each in findings), key=order.index, default=None)
