"""The same invoice came by another channel: it is kept back, adopted by a person, and only its cost is moved."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.delivery import DeliveryState
from connector.domain.document import parse_entry_key
from connector.domain.held import OtherBooking
from connector.domain.journal import DocumentKind, JournalEntry, PostingRole, balances
from connector.domain.reclassification import is_adoption
from connector.engine import adopt as adopting
from connector.engine import look
from connector.engine.adopt import Adopted, Offer
from connector.engine.approval import approve
from connector.engine.deviations import Standing
from connector.engine.effect import posted_effect
from connector.engine.other_channel import ADOPT, CHANGED, FOUND
from connector.engine.readopt import ADOPTED_CHANGED, ADOPTED_GONE, NOT_LINKED, UNKNOWN_ADOPTION
from connector.engine.reclassify import ADOPTION_PENDING
from connector.errors import LedgerError, LedgerUnavailable
from connector.ledgers.base import Setup
from connector.ledgers.memory import MemoryLedger
from connector.store import tables
from connector.store.database import Database
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import Json, invoice, line
from tests.engine.test_effect import FIRST, USAGE, accept, proves, reclassified
from tests.ledgers.faults import Fault, FaultyLedger

ONE_ACCOUNT = "7010"


def paper(number: str = "1") -> Json:
    return invoice(number, line("100.00"), line("20.00", kind="Usage Fee"))


def memory(desk: Desk) -> MemoryLedger:
    assert isinstance(desk.ledger, MemoryLedger)
    return desk.ledger


def entry_of(desk: Desk, number: str = "1") -> tuple[int, JournalEntry]:
    """Our entry of a document, as it was prepared last, with its id."""
    return max((key, each) for key, each in desk.entries().items() if each.number == number)


def elsewhere(entry: JournalEntry, *, account: str = ONE_ACCOUNT, **changed: Any) -> OtherBooking:
    """``entry`` as somebody booked it by another channel: the cost on one account, creditor and VAT the same."""
    sums: Counter[str] = Counter()
    for each in entry.postings:
        cost = each.role in (PostingRole.NET, PostingRole.ROUNDING)
        sums[account if cost else each.account] += each.minor
    vat = sum(each.minor for each in entry.postings if each.role in (PostingRole.VAT_INPUT, PostingRole.VAT_DUE))
    plain: dict[str, Any] = {
        "reference": f"BILL/{entry.number}",
        "number": entry.number,
        "date": entry.date,
        "total_minor": entry.total_minor,
        "supplier": entry.party,
        "currency": "EUR",
        "vat_minor": vat,
        "accounts": dict(sums),
    }
    return OtherBooking(**(plain | changed))


def booked_elsewhere(desk: Desk, **changed: Any) -> tuple[int, JournalEntry]:
    """A desk whose document '1' is prepared, and is in the ledger by another channel."""
    desk.pull(paper())
    desk.prepare()
    entry_id, entry = entry_of(desk)
    memory(desk).others.append(elsewhere(entry, **changed))
    return entry_id, entry


def offers(desk: Desk, entry_id: int, **more: Any) -> list[Offer]:
    return adopting.offers(desk.place, desk.books, desk.ledger, desk.mapping.mapping.chart, entry_id, **more)


def adopted(desk: Desk, entry_id: int, offer: Offer | None = None, **more: Any) -> Adopted:
    chosen = offer or offers(desk, entry_id, **more)[0]
    chart = desk.mapping.mapping.chart
    return adopting.adopt(desk.place, desk.books, desk.ledger, chart, entry_id, chosen, actor="jansen", **more)


def sums(desk: Desk) -> dict[str, int]:
    """What stands in the ledger per account, by us and by the other channel."""
    total: Counter[str] = Counter()
    for other in memory(desk).others:
        total.update(other.accounts)
    for entry in memory(desk).entries.values():
        total.update(balances(entry))
    return {account: minor for account, minor in total.items() if minor}


def test_what_came_by_another_channel_is_reported_and_kept_back(desk: Desk) -> None:
    booked_elsewhere(desk)
    report = desk.post()
    assert (report.elsewhere, report.posted) == (1, 0)
    assert desk.delivery_states() == ["held"]
    ((_, reason, hint),) = report.problems
    assert reason == FOUND + "BILL/1 of 2024-03-20, 145.20 EUR (agree: total, currency, VAT, date)"
    assert hint == ADOPT
    assert memory(desk).entries == {}
    assert desk.states() == {"1": "held"}
    # A run after it neither asks nor sends anything: it waits for a person.
    assert desk.post().elsewhere == 0
    proves(desk)


def test_what_differs_is_said(desk: Desk) -> None:
    booked_elsewhere(desk, total_minor=14519, vat_minor=None, date=datetime.date(2024, 3, 21), currency="USD")
    ((_, reason, _),) = desk.post().problems
    assert reason == FOUND + "BILL/1 of 2024-03-21, 145.19 USD (differ: total, currency, date; not told: VAT)"


def test_a_person_who_approves_it_has_said_that_it_is_another_invoice(desk: Desk) -> None:
    booked_elsewhere(desk)
    desk.post()
    approve(desk.place, desk.books, [1], actor="jansen")
    assert desk.deliver().posted == 1
    proves(desk)


def test_that_decision_is_about_that_booking_alone(desk: Desk) -> None:
    _, entry = booked_elsewhere(desk)
    desk.post()
    approve(desk.place, desk.books, [1], actor="jansen")
    memory(desk).others.append(elsewhere(entry, reference="BILL/11"))
    ((_, reason, _),) = desk.deliver().problems
    assert reason.startswith(FOUND + "BILL/11 of ")
    approve(desk.place, desk.books, [1], actor="jansen")
    assert desk.deliver().posted == 1


def test_the_decision_outlives_other_tables(desk: Desk) -> None:
    booked_elsewhere(desk)
    desk.post()
    accept(desk, USAGE)
    assert desk.post().posted == 0  # prepared anew, and still kept back
    approve(desk.place, desk.books, [2], actor="jansen")
    assert desk.deliver().posted == 1
    assert desk.delivery_states() == ["cancelled", "posted"]


def test_only_the_cost_is_moved(desk: Desk) -> None:
    entry_id, entry = booked_elsewhere(desk)
    desk.post()
    done = adopted(desk, entry_id)
    assert (done.reference, done.approved) == ("BILL/1", True)
    assert desk.delivery_states() == ["posted", "queued"]
    (receipt,) = desk.all(tables.receipt)
    assert (receipt.reference, receipt.adopted, receipt.total_minor) == ("BILL/1", True, 14520)
    assert desk.deliver().posted == 1
    (move,) = memory(desk).entries.values()
    assert (move.kind, move.date, move.total_minor) == (DocumentKind.RECLASSIFICATION, entry.date, 0)
    assert is_adoption(parse_entry_key(move.key.text).purpose)
    control = {each.account for each in entry.postings if each.role not in (PostingRole.NET, PostingRole.ROUNDING)}
    assert control.isdisjoint(balances(move))
    assert sums(desk) == balances(entry)
    assert desk.states() == {"1": "posted"}
    assert desk.reconcile().agrees
    proves(desk)


def test_nothing_is_moved_where_the_accounts_agree(desk: Desk) -> None:
    desk.pull(invoice("1", line("20.00", kind="Usage Fee")))
    desk.prepare()
    entry_id, entry = entry_of(desk)
    (account,) = (each.account for each in entry.postings if each.role is PostingRole.NET)
    memory(desk).others.append(elsewhere(entry, account=account))
    desk.post()
    done = adopted(desk, entry_id)
    assert (done.entry_id, desk.delivery_states()) == (None, ["posted"])
    assert desk.deliver().posted == 0
    assert desk.reconcile().agrees
    proves(desk)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"total_minor": 14519}, "it has another total than ours"),
        ({"currency": "USD"}, "it has another currency"),
        ({"vat_minor": 0}, "it has another VAT"),
        ({"draft": True}, "it is a draft in the ledger"),
        ({"accounts": {}}, "does not tell its accounts"),
        ({"accounts": {"9999": 12000, "1600": -14520}}, "uses account 9999, which accounts.csv does not have"),
        ({"accounts": {ONE_ACCOUNT: 14520, "1600": -14520}}, "the VAT on account"),
    ],
)
def test_what_must_agree_is_refused_with_what_to_do(quick: Seat, changed: dict[str, Any], why: str) -> None:
    desk = quick()
    entry_id, _ = booked_elsewhere(desk, **changed)
    desk.post()
    (offer,) = offers(desk, entry_id)
    assert why in offer.refusal
    with pytest.raises(LedgerError, match="cannot be adopted"):
        adopted(desk, entry_id, offer)
    assert desk.delivery_states() == ["held"]


def test_vat_that_the_ledger_cannot_tell_is_asked_of_a_person(quick: Seat) -> None:
    desk = quick()
    entry_id, _ = booked_elsewhere(desk, vat_minor=None)
    (offer,) = offers(desk, entry_id)
    assert (offer.vat_unknown, offer.refusal) == (True, "")


def test_a_booking_that_changed_since_it_was_seen_is_not_adopted(quick: Seat) -> None:
    desk = quick()
    entry_id, entry = booked_elsewhere(desk)
    (offer,) = offers(desk, entry_id)
    memory(desk).others[:] = [elsewhere(entry, account="7020")]
    with pytest.raises(LedgerError, match="changed in the ledger meanwhile"):
        adopted(desk, entry_id, offer)


@pytest.mark.parametrize("there", [[], [{"account": "7020"}], [{"total_minor": 1}]])
def test_the_move_is_refused_when_the_booking_is_gone_or_changed(quick: Seat, there: list[dict[str, Any]]) -> None:
    desk = quick()
    entry_id, entry = booked_elsewhere(desk)
    desk.post()
    adopted(desk, entry_id)
    memory(desk).others[:] = [elsewhere(entry, **each) for each in there]
    report = desk.deliver()
    assert (report.rejected, report.posted, memory(desk).entries) == (1, 0, {})
    assert report.problems[0][1] == CHANGED + "BILL/1"
    memory(desk).others[:] = [elsewhere(entry)]
    approve(desk.place, desk.books, [2], actor="jansen")
    assert desk.deliver().posted == 1
    assert sums(desk) == balances(entry)


def test_a_closed_period_takes_the_move_on_another_day(quick: Seat) -> None:
    desk = quick()
    entry_id, _ = booked_elsewhere(desk)
    desk.set(closed_until=datetime.date(2024, 3, 31))
    (offer,) = offers(desk, entry_id)
    assert "--date" in offer.refusal
    april = datetime.date(2024, 4, 1)
    adopted(desk, entry_id, date=april)
    desk.deliver()
    (move,) = memory(desk).entries.values()
    assert (move.date, move.period) == (april, "2024-04")
    proves(desk)


def test_a_second_person_is_asked_where_the_settings_say_so(quick: Seat) -> None:
    desk = quick(second_approval_above=1000, auto_post="off")
    entry_id, _ = booked_elsewhere(desk)
    assert not adopted(desk, entry_id).approved
    assert desk.delivery_states() == ["posted", "ready"]
    approve(desk.place, desk.books, [2], actor="de vries")
    assert desk.deliver().posted == 1
    proves(desk)


def test_what_is_new_is_approved_by_two_although_it_is_booked_already(quick: Seat) -> None:
    desk = quick(second_approval_new=True, auto_post="off")
    entry_id, _ = booked_elsewhere(desk)
    assert not adopted(desk, entry_id).approved


def test_the_move_is_explained_line_by_line(quick: Seat) -> None:
    desk = quick()
    entry_id, _ = booked_elsewhere(desk)
    move_id = adopted(desk, entry_id).entry_id
    assert move_id is not None
    seen = look.entry(desk.place, desk.books, move_id)
    assert seen is not None
    shown = {each.posting.account: sum(share.minor for share in each.shares) for each in seen.postings}
    assert shown == {ONE_ACCOUNT: 10000, "7020": 2000}


def test_a_credit_note_is_adopted_as_well(quick: Seat) -> None:
    desk = quick()
    desk.pull(invoice("1", line("-100.00"), line("-20.00", kind="Usage Fee")))
    desk.prepare()
    entry_id, entry = entry_of(desk)
    memory(desk).others.append(elsewhere(entry))
    assert desk.post().elsewhere == 1
    adopted(desk, entry_id)
    desk.deliver()
    assert sums(desk) == balances(entry)
    proves(desk)


class Deaf(MemoryLedger):
    """A ledger that does not answer when it is asked for other channels."""

    def find_others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        raise LedgerUnavailable("the ledger does not answer (told to)")


def test_without_an_answer_about_other_channels_nothing_is_sent(quick: Seat) -> None:
    desk = quick()
    desk.pull(paper())
    desk.prepare()
    desk.approve()
    deaf = Deaf(Setup(name="memory", chart=desk.mapping.mapping.chart, settings={}, folder=desk.folder))
    with pytest.raises(LedgerUnavailable):
        desk.deliver(deaf)
    assert (desk.delivery_states(), deaf.entries) == (["queued"], {})
    assert desk.deliver().posted == 1


def test_a_lost_answer_about_the_move_is_looked_up(desk: Desk) -> None:
    entry_id, entry = booked_elsewhere(desk)
    desk.post()
    adopted(desk, entry_id)
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.LOST_ANSWER]))
    desk.wait(3600)
    assert desk.deliver().found == 1
    assert sums(desk) == balances(entry)
    proves(desk)


def test_other_tables_move_it_further_once_the_adoption_is_there(desk: Desk) -> None:
    entry_id, _ = booked_elsewhere(desk)
    desk.post()
    adopted(desk, entry_id)
    accept(desk, USAGE)
    assert [each.why for each in posted_effect(desk.run, first=FIRST, on=None).left] == [ADOPTION_PENDING]
    desk.deliver()
    assert reclassified(desk) == 1
    assert desk.deliver().posted == 1
    assert sums(desk)["7090"] == 2000
    proves(desk)


def test_reconcile_asks_for_the_adopted_booking(quick: Seat) -> None:
    desk = quick()
    entry_id, entry = booked_elsewhere(desk)
    desk.post()
    adopted(desk, entry_id)
    desk.deliver()
    memory(desk).others[:] = [elsewhere(entry, total_minor=1)]
    (one,) = desk.reconcile().deviations
    assert (one.standing, one.why, one.reference) == (Standing.DIFFERENT, ADOPTED_CHANGED, "BILL/1")
    memory(desk).others.clear()
    (one,) = desk.reconcile().deviations
    assert (one.standing, one.why, one.number) == (Standing.MISSING, ADOPTED_GONE, "1")


@pytest.fixture
def anew(tmp_path: Path, made_sqlite: Path) -> Any:
    """A desk on a database that knows nothing, with the ledger of another."""
    made: list[Database] = []

    def fresh(before: Desk, **more: Any) -> Desk:
        path = tmp_path / f"new{len(made)}.sqlite"
        path.write_bytes(made_sqlite.read_bytes())
        made.append(Database(f"sqlite:///{path}"))
        return Desk(made[-1], tmp_path, ledger=before.ledger, **more)

    yield fresh
    for each in made:
        each.close()


def test_a_lost_database_does_not_post_an_adopted_document_again(quick: Seat, anew: Callable[..., Desk]) -> None:
    desk = quick()
    entry_id, entry = booked_elsewhere(desk)
    desk.post()
    adopted(desk, entry_id)
    desk.deliver()

    again = anew(desk)
    again.pull(paper())
    assert again.post().rejected == 1  # what moved it there is under our key: nothing is sent
    plain = again.reconcile()
    assert [(each.why, each.linkable) for each in plain.deviations] == [(NOT_LINKED, True)]
    found = again.reconcile(rebuild="the disk died")
    assert found.agrees
    assert again.delivery_states() == ["posted", "posted"]
    assert [each.adopted for each in again.all(tables.receipt)] == [True, False]
    assert sums(again) == balances(entry)
    proves(again)


def test_an_adoption_that_cannot_be_made_again_is_only_reported(quick: Seat, anew: Callable[..., Desk]) -> None:
    desk = quick()
    entry_id, _ = booked_elsewhere(desk)
    desk.post()
    adopted(desk, entry_id)
    desk.deliver()
    memory(desk).others.clear()
    again = anew(desk, auto_post="off")
    again.pull(paper())
    again.prepare()
    found = again.reconcile(rebuild="the disk died")
    assert [(each.why, each.linkable) for each in found.deviations] == [(UNKNOWN_ADOPTION, False)]
    assert again.delivery_states() == ["ready"]


AMOUNTS = st.lists(
    st.tuples(st.integers(1, 9_999_99), st.sampled_from(["Cycle Fee", "Usage Fee"])), min_size=1, max_size=5
)


@given(amounts=AMOUNTS, account=st.sampled_from([ONE_ACCOUNT, "7020"]))
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
def test_after_adopting_the_sums_are_those_of_our_entry_alone(
    made_sqlite: Path, amounts: list[tuple[int, str]], account: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("adopt")
    path = folder / "books.sqlite"
    path.write_bytes(made_sqlite.read_bytes())
    database = Database(f"sqlite:///{path}")
    try:
        desk = Desk(database, folder)
        lines = [line(f"{cents // 100}.{cents % 100:02}", kind=kind) for cents, kind in amounts]
        desk.pull(invoice("1", *lines), accept_unusual=True)
        desk.prepare()
        entry_id, entry = entry_of(desk)
        memory(desk).others.append(elsewhere(entry, account=account))
        desk.post()
        adopted(desk, entry_id)
        desk.deliver()
        assert sums(desk) == {key: minor for key, minor in balances(entry).items() if minor}
        assert {each.state for each in desk.deliveries()} == {DeliveryState.POSTED}
        assert msgspec.structs.asdict(desk.verify())["problems"] == []
    finally:
        database.close()
