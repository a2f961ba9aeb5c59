"""The starter sets: complete, free of warnings, canonical, and deciding as the worked examples of the books say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.domain.decision import Action
from connector.domain.rules import CHARGE_TYPES
from connector.mapping_files import canonical, load, read_folder
from tests.mappings.starters import (
    BE,
    FURTHER_ROLES,
    NL,
    ON,
    ROLES,
    ROOT,
    SETS,
    STANDARD,
    SUPPLIERS,
    bought,
    country_of,
    decided,
    starter,
)

CUSTOMERS = "A;Klant A;10001;{0};;;30;no;no;;\nB;Klant B;10002;;FR12345678901;2026-01-05;14;no;no;;\nC;C;1;CH;;;;;;;"


@pytest.mark.parametrize("name", SETS)
def test_a_starter_set_is_right_canonical_and_complete(name: str) -> None:
    files = read_folder(ROOT / "mappings" / name)
    mapping = load(ROOT / "mappings" / name)
    assert mapping.warnings == ()
    assert canonical(files) == files
    assert mapping.chart.roles.keys() == set(ROLES) | FURTHER_ROLES[country_of(name)]
    assert mapping.customers == {}
    assert mapping.dimensions == ()
    assert mapping.settings.unmapped_account == "hold"


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("nl", "RGS 3.7"),
        ("be", "MAR/PCMN, royal decree of 21 October 2018"),
        ("de-skr03", "DATEV SKR03, 2023"),
        ("de-skr04", "DATEV SKR04, 2023"),
    ],
)
def test_every_account_names_its_public_standard_and_version(name: str, standard: str) -> None:
    rows = read_folder(ROOT / "mappings" / name)["accounts.csv"].decode().splitlines()[1:]
    notes = {row.rpartition(";")[2] for row in rows}
    assert notes - {standard, f"{standard}, own sub-account"} == set()
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
        ("de-skr03", NL, "0", ("3200", "3100", "3200", "3200"), "DE.P.RC_EU_SVC.19", ("1577", "1787")),
        ("de-skr04", NL, "0", ("5200", "5900", "5200", "5200"), "DE.P.RC_EU_SVC.19", ("1407", "3837")),
        ("de-skr04", "DE123456789", "19", ("5200", "5900", "5200", "5200"), "DE.P.STD.19", ("1406", None)),
    ],
    ids=[
        "domestic",
        "Belgian reseller, Dutch supplier",
        "domestic Belgium",
        "mirror image",
        "outside the EU",
        "German reseller, Dutch supplier, SKR03",
        "the same, SKR04",
        "domestic Germany",
    ],
)
def test_the_lines_of_a_purchase_invoice_are_decided_as_in_the_worked_examples(
    name: str, sender: str, rate: str, accounts: tuple[str, ...], tax: str, roles: tuple[str, str | None]
) -> None:
    mapping = starter(name)
    decisions = [bought(mapping, country_of(name), sender, rate, charge_type=kind, billing=b) for kind, b in LINES]
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
    domestic = {mapping.account_for_role(role) for role in ("vat_due_rc_eu", "vat_due_rc_non_eu")}
    assert not [code for code in domestic if "medecontractant" in mapping.chart.accounts[code or ""].name]


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
        ({"sender": "FR12345678901", "rate": "20", "charge_type": "Cycle Fee"}, "FOREIGN-VAT"),
        ({"sender": "own", "rate": "0", "charge_type": "Cycle Fee"}, "TAX-ZERO-AMBIGUOUS"),
        ({"sender": "own", "rate": "20", "charge_type": "Cycle Fee"}, "TAX-RATE-UNKNOWN"),
        ({"sender": "own", "rate": "own", "charge_type": "UserCorrection"}, "CHARGE-TYPE-UNKNOWN"),
        (
            {"sender": "own", "rate": "own", "charge_type": "UserCorrection", "category": "InterNetX"},
            "CHARGE-TYPE-UNKNOWN",
        ),
        ({"sender": "own", "rate": "own"}, "ACCOUNT-UNMAPPED"),
        ({"sender": "", "rate": "own", "charge_type": "Cycle Fee"}, "TAX-UNMAPPED"),
    ],
)
def test_what_must_not_be_guessed_is_held(name: str, fields: dict[str, str], code: str) -> None:
    country = country_of(name)
    own = {"sender": SUPPLIERS[country], "rate": STANDARD[country]}
    line = {field: own[field] if value == "own" else value for field, value in fields.items()}
    decision = decided(starter(name), country, direction="purchase", **line)
    assert decision.action is Action.HOLD
    assert [finding.code for finding in decision.problems] == [code]


# The classes of cost of sales and of revenue.
CLASSES = {"be": "67", "de-skr03": "38", "de-skr04": "54", "nl": "78"}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("direction", ["purchase", "sale"])
@pytest.mark.parametrize("kind", CHARGE_TYPES)
def test_every_documented_charge_type_is_booked(name: str, direction: str, kind: str) -> None:
    country = country_of(name)
    mapping = starter(name, customers=CUSTOMERS.format(country))
    own, rate = SUPPLIERS[country], STANDARD[country]
    decision = decided(mapping, country, direction=direction, sender=own, rate=rate, customer_id="A", charge_type=kind)
    assert decision.action is Action.POST
    assert decision.tax == f"{country}.{direction[0].upper()}.STD.{rate}"
    assert decision.account[0] == CLASSES[name][direction == "sale"]


@pytest.mark.parametrize(
    ("name", "customer", "account", "tax"),
    [
        ("nl", "A", "8010", "NL.S.STD.21"),
        ("nl", "B", "8100", "NL.S.EU_SVC"),
        ("nl", "C", "8110", "NL.S.NONEU_SVC"),
        ("be", "A", "7000", "BE.S.STD.21"),
        ("be", "B", "7051", "BE.S.EU_SVC"),
        ("be", "C", "7052", "BE.S.NONEU_SVC"),
        ("de-skr03", "A", "8200", "DE.S.STD.19"),
        ("de-skr03", "B", "8336", "DE.S.EU_SVC"),
        ("de-skr03", "C", "8338", "DE.S.NONEU_SVC"),
        ("de-skr04", "A", "4200", "DE.S.STD.19"),
        ("de-skr04", "B", "4336", "DE.S.EU_SVC"),
        ("de-skr04", "C", "4338", "DE.S.NONEU_SVC"),
    ],
)
def test_a_sale_follows_the_customers_vat_country(name: str, customer: str, account: str, tax: str) -> None:
    mapping = starter(name, customers=CUSTOMERS.format(country_of(name)))
    line = {"direction": "sale", "customer_id": customer, "charge_type": "Cycle Fee", "rate": "0"}
    decision = decided(mapping, country_of(name), **line)
    assert (decision.account, decision.tax, decision.problems) == (account, tax, ())


@pytest.mark.parametrize("name", SETS)
def test_a_sale_to_a_customer_that_nobody_mapped_is_held(name: str) -> None:
    decision = decided(starter(name), country_of(name), direction="sale", customer_id="A", charge_type="Cycle Fee")
    assert [finding.code for finding in decision.problems] == ["CUSTOMER-UNMAPPED"]


# Accounts that work out the tax themselves; a key of tax.csv beside them would book it twice.
AUTOMATIC = {
    "de-skr03": {"3106", "3123", "3400", "8400"},
    "de-skr04": {"4400", "5400", "5906", "5923"},
}


@pytest.mark.parametrize("name", AUTOMATIC)
def test_german_sets_have_plain_accounts_and_tax_keys(name: str) -> None:
    mapping = starter(name)
    assert AUTOMATIC[name].isdisjoint(mapping.chart.accounts)
    keys = {code.code: code.package["datev"] for code in mapping.tax_codes if "datev" in code.package}
    assert keys == {
        "DE.P.STD.19": "9", "DE.P.RED.7": "8", "DE.P.RC_DOM.19": "94", "DE.P.RC_EU_SVC.19": "94",
        "DE.P.RC_NONEU_SVC.19": "94", "DE.S.STD.19": "3", "DE.S.RED.7": "2",
    }  # fmt: skip


def test_numbers_keep_their_leading_zero() -> None:
    chart = starter("de-skr03").chart
    assert [chart.resolve(role) for role in ("prepaid_expenses", "deferred_revenue")] == ["0980", "0990"]


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
