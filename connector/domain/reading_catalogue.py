"""The part of the catalogue about what is found while a document is read: its fields, and its single lines."""

from __future__ import annotations

from connector.domain.catalogue_entry import ASK_COPACO, COMPARE_PDF, NOTHING, hold, judge, report, warn

READING = (
    hold(
        "DOCUMENT-UNREADABLE",
        "The document cannot be read: {reason}.",
        "The bytes are kept. Ask Copaco for the document, or report it as a defect of the connector.",
    ),
    hold("FIELD-UNREADABLE", "{where} holds '{value}', which cannot be read.", ASK_COPACO),
    warn(
        "FIELD-UNREADABLE-TEXT",
        "{where} holds '{value}', which cannot be read. It bears no money, so the document is booked without it.",
        "Look whether the description in the books is complete.",
    ),
    report(
        "FIELD-APPEARED",
        "The source sends a field that it did not send before: {where}, as in '{example}'.",
        NOTHING,
    ),
    warn(
        "FIELD-VANISHED",
        "The source does not send a field any more: {where}, which was as in '{example}'.",
        "Look whether a rule or text of the mapping reads it, and ask Copaco what takes its place.",
    ),
    warn(
        "FIELD-CHANGED",
        "A field has another kind of value than before: {where} is now {kinds}, as in '{example}'.",
        "Look at the newest document before you approve it, and ask Copaco whether the meaning changed.",
    ),
    report(
        "UNKNOWN-FIELD",
        "The source sends a field that is not known here: {where}. It is kept and not used.",
        "Look for a newer version of the connector; the field may matter to you.",
    ),
    warn(
        "DETAIL-DIFFERS",
        "The single changes behind the corrections of {number} do not add up to its lines. The lines count.",
        "Set both beside each other with 'connector invoices show'. Ask Copaco which one the PDF follows.",
    ),
)
"""What cannot be read, and what the source sends otherwise than before."""

LINES = (
    hold("MONEY-MISSING", "No amount: {count:lines} ({lines:word}).", ASK_COPACO),
    hold("VAT-MISSING", "No VAT amount: {count:lines} ({lines:word}).", ASK_COPACO),
    warn(
        "LINE-ARITHMETIC",
        "Quantity × unit price − discount is not the amount of the line: {count:lines} ({lines:word}). "
        "The amount of the line is booked.",
        "Usage and corrections are often rounded like this. Compare large differences with the PDF.",
    ),
    hold(
        "LINE-VAT",
        "The VAT is not the rate × the amount: {count:lines} ({lines:word}), {minor:money}.",
        COMPARE_PDF,
    ),
    warn(
        "LINE-DATE-UNREADABLE",
        "The period cannot be read: {count:lines} ({lines:word}). They are booked without one.",
        "Costs of these lines are not spread over periods. Look at the dates in the document.",
    ),
    warn(
        "LINE-PERIOD",
        "The period ends before it begins or lasts more than three years: {count:lines} ({lines:word}).",
        "Look at the dates before costs are spread over them.",
    ),
    report(
        "LINE-DATES-SWAPPED",
        "The dates of the line and of its subscription stand in each other's place: {count:lines} ({lines:word}), "
        "{minor:money}. The period is the one that stands at the subscription.",
        NOTHING,
    ),
    warn(
        "LINE-DATES-DOUBTFUL",
        "The dates of the line and of its subscription may stand in each other's place, which the document does not "
        "prove: {count:lines} ({lines:word}), {minor:money}. They are booked with the period that the line states.",
        "Compare the period with the PDF before costs are spread over it. Copaco may give the right dates today: "
        "fetch the invoice again with connector backfill.",
    ),
    report("TEXT-LONG", "A text is unusually long: {count:lines} ({lines:word}). It is kept whole.", NOTHING),
    report(
        "ROW-HASH-MISSING",
        "No row hash, so that cost and sale cannot be matched by it: {count:lines} ({lines:word}).",
        "Normal for documents from before March 2024 and for those of the older Billing API; otherwise ask Copaco.",
    ),
    warn(
        "ROW-HASH-REPEATED",
        "The row hash of another line of the document is repeated: {count:lines} ({lines:word}).",
        "Look whether these lines were charged twice.",
    ),
    report(
        "LINE-ID-REPEATED",
        "The number of another line of the document is repeated: {count:lines} ({lines:word}).",
        NOTHING,
    ),
    judge(
        "LINE-DUPLICATE",
        "Equal to an earlier line in everything that matters: {count:lines} ({lines:word}), {minor:money}.",
        "Compare with the PDF. If the lines were charged twice, ask Copaco for a corrected document or a credit note.",
    ),
    hold(
        "TAX-SCALE",
        "It is not clear whether the VAT rates of this document are percentages or fractions (21 or 0.21).",
        "Set tax_scale in connector.toml to 'percent' or 'fraction' after comparing with the PDF.",
    ),
)
"""What is wrong with a line in itself."""
