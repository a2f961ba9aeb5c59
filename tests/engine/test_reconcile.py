"""Reconcile: ours beside theirs, to the cent, on each kind of database and ledger."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import msgspec
import pytest

from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry, Posting
from connector.engine import reconcile as reconciling
from connector.engine.approval import approve
from connector.engine.deviations import Reconciliation, Standing
from connector.engine.reconcile import NOT_HELD, OTHER_CONTENT, TWICE, UNKNOWN_DOCUMENT
from connector.errors import BusyError, LedgerUnavailable
from connector.ledgers.base import HeldEntry, Ledger, Listing, ReadsBack
from connector.ledgers.memory import MemoryLedger
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import invoice, line
from tests.engine.test_effect import USAGE, accept, reclassified
from tests.ledgers.faults import Fault, FaultyLedger

APRIL = datetime.date(2024, 4, 1)


def posting(desk: Desk, count: int = 3) -> Desk:
    desk.pull(*(invoice(str(n), line(f"{n}.00")) for n in range(1, count + 1)))
    desk.post()
    return desk


def told(found: Reconciliation) -> list[tuple[str, str]]:
    return [(each.number, each.standing.value) for each in found.deviations]


def alter(desk: Desk, number: str, **changes: Any) -> None:
    """Change what a ledger in memory holds, as a person in the bookkeeping software would."""
    assert isinstance(desk.ledger, MemoryLedger)
    for key, entry in desk.ledger.entries.items():
        if entry.number == number:
            desk.ledger.entries[key] = msgspec.structs.replace(entry, **changes)


class Bare:
    """A ledger that only finds and posts: no list, nothing read back."""

    def __init__(self, inner: MemoryLedger) -> None:
        self.inner, self.name, self.capabilities = inner, inner.name, inner.capabilities

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def chart(self) -> None:
        return None

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        return self.inner.find_many(keys)

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        return self.inner.post_many(entries)


class Telling(Bare):
    """The same, with the records read back by receipt."""

    asked = 0

    def read_many(self, receipts: Sequence[Receipt]) -> Mapping[str, HeldEntry]:
        self.asked += len(receipts)
        wanted = {each.key for each in receipts}
        return {each.key: each for each in self.inner.all_entries() if each.key in wanted}


class Server(Telling):
    """As servers are: the list tells little, the rest is read back."""

    def all_entries(self) -> Iterator[HeldEntry]:
        for each in self.inner.all_entries():
            yield msgspec.structs.replace(each, accounts=None, vat=None, currency="")


KINDS = {"bare": Bare, "reads back": Telling, "server": Server}


@pytest.fixture(params=["memory", "hledger", "beancount", "journal_csv"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_is_posted_matches(seat: Seat, kind: str) -> None:
    desk = posting(seat(kind=kind))
    found = desk.reconcile()
    assert found.agrees
    total = sum(each.total for each in desk.deliveries())
    assert found.sums == {("purchase", "2024-03"): {Standing.MATCHED: (3, total)}}


def test_nothing_on_either_side_agrees(quick: Seat, kind: str) -> None:
    assert quick(kind=kind).reconcile() == Reconciliation(administration="acme", ledger=kind)


@pytest.mark.parametrize("kind", ["bare", "reads back", "server"])
def test_ledgers_that_tell_less_are_compared_as_far_as_they_tell(seat: Seat, kind: str) -> None:
    desk = posting(seat())
    inner = desk.ledger
    assert isinstance(inner, MemoryLedger)
    desk.ledger = KINDS[kind](inner)
    assert isinstance(desk.ledger, Ledger)
    assert isinstance(desk.ledger, ReadsBack) == (kind != "bare")
    assert isinstance(desk.ledger, Listing) == (kind == "server")
    assert desk.reconcile().agrees
    first, second, third = desk.entries().values()
    later = msgspec.structs.replace(first, date=APRIL)
    del inner.entries[third.key.text]
    inner.entries[first.key.text] = later
    found = desk.reconcile()
    assert told(found) == [("1", "different"), ("3", "missing")]
    fields = [each.field for each in found.deviations[0].differences]
    assert fields == (["content"] if kind == "bare" else ["date"])
    assert found.deviations[1].why == NOT_HELD
    assert found.sums["purchase", "2024-03"][Standing.MATCHED] == (1, second.total_minor)


def test_a_difference_is_told_with_its_cents(desk: Desk) -> None:
    posting(desk)
    (entry,) = (each for each in desk.entries().values() if each.number == "2")
    by_account = {each.account: each for each in entry.postings}
    cost, vat, party = entry.postings

    def cents(which: Posting, minor: int) -> Posting:
        return msgspec.structs.replace(which, minor=which.minor + minor)

    alter(desk, "2", postings=(cost, cents(vat, 1), cents(party, -1)))
    (deviation,) = desk.reconcile().deviations
    assert deviation.standing is Standing.DIFFERENT
    assert [(each.field, each.what, each.minor) for each in deviation.differences] == sorted(
        [("total", "", 1), ("account", vat.account, 1), ("account", party.account, -1), ("vat", vat.tax, 1)],
        key=lambda each: ({"total": 0, "account": 1, "vat": 2}[each[0]], each[1]),
    )
    assert set(by_account) >= {each.what for each in deviation.differences if each.field == "account"}
    codes = {vat.tax: "1H"}
    assert [each.what for each in desk.reconcile(codes=codes).deviations[0].differences if each.field == "vat"] == [
        "1H",
        vat.tax,
    ]


def test_a_ledger_that_lost_an_entry_is_seen(seat: Seat) -> None:
    desk = posting(seat())
    assert isinstance(desk.ledger, MemoryLedger)
    desk.ledger.entries.popitem()
    found = desk.reconcile()
    assert [each.standing for each in found.deviations] == [Standing.MISSING]
    assert found.deviations[0].reference
    assert not found.only("2024-02").deviations
    assert told(found.only("2024-03")) == told(found)


def test_what_the_ledger_has_twice_is_seen(quick: Seat) -> None:
    class Twice(Server):
        def all_entries(self) -> Iterator[HeldEntry]:
            for each in super().all_entries():
                yield each
                if each.key.split("/")[3] == "2":
                    yield each

    desk = posting(quick())
    assert isinstance(desk.ledger, MemoryLedger)
    desk.ledger = Twice(desk.ledger)
    (deviation,) = desk.reconcile().deviations
    assert (deviation.number, deviation.standing, deviation.why) == ("2", Standing.UNEXPECTED, TWICE)


def test_what_we_do_not_count_as_posted_is_unexpected(desk: Desk) -> None:
    """The answer was lost: the ledger has it, we do not know yet."""
    desk.pull(invoice("1"))
    desk.prepare()
    desk.approve()
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    (deviation,) = desk.reconcile().deviations
    assert (deviation.standing, deviation.why, deviation.linkable) == (
        Standing.UNEXPECTED,
        "the ledger holds it, and here it is unknown",
        True,
    )
    desk.deliver()
    assert desk.reconcile().agrees


def test_a_key_of_another_administration_is_not_ours_and_a_strange_one_is_told(desk: Desk) -> None:
    posting(desk, 1)
    assert isinstance(desk.ledger, MemoryLedger)
    (entry,) = desk.ledger.entries.values()
    other = msgspec.structs.replace(entry, key=msgspec.structs.replace(entry.key, administration="other"))
    stranger = msgspec.structs.replace(entry, key=msgspec.structs.replace(entry.key, number="77"), number="77")
    for each in (other, stranger):
        desk.ledger.entries[each.key.text] = each
    (deviation,) = desk.reconcile().deviations
    assert (deviation.number, deviation.why, deviation.entry_id) == ("77", UNKNOWN_DOCUMENT, None)
    assert deviation.total_minor == entry.total_minor
    assert sum(deviation.accounts.values()) == 0


def test_a_key_that_cannot_be_read_is_told(quick: Seat) -> None:
    class Scribbled(Server):
        def all_entries(self) -> Iterator[HeldEntry]:
            for each in super().all_entries():
                yield msgspec.structs.replace(each, key="scribbled")

    desk = posting(quick(), 1)
    assert isinstance(desk.ledger, MemoryLedger)
    desk.ledger = Scribbled(desk.ledger)
    assert [(each.number, each.standing.value) for each in desk.reconcile().deviations] == [
        ("", "unexpected"),
        ("1", "missing"),
    ]


def test_entry_and_reclassification_are_compared_each_on_its_own(desk: Desk) -> None:
    desk.pull(invoice("1", line("100.00", kind="Usage Fee")))
    desk.post()
    accept(desk, USAGE)
    assert reclassified(desk) == 1
    assert desk.reconcile().agrees, "what was not sent is not compared"
    desk.approve()
    desk.deliver()
    found = desk.reconcile()
    assert found.agrees
    assert found.sums["purchase", "2024-03"][Standing.MATCHED] == (2, 12100)
    assert isinstance(desk.ledger, MemoryLedger)
    (move,) = (each for each in desk.ledger.entries.values() if each.key.purpose != "invoice")
    del desk.ledger.entries[move.key.text]
    assert [each.key for each in desk.reconcile().deviations] == [move.key.text]


def test_it_waits_for_no_run_and_raises_what_the_ledger_says(quick: Seat) -> None:
    desk = posting(quick())
    with desk.database.lock("acme"), pytest.raises(BusyError):
        desk.reconcile()

    class Gone(Server):
        def all_entries(self) -> Iterator[HeldEntry]:
            raise LedgerUnavailable("gone")

    assert isinstance(desk.ledger, MemoryLedger)
    desk.ledger = Gone(desk.ledger)
    with pytest.raises(LedgerUnavailable):
        desk.reconcile()
    assert set(desk.delivery_states()) == {"posted"}


@pytest.mark.parametrize("kind", ["memory", "bare"])
def test_batches_do_not_change_the_result(quick: Seat, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = posting(quick(), 7)
    assert isinstance(desk.ledger, MemoryLedger)
    gone = [key for key, entry in desk.ledger.entries.items() if entry.number in {"2", "7"}]
    for key in gone:
        del desk.ledger.entries[key]
    if kind == "bare":
        desk.ledger = Bare(desk.ledger)
    whole = desk.reconcile()
    monkeypatch.setattr(reconciling, "AT_ONCE", 2)
    assert desk.reconcile() == whole
    assert told(whole) == [("2", "missing"), ("7", "missing")]


def test_an_entry_of_which_another_content_waits_is_not_linkable(desk: Desk) -> None:
    posting(desk, 1)
    assert isinstance(desk.ledger, MemoryLedger)
    held = dict(desk.ledger.entries)
    desk.set(auto_post="off")
    desk.pull(invoice("2"))
    desk.prepare()
    waiting = next(each for each in desk.entries().values() if each.number == "2")
    later = msgspec.structs.replace(waiting, due=APRIL)
    desk.ledger.entries = {**held, later.key.text: later}
    (deviation,) = desk.reconcile().deviations
    assert (deviation.why, deviation.linkable) == (OTHER_CONTENT + "ready", False)
    assert approve(desk.place, desk.books, [2], actor="jansen") == 1
    assert desk.deliver().rejected == 1
