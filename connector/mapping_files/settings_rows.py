"""``settings.csv``: key and value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from connector.domain.deciding import LINE_FIELDS
from connector.domain.decision import Action
from connector.domain.mapping import ENTRY_TEXT_FIELDS, Aggregation, MappingSettings
from connector.domain.rules import Rule
from connector.mapping_files.cells import Cells, each_row
from connector.mapping_files.chart import Accounts
from connector.mapping_files.problems import Problems
from connector.mapping_files.table import Table

_READ: dict[str, Callable[[Cells], object]] = {
    "aggregate_purchase": lambda cells: cells.one_of("value", get_args(Aggregation)),
    "aggregate_sale": lambda cells: cells.one_of("value", get_args(Aggregation)),
    "unmapped_account": lambda cells: cells.one_of("value", ("hold", "suspense")),
    "suspense_limit": lambda cells: cells.number("value"),
    "vat_rounding": lambda cells: cells.one_of("value", ("per_tax_group",)),
    "tolerance_document": lambda cells: cells.number("value"),
    "vat_deduction": lambda cells: cells.percentage("value"),
    "entry_text": lambda cells: cells.template("value", ENTRY_TEXT_FIELDS),
    "line_text": lambda cells: cells.template("value", LINE_FIELDS),
    "parent": lambda cells: cells.text("value"),
}


def read_settings(table: Table | None, problems: Problems) -> MappingSettings:
    """The settings; those that are not in the file have their default."""
    values: dict[str, Any] = {}
    rows: dict[str, tuple[str, int]] = {}
    for cells in each_row(table, problems):
        key = cells.text("key")
        if key not in _READ:
            cells.wrong("key", f"'{key}' is not a setting{cells.nearest(key, _READ)}")
        elif not cells.text("value") and key != "line_text":
            cells.wrong("value", f"{key} has no value; leave the row out for the default")
        else:
            values[key], rows[key] = _READ[key](cells), (cells.file, cells.line)
    right = {key: value for key, value in values.items() if value is not None}
    return MappingSettings(**right, rows=rows)


def check_settings(settings: MappingSettings, rules: tuple[Rule, ...], accounts: Accounts, problems: Problems) -> None:
    """Check what settings ask of the other tables: the suspense account needs a limit and its roles."""
    suspends = settings.unmapped_account == "suspense" or any(rule.action is Action.SUSPENSE for rule in rules)
    if suspends and not settings.suspense_limit:
        text = "a limit in EUR is needed before anything can be booked on the suspense account; add suspense_limit"
        file, row = settings.rows.get("unmapped_account", ("settings.csv", 0))
        problems.error(file, row, "value", text)
    if suspends:
        accounts.need("suspense_purchase", problems, ", and the suspense account is in use")
        accounts.need("suspense_sales", problems, ", and the suspense account is in use")
    if settings.vat_deduction < 100:
        accounts.need("vat_non_deductible", problems, ", and vat_deduction is below 100")
