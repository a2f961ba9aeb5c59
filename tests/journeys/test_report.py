"""Margins of the sandbox's months: every cent of both sides."""

from __future__ import annotations

from decimal import Decimal

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
