"""Which rule wins, whatever the order of the rows."""

from __future__ import annotations

import datetime
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain import rules as ruling
from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.combination import Combination
from connector.domain.decision import Action
from connector.domain.mapping import Mapping
from connector.domain.rules import CHARGE_TYPES, KNOWN, MATCH_COLUMNS, WEIGHTS, Rule, RuleBook, choose, clashes, fold
from connector.domain.tax import valid
from tests.mapping_files.tables import loaded, sample

ON = datetime.date(2026, 6, 15)
ACCOUNTS = ("7010", "7020", "7030")


def test_one_more_specific_cell_beats_all_less_specific_ones_together() -> None:
    weights = sorted(WEIGHTS.values())
    assert all(weight > sum(weights[:place]) for place, weight in enumerate(weights))


@pytest.mark.parametrize("column", [column for column in MATCH_COLUMNS if column != "plan"])
def test_each_cell_has_its_weight(column: str) -> None:
    assert msgspec.structs.replace(Rule(id="R"), **{column: "x"}).weight == WEIGHTS[column]


def test_a_pattern_weighs_less_than_a_plan() -> None:
    assert Rule(id="R", plan="x*").weight == 128
    assert Rule(id="R", plan="x").weight == 256


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*365*", "Microsoft 365 E3", True),
        ("microsoft*e3", "Microsoft 365 E3", True),
        ("*", "", True),
        ("365*", "Microsoft 365", False),
        ("ab*ba", "aba", False),
        ("a*b*c", "abbc", True),
        ("a*x*c", "abbc", False),
        ("[ab]*", "a", False),
        ("a.*", "ab", False),
    ],
)
def test_only_the_star_is_special_in_a_pattern(pattern: str, name: str, fits: bool) -> None:
    book = RuleBook([Rule(id="R", plan=pattern, account="7010")])
    found = book.matches(Combination(direction="purchase", plan_name=name, charge_type="Cycle Fee"), ON)
    assert bool(found) is fits


@pytest.mark.parametrize(
    ("cells", "line", "fits"),
    [
        ({"direction": "sale"}, {}, False),
        ({"sign": "-"}, {"sign": "-"}, True),
        ({"sign": "-"}, {"sign": "+"}, False),
        ({"billing": "One Time"}, {"billing": "one-time"}, True),
        ({"billing": "Yearly"}, {"billing": ""}, False),
        ({"sender": "NL 1111.11.111.B00"}, {"sender": "NL111111111B00"}, True),
        ({"sender": "NL111111111B00"}, {"sender": "BE0123456789"}, False),
        ({"currency": "USD"}, {"currency": "EUR"}, False),
        ({"product_group": "domains"}, {"category": " Domains"}, True),
        ({"product_group": "Domains"}, {"category": "Microsoft"}, False),
        ({"customer": "A", "plan": "P"}, {"customer_id": "A", "plan_id": "Q"}, False),
        ({"customer": "A", "plan": "P"}, {"customer_number": "a", "plan_name": "p"}, True),
    ],
)
def test_every_filled_cell_must_match(cells: dict[str, str], line: dict[str, str], fits: bool) -> None:
    book = RuleBook([msgspec.structs.replace(Rule(id="R", account="7010"), **cells)])
    assert bool(book.matches(Combination(direction="purchase", **line), ON)) is fits


def test_rules_that_match_together_and_disagree_are_found_before_any_line_is_seen() -> None:
    first = Rule(id="A", charge_type="Cycle Fee", account="7010", valid_to=datetime.date(2026, 6, 30))
    second = Rule(id="B", charge_type="cycle-fee", account="7020", valid_from=datetime.date(2026, 6, 30))
    later = Rule(id="C", charge_type="Cycle Fee", account="7030", valid_from=datetime.date(2026, 7, 1), priority=1)
    assert [(c.column, c.first.id, c.second.id) for c in clashes([first, second, later])] == [("account", "A", "B")]
    assert clashes([first, Rule(id="D", charge_type="Cycle Fee", deferral="days")]) == []
    open_ended = Rule(id="E", charge_type="Cycle Fee", account="7020")
    assert len(clashes([first, open_ended])) == 1


def test_a_priority_only_counts_among_rows_of_equal_weight() -> None:
    light = Rule(id="A", charge_type="Cycle Fee", account="7010", priority=9)
    heavy = Rule(id="B", plan="*", account="7020")
    rival = Rule(id="C", plan="*x", account="7030", priority=1)
    line = Combination(direction="purchase", charge_type="Cycle Fee", plan_name="x")
    assert choose(RuleBook([light, heavy]).matches(line, ON))[0]["account"] == ("7020", heavy)
    assert choose(RuleBook([light, heavy, rival]).matches(line, ON))[0]["account"] == ("7030", rival)


def test_only_rows_that_name_an_unknown_charge_type_apply_to_it() -> None:
    named = Rule(id="A", charge_type="User Correction", account="7010")
    blank = Rule(id="B", deferral="days")
    line = Combination(direction="purchase", charge_type="UserCorrection")
    assert [match.rule for match in RuleBook([named, blank]).matches(line, ON)] == [named]
    assert RuleBook([blank]).matches(line, ON) == []


dates = st.none() | st.dates(datetime.date(2026, 5, 1), datetime.date(2026, 8, 1))
rules = st.builds(
    Rule,
    id=st.just(""),
    direction=st.sampled_from(["", "purchase", "sale"]),
    charge_type=st.sampled_from(["", "Cycle Fee", "cyclefee", "Usage Fee", "Mystery"]),
    product_group=st.sampled_from(["", "Microsoft", "Domains"]),
    plan=st.sampled_from(["", "p1", "Plan One", "Plan*", "*One", "*"]),
    customer=st.sampled_from(["", "A", "10"]),
    billing=st.sampled_from(["", "Yearly"]),
    sign=st.sampled_from(["", "+", "-"]),
    priority=st.integers(0, 1),
    valid_from=dates,
    valid_to=dates,
    account=st.sampled_from(["", *ACCOUNTS]),
    deferral=st.sampled_from(["", "none", "days"]),
    dimensions=st.sampled_from([(), (("team", "X"),), (("team", "{cost_center}"),)]),
    action=st.sampled_from([None, *Action]),
)
books = st.lists(rules, max_size=8).map(
    lambda given: [msgspec.structs.replace(rule, id=f"R{place}", row=place + 2) for place, rule in enumerate(given)]
)
lines = st.builds(
    Combination,
    direction=st.sampled_from(["purchase", "sale"]),
    charge_type=st.sampled_from(["", "Cycle Fee", "Usage Fee", "Mystery", "Other"]),
    category=st.sampled_from(["", "Microsoft", "Domains"]),
    plan_id=st.sampled_from(["", "p1", "p2"]),
    plan_name=st.sampled_from(["", "Plan One", "Plan Two"]),
    customer_id=st.sampled_from(["", "A", "A-1", "A-2"]),
    customer_number=st.sampled_from(["", "10", "A"]),
    billing=st.sampled_from(["", "Yearly"]),
    sign=st.sampled_from(["+", "-"]),
    sender=st.sampled_from(["", "NL111111111B00", "BE0123456789"]),
    rate=st.sampled_from(["", "0", "21"]),
)


@given(book=books, line=lines, seed=st.integers())
def test_the_order_of_the_rows_never_changes_a_decision(book: list[Rule], line: Combination, seed: int) -> None:
    base = msgspec.structs.replace(loaded(sample()), rules=tuple(book))
    tables = ("rules", "tax_codes", "tax_map", "dimensions")
    shuffled = {name: list(getattr(base, name)) for name in tables}
    for rows in shuffled.values():
        random.Random(seed).shuffle(rows)
    other = msgspec.structs.replace(base, **{name: tuple(rows) for name, rows in shuffled.items()})
    assert base.decide(line, on=ON, own_country="NL") == other.decide(line, on=ON, own_country="NL")
    assert base.segment(ON) == other.segment(ON)


@given(book=books, line=lines)
def test_the_index_finds_what_looking_at_every_rule_finds(book: list[Rule], line: Combination) -> None:
    expected = {rule.id for rule in book if _matches_slowly(rule, line)}
    found = RuleBook(book).matches(line, ON)
    assert {match.rule.id for match in found} == expected
    assert [match.rank for match in found] == sorted((match.rank for match in found), reverse=True)


def _matches_slowly(rule: Rule, line: Combination) -> bool:
    """The definition, one cell after another."""
    name = line.plan_name.casefold()
    pattern = rule.plan.casefold()
    by_plan = {
        "": True,
        "plan*": name.startswith("plan"),
        "*one": name.endswith("one"),
        "*": True,
    }.get(pattern, pattern in {line.plan_id.casefold(), name})
    charge_type = fold(line.charge_type)
    return (
        rule.direction in {"", line.direction}
        and (fold(rule.charge_type) == charge_type if rule.charge_type else charge_type in KNOWN | {""})
        and rule.product_group in {"", line.category}
        and by_plan
        and rule.customer in {"", line.customer_id, line.customer_number}
        and rule.billing in {"", line.billing}
        and rule.sign in {"", line.sign}
        and valid(rule.valid_from, rule.valid_to, ON)
    )


@given(book=books, line=lines)
def test_a_result_comes_from_the_heaviest_row_that_fills_it_or_clashes(book: list[Rule], line: Combination) -> None:
    matches = RuleBook(book).matches(line, ON)
    chosen, clashing = choose(matches)
    for column in ("account", "deferral", "action", "dim_team"):
        filled = [match for match in matches if column in dict(match.rule.results)]
        top = [match for match in filled if match.rank == max(each.rank for each in filled)]
        values = {dict(match.rule.results)[column] for match in top}
        assert (column in chosen) == (len(values) == 1)
        assert (column in {clash.column for clash in clashing}) == (len(values) > 1)
        assert column not in chosen or {chosen[column][0]} == values


@settings(max_examples=20)
@given(book=books, line=lines, day=st.dates(datetime.date(2026, 4, 1), datetime.date(2026, 9, 1)))
def test_a_decision_is_the_same_on_every_day_of_its_segment(
    book: list[Rule], line: Combination, day: datetime.date
) -> None:
    mapping = msgspec.structs.replace(loaded(sample()), rules=tuple(book))
    first = mapping.segment(day)
    if first > datetime.date.min:
        assert mapping.decide(line, on=first, own_country="NL") == mapping.decide(line, on=day, own_country="NL")


def test_six_thousand_combinations_meet_three_hundred_rules() -> None:
    chance = random.Random(7)
    patterns = [Rule(id=f"P{n}", plan=f"*plan {n}*", account=chance.choice(ACCOUNTS)) for n in range(60)]
    plans = [Rule(id=f"X{n}", plan=f"p-{n}", account=chance.choice(ACCOUNTS)) for n in range(100)]
    owners = [Rule(id=f"C{n}", customer=f"c-{n}", dimensions=(("team", "X"),)) for n in range(134)]
    general = [Rule(id=f"T{n}", charge_type=name, account="7010") for n, name in enumerate(CHARGE_TYPES)]
    base = loaded(sample())
    chart = ChartOfAccounts(
        accounts={code: Account(code=code, name=code, type=AccountType.EXPENSE) for code in ACCOUNTS}, roles={}
    )
    mapping = Mapping(
        name="large",
        chart=chart,
        rules=(*patterns, *plans, *owners, *general),
        tax_codes=base.tax_codes,
        tax_map=base.tax_map,
    )
    combinations = [
        Combination(
            direction="purchase",
            sender="NL111111111B00",
            rate="21",
            charge_type=chance.choice(CHARGE_TYPES),
            plan_id=f"p-{chance.randrange(200)}",
            plan_name=f"Vendor plan {chance.randrange(200)} x",
            customer_id=f"c-{n}",
        )
        for n in range(6000)
    ]
    decisions = [mapping.decide(combination, on=ON, own_country="NL") for combination in combinations]
    assert all(decision.tax == "NL.P.STD.21" for decision in decisions)
    named = {rule.plan: rule.account for rule in plans}
    wrong = [
        combination.plan_id
        for combination, decision in zip(combinations, decisions, strict=True)
        if decision.account != named.get(combination.plan_id, decision.account)
    ]
    assert wrong == []
    in_team = [n for n, decision in enumerate(decisions) if ("team", "X") in decision.dimensions]
    assert in_team == list(range(len(owners)))


def test_plans_that_were_forgotten_are_held_against_the_patterns_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruling, "REMEMBERED_PLANS", 2)
    book = RuleBook([Rule(id="R", plan="*365*", account="7010")])
    for _ in range(2):
        for name, fits in (("Microsoft 365", True), ("Azure", False), ("365", True), ("Exchange", False)):
            line = Combination(direction="purchase", plan_name=name)
            assert bool(book.matches(line, ON)) is fits
