"""The source lines of an entry as a table that belongs to it."""

from __future__ import annotations

import csv
import io

from connector.engine.papers import papers
from tests.engine.desk import Desk
from tests.engine.paper import customer, invoice, line
from tests.ledgers.worked import simple


def rows(desk: Desk, number: str) -> list[dict[str, str]]:
    entry = next(each for each in desk.entries().values() if each.number == number)
    (paper,) = papers(desk.place, desk.books, entry)
    assert (paper.name, paper.media_type) == (f"{number.replace('/', '-')}-lines.csv", "text/csv")
    return list(csv.DictReader(io.StringIO(paper.content.decode("utf-8-sig")), delimiter=";"))


def test_the_lines_add_up_to_the_entry(desk: Desk) -> None:
    desk.pull(invoice("1", line("10.005"), line("-20.00", kind="Usage Fee"), line("30.00")))
    desk.prepare()
    found = rows(desk, "1")
    assert [(each["line"], each["charge_type"], each["amount_as_received"], each["net"]) for each in found] == [
        ("1", "Cycle Fee", "10.005", "10.01"),
        ("2", "Usage Fee", "-20.00", "-20.00"),
        ("3", "Cycle Fee", "30.00", "30.00"),
    ]


def test_what_looks_like_a_formula_is_a_text(desk: Desk) -> None:
    desk.pull(invoice("1/2", customers=[customer("A", [line(Description="=1+1")], CompanyName="@Cmd; Ltd")]))
    desk.prepare()
    (found,) = rows(desk, "1/2")
    assert (found["description"], found["customer"]) == ("'=1+1", "'@Cmd; Ltd")


def test_an_entry_that_is_not_ours_has_none(desk: Desk) -> None:
    assert papers(desk.place, desk.books, simple("9")) == []
