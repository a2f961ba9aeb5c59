"""What the books tell of entries that wait for a person, how failures are told apart, and what is kept of both."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from connector.domain.notice import KINDS, Kind, Timing
from connector.engine import notices
from connector.engine.approval import approve, keep_back
from connector.errors import (
    BusyError,
    ConnectorError,
    LedgerRefused,
    MappingFileError,
    OutcomeUnknown,
    PauseError,
    SourceFormatError,
    SourceRefused,
    SourceUnavailable,
    StoreError,
)
from connector.ledgers.base import Setup
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import invoice, line
from tests.engine.test_adopt import booked_elsewhere
from tests.engine.test_read_back import Telling, later
from tests.ledgers.faults import Fault, FaultyLedger

ADDRESS = "env:NOTIFY_OPS"
OF_BOOKS = [kind for kind, manner in KINDS.items() if not manner.of_runs]


def noted(desk: Desk) -> list[notices.Notice]:
    there = notices.in_the_books(desk.place, desk.books, OF_BOOKS)
    notices.note(desk.place, desk.books, there, OF_BOOKS)
    return notices.kept(desk.place, desk.books)


def told(desk: Desk, timing: Timing | None = None) -> list[tuple[Kind, str, int]]:
    """What is told now, as an address hears it: kind, number and minor units; it is recorded."""
    known = noted(desk)
    there = notices.in_the_books(desk.place, desk.books, OF_BOOKS)
    chosen = notices.to_tell(known, ADDRESS, timing or Timing(), OF_BOOKS, desk.now, there=there)
    notices.record(desk.place, desk.books, chosen, ADDRESS)
    return [(each.notice.kind, each.notice.values["number"], each.now.minor) for each in chosen]


def prepared(desk: Desk, *nets: str) -> None:
    desk.pull(*(invoice(str(number), line(net)) for number, net in enumerate(nets, start=1)))
    desk.prepare()
    desk.approve()


def test_an_entry_that_is_refused_is_told_and_again_when_it_is_refused_again(desk: Desk) -> None:
    prepared(desk, "100.00", "200.00")
    refusing = FaultyLedger(desk.ledger, on_post=[Fault.REJECTS, Fault.REJECTS])
    desk.deliver(refusing)
    assert told(desk) == [(Kind.REJECTED, "1", 12100), (Kind.REJECTED, "2", 24200)]
    assert told(desk) == []
    desk.wait(60)
    approve(desk.place, desk.books, [1], actor="jansen", reason="mended")
    desk.deliver(refusing)
    assert told(desk) == [(Kind.REJECTED, "1", 12100)]
    approve(desk.place, desk.books, [1, 2], actor="jansen", reason="mended")
    desk.deliver()
    assert told(desk) == []
    assert None not in {each.over_at for each in noted(desk)}


def test_an_entry_without_an_answer_is_told_when_that_lasts(quick: Seat) -> None:
    desk = quick()
    prepared(desk, "100.00")
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    assert told(desk) == []
    desk.wait(5 * 3600)
    assert told(desk) == []
    desk.wait(3600)
    assert told(desk) == [(Kind.UNKNOWN, "1", 12100)]
    desk.deliver()
    assert told(desk) == []
    assert [each.over_at for each in noted(desk)] == [desk.now]


def test_an_entry_that_came_by_another_channel_is_told(quick: Seat) -> None:
    desk = quick()
    booked_elsewhere(desk)
    desk.post()
    assert told(desk) == [(Kind.ELSEWHERE, "1", 14520)]
    assert told(desk) == []


def test_an_entry_that_the_ledger_holds_otherwise_is_told(quick: Seat) -> None:
    desk = quick()
    chart = mapping_files().mapping.chart
    desk.ledger = telling = Telling(Setup(name="memory", chart=chart, settings={}, folder=Path("unused")))
    telling.altered["1"] = later
    desk.pull(invoice("1", line("100.00")), invoice("2", line("1.00")))
    desk.post()
    assert told(desk) == [(Kind.DIFFERENCE, "1", 12100)]
    assert told(desk) == []


def test_what_a_person_keeps_back_is_not_told(quick: Seat) -> None:
    desk = quick(auto_post="off")
    desk.pull(invoice("1"))
    desk.prepare()
    keep_back(desk.place, desk.books, [1], actor="jansen", reason="asked Copaco")
    assert told(desk) == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectorError("this is a defect of the connector"), Kind.DEFECT),
        (SourceRefused("no"), Kind.LOGIN),
        (LedgerRefused("no"), Kind.LOGIN),
        (PauseError("nothing"), Kind.UNUSUAL),
        (SourceUnavailable("gone"), Kind.AWAY),
        (BusyError("another run"), Kind.AWAY),
        (OutcomeUnknown("no answer"), Kind.AWAY),
        (SourceFormatError("not as promised"), Kind.FAILURE),
        (MappingFileError("a row"), Kind.FAILURE),
        (StoreError("disk full"), Kind.FAILURE),
    ],
)
def test_failures_are_told_apart(error: ConnectorError, kind: Kind) -> None:
    found = notices.of_error(error, lambda text: text.replace("row", "***"))
    assert (found.kind, found.subject) == (kind, type(error).__name__)
    assert "row" not in found.values["error"]


def test_a_held_document_that_changes_is_not_told_again(quick: Seat) -> None:
    """Between pulling and preparing its new version is neither held nor not."""
    desk = quick()
    desk.pull(invoice("1", line(kind="Odd Fee")))
    desk.prepare()
    assert told(desk) == [(Kind.HELD, "1", 10000)]
    desk.pull(invoice("1", line("150.00", kind="Odd Fee")), invoice("2", line(kind="Odd Fee")))
    assert told(desk) == []
    desk.prepare()
    assert told(desk) == [(Kind.HELD, "2", 10000)]
    assert [each.over_at for each in noted(desk)] == [None, None]


def test_a_part_of_a_run_ends_only_what_it_failed_with(quick: Seat) -> None:
    desk = quick()
    refused = notices.of_error(SourceRefused("no"), str, "pull")
    notices.note(desk.place, desk.books, [refused], ())
    for verb, over in (("prepare", False), ("deliver", False), ("pull", True)):
        notices.note(desk.place, desk.books, [], (Kind.LOGIN,), verb)
        (notice,) = notices.kept(desk.place, desk.books)
        assert (notice.over_at is not None) is over, verb
    notices.note(desk.place, desk.books, [refused], ())
    notices.note(desk.place, desk.books, [], (Kind.LOGIN,))
    assert None not in [each.over_at for each in notices.kept(desk.place, desk.books)]


def test_what_was_over_long_ago_is_not_looked_at_any_more(quick: Seat) -> None:
    desk = quick()
    refused = notices.of_error(SourceRefused("no"), str)
    notices.note(desk.place, desk.books, [refused], ())
    notices.note(desk.place, desk.books, [], (Kind.LOGIN,))
    assert [each.kind for each in notices.kept(desk.place, desk.books)] == [Kind.LOGIN]
    desk.now += notices.REMEMBERED + datetime.timedelta(seconds=1)
    assert notices.kept(desk.place, desk.books) == []


def test_nothing_is_written_while_nothing_changes(quick: Seat) -> None:
    desk = quick()
    desk.pull(invoice("1", line(kind="Odd Fee")))
    desk.prepare()
    noted(desk)
    before = desk.rows()
    noted(desk)
    assert desk.rows() == before
