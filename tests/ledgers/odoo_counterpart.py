"""Our Odoo server as a counterpart of the conformance kit."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import msgspec

from connector.ledgers.base import Ledger, Setup, TaxThere
from connector.ledgers.conformance import counterpart as kit
from connector.ledgers.conformance.counterpart import Books, Counterpart, Proof, Side
from connector.ledgers.registry import open_ledger
from tests.ledgers.odoo_server import KEY, NL_TAXES, Clock, Fault, World
from tests.ledgers.odoo_world.books import NAMED

VERSIONS = {"jsonrpc": 17, "json2": 19}
REVERSE = "btw_I_RC_EU"
POSTING = "action_post"
"""The call that makes an entry final: where it is lost, the entry is booked or not, and nobody knows."""
FAULTS = {
    kit.Fault.TIME_OUT: (Fault.LATE, POSTING),
    kit.Fault.TOO_MANY: (Fault.TOO_MANY, "load"),
    kit.Fault.ERROR_BEFORE: (Fault.ERROR_BEFORE, "load"),
    kit.Fault.ERROR_AFTER: (Fault.ERROR_AFTER, POSTING),
    kit.Fault.EXPIRED: (Fault.KEY_EXPIRES, "load"),
    kit.Fault.RESET: (Fault.NO_ANSWER, POSTING),
}


class OdooCounterpart(Counterpart):
    """A company in our Odoo server. Its books are read from its tables, past the interface."""

    def __init__(self, api: str) -> None:
        self._api, self.world = api, World(VERSIONS[api])
        self._clock = Clock()
        self._armed = False
        self.proof = Proof(adapter=f"odoo ({api})", side=Side.OURS, software=f"a server like Odoo {VERSIONS[api]}")
        self.books = Books(
            taxes={
                **NL_TAXES,
                "NL.P.RC_EU_SVC.21": TaxThere(
                    code=REVERSE, rate=Decimal(21), direction="purchase", reverse_charge=True
                ),
            },
            debtors={"10001": "D10001"},
        )
        self._reverse_charge()

    def _reverse_charge(self) -> None:
        books, codes = self.world.books, self.world.accounts
        tax = books.add(
            "account.tax",
            name="21% RC EU",
            amount=Decimal("21.0"),
            amount_type="percent",
            type_tax_use="purchase",
            company_id=self.world.company,
            repartition=[(100, codes["1520"]), (-100, codes["1500"])],
        )
        name = f"{self.world.company}_{REVERSE}"
        books.add(NAMED, module="account", name=name, model="account.tax", res_id=tax)

    def open(self, setup: Setup) -> Ledger:
        """A new connection. The key that has expired is another one by then."""
        settings = {
            "url": self.world.server.url,
            "database": "acme",
            "api": self._api,
            "timeout_seconds": "1",
            "analytic": self.books.dimension[0],
            "attach": "yes",
        }
        if self._api == "jsonrpc":
            settings["user"] = "connector@acme.example"
        self.world.server.key = KEY
        return open_ledger(
            "odoo",
            msgspec.structs.replace(
                setup,
                settings=settings,
                secrets={"api_key": lambda: KEY},
                monotonic=self._clock.monotonic,
                sleep=self._clock.sleep,
            ),
        )

    def count(self, key: str) -> int:
        """How many posted records have the mark of ``key``."""
        return sum(row["state"] == "posted" for row in self.world.entries(key))

    def shows(self, key: str, text: str) -> bool:
        """Whether ``text`` stands in a record or its lines, as the tables have it."""
        analytic = {str(row["id"]): row["code"] for row in self.world.books.rows["account.analytic.account"].values()}
        told = [repr(row).replace(key, "") for row in [*self.world.entries(key), *self.world.lines(key)]]
        named = [
            code for line in self.world.lines(key) for each in line["analytic_distribution"] or {}
            for code in [analytic[str(each)]]
        ]  # fmt: skip
        return text in named or any(text in each for each in told) or self._shows_day(key, text)

    def _shows_day(self, key: str, text: str) -> bool:
        days = (value for row in self.world.entries(key) for value in row.values())
        return any(isinstance(day, datetime.date) and day.isoformat() == text for day in days)

    def booked_on(self, key: str) -> datetime.date:
        """The date of the record."""
        day: datetime.date = self.world.only(key)["date"]
        return day

    def attached(self, key: str) -> list[tuple[str, bytes]]:
        """What is attached to the records of ``key``."""
        ids = {row["id"] for row in self.world.entries(key)}
        return [
            (row["name"], base64.b64decode(row["datas"]))
            for row in self.world.books.rows["ir.attachment"].values()
            if row["res_id"] in ids
        ]

    def close_period(self, until: datetime.date) -> None:
        """Lock the company's books."""
        self.world.close_period(until)

    def arm(self, fault: kit.Fault, after: int = 0) -> None:
        """Let a call of a posting go wrong."""
        if fault not in FAULTS:
            raise kit.NotProven("our server cannot bring this fault about")
        self.world.arm(*FAULTS[fault], after)

    def struck(self) -> bool:
        """Whether no fault is left."""
        return not self.world.server.left

    def wait(self, seconds: float) -> None:
        """Its clock moves only when told."""
        self._clock.sleep(seconds)


@contextmanager
def odoo_counterpart(api: str) -> Iterator[OdooCounterpart]:
    """A running server with fresh books."""
    counterpart = OdooCounterpart(api)
    try:
        yield counterpart
    finally:
        counterpart.world.server.stop()
