"""A document that changes after it was posted: corrected by an entry of its own where only cost or revenue moves."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.journal import PostingRole
from connector.engine import look, versions
from connector.engine.approval import approve, keep_back
from connector.store.database import Database
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import Json, invoice, line
from tests.engine.tampering import unguard
from tests.engine.test_effect import FIRST, USAGE, accept, ledger_sums, proves
from tests.ledgers.faults import Fault, FaultyLedger

MODES = ("delta", "reverse")


def before() -> Json:
    """Ten euros of licences and twenty of usage."""
    return invoice("1", line("10.00"), line("20.00", kind="Usage Fee"))


def after() -> Json:
    """The same total, with five euros more of licences and five less of usage."""
    return invoice("1", line("15.00"), line("15.00", kind="Usage Fee"))


def booked(desk: Desk, *, change: Json | None = None) -> dict[str, int]:
    """What the ledger holds per account, after posting and a change."""
    desk.pull(before())
    desk.post()
    if change is not None:
        desk.pull(change)
        desk.post()
    return accounts(desk)


@contextmanager
def _fresh(made_sqlite: Path) -> Iterator[tuple[Path, Database]]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "books.sqlite"
        shutil.copyfile(made_sqlite, path)
        with Database(f"sqlite:///{path}") as database:
            yield Path(name), database


def accounts(desk: Desk) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for (_, _, account, _), minor in ledger_sums(desk).items():
        sums[account] += minor
    return {account: minor for account, minor in sums.items() if minor}


def kinds(desk: Desk) -> list[str]:
    """What the purposes of the ledger's entries begin with, in order of arrival."""
    return [each.key.purpose.partition("-")[0] for each in getattr(desk.ledger, "entries", {}).values()]


@pytest.mark.parametrize("mode", MODES)
def test_cost_that_moved_is_corrected_to_the_cent_and_vat_and_creditor_stay(seat: Seat, mode: str) -> None:
    desk = seat(on_change=mode)
    sums = booked(desk, change=after())
    assert kinds(desk) == ["invoice", {"delta": "amendment", "reverse": "reversal"}[mode]]
    assert {key: sums[key] for key in ("7010", "7020")} == {"7010": 1500, "7020": 1500}
    assert desk.states() == {"1": "posted"}
    correction = list(desk.entries().values())[-1]
    assert {each.role for each in correction.postings} == {PostingRole.NET, PostingRole.REVERSED}
    assert correction.total_minor == 0
    assert set(desk.findings("1")) == {"CORRECTED-AFTER-POSTING"}
    assert desk.post().posted == 0, "once"
    proves(desk)


def test_a_difference_moves_only_what_differs(seat: Seat) -> None:
    desk = seat(on_change="delta")
    changed = invoice("1", line("10.00"), line("12.00", kind="Usage Fee"), line("8.00", kind="Usage Fee", rate="21"))
    booked(desk, change=changed)
    assert kinds(desk) == ["invoice"], "usage of 12 and 8 euros is usage of 20"
    desk.pull(invoice("1", line("10.00"), line("20.00")))
    desk.post()
    entry = list(desk.entries().values())[-1]
    told = [(each.account, each.minor, each.role.value) for each in entry.postings]
    assert told == [("7010", -1000, "reversed"), ("7020", -2000, "reversed"), ("7010", 3000, "net")]
    proves(desk)


def test_reversing_takes_everything_back_and_books_it_anew_in_one_entry(seat: Seat) -> None:
    desk = seat(on_change="reverse")
    booked(desk, change=after())
    entry = list(desk.entries().values())[-1]
    told = [(each.account, each.minor, each.role.value) for each in entry.postings]
    assert told == [
        ("7010", -1000, "reversed"),
        ("7020", -2000, "reversed"),
        ("7010", 1500, "net"),
        ("7020", 1500, "net"),
    ]


@pytest.mark.parametrize("mode", MODES)
def test_every_posting_of_a_correction_is_explained(seat: Seat, mode: str) -> None:
    desk = seat(on_change=mode)
    booked(desk, change=after())
    last = max(desk.entries())
    view = look.entry(desk.place, desk.books, last)
    assert view is not None
    for each in view.postings:
        assert sum(share.minor for share in each.shares) == each.posting.minor
        assert each.decisions
        assert (each.takes_back is not None) == (each.posting.role is PostingRole.REVERSED)
    gone = [each.takes_back.number for each in view.postings if each.takes_back]
    assert gone == [1, 2]


FORBIDDEN = {
    "Total": invoice("1", line("10.00"), line("21.00", kind="Usage Fee")),
    "VAT": invoice("1", line("9.00"), line("20.99", kind="Usage Fee", vat="4.42")),
    "Date": invoice("1", line("15.00"), line("15.00", kind="Usage Fee"), date=datetime.date(2024, 3, 21)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("field", sorted(FORBIDDEN))
def test_what_only_a_credit_note_may_change_is_held(seat: Seat, mode: str, field: str) -> None:
    desk = seat(on_change=mode)
    sums = booked(desk)
    desk.pull(FORBIDDEN[field])
    assert desk.post().posted == 0
    found = desk.findings("1")["CHANGED-AFTER-POSTING"]
    assert found.where == field
    assert desk.states() == {"1": "held"}
    assert accounts(desk) == sums
    proves(desk)


def test_without_the_setting_a_change_is_held(desk: Desk) -> None:
    booked(desk, change=after())
    assert desk.states() == {"1": "held"}
    assert kinds(desk) == ["invoice"]
    desk.set(on_change="delta")
    assert desk.post().posted == 1
    assert desk.states() == {"1": "posted"}
    proves(desk)


def test_a_change_that_moves_nothing_makes_no_entry(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk, change=invoice("1", line("4.00"), line("6.00"), line("20.00", kind="Usage Fee")))
    assert kinds(desk) == ["invoice"]
    assert desk.states() == {"1": "posted"}
    proves(desk)


def test_a_correction_waits_for_approval_and_known_never_lets_it_go(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk)
    desk.set(auto_post="known")
    desk.pull(after())
    assert desk.post().posted == 0
    assert desk.states() == {"1": "ready"}
    (waiting,) = [each for each in desk.deliveries() if each.state.value == "ready"]
    approve(desk.place, desk.books, [waiting.delivery_id], actor="jansen")
    assert desk.deliver().posted == 1
    proves(desk)


@pytest.mark.parametrize("mode", MODES)
def test_there_and_back_again_each_time_by_an_entry_of_its_own(seat: Seat, mode: str) -> None:
    desk = seat(on_change=mode)
    first = booked(desk)
    for change in (after(), before(), after(), before()):
        desk.pull(change)
        assert desk.post().posted == 1
    assert accounts(desk) == first
    assert len(set(getattr(desk.ledger, "entries", {}))) == 5
    proves(desk)


def test_a_change_taken_back_before_the_correction_is_sent_leaves_nothing(seat: Seat) -> None:
    desk = seat(on_change="delta")
    first = booked(desk)
    desk.set(auto_post="off")
    for change in (after(), before()):
        desk.pull(change)
        desk.post()
    assert desk.delivery_states() == ["posted", "cancelled"]
    assert (desk.states(), accounts(desk)) == ({"1": "posted"}, first)
    proves(desk)


def test_an_approved_correction_is_taken_back_too(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk)
    desk.pull(after())
    desk.prepare()
    desk.approve()
    desk.pull(before())
    desk.post()
    assert desk.delivery_states() == ["posted", "cancelled"]
    proves(desk)


def test_a_person_keeps_a_correction_back(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk)
    desk.pull(after())
    desk.prepare()
    waiting = desk.deliveries()[-1]
    keep_back(desk.place, desk.books, [waiting.delivery_id], actor="jansen", reason="asked Copaco")
    desk.set(closed_until=datetime.date(2024, 1, 31))  # prepared anew, it stays kept back
    desk.post()
    assert desk.states() == {"1": "held"}
    assert desk.delivery_states()[-1] == "held"
    proves(desk)


@pytest.mark.parametrize("mode", MODES)
def test_other_tables_move_what_a_correction_booked(seat: Seat, mode: str) -> None:
    desk = seat(on_change=mode)
    booked(desk, change=after())
    accept(desk, USAGE)
    assert len(versions.reclassify(desk.run, first=FIRST, on=None, reason="asked").entry_ids) == 1
    desk.deliver()
    assert {key: accounts(desk)[key] for key in ("7010", "7090")} == {"7010": 1500, "7090": 1500}
    assert "7020" not in accounts(desk)
    proves(desk)
    desk.pull(before())
    desk.post()
    assert {key: accounts(desk)[key] for key in ("7010", "7090")} == {"7010": 1000, "7090": 2000}
    proves(desk)


def test_a_correction_overtakes_a_move_that_waits(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk)
    accept(desk, USAGE)
    versions.reclassify(desk.run, first=FIRST, on=None, reason="asked")
    desk.pull(after())
    desk.post()
    assert desk.delivery_states() == ["posted", "cancelled", "posted"]
    assert {key: accounts(desk)[key] for key in ("7010", "7090")} == {"7010": 1500, "7090": 1500}
    proves(desk)


def test_a_closed_month_is_corrected_on_the_first_open_day(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk)
    desk.set(closed_until=datetime.date(2024, 3, 31))
    desk.pull(after())
    desk.post()
    entry = list(desk.entries().values())[-1]
    assert (entry.date, entry.document_date) == (datetime.date(2024, 4, 1), datetime.date(2024, 3, 20))
    assert desk.states() == {"1": "posted"}
    proves(desk)


def test_a_lost_answer_about_a_correction_is_looked_up(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk)
    desk.pull(after())
    desk.prepare()
    desk.approve()
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    desk.pull(before())
    desk.prepare()
    assert "CHANGED-IN-DELIVERY" in desk.findings("1")
    desk.wait(3600)
    assert desk.deliver().found == 1
    desk.post()
    assert kinds(desk) == ["invoice", "amendment", "amendment"]
    proves(desk)


@pytest.mark.parametrize("column", ["of_entry_id", "of_posting_no"])
def test_verify_sees_that_another_posting_is_said_to_be_taken_back(seat: Seat, column: str) -> None:
    desk = seat(on_change="reverse")
    booked(desk, change=after())
    unguard(desk.database)
    with desk.database.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE taken_back SET {column} = 2 WHERE posting_no = 1")
    assert [each.message for each in desk.verify().problems] == ["its posting 1 is not the one that it takes back"]


def test_verify_sees_cents_that_no_longer_stand(seat: Seat) -> None:
    desk = seat(on_change="reverse")
    booked(desk, change=after())
    unguard(desk.database)
    with desk.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM taken_back")
    assert len(desk.verify().problems) == 2


def test_a_ledger_that_lost_the_invoice_takes_no_correction(seat: Seat) -> None:
    desk = seat(on_change="delta")
    booked(desk)
    getattr(desk.ledger, "entries", {}).clear()
    desk.pull(after())
    assert desk.post().rejected == 1
    assert desk.states() == {"1": "in delivery"}


@given(
    changes=st.lists(
        st.lists(
            st.tuples(st.integers(-40, 90), st.sampled_from(["Cycle Fee", "Usage Fee", "Purchase Fee"])), max_size=3
        ),
        min_size=1,
        max_size=3,
    ),
    mode=st.sampled_from(MODES),
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_after_any_changes_the_books_are_those_of_the_last_version(
    made_sqlite: Path, changes: list[list[tuple[int, str]]], mode: str
) -> None:
    """The ledger holds, per account, what the last version alone would have booked."""
    documents = [_of([(30, "Cycle Fee")]), *(_of(each) for each in changes)]
    with _fresh(made_sqlite) as (folder, database):
        desk = Desk(database, folder, on_change=mode)
        for each in documents:
            desk.pull(each, accept_unusual=True)
            desk.post()
        assert desk.states() == {"1": "posted"}
        proves(desk)
        found = accounts(desk)
    with _fresh(made_sqlite) as (folder, database):
        alone = Desk(database, folder)
        alone.pull(documents[-1])
        alone.post()
        assert found == accounts(alone)


def _of(parts: list[tuple[int, str]]) -> Json:
    """An invoice of 100 euros: ``parts``, and the rest as licences."""
    rest = 100 - sum(euros for euros, _ in parts)
    lines = [line(f"{euros}.00", kind=kind) for euros, kind in parts]
    return invoice("1", *lines, line(f"{rest}.00"))
