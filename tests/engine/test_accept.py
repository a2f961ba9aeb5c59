"""Accept: a person's word lets a held document be booked; it covers that document as it was seen, and nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from connector.domain.acceptance import Acceptance, finding_digest
from connector.domain.finding import Finding, Severity
from connector.engine import in_force, look
from connector.engine.accept import accept, held_by
from connector.engine.approval import approve, keep_back
from connector.errors import BusyError
from connector.store import acceptances, tables
from connector.store.database import Connection
from connector.store.ids import Ids
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import COPACO, Json, customer, invoice, line
from tests.engine.tampering import changed, deleted, rows, unguard

EARLIER = datetime.date(2024, 3, 1)
TOTALS_OFF = {"Net": 100, "VAT": 21, "Gross": 999}


def say(desk: Desk, code: str, number: str = "2", *, customer: str | None = None, reason: str = "I asked") -> int:
    """Accept the findings with this code about a document."""
    held = [
        each
        for each in held_by(desk.place, desk.books, code)
        if each.standing.number == number and customer in (None, each.standing.customer)
    ]
    return accept(desk.place, desk.books, held, actor="Eva", reason=reason)


def of(number: str = "2", *lines: Json, sender: Json | None = None, **more: object) -> Json:
    return invoice(number, *(lines or (line("2.00"),)), sender=sender or COPACO, **more)  # type: ignore[arg-type]


def moved(**fields: str) -> Json:
    return {**COPACO, **fields}


def vanish(desk: Desk) -> None:
    desk.pull(invoice("1", date=EARLIER), of())
    desk.pull(invoice("1", date=EARLIER))


def doubled(number: str) -> Json:
    same = line("2.00", row_hash="abc", LineId="7", UID="u")
    return of(number, same, {**same, "UID": "v"})


SITUATIONS: dict[str, Callable[[Desk], object]] = {
    "SENDER-CHANGED": lambda desk: desk.pull(invoice("1", date=EARLIER), of(sender=moved(VATNumber="NL999999999B99"))),
    "SENDER-BANK-CHANGED": lambda desk: desk.pull(
        invoice("1", date=EARLIER), of(sender=moved(IBAN="NL02NEW0000000001"))
    ),
    "VANISHED": vanish,
    "LINE-DUPLICATE": lambda desk: desk.pull(doubled("2")),
    "DUPLICATE-DOCUMENT": lambda desk: (
        desk.pull(invoice("1", line("2.00", row_hash="abc"), line("9.00"), date=EARLIER)),
        desk.post(),
        desk.pull(
            invoice("1", line("2.00", row_hash="abc"), line("9.00"), date=EARLIER),
            of("2", line("2.00", row_hash="abc")),
        ),
    ),
}


@pytest.mark.parametrize("code", SITUATIONS)
def test_what_a_person_accepts_is_booked_and_says_so(desk: Desk, code: str) -> None:
    SITUATIONS[code](desk)
    desk.post()
    assert desk.states()["2"] == "held"
    assert code in desk.findings("2")
    assert say(desk, code, reason="asked by telephone") == 1
    (stands,) = [each for each in look.standings(desk.place, desk.books) if each.standing.number == "2"]
    assert stands.reasons == (look.ACCEPTED,)
    assert say(desk, code) == 0, "it was accepted already"
    assert desk.post().posted == 1
    assert desk.states()["2"] == "posted"
    assert desk.verify().problems == []
    assert desk.replay().problems == []

    (view,) = look.invoices(desk.place, desk.books, desk.dialect, "2")
    (told,) = [each for each in view.findings if each.finding.code == code]
    assert told.severity is Severity.REPORT
    assert told.accepted is not None
    assert (told.accepted.actor, told.accepted.reason, told.accepted.at) == ("Eva", "asked by telephone", desk.now)
    assert told in [each.found for each in in_force.findings(desk.place, desk.books)]
    assert view.stands.standing.entry_id is not None
    entry = look.entry(desk.place, desk.books, view.stands.standing.entry_id)
    assert entry is not None
    assert [each.finding.code for each in entry.accepted] == [code]


def test_one_of_two_documents_under_one_number_may_be_the_right_one(desk: Desk) -> None:
    desk.pull(of("2", line("1.00")), of("2", line("2.00", row_hash="other")))
    desk.post()
    assert say(desk, "SAME-NUMBER-TWICE", customer="part 2") == 1
    desk.post()
    assert desk.states() == {"2": "held", "2/part 2": "posted"}
    assert desk.verify().problems == []


@pytest.mark.parametrize("code", ["VANISHED", "SENDER-CHANGED"])
@pytest.mark.parametrize("settled", ["ready", "queued", "held"])
def test_what_was_accepted_is_not_made_anew_at_every_sync(desk: Desk, code: str, settled: str) -> None:
    desk.set(auto_post="off")
    SITUATIONS[code](desk)
    desk.prepare()
    say(desk, code)
    desk.prepare()
    (mine,) = [each.delivery_id for each in desk.deliveries() if each.entry_id == desk.standings()["2"].entry_id]
    if settled == "queued":
        approve(desk.place, desk.books, [mine], actor="jansen")
    if settled == "held":
        keep_back(desk.place, desk.books, [mine], actor="jansen", reason="wait")
    before = desk.rows()
    counts = desk.prepare()
    assert (counts.ready, counts.held) == (0, 0)
    assert desk.rows() == before


def test_a_document_that_changed_is_held_again(desk: Desk) -> None:
    desk.set(auto_post="off")
    odd = moved(VATNumber="NL999999999B99")
    desk.pull(invoice("1", date=EARLIER), of(sender=odd))
    desk.prepare()
    say(desk, "SENDER-CHANGED")
    desk.prepare()
    assert desk.states()["2"] == "ready"
    late = customer("A-1", [line("2.00")], CustomerNumber="777")
    desk.pull(invoice("1", date=EARLIER), invoice("2", customers=[late], sender=odd))
    desk.prepare()
    assert desk.states()["2"] == "held", "no field may differ from what the person saw"
    assert desk.delivery_states()[-1] == "cancelled"
    desk.pull(invoice("1", date=EARLIER), of(sender=odd))
    desk.prepare()
    assert desk.states()["2"] == "ready", "and this is again what was seen"
    assert desk.verify().problems == []


def test_another_finding_under_the_same_code_holds_again(desk: Desk) -> None:
    one = invoice("1", line("2.00", row_hash="abc"), date=EARLIER)
    desk.pull(one)
    desk.post()
    desk.pull(one, of("2", line("2.00", row_hash="abc")))
    desk.prepare()
    say(desk, "DUPLICATE-DOCUMENT")
    three = invoice("3", line("2.00", row_hash="abc"), line("1.00"))
    desk.pull(one, of("2", line("2.00", row_hash="abc")), three)
    desk.prepare()
    assert desk.states()["2"] == "held"
    (held,) = [each for each in held_by(desk.place, desk.books, "DUPLICATE-DOCUMENT") if each.standing.number == "2"]
    assert [dict(each.values)["other"] for each in held.found] == ["3"], "what was accepted is not asked again"
    assert say(desk, "DUPLICATE-DOCUMENT") == 1
    desk.prepare()
    assert desk.states()["2"] == "ready"


def test_other_findings_still_hold(desk: Desk) -> None:
    desk.pull(invoice("1", date=EARLIER), of(sender=moved(VATNumber="NL999999999B99"), Totals=TOTALS_OFF))
    desk.post()
    say(desk, "SENDER-CHANGED")
    desk.post()
    assert desk.states()["2"] == "held"
    (stands,) = [each for each in look.standings(desk.place, desk.books) if each.standing.number == "2"]
    assert stands.reasons == ("TOTALS-DIFFER",)


def test_a_new_sender_is_known_once_a_document_of_it_was_accepted(desk: Desk) -> None:
    new = moved(VATNumber="NL999999999B99")
    later = invoice("3", line("3.00"), sender=new, date=datetime.date(2024, 3, 25))
    desk.pull(invoice("1", date=EARLIER))
    desk.post()
    desk.pull(invoice("1", date=EARLIER), of(sender=new), later)
    desk.post()
    assert desk.states() == {"1": "posted", "2": "held", "3": "held"}
    say(desk, "SENDER-CHANGED")
    desk.post()
    assert desk.states() == {"1": "posted", "2": "posted", "3": "held"}
    desk.post()  # now it was booked
    assert set(desk.states().values()) == {"posted"}
    assert "SENDER-CHANGED" not in desk.findings("3")


def test_an_accepted_document_does_not_go_out_as_known(desk: Desk) -> None:
    desk.pull(invoice("1", date=EARLIER), of(sender=moved(IBAN="NL02NEW0000000001")))
    desk.post()
    desk.set(auto_post="known")
    say(desk, "SENDER-BANK-CHANGED")
    desk.post()
    assert desk.states()["2"] == "ready"


def test_only_what_holds_can_be_accepted(desk: Desk) -> None:
    desk.pull(invoice("1"))
    desk.post()
    desk.pull(of("2"))
    assert held_by(desk.place, desk.books, "VANISHED") == [], "what vanished is posted"


def test_nothing_is_accepted_while_a_run_works(desk: Desk) -> None:
    desk.pull(doubled("2"))
    desk.prepare()
    with desk.database.lock("acme"), pytest.raises(BusyError):
        say(desk, "LINE-DUPLICATE")
    assert desk.all(tables.acceptance) == []


def test_a_word_for_what_cannot_be_accepted_is_not_taken_not_followed_and_noticed(desk: Desk) -> None:
    desk.pull(of(Totals=TOTALS_OFF))
    desk.prepare()
    with pytest.raises(AssertionError):
        say(desk, "TOTALS-DIFFER")
    with desk.database.transaction() as connection:  # as the owner of a database could write it
        ids = Ids(connection, desk.books.id)
        for found in held_by(desk.place, desk.books, "TOTALS-DIFFER")[0].found:
            acceptances.add(connection, desk.books.id, ids, word(desk, connection, found))
    desk.prepare()
    (stands,) = look.standings(desk.place, desk.books)
    assert (desk.states(), stands.reasons) == ({"2": "held"}, ("TOTALS-DIFFER",))
    assert {each.message for each in desk.verify().problems} == {"TOTALS-DIFFER cannot be accepted"}


def word(desk: Desk, connection: Connection, found: Finding) -> Acceptance:
    return Acceptance(
        invoice_id=1,
        code=found.code,
        finding=finding_digest(found),
        content=acceptances.content_of(connection, desk.books.id, 1),
        actor="Eva",
        reason="I say so",
        at=desk.now,
    )


def booked(desk: Desk) -> Desk:
    SITUATIONS["LINE-DUPLICATE"](desk)
    desk.pull(invoice("1", date=EARLIER), doubled("2"), of("3", line("3.00"), sender=moved(IBAN="NL02NEW0000000001")))
    desk.prepare()
    say(desk, "LINE-DUPLICATE")
    say(desk, "SENDER-BANK-CHANGED", "3")
    desk.post()
    assert set(desk.states().values()) == {"posted"}
    assert desk.verify().problems == []
    return desk


CHANGES: dict[str, object] = {
    "invoice_id": 1,
    "code": "VANISHED",
    "finding": b"f" * 32,
    "content": b"c" * 32,
    "actor": "Jan",
    "reason": "I did not ask",
    "at": datetime.datetime(2024, 4, 2, 9, 1, tzinfo=datetime.UTC),
    "digest": b"d" * 32,
    "acceptance_id": 7,
}


def test_every_column_of_an_acceptance_is_known_to_this_test() -> None:
    assert {*CHANGES, "administration_id"} == {column.name for column in tables.acceptance.columns}


def test_a_changed_word_is_noticed(desk: Desk) -> None:
    booked(desk)
    unguard(desk.database)
    for row in rows(desk.database, tables.acceptance):
        for name, value in CHANGES.items():
            if name == "acceptance_id" or row[name] == value:
                continue
            with changed(desk.database, tables.acceptance.c[name], row, value):
                assert desk.verify().problems, f"{name} of {row}"
    assert desk.verify().problems == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_word_is_noticed(quick: Seat, number: int) -> None:
    desk = booked(quick())
    unguard(desk.database)
    with deleted(desk.database, f"DELETE FROM acceptance WHERE acceptance_id = {number}"):
        assert any("in spite of" in each.message for each in desk.verify().problems)
    with deleted(desk.database, f"UPDATE acceptance SET acceptance_id = 9 WHERE acceptance_id = {number}"):
        assert any("before it is missing" in each.message for each in desk.verify().problems)
