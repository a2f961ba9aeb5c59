"""The price lines of a subscription in a service month: fees, usage, and corrections of the cycle before."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from connector.sandbox.catalogue import Plan, Rhythm
from connector.sandbox.figures import (
    cents_text,
    dice,
    digest,
    half_up,
    prorated,
    prorated_unit_text,
    sale_price,
    vat_on,
)
from connector.sandbox.months import Span, cycle, span
from connector.sandbox.portfolio import Subscription

MONTHS_IN_YEAR = 12


class Line(NamedTuple):
    """A price line with the figures of both directions, in cents.

    ``only`` is "" for a line both sides have, else the one endpoint direction that has it: "purchase" or
    "sale". ``vat`` is None where it is simply the rate on the amount. ``changes`` are the single changes a
    summarised correction stands for; their figures sum to its own.
    """

    charge_type: str
    frequency: str
    period: Span
    duration: str
    quantity: str
    unit_cost: str
    cost: int
    unit_sale: str
    sale: int
    row_hash: str
    vat: int | None = None
    vendor_details: str = ""
    only: str = ""
    changes: tuple[Line, ...] = ()

    def vat_at(self, percent: int, *, sale: bool) -> int:
        """Return the VAT of the line in cents, on the sale or on the purchase."""
        if self.vat is not None:
            return self.vat
        return vat_on(self.sale if sale else self.cost, percent)


def subscription_lines(subscription: Subscription, month: int) -> list[Line]:
    """Return the lines that the invoice over a service month holds for a subscription, corrections last."""
    if not subscription.start_month <= month < subscription.end_month:
        return []
    rhythm = subscription.plan.rhythm
    if rhythm is Rhythm.MONTHLY:
        fee = _cycle_fee(subscription, month, 1)
        correction = _correction(subscription, month) if month > subscription.start_month else None
        return [fee] if correction is None else [fee, correction]
    if rhythm in {Rhythm.USAGE, Rhythm.FIXED_USAGE}:
        return [usage_line(subscription, month, cycle(month, 1))]
    due = (month - subscription.start_month) % MONTHS_IN_YEAR == 0
    if rhythm is Rhythm.DOMAIN:
        return [domain_line(subscription, month)] if due else []
    lines = [_cycle_fee(subscription, month, MONTHS_IN_YEAR)] if due else []
    correction = _correction(subscription, month) if month > subscription.start_month else None
    return lines if correction is None else [*lines, correction]


def _cycle_fee(subscription: Subscription, month: int, months: int) -> Line:
    plan = subscription.plan
    quantity = subscription.quantity_in(month)
    first = month == subscription.start_month and plan.cycle_type == "Cycle Fee"
    return Line(
        "Purchase Fee" if first else plan.cycle_type,
        plan.frequency,
        cycle(month, subscription.anchor, months),
        "Month" if months == 1 else "Year",
        str(quantity),
        plan.cost_text,
        plan.cost * quantity,
        cents_text(subscription.sale),
        subscription.sale * quantity,
        digest(f"{subscription.key}:{month}"),
    )


def usage_line(subscription: Subscription, month: int, period: Span) -> Line:
    """Return the consumption of a month: one line, at Azure with an amount that differs each month."""
    plan = subscription.plan
    row_hash = digest(f"{subscription.key}:{month}")
    cost, sale, quantity = plan.cost, subscription.sale, "1"
    if plan.rhythm is Rhythm.USAGE:
        cost = half_up(plan.cost * (600 + dice(row_hash, 801)), 1000) + dice(row_hash, 97)
        sale = sale_price(cost, subscription.margin)
        quantity = "1.0"
    return Line(
        plan.cycle_type,
        plan.frequency,
        period,
        "Month",
        quantity,
        cents_text(cost),
        cost,
        cents_text(sale),
        sale,
        row_hash,
    )


def domain_line(subscription: Subscription, month: int) -> Line:
    """Return the yearly fee of a domain name, with the vendor's text in ``VendorDetails``."""
    plan = subscription.plan
    period = cycle(month, subscription.anchor, MONTHS_IN_YEAR)
    action = "registration" if month == subscription.start_month else "renewal"
    return Line(
        plan.cycle_type,
        plan.frequency,
        period,
        "Year",
        "1",
        cents_text(plan.cost),
        plan.cost,
        cents_text(subscription.sale),
        subscription.sale,
        digest(f"{subscription.key}:{month}"),
        None,
        f"klant-{subscription.subscription_id[2:]}.example, {action}, {period.start:%d-%m-%Y} to {period.end:%d-%m-%Y}",
    )


def _correction(subscription: Subscription, month: int) -> Line | None:
    step = subscription.quantity_in(month) - subscription.quantity_in(month - 1)
    if step == 0:
        return None
    old = _running_cycle(subscription, month - 1)
    roll = digest(f"{subscription.key}:{month}:c")
    window = _change_window(old, month - 1, subscription.anchor)
    day = dice(roll[8:], max(window.days - 3, 1))
    changes = [(step, window.start + dt.timedelta(days=day))]
    if dice(roll, 3) == 0:
        # Two orders in one cycle: some seats too many, and one of them back (or the reverse) days later.
        extra = 1 if step > 0 else -1
        changes = [(step + extra, changes[0][1]), (-extra, changes[0][1] + dt.timedelta(days=2))]
    single = tuple(
        _change(subscription, old, seats, since, digest(f"{roll}:{place}"))
        for place, (seats, since) in enumerate(changes)
    )
    if len(single) == 1:
        return single[0]._replace(row_hash=roll, changes=single)
    cost, sale = sum(line.cost for line in single), sum(line.sale for line in single)
    return single[0]._replace(
        quantity="1",
        unit_cost=cents_text(cost),
        cost=cost,
        unit_sale=cents_text(sale),
        sale=sale,
        row_hash=roll,
        changes=single,
    )


def _running_cycle(subscription: Subscription, month: int) -> Span:
    if subscription.plan.rhythm is Rhythm.MONTHLY:
        return cycle(month, subscription.anchor)
    months_in = (month - subscription.start_month) % MONTHS_IN_YEAR
    return cycle(month - months_in, subscription.anchor, MONTHS_IN_YEAR)


def _change_window(old: Span, month: int, anchor: int) -> Span:
    """Return the month of a cycle in which its seats changed; a yearly cycle has twelve of them."""
    part = cycle(month, anchor)
    return span(max(part.start, old.start), min(part.end, old.end))


def _change(subscription: Subscription, old: Span, seats: int, since: dt.date, row_hash: str) -> Line:
    plan: Plan = subscription.plan
    days, days_total, sign = (old.end - since).days + 1, old.days, -1 if seats < 0 else 1
    return Line(
        "Correction",
        plan.frequency,
        span(since, old.end),
        "Month" if plan.rhythm is Rhythm.MONTHLY else "Year",
        str(abs(seats)),
        prorated_unit_text(plan.cost, days, days_total, sign),
        prorated(plan.cost, seats, days, days_total),
        prorated_unit_text(subscription.sale, days, days_total, sign),
        prorated(subscription.sale, seats, days, days_total),
        row_hash,
    )
