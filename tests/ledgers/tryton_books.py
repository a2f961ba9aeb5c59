"""The company in the tests' Tryton: chart, taxes, parties, years; and ledgers opened on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from connector.domain.accounts import Account, ChartOfAccounts
from connector.ledgers.base import Setup, TaxThere
from connector.ledgers.registry import open_ledger
from connector.ledgers.tryton.ledger import TrytonLedger
from connector.sandbox import RESELLER_NL
from connector.sandbox.parties import COPACO_NL
from tests.engine.desk import mapping_files
from tests.engine.test_starter_world import WORLD
from tests.ledgers.tryton_server import PASSWORD
from tests.ledgers.worked import BE_CHART, NL_CHART, NL_ISSUER

STARTER = mapping_files("nl").mapping
OPEN_ITEMS = {"1300": "receivable", "1600": "payable", "440": "payable"}
CHART = ChartOfAccounts(
    accounts={**NL_CHART.accounts, **BE_CHART.accounts, **STARTER.chart.accounts}, roles=STARTER.chart.roles
)
BE_REVERSE = "BE.P.RC_EU_SVC.21"
TAXES: Mapping[str, TaxThere] = {
    BE_REVERSE: TaxThere(code="BE reverse 21", rate=Decimal(21), direction="purchase", reverse_charge=True),
    **{
        tax.code: TaxThere(
            code=f"tax {tax.code}", rate=tax.rate, direction=tax.direction, reverse_charge=tax.reverse_charge
        )
        for tax in STARTER.tax_codes
    },
}
CUSTOMERS = [WORLD.portfolios[RESELLER_NL.name].customer(index) for index in range(WORLD.customers)]
DEBTORS = {"10001": "10001", "10002": "10002", **{each.account_id: each.number for each in CUSTOMERS}}
SETTINGS = {
    "user": "admin",
    "company": "1",
    "purchase_journal": "EXP",
    "sale_journal": "REV",
    "general_journal": "MISC",
}


def _kind(account: Account) -> str:
    return OPEN_ITEMS.get(account.code, account.type.value)


def _tax(there: TaxThere) -> dict[str, Any]:
    parts = [[str(there.rate), "1520"]]
    if there.reverse_charge and there.direction == "purchase":
        parts.append([str(-there.rate), "1500"])
    return {"name": there.code, "parts": parts}


BOOKS: Mapping[str, Any] = {
    "company": "Voorbeeld ICT B.V.",
    "accounts": [[each.code, each.name, _kind(each)] for each in CHART.accounts.values()],
    "taxes": [_tax(there) for there in TAXES.values()],
    "parties": [
        {"name": "Copaco Nederland B.V.", "code": "COPACO", "vat": NL_ISSUER},
        {"name": "Copaco of the sandbox", "code": "COPACO-2", "vat": COPACO_NL.vat_number},
        *({"name": f"Debtor {number}", "code": number} for number in dict.fromkeys(DEBTORS.values())),
    ],
    "years": [2024, 2025, 2026],
}


class Office:
    """One fresh copy of the company: its server's address, its database, and a look at the tables themselves."""

    def __init__(self, address: str, database_url: str) -> None:
        self.address = address
        self.database = str(make_url(database_url).database)
        self.url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)

    def ledger(
        self,
        *,
        url: str = "",
        password: Callable[[], str] = lambda: PASSWORD,
        taxes: Mapping[str, TaxThere] = TAXES,
        hide: Callable[[str], object] = lambda _: None,
        **settings: str,
    ) -> TrytonLedger:
        """The company as a ledger named books."""
        ledger = open_ledger("tryton", self.setup(url=url, password=password, taxes=taxes, hide=hide, **settings))
        assert isinstance(ledger, TrytonLedger)
        return ledger

    def setup(
        self,
        *,
        url: str = "",
        password: Callable[[], str] = lambda: PASSWORD,
        taxes: Mapping[str, TaxThere] = TAXES,
        hide: Callable[[str], object] = lambda _: None,
        **settings: str,
    ) -> Setup:
        """What a ledger on the company is made of."""
        return Setup(
            name="books",
            chart=CHART,
            settings={**SETTINGS, "url": url or self.address, "database": self.database, **settings},
            folder=Path("unused"),
            secrets={"password": password},
            taxes=taxes,
            debtors=DEBTORS,
            hide=hide,
        )

    def empty(self) -> None:
        """The company without moves, attachments and sessions, with all periods and journals open."""
        with psycopg.connect(self.url) as connection:
            connection.execute("TRUNCATE account_move, account_journal_period CASCADE")
            connection.execute("DELETE FROM ir_attachment")
            connection.execute("DELETE FROM ir_session")
            connection.execute("UPDATE account_period SET state = 'open'")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the tables say, whatever the server's own interface says."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def moves(self) -> Sequence[tuple[int, str]]:
        """Every move with its state."""
        return [(number, state) for number, state in self.rows("SELECT id, state FROM account_move ORDER BY id")]

    def lines(self, number: str) -> list[tuple[str, str, Decimal]]:
        """The lines of the posted moves whose description has this word: account, party's code, debit minus credit."""
        return self.rows(
            "SELECT a.code, coalesce(p.code, ''), l.debit - l.credit FROM account_move m "
            "JOIN account_move_line l ON l.move = m.id JOIN account_account a ON a.id = l.account "
            "LEFT JOIN party_party p ON p.id = l.party "
            "WHERE m.state = 'posted' AND m.description LIKE %s ORDER BY l.id",
            f"% {number} %",
        )

    def taxed(self, number: str) -> list[tuple[str, str, Decimal]]:
        """The tax lines of the moves with this word: tax, base or tax, amount."""
        return self.rows(
            "SELECT t.name, x.type, sum(x.amount) FROM account_move m JOIN account_move_line l ON l.move = m.id "
            "JOIN account_tax_line x ON x.move_line = l.id JOIN account_tax t ON t.id = x.tax "
            "WHERE m.description LIKE %s GROUP BY 1, 2 ORDER BY 1, 2",
            f"% {number} %",
        )
