"""Every VAT treatment of the starter sets: reached, booked, and in the right boxes of the return.

The figures are those of the worked entries of the books; the German ones are the same invoices at 19 %.
"""

from __future__ import annotations

import datetime
from collections import Counter

import msgspec
import pytest

from connector.domain.decision import Action
from connector.domain.invoice import Party
from connector.domain.journal import JournalEntry, PostingRole
from connector.domain.mapping import MappedCustomer, Mapping
from tests.domain.books import Books, Priced, invoice, prepare, priced, sell
from tests.mappings.starters import BE, DE, FAR, NL, ON, SETS, STANDARD, SUPPLIERS, country_of, decided, starter

ABROAD = {"NL": BE, "BE": NL, "DE": NL}
CUSTOMERS = (
    "A;At home;10001;{0};;;30;no;no;;",
    "B;Elsewhere in the EU;10002;;FR12345678901;2026-01-05;14;no;no;;",
    "C;Far away;10003;CH;;;;no;no;;",
)
# What each treatment needs to be reached: who the supplier or customer is, and the rate that the document states.
SITUATIONS = {
    "purchase": {
        "STD": ("own", "rate"), "RED": ("own", "rate"), "ZERO": ("own", "0"), "EXEMPT": ("own", "0"),
        "RC_DOM": ("own", "0"), "RC_EU_SVC": ("eu", "0"), "RC_NONEU_SVC": ("far", "0"),
    },
    "sale": {
        "STD": ("A", ""), "RED": ("A", "rate"), "ZERO": ("A", ""), "EXEMPT": ("A", ""), "RC_DOM": ("A", ""),
        "EU_SVC": ("B", ""), "NONEU_SVC": ("C", ""),
    },
}  # fmt: skip
BOXES = {
    "NL": {
        "NL.P.STD.21": "5b", "NL.P.RED.9": "5b", "NL.P.ZERO": "", "NL.P.EXEMPT": "", "NL.P.RC_DOM.21": "2a 5b",
        "NL.P.RC_EU_SVC.21": "4b 5b", "NL.P.RC_NONEU_SVC.21": "4a 5b", "NL.S.STD.21": "1a", "NL.S.RED.9": "1b",
        "NL.S.ZERO": "1e", "NL.S.EXEMPT": "1e", "NL.S.RC_DOM": "1e", "NL.S.EU_SVC": "3b", "NL.S.NONEU_SVC": "",
    },
    "BE": {
        "BE.P.STD.21": "81 59", "BE.P.RED.12": "81 59", "BE.P.RED.6": "81 59", "BE.P.ZERO": "81", "BE.P.EXEMPT": "81",
        "BE.P.RC_DOM.21": "81 87 56 59", "BE.P.RC_EU_SVC.21": "81 88 55 59", "BE.P.RC_NONEU_SVC.21": "81 87 56 59",
        "BE.S.STD.21": "03 54", "BE.S.RED.12": "02 54", "BE.S.RED.6": "01 54", "BE.S.ZERO": "00", "BE.S.EXEMPT": "47",
        "BE.S.RC_DOM": "45", "BE.S.EU_SVC": "44", "BE.S.NONEU_SVC": "47",
    },
    "DE": {
        "DE.P.STD.19": "66", "DE.P.RED.7": "66", "DE.P.ZERO": "", "DE.P.EXEMPT": "", "DE.P.RC_DOM.19": "84 85 67",
        "DE.P.RC_EU_SVC.19": "46 47 67", "DE.P.RC_NONEU_SVC.19": "84 85 67", "DE.S.STD.19": "81", "DE.S.RED.7": "86",
        "DE.S.ZERO": "", "DE.S.EXEMPT": "", "DE.S.RC_DOM": "60", "DE.S.EU_SVC": "21", "DE.S.NONEU_SVC": "45",
    },
}  # fmt: skip
SHIPPED = {"STD", "RED", "RC_EU_SVC", "RC_NONEU_SVC", "EU_SVC", "NONEU_SVC"}
"""The treatments to which ``taxmap.csv`` leads by itself; the others wait for a row that says what they are for."""


def tables(name: str, direction: str, treatment: str) -> Mapping:
    """The set with customers and, for a treatment that needs it, a row that leads to it for the category Special."""
    country = country_of(name)
    rows = {"customers": "\n".join(CUSTOMERS).format(country)}
    if treatment not in SHIPPED:
        rate = "0" if direction == "purchase" else ""
        rows["taxmap"] = f"T900;{direction};{country};own;{rate};;Special;{treatment};"
    return starter(name, **rows)


CODES = [(name, code.code) for name in SETS for code in starter(name).tax_codes]


@pytest.mark.parametrize("name", SETS)
def test_every_treatment_has_a_tax_code_and_every_tax_code_its_boxes(name: str) -> None:
    codes = starter(name).tax_codes
    assert {code.code for code in codes} == BOXES[country_of(name)].keys()
    reached = {(code.direction, code.treatment) for code in codes}
    assert reached == {(direction, treatment) for direction, known in SITUATIONS.items() for treatment in known}


@pytest.mark.parametrize(("name", "code"), CODES)
def test_every_tax_code_is_reached_booked_and_in_its_boxes(name: str, code: str) -> None:
    known = starter(name).tax_code(code, ON)
    country, sale = country_of(name), known.direction == "sale"
    mapping = tables(name, known.direction, known.treatment)
    who, stated = SITUATIONS[known.direction][known.treatment]
    rate = f"{known.rate:f}" if stated == "rate" else stated or "0"
    vat = f"{5 * known.rate:.2f}" if stated == "rate" else "0"
    line = priced("Cycle Fee", "500.00", vat, rate=rate, customer=who, category="Special", billing_frequency="Monthly")
    books = Books(country=country, vat_number=SUPPLIERS[country], mapping=mapping)
    if sale:
        done = sell(line, books=books)
    else:
        number = {"own": SUPPLIERS[country], "eu": ABROAD[country], "far": FAR}[who]
        sender = Party(company_name="Supplier", vat_number=number)
        done = prepare(invoice(line, sender=sender, receiver=books.vat_number), books)
    assert {each.tax for each in done.decisions} == {known.code}
    assert not done.held, done.codes
    assert set(boxes(done.entry, mapping)) == set(BOXES[country][known.code].split())
    owed = 0 if known.reverse_charge else 500 * known.rate
    assert abs(done.entry.total_minor) == 50000 + owed
    roles = [role for role in (known.role_vat_input, known.role_vat_due) if role]
    booked = {posting.account for posting in done.entry.postings if posting.role.value.startswith("vat")}
    assert booked == {mapping.account_for_role(role) for role in roles}


@pytest.mark.parametrize(("name", "code"), [("nl", "NL.S.RED.9"), ("de-skr03", "DE.S.RED.7"), ("be", "")])
def test_a_row_for_a_product_group_leads_to_the_reduced_rate_where_there_is_one(name: str, code: str) -> None:
    country = country_of(name)
    rows = {"customers": CUSTOMERS[0].format(country), "taxmap": f"T900;sale;{country};own;;;Books;RED;"}
    line = {"direction": "sale", "customer_id": "A", "category": "Books", "charge_type": "Cycle Fee", "rate": "0"}
    decision = decided(starter(name, **rows), country, **line)
    assert decision.tax == code
    assert [each.code for each in decision.problems] == ([] if code else ["TAX-UNMAPPED"])


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("treatment", ["ZERO", "EXEMPT", "RC_DOM"])
def test_what_is_special_waits_for_a_row(name: str, treatment: str) -> None:
    country = country_of(name)
    assert treatment not in {row.treatment for row in starter(name).tax_map}
    held = decided(
        starter(name), country, direction="purchase", sender=SUPPLIERS[country], rate="0", charge_type="Cycle Fee"
    )
    assert (held.action, [each.code for each in held.problems]) == (Action.HOLD, ["TAX-ZERO-AMBIGUOUS"])


# The boxes that hold VAT alone, or base and VAT; all others hold the base.
VAT_BOXES = {"5b", "54", "55", "56", "59", "47", "66", "67", "85"}
BOTH = {"1a", "1b", "2a", "4a", "4b"}


def boxes(entry: JournalEntry, mapping: Mapping) -> dict[str, tuple[int, int]]:
    """(base, VAT) in cents that an entry brings to each box of the return, 0 where the box has none of it."""
    sums: Counter[tuple[str, bool]] = Counter()
    vat: Counter[str] = Counter()
    net: Counter[str] = Counter()
    sign = 1 if entry.key.direction.value == "purchase" else -1
    for posting in entry.postings:
        if posting.role is PostingRole.NET:
            net[posting.tax] += sign * posting.minor
            if sign > 0 and posting.account in mapping.base_boxes:
                sums[mapping.base_boxes[posting.account], False] += posting.minor
        elif posting.role in {PostingRole.VAT_INPUT, PostingRole.VAT_DUE}:
            vat[posting.tax] = abs(posting.minor) if posting.base_minor > 0 else -abs(posting.minor)
    for code in net:
        known = mapping.tax_code(code, ON)
        for box in known.boxes:
            # Kennzahl 47 is VAT in Germany, box 47 a base in Belgium.
            only_vat = box in VAT_BOXES and not (box == "47" and known.country == "BE")
            if not only_vat:
                sums[box, False] += net[code]
            if only_vat or box in BOTH:
                sums[box, True] += vat[code]
    return {box: (sums[box, False], sums[box, True]) for box, _ in sums}


def worked(rate: str, *vat: str) -> list[Priced]:
    """The invoice of the worked entries: four lines, 1,759.57 net."""
    stated = vat or ("0",) * 4
    return [
        priced("Cycle Fee", "434.00", stated[0], rate=rate, billing_frequency="Monthly"),
        priced("Usage Fee", "212.37", stated[1], rate=rate, plan="Azure plan"),
        priced("Purchase Fee", "1200.00", stated[2], rate=rate, customer="B", billing_frequency="Yearly"),
        priced("Correction", "-86.80", stated[3], rate=rate, customer="B"),
    ]


AT_21, AT_19 = ("91.14", "44.60", "252.00", "-18.23"), ("82.46", "40.35", "228.00", "-16.49")
NET, VAT_21, VAT_19 = 175957, 36951, 33432


@pytest.mark.parametrize(
    ("name", "sender", "rate", "vat", "expected"),
    [
        ("nl", NL, "21", AT_21, {"5b": (0, VAT_21)}),
        ("nl", BE, "0", (), {"4b": (NET, VAT_21), "5b": (0, VAT_21)}),
        ("nl", FAR, "0", (), {"4a": (NET, VAT_21), "5b": (0, VAT_21)}),
        ("be", BE, "21", AT_21, {"81": (154720, 0), "82": (21237, 0), "59": (0, VAT_21)}),
        (
            "be", NL, "0", (),
            {"81": (154720, 0), "82": (21237, 0), "88": (NET, 0), "55": (0, VAT_21), "59": (0, VAT_21)},
        ),
        (
            "be", FAR, "0", (),
            {"81": (154720, 0), "82": (21237, 0), "87": (NET, 0), "56": (0, VAT_21), "59": (0, VAT_21)},
        ),
        ("de-skr03", DE, "19", AT_19, {"66": (0, VAT_19)}),
        ("de-skr03", NL, "0", (), {"46": (NET, 0), "47": (0, VAT_19), "67": (0, VAT_19)}),
        ("de-skr04", DE, "19", AT_19, {"66": (0, VAT_19)}),
        ("de-skr04", NL, "0", (), {"46": (NET, 0), "47": (0, VAT_19), "67": (0, VAT_19)}),
        ("de-skr04", FAR, "0", (), {"84": (NET, 0), "85": (0, VAT_19), "67": (0, VAT_19)}),
    ],
)  # fmt: skip
def test_the_worked_purchase_invoice_fills_the_boxes(
    name: str, sender: str, rate: str, vat: tuple[str, ...], expected: dict[str, tuple[int, int]]
) -> None:
    country = country_of(name)
    books = Books(country=country, vat_number=SUPPLIERS[country], mapping=starter(name))
    party = Party(company_name="Supplier", vat_number=sender)
    done = prepare(invoice(*worked(rate, *vat), sender=party, receiver=books.vat_number), books)
    assert not done.held, done.codes
    assert boxes(done.entry, books.mapping) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nl", {"2a": (50000, 10500), "5b": (0, 10500)}),
        ("be", {"81": (50000, 0), "87": (50000, 0), "56": (0, 10500), "59": (0, 10500)}),
        ("de-skr03", {"84": (50000, 0), "85": (0, 9500), "67": (0, 9500)}),
    ],
)
def test_the_worked_telecom_invoice_fills_the_boxes_of_domestic_reverse_charge(
    name: str, expected: dict[str, tuple[int, int]]
) -> None:
    country = country_of(name)
    mapping = tables(name, "purchase", "RC_DOM")
    books = Books(country=country, vat_number=SUPPLIERS[country], mapping=mapping)
    line = priced("Cycle Fee", "500.00", rate="0", category="Special")
    party = Party(company_name="Supplier", vat_number=SUPPLIERS[country])
    done = prepare(invoice(line, sender=party, receiver=books.vat_number), books)
    assert boxes(done.entry, mapping) == expected


@pytest.mark.parametrize(("name", "rate", "vat"), [("nl", "21", "-31.50"), ("de-skr03", "19", "-28.50")])
def test_a_credit_note_lowers_the_same_box(name: str, rate: str, vat: str) -> None:
    country = country_of(name)
    books = Books(country=country, vat_number=SUPPLIERS[country], mapping=starter(name))
    party = Party(company_name="Supplier", vat_number=SUPPLIERS[country])
    line = priced("Correction", "-150.00", vat, rate=rate)
    done = prepare(invoice(line, sender=party, receiver=books.vat_number), books)
    (box,) = BOXES[country][f"{country}.P.STD.{rate}"].split()
    assert boxes(done.entry, books.mapping) == {box: (0, int(vat.replace(".", "")))}


@pytest.mark.parametrize(
    ("name", "customer", "expected", "total"),
    [
        ("nl", "A", {"1a": (80296, 16862)}, 97158),
        ("nl", "B", {"3b": (80296, 0)}, 80296),
        ("be", "A", {"03": (80296, 0), "54": (0, 16862)}, 97158),
        ("be", "B", {"44": (80296, 0)}, 80296),
        ("de-skr03", "A", {"81": (80296, 0)}, 95552),
        ("de-skr04", "A", {"81": (80296, 0)}, 95552),
        ("de-skr04", "B", {"21": (80296, 0)}, 80296),
        ("de-skr04", "C", {"45": (80296, 0)}, 80296),
    ],
)
def test_the_worked_sales_invoice_fills_the_boxes(
    name: str, customer: str, expected: dict[str, tuple[int, int]], total: int
) -> None:
    country = country_of(name)
    mapping = tables(name, "sale", "STD")
    done = sell(
        priced("Cycle Fee", "537.50", rate="0", customer=customer),
        priced("Usage Fee", "265.46", rate="0", customer=customer, plan="Azure plan"),
        books=Books(country=country, vat_number=SUPPLIERS[country], mapping=mapping),
    )
    assert not done.held, done.codes
    assert boxes(done.entry, mapping) == expected
    assert done.entry.total_minor == total


@pytest.mark.parametrize("name", SETS)
def test_a_customer_elsewhere_in_the_eu_whose_number_nobody_checked_is_held(name: str) -> None:
    unchecked = MappedCustomer(account_id="B", name="B", vat_number="FR12345678901", row=2)
    mapping = msgspec.structs.replace(starter(name), customers={"B": unchecked})
    decision = decided(mapping, country_of(name), direction="sale", customer_id="B", charge_type="Cycle Fee", rate="0")
    assert [each.code for each in decision.problems] == ["TAX-UNMAPPED"]


def test_german_rates_before_2021_are_held_because_they_were_lower() -> None:
    books = Books(country="DE", vat_number=DE, mapping=starter("de-skr04"))
    old = invoice(
        priced("Cycle Fee", "100.00", "16.00", rate="16"),
        sender=Party(company_name="Supplier", vat_number=DE),
        receiver=DE,
        date="20201223",
    )
    done = prepare(old, books, today=datetime.date(2021, 1, 5))
    assert "TAX-RATE-UNKNOWN" in done.codes
    assert done.held


def test_the_standard_rates_are_those_of_the_sets() -> None:
    for name in SETS:
        country = country_of(name)
        rates = {f"{code.rate:f}" for code in starter(name).tax_codes if code.treatment == "STD"}
        assert rates == {STANDARD[country]}
