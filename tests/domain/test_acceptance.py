"""Acceptance: what a person's word covers, and what it never covers."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from connector.domain.acceptance import Acceptance, finding_digest, weight
from connector.domain.catalogue import FINDINGS
from connector.domain.catalogue_entry import Entry
from connector.domain.finding import Finding, Severity, finding

FOUND = finding("SENDER-CHANGED", "Sender.VATNumber", 10_000, found="NL2", expected="NL1")
MOMENT = datetime.datetime(2024, 4, 2, 9, 0, tzinfo=datetime.UTC)
MENDED = {
    # What a wrong word would falsify: amounts, totals and VAT, treatment, parties to book on, what is booked.
    *("DOCUMENT-UNREADABLE", "FIELD-UNREADABLE", "MONEY-MISSING", "VAT-MISSING", "LINE-VAT"),
    *("TAX-SCALE", "NUMBER-MISSING", "DATE-MISSING", "CURRENCY", "NO-LINES", "TOTALS-DIFFER", "VAT-DIFFERS"),
    *("PRINTED-TOTAL-DIFFERS", "PAPER-TYPE", "PAPER-TOTAL", "PAPER-VAT", "PAPER-ARITHMETIC", "PAPER-CURRENCY"),
    "PAPER-MISSING",
    *("CREDIT-SIGN", "RECEIVER-OTHER", "PERIOD-CLOSED", "REVERSE-CHARGE-ASYMMETRIC"),
    *("CHANGED-AFTER-POSTING", "CHANGED-IN-DELIVERY", "PARTLY-IGNORED"),
    *("CHARGE-TYPE-UNKNOWN", "ACCOUNT-UNMAPPED", "TAX-UNMAPPED", "TAX-RATE-UNKNOWN", "FOREIGN-VAT"),
    *("TAX-ZERO-AMBIGUOUS", "CUSTOMER-UNMAPPED", "MAPPING-AMBIGUOUS", "PO-MISSING", "DIMENSION-MISSING"),
    *("RULE-HOLD", "SUSPENSE-LIMIT"),
}


def accepted() -> Acceptance:
    return Acceptance(
        invoice_id=1,
        code="SENDER-CHANGED",
        finding=finding_digest(FOUND),
        content=b"c" * 32,
        actor="Eva",
        reason="they moved",
        at=MOMENT,
    )


def test_a_finding_that_holds_is_either_accepted_by_a_person_or_mended() -> None:
    """A new code that holds must be put on one side, with care."""
    holding = {entry.code for entry in FINDINGS.values() if entry.severity is Severity.HOLD}
    assert {entry.code for entry in FINDINGS.values() if entry.acceptable} == holding - MENDED
    assert holding >= MENDED


@pytest.mark.parametrize("entry", FINDINGS.values(), ids=lambda entry: entry.code)
def test_only_what_is_acceptable_weighs_less_when_accepted(entry: Entry) -> None:
    found = finding(entry.code, "", 1)
    assert weight(found, set()) is entry.severity
    assert weight(found, {finding_digest(found)}) is (Severity.REPORT if entry.acceptable else entry.severity)


@pytest.mark.parametrize(
    "other",
    [
        msgspec.structs.replace(FOUND, code="SENDER-BANK-CHANGED"),
        msgspec.structs.replace(FOUND, where="Sender.IBAN"),
        msgspec.structs.replace(FOUND, minor=10_001),
        msgspec.structs.replace(FOUND, values=(("expected", "NL1"), ("found", "NL3"))),
    ],
)
def test_another_finding_is_not_covered(other: Finding) -> None:
    assert weight(FOUND, {finding_digest(FOUND)}) is Severity.REPORT
    assert weight(other, {finding_digest(FOUND)}) is Severity.HOLD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("invoice_id", 2),
        ("code", "VANISHED"),
        ("finding", b"f" * 32),
        ("content", b"d" * 32),
        ("actor", "Jan"),
        ("reason", "they move"),
        ("at", MOMENT + datetime.timedelta(microseconds=1)),
    ],
)
def test_every_word_counts_in_the_digest(name: str, value: object) -> None:
    assert msgspec.structs.replace(accepted(), **{name: value}).digest != accepted().digest


def test_the_digest_does_not_depend_on_the_time_zone() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert msgspec.structs.replace(accepted(), at=MOMENT.astimezone(zone)).digest == accepted().digest
