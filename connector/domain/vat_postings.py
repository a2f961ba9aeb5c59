"""The VAT of a document per tax code, and its postings.

Stated VAT on a purchase, both legs under reverse charge, computed VAT on a sale whose document states none.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from connector.domain.checks import Document
from connector.domain.decision import Decision
from connector.domain.finding import Finding, finding
from connector.domain.invoice import Direction
from connector.domain.journal import Posting, PostingRole
from connector.domain.mapping import Mapping
from connector.domain.money import percent_of, show
from connector.domain.tax import TaxCode
from connector.domain.vat import deductible, within_rounding


class TaxGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a document under one tax code.

    ``base`` is their net amount and ``vat`` the VAT to book, in minor units; ``stated`` tells that the document states
    it, ``groups`` are the positions they come from.
    """

    code: TaxCode
    base: int
    vat: int
    stated: bool
    lines: int
    groups: tuple[int, ...]

    @property
    def payable(self) -> int:
        """The VAT that is part of the open item: none under reverse charge."""
        return 0 if self.code.reverse_charge else self.vat


def tax_groups(
    document: Document, decisions: Sequence[Decision], mapping: Mapping, on: datetime.date
) -> list[TaxGroup]:
    """The document's lines per tax code valid on ``on``, in order of code."""
    positions: dict[str, list[int]] = {}
    for n, decision in enumerate(decisions):
        positions.setdefault(decision.tax, []).append(n)
    # A sale without a word about VAT leaves it to us; once it states any, what it does not state is none.
    states = document.key.direction is Direction.PURCHASE or any(group.vat for group in document.groups)
    return [_group(document, mapping.tax_code(code, on), each, states) for code, each in sorted(positions.items())]


def _group(document: Document, code: TaxCode, positions: list[int], states: bool) -> TaxGroup:
    mine = [document.groups[n] for n in positions]
    base = sum(group.net for group in mine)
    stated = states and not code.reverse_charge
    return TaxGroup(
        code=code,
        base=base,
        vat=sum(group.vat for group in mine) if stated else percent_of(base, code.rate),
        stated=stated,
        lines=sum(group.lines for group in mine),
        groups=tuple(positions),
    )


def differing(taxes: Sequence[TaxGroup]) -> list[Finding]:
    """C03 on a sale, where the stated rate says nothing: stated VAT that is not the rate of its tax code over the base,
    beyond rounding. A line at 0 % among lines with VAT is one."""
    found = []
    for tax in taxes:
        computed = percent_of(tax.base, tax.code.rate)
        if tax.stated and not within_rounding(tax.vat, tax.base, tax.code.rate, tax.lines):
            rate, stated = f"{tax.code.rate.normalize():f}", show(tax.vat)
            told = {"rate": rate, "stated": stated, "computed": show(computed), "tax": tax.code.code}
            found.append(finding("VAT-DIFFERS", "VAT", tax.vat - computed, **told))
    return found


class Accounts:
    """The accounts that play the roles of a mapping; roles that none plays are noted as findings."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self.missing: list[Finding] = []

    def of(self, role: str, minor: int) -> str:
        """The account that plays ``role``, '' and a finding about ``minor`` units when none does."""
        account = self._mapping.account_for_role(role)
        if account is None:
            self.missing.append(finding("ACCOUNT-UNMAPPED", f"accounts.csv role {role}", minor, role=role))
        return account or ""


def vat_postings(taxes: Sequence[TaxGroup], accounts: Accounts, direction: Direction, right: Decimal) -> list[Posting]:
    """The VAT postings of ``taxes``; ``right`` is the right of deduction in percent.

    C12: under reverse charge the VAT due is that on the base, and the same amount, as far as it is deductible, is
    deducted.
    """
    return [
        posting for tax in taxes if tax.vat for posting in _of_one(tax, accounts, direction is Direction.SALE, right)
    ]


def _of_one(tax: TaxGroup, accounts: Accounts, sale: bool, right: Decimal) -> list[Posting]:
    code, legs = tax.code, []
    if not sale:
        part = deductible(tax.vat, right)
        legs.append((code.role_vat_input, PostingRole.VAT_INPUT, part))
        legs.append(("vat_non_deductible", PostingRole.VAT_COST, tax.vat - part))
    if sale or code.reverse_charge:
        legs.append((code.role_vat_due, PostingRole.VAT_DUE, -tax.vat))
    if not all(account for account, _, _ in legs):
        accounts.missing.append(_without_role(tax))
        return []
    return [
        Posting(
            account=accounts.of(account, minor),
            minor=minor,
            role=role,
            tax=code.code,
            base_minor=tax.base,
            groups=tax.groups,
        )
        for account, role, minor in legs
        if minor
    ]


def _without_role(tax: TaxGroup) -> Finding:
    """VAT for which ``tax.csv`` names no account."""
    code, vat = tax.code, show(tax.vat)
    if code.reverse_charge:
        due, deducted = (vat if role else show(0) for role in (code.role_vat_due, code.role_vat_input))
        return finding("REVERSE-CHARGE-ASYMMETRIC", "VAT", tax.vat, due=due, deducted=deducted)
    return finding("TAX-UNMAPPED", "VAT", tax.vat, tax=code.code, stated=vat)
