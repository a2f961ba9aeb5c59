"""How a mapping decides: the rules choose, tax and party are never guessed, and every choice names its row.

Findings: CHARGE-TYPE-UNKNOWN, MAPPING-AMBIGUOUS, RULE-HOLD, ACCOUNT-UNMAPPED, CUSTOMER-UNMAPPED,
DIMENSION-MISSING, and those of ``tax``. All that is wrong is collected; whoever asks fills in the euros.
"""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from connector.domain.accounts import AccountType
from connector.domain.combination import Combination
from connector.domain.decision import Action, Choice, Decision
from connector.domain.details import Details, attributes, shown, told
from connector.domain.finding import Finding, finding
from connector.domain.rules import Clash, Rule, choose, is_known
from connector.domain.tax import Situation, TaxCode, iso_country, percent, vat_country
from connector.domain.template import parse, render

if TYPE_CHECKING:
    from connector.domain.mapping import DimensionRule, MappedCustomer, Mapping

LINE_FIELDS = (
    "direction",
    "sender",
    "currency",
    "customer.id",
    "customer.number",
    "customer.name",
    "customer.debtor",
    "customer.cost_center",
    "consumer.number",
    "consumer.name",
    "cost_center",
    "plan_category",
    "plan_id",
    "plan_name",
    "charge_type",
    "billing",
    "rate",
    "zone",
    "po_number",
    "vendor_details",
    "details",
)
"""The fields that templates of dimensions and line texts can name. ``customer.debtor`` and
``customer.cost_center`` are those of ``customers.csv``, ``cost_center`` is the one on the line's customer at
the distributor; ``details`` are the attributes of subscription and line that Copaco prints.
"""

_WITH_DIMENSIONS = frozenset({AccountType.INCOME, AccountType.EXPENSE})


REMEMBERED = 20_000
"""Decisions that a mapping remembers; beyond it all are forgotten, which only costs time."""
_ALWAYS_READ = (
    "direction", "sender", "currency", "category", "plan_id", "plan_name", "charge_type", "billing", "sign", "rate",
    "zone",
)  # fmt: skip
_READ_BY_TEMPLATES = {
    "customer.id": "customer_id",
    "customer.number": "customer_number",
    "customer.name": "customer_name",
    "customer.debtor": "customer_id",
    "customer.cost_center": "customer_id",
    "consumer.number": "consumer_number",
    "consumer.name": "consumer_name",
    "cost_center": "cost_center",
    "po_number": "po_number",
    "vendor_details": "vendor_details",
    "details": "details",
}
"""The field of a combination behind a field of a template, for those that are not always read."""


def decide(mapping: Mapping, combination: Combination, *, on: datetime.date, own_country: str) -> Decision:
    """The decision of ``mapping`` for ``combination`` on the date ``on``.

    Thousands of combinations differ only in what no table reads, such as the customer: they share one decision.
    """
    question = (mapping.segment(on), own_country, mapping.question(combination))
    known = mapping.decided.get(question)
    if known is not None:
        return known
    decision = _Deciding(mapping, combination, on, own_country).decision()
    if not decision.problems:  # a problem names the customer, which others of the same question are not
        if len(mapping.decided) >= REMEMBERED:
            mapping.decided.clear()
        mapping.decided[question] = decision
    return decision


def fields_read(mapping: Mapping, *, sale: bool) -> tuple[str, ...]:
    """The fields of a combination that can matter for a decision of ``mapping``, besides a customer whom a rule names
    (``Mapping.named``): thousands of others are the same to it."""
    templates = [mapping.settings.line_text, *(rule.template for rule in mapping.dimensions)]
    for rule in mapping.rules:
        templates += [rule.text, *(template for _, template in rule.dimensions)]
    fields = {_READ_BY_TEMPLATES.get(field) for template in templates for field in parse(template).fields} - {None}
    if "details" in fields:
        fields.add("line_details")
    if sale:
        fields.add("customer_id")  # customers.csv says who it is, and where for VAT
        fields |= {"po_number"} if any(each.po_required for each in mapping.customers.values()) else set()
    return (*_ALWAYS_READ, *sorted(field for field in fields if field))


class _Deciding:
    """One decision in the making."""

    def __init__(self, mapping: Mapping, combination: Combination, on: datetime.date, own_country: str) -> None:
        self.mapping = mapping
        self.combination = combination
        self.on = on
        self.own_country = iso_country(own_country)
        self.customer: MappedCustomer | None = mapping.customers.get(combination.customer_id)
        matches = mapping.rule_book.matches(combination, on)
        self.unknown_type = not matches and not is_known(combination.charge_type)
        self.chosen, self.clashes = choose(matches)
        self.choices: list[Choice] = []
        self.problems: list[Finding] = []

    def decision(self) -> Decision:
        action, reason = self._action()
        if action is Action.IGNORE:
            return Decision(action=action, reason=reason, choices=tuple(self.choices))
        if self.unknown_type:
            self._problem("CHARGE-TYPE-UNKNOWN", "ChargeType")
        self.problems.extend(self._ambiguous(clash) for clash in self.clashes)
        tax = self._tax()
        account = self._account(tax)
        suspense = not account and self._may_suspend(action)
        if suspense:
            account = self._suspense()
        if not account and not self.unknown_type and not self._clash("account"):
            self._problem("ACCOUNT-UNMAPPED", "PlanName")
        dimensions = self._dimensions(account)
        # A line on the suspense account is not known, so it is not spread either.
        deferral = "" if suspense else self._result("deferral")
        text = self._text()
        final = Action.HOLD if self.problems else Action.SUSPENSE if suspense else Action.POST
        return Decision(
            action=final,
            account=account,
            tax=tax.code if tax else "",
            treatment=tax.treatment if tax else "",
            deferral="" if deferral == "none" else deferral,
            dimensions=dimensions,
            text=text,
            reason=reason,
            choices=tuple(self.choices),
            problems=tuple(self.problems),
        )

    def _action(self) -> tuple[Action, str]:
        """The action the rules want and why, POST when none says so; what a rule holds becomes a finding."""
        if self.combination.direction == "sale" and self.customer is not None and self.customer.internal:
            self._choice("action", "ignore", self.customer.file, self.customer.row, self.customer.account_id)
            return Action.IGNORE, "customers.csv: internal, gets no invoice"
        value, rule = self.chosen.get("action", ("", None))
        if rule is None:
            return Action.POST, ""
        self._from_rule("action", value, rule)
        if value == Action.HOLD.value:
            self._problem("RULE-HOLD", rule=rule.id, file=rule.file, row=rule.row, reason=rule.reason)
        return Action(value), rule.reason

    def _account(self, tax: TaxCode | None) -> str:
        account, rule = self.chosen.get("account", ("", None))
        if rule is None:
            return ""
        # A rule that names the customer knows whom it sells to; any other leaves that to the treatment.
        if tax is not None and tax.role_revenue and not rule.customer:
            account = self.mapping.account_for_role(tax.role_revenue) or account
            self._choice("account", account, tax.file, tax.row, tax.code)
        else:
            self._from_rule("account", account, rule)
        return account

    def _may_suspend(self, action: Action) -> bool:
        """Whether a person allowed the suspense account: only for a missing account, never for one that is
        ambiguous or held.
        """
        if self.unknown_type or self._clash("account") or self._clash("action") or action is Action.HOLD:
            return False
        return action is Action.SUSPENSE or self.mapping.settings.unmapped_account == "suspense"

    def _suspense(self) -> str:
        role = "suspense_purchase" if self.combination.direction == "purchase" else "suspense_sales"
        account = self.mapping.account_for_role(role) or ""
        if account and "action" in self.chosen and self.chosen["action"][0] == Action.SUSPENSE.value:
            self._from_rule("account", account, self.chosen["action"][1])
        elif account:
            file, row = self.mapping.settings.rows.get("unmapped_account", ("settings.csv", 0))
            self._choice("account", account, file, row, "unmapped_account")
        return account

    def _tax(self) -> TaxCode | None:
        sale = self.combination.direction == "sale"
        if sale and self.customer is None:
            self._problem("CUSTOMER-UNMAPPED", "AccountID")
            return None
        if sale and self.customer is not None:
            self._choice(
                "customer", self.customer.debtor, self.customer.file, self.customer.row, self.customer.account_id
            )
            if self.customer.po_required and not self.combination.po_number:
                self._problem("PO-MISSING", "SubscriptionPONumber")
        outcome = self.mapping.tax.decide(self._situation(sale), self.on)
        if isinstance(outcome, Finding):
            self.problems.append(outcome)
            return None
        row, code = outcome
        self._choice("treatment", row.treatment, row.file, row.row, row.id)
        self._choice("tax", code.code, code.file, code.row, code.code)
        return code

    def _situation(self, sale: bool) -> Situation:
        other, checked = vat_country(self.combination.sender), False
        if sale and self.customer is not None:
            other = vat_country(self.customer.vat_number) or iso_country(self.customer.country)
            checked = bool(self.customer.vat_number) and self.customer.vat_checked is not None
        return Situation(
            direction=self.combination.direction,
            own_country=self.own_country,
            other_country=other,
            rate=percent(self.combination.rate),
            checked=checked,
            zone=self.combination.zone,
            product_group=self.combination.category,
        )

    def _dimensions(self, account: str) -> tuple[tuple[str, str], ...]:
        """The values of the line's dimensions; those of the balance sheet have none unless the account asks
        for them.
        """
        known = self.mapping.chart.accounts.get(account)
        demanded = known.dims_required if known else ()
        declared = {
            rule.dimension: rule
            for rule in self.mapping.dimensions
            if rule.direction in {"", self.combination.direction}
        }
        names = set(demanded)
        if known is None or known.type in _WITH_DIMENSIONS:
            names |= declared.keys() | {
                column.removeprefix("dim_") for column in self.chosen if column.startswith("dim_")
            }
        filled = ((name, self._dimension(name, declared.get(name), name in demanded)) for name in sorted(names))
        return tuple((name, value) for name, value in filled if value)

    def _dimension(self, name: str, declared: DimensionRule | None, demanded: bool) -> str:
        column = f"dim_{name}"
        if self._clash(column):
            return ""
        template, rule = self.chosen.get(column, ("", None))
        value = render(template, self._fields).strip()
        if value and rule is not None:
            self._from_rule(column, value, rule)
            return value
        if declared is not None:
            default = "" if declared.when_missing == "hold" else declared.when_missing
            value = render(declared.template, self._fields).strip() or default
            if value:
                self._choice(column, value, declared.file, declared.row, name)
        if not value and (demanded or (declared is not None and declared.required)):
            self._problem("DIMENSION-MISSING", "CostCenter", dimension=name)
        return value

    def _text(self) -> str:
        template, rule = self.chosen.get("text", (self.mapping.settings.line_text, None))
        text = render(template, self._fields)
        if rule is not None:
            self._from_rule("text", text, rule)
        return text

    def _result(self, column: str) -> str:
        value, rule = self.chosen.get(column, ("", None))
        if rule is not None:
            self._from_rule(column, value, rule)
        return value

    @cached_property
    def _fields(self) -> dict[str, str]:
        line, customer = self.combination, self.customer
        return {
            "direction": line.direction,
            "sender": line.sender,
            "currency": line.currency,
            "customer.id": line.customer_id,
            "customer.number": line.customer_number,
            "customer.name": line.customer_name,
            "customer.debtor": customer.debtor if customer else "",
            "customer.cost_center": customer.cost_center if customer else "",
            "consumer.number": line.consumer_number,
            "consumer.name": line.consumer_name,
            "cost_center": line.cost_center,
            "plan_category": line.category,
            "plan_id": line.plan_id,
            "plan_name": line.plan_name,
            "charge_type": line.charge_type,
            "billing": line.billing,
            "rate": line.rate,
            "zone": line.zone,
            "po_number": line.po_number,
            "vendor_details": line.vendor_details,
            "details": told(shown((*attributes(line.details), *attributes(line.line_details)), Details.PRINTED)),
        }

    def _clash(self, column: str) -> bool:
        return any(clash.column == column for clash in self.clashes)

    def _ambiguous(self, clash: Clash) -> Finding:
        first, second = dict(clash.first.results), dict(clash.second.results)
        return finding(
            "MAPPING-AMBIGUOUS",
            column=clash.column,
            file=clash.first.file,
            rule=clash.first.id,
            row=clash.first.row,
            value=first[clash.column],
            other_rule=clash.second.id,
            other_row=clash.second.row,
            other_value=second[clash.column],
        )

    def _problem(self, code: str, field: str = "", **values: object) -> None:
        line = self.combination
        about = {
            "direction": line.direction,
            "charge_type": line.charge_type,
            "product_group": line.category,
            "plan": line.plan_name or line.plan_id,
            "customer": line.customer_id,
            "customer_name": line.customer_name,
        }
        known = {name: value for name, value in (about | values).items() if value}
        self.problems.append(finding(code, field, 0, **known))

    def _from_rule(self, column: str, value: str, rule: Rule) -> None:
        self._choice(column, value, rule.file, rule.row, rule.id)

    def _choice(self, column: str, value: str, file: str, row: int, rule: str) -> None:
        self.choices.append(Choice(column=column, value=value, file=file, row=row, rule=rule))
