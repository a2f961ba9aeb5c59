"""With every starter set, whatever the sandbox can send is booked, left out by a named row, or held: one of these."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.combination import Combination
from connector.domain.decision import Action, Decision
from connector.domain.mapping import Mapping
from connector.domain.rules import CHARGE_TYPES, is_known
from connector.sandbox import RESELLER_BE, RESELLER_BE_DOMESTIC, RESELLER_NL
from connector.sandbox.catalogue import EVERY_PLAN
from connector.sandbox.parties import dutch_vat_number
from tests.mappings.starters import DE, FAR, ON, SETS, country_of, starter

RESELLERS = (RESELLER_NL, RESELLER_BE, RESELLER_BE_DOMESTIC)
# Who may issue a document: the Copaco companies, a changed one, the resellers themselves (sales), others, nobody.
SENDERS = tuple(
    dict.fromkeys([
        *(each.supplier.vat_number for each in RESELLERS), *(each.party.vat_number for each in RESELLERS),
        dutch_vat_number(22_220), DE, FAR, "", "no number",
    ])
)  # fmt: skip
CUSTOMERS = (
    "home;At home;1;{0};;;;no;no;;",
    "eu;In the EU;2;;FR12345678901;2026-01-05;;no;no;;",
    "unchecked;In the EU;3;;FR12345678901;;;no;no;;",
    "far;Far away;4;CH;;;;no;no;;",
    "order;Wants an order number;5;{0};;;;yes;no;;",
    "us;Ourselves;;{0};;;;no;yes;;",
)
ACCOUNTS = ("home", "eu", "unchecked", "far", "order", "us", "nobody", "")
KINDS = (*CHARGE_TYPES, "CycleFee", "one-time fee", "UserCorrection", "")
BILLINGS = ("", "Monthly", "Yearly", "One Time")
RATES = ("", "0", "6", "7", "9", "12", "19", "20", "21")
ZONES = ("", "NL", "BE", "DE")
PLANS = (*((plan.category, plan.plan_id, plan.name) for plan in EVERY_PLAN), ("Domains", "", ""), ("", "", ""))
TABLES = {name: starter(name, customers="\n".join(CUSTOMERS).format(country_of(name))) for name in SETS}


def proven(mapping: Mapping, asked: Combination, country: str) -> Decision:
    """The decision, after seeing that it is exactly one of: booked completely, left out by a row, held with why."""
    decision = mapping.decide(asked, on=ON, own_country=country)
    booked = decision.action is Action.POST
    ignored = decision.action is Action.IGNORE
    held = decision.action is Action.HOLD
    assert [booked, ignored, held].count(True) == 1, asked
    assert held == bool(decision.problems), asked
    if booked:
        code = mapping.tax_code(decision.tax, ON)
        assert decision.account in mapping.chart.accounts, asked
        assert (code.country, code.direction) == (country, asked.direction), asked
        assert code.treatment == decision.treatment, asked
        assert decision.deferral in {"", *mapping.deferrals}, asked
        assert {"account", "tax", "treatment"} <= {choice.column for choice in decision.choices}, asked
        assert is_known(asked.charge_type), asked
    elif ignored:
        assert (decision.account, decision.tax) == ("", ""), asked
        assert [(choice.column, choice.file) for choice in decision.choices] == [("action", "customers.csv")], asked
    return decision


@pytest.mark.parametrize("name", SETS)
@given(data=st.data())
@settings(max_examples=150)
def test_whatever_the_sandbox_can_send_is_covered_or_held(name: str, data: st.DataObject) -> None:
    draw = data.draw
    category, plan_id, plan_name = draw(st.sampled_from(PLANS))
    asked = Combination(
        direction=draw(st.sampled_from(["purchase", "sale"])),
        sender=draw(st.sampled_from(SENDERS)),
        currency=draw(st.sampled_from(["EUR", "USD", ""])),
        customer_id=draw(st.sampled_from(ACCOUNTS)),
        customer_number=draw(st.sampled_from(["", "10001"])),
        cost_center=draw(st.sampled_from(["", "KP100"])),
        category=category,
        plan_id=plan_id,
        plan_name=plan_name,
        charge_type=draw(st.sampled_from(KINDS)),
        billing=draw(st.sampled_from(BILLINGS)),
        sign=draw(st.sampled_from(["+", "-"])),
        rate=draw(st.sampled_from(RATES)),
        zone=draw(st.sampled_from(ZONES)),
        po_number=draw(st.sampled_from(["", "PO-0001-1"])),
    )
    proven(TABLES[name], asked, country_of(name))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("direction", ["purchase", "sale"])
def test_every_combination_of_the_cells_that_a_starter_row_reads(name: str, direction: str) -> None:
    mapping, country = TABLES[name], country_of(name)
    # Plans of one category and pattern cannot differ for any row of these sets.
    kinds_of_plans = {(plan[0], "Azure" in plan[2]): plan for plan in PLANS}.values()
    whose = ("",) if direction == "purchase" else ACCOUNTS
    senders = SENDERS if direction == "purchase" else SENDERS[:1]
    outcomes = {
        proven(
            mapping,
            Combination(
                direction=direction, sender=sender, customer_id=account, category=category, plan_id=plan_id,
                plan_name=plan_name, charge_type=kind, billing=billing, rate=rate,
            ),
            country,
        ).action
        for (category, plan_id, plan_name), sender, account, kind, billing, rate in itertools.product(
            kinds_of_plans, senders, whose, KINDS, BILLINGS, RATES
        )
    }  # fmt: skip
    assert outcomes == {Action.POST, Action.HOLD} | ({Action.IGNORE} if direction == "sale" else set())


def rows_read() -> set[str]:
    """The match columns of rules.csv that any starter set fills."""
    columns = ("charge_type", "product_group", "plan", "customer", "billing", "sign", "sender", "currency")
    return {column for name in SETS for rule in TABLES[name].rules for column in columns if getattr(rule, column)}


def test_the_enumeration_above_names_every_cell_that_the_rows_read() -> None:
    assert rows_read() == {"charge_type", "product_group", "plan", "billing"}
    assert {rule.plan for name in SETS for rule in TABLES[name].rules if rule.plan} == {"*Azure*"}
    read = {(row.zone, row.product_group) for name in SETS for row in TABLES[name].tax_map}
    assert read == {("", "")}
