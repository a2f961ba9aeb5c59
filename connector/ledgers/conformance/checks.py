"""Exactly-once while nothing goes wrong: posting, finding again, answering in order, listing."""

from __future__ import annotations

import datetime

import msgspec

from connector.ledgers.base import Listing, TellsVatCodes
from connector.ledgers.conformance import entries
from connector.ledgers.conformance.counterpart import NotDeclared
from connector.ledgers.conformance.probe import POSTED, REJECTED, Check, Probe, check


@check
def chart(probe: Probe) -> None:
    """It tells its accounts, or takes ours; its name is the one it was given and its batches hold something."""
    with probe.ledger() as ledger:
        assert ledger.name == "books"
        assert ledger.capabilities.batch >= 1
        assert ledger.capabilities.settling_seconds >= 0
        told = ledger.chart()
        if told is not None:
            assert probe.books.chart.accounts.keys() <= told.accounts.keys()
            assert probe.books.unknown_account not in told.accounts


@check
def vat_codes(probe: Probe) -> None:
    """It tells its VAT codes, those of the tax table among them."""
    with probe.ledger() as ledger:
        if not isinstance(ledger, TellsVatCodes):
            raise NotDeclared("it does not tell its VAT codes (TellsVatCodes)")
        told = {each.code: each for each in ledger.vat_codes()}
        for tax in probe.books.taxes.values():
            assert tax.code in told
            assert told[tax.code].rate in (None, tax.rate)


@check
def empty(probe: Probe) -> None:
    """Books without entries hold nothing, and posting nothing answers nothing."""
    with probe.ledger() as ledger:
        assert dict(ledger.find_many([entries.purchase(probe.books).key])) == {}
        assert list(ledger.find_many([])) == []
        assert list(ledger.post_many([])) == []
        if isinstance(ledger, Listing):
            assert list(ledger.all_entries()) == []


@check
def post_and_find(probe: Probe) -> None:
    """What is posted is there once, and is found with its whole key, fingerprint and reference."""
    posted, other = entries.purchase(probe.books), entries.plain(probe.books, "9999")
    with probe.ledger() as ledger:
        receipt = probe.post(ledger, posted)
        assert not receipt.found
        assert list(ledger.find_many([posted.key, other.key])) == [posted.key.document]
        assert probe.found(ledger, posted.key) == {posted.key.text: msgspec.structs.replace(receipt, found=True)}


@check
def find_later(probe: Probe) -> None:
    """What was posted is found by a later run, from what the ledger itself holds."""
    posted = entries.purchase(probe.books)
    with probe.ledger() as ledger:
        probe.post(ledger, posted)
    with probe.ledger() as ledger:
        probe.is_there(ledger, posted)


@check
def not_doubled(probe: Probe) -> None:
    """The same entry again is found and not booked a second time."""
    posted = entries.purchase(probe.books)
    with probe.ledger() as ledger:
        first = probe.post(ledger, posted)
        second = probe.post(ledger, posted)
        assert second == msgspec.structs.replace(first, found=True)
        if isinstance(ledger, Listing):
            assert [each.key for each in ledger.all_entries()] == [posted.key.text]


@check
def twice_in_a_batch(probe: Probe) -> None:
    """The same key twice in one batch is booked once; other content under it is a conflict."""
    first, other = entries.plain(probe.books, "3"), entries.plain(probe.books, "3", 500)
    with probe.ledger() as ledger:
        answers = probe.in_batches(ledger, [first, first, other])
        assert [answer.state for answer in answers] == [POSTED, POSTED, REJECTED]
        assert [answer.receipt is not None and answer.receipt.found for answer in answers] == [False, True, False]
        probe.is_there(ledger, first)


@check
def conflict(probe: Probe) -> None:
    """Other content under a key that is taken is refused, be it the amount, the account or the month."""
    books = probe.books
    january, february = datetime.date(books.year, 1, 31), datetime.date(books.year, 2, 1)
    posted = entries.plain(books, "1", 12100, date=january)
    others = (
        entries.plain(books, "1", 12200, date=january),
        entries.plain(books, "1", 12100, date=january, account=books.costs[1]),
        msgspec.structs.replace(posted, date=february),
    )
    with probe.ledger() as ledger:
        probe.post(ledger, posted)
        for other in others:
            (answer,) = ledger.post_many([other])
            assert answer.state is REJECTED, f"{answer.state.value}, though it is not what stands under its key"
            assert answer.reason
            assert answer.hint
        probe.is_there(ledger, posted)


@check
def batch_in_order(probe: Probe) -> None:
    """A batch is answered in its own order."""
    batch = [entries.plain(probe.books, number, 100 * int(number)) for number in ("3", "1", "2")]
    with probe.ledger() as ledger:
        answers = probe.in_batches(ledger, batch)
        assert [answer.key for answer in answers] == [each.key.text for each in batch]
        assert [answer.state for answer in answers] == [POSTED] * 3
        for each in batch:
            probe.is_there(ledger, each)


@check
def batch_with_a_refusal(probe: Probe) -> None:
    """Every entry of a batch has its answer; one that is refused does not stop the others."""
    books = probe.books
    first, taken, last = (entries.plain(books, number) for number in ("1", "2", "3"))
    refused = entries.plain(books, "2", 500)
    with probe.ledger() as ledger:
        probe.post(ledger, taken)
        answers = probe.in_batches(ledger, [first, refused, last])
        assert [(answer.key, answer.state) for answer in answers] == [
            (first.key.text, POSTED),
            (refused.key.text, REJECTED),
            (last.key.text, POSTED),
        ]
        for each in (first, taken, last):
            probe.is_there(ledger, each)


@check
def by_document(probe: Probe) -> None:
    """A look-up asks for the document and finds its entries of every purpose, and those of no other document."""
    posted, neighbour = entries.plain(probe.books, "1"), entries.plain(probe.books, "10")
    amendment = msgspec.structs.replace(
        entries.plain(probe.books, "1", -50),
        key=msgspec.structs.replace(posted.key, purpose="amendment-0a1b", period=f"{probe.books.year + 1}-01"),
    )
    with probe.ledger() as ledger:
        for each in (posted, amendment, neighbour):
            probe.post(ledger, each)
        asked = msgspec.structs.replace(posted.key, purpose="accrual", period=f"{probe.books.year}-07")
        assert probe.found(ledger, asked).keys() == {posted.key.text, amendment.key.text}


@check
def long_key(probe: Probe) -> None:
    """Keys of any length are told apart to their last sign, or refused."""
    books = probe.books
    with probe.ledger() as ledger:
        for length in (40, 300, 3000):
            for last in "12":
                each = entries.plain(books, "9" * (length - 1) + last, 1000 + int(last))
                (answer,) = ledger.post_many([each])
                assert answer.state in (POSTED, REJECTED), answer.reason
                if answer.state is POSTED:
                    probe.is_there(ledger, each)
                else:
                    assert answer.reason
                    assert answer.hint
                    assert probe.counterpart.count(each.key.text) == 0
                    assert probe.found(ledger, each.key) == {}


@check
def listing(probe: Probe) -> None:
    """It lists everything it holds from us, oldest first, so that a lost database can be made again."""
    books = probe.books
    posted = [
        entries.plain(books, "2", 200, date=datetime.date(books.year, 2, 1)),
        entries.plain(books, "1", 100, date=datetime.date(books.year, 1, 31)),
        entries.purchase(books),
    ]
    with probe.ledger() as ledger:
        if not isinstance(ledger, Listing):
            raise NotDeclared("it does not list (Listing)")
        for each in posted:
            probe.post(ledger, each)
        told = list(ledger.all_entries())
    assert [(each.key, each.fingerprint, each.date, each.total_minor) for each in told] == [
        (each.key.text, each.fingerprint, each.date, each.total_minor)
        for each in sorted(posted, key=lambda one: one.date)
    ]
    assert len({each.reference for each in told}) == len(posted)


@check
def reversal(probe: Probe) -> None:
    """A reversal is a mirrored entry with a purpose of its own; the original stays."""
    original = entries.purchase(probe.books)
    reversal = entries.mirrored(original)
    with probe.ledger() as ledger:
        if not ledger.capabilities.reversal:
            raise NotDeclared("it takes no reversals (reversal)")
        probe.post(ledger, original)
        receipt = probe.post(ledger, reversal)
        probe.is_there(ledger, original)
        probe.is_there(ledger, reversal)
        assert probe.held(ledger, receipt).total_minor == -original.total_minor


CHECKS: tuple[Check, ...] = (
    chart, vat_codes, empty, post_and_find, find_later, not_doubled, twice_in_a_batch, conflict, batch_in_order,
    batch_with_a_refusal, by_document, long_key, listing, reversal,
)  # fmt: skip
