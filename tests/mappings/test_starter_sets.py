"""The starter sets: complete, free of warnings, canonical, and deciding as the worked examples of the books say."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from connector.domain.combination import Combination
from connector.domain.decision import Action, Decision
from connector.domain.mapping import Mapping
from connector.domain.rules import CHARGE_TYPES
from connector.mapping_files import canonical, load, load_bytes, read_folder

ROOT = Path(__file__).parents[2]
ON = datetime.date(2026, 12, 23)
NL, BE = "NL111111111B00", "BE0123456789"
SETS = ("nl", "be")
ROLES = (
    *("debtors_control", "creditors_control", "cost_licences", "cost_cloud_usage", "cost_one_time", "cost_other"),
    *("revenue_licences", "revenue_cloud_usage", "revenue_one_time", "revenue_other", "vat_input_high"),
    *("vat_output_high", "vat_input_rc_eu", "vat_due_rc_eu", "prepaid_expenses", "deferred_revenue", "accrued_cost"),
    *("accrued_revenue", "rounding_debit", "rounding_credit", "fx_loss", "fx_gain", "suspense_purchase"),
    "suspense_sales",
)


def starter(name: str, **more_rows: str) -> Mapping:
    """A starter set, with a further row in the tables named by keyword."""
    files = read_folder(ROOT / "mappings" / name)
    for table, row in more_rows.items():
        files[f"{table}.csv"] += row.encode() + b"\n"
    return load_bytes(files, name)


CUSTOMERS = "A;Klant A;10001;{0};;;30;no;no;;\nB;Klant B;10002;;DE123456789;2026-01-05;14;no;no;;\nC;C;1;CH;;;;;;;"


def decided(mapping: Mapping, country: str, **fields: str) -> Decision:
    return mapping.decide(Combination(**fields), on=ON, own_country=country)


def bought(mapping: Mapping, country: str, sender: str, rate: str, **fields: str) -> Decision:
    return decided(mapping, country, direction="purchase", sender=sender, rate=rate, **fields)


@pytest.mark.parametrize("name", SETS)
def test_a_starter_set_is_right_canonical_and_complete(name: str) -> None:
    files = read_folder(ROOT / "mappings" / name)
    mapping = load(ROOT / "mappings" / name)
    assert mapping.warnings == ()
    assert canonical(files) == files
    assert [role for role in ROLES if mapping.account_for_role(role) is None] == []
    assert mapping.customers == {}
    assert mapping.dimensions == ()
    assert mapping.settings.unmapped_account == "hold"


@pytest.mark.parametrize(("name", "standard"), [("nl", "RGS 3.7"), ("be", "MAR/PCMN, royal decree of 21 October 2018")])
def test_every_account_names_its_public_standard_and_version(name: str, standard: str) -> None:
    rows = read_folder(ROOT / "mappings" / name)["accounts.csv"].decode().splitlines()[1:]
    assert [row for row in rows if standard not in row] == []
    assert all(account.tag for account in load(ROOT / "mappings" / name).chart.accounts.values())


# The invoice of the worked examples: (charge type, billing) of its four lines.
LINES = (("Cycle Fee", "Monthly"), ("Usage Fee", "Monthly"), ("Purchase Fee", "Yearly"), ("Correction", "Monthly"))


@pytest.mark.parametrize(
    ("name", "sender", "rate", "accounts", "tax", "roles"),
    [
        ("nl", NL, "21", ("7010", "7020", "7010", "7010"), "NL.P.STD.21", ("1520", None)),
        ("be", NL, "0", ("604", "602", "604", "604"), "BE.P.RC_EU_SVC.21", ("411", "451055")),
        ("be", BE, "21", ("604", "602", "604", "604"), "BE.P.STD.21", ("411", None)),
        ("nl", BE, "0", ("7010", "7020", "7010", "7010"), "NL.P.RC_EU_SVC.21", ("1528", "1508")),
        ("nl", "GB123456789", "0", ("7010", "7020", "7010", "7010"), "NL.P.RC_NONEU_SVC.21", ("1527", "1507")),
    ],
    ids=["domestic", "Belgian reseller, Dutch supplier", "domestic Belgium", "mirror image", "outside the EU"],
)
def test_the_lines_of_a_purchase_invoice_are_decided_as_in_the_worked_examples(
    name: str, sender: str, rate: str, accounts: tuple[str, ...], tax: str, roles: tuple[str, str | None]
) -> None:
    mapping = starter(name)
    decisions = [bought(mapping, name.upper(), sender, rate, charge_type=kind, billing=b) for kind, b in LINES]
    assert tuple(decision.account for decision in decisions) == accounts
    assert {decision.tax for decision in decisions} == {tax}
    assert {decision.action for decision in decisions} == {Action.POST}
    assert [decision.deferral for decision in decisions] == ["", "", "days", ""]
    code = mapping.tax_code(tax, ON)
    due = mapping.account_for_role(code.role_vat_due) if code.role_vat_due else None
    assert (mapping.account_for_role(code.role_vat_input), due) == roles


def test_the_belgian_return_gets_its_base_box_from_the_account_and_the_rest_from_the_treatment() -> None:
    mapping = starter("be")
    assert mapping.tax_code("BE.P.RC_EU_SVC.21", ON).boxes == ("88", "55", "59")
    assert mapping.tax_code("BE.P.STD.21", ON).boxes == ("59",)
    assert mapping.base_boxes == {"602": "82", "604": "81"}


def test_no_belgian_service_from_abroad_is_called_medecontractant() -> None:
    mapping = starter("be")
    abroad = [bought(mapping, "BE", sender, "0", charge_type="Cycle Fee") for sender in (NL, "GB123456789")]
    assert [decision.treatment for decision in abroad] == ["RC_EU_SVC", "RC_NONEU_SVC"]
    assert "RC_DOM" not in {row.treatment for row in mapping.tax_map}


def test_domestic_reverse_charge_waits_for_a_row_that_says_what_it_is_for() -> None:
    line = {"charge_type": "One Time Fee", "category": "Telecom"}
    held = bought(starter("nl"), "NL", NL, "0", **line)
    assert [finding.code for finding in held.problems] == ["TAX-ZERO-AMBIGUOUS"]
    telecom = starter("nl", taxmap="T040;purchase;NL;own;0;;Telecom;RC_DOM;we resell telecom ourselves")
    decision = bought(telecom, "NL", NL, "0", **line)
    assert (decision.tax, decision.problems) == ("NL.P.RC_DOM.21", ())
    code = telecom.tax_code(decision.tax, ON)
    assert code.boxes == ("2a", "5b")
    assert telecom.account_for_role(code.role_vat_due) == "1504"


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sender": "DE123456789", "rate": "19", "charge_type": "Cycle Fee"}, "FOREIGN-VAT"),
        ({"sender": "own", "rate": "0", "charge_type": "Cycle Fee"}, "TAX-ZERO-AMBIGUOUS"),
        ({"sender": "own", "rate": "20", "charge_type": "Cycle Fee"}, "TAX-RATE-UNKNOWN"),
        ({"sender": "own", "rate": "21", "charge_type": "UserCorrection"}, "CHARGE-TYPE-UNKNOWN"),
        (
            {"sender": "own", "rate": "21", "charge_type": "UserCorrection", "category": "InterNetX"},
            "CHARGE-TYPE-UNKNOWN",
        ),
        ({"sender": "own", "rate": "21"}, "ACCOUNT-UNMAPPED"),
        ({"sender": "", "rate": "21", "charge_type": "Cycle Fee"}, "TAX-UNMAPPED"),
    ],
)
def test_what_must_not_be_guessed_is_held(name: str, fields: dict[str, str], code: str) -> None:
    own = {"nl": NL, "be": BE}[name]
    line = fields | {"sender": own if fields["sender"] == "own" else fields["sender"]}
    decision = decided(starter(name), name.upper(), direction="purchase", **line)
    assert decision.action is Action.HOLD
    assert [finding.code for finding in decision.problems] == [code]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("direction", ["purchase", "sale"])
@pytest.mark.parametrize("kind", CHARGE_TYPES)
def test_every_documented_charge_type_is_booked(name: str, direction: str, kind: str) -> None:
    country = name.upper()
    mapping = starter(name, customers=CUSTOMERS.format(country))
    own = {"nl": NL, "be": BE}[name]
    decision = decided(mapping, country, direction=direction, sender=own, rate="21", customer_id="A", charge_type=kind)
    assert decision.action is Action.POST
    assert decision.tax == f"{country}.{direction[0].upper()}.STD.21"
    number = 7 if direction == "sale" else 6
    assert decision.account.startswith(str(number) if name == "be" else str(number + 1))


@pytest.mark.parametrize(
    ("name", "customer", "account", "tax"),
    [
        ("nl", "A", "8010", "NL.S.STD.21"),
        ("nl", "B", "8100", "NL.S.EU_SVC"),
        ("nl", "C", "8110", "NL.S.NONEU_SVC"),
        ("be", "A", "7000", "BE.S.STD.21"),
        ("be", "B", "7051", "BE.S.EU_SVC"),
        ("be", "C", "7052", "BE.S.NONEU_SVC"),
    ],
)
def test_a_sale_follows_the_customers_vat_country(name: str, customer: str, account: str, tax: str) -> None:
    mapping = starter(name, customers=CUSTOMERS.format(name.upper()))
    line = {"direction": "sale", "customer_id": customer, "charge_type": "Cycle Fee", "rate": "0"}
    decision = decided(mapping, name.upper(), **line)
    assert (decision.account, decision.tax, decision.problems) == (account, tax, ())


@pytest.mark.parametrize("name", SETS)
def test_a_sale_to_a_customer_that_nobody_mapped_is_held(name: str) -> None:
    decision = decided(starter(name), name.upper(), direction="sale", customer_id="A", charge_type="Cycle Fee")
    assert [finding.code for finding in decision.problems] == ["CUSTOMER-UNMAPPED"]


def test_domains_and_corrections_of_usage_have_accounts_of_their_own() -> None:
    mapping = starter("nl")
    assert bought(mapping, "NL", NL, "21", charge_type="One Time Fee", category="InterNetX").account == "7030"
    azure = {"charge_type": "Correction", "plan_name": "Microsoft Azure Plan"}
    assert bought(mapping, "NL", NL, "21", **azure).account == "7020"


@pytest.mark.parametrize(("payload", "name"), [("nl_invoice", "nl"), ("be_invoice_detail", "be")])
def test_the_example_payloads_are_decided_to_the_last_line(payload: str, name: str) -> None:
    content: dict[str, Any] = json.loads((ROOT / "tests" / "payloads" / f"{payload}.json").read_text())
    mapping = starter(name)
    decisions = [
        bought(
            mapping,
            name.upper(),
            invoice["Sender"]["VATNumber"],
            str(line["TaxPercentage"]),
            category=subscription["PlanCategoryName"],
            plan_id=subscription["PlanID"],
            plan_name=subscription["PlanName"],
            charge_type=line["ChargeType"],
            billing=line["BillingFrequency"],
        )
        for invoice in content["Invoices"]
        for customer in invoice["Customers"]
        for subscription in customer["Subscriptions"]
        for line in subscription["PriceLines"]
    ]
    assert [decision.problems for decision in decisions] == [()] * 5
    expected = {
        "nl": ["7010", "7010", "7020", "7010", "7030"],
        "be": ["604", "604", "604", "602", "604"],
    }
    assert [decision.account for decision in decisions] == expected[name]
