"""The tables of a mapping set: their files, columns, and the columns that identify and sort a row."""

from __future__ import annotations

import msgspec

PACKAGES = (
    "afas",
    "business_central",
    "datev",
    "eboekhouden",
    "exact",
    "moneybird",
    "odoo",
    "quickbooks",
    "snelstart",
    "twinfield",
    "xero",
    "yuki",
)
"""Accounting packages that ``tax.csv`` can have a column for, holding the package's own code."""


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a table, in the order in which they are written. All but the ``required`` ones can be left out.

    ``prefix`` allows further columns that begin with it; ``key`` identifies a row and sorts the table.
    """

    file: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    prefix: str = ""
    key: tuple[str, ...]

    def allows(self, column: str) -> bool:
        """Whether the table can have ``column``."""
        return column in self.columns or bool(self.prefix and column.removeprefix(self.prefix) not in {"", column})

    def place(self, column: str) -> tuple[int, str]:
        """Where ``column`` is written: columns with a prefix come last, by name."""
        return (self.columns.index(column), "") if column in self.columns else (len(self.columns), column)


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ACCOUNTS = Schema(
    file="accounts.csv",
    columns=_columns("role code name type tag box dims_required note"),
    required=_columns("role code name type"),
    key=("code", "role"),
)
RULES = Schema(
    file="rules.csv",
    columns=_columns(
        "id direction charge_type product_group plan customer billing sign sender currency priority"
        " valid_from valid_to account deferral action text reason note"
    ),
    required=_columns("id direction charge_type account action"),
    prefix="dim_",
    key=("id",),
)
TAX = Schema(
    file="tax.csv",
    columns=(
        *_columns("code country direction treatment rate valid_from valid_to"),
        *_columns("role_vat_input role_vat_due role_revenue boxes en_category"),
        *PACKAGES,
        "note",
    ),
    required=_columns("code country direction treatment rate valid_from valid_to role_vat_input role_vat_due boxes"),
    key=("code", "valid_from"),
)
TAXMAP = Schema(
    file="taxmap.csv",
    columns=_columns(
        "id direction own_country other_vat_country stated_rate zone product_group valid_from valid_to treatment note"
    ),
    required=_columns("direction own_country other_vat_country stated_rate treatment"),
    key=_columns("id direction own_country other_vat_country stated_rate zone product_group valid_from"),
)
CUSTOMERS = Schema(
    file="customers.csv",
    columns=_columns(
        "account_id name debtor country vat_number vat_checked terms_days po_required internal cost_center note"
    ),
    required=_columns("account_id name debtor country vat_number vat_checked"),
    key=("account_id",),
)
DIMENSIONS = Schema(
    file="dimensions.csv",
    columns=_columns("dimension direction template required when_missing create_values note"),
    required=_columns("dimension direction template required when_missing"),
    key=("dimension", "direction"),
)
DEFERRALS = Schema(
    file="deferrals.csv",
    columns=_columns("policy method min_days_beyond_month min_amount role_purchase role_sale note"),
    required=_columns("policy method min_days_beyond_month min_amount role_purchase role_sale"),
    key=("policy",),
)
SETTINGS = Schema(file="settings.csv", columns=("key", "value", "note"), required=("key", "value"), key=("key",))

SCHEMAS = {schema.file: schema for schema in (ACCOUNTS, RULES, TAX, TAXMAP, CUSTOMERS, DIMENSIONS, DEFERRALS, SETTINGS)}
"""The tables by file name; a mapping set has all of them."""

EXAMPLES_FILE = "examples.csv"
"""The accountant's test rows; they may lie beside the tables and are no part of a decision."""
