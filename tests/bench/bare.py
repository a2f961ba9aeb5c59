"""A bare loop: the same answers into one wide SQLite table and a ledger file, as fast as Python honestly does it.

What it does: exact decimals (msgspec, typed, invoice by invoice), every field of a line with those of its customer and
subscription (34 columns) under the key (invoice, line), one ``executemany`` in one transaction, an account by a look-up
in a dict, sums per invoice and account, one ledger file in one replace.

What it does not do: keep the bytes, versions or a proof of them; notice a changed, repeated, vanished or incomplete
answer; check an invoice; decide VAT, explain an account, approve, lock, or find out after a crash what was posted.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import msgspec
import requests

from tests.bench.job import Figures, Job, Outcome, contestant, measured
from tests.bench.served import parameters

_CENT = Decimal("0.01")
_Number = Decimal | None


class _Line(msgspec.Struct, rename=None, gc=False):
    BillingFrequency: str | None
    ChargeType: str
    ConsumerCompanyName: str | None
    ConsumerCompanyNumber: str | None
    Description: str | None
    Discount: _Number
    Duration: str | None
    DurationType: str | None
    EndDate: str | None
    ExtendedPrice: Decimal
    InvoiceRowHash: str | None
    LineId: str | None
    Quantity: _Number
    QuantityType: str | None
    RatePeriodID: str | None
    SKU: str | None
    StartDate: str | None
    SubPONumber: str | None
    TaxPercentage: _Number
    TaxZoneID: str | None
    UID: str | None
    UnitPrice: _Number
    VAT: Decimal
    VendorDetails: str | None


class _Subscription(msgspec.Struct, gc=False):
    PlanCategoryName: str
    PlanID: str | None
    PlanName: str | None
    PriceLines: list[_Line]
    SubscriptionID: str | None
    SubscriptionName: str | None


class _Customer(msgspec.Struct, gc=False):
    AccountID: str | None
    CompanyName: str | None
    CostCenter: str | None
    CustomerNumber: str | None
    Subscriptions: list[_Subscription]


class _Header(msgspec.Struct, gc=False):
    InvoiceID: str
    Date: str


class _Invoice(msgspec.Struct, gc=False):
    Customers: list[_Customer]
    Header: _Header


class _Answer(msgspec.Struct):
    Invoices: list[msgspec.Raw]


COLUMNS = (
    "InvoiceID", "AccountID", "CompanyName", "CostCenter", "CustomerNumber", "PlanCategoryName", "PlanID", "PlanName",
    "SubscriptionID", "SubscriptionName", *_Line.__struct_fields__,
)  # fmt: skip
_answer = msgspec.json.Decoder(_Answer).decode
_invoice = msgspec.json.Decoder(_Invoice).decode
_Sums = dict[str, int]


def work(job: Job) -> Outcome:
    """Fetch, keep, map and write."""
    folder = Path(job.folder)
    documents: dict[str, Figures] = {}
    with measured() as watch:
        connection = sqlite3.connect(folder / "lines.db", isolation_level=None)
        types = ", ".join(f'"{name}" TEXT' for name in COLUMNS)
        connection.execute(f'CREATE TABLE line ("No" INTEGER, {types}, PRIMARY KEY ("InvoiceID", "No"))')
        connection.execute("BEGIN")
        marks = ", ".join("?" for _ in range(len(COLUMNS) + 1))
        with (folder / "purchases.journal").open("w", encoding="utf-8") as journal:
            texts: list[str] = []
            connection.executemany(f"INSERT INTO line VALUES ({marks})", _rows(job, documents, texts))
            journal.writelines(texts)
        connection.execute("COMMIT")
        connection.close()
    return Outcome(seconds=watch.seconds, cpu=watch.cpu, peak_mb=watch.peak_mb, documents=documents)


def _rows(job: Job, documents: dict[str, Figures], texts: list[str]) -> Iterator[tuple[object, ...]]:
    accounts: dict[tuple[str, str], str] = {}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {job.key}"
        for start, end in job.windows:
            response = session.get(f"{job.base_url}/invoices", params=parameters(start, end))
            response.raise_for_status()
            for raw in _answer(response.content).Invoices:
                invoice = _invoice(raw)
                if invoice.Header.InvoiceID not in documents:
                    yield from _lines_of(invoice, accounts, documents, texts)


def _lines_of(
    invoice: _Invoice, accounts: dict[tuple[str, str], str], documents: dict[str, Figures], texts: list[str]
) -> Iterator[tuple[object, ...]]:
    number, net, vat, place = invoice.Header.InvoiceID, 0, 0, 0
    sums: defaultdict[str, int] = defaultdict(int)
    for customer in invoice.Customers:
        who = (customer.AccountID, customer.CompanyName, customer.CostCenter, customer.CustomerNumber)
        for held in customer.Subscriptions:
            category = held.PlanCategoryName
            what = (category, held.PlanID, held.PlanName, held.SubscriptionID, held.SubscriptionName)
            for line in held.PriceLines:
                place += 1
                key = (line.ChargeType, category)
                account = accounts.get(key)
                if account is None:
                    account = accounts[key] = account_of(*key)
                cents = _cents(line.ExtendedPrice)
                sums[account] += cents
                net += cents
                vat += _cents(line.VAT)
                yield (
                    place, number, *who, *what, line.BillingFrequency, line.ChargeType, line.ConsumerCompanyName,
                    line.ConsumerCompanyNumber, line.Description, _text(line.Discount), line.Duration,
                    line.DurationType, line.EndDate, str(line.ExtendedPrice), line.InvoiceRowHash, line.LineId,
                    _text(line.Quantity), line.QuantityType, line.RatePeriodID, line.SKU, line.StartDate,
                    line.SubPONumber, _text(line.TaxPercentage), line.TaxZoneID, line.UID, _text(line.UnitPrice),
                    str(line.VAT), line.VendorDetails,
                )  # fmt: skip
    documents[number] = Figures(place, net, vat)
    texts.append(_entry(invoice.Header, sums, net, vat))


def account_of(charge_type: str, category: str) -> str:
    """The account that the starter set for the Netherlands gives a purchase line. KeyError when it is not known."""
    if category in ("Domains", "InterNetX"):
        return "expenses:7030"
    if charge_type == "Correction" and "azure" in category.lower():
        return "expenses:7020"
    return {
        "Purchase Fee": "expenses:7010",
        "Cycle Fee": "expenses:7010",
        "Item Fee": "expenses:7010",
        "Correction": "expenses:7010",
        "Usage Fee": "expenses:7020",
        "One Time Fee": "expenses:7040",
    }[charge_type]


def _cents(amount: Decimal) -> int:
    scaled = amount * 100
    whole = int(scaled)
    return whole if whole == scaled else int(amount.quantize(_CENT, ROUND_HALF_UP) * 100)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _entry(header: _Header, sums: _Sums, net: int, vat: int) -> str:
    day = f"{header.Date[:4]}-{header.Date[4:6]}-{header.Date[6:]}"
    amounts = {**sums, "liabilities:1520": vat, "liabilities:1600": -net - vat}
    postings = "".join(f"    {account}  EUR {_shown(minor)}\n" for account, minor in amounts.items())
    return f"{day} * ({header.InvoiceID}) Copaco\n{postings}\n"


def _shown(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


if __name__ == "__main__":
    contestant(work)
