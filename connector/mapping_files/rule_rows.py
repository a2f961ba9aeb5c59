"""``rules.csv``: the rules, checked against the other tables and against each other."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from connector.domain.deciding import LINE_FIELDS
from connector.domain.decision import Action
from connector.domain.mapping import MappedCustomer
from connector.domain.rule_doubts import never_winning, repeated
from connector.domain.rules import CHARGE_TYPES, Rule, clashes, fold, is_known, plain
from connector.mapping_files.cells import Cells, each_row
from connector.mapping_files.chart import Accounts
from connector.mapping_files.problems import Problems, nearest
from connector.mapping_files.schemas import RHYTHMS
from connector.mapping_files.table import Table

_FILE = "rules.csv"


def read_rules(
    table: Table | None,
    accounts: Accounts,
    policies: Collection[str] | None,
    dimensions: Collection[str] | None,
    problems: Problems,
) -> tuple[Rule, ...]:
    """The rules. ``policies`` and ``dimensions`` are the names that rules can use, ``None`` when their tables
    were unreadable.
    """
    columns = [column for column in (table.columns if table else ()) if column.startswith("dim_")]
    for column in columns:
        name = column.removeprefix("dim_")
        if dimensions is not None and name not in dimensions:
            hint = nearest(name, dimensions)
            problems.error(_FILE, 1, column, f"the dimension '{name}' is not in dimensions.csv{hint}")
    rules = tuple(_rule(cells, accounts, policies, columns) for cells in each_row(table, problems))
    _report_clashes(rules, problems)
    _report_gaps(rules, problems)
    return rules


def _rule(cells: Cells, accounts: Accounts, policies: Collection[str] | None, columns: Sequence[str]) -> Rule:
    start, end = cells.period()
    action = cells.one_of("action", [each.value for each in Action], blank=True)
    dimensions = ((column.removeprefix("dim_"), cells.template(column, LINE_FIELDS)) for column in columns)
    rule = Rule(
        id=cells.identifier("id"),
        file=cells.file,
        row=cells.line,
        direction=cells.one_of("direction", ("purchase", "sale"), blank=True),
        charge_type=_charge_type(cells),
        product_group=cells.text("product_group"),
        plan=cells.text("plan"),
        customer=cells.text("customer"),
        billing=_billing(cells),
        sign=cells.one_of("sign", ("+", "-"), blank=True),
        sender=cells.text("sender"),
        currency=cells.text("currency").upper(),
        priority=cells.whole("priority") or 0,
        valid_from=start,
        valid_to=end,
        account=accounts.resolve(cells, "account"),
        deferral=_policy(cells, policies),
        dimensions=tuple(sorted((name, template) for name, template in dimensions if template)),
        action=Action(action) if action else None,
        text=cells.template("text", LINE_FIELDS),
        reason=cells.text("reason") or cells.text("note"),
    )
    if not rule.results:
        cells.doubtful("", "the rule sets nothing: no account, deferral, action, text or dimension")
    return rule


def _charge_type(cells: Cells) -> str:
    value = cells.text("charge_type")
    if not is_known(value):
        hint = cells.nearest(value, CHARGE_TYPES)
        cells.doubtful("charge_type", f"'{value}' is none of the six charge types that Copaco documents{hint}")
    return value


def _billing(cells: Cells) -> str:
    value = cells.text("billing")
    if value and fold(value) not in map(fold, RHYTHMS):
        cells.doubtful("billing", f"'{value}' is none of {', '.join(RHYTHMS)}{cells.nearest(value, RHYTHMS)}")
    return value


def _policy(cells: Cells, policies: Collection[str] | None) -> str:
    if policies is None:
        return ""
    value = cells.text("deferral")
    if value and value not in {*policies, "none"}:
        cells.wrong("deferral", f"'{value}' is not in deferrals.csv{cells.nearest(value, [*policies, 'none'])}")
    return value


def _report_clashes(rules: Sequence[Rule], problems: Problems) -> None:
    for clash in clashes(rules):
        first, second = sorted((clash.first, clash.second), key=lambda rule: ("/" not in rule.file, rule.row))
        values = (dict(first.results)[clash.column], dict(second.results)[clash.column])
        problems.error(
            second.file,
            second.row,
            clash.column,
            f"{second.id} says '{values[1]}' and {first.id} on {_place(first, second)} says '{values[0]}' for the same"
            " lines and dates; close one with valid_to, or fill in priority",
        )


def report_doubts(rules: Sequence[Rule], customers: Iterable[MappedCustomer], problems: Problems) -> None:
    """Warn about rules that can never win, and about those that say again what another says."""
    internal = {plain(each.account_id) for each in customers if each.internal}
    for doubt in never_winning(rules, internal):
        why = "sales to an internal customer are ignored before any rule is asked"
        if doubt.by is not None:
            why = f"{doubt.by.id} on {_place(doubt.by, doubt.rule)} has a higher priority for the same lines and dates"
        problems.warning(doubt.rule.file, doubt.rule.row, "", f"{doubt.rule.id} can never win: {why}")
    for doubt in repeated(rules):
        assert doubt.by is not None, "a rule repeats another rule"
        text = f"{doubt.rule.id} says nothing that {doubt.by.id} on {_place(doubt.by, doubt.rule)} does not say"
        problems.warning(doubt.rule.file, doubt.rule.row, "", text)


def _place(rule: Rule, seen_from: Rule) -> str:
    return f"line {rule.row}" if rule.file == seen_from.file else f"line {rule.row} of {rule.file}"


def _report_gaps(rules: Sequence[Rule], problems: Problems) -> None:
    """Warn where a rule ends and its successor, with the same match cells, begins more than a day later."""
    ordered = sorted(rules, key=lambda rule: (rule.cells, rule.valid_from or datetime.date.min))
    for before, after in pairwise(ordered):
        if before.cells == after.cells and before.valid_to and after.valid_from:
            days = (after.valid_from - before.valid_to).days - 1
            if days > 0:
                gap = f"{before.id} on line {before.row} ends on {before.valid_to}"
                problems.warning(
                    after.file, after.row, "valid_from", f"{gap}, which leaves a gap before {after.id}: {days} days"
                )
