"""What Odoo's books hold after entries were posted, by both interfaces; read from the books, not from the adapter."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connector.domain.delivery import DeliveryState
from connector.domain.invoice import Direction
from connector.domain.journal import DocumentKind, JournalEntry, PostingRole, balances
from connector.domain.money import from_minor
from connector.domain.reclassification import entry_of, moves, standing
from connector.errors import LedgerRefused, SettingsError
from connector.ledgers.base import Ledger, Listing, ReadsBack, SeesOthers, TaxThere, TellsVatCodes
from connector.ledgers.conformance.entries import HOSTILE
from tests.ledgers.odoo_server import BE, BE_TAXES, NL_TAXES, Opened, World, open_world, opened
from tests.ledgers.opening import by_key, fingerprints, held, states
from tests.ledgers.worked import (
    BE_CHART,
    BE_PURCHASE,
    NL_CHART,
    NL_CREDIT_NOTE,
    NL_ENTRIES,
    NL_PURCHASE,
    NL_SALE_A,
    PARTY,
    VAT_INPUT,
    entry,
    posting,
    simple,
)

POSTED, REJECTED, QUEUED = DeliveryState.POSTED, DeliveryState.REJECTED, DeliveryState.QUEUED
Opener = Callable[..., Opened]


@pytest.fixture(params=["jsonrpc", "json2"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_(api: str, tmp_path: Path) -> Iterator[Opener]:
    with ExitStack() as stack:

        def opener(**named: Any) -> Opened:
            return stack.enter_context(open_world(tmp_path, api=api, **named))

        yield opener


def euros(posted: JournalEntry) -> dict[str, Decimal]:
    return {account: from_minor(minor) for account, minor in balances(posted).items() if minor}


def with_vat(number: str, nets: list[int], vat: int) -> JournalEntry:
    lines = [posting("7010", net, tax="NL.P.STD.21") for net in nets]
    stated = posting("1520", vat, VAT_INPUT, tax="NL.P.STD.21", base=sum(nets))
    return entry(number, [*lines, stated, posting("1600", -sum(nets) - vat, PARTY)])


def test_is_what_a_ledger_of_others_can_be(open_: Opener) -> None:
    ledger = open_().ledger
    assert isinstance(ledger, Ledger)
    assert isinstance(ledger, Listing)
    assert isinstance(ledger, ReadsBack)
    assert isinstance(ledger, TellsVatCodes)
    assert isinstance(ledger, SeesOthers)
    assert ledger.capabilities.purchase_invoices
    assert ledger.capabilities.drafts


def test_empty_books_hold_nothing(open_: Opener) -> None:
    it = open_()
    assert it.ledger.find_many([NL_PURCHASE.key]) == {}
    assert it.ledger.find_many([]) == {}
    assert it.ledger.post_many([]) == []
    assert held(it.ledger) == []
    assert it.ledger.read_many([]) == {}


def test_worked_entries_stand_in_the_books_to_the_cent(open_: Opener) -> None:
    it = open_()
    answers = it.ledger.post_many(NL_ENTRIES)
    assert states(answers) == [POSTED] * 4
    kinds = ["in_invoice", "in_refund", "out_invoice", "out_invoice"]
    for one, kind in zip(NL_ENTRIES, kinds, strict=True):
        row = it.world.only(one.key.text)
        assert (row["state"], row["move_type"], row["ref"]) == ("posted", kind, one.number)
        assert (row["date"], row["invoice_date"]) == (one.date, one.document_date)
        assert row["invoice_date_due"] == (one.due or one.document_date)
        assert it.world.balances(one.key.text) == euros(one)
    read = it.ledger.read_many([answer.receipt for answer in answers if answer.receipt])
    assert {key: each.accounts for key, each in read.items()} == {
        one.key.text: {account: minor for account, minor in balances(one).items() if minor} for one in NL_ENTRIES
    }
    assert [read[one.key.text].total_minor for one in NL_ENTRIES] == [212908, -18150, 97158, 168372]
    assert {each.currency for each in read.values()} == {"EUR"}
    assert [read[one.key.text].vat for one in NL_ENTRIES] == [
        {"btw_I_21_d": 36951},
        {"btw_I_21_d": -3150},
        {"btw_21": -16862},
        {"btw_21": -29222},
    ]


def test_a_refund_has_positive_lines(open_: Opener) -> None:
    it = open_()
    it.ledger.post_many([NL_CREDIT_NOTE])
    assert [line["price_unit"] for line in it.world.lines(NL_CREDIT_NOTE.key.text) if line["price_unit"]] == [
        Decimal("150.00")
    ]


def test_reverse_charge_in_belgium(open_: Opener) -> None:
    it = open_(accounts=BE, taxes=BE_TAXES, chart=BE_CHART)
    assert states(it.ledger.post_many([BE_PURCHASE])) == [POSTED]
    assert it.world.balances(BE_PURCHASE.key.text) == {
        "604": Decimal("1547.20"),
        "602": Decimal("212.37"),
        "411": Decimal("369.51"),
        "451055": Decimal("-369.51"),
        "440": Decimal("-1759.57"),
    }


@pytest.mark.parametrize("method", ["round_globally", "round_per_line"])
@pytest.mark.parametrize("vat", [209, 210, 211])
def test_vat_is_that_of_the_document_whatever_odoo_computes(open_: Opener, method: str, vat: int) -> None:
    """3.33 + 3.33 + 3.34 at 21 % are 2.10, however Odoo rounds; the paper may say a cent less or more, and decides."""
    it = open_()
    it.world.books.row("res.company", it.world.company)["tax_calculation_rounding_method"] = method
    stated = with_vat("1", [333, 333, 334], vat)
    assert states(it.ledger.post_many([stated])) == [POSTED]
    assert it.world.balances("acme/purchase/NL111111111B01/1/-/invoice/2026-12") == {
        "7010": Decimal("10.00"),
        "1520": from_minor(vat),
        "1600": -Decimal(10) - from_minor(vat),
    }
    (vat_line,) = [line for line in it.world.lines(stated.key.text) if line["tax_line_id"]]
    assert vat_line["balance"] == from_minor(vat), "the cents stand on the tax itself, where the VAT return reads them"


def test_reverse_charge_cents_are_set_on_both_sides(open_: Opener) -> None:
    it = open_(accounts=BE, taxes=BE_TAXES, chart=BE_CHART)
    tax = "BE.P.RC_EU_SVC.21"
    shifted = entry(
        "9",
        [
            posting("604", 10000, tax=tax),
            posting("411", 2101, VAT_INPUT, tax=tax, base=10000),
            posting("451055", -2101, PostingRole.VAT_DUE, tax=tax, base=10000),
            posting("440", -10000, PARTY),
        ],
    )
    assert states(it.ledger.post_many([shifted])) == [POSTED]
    assert it.world.balances(shifted.key.text) == euros(shifted)


def test_a_tax_of_another_rate_is_refused_and_leaves_nothing(open_: Opener) -> None:
    it = open_()
    (answer,) = it.ledger.post_many([with_vat("1", [10000], 900)])
    assert answer.state is REJECTED
    assert "computes 21.00 of VAT by its tax 'btw_I_21_d'" in answer.reason
    assert "document has 9.00" in answer.reason
    assert it.world.moves() == []


def test_vat_that_may_not_be_deducted_is_cost_and_the_rest_is_deducted(open_: Opener) -> None:
    it = open_()
    half = entry(
        "1",
        [
            posting("7010", 10000, tax="NL.P.STD.21"),
            posting("1520", 1050, VAT_INPUT, tax="NL.P.STD.21", base=10000),
            posting("7020", 1050, PostingRole.VAT_COST, tax="NL.P.STD.21", base=10000),
            posting("1600", -12100, PARTY),
        ],
    )
    assert states(it.ledger.post_many([half])) == [POSTED]
    assert it.world.balances(half.key.text) == euros(half)


def test_a_supplier_with_another_payable_account_is_refused_and_leaves_nothing(open_: Opener) -> None:
    it = open_()
    it.world.books.row("res.partner", it.world.supplier)["payable"] = it.world.accounts["1300"]
    (answer,) = it.ledger.post_many([simple("1")])
    assert answer.state is REJECTED
    assert "-121.00 on account 1300 for 0.00" in answer.reason
    assert "payable" in answer.hint
    assert it.world.moves() == []


def test_a_reclassification_is_a_journal_entry(open_: Opener) -> None:
    it = open_()
    before = simple("1")
    new = [posting("7020", 12100)]
    moved = moves(standing([before]), new)
    assert moved is not None
    remap = entry_of([before], moved, date=datetime.date(2026, 12, 30), text="other account")
    assert states(it.ledger.post_many([before, remap])) == [POSTED, POSTED]
    row = it.world.only(remap.key.text)
    assert (row["move_type"], row["journal_id"]) == ("entry", it.world.journals["general"])
    assert it.world.balances(remap.key.text) == {"7010": Decimal("-121.00"), "7020": Decimal("121.00")}
    found = fingerprints(it.ledger, [before.key])
    assert found == by_key([before, remap])


def test_vat_outside_an_invoice_is_refused(open_: Opener) -> None:
    it = open_()
    changed = msgspec.structs.replace(
        with_vat("1", [100], 21), key=msgspec.structs.replace(simple("1").key, purpose="amendment-0a1b")
    )
    (answer,) = it.ledger.post_many([changed])
    assert answer.state is REJECTED
    assert "VAT return would not see it" in answer.reason
    assert it.world.moves() == []


def test_batch_answers_in_its_own_order(open_: Opener) -> None:
    it = open_()
    batch = [simple("3"), simple("1", account="9999"), simple("2"), simple("3"), simple("3", 500)]
    answers = it.ledger.post_many(batch)
    assert [answer.key for answer in answers] == [one.key.text for one in batch]
    assert states(answers) == [POSTED, REJECTED, POSTED, POSTED, REJECTED]
    assert answers[3].receipt is not None
    assert answers[3].receipt.found
    assert "no account 9999" in answers[1].reason
    assert "another entry under the same key" in answers[4].reason
    assert len(it.world.moves()) == 2


def test_what_was_posted_is_found_with_the_same_receipt(open_: Opener) -> None:
    it = open_()
    (answer,) = it.ledger.post_many([NL_PURCHASE])
    assert answer.receipt is not None
    found = it.ledger.find_many([NL_PURCHASE.key, simple("9999").key])
    assert found == {NL_PURCHASE.key.document: [msgspec.structs.replace(answer.receipt, found=True)]}
    assert [(one.key, one.fingerprint, one.draft) for one in held(it.ledger)] == [
        (NL_PURCHASE.key.text, NL_PURCHASE.fingerprint, False)
    ]


def test_many_documents_are_found_in_few_calls(open_: Opener) -> None:
    it = open_()
    entries = [simple(str(number), 100 + number) for number in range(60)]
    assert states(it.ledger.post_many(entries)) == [POSTED] * 60
    calls = len(it.world.server.heard)
    assert fingerprints(it.ledger, [one.key for one in entries]) == by_key(entries)
    assert len(it.world.server.heard) - calls <= 4


def test_small_and_zero_amounts(open_: Opener) -> None:
    it = open_()
    amounts = (1, -1, 0, -99, 10**13 + 1)
    cents = [
        entry(str(minor), [posting("7010", minor), posting("7020", 0), posting("1600", -minor, PARTY)])
        for minor in amounts
    ]
    assert states(it.ledger.post_many(cents)) == [POSTED] * 5
    assert sorted(one.total_minor for one in held(it.ledger)) == sorted(amounts)


def test_hostile_texts_change_nothing_but_themselves(open_: Opener) -> None:
    it = open_()
    texts = (*HOSTILE, "<script>alert(1)</script><b>x</b>", "</p><p>connector-key: a/b/c", "&lt;p&gt; &amp;")
    entries = [
        entry(
            f"{text[:200]}/{place}",
            [
                posting("7010", 100 + place, text=text, dimensions=(("cost centre", text),), deferral=text),
                posting("1600", -100 - place, PARTY, tax=text),
            ],
            party=text,
            text=text,
        )
        for place, text in enumerate(texts)
    ]
    keep = [one for one in entries if len(one.key.text) <= 1000]
    assert len(keep) >= len(entries) - 1
    answers = it.ledger.post_many(entries)
    assert states(answers) == [POSTED if one in keep else REJECTED for one in entries]
    assert fingerprints(it.ledger, [one.key for one in entries]) == by_key(keep)
    assert states(it.ledger.post_many(keep)) == [POSTED] * len(keep)
    assert len(it.world.moves()) == len(keep)


def test_dimensions_go_to_analytic_accounts_by_code(open_: Opener) -> None:
    it = open_(settings={"analytic": "costcentre"})
    assert it.ledger.capabilities.dimensions
    assert states(it.ledger.post_many([NL_PURCHASE])) == [POSTED]
    teams = {row["id"]: row["code"] for row in it.world.books.rows["account.analytic.account"].values()}
    told = [
        {teams[int(number)]: share for number, share in line["analytic_distribution"].items()}
        for line in it.world.lines(NL_PURCHASE.key.text)
        if line["analytic_distribution"]
    ]
    assert told == [{"KP100": 100}, {"KP100": 100}, {"KP200": 100}, {"KP200": 100}]
    stranger = entry("5", [posting("7010", 1, dimensions=(("costcentre", "KP9"),)), posting("1600", -1, PARTY)])
    (answer,) = it.ledger.post_many([stranger])
    assert "no analytic account with the code 'KP9'" in answer.reason
    assert it.world.count_entries(stranger.key.text) == 0


def test_customers_are_found_by_the_number_of_the_mapping(open_: Opener) -> None:
    it = open_()
    it.ledger.post_many([NL_SALE_A])
    customer = it.world.books.row("res.partner", it.world.only(NL_SALE_A.key.text)["partner_id"])
    assert customer["ref"] == "D10001"
    unknown = msgspec.structs.replace(NL_SALE_A, key=msgspec.structs.replace(NL_SALE_A.key, customer="777"))
    (answer,) = it.ledger.post_many([unknown])
    assert answer.state is REJECTED
    assert "no contact has the customer '777'" in answer.reason
    assert "customers.csv" in answer.hint


def test_supplier_by_vat_number_or_setting(open_: Opener) -> None:
    it = open_()
    it.world.books.row("res.partner", it.world.supplier)["vat"] = "NL 111111111B01"
    assert states(it.ledger.post_many([simple("1")])) == [POSTED]
    it.world.books.row("res.partner", it.world.supplier)["vat"] = "NL999999999B99"
    with open_(settings={"supplier": "Copaco Nederland B.V."}).ledger as named:
        assert states(named.post_many([simple("2")])) == [POSTED]


def test_two_suppliers_with_one_vat_number_are_a_question_for_a_person(open_: Opener) -> None:
    it = open_()
    row = dict(it.world.books.row("res.partner", it.world.supplier))
    row.pop("id")
    it.world.books.add("res.partner", **row)
    (answer,) = it.ledger.post_many([simple("1")])
    assert answer.state is REJECTED
    assert "several contacts have the VAT number NL111111111B01" in answer.reason
    assert "supplier of the ledger" in answer.hint


@pytest.mark.parametrize(
    "code",
    ["btw_I_21_d", "{company}_btw_I_21_d", "account.{company}_btw_I_21_d", "account.btw_I_21_d", "21% ST", "{tax}"],
)
def test_a_tax_is_known_by_external_id_name_or_number(open_: Opener, code: str) -> None:
    world_of = open_()
    (tax,) = [row for row in world_of.world.books.rows["account.tax"].values() if row["type_tax_use"] == "purchase"]
    named = code.format(company=world_of.world.company, tax=tax["id"])
    taxes = {"NL.P.STD.21": TaxThere(code=named, rate=Decimal(21), direction="purchase")}
    # Numbers are given out in the same order in each new world.
    it = open_(taxes=taxes)
    assert states(it.ledger.post_many([NL_CREDIT_NOTE])) == [POSTED]
    assert [one.vat for one in held(it.ledger)] == [{named: -3150}]


def test_a_tax_that_is_not_there_is_told_by_its_names(open_: Opener) -> None:
    it = open_(taxes={"NL.P.STD.21": TaxThere(code="btw_0", rate=Decimal(0), direction="purchase")})
    (answer,) = it.ledger.post_many([NL_CREDIT_NOTE])
    assert "Odoo has no tax 'btw_0' for purchases" in answer.reason
    assert "'NL.P.STD.21'" in answer.reason
    it = open_(taxes={})
    (answer,) = it.ledger.post_many([NL_CREDIT_NOTE])
    assert "tax.csv says nothing of the tax code 'NL.P.STD.21' in its column odoo" in answer.reason


def test_accounts_and_vat_codes_are_told(open_: Opener) -> None:
    it = open_()
    chart = it.ledger.chart()
    assert chart is not None
    assert {code: account.type for code, account in chart.accounts.items()} == {
        code: account.type for code, account in NL_CHART.accounts.items()
    }
    assert [(each.code, each.rate) for each in it.ledger.vat_codes()] == [
        (there.code, there.rate) for there in NL_TAXES.values()
    ]


def test_foreign_currency_is_refused(open_: Opener) -> None:
    it = open_()
    dollars = entry("1", [posting("7010", 100), posting("1600", -100, PARTY)], currency="USD")
    (answer,) = it.ledger.post_many([dollars])
    assert answer.state is REJECTED
    assert "USD" in answer.reason
    it.world.books.row("res.company", it.world.company)["currency_id"] = it.world.dollar
    other = open_()
    other.world.books.row("res.company", other.world.company)["currency_id"] = other.world.dollar
    with other.ledger as fresh, pytest.raises(LedgerRefused, match="keeps its books in USD"):
        fresh.post_many([simple("1")])


def test_bills_by_another_way_are_seen_and_ours_are_not(open_: Opener) -> None:
    it = open_()
    number = it.world.bill_by_hand("2600123", "1759.57")
    it.world.bill_by_hand("2600999", "1.00")
    others = it.ledger.find_others([NL_PURCHASE, NL_SALE_A, simple("5")])
    (other,) = others[NL_PURCHASE.key.document]
    assert list(others) == [NL_PURCHASE.key.document]
    assert (other.reference, other.number, other.total_minor) == (f"account.move,{number}", "2600123", 175957)
    assert other.accounts == {"7010": 175957, "1600": -175957}
    assert other.supplier == "Copaco Nederland B.V."
    assert (other.currency, other.vat_minor) == ("EUR", 0)
    it.ledger.post_many([simple("5")])
    assert it.ledger.find_others([simple("5")]) == {}


def test_a_copy_or_reversal_by_hand_is_not_taken_for_ours(open_: Opener) -> None:
    """Odoo's Duplicate and its reversal copy the narration, and so the mark, but never the external id."""
    it = open_()
    it.ledger.post_many([simple("1")])
    it.world.copied(simple("1").key.text)
    assert it.world.count_entries(simple("1").key.text) == 2
    assert len(it.ledger.find_many([simple("1").key])[simple("1").key.document]) == 1
    assert len(held(it.ledger)) == 1


def test_a_mark_that_somebody_removed_never_leads_to_a_second_entry(open_: Opener) -> None:
    it = open_()
    it.ledger.post_many([simple("1")])
    it.world.only(simple("1").key.text)["narration"] = "<p>Paid on Friday</p>"
    (receipt,) = it.ledger.find_many([simple("1").key])[simple("1").key.document]
    assert (receipt.key, receipt.fingerprint) == (simple("1").key.text, "")
    (answer,) = it.ledger.post_many([simple("1")])
    assert answer.state is REJECTED
    assert "its mark was removed from the narration" in answer.reason
    assert len(it.world.moves()) == 1


def test_words_around_the_mark_do_no_harm(open_: Opener) -> None:
    it = open_()
    it.ledger.post_many([simple("1")])
    row = it.world.only(simple("1").key.text)
    row["narration"] = f"<p>Seen &amp; approved</p><ul><li>{row['narration']}</li></ul>"
    assert fingerprints(it.ledger, [simple("1").key]) == by_key([simple("1")])


def test_what_was_cancelled_in_odoo_is_no_effect_and_is_not_posted_again(open_: Opener) -> None:
    it = open_()
    it.ledger.post_many([simple("1")])
    it.world.only(simple("1").key.text)["state"] = "cancel"
    assert it.ledger.find_many([simple("1").key]) == {}
    assert held(it.ledger) == []
    (answer,) = it.ledger.post_many([simple("1")])
    assert answer.state is REJECTED
    assert "was cancelled in Odoo" in answer.reason
    assert len(it.world.moves()) == 1


def test_drafts_stay_drafts_and_are_found(open_: Opener) -> None:
    it = open_(settings={"drafts": "yes"})
    (first,) = it.ledger.post_many([NL_PURCHASE])
    assert first.state is POSTED
    assert it.world.only(NL_PURCHASE.key.text)["state"] == "draft"
    assert it.world.balances(NL_PURCHASE.key.text) == euros(NL_PURCHASE)
    assert [one.draft for one in held(it.ledger)] == [True]
    assert fingerprints(it.ledger, [NL_PURCHASE.key]) == by_key([NL_PURCHASE])
    (second,) = it.ledger.post_many([NL_PURCHASE])
    assert first.receipt is not None
    assert second.receipt == msgspec.structs.replace(first.receipt, found=True)
    assert len(it.world.moves()) == 1


def test_a_draft_that_somebody_changed_is_not_posted(open_: Opener) -> None:
    it = open_()
    it.ledger.post_many([simple("1")])
    row = it.world.only(simple("1").key.text)
    row["state"] = "draft"
    for line in it.world.lines(simple("1").key.text):
        line["balance"] *= 2
    (answer,) = it.ledger.post_many([simple("1")])
    assert answer.state is REJECTED
    assert "the draft in Odoo was changed: -242.00 on account 1600 for -121.00" in answer.reason
    assert row["state"] == "draft"


DAY = datetime.date(2026, 12, 23)
LOCKS = [
    (17, "fiscalyear_lock_date", "in_invoice", True),
    (17, "period_lock_date", "in_invoice", True),
    (17, "tax_lock_date", "in_invoice", True),
    (17, "tax_lock_date", "without VAT", False),
    (18, "fiscalyear_lock_date", "in_invoice", True),
    (18, "purchase_lock_date", "in_invoice", True),
    (18, "sale_lock_date", "in_invoice", False),
    (18, "sale_lock_date", "out_invoice", True),
    (18, "hard_lock_date", "out_invoice", True),
    (18, "tax_lock_date", "without VAT", False),
]


@pytest.mark.parametrize(("version", "lock", "what", "closed"), LOCKS)
def test_lock_dates_are_read_before(tmp_path: Path, version: int, lock: str, what: str, closed: bool) -> None:
    one = {"in_invoice": NL_PURCHASE, "out_invoice": NL_SALE_A, "without VAT": simple("1")}[what]
    with open_world(tmp_path, version=version) as it:
        it.world.close_period(DAY, lock)
        (answer,) = it.ledger.post_many([one])
        if closed:
            assert answer.state is REJECTED
            assert f"Odoo is closed until 2026-12-23 ({'user_' * (version >= 18)}{lock})" in answer.reason
            assert "in a period that is open" in answer.hint
            assert it.world.moves() == []
        else:
            assert answer.state is POSTED
            assert it.world.only(one.key.text)["date"] == DAY


def test_the_day_after_the_lock_date_is_open(open_: Opener) -> None:
    it = open_()
    it.world.close_period(DAY - datetime.timedelta(days=1))
    assert states(it.ledger.post_many([NL_PURCHASE])) == [POSTED]
    assert it.world.only(NL_PURCHASE.key.text)["date"] == DAY


def test_lock_dates_of_the_company_above_count(tmp_path: Path) -> None:
    """In Odoo 17; from 18 on, what Odoo tells for the user includes them."""
    with open_world(tmp_path, version=17) as it:
        above = it.world.books.add("res.company", name="Group", currency_id=it.world.euro, fiscalyear_lock_date=DAY)
        it.world.books.row("res.company", it.world.company)["parent_id"] = above
        with opened(it.world, tmp_path, api="jsonrpc", settings={"company": "Acme"}) as ledger:
            (answer,) = ledger.post_many([NL_PURCHASE])
        assert answer.state is REJECTED
        assert "closed until 2026-12-23 (fiscalyear_lock_date)" in answer.reason


def _api_of(world: World) -> str:
    return "json2" if world.books.version >= 19 else "jsonrpc"


def test_several_companies_and_journals_need_a_setting(open_: Opener) -> None:
    it = open_()
    other = it.world.books.add("res.company", name="Other", currency_id=it.world.euro)
    api = _api_of(it.world)
    with (
        pytest.raises(LedgerRefused, match="more than one company") as caught,
        opened(it.world, Path("unused"), api=api),
    ):
        pass
    assert f"Acme ({it.world.company}), Other ({other})" in caught.value.hint
    with (
        pytest.raises(LedgerRefused, match="no company 'Acmee'"),
        opened(it.world, Path("unused"), api=api, settings={"company": "Acmee"}),
    ):
        pass
    it.world.books.add(
        "account.journal", code="BIL2", name="More", type="purchase", company_id=it.world.company, sequence=2
    )
    with opened(it.world, Path("unused"), api=api, settings={"company": "Acme"}) as ledger:
        with pytest.raises(LedgerRefused, match="several purchase journals") as caught:
            ledger.post_many([simple("1")])
        assert "BILL (Purchase), BIL2 (More)" in caught.value.hint
    named = {"company": str(it.world.company), "purchase_journal": "BIL2"}
    with opened(it.world, Path("unused"), api=api, settings=named) as ledger:
        assert states(ledger.post_many([simple("1")])) == [POSTED]


SETTINGS = [
    ({"url": ""}, "url is missing"),
    ({"url": "odoo.example.com"}, "no web address"),
    ({"url": "https://me:word@odoo.example.com"}, "holds more than an address: a name, a password"),
    ({"url": "https://odoo.example.com/web/login"}, "has the path '/web/login'"),
    ({"url": "http://odoo.example.com"}, "would send the secret to odoo.example.com in clear"),
    ({"user": ""}, "user is missing"),
    ({"api": "xmlrpc"}, "api is 'xmlrpc'"),
    ({"drafts": "maybe"}, "drafts is 'maybe'"),
    ({"timeout_seconds": "0"}, "timeout_seconds is '0'"),
]


@pytest.mark.parametrize(("wrong", "told"), SETTINGS)
def test_wrong_settings_are_named(tmp_path: Path, wrong: dict[str, str], told: str) -> None:
    world = World(17)
    try:
        with pytest.raises(SettingsError, match=told) as caught:
            opened(world, tmp_path, api="jsonrpc", settings=wrong)
        assert caught.value.hint
        assert caught.value.where == "ledger books"
        assert "word@" not in f"{caught.value} {caught.value.hint}"
    finally:
        world.server.stop()


def test_kind_and_total_of_a_document_that_nets_to_nothing(open_: Opener) -> None:
    it = open_()
    nothing = [posting("7010", 100), posting("7020", -100), posting("1600", 0, PARTY)]
    entries = [entry("1", nothing), entry("2", nothing, kind=DocumentKind.CREDIT_NOTE)]
    assert states(it.ledger.post_many(entries)) == [POSTED, POSTED]
    assert [it.world.only(one.key.text)["move_type"] for one in entries] == ["in_invoice", "in_refund"]


def test_a_sales_credit_note_is_a_refund_of_the_customer(open_: Opener) -> None:
    it = open_()
    back = [posting(each.account, -each.minor, each.role, tax=each.tax) for each in NL_SALE_A.postings]
    credit = entry("C1", back, direction=Direction.SALE, customer="10001", kind=DocumentKind.CREDIT_NOTE)
    assert states(it.ledger.post_many([credit])) == [POSTED]
    assert it.world.only(credit.key.text)["move_type"] == "out_refund"
    assert it.world.balances(credit.key.text) == euros(credit)
