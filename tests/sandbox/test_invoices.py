"""What the invoices say: arithmetic, dates, numbers, and how the three views on a line belong together."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from connector.sandbox import RESELLER_NL, Sandbox, bench_world, demo_world
from connector.sandbox.answers import Question, answer_text
from connector.sandbox.figures import half_up, prorated, prorated_unit_text, sale_price, vat_on
from connector.sandbox.parties import belgian_vat_number, dutch_vat_number
from tests.sandbox.conftest import TODAY, ask, cents, lines_of, small_world

CENT = Decimal("0.01")
KEYS = ("sandbox-nl", "sandbox-be", "sandbox-be-domestic")


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def day(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%Y%m%d").replace(tzinfo=dt.UTC).date()


def hashes(invoices: list[dict[str, Any]]) -> set[str]:
    return {line["InvoiceRowHash"] for invoice in invoices for line in lines_of(invoice)}


def test_the_worked_corrections_of_the_reference() -> None:
    assert prorated(1810, -3, 27, 31) == -4729
    assert prorated_unit_text(1810, 27, 31, -1) == "-15.764516"
    assert prorated(1090, -2, 27, 30) == -1962
    assert prorated(1090, 1, 10, 30) == 363
    assert prorated(2200, -3, 27, 31) == -5748
    assert prorated_unit_text(2200, 27, 31, -1) == "-19.161290"
    assert [vat_on(net, 21) for net in (21720, -4729, 38647, 975)] == [4561, -993, 8116, 205]


@pytest.mark.parametrize("numerator", [-15, -5, -1, 0, 1, 4, 5, 6, 15, 25])
def test_rounds_half_away_from_zero(numerator: int) -> None:
    assert half_up(numerator, 10) == int((Decimal(numerator) / 10).quantize(Decimal(1), ROUND_HALF_UP))


def test_sale_price_leaves_the_margin() -> None:
    assert sale_price(8000, 200) == 10000


@pytest.mark.parametrize("endpoint", ["invoices", "customer-specifications", "customer-invoices"])
def test_equal_worlds_serve_equal_bytes(endpoint: str) -> None:
    first, last = dt.date(2024, 8, 1), dt.date(2024, 9, 30)
    texts = ["".join(answer_text(Question(small_world(), RESELLER_NL, endpoint, first, last))) for _ in range(2)]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 10_000


def test_another_seed_is_another_world() -> None:
    window = (dt.date(2025, 1, 1), dt.date(2025, 1, 31))
    one, other = (
        "".join(answer_text(Question(demo_world(TODAY, seed=seed), RESELLER_NL, "invoices", *window)))
        for seed in (1, 2)
    )
    assert one != other


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("endpoint", ["invoices", "customer-invoices"])
def test_vat_is_rounded_per_line_and_fits_its_sum(quiet: Sandbox, key: str, endpoint: str) -> None:
    for invoice in ask(quiet, endpoint, key=key):
        lines = lines_of(invoice)
        (rate,) = {line["TaxPercentage"] for line in lines}
        off = [line["VAT"] - rounded(line["ExtendedPrice"] * rate / 100) for line in lines]
        assert all(abs(difference) <= CENT for difference in off)
        assert sum(difference != 0 for difference in off) <= 1
        net = sum(line["ExtendedPrice"] for line in lines)
        vat = sum(line["VAT"] for line in lines)
        assert abs(vat - rounded(net * rate / 100)) <= Decimal("0.005") * (len(lines) + 1)


def test_rates_follow_the_parties(quiet: Sandbox) -> None:
    def rates(key: str) -> set[tuple[str, str, int, str]]:
        return {
            (
                invoice["Sender"]["VATNumber"][:2],
                invoice["Receiver"]["VATNumber"][:2],
                line["TaxPercentage"],
                line["TaxZoneID"],
            )
            for invoice in ask(quiet, key=key)
            for line in lines_of(invoice)
        }

    assert rates("sandbox-nl") == {("NL", "NL", 21, "NL")}
    assert rates("sandbox-be") == {("NL", "BE", 0, "")}
    assert rates("sandbox-be-domestic") == {("BE", "BE", 21, "BE")}


def test_customers_abroad_get_reverse_charge(quiet: Sandbox) -> None:
    countries: Counter[tuple[str, int]] = Counter()
    for invoice in ask(quiet, "customer-invoices"):
        assert invoice["Sender"]["CompanyName"] == RESELLER_NL.party.company_name
        (customer,) = invoice["Customers"]
        assert invoice["Receiver"]["AccountID"] == customer["AccountID"]
        (rate,) = {line["TaxPercentage"] for line in lines_of(invoice)}
        countries[invoice["Receiver"]["CountryCode"], rate] += 1
        assert invoice["Receiver"]["VATNumber"].startswith(invoice["Receiver"]["CountryCode"])
    assert set(countries) == {("NL", 21), ("BE", 0)}


def test_lines_are_quantity_times_unit_price(quiet: Sandbox) -> None:
    for endpoint in ("invoices", "customer-specifications"):
        for line in (line for invoice in ask(quiet, endpoint) for line in lines_of(invoice)):
            computed = Decimal(line["Quantity"]) * line["UnitPrice"] - line["Discount"]
            assert abs(computed - line["ExtendedPrice"]) <= CENT, line


def test_every_kind_of_line_is_there(quiet: Sandbox) -> None:
    invoices = ask(quiet)
    kinds = Counter(line["ChargeType"] for invoice in invoices for line in lines_of(invoice))
    assert set(kinds) == {"Purchase Fee", "Cycle Fee", "Correction", "Usage Fee", "One Time Fee", "Item Fee"}
    assert any(line["ExtendedPrice"] < 0 for invoice in invoices for line in lines_of(invoice))
    frequencies = {line["BillingFrequency"] for invoice in invoices for line in lines_of(invoice)}
    assert frequencies == {"", "Monthly", "Yearly", "One Time"}
    subscriptions = [
        subscription
        for invoice in invoices
        for customer in invoice["Customers"]
        for subscription in customer["Subscriptions"]
    ]
    assert {detail["noshow"] for one in subscriptions for detail in one["SubscriptionDetails"]} == {True, False}
    vendor_texts = [line["VendorDetails"] for invoice in invoices for line in lines_of(invoice)]
    assert any(vendor_texts)
    assert max(map(len, vendor_texts)) <= 120
    totals = [sum(line["ExtendedPrice"] + line["VAT"] for line in lines_of(invoice)) for invoice in invoices]
    assert min(totals) < 0, "a credit note"


def test_one_main_invoice_a_month_around_the_23rd(quiet: Sandbox) -> None:
    invoices = ask(quiet)
    numbers = [invoice["Header"]["InvoiceID"] for invoice in invoices]
    assert len(set(numbers)) == len(numbers)
    main = [invoice for invoice in invoices if len(lines_of(invoice)) > 50]
    dates = [day(invoice["Header"]["Date"]) for invoice in main]
    assert [(date.year, date.month) for date in dates] == [*((2024, month) for month in range(7, 13)), (2025, 1)]
    assert {date.day for date in dates} <= {22, 23, 24}
    for invoice in invoices:
        header = invoice["Header"]
        due = day(header["Date"]) + dt.timedelta(days=header["TermsOfPaymentDays"])
        assert header["ExpirationDate"] == f"{due:%Y%m%d}"
        assert header["Type"] == "INVOICE"


def test_keys_are_alphabetical_and_totals_absent(quiet: Sandbox) -> None:
    def check(value: Any) -> None:
        if isinstance(value, dict):
            assert list(value) == sorted(value, key=str.casefold)
            assert "Totals" not in value
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(part)

    check(ask(quiet, key="sandbox-be"))


def test_totals_on_request() -> None:
    with Sandbox(small_world(), today=TODAY, totals=True) as sandbox:
        for invoice in ask(sandbox):
            net = sum(line["ExtendedPrice"] for line in lines_of(invoice))
            vat = sum(line["VAT"] for line in lines_of(invoice))
            assert invoice["Totals"] == {"GrossTotal": net + vat, "NetTotal": net, "VATTotal": vat}


def test_hashes_pair_cost_with_both_sales_but_for_the_leaks(quiet: Sandbox) -> None:
    for reseller, key in (("nl", "sandbox-nl"), ("be", "sandbox-be")):
        purchase, specified, issued = (
            hashes(ask(quiet, endpoint, key=key))
            for endpoint in ("invoices", "customer-specifications", "customer-invoices")
        )
        assert specified == issued
        leaks = {leak.row_hash for truth in quiet.manifest.of(reseller) for leak in truth.leaks}
        extra = {
            leak.row_hash for truth in quiet.manifest.of(reseller, "customer-specifications") for leak in truth.leaks
        }
        assert purchase - specified == leaks
        assert specified - purchase == extra
        assert leaks
        assert extra


def test_margins_lie_between_twelve_and_twenty_five_percent(quiet: Sandbox) -> None:
    cost = {line["InvoiceRowHash"]: line for invoice in ask(quiet) for line in lines_of(invoice)}
    for line in (line for invoice in ask(quiet, "customer-specifications") for line in lines_of(invoice)):
        partner = cost.get(line["InvoiceRowHash"])
        assert (line["VAT"], line["TaxPercentage"]) == (0, 0)
        if partner is not None and abs(line["ExtendedPrice"]) > 5:
            margin = 1 - partner["ExtendedPrice"] / line["ExtendedPrice"]
            assert Decimal("0.115") < margin < Decimal("0.255")


@pytest.mark.parametrize("endpoint", ["invoices", "customer-specifications", "customer-invoices"])
def test_detail_splits_corrections_without_changing_a_sum(quiet: Sandbox, endpoint: str) -> None:
    split = 0
    for whole, detailed in zip(ask(quiet, endpoint), ask(quiet, endpoint, detail=True), strict=True):
        for one, many in zip(whole["Customers"], detailed["Customers"], strict=True):
            for summary, parts in zip(one["Subscriptions"], many["Subscriptions"], strict=True):
                before, after = summary["PriceLines"], parts["PriceLines"]
                split += len(after) - len(before)
                for kind in {line["ChargeType"] for line in before}:
                    sums = [
                        tuple(
                            sum(cents(line[field]) for line in lines if line["ChargeType"] == kind)
                            for field in ("ExtendedPrice", "VAT")
                        )
                        for lines in (before, after)
                    ]
                    assert sums[0] == sums[1]
                if len(after) != len(before):
                    assert {line["ChargeType"] for line in after[-2:]} == {"Correction"}
    assert split > 0


def test_detail_lines_keep_the_vat_rule(quiet: Sandbox) -> None:
    for line in (line for invoice in ask(quiet, detail=True) for line in lines_of(invoice)):
        assert abs(line["VAT"] - rounded(line["ExtendedPrice"] * 21 / 100)) <= CENT


def test_seats_follow_from_the_corrections(quiet: Sandbox) -> None:
    """Seats of a cycle are those of the cycle before plus what the detailed corrections changed."""
    seats: dict[str, Decimal] = {}
    compared = 0
    for invoice in ask(quiet, detail=True):
        for subscription in (one for customer in invoice["Customers"] for one in customer["Subscriptions"]):
            fees = [line for line in subscription["PriceLines"] if line["ChargeType"] in {"Cycle Fee", "Item Fee"}]
            monthly = [line for line in fees if line["BillingFrequency"] == "Monthly"]
            if not monthly or subscription["PlanCategoryName"] == "Copaco":
                continue
            change = sum(
                line["Quantity"] * (1 if line["ExtendedPrice"] > 0 else -1)
                for line in subscription["PriceLines"]
                if line["ChargeType"] == "Correction"
            )
            name, now = subscription["SubscriptionID"], monthly[0]["Quantity"]
            if name in seats:
                assert now == seats[name] + change
                compared += change != 0
            seats[name] = now
    assert compared > 10


def test_issued_numbers_are_unique_and_without_gaps(quiet: Sandbox) -> None:
    numbers = [invoice["Header"]["InvoiceID"] for invoice in ask(quiet, "customer-invoices")]
    assert len(set(numbers)) == len(numbers)
    july = sorted(number for number in numbers if number.startswith("VF202407"))
    assert july == [f"VF202407{place:06d}" for place in range(1, 31)]


def test_a_late_customer_number_comes_with_the_specification(quiet: Sandbox) -> None:
    def numbers(endpoint: str) -> list[tuple[str, str, str]]:
        return [
            (invoice["Header"]["InvoiceID"], customer["AccountID"], customer["CustomerNumber"])
            for invoice in ask(quiet, endpoint)
            for customer in invoice["Customers"]
        ]

    purchase, specified = numbers("invoices"), numbers("customer-specifications")
    assert any(not number for _, _, number in purchase)
    filled = [
        (before, after) for before, after in zip(purchase, specified, strict=True) if before != after and after[2]
    ]
    assert filled
    assert all(not before[2] for before, _ in filled)


@pytest.mark.parametrize("seed", [0, 5, 12_345, 999_998])
def test_vat_numbers_pass_their_check(seed: int) -> None:
    dutch, belgian = dutch_vat_number(seed), belgian_vat_number(seed)
    digits = [int(digit) for digit in dutch[2:11]]
    total = sum(digit * weight for digit, weight in zip(digits[:8], range(9, 1, -1), strict=True))
    assert (total - digits[8]) % 11 == 0
    assert (dutch[11:], len(dutch)) == ("B01", 14)
    assert (int(belgian[2:10]) + int(belgian[10:])) % 97 == 0
    assert len(belgian) == 12


def test_ibans_pass_their_check(quiet: Sandbox) -> None:
    ibans = {
        invoice["Sender"]["IBAN"]
        for key in KEYS
        for endpoint in ("invoices", "customer-invoices")
        for invoice in ask(quiet, endpoint, key=key)
    }
    assert len(ibans) == 4
    for iban in ibans:
        assert int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


@pytest.mark.parametrize("lines", [10_000, 100_000, 1_000_000])
def test_bench_worlds_have_the_size_asked_for(lines: int) -> None:
    world = bench_world(lines)
    assert world.lines_per_invoice is not None
    assert len(world.months) * world.invoices_per_month * world.lines_per_invoice == lines
