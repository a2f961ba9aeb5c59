"""Documents with every defect there is: each is held, booked or told as it should be, and the rest goes on."""

from __future__ import annotations

import datetime
import urllib.request
from decimal import Decimal
from pathlib import Path

from connector.sandbox import DEFECTS, RESELLER_NL, DocumentTruth, Sandbox, SeededDefect, World
from tests.journeys.office import Office

ELSEWHERE = "foreign-vat"
"""Dutch VAT is foreign to a Belgian reseller only; the demo has it."""
FIRST, LAST, LATER = datetime.date(2023, 1, 1), datetime.date(2026, 12, 1), datetime.date(2027, 2, 15)
CODES = {
    # What tells of a defect, where one finding does.
    "day-month-year": "DATE-MISSING",
    "decimal-comma": "FIELD-UNREADABLE",
    "domestic-zero-rate": "TAX-ZERO-AMBIGUOUS",
    "duplicated-line": "LINE-DUPLICATE",
    "foreign-currency": "CURRENCY",
    "huge-text": "TEXT-LONG",
    "missing-date": "DATE-MISSING",
    "no-customers": "NO-LINES",
    "null-extended-price": "MONEY-MISSING",
    "null-vat": "VAT-MISSING",
    "receiver-changed": "RECEIVER-OTHER",
    "repeated-row-hash": "ROW-HASH-REPEATED",
    "sender-bank-changed": "SENDER-BANK-CHANGED",
    "sender-vat-changed": "SENDER-CHANGED",
    "text-extended-price": "FIELD-UNREADABLE",
    "totals-mismatch": "TOTALS-DIFFER",
    "unknown-charge-type": "CHARGE-TYPE-UNKNOWN",
    "vat-beyond-tolerance": "VAT-DIFFERS",
}
OTHERWISE = {
    # The starter tables book the known charge types only, so a line without one waits for a rule.
    "missing-charge-type": "held",
    # Two documents under one number are never added up by themselves, also when their heads agree.
    "same-number-two-parts": "held",
    # A hash that repeats within one document cannot double its cents: the totals agree. It is told.
    "repeated-row-hash": "posted",
}
"""Outcomes that differ from what the sandbox takes for granted, and why."""


def world() -> World:
    """A document for each defect, a month each."""
    names = [name for name in sorted(DEFECTS) if name != ELSEWHERE]
    return World(
        seed=7,
        resellers=(RESELLER_NL,),
        first_month=FIRST,
        last_month=LAST,
        customers=2,
        leaks=False,
        defects=tuple(SeededDefect(defect=name, reseller="nl", month=month) for month, name in enumerate(names)),
    )


def test_every_defect_has_its_outcome_and_a_corrected_document_mends_it(new_office: Office) -> None:
    office = new_office
    with Sandbox(world(), today=LATER) as sandbox:
        office.set_up(RESELLER_NL, sandbox.url, book_from=FIRST.isoformat(), auto_post='"all"')
        office.run("sync", today=LATER)
        truth = {each.defect: each for each in sandbox.manifest.of("nl") if each.defect}
        assert {*truth, ELSEWHERE} == DEFECTS.keys()
        documents = office.asked("invoices", "list", "--direction", "purchase")["invoices"]
        findings = office.asked("findings")["findings"]
        wrong = []
        for name, each in sorted(truth.items()):
            number = "" if name == "missing-number" else each.number
            states = {one["state"] for one in documents if one["number"] == number}
            codes = {one["code"] for one in findings if one["number"] == number}
            expected = OTHERWISE.get(name, "held" if each.expected == "hold" else "posted")
            if states != {expected} or CODES.get(name, "") not in {*codes, ""}:
                wrong.append((name, expected, states, codes))
        assert wrong == [], "\n".join(map(str, wrong))
        spoiled = {each.number for each in truth.values()} | {""}
        assert {one["state"] for one in documents if one["number"] not in spoiled} == {"posted"}, "the rest goes on"
        office.proves()

        number = truth["text-extended-price"].number
        assert office.document(number)["state"] == "held"
        mended = answer_with_the_amount(sandbox, truth["text-extended-price"], office.folder)
        office.run("pull", "--endpoint", "invoices", "--from-files", str(mended))
        office.run("sync", today=LATER)
        document = office.document(number)
        assert (document["state"], document["version"]) == ("posted", 2)
        office.proves()


def answer_with_the_amount(sandbox: Sandbox, truth: DocumentTruth, folder: Path) -> Path:
    """The document as it should have been, in an answer as Copaco would give it later."""
    address = f"{sandbox.url}/invoices?startDate={truth.date:%Y%m%d}&endDate={truth.date:%Y%m%d}"
    request = urllib.request.Request(address, headers={"Authorization": "Bearer sandbox-nl"})
    with urllib.request.urlopen(request) as answer:
        body = answer.read().decode()
    missing = Decimal(truth.true.net - truth.served.net) / 100
    assert body.count('"n/a"') == 1
    path = folder / "mended.json"
    path.write_text(body.replace('"n/a"', str(missing)), encoding="utf-8")
    return path
