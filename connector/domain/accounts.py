"""Ledger accounts and the roles they play."""

from __future__ import annotations

from enum import Enum

import msgspec


class AccountType(Enum):
    """The five kinds of account; the first three live on the balance sheet."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger account. ``code`` is text (``0980`` keeps its zero); ``tag`` is its code in a public standard (RGS,
    MAR), which may repeat.
    """

    code: str
    name: str
    type: AccountType
    tag: str = ""
    dims_required: tuple[str, ...] = ()


class ChartOfAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of an administration by code, and the code that plays each role (``creditors_control``)."""

    accounts: dict[str, Account]
    roles: dict[str, str]

    def resolve(self, name: str) -> str | None:
        """The account code for a role or a code, ``None`` when it is neither."""
        if name in self.roles:
            return self.roles[name]
        return name if name in self.accounts else None
