"""What ``report credits`` shows: what is certain and what is owed at most are never one sum."""

from __future__ import annotations

import csv
import datetime
import io
from decimal import Decimal

import pytest

from connector.cli.options import Face
from connector.cli.output import Output
from connector.cli.report.credits import show
from connector.cli.report.files import CsvOutput
from connector.domain.credits import CreditDoubt, CreditKind
from connector.engine.prices import CreditReport


def face(out: Output) -> Face:
    return Face(config_file=None, names=(), out=out, now=datetime.datetime.now(datetime.UTC), actor="jansen")


def doubt(customer: str, kind: CreditKind, expected: int, received: int = 0, *, at_most: bool = False) -> CreditDoubt:
    return CreditDoubt(
        kind=kind,
        account_id=customer,
        customer=customer,
        subscription_id="s-1",
        plan="Plan",
        start=datetime.date(2024, 1, 14),
        end=datetime.date(2024, 2, 13),
        before=Decimal(15),
        after=Decimal(12),
        expected=expected,
        received=received,
        at_most=at_most,
    )


REPORT = CreditReport(
    administration="acme",
    doubts=(
        doubt("Jansen", CreditKind.SEATS_NOT_CREDITED, 90000, at_most=True),
        doubt("De Boer", CreditKind.CREDIT_DIFFERS, 4729, 4000),
        doubt("Bakker", CreditKind.END_NOT_CREDITED, 500),
        doubt("Visser", CreditKind.END_NOT_CREDITED, 200, at_most=True),
    ),
    unplaced=0,
)


def test_what_is_certain_and_what_is_owed_at_most_are_added_up_apart(capsys: pytest.CaptureFixture[str]) -> None:
    show(face(Output()), [REPORT])
    certain, at_most = capsys.readouterr().out.split("At most: the day of the change is not told")
    assert [name for name in ("Jansen", "De Boer", "Bakker", "Visser") if name in certain] == ["De Boer", "Bakker"]
    assert certain.rstrip().endswith("12.29")
    assert any(each.split() == ["902.00"] for each in at_most.splitlines())
    assert "907.29" not in certain + at_most


def test_a_file_says_of_each_row_whether_it_is_certain() -> None:
    written = io.StringIO()
    show(face(CsvOutput(written)), [REPORT], whole=True)
    rows = list(csv.DictReader(written.getvalue().splitlines(), delimiter=";"))
    assert [(each["Customer"], each["Open"], each["Certainty"]) for each in rows] == [
        ("De Boer", "7.29", "certain"),
        ("Bakker", "5.00", "certain"),
        ("Jansen", "900.00", "at most"),
        ("Visser", "2.00", "at most"),
    ]


def test_where_everything_fits_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show(face(Output()), [CreditReport(administration="acme", doubts=(), unplaced=0)])
    assert "Seats and credits fit." in capsys.readouterr().out
