"""Tables, facts, answers and questions."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from connector import texts
from connector.cli.output import Money, Output, State, amount, cell, column
from connector.cli.plain import aligned, safe, width
from connector.config import Secret
from connector.domain.finding import Severity

COLUMNS = (column("Invoice"), column("State"), amount("Net"))
ROWS = [("9103004711", State(name="held"), Money(minor=-123456789)), ("7", State(name="posted"), Money(minor=5))]


class Terminal:
    """Standard output that is a terminal of a given width."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        for stream in (sys.stdout, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    texts.use("en")


def test_a_table_in_a_pipe_is_plain_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(COLUMNS, ROWS, title="Invoices", total=("", "", Money(minor=-123456784)))
    assert capsys.readouterr().out.splitlines() == [
        "Invoices",
        "Invoice     State             Net",
        "9103004711  held    -1,234,567.89",
        "7           posted           0.05",
        "                    -1,234,567.84",
    ]


def test_a_table_speaks_the_language_of_the_reader(capsys: pytest.CaptureFixture[str]) -> None:
    texts.use("nl")
    Output().table((column("Reseller"), column("Company"), amount("Address")), ROWS)
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.split() == ["Reseller", "Onderneming", "Adres"]
    assert second.split() == ["9103004711", "aangehouden", "-1.234.567,89"]


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_a_table_on_a_terminal_fits_and_cuts_no_amount(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Terminal(monkeypatch, columns)
    rows = [("a very long name of an invoice that goes on", State(name="held"), Money(minor=-123456789))]
    Output().table(COLUMNS, rows)
    told = click.unstyle(capsys.readouterr().out)
    assert max(map(len, told.splitlines())) <= columns
    assert "-1,234,567.89" in told


def test_markup_in_a_name_is_a_name(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Terminal(monkeypatch, 80)
    Output().table([column("Customer")], [("[red]Jan[/red] \x1b]0;x\x07",)])
    told = click.unstyle(capsys.readouterr().out)
    assert "[red]Jan[/red]" in told
    assert "\x07" not in told


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(COLUMNS, [], empty="No invoices yet.")
    assert capsys.readouterr().out == "No invoices yet.\n"


def test_facts_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    Output().facts({"Country": "NL", "VAT number": None, "Ledger": Path("books")})
    assert capsys.readouterr().out.splitlines() == ["Country:     NL", "VAT number:", "Ledger:      books"]


class _Row(msgspec.Struct):
    net: Money
    state: State
    day: datetime.date


def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(json=True)
    out.text("words")
    out.heading("heading")
    out.facts({"Name": 1})
    out.table(COLUMNS, ROWS)
    row = _Row(net=Money(minor=-123450), state=State(name="held"), day=datetime.date(2024, 1, 31))
    document = {"rows": [row], "rate": Decimal("21.0"), "file": Path("a"), "key": Secret("x"), "how": Severity.HOLD}
    out.answer(document)
    assert json.loads(capsys.readouterr().out) == {
        "rows": [{"net": "-1234.50", "state": "held", "day": "2024-01-31"}],
        "rate": "21.0",
        "file": "a",
        "key": "***",
        "how": "hold",
    }
    with pytest.raises(AssertionError):
        out.answer({})


def test_without_json_the_answer_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    Output().answer({"a": 1})
    assert capsys.readouterr().out == ""


def test_floats_for_amounts_are_not_made() -> None:
    assert str(Money(minor=29222)) == "292.22"
    assert str(Money(minor=5, currency="JPY")) == "5"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (datetime.date(2024, 1, 31), "2024-01-31"),
        (12, "12"),
        (("a", 1), "a, 1"),
        (Severity.HOLD, "hold"),
        ("a\nb", "a b"),
        (Secret("x"), "***"),
    ],
)
def test_cells(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_a_moment_is_shown_in_local_time() -> None:
    moment = datetime.datetime(2024, 1, 31, 12, 0, tzinfo=datetime.UTC)
    assert cell(moment) == f"2024-01-31 {moment.astimezone():%H:%M}"


def test_wide_signs_line_up() -> None:
    assert width("é日") == 3
    assert width("e\u0301") == 1
    assert aligned([("日", "1"), ("abc", "22")], (False, True)) == ["日    1", "abc  22"]


def test_steering_signs_are_replaced() -> None:
    assert safe("a\x1b[0mb\tc\u200fd") == "a�[0mb c�d"
    assert safe("a\nb", breaks=True) == "a\nb"
    assert safe("a\nb") == "a b"


def test_progress_without_a_terminal_tells_tenths(capsys: pytest.CaptureFixture[str]) -> None:
    with Output().progress("Fetching", 40) as bar:
        for _ in range(40):
            bar.advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Fetching: 10 % (4/40)"
    assert lines[-1] == "Fetching: 100 % (40/40)"
    assert len(lines) == 10


def test_progress_is_silent_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with Output(quiet=True).progress("Fetching", 2) as bar:
        bar.advance(2)
    assert capsys.readouterr().err == ""


def test_progress_on_a_terminal_is_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Terminal(monkeypatch, 80)
    with Output().progress("Fetching", 2) as bar:
        bar.advance(text="2024-01 [x]")
        bar.advance()
    told = capsys.readouterr()
    assert told.out == ""
    assert "Fetching" in told.err


def test_a_question_needs_a_terminal_or_yes() -> None:
    assert Output().confirm("Go on?", yes=True)
    with pytest.raises(click.UsageError, match="--yes"):
        Output(json=True).confirm("Go on?")
