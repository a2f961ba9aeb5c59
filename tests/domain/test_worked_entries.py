"""The worked entries of the bookkeeping reference, with the starter mappings, to the cent.

The figures are typed in; each table has role, debit and credit, as an accountant writes it.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from connector.domain.invoice import Detail, Party
from connector.domain.journal import DocumentKind, Posting, PostingRole
from connector.domain.mapping import DimensionRule, MappedCustomer
from connector.domain.money import show
from connector.domain.rules import Rule
from connector.domain.tax import TaxMapRow
from tests.domain.books import (
    BE,
    BE_VAT,
    COPACO_BE,
    COPACO_NL,
    FAR_AWAY,
    NL,
    YEAR,
    Books,
    Prepared,
    Priced,
    by_roles,
    invoice,
    prepare,
    priced,
    sell,
    table,
)

NL_LINES, BE_LINES = NL.setting(aggregate_purchase="line"), BE.setting(aggregate_purchase="line")


def worked_invoice(rate: str = "21") -> list[Priced]:
    """The four lines of the worked invoice: customers A (cost centre KP100) and B (KP200)."""
    taxed = rate != "0"

    def vat(amount: str) -> str:
        return amount if taxed else "0"

    return [
        priced(
            "Cycle Fee", "434.00", vat("91.14"), rate=rate, cost_center="KP100",
            quantity=Decimal(25), unit_price=Decimal("17.36"), billing_frequency="Monthly",
        ),
        priced("Usage Fee", "212.37", vat("44.60"), rate=rate, cost_center="KP100", plan="Azure plan"),
        priced(
            "Purchase Fee", "1200.00", vat("252.00"), rate=rate, customer="B", cost_center="KP200", period=YEAR,
            plan="Microsoft 365 E3", quantity=Decimal(10), unit_price=Decimal("120.00"), billing_frequency="Yearly",
        ),
        priced(
            "Correction", "-86.80", vat("-18.23"), rate=rate, customer="B", cost_center="KP200",
            period=("20261012", "20261114"), plan="Microsoft 365 E3",
        ),
    ]  # fmt: skip


COSTS = (
    ("cost_licences", "434.00", ""),
    ("cost_cloud_usage", "212.37", ""),
    ("cost_licences", "1,200.00", ""),
    ("cost_licences", "", "86.80"),
)


def test_1_1_purchase_invoice_domestic_21_percent() -> None:
    done = prepare(invoice(*worked_invoice()), NL_LINES)
    assert table(done.entry) == by_roles(
        NL, *COSTS, ("vat_input_high", "369.51", ""), ("creditors_control", "", "2,129.08")
    )
    assert done.entry.kind is DocumentKind.INVOICE
    assert done.entry.total_minor == 212908
    # Per line the VAT is 91.14 + 44.60 + 252.00 - 18.23 = 369.51, per group 369.5097: nothing to remark.
    assert done.findings == ()


def test_1_1_the_belgian_reseller_with_a_belgian_supplier_books_the_same_shape() -> None:
    done = prepare(invoice(*worked_invoice(), sender=COPACO_BE, receiver=BE_VAT), BE_LINES)
    assert table(done.entry) == by_roles(
        BE, *COSTS, ("vat_input_high", "369.51", ""), ("creditors_control", "", "2,129.08")
    )
    accounts = [posting.account for posting in done.entry.postings]
    assert accounts == ["604", "602", "604", "604", "411", "440"]


@pytest.mark.parametrize(
    ("role", "tag"),
    [
        ("cost_licences", "WKprInhInh"),
        ("cost_cloud_usage", "WKprKuwAek"),
        ("cost_other", "WKprKuwAek"),
        ("vat_input_high", "BSchBepBoo"),
        ("creditors_control", "BSchCreHac"),
        ("vat_input_rc_domestic", "BSchBepBoo"),
        ("vat_due_rc_domestic", "BSchBepBlw"),
        ("debtors_control", "BVorDebHad"),
        ("revenue_licences", "WOmzNodOdh"),
        ("revenue_cloud_usage", "WOmzNodOdh"),
        ("vat_output_high", "BSchBepBla"),
        ("revenue_eu_services", "WOmzNodOdi"),
    ],
)
def test_the_dutch_accounts_of_the_worked_entries_carry_their_rgs_codes(role: str, tag: str) -> None:
    assert NL.mapping.chart.accounts[NL.account(role)].tag == tag


def test_1_2_belgian_reseller_with_a_dutch_supplier_is_reverse_charged() -> None:
    done = prepare(invoice(*worked_invoice("0"), receiver=BE_VAT), BE_LINES)
    assert table(done.entry) == sorted(
        [
            ("604", "434.00", ""),
            ("602", "212.37", ""),
            ("604", "1,200.00", ""),
            ("604", "", "86.80"),
            ("411", "369.51", ""),
            ("451055", "", "369.51"),
            ("440", "", "1,759.57"),
        ]
    )
    assert {posting.base_minor for posting in vat_of(done)} == {175957}
    assert {posting.tax for posting in done.entry.postings} == {"BE.P.RC_EU_SVC.21", ""}


def test_1_2_with_80_percent_right_of_deduction_the_rest_is_cost_and_the_vat_due_stays() -> None:
    done = prepare(invoice(*worked_invoice("0"), receiver=BE_VAT), BE_LINES.setting(vat_deduction=Decimal(80)))
    assert table(done.entry) == by_roles(
        BE,
        *COSTS,
        ("vat_input_rc_eu", "295.61", ""),
        ("vat_non_deductible", "73.90", ""),
        ("vat_due_rc_eu", "", "369.51"),
        ("creditors_control", "", "1,759.57"),
    )
    cost = next(posting for posting in done.entry.postings if posting.role is PostingRole.VAT_COST)
    assert (cost.account, cost.minor) == ("640", 7390)


@pytest.mark.parametrize(("sender", "where"), [(COPACO_BE, "eu"), (FAR_AWAY, "non_eu")])
def test_1_3_dutch_reseller_with_a_supplier_abroad(sender: Party, where: str) -> None:
    done = prepare(invoice(*worked_invoice("0"), sender=sender), NL_LINES)
    assert table(done.entry) == by_roles(
        NL,
        *COSTS,
        (f"vat_input_rc_{where}", "369.51", ""),
        (f"vat_due_rc_{where}", "", "369.51"),
        ("creditors_control", "", "1,759.57"),
    )


TELECOM = priced("Cycle Fee", "500.00", rate="0", category="Telecom", plan="VoIP channels")


def test_1_4_domestic_reverse_charge_needs_a_row_of_its_own_and_is_held_without_one() -> None:
    held = prepare(invoice(TELECOM), NL)
    assert held.codes == ["TAX-ZERO-AMBIGUOUS"]
    assert held.held
    rule = Rule(id="P080", row=90, direction="purchase", product_group="Telecom", account=NL.account("cost_other"))
    shifted = TaxMapRow(
        id="T015", direction="purchase", own_country="NL", other_vat_country="own", stated_rate=Decimal(0),
        product_group="Telecom", treatment="RC_DOM", row=9,
    )  # fmt: skip
    books = NL.having(rules=(*NL.mapping.rules, rule), tax_map=(*NL.mapping.tax_map, shifted))
    done = prepare(invoice(TELECOM), books)
    assert table(done.entry) == by_roles(
        NL,
        ("cost_other", "500.00", ""),
        ("vat_input_rc_domestic", "105.00", ""),
        ("vat_due_rc_domestic", "", "105.00"),
        ("creditors_control", "", "500.00"),
    )


def test_1_6_a_negative_line_credits_the_same_account_under_the_same_tax_code_and_is_not_netted() -> None:
    by_line = prepare(invoice(*worked_invoice()), NL_LINES).entry
    correction = by_line.postings[3]
    assert (correction.account, correction.minor, correction.tax) == ("7010", -8680, "NL.P.STD.21")
    # Aggregated as shipped, the credit still stands beside the debits, and the deferred line on its own.
    aggregated = prepare(invoice(*worked_invoice()), NL).entry
    costs = [(p.minor, p.deferral) for p in aggregated.postings if p.account == "7010"]
    assert sorted(costs) == [(-8680, ""), (43400, ""), (120000, "days")]


CREDIT = priced("Correction", "-150.00", "-31.50")


@pytest.mark.parametrize(
    ("books", "sender", "accounts"),
    [(NL, COPACO_NL, ("1600", "7010", "1520")), (BE, COPACO_BE, ("440", "604", "411"))],
)
def test_1_7_whole_credit_note(books: Books, sender: Party, accounts: tuple[str, str, str]) -> None:
    creditor, cost, vat = accounts
    done = prepare(invoice(CREDIT, sender=sender, receiver=books.vat_number), books)
    assert table(done.entry) == sorted([(creditor, "181.50", ""), (cost, "", "150.00"), (vat, "", "31.50")])
    assert done.entry.kind is DocumentKind.CREDIT_NOTE
    assert done.entry.total_minor == -18150


def test_1_7_a_credit_under_reverse_charge_lowers_both_vat_accounts() -> None:
    done = prepare(invoice(priced("Correction", "-150.00", rate="0"), receiver=BE_VAT), BE)
    assert table(done.entry) == by_roles(
        BE,
        ("creditors_control", "150.00", ""),
        ("cost_licences", "", "150.00"),
        ("vat_due_rc_eu", "31.50", ""),
        ("vat_input_rc_eu", "", "31.50"),
    )
    assert {posting.base_minor for posting in vat_of(done)} == {-15000}


def vat_of(done: Prepared) -> list[Posting]:
    kinds = (PostingRole.VAT_INPUT, PostingRole.VAT_DUE, PostingRole.VAT_COST)
    return [posting for posting in done.entry.postings if posting.role in kinds]


A = MappedCustomer(account_id="A", name="Customer A", debtor="10001", country="NL", terms_days=14, row=2)
B = MappedCustomer(account_id="B", name="Customer B", debtor="10002", country="NL", row=3)
ABROAD = MappedCustomer(
    account_id="E", name="Customer E", debtor="10003", vat_number="DE123456789",
    vat_checked=datetime.date(2026, 12, 1), row=4,
)  # fmt: skip
SOLD_TO_A = (
    priced("Cycle Fee", "537.50", rate="0", quantity=Decimal(25), unit_price=Decimal("21.50")),
    priced("Usage Fee", "265.46", rate="0", plan="Azure plan"),
)
SOLD_TO_B = (
    priced("Purchase Fee", "1500.00", rate="0", customer="B", period=YEAR, billing_frequency="Yearly"),
    priced("Correction", "-108.50", rate="0", customer="B"),
)
SELLING = {"NL": NL.selling_to(A, B, ABROAD), "BE": BE.selling_to(*(
    MappedCustomer(account_id=each.account_id, name=each.name, country="BE") for each in (A, B)
), ABROAD)}  # fmt: skip


@pytest.mark.parametrize("books", SELLING.values(), ids=SELLING)
def test_1_12_sales_invoice_of_customer_a(books: Books) -> None:
    done = sell(*SOLD_TO_A, books=books)
    assert table(done.entry) == by_roles(
        books,
        ("debtors_control", "971.58", ""),
        ("revenue_licences", "", "537.50"),
        ("revenue_cloud_usage", "", "265.46"),
        ("vat_output_high", "", "168.62"),
    )
    assert done.entry.total_minor == 97158
    assert done.findings == ()


@pytest.mark.parametrize("books", SELLING.values(), ids=SELLING)
def test_1_12_sales_invoice_of_customer_b_rounds_292_215_up(books: Books) -> None:
    done = sell(*SOLD_TO_B, books=books)
    assert table(done.entry) == by_roles(
        books,
        ("debtors_control", "1,683.72", ""),
        ("revenue_licences", "", "1,500.00"),
        ("revenue_licences", "108.50", ""),
        ("vat_output_high", "", "292.22"),
    )


@pytest.mark.parametrize("books", SELLING.values(), ids=SELLING)
def test_1_12_sales_to_a_customer_in_another_member_state_bear_no_vat(books: Books) -> None:
    done = sell(priced("Cycle Fee", "300.00", rate="0", customer="E"), books=books)
    assert table(done.entry) == by_roles(
        books, ("debtors_control", "300.00", ""), ("revenue_eu_services", "", "300.00")
    )
    assert done.entry.postings[0].tax == f"{books.country}.S.EU_SVC"


def test_1_12_belgian_account_numbers() -> None:
    entry = sell(*SOLD_TO_A, books=SELLING["BE"]).entry
    assert [posting.account for posting in entry.postings] == ["7000", "7050", "451054", "400"]


def test_a_credit_to_a_customer_is_the_mirror_image() -> None:
    done = sell(priced("Correction", "-100.00", rate="0"), books=SELLING["NL"])
    assert table(done.entry) == by_roles(
        NL, ("debtors_control", "", "121.00"), ("revenue_licences", "100.00", ""), ("vat_output_high", "21.00", "")
    )
    assert done.entry.kind is DocumentKind.CREDIT_NOTE
    assert done.entry.total_minor == -12100


# 1.15: five lines of 10.07 have 2.11 VAT each, 10.55 together; on the sum of 50.35 it is 10.57.
FIVE = [priced("Cycle Fee", "10.07", "2.11", customer=name) for name in "VWXYZ"]
REDUCED = priced("Cycle Fee", "100.00", "9.00", rate="9", plan="E-books")


def test_1_15_the_stated_vat_is_booked() -> None:
    totals = {"NetTotal": "50.35", "VATTotal": "10.57", "GrossTotal": "60.92"}
    done = prepare(invoice(*FIVE, totals=totals), NL)
    assert table(done.entry) == TEN_FIFTY_SEVEN
    assert done.codes == ["TOTALS-ROUNDED", "VAT-ROUNDED"]


def test_1_15_the_stated_vat_is_booked_where_only_it_is_stated() -> None:
    assert table(prepare(invoice(*FIVE, totals={"VAT": "10.57"}), NL).entry) == TEN_FIFTY_SEVEN


def test_1_15_with_one_rate_and_only_a_gross_total_the_vat_is_the_difference() -> None:
    done = prepare(invoice(*FIVE, totals={"Total": "60.92"}), NL)
    assert table(done.entry) == TEN_FIFTY_SEVEN


TEN_FIFTY_SEVEN = by_roles(
    NL, ("cost_licences", "50.35", ""), ("vat_input_high", "10.57", ""), ("creditors_control", "", "60.92")
)


def test_1_15_with_several_rates_the_difference_goes_to_the_rounding_account() -> None:
    done = prepare(invoice(*FIVE, REDUCED, totals={"Total": "169.92"}), NL)
    assert table(done.entry) == by_roles(
        NL,
        ("cost_licences", "100.00", ""),
        ("cost_licences", "50.35", ""),
        ("vat_input_low", "9.00", ""),
        ("vat_input_high", "10.55", ""),
        ("rounding_debit", "0.02", ""),
        ("creditors_control", "", "169.92"),
    )


def test_1_15_a_difference_the_other_way_is_credited_to_the_rounding_account() -> None:
    done = prepare(invoice(*FIVE, REDUCED, totals={"Total": "169.88"}), ROUNDING_APART)
    rounding = [p for p in done.entry.postings if p.role is PostingRole.ROUNDING]
    assert [(p.account, p.minor) for p in rounding] == [("rounding_credit", -2)]
    assert done.entry.total_minor == 16988


def _apart(books: Books) -> Books:
    """The same books with an account of its own for each rounding role, to see which one is taken."""
    roles = books.mapping.chart.roles | {role: role for role in ("rounding_debit", "rounding_credit")}
    return books.having(chart=type(books.mapping.chart)(accounts=books.mapping.chart.accounts, roles=roles))


ROUNDING_APART = _apart(NL)


def test_1_15_beyond_the_tolerance_of_the_settings_it_is_held() -> None:
    done = prepare(invoice(*FIVE, REDUCED, totals={"Total": "169.93"}), NL)
    assert done.booked is not None
    assert [(found.code, found.minor) for found in done.booked.findings] == [("TOTALS-DIFFER", 3)]
    assert done.booked.entry is None
    wider = NL.setting(tolerance_document=Decimal("0.03"))
    assert prepare(invoice(*FIVE, REDUCED, totals={"Total": "169.93"}), wider).entry.total_minor == 16993


def test_1_15_without_any_total_the_vat_of_the_lines_is_booked_with_a_warning() -> None:
    done = prepare(invoice(*FIVE), NL)
    assert table(done.entry) == by_roles(
        NL, ("cost_licences", "50.35", ""), ("vat_input_high", "10.55", ""), ("creditors_control", "", "60.90")
    )
    assert [(found.code, found.minor) for found in done.findings] == [("VAT-ROUNDED", -2)]
    assert not done.held


@pytest.mark.parametrize(("total", "held"), [("60.93", False), ("60.94", True), ("60.87", False), ("60.86", True)])
def test_1_15_rounding_per_line_explains_half_a_cent_per_line_and_a_half(total: str, held: bool) -> None:
    done = prepare(invoice(*FIVE, totals={"Total": total}), NL)
    assert done.held is held
    assert ("TOTALS-DIFFER" in done.codes) is held


def test_1_15_the_corrected_vat_is_what_the_right_of_deduction_splits() -> None:
    done = prepare(invoice(*FIVE, totals={"Total": "60.92"}), NL.setting(vat_deduction=Decimal(50)))
    assert table(done.entry) == by_roles(
        NL,
        ("cost_licences", "50.35", ""),
        ("vat_input_high", "5.29", ""),
        ("vat_non_deductible", "5.28", ""),
        ("creditors_control", "", "60.92"),
    )


def test_1_15_where_net_and_vat_are_stated_and_a_cent_is_left_it_is_not_deducted() -> None:
    totals = {"Net": "50.36", "VAT": "10.57", "Gross": "60.93"}
    done = prepare(invoice(*FIVE, totals=totals), NL)
    assert table(done.entry) == by_roles(
        NL,
        ("cost_licences", "50.35", ""),
        ("vat_input_high", "10.57", ""),
        ("rounding_debit", "0.01", ""),
        ("creditors_control", "", "60.93"),
    )


def test_1_15_sales_vat_is_computed_per_group() -> None:
    lines = [priced("Cycle Fee", "10.07", rate="0") for _ in range(5)]
    done = sell(*lines, books=SELLING["NL"])
    assert next(p.minor for p in done.entry.postings if p.role is PostingRole.VAT_DUE) == -1057


@pytest.mark.parametrize(("total", "role", "minor"), [("60.93", "rounding_credit", -1), ("60.91", "rounding_debit", 1)])
def test_1_15_a_sale_owes_what_its_document_states(total: str, role: str, minor: int) -> None:
    lines = [priced("Cycle Fee", "10.07", rate="0") for _ in range(5)]
    done = sell(*lines, books=_apart(SELLING["NL"]), totals={"Total": total})
    rounding = [(p.account, p.minor) for p in done.entry.postings if p.role is PostingRole.ROUNDING]
    assert rounding == [(role, minor)]
    assert show(done.entry.total_minor) == total


def test_a_sale_whose_document_states_vat_books_that_vat() -> None:
    lines = [priced("Cycle Fee", "10.07", "2.11") for _ in range(5)]
    done = sell(*lines, books=SELLING["NL"], totals={"Total": "60.90"})
    assert table(done.entry) == by_roles(
        NL, *[("revenue_licences", "", "10.07")] * 5, ("vat_output_high", "", "10.55"), ("debtors_control", "60.90", "")
    )


COST_CENTRE = DimensionRule(dimension="costcentre", template="{cost_center}", required=True, row=2)


def test_1_17_dimensions_are_on_profit_and_loss_only() -> None:
    entry = prepare(invoice(*worked_invoice()), NL_LINES.having(dimensions=(COST_CENTRE,))).entry
    assert [(p.role.value, dict(p.dimensions)) for p in entry.postings] == [
        ("net", {"costcentre": "KP100"}),
        ("net", {"costcentre": "KP100"}),
        ("net", {"costcentre": "KP200"}),
        ("net", {"costcentre": "KP200"}),
        ("vat input", {}),
        ("party", {}),
    ]


def test_1_17_a_missing_dimension_that_is_required_holds() -> None:
    done = prepare(invoice(priced("Cycle Fee", "10.00", "2.10")), NL.having(dimensions=(COST_CENTRE,)))
    assert [(found.code, found.minor) for found in done.findings] == [("DIMENSION-MISSING", 1000)]


def test_1_18_the_customers_order_number_reaches_the_sales_line_and_the_document_number_the_entry() -> None:
    lines = [
        priced("Cycle Fee", "100.00", rate="0", po_number="PO-SUBSCRIPTION", sub_po_number="PO-LINE"),
        priced("Cycle Fee", "100.00", rate="0", po_number="PO-SUBSCRIPTION", plan="Backup"),
    ]
    books = SELLING["NL"].setting(line_text="{plan_name}, order {po_number}")
    entry = sell(*lines, books=books).entry
    texts = [p.text for p in entry.postings if p.role is PostingRole.NET]
    assert texts == ["Microsoft 365, order PO-LINE", "Backup, order PO-SUBSCRIPTION"]
    assert entry.number == "2600123"


HIDDEN = Detail(attribute="ref", attribute_value="x-1", noshow=True)
CORES = Detail(attribute="vcpu", attribute_value=16, attribute_description="vCores", noshow=False)


@pytest.mark.parametrize("direction", ["purchase", "sale"])
def test_the_words_of_the_vendor_and_the_attributes_of_a_subscription_reach_the_text(direction: str) -> None:
    sold = direction == "sale"
    vat, rate = ("0", "0") if sold else ("21.00", "21")
    lines = [
        priced("Cycle Fee", "100.00", vat, rate=rate, vendor_details="one.example, renewal"),
        priced("Cycle Fee", "100.00", vat, rate=rate, vendor_details="two.example, renewal"),
        priced("Cycle Fee", "100.00", vat, rate=rate, plan="Servers", subscription_details=(CORES, HIDDEN)),
        priced("Cycle Fee", "100.00", vat, rate=rate, plan="Backup"),
    ]
    words = "first({vendor_details},{details},{plan_name})"
    if sold:
        entry = sell(*lines, books=SELLING["NL"].setting(line_text=words)).entry
    else:
        entry = prepare(invoice(*lines), NL.setting(line_text=words, aggregate_purchase="line")).entry
    texts = [p.text for p in entry.postings if p.role is PostingRole.NET]
    assert texts == ["one.example, renewal", "two.example, renewal", "vCores: 16", "Backup"]


@pytest.mark.parametrize(
    ("due", "terms", "expected", "codes"),
    [
        ("20270122", 30, datetime.date(2027, 1, 22), []),
        (None, 30, datetime.date(2027, 1, 22), []),
        ("20270122", None, datetime.date(2027, 1, 22), []),
        ("20270131", 30, datetime.date(2027, 1, 31), ["DUE-DIFFERS"]),
        (None, None, None, []),
    ],
)
def test_1_19_due_date_of_a_purchase(
    due: str | None, terms: int | None, expected: datetime.date | None, codes: list[str]
) -> None:
    done = prepare(invoice(*worked_invoice(), due=due, terms=terms), NL)
    assert (done.entry.due, done.codes) == (expected, codes)
    assert not done.held


def test_1_19_due_date_of_a_sale_follows_the_customers_own_terms() -> None:
    def due(**head: object) -> datetime.date | None:
        return sell(*SOLD_TO_A, books=SELLING["NL"], **head).entry.due

    assert due() == datetime.date(2027, 1, 6)
    assert due(terms=90) == datetime.date(2027, 1, 6)
    # A customer invoice that prints a date is due on that date.
    assert due(due="20270201") == datetime.date(2027, 2, 1)
    assert sell(*SOLD_TO_B, books=SELLING["NL"], terms=30).entry.due is None


def test_a_sale_to_nobody_we_know_is_held() -> None:
    assert set(sell(*SOLD_TO_A, books=NL).codes) == {"CUSTOMER-UNMAPPED"}
