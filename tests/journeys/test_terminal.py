"""What stands on a narrow terminal: every amount, date, number and code whole, whatever the width."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connector import texts
from tests.journeys.office import TODAY, Office
from tests.journeys.terminal import seen

WIDTHS = (40, 60, 80, 120)
LISTS = (
    (("status",), ("period", "net", "source")),
    (("verify",), ("period", "net")),
    (("invoices", "list"), ("number", "date", "net")),
    (("entries", "list"), ("number", "date", "total")),
    (("deliveries",), ("number", "total")),
    (("findings",), ("code", "number", "amount")),
    (("subscriptions", "renewals", "--days", "365"), ("notice", "renews", "window_end", "cost", "sale")),
)
"""Commands with the fields of their JSON that their tables show."""


def whole(answer: Any, wanted: tuple[str, ...], name: str = "") -> Iterator[str]:
    """The values of the fields ``wanted``, as people read them."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield from whole(value, wanted, key)
    elif isinstance(answer, list):
        for value in answer:
            yield from whole(value, wanted, name)
    elif name in wanted and isinstance(answer, str):
        if re.fullmatch(r"-?\d+\.\d\d", answer):
            yield texts.money(int(Decimal(answer) * 100))
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", answer):
            yield texts.date(datetime.date.fromisoformat(answer))
        else:
            yield answer


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize(("arguments", "fields"), LISTS, ids="-".join)
def test_nothing_of_a_table_is_cut_or_wrapped_at_any_width(
    columns: int, arguments: tuple[str, ...], fields: tuple[str, ...], sqlite_office: Office
) -> None:
    answer = sqlite_office.asked(*arguments)
    code, told = seen(sqlite_office.folder, columns, *arguments, "--today", TODAY.isoformat())
    assert code == 0, told
    words = Counter(re.split(r"[ \n]+", told))
    zero = texts.money(0)  # a column of nothing else may be left out, and the table says so
    missing = {each: n for each, n in Counter(whole(answer, fields)).items() if each != zero and words[each] < n}
    assert not missing, told
    too_long = [line for line in told.splitlines() if len(line) > columns and " " in line.strip()]
    assert too_long == [], told


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_table_that_leaves_columns_out_says_so(columns: int, sqlite_office: Office) -> None:
    _code, told = seen(sqlite_office.folder, columns, "entries", "list")
    for title in ("Direction", "Kind", "Reference"):
        named = f"{title}:" in told or re.search(rf"^Entry .*\b{title}\b", told, re.MULTILINE)
        assert named or re.search(rf"(Nothing in|Left out for want of room):[^.]*\b{title}\b", told), told


@pytest.mark.parametrize("columns", WIDTHS)
def test_an_entry_is_explained_on_a_narrow_terminal(columns: int, sqlite_office: Office) -> None:
    (entry,) = sqlite_office.asked("entries", "show", "1")["entries"]
    _code, told = seen(sqlite_office.folder, columns, "entries", "show", "1", "--all")
    assert entry["key"] in told
    assert entry["source"]["document_sha256"] in told
    words = re.split(r"[ \n]+", told)
    assert [each for each in whole(entry["postings"], ("share",)) if each not in words] == []


def test_french_amounts_keep_their_no_break_space_on_a_narrow_terminal(sqlite_office: Office) -> None:
    answer = sqlite_office.asked("status")
    _code, told = seen(sqlite_office.folder, 60, "status", "--language", "fr")
    texts.use("fr")
    try:
        wanted = set(whole(answer, ("net", "source")))
    finally:
        texts.use("en")
    assert [each for each in wanted if each not in told and each != "0,00"] == []


@pytest.mark.parametrize(
    ("language", "typed", "shown", "agreed"),
    [
        ("en", "y", "[y/N]", True), ("en", "YES", "[y/N]", True), ("en", "", "[y/N]", False),
        ("nl", "j", "[j/N]", True), ("nl", "Ja", "[j/N]", True), ("nl", "y", "[j/N]", True),
        ("nl", "nee", "[j/N]", False),
        ("fr", "o", "[o/N]", True), ("fr", "oui", "[o/N]", True), ("fr", "yes", "[o/N]", True),
        ("fr", "n", "[o/N]", False),
    ],
)  # fmt: skip
def test_a_person_says_yes_in_their_own_language(
    language: str, typed: str, shown: str, agreed: bool, sqlite_office: Office
) -> None:
    environ = {"CONNECTOR_LANGUAGE": language}
    _code, told = seen(sqlite_office.folder, 80, "entries", "approve", "1", given=f"{typed}\n", environ=environ)
    assert shown in told
    (entry,) = sqlite_office.asked("entries", "show", "1")["entries"]
    assert entry["state"] == ("queued" if agreed else "ready")


@pytest.mark.parametrize(
    ("language", "told"), [("nl", "'x' is hier geen antwoord; geef ja of nee."), ("fr", "donnez oui")]
)
def test_a_wrong_answer_is_told_in_the_language_of_the_question(
    language: str, told: str, sqlite_office: Office
) -> None:
    environ = {"CONNECTOR_LANGUAGE": language}
    _code, shown = seen(sqlite_office.folder, 80, "entries", "approve", "1", given="x\nn\n", environ=environ)
    assert told in shown
    done = sqlite_office.run("entries", "approve", "1", "--language", language, code=2)
    assert ("kan hier niet worden gevraagd" if language == "nl" else "ne peut pas être demandé") in done.err
