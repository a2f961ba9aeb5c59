"""A company in our server like Exact Online, as a counterpart of the conformance kit and for tests of its own."""

from __future__ import annotations

import base64
import datetime
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from connector.ledgers.base import Ledger, Setup, TaxThere
from connector.ledgers.conformance import counterpart as kit
from connector.ledgers.conformance.counterpart import Counterpart, Proof, Side
from connector.ledgers.exact import ExactLedger
from connector.ledgers.marks import find_mark
from connector.ledgers.registry import open_ledger
from tests.ledgers.exact_world import books as there
from tests.ledgers.exact_world.web import CLIENT_ID, CLIENT_SECRET, REDIRECT, Clock, Fault, Server

FAULTS = {
    kit.Fault.TIME_OUT: Fault.LATE,
    kit.Fault.TOO_MANY: Fault.TOO_MANY,
    kit.Fault.ERROR_BEFORE: Fault.ERROR_BEFORE,
    kit.Fault.ERROR_AFTER: Fault.ERROR_AFTER,
    kit.Fault.EXPIRED: Fault.EXPIRES,
    kit.Fault.RESET: Fault.NO_ANSWER,
    kit.Fault.DATE_MOVED: Fault.DATE_MOVED,
}
LINE_PATHS = {
    there.PURCHASES: "purchaseentry/PurchaseEntryLines",
    there.SALES: "salesentry/SalesEntryLines",
    there.GENERAL: "generaljournalentry/GeneralJournalEntryLines",
}
TAXES = {
    "NL.P.STD.21": TaxThere(code="4", rate=Decimal(21), direction="purchase"),
    "NL.P.RC_EU_SVC.21": TaxThere(code="7", rate=Decimal(21), direction="purchase", reverse_charge=True),
    "NL.S.STD.21": TaxThere(code="2", rate=Decimal(21), direction="sale"),
}
BOOKS = kit.Books(taxes=TAXES, debtors={"10001": "1001"})
NO_SETTINGS: Mapping[str, str] = {}
_SIDES = {
    "asset": ("B", "D"),
    "liability": ("B", "C"),
    "equity": ("B", "C"),
    "expense": ("W", "D"),
    "income": ("W", "C"),
}


class ExactCounterpart(Counterpart):
    """A division with a chart, VAT codes, journals and relations; ``tokens`` is where its logins are kept."""

    def __init__(self, tokens: Path, books: kit.Books = BOOKS) -> None:
        self.proof = Proof(adapter="exact", side=Side.OURS, software="a server like Exact Online")
        self.books = books
        self.clock, self.tokens = Clock(), tokens
        self.there = there.Books(self.books.creditors, self.books.receivables)
        self._seed()
        self.server = Server(self.there, self.clock)

    def log_in(self) -> None:
        """A person lets us in."""
        ledger = self.ledger(Setup(name="books", chart=self.books.chart, settings={}, folder=Path("unused")))
        ledger.login(self.server.agree(ledger.login_address("state-1")), "state-1")

    def _seed(self) -> None:
        add = self.there.add
        kinds = {self.books.creditors: 22, self.books.receivables: 20}
        for each in self.books.chart.accounts.values():
            balance, side = _SIDES[each.type.value]
            add("financial/GLAccounts", Code=each.code, Description=each.name, Type=kinds.get(each.code, 110),
                BalanceType=balance, BalanceSide=side, IsBlocked=False)  # fmt: skip
        for code, name, kind in (("70", "Inkoop", 22), ("50", "Verkoop", 20), ("90", "Memoriaal", 90)):
            add("financial/Journals", Code=code, Description=name, Type=kind)
        for ours, tax in self.books.taxes.items():
            sides = {"purchase": ("deducted",), "sale": ("due",)}[tax.direction]
            legs = {"deducted": self.books.vat_input, "due": self.books.vat_output}
            wanted = legs if tax.reverse_charge else {side: legs[side] for side in sides}
            vat = there.Vat(str(tax.rate / 100), **wanted)
            self.there.vat[tax.code] = vat
            add("vat/VATCodes", Code=tax.code, Description=ours, Percentage=vat.percentage, Type="E",
                IsBlocked=False)  # fmt: skip
        add("crm/Accounts", Code="400".rjust(18), Name=self.books.supplier, VATNumber=self.books.issuer)
        add("crm/Accounts", Code="1001".rjust(18), Name=self.books.customer_name, VATNumber=None)
        add(there.ITEMS, Code="DIENST", Description="Clouddienst")
        for code in ("KP100", "KP200"):
            add("hrm/Costcenters", Code=code, Description="Team")

    def ledger(self, setup: Setup, settings: Mapping[str, str] = NO_SETTINGS) -> ExactLedger:
        """A ledger that is not open yet."""
        given = {
            "url": self.server.url,
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "timeout_seconds": "1",
            "cost_center": self.books.dimension[0],
            "attach": "yes",
            **settings,
        }
        ledger = open_ledger(
            "exact",
            msgspec.structs.replace(
                setup,
                settings=given,
                secrets={"client_secret": lambda: CLIENT_SECRET},
                tokens=self.tokens,
                taxes=self.books.taxes,
                debtors=self.books.debtors,
                now=self.clock.now,
                monotonic=self.clock.monotonic,
                sleep=self.clock.sleep,
            ),
        )
        assert isinstance(ledger, ExactLedger)
        return ledger

    def open(self, setup: Setup) -> Ledger:
        """A new connection."""
        return self.ledger(setup)

    def entries(self, key: str) -> list[there.Row]:
        """The heads of the records with the mark of ``key``."""
        ids = {line["EntryID"] for line in self.lines(key)}
        return [row for path in LINE_PATHS for row in self.there.rows[path] if row["EntryID"] in ids]

    def lines(self, key: str) -> list[there.Row]:
        """The lines that carry the mark of ``key``."""
        return [
            line
            for path in LINE_PATHS.values()
            for line in self.there.rows[path]
            if (mark := find_mark(line["Notes"])) is not None and mark.key.text == key
        ]

    def booked(self, key: str) -> dict[str, Decimal]:
        """What the record of ``key`` did to each account."""
        (head,) = self.entries(key)
        sums: dict[str, Decimal] = {}
        for line in self.there.rows["financialtransaction/TransactionLines"]:
            if line["EntryID"] == head["EntryID"]:
                sums[line["GLAccountCode"]] = sums.get(line["GLAccountCode"], Decimal(0)) + line["AmountDC"]
        return {code: amount for code, amount in sums.items() if amount}

    def count(self, key: str) -> int:
        """How many records have the mark of ``key``."""
        return len(self.entries(key))

    def shows(self, key: str, text: str) -> bool:
        """Whether ``text`` stands in a record or its lines, as the tables have it."""
        ids = {row["EntryID"] for row in self.entries(key)}
        rows = [row for rows in self.there.rows.values() for row in rows if row.get("EntryID") in ids]
        values: list[Any] = [value for row in rows for value in row.values()]
        return any(text in str(value).replace(key, "") for value in values)

    def booked_on(self, key: str) -> datetime.date:
        """The day of the record."""
        (head,) = self.entries(key)
        lines = self.there.rows["financialtransaction/TransactionLines"]
        day: datetime.date = next(line["Date"] for line in lines if line["EntryID"] == head["EntryID"])
        return day

    def attached(self, key: str) -> list[tuple[str, bytes]]:
        """What is attached to the documents that the records of ``key`` name."""
        named = {row["Document"] for row in [*self.entries(key), *self.lines(key)] if row.get("Document")}
        return [
            (row["FileName"], base64.b64decode(row["Attachment"]))
            for row in self.there.rows[there.ATTACHMENTS]
            if row["Document"] in named
        ]

    def close_period(self, until: datetime.date) -> None:
        """Close every month that ends by then."""
        self.there.closed |= {
            (year, month)
            for year in range(until.year - 3, until.year + 1)
            for month in range(1, 13)
            if (year, month) <= (until.year, until.month)
        }

    def arm(self, fault: kit.Fault, after: int = 0) -> None:
        """Let a posting go wrong."""
        if fault not in FAULTS:
            raise kit.NotProven("our server cannot bring this fault about")
        self.server.armed.append((FAULTS[fault], after))

    def struck(self) -> bool:
        """Whether no fault is left."""
        return not self.server.armed

    def wait(self, seconds: float) -> None:
        """Its clock moves only when told."""
        self.clock.sleep(seconds)


@contextmanager
def exact_counterpart() -> Iterator[ExactCounterpart]:
    """A running server with fresh books."""
    with tempfile.TemporaryDirectory() as tokens:
        counterpart = ExactCounterpart(Path(tokens))
        try:
            counterpart.log_in()
            yield counterpart
        finally:
            counterpart.server.stop()
