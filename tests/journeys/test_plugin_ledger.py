"""Bookkeeping software of others with the installed command: let us in, look at it, and what it does not know."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.journeys.office import Office, told

OFFICE_BOOKS = """
from connector.domain.accounts import ChartOfAccounts
from connector.errors import LedgerRefused
from connector.ledgers.base import VatCode
from connector.ledgers.memory import MemoryLedger


class OfficeBooks(MemoryLedger):
    SETTINGS = {"office": "number of the office"}
    SECRETS = {"password": "password of the office"}

    def __init__(self, setup):
        super().__init__(__import__("msgspec").structs.replace(setup, settings={}))
        self.tokens, self.password = setup.tokens, setup.secrets["password"]

    def chart(self):
        known = {code: each for code, each in self.accounts.accounts.items() if code != "7020"}
        return ChartOfAccounts(accounts=known, roles={})

    def vat_codes(self):
        return [VatCode(code="IH", name="Inkoop hoog")]

    def login_address(self, state):
        return f"https://books.example.com/agree?state={state}"

    def login(self, answer, state):
        if f"state={state}" not in answer or self.password() != "hidden-word":
            raise LedgerRefused("the address is not the answer to this question", hint="Begin again.")
        self.tokens.mkdir(exist_ok=True)
        (self.tokens / "office").write_text("agreed")
"""


@pytest.fixture
def office_books(sqlite_office: Office, tmp_path: Path) -> Office:
    """An office whose ledger is software that another package knows."""
    site = tmp_path / "site"
    metadata = site / "office_books-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "office_books.py").write_text(OFFICE_BOOKS, encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: office-books\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(
        "[connector.ledgers]\noffice = office_books:OfficeBooks\n", encoding="utf-8"
    )
    office = sqlite_office
    office.environment["PYTHONPATH"] = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    office.environment["OFFICE_PASSWORD"] = "hidden-word"
    office.toml = re.sub(
        r'kind = "hledger"[^\n]*',
        'kind = "office"\noffice = "12"\npassword = "env:OFFICE_PASSWORD"\nclosed_until = 2023-12-31',
        office.toml,
    )
    return office


def test_a_person_lets_us_in(office_books: Office) -> None:
    office = office_books
    process = office.start("ledger", "login", "acme")
    assert process.stdout is not None
    assert process.stdin is not None
    address = next(line for line in process.stdout if line.startswith("https://")).strip()
    state = address.rpartition("state=")[2]
    out, err = process.communicate(f"https://localhost/?code=1&state={state}\n", timeout=60)
    assert process.returncode == 0, err
    assert "Done: office lets us in." in out
    assert (office.folder / "tokens" / "office").read_text(encoding="utf-8") == "agreed"
    assert "hidden-word" not in out + err


def test_the_answer_to_another_question_lets_nobody_in(office_books: Office) -> None:
    done = office_books.run("ledger", "login", "acme", given="https://localhost/?code=1&state=other\n", code=12)
    told(done, "the address is not the answer to this question", "Begin again.")
    assert not (office_books.folder / "tokens").exists()


def test_what_the_tables_name_and_the_ledger_does_not_know(office_books: Office) -> None:
    """A common setting, closed_until, stands there too, although this ledger has no setting of that name."""
    shown = office_books.run("ledger", "check", code=20)
    assert "the ledger has no such account" in shown.out
    (found,) = office_books.asked("ledger", "check", code=20)["ledgers"]
    accounts = [each["name"] for each in found["doubts"] if each["file"] == "accounts.csv"]
    assert accounts == ["7020"]
    (chart,) = office_books.asked("ledger", "chart")["ledgers"]
    assert "7020" not in {each["code"] for each in chart["accounts"]}
    assert chart["vat_codes"] == [{"code": "IH", "name": "Inkoop hoog", "rate": None}]


def test_a_secret_in_clear_is_refused(office_books: Office) -> None:
    office_books.change('"env:OFFICE_PASSWORD"', '"hidden-word"')
    done = office_books.run("ledger", "check", code=3)
    told(done, "password is a secret and stands there in clear", "env:NAME")
    assert "hidden-word" not in done.out + done.err
