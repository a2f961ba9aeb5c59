"""An accountant asks what the tables do: which euros are covered, why a line went where it went, and what if."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.journeys.office import Office

TYPES = ["Purchase Fee", "Cycle Fee", "Item Fee", "Usage Fee", "One Time Fee", "Correction", "", None]


def test_every_euro_is_in_a_class(office: Office) -> None:
    (found,) = office.asked("mapping", "coverage")["coverage"]
    documents = [each for each in office.asked("invoices", "list")["invoices"] if each["date"]]
    for direction, source in (("purchase", "invoices"), ("sale", "customer-specifications")):
        mine = [each for each in documents if (each["direction"], each["source"]) == (direction, source)]
        for told in ("totals", "rows"):
            rows = [each for each in found[told] if each["direction"] == direction]
            assert sum(Decimal(row["net"]) for row in rows) == sum(Decimal(each["net"]) for each in mine)
            assert sum(row["lines"] for row in rows) == sum(each["lines"] for each in mine)
    turnovers = [Decimal(row["turnover"]) for row in found["rows"]]
    assert turnovers == sorted(turnovers, reverse=True)
    by_direction = {
        direction: [each["charge_type"] for each in found["tomorrow"] if each["direction"] == direction]
        for direction in ("purchase", "sale")
    }
    assert by_direction == {"purchase": TYPES, "sale": TYPES}


def test_coverage_can_be_narrowed(sqlite_office: Office) -> None:
    office = sqlite_office
    (all_of_it,) = office.asked("mapping", "coverage", "--direction", "purchase")["coverage"]
    (some,) = office.asked("mapping", "coverage", "--direction", "purchase", "--charge-type", "cyclefee")["coverage"]
    assert 0 < len(some["rows"]) < len(all_of_it["rows"])
    assert {row["charge_type"] for row in some["rows"]} == {"Cycle Fee"}
    (held,) = office.asked("mapping", "coverage", "--uncovered")["coverage"]
    assert {row["class"] for row in held["rows"]} <= {"not covered"}
    (summed,) = office.asked("mapping", "coverage", "--without-customers")["coverage"]
    assert {row["customer"] for row in summed["rows"]} == {""}
    (saved,) = office.asked("mapping", "coverage", "--version", "1")["coverage"]
    assert saved["totals"] == office.asked("mapping", "coverage")["coverage"][0]["totals"]
    told = office.run("mapping", "coverage", "--version", "9", code=4).err
    assert "acme has no mapping version 9" in told
    assert office.asked("mapping", "coverage", "--months", "1", "--direction", "sale")["coverage"][0]["totals"]


def test_new_tables_show_in_coverage_before_a_run(sqlite_office: Office) -> None:
    office = sqlite_office
    office.change("P020;purchase;Cycle Fee;", "P020;purchase;Item Fee x;", file="mappings/nl/rules.csv")
    (found,) = office.asked("mapping", "coverage", "--direction", "purchase")["coverage"]
    cycle = [row for row in found["rows"] if row["charge_type"] == "Cycle Fee" and row["category"] == "Microsoft"]
    assert {(row["class"], *row["codes"]) for row in cycle} == {("not covered", "ACCOUNT-UNMAPPED")}
    out = office.run("mapping", "coverage", "--direction", "purchase").out
    assert "ACCOUNT-UNMAPPED, for example: No rule gives an account" in out
    assert "Add a row to rules.csv" in out


def test_a_line_is_explained_and_why_not(office: Office) -> None:
    number = office.states()["ready"][0]
    line = office.document(number)["line_items"][0]
    (found,) = [
        each
        for each in office.asked("mapping", "explain", f"{number}:1")["lines"]
        if each["sees"]["direction"] == "purchase"
    ]
    assert found["net"] == line["net"]
    assert found["booked"]["mapping"]["version"] == 1
    assert found["booked"]["mapping"]["author"]
    assert found["differs"] is False
    by_hash = office.asked("mapping", "explain", line["row_hash"])["lines"]
    assert {each["row_hash"] for each in by_hash} == {line["row_hash"]}
    results = {each["column"]: each for each in found["booked"]["decision"]["results"]}
    assert results["account"]["chosen_by"]["file"] == "rules.csv"
    (asked,) = [
        each
        for each in office.asked("mapping", "why-not", f"{number}:1")["lines"]
        if each["sees"]["direction"] == "purchase"
    ]
    winner = next(each for each in asked["rules"] if each["id"] == results["account"]["chosen_by"]["id"])
    assert winner["matches"]
    assert "account" in winner["gave"]
    other = next(each for each in asked["rules"] if not each["matches"])
    assert other["differing"]
    out = office.run("mapping", "why-not", f"{number}:1", other["id"].lower()).out
    assert other["id"] in out
    assert "the row says" in out


def test_what_is_named_wrongly_is_said(sqlite_office: Office) -> None:
    office = sqlite_office
    number = office.states()["ready"][0]
    assert "There is no line 1:1" in office.run("mapping", "explain", "1:1", code=2).err
    assert "did you mean 'P" in office.run("mapping", "why-not", f"{number}:1", "P01O", code=2).err
    assert "no VAT rate" in office.run("mapping", "try", "--rate", "much", code=2).err


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_people_can_read_it(sqlite_office: Office, language: str) -> None:
    office = sqlite_office
    number = office.states()["ready"][0]
    for arguments in (("coverage",), ("explain", f"{number}:1"), ("why-not", f"{number}:1"), ("try",)):
        done = office.run("mapping", *arguments, "--language", language)
        assert done.err == ""
        assert "P010" in done.out or "rules.csv" in done.out or "taxmap.csv" in done.out, done


def test_a_line_that_is_only_described(sqlite_office: Office) -> None:
    office = sqlite_office
    (found,) = office.asked("mapping", "try", "--charge-type", "Strange Fee")["lines"]
    assert found["class"] == "not covered"
    assert [each["code"] for each in found["decision"]["problems"]] == ["CHARGE-TYPE-UNKNOWN"]
    assert "Strange Fee" in found["decision"]["problems"][0]["sentence"]
    assert {"sender", "rate"} <= set(found["usual"])
    (found,) = office.asked(
        "mapping", "try", "--charge-type", "Correction", "--plan", "Azure plan", "--rate", "21,0", "--sign", "-",
        "--date", "2025-01-31", "--sender", "NL111111111B01",
    )["lines"]  # fmt: skip
    assert found["date"] == "2025-01-31"
    assert found["line"]["rate"] == "21"
    assert (found["class"], found["decision"]["account"]) == ("covered", "7020")
    (found,) = office.asked("mapping", "try", "--direction", "sale", "--customer", "nobody")["lines"]
    assert "CUSTOMER-UNMAPPED" in [each["code"] for each in found["decision"]["problems"]]


def test_try_needs_no_documents(new_office: Office) -> None:
    new_office.run("init", "--yes", "--name", "acme", "--country", "NL", "--vat-number", "NL222222222B01",
                   "--company-name", "Voorbeeld", "--key-stdin", given="secret\n")  # fmt: skip
    (found,) = new_office.asked("mapping", "try")["lines"]
    assert found["usual"] == []
    assert found["class"] == "not covered"
    out = new_office.run("mapping", "coverage").out
    assert "There are no lines in this time." in out
