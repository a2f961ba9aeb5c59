"""A person accepts what only a person can judge: from the held document to the ledger, and every refusal on the way."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from connector.sandbox import RESELLER_NL, Sandbox, SeededDefect, World
from tests.journeys.office import Office, told

FIRST, TODAY = datetime.date(2024, 9, 1), datetime.date(2025, 2, 1)
SPOILED = ("", "sender-bank-changed", "duplicated-line", "same-number-different-parts", "totals-mismatch")


@pytest.fixture
def spoiled() -> Iterator[Sandbox]:
    """Five months; from the second on each has a defect."""
    world = World(
        seed=7,
        resellers=(RESELLER_NL,),
        first_month=FIRST,
        last_month=datetime.date(2025, 1, 1),
        customers=2,
        leaks=False,
        defects=tuple(
            SeededDefect(defect=name, reseller="nl", month=month) for month, name in enumerate(SPOILED) if name
        ),
    )
    with Sandbox(world, today=TODAY) as sandbox:
        yield sandbox


@pytest.fixture
def numbers(spoiled: Sandbox, new_office: Office) -> dict[str, str]:
    """The document of each defect, in an office that has fetched all of it."""
    new_office.set_up(RESELLER_NL, spoiled.url, book_from=FIRST.isoformat(), auto_post='"all"')
    new_office.run("sync")
    return {each.defect: each.number for each in spoiled.manifest.of("nl") if each.defect}


def test_what_a_person_accepts_is_booked_at_the_next_sync(new_office: Office, numbers: dict[str, str]) -> None:
    office, number = new_office, numbers["sender-bank-changed"]
    assert office.document(number)["state"] == "held"
    why = ("--reason", "called Ms Jansen", "--as", "Eva")
    accept = ("findings", "accept", number, "sender-bank-changed", *why)
    told(office.run(*accept, code=2), "give --yes to answer")
    tried = office.asked(*accept, "--dry-run")
    assert (tried["accepted"], tried["dry_run"]) == (0, True)
    assert tried["findings"][0]["code"] == "SENDER-BANK-CHANGED"
    assert office.rows()["acceptance"] == 0

    done = office.asked(*accept, "--yes")
    assert (done["accepted"], done["reason"]) == (1, "called Ms Jansen")
    assert done["actor"].startswith("Eva (--as, by ")
    assert office.document(number)["reasons"] == ["accepted, not prepared yet"]
    told(office.run(*accept, "--yes", code=2), "or it was accepted already")
    office.run("sync")
    document = office.document(number)
    assert document["state"] == "posted"
    (mine,) = [each for each in document["findings"] if each["code"] == "SENDER-BANK-CHANGED"]
    assert (mine["severity"], mine["accepted"]["reason"]) == ("report", "called Ms Jansen")
    listed = office.asked("findings", "--code", "SENDER-BANK-CHANGED")["findings"]
    assert [each["accepted"]["actor"] for each in listed] == [done["actor"]]
    for shown in (("invoices", "show", number), ("entries", "show", number), ("findings",)):
        assert "called Ms Jansen" in office.run(*shown).out
    (entry,) = office.asked("entries", "show", number)["entries"]
    assert [each["code"] for each in entry["accepted"]] == ["SENDER-BANK-CHANGED"]
    office.proves()
    assert office.added(lambda: office.run("sync")).keys() == {"fetch"}


def test_two_documents_under_one_number_are_told_apart(new_office: Office, numbers: dict[str, str]) -> None:
    office, number = new_office, numbers["same-number-different-parts"]
    why = ("--reason", "this is the one on the PDF", "--yes")
    refused = office.run("findings", "accept", number, "SAME-NUMBER-TWICE", *why, code=2)
    told(refused, "--direction purchase --customer ''", "--customer 'part 2'")
    # They share a line, so there are two things to judge.
    for codes_left, code in ((["DUPLICATE-DOCUMENT"], "SAME-NUMBER-TWICE"), ([], "DUPLICATE-DOCUMENT")):
        office.run("findings", "accept", number, code, *why, "--direction", "purchase", "--customer", "part 2")
        office.run("sync")
        assert purchases(office, number)["part 2"]["reasons"] == codes_left
    states = {customer: each["state"] for customer, each in purchases(office, number).items()}
    assert states == {"": "held", "part 2": "posted"}
    office.proves()


def purchases(office: Office, number: str) -> dict[str, Any]:
    """The purchases with this number, by customer."""
    found = office.asked("invoices", "show", number)["invoices"]
    return {each["customer"]: each for each in found if each["direction"] == "purchase"}


@pytest.mark.parametrize(
    ("code", "reason", "says"),
    [
        ("TOTALS-DIFFER", "I am sure", "TOTALS-DIFFER cannot be accepted: its cause must be mended. Compare"),
        ("TEXT-LONG", "I am sure", "TEXT-LONG holds no document"),
        ("VANISHD", "I am sure", "did you mean 'VANISHED'?"),
        ("VANISHED", "I am sure", "is held by VANISHED"),
        ("VANISHED", " ", "--reason is empty"),
    ],
)
def test_what_cannot_be_accepted_is_refused_with_the_next_step(
    new_office: Office, numbers: dict[str, str], code: str, reason: str, says: str
) -> None:
    number = numbers["totals-mismatch"]
    told(new_office.run("findings", "accept", number, code, "--reason", reason, "--yes", code=2), says)
    assert new_office.rows()["acceptance"] == 0
