"""Rules that do nothing are told; a rule that is told never gives a result."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.combination import Combination
from connector.domain.rule_doubts import never_winning, repeated
from connector.domain.rules import Rule, RuleBook, choose, clashes
from tests.mapping_files.tables import loaded, sample, with_rows

DAYS = [None, datetime.date(2026, 1, 1), datetime.date(2026, 6, 30)]


def names(doubts: object) -> list[tuple[str, str]]:
    return [(each.rule.id, each.by.id if each.by else "") for each in doubts]  # type: ignore[attr-defined]


def test_a_higher_priority_on_all_days_and_columns_overrules() -> None:
    low = Rule(id="A", charge_type="Cycle Fee", account="7010", valid_from=DAYS[1], valid_to=DAYS[2])
    high = Rule(id="B", charge_type="cycle-fee", account="7020", priority=1)
    assert names(never_winning([low, high])) == [("A", "B")]
    part = Rule(id="B", charge_type="Cycle Fee", account="7020", priority=1, valid_to=DAYS[1])
    assert names(never_winning([low, part])) == []
    other = Rule(id="B", charge_type="Cycle Fee", deferral="days", priority=1)
    assert names(never_winning([low, other])) == []


def test_a_rule_for_sales_to_ourselves_never_wins() -> None:
    rules = [Rule(id="A", direction="sale", customer="C-1", account="8010"), Rule(id="B", customer="C-1")]
    assert names(never_winning(rules, {"c-1"})) == [("A", "")]


def test_a_rule_that_says_again_what_another_says() -> None:
    first = Rule(id="A", charge_type="Cycle Fee", account="7010", deferral="days")
    again = Rule(id="B", charge_type="Cycle Fee", account="7010", valid_from=DAYS[1])
    assert names(repeated([first, again])) == [("B", "A")]
    assert names(repeated([again, first])) == []
    assert names(repeated([first, Rule(id="C", charge_type="Cycle Fee")])) == []


def test_both_are_warnings_with_file_and_line() -> None:
    mapping = loaded(
        with_rows(
            "rules",
            "R041;purchase;;Domains;;;;;2026-01-01;;7030;;;;",
            "R160;sale;;;;A-1;;;;;8010;;;;",
        )
        | {"customers.csv": sample()["customers.csv"].replace(b";14;yes;;", b";14;yes;yes;")}
    )
    assert mapping.warnings == (
        "rules.csv line 16: R041 says nothing that R040 on line 10 does not say",
        "rules.csv line 17: R160 can never win: sales to an internal customer are ignored before any rule is asked",
    )


@given(
    st.lists(
        st.builds(
            Rule,
            id=st.uuids().map(str),
            direction=st.sampled_from(["", "purchase"]),
            charge_type=st.sampled_from(["", "Cycle Fee"]),
            priority=st.integers(0, 2),
            account=st.sampled_from(["", "7010", "7020"]),
            deferral=st.sampled_from(["", "days"]),
            valid_from=st.sampled_from(DAYS),
            valid_to=st.sampled_from(DAYS),
        ),
        max_size=6,
    )
)
def test_what_is_told_never_gives_a_result(rules: list[Rule]) -> None:
    if clashes(rules):
        return
    book, told = RuleBook(rules), {each.rule.id for each in never_winning(rules)}
    for on in (datetime.date(2025, 1, 1), datetime.date(2026, 3, 1), datetime.date(2027, 1, 1)):
        for charge_type in ("", "Cycle Fee", "Usage Fee"):
            line = Combination(direction="purchase", charge_type=charge_type)
            chosen, _ = choose(book.matches(line, on))
            assert not told & {rule.id for _, rule in chosen.values()}
