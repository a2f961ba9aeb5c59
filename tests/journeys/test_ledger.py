"""Looking at the ledger with the installed command."""

from __future__ import annotations

from tests.journeys.office import Office, told


def test_a_ledger_of_files_takes_our_accounts_and_wants_no_login(office: Office) -> None:
    shown = office.run("ledger", "check", "acme")
    assert "Everything that the tables name is known there." in shown.out
    (found,) = office.asked("ledger", "check")["ledgers"]
    assert (found["ledger"], found["doubts"]) == ("hledger", [])
    assert found["capabilities"]["batch"] == 1000
    (chart,) = office.asked("ledger", "chart", "acme")["ledgers"]
    assert (chart["accounts"], chart["vat_codes"]) == ([], [])
    assert "hledger takes the accounts of accounts.csv." in office.run("ledger", "chart").out
    told(office.run("ledger", "login", "acme", code=3), "hledger wants no login", "connector ledger check acme")
    told(office.run("ledger", "check", "acne", code=3), "there is no administration 'acne'; did you mean 'acme'")
