"""Every finding about a document: provoked once, absent from what is in order, and the controls by their names."""

from __future__ import annotations

import datetime
import re
import string
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from connector.domain import booking, checks, line_checks, periods, platform, swapped_dates, vat_postings
from connector.domain import senders as senders_module
from connector.domain.catalogue import FINDINGS, severity_of
from connector.domain.finding import Severity
from connector.domain.invoice import Party
from connector.domain.journal import PostingRole
from connector.domain.mapping import MappedCustomer
from connector.domain.platform import Equal
from connector.domain.printed import PrintedTotal
from connector.domain.reading import Head
from connector.domain.senders import Sender, Senders, sender_findings, sender_of
from connector.domain.tax_scale import TaxScale
from tests.domain.books import (
    BE,
    BE_VAT,
    COPACO_NL,
    NL,
    TODAY,
    YEAR,
    Prepared,
    Priced,
    invoice,
    prepare,
    priced,
    sell,
)

FEE = priced("Cycle Fee", "100.00", "21.00")


def purchase(*lines: Priced, **head: object) -> Prepared:
    return prepare(invoice(*(lines or (FEE,)), **head))  # type: ignore[arg-type]


def around(**around: object) -> Prepared:
    return prepare(invoice(FEE), **around)  # type: ignore[arg-type]


def line(**fields: object) -> Prepared:
    given = {"charge_type": "Cycle Fee", "net": "100.00", "vat": "21.00"} | fields
    return prepare(invoice(priced(**given)))  # type: ignore[arg-type]


def early(start: str, end: str) -> Prepared:
    """A document of February 2024: a line for a year, charged by the month, in a subscription with these dates."""
    fee = priced("Cycle Fee", "100.00", "21.00", period=("20230901", "20240831"), billing_frequency="Monthly")
    dated = msgspec.structs.replace(fee.subscription, start_date=start, expiration_date=end)
    return prepare(invoice(msgspec.structs.replace(fee, subscription=dated), date="20240223"))


def without_role(role: str) -> Prepared:
    chart = NL.mapping.chart
    roles = {name: code for name, code in chart.roles.items() if name != role}
    return prepare(invoice(FEE), NL.having(chart=type(chart)(accounts=chart.accounts, roles=roles)))


def senders(*heads: Head, booked: bool = True) -> Senders:
    told = tuple(map(sender_of, heads))
    return Senders(booked=told if booked else (), current=told)


def previously(**head: object) -> Prepared:
    before = prepare(invoice(FEE)).document.head
    return around(senders=senders(msgspec.structs.replace(before, **head)))


def without_vat_account() -> Prepared:
    codes = tuple(msgspec.structs.replace(each, role_vat_input="") for each in NL.mapping.tax_codes)
    return prepare(invoice(FEE), NL.having(tax_codes=codes))


def shifted_without(role: str) -> Prepared:
    codes = tuple(msgspec.structs.replace(each, **{role: ""}) for each in BE.mapping.tax_codes)
    return prepare(invoice(priced("Cycle Fee", "100.00", rate="0"), receiver=BE_VAT), BE.having(tax_codes=codes))


def on_paper(gross: int) -> PrintedTotal:
    return PrintedTotal(invoice_id=1, gross=gross, actor="Eva", at=datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC))


CUSTOMER = MappedCustomer(account_id="A", name="Customer A", country="NL")
PROVOKED: dict[str, Callable[[], Prepared]] = {
    "NUMBER-MISSING": lambda: purchase(number=" "),
    "DATE-MISSING": lambda: purchase(date="22-03-2024"),
    "NO-LINES": lambda: prepare(invoice()),
    "CURRENCY": lambda: purchase(currency="USD"),
    "TOTALS-DIFFER": lambda: purchase(totals={"NetTotal": "100.02"}),
    "TOTALS-ROUNDED": lambda: purchase(totals={"Total Incl. VAT": "121.01"}),
    "VAT-DIFFERS": lambda: line(vat="21.02"),
    "VAT-ROUNDED": lambda: line(vat="21.01"),
    "RECEIVER-OTHER": lambda: purchase(receiver="NL999999999B99"),
    "SENDER-NEW": lambda: around(senders=senders(prepare(invoice(FEE)).document.head, booked=False)),
    "SENDER-CHANGED": lambda: previously(sender_vat="NL222222222B00"),
    "SENDER-BANK-CHANGED": lambda: previously(sender_iban="NL99OTHER0000000000"),
    "DATE-FUTURE": lambda: purchase(date="20270111"),
    "DUE-BEFORE-DATE": lambda: purchase(due="20261222"),
    "DUE-DIFFERS": lambda: purchase(due="20270121"),
    "SAME-NUMBER-TWICE": lambda: around(twice=True),
    "DUPLICATE-DOCUMENT": lambda: around(same_rows=(("2600001", 1),)),
    "OTHER-PLATFORM": lambda: around(equal=Equal(others=("TN1",), met=10_000, rest=0, wholly=True)),
    "OTHER-PLATFORM-PART": lambda: around(equal=Equal(others=("TN1", "TN2"), met=9_000, rest=1_000, wholly=False)),
    "SIMILAR-DOCUMENT": lambda: around(similar="2600001"),
    "PERIOD-CLOSED": lambda: around(closed_until=datetime.date(2099, 12, 31)),
    "CREDIT-SIGN": lambda: prepare(invoice(FEE, kind="CREDIT")),
    "PRINTED-TOTAL-DIFFERS": lambda: around(printed=on_paper(12_000)),
    "PRINTED-TOTAL-CONFIRMED": lambda: around(printed=on_paper(12_100)),
    "VANISHED": lambda: around(vanished="invoices"),
    "MONEY-MISSING": lambda: line(net=None),
    "VAT-MISSING": lambda: line(vat=None),
    "LINE-ARITHMETIC": lambda: line(quantity=Decimal(2), discount=Decimal("99.97")),
    "LINE-VAT": lambda: line(vat="20.98"),
    "LINE-DATE-UNREADABLE": lambda: line(period=("01-11-2026", "20261130")),
    "LINE-PERIOD": lambda: line(period=("20261130", "20261101")),
    "LINE-DATES-SWAPPED": lambda: early("20240201", "20240229"),
    "LINE-DATES-DOUBTFUL": lambda: early("20240201", ""),
    "TEXT-LONG": lambda: line(vendor_details="x" * 121),
    "ROW-HASH-MISSING": lambda: line(invoice_row_hash=""),
    "ROW-HASH-REPEATED": lambda: purchase(*[priced("Cycle Fee", "1.00", "0.21", invoice_row_hash="h")] * 2),
    "LINE-ID-REPEATED": lambda: purchase(
        priced("Cycle Fee", "1.00", "0.21", line_id="1"), priced("Cycle Fee", "2.00", "0.42", line_id="1")
    ),
    "LINE-DUPLICATE": lambda: purchase(*[priced("Cycle Fee", "1.00", "0.21", line_id="1", invoice_row_hash="h")] * 2),
    "TAX-SCALE": lambda: line(rate="0.21", vat="5.00"),
    "ACCOUNT-UNMAPPED": lambda: without_role("creditors_control"),
    "TAX-UNMAPPED": without_vat_account,
    "REVERSE-CHARGE-ASYMMETRIC": lambda: shifted_without("role_vat_due"),
}
MODULES = (booking, checks, senders_module, line_checks, periods, platform, swapped_dates, vat_postings)


@pytest.mark.parametrize("code", PROVOKED)
def test_a_finding_is_provoked_and_holds_exactly_when_the_catalogue_says_so(code: str) -> None:
    done = PROVOKED[code]()
    found = next(each for each in done.findings if each.code == code)
    wanted = {name for _, name, _, _ in string.Formatter().parse(FINDINGS[code].sentence) if name}
    if code not in {"ACCOUNT-UNMAPPED", "TAX-UNMAPPED"}:  # these have several causes, which name different things
        assert wanted <= {"where", "minor", *dict(found.values)}
    holds = {each.code for each in done.findings if severity_of(each) is Severity.HOLD}
    assert (code in holds) is (FINDINGS[code].severity is Severity.HOLD)
    if holds:
        assert done.booked is None or done.booked.entry is None
    else:
        assert done.entry.number == done.document.head.number


def test_no_code_of_these_modules_goes_without_a_test() -> None:
    text = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in MODULES)
    codes = set(re.findall(r'"([A-Z]+(?:-[A-Z]+)+|VANISHED|CURRENCY)"', text))
    assert codes == PROVOKED.keys()


@pytest.mark.parametrize(
    "done",
    [
        purchase(),
        purchase(totals={"Net": "100.00", "VAT": "21.00", "Gross": "121.00", "Discount": "3.00"}),
        previously(),
        line(net="0.03", vat="0.01", quantity=Decimal(3), unit_price=Decimal("0.0149")),
        line(net="-100.00", vat="-21.00", quantity=Decimal(2), unit_price=Decimal(50)),
        line(quantity=None),
        line(rate="21.00"),
        prepare(invoice(priced("Cycle Fee", "100.00", rate="0"), receiver=BE_VAT), BE),
    ],
    ids=["plain", "totals", "as before", "cents", "sign", "no quantity", "21.00", "reverse charge"],
)
def test_what_is_in_order_has_no_findings(done: Prepared) -> None:
    assert done.findings == ()


def codes(done: Prepared) -> list[tuple[str, int]]:
    return [(each.code, each.minor) for each in done.findings]


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ({"Net": "99.99", "VAT": "21.00", "Gross": "120.99"}, ["TOTALS-ROUNDED"]),
        ({"Net": "99.98"}, ["TOTALS-DIFFER"]),
        ({"Net": "100.00", "VAT": "21.00", "Gross": "121.01"}, ["TOTALS-DIFFER"]),
        ({"VAT": "21.02"}, ["TOTALS-ROUNDED"]),
        ({"VAT": "21.03"}, ["TOTALS-DIFFER"]),
        ({"VAT": "20.97", "Gross": "121.00"}, ["TOTALS-DIFFER"]),
        ({"Gross": "121.02"}, ["TOTALS-ROUNDED"]),
        ({"Gross": "121.03"}, ["TOTALS-DIFFER"]),
        ({"gross_total": "121.00", "Whatever": "1.00"}, []),
    ],
)
def test_c01_lines_agree_with_every_total_that_is_stated(totals: dict[str, str], expected: list[str]) -> None:
    done = prepare(invoice(FEE, totals=totals), NL.setting(tolerance_document=Decimal("0.05")))
    assert done.codes == expected


def test_c01_a_null_among_the_totals_states_nothing() -> None:
    plain = invoice(FEE)
    done = prepare(msgspec.structs.replace(plain, totals={"GrossTotal": None, "NetTotal": Decimal(100)}))
    assert done.document.head.stated_gross is None
    assert done.document.stated_total is None
    assert done.findings == ()


def test_c02_quantity_times_price_minus_discount_is_the_amount_within_two_cents() -> None:
    def found(price: str, discount: str) -> list[str]:
        return line(quantity=Decimal(3), unit_price=Decimal(price), discount=Decimal(discount)).codes

    assert found("35", "5") == []
    assert found("35", "4.98") == []
    assert found("35", "4.97") == ["LINE-ARITHMETIC"]


@pytest.mark.parametrize(
    ("vat", "expected"), [("21.01", []), ("21.02", ["LINE-VAT"]), ("20.99", []), ("20.98", ["LINE-VAT"])]
)
def test_c03_the_vat_of_a_line_is_right_to_the_cent(vat: str, expected: list[str]) -> None:
    done = line(vat=vat)
    assert [code for code in done.codes if code.startswith("LINE")] == expected


def test_c03_per_rate_and_zone_half_a_cent_per_line_and_a_half_are_rounding() -> None:
    def of(lines: int, excess: int) -> list[tuple[str, int]]:
        vats = ["21.01"] * excess + ["21.00"] * (lines - excess)
        return codes(purchase(*[priced("Cycle Fee", "100.00", vat, tax_zone_id="NL") for vat in vats]))

    assert of(3, 2) == [("VAT-ROUNDED", 2)]
    assert of(3, 3) == [("VAT-DIFFERS", 3)]


def test_c03_zones_and_rates_are_checked_apart() -> None:
    lines = [priced("Cycle Fee", "100.00", vat, tax_zone_id=zone) for vat, zone in (("21.02", "a"), ("20.98", "b"))]
    assert [(c, m) for c, m in codes(purchase(*lines)) if c == "VAT-DIFFERS"] == [
        ("VAT-DIFFERS", 2),
        ("VAT-DIFFERS", -2),
    ]


def test_c03_at_a_rate_of_zero_there_is_nothing_to_round() -> None:
    done = prepare(invoice(priced("Cycle Fee", "100.00", "0.01", rate="0"), receiver=BE_VAT), BE)
    assert done.codes == ["VAT-DIFFERS"]


def test_c03_vat_without_a_rate_is_held() -> None:
    done = line(rate=None)
    assert codes(done)[0] == ("VAT-DIFFERS", 2100)
    assert line(rate=None, vat="0").codes == ["TAX-RATE-UNKNOWN"]


def test_c04_the_same_row_hash_elsewhere_is_named() -> None:
    done = around(same_rows=(("2600002", 3),))
    others = [dict(each.values) for each in done.findings]
    assert others == [{"other": "2600002", "lines": "3"}]


def test_c10_a_document_in_a_closed_period_is_held() -> None:
    assert around(closed_until=datetime.date(2099, 12, 31)).codes == ["PERIOD-CLOSED"]
    assert around(closed_until=datetime.date(2000, 1, 31)).codes == []


def test_c05_an_entry_balances() -> None:
    assert sum(posting.minor for posting in purchase().entry.postings) == 0


def test_c06_what_has_no_account_is_held_with_its_euros_in_one_finding() -> None:
    done = purchase(*[priced("", "10.00", "2.10", customer=name, period=YEAR) for name in "AB"])
    held = {(each.code, each.minor) for each in done.findings}
    assert held == {("ACCOUNT-UNMAPPED", 1000)}
    merged = purchase(*[priced("", "10.00", "2.10", tax_zone_id=zone) for zone in "ab"])
    assert codes(merged) == [("ACCOUNT-UNMAPPED", 2000)]


def test_c06_a_role_without_an_account_is_held_with_its_euros() -> None:
    assert codes(without_role("creditors_control")) == [("ACCOUNT-UNMAPPED", -12100)]
    assert codes(without_role("vat_input_high")) == [("ACCOUNT-UNMAPPED", 2100)]


@pytest.mark.parametrize(
    ("sender", "rate", "vat", "code"),
    [
        ("BE0111111111", "21", "21.00", "FOREIGN-VAT"),
        ("NL111111111B00", "0", "0", "TAX-ZERO-AMBIGUOUS"),
        ("NL111111111B00", "20", "20.00", "TAX-RATE-UNKNOWN"),
        ("", "21", "21.00", "TAX-UNMAPPED"),
    ],
)
def test_c07_a_treatment_fits_the_senders_country_and_the_rate(sender: str, rate: str, vat: str, code: str) -> None:
    copaco = Party(company_name="Copaco", vat_number=sender)
    assert purchase(priced("Cycle Fee", "100.00", vat, rate=rate), sender=copaco).codes == [code]


def test_c08_the_receiver_is_us_and_the_sender_is_the_one_we_know() -> None:
    spaced = Party(company_name="Copaco", vat_number="nl 1111.11.111.B00", iban="NL00BANK0000000000")
    before = prepare(invoice(FEE)).document.head
    assert prepare(invoice(FEE, sender=spaced), senders=senders(before)).findings == ()
    assert purchase(receiver="").findings == ()
    assert prepare(invoice(FEE, receiver="NL999999999B99"), own_vat_number="").findings == ()
    gone = msgspec.structs.replace(COPACO_NL, iban=None)
    changed = prepare(invoice(FEE, sender=gone), senders=senders(before))
    assert [dict(each.values) for each in changed.findings] == [{"expected": "NL00…0000", "found": "-"}]
    assert previously(sender_iban="").findings == ()
    no_number = Party(company_name="Copaco", vat_number="", iban="NL00BANK0000000000")
    found = [
        each
        for each in prepare(invoice(FEE, sender=no_number), senders=senders(before)).findings
        if each.code[0] == "S"
    ]
    assert [dict(each.values)["found"] for each in found] == ["-"]


def day(number: int) -> datetime.date:
    return datetime.date(2026, 1, number)


def told(head: Head, known: Senders) -> list[str]:
    return [each.code for each in sender_findings(head, 100, known)]


def test_c08_before_anything_is_booked_most_documents_are_right_and_one_false_one_is_alone() -> None:
    head = prepare(invoice(FEE)).document.head
    right, false = sender_of(head), sender_of(msgspec.structs.replace(head, sender_vat="NL999999999B99"))
    # The false one is the earliest of them all.
    dated = [
        msgspec.structs.replace(false, date=day(1)),
        *(msgspec.structs.replace(right, date=day(n)) for n in (2, 3)),
    ]
    known = Senders(current=tuple(dated))
    assert told(msgspec.structs.replace(head, date=day(1), sender_vat=false.vat_number), known) == ["SENDER-CHANGED"]
    assert told(msgspec.structs.replace(head, date=day(2)), known) == ["SENDER-NEW"]
    assert told(msgspec.structs.replace(head, date=day(3)), known) == []


def test_c08_of_as_many_on_both_sides_the_earlier_is_taken_and_the_other_held() -> None:
    head = prepare(invoice(FEE)).document.head
    other = msgspec.structs.replace(head, date=day(2), sender_vat="NL999999999B99")
    known = Senders(current=(msgspec.structs.replace(sender_of(head), date=day(1)), sender_of(other)))
    assert told(msgspec.structs.replace(head, date=day(1)), known) == ["SENDER-NEW"]
    assert told(other, known) == ["SENDER-CHANGED"]


def test_c08_every_sender_that_was_booked_is_known_with_its_own_account() -> None:
    head = prepare(invoice(FEE)).document.head
    dutch = Sender(date=day(1), vat_number=head.sender_vat, account="NL1")
    belgian = Sender(date=day(2), vat_number="BE0123456789", account="BE1")
    known = Senders(booked=(dutch, belgian), current=(dutch, belgian))
    later = msgspec.structs.replace(head, date=day(9))
    assert told(msgspec.structs.replace(later, sender_iban="NL1"), known) == []
    assert told(msgspec.structs.replace(later, sender_iban="BE1"), known) == ["SENDER-BANK-CHANGED"]
    assert told(msgspec.structs.replace(later, sender_vat=belgian.vat_number, sender_iban="BE1"), known) == []


def test_c08_an_older_document_that_comes_late_is_compared_with_the_earliest_booked() -> None:
    head = prepare(invoice(FEE)).document.head
    known = Senders(booked=tuple(Sender(date=day(n), vat_number=head.sender_vat, account=f"NL{n}") for n in (5, 9)))
    assert told(msgspec.structs.replace(head, date=day(1), sender_iban="NL5"), known) == []
    assert told(msgspec.structs.replace(head, date=day(7), sender_iban="NL9"), known) == ["SENDER-BANK-CHANGED"]
    assert told(msgspec.structs.replace(head, date=None), known) == []


def test_c08_a_sale_has_no_supplier_to_recognise() -> None:
    books = NL.selling_to(CUSTOMER)
    before = prepare(invoice(FEE)).document.head
    done = sell(priced("Cycle Fee", "100.00", rate="0"), books=books, receiver="NL999999999B99")
    assert done.findings == ()
    assert before.sender_vat != done.document.head.sender_vat


def test_a_specification_states_no_vat_and_needs_none() -> None:
    assert sell(priced("Cycle Fee", "100.00", None, rate=None), books=NL.selling_to(CUSTOMER)).findings == ()


def test_c09_dates() -> None:
    today = f"{TODAY:%Y%m%d}"
    assert purchase(date=today, due=today, terms=0).findings == ()
    assert purchase(due=None, terms=None).findings == ()
    assert purchase(date=None).codes == ["DATE-MISSING"]
    assert line(period=(None, None)).findings == ()
    assert line(period=("20261101", "20261101")).findings == ()
    assert line(period=("20260101", "20290104")).findings == ()
    assert line(period=("20260101", "20290107")).codes == ["LINE-PERIOD"]
    assert line(period=("20261101", "soon")).codes == ["LINE-DATE-UNREADABLE"]


@pytest.mark.parametrize("right", [100, 80, 50, 0])
def test_c12_reverse_charge_is_symmetrical(right: int) -> None:
    fees = [priced("Cycle Fee", "33.33", rate="0", customer=name) for name in "ABC"]
    entry = prepare(invoice(*fees, receiver=BE_VAT), BE.setting(vat_deduction=Decimal(right))).entry
    of = {role: sum(p.minor for p in entry.postings if p.role is role) for role in PostingRole}
    assert of[PostingRole.VAT_DUE] == -2100
    assert of[PostingRole.VAT_INPUT] == 21 * right
    assert of[PostingRole.VAT_INPUT] + of[PostingRole.VAT_COST] == 2100
    assert of[PostingRole.PARTY] == -9999


def test_c12_a_tax_code_with_one_leg_is_held() -> None:
    found = {role: shifted_without(f"role_vat_{role}").findings for role in ("due", "input")}
    assert {role: [dict(each.values) for each in of] for role, of in found.items()} == {
        "due": [{"due": "0.00", "deducted": "21.00"}],
        "input": [{"due": "21.00", "deducted": "0.00"}],
    }


def test_findings_are_one_per_code_with_the_first_places() -> None:
    done = purchase(*[priced("Cycle Fee", "1.00", "0.30") for _ in range(7)])
    found = next(each for each in done.findings if each.code == "LINE-VAT")
    assert (found.where, found.minor) == ("line 1", 700)
    assert dict(found.values) == {"lines": "1, 2, 3, 4, 5 …", "count": "7"}


def test_documents_from_before_row_hashes_get_one_word_about_it() -> None:
    old = purchase(*[priced("Cycle Fee", "1.00", "0.21", invoice_row_hash="") for _ in range(3)])
    assert [(each.where, dict(each.values)) for each in old.findings] == [("lines", {"lines": "all", "count": "3"})]


def test_a_line_is_a_double_only_when_nothing_but_rate_period_and_uid_differ() -> None:
    one = priced("Cycle Fee", "1.00", "0.21", line_id="1", invoice_row_hash="h", uid="a", rate_period_id="r")
    other_uid = msgspec.structs.replace(one, line=msgspec.structs.replace(one.line, uid="b", rate_period_id="s"))
    other_day = msgspec.structs.replace(one, line=msgspec.structs.replace(one.line, end_date="20261129"))
    assert "LINE-DUPLICATE" in purchase(one, other_uid).codes
    assert "LINE-DUPLICATE" not in purchase(one, other_day).codes
    elsewhere = msgspec.structs.replace(one, customer=msgspec.structs.replace(one.customer, account_id="B"))
    assert "LINE-DUPLICATE" not in purchase(one, elsewhere).codes


def test_lines_without_any_number_repeat_none() -> None:
    unnumbered = [priced("Cycle Fee", net, "0.21", line_id="", invoice_row_hash=net) for net in ("1.00", "1.01")]
    assert purchase(*unnumbered).findings == ()


def test_the_forced_scale_is_taken_at_its_word() -> None:
    fraction = invoice(priced("Cycle Fee", "100.00", "21.00", rate="0.21"))
    assert prepare(fraction, scale=TaxScale.FRACTION).findings == ()
    assert "VAT-DIFFERS" in prepare(fraction, scale=TaxScale.PERCENT).codes


def test_long_texts_are_mentioned() -> None:
    assert line(plan="x" * 2001).codes == ["TEXT-LONG"]
    assert line(plan="x" * 2000, vendor_details="x" * 120).findings == ()


def test_today_is_an_argument() -> None:
    assert prepare(invoice(FEE), today=datetime.date(2026, 12, 22)).codes == ["DATE-FUTURE"]


def test_a_credit_note_with_a_positive_total_is_held() -> None:
    """Booked as it stands it would raise costs where it should lower them."""
    assert prepare(invoice(FEE, kind="CREDIT")).codes == ["CREDIT-SIGN"]
