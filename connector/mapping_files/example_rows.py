"""``examples.csv``: test rows, a line and what it must get."""

from __future__ import annotations

from connector.domain.combination import Combination
from connector.domain.decision import Action
from connector.domain.examples import NOTHING, Example
from connector.mapping_files.cells import Cells, each_row
from connector.mapping_files.chart import Accounts
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import DIRECTIONS, EXAMPLES
from connector.mapping_files.table import Table


def read_examples(table: Table | None, accounts: Accounts, problems: Problems) -> tuple[Example, ...]:
    """The examples, none without the table."""
    dimensions = [column for column in (table.columns if table else ()) if column.startswith(EXAMPLES.prefix)]
    return tuple(_example(cells, accounts, dimensions) for cells in each_row(table, problems))


def _example(cells: Cells, accounts: Accounts, dimensions: list[str]) -> Example:
    rate = cells.percentage("rate")
    expected = {
        "action": cells.one_of("expect_action", [each.value for each in Action], blank=True),
        "account": NOTHING if cells.text("expect_account") == NOTHING else accounts.resolve(cells, "expect_account"),
        "tax": cells.text("expect_tax"),
        "deferral": cells.text("expect_deferral"),
        **{f"dim_{column.removeprefix(EXAMPLES.prefix)}": cells.text(column) for column in dimensions},
    }
    expected = {column: value for column, value in expected.items() if value}
    if not expected:
        cells.doubtful("", "the example expects nothing: fill in expect_account, expect_tax or another expect_ column")
    return Example(
        id=cells.identifier("id"),
        combination=Combination(
            direction=cells.one_of("direction", DIRECTIONS),
            sender=cells.text("sender"),
            currency=cells.text("currency") or "EUR",
            customer_id=cells.text("customer"),
            customer_number=cells.text("customer_number"),
            cost_center=cells.text("cost_center"),
            category=cells.text("product_group"),
            plan_id=cells.text("plan_id"),
            plan_name=cells.text("plan"),
            charge_type=cells.text("charge_type"),
            billing=cells.text("billing"),
            sign=cells.one_of("sign", ("+", "-"), blank=True) or "+",
            rate="" if rate is None else f"{rate.normalize():f}",
            zone=cells.text("zone"),
            po_number=cells.text("po_number"),
        ),
        on=cells.date("date"),
        expected=expected,
        file=cells.file,
        row=cells.line,
    )
