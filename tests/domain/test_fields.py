"""The fingerprint of fields: what appears, stays away, changes, and what is told of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connector.domain.fields import LONGEST_PATH, MOST_FIELDS, Happening, Note, Sample, is_told, notes

PLAIN = {"Header": {"Date": "20240322"}, "Customers": [{"AccountID": 7, "Vat": Decimal("0.21"), "Extra": None}]}


class Books:
    """Notes as they gather, answer by answer."""

    def __init__(self) -> None:
        self.known: dict[str, list[Note]] = {}

    def see(self, *values: object) -> list[Note]:
        """Sample ``values``; what is noted and told."""
        sample = Sample()
        for value in values:
            sample.add("", value)
        found = list(notes(self.known, sample))
        told = [
            each for each in found if is_told(each, self.known[each.path][-1].kinds if each.path in self.known else ())
        ]
        for each in found:
            self.known.setdefault(each.path, []).append(each)
        return told


def changed(**header: Any) -> dict[str, Any]:
    return {**PLAIN, "Header": header}


def test_the_first_answer_is_noted_and_tells_nothing() -> None:
    books = Books()
    assert books.see(PLAIN) == []
    assert {path: notes[0].kinds for path, notes in books.known.items()} == {
        "": ("object",),
        "Header": ("object",),
        "Header.Date": ("text",),
        "Customers": ("list",),
        "Customers[]": ("object",),
        "Customers[].AccountID": ("number",),
        "Customers[].Vat": ("number",),
        "Customers[].Extra": (),
    }
    assert books.known["Customers[].Vat"][0].example == "0.21"
    assert books.see(PLAIN) == []


def test_what_appears_vanishes_or_changes_is_told_once() -> None:
    books = Books()
    books.see(PLAIN)
    (appeared,) = books.see(changed(Date="20240422", Paid=True))
    assert (appeared.path, appeared.happening, appeared.kinds) == ("Header.Paid", Happening.APPEARED, ("flag",))
    (vanished,) = books.see(PLAIN)
    assert (vanished.path, vanished.happening) == ("Header.Paid", Happening.VANISHED)
    (kind,) = books.see(changed(Date=20240422))
    assert (kind.path, kind.happening, kind.kinds) == ("Header.Date", Happening.CHANGED, ("number", "text"))
    assert books.see(changed(Date="20240522")) == []


def test_what_comes_and_goes_is_told_once() -> None:
    books = Books()
    books.see(changed(Date="1", Paid=True))
    assert [each.happening for each in books.see(PLAIN)] == [Happening.VANISHED]
    assert books.see(changed(Date="1", Paid=True)) == []
    assert books.known["Header.Paid"][-1].happening is Happening.RETURNED
    assert books.see(PLAIN) == []


def test_a_field_is_not_missed_where_nothing_could_hold_it() -> None:
    books = Books()
    books.see(PLAIN)
    told = books.see({"Header": {"Date": "1"}, "Customers": []})
    assert [each.path for each in told] == ["Customers[]"]


def test_a_field_that_was_empty_and_is_filled_did_not_change() -> None:
    books = Books()
    books.see(PLAIN)
    filled = {**PLAIN, "Customers": [{"AccountID": 7, "Vat": Decimal("0.21"), "Extra": "x"}]}
    assert books.see(filled) == []
    assert books.known["Customers[].Extra"][-1].kinds == ("text",)


def test_names_without_end_are_cut_off_and_nothing_is_missed_then() -> None:
    books = Books()
    books.see({"A": 1})
    assert len(books.see({f"N{n}": 1 for n in range(MOST_FIELDS * 2)})) == MOST_FIELDS - 1
    assert len(books.known) == MOST_FIELDS + 1
    assert books.see({"x" * (LONGEST_PATH + 1): 1, "A": 1, "N0": 1})
    assert all(len(path) <= LONGEST_PATH for path in books.known)
