"""The total on the PDF, typed by a person: confirmed, held, and every amount that is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.journeys.office import Office, told


def test_a_person_types_the_total_of_the_pdf(office: Office) -> None:
    entry = office.asked("entries", "list", "--state", "ready")["entries"][0]
    number, total = entry["number"], Decimal(entry["total"])
    typed = f"{total:.2f}".replace(".", ",")
    done = office.asked("invoices", "total", number, typed, "--direction", "purchase", "--as", "Eva")
    assert (done["confirmed"], done["printed"], done["difference"]) == (True, f"{total:.2f}", "0.00")
    assert done["actor"].startswith("Eva (--as, by ")
    office.run("sync")
    assert office.document(number)["state"] == "ready"
    (listed,) = office.asked("findings", "--code", "PRINTED-TOTAL-CONFIRMED")["findings"]
    assert "Eva" in listed["sentence"]
    assert office.added(lambda: office.run("sync")).keys() == {"fetch"}

    off = office.run("invoices", "total", number, f"-{total:.2f}").out
    assert "'connector sync' holds the document" in off
    office.run("sync")
    document = office.document(number)
    assert (document["state"], document["reasons"]) == ("held", ["PRINTED-TOTAL-DIFFERS"])
    euros = {each["code"]: Decimal(each["amount"]) for each in document["findings"]}
    assert euros["PRINTED-TOTAL-DIFFERS"] == 2 * total
    office.run("invoices", "total", number, str(total))
    office.run("entries", "approve", number, "--yes", code=2)
    office.run("sync")
    office.run("entries", "approve", number, "--yes")
    office.run("sync")
    assert office.document(number)["state"] == "posted"
    later = office.asked("invoices", "total", number, "1.00")
    assert (later["confirmed"], later["state"]) == (False, "posted")
    assert "a credit note" in office.run("invoices", "total", number, "2.00").out
    office.run("sync")
    assert office.document(number)["state"] == "posted"
    assert "PRINTED-TOTAL-DIFFERS" in str(office.document(number)["findings"])
    office.proves()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("1.234",), "'1.234' is no amount; write it like 1234.56 or 1234,56"),
        (("twelve",), "is no amount"),
        (("12", "34"), "unexpected extra argument"),
        (("12", "--direction", "sale"), "specifications of end customers are no invoices"),
        ((), "Missing argument 'AMOUNT'"),
    ],
)
def test_what_is_typed_wrong_is_refused_and_not_kept(sqlite_office: Office, given: tuple[str, ...], says: str) -> None:
    number = sqlite_office.asked("entries", "list")["entries"][0]["number"]
    told(sqlite_office.run("invoices", "total", number, *given, code=2), says)
    told(sqlite_office.run("invoices", "total", "no-such", "1", code=2), "There is no invoice no-such")
    assert sqlite_office.rows()["printed_total"] == 0
