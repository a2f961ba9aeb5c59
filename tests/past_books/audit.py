"""Audit files made by the tests: of bookings written down by hand, and of our own entries."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from connector.domain.accounts import AccountType, ChartOfAccounts
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry, PostingRole

NAMESPACES = {
    "3.2": "http://www.auditfiles.nl/XAF/3.2",
    "3.2.1": "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.0/structures/XmlAuditfileFinancieel3.2.1",
    "4.0": "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0",
}
JOURNALS = {"INK": ("Inkoop", "P"), "VRK": ("Verkoop", "S"), "BNK": ("Bank", "B"), "MEM": ("Memoriaal", "M")}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line; ``minor`` in cents, debit positive."""

    account: str
    minor: int
    text: str = ""
    ref: str = ""
    party: str = ""
    tax: str = ""


@dataclass(frozen=True, kw_only=True)
class Booking:
    """One transaction of a journal."""

    number: str
    date: datetime.date
    lines: tuple[Line, ...]
    journal: str = "INK"
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What an audit file says beside its transactions: accounts as (number, name, 'B' or 'P'), relations as (number,
    name, VAT number), the accounts of VAT codes as (code, to pay, to claim).
    """

    accounts: Sequence[tuple[str, str, str]] = ()
    relations: Sequence[tuple[str, str, str]] = ()
    vat_codes: Sequence[tuple[str, str, str]] = ()
    company: str = "Voorbeeld ICT B.V."
    currency: str = "EUR"
    year: int = 2024
    promises: Mapping[str, str] = field(default_factory=dict)


def audit_file(bookings: Iterable[Booking], ledger: Ledger, version: str = "3.2", *, indent: bool = True) -> str:
    """The audit file, complete; ``ledger.promises`` replaces its totals."""
    made = list(bookings)
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<auditfile xmlns="{NAMESPACES[version]}">',
        f"<header><fiscalYear>{ledger.year}</fiscalYear><startDate>{ledger.year}-01-01</startDate>",
        f"<endDate>{ledger.year}-12-31</endDate><curCode>{ledger.currency}</curCode>",
        f"<dateCreated>{ledger.year + 1}-01-15</dateCreated><softwareDesc>test</softwareDesc>",
        "<softwareVersion>1</softwareVersion></header>",
        f"<company><companyName>{escape(ledger.company)}</companyName>",
        "<taxRegistrationCountry>NL</taxRegistrationCountry><taxRegIdent>NL222222222B01</taxRegIdent>",
        _relations(ledger),
        _accounts(ledger),
        _vat_codes(ledger),
        _periods(ledger.year),
        _transactions(made, ledger, version),
        "</company></auditfile>\n",
    ]
    return ("\n" if indent else "").join(parts)


def _relations(ledger: Ledger) -> str:
    rows = "".join(
        f"<customerSupplier><custSupID>{number}</custSupID><custSupName>{escape(name[:50])}</custSupName>"
        + (f"<taxRegistrationCountry>{vat[:2]}</taxRegistrationCountry><taxRegIdent>{vat}</taxRegIdent>" if vat else "")
        + "<custSupTp>B</custSupTp></customerSupplier>"
        for number, name, vat in ledger.relations
    )
    return f"<customersSuppliers>{rows}</customersSuppliers>" if rows else ""


def _accounts(ledger: Ledger) -> str:
    rows = "".join(
        f"<ledgerAccount><accID>{number}</accID><accDesc>{escape(name)}</accDesc><accTp>{kind}</accTp></ledgerAccount>"
        for number, name, kind in ledger.accounts
    )
    return f"<generalLedger>{rows}</generalLedger>" if rows else ""


def _vat_codes(ledger: Ledger) -> str:
    rows = "".join(
        f"<vatCode><vatID>{code}</vatID><vatDesc>{code}</vatDesc>"
        + (f"<vatToPayAccID>{pay}</vatToPayAccID>" if pay else "")
        + (f"<vatToClaimAccID>{claim}</vatToClaimAccID>" if claim else "")
        + "</vatCode>"
        for code, pay, claim in ledger.vat_codes
    )
    return f"<vatCodes>{rows}</vatCodes>" if rows else ""


def _periods(year: int) -> str:
    rows = []
    for month in range(1, 13):
        last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).isoformat()
        rows.append(
            f"<period><periodNumber>{month}</periodNumber><startDatePeriod>{year}-{month:02d}-01</startDatePeriod>"
            f"<endDatePeriod>{last}</endDatePeriod></period>"
        )
    return f"<periods>{''.join(rows)}</periods>"


def _transactions(made: Sequence[Booking], ledger: Ledger, version: str) -> str:
    lines = [line for booking in made for line in booking.lines]
    totals = {
        "linesCount": str(len(lines)),
        "totalDebit": _amount(sum(line.minor for line in lines if line.minor > 0)),
        "totalCredit": _amount(-sum(line.minor for line in lines if line.minor < 0)),
        **ledger.promises,
    }
    parts = ["<transactions>", *(f"<{name}>{value}</{name}>" for name, value in totals.items())]
    for journal, bookings in groupby(sorted(made, key=lambda each: each.journal), key=lambda each: each.journal):
        name, kind = JOURNALS[journal]
        parts.append(f"<journal><jrnID>{journal}</jrnID><desc>{name}</desc><jrnTp>{kind}</jrnTp>")
        parts += [_transaction(each, version) for each in bookings]
        parts.append("</journal>")
    return "".join([*parts, "</transactions>"])


def _transaction(booking: Booking, version: str) -> str:
    lines = "".join(_line(number, line, booking.date, version) for number, line in enumerate(booking.lines, 1))
    return (
        f"<transaction><nr>{escape(booking.number)}</nr><desc>{escape(booking.text)}</desc>"
        f"<periodNumber>{booking.date.month}</periodNumber><trDt>{booking.date}</trDt>{lines}</transaction>"
    )


def _line(number: int, line: Line, date: datetime.date, version: str) -> str:
    side = "D" if line.minor >= 0 else "C"
    vat = (
        f"<vat><vatID>{line.tax}</vatID><vatPerc>21</vatPerc><vatAmnt>0.00</vatAmnt><vatAmntTp>D</vatAmntTp></vat>"
        if line.tax
        else ""
    )
    return (
        f"<trLine><nr>{number}</nr><accID>{line.account}</accID><docRef>{escape(line.ref)}</docRef>"
        f"<effDate>{date}</effDate><desc>{escape(line.text)}</desc><amnt>{_amount(abs(line.minor))}</amnt>"
        f"<amntTp>{side}</amntTp>"
        + (f"<custSupID>{line.party}</custSupID>" if line.party else "")
        + (f"<invRef>{escape(line.ref)}</invRef>" if line.party and line.ref else "")
        + f"{vat}</trLine>"
    )


def _amount(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def of_entries(
    entries: Iterable[JournalEntry], chart: ChartOfAccounts, *, relations: Mapping[str, tuple[str, str]] | None = None
) -> tuple[list[Booking], Ledger]:
    """Our own entries as somebody else's books: what a ledger that booked exactly them would export.

    ``relations`` gives number and VAT number of a party by its name.
    """
    known = dict(relations or {})
    made = []
    for place, entry in enumerate(sorted(entries, key=lambda each: each.key.text), 1):
        number, _ = known.setdefault(entry.party, (f"R{len(known) + 1}", entry.key.issuer))
        lines = tuple(
            Line(
                account=posting.account,
                minor=posting.minor,
                text=posting.text or entry.text,
                ref=entry.number,
                party=number if posting.role is PostingRole.PARTY else "",
                tax=posting.tax[:35],
            )
            for posting in entry.postings
        )
        journal = "INK" if entry.key.direction is Direction.PURCHASE else "VRK"
        made.append(Booking(number=f"{place}", date=entry.date, journal=journal, text=entry.text[:50], lines=lines))
    kinds = {AccountType.INCOME: "P", AccountType.EXPENSE: "P"}
    accounts = [(each.code, each.name, kinds.get(each.type, "B")) for each in chart.accounts.values()]
    vat = [(name, "", chart.roles[name]) for name in sorted(chart.roles) if name.startswith("vat_")]
    ledger = Ledger(
        accounts=accounts,
        relations=[(number, name, vat_number) for name, (number, vat_number) in sorted(known.items())],
        vat_codes=vat,
        year=made[0].date.year if made else 2024,
    )
    return made, ledger


def moved(booking: Booking, accounts: Mapping[str, str]) -> Booking:
    """The booking with lines on other accounts."""
    lines = (replace(line, account=accounts.get(line.account, line.account)) for line in booking.lines)
    return replace(booking, lines=tuple(lines))


def lumped(booking: Booking, account: str, keep: Iterable[str]) -> Booking:
    """The booking with everything on one account but the lines on those in ``keep``: one cost account as usual."""
    kept = frozenset(keep)
    lump = sum(line.minor for line in booking.lines if line.account not in kept)
    ref = booking.lines[0].ref
    lines = (Line(account=account, minor=lump, ref=ref), *(each for each in booking.lines if each.account in kept))
    return replace(booking, lines=lines)


def write(path: Path, text: str) -> Path:
    """The file with this text."""
    path.write_text(text, encoding="utf-8")
    return path
