"""The example payloads and their variants: pages an accountant can read, and what must be true of them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from connector.domain.invoice import Direction
from connector.domain.reading import Reading, head_of, read
from connector.domain.vocabulary import Vocabulary
from tests.domain.books import BE, NL, prepare
from tests.domain.payloads import (
    CASES,
    CUSTOMERS,
    each_line,
    hashes,
    integer_ids,
    iso_dates,
    other_order,
    parsed,
    prepared,
    price_lines,
    sales,
    summarised,
    tree,
    unknown_fields,
)
from tests.domain.regenerate import GOLDEN, file_name


@pytest.mark.parametrize("case", CASES)
def test_the_page_of_a_case_is_the_golden_one(case: str) -> None:
    golden = (GOLDEN / file_name(case)).read_text(encoding="utf-8")
    assert f"{case}\n\n{CASES[case]()}" == golden, "run: python -m tests.domain.regenerate, and read the difference"


def test_there_is_no_golden_page_without_a_case() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {file_name(case) for case in CASES}


def test_totals_of_the_dutch_invoice() -> None:
    done = prepared(tree("nl_invoice"))
    assert (done.reading.net, done.reading.vat, done.entry.total_minor) == (246213, 51705, 297918)
    assert done.findings == ()


def test_totals_of_the_specification_and_its_margin() -> None:
    first, second = sales(tree("nl_specification"), NL.selling_to(*CUSTOMERS))
    assert (first.reading.net, second.reading.net) == (63164, 223495)
    vat = [p.minor for done in (first, second) for p in done.entry.postings if p.role.value == "vat due"]
    assert vat == [-13264, -46934]
    assert first.reading.net + second.reading.net - prepared(tree("nl_invoice")).reading.net == 40446
    assert first.findings == second.findings == ()


def test_totals_of_the_belgian_invoice_and_its_self_assessed_vat() -> None:
    invoice = tree("be_invoice_detail")
    summarised(invoice)
    done = prepared(invoice, BE)
    assert done.entry.total_minor == 50911
    assert [p.minor for p in done.entry.postings if p.role.value.startswith("vat")] == [10691, -10691]


@pytest.mark.parametrize(
    ("change", "same_booking"),
    [(integer_ids, False), (iso_dates, True), (each_line(TaxPercentage=Decimal("0.21")), True), (unknown_fields, True)],
    ids=["integer ids", "iso dates", "fraction", "unknown fields"],
)
def test_another_form_of_the_same_figures_books_the_same_entry(change: object, same_booking: bool) -> None:
    plain, invoice = prepared(tree("nl_invoice")), tree("nl_invoice")
    assert callable(change)
    change(invoice)
    other = prepared(invoice)
    assert other.entry.postings == plain.entry.postings
    assert other.entry.fingerprint == plain.entry.fingerprint
    # Other identifiers may be another customer or plan to a rule; all else is the same booking in another spelling.
    assert (other.reading.booking == plain.reading.booking) is same_booking
    assert reading(invoice).content != reading(tree("nl_invoice")).content


def reading(invoice: dict[str, object]) -> Reading:
    """A purchase read as the engine reads it, unknown fields included."""
    found = parsed(invoice)
    drift = [f"{each.path}={each.example}".encode() for each in found.drift]
    return read(
        found.invoice,
        head_of(found.invoice),
        direction=Direction.PURCHASE,
        vocabulary=Vocabulary(),
        drift=drift,
    )


def test_the_order_of_fields_lines_and_customers_changes_no_fingerprint() -> None:
    plain, other = reading(tree("nl_invoice")), reading(other_order(tree("nl_invoice")))
    assert (plain.content, plain.booking) == (other.content, other.booking)


def test_purchase_and_specification_meet_on_their_row_hashes() -> None:
    bought, sold = tree("nl_invoice"), tree("nl_specification")
    assert hashes(bought) == hashes(sold)
    price_lines(bought)[3]["InvoiceRowHash"] = "only bought"
    price_lines(sold)[4]["InvoiceRowHash"] = "only sold"
    assert {each[-4:] for each in hashes(bought) - hashes(sold)} == {"0015", "ught"}
    assert {each[-4:] for each in hashes(sold) - hashes(bought)} == {"0014", "sold"}


def test_a_customer_number_that_comes_late_is_a_version_and_no_correction() -> None:
    before, after = tree("nl_invoice"), tree("nl_invoice")
    after["Customers"][1]["CustomerNumber"] = "10034"
    for line in price_lines(after)[3:]:
        line["ConsumerCompanyNumber"] = "10034"
    assert reading(before).content != reading(after).content
    assert reading(before).booking == reading(after).booking


def test_no_header_sender_or_receiver_is_held_not_guessed() -> None:
    done = prepare(msgspec.structs.replace(parsed(tree("nl_invoice")).invoice, header=None, sender=None, receiver=None))
    assert done.held
    assert {"NUMBER-MISSING", "DATE-MISSING", "CURRENCY"} <= set(done.codes)
