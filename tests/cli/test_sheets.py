"""What a command shows, in a workbook: exact cents, text that is no formula, a sheet for each heading."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from connector.cli.output import Money, State, amount, column, prose
from connector.cli.sheets import SheetOutput


def test_a_sheet_for_each_heading_with_texts_and_tables() -> None:
    out = SheetOutput()
    out.text("before any heading")
    out.heading("acme: 2026/01")
    out.facts({"Date": "2026-01-31"})
    out.table(
        [column("Account"), prose("Name"), amount("Amount"), amount("Lines")],
        [("0980", "=HYPERLINK(1)", Money(minor=-123456), 3), ("7010", State(name="held"), "", None)],
        total=("", "", Money(minor=-123456), 3),
    )
    out.table([column("Account")], [], empty="nothing")
    out.answer({})
    book = openpyxl.load_workbook(io.BytesIO(out.workbook()))
    assert book.sheetnames == ["Overview", "acme  2026 01"]
    rows = [[each.value for each in row] for row in book.worksheets[1].iter_rows()]
    assert rows[1][:2] == ["Date", "2026-01-31"]
    assert rows[2] == ["Account", "Name", "Amount", "Lines"]
    assert rows[3] == ["0980", "=HYPERLINK(1)", -1234.56, 3]
    assert book.worksheets[1]["B4"].data_type == "s", "a text is no formula"
    assert rows[-1][0] == "nothing"


@given(st.integers(-(10**14) + 1, 10**14 - 1))
def test_every_cent_can_be_read_back(minor: int) -> None:
    out = SheetOutput()
    out.table([amount("Amount")], [(Money(minor=minor),)])
    with zipfile.ZipFile(io.BytesIO(out.workbook())) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    written = sheet.rpartition("<v>")[2].partition("</v>")[0]
    assert round(Decimal(written), 2) * 100 == minor


def test_an_amount_that_no_spreadsheet_holds_is_text() -> None:
    out = SheetOutput()
    out.table([amount("Amount")], [(Money(minor=10**14 + 1),)])
    sheet = openpyxl.load_workbook(io.BytesIO(out.workbook())).worksheets[0]
    assert sheet["A2"].value == "1,000,000,000,000.01"
