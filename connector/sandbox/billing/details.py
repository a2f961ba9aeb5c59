"""The build-up of one subscription: its plan, the period of the plan, and the resources with their rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from connector.sandbox.billing.heads import Values
from connector.sandbox.billing.numbers import (
    number_of,
    period_number,
    plan_number,
    rate_number,
    resource_number,
)
from connector.sandbox.billing.question import BillingQuestion
from connector.sandbox.billing.shape import rate_period, stock_code
from connector.sandbox.catalogue import Plan, Rhythm
from connector.sandbox.documents import blocks, documents
from connector.sandbox.lines import MONTHS_IN_YEAR
from connector.sandbox.months import cycle
from connector.sandbox.portfolio import Subscription, resources
from connector.sandbox.render import expiration_text
from connector.sandbox.request import Refusal
from connector.sandbox.vendors import vendor_number

ARGUMENT = "subscriptionId"


def details(question: BillingQuestion, query: Mapping[str, str]) -> Values:
    """Return the subscription with the number in a query. Raises Refusal: 400 without one, 404 for a stranger."""
    wanted = query.get(ARGUMENT, "")
    if not (wanted.isascii() and wanted.isdecimal()):
        raise Refusal(400, f"{ARGUMENT} must be the number of a subscription.")
    subscription = _found(question, int(wanted))
    plan = subscription.plan
    code = stock_code(plan)
    term = MONTHS_IN_YEAR if plan.rhythm in {Rhythm.YEARLY, Rhythm.DOMAIN} or "-1y-" in plan.plan_id else 1
    billed = MONTHS_IN_YEAR if plan.rhythm in {Rhythm.YEARLY, Rhythm.DOMAIN} else 1
    return {
        "Resources": _resources(question, subscription),
        "ServicePlan": {
            "PlanCategoryId": vendor_number(plan.category),
            "PlanCategoryName": plan.category,
            "PlanId": plan_number(plan.plan_id),
            "PlanName": _named(plan.name),
        },
        "ServicePlanPeriod": {
            "PlanPeriodCancellationSKUName": f"{code}-CANCEL",
            "PlanPeriodId": period_number(plan.plan_id),
            "PlanPeriodRenewalSKUName": f"{code}-RENEW",
            "PlanPeriodSetupSKUName": f"{code}-SETUP",
            "PlanPeriodSubscriptionSKUName": code,
            "PlanPeriodTransferSKUName": "",
        },
        "Subscription": {
            "BillingPeriod": billed,
            "BillingPeriodType": "Month",
            "ExpirationDate": expiration_text(subscription, question.world.months[-1]),
            "Period": term,
            "PeriodType": "Month",
            "StartDate": cycle(subscription.start_month, subscription.anchor).start_text,
            "SubscriptionId": number_of(subscription.subscription_id),
        },
    }


def _found(question: BillingQuestion, number: int) -> Subscription:
    for document in documents(question.world, question.reseller, dt.date.min, question.last):
        for block in blocks(question.world, document):
            for subscription, _ in block.subscriptions:
                if number_of(subscription.subscription_id) == number:
                    return subscription
    raise Refusal(404, f"There is no subscription {number}.")


def _named(text: str) -> list[Values]:
    return [{"Name": language, "Value": text} for language in ("en", "nl")]


def _resources(question: BillingQuestion, subscription: Subscription) -> list[Values]:
    plan = subscription.plan
    built = [(one.attribute, int(one.value), one.description) for one in resources(subscription) if not one.hidden]
    if not built:
        built = [("unit", subscription.quantity_in(question.world.months[-1]), plan.description)]
    return [
        _resource(question, plan, place, name, amount, description)
        for place, (name, amount, description) in enumerate(built)
    ]


def _resource(question: BillingQuestion, plan: Plan, place: int, name: str, amount: int, description: str) -> Values:
    code = f"{stock_code(plan)}-{name.upper()}"
    period = (
        {"ResourceRatePeriod": {"RatePeriodId": rate_period(plan)}} if question.newest and rate_period(plan) else {}
    )
    return {
        "Amount": amount,
        "IncludedValue": 0,
        "Manufacturer": vendor_number(plan.category),
        "ManufacturerName": plan.category,
        "MeasureUnit": _named("unit" if name == "unit" else description),
        "MPNumber": code,
        "ResourceId": resource_number(plan.plan_id, place),
        "ResourceName": _named(description),
        "ResourceRate": {
            "PlanRateCancellationSKUName": "",
            "PlanRateId": rate_number(plan.plan_id),
            "PlanRateOveruseSKUName": f"{code}-OVERUSE",
            "PlanRateRecurringSKUName": code,
            "PlanRateSetupSKUName": "",
        },
        **period,
    }
