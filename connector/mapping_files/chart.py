"""``accounts.csv``: the chart of accounts, the roles, and the return boxes of accounts."""

from __future__ import annotations

import re
from collections.abc import Collection

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.mapping_files.cells import Cells, each_row
from connector.mapping_files.problems import Problems
from connector.mapping_files.table import Table

NEEDED_ROLES = ("creditors_control", "debtors_control", "rounding_debit", "rounding_credit")
"""The roles that booking any document can need; other roles are needed when a row names them."""

_ROLE = re.compile(r"[a-z][a-z0-9_]*")


class Accounts:
    """The chart that was read. When the table was unreadable, every reference to it is taken for right.

    ``dimensions`` are the declared ones, ``None`` when their table was unreadable.
    """

    def __init__(self, table: Table | None, dimensions: Collection[str] | None, problems: Problems) -> None:
        self._readable = table is not None
        accounts: dict[str, Account] = {}
        roles: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        for cells in each_row(table, problems):
            account = _account(cells)
            first = accounts.setdefault(account.code, account)
            if first != account:
                cells.wrong("code", f"'{account.code}' is there already with another name, type, tag or dims_required")
            elif not cells.text("role") and first is not account:
                cells.wrong("code", f"'{account.code}' is there already")
            _role(cells, account, roles)
            _dimensions(cells, account, dimensions)
            if box := cells.text("box"):
                self.boxes[account.code] = box
        self.chart = ChartOfAccounts(accounts=accounts, roles=roles)
        for role in NEEDED_ROLES if self._readable else ():
            self.need(role, problems)

    def need(self, role: str, problems: Problems, why: str = "") -> None:
        """Note an error when no account plays ``role``."""
        if self._readable and role not in self.chart.roles:
            problems.error("accounts.csv", 0, "role", f"no account has the role {role}{why}; add a row for it")

    def resolve(self, cells: Cells, column: str) -> str:
        """The number of the account or role named in ``column``; blank is ''."""
        name = cells.text(column)
        account = self.chart.resolve(name) if name else ""
        if account is None:
            if self._readable:
                known = [*self.chart.accounts, *self.chart.roles]
                cells.wrong(
                    column, f"'{name}' is not in accounts.csv{_zero(name, known) or cells.nearest(name, known)}"
                )
            return ""
        return account

    def role(self, cells: Cells, column: str, *, needed: bool = False) -> str:
        """The role (or account number) named in ``column``, after checking that there is an account for it."""
        name = cells.text(column)
        if not name and needed:
            cells.wrong(column, "the cell must be filled")
        self.resolve(cells, column)
        return name


def _zero(name: str, known: Collection[str]) -> str:
    """'; ...' when a spreadsheet may have taken the zero before a number, here or in the chart."""
    twin = next((each for each in known if each != name and each.lstrip("0") == name.lstrip("0") != ""), "")
    return f"; it is there as '{twin}': a spreadsheet takes zeros away, so format the column as text" if twin else ""


def _account(cells: Cells) -> Account:
    kind = cells.one_of("type", [each.value for each in AccountType])
    if not cells.text("name"):
        cells.wrong("name", "the cell must be filled")
    return Account(
        code=cells.identifier("code"),
        name=cells.text("name"),
        type=AccountType(kind or AccountType.ASSET.value),
        tag=cells.text("tag"),
        dims_required=tuple(re.split(r"[\s+,]+", cells.text("dims_required").lower()))
        if cells.text("dims_required")
        else (),
    )


def _role(cells: Cells, account: Account, roles: dict[str, str]) -> None:
    role = cells.text("role")
    if role and not _ROLE.fullmatch(role):
        cells.wrong("role", f"'{role}' is no role; a role is written like cost_licences")
    elif role in roles:
        cells.wrong("role", f"'{role}' is already played by account {roles[role]}")
    elif role:
        roles[role] = account.code


def _dimensions(cells: Cells, account: Account, declared: Collection[str] | None) -> None:
    for name in account.dims_required if declared is not None else ():
        if name not in (declared or ()):
            hint = cells.nearest(name, declared or ())
            cells.wrong("dims_required", f"the dimension '{name}' is not in dimensions.csv{hint}")
