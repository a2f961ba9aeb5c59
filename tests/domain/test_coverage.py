"""What a mapping has for a line, in four words; what is usual; and what tells one line from another."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.combination import Combination
from connector.domain.coverage import (
    UNKNOWN_TYPE,
    Cover,
    Usual,
    about,
    customer_kind,
    fields_told,
    party_country,
    tomorrow,
    verdict,
)  # fmt: skip
from connector.domain.dates import months_back
from connector.domain.finding import finding
from connector.domain.mapping import Mapping
from connector.domain.results import results, same_results
from connector.domain.rules import CHARGE_TYPES
from tests.domain.test_mapping_decide import ON, purchase, sale
from tests.mapping_files.tables import SAMPLE, loaded, sample, with_rows


def covered(line: Combination, mapping: Mapping | None = None) -> tuple[Cover, str, str, list[str], tuple[str, ...]]:
    found, _ = verdict(mapping or loaded(sample()), line, on=ON, own_country="NL")
    return found.cover, found.account, found.tax, [row.rule for row in found.rows], found.codes


def test_a_row_that_says_what_the_line_is_covers_it() -> None:
    assert covered(purchase()) == (Cover.COVERED, "7010", "NL.P.STD.21", ["NL.P.STD.21", "R010"], ())


def test_a_row_that_takes_anything_is_only_a_default() -> None:
    mapping = loaded(with_rows("rules", "R999;purchase;;;;;;-;;;7030;;;post;what is given back"))
    assert covered(purchase(charge_type="One Time Fee", sign="-"), mapping)[:2] == (Cover.DEFAULT, "7030")


def test_the_suspense_account_is_only_a_default() -> None:
    mapping = loaded(sample(
        accounts=SAMPLE["accounts.csv"] + "suspense_sales;2110;Vraagposten verkoop;liability;\n",
        settings="key;value\nunmapped_account;suspense\nsuspense_limit;500\n",
        rules=SAMPLE["rules.csv"].replace(";hold;default", ";post;default"),
    ))  # fmt: skip
    assert covered(purchase(charge_type=""), mapping)[:2] == (Cover.DEFAULT, "2100")


def test_what_a_row_ignores_or_holds_names_the_row() -> None:
    mapping = loaded(with_rows("customers", "C-10001;Wij;10001;NL;NL123456789B01;;;;;"))
    assert covered(sale(customer_id="C-10001"), mapping) == (Cover.IGNORED, "", "", ["R150"], ())
    cover, account, _, rows, codes = covered(purchase(charge_type="One Time Fee"))
    assert (cover, account, codes) == (Cover.UNCOVERED, "", ("RULE-HOLD", "ACCOUNT-UNMAPPED"))
    assert rows[0] == "R001"


def test_an_unknown_charge_type_is_not_covered() -> None:
    assert covered(purchase(charge_type=UNKNOWN_TYPE))[4] == ("CHARGE-TYPE-UNKNOWN", "DIMENSION-MISSING")[:1]


CUSTOMERS = st.sampled_from(["A-1", "A-2", "C-10001", "X-1", "X-2", "INT", ""])
DRAWN = st.builds(
    Combination,
    direction=st.sampled_from(["purchase", "sale"]),
    sender=st.sampled_from(["NL111111111B00", "BE0123456789", ""]),
    customer_id=CUSTOMERS,
    customer_number=st.sampled_from(["", "10", "C-10001"]),
    customer_name=st.sampled_from(["", "Bakker"]),
    cost_center=st.sampled_from(["", "KP1"]),
    category=st.sampled_from(["", "Domains", "Telecom"]),
    charge_type=st.sampled_from(["", *CHARGE_TYPES[:4], "Strange Fee"]),
    billing=st.sampled_from(["", "Yearly"]),
    rate=st.sampled_from(["", "0", "21", "9"]),
    po_number=st.sampled_from(["", "PO"]),
)
SETS = [
    loaded(sample()),
    loaded(with_rows("customers", "INT;Wij;1;NL;;;;;yes;", "X-1;Een;2;NL;;;;;;", "X-2;Twee;3;NL;;;;;;")),
    loaded(sample(
        customers=SAMPLE["customers.csv"] + "X-1;Een;;NL;;;;;;\nX-2;Twee;3;NL;;;;;;KP9\n",
        dimensions="dimension;direction;template;required;when_missing;create_values\n"
        "costcentre;both;first({customer.debtor},{customer.number});yes;hold;no\n",
    )),
]  # fmt: skip


@pytest.mark.parametrize("mapping", SETS)
@given(one=DRAWN, other=DRAWN)
def test_lines_that_are_the_same_to_the_tables_have_one_verdict(
    mapping: Mapping, one: Combination, other: Combination
) -> None:
    told = fields_told(mapping, one.direction)
    alike = msgspec.structs.replace(other, **{name: getattr(one, name) for name in told})

    def rest(line: Combination) -> tuple[object, ...]:
        kind = customer_kind(mapping, line.direction, line.customer_id)
        return (mapping.named(line.customer_id, line.customer_number), kind)

    if rest(one) == rest(alike):
        fresh = msgspec.structs.replace(mapping)
        assert covered(one, mapping) == covered(alike, fresh)
        assert party_country(mapping, one) == party_country(mapping, alike)


@pytest.mark.parametrize("mapping", SETS)
@given(lines=st.lists(DRAWN, max_size=20))
def test_a_remembered_decision_is_the_one_that_is_made_anew(mapping: Mapping, lines: list[Combination]) -> None:
    for line in lines:
        fresh = msgspec.structs.replace(mapping)
        assert mapping.decide(line, on=ON, own_country="NL") == fresh.decide(line, on=ON, own_country="NL")


def test_what_is_usual_is_what_most_lines_are() -> None:
    usual = Usual()
    assert usual.line("purchase") is None
    for line, lines in ((purchase(billing="Monthly"), 5), (purchase(billing="Yearly"), 9), (sale(), 90)):
        usual.count_kind(line, lines)
    assert usual.line("purchase") == Combination(
        direction="purchase", sender="NL111111111B00", rate="21", billing="Yearly"
    )
    for customer, lines in (("A", 1), ("B", 2), ("C", 2)):
        usual.count_customer("purchase", customer, lines)
    found = usual.line("purchase")
    assert found is not None
    assert found.customer_id == "B"
    assert [each.charge_type for each in tomorrow(found)] == [*CHARGE_TYPES, "", UNKNOWN_TYPE]


def test_a_problem_is_told_with_the_euros_and_without_gaps() -> None:
    told = about(finding("ACCOUNT-UNMAPPED", plan="Azure"), 1250)
    assert (told.minor, dict(told.values)["plan"], dict(told.values)["charge_type"]) == (1250, "Azure", "-")
    assert about(finding("ACCOUNT-UNMAPPED", "", 7), 1250).minor == 7


def test_results_come_with_their_rows_and_say_where_nobody_chose() -> None:
    line = purchase()
    decision = loaded(sample()).decide(line, on=ON, own_country="NL")
    told = {each.column: (each.value, each.chosen_by.rule if each.chosen_by else None) for each in results(decision)}
    assert told["account"] == ("7010", "R010")
    assert told["dim_costcentre"] == ("KP200", "R001")
    held = loaded(sample()).decide(purchase(charge_type="Strange Fee"), on=ON, own_country="NL")
    assert [(each.column, each.chosen_by) for each in results(held)][:2] == [("action", None), ("account", None)]
    texts = loaded(sample(settings="key;value\nline_text;{plan_name} x\n"))
    text = texts.decide(line, on=ON, own_country="NL")
    assert [each.value for each in results(text) if each.column == "text"] == [" x"]
    assert same_results(decision, msgspec.structs.replace(decision, choices=()))
    assert not same_results(decision, text)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2025-02-01", 12, "2024-02-01"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2024-01-15", 1, "2023-12-15"),
        ("2024-01-15", 99999, "0001-01-15"),
    ],
)
def test_months_back(day: str, months: int, before: str) -> None:
    found = months_back(datetime.date.fromisoformat(day), months)
    assert found == datetime.date.fromisoformat(before)
