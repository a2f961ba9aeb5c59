"""Exactly one effect in Odoo, whatever is lost, cut off, repeated or refused between any two calls."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.domain.delivery import Answer, DeliveryState
from connector.domain.journal import JournalEntry, balances
from connector.domain.money import from_minor
from connector.errors import LedgerError, LedgerRefused, LedgerUnavailable, OutcomeUnknown
from connector.ledgers.odoo import OdooLedger
from tests.ledgers.odoo_server import KEY, Clock, Fault, Opened, World, open_world, opened
from tests.ledgers.opening import states
from tests.ledgers.worked import NL_PURCHASE, NL_SALE_A, PARTY, VAT_INPUT, entry, posting, simple

POSTED, REJECTED = DeliveryState.POSTED, DeliveryState.REJECTED
QUEUED, UNKNOWN = DeliveryState.QUEUED, DeliveryState.UNKNOWN

# Its VAT is a cent more than Odoo computes, so that all calls there are take place.
ENTRY = entry(
    "2600200",
    [
        posting("7010", 10000, tax="NL.P.STD.21"),
        posting("1520", 2101, VAT_INPUT, tax="NL.P.STD.21", base=10000),
        posting("1600", -12101, PARTY),
    ],
)
STEPS = ("load", "write 0", "write 1", "write 2", "action_post")


@pytest.fixture(params=["jsonrpc", "json2"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def delivered(ledger: OdooLedger, one: JournalEntry, *, tries: int = 4) -> list[DeliveryState]:
    """What the delivery does: look the entry up, and send it only when it is not there; until it is."""
    became: list[DeliveryState] = []
    for _ in range(tries):
        if any(receipt.key == one.key.text for receipt in ledger.find_many([one.key]).get(one.key.document, ())):
            return [*became, POSTED]
        (answer,) = answers_of(ledger, [one])
        became.append(answer.state)
        if answer.state in {POSTED, REJECTED}:
            return became
    return became


def answers_of(ledger: OdooLedger, entries: list[JournalEntry]) -> list[Answer]:
    """The answers; what is raised is about all of them."""
    try:
        return list(ledger.post_many(entries))
    except OutcomeUnknown as error:
        return [Answer(key=one.key.text, state=UNKNOWN, reason=error.message) for one in entries]
    except LedgerError as error:
        return [Answer(key=one.key.text, state=QUEUED, reason=error.message) for one in entries]


def stands_once(world: World, one: JournalEntry, *, state: str = "posted") -> None:
    """The books hold exactly one record of the entry, right to the cent, and no other record at all."""
    (row,) = world.moves()
    assert row == world.only(one.key.text)
    assert (row["state"], row["date"]) == (state, one.date)
    assert world.balances(one.key.text) == {account: from_minor(minor) for account, minor in balances(one).items()}


def armed(it: Opened, fault: Fault, step: str) -> None:
    method, _, after = step.partition(" ")
    it.world.arm(fault, method, int(after or 0))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "fault",
    [Fault.NO_ANSWER, Fault.RESET, Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.SERIALIZATION],
    ids=lambda fault: fault.value,
)
@pytest.mark.parametrize("drafts", ["no", "yes"])
def test_a_lost_answer_at_any_step_is_unknown_and_then_finished(
    tmp_path: Path, api: str, fault: Fault, step: str, drafts: str
) -> None:
    with open_world(tmp_path, api=api, settings={"drafts": drafts}) as it:
        armed(it, fault, step)
        became = delivered(it.ledger, ENTRY)
        if (drafts, step) == ("yes", "action_post"):
            assert became == [POSTED], "drafts are never posted"
        else:
            assert became[0] is UNKNOWN
        assert became[-1] is POSTED
        stands_once(it.world, ENTRY, state="draft" if drafts == "yes" else "posted")


@pytest.mark.parametrize("step", ["load", "action_post"])
def test_an_answer_that_comes_too_late_is_unknown_and_then_found(tmp_path: Path, api: str, step: str) -> None:
    with open_world(tmp_path, api=api) as it:
        armed(it, Fault.LATE, step)
        assert delivered(it.ledger, ENTRY)[::2] == [UNKNOWN]
        delivered(it.ledger, ENTRY)
        stands_once(it.world, ENTRY)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", [Fault.TWICE, Fault.TOO_MANY], ids=lambda fault: fault.value)
def test_a_call_that_is_repeated_or_delayed_has_one_effect(tmp_path: Path, api: str, fault: Fault, step: str) -> None:
    clock = Clock()
    with open_world(tmp_path, api=api, clock=clock) as it:
        armed(it, fault, step)
        assert delivered(it.ledger, ENTRY)[-1] is POSTED
        stands_once(it.world, ENTRY)
        assert clock.slept == ([1.0] if fault is Fault.TOO_MANY else [])


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_is_finished_by_another_run(tmp_path: Path, api: str, step: str) -> None:
    """The program dies while a call is under way: whether it was done or not, the next run finishes it."""
    for fault in (Fault.RESET, Fault.NO_ANSWER):
        with open_world(tmp_path, api=api) as it:
            armed(it, fault, step)
            answers_of(it.ledger, [ENTRY])
            it.ledger.__exit__(None, None, None)
            with opened(it.world, tmp_path, api=api) as later:
                assert delivered(later, ENTRY)[-1] is POSTED
            stands_once(it.world, ENTRY)


@pytest.mark.parametrize("somebody_looked", [False, True])
def test_a_draft_of_an_older_version_gives_way_unless_somebody_changed_it(
    tmp_path: Path, api: str, somebody_looked: bool
) -> None:
    """The program died between making and posting, and then the document changed at its source."""
    with open_world(tmp_path, api=api) as it:
        it.world.arm(Fault.ERROR_BEFORE, "action_post")
        assert states(answers_of(it.ledger, [simple("1", 12100)])) == [UNKNOWN]
        if somebody_looked:
            books = it.world.books
            books.acting = books.add("res.users", name="Jansen")
            books.write([it.world.only(simple("1").key.text)["id"]], {"ref": "looked at"})
        (answer,) = answers_of(it.ledger, [simple("1", 24200)])
        if somebody_looked:
            assert answer.state is REJECTED
            assert "the ledger holds another entry under the same key" in answer.reason
            assert it.world.only(simple("1").key.text)["state"] == "draft"
        else:
            assert answer.state is POSTED
            stands_once(it.world, simple("1", 24200))


def test_a_draft_that_was_left_behind_is_not_told_as_posted(tmp_path: Path, api: str) -> None:
    with open_world(tmp_path, api=api) as it:
        it.world.arm(Fault.ERROR_BEFORE, "action_post")
        assert states(answers_of(it.ledger, [ENTRY])) == [UNKNOWN]
        stands_once(it.world, ENTRY, state="draft")
        assert it.ledger.find_many([ENTRY.key]) == {}
        assert [one.draft for one in it.ledger.all_entries()] == [True]
        assert states(it.ledger.post_many([ENTRY])) == [POSTED]
        stands_once(it.world, ENTRY)
        assert it.world.server.done.count("load") == 1, "the draft is finished, not made anew"


def test_an_unfinished_draft_is_never_told_and_made_anew(tmp_path: Path, api: str) -> None:
    with open_world(tmp_path, api=api, settings={"drafts": "yes"}) as it:
        it.world.arm(Fault.ERROR_BEFORE, "write")
        answers_of(it.ledger, [ENTRY])
        (row,) = it.world.moves()
        assert it.world.balances_of(row["id"]) == {}
        assert it.ledger.find_many([ENTRY.key]) == {}
        assert list(it.ledger.all_entries()) == []
        assert states(it.ledger.post_many([ENTRY])) == [POSTED]
        stands_once(it.world, ENTRY, state="draft")


def test_two_that_make_the_same_draft_at_once_make_one(tmp_path: Path, api: str) -> None:
    """A call we gave up on may still run: Odoo lets the second one meet the external id of the first."""
    with open_world(tmp_path, api=api) as it:
        it.world.arm(Fault.ANOTHER_FIRST, "load")
        assert states(it.ledger.post_many([ENTRY])) == [POSTED]
        stands_once(it.world, ENTRY)


@pytest.mark.parametrize("step", STEPS)
def test_a_refusal_in_odoos_own_words_is_certain_and_leaves_nothing(tmp_path: Path, api: str, step: str) -> None:
    with open_world(tmp_path, api=api) as it:
        armed(it, Fault.REFUSED, step)
        (answer,) = it.ledger.post_many([ENTRY])
        assert answer.state is REJECTED
        assert answer.reason == "Odoo refuses it: Told to refuse"
        assert it.world.moves() == []
        assert states(it.ledger.post_many([ENTRY])) == [POSTED]
        stands_once(it.world, ENTRY)


def test_a_draft_that_cannot_be_removed_is_met_again(tmp_path: Path, api: str) -> None:
    with open_world(tmp_path, api=api) as it:
        armed(it, Fault.REFUSED, "write 0")
        it.world.arm(Fault.REFUSED, "unlink")
        assert states(it.ledger.post_many([ENTRY])) == [REJECTED]
        assert len(it.world.moves()) == 1
        assert states(it.ledger.post_many([ENTRY])) == [POSTED]
        stands_once(it.world, ENTRY)


def test_a_date_that_odoo_moved_is_seen_and_set_back(tmp_path: Path, api: str) -> None:
    """A lock date that is set between our look and the posting: Odoo posts on another day without a word."""
    with open_world(tmp_path, api=api) as it:
        it.world.arm(Fault.DATE_MOVES, "action_post")
        (answer,) = it.ledger.post_many([ENTRY])
        assert answer.state is REJECTED
        assert "Odoo moved the date from 2026-12-23 to 2026-12-24" in answer.reason
        assert "it was set back to draft" in answer.reason
        stands_once(it.world, ENTRY, state="draft")
        (again,) = it.ledger.post_many([ENTRY])
        assert "closed until 2026-12-23" in again.reason
        it.world.close_period(datetime.date(2026, 11, 30))
        assert states(it.ledger.post_many([ENTRY])) == [POSTED]
        stands_once(it.world, ENTRY)


def test_a_moved_date_that_cannot_be_set_back_is_told(tmp_path: Path, api: str) -> None:
    with open_world(tmp_path, api=api) as it:
        it.world.arm(Fault.DATE_MOVES, "action_post")
        it.world.arm(Fault.REFUSED, "button_draft")
        (answer,) = it.ledger.post_many([ENTRY])
        assert answer.state is REJECTED
        assert "it is posted there as account.move," in answer.reason
        it.world.close_period(datetime.date(2026, 11, 30))
        (again,) = it.ledger.post_many([ENTRY])
        assert again.state is REJECTED, "a wrong date is never taken for the entry"
        assert "is posted in Odoo on 2026-12-24 and is dated 2026-12-23" in again.reason
        assert len(it.world.moves()) == 1


def test_a_key_that_expires_within_a_batch_stops_it_and_says_so(tmp_path: Path, api: str) -> None:
    batch = [simple(str(number)) for number in range(1, 5)]
    with open_world(tmp_path, api=api) as it:
        it.world.arm(Fault.KEY_EXPIRES, "load", 2)
        answers = it.ledger.post_many(batch)
        assert states(answers) == [POSTED, POSTED, QUEUED, QUEUED]
        assert "Odoo refuses the API key" in answers[2].reason
        assert "three months" in answers[2].hint
        with pytest.raises(LedgerRefused, match="API key"):
            it.ledger.find_many([batch[0].key])
        it.world.server.key = KEY
        for one in batch:
            assert delivered(it.ledger, one)[-1] is POSTED
        assert len(it.world.moves()) == 4


@pytest.mark.parametrize("step", ["load", "write 0", "write 2", "action_post"])
def test_a_key_that_expires_within_an_entry(tmp_path: Path, api: str, step: str) -> None:
    """After the posting it must not be told as 'nothing was sent': that entry stands."""
    with open_world(tmp_path, api=api) as it:
        armed(it, Fault.KEY_EXPIRES_AFTER, step)
        (answer,) = answers_of(it.ledger, [ENTRY])
        assert answer.state is (QUEUED if step in {"load", "write 0"} else UNKNOWN)
        it.world.server.key = KEY
        assert delivered(it.ledger, ENTRY)[-1] is POSTED
        stands_once(it.world, ENTRY)


def test_a_key_that_expires_after_a_draft_is_complete(tmp_path: Path, api: str) -> None:
    """Where drafts are wanted the draft is the entry: it must not be told as 'nothing was sent' either."""
    with open_world(tmp_path, api=api, settings={"drafts": "yes"}) as it:
        armed(it, Fault.KEY_EXPIRES_AFTER, "write 2")
        assert states(answers_of(it.ledger, [ENTRY])) == [UNKNOWN]
        it.world.server.key = KEY
        assert delivered(it.ledger, ENTRY) == [POSTED]
        stands_once(it.world, ENTRY, state="draft")


def test_a_batch_goes_no_further_than_an_unknown_outcome(tmp_path: Path, api: str) -> None:
    batch = [simple("1"), simple("2"), simple("3")]
    with open_world(tmp_path, api=api) as it:
        it.world.arm(Fault.NO_ANSWER, "action_post", 1)
        assert states(it.ledger.post_many(batch)) == [POSTED, UNKNOWN, QUEUED]
        assert len(it.world.moves()) == 2


def test_the_reference_may_repeat_in_odoo_and_does_not_mislead_us(tmp_path: Path, api: str) -> None:
    with open_world(tmp_path, api=api) as it:
        it.world.bill_by_hand("1", "121.00")
        assert states(it.ledger.post_many([simple("1")])) == [POSTED]
        assert it.world.count_entries(simple("1").key.text) == 1


def test_odoo_16_refuses_a_repeated_reference_and_that_is_told(tmp_path: Path) -> None:
    with open_world(tmp_path, version=16) as it:
        it.world.bill_by_hand("1", "121.00")
        (answer,) = it.ledger.post_many([simple("1", date=datetime.date(2026, 12, 24))])
        assert answer.state is REJECTED
        assert "Duplicated vendor reference detected" in answer.reason
        assert len(it.world.moves()) == 1


def test_every_version_keeps_the_same_books(tmp_path: Path) -> None:
    for api, version in (("jsonrpc", 16), ("jsonrpc", 17), ("jsonrpc", 18), ("jsonrpc", 19), ("json2", 19)):
        with open_world(tmp_path, api=api, version=version) as it:
            assert states(it.ledger.post_many([NL_PURCHASE, NL_SALE_A])) == [POSTED, POSTED]
            assert it.ledger.chart() is not None
            assert len(it.ledger.vat_codes()) == 2


def test_no_secret_in_logs_errors_or_addresses(tmp_path: Path, api: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    def told(call: Callable[[], object]) -> None:
        try:
            said.append(repr(call()))
        except LedgerError as error:
            said.append(f"{error!r} {error} {error.message} {error.hint} {error.where}")

    with open_world(tmp_path, api=api) as it:
        for fault in Fault:
            it.world.arm(fault, "load")
            told(lambda: it.ledger.post_many([ENTRY]))
            it.world.server.key = KEY
            it.world.close_period(datetime.date(2026, 11, 30))
        it.world.server.key = "another"
        told(lambda: it.ledger.find_many([ENTRY.key]))
        told(lambda: opened(it.world, tmp_path, api=api).__enter__())
        said += [repr(it.ledger), repr(vars(it.ledger))]
        assert any(KEY in f"{headers}{body}" for _, headers, body in it.world.server.heard)
        assert not any(KEY in path for path, _, _ in it.world.server.heard)
    assert "API key" in "".join(said)
    assert KEY not in "".join(said)
    assert KEY not in caplog.text


def test_an_error_that_repeats_the_key_is_told_without_it(tmp_path: Path, api: str) -> None:
    with open_world(tmp_path, api=api) as it:
        it.world.server.refusal = f"Access with {KEY} went wrong"
        it.world.arm(Fault.REFUSED, "action_post")
        (answer,) = it.ledger.post_many([ENTRY])
        assert answer.reason == "Odoo refuses it: Access with *** went wrong"
        assert KEY not in answer.hint


def test_a_server_that_is_away_is_unavailable(tmp_path: Path, api: str) -> None:
    with open_world(tmp_path, api=api) as it:
        it.world.server.stop()
        with pytest.raises(LedgerUnavailable, match="cannot be reached"):
            it.ledger.post_many([ENTRY])


def test_json2_on_an_older_odoo_names_the_setting(tmp_path: Path) -> None:
    told = pytest.raises(LedgerRefused, match="no such interface at this address")
    with told as caught, open_world(tmp_path, api="json2", version=18):
        pass
    assert "json2 is there from Odoo 19" in caught.value.hint


def test_a_wrong_key_says_that_keys_expire(tmp_path: Path, api: str) -> None:
    told = pytest.raises(LedgerRefused, match="refuses the API key")
    with told as caught, open_world(tmp_path, api=api, key=lambda: "old-key"):
        pass
    assert "API keys expire, after three months" in caught.value.hint
