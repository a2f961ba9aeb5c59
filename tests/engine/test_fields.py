"""The recorded fingerprint of fields, on both databases."""

from __future__ import annotations

from connector.engine import in_force
from tests.engine.desk import Desk
from tests.engine.paper import body, invoice, line


def told(desk: Desk) -> set[tuple[str, str]]:
    return {
        (each.found.finding.code, each.found.finding.where.rpartition(".")[2])
        for each in in_force.findings(desk.place, desk.books)
        if each.found.finding.code.startswith(("FIELD-", "UNKNOWN-"))
    }


def test_changes_of_the_fields_are_told_once_with_the_list(desk: Desk) -> None:
    desk.pull(invoice("1", line("1.00")), window=None)
    assert told(desk) == set()
    without = {name: value for name, value in line("2.00").items() if name != "BillingFrequency"}
    report = desk.pull(invoice("2", {**without, "Quantity": "1", "SKU": "x", "New": 1}), window=None)
    assert {each.path.rpartition(".")[2] for each in report.noted} == {"BillingFrequency", "Quantity", "SKU", "New"}
    wanted = {
        ("FIELD-VANISHED", "BillingFrequency"),
        ("FIELD-CHANGED", "Quantity"),
        ("FIELD-APPEARED", "SKU"),
        ("UNKNOWN-FIELD", "New"),
    }
    assert told(desk) == wanted
    assert desk.pull(invoice("3", {**without, "Quantity": "1", "SKU": "x", "New": 1}), window=None).noted == ()
    assert told(desk) == wanted


def test_an_answer_that_is_no_object_is_passed_over(desk: Desk) -> None:
    text = body([invoice("1")]).replace(b'"Invoices":[', b'"Invoices":[7,')
    assert desk.keep(text, window=None).noted == ()
