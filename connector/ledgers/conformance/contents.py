"""What stands in the ledger is what was sent, and what cannot be booked is refused and not changed."""

from __future__ import annotations

import datetime
from collections import Counter

import msgspec

from connector.domain.journal import JournalEntry, PostingRole, balances
from connector.ledgers.base import HeldEntry, Ledger
from connector.ledgers.conformance import entries
from connector.ledgers.conformance.counterpart import NotDeclared
from connector.ledgers.conformance.trial import POSTED, REJECTED, Check, Trial, check

_VAT = (PostingRole.VAT_INPUT, PostingRole.VAT_DUE)


def _without_zeros(sums: dict[str, int]) -> dict[str, int]:
    return {name: minor for name, minor in sums.items() if minor}


def _stands(trial: Trial, ledger: Ledger, entry: JournalEntry) -> None:
    """Post ``entry`` and compare what is read back: date, currency, total, account by account, VAT per code."""
    held = trial.read_back(ledger, trial.post(ledger, entry))
    assert held.key == entry.key.text
    assert held.fingerprint == entry.fingerprint
    assert held.date == entry.date
    assert held.currency == entry.currency
    assert held.total_minor == entry.total_minor
    assert held.accounts is not None, "what reads back tells the accounts"
    assert _without_zeros(dict(held.accounts)) == _without_zeros(balances(entry))
    _vat_stands(trial, held, entry)


def _vat_stands(trial: Trial, held: HeldEntry, entry: JournalEntry) -> None:
    """VAT per code, debit positive as the accounts are. Reverse charge is due and deducted at once: nothing is left."""
    vat: Counter[str] = Counter()
    for each in entry.postings:
        if each.role in _VAT:
            vat[trial.books.taxes[each.tax].code] += each.minor
    assert held.vat is not None, "what reads back tells the VAT"
    assert _without_zeros(dict(held.vat)) == _without_zeros(vat)


@check
def reads_back(trial: Trial) -> None:
    """A purchase with VAT is read back as it was sent: date, currency, total, VAT per code, amount per account."""
    with trial.ledger() as ledger:
        _stands(trial, ledger, entries.purchase(trial.books))


@check
def vat_difference(trial: Trial) -> None:
    """VAT stands to the cent as the invoice states it, also where the ledger would compute it otherwise."""
    with trial.ledger() as ledger:
        _stands(trial, ledger, entries.purchase_of_a_cent_less(trial.books))


@check
def reverse_charge(trial: Trial) -> None:
    """Reverse charge: the VAT is due and deducted, and the supplier gets the net amount."""
    entry = entries.reverse_charge(trial.books)
    with trial.ledger() as ledger:
        receipt = trial.post(ledger, entry)
        held = trial.held(ledger, receipt)
        assert held.total_minor == 175957
        accounts = trial.read_back(ledger, receipt).accounts
        assert accounts is not None
        assert _without_zeros(dict(accounts)) == _without_zeros(balances(entry))


@check
def credit_note(trial: Trial) -> None:
    """A credit note takes back: its total is negative."""
    entry = entries.credit_note(trial.books)
    with trial.ledger() as ledger:
        receipt = trial.post(ledger, entry)
        assert trial.held(ledger, receipt).total_minor == -18150


@check
def credit_note_reads_back(trial: Trial) -> None:
    """A credit note is read back with the sign of every amount."""
    with trial.ledger() as ledger:
        _stands(trial, ledger, entries.credit_note(trial.books))


@check
def sale(trial: Trial) -> None:
    """A sale: the customer owes the total."""
    with trial.ledger() as ledger:
        if not (ledger.capabilities.sales_invoices or ledger.capabilities.journal):
            raise NotDeclared("it takes no sales (sales_invoices, journal)")
        receipt = trial.post(ledger, entries.sale(trial.books))
        assert trial.held(ledger, receipt).total_minor == 97158


@check
def reclassification(trial: Trial) -> None:
    """A reclassification moves cost between accounts under the key of its document; nobody owes anything."""
    original, moved = entries.purchase(trial.books), entries.reclassification(trial.books)
    with trial.ledger() as ledger:
        if not ledger.capabilities.journal:
            raise NotDeclared("it takes no journal entries (journal)")
        trial.post(ledger, original)
        receipt = trial.post(ledger, moved)
        trial.is_there(ledger, original)
        trial.is_there(ledger, moved)
        assert trial.held(ledger, receipt).total_minor == 0


@check
def many_lines(trial: Trial) -> None:
    """An entry of 150 lines arrives whole."""
    entry = entries.many_lines(trial.books)
    with trial.ledger() as ledger:
        receipt = trial.post(ledger, entry)
        assert trial.held(ledger, receipt).total_minor == 161325 + 33878


@check
def amounts(trial: Trial) -> None:
    """Amounts are exact from one cent to very large, also below zero and beside a posting of nothing."""
    with trial.ledger() as ledger:
        for number, minor in enumerate((*entries.AMOUNTS, *entries.LARGE_AMOUNTS)):
            plain = entries.plain(trial.books, str(number), minor)
            nothing = entries.posting(trial.books.costs[1], 0)
            entry = msgspec.structs.replace(plain, postings=(*plain.postings, nothing))
            (answer,) = ledger.post_many([entry])
            may_be_refused = answer.state is REJECTED and minor in entries.LARGE_AMOUNTS
            assert answer.state is POSTED or may_be_refused, f"{minor} cents: {answer.state.value}, {answer.reason}"
            if answer.receipt is not None:
                assert trial.held(ledger, answer.receipt).total_minor == minor


@check
def texts(trial: Trial) -> None:
    """Texts in every script, and those that have led programs astray, change no booking."""
    with trial.ledger() as ledger:
        posted = [entries.with_texts(trial.books, f"T{number}", text) for number, text in enumerate(entries.HOSTILE)]
        for each in posted:
            trial.post(ledger, each)
        for each in posted:
            trial.is_there(ledger, each)
            assert trial.counterpart.count(each.key.text) == 1


@check
def long_texts(trial: Trial) -> None:
    """A text longer than the ledger's field is shortened; key, fingerprint and amount are not."""
    entry = entries.with_texts(trial.books, "L1", "Très long " * 1000)
    with trial.ledger() as ledger:
        receipt = trial.post(ledger, entry)
        trial.is_there(ledger, entry)
        assert trial.held(ledger, receipt).total_minor == entry.total_minor


@check
def document_number(trial: Trial) -> None:
    """The supplier's number stands where people see it."""
    entry = entries.purchase(trial.books)
    with trial.ledger() as ledger:
        trial.post(ledger, entry)
    assert trial.counterpart.shows(entry.key.text, entry.number)


@check
def due_date(trial: Trial) -> None:
    """The due date stands in the booking."""
    entry = entries.purchase(trial.books)
    with trial.ledger() as ledger:
        if not ledger.capabilities.due_dates:
            raise NotDeclared("it keeps no due dates (due_dates)")
        trial.post(ledger, entry)
    assert trial.counterpart.shows(entry.key.text, f"{trial.books.year}-12-23")


@check
def dimensions(trial: Trial) -> None:
    """The dimensions of a posting stand in the booking."""
    entry = entries.with_dimensions(trial.books, "D1", (trial.books.dimension,))
    with trial.ledger() as ledger:
        if not ledger.capabilities.dimensions:
            raise NotDeclared("it takes no dimensions (dimensions)")
        trial.post(ledger, entry)
    assert trial.counterpart.shows(entry.key.text, trial.books.dimension[1])


@check
def closed_period(trial: Trial) -> None:
    """An entry in a closed period is refused and not moved; the next open day is taken."""
    books = trial.books
    last_closed = datetime.date(books.year, 1, 31)
    trial.counterpart.close_period(last_closed)
    with trial.ledger() as ledger:
        trial.refused(ledger, entries.plain(books, "1", date=last_closed))
        trial.post(ledger, entries.plain(books, "2", date=last_closed + datetime.timedelta(days=1)))


@check
def unknown_account(trial: Trial) -> None:
    """An account that the ledger does not have is refused, by its number; nothing is booked elsewhere."""
    account = trial.books.unknown_account
    with trial.ledger() as ledger:
        answer = trial.refused(ledger, entries.plain(trial.books, "1", account=account))
        assert account in answer.reason


@check
def foreign_currency(trial: Trial) -> None:
    """A foreign currency is refused until it is built; it is never booked as euros."""
    dollars = msgspec.structs.replace(entries.plain(trial.books, "1"), currency="USD")
    with trial.ledger() as ledger:
        answer = trial.refused(ledger, dollars)
        assert "USD" in answer.reason


CHECKS: tuple[Check, ...] = (
    reads_back, vat_difference, reverse_charge, credit_note, credit_note_reads_back, sale, reclassification, many_lines,
    amounts, texts, long_texts, document_number, due_date, dimensions, closed_period, unknown_account,
    foreign_currency,
)  # fmt: skip
