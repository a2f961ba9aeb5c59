"""Who bills whom: the Copaco companies, resellers with their keys, and numbers with check digits.

All names, numbers and accounts are invented, save the name and address of Copaco Nederland. VAT numbers lie
in ranges that the tax offices have not issued.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Party:
    """A company as it stands in a Sender or Receiver block."""

    account_id: str
    company_name: str
    address: str
    postal_code: str
    city: str
    country: str
    country_code: str
    vat_number: str
    chamber_of_commerce: str = ""
    iban: str = ""
    bic: str = ""
    telephone: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key made in the partner portal. ``expires`` is the last day it works; no permissions means all."""

    secret: str
    expires: dt.date | None = None
    permissions: tuple[str, ...] | None = None

    def allows(self, endpoint: str) -> bool:
        """Tell whether the key may read an endpoint."""
        return self.permissions is None or endpoint in self.permissions


@dataclass(frozen=True, kw_only=True)
class Reseller:
    """A customer of Copaco: who it is, which Copaco company bills it, at which VAT rate in percent.

    ``place`` keeps invoice numbers of several resellers of one supplier apart (0 to 9).
    """

    name: str
    place: int
    party: Party
    supplier: Party
    vat_percent: int
    tax_zone: str
    partner_id: str
    payment_days: int
    invoice_prefix: str
    keys: tuple[ApiKey, ...]


BILLING_PERMISSIONS = tuple(
    f"billing/{endpoint}"
    for endpoint in ("invoices", "customerinvoices", "consolidatedinvoices", "subscriptiondetails")
)
COPACO_NL = Party(
    account_id="6c1f0b52-7d1a-4a57-9a0e-0d5f3f8b0001",
    company_name="Copaco Nederland B.V.",
    address="Hoevenweg 21",
    postal_code="5652 AW",
    city="Eindhoven",
    country="Netherlands",
    country_code="NL",
    vat_number="NL000011113B01",
    chamber_of_commerce="00000000",
    iban="NL68BANK0000000001",
    bic="BANKNL00",
)
COPACO_BE = Party(
    account_id="6c1f0b52-7d1a-4a57-9a0e-0d5f3f8b0002",
    company_name="Copaco Belgium NV",
    address="Voorbeeldlaan 2",
    postal_code="2000",
    city="Antwerpen",
    country="Belgium",
    country_code="BE",
    vat_number="BE0000222209",
    iban="BE32000000000202",
    bic="BANKBEBB",
)


def dutch_vat_number(seed: int) -> str:
    """Return a Dutch VAT number of the not issued range 00, whose nine digits pass the eleven test."""
    body = f"00{seed % 1_000_000:06d}"
    check = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
    ten = 10
    return dutch_vat_number(seed + 1) if check == ten else f"NL{body}{check}B01"


def belgian_vat_number(seed: int) -> str:
    """Return a Belgian VAT number of the not issued range 00, with its check digits modulo 97."""
    body = f"00{seed % 1_000_000:06d}"
    return f"BE{body}{97 - int(body) % 97:02d}"


def _party(name: str, country_code: str, **fields: str) -> Party:
    country = {"NL": "Netherlands", "BE": "Belgium"}[country_code]
    return Party(company_name=name, country=country, country_code=country_code, **fields)


def keys_of(name: str) -> tuple[ApiKey, ...]:
    """Return the keys of a reseller: a good one, one past its date, and those for a part of the endpoints."""
    return (
        ApiKey(secret=f"sandbox-{name}"),
        ApiKey(secret=f"sandbox-{name}-expired", expires=dt.date(2020, 1, 1)),
        ApiKey(secret=f"sandbox-{name}-limited", permissions=("example-invoices",)),
        ApiKey(secret=f"sandbox-{name}-billing", permissions=BILLING_PERMISSIONS),
    )


RESELLER_NL = Reseller(
    name="nl",
    place=1,
    party=_party(
        "Voorbeeld IT B.V.",
        "NL",
        account_id="6c1f0b52-7d1a-4a57-9a0e-0d5f3f8b1000",
        address="Voorbeeldweg 1",
        postal_code="3500 AA",
        city="Utrecht",
        vat_number=dutch_vat_number(1200),
        chamber_of_commerce="00000001",
        iban="NL41BANK0000000002",
        bic="BANKNL00",
        telephone="+31 30 0000000",
        email="administratie@voorbeeld-it.example",
        first_name="Sam",
        last_name="Jansen",
    ),
    supplier=COPACO_NL,
    vat_percent=21,
    tax_zone="NL",
    partner_id="0000123456",
    payment_days=14,
    invoice_prefix="VF",
    keys=keys_of("nl"),
)
_BELGIAN = _party(
    "Voorbeeld Cloud België BV",
    "BE",
    account_id="b7e20c14-55aa-4c0f-8f0d-2f7c9d3e2000",
    address="Voorbeeldstraat 5",
    postal_code="9000",
    city="Gent",
    vat_number=belgian_vat_number(5000),
    iban="BE21000000000303",
    bic="BANKBEBB",
    telephone="+32 9 0000000",
    email="boekhouding@voorbeeld-cloud.example",
    first_name="Lien",
    last_name="Peeters",
)
RESELLER_BE = Reseller(
    name="be",
    place=2,
    party=_BELGIAN,
    supplier=COPACO_NL,
    vat_percent=0,
    tax_zone="",
    partner_id="0000654321",
    payment_days=30,
    invoice_prefix="F",
    keys=keys_of("be"),
)
RESELLER_BE_DOMESTIC = Reseller(
    name="be-domestic",
    place=3,
    party=_BELGIAN,
    supplier=COPACO_BE,
    vat_percent=21,
    tax_zone="BE",
    partner_id="0000654322",
    payment_days=30,
    invoice_prefix="FB",
    keys=keys_of("be-domestic"),
)


def vat_number_of(country_code: str, index: int) -> str:
    """Return the VAT number of an end customer; steps of three leave room for check digit 10."""
    return dutch_vat_number(30_000 + index * 3) if country_code == "NL" else belgian_vat_number(30_000 + index)
