"""Why a rule did not match, or lost: what is told is what the rules themselves do."""

from __future__ import annotations

import datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.combination import Combination
from connector.domain.decision import Action, Choice, Decision
from connector.domain.near_miss import DATES, Differing, NearRule, near_rules, replaced
from connector.domain.rules import CHARGE_TYPES, Rule, RuleBook, choose

ON = datetime.date(2026, 6, 15)
DAYS = st.sampled_from([None, datetime.date(2026, 1, 1), ON, datetime.date(2026, 12, 31)])
TYPES = st.sampled_from(["", *CHARGE_TYPES[:3], "one-time fee", "Strange Fee"])
CELLS = {
    "direction": st.sampled_from(["", "purchase", "sale"]),
    "charge_type": TYPES,
    "product_group": st.sampled_from(["", "Microsoft", "domains"]),
    "plan": st.sampled_from(["", "p-1", "Azure plan", "*azure*", "*", "P-1"]),
    "customer": st.sampled_from(["", "A", "10", "b"]),
    "billing": st.sampled_from(["", "Monthly", "one time"]),
    "sign": st.sampled_from(["", "+", "-"]),
    "sender": st.sampled_from(["", "NL 1", "BE2"]),
    "currency": st.sampled_from(["", "EUR", "usd"]),
}
RULES = st.lists(
    st.builds(
        Rule, id=st.just("R"), valid_from=DAYS, valid_to=DAYS, priority=st.sampled_from([0, 0, 1]),
        account=st.sampled_from(["", "7010", "7020"]), deferral=st.sampled_from(["", "days"]), **CELLS,
    ),
    max_size=6,
).map(lambda rules: [msgspec.structs.replace(rule, id=f"R{n}") for n, rule in enumerate(rules)])  # fmt: skip
LINES = st.builds(
    Combination,
    direction=st.sampled_from(["purchase", "sale"]),
    charge_type=TYPES,
    category=st.sampled_from(["", "microsoft ", "Domains"]),
    plan_id=st.sampled_from(["", "p-1", "azure plan"]),
    plan_name=st.sampled_from(["", "Azure plan", "My Azure"]),
    customer_id=st.sampled_from(["", "A", "B"]),
    customer_number=st.sampled_from(["", "10", "A"]),
    billing=st.sampled_from(["", "Monthly", "One Time"]),
    sign=st.sampled_from(["+", "-"]),
    sender=st.sampled_from(["NL1", "BE2"]),
    currency=st.sampled_from(["EUR", "USD"]),
)


@given(RULES, LINES)
def test_a_rule_has_no_differing_cell_if_and_only_if_it_matches(rules: list[Rule], line: Combination) -> None:
    matching = {match.rule.id for match in RuleBook(rules).matches(line, ON)}
    found = near_rules(rules, line, ON)
    assert {each.rule.id for each in found if each.matches} == matching
    assert sorted(each.rule.id for each in found) == sorted(rule.id for rule in rules)
    assert [len(each.differing) for each in found] == sorted(len(each.differing) for each in found)


@given(RULES, LINES)
def test_a_cell_that_differs_is_the_reason(rules: list[Rule], line: Combination) -> None:
    for each in near_rules(rules, line, ON):
        mended: dict[str, object] = {}
        for one in each.differing:
            fields = {"valid_from": None, "valid_to": None} if one.column == DATES else {one.column: ""}
            mended |= fields
        if any(one.column == "charge_type" for one in each.differing):
            mended["charge_type"] = line.charge_type
        assert RuleBook([msgspec.structs.replace(each.rule, **mended)]).matches(line, ON)


@given(RULES, LINES)
def test_every_result_of_a_rule_that_matches_is_won_or_lost(rules: list[Rule], line: Combination) -> None:
    chosen, clashes = choose(RuleBook(rules).matches(line, ON))
    for each in near_rules(rules, line, ON):
        told = [*each.won, *(one.column for one in each.lost)]
        assert sorted(told) == sorted(column for column, _ in each.rule.results) if each.matches else told == []
        assert all(chosen[column][1] is each.rule for column in each.won)
        for one in each.lost:
            assert one.winner is not each.rule
            assert (one.by == "same") <= (dict(one.winner.results)[one.column] == one.value)
            assert (one.by == "clash") <= (one.column in {clash.column for clash in clashes})


def near(*rules: Rule, line: Combination) -> dict[str, NearRule]:
    return {each.rule.id: each for each in near_rules(rules, line, ON)}


def test_what_the_row_says_and_what_the_line_has() -> None:
    line = Combination(
        direction="purchase", charge_type="Cycle Fee", plan_id="p-1", plan_name="Azure plan", customer_id="A",
        customer_number="10",
    )  # fmt: skip
    rule = Rule(
        id="R", direction="sale", plan="M365*", customer="B", account="7010", valid_to=datetime.date(2025, 12, 31)
    )
    assert near(rule, line=line)["R"].differing == (
        Differing(column="direction", wanted="sale", found="purchase"),
        Differing(column="plan", wanted="M365*", found="p-1 / Azure plan"),
        Differing(column="customer", wanted="B", found="A / 10"),
        Differing(column=DATES, wanted="..2025-12-31", found="2026-06-15"),
    )
    later = Rule(id="L", account="7010", valid_from=datetime.date(2027, 1, 1))
    assert near(later, line=line)["L"].differing[0].wanted == "2027-01-01.."


def test_a_row_without_a_charge_type_is_not_for_an_unknown_one() -> None:
    found = near(Rule(id="R", account="7010"), line=Combination(direction="purchase", charge_type="Strange Fee"))
    assert found["R"].differing == (Differing(column="charge_type", wanted="", found="Strange Fee"),)


def test_why_a_result_was_lost() -> None:
    line = Combination(direction="purchase", charge_type="Cycle Fee", plan_id="p-1", plan_name="Plan")
    found = near(
        Rule(id="LIGHT", account="7010"),
        Rule(id="LOW", plan="p-1", account="7020"),
        Rule(id="HIGH", plan="p-1", account="7030", priority=1),
        Rule(id="ID", plan="p-1", deferral="days"),
        Rule(id="NAME", plan="Plan", deferral="none"),
        line=line,
    )
    assert {name: [(one.column, one.winner.id, one.by) for one in each.lost] for name, each in found.items()} == {
        "LIGHT": [("account", "HIGH", "weight")],
        "LOW": [("account", "HIGH", "priority")],
        "HIGH": [],
        "ID": [],
        "NAME": [("deferral", "ID", "identifier")],
    }


def test_rows_that_clash_lose_to_each_other_and_lighter_ones_to_both() -> None:
    line = Combination(direction="purchase", charge_type="Cycle Fee", plan_name="Azure plan")
    found = near(
        Rule(id="A", plan="*azure*", account="7010"),
        Rule(id="B", plan="*plan*", account="7020"),
        Rule(id="C", account="7030"),
        Rule(id="D", plan="azure*", account="7010", text="x"),
        line=line,
    )
    by = {name: [(one.winner.id, one.by) for one in each.lost] for name, each in found.items()}
    assert by == {"A": [("B", "clash")], "B": [("A", "clash")], "C": [("A", "weight")], "D": [("A", "clash")]}
    assert found["D"].won == ("text",)


def test_a_result_that_another_table_replaced_is_told() -> None:
    instead = Choice(column="account", value="8011", file="tax.csv", row=9, rule="NL.S.EU_SVC")
    kept = Choice(column="text", value="x", file="rules.csv", row=2, rule="S010")
    decision = Decision(action=Action.POST, choices=(instead, kept))
    rule = NearRule(rule=Rule(id="S010", account="8010", text="x"), won=("account", "text", "deferral"))
    assert replaced(rule, decision) == [("account", instead)]
