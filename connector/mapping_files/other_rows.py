"""``customers.csv``, ``dimensions.csv`` and ``deferrals.csv``."""

from __future__ import annotations

import re
from decimal import Decimal

from connector.domain.deciding import LINE_FIELDS
from connector.domain.mapping import DEFERRAL_METHODS, DeferralPolicy, DimensionRule, MappedCustomer
from connector.domain.tax import vat_country
from connector.mapping_files.cells import Cells, each_row
from connector.mapping_files.chart import Accounts
from connector.mapping_files.problems import Problems
from connector.mapping_files.table import Table
from connector.texts import LANGUAGES

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def read_customers(table: Table | None, problems: Problems) -> dict[str, MappedCustomer]:
    """The customers by AccountID."""
    customers = [_customer(cells) for cells in each_row(table, problems)]
    return {customer.account_id: customer for customer in customers}


def _customer(cells: Cells) -> MappedCustomer:
    vat_number, country = cells.text("vat_number"), cells.country("country")
    if vat_number and not vat_country(vat_number):
        cells.wrong("vat_number", f"'{vat_number}' does not begin with a country; write it as NL123456789B01")
    if cells.text("vat_checked") and not vat_number:
        cells.wrong("vat_checked", "there is no vat_number that could have been checked")
    if not vat_number and not country:
        cells.doubtful("country", "neither country nor vat_number: sales to this customer will be held")
    return MappedCustomer(
        account_id=cells.identifier("account_id"),
        name=cells.text("name"),
        debtor=cells.text("debtor"),
        country=country,
        vat_number=vat_number,
        vat_checked=cells.date("vat_checked"),
        terms_days=cells.whole("terms_days"),
        po_required=cells.yes_no("po_required"),
        internal=cells.yes_no("internal"),
        cost_center=cells.text("cost_center"),
        language=cells.one_of("language", LANGUAGES, blank=True),
        contact=cells.text("contact"),
        email=cells.text("email"),
        file=cells.file,
        row=cells.line,
    )


def read_dimensions(table: Table | None, problems: Problems) -> tuple[DimensionRule, ...]:
    """The dimensions; one may have a row for purchases and one for sales, or one for both."""
    rules: list[DimensionRule] = []
    for cells in each_row(table, problems):
        rule = _dimension(cells)
        for other in rules:
            both = not rule.direction or not other.direction or rule.direction == other.direction
            if other.dimension == rule.dimension and both:
                place = cells.line_of(other.file, other.row)
                cells.wrong("direction", f"'{rule.dimension}' has a row for this direction already, on {place}")
        rules.append(rule)
    return tuple(rules)


def _dimension(cells: Cells) -> DimensionRule:
    name = cells.identifier("dimension").lower()
    if name and not _NAME.fullmatch(name):
        cells.wrong("dimension", f"'{name}' is no name for a dimension; use letters, digits and _, as in cost_centre")
    direction = cells.one_of("direction", ("purchase", "sale", "both"), blank=True)
    missing = cells.text("when_missing")
    return DimensionRule(
        dimension=name,
        direction="" if direction == "both" else direction,
        template=cells.template("template", LINE_FIELDS),
        required=cells.yes_no("required"),
        when_missing="hold" if missing.casefold() in {"", "hold"} else missing,
        create_values=cells.yes_no("create_values"),
        file=cells.file,
        row=cells.line,
    )


def read_deferrals(table: Table | None, accounts: Accounts, problems: Problems) -> dict[str, DeferralPolicy]:
    """The deferral policies by name."""
    policies = [_policy(cells, accounts) for cells in each_row(table, problems)]
    return {policy.name: policy for policy in policies}


def _policy(cells: Cells, accounts: Accounts) -> DeferralPolicy:
    method = cells.one_of("method", DEFERRAL_METHODS)
    name = cells.identifier("policy")
    if name == "none" and method != "none":
        cells.wrong("policy", "'none' means no deferral; give the policy another name")
    needed = method not in {"", "none"}
    return DeferralPolicy(
        name=name,
        method=method,
        min_days_beyond_month=cells.whole("min_days_beyond_month") or 0,
        min_amount=cells.number("min_amount") or Decimal(0),
        role_purchase=accounts.role(cells, "role_purchase", needed=needed),
        role_sale=accounts.role(cells, "role_sale", needed=needed),
        file=cells.file,
        row=cells.line,
    )
