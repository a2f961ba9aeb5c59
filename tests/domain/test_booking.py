"""Booking: what holds for any document, and how postings are gathered and explained."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.aggregation import net_postings
from connector.domain.booking import book, kind_of
from connector.domain.decision import Action, Decision
from connector.domain.explanation import LineCents, allocate_posting
from connector.domain.invoice import Invoice
from connector.domain.journal import DocumentKind, Posting, PostingRole
from connector.domain.mapping import DimensionRule, MappedCustomer
from connector.domain.rules import Rule
from tests.domain.books import BE, BE_VAT, NL, NOVEMBER, YEAR, Books, Prepared, Priced, invoice, prepare, priced, sell
from tests.domain.drawn import LEVELS, drawn_books, drawn_lines, drawn_purchases

VAT = {PostingRole.VAT_INPUT, PostingRole.VAT_COST, PostingRole.VAT_DUE}
SOLD_TO = MappedCustomer(account_id="A", name="Customer A", country="NL", row=2)


def holds_for(done: Prepared, sign: int) -> None:
    """What must be true of every entry."""
    entry, document = done.entry, done.document
    assert sum(posting.minor for posting in entry.postings) == 0
    net = [posting for posting in entry.postings if posting.role is PostingRole.NET]
    assert sum(posting.minor for posting in net) == document.net * sign
    assert {n for posting in net for n in posting.groups} == set(range(len(document.groups)))
    for posting in net:
        # Never netted: a posting holds amounts of one sign, one account and one tax code.
        assert len({document.groups[n].combination.sign for n in posting.groups}) == 1
        assert {(posting.account, posting.tax)} == {
            (done.decisions[n].account, done.decisions[n].tax) for n in posting.groups
        }
        if posting.deferral:
            assert posting.line_no is not None
    for posting in entry.postings:
        if posting.role in VAT:
            assert posting.base_minor == sum(document.groups[n].net for n in posting.groups)
        parts = allocate_posting(posting, done.lines)
        assert sum(cents for _, cents in parts) == posting.minor
        assert {done.lines[number - 1].group for number, _ in parts} == set(posting.groups)
    total = document.stated_total
    assert total is None or entry.total_minor == total


@given(drawn_purchases())
def test_any_purchase_balances_covers_its_lines_and_explains_every_cent(drawn: tuple[Invoice, Books]) -> None:
    done = prepare(*drawn)
    if not done.held:
        holds_for(done, 1)


@given(st.lists(drawn_lines(("0",), customers="A"), min_size=1, max_size=8), drawn_books(NL.selling_to(SOLD_TO)))
def test_any_sale_balances_covers_its_lines_and_explains_every_cent(lines: list[Priced], books: Books) -> None:
    lines = [msgspec.structs.replace(each, customer=lines[0].customer) for each in lines]
    done = sell(*lines, books=books)
    holds_for(done, -1)
    [due] = [p.minor for p in done.entry.postings if p.role is PostingRole.VAT_DUE] or [0]
    exact = Decimal(done.document.net) * 21 / 100
    assert abs(due + exact) <= Decimal("0.5")


@given(drawn_purchases())
def test_net_lines_are_explained_by_their_own_amounts(drawn: tuple[Invoice, Books]) -> None:
    done = prepare(*drawn)
    if done.held:
        return
    told: dict[int, int] = {}
    for posting in done.entry.postings:
        if posting.role is PostingRole.NET:
            for number, cents in allocate_posting(posting, done.lines):
                assert number not in told or not cents
                told[number] = told.get(number, 0) + cents
    assert told == {line.line_no: line.net for line in done.lines}


MIXED = [
    priced("Cycle Fee", "10.00", "2.10", cost_center="KP1"),
    priced("Cycle Fee", "20.00", "4.20", cost_center="KP2", period=("20261001", "20261031")),
    priced("Cycle Fee", "-5.00", "-1.05", cost_center="KP2"),
    priced("Purchase Fee", "120.00", "25.20", period=YEAR),
    priced("Usage Fee", "7.00", "1.47", rate="21", plan="Azure"),
]


@pytest.mark.parametrize(
    ("level", "minors"),
    [
        ("line", [1000, 2000, -500, 12000, 700]),
        ("account+tax+dimension+period", [12000, 1000, 2000, -500, 700]),
        ("account+tax+dimension", [12000, 1000, 2000, -500, 700]),
        ("account+tax", [12000, 3000, -500, 700]),
        ("document", [12000, 3000, -500, 700]),
    ],
)
def test_levels_of_aggregation(level: str, minors: list[int]) -> None:
    cost_centre = DimensionRule(dimension="costcentre", template="{cost_center}", row=2)
    books = NL.setting(aggregate_purchase=level).having(dimensions=(cost_centre,))
    entry = prepare(invoice(*MIXED), books).entry
    assert [posting.minor for posting in entry.postings if posting.role is PostingRole.NET] == minors
    # The base stays provable at every level: no posting mixes tax codes.
    assert {posting.tax for posting in entry.postings if posting.role is PostingRole.NET} == {"NL.P.STD.21"}


@pytest.mark.parametrize("level", LEVELS)
def test_lines_of_nothing_with_and_without_a_period_are_all_explained(level: str) -> None:
    """Those without a period stood for all of them: their text and their sum, '' and 0.00, fitted the posting's."""
    lines = [priced("Cycle Fee", "0.00", "0.00"), priced("Cycle Fee", "0.00", "0.00", period=(None, None))]
    done = prepare(invoice(*lines), NL.setting(aggregate_purchase=level))
    assert len(done.document.groups) == 2
    holds_for(done, 1)


def test_by_month_one_group_may_be_in_two_postings_and_each_is_explained_by_its_own_lines() -> None:
    two = [priced("Cycle Fee", "10.00", "2.10", period=("20261001", "20261031"), billing_frequency="Monthly"),
           priced("Cycle Fee", "20.00", "4.20", period=NOVEMBER, billing_frequency="Monthly")]  # fmt: skip
    done = prepare(invoice(*two), NL.setting(aggregate_purchase="account+tax+dimension+period"))
    october, november, *_ = done.entry.postings
    assert len(done.document.groups) == 1
    assert [(p.text, allocate_posting(p, done.lines)) for p in (october, november)] == [
        ("2026-10", [(1, 1000)]),
        ("2026-11", [(2, 2000)]),
    ]


def test_a_text_that_all_lines_of_a_posting_share_is_kept() -> None:
    shared = prepare(invoice(*MIXED[:2]), NL.setting(line_text="Licences")).entry
    assert shared.postings[0].text == "Licences"
    differing = prepare(invoice(*MIXED[:2]), NL.setting(line_text="{cost_center}")).entry
    assert differing.postings[0].text == ""


def test_the_text_of_an_entry_is_the_settings_template() -> None:
    template = "{kind} {number} van {party}, {date} ({period}, {direction})"
    entry = prepare(invoice(MIXED[0]), NL.setting(entry_text=template)).entry
    assert entry.text == "invoice 2600123 van Copaco Nederland B.V., 2026-12-23 (2026-12, purchase)"


@pytest.mark.parametrize(
    ("kind", "net", "totals", "expected"),
    [
        ("INVOICE", "10.00", None, DocumentKind.INVOICE),
        ("INVOICE", "0.00", None, DocumentKind.INVOICE),
        ("INVOICE", "-10.00", None, DocumentKind.CREDIT_NOTE),
        ("Creditnota", "-10.00", None, DocumentKind.CREDIT_NOTE),
        ("INVOICE", "10.00", {"Total": "-12.10"}, DocumentKind.CREDIT_NOTE),
    ],
)
def test_a_credit_note_is_told_by_its_sign(
    kind: str, net: str, totals: dict[str, str] | None, expected: DocumentKind
) -> None:
    vat = str(Decimal(net) * 21 / 100)
    assert kind_of(prepare(invoice(priced("Cycle Fee", net, vat), kind=kind, totals=totals)).document) is expected


def test_a_document_of_exactly_nothing_is_booked_with_an_empty_open_item() -> None:
    entry = prepare(invoice(priced("Cycle Fee", "10.00", "2.10"), priced("Correction", "-10.00", "-2.10"))).entry
    assert [(p.role.value, p.minor) for p in entry.postings] == [("net", 1000), ("net", -1000), ("party", 0)]
    free = prepare(invoice(priced("Cycle Fee", "0.00", "0.00"))).entry
    assert [p.minor for p in free.postings] == [0, 0]


@pytest.mark.parametrize(("gross", "vat"), [(6095, None), (6095, 1060)])
def test_what_rounding_does_not_explain_is_not_booked_whoever_asks(gross: int, vat: int | None) -> None:
    done = prepare(invoice(*[priced("Cycle Fee", "10.07", "2.11", customer=name) for name in "VWXYZ"]))
    head = msgspec.structs.replace(done.document.head, stated_gross=gross, stated_vat=vat)
    document = msgspec.structs.replace(done.document, head=head)
    outcome = book(document, done.decisions, NL.mapping, party="Copaco")
    assert outcome.entry is None
    assert [(found.code, found.minor) for found in outcome.findings] == [("TOTALS-DIFFER", gross - 6090)]


def test_reverse_charge_is_rounded_once_for_all_lines_of_a_tax_code() -> None:
    lines = [priced("Cycle Fee", "0.07", rate="0", customer=name) for name in "ABC"]
    entry = prepare(invoice(*lines, receiver=BE_VAT), BE).entry
    assert [p.minor for p in entry.postings if p.role in VAT] == [4, -4]
    nothing = prepare(invoice(lines[0], receiver=BE_VAT), BE.setting(vat_deduction=Decimal(50))).entry
    assert [p.minor for p in nothing.postings if p.role in VAT] == [1, -1]


def test_a_reverse_charged_total_that_is_a_cent_off_goes_to_the_rounding_account() -> None:
    line = priced("Cycle Fee", "100.00", rate="0")
    entry = prepare(invoice(line, receiver=BE_VAT, totals={"Total": "100.01"}), BE).entry
    assert [(p.role.value, p.minor) for p in entry.postings[-2:]] == [("rounding", 1), ("party", -10001)]


def test_findings_about_several_lines_are_one_with_the_sum_of_the_euros() -> None:
    rule = Rule(id="H1", row=3, product_group="Microsoft", action=Action.HOLD, reason="ask first")
    books = NL.having(rules=(*NL.mapping.rules, rule))
    done = prepare(invoice(*[priced("Cycle Fee", "10.00", "2.10", tax_zone_id=zone) for zone in "abc"]), books)
    found = {each.code: each.minor for each in done.findings}
    assert found["RULE-HOLD"] == 3000


def test_what_is_ours_to_know_is_asserted() -> None:
    done = prepare(invoice(MIXED[0]))
    undated = msgspec.structs.replace(done.document, head=msgspec.structs.replace(done.document.head, date=None))
    with pytest.raises(AssertionError, match="without a date"):
        book(undated, done.decisions, NL.mapping, party="x")
    with pytest.raises(AssertionError, match="without lines"):
        book(msgspec.structs.replace(done.document, groups=()), (), NL.mapping, party="x")
    with pytest.raises(AssertionError, match="not booked"):
        book(done.document, [Decision(action=Action.IGNORE)], NL.mapping, party="x")
    with pytest.raises(AssertionError, match="stand alone"):
        net_postings(done.document, done.decisions, "line", (), 1)


def posting(minor: int, role: PostingRole) -> Posting:
    return Posting(account="1", minor=minor, role=role, groups=(0,))


def shares(minor: int, role: PostingRole, *lines: tuple[int, int]) -> list[int]:
    cents = [LineCents(line_no=n, group=0, net=net, vat=vat) for n, (net, vat) in enumerate(lines, 1)]
    elsewhere = LineCents(line_no=99, group=1, net=1, vat=1)
    parts = allocate_posting(posting(minor, role), [*cents, elsewhere])
    assert [number for number, _ in parts] == list(range(1, len(lines) + 1))
    return [part for _, part in parts]


def test_stated_vat_is_explained_by_the_vat_of_the_lines() -> None:
    assert shares(1055, PostingRole.VAT_INPUT, *[(1007, 211)] * 5) == [211] * 5
    assert shares(1057, PostingRole.VAT_INPUT, *[(1007, 211)] * 5) == [212, 212, 211, 211, 211]
    assert shares(29561, PostingRole.VAT_INPUT, (43400, 9114), (132557, 27837)) == [7291, 22270]


def test_computed_vat_is_explained_by_the_amounts_of_the_lines() -> None:
    assert shares(-36951, PostingRole.VAT_DUE, (43400, 0), (21237, 0), (120000, 0), (-8680, 0)) == [
        -9114, -4460, -25200, 1823,
    ]  # fmt: skip


def test_an_open_item_is_explained_by_lines_and_their_vat_also_where_they_nearly_cancel() -> None:
    assert shares(-212908, PostingRole.PARTY, (175957, 36951)) == [-212908]
    assert shares(97158, PostingRole.PARTY, (53750, 0), (26546, 0)) == [65037, 32121]
    assert shares(-24, PostingRole.PARTY, (10000, 2100), (-9999, -2100)) == [-12, -12]
    assert shares(2, PostingRole.ROUNDING, (100, 21), (300, 63), (-1, 0)) == [0, 2, 0]


@pytest.mark.parametrize("level", LEVELS)
def test_a_deferred_line_is_never_gathered_with_others(level: str) -> None:
    yearly = [priced("Purchase Fee", "120.00", "25.20", period=YEAR, billing_frequency="Yearly") for _ in range(3)]
    entry = prepare(invoice(*yearly), NL.setting(aggregate_purchase=level)).entry
    net = [(p.line_no, p.minor, p.deferral) for p in entry.postings if p.role is PostingRole.NET]
    assert net == [(1, 12000, "days"), (2, 12000, "days"), (3, 12000, "days")]


def test_a_line_without_vat_on_a_sale_that_states_vat_is_held() -> None:
    """A stated 0 says nothing on a document that states no VAT at all; beside lines with VAT it says 0."""
    books = NL.selling_to(SOLD_TO)
    done = sell(priced("Cycle Fee", "100.00", "21.00"), priced("Usage Fee", "50.00", "0", rate="0"), books=books)
    assert done.held
    (found,) = [each for each in done.findings if each.code == "VAT-DIFFERS"]
    assert (found.minor, dict(found.values)["computed"], dict(found.values)["stated"]) == (-1050, "31.50", "21.00")
    alone = sell(priced("Cycle Fee", "100.00", rate="0"), priced("Usage Fee", "50.00", rate="0"), books=books)
    assert not alone.held
