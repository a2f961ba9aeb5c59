"""The mapping against the ledger it goes to: accounts and VAT codes that are named here and unknown there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum

import msgspec

from connector.domain.mapping import Mapping as MappingSet
from connector.domain.tax import TaxCode

ALWAYS_USED = ("creditors_control", "debtors_control", "rounding_debit", "rounding_credit", "suspense")
"""Roles that a booking may need whatever the rules say."""


class Doubt(Enum):
    """What may be wrong between our tables and the ledger."""

    NO_ACCOUNT = "the ledger has no such account"
    NO_VAT_CODE = "the ledger has no such VAT code"
    CODE_MISSING = "tax.csv names no VAT code of the ledger"
    RATE_DIFFERS = "the ledger's VAT code has another rate"


class LedgerDoubt(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: ``file`` and ``name`` are ours (an account or a tax code), ``theirs`` is what the ledger says."""

    doubt: Doubt
    file: str
    name: str
    title: str
    theirs: str = ""


def doubts(
    mapping: MappingSet,
    kind: str,
    accounts: Mapping[str, str] | None,
    vat_rates: Mapping[str, Decimal | None] | None,
) -> list[LedgerDoubt]:
    """Where ``mapping`` names what the ledger of this ``kind`` does not know.

    ``accounts`` are the ledger's by number, ``vat_rates`` the rates (percent) by its VAT codes; ``None`` when it does
    not tell. Only accounts that something can book on are looked at, and tax codes that a row of the tax map leads to.
    """
    found = [] if accounts is None else list(_accounts(mapping, accounts))
    return found + ([] if vat_rates is None else list(_taxes(mapping, kind, vat_rates)))


def _accounts(mapping: MappingSet, known: Mapping[str, str]) -> Iterator[LedgerDoubt]:
    for code in sorted(used_accounts(mapping)):
        if code not in known:
            name = mapping.chart.accounts[code].name
            yield LedgerDoubt(doubt=Doubt.NO_ACCOUNT, file="accounts.csv", name=code, title=name)


def used_accounts(mapping: MappingSet) -> set[str]:
    """The accounts that an entry under ``mapping`` can have."""
    names = {*ALWAYS_USED, *(rule.account for rule in mapping.rules)}
    for tax in mapping.tax_codes:
        if mapped(mapping, tax):
            names |= {tax.role_vat_input, tax.role_vat_due, tax.role_revenue}
    return {code for name in names if name and (code := mapping.chart.resolve(name)) is not None}


def _taxes(mapping: MappingSet, kind: str, rates: Mapping[str, Decimal | None]) -> Iterator[LedgerDoubt]:
    for tax in mapping.tax_codes:
        if not mapped(mapping, tax):
            continue
        code, title = tax.package.get(kind, ""), f"{tax.direction} {tax.treatment} {tax.rate:f}%"
        if not code:
            yield LedgerDoubt(doubt=Doubt.CODE_MISSING, file=tax.file, name=tax.code, title=title)
        elif code not in rates:
            yield LedgerDoubt(doubt=Doubt.NO_VAT_CODE, file=tax.file, name=tax.code, title=title, theirs=code)
        elif not tax.reverse_charge and (rate := rates[code]) is not None and rate != tax.rate:
            theirs = f"{code} {rate:f}%"
            yield LedgerDoubt(doubt=Doubt.RATE_DIFFERS, file=tax.file, name=tax.code, title=title, theirs=theirs)


def mapped(mapping: MappingSet, tax: TaxCode) -> bool:
    """Whether a row of the tax map leads to the treatment of ``tax``."""
    return any((row.direction, row.treatment) == (tax.direction, tax.treatment) for row in mapping.tax_map)
