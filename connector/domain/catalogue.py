"""Every finding there is: its weight, what it says, and what a person does next. ``docs/findings.md`` tells more.

Sentences are English and are also the ids under which they are translated at the edge. ``connector.domain.sentence``
fills them with the values of a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.domain.catalogue_entry import Entry, hold, judge, report, warn
from connector.domain.finding import Finding, Severity
from connector.domain.paper_catalogue import PAPERS

_hold, _judge, _warn, _report = hold, judge, warn, report


WITHIN_LIMIT = frozenset({"VAT-ROUNDED", "TOTALS-ROUNDED"})
"""Warnings about cents of a control that passed within its limit (C01, C03). Nearly every Dutch invoice has them, so
they do not make an entry less known."""

_ASK_COPACO = "Ask Copaco for a corrected document; it is fetched and booked by itself."
_COMPARE_PDF = "Compare the document with its PDF in Copaco's portal and ask Copaco which one is right."
_NOTHING = "Nothing to do."

_READING = (
    _hold(
        "DOCUMENT-UNREADABLE",
        "The document cannot be read: {reason}.",
        "The bytes are kept. Ask Copaco for the document, or report it as a defect of the connector.",
    ),
    _hold("FIELD-UNREADABLE", "{where} holds '{value}', which cannot be read.", _ASK_COPACO),
    _warn(
        "FIELD-UNREADABLE-TEXT",
        "{where} holds '{value}', which cannot be read. It bears no money, so the document is booked without it.",
        "Look whether the description in the books is complete.",
    ),
    _report(
        "FIELD-APPEARED",
        "The source sends a field that it did not send before: {where}, as in '{example}'.",
        _NOTHING,
    ),
    _warn(
        "FIELD-VANISHED",
        "The source does not send a field any more: {where}, which was as in '{example}'.",
        "Look whether a rule or text of the mapping reads it, and ask Copaco what takes its place.",
    ),
    _warn(
        "FIELD-CHANGED",
        "A field has another kind of value than before: {where} is now {kinds}, as in '{example}'.",
        "Look at the newest document before you approve it, and ask Copaco whether the meaning changed.",
    ),
    _report(
        "UNKNOWN-FIELD",
        "The source sends a field that is not known here: {where}. It is kept and not used.",
        "Look for a newer version of the connector; the field may matter to you.",
    ),
    _warn(
        "DETAIL-DIFFERS",
        "The single changes behind the corrections of {number} do not add up to what is booked, the summarised form.",
        "Set both beside each other with 'connector invoices show'. Ask Copaco which one the PDF follows.",
    ),
)

_LINES = (
    _hold("MONEY-MISSING", "No amount: {count:lines} ({lines:word}).", _ASK_COPACO),
    _hold("VAT-MISSING", "No VAT amount: {count:lines} ({lines:word}).", _ASK_COPACO),
    _warn(
        "LINE-ARITHMETIC",
        "Quantity × unit price − discount is not the amount of the line: {count:lines} ({lines:word}). "
        "The amount of the line is booked.",
        "Usage and corrections are often rounded like this. Compare large differences with the PDF.",
    ),
    _hold(
        "LINE-VAT",
        "The VAT is not the rate × the amount: {count:lines} ({lines:word}), {minor:money}.",
        _COMPARE_PDF,
    ),
    _warn(
        "LINE-DATE-UNREADABLE",
        "The period cannot be read: {count:lines} ({lines:word}). They are booked without one.",
        "Costs of these lines are not spread over periods. Look at the dates in the document.",
    ),
    _warn(
        "LINE-PERIOD",
        "The period ends before it begins or lasts more than three years: {count:lines} ({lines:word}).",
        "Look at the dates before costs are spread over them.",
    ),
    _report("TEXT-LONG", "A text is unusually long: {count:lines} ({lines:word}). It is kept whole.", _NOTHING),
    _report(
        "ROW-HASH-MISSING",
        "No row hash, so that cost and sale cannot be matched by it: {count:lines} ({lines:word}).",
        "Normal for documents from before March 2024; otherwise ask Copaco.",
    ),
    _warn(
        "ROW-HASH-REPEATED",
        "The row hash of another line of the document is repeated: {count:lines} ({lines:word}).",
        "Look whether these lines were charged twice.",
    ),
    _report(
        "LINE-ID-REPEATED",
        "The number of another line of the document is repeated: {count:lines} ({lines:word}).",
        _NOTHING,
    ),
    _judge(
        "LINE-DUPLICATE",
        "Equal to an earlier line in everything that matters: {count:lines} ({lines:word}), {minor:money}.",
        "Compare with the PDF. If the lines were charged twice, ask Copaco for a corrected document or a credit note.",
    ),
    _hold(
        "TAX-SCALE",
        "It is not clear whether the VAT rates of this document are percentages or fractions (21 or 0.21).",
        "Set tax_scale in connector.toml to 'percent' or 'fraction' after comparing with the PDF.",
    ),
)

_DOCUMENT = (
    _hold("NUMBER-MISSING", "The document has no number.", _ASK_COPACO),
    _hold("DATE-MISSING", "The document has no date that can be read.", _ASK_COPACO),
    _hold(
        "CURRENCY",
        "The document is in {currency}; only EUR is booked so far.",
        "Book this document by hand.",
    ),
    _hold("NO-LINES", "The document has no lines.", "Nothing can be booked. Compare with the PDF and ask Copaco."),
    _hold(
        "TOTALS-DIFFER",
        "The document states {stated:money} ({where}) and its lines add up to {computed:money}, "
        "a difference of {minor:money}.",
        _COMPARE_PDF,
    ),
    _warn(
        "TOTALS-ROUNDED",
        "The total that the document states and its lines differ by a rounding of {minor:money}.",
        _NOTHING,
    ),
    _hold(
        "VAT-DIFFERS",
        "At {rate} % the document states {stated:money} VAT; computed on the lines it is {computed:money}: "
        "a difference of {minor:money}.",
        _COMPARE_PDF,
    ),
    _warn(
        "VAT-ROUNDED",
        "At {rate} % the stated VAT of {stated:money} differs from the computed VAT of {computed:money} by a rounding "
        "of {minor:money}, which is within its limit. Booking takes the stated VAT.",
        _NOTHING,
    ),
    _hold(
        "PRINTED-TOTAL-DIFFERS",
        "The document's total is {total:money}; on its PDF {actor} read {printed:money} on {day:date}: "
        "a difference of {minor:money}.",
        "Look at the PDF again. If the amount was mistyped, enter it again: connector invoices total NUMBER AMOUNT. "
        "Otherwise ask Copaco which one is right.",
    ),
    _report(
        "PRINTED-TOTAL-CONFIRMED",
        "The document's total of {printed:money} is the one that {actor} read on its PDF on {day:date}.",
        _NOTHING,
    ),
    *PAPERS,
    _judge(
        "SAME-NUMBER-TWICE",
        "One answer of the source holds two different documents with the number {number}.",
        "Neither is booked. " + _COMPARE_PDF,
    ),
    _judge(
        "DUPLICATE-DOCUMENT",
        "This document, or lines of it, are already in document {other} (lines: {lines:word}).",
        "Compare both documents; if they charge the same, ask Copaco for a credit note.",
    ),
    _judge(
        "OTHER-PLATFORM",
        "Copaco's other platform gave every line of this document already, as {others}.",
        "Nothing to do: it is booked once, as {others}. connector report migration shows them beside each other.",
    ),
    _judge(
        "OTHER-PLATFORM-PART",
        "Copaco's other platform gave this document already, as {others}: {met:money} is the same line by line, and "
        "{rest:money} is different or missing there.",
        "See connector report migration for the lines that differ, and ask Copaco which document is right. Book what "
        "is missing by hand.",
    ),
    _warn(
        "SIMILAR-DOCUMENT",
        "Document {other} of the same supplier has the same date and the same total.",
        "Look whether it is the same purchase under another number.",
    ),
    _hold(
        "CREDIT-SIGN",
        "The document says it is a credit note, but its total is {minor:money}.",
        "Compare it with the PDF; book it by hand, or ask Copaco for a right document.",
    ),
    _hold(
        "RECEIVER-OTHER",
        "The document is addressed to the VAT number {found}; this administration has {expected}.",
        "Check vat_number in connector.toml, and whether the API key belongs to this administration.",
    ),
    _warn(
        "SENDER-NEW",
        "Nothing of this sender was booked before: VAT number {found}, bank account {account}.",
        "Compare both with an invoice that you have on paper or by mail, before you approve.",
    ),
    _judge(
        "SENDER-CHANGED",
        "The sender's VAT number is {found}; other documents of this sender have {expected}.",
        "Check with Copaco which company invoices you; the VAT treatment may change with it.",
    ),
    _judge(
        "SENDER-BANK-CHANGED",
        "The sender's bank account is {found}; other documents of this sender have {expected}.",
        "A changed account can be fraud. Ask Copaco by a telephone number that you already had.",
    ),
    _warn(
        "DATE-FUTURE",
        "The document is dated {date:date}, which is in the future.",
        "Check the date and the period in which it is booked.",
    ),
    _warn(
        "DUE-BEFORE-DATE",
        "The due date {due:date} lies before the document date {date:date}.",
        "Check the due date before you pay.",
    ),
    _warn(
        "DUE-DIFFERS",
        "The due date {due:date} does not fit the payment terms of {days} days. The due date is used.",
        "Check the due date before you pay.",
    ),
    _hold(
        "PERIOD-CLOSED",
        "The document is dated {date:date}; the books are closed until {closed:date}.",
        "Book the document by hand in a period that is open. Or, if the books were opened again, set closed_until of "
        "the administration's ledger in connector.toml to the new last closed day; the next sync prepares it.",
    ),
    _hold(
        "REVERSE-CHARGE-ASYMMETRIC",
        "With reverse charge, the VAT due of {due:money} and the VAT to deduct of {deducted:money} do not fit.",
        "Check the row of the tax code in tax.csv.",
    ),
)

_HISTORY = (
    _hold(
        "CHANGED-AFTER-POSTING",
        "The document was changed after it was booked, by {minor:money}.",
        "Compare the versions with connector invoices show; correct the books by hand or ask for a credit note.",
    ),
    _warn(
        "CORRECTED-AFTER-POSTING",
        "The document was changed after it was booked; an entry of its own corrects it and moves {minor:money}.",
        "Compare the versions with connector invoices show, then approve the entry.",
    ),
    _hold(
        "CHANGED-IN-DELIVERY",
        "The document was changed while its entry was on its way to the ledger.",
        "Run connector sync; when the earlier entry was booked, correct it by hand.",
    ),
    _judge(
        "VANISHED",
        "The source no longer gives this document, which it gave before. It was not booked.",
        "Ask Copaco whether the document is withdrawn or replaced.",
    ),
    _report(
        "VANISHED-POSTED",
        "The source no longer gives this document, which is booked.",
        "Ask Copaco whether the document is withdrawn; a withdrawn document needs a credit note.",
    ),
    _report(
        "LINES-VANISHED",
        "No longer in the document, but in its earlier version: {count:lines}, {minor:money}.",
        "Compare the versions with connector invoices show.",
    ),
    _warn(
        "ROW-HASH-CHANGED",
        "The same as in the earlier version but for the row hash: {count:lines}, {minor:money}. "
        "Nothing is booked again.",
        "Fetch purchases and sales of that month anew, so that both have the new hash; until then they are reported as "
        "leaks. Tell Copaco that the hash of an invoice changed.",
    ),
    _hold(
        "PARTLY-IGNORED",
        "The rules ignore a part of this document ({minor:money}) and book the rest; "
        "the creditor would not equal the document.",
        "Let the rules book all lines of the document or ignore all of them.",
    ),
    _report(
        "SALE-WITHOUT-COST",
        "Sold without a purchase line: {count:lines}, {minor:money}.",
        "Look whether the purchase invoice is missing or the sale is wrong.",
    ),
    _report(
        "COST-WITHOUT-SALE",
        "Purchased and not sold on: {count:lines}, {minor:money}.",
        "Look whether your customer should have been charged.",
    ),
    _report(
        "CUSTOMER-WITHOUT-INVOICE",
        "Customers in the specifications and in no customer invoice: {count}, {minor:money}.",
        "Give each of them a billing contact in the partner portal and fetch again; the customers are listed by "
        "connector findings --code CUSTOMER-WITHOUT-INVOICE.",
    ),
)

_MAPPING = (
    _hold(
        "CHARGE-TYPE-UNKNOWN",
        "The charge type '{charge_type}' is not known ({plan}): {minor:money}.",
        "Add a row with this charge_type to rules.csv.",
    ),
    _hold(
        "ACCOUNT-UNMAPPED",
        "No rule gives an account: {minor:money} ({charge_type}, {product_group}, {plan}, {role}).",
        "Add a row to rules.csv that gives them an account.",
    ),
    _hold(
        "TAX-UNMAPPED",
        "No row gives a VAT treatment: {minor:money} (the other party is in {other_country}, the rate is {rate} %).",
        "Add a row for this case to taxmap.csv, together with your accountant.",
    ),
    _hold(
        "TAX-RATE-UNKNOWN",
        "There is no tax code for {treatment} at {rate} %: {minor:money}.",
        "Check the rate; if it is right, add a row to tax.csv.",
    ),
    _hold(
        "FOREIGN-VAT",
        "The document charges VAT of {other_country} ({rate} %), which the VAT return of {own_country} cannot deduct: "
        "{minor:money}.",
        "Ask Copaco for an invoice with reverse charge, or reclaim the VAT in that country; book it by hand.",
    ),
    _hold(
        "TAX-ZERO-AMBIGUOUS",
        "0 % VAT, and it is not clear why (reverse charge, exempt or zero rate): {minor:money}.",
        "Decide with your accountant and add a row for this case to taxmap.csv.",
    ),
    _hold(
        "CUSTOMER-UNMAPPED",
        "Customer {customer} ({customer_name}) is not in the customer table: {minor:money}.",
        "Add a row with this account_id to customers.csv.",
    ),
    _hold(
        "MAPPING-AMBIGUOUS",
        "Rows {row} and {other_row} of {file} fit equally well and give different results for {column}: "
        "'{value}' and '{other_value}'.",
        "Make one of the rows more specific, or give it a priority.",
    ),
    _hold(
        "PO-MISSING",
        "{customer_name} requires a purchase order number, and the line has none ({plan}): {minor:money}.",
        "Fill in the number in Copaco's portal, or change po_required in customers.csv.",
    ),
    _hold(
        "DIMENSION-MISSING",
        "The dimension {dimension} is required and has no value ({plan}, {customer_name}): {minor:money}.",
        "Fill it by a template in dimensions.csv or by a row in rules.csv.",
    ),
    _hold(
        "RULE-HOLD",
        "Rule {rule} holds {minor:money} ({charge_type}, {plan}): {reason}.",
        "Look at the document; change the rule in rules.csv when it may be booked.",
    ),
    _hold(
        "SUSPENSE-LIMIT",
        "{minor:money} would go to the suspense account, more than the limit of {limit:money}.",
        "Add a row to rules.csv that gives these lines an account.",
    ),
    _warn(
        "SUSPENSE-USED",
        "{minor:money} is booked on the suspense account {account}.",
        "Give them an account in rules.csv, and clear the suspense account before the period is closed.",
    ),
)

_LOOK_BEFORE = "Look what changed before you approve: connector report margin. The settings say how much is unusual."
_COMPLETENESS = (
    _warn(
        "INVOICE-EXPECTED",
        "No purchase invoice is dated in {month}, and it was expected by day {day} of the month.",
        "Look in your mail and in Copaco's portal; then fetch the period: connector backfill.",
    ),
    _report(
        "VENDOR-EXPECTED",
        "Nothing was bought from {name} in {month}, as it was in the months before: {minor:money} in the last one.",
        "If the subscriptions were not ended, ask Copaco whether a part of the invoice is missing.",
    ),
    _report(
        "CUSTOMER-EXPECTED",
        "Nothing was bought for {name} in {month}, as it was in the months before: {minor:money} in the last one.",
        "If the customer did not leave, ask Copaco whether a part of the invoice is missing.",
    ),
    _report(
        "TOTAL-MOVED",
        "Purchases went from {then:money} in {before} to {now:money} in {month}.",
        _LOOK_BEFORE,
    ),
    _report(
        "VENDOR-MOVED",
        "Purchases from {name} went from {then:money} in {before} to {now:money} in {month}.",
        _LOOK_BEFORE,
    ),
)

FINDINGS: Mapping[str, Entry] = {
    entry.code: entry for entry in (*_READING, *_LINES, *_DOCUMENT, *_HISTORY, *_MAPPING, *_COMPLETENESS)
}
"""Every entry by its code, grouped as in ``docs/findings.md``."""

WORDS = ("all", "type", "total", "VAT", "invoice", "credit note")
"""Values that are shown with ``{name:word}``; each is translated."""


def entry_of(code: str) -> Entry:
    """The entry of ``code``. A code that this version does not know (from a newer one) holds and says so."""
    return FINDINGS.get(code) or _hold(code, "A finding that this version does not know.", "Install a newer version.")


def severity_of(finding: Finding) -> Severity:
    """How much ``finding`` weighs."""
    return entry_of(finding.code).severity


def gravest(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among ``findings``; ``None`` when there are none."""
    order = list(Severity)
    return min((severity_of(each) for each in findings), key=order.index, default=None)
