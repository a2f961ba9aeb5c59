"""Exact Online: how entries stand there, what is refused, and the limits. Against our server that keeps books."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from connector.domain.delivery import DeliveryState
from connector.domain.journal import JournalEntry, PostingRole
from connector.domain.reconciliation import differences
from connector.errors import LedgerRefused, LedgerUnavailable, SettingsError
from connector.ledgers.base import Paper, Setup
from connector.ledgers.conformance import counterpart as kit
from connector.ledgers.exact import ExactLedger
from connector.ledgers.exact.calls import MOST_REFUSALS
from tests.ledgers.exact_counterpart import TAXES, ExactCounterpart, exact_counterpart
from tests.ledgers.exact_world import books as there
from tests.ledgers.exact_world.web import A_MINUTE, Fault
from tests.ledgers.worked import NL_CHART, NL_CREDIT_NOTE, NL_PURCHASE, NL_SALE_A, simple

POSTED, REJECTED, UNKNOWN, QUEUED = (
    DeliveryState.POSTED,
    DeliveryState.REJECTED,
    DeliveryState.UNKNOWN,
    DeliveryState.QUEUED,
)
CODES = {ours: tax.code for ours, tax in TAXES.items()}


@pytest.fixture
def office() -> Iterator[ExactCounterpart]:
    with exact_counterpart() as made:
        yield made


def ledger_of(office: ExactCounterpart, **settings: str) -> ExactLedger:
    return office.ledger(Setup(name="books", chart=NL_CHART, settings={}, folder=Path("unused")), settings)


@pytest.fixture
def ledger(office: ExactCounterpart) -> Iterator[ExactLedger]:
    with ledger_of(office) as opened:
        yield opened


def states(ledger: ExactLedger, *entries: JournalEntry) -> list[DeliveryState]:
    return [each.state for each in ledger.post_many(entries)]


def as_booked(entry: JournalEntry) -> dict[str, Decimal]:
    sums: dict[str, int] = {}
    for each in entry.postings:
        sums[each.account] = sums.get(each.account, 0) + each.minor
    return {account: Decimal(minor) / 100 for account, minor in sums.items() if minor}


@pytest.mark.parametrize("entry", [NL_PURCHASE, NL_CREDIT_NOTE, NL_SALE_A], ids=["purchase", "credit note", "sale"])
def test_an_entry_does_to_each_account_what_ours_does(
    office: ExactCounterpart, ledger: ExactLedger, entry: JournalEntry
) -> None:
    assert states(ledger, entry) == [POSTED]
    assert office.booked(entry.key.text) == as_booked(entry)
    (receipts,) = ledger.find_many([entry.key]).values()
    (held,) = ledger.read_many(receipts).values()
    assert differences(entry, held, CODES) == ()


def test_a_purchase_stands_in_the_purchase_journal_with_the_suppliers_number(
    office: ExactCounterpart, ledger: ExactLedger
) -> None:
    states(ledger, NL_PURCHASE)
    (head,) = office.entries(NL_PURCHASE.key.text)
    assert (head["Journal"], head["Type"], head["YourRef"]) == ("70", 30, NL_PURCHASE.number)
    assert (head["EntryDate"], head["DueDate"]) == (NL_PURCHASE.date, NL_PURCHASE.due)
    assert head["AmountFC"] == -Decimal(NL_PURCHASE.total_minor) / 100, "a debt is negative there"


def test_a_credit_note_is_told_as_one(office: ExactCounterpart, ledger: ExactLedger) -> None:
    states(ledger, NL_CREDIT_NOTE)
    (head,) = office.entries(NL_CREDIT_NOTE.key.text)
    assert head["Type"] == 31


def test_vat_is_that_of_the_document_whatever_exact_would_compute(
    office: ExactCounterpart, ledger: ExactLedger
) -> None:
    office.there.misses_a_cent = True
    assert states(ledger, NL_PURCHASE) == [POSTED]
    assert office.booked(NL_PURCHASE.key.text) == as_booked(NL_PURCHASE)


def test_vat_outside_an_invoice_is_refused(ledger: ExactLedger) -> None:
    key = msgspec.structs.replace(NL_PURCHASE.key, purpose="accrual")
    (answer,) = ledger.post_many([msgspec.structs.replace(NL_PURCHASE, key=key)])
    assert answer.state is REJECTED
    assert "VAT outside an invoice" in answer.reason


def test_vat_that_may_not_be_deducted_is_refused(ledger: ExactLedger) -> None:
    postings = tuple(
        msgspec.structs.replace(each, role=PostingRole.VAT_COST) if each.role is PostingRole.VAT_INPUT else each
        for each in NL_PURCHASE.postings
    )
    (answer,) = ledger.post_many([msgspec.structs.replace(NL_PURCHASE, postings=postings)])
    assert (answer.state, "may not be deducted" in answer.reason) == (REJECTED, True)


@pytest.mark.parametrize(
    ("path", "field", "value", "told"),
    [
        ("crm/Accounts", "VATNumber", None, "no relation has the VAT number"),
        ("vat/VATCodes", "Code", "99", "Exact has no VAT code '4'"),
        ("financial/GLAccounts", "Code", "0000", "no account"),
    ],
)
def test_what_exact_does_not_know_is_refused_before_anything_is_sent(
    office: ExactCounterpart, ledger: ExactLedger, path: str, field: str, value: object, told: str
) -> None:
    for row in office.there.rows[path]:
        row[field] = value
    (answer,) = ledger.post_many([NL_PURCHASE])
    assert answer.state is REJECTED
    assert told in answer.reason
    assert answer.hint
    assert not [path for method, path in office.server.paths if method == "POST"]


def test_a_code_with_the_vat_in_the_amount_is_refused(office: ExactCounterpart, ledger: ExactLedger) -> None:
    for row in office.there.rows["vat/VATCodes"]:
        row["Type"] = "I"
    (answer,) = ledger.post_many([NL_PURCHASE])
    assert answer.state is REJECTED
    assert "takes amounts with the VAT in them" in answer.reason


def test_a_line_without_vat_gets_the_code_that_is_set_for_it(office: ExactCounterpart) -> None:
    """Without one, Exact takes the account's own code, and the VAT is another one."""
    entry = simple("1", 1000)
    for row in office.there.rows["financial/GLAccounts"]:
        row["VATCode"] = "4"
    office.there.vat["0"] = there.Vat("0")
    with ledger_of(office) as opened:
        states(opened, simple("2", 1000))
        (receipts,) = opened.find_many([simple("2", 1000).key]).values()
        assert differences(simple("2", 1000), opened.read_many(receipts)[receipts[0].key], CODES), "it is told"
    with ledger_of(office, untaxed="0") as opened:
        assert states(opened, entry) == [POSTED]
    assert office.booked(entry.key.text) == as_booked(entry)


def test_two_relations_with_one_vat_number_are_not_chosen_between(
    office: ExactCounterpart, ledger: ExactLedger
) -> None:
    office.there.add("crm/Accounts", Code="401".rjust(18), Name="Copaco too", VATNumber=office.books.issuer)
    (answer,) = ledger.post_many([NL_PURCHASE])
    assert "several relations have the VAT number" in answer.reason
    with ledger_of(office, supplier="401") as named:
        assert states(named, NL_PURCHASE) == [POSTED]


def test_a_closed_period_is_told_in_exacts_words(office: ExactCounterpart, ledger: ExactLedger) -> None:
    office.close_period(NL_PURCHASE.date)
    (answer,) = ledger.post_many([NL_PURCHASE])
    assert answer.state is REJECTED
    assert "Periode is afgesloten: 2026-12" in answer.reason
    assert "Open the period in Exact" in answer.hint


def test_a_refusal_under_status_500_in_known_words_is_a_refusal(office: ExactCounterpart, ledger: ExactLedger) -> None:
    office.server.armed.append((Fault.BADLY_REFUSED, 0))
    assert states(ledger, NL_PURCHASE) == [REJECTED]
    assert office.count(NL_PURCHASE.key.text) == 0


def test_we_stop_before_exact_blocks_the_app(office: ExactCounterpart, ledger: ExactLedger) -> None:
    office.close_period(datetime.date(2026, 12, 31))
    entries = [simple(str(number)) for number in range(20)]
    answers = ledger.post_many(entries)
    assert [each.state for each in answers].count(REJECTED) == MOST_REFUSALS
    assert {each.state for each in answers[MOST_REFUSALS:]} == {QUEUED}
    assert "blocks the app" in answers[-1].reason


def test_a_value_that_exact_drops_without_a_word_is_found_when_read_back(
    office: ExactCounterpart, ledger: ExactLedger
) -> None:
    """A cost centre that is not of this division is refused by us, since Exact would drop it."""
    office.there.rows["hrm/Costcenters"].clear()
    postings = tuple(
        msgspec.structs.replace(each, dimensions=(("costcentre", "KP100"),)) if each.role is PostingRole.NET else each
        for each in NL_PURCHASE.postings
    )
    (answer,) = ledger.post_many([msgspec.structs.replace(NL_PURCHASE, postings=postings)])
    assert (answer.state, answer.reason) == (REJECTED, "Exact has no cost centre 'KP100'")


def test_a_bill_entered_by_hand_is_seen(office: ExactCounterpart, ledger: ExactLedger) -> None:
    (supplier, _) = office.there.rows["crm/Accounts"]
    (account,) = [row for row in office.there.rows["financial/GLAccounts"] if row["Code"] == "7010"]
    line = {"GLAccount": account["ID"], "AmountFC": Decimal("1759.57"), "VATCode": "4"}
    sent = {"Journal": "70", "Supplier": supplier["ID"], "EntryDate": "2026-12-24", "YourRef": NL_PURCHASE.number}
    office.there.create(there.PURCHASES, {**sent, "PurchaseEntryLines": [line]})
    assert ledger.find_many([NL_PURCHASE.key]) == {}
    (found,) = ledger.find_others([NL_PURCHASE])[NL_PURCHASE.key.document]
    assert (found.number, found.date, found.total_minor) == (NL_PURCHASE.number, datetime.date(2026, 12, 24), 212908)
    assert (found.currency, found.vat_minor) == ("EUR", 36951)
    assert found.accounts == {"7010": 175957, "1520": 36951, "1600": -212908}
    states(ledger, NL_PURCHASE)
    assert len(ledger.find_others([NL_PURCHASE])[NL_PURCHASE.key.document]) == 1, "ours is none of them"


def test_many_entries_keep_to_the_limit_and_use_it(office: ExactCounterpart, ledger: ExactLedger) -> None:
    """More calls than a minute takes: none is refused, and at least nine tenths of the limit are used."""
    entries = [simple(str(number)) for number in range(250)]
    begun, calls = office.clock.seconds, len(office.server.paths)
    for start in range(0, len(entries), ledger.capabilities.batch):
        batch = entries[start : start + ledger.capabilities.batch]
        ledger.find_many([each.key for each in batch])
        answers = ledger.post_many(batch)
        assert {each.state for each in answers} == {POSTED}
        ledger.read_many([each.receipt for each in answers if each.receipt])
    made, minutes = len(office.server.paths) - calls, (office.clock.seconds - begun) / 60
    assert made / (minutes + 1) >= 0.9 * A_MINUTE * (minutes / (minutes + 1))
    assert made <= 1.5 * len(entries), "looking up and reading back cost less than every second call"


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_share_the_limit_without_knowing_of_each_other(office: ExactCounterpart, workers: int) -> None:
    """Each job opens the ledger anew, and two administrations may share a company and an app: the ledger counts for all
    of them, and tells each. A job is turned away once at most, which costs nothing, and waits."""
    entries, jobs = [simple(str(number)) for number in range(160)], 0
    for start in range(0, len(entries), 40):
        with ExitStack() as stack:
            opened = [stack.enter_context(ledger_of(office)) for _ in range(workers)]
            jobs += workers
            for turn in range(4):
                batch = entries[start + turn * 10 : start + turn * 10 + 10]
                at_work = opened[turn % workers]
                at_work.find_many([each.key for each in batch])
                assert {each.state for each in at_work.post_many(batch)} == {POSTED}
    assert [office.count(each.key.text) for each in entries] == [1] * len(entries)
    assert office.server.turned_away <= jobs
    assert len(office.server.paths) / (office.clock.seconds / 60 + 1) <= A_MINUTE


def test_the_chart_and_the_codes_are_told(ledger: ExactLedger) -> None:
    chart = ledger.chart()
    assert chart is not None
    assert chart.accounts["7010"].type.value == "expense"
    assert [(each.code, each.rate) for each in ledger.vat_codes()] == [
        ("2", Decimal(21)), ("4", Decimal(21)), ("7", Decimal(21)),
    ]  # fmt: skip


def test_pages_are_followed(office: ExactCounterpart, ledger: ExactLedger) -> None:
    for number in range(200):
        office.there.add("financial/GLAccounts", Code=f"9{number:03}", Description="", Type=110, BalanceType="W",
                         BalanceSide="D", IsBlocked=number == 7)  # fmt: skip
    chart = ledger.chart()
    assert chart is not None
    assert len([code for code in chart.accounts if code.startswith("9")]) == 199


def test_a_page_at_another_address_is_not_followed(office: ExactCounterpart, ledger: ExactLedger) -> None:
    for number in range(70):
        office.there.add("financial/Journals", Code=f"A{number:02}", Description="", Type=10)
    office.server.url = "http://127.0.0.1:1"
    with pytest.raises(LedgerRefused, match="another address"):
        ledger.post_many([NL_PURCHASE])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"client_id": ""}, "client_id is missing"),
        ({"division": "acme"}, "division is 'acme'"),
        ({"timeout_seconds": "soon"}, "timeout_seconds is 'soon'"),
        ({"url": "http://start.exactonline.nl"}, "in clear"),
    ],
)
def test_a_wrong_setting_is_named(office: ExactCounterpart, settings: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        ledger_of(office, **settings)


def test_a_journal_must_be_named_when_there_are_two(office: ExactCounterpart) -> None:
    office.there.add("financial/Journals", Code="71", Description="Inkoop 2", Type=22)
    with ledger_of(office) as opened, pytest.raises(LedgerRefused) as caught:
        opened.post_many([NL_PURCHASE])
    assert "70 (Inkoop), 71 (Inkoop 2)" in caught.value.hint
    with ledger_of(office, purchase_journal="71") as opened:
        assert states(opened, NL_PURCHASE) == [POSTED]


def test_a_division_that_is_not_there_is_told(office: ExactCounterpart) -> None:
    with ledger_of(office, division="999") as opened, pytest.raises(LedgerRefused, match="does not know"):
        opened.chart()


def test_a_day_of_calls_that_is_used_up_ends_the_run(office: ExactCounterpart, ledger: ExactLedger) -> None:
    office.server.calls_left_today = 0
    ledger.chart()
    with pytest.raises(LedgerUnavailable, match="used up for another 60 minutes"):
        ledger.vat_codes()


def test_an_entry_lost_on_the_way_is_found_and_not_sent_again(office: ExactCounterpart, ledger: ExactLedger) -> None:
    office.arm(kit.Fault.TIME_OUT)
    assert states(ledger, NL_PURCHASE) == [UNKNOWN]
    office.wait(ledger.capabilities.settling_seconds)
    with ledger_of(office) as again:
        assert [each.key for each in again.find_many([NL_PURCHASE.key])[NL_PURCHASE.key.document]] == [
            NL_PURCHASE.key.text
        ]
        assert states(again, NL_PURCHASE) == [POSTED]
    assert office.count(NL_PURCHASE.key.text) == 1


def test_the_file_of_an_older_version_does_not_go_with_the_new_one(office: ExactCounterpart) -> None:
    """The program died after the document and before the entry, and then the invoice changed at its source."""

    def papers(entry: JournalEntry) -> list[Paper]:
        return [Paper(name="lines.csv", media_type="text/csv", content=entry.fingerprint.encode())]

    setup = Setup(name="books", chart=NL_CHART, settings={}, folder=Path("unused"), papers=papers)
    older, newer = simple("1", 12100), simple("1", 24200)
    with office.ledger(setup) as ledger:
        office.arm(kit.Fault.ERROR_BEFORE)
        assert states(ledger, older) == [UNKNOWN]
    with office.ledger(setup) as again:
        assert states(again, newer) == [POSTED]
    assert office.attached(newer.key.text) == [("lines.csv", newer.fingerprint.encode())]


class TestDraftInvoices:
    """Sales as drafts of the invoicing module: a person prints them there, which numbers and books them."""

    ITEM = "DIENST"

    @pytest.fixture
    def ledger(self, office: ExactCounterpart) -> Iterator[ExactLedger]:
        with ledger_of(office, sales_item=self.ITEM) as opened:
            yield opened

    def test_a_sale_is_a_draft_and_nothing_is_booked_of_it(self, office: ExactCounterpart, ledger: ExactLedger) -> None:
        assert ledger.capabilities.issues_invoices
        (answer,) = ledger.post_many([NL_SALE_A])
        assert answer.state is POSTED
        (draft,) = office.there.rows[there.DRAFTS]
        assert (draft["YourRef"], draft["AmountFC"], draft["Type"], draft["InvoiceNumber"]) == (
            *(NL_SALE_A.number, Decimal("971.58"), 8020, None),
        )
        assert office.there.rows["financialtransaction/TransactionLines"] == []
        assert office.there.rows[there.SALES] == []

    def test_it_is_read_back_and_agrees(self, office: ExactCounterpart, ledger: ExactLedger) -> None:
        (answer,) = ledger.post_many([NL_SALE_A])
        assert answer.receipt is not None
        held = ledger.read_many([answer.receipt])[NL_SALE_A.key.text]
        assert differences(NL_SALE_A, held, CODES) == ()
        assert [each.key for each in ledger.all_entries()] == [NL_SALE_A.key.text]
        # Somebody changes it before it is printed.
        office.there.rows["salesinvoice/SalesInvoiceLines"][0]["AmountFC"] += 1
        held = ledger.read_many([answer.receipt])[NL_SALE_A.key.text]
        assert [each.field for each in differences(NL_SALE_A, held, CODES)] == ["total"]

    def test_a_lost_answer_makes_no_second_one(self, office: ExactCounterpart, ledger: ExactLedger) -> None:
        office.arm(kit.Fault.TIME_OUT)
        assert states(ledger, NL_SALE_A) == [UNKNOWN]
        office.wait(ledger.capabilities.settling_seconds)
        with ledger_of(office, sales_item=self.ITEM) as again:
            (found,) = again.find_many([NL_SALE_A.key])[NL_SALE_A.key.document]
            assert (found.key, found.fingerprint) == (NL_SALE_A.key.text, NL_SALE_A.fingerprint)
            assert states(again, NL_SALE_A) == [POSTED]
        assert len(office.there.rows[there.DRAFTS]) == 1

    def test_a_purchase_is_booked_as_ever(self, office: ExactCounterpart, ledger: ExactLedger) -> None:
        assert states(ledger, NL_PURCHASE) == [POSTED]
        assert office.booked(NL_PURCHASE.key.text) == as_booked(NL_PURCHASE)
        assert office.there.rows[there.DRAFTS] == []

    def test_an_item_that_does_not_exist_is_named(self, office: ExactCounterpart) -> None:
        with ledger_of(office, sales_item="NIETS") as ledger:
            (answer,) = ledger.post_many([NL_SALE_A])
        assert answer.state is REJECTED
        assert "no item NIETS" in answer.reason
        assert office.there.rows[there.DRAFTS] == []
