"""Margins of the sandbox's months: every cent of both sides."""

from __future__ import annotations

from decimal import Decimal

from connector.sandbox import Sandbox
from tests.journeys.office import Office


def test_margins_add_up_to_both_sides(office: Office) -> None:
    office.run("sync")
    (found,) = office.asked("report", "margin", "--by", "period")["administrations"]
    assert found["left_out"] == []
    total = {name: Decimal(str(value)) for name, value in found["total"].items() if name not in {"name", "percent"}}
    sides = office.asked("status")["administrations"][0]["totals"]
    assert total["cost"] + total["unsold"] == Decimal(str(sides["purchase"]["source"]))
    assert total["sale"] + total["unbought"] == Decimal(str(sides["sale"]["source"]))
    for by in ("customer", "vendor", "plan"):
        (each,) = office.asked("report", "margin", "--by", by)["administrations"]
        assert each["total"] == found["total"], by
    shown = office.run("report", "margin", "--by", "vendor").out
    assert "Microsoft" in shown


def test_a_customer_that_copaco_left_out_of_the_invoices_is_named(sqlite_office: Office, sandbox: Sandbox) -> None:
    code = ("findings", "--code", "CUSTOMER-WITHOUT-INVOICE")
    assert sqlite_office.asked(*code)["lines"] == []
    sqlite_office.set("sale_source", '"customer-invoices"')
    sandbox.faults.add("vanished-invoice:endpoint=customer-invoices,from=1")
    sqlite_office.run("sync")
    found = sqlite_office.asked(*code)
    (line,) = found["lines"]
    (finding,) = found["findings"]
    assert (finding["amount"], finding["values"]["count"]) == (line["net"], "1")
    shown = sqlite_office.run(*code).out
    assert line["customer"] in shown
    assert "billing contact" in shown
    sqlite_office.proves()
