"""Reports as files: exact numbers and safe texts in a CSV, a page that needs nothing else."""

from __future__ import annotations

import datetime
import io
import re
import sys
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import texts
from connector.cli.output import Money, amount, column, prose
from connector.cli.report.files import CsvOutput
from connector.cli.report.lowest_first import lowest_first
from connector.cli.report.page import PageOutput
from connector.cli.report.plots import MOST, Bars, check, drawn
from connector.domain.margin import order
from connector.domain.rows import Line, Row
from connector.errors import SettingsError

BARS = Bars(title="Margin <per> month", sentence="What is left.", bars=(("$a & b$", 123456), ("x" * 60, -5)))
DAY = datetime.date(2024, 1, 31)


def test_numbers_are_exact_and_texts_are_no_formulas() -> None:
    written = io.StringIO()
    out = CsvOutput(written)
    out.heading("acme")
    out.text("left out")
    out.facts({"left": "out"})
    out.answer({})
    columns = [column("Name"), amount("Amount"), amount("Price"), column("Day")]
    out.table(
        columns, [("=1+1", Money(minor=-123456), Decimal("-0.70"), DAY), ("-5", "", None, "")], total=("", 1, 1, 1)
    )
    out.heading("other")
    out.table(columns, [("a;b", 3, True, "@x")])
    out.table([column("Else")], [("c",)])
    out.table([amount("Price")], [(Decimal("-6.428333"),), (Decimal("2.50"),), (Decimal("1E+2"),), (Money(minor=5),)])
    assert written.getvalue().splitlines() == [
        "Administration;Name;Amount;Price;Day",
        "acme;'=1+1;-1234.56;-0.70;2024-01-31",
        "acme;-5;;;",
        'other;"a;b";3;yes;\'@x',
        "",
        "Administration;Else",
        "other;c",
        "",
        "Administration;Price",
        "other;-6.428333",
        "other;2.50",
        "other;100",
        "other;0.05",
    ]


class Tags(HTMLParser):
    """Every element is closed by its own end, and nothing leads elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.elsewhere: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in {"src", "href", "xlink:href"} and not (value or "").startswith("#"):
                self.elsewhere.append(f"{tag} {value}")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page() -> str:
    out = PageOutput("Margins & more")
    out.picture(BARS)
    out.picture(BARS)
    out.picture(Bars(title="nothing", sentence="", bars=()))
    out.heading("<acme>")
    out.facts({"Date": DAY})
    out.table(
        [prose("Name"), amount("Amount")],
        [("<b>Jansen</b>", Money(minor=-5)), ("", Money(minor=123456))],
        title="Customers",
        total=("", Money(minor=123451)),
    )
    out.table([prose("Name")], [], empty="There is nothing.")
    out.text("", "A remark.")
    out.answer({})
    return out.page(DAY)


def test_a_page_is_whole_and_needs_nothing_from_elsewhere() -> None:
    made = page()
    tags = Tags()
    tags.feed(made)
    assert (tags.open, tags.elsewhere) == ([], [])
    assert len(set(tags.ids)) == len(tags.ids)
    for never in ("<script", "@import", "<link", "<b>Jansen", "nothing"):
        assert never not in made.replace("There is nothing.", "")
    assert re.findall(r"url\((?!#)", made) == []
    for told in ("<caption>Customers</caption>", '<td class="number">1,234.51</td>', "&lt;acme&gt;", "2024-01-31"):
        assert told in made
    for rule in ("color-scheme: light dark", "@media print", "prefers-color-scheme: dark"):
        assert rule in made


def test_amounts_are_in_the_language_of_the_reader() -> None:
    texts.use("nl")
    try:
        made = page()
    finally:
        texts.use("en")
    assert '<html lang="nl">' in made
    assert ">1.234,56</text>" in made
    assert ">-0,05</td>" in made


def test_a_plot_has_a_title_a_description_and_real_texts() -> None:
    made = drawn(BARS, "one")
    svg = ElementTree.fromstring(made)
    name = "{http://www.w3.org/2000/svg}"
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "one-title one-desc")
    assert [each.text for each in svg.findall(f"{name}title")] == ["Margin <per> month"]
    assert [each.text for each in svg.findall(f"{name}desc")] == [
        f"What is left. $a & b$: 1,234.56; {'x' * 60}: -0.05."
    ]
    words = {each.text for each in svg.iter(f"{name}text")}
    assert words == {"$a & b$", f"{'x' * 43}…", "1,234.56", "-0.05"}
    assert svg.get("width") is None
    assert "#010203" not in made
    assert made == drawn(BARS, "one")


@given(st.lists(st.tuples(st.integers(-9, 9), st.sampled_from("ab\n")), max_size=40), st.integers(1, 7))
def test_rows_of_any_number_come_lowest_first_and_always_the_same(given_rows: list[tuple[int, str]], few: int) -> None:
    def line(net: int, customer: str, *, sale: bool) -> Line:
        return Line(row=1, sale=sale, period="2024-01", net=net, customer=customer, quantity="2.50")

    rows = [
        Row(bought=(line(5, customer, sale=False),), sold=(line(5 + margin, customer, sale=True),) * (margin < 9))
        for margin, customer in given_rows
    ]
    found = list(lowest_first(rows, few))
    assert found == sorted(rows, key=order)
    assert found == list(lowest_first(reversed(rows), few))


def test_the_largest_are_drawn_losses_and_gains_alike() -> None:
    plot = Bars.largest("", "", ((str(n), -n if n % 2 else n) for n in range(40)))
    assert [name for name, _ in plot.bars] == [str(39 - n) for n in range(MOST)]


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    check()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SettingsError) as told:
        check()
    assert "copaco-connector[reports]" in told.value.hint
