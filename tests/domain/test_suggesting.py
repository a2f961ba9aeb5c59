"""Proposals: rows for what no row covers, drawn from past books, similar rows and the starter set; never applied."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from connector.domain.combination import Combination
from connector.domain.past_books import PastRelation
from connector.domain.past_evidence import PastEvidence, Share, entries
from connector.domain.rules import Rule
from connector.domain.similar import nearest_type, similar, starter
from connector.domain.suggesting import (
    EvidenceKind,
    NewCustomer,
    Proposal,
    Sources,
    Uncovered,
    key_of,
    levels,
    propose_customers,
    propose_rules,
    rows_over,
    tax_gaps,
)
from tests.domain.books import NL, Books
from tests.domain.test_past_books import posting

DAY = datetime.date(2026, 12, 23)
COPACO = "NL111111111B00"
SUPPLIERS = {COPACO: "Copaco Nederland B.V."}


def line(charge_type: str = "Rebate", **fields: str) -> Combination:
    known = {
        "direction": "purchase",
        "sender": COPACO,
        "category": "Microsoft",
        "plan_name": "Azure plan",
        "rate": "21",
    }
    return Combination(**(known | {"charge_type": charge_type} | fields))


def uncovered(combination: Combination, minor: int = 1000, *codes: str) -> Uncovered:
    return Uncovered(combination=combination, codes=codes or ("CHARGE-TYPE-UNKNOWN",), minor=minor, lines=1, last=DAY)


def without(*ids: str) -> Books:
    return NL.having(rules=tuple(each for each in NL.mapping.rules if each.id not in ids))


def sources(books: Books = NL, past: Sequence[Any] | None = (), terms: Sequence[str] = (), **more: Any) -> Sources:
    evidence = None
    if past is not None:
        evidence = PastEvidence(SUPPLIERS, terms, books.mapping.chart)
        evidence.gather(past)
    known: dict[str, Any] = {
        "mapping": books.mapping,
        "country": "NL",
        "starter": NL.mapping,
        "past": evidence,
        "suppliers": SUPPLIERS,
    }
    return Sources(**(known | more))


def rows(proposals: Sequence[Proposal]) -> list[tuple[str, ...]]:
    names = ("charge_type", "product_group", "plan", "account")
    return [tuple(dict(each.cells)[name] for name in names) for each in proposals]


def proposed(
    *gaps: Uncovered, covered: Mapping[Any, Any] | None = None, given: Sources | None = None
) -> list[Proposal]:
    return propose_rules(gaps, covered or {}, given or sources())


def test_a_misspelled_charge_type_goes_where_its_like_goes() -> None:
    assert nearest_type("Usage Fees") == "Usage Fee"
    assert nearest_type("Rebate") == ""
    (one,) = proposed(uncovered(line("Usage Fees")))
    assert rows([one]) == [("Usage Fees", "", "", "7020")]
    assert one.evidence[0].kind is EvidenceKind.SIMILAR
    assert (one.minor, one.lines, one.can_be_taken) == (1000, 1, True)


def test_past_books_come_first_the_description_before_the_supplier() -> None:
    past = [
        posting("7020", 9000, text="Azure plan december", date=DAY),
        posting("7000", 99000, entry="1", result=True, party_name="Copaco"),
        posting("1600", -99000, entry="1", result=False, party_name="Copaco"),
        posting("7010", 100, entry="2", result=None, party_vat_number=COPACO),
        posting("7010", 900, text="Azure plan", journal_type="B"),
        posting("7777", 5, text="azure PLAN", result=None, account_name="Iets"),
        posting("7020", 0, text="Azure plan", date=DAY),
    ]
    given = sources(past=past, terms=["Azure plan", "Microsoft", ""])
    (one,) = proposed(uncovered(line()), given=given)
    assert rows([one]) == [("Rebate", "", "", "7020")]
    assert [(each.kind, each.account, each.known) for each in one.evidence[:4]] == [
        (EvidenceKind.DESCRIPTION, "7020", True), (EvidenceKind.DESCRIPTION, "7777", False),
        (EvidenceKind.SUPPLIER, "7000", False), (EvidenceKind.SUPPLIER, "7010", True),
    ]  # fmt: skip
    assert one.evidence[0].share == Share(account="7020", name="", lines=2, minor=9000, last=DAY, percent=99)
    assert one.evidence[2].subject == "Copaco Nederland B.V."


def test_an_account_that_the_chart_lacks_or_a_small_share_is_told_and_not_proposed() -> None:
    past = [posting("7000", 9900, result=True, party_name="Copaco"), posting("7020", 100, party_name="Copaco")]
    bare = NL.having(rules=())
    (one,) = proposed(uncovered(line()), given=sources(bare, past, starter=None))
    assert rows([one]) == [("Rebate", "", "", "")]
    assert not one.can_be_taken
    assert [each.account for each in one.evidence] == ["7000", "7020"]
    (none,) = proposed(uncovered(line()), given=sources(bare, None, starter=None))
    assert none.evidence == ()


def test_without_past_books_the_starter_set_is_the_last_word() -> None:
    bare = NL.having(rules=())
    (one,) = proposed(uncovered(line("Usage Fee"), 1000, "ACCOUNT-UNMAPPED"), given=sources(bare))
    assert rows([one]) == [("Usage Fee", "", "", "7020")]
    assert [each.kind for each in one.evidence] == [EvidenceKind.STARTER]
    assert list(starter(NL.mapping, bare.mapping.chart, line("Rebate"), on=DAY, own_country="NL")) == []


def test_the_starter_set_speaks_in_roles() -> None:
    chart = NL.mapping.chart
    renamed = msgspec.structs.replace(chart, roles={"cost_cloud_usage": "4020"}, accounts={})
    (found,) = starter(NL.mapping, renamed, line("Usage Fee"), on=DAY, own_country="NL")
    assert found.account == "4020"
    bare = msgspec.structs.replace(chart, roles={})
    (found,) = starter(NL.mapping, bare, line("Usage Fee"), on=DAY, own_country="NL")
    assert found.account == "7020", "an account of that number"
    nothing = msgspec.structs.replace(chart, roles={}, accounts={})
    assert list(starter(NL.mapping, nothing, line("Usage Fee"), on=DAY, own_country="NL")) == []


def test_similar_rows_of_other_plans_when_none_of_this_plan() -> None:
    rule = Rule(id="X1", row=2, direction="purchase", charge_type="Usage Fee", product_group="Other", account="7030")
    books = NL.having(rules=(rule, Rule(id="X2", row=3, charge_type="Item Fee", account="7010", direction="sale")))
    (found,) = similar(books.mapping, line("Usage Fee"), on=DAY, own_country="NL")
    assert (found.account, found.rows) == ("7030", ("X1",))


def test_a_row_that_names_the_plan_says_more_than_rows_for_any_plan() -> None:
    named = Rule(id="X9", row=2, direction="purchase", charge_type="Correction", plan="*Azure*", account="7020")
    books = NL.having(rules=(*without("P061").mapping.rules, named))
    first, *_ = similar(books.mapping, line("", plan_name="Microsoft Azure Plan"), on=DAY, own_country="NL")
    assert (first.account, "X9" in first.rows) == ("7020", True)
    first, *_ = similar(books.mapping, line("", plan_name="Power BI Pro"), on=DAY, own_country="NL")
    assert first.account == "7010"


def test_a_row_is_as_general_as_it_can_be_without_changing_others() -> None:
    past = [posting("7020", 900, text="Azure plan"), posting("7030", 900, text="Domein nl")]
    given = sources(past=past, terms=["Azure plan", "Domein nl"])
    azure, other = line(), line(plan_name="Domein nl", category="Domains")
    plans = proposed(uncovered(azure, 500), uncovered(other, 900), given=given)
    assert rows(plans) == [("Rebate", "Domains", "", "7030"), ("Rebate", "Microsoft", "", "7020")]
    same = proposed(uncovered(azure), uncovered(line(plan_name="Azure plan", category="Cloud")), given=given)
    assert rows(same) == [("Rebate", "", "", "7020")]
    assert same[0].lines == 2
    covered = {("purchase", "Rebate", "", ""): {"7010"}, ("purchase", "Rebate", "Microsoft", ""): {"7010"}}
    assert rows(proposed(uncovered(azure), covered=covered, given=given)) == [
        ("Rebate", "Microsoft", "Azure plan", "7020")
    ]
    everywhere = covered | {("purchase", "Rebate", "Microsoft", "Azure plan"): {"7010"}}
    (none,) = proposed(uncovered(azure), covered=everywhere, given=given)
    assert rows([none]) == [("Rebate", "Microsoft", "Azure plan", "")]
    assert not none.can_be_taken
    assert none.clashes
    blank = line("", category="", plan_name="")
    assert list(levels(("purchase", "Rebate", "Microsoft", ""))) == [
        ("purchase", "Rebate", "", ""), ("purchase", "Rebate", "Microsoft", ""),
    ]  # fmt: skip
    assert list(levels(key_of(blank))) == [("purchase", "", "", "")]


def test_a_row_lets_go_only_what_is_held_by_default() -> None:
    gap = uncovered(line("Usage Fees"))
    (one,) = proposed(gap)
    assert dict(one.cells)["action"] == ""
    (held,) = proposed(msgspec.structs.replace(gap, by_default_held=True))
    assert dict(held.cells)["action"] == "post"


LINES = st.builds(
    line,
    st.sampled_from(["Cycle Fee", "Usage Fee", "Usage Fees", "Rebate", ""]),
    category=st.sampled_from(["Microsoft", "Domains", ""]),
    plan_name=st.sampled_from(["Azure plan", "Domein nl", "Microsoft 365"]),
)
GIVEN = st.builds(
    Rule,
    id=st.integers(0, 10**6).map("X{}".format),
    charge_type=st.sampled_from(["Cycle Fee", "Usage Fee", "Rebate", ""]),
    product_group=st.sampled_from(["Microsoft", "Domains", ""]),
    plan=st.sampled_from(["Azure*", "Domein nl", ""]),
    account=st.sampled_from(["7010", "7020", "7030"]),
)


MORE_BLANK = [
    line("Usage Fee", category="Domains", plan_name="Microsoft 365"),
    line("", category="Domains", plan_name="Microsoft 365"),
    line("", category="", plan_name="Microsoft 365"),
]
"""Each matches the row of the next one too, since what a row leaves blank matches everything."""


def test_a_row_that_would_match_fuller_lines_of_another_account_is_not_to_be_taken() -> None:
    fuller, blanker = uncovered(MORE_BLANK[1]), uncovered(MORE_BLANK[2])
    books = NL.having(rules=(Rule(id="X0", charge_type="Usage Fee", account="7010"),))
    covered = {row: {"7010"} for row in rows_over(key_of(MORE_BLANK[0]))}
    given = sources(books)
    found = {
        dict(each.cells)["product_group"]: each for each in proposed(fuller, blanker, covered=covered, given=given)
    }
    assert set(found) == {"Domains", ""}
    for each in found.values():
        assert (each.can_be_taken, each.clashes, each.lines) == (False, True, 1)
        assert each.evidence, "what is known of it is told all the same"
    # On its own nothing stands in the way.
    (alone,) = proposed(blanker, covered=covered, given=given)
    assert (alone.can_be_taken, alone.clashes) == (True, False)


@given(
    st.lists(LINES, min_size=1, max_size=12, unique=True), st.lists(GIVEN, max_size=5, unique_by=lambda each: each.id)
)
@example(MORE_BLANK, [Rule(id="X0", charge_type="Usage Fee", account="7010")])
def test_taking_every_proposal_covers_what_it_says_and_changes_nothing_else(
    drawn: list[Combination], rules: list[Rule]
) -> None:
    books = NL.having(rules=tuple(rules))

    def decided(mapping: Any) -> dict[Combination, Any]:
        return {each: mapping.decide(each, on=DAY, own_country="NL") for each in drawn}

    before = decided(books.mapping)
    gaps, covered = [], dict[Any, set[str]]()
    for each, decision in before.items():
        codes = {found.code for found in decision.problems}
        if codes & {"ACCOUNT-UNMAPPED", "CHARGE-TYPE-UNKNOWN"}:
            gaps.append(uncovered(each, 100, *sorted(codes)))
        else:
            for row in rows_over(key_of(each)):
                covered.setdefault(row, set()).add(decision.account)
    found = [each for each in propose_rules(gaps, covered, sources(books)) if each.can_be_taken]
    more = [msgspec.convert(dict(each.cells) | {"id": each.id, "action": None}, Rule) for each in found]
    after = decided(NL.having(rules=(*rules, *more)).mapping)
    for each, decision in before.items():
        if decision.account:
            assert after[each].account == decision.account
    solved = [each for each in before if not before[each].account and after[each].account]
    assert len(solved) == sum(each.lines for each in found)


def test_sales_are_drawn_from_revenue() -> None:
    past = [
        posting("8010", -5000, text="Azure plan", date=DAY), posting("7020", 4000, text="Azure plan"),
    ]  # fmt: skip
    given = sources(past=past, terms=["Azure plan"])
    (one,) = proposed(uncovered(line(direction="sale")), given=given)
    assert one.evidence[0].share == Share(account="8010", name="", lines=1, minor=5000, last=DAY, percent=100)
    assert EvidenceKind.SUPPLIER not in {each.kind for each in one.evidence}


@given(st.lists(st.sampled_from("ABCDEFGH"), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_same_input_gives_the_same_proposals_and_ids_never_meet(plans: list[str], random: Random) -> None:
    gaps = [uncovered(line(category=plan, plan_name=plan), 100 * n) for n, plan in enumerate(plans)]
    first = proposed(*gaps)
    random.shuffle(gaps)
    assert proposed(*gaps) == first
    taken = NL.having(rules=tuple(Rule(id=each.id, account="7010", charge_type="Rebate") for each in first))
    again = proposed(*gaps, given=sources(taken))
    assert not {each.id for each in again} & {each.id for each in first}


def test_a_vat_treatment_is_named_and_never_proposed() -> None:
    gap = uncovered(line(rate="0"), 700, "TAX-UNMAPPED")
    assert proposed(gap) == []
    both = uncovered(line(rate="0"), 300, "TAX-UNMAPPED", "ACCOUNT-UNMAPPED", "CUSTOMER-UNMAPPED")
    (found,) = tax_gaps([gap, both])
    assert (found.code, found.subject, found.minor, found.lines) == ("TAX-UNMAPPED", "NL, 0 %, Microsoft", 1000, 2)


def test_debtors_come_from_the_relations() -> None:
    relations = [
        PastRelation(number="1001", name="Bakker", vat_number="NL001234567B01"),
        PastRelation(number="1002", name="De Vries B.V.", country="NL", kind="C"),
        PastRelation(number="2002", name="De Vries B.V.", country="NL", kind="S"),
        PastRelation(number="1003", name="Jansen"),
        PastRelation(number="1004", name="Jansen B.V.", vat_number="BE0123456789"),
        PastRelation(number="1005", name="Smit", vat_number="001234568B01", country="NL"),
    ]
    customers = [
        NewCustomer(account_id="A", name="Bakkerij", vat_number="NL 001234567 B01", minor=400),
        NewCustomer(account_id="B", name="de vries bv", minor=300),
        NewCustomer(account_id="C", name="Jansen", minor=200),
        NewCustomer(account_id="D", name="", vat_number="???", minor=100),
        NewCustomer(account_id="E", name="Smit", minor=50),
    ]
    found = propose_customers(customers, relations)
    assert [dict(each.cells) for each in found] == [
        {"account_id": "A", "name": "Bakkerij", "debtor": "1001", "country": "NL", "vat_number": "NL 001234567 B01"},
        {"account_id": "B", "name": "de vries bv", "debtor": "1002", "country": "NL", "vat_number": ""},
        {"account_id": "C", "name": "Jansen", "debtor": "", "country": "", "vat_number": ""},
        {"account_id": "D", "name": "", "debtor": "", "country": "", "vat_number": ""},
        {"account_id": "E", "name": "Smit", "debtor": "1005", "country": "NL", "vat_number": "NL001234568B01"},
    ]
    assert [len(each.relations) for each in found] == [1, 1, 2, 0, 1]
    assert all(each.can_be_taken and each.id.startswith("C") for each in found)


def test_lines_of_one_entry_share_their_party() -> None:
    apart = [posting(entry=""), posting(entry="")]
    together = [posting(entry="1"), posting(entry="1"), posting(entry="1", journal="X")]
    assert [len(each) for each in entries([*apart, *together])] == [1, 1, 2, 1]
    assert list(entries([])) == []


def test_rules_that_were_there_stay() -> None:
    assert proposed(uncovered(line("Usage Fee"), 5, "ACCOUNT-UNMAPPED"), given=sources(without("P040")))[0].minor == 5


def test_the_starter_set_knows_a_charge_type_better_than_rows_about_others() -> None:
    """As after one proposal was taken: the row that was just added is about another charge type."""
    known = sources()
    assert known.starter is not None
    (one,) = proposed(uncovered(line("One Time Fee")), given=known)
    assert one.evidence[0].kind is EvidenceKind.STARTER
    assert one.can_be_taken
