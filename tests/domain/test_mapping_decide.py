"""Decisions, with the tables of a worked example: an accountant's purchases, sales and own company."""

from __future__ import annotations

import datetime

import pytest

from connector.domain import deciding
from connector.domain.combination import Combination
from connector.domain.decision import Action, Decision
from connector.domain.mapping import Mapping
from tests.mapping_files.tables import SAMPLE, loaded, sample, with_rows

ON = datetime.date(2026, 12, 23)
NL_SENDER = "NL111111111B00"
BE_SENDER = "BE0123456789"


def purchase(**fields: str) -> Combination:
    line = {"sender": NL_SENDER, "rate": "21", "cost_center": "KP200", "charge_type": "Cycle Fee"}
    return Combination(direction="purchase", **(line | fields))


def sale(**fields: str) -> Combination:
    line = {"customer_id": "A-1", "cost_center": "KP100", "charge_type": "Cycle Fee", "po_number": "PO-7"}
    return Combination(direction="sale", **(line | fields))


def decided(combination: Combination, mapping: Mapping | None = None, country: str = "NL") -> Decision:
    return (mapping or loaded(sample())).decide(combination, on=ON, own_country=country)


def rules_of(decision: Decision) -> dict[str, str]:
    return {choice.column: choice.rule for choice in decision.choices}


def codes(decision: Decision) -> list[str]:
    return [finding.code for finding in decision.problems]


L3 = purchase(charge_type="Purchase Fee", billing="Yearly", customer_id="A-2", plan_name="Microsoft 365 E3")


def test_the_line_of_the_worked_example_takes_each_result_from_the_heaviest_row_that_fills_it() -> None:
    decision = decided(L3)
    assert decision.action is Action.POST
    assert (decision.account, decision.deferral, decision.tax) == ("7010", "days", "NL.P.STD.21")
    assert decision.treatment == "STD"
    assert decision.dimensions == (("costcentre", "KP200"),)
    assert decision.problems == ()
    assert rules_of(decision) == {
        "action": "R012",
        "account": "R012",
        "deferral": "R013",
        "dim_costcentre": "R001",
        "treatment": "purchase NL NL 21",
        "tax": "NL.P.STD.21",
    }


@pytest.mark.parametrize("who", [{"customer_id": "C-10001"}, {"customer_number": "c-10001"}])
def test_our_own_company_goes_to_its_own_account_and_keeps_the_deferral(who: dict[str, str]) -> None:
    decision = decided(Combination(**(fields(L3) | {"customer_id": "x"} | who)))
    assert (decision.account, decision.deferral) == ("4360", "days")
    assert decision.dimensions == (("costcentre", "ICT"),)
    assert decision.action is Action.POST
    assert rules_of(decision)["account"] == "R050"
    assert rules_of(decision)["deferral"] == "R013"


def test_every_choice_names_the_line_in_its_file() -> None:
    by_column = {choice.column: choice for choice in decided(L3).choices}
    assert (by_column["account"].file, by_column["account"].row) == ("rules.csv", 5)
    assert (by_column["treatment"].file, by_column["treatment"].row) == ("taxmap.csv", 2)
    assert (by_column["tax"].file, by_column["tax"].row) == ("tax.csv", 2)


def test_an_ignored_line_is_ignored_by_a_named_rule_and_nothing_else_is_asked_of_it() -> None:
    decision = decided(sale(customer_id="C-10001"))
    assert decision.action is Action.IGNORE
    assert decision.problems == ()
    assert rules_of(decision) == {"action": "R150"}
    assert decision.reason == "no invoice to ourselves"


def test_a_customer_that_is_marked_internal_gets_no_invoice() -> None:
    mapping = loaded(with_rows("customers", "A-9;Wij zelf;;NL;;;;;yes;"))
    decision = decided(sale(customer_id="A-9"), mapping)
    assert decision.action is Action.IGNORE
    assert decision.choices[0].file == "customers.csv"
    assert decided(purchase(customer_id="A-9"), mapping).action is Action.POST


def test_what_a_rule_holds_is_held_with_its_reason() -> None:
    decision = decided(purchase(charge_type="One Time Fee"))
    assert decision.action is Action.HOLD
    assert codes(decision) == ["RULE-HOLD", "ACCOUNT-UNMAPPED"]
    values = dict(decision.problems[0].values)
    assert values["rule"] == "R001"
    assert values["file"] == "rules.csv"
    assert values["row"] == "2"
    assert values["reason"] == "default: hold what nobody has mapped"
    assert values["charge_type"] == "One Time Fee"


@pytest.mark.parametrize("name", ["cycle fee", "CycleFee", "Cycle-Fee", " CYCLE  FEE "])
def test_charge_types_are_compared_without_case_spaces_and_hyphens(name: str) -> None:
    assert decided(purchase(charge_type=name)).account == "7010"


def test_an_unknown_charge_type_is_held_even_where_a_row_matches_everything() -> None:
    decision = decided(purchase(charge_type="UserCorrection", category="Domains"))
    assert decision.action is Action.HOLD
    assert codes(decision) == ["CHARGE-TYPE-UNKNOWN"]
    assert dict(decision.problems[0].values)["charge_type"] == "UserCorrection"


def test_an_unknown_charge_type_is_booked_once_a_row_names_it() -> None:
    mapping = loaded(with_rows("rules", "R090;purchase;User Correction;;;;;;2026-01-01;;7030;;{cost_center};post;"))
    decision = decided(purchase(charge_type="UserCorrection"), mapping)
    assert (decision.action, decision.account) == (Action.POST, "7030")
    assert codes(decided(purchase(charge_type="Other"), mapping)) == ["CHARGE-TYPE-UNKNOWN"]


def test_a_line_without_a_charge_type_is_matched_by_a_blank_cell() -> None:
    assert decided(purchase(charge_type="", category="domains")).account == "7030"


def test_a_rule_counts_on_its_first_and_last_day_only() -> None:
    mapping = loaded(
        with_rows(
            "rules",
            "R060;purchase;;;p-x;;;;2026-03-01;2026-03-31;7030;;;;",
            "R061;purchase;;;p-x;;;;2026-04-01;;4360;;;;",
        )
    )
    line = purchase(plan_id="p-x")

    def account(day: int, month: int) -> str:
        return mapping.decide(line, on=datetime.date(2026, month, day), own_country="NL").account

    assert [account(28, 2), account(1, 3), account(31, 3), account(1, 4)] == ["7010", "7030", "7030", "4360"]


def test_a_plan_is_named_by_id_by_name_or_by_pattern_and_the_exact_one_weighs_more() -> None:
    rows = ("R060;purchase;;;Microsoft 365*;;;;2026-01-01;;7020;;;;", "R061;purchase;;;p-e3;;;;2026-01-01;;7030;;;;")
    mapping = loaded(with_rows("rules", *rows))
    assert decided(purchase(plan_name="microsoft 365 Basic", plan_id="p-bb"), mapping).account == "7020"
    assert decided(purchase(plan_name="Microsoft 365 E3", plan_id="P-E3"), mapping).account == "7030"
    assert decided(purchase(plan_name="Power BI"), mapping).account == "7010"


def test_an_account_id_wins_over_a_customer_number() -> None:
    rows = ("R060;purchase;;;;A-1;;;2026-01-01;;7030;;;;", "R061;purchase;;;;10021;;;2026-01-01;;4360;;;;")
    mapping = loaded(with_rows("rules", *rows))
    assert decided(purchase(customer_id="A-1", customer_number="10021"), mapping).account == "7030"
    assert decided(purchase(customer_id="A-2", customer_number="10021"), mapping).account == "4360"


def test_two_patterns_that_meet_one_plan_and_disagree_hold_the_line_as_ambiguous() -> None:
    rows = ("R060;purchase;;;*365*;;;;2026-01-01;;7020;;;;", "R061;purchase;;;Microsoft*;;;;2026-01-01;;7030;;;;")
    mapping = loaded(with_rows("rules", *rows))
    decision = decided(purchase(plan_name="Microsoft 365 E3"), mapping)
    assert decision.action is Action.HOLD
    assert codes(decision) == ["MAPPING-AMBIGUOUS"]
    values = dict(decision.problems[0].values)
    assert (values["rule"], values["other_rule"], values["column"]) == ("R060", "R061", "account")
    assert (values["row"], values["other_row"]) == ("16", "17")
    assert decided(purchase(plan_name="Microsoft Azure"), mapping).account == "7030"


def test_patterns_that_agree_are_not_ambiguous_and_priority_settles_those_that_do_not() -> None:
    header, rest = SAMPLE["rules.csv"].split("\n", 1)
    rules = header + ";priority\n" + "".join(line + ";\n" for line in rest.splitlines())
    rows = ["R060;purchase;;;*365*;;;;2026-01-01;;7020;;;;;{}", "R061;purchase;;;Micro*;;;;2026-01-01;;{};;;;;"]
    line = purchase(plan_name="Microsoft 365 E3")
    agreeing = loaded(sample(rules=rules + rows[0].format("") + "\n" + rows[1].format("7020") + "\n"))
    assert decided(line, agreeing).account == "7020"
    settled = loaded(sample(rules=rules + rows[0].format("5") + "\n" + rows[1].format("7030") + "\n"))
    assert decided(line, settled).account == "7020"
    assert decided(line, settled).problems == ()


def test_a_dimension_falls_back_to_the_customers_and_is_missed_when_nothing_gives_it() -> None:
    mapping = loaded(sample())
    found = decided(purchase(cost_center="", customer_id="A-2"), mapping)
    assert found.dimensions == (("costcentre", "KP200"),)
    assert [choice.file for choice in found.choices if choice.column == "dim_costcentre"] == ["dimensions.csv"]
    missing = decided(purchase(cost_center=" ", customer_id="A-1"), mapping)
    assert codes(missing) == ["DIMENSION-MISSING"]
    assert dict(missing.problems[0].values)["dimension"] == "costcentre"


def test_a_dimension_has_a_default_or_may_be_left_out() -> None:
    header = "dimension;direction;template;required;when_missing\n"
    default = loaded(sample(dimensions=header + "costcentre;;{cost_center};yes;ALG\n"))
    assert decided(purchase(cost_center=""), default).dimensions == (("costcentre", "ALG"),)
    accounts = SAMPLE["accounts.csv"].replace(";costcentre", ";")
    free = loaded(sample(dimensions=header + "costcentre;;{cost_center};no;\n", accounts=accounts))
    assert decided(purchase(cost_center=""), free).dimensions == ()
    assert decided(purchase(cost_center=""), free).action is Action.POST


def test_an_account_can_ask_for_a_dimension_that_is_not_required_otherwise() -> None:
    header = "dimension;direction;template;required;when_missing\n"
    mapping = loaded(sample(dimensions=header + "costcentre;sale;{cost_center};no;\n"))
    assert codes(decided(purchase(cost_center=""), mapping)) == ["DIMENSION-MISSING"]
    assert decided(purchase(customer_id="C-10001"), mapping).dimensions == (("costcentre", "ICT"),)


def test_a_balance_sheet_account_carries_no_dimension() -> None:
    mapping = loaded(with_rows("rules", "R060;purchase;;;p-x;;;;2026-01-01;;prepaid_expenses;;;;"))
    decision = decided(purchase(plan_id="p-x", cost_center=""), mapping)
    assert (decision.account, decision.dimensions, decision.problems) == ("1410", (), ())


def test_rules_that_disagree_about_a_dimension_only_hold_it() -> None:
    rows = ("R060;purchase;;;*365*;;;;2026-01-01;;;;AA;;", "R061;purchase;;;Micro*;;;;2026-01-01;;;;BB;;")
    decision = decided(purchase(plan_name="Microsoft 365"), loaded(with_rows("rules", *rows)))
    assert codes(decision) == ["MAPPING-AMBIGUOUS"]
    assert (decision.account, decision.dimensions) == ("7010", ())


def test_a_text_is_a_template_of_the_line() -> None:
    header, rest = SAMPLE["rules.csv"].split("\n", 1)
    rules = header + ";text\n" + "".join(line + ";\n" for line in rest.splitlines())
    rules += "R060;purchase;;;p-x;;;;2026-01-01;;;;;;;{plan_name} ({customer.debtor})\n"
    mapping = loaded(sample(rules=rules, settings=SAMPLE["settings.csv"] + "line_text;{charge_type}\n"))
    named = decided(purchase(plan_id="p-x", plan_name="Azure", customer_id="A-1"), mapping)
    assert (named.text, rules_of(named)["text"]) == ("Azure (10021)", "R060")
    assert decided(purchase(), mapping).text == "Cycle Fee"


def fields(combination: Combination) -> dict[str, str]:
    return {name: getattr(combination, name) for name in combination.__struct_fields__}


SUSPENSE = SAMPLE["settings.csv"].replace("hold", "suspense") + "suspense_limit;100.00\n"
WITHOUT_HOLD = "\n".join(line for line in SAMPLE["rules.csv"].splitlines() if not line.startswith("R001")) + "\n"
SALES_ROLE = SAMPLE["accounts.csv"] + "suspense_sales;2110;Vraagposten verkoop;asset;\n"


def test_only_a_missing_account_goes_to_the_suspense_account_and_only_when_a_setting_says_so() -> None:
    held = loaded(sample(rules=WITHOUT_HOLD))
    assert codes(decided(purchase(charge_type="One Time Fee"), held)) == ["ACCOUNT-UNMAPPED"]
    mapping = loaded(sample(rules=WITHOUT_HOLD, settings=SUSPENSE, accounts=SALES_ROLE))
    decision = decided(purchase(charge_type="One Time Fee"), mapping)
    assert (decision.action, decision.account, decision.tax) == (Action.SUSPENSE, "2100", "NL.P.STD.21")
    assert [(c.file, c.row) for c in decision.choices if c.column == "account"] == [("settings.csv", 2)]
    assert decided(sale(charge_type="One Time Fee"), mapping).account == "2110"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (purchase(charge_type="One Time Fee", rate="0"), "TAX-ZERO-AMBIGUOUS"),
        (purchase(charge_type="Mystery Fee"), "CHARGE-TYPE-UNKNOWN"),
        (sale(charge_type="One Time Fee", customer_id="nobody"), "CUSTOMER-UNMAPPED"),
    ],
)
def test_the_suspense_account_never_cures_tax_party_or_an_unknown_charge_type(line: Combination, code: str) -> None:
    mapping = loaded(sample(rules=WITHOUT_HOLD, settings=SUSPENSE, accounts=SALES_ROLE))
    decision = decided(line, mapping)
    assert decision.action is Action.HOLD
    assert codes(decision) == [code]


def test_an_explicit_hold_is_stronger_than_the_suspense_setting() -> None:
    mapping = loaded(sample(settings=SUSPENSE, accounts=SALES_ROLE))
    assert codes(decided(purchase(charge_type="One Time Fee"), mapping)) == ["RULE-HOLD", "ACCOUNT-UNMAPPED"]


def test_a_rule_can_allow_suspense_for_what_has_no_account() -> None:
    rules = WITHOUT_HOLD + "R060;purchase;;;;;;;2026-01-01;;;;;suspense;until the accountant knows\n"
    settings = SAMPLE["settings.csv"] + "suspense_limit;100\n"
    mapping = loaded(sample(rules=rules, settings=settings, accounts=SALES_ROLE))
    decision = decided(purchase(charge_type="One Time Fee"), mapping)
    assert (decision.action, decision.account, rules_of(decision)["account"]) == (Action.SUSPENSE, "2100", "R060")
    assert decision.reason == "until the accountant knows"
    assert decided(purchase(), mapping).action is Action.POST


def test_a_mapping_without_a_suspense_account_holds() -> None:
    whole = loaded(sample(rules=WITHOUT_HOLD, settings=SUSPENSE, accounts=SALES_ROLE))
    roles = {role: code for role, code in whole.chart.roles.items() if not role.startswith("suspense")}
    chart = type(whole.chart)(accounts=whole.chart.accounts, roles=roles)
    mapping = Mapping(name="x", chart=chart, tax_codes=whole.tax_codes, tax_map=whole.tax_map, settings=whole.settings)
    assert codes(decided(purchase(charge_type="One Time Fee"), mapping)) == ["ACCOUNT-UNMAPPED"]


def test_within_a_segment_no_row_begins_or_ends() -> None:
    mapping = loaded(with_rows("rules", "R060;purchase;;;p-x;;;;2026-03-01;2026-03-31;7030;;;;"))
    day = datetime.date
    assert mapping.segment(day(1990, 1, 1)) == datetime.date.min
    assert mapping.segment(day(2026, 2, 28)) == day(2026, 1, 1)
    assert mapping.segment(day(2026, 3, 1)) == mapping.segment(day(2026, 3, 31)) == day(2026, 3, 1)
    assert mapping.segment(day(2026, 4, 1)) == mapping.segment(day(2031, 1, 1)) == day(2026, 4, 1)


def test_a_row_that_ends_on_the_last_day_of_the_calendar_opens_no_segment() -> None:
    mapping = loaded(with_rows("rules", "R060;purchase;;;p-x;;;;2026-03-01;9999-12-31;7030;;;;"))
    assert mapping.segment(datetime.date.max) == datetime.date(2026, 3, 1)


def test_accounts_are_found_by_role_and_tax_codes_by_date() -> None:
    mapping = loaded(sample())
    assert mapping.account_for_role("creditors_control") == "1600"
    assert mapping.account_for_role("no_such_role") is None
    code = mapping.tax_code("NL.P.RC_EU_SVC.21", ON)
    assert code.reverse_charge
    assert code.boxes == ("4b", "5b")
    assert code.package == {"odoo": "btw_I_21_d"}
    with pytest.raises(LookupError, match=r"NL\.P\.STD\.21 has no row that is valid on 2011-01-01"):
        mapping.tax_code("NL.P.STD.21", datetime.date(2011, 1, 1))


def test_a_customer_that_requires_an_order_number_is_held_without_one() -> None:
    assert codes(decided(sale(po_number=""))) == ["PO-MISSING"]
    assert codes(decided(sale(po_number="PO-7"))) == []


def test_combinations_that_differ_in_what_no_table_reads_share_a_decision() -> None:
    mapping = loaded(sample())
    one, other = purchase(consumer_name="A"), purchase(consumer_name="B")
    assert decided(one, mapping) is decided(other, mapping)
    assert decided(purchase(cost_center="KP300"), mapping) is not decided(one, mapping)


def test_remembering_decisions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "REMEMBERED", 1)
    mapping = loaded(sample())
    first = decided(purchase(), mapping)
    decided(purchase(cost_center="KP300"), mapping)
    assert len(mapping.decided) == 1
    assert decided(purchase(), mapping) == first
