"""What a person is told of entries before approving them."""

from __future__ import annotations

import datetime
from pathlib import Path

from connector.engine import look
from connector.engine.caution import Caution, Cautions, cautions
from connector.errors import LedgerUnavailable
from connector.ledgers.base import Ledger
from connector.store.database import Database
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import invoice, line

USUAL, LATER = datetime.date(2024, 3, 14), datetime.date(2024, 4, 20)


def seen(desk: Desk, *, asking: bool = False) -> Cautions:
    listed = look.entry_list(desk.place, desk.books)
    return cautions(desk.place, desk.books, listed, (lambda: desk.ledger) if asking else None)


def test_warnings_are_told_without_those_about_cents(seat: Seat) -> None:
    desk = seat(auto_post="all")
    desk.pull(invoice("1", date=USUAL))
    desk.post()
    desk.set(auto_post="off")
    desk.pull(invoice("2", line("16.00", vat="3.37")), invoice("3", line("7.00"), date=LATER))
    desk.prepare()
    number = {each.entry_id: each.number for each in look.entry_list(desk.place, desk.books)}
    told = {number[entry_id]: caution for entry_id, caution in seen(desk).of.items()}
    assert told == {
        "1": Caution(warnings=("SENDER-NEW",)),
        "2": Caution(),
        "3": Caution(warnings=("DATE-FUTURE",)),
    }
    assert [caution.is_any for caution in told.values()] == [True, False, True]
    assert "VAT-ROUNDED" in desk.findings("2")


def test_an_entry_in_a_period_that_was_closed_since_is_told(desk: Desk) -> None:
    desk.set(auto_post="off")
    desk.pull(invoice("1", date=USUAL))
    desk.prepare()
    desk.set(closed_until=USUAL)
    assert [each.closed_until for each in seen(desk).of.values()] == [USUAL]
    desk.set(closed_until=USUAL - datetime.timedelta(days=1))
    assert [each.closed_until for each in seen(desk).of.values()] == [None]


def test_what_the_ledger_has_already_is_told_after_a_lost_database(
    quick: Seat, tmp_path: Path, made_sqlite: Path
) -> None:
    first = quick(kind="hledger")
    first.pull(invoice("1"), invoice("2", line("2.00")))
    first.post()
    new = tmp_path / "new.sqlite"
    new.write_bytes(made_sqlite.read_bytes())
    with Database(f"sqlite:///{new}") as database:
        second = Desk(database, tmp_path, kind="hledger", auto_post="off")
        second.pull(invoice("1"), invoice("2", line("2.00")), invoice("3", line("3.00")))
        second.prepare()
        held = [each.held_as for each in seen(second, asking=True).of.values()]
    assert [len(references) for references in held] == [1, 1, 0]
    assert held[0][0].startswith("2024-03.journal:")


def test_a_ledger_that_cannot_be_asked_stops_nobody(desk: Desk) -> None:
    desk.pull(invoice("1"))
    desk.prepare()

    def unreachable() -> Ledger:
        raise LedgerUnavailable("the line is dead")

    listed = look.entry_list(desk.place, desk.books)
    told = cautions(desk.place, desk.books, listed, unreachable)
    assert "the line is dead" in told.unasked
    assert set(told.of) == {each.entry_id for each in listed}
