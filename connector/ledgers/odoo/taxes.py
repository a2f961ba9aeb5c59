"""Odoo's taxes, and which of them a code of ``tax.csv`` means.

A code is an external id, best (``btw_ink_0``, ``l10n_nl.1_btw_ink_0``, ``account.1_btw_ink_0``): names are translated,
external ids are not. From Odoo 17 on the taxes of a chart are ``account.<company>_<code of the chart>``; the module and
the company may be left out. A name or a number (id) is taken as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property

import msgspec

from connector.domain.invoice import Direction
from connector.errors import EntryRejected
from connector.ledgers.base import TaxThere, VatCode
from connector.ledgers.odoo.company import Company, pages
from connector.ledgers.odoo.wire import Transport, text_of


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """One tax. ``kind`` is sale, purchase or none; ``rate`` is in percent; ``external`` are its ids (module, name)."""

    id: int
    name: str
    kind: str
    rate: Decimal | None
    external: tuple[tuple[str, str], ...]


class Taxes:
    """The taxes of the company."""

    def __init__(self, transport: Transport, company: Company, ours: Mapping[str, TaxThere]) -> None:
        self._transport, self._company, self._ours = transport, company, ours

    @cached_property
    def _all(self) -> Sequence[Tax]:
        domain: list[object] = [["company_id", "=", self._company.id]]
        rows = list(
            pages(self._transport, "account.tax", domain, ["name", "amount", "amount_type", "type_tax_use"], "id")
        )
        named: list[object] = [["model", "=", "account.tax"], ["res_id", "in", [row["id"] for row in rows]]]
        external: dict[int, list[tuple[str, str]]] = {}
        for row in pages(self._transport, "ir.model.data", named, ["module", "name", "res_id"], "id"):
            external.setdefault(row["res_id"], []).append((row["module"], row["name"]))
        return [
            Tax(
                id=row["id"],
                name=text_of(row["name"]),
                kind=text_of(row["type_tax_use"]),
                rate=Decimal(row["amount"]) if row["amount_type"] == "percent" else None,
                external=tuple(external.get(row["id"], ())),
            )
            for row in rows
        ]

    def codes(self) -> list[VatCode]:
        """Every tax by the code to write into ``tax.csv``."""
        return [VatCode(code=self._code(tax), name=tax.name, rate=tax.rate) for tax in self._all]

    def code_of(self, tax_id: int) -> str:
        """The code of the tax with this number: as ``tax.csv`` writes it, where it does."""
        return self._written.get(tax_id) or next(
            (self._code(tax) for tax in self._all if tax.id == tax_id), str(tax_id)
        )

    @cached_property
    def _written(self) -> Mapping[int, str]:
        written: dict[int, str] = {}
        for there in self._ours.values():
            for tax in self._meant(there.code):
                written.setdefault(tax.id, there.code)
        return written

    def of(self, code: str, direction: Direction) -> int:
        """The number of the tax for our tax code. Raises EntryRejected when there is none, or more than one."""
        there = self._ours.get(code)
        if there is None or not there.code:
            raise EntryRejected(
                f"tax.csv says nothing of the tax code {code!r} in its column odoo",
                hint="Write the external id of Odoo's tax there; docs/ledgers/odoo.md says where Odoo shows it. "
                "Then approve the entry again.",
            )
        meant = self._meant(there.code)
        kind = "sale" if direction is Direction.SALE else "purchase"
        fitting = [tax for tax in meant if tax.kind == kind] or [tax for tax in meant if tax.kind == "none"]
        if len(fitting) != 1:
            many = "several taxes" if fitting else "no tax"
            raise EntryRejected(
                f"Odoo has {many} {there.code!r} for {kind}s; the column odoo of tax.csv says so of {code!r}",
                hint="Correct it; best is the external id of the tax. Then approve the entry again.",
            )
        return fitting[0].id

    def _meant(self, code: str) -> list[Tax]:
        """The taxes that ``code`` can mean, by the surest of its readings that gives any."""
        prefixed = f"{self._company.id}_{code}"
        module, _, name = code.partition(".")
        readings = (
            lambda tax: (module, name) in tax.external,
            lambda tax: (module, f"{self._company.id}_{name}") in tax.external,
            lambda tax: any(known in {code, prefixed} for _, known in tax.external),
            lambda tax: tax.name == code,
            lambda tax: str(tax.id) == code,
        )
        for reading in readings:
            if found := [tax for tax in self._all if reading(tax)]:
                return found
        return []

    def _code(self, tax: Tax) -> str:
        if not tax.external:
            return tax.name
        return tax.external[0][1].removeprefix(f"{self._company.id}_")
