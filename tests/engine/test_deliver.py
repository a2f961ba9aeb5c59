"""Deliver: whatever fails, each approved entry arrives exactly once."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from connector.domain.delivery import Answer, DeliveryState, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.engine.approval import approve, approve_by_setting, keep_back
from connector.engine.deliver import DeliverReport
from connector.errors import LedgerError, LedgerRefused, LedgerUnavailable, OutcomeUnknown
from connector.ledgers.base import Ledger, Setup
from connector.ledgers.registry import open_ledger
from connector.store import tables
from connector.store.database import Database
from tests.engine.conftest import Seat
from tests.engine.crashing import Crash, CrashingDatabase
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import customer, invoice, line
from tests.ledgers.faults import Fault, FaultyLedger


def waiting(desk: Desk, count: int = 3) -> Desk:
    """``count`` invoices of different totals, approved."""
    desk.pull(*(invoice(str(n), line(f"{n}.00")) for n in range(1, count + 1)))
    desk.prepare()
    desk.approve()
    return desk


def memory(**settings: str) -> Ledger:
    chart = mapping_files().mapping.chart
    return open_ledger("memory", Setup(name="memory", chart=chart, settings=settings, folder=Path("unused")))


def held(ledger: Ledger) -> list[str]:
    """The numbers of what a ledger holds, sorted."""
    inner = ledger.inner if isinstance(ledger, FaultyLedger) else ledger
    return sorted(each.number for each in inner.entries.values())  # type: ignore[attr-defined]


def check(desk: Desk, count: int = 3) -> None:
    """Everything is posted once, and the cents are proven."""
    assert set(desk.delivery_states()) == {"posted"}
    assert held(desk.ledger) == [str(n) for n in range(1, count + 1)]
    assert desk.rows()["receipt"] == count
    assert desk.verify().problems == []


def test_what_is_approved_arrives_and_nothing_else(desk: Desk) -> None:
    desk.set(auto_post="off")
    waiting(desk)
    assert approve(desk.place, desk.books, [2, 2, 99], actor="jansen") == 1
    assert desk.deliver().posted == 1
    assert held(desk.ledger) == ["2"]
    assert desk.delivery_states() == ["ready", "posted", "ready"]
    assert desk.reasons(2) == ["prepared", "approved", "intent", ""]
    assert desk.deliver() == DeliverReport()
    assert approve(desk.place, desk.books, [2], actor="jansen") == 0


def test_documents_go_out_in_the_order_of_their_dates(quick: Seat) -> None:
    sent: list[str] = []

    class Noting(FaultyLedger):
        def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
            sent.extend(entry.number for entry in entries)
            return super().post_many(entries)

    desk = quick(ledger=Noting(memory(batch="2")))
    days = {"1": 20, "2": 5, "3": 12, "4": 5, "5": 30}
    desk.pull(*(invoice(number, date=datetime.date(2024, 3, day)) for number, day in days.items()))
    desk.post()
    assert sent == ["2", "4", "3", "1", "5"]


# What one fault leads to: the report of the run that met it, the states it leaves, and how many runs more it takes.
FAULTS = [
    (Fault.LOST_ANSWER, {"unknown": 3}, {"unknown"}, {"found": 3}),
    (Fault.LOST_QUESTION, {"unknown": 3}, {"unknown"}, {"posted": 3}),
    (Fault.HALF, {"unknown": 3}, {"unknown"}, {"found": 1, "posted": 2}),
    (Fault.REJECTS, {"rejected": 3}, {"rejected"}, {}),
]


@pytest.mark.parametrize(("fault", "report", "states", "then"), FAULTS, ids=lambda value: getattr(value, "value", ""))
def test_a_fault_while_posting(
    desk: Desk, fault: Fault, report: dict[str, int], states: set[str], then: dict[str, int]
) -> None:
    waiting(desk)
    met = desk.deliver(FaultyLedger(desk.ledger, on_post=[fault]))
    assert {name: getattr(met, name) for name in report} == report
    assert set(desk.delivery_states()) == states
    assert desk.verify().holds or fault in {Fault.LOST_ANSWER, Fault.HALF}
    again = desk.deliver()
    assert {name: getattr(again, name) for name in then} == then
    if fault is Fault.REJECTS:
        assert again == DeliverReport()  # a person decides first
        assert [problem[1:] for problem in met.problems] == [("told to refuse", "none")] * 3
        assert approve(desk.place, desk.books, [1, 2, 3], actor="jansen", reason="mended") == 3
        assert desk.deliver().posted == 3
    check(desk)


@pytest.mark.parametrize("step", ["on_post", "on_find"])
@pytest.mark.parametrize("error", [LedgerUnavailable("gone"), LedgerRefused("edited by others")])
def test_when_the_ledger_is_not_there_everything_stays_queued(desk: Desk, step: str, error: LedgerError) -> None:
    class Absent(FaultyLedger):
        def find_many(self, keys: Sequence[EntryKey]) -> dict[str, Sequence[Receipt]]:
            if step == "on_find":
                raise error
            return {}

        def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
            raise error

    waiting(desk)
    with pytest.raises(type(error)):
        desk.deliver(Absent(desk.ledger))
    assert set(desk.delivery_states()) == {"queued"}
    assert "nothing was sent" in desk.reasons(1)[-1]
    assert desk.deliver().posted == 3
    check(desk)


def test_what_is_unknown_waits_until_the_ledger_has_settled(desk: Desk) -> None:
    desk.ledger = memory(settling_seconds="300")
    waiting(desk)
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    blind = FaultyLedger(desk.ledger, on_find=[Fault.BLIND])
    desk.wait(299)
    assert desk.deliver(blind).postponed == 3
    assert (blind.posted, set(desk.delivery_states())) == ({}, {"unknown"})
    desk.wait(1)
    assert desk.deliver().found == 3
    check(desk)


def test_a_look_up_that_fails_leaves_the_unknown_unknown(desk: Desk) -> None:
    waiting(desk)
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    with pytest.raises(LedgerUnavailable):
        desk.deliver(FaultyLedger(desk.ledger, on_find=[Fault.UNAVAILABLE]))
    assert set(desk.delivery_states()) == {"unknown"}
    assert desk.deliver().found == 3
    check(desk)


def test_an_entry_that_is_refused_does_not_stop_the_others(desk: Desk) -> None:
    class Picky(FaultyLedger):
        def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
            answers = super().post_many([entry for entry in entries if entry.number != "2"])
            by_key = {answer.key: answer for answer in answers}
            refused = Answer(key="", state=DeliveryState.REJECTED, reason="no", hint="mend it")
            return [
                by_key.get(entry.key.text, msgspec.structs.replace(refused, key=entry.key.text)) for entry in entries
            ]

    waiting(desk)
    report = desk.deliver(Picky(desk.ledger))
    assert (report.posted, report.rejected) == (2, 1)
    assert desk.delivery_states() == ["posted", "rejected", "posted"]
    assert desk.states() == {"1": "posted", "2": "in delivery", "3": "posted"}


class Poisoned(FaultyLedger):
    """Gives no answer to any batch that holds the invoice '13', and books nothing of it."""

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        if any(entry.number == "13" for entry in entries):
            raise self.error
        return super().post_many(entries)

    error: BaseException = OutcomeUnknown("the server failed")


class Breaking(Poisoned):
    """As ``Poisoned``, and the adapter itself breaks on it."""

    error = ZeroDivisionError("a defect of the adapter")


@pytest.mark.parametrize("kind", [Poisoned, Breaking])
def test_an_entry_on_which_the_ledger_fails_takes_fewer_and_fewer_with_it(quick: Seat, kind: type[Poisoned]) -> None:
    desk = quick(ledger=kind(memory(batch="50")))
    waiting(desk, 40)
    posted = []
    for _ in range(4):
        with suppress(ZeroDivisionError):
            desk.deliver()
        posted.append(desk.states())
    counts = [list(each.values()).count("posted") for each in posted]
    assert counts[0] == 0
    assert counts[-1] == 39
    assert desk.states()["13"] == "in delivery"
    assert desk.verify().problems == []


def test_a_receipt_is_for_what_was_sent(desk: Desk) -> None:
    """An adapter that mixes up its answers is found out before anything is believed."""

    class Mixed(FaultyLedger):
        def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
            return list(reversed(super().post_many(entries)))

    class Short(FaultyLedger):
        def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
            return list(super().post_many(entries))[:-1]

    class Altered(FaultyLedger):
        def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
            answers = super().post_many(entries)
            receipts = [
                msgspec.structs.replace(answer.receipt, fingerprint="other") for answer in answers if answer.receipt
            ]
            pairs = zip(answers, receipts, strict=True)
            return [msgspec.structs.replace(answer, receipt=receipt) for answer, receipt in pairs]

    class Silent(FaultyLedger):
        def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
            return [msgspec.structs.replace(answer, receipt=None) for answer in super().post_many(entries)]

    waiting(desk)
    for kind in (Mixed, Short, Altered, Silent):
        with pytest.raises(AssertionError):
            desk.deliver(kind(desk.ledger))
        assert desk.rows()["receipt"] == 0
        desk.ledger.entries.clear()  # type: ignore[attr-defined]
    desk.deliver()
    check(desk)


def test_other_content_under_the_same_document_is_a_conflict(desk: Desk) -> None:
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    (mine,) = desk.entries().values()
    purpose = msgspec.structs.replace(mine, key=msgspec.structs.replace(mine.key, purpose="amendment-x"))
    other = msgspec.structs.replace(mine, due=None)
    for stands in (other, purpose):
        desk.ledger.entries.clear()  # type: ignore[attr-defined]
        desk.ledger.post_many([stands])
        desk.approve() or approve(desk.place, desk.books, [1], actor="jansen")
        report = desk.deliver()
        assert (report.rejected, report.posted) == (1, 0)
        assert stands.key.text in report.problems[0][1]
        assert len(held(desk.ledger)) == 1
        assert desk.states() == {"1": "in delivery"}


def test_a_lost_answer_that_hides_other_content_is_a_conflict(desk: Desk) -> None:
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    (mine,) = desk.entries().values()
    desk.approve()
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_QUESTION]))
    desk.ledger.post_many([msgspec.structs.replace(mine, due=None)])
    assert desk.deliver().rejected == 1
    assert desk.delivery_states() == ["rejected"]


def test_a_revision_that_changed_since_it_was_approved_is_not_sent(desk: Desk) -> None:
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    desk.approve()
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_QUESTION]))
    desk.pull(invoice("1", line("2.00")))
    desk.prepare()
    assert "CHANGED-IN-DELIVERY" in desk.findings("1")
    desk.deliver()  # looked up: not there; and not sent either, for the source has changed it
    assert (desk.delivery_states(), held(desk.ledger)) == (["queued"], [])
    desk.post()
    assert desk.delivery_states() == ["cancelled", "posted"]
    assert [each.total_minor for each in desk.ledger.entries.values()] == [242]  # type: ignore[attr-defined]
    assert desk.verify().problems == []


def test_a_revision_that_arrived_before_it_changed_is_told(desk: Desk) -> None:
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    desk.approve()
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    desk.pull(invoice("1", line("2.00")))
    desk.post()
    assert desk.delivery_states() == ["posted"]
    desk.post()
    assert "CHANGED-AFTER-POSTING" in desk.findings("1")
    assert desk.verify().problems == []


def test_what_is_pulled_and_not_yet_prepared_does_not_go_out_as_it_was(desk: Desk) -> None:
    waiting(desk, 1)
    desk.pull(invoice("1", line("5.00")))
    assert desk.deliver() == DeliverReport()
    desk.post()
    assert [each.total_minor for each in desk.ledger.entries.values()] == [605]  # type: ignore[attr-defined]


def _commits(desk: Desk, url: str) -> int:
    """How many commits a whole run takes from here."""
    counting = CrashingDatabase(url, at=0, before=False)
    desk.use(counting)
    desk.prepare()
    desk.approve()
    desk.deliver()
    counting.close()
    return counting.commits


@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_crash_between_any_two_commits_posts_nothing_twice(
    quick: Seat, sqlite: Database, at: int, before: bool
) -> None:
    _crash(quick(), sqlite, at, before)


@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("at", [3, 4, 5, 6])
def test_a_crash_while_delivering_on_postgresql(postgresql: Database, tmp_path: Path, at: int, before: bool) -> None:
    _crash(Desk(postgresql, tmp_path), postgresql, at, before)


def _crash(desk: Desk, database: Database, at: int, before: bool) -> None:
    url = database._url.render_as_string(hide_password=False)
    desk.ledger = memory(batch="2", settling_seconds="60")
    desk.pull(*(invoice(str(n), line(f"{n}.00")) for n in range(1, 4)))
    crashing = CrashingDatabase(url, at=at, before=before)
    desk.use(crashing)
    try:
        desk.post()
    except Crash:
        pass
    else:
        assert crashing.commits < at  # then all commits have had their crash
    crashing.close()
    desk.use(database)
    blind = FaultyLedger(desk.ledger, on_find=[Fault.BLIND] * 3)  # within the settling time it sees nothing
    desk.prepare()
    desk.approve()
    if "sending" in desk.delivery_states():
        desk.deliver(blind)
    desk.wait(60)
    desk.deliver()
    desk.wait(60)
    desk.deliver()
    check(desk)
    assert max(blind.posted.values(), default=1) == 1


def test_there_are_no_more_commits_than_have_had_their_crash(quick: Seat, sqlite: Database) -> None:
    desk = quick(ledger=memory(batch="2"))
    desk.pull(*(invoice(str(n), line(f"{n}.00")) for n in range(1, 4)))
    assert _commits(desk, str(sqlite._url)) <= 8


def test_a_lost_database_finds_everything_in_the_ledger_and_posts_nothing(
    quick: Seat, sqlite: Database, tmp_path: Path, made_sqlite: Path
) -> None:
    documents = [invoice(str(n), line(f"{n}.00"), line("-0.50", kind="Correction")) for n in range(1, 8)]
    first = quick(kind="hledger")
    first.pull(*documents)
    assert first.post().posted == 7
    files = {path: path.read_bytes() for path in sorted((tmp_path / "ledger").iterdir()) if path.is_file()}
    new = tmp_path / "new.sqlite"
    new.write_bytes(made_sqlite.read_bytes())
    with Database(f"sqlite:///{new}") as database:
        second = Desk(database, tmp_path, kind="hledger")
        second.pull(*documents)
        report = second.post()
        assert (report.found, report.posted) == (7, 0)
        assert set(second.states().values()) == {"posted"}
        assert {row.found for row in second.all(tables.receipt)} == {True}
        assert second.verify().problems == []
    assert {path: path.read_bytes() for path in sorted((tmp_path / "ledger").iterdir()) if path.is_file()} == files


def test_a_lost_database_and_a_document_that_changed_meanwhile_is_a_conflict(
    quick: Seat, tmp_path: Path, made_sqlite: Path
) -> None:
    first = quick(kind="beancount")
    first.pull(invoice("1", line("1.00")))
    first.post()
    new = tmp_path / "new.sqlite"
    new.write_bytes(made_sqlite.read_bytes())
    with Database(f"sqlite:///{new}") as database:
        second = Desk(database, tmp_path, kind="beancount")
        second.pull(invoice("1", line("2.00")))
        assert second.post().rejected == 1
        assert second.states() == {"1": "in delivery"}
        assert second.verify().problems == []


def test_a_second_ledger_file_run_changes_no_byte(seat: Seat, tmp_path: Path) -> None:
    desk = waiting(seat(kind="journal_csv"))
    desk.deliver()
    before = {path.name: path.read_bytes() for path in (tmp_path / "ledger").iterdir() if path.is_file()}
    rows = desk.rows()
    desk.post()
    assert {path.name: path.read_bytes() for path in (tmp_path / "ledger").iterdir() if path.is_file()} == before
    assert desk.rows() == rows


# Approval.


@pytest.mark.parametrize(("setting", "approved"), [("off", 0), ("known", 0), ("all", 2)])
def test_what_a_setting_lets_go(desk: Desk, setting: str, approved: int) -> None:
    desk.set(auto_post=setting)
    desk.pull(invoice("1", line("1.00")), invoice("2", line("2.00")))
    desk.prepare()
    assert desk.approve() == approved
    assert desk.approve() == 0


def test_only_what_is_known_in_every_respect_goes_by_itself(desk: Desk) -> None:
    desk.set(auto_post="known")
    desk.pull(invoice("1", line("1.00")))
    desk.prepare()
    assert desk.approve() == 0  # everything is new the first time
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.deliver()
    desk.pull(
        invoice("1", line("1.00")),
        invoice("2", line("2.00", UnitPrice=1, Quantity=2)),
        invoice("3", line("1.00"), line("2.50", kind="Usage Fee")),
        invoice("4", customers=[customer("B-2", [line("4.00", UnitPrice=1, Quantity=4)])]),
        invoice("5", line("5.00", UnitPrice=7)),
        invoice("6", *(line("0.07", UnitPrice=1, Quantity=Decimal("0.07")) for _ in range(3))),
    )
    desk.prepare()
    assert "LINE-ARITHMETIC" in desk.findings("5")
    assert "VAT-ROUNDED" in desk.findings("6"), "a control that passed within its limit"
    assert approve_by_setting(desk.place, desk.books) == 2
    waiting = {"3": "ready", "4": "ready", "5": "ready"}
    assert desk.states() == {"1": "posted", "2": "in delivery", "6": "in delivery"} | waiting


def test_a_person_keeps_back_and_lets_go(desk: Desk) -> None:
    waiting(desk)
    assert keep_back(desk.place, desk.books, [1, 2], actor="jansen", reason="ask first") == 2
    assert desk.deliver().posted == 1
    assert approve(desk.place, desk.books, [1], actor="peters") == 1
    assert desk.deliver().posted == 1
    assert desk.states() == {"1": "posted", "2": "held", "3": "posted"}
    assert desk.approve() == 0  # no setting lets go what a person keeps back
    events = [(row.state, row.actor) for row in desk.all(tables.delivery_event) if row.delivery_id == 1]
    assert events == [
        ("ready", "connector"),
        ("queued", "connector"),
        ("held", "jansen"),
        ("queued", "peters"),
        ("sending", "connector"),
        ("posted", "connector"),
    ]
