"""The part of the catalogue about papers: mailed PDFs and e-invoices beside the data."""

from __future__ import annotations

from connector.domain.catalogue_entry import NOTHING, hold, judge, report, warn

_COMPARE = (
    "The paper is the legal document. Ask Copaco which one is right; a corrected paper replaces this one when it is "
    "added, and corrected data are fetched by themselves."
)
PAPERS = (
    hold(
        "PAPER-TYPE",
        "On the paper {name} the type is {paper:word}; by Copaco's data it is {document:word}, with {total:money}.",
        "The paper is the legal document. Ask Copaco for data that fit it, or book it by hand as the paper says.",
    ),
    hold(
        "PAPER-TOTAL",
        "The document's total is {total:money}, on its paper {name} {paper:money}: a difference of {minor:money}.",
        _COMPARE,
    ),
    hold(
        "PAPER-VAT",
        "The document's VAT is {vat:money}, on its paper {name} {paper:money}: a difference of {minor:money}.",
        _COMPARE,
    ),
    hold(
        "PAPER-ARITHMETIC",
        "On the paper {name} the amount without VAT and the VAT make {parts:money}, and the total is {total:money}.",
        "Look at the paper; ask Copaco for a corrected one. A new file of it replaces this one: connector papers add.",
    ),
    hold(
        "PAPER-CURRENCY",
        "The paper {name} is in {paper}; the document is in {document}.",
        _COMPARE,
    ),
    judge(
        "PAPER-DATE",
        "The paper {name} is dated {paper:date}; the document is dated {document:date}.",
        "The date decides the VAT period. Ask Copaco which one is right.",
    ),
    judge(
        "PAPER-SELLER",
        "The seller on the paper {name} has the VAT number {paper}; the sender of the document has {document}.",
        "Look whether the paper is of another company, or false.",
    ),
    judge(
        "PAPER-BUYER",
        "The paper {name} is addressed to the VAT number {paper}; this administration has {expected}.",
        "Look whether the paper is meant for another company.",
    ),
    hold(
        "PAPER-MISSING",
        "The document waits for its paper: none was added from which type, total and VAT could be read.",
        "Add the mailed PDF or e-invoice: connector papers add PATH. Of a scan enter the total that you read on it: "
        "connector invoices total NUMBER AMOUNT.",
    ),
    warn(
        "PAPER-INCOMPLETE",
        "On the paper {name} this could not be read: {field:word}. It was not compared.",
        "Look at the paper. Its total can be entered by hand: connector invoices total NUMBER AMOUNT.",
    ),
    report(
        "PAPER-CONFIRMED",
        "The paper {name}, added on {day:date}, says the same: type, VAT, and the total of {total:money}.",
        NOTHING,
    ),
)
"""Every entry, the gravest first."""
