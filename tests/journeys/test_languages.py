"""What a Dutch or French reader sees: no English word in a table, and one form of amounts and dates."""

from __future__ import annotations

import re

import pytest

from tests.journeys.office import Office

ENGLISH = ("purchase", "sale", "prepared", "intent", "approved", "sale = report", "compares only", "posted", "ready")
COMMANDS = (
    ("status",), ("verify",), ("invoices", "list"), ("invoices", "show", "9250119001"), ("entries", "list"),
    ("entries", "show", "1"), ("deliveries",), ("deliveries", "show", "1"),
)  # fmt: skip
DAYS = {"nl": r"\d{2}-\d{2}-20\d{2}", "fr": r"\d{2}/\d{2}/20\d{2}"}


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_tables_hold_no_english_word_and_one_form_of_dates(language: str, sqlite_office: Office) -> None:
    office = sqlite_office
    office.run("entries", "approve", "1", "--yes")
    office.run("sync")
    for arguments in COMMANDS:
        told = office.run(*arguments, "--language", language).out
        cells = re.split(r"  +|: |\n", told)
        assert [word for word in ENGLISH if word in cells] == [], told
        assert not re.search(r"\b20\d{2}-\d{2}-\d{2}\b", told), told
        if arguments[0] not in ("status", "verify"):
            assert re.search(DAYS[language], told), told


def test_reasons_keep_their_names_in_json(sqlite_office: Office) -> None:
    office = sqlite_office
    office.run("entries", "approve", "1", "--yes")
    office.run("sync")
    (delivery,) = office.asked("deliveries", "show", "1", "--language", "nl")["deliveries"]
    assert [each["reason"] for each in delivery["history"]][:3] == ["prepared", "approved", "intent"]
    assert "intent" not in office.run("deliveries", "show", "1").out
    reasons = {tuple(each["reasons"]) for each in office.asked("invoices", "list", "--language", "nl")["invoices"]}
    assert ("sale = report",) in reasons
