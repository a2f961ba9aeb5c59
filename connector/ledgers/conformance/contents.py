"""What stands in the ledger is what was sent, and what cannot be booked is refused and not changed."""

from __future__ import annotations

import datetime
from collections import Counter

import msgspec

from connector.domain.journal import JournalEntry, PostingRole, balances
from connector.ledgers.base import HeldEntry, Ledger, Paper
from connector.ledgers.conformance import entries
from connector.ledgers.conformance.counterpart import NotDeclared
from connector.ledgers.conformance.probe import POSTED, REJECTED, Check, Probe, check

_VAT = (PostingRole.VAT_INPUT, PostingRole.VAT_DUE)


def _without_zeros(sums: dict[str, int]) -> dict[str, int]:
    return {name: minor for name, minor in sums.items() if minor}


def _stands(probe: Probe, ledger: Ledger, entry: JournalEntry) -> None:
    """Post ``entry`` and compare what is read back: date, currency, total, account by account, VAT per code."""
    held = probe.read_back(ledger, probe.post(ledger, entry))
    assert held.key == entry.key.text
    assert held.fingerprint == entry.fingerprint
    assert held.date == entry.date
    assert held.currency == entry.currency
    assert held.total_minor == entry.total_minor
    assert held.accounts is not None, "what reads back tells the accounts"
    assert _without_zeros(dict(held.accounts)) == _without_zeros(balances(entry))
    _vat_stands(probe, held, entry)


def _vat_stands(probe: Probe, held: HeldEntry, entry: JournalEntry) -> None:
    """VAT per code, debit positive as the accounts are. Reverse charge is due and deducted at once: nothing is left."""
    vat: Counter[str] = Counter()
    for each in entry.postings:
        if each.role in _VAT:
            vat[probe.books.taxes[each.tax].code] += each.minor
    assert held.vat is not None, "what reads back tells the VAT"
    assert _without_zeros(dict(held.vat)) == _without_zeros(vat)


@check
def reads_back(probe: Probe) -> None:
    """A purchase with VAT is read back as it was sent: date, currency, total, VAT per code, amount per account."""
    with probe.ledger() as ledger:
        _stands(probe, ledger, entries.purchase(probe.books))


@check
def vat_difference(probe: Probe) -> None:
    """VAT stands to the cent as the invoice states it, also where the ledger would compute it otherwise."""
    with probe.ledger() as ledger:
        _stands(probe, ledger, entries.purchase_of_a_cent_less(probe.books))


@check
def reverse_charge(probe: Probe) -> None:
    """Reverse charge: the VAT is due and deducted, and the supplier gets the net amount."""
    entry = entries.reverse_charge(probe.books)
    with probe.ledger() as ledger:
        receipt = probe.post(ledger, entry)
        held = probe.held(ledger, receipt)
        assert held.total_minor == 175957
        accounts = probe.read_back(ledger, receipt).accounts
        assert accounts is not None
        assert _without_zeros(dict(accounts)) == _without_zeros(balances(entry))


@check
def credit_note(probe: Probe) -> None:
    """A credit note takes back: its total is negative."""
    entry = entries.credit_note(probe.books)
    with probe.ledger() as ledger:
        receipt = probe.post(ledger, entry)
        assert probe.held(ledger, receipt).total_minor == -18150


@check
def credit_note_reads_back(probe: Probe) -> None:
    """A credit note is read back with the sign of every amount."""
    with probe.ledger() as ledger:
        _stands(probe, ledger, entries.credit_note(probe.books))


@check
def sale(probe: Probe) -> None:
    """A sale: the customer owes the total."""
    with probe.ledger() as ledger:
        if not (ledger.capabilities.sales_invoices or ledger.capabilities.journal):
            raise NotDeclared("it takes no sales (sales_invoices, journal)")
        receipt = probe.post(ledger, entries.sale(probe.books))
        assert probe.held(ledger, receipt).total_minor == 97158


@check
def reclassification(probe: Probe) -> None:
    """A reclassification moves cost between accounts under the key of its document; nobody owes anything."""
    original, moved = entries.purchase(probe.books), entries.reclassification(probe.books)
    with probe.ledger() as ledger:
        if not ledger.capabilities.journal:
            raise NotDeclared("it takes no journal entries (journal)")
        probe.post(ledger, original)
        receipt = probe.post(ledger, moved)
        probe.is_there(ledger, original)
        probe.is_there(ledger, moved)
        assert probe.held(ledger, receipt).total_minor == 0


@check
def many_lines(probe: Probe) -> None:
    """An entry of 150 lines arrives whole."""
    entry = entries.many_lines(probe.books)
    with probe.ledger() as ledger:
        receipt = probe.post(ledger, entry)
        assert probe.held(ledger, receipt).total_minor == 161325 + 33878


@check
def amounts(probe: Probe) -> None:
    """Amounts are exact from one cent to very large, also below zero and beside a posting of nothing."""
    with probe.ledger() as ledger:
        for number, minor in enumerate((*entries.AMOUNTS, *entries.LARGE_AMOUNTS)):
            plain = entries.plain(probe.books, str(number), minor)
            nothing = entries.posting(probe.books.costs[1], 0)
            entry = msgspec.structs.replace(plain, postings=(*plain.postings, nothing))
            (answer,) = ledger.post_many([entry])
            may_be_refused = answer.state is REJECTED and minor in entries.LARGE_AMOUNTS
            assert answer.state is POSTED or may_be_refused, f"{minor} cents: {answer.state.value}, {answer.reason}"
            if answer.receipt is not None:
                assert probe.held(ledger, answer.receipt).total_minor == minor


@check
def texts(probe: Probe) -> None:
    """Texts in every script, and those that have led programs astray, change no booking."""
    with probe.ledger() as ledger:
        posted = [entries.with_texts(probe.books, f"T{number}", text) for number, text in enumerate(entries.HOSTILE)]
        for each in posted:
            probe.post(ledger, each)
        for each in posted:
            probe.is_there(ledger, each)
            assert probe.counterpart.count(each.key.text) == 1


@check
def long_texts(probe: Probe) -> None:
    """A text longer than the ledger's field is shortened; key, fingerprint and amount are not."""
    entry = entries.with_texts(probe.books, "L1", "Très long " * 1000)
    with probe.ledger() as ledger:
        receipt = probe.post(ledger, entry)
        probe.is_there(ledger, entry)
        assert probe.held(ledger, receipt).total_minor == entry.total_minor


@check
def document_number(probe: Probe) -> None:
    """The supplier's number stands where people see it."""
    entry = entries.purchase(probe.books)
    with probe.ledger() as ledger:
        probe.post(ledger, entry)
    assert probe.counterpart.shows(entry.key.text, entry.number)


@check
def due_date(probe: Probe) -> None:
    """The due date stands in the booking."""
    entry = entries.purchase(probe.books)
    with probe.ledger() as ledger:
        if not ledger.capabilities.due_dates:
            raise NotDeclared("it keeps no due dates (due_dates)")
        probe.post(ledger, entry)
    assert probe.counterpart.shows(entry.key.text, f"{probe.books.year}-12-23")


@check
def dimensions(probe: Probe) -> None:
    """The dimensions of a posting stand in the booking."""
    entry = entries.with_dimensions(probe.books, "D1", (probe.books.dimension,))
    with probe.ledger() as ledger:
        if not ledger.capabilities.dimensions:
            raise NotDeclared("it takes no dimensions (dimensions)")
        probe.post(ledger, entry)
    assert probe.counterpart.shows(entry.key.text, probe.books.dimension[1])


@check
def attachments(probe: Probe) -> None:
    """A file that belongs to an entry is attached to it, byte for byte, and once."""
    entry, content = entries.purchase(probe.books), bytes(range(256)) * 3
    paper = Paper(name="lines of 2600123.csv", media_type="text/csv", content=content)
    with probe.ledger([paper]) as ledger:
        if not ledger.capabilities.attachments:
            raise NotDeclared("it attaches no files (attachments)")
        probe.post(ledger, entry)
        ledger.post_many([entry])
    assert list(probe.counterpart.attached(entry.key.text)) == [(paper.name, content)]


@check
def closed_period(probe: Probe) -> None:
    """An entry in a closed period is refused and not moved; the next open day is taken."""
    books = probe.books
    last_closed = datetime.date(books.year, 1, 31)
    probe.counterpart.close_period(last_closed)
    with probe.ledger() as ledger:
        probe.refused(ledger, entries.plain(books, "1", date=last_closed))
        probe.post(ledger, entries.plain(books, "2", date=last_closed + datetime.timedelta(days=1)))


@check
def unknown_account(probe: Probe) -> None:
    """An account that the ledger does not have is refused, by its number; nothing is booked elsewhere."""
    account = probe.books.unknown_account
    with probe.ledger() as ledger:
        answer = probe.refused(ledger, entries.plain(probe.books, "1", account=account))
        assert account in answer.reason


@check
def foreign_currency(probe: Probe) -> None:
    """A foreign currency is refused until it is built; it is never booked as euros."""
    dollars = msgspec.structs.replace(entries.plain(probe.books, "1"), currency="USD")
    with probe.ledger() as ledger:
        answer = probe.refused(ledger, dollars)
        assert "USD" in answer.reason


CHECKS: tuple[Check, ...] = (
    reads_back, vat_difference, reverse_charge, credit_note, credit_note_reads_back, sale, reclassification, many_lines,
    amounts, texts, long_texts, document_number, due_date, dimensions, attachments, closed_period, unknown_account,
    foreign_currency,
)  # fmt: skip
