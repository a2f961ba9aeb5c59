"""Every defect can be seeded, shows in its field, and is told by the manifest."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox import (
    DEFECTS,
    RESELLER_BE,
    RESELLER_NL,
    DocumentTruth,
    SeededDefect,
    World,
    manifest,
)
from connector.sandbox.answers import Question, answer_text
from tests.sandbox.conftest import cents, lines_of

MONTH = dt.date(2024, 3, 1)


def world_with(*defects: str, reseller: str = "nl") -> World:
    return World(
        seed=5,
        resellers=(RESELLER_NL, RESELLER_BE),
        first_month=MONTH,
        last_month=MONTH,
        customers=6,
        extras=False,
        leaks=False,
        defects=tuple(SeededDefect(defect=defect, reseller=reseller, month=0) for defect in defects),
    )


def served(defect: str, reseller: str = "nl") -> tuple[list[dict[str, Any]], DocumentTruth]:
    """Return what is served in place of the defective document, and its truth."""
    world = world_with(defect, reseller=reseller)
    asked = RESELLER_NL if reseller == "nl" else RESELLER_BE
    text = "".join(answer_text(Question(world, asked, "invoices", dt.date(2024, 4, 1), dt.date(2024, 4, 15))))
    (truth,) = (one for one in manifest(world, endpoints=["invoices"]).documents if one.defect)
    return json.loads(text, parse_float=Decimal)["Invoices"], truth


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_a_defect_is_served_and_told(defect: str) -> None:
    invoices, truth = served(defect)
    assert (truth.defect, truth.expected) == (defect, DEFECTS[defect].expected)
    assert truth.true.lines == 5
    assert truth.served.lines == sum(len(lines_of(invoice)) for invoice in invoices)
    sound = json.loads(
        "".join(answer_text(Question(world_with("repeated-line-id"), RESELLER_NL, "customer-specifications",
                                     dt.date(2024, 4, 1), dt.date(2024, 4, 15)))),
        parse_float=Decimal,
    )["Invoices"]  # fmt: skip
    assert len(sound) == 1, "the sale side stays sound"
    assert len(lines_of(sound[0])) == truth.true.lines


def test_all_defects_fit_in_one_world() -> None:
    names = sorted(DEFECTS)
    world = world_with(*names)
    truths = manifest(world, endpoints=["invoices"]).documents
    assert sorted(truth.defect for truth in truths if truth.defect) == names
    assert len({truth.number for truth in truths}) == len(truths)


def test_accepted_defects_change_no_cent() -> None:
    for name, defect in DEFECTS.items():
        if defect.expected == "accept" and name != "zero-total":
            _, truth = served(name)
            assert truth.served == truth.true, name


@pytest.mark.parametrize(
    ("defect", "field", "value"),
    [
        ("unknown-charge-type", "ChargeType", "UserCorrection"),
        ("null-extended-price", "ExtendedPrice", None),
        ("text-extended-price", "ExtendedPrice", "n/a"),
        ("null-vat", "VAT", None),
        ("cycle-fee-spelling", "ChargeType", "CycleFee"),
    ],
)
def test_the_fee_line_shows_it(defect: str, field: str, value: object) -> None:
    ((invoice,), _) = served(defect)
    assert [line[field] for line in lines_of(invoice)].count(value) == 1


def test_doubled_line_differs_in_rate_period_only() -> None:
    ((invoice,), truth) = served("duplicated-line")
    one, other, *_ = lines_of(invoice)
    assert {key for key in one if one[key] != other[key]} == {"RatePeriodID", "UID"}
    assert truth.served.lines == truth.true.lines + 1


def test_parts_under_one_number() -> None:
    for defect, agree in (("same-number-two-parts", True), ("same-number-different-parts", False)):
        (one, other), _ = served(defect)
        assert one["Header"]["InvoiceID"] == other["Header"]["InvoiceID"]
        assert (one["Header"] == other["Header"]) is agree
        repeated = {line["InvoiceRowHash"] for line in lines_of(one)} & {
            line["InvoiceRowHash"] for line in lines_of(other)
        }
        assert bool(repeated) is not agree


def test_vat_beyond_tolerance_is_beyond_it() -> None:
    ((invoice,), truth) = served("vat-beyond-tolerance")
    assert truth.served.vat - truth.true.vat == 100
    assert sum(cents(line["VAT"]) for line in lines_of(invoice)) == truth.served.vat


def test_cents_lost_by_rounding_per_line() -> None:
    ((invoice,), _) = served("vat-per-line-cents")
    assert [(line["ExtendedPrice"], line["VAT"]) for line in lines_of(invoice)] == [
        (Decimal("0.07"), Decimal("0.01"))
    ] * 3


def test_foreign_vat_on_a_belgian_invoice() -> None:
    ((invoice,), truth) = served("foreign-vat", "be")
    assert {line["TaxPercentage"] for line in lines_of(invoice)} == {21}
    assert truth.true.vat == 0
    assert truth.served.vat > 0


def test_forms_of_dates_and_numbers() -> None:
    ((iso,), _) = served("iso-date-times")
    assert iso["Header"]["Date"] == "2024-04-08T00:00:00"
    ((text,), _) = served("day-month-year")
    assert text["Header"]["Date"] == "08-04-2024"
    ((comma,), _) = served("decimal-comma")
    assert any("," in str(line["ExtendedPrice"]) for line in lines_of(comma))
    ((fraction,), _) = served("tax-fraction")
    assert {line["TaxPercentage"] for line in lines_of(fraction)} == {Decimal("0.21")}
    ((whole,), _) = served("integer-ids")
    assert all(isinstance(line["LineId"], int) for line in lines_of(whole))
    ((huge,), _) = served("huge-text")
    assert max(len(line["VendorDetails"]) for line in lines_of(huge)) == 1_000_000


def test_zero_total_and_wrong_totals() -> None:
    ((zero,), truth) = served("zero-total")
    assert (truth.served.net, truth.served.vat) == (0, 0)
    assert len(lines_of(zero)) == 2
    ((wrong,), truth) = served("totals-mismatch")
    assert cents(wrong["Totals"]["NetTotal"]) == truth.true.net + 100
