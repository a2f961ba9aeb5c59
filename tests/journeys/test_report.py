"""Reports of the sandbox's months: every cent of both sides, on the screen and in files."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from connector.sandbox import Sandbox
from tests.journeys.office import TODAY, Office, told
from tests.journeys.terminal import seen


def rows_of(office: Office, file: str) -> list[dict[str, str]]:
    with (office.folder / file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened, delimiter=";"))


def summed(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(each[column] or 0) for each in rows), Decimal(0))


def margins(office: Office, by: str, *more: str) -> Any:
    (found,) = office.asked("report", "margin", "--by", by, *more)["administrations"]
    return found


def test_margins_add_up_to_both_sides(office: Office) -> None:
    found = margins(office, "period")
    assert found["left_out"] == []
    total = {name: Decimal(str(value)) for name, value in found["total"].items() if name not in {"name", "percent"}}
    sides = office.asked("status")["administrations"][0]["totals"]
    assert total["cost"] + total["unsold"] == Decimal(str(sides["purchase"]["source"]))
    assert total["sale"] + total["unbought"] == Decimal(str(sides["sale"]["source"]))
    for by in ("customer", "vendor", "plan", "line"):
        assert margins(office, by)["total"] == found["total"], by
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


def test_every_row_is_in_the_file(sqlite_office: Office) -> None:
    office = sqlite_office
    lines = margins(office, "line", "--output", "rows.csv")
    rows = rows_of(office, "rows.csv")
    total = lines["total"]
    assert len(rows) == total["rows"] + total["unsold_lines"] + total["unbought_lines"] > len(lines["rows"]) == 30
    for column, name in (("Cost", "cost"), ("Sale", "sale"), ("Margin", "margin"), ("Not sold on", "unsold")):
        assert summed(rows, column) == Decimal(total[name]), column
    assert len({each["Row hash"] for each in rows}) == len(rows)
    lowest = [Decimal(each["margin"] or f"-{each['cost'] or 0}") for each in lines["rows"]]
    assert lowest == sorted(lowest)
    assert [each["Row hash"] for each in rows][:30] == [each["row_hash"] for each in lines["rows"]]
    assert (lines["rows_in_all"], lines["rows_left_out"]) == (len(rows), len(rows) - 30)
    assert all(each["Bought"] or each["Sold"] for each in rows)
    shown = office.run("report", "margin", "--by", "line").out
    assert f"{lines['rows_left_out']} rows with a higher margin are left out" in shown
    told(office.run("report", "margin", "--by", "line", "--all", code=2), "--output")


@pytest.mark.parametrize(
    ("width", "shown", "left_out"),
    [(80, "Cost Sale Margin", "Bought, Sold"), (100, "Bought Sold Cost Sale Margin %", "Charge type")],
)
def test_every_row_fits_the_terminal(sqlite_office: Office, width: int, shown: str, left_out: str) -> None:
    at = ("--today", TODAY.isoformat())
    _, screen = seen(sqlite_office.folder, width, "report", "margin", "--by", "line", *at)
    lines = screen.splitlines()
    assert max(map(len, lines)) <= width
    (head,) = (each for each in lines if each.startswith("Period"))
    assert " ".join(head.split()) == f"Period Customer Plan {shown}"
    assert left_out in screen.partition("Left out for want of room: ")[2]


def test_rows_of_one_side_show_their_amount_and_are_added_up_apart(sqlite_office: Office, sandbox: Sandbox) -> None:
    sandbox.faults.add("incomplete-specification")
    sqlite_office.run("sync")
    total = margins(sqlite_office, "line")["total"]
    assert total["unsold_lines"] > 0
    at = ("--today", TODAY.isoformat())
    _, screen = seen(sqlite_office.folder, 100, "report", "margin", "--by", "line", *at)
    amount = f"{Decimal(total['unsold']):,}"
    assert f"Not sold on, and in no total: {amount} in {total['unsold_lines']} line" in screen
    assert max(map(len, screen.splitlines())) <= 100
    assert any(each.startswith("Period") for each in screen.splitlines()), "in columns, not row by row"
    assert f"{Decimal(total['cost']):,}" in screen


def test_a_file_is_as_its_name_says_and_is_not_replaced_unasked(sqlite_office: Office) -> None:
    office = sqlite_office
    found = margins(office, "customer", "--output", "margins.xlsx")
    (sheet,) = openpyxl.load_workbook(office.folder / "margins.xlsx").worksheets
    names = {row[0].value for row in sheet.iter_rows(min_row=3)}
    assert {each["name"] for each in found["rows"]} <= names
    told(office.run("report", "margin", "--output", "margins.xlsx", code=2), "--yes")
    office.run("report", "margin", "--output", "margins.xlsx", "--yes", "--language", "fr")
    told(office.run("report", "margin", "--output", "margins.pdf", code=2), ".csv, .xlsx")
    for name in ("rows.csv", "rows.xlsx", "rows.html"):
        lost = office.run("report", "margin", "--by", "line", "--output", f"missing/{name}", code=74)
        told(lost, f"Error: missing/{name} cannot be read or written")


def test_leaks_are_what_margins_leave_apart(office: Office) -> None:
    total = margins(office, "period")["total"]
    (found,) = office.asked("report", "leakage", "--output", "leaks.csv")["administrations"]
    euros: dict[str, Decimal] = {}
    for each in found["leaks"]:
        euros[each["kind"]] = euros.get(each["kind"], Decimal(0)) + Decimal(each["amount"])
        assert each["next"]
    bought = euros.get("customer-missing", Decimal(0)) + euros.get("cost-without-sale", Decimal(0))
    assert bought + Decimal(found["own_use"]) == Decimal(total["unsold"])
    assert euros.get("sale-without-cost", Decimal(0)) == Decimal(total["unbought"])
    rows = rows_of(office, "leaks.csv")
    assert summed(rows, "Amount") == sum(euros.values())
    if rows:
        assert rows[0]["Customer"] in office.run("report", "leakage").out
    assert "Nothing leaks" in office.run("report", "leakage", "--period", "2024-12").out or rows


def test_prices_that_do_not_change_are_told_so(sqlite_office: Office) -> None:
    (found,) = sqlite_office.asked("report", "prices", "--output", "prices.xlsx")["administrations"]
    assert found["changes"] == []
    shown = sqlite_office.run("report", "prices", "--language", "nl").out
    assert "acme" in shown
    assert (sqlite_office.folder / "prices.xlsx").is_file()


def test_the_sandbox_credits_seats_by_their_days(sqlite_office: Office) -> None:
    (found,) = sqlite_office.asked("report", "credits", "--output", "credits.csv")["administrations"]
    assert {each["kind"] for each in found["credits"]} <= {"end-not-credited"}
    assert all(each["at_most"] for each in found["credits"])
    rows = rows_of(sqlite_office, "credits.csv")
    assert {each["Certainty"] for each in rows} == {"at most"}
    assert (summed(rows, "Open"), found["open_certain"]) == (Decimal(found["open_at_most"]), "0.00")
    assert len(rows) == len(found["credits"])
    for language, words in (("nl", "abonnement geëindigd"), ("fr", "abonnement terminé")):
        asked = ("report", "credits", "--all", "--language", language)
        assert words in sqlite_office.run(*asked).out
        (told_in_json,) = sqlite_office.asked(*asked)["administrations"]
        assert [each["kind"] for each in told_in_json["credits"]] == [each["kind"] for each in found["credits"]]


def test_what_was_billed_beside_what_was_sold(office: Office) -> None:
    documents = office.asked("invoices", "list", "--direction", "sale", "--period", "2024-12")["invoices"]
    sold: dict[str, Decimal] = {}
    for each in documents:
        sold[each["party"]] = sold.get(each["party"], Decimal(0)) + Decimal(each["net"])
    forgotten, numbered, *_ = sorted(sold)
    (account,) = {each["customer"] for each in documents if each["party"] == numbered}
    office.add_row("customers.csv", f"{account};{numbered};D-7;NL;;;;;;;")
    rows = ["Dagboek;Boekstuk;Datum;Grootboekrekening;Relatiecode;Relatienaam;Debet;Credit"]
    for n, (name, net) in enumerate(sorted(sold.items())):
        if name != forgotten:
            party = "D7;Somebody" if name == numbered else f";{name}"
            rows += [
                f"VRK;{n};2024-12-31;1300;{party};{net * 2};",
                f"VRK;{n};2024-12-31;8010;{party};;{net}",
                f"VRK;{n};2024-12-31;1520;{party};;{net}",
            ]
    rows += ["VRK;X;2024-12-31;1300;9;Other;10.00;", "VRK;X;2024-12-31;8010;9;Other;;10.00"]
    (office.folder / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = office.asked("report", "billed", "--export", "ledger.csv", "--output", "billed.csv")
    assert found["months"] == ["2024-12"]
    assert {each["customer"]: Decimal(each["expected"]) for each in found["rows"]} == sold
    assert {each["customer"]: each["difference"] for each in found["rows"] if Decimal(each["difference"])} == {
        forgotten: str(sold[forgotten])
    }
    assert next(each["debtor"] for each in found["rows"] if each["customer"] == numbered) == "D-7"
    assert (found["others"], found["nobody"], found["unknown_accounts"]) == ("10.00", "0.00", {})
    assert summed(rows_of(office, "billed.csv"), "Difference") == sold[forgotten]
    assert {each["customer"]: each["found_by"] for each in found["rows"]} == {
        **dict.fromkeys(sold, "name"), numbered: "debtor", forgotten: "not-mapped",
    }  # fmt: skip
    told(office.run("report", "billed", "--export", "nothing.csv", code=None), "nothing.csv")


def test_it_is_said_why_nothing_can_be_compared_with_what_was_billed(sqlite_office: Office) -> None:
    office, head = sqlite_office, "Dagboek;Boekstuk;Datum;Grootboekrekening;Debtor;Debet;Credit\n"
    ledger, billed = office.folder / "ledger.csv", ("report", "billed", "--export", "ledger.csv")

    def invoiced(date: str, debtors: str = "1300") -> None:
        rows = f"VRK;1;{date};{debtors};D-7;10.00;\nVRK;1;{date};8010;D-7;;10.00\n"
        ledger.write_text(head + rows, encoding="utf-8")

    invoiced("2023-05-31")
    assert "invoices of the file of 2023-05. Fetch" in office.run(*billed).out
    invoiced("2024-12-31")
    assert "not both of 2024-11" in office.run(*billed, "--period", "2024-11").out
    assert "No invoice of the file books on account 8020" in office.run(*billed, "--account", "8020").out
    invoiced("2024-12-31", debtors="1400")
    assert "debtors' account 1300" in (told_so := office.run(*billed).out)
    assert "number of each entry" in told_so
    office.set("sale_source", '"customer-invoices"')
    assert "No sales were fetched: 'connector pull'" in office.run(*billed).out


def test_each_customer_that_was_not_found_has_its_own_next_step(sqlite_office: Office) -> None:
    office = sqlite_office
    documents = office.asked("invoices", "list", "--direction", "sale", "--period", "2024-12")["invoices"]
    names = {each["customer"]: each["party"] for each in documents}
    gone, twice, bare, new, *_ = names
    for account, debtor in ((gone, "D-7"), (bare, "")):
        office.add_row("customers.csv", f"{account};Renamed {account};{debtor};NL;;;;;;;")
    rows = ["Dagboek;Boekstuk;Datum;Grootboekrekening;Party;party_name;Debet;Credit"]
    for number in ("1", "2"):
        rows += [f"VRK;{number};2024-12-31;{account};{number};{names[twice]};{sums}"
                 for account, sums in (("1300", "5.00;"), ("8010", ";5.00"))]  # fmt: skip
    (office.folder / "ledger.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = office.asked("report", "billed", "--export", "ledger.csv", "--output", "billed.csv")["rows"]
    by = {each["account_ids"][0]: (each["found_by"], each["billed"]) for each in found}
    assert by[gone] == ("debtor-not-in-file", "0.00")
    assert by[twice] == ("several", None)
    assert (by[bare], by[new]) == (("no-debtor", None), ("not-mapped", None))
    assert len({each["next"] for each in found}) == 4
    shown = office.run("report", "billed", "--export", "ledger.csv", "--language", "fr").out
    for words in ("pas dans le fichier", "plusieurs comptes clients", "pas dans customers.csv"):
        assert words in shown
    assert {each["Found by"] for each in rows_of(office, "billed.csv")} >= {"not in the file", "several debtors"}


def test_every_report_says_what_it_counts_that_is_held(office: Office) -> None:
    (held,) = [each for each in office.asked("invoices", "list")["invoices"] if each["state"] == "held"]
    wanted = f"1 document with {held['net']} is held, and counted here.\n'connector findings' says why"
    (office.folder / "ledger.csv").write_text("Rekening;Datum;Bedrag\n1300;2024-12-31;1,00\n", encoding="utf-8")
    for name in ("margin", "leakage", "prices", "credits"):
        assert f"Purchases: {wanted}" in office.run("report", name).out
        (found,) = office.asked("report", name)["administrations"]
        (side,) = found["doubtful"]
        assert (side["direction"], side["held_documents"], side["held_amount"]) == ("purchase", 1, held["net"])
    assert wanted in office.run("report", "margin", "--by", "line").out
    assert "is held" not in office.run("report", "margin", "--period", "2024-11").out
    assert "is held" not in office.run("report", "billed", "--export", "ledger.csv").out


def test_a_page_with_plots(sqlite_office: Office) -> None:
    office = sqlite_office
    for name, plots in (("margin", 2), ("leakage", 1), ("credits", 1)):
        office.run("report", name, "--output", f"{name}.html", "--language", "fr")
        page = (office.folder / f"{name}.html").read_text(encoding="utf-8")
        assert '<html lang="fr">' in page
        assert page.count("<svg ") <= plots
    assert (office.folder / "margin.html").read_text(encoding="utf-8").count("<svg ") == 2
    office.run("report", "margin", "--by", "line", "--output", "lines.html")
    lines = (office.folder / "lines.html").read_text(encoding="utf-8")
    assert lines.count("<tr>") == 31
