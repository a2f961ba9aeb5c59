"""An Odoo server to post to: real HTTP, both interfaces, books that are kept; and a ledger opened on it.

``open_world(tmp_path, faults)`` gives the ledger and a world in which faults are armed, periods closed, and entries
counted. Nothing here asks the connector what is right; what it books is read from the books themselves.
"""

from __future__ import annotations

import datetime
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.ledgers.base import Setup, TaxThere
from connector.ledgers.odoo import OdooLedger
from connector.ledgers.registry import open_ledger
from tests.ledgers.odoo_world.books import LINE, MOVE, NAMED, Books
from tests.ledgers.odoo_world.tables import Row
from tests.ledgers.odoo_world.web import Fault, Server
from tests.ledgers.worked import NL_CHART, NL_ISSUER

__all__ = ["BE", "BE_TAXES", "KEY", "NL", "NL_TAXES", "Fault", "World", "open_world"]

KEY = "0123456789abcdef-hidden-key"
NO_SETTINGS: Mapping[str, str] = {}
Accounts = tuple[tuple[str, str], ...]

NL: Accounts = (
    ("1300", "asset_receivable"),
    ("1500", "liability_current"),
    ("1520", "asset_current"),
    ("1600", "liability_payable"),
    ("7010", "expense_direct_cost"),
    ("7020", "expense"),
    ("8010", "income"),
    ("8020", "income"),
)
BE: Accounts = (
    ("400", "asset_receivable"),
    ("411", "asset_current"),
    ("440", "liability_payable"),
    ("451055", "liability_current"),
    ("602", "expense"),
    ("604", "expense"),
)
NL_TAXES = {
    "NL.P.STD.21": TaxThere(code="btw_I_21_d", rate=Decimal(21), direction="purchase"),
    "NL.S.STD.21": TaxThere(code="btw_21", rate=Decimal(21), direction="sale"),
}
BE_TAXES = {
    "BE.P.RC_EU_SVC.21": TaxThere(
        code="attn_VAT-IN-V82-21-EU-S", rate=Decimal(21), direction="purchase", reverse_charge=True
    )
}


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, list[float]()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class World:
    """One company in an Odoo database, and a person who works in it."""

    def __init__(self, version: int, accounts: Accounts = NL) -> None:
        self.books = Books(version, datetime.date(2026, 12, 31))
        add = self.books.add
        euro, other = add("res.currency", name="EUR"), add("res.currency", name="USD")
        per_line = "round_globally"
        self.company = add("res.company", name="Acme", currency_id=euro, tax_calculation_rounding_method=per_line)
        self.euro, self.dollar = euro, other
        mine: Row = {"company_ids": [self.company]} if version >= 18 else {"company_id": self.company}
        live: Row = {"active": True} if version >= 19 else {}
        self.accounts = {
            code: add("account.account", code=code, name=f"Account {code}", account_type=kind, **mine, **live)
            for code, kind in accounts
        }
        owed = {kind: self.accounts[code] for code, kind in accounts}
        both = {"payable": owed["liability_payable"], "receivable": owed["asset_receivable"]}
        self.supplier = add("res.partner", name="Copaco Nederland B.V.", vat=NL_ISSUER, **both)
        for number in ("10001", "10002"):
            add("res.partner", name=f"Customer {number}", ref=f"D{number}", **both)
        self.journals = {
            kind: add("account.journal", code=code, name=kind.title(), type=kind, company_id=self.company, sequence=1)
            for kind, code in (("purchase", "BILL"), ("sale", "INV"), ("general", "MISC"))
        }
        for code in ("KP100", "KP200"):
            add("account.analytic.account", name=f"Team {code}", code=code)
        self._taxes(version)
        self.server = Server(self.books, database="acme", user="connector@acme.example", key=KEY)

    def _taxes(self, version: int) -> None:
        parts: dict[str, tuple[str, str, list[tuple[int, str]]]] = {
            "btw_I_21_d": ("21% ST", "purchase", [(100, "1520")]),
            "btw_21": ("21% ST", "sale", [(100, "1500")]),
            "attn_VAT-IN-V82-21-EU-S": ("21% EU S", "purchase", [(100, "411"), (-100, "451055")]),
        }
        for code, (name, kind, parted) in parts.items():
            if all(account in self.accounts for _, account in parted):
                tax = self.books.add(
                    "account.tax",
                    name=name,
                    amount=Decimal("21.0"),
                    amount_type="percent",
                    type_tax_use=kind,
                    company_id=self.company,
                    repartition=[(factor, self.accounts[account]) for factor, account in parted],
                )
                module = "account" if version >= 17 else "l10n_nl"
                self.books.add(NAMED, module=module, name=f"{self.company}_{code}", model="account.tax", res_id=tax)

    def arm(self, fault: Fault, method: str = "", after: int = 0) -> None:
        """Let a call go wrong."""
        self.server.arm(fault, method, after)

    def close_period(self, until: datetime.date, lock: str = "fiscalyear_lock_date") -> None:
        """Lock everything up to and including ``until``."""
        company = self.books.row("res.company", self.company)
        for name in {lock, f"user_{lock}"} & set(company):
            company[name] = until

    def count_entries(self, key: str) -> int:
        """How many records the books hold under a key, in whatever state but cancelled."""
        return len(self.entries(key))

    def entries(self, key: str) -> list[Row]:
        """The records with the mark of a key, copies included."""
        wanted = f"connector-key: {key} "
        return [
            row
            for row in self.books.rows[MOVE].values()
            if wanted in html.unescape(str(row["narration"])) and row["state"] != "cancel"
        ]

    def only(self, key: str) -> Row:
        """The one record of a key."""
        (found,) = self.entries(key)
        return found

    def moves(self) -> list[Row]:
        """Every record there is."""
        return list(self.books.rows[MOVE].values())

    def balances(self, key: str) -> dict[str, Decimal]:
        """What one entry did to each account, as the books have it."""
        return self.balances_of(self.only(key)["id"])

    def balances_of(self, move: int) -> dict[str, Decimal]:
        """What one record did to each account."""
        codes = {number: code for code, number in self.accounts.items()}
        sums: dict[str, Decimal] = {}
        for line in [line for line in self.books.rows[LINE].values() if line["move_id"] == move]:
            code = codes[line["account_id"]]
            sums[code] = sums.get(code, Decimal()) + line["balance"]
        return {code: amount for code, amount in sums.items() if amount}

    def lines(self, key: str) -> list[Row]:
        """The lines of an entry."""
        number = self.only(key)["id"]
        return [line for line in self.books.rows[LINE].values() if line["move_id"] == number]

    def copied(self, key: str) -> int:
        """A person duplicates an entry: the narration is copied, the external id and the reference are not."""
        row = self.only(key)
        lines = self.lines(key)
        copy = {name: value for name, value in row.items() if name != "id"}
        number = self.books.add(MOVE, **{**copy, "state": "draft", "name": "/", "ref": False})
        for line in lines:
            same = {name: value for name, value in line.items() if name != "id"}
            self.books.add(LINE, **{**same, "move_id": number})
        return number

    def bill_by_hand(self, number: str, amount: str) -> int:
        """A person enters a vendor bill without VAT."""
        day = datetime.date(2026, 12, 24).isoformat()
        line = {"name": "by hand", "account_id": self.accounts["7010"], "quantity": 1, "price_unit": amount}
        vals = {
            "move_type": "in_invoice",
            "journal_id": self.journals["purchase"],
            "partner_id": self.supplier,
            "currency_id": self.euro,
            "ref": number,
            "date": day,
            "invoice_date": day,
            "invoice_line_ids": [[0, 0, line]],
        }
        (made,) = self.books.create([vals])
        self.books.action_post([made])
        return made


def opened(
    world: World,
    tmp_path: Path,
    *,
    api: str,
    chart: ChartOfAccounts = NL_CHART,
    taxes: Mapping[str, TaxThere] = NL_TAXES,
    settings: Mapping[str, str] = NO_SETTINGS,
    key: Callable[[], str] = lambda: KEY,
    clock: Clock | None = None,
) -> OdooLedger:
    """A ledger on the world, not entered yet."""
    time = clock or Clock()
    asked: dict[str, Any] = {"url": world.server.url, "database": "acme", "api": api, "timeout_seconds": "1"}
    if api == "jsonrpc":
        asked["user"] = "connector@acme.example"
    setup = Setup(
        name="books",
        chart=chart,
        settings={**asked, **settings},
        folder=tmp_path,
        secrets={"api_key": key},
        taxes=taxes,
        debtors={"10001": "D10001", "10002": "D10002"},
        monotonic=time.monotonic,
        sleep=time.sleep,
    )
    ledger = open_ledger("odoo", setup)
    assert isinstance(ledger, OdooLedger)
    return ledger


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger that is open, and the world it is in."""

    ledger: OdooLedger
    world: World


@contextmanager
def open_world(
    tmp_path: Path,
    faults: Sequence[Fault] = (),
    *,
    api: str = "jsonrpc",
    version: int = 0,
    accounts: Accounts = NL,
    **named: Any,
) -> Iterator[Opened]:
    """A new Odoo and a ledger on it. ``version`` is the newest that has the interface, unless given."""
    world = World(version or (19 if api == "json2" else 17), accounts)
    try:
        for fault in faults:
            world.arm(fault)
        with opened(world, tmp_path, api=api, **named) as ledger:
            yield Opened(ledger=ledger, world=world)
    finally:
        world.server.stop()
