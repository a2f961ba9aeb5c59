"""Papers beside documents: a match confirms, a difference holds, the newest counts, and every byte is proved."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from connector.domain.finding import Severity
from connector.domain.paper import KeptPaper, Obstacle, Paper, PaperForm, PaperType
from connector.engine import in_force
from connector.engine.approval import approve, keep_back
from connector.engine.papers import papers as attached
from connector.engine.printed import enter, on_paper
from connector.engine.tie_out import Offered, Tie, Tied, content, is_for, keep, ties, would_be
from connector.errors import BusyError, GuardError
from connector.source.base import Endpoint
from connector.store import papers as store
from connector.store import tables
from connector.store.ids import Ids
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import COPACO, DATE, customer, invoice, line
from tests.engine.tampering import changed, deleted, rows, unguard
from tests.ledgers.faults import Fault, FaultyLedger


def paper(number: str = "1", **told: Any) -> Paper:
    """The paper of ``invoice(number)``, unless told otherwise."""
    plain: dict[str, Any] = {"form": PaperForm.UBL, "type": PaperType.INVOICE, "net": 10_000, "vat": 2_100}
    more = {"gross": 12_100, "currency": "EUR", "date": DATE, "seller_vat": COPACO["VATNumber"]}
    return Paper(number=number, **(plain | more | told))


def offered(one: Paper, *, name: str = "factuur.xml") -> Offered:
    data = msgspec.json.encode(one)
    return Offered(
        paper=one, name=name, sender="finance@copaco.cloud", sha256=hashlib.sha256(data).digest(), content=data
    )


def kept(desk: Desk, one: Paper) -> tuple[KeptPaper, bytes]:
    """``one`` as it is kept, and its bytes."""
    file = offered(one)
    size = len(file.content)
    made = KeptPaper(paper=one, name="x", sha256=file.sha256, size=size, sender="", actor="x", at=desk.now)
    return made, file.content


def add(desk: Desk, one: Paper, *, actor: str = "Eva") -> bool:
    return keep(desk.place, desk.books, offered(one), actor=actor)


def standing(desk: Desk) -> list[tuple[str, Tie]]:
    return [(each.kept.paper.number, each.tie) for each in ties(desk.place, desk.books)]


def told(desk: Desk, name: str = "1") -> dict[str, int]:
    return {code: each.minor for code, each in desk.findings(name).items() if code.startswith("PAPER")}


def test_a_matching_paper_confirms_and_is_proved(desk: Desk) -> None:
    desk.pull(invoice("1"))
    assert add(desk, paper())
    assert not add(desk, paper()), "the same bytes twice are one paper"
    desk.post()
    assert desk.states() == {"1": "posted"}
    assert told(desk) == {"PAPER-CONFIRMED": 12_100}
    assert standing(desk) == [("1", Tie.MATCHED)]
    (tied,) = ties(desk.place, desk.books)
    assert (tied.net, tied.vat, tied.total, tied.difference) == (10_000, 2_100, 12_100, 0)
    assert content(desk.place, desk.books, tied.kept) == offered(paper()).content
    assert desk.verify().problems == []
    assert desk.replay().problems == []


@pytest.mark.parametrize(
    ("one", "codes"),
    [
        (paper(gross=12_099, net=9_999), {"PAPER-TOTAL": 1}),
        (paper(vat=2_000, net=10_100), {"PAPER-VAT": 100}),
        (paper(type=PaperType.CREDIT_NOTE, net=-10_000, vat=-2_100, gross=-12_100), {"PAPER-TYPE": 12_100}),
        (paper(seller_vat="BE0111111111"), {"PAPER-SELLER": 12_100}),
        (paper(date=datetime.date(2024, 4, 1)), {"PAPER-DATE": 12_100}),
    ],
)
def test_a_difference_holds_until_a_right_paper_comes(quick: Seat, one: Paper, codes: dict[str, int]) -> None:
    desk = quick()
    desk.pull(invoice("1"))
    add(desk, one)
    desk.post()
    assert (desk.states(), told(desk)) == ({"1": "held"}, codes)
    assert standing(desk) == [("1", Tie.DIFFERING)]
    desk.wait(1)
    add(desk, paper())
    desk.post()
    assert (desk.states(), told(desk)) == ({"1": "posted"}, {"PAPER-CONFIRMED": 12_100})
    assert standing(desk) == [("1", Tie.REPLACED), ("1", Tie.MATCHED)]
    assert desk.verify().problems == []
    assert desk.replay().problems == []


def test_a_credit_note_is_booked_as_one_when_both_say_so(desk: Desk) -> None:
    desk.pull(invoice("1", line("-100.00", kind="Correction")))
    add(desk, paper(type=PaperType.CREDIT_NOTE, net=-10_000, vat=-2_100, gross=-12_100))
    desk.post()
    assert desk.states() == {"1": "posted"}
    assert [each.kind.value for each in desk.entries().values()] == ["credit note"]


@pytest.mark.parametrize("settled", ["ready", "queued", "held"])
def test_what_was_not_sent_yet_is_held_after_all(desk: Desk, settled: str) -> None:
    desk.set(auto_post="off")
    desk.pull(invoice("1"))
    desk.prepare()
    if settled == "queued":
        approve(desk.place, desk.books, [1], actor="jansen")
    if settled == "held":
        keep_back(desk.place, desk.books, [1], actor="jansen", reason="wait")
    add(desk, paper())
    desk.prepare()
    before = desk.rows()
    assert desk.prepare().unchanged == 1
    assert desk.rows() == before, "the same outcome is not written twice"
    desk.wait(1)
    add(desk, paper(gross=1))
    desk.post()
    assert "PAPER-TOTAL" in told(desk)
    assert desk.states() == {"1": "held"}
    assert desk.verify().problems == []


def test_what_is_booked_stays_and_is_told_once(desk: Desk) -> None:
    desk.pull(invoice("1"))
    desk.post()
    desk.wait(60)
    add(desk, paper(gross=12_000, net=9_900))
    desk.wait(60)
    assert desk.prepare().unchanged == 1, "nothing new is ready"
    assert desk.states() == {"1": "posted"}
    assert told(desk) == {"PAPER-TOTAL": 100}
    assert desk.verify().problems == []
    desk.mapping = mapping_files(drop=["P050"])
    desk.wait(60)
    before = desk.rows()
    desk.prepare()
    assert desk.rows() == before | {"mapping_version": before["mapping_version"] + 1}


def test_what_a_person_gave_up_does_not_come_back_by_it(quick: Seat) -> None:
    desk = quick(auto_post="off")
    desk.pull(invoice("1"))
    desk.prepare()
    approve(desk.place, desk.books, [1], actor="jansen")
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.REJECTS]))
    keep_back(desk.place, desk.books, [1], actor="jansen", reason="booked by hand")
    add(desk, paper())
    assert desk.prepare().unchanged == 1
    assert desk.delivery_states() == ["cancelled"]


def test_where_one_is_required_a_purchase_waits_for_it(desk: Desk) -> None:
    desk.set(paper="required", sale="report")
    desk.pull(invoice("1"), invoice("2"))
    desk.pull(invoice("7", customers=[customer("A-1", [line()])]), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS)
    add(desk, Paper(form=PaperForm.PDF, number="1", obstacle=Obstacle.NO_TEXT))
    desk.post()
    assert desk.states() == {"1": "held", "2": "held", "7/A-1": "ignored"}
    assert set(told(desk)) == {"PAPER-INCOMPLETE", "PAPER-MISSING"}
    assert set(told(desk, "2")) == {"PAPER-MISSING"}
    add(desk, paper())
    desk.post()
    assert desk.states() == {"1": "posted", "2": "held", "7/A-1": "ignored"}
    desk.set(paper="none", sale="report")
    desk.post()
    assert desk.states() == {"1": "posted", "2": "posted", "7/A-1": "ignored"}
    assert desk.verify().problems == []


def test_a_total_that_a_person_read_stands_for_a_paper(quick: Seat) -> None:
    desk = quick(paper="required")
    desk.pull(invoice("1"))
    desk.post()
    assert set(told(desk)) == {"PAPER-MISSING"}
    (read,) = on_paper(desk.place, desk.books, "1")
    enter(desk.place, desk.books, read, 12_100, actor="Eva")
    desk.post()
    assert (desk.states(), told(desk)) == ({"1": "posted"}, {})


def test_without_comparing_a_wrong_paper_is_listed_and_holds_nothing(quick: Seat) -> None:
    desk = quick(paper="none")
    desk.pull(invoice("1"))
    add(desk, paper(gross=1))
    desk.post()
    assert (desk.states(), told(desk)) == ({"1": "posted"}, {})
    assert standing(desk) == [("1", Tie.DIFFERING)]
    assert [each.name for each in attached(desk.place, desk.books, desk.entries()[1])] == ["1-lines.csv"]


def test_the_paper_belongs_to_every_version(quick: Seat) -> None:
    desk = quick()
    add(desk, paper())
    assert standing(desk) == [("1", Tie.WITHOUT_INVOICE)]
    desk.pull(invoice("1", line("90.00")))
    desk.prepare()
    assert desk.states() == {"1": "held"}
    desk.pull(invoice("1"))
    desk.prepare()
    assert desk.states() == {"1": "ready"}


def test_the_seller_tells_two_documents_with_one_number_apart(quick: Seat) -> None:
    desk = quick()
    belgian = COPACO | {"CompanyName": "Copaco Belgium NV", "VATNumber": "BE0111111111"}
    desk.pull(invoice("1"))
    desk.pull(invoice("1", line("50.00"), Sender=belgian))
    add(desk, paper())
    add(desk, paper(form=PaperForm.PDF, seller_vat=""))
    found = ties(desk.place, desk.books)
    assert [(each.tie, each.total) for each in found] == [(Tie.MATCHED, 12_100), (Tie.WITHOUT_INVOICE, 0)]


def test_pdf_and_e_invoice_both_count_and_are_attached(quick: Seat) -> None:
    desk = quick()
    desk.pull(invoice("1"))
    add(desk, paper())
    add(desk, paper(form=PaperForm.PDF))
    desk.post()
    assert standing(desk) == [("1", Tie.MATCHED)] * 2
    files = attached(desk.place, desk.books, desk.entries()[1])
    assert [(each.name, each.media_type) for each in files] == [
        ("1-lines.csv", "text/csv"),
        ("1.pdf", "application/pdf"),
        ("1.xml", "application/xml"),
    ]
    assert files[1].content == offered(paper(form=PaperForm.PDF)).content
    desk.wait(1)
    add(desk, paper(form=PaperForm.PDF, gross=5))
    desk.prepare()
    assert told(desk).keys() == {"PAPER-CONFIRMED", "PAPER-TOTAL", "PAPER-ARITHMETIC"}


def test_a_warning_waits_for_a_person_where_only_the_known_goes_by_itself(quick: Seat) -> None:
    desk = quick(auto_post="known")
    desk.pull(invoice("1"))
    add(desk, paper(vat=None, net=None))
    desk.prepare()
    (seen,) = (
        each for each in in_force.findings(desk.place, desk.books) if each.found.finding.code == "PAPER-INCOMPLETE"
    )
    assert seen.found.severity is Severity.WARN
    assert standing(desk) == [("1", Tie.INCOMPLETE)]


def test_what_would_be_is_told_and_not_written(quick: Seat) -> None:
    desk = quick()
    desk.pull(invoice("1"))
    before = desk.rows()
    found: Sequence[Tied] = [
        would_be(desk.place, desk.books, offered(one), actor="Eva") for one in (paper(gross=12_000), paper("9"))
    ]
    assert [(each.tie, each.difference) for each in found] == [(Tie.DIFFERING, 100), (Tie.WITHOUT_INVOICE, None)]
    nothing = Paper(form=PaperForm.PDF, obstacle=Obstacle.ENCRYPTED)
    assert would_be(desk.place, desk.books, offered(nothing), actor="Eva").tie is Tie.NOT_READABLE
    assert desk.rows() == before


def test_a_paper_is_for_its_buyer_else_for_whom_its_number_is_known(quick: Seat) -> None:
    desk = quick()
    desk.pull(invoice("1"))
    for one, mine in (
        (paper("9", buyer_vat="NL222222222B01"), True),
        (paper("1", buyer_vat="NL333333333B01"), False),
        (paper("1"), True),
        (paper("9"), False),
        (paper(""), False),
    ):
        assert is_for(desk.place, desk.books, one) is mine


def test_nothing_is_kept_while_a_run_works(quick: Seat) -> None:
    desk = quick()
    with desk.database.lock("acme"), pytest.raises(BusyError):
        add(desk, paper())
    assert desk.all(tables.paper) == []


def test_the_database_refuses_to_change_or_forget_a_paper(desk: Desk) -> None:
    add(desk, paper())
    for statement in (tables.paper.update().values(name="x"), tables.paper.delete()):
        with pytest.raises(GuardError), desk.database.transaction() as connection:
            connection.execute(statement)


CHANGES: dict[str, object] = {
    "sha256": b"s" * 32,
    "size": 1,
    "body": b"no frame",
    "name": "other.xml",
    "sender": "else@where.example",
    "number": "2",
    "told": json.dumps(json.loads(msgspec.json.encode(paper(gross=12_101)))),
    "actor": "Jan",
    "at": datetime.datetime(2024, 4, 2, 9, 1, tzinfo=datetime.UTC),
    "digest": b"d" * 32,
}


def booked(desk: Desk) -> Desk:
    desk.pull(invoice("1"), invoice("2", line("50.00")))
    add(desk, paper())
    add(desk, paper("2", net=5_000, vat=1_050, gross=6_050))
    desk.post()
    assert set(desk.states().values()) == {"posted"}
    assert desk.verify().problems == []
    unguard(desk.database)
    return desk


def test_whatever_is_changed_of_a_paper_is_noticed(desk: Desk) -> None:
    booked(desk)
    assert {*CHANGES, "administration_id", "paper_id"} == {each.name for each in tables.paper.columns}
    row = rows(desk.database, tables.paper)[0]
    for name, value in CHANGES.items():
        with changed(desk.database, tables.paper.c[name], row, value):
            assert any("paper 1" in each.where for each in desk.verify().problems), name
    with desk.database.reading() as connection:
        packed = rows(desk.database, tables.paper)[1]["body"]
        assert store.content(connection, desk.books.id, offered(paper()).sha256) == offered(paper()).content
    with changed(desk.database, tables.paper.c.body, row, packed):
        assert any("it was changed" in each.message for each in desk.verify().problems)
    assert desk.verify().problems == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_paper_is_noticed(quick: Seat, number: int) -> None:
    desk = booked(quick())
    with deleted(desk.database, f"DELETE FROM paper WHERE paper_id = {number}"):
        assert desk.verify().problems
    with deleted(desk.database, f"UPDATE paper SET paper_id = 9 WHERE paper_id = {number}"):
        assert any("before it is missing" in each.message for each in desk.verify().problems)


def test_many_papers_are_found_at_once(quick: Seat) -> None:
    desk = quick()
    desk.pull(*(invoice(str(number)) for number in range(450)), accept_unusual=True)
    with desk.database.transaction() as connection:
        for number in range(450):
            one = offered(paper(str(number)))
            kept = KeptPaper(
                paper=one.paper,
                name=one.name,
                sha256=one.sha256,
                size=len(one.content),
                sender="",
                actor="x",
                at=desk.now,
            )
            assert store.add(connection, desk.books.id, Ids(connection, desk.books.id), kept, one.content)
    assert {tie for _, tie in standing(desk)} == {Tie.MATCHED}
    desk.prepare()
    assert set(desk.states().values()) == {"ready"}
