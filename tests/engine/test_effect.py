"""What other tables would do is what they do: predicted movements are booked to the cent, open and posted apart."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.dates import month_of
from connector.domain.document import parse_entry_key
from connector.domain.journal import DocumentKind
from connector.engine import effect, look, versions
from connector.engine.effect import Effect
from connector.engine.reclassify import CLOSED, VAT_WOULD_CHANGE, Movements
from connector.engine.run import MappingFiles
from connector.errors import BusyError, MappingFileError
from connector.source.base import Endpoint
from connector.store import entry_sums
from connector.store.database import Database
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import customer, invoice, line
from tests.engine.test_invariants import TABLES, World
from tests.ledgers.faults import Fault, FaultyLedger

FIRST = datetime.date(2000, 1, 1)
USAGE = mapping_files(drop=["P040"], rules=("P040;purchase;Usage Fee;;;;;;;;7090;;post;;",))
OTHER = (
    USAGE,
    mapping_files(rules=("X3;purchase;;;;A;;;;;4360;;post;;",)),
    mapping_files(rules=("X4;purchase;;;;;;-;;;7080;;;;",)),
    mapping_files(drop=["P020", "P060"]),
)


def accept(desk: Desk, mapping: MappingFiles) -> None:
    newest = versions.newest(desk.run)
    desk.mapping = mapping
    versions.accept(desk.run, comment="changed", seen=newest.id if newest else None)


def foreseen(desk: Desk, mapping: MappingFiles) -> Effect:
    rows = desk.rows()
    seen = effect.effect(desk.place, desk.books, mapping)
    assert desk.rows() == rows, "looking changes something"
    return seen


def open_sums(desk: Desk) -> Movements:
    sums: Movements = Counter()
    with desk.database.reading() as connection:
        for each in entry_sums.not_sent(connection, desk.books.id):
            sums[month_of(each.date), each.direction, each.account, each.tax] += each.minor
    return sums


def ledger_sums(desk: Desk) -> Movements:
    """What the ledger holds, added up by this test alone."""
    sums: Movements = Counter()
    for entry in getattr(desk.ledger, "entries", {}).values():
        for posting in entry.postings:
            sums[entry.period, entry.key.direction.value, posting.account, posting.tax] += posting.minor
    return sums


def minus(after: Movements, before: Movements) -> dict[tuple[str, str, str, str], int]:
    keys = {**after, **before}
    return {key: after[key] - before[key] for key in keys if after[key] != before[key]}


def reclassified(desk: Desk, on: datetime.date | None = None) -> int:
    return len(versions.reclassify(desk.run, first=FIRST, on=on, reason="asked").entry_ids)


def proves(desk: Desk) -> None:
    assert desk.verify().problems == []
    assert desk.replay().problems == []


@given(seed=st.integers(0, 2**32), most=st.integers(1, 5))
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_predicted_is_what_is_booked(made_sqlite: Path, seed: int, most: int) -> None:
    _in_one_world(made_sqlite, seed, most)


@pytest.mark.long
@given(seed=st.integers(0, 2**32), most=st.integers(1, 5))
@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_predicted_is_what_is_booked_in_many_worlds(made_sqlite: Path, seed: int, most: int) -> None:
    _in_one_world(made_sqlite, seed, most)


def _in_one_world(made_sqlite: Path, seed: int, most: int) -> None:
    world = World(seed)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "books.sqlite"
        shutil.copyfile(made_sqlite, path)
        with Database(f"sqlite:///{path}") as database:
            desk = Desk(database, Path(name), mapping=world.chance.choice(TABLES))
            desk.pull(*world.answer(most), accept_unusual=True)
            desk.post()
            desk.set(auto_post="off")
            desk.pull(*world.answer(most), accept_unusual=True)
            desk.prepare()
            for _ in range(2):
                _change(desk, world.chance.choice((*TABLES, *OTHER)))


def _change(desk: Desk, after: MappingFiles) -> None:
    newest = versions.newest(desk.run)
    assert newest is not None
    if newest.hash == after.hash:
        return
    seen, waiting, posted = foreseen(desk, after), open_sums(desk), ledger_sums(desk)
    states = {each.version_id: each.state.value for each in desk.standing()}
    accept(desk, after)
    assert dict(seen.opened) == minus(open_sums(desk), waiting)
    turned = {each.number for each in seen.turned if each.before[0] != each.after[0]}
    assert turned == {each.number for each in desk.standing() if each.state.value != states[each.version_id]}
    assert ledger_sums(desk) == posted, "what is posted moves only when asked"
    asked = effect.posted_effect(desk.run, first=FIRST, on=None)
    assert reclassified(desk) == len(asked.entry_ids)
    desk.deliver()
    assert minus(asked.movements, Counter()) == minus(ledger_sums(desk), posted) == dict(seen.posted)
    proves(desk)
    assert reclassified(desk) == 0, "what was moved stays moved"


def test_a_posted_document_moves_by_one_entry_that_is_explained(desk: Desk) -> None:
    desk.pull(invoice("1", line("10.00"), line("20.00", kind="Usage Fee"), line("30.00", kind="Usage Fee")))
    desk.post()
    accept(desk, USAGE)
    assert reclassified(desk) == 1
    desk.deliver()
    (view,) = [
        found
        for each in look.entry_list(desk.place, desk.books)
        if each.kind == DocumentKind.RECLASSIFICATION.value
        and (found := look.entry(desk.place, desk.books, each.entry_id)) is not None
    ]
    told = [
        (each.posting.account, each.posting.minor, [share.minor for share in each.shares]) for each in view.postings
    ]
    assert told == [("7020", -5000, [-2000, -3000]), ("7090", 5000, [2000, 3000])]
    assert [choice.rule for each in view.postings[1].decisions for choice in each.decision.choices][:1] == ["P040"]
    assert desk.states() == {"1": "posted"}
    proves(desk)


def test_left_and_taken_again_and_prepared_meanwhile(desk: Desk) -> None:
    first = desk.mapping
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.post()
    before = ledger_sums(desk)
    for mapping in (USAGE, first, USAGE, first):
        accept(desk, mapping)
        assert reclassified(desk) == 1
        desk.prepare()
        desk.deliver()
    assert minus(ledger_sums(desk), before) == {}
    assert len(getattr(desk.ledger, "entries", {})) == 5
    proves(desk)


def test_what_was_not_sent_yet_is_taken_back_by_the_next(desk: Desk) -> None:
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.post()
    accept(desk, USAGE)
    assert reclassified(desk) == 1
    accept(desk, mapping_files(drop=["P040"], rules=("P040;purchase;Usage Fee;;;;;;;;7040;;post;;",)))
    assert reclassified(desk) == 1
    desk.deliver()
    assert desk.delivery_states() == ["posted", "cancelled", "posted"]
    proves(desk)


def test_vat_never_moves_and_closed_periods_stay(desk: Desk) -> None:
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.post()
    other = mapping_files(drop=["T010"], taxmap=("T010;purchase;NL;own;21;;;RED;",), tax=(
        "NL.P.RED.21;NL;purchase;RED;21;2019-01-01;;vat_input_low;;;5b;;;;;;;;;;;;;;;",
    ))  # fmt: skip
    assert [each.why for each in foreseen(desk, other).left] == [VAT_WOULD_CHANGE]
    desk.set(closed_until=datetime.date(2024, 3, 31))
    accept(desk, USAGE)
    assert [each.why for each in effect.posted_effect(desk.run, first=FIRST, on=None).left] == [CLOSED]
    assert reclassified(desk, on=datetime.date(2024, 4, 1)) == 1
    desk.deliver()
    (entry,) = [each for each in desk.entries().values() if each.kind is DocumentKind.RECLASSIFICATION]
    assert (entry.period, parse_entry_key(entry.key.text).purpose[:6]) == ("2024-04", "remap-")
    proves(desk)


def test_a_document_that_would_be_held_or_ignored_stays_posted(desk: Desk) -> None:
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")), invoice("2", line("5.00")))
    desk.post()
    held = foreseen(desk, mapping_files(drop=["P040", "P020"], rules=("X5;purchase;Cycle Fee;;;;;;;;;;ignore;;",))).left
    assert [(each.number, each.why) for each in held] == [
        ("1", "it would be held: ACCOUNT-UNMAPPED"),
        ("2", "a rule would ignore lines of it: X5"),
    ]
    assert desk.states() == {"1": "posted", "2": "posted"}


def test_what_could_move_already_is_told_apart(desk: Desk) -> None:
    desk.pull(invoice("1", line("20.00", kind="Usage Fee"), line("-5.00")))
    desk.post()
    accept(desk, USAGE)
    seen = effect.effect(desk.place, desk.books, OTHER[2], in_force=desk.mapping)
    assert {key[2]: minor for key, minor in seen.already.items()} == {"7020": -2000, "7090": 2000}
    # In OTHER[2] consumption is on 7020, as it was booked.
    assert {key[2]: minor for key, minor in seen.posted.items()} == {"7020": 2000, "7090": -2000}


def test_two_versions_are_compared_whatever_stands(desk: Desk) -> None:
    first = desk.mapping
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.set(auto_post="off")
    desk.prepare()
    seen = effect.effect(desk.place, desk.books, USAGE, before=first)
    back = effect.effect(desk.place, desk.books, first, before=USAGE)
    assert {key[2]: minor for key, minor in seen.opened.items()} == {"7020": -2000, "7090": 2000}
    assert {key[2]: minor for key, minor in back.opened.items()} == {"7020": 2000, "7090": -2000}


def test_a_ledger_that_lost_the_entry_is_not_corrected(desk: Desk) -> None:
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.post()
    accept(desk, USAGE)
    reclassified(desk)
    getattr(desk.ledger, "entries", {}).clear()
    report = desk.deliver()
    assert report.rejected == 1
    assert "does not hold the entry" in report.problems[0][1]


def test_a_lost_answer_about_a_reclassification_is_looked_up(desk: Desk) -> None:
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.post()
    accept(desk, USAGE)
    reclassified(desk)
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    desk.wait(3600)
    assert desk.deliver().found == 1
    assert len(getattr(desk.ledger, "entries", {})) == 2
    proves(desk)


def test_the_second_of_two_persons_is_refused(desk: Desk) -> None:
    desk.prepare()
    seen = versions.newest(desk.run)
    assert seen is not None
    accept(desk, USAGE)
    desk.mapping = OTHER[1]
    with pytest.raises(MappingFileError, match=r"version 2 was accepted by jansen .*\(changed\)"):
        versions.accept(desk.run, comment="mine", seen=seen.id)
    assert [each.comment for each in versions.history(desk.run)][1:] == ["changed"]


def test_nothing_is_reclassified_under_a_version_that_nobody_looked_at(desk: Desk) -> None:
    """Between looking and agreeing somebody else accepted other tables."""
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.post()
    accept(desk, USAGE)
    looked_at = desk.run
    accept(desk, OTHER[1])
    rows = desk.rows()
    with pytest.raises(MappingFileError, match="version 3 was accepted by"):
        versions.reclassify(looked_at, first=FIRST, on=None, reason="asked")
    assert desk.rows() == rows


def test_looking_waits_for_no_run(desk: Desk) -> None:
    desk.prepare()
    with desk.database.lock(desk.books.name), pytest.raises(BusyError):
        effect.effect(desk.place, desk.books, USAGE)


def test_specifications_move_as_well(seat: Seat) -> None:
    desk = seat(sale="post", mapping=TABLES[0])
    desk.pull(invoice("9", customers=[customer("A", [line("20.00", kind="Usage Fee")])]),
              endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)  # fmt: skip
    desk.post()
    accept(desk, mapping_files(
        customers=("A;Klant A;1;NL;;;;no;no;;",), drop=["S040"], rules=("S040;sale;Usage Fee;;;;;;;;8090;;post;;",)
    ))  # fmt: skip
    assert reclassified(desk) == 1
    desk.deliver()
    proves(desk)
