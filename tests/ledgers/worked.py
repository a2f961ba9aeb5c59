"""Charts and entries for the tests: worked entries, typed in by hand as an accountant has them, and plain ones."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.document import EntryKey
from connector.domain.invoice import Direction
from connector.domain.journal import DocumentKind, JournalEntry, Posting, PostingRole
from connector.ledgers.conformance.counterpart import DECIMAL_CHART
from connector.ledgers.conformance.entries import HOSTILE

ASSET, LIABILITY = AccountType.ASSET, AccountType.LIABILITY
INCOME, EXPENSE = AccountType.INCOME, AccountType.EXPENSE
NET, PARTY, VAT_INPUT, VAT_DUE = PostingRole.NET, PostingRole.PARTY, PostingRole.VAT_INPUT, PostingRole.VAT_DUE

NL_ISSUER, BE_CUSTOMER = "NL111111111B01", "BE0123456789"
KP100, KP200 = (("costcentre", "KP100"),), (("costcentre", "KP200"),)


def chart(*accounts: tuple[str, str, AccountType]) -> ChartOfAccounts:
    """A chart without roles."""
    return ChartOfAccounts(
        accounts={code: Account(code=code, name=name, type=kind) for code, name, kind in accounts}, roles={}
    )


NL_CHART = DECIMAL_CHART
BE_CHART = chart(
    ("411", "Terug te vorderen btw", ASSET),
    ("440", "Leveranciers", LIABILITY),
    ("451055", "Verschuldigde btw intracommunautair", LIABILITY),
    ("602", "Aankopen van diensten", EXPENSE),
    ("604", "Aankopen van handelsgoederen", EXPENSE),
)


def key(
    number: str, *, direction: Direction = Direction.PURCHASE, customer: str = "", period: str = "2026-12"
) -> EntryKey:
    """The key of an invoice of the administration acme."""
    return EntryKey(
        administration="acme", direction=direction, issuer=NL_ISSUER, number=number, customer=customer, period=period
    )


def posting(
    account: str,
    minor: int,
    role: PostingRole = NET,
    *,
    tax: str = "",
    base: int = 0,
    dimensions: tuple[tuple[str, str], ...] = (),
    text: str = "",
    deferral: str = "",
) -> Posting:
    """One posting."""
    return Posting(
        account=account,
        minor=minor,
        role=role,
        tax=tax,
        base_minor=base,
        dimensions=dimensions,
        text=text,
        deferral=deferral,
    )


def entry(
    number: str,
    postings: Sequence[Posting],
    *,
    date: datetime.date = datetime.date(2026, 12, 23),
    due: datetime.date | None = datetime.date(2027, 1, 22),
    kind: DocumentKind = DocumentKind.INVOICE,
    direction: Direction = Direction.PURCHASE,
    customer: str = "",
    party: str = "Copaco Nederland B.V.",
    text: str = "",
    currency: str = "EUR",
    document_date: datetime.date | None = None,
) -> JournalEntry:
    """One entry of the administration acme."""
    return JournalEntry(
        key=key(number, direction=direction, customer=customer, period=f"{date:%Y-%m}"),
        kind=kind,
        date=date,
        document_date=document_date or date,
        tax_point=document_date or date,
        vat_period=f"{date:%Y-%m}",
        due=due,
        currency=currency,
        number=number,
        party=party,
        text=text or f"Copaco {kind.value} {number}",
        postings=tuple(postings),
    )


def simple(
    number: str, minor: int = 12100, *, date: datetime.date = datetime.date(2026, 12, 23), account: str = "7010"
) -> JournalEntry:
    """A purchase of one cost posting, without VAT."""
    return entry(number, [posting(account, minor), posting("1600", -minor, PARTY)], date=date)


def _costs(tax: str, licences: str, usage: str) -> list[Posting]:
    return [
        posting(licences, 43400, tax=tax, dimensions=KP100, text="25 × Microsoft 365, November"),
        posting(usage, 21237, tax=tax, dimensions=KP100, text="Azure, November"),
        posting(licences, 120000, tax=tax, dimensions=KP200, text="10 × licence, one year", deferral="days"),
        posting(licences, -8680, tax=tax, dimensions=KP200, text="Correction October"),
    ]


NL_PURCHASE = entry(
    "2600123",
    [
        *_costs("NL.P.STD.21", "7010", "7020"),
        posting("1520", 36951, VAT_INPUT, tax="NL.P.STD.21", base=175957),
        posting("1600", -212908, PARTY),
    ],
)
BE_PURCHASE = entry(
    "2600123",
    [
        *_costs("BE.P.RC_EU_SVC.21", "604", "602"),
        posting("411", 36951, VAT_INPUT, tax="BE.P.RC_EU_SVC.21", base=175957),
        posting("451055", -36951, VAT_DUE, tax="BE.P.RC_EU_SVC.21", base=175957),
        posting("440", -175957, PARTY),
    ],
)
NL_CREDIT_NOTE = entry(
    "2600140",
    [
        posting("7010", -15000, tax="NL.P.STD.21"),
        posting("1520", -3150, VAT_INPUT, tax="NL.P.STD.21", base=-15000),
        posting("1600", 18150, PARTY),
    ],
    kind=DocumentKind.CREDIT_NOTE,
    date=datetime.date(2026, 12, 29),
    due=None,
)
NL_SALE_A = entry(
    "V-2026-0088",
    [
        posting("8010", -53750, tax="NL.S.STD.21"),
        posting("8020", -26546, tax="NL.S.STD.21"),
        posting("1500", -16862, VAT_DUE, tax="NL.S.STD.21", base=-80296),
        posting("1300", 97158, PARTY),
    ],
    direction=Direction.SALE,
    customer="10001",
    party="Customer A",
    text="Sales invoice V-2026-0088",
)
NL_SALE_B = entry(
    "V-2026-0089",
    [
        posting("8010", -150000, tax="NL.S.STD.21"),
        posting("8010", 10850, tax="NL.S.STD.21", text="Correction"),
        posting("1500", -29222, VAT_DUE, tax="NL.S.STD.21", base=-139150),
        posting("1300", 168372, PARTY),
    ],
    direction=Direction.SALE,
    customer="10002",
    party="Customer B",
    text="Sales invoice V-2026-0089",
)
NL_ENTRIES = (NL_PURCHASE, NL_CREDIT_NOTE, NL_SALE_A, NL_SALE_B)


def hostile_entries() -> list[JournalEntry]:
    """Texts that have led programs astray in every field that a file ledger takes, keys included."""
    return [
        entry(
            f"{text[:300]}/{position}",
            [
                posting(
                    "7010", 100 + position, text=text, dimensions=(("cost centre", text), ("x", text)), deferral=text
                ),
                posting("1600", -100 - position, PARTY, tax=text),
            ],
            party=text,
            text=text,
        )
        for position, text in enumerate(HOSTILE)
    ]
