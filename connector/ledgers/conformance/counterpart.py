"""What the author of an adapter gives the kit: books to try it on, seen through other eyes than the adapter's own."""

from __future__ import annotations

import datetime
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path

import msgspec

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.ledgers.base import Ledger, Setup, TaxThere


class NotDeclared(Exception):
    """The adapter does not say that it can do this, so it is not asked of it."""


class NotProven(Exception):
    """The counterpart cannot bring this about or cannot show it, so nobody knows."""


class Side(Enum):
    """Whose software stands on the other side: that is how much a proof is worth."""

    VENDOR = "vendor"  # the bookkeeping software itself
    OURS = "ours"  # software of ours: for a vendor's ledger, a server that does as the vendor's documents say
    FILES = "files"  # files, read as whoever opens them reads them


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Against what an ``adapter`` was tried: ``software`` is named with its version, as in 'trytond 7.0.31'."""

    adapter: str
    side: Side
    software: str


class Fault(Enum):
    """What can go wrong with one posting."""

    TIME_OUT = "time-out after success"  # it is booked, and no answer comes
    DUPLICATE = "duplicate answer"  # it is booked, and the answer is that it was there already
    TOO_MANY = "too many calls (429)"  # it is not booked: come again in a second
    ERROR_BEFORE = "server error before commit"  # 5xx, and it is not booked
    ERROR_AFTER = "server error after commit"  # 5xx, and it is booked
    EXPIRED = "expiry of the log-in"  # it is not booked: the log-in is good no longer; a new one (or run) will be
    RESET = "connection reset"  # it is booked, and the connection breaks before the answer
    DATE_MOVED = "date silently moved"  # it is booked on another day, and the answer says nothing of it


def _chart(*accounts: tuple[str, str, AccountType]) -> ChartOfAccounts:
    found = {code: Account(code=code, name=name, type=kind) for code, name, kind in accounts}
    return ChartOfAccounts(accounts=found, roles={})


DECIMAL_CHART = _chart(
    ("1300", "Debiteuren", AccountType.ASSET),
    ("1500", "Af te dragen btw hoog", AccountType.LIABILITY),
    ("1520", "Voorbelasting hoog", AccountType.ASSET),
    ("1600", "Crediteuren", AccountType.LIABILITY),
    ("7010", "Inkoop licenties", AccountType.EXPENSE),
    ("7020", "Inkoop cloudverbruik", AccountType.EXPENSE),
    ("8010", "Omzet licenties", AccountType.INCOME),
    ("8020", "Omzet cloudverbruik", AccountType.INCOME),
)


def _usual_taxes() -> Mapping[str, TaxThere]:
    rate = Decimal(21)
    return {
        "NL.P.STD.21": TaxThere(code="IH", rate=rate, direction="purchase"),
        "NL.P.RC_EU_SVC.21": TaxThere(code="IR", rate=rate, direction="purchase", reverse_charge=True),
        "NL.S.STD.21": TaxThere(code="VH", rate=rate, direction="sale"),
    }


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What there is in the books of a counterpart: accounts by their codes, our tax codes, parties, and open days.

    The worked entries use nothing else. All of ``year`` must be open, and ``unknown_account`` must not exist.
    """

    chart: ChartOfAccounts = DECIMAL_CHART
    taxes: Mapping[str, TaxThere] = msgspec.field(default_factory=_usual_taxes)
    debtors: Mapping[str, str] = msgspec.field(default_factory=lambda: {"10001": "1001"})
    costs: tuple[str, str] = ("7010", "7020")
    revenues: tuple[str, str] = ("8010", "8020")
    creditors: str = "1600"
    receivables: str = "1300"
    vat_input: str = "1520"
    vat_output: str = "1500"
    reverse_input: str = "1520"
    reverse_due: str = "1500"
    unknown_account: str = "4711"
    purchase_tax: str = "NL.P.STD.21"
    reverse_tax: str = "NL.P.RC_EU_SVC.21"
    sale_tax: str = "NL.S.STD.21"
    issuer: str = "NL111111111B01"
    supplier: str = "Copaco Nederland B.V."
    customer: str = "10001"
    customer_name: str = "Customer A"
    dimension: tuple[str, str] = ("costcentre", "KP100")
    year: int = 2026


class Counterpart(ABC):
    """Books to try an adapter on: fresh and empty when made, and made anew for each check.

    What it cannot do it leaves as it is here, and the scorecard says 'not proven' where that would have been needed.
    """

    proof: Proof
    books: Books = Books()
    folder: Path = Path("books")
    """Where a file ledger writes."""

    @abstractmethod
    def open(self, setup: Setup) -> Ledger:
        """The adapter's ledger on these books, to be used as a context manager; asked again, on the same books.

        ``setup`` holds chart, taxes and debtors of ``books``; add settings and secrets with
        ``msgspec.structs.replace``.
        """

    @abstractmethod
    def count(self, key: str) -> int:
        """How many bookings with the entry key ``key`` (its text) there are, asked of the system and not of the
        adapter."""

    def shows(self, key: str, text: str) -> bool:  # noqa: ARG002 - for counterparts that can
        """Whether a person who opens the booking with the entry key ``key`` in the system sees ``text`` there, beside
        that key."""
        raise NotProven("the counterpart cannot show what stands in a booking")

    def booked_on(self, key: str) -> datetime.date:
        """The day that decides the period of the booking of ``key``, asked of the system."""
        raise NotProven(f"the counterpart cannot tell the day of {key}")

    def attached(self, key: str) -> Sequence[tuple[str, bytes]]:
        """Name and content of every file that is attached to the booking of ``key``, asked of the system."""
        raise NotProven(f"the counterpart cannot tell what is attached to {key}")

    def close_period(self, until: datetime.date) -> None:  # noqa: ARG002 - for counterparts that can
        """Close the books up to ``until``, that day included. Called before the ledger is opened."""
        raise NotProven("the counterpart cannot close a period")

    def arm(self, fault: Fault, after: int = 0) -> None:  # noqa: ARG002 - for counterparts that can
        """Let ``fault`` strike once, at a posting, when ``after`` postings have gone well. Called before the ledger is
        opened."""
        raise NotProven("the counterpart cannot bring this fault about")

    def struck(self) -> bool:
        """Whether the fault that was armed has struck: without it the check would prove nothing."""
        raise NotProven("the counterpart cannot tell whether the fault has struck")

    def wait(self, seconds: float) -> None:
        """Let ``seconds`` pass for the system, after a lost answer."""
        time.sleep(seconds)
