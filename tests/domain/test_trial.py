"""A trial month: documents are found in the books, and the explanations add up to every difference."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import trial as trials
from connector.domain.journal import PostingRole
from connector.domain.past_books import PastPosting
from connector.domain.past_matching import BY_NUMBER, BY_TOTAL, MonthOfBooks, TrialDocument, match
from connector.domain.trial import Chart, Trial, compare
from connector.domain.trial_moves import (
    ACCOUNT,
    AMOUNT,
    INCOMPLETE,
    PARTY_ACCOUNT,
    REVERSE_CHARGE,
    ROUNDING,
    VAT,
    VAT_ACCOUNT,
    Sides,
    moves,
)
from tests.domain.books import BE, NL, Books, invoice, prepare, priced
from tests.domain.drawn import INVOICES

DAY = datetime.date(2026, 12, 23)
MONTH = "2026-12"
NUMBER = "2600123"
VAT_ACCOUNTS = frozenset({"1520", "1530", "1540", "411", "451055"})


def document(number: str = NUMBER, books: Books = NL, lines: Sequence[Any] = (), **changes: Any) -> TrialDocument:
    made = prepare(
        invoice(
            *(lines or (priced("Cycle Fee", "434.00", "91.14"), priced("Usage Fee", "212.37", "44.60"))),
            number=number,
            receiver=books.vat_number,
        ),
        books,
    ).entry
    item = sum(each.minor for each in made.postings if each.role is PostingRole.PARTY)
    known: dict[str, Any] = {
        "number": number, "direction": "purchase", "date": DAY, "party": "Copaco Nederland B.V.",
        "vat_number": "NL111111111B00", "open_item": item, "entry": made,
    }  # fmt: skip
    return TrialDocument(**(known | changes))


def booked(one: TrialDocument, **more: Any) -> list[PastPosting]:
    """The document booked as we would, by somebody else."""
    assert one.entry is not None
    known = {"date": DAY, "journal": "INK", "journal_type": "P", "entry": f"E{one.number}", "document_ref": one.number}
    known |= more
    lines = [(each.account, each.minor) for each in one.entry.postings]
    return lines_of(lines, **known)


def lines_of(lines: Sequence[tuple[str, int]], **more: Any) -> list[PastPosting]:
    known: dict[str, Any] = {"date": DAY, "period": MONTH} | more
    return [
        PastPosting(account=account, minor=minor, place=f"line {n}", result=account[0] in "46789", **known)
        for n, (account, minor) in enumerate(lines, 1)
    ]


def tried(documents: Sequence[TrialDocument], postings: Sequence[PastPosting], tolerance: int = 2) -> Trial:
    month = MonthOfBooks(MONTH, documents)
    for each in postings:
        month.add(each)
    chart = Chart(names={"7010": "Licenties"}, vat=VAT_ACCOUNTS, parties=frozenset({"1600", "440"}))
    matching = match(documents, month.entries(), NL.mapping.chart)
    found = compare(MONTH, matching, chart, elsewhere=month.elsewhere, tolerance=tolerance)
    adds_up(found)
    return found


def adds_up(found: Trial) -> None:
    """Per account, the effects of all explanations are the difference."""
    effects: Counter[str] = Counter()
    for each in found.explanations:
        for account, minor in each.effects:
            effects[account] += minor
    for row in found.accounts:
        assert row.difference == effects.pop(row.account, 0)
        why = sum(m for each in found.explanations if each.is_explained for a, m in each.effects if a == row.account)
        assert (row.explained, row.unexplained) == (why, row.difference - why)
    assert not any(effects.values())


def kinds(found: Trial) -> list[str]:
    return [each.kind for each in found.explanations]


def test_what_is_booked_alike_has_no_difference() -> None:
    one = document()
    found = tried([one], booked(one))
    assert kinds(found) == []
    assert found.is_explained
    assert [(row.account, row.name, row.ours, row.theirs) for row in found.accounts][1] == (
        "1600", "", -78211, -78211,
    )  # fmt: skip
    (compared,) = found.compared
    assert (compared.how, compared.places, compared.whole) == (BY_NUMBER, ("INK E2600123",), "")


def test_one_cost_account_for_the_whole_invoice() -> None:
    one = document()
    lump = lines_of([("7000", 64637), ("1520", 13574), ("1600", -78211)], entry="7", text=f"factuur {NUMBER}")
    found = tried([one], lump)
    assert found.compared[0].whole == "7000"
    assert [(each.kind, each.source, each.target, each.minor) for each in found.explanations] == [
        (ACCOUNT, "7010", "7000", 43400), (ACCOUNT, "7020", "7000", 21237),
    ]  # fmt: skip
    assert found.is_explained


def test_other_accounts_for_vat_and_creditor_and_a_credit_note() -> None:
    one = document(lines=[priced("Cycle Fee", "-150.00", "-31.50")])
    found = tried([one], lines_of([("7010", -15000), ("1510", -3150), ("1610", 18150)], document_ref=NUMBER))
    assert [(each.kind, each.source, each.target, each.minor) for each in found.explanations] == [
        (VAT_ACCOUNT, "1520", "1510", -3150), (PARTY_ACCOUNT, "1600", "1610", 18150),
    ]  # fmt: skip


def test_vat_rounding_and_amounts_that_differ() -> None:
    one = document(lines=[priced("Cycle Fee", "100.00", "21.00")])
    vat = tried([one], lines_of([("7010", 12100), ("1600", -12100)], document_ref=NUMBER))
    assert [(each.kind, each.source, each.target, each.minor) for each in vat.explanations] == [
        (VAT, "1520", "7010", 2100)
    ]
    cents = tried([one], lines_of([("7010", 10001), ("1520", 2099), ("1600", -12100)], document_ref=NUMBER))
    assert kinds(cents) == [ROUNDING]
    other = tried([one], lines_of([("7010", 10500), ("1520", 2100), ("1600", -12600)], document_ref=NUMBER))
    assert kinds(other) == [AMOUNT]
    assert not other.is_explained
    assert {row.account: row.unexplained for row in other.accounts} == {"1520": 0, "1600": -500, "7010": 500}
    lost = tried([one], lines_of([("7010", 10000), ("1520", 2100)], document_ref=NUMBER))
    assert kinds(lost) == [INCOMPLETE]


def test_what_is_on_the_account_and_in_no_document_is_not_explained() -> None:
    one = document(lines=[priced("Cycle Fee", "100.00", "21.00")])
    found = tried([one], booked(one))
    assert found.is_explained
    row = msgspec.structs.replace(found.accounts[0], theirs=found.accounts[0].theirs + 1)
    assert not msgspec.structs.replace(found, accounts=(row, *found.accounts[1:])).is_explained


def test_books_that_hold_none_of_our_documents_explain_nothing() -> None:
    found = tried([document()], lines_of([("7010", 100), ("1600", -100)], document_ref="other"))
    assert found.is_other_books
    assert not found.is_explained


def test_reverse_charge_on_one_side_only() -> None:
    lines = [priced("Cycle Fee", "100.00", "0", rate="0")]
    one = document(books=BE, lines=lines)
    assert one.entry is not None
    ours = {each.account: each.minor for each in one.entry.postings}
    theirs = lines_of(
        [(account, minor) for account, minor in ours.items() if account not in VAT_ACCOUNTS], document_ref=NUMBER
    )
    found = tried([one], theirs)
    assert kinds(found) == [REVERSE_CHARGE]
    assert sum(minor for _, minor in found.explanations[0].effects) == 0


def test_a_document_that_is_missing_or_elsewhere() -> None:
    one, other = document(), document("2600124")
    later = booked(other, date=datetime.date(2027, 1, 4), period="2027-01")
    paid = lines_of([("1600", 78211), ("1100", -78211)], period="2027-01", text=f"betaling {NUMBER}", journal_type="B")
    unpaid = lines_of([("1600", 78211), ("1100", -78211)], period="2027-02", text=f"betaling {NUMBER}")
    found = tried([one, other], [*later, *paid, *unpaid])
    assert [(each.kind, each.documents, each.why) for each in found.explanations] == [
        (trials.MISSING, (NUMBER,), ()), (trials.ELSEWHERE, ("2600124",), ("2027-01",)),
    ]  # fmt: skip


def test_what_pays_or_reverses_a_document_does_not_book_it() -> None:
    one = document()
    pays = lines_of([("1600", 78211), ("1100", -78211)], entry="B1", text=f"betaling {NUMBER}")
    cash = lines_of([("1600", 500), ("1100", -500)], entry="B2", journal_type="B", text=NUMBER)
    part = lines_of([("1600", 500), ("1610", -500)], entry="M1", text=NUMBER)
    assert kinds(tried([one], [*booked(one), *pays, *cash, *part])) == []
    assert kinds(tried([one], [*pays, *cash, *part])) == [trials.MISSING]
    reversal = [msgspec.structs.replace(each, minor=-each.minor, entry="R1") for each in booked(one)]
    anew = [msgspec.structs.replace(each, entry="R2") for each in booked(one)]
    assert kinds(tried([one], [*booked(one), *reversal, *anew])) == []


def test_our_chart_tells_results_where_the_file_does_not() -> None:
    one = document()
    pays = [
        msgspec.structs.replace(each, result=None)
        for each in lines_of([("1600", 500), ("1520", -500)], entry="M1", text=NUMBER)
    ]
    assert kinds(tried([one], [*booked(one), *pays])) == []
    moves_cost = [
        msgspec.structs.replace(each, result=None)
        for each in lines_of([("7010", -500), ("7020", 500)], entry="M1", text=NUMBER)
    ]
    assert kinds(tried([one], [*booked(one), *moves_cost])) == [ACCOUNT]


def test_a_document_that_is_booked_twice() -> None:
    one = document()
    again = [msgspec.structs.replace(each, entry="R2") for each in booked(one)]
    found = tried([one], [*booked(one), *again])
    assert [(each.kind, each.places) for each in found.explanations] == [(trials.TWICE, ("INK R2",))]
    free = document(lines=[priced("Cycle Fee", "10.00", "2.10"), priced("Correction", "-10.00", "-2.10")])
    assert kinds(tried([free], [*booked(free), *[msgspec.structs.replace(e, entry="R2") for e in booked(free)]])) == []


def test_a_document_without_its_number_is_found_by_party_and_total() -> None:
    one, other = document(), document("2600124")

    def anonymous(entry: str, day: datetime.date, **more: Any) -> list[PastPosting]:
        return lines_of([("7000", 64637), ("1520", 13574), ("1600", -78211)], entry=entry, date=day, **more)

    near = anonymous("1", DAY, party_name="Copaco")
    far = anonymous("2", DAY - datetime.timedelta(days=20), party_name="Copaco")
    stranger = anonymous("3", DAY, party_name="Ander B.V.")
    nameless = anonymous("4", DAY)
    late = anonymous("5", DAY + datetime.timedelta(days=1))
    bank = anonymous("6", DAY, party_name="Copaco", journal_type="B")
    found = tried([one, other], [*far, *stranger, *late, *bank, *near, *nameless])
    assert [(each.how, each.places) for each in found.compared] == [(BY_TOTAL, ("1",)), (BY_TOTAL, ("4",))]
    assert tried([one], far).compared[0].how == ""
    assert [(each.place, each.minor) for each in found.strangers] == [("2", 78211)]


def test_what_we_hold_is_told_with_what_the_books_have() -> None:
    one = document()
    held = msgspec.structs.replace(one, entry=None, reasons=("ACCOUNT-UNMAPPED",))
    found = tried([held, document("2600124")], booked(one))
    assert [(each.kind, each.why) for each in found.explanations] == [
        (trials.HELD, ("ACCOUNT-UNMAPPED",)), (trials.MISSING, ()),
    ]  # fmt: skip
    assert dict(found.explanations[0].effects)["1600"] == -78211
    nowhere = tried([held], [])
    assert [(each.kind, each.effects) for each in nowhere.explanations] == [(trials.HELD, ())]
    assert nowhere.is_explained
    assert nowhere.accounts == ()


def test_bookings_of_others_on_the_same_accounts_are_counted_and_left_out() -> None:
    one = document()
    others = lines_of([("7010", 5000), ("1600", -5000)], entry="99", party_name="Ander B.V.")
    copaco = lines_of(
        [("7010", 7000), ("1600", -7000)], entry="98", party_name="Copaco", document_ref="H-1", text="hardware"
    )
    paid = lines_of([("1600", 7000), ("1100", -7000)], entry="97", party_name="Copaco", journal_type="B")
    found = tried([one], [*booked(one), *others, *copaco, *paid])
    rows = {row.account: row for row in found.accounts}
    assert (rows["7010"].difference, rows["7010"].others, rows["7010"].others_lines) == (0, 12000, 2)
    assert [(each.party, each.text, each.minor) for each in found.strangers] == [("Copaco", "H-1 hardware", 7000)]


def test_an_entry_of_several_documents_is_taken_apart_or_compared_as_one() -> None:
    one, other = document(), document("2600124")
    together = [*booked(one, entry="1"), *booked(other, entry="1")]
    apart = tried([one, other], together)
    assert kinds(apart) == []
    assert len(apart.compared) == 2
    lump = lines_of(
        [("7000", 129274), ("1520", 27148), ("1600", -156422)], entry="1", text=f"Copaco {NUMBER} en 2600124"
    )
    both = tried([one, other], lump)
    (compared,) = both.compared
    assert [each.number for each in compared.documents] == [NUMBER, "2600124"]
    assert compared.whole == "7000"
    mixed = tried([one, msgspec.structs.replace(other, entry=None, reasons=("LINE-VAT",))], lump)
    assert [(each.kind, each.why) for each in mixed.explanations] == [(trials.HELD, ("LINE-VAT",))]
    assert mixed.explanations[0].documents == (NUMBER, "2600124")
    same_number = tried([one, msgspec.structs.replace(other, number=NUMBER)], together)
    assert len(same_number.compared) == 1


def test_without_a_number_of_its_own_an_entry_is_known_by_its_document_or_its_line() -> None:
    one = document()
    by_document = tried([one], booked(one, entry=""))
    assert kinds(by_document) == []
    assert by_document.compared[0].places == (f"INK {NUMBER}",)
    alone = tried([one], booked(one, entry="", document_ref="", text=NUMBER, journal=""))
    assert kinds(alone) == []
    assert set(alone.compared[0].places) == {f"line {n}" for n in range(1, 5)}


@given(
    received=INVOICES,
    edits=st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(["7000", "1510", "1610", "7010"]), st.integers(-9, 9999))
    ),
    again=st.booleans(),
)
def test_explanations_add_up_whatever_the_books_hold(
    received: Any, edits: list[tuple[int, str, int]], again: bool
) -> None:
    made = prepare(received, NL)
    if made.booked is None or made.booked.entry is None:
        return
    one = document(entry=made.entry, open_item=-made.entry.total_minor)
    theirs = booked(one)
    for place, account, minor in edits:
        n = place % len(theirs)
        theirs[n] = msgspec.structs.replace(theirs[n], account=account, minor=theirs[n].minor + minor)
    more = [msgspec.structs.replace(each, entry="R2") for each in booked(one)] if again else []
    found = tried([one], [*theirs, *more])
    assert found.is_explained is all(each.is_explained for each in found.explanations)


@given(
    st.dictionaries(st.sampled_from(["7010", "7020", "1520", "1600"]), st.integers(-500, 500)),
    st.dictionaries(st.sampled_from(["7010", "7000", "1530", "1600", "1610"]), st.integers(-500, 500)),
)
def test_moves_add_up_to_all_that_differs(ours: dict[str, int], theirs: dict[str, int]) -> None:
    roles = {"1520": PostingRole.VAT_INPUT, "1600": PostingRole.PARTY, "7010": PostingRole.NET}
    sides = Sides(ours=ours, theirs=theirs, roles=roles, vat={"1530"}, parties={"1610"})
    found: Counter[str] = Counter()
    for move in moves(sides, 2):
        for account, minor in move.effects:
            found[account] += minor
        if move.source:
            assert dict(move.effects) == {move.source: -move.minor, move.target: move.minor}
    assert {account: minor for account, minor in found.items() if minor} == {
        account: difference
        for account in {*ours, *theirs}
        if (difference := theirs.get(account, 0) - ours.get(account, 0))
    }


def test_a_party_is_known_by_its_name_alone() -> None:
    one = document(vat_number="")
    theirs = booked(one, document_ref="", entry="1", party_name="COPACO NEDERLAND BV")
    assert tried([one], theirs).compared[0].how == BY_TOTAL
