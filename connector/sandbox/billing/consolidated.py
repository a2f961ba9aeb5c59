"""Purchase lines with the sale price beside them, matched as well as it should have been.

Copaco's own matching left lines out, gave them twice, or took the price of another line: see the faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connector.sandbox.billing.heads import Values
from connector.sandbox.billing.numbers import number_of, plan_number, rate_number
from connector.sandbox.billing.question import BillingQuestion
from connector.sandbox.billing.shape import OldInvoice, parts, purchase, rate_period, stock_code, two_decimals
from connector.sandbox.billing.terms import exact, purchase_terms
from connector.sandbox.documents import Block, documents
from connector.sandbox.lines import Line
from connector.sandbox.months import cycle
from connector.sandbox.portfolio import Subscription
from connector.sandbox.render import Face, expiration_text, on_face


def consolidated(question: BillingQuestion) -> Iterator[OldInvoice]:
    """Yield Copaco's invoices of an answer, each line with both prices; the totals are those of either side."""
    for document in documents(question.world, question.reseller, question.first, question.last):
        for number, held in parts(question, document):
            yield purchase(question, document, number, held)._replace(
                customers=_customers(question, document.month, held()), totals=_totals(held())
            )


def _totals(held: Iterable[Block]) -> Values:
    purchases = sales = 0
    for block in held:
        for _, lines in block.subscriptions:
            for line in on_face(lines, Face.PURCHASE, detail=False):
                purchases += line.cost
                sales += 0 if line.only else line.sale
    return {"TotalPurchases": exact(purchases), "TotalSales": exact(sales)}


def _customers(question: BillingQuestion, month: int, held: Iterable[Block]) -> Iterator[Values]:
    line_id = 0
    for customer, subscriptions in held:
        rows = []
        for subscription, lines in subscriptions:
            shown = on_face(lines, Face.PURCHASE, detail=False)
            if shown:
                rows.append(_subscription(question, subscription, shown, month, line_id))
                line_id += len(shown)
        if rows:
            yield {
                "AccountID": number_of(customer.account_id),
                "CompanyName": customer.company_name,
                "CustomerCostCenter": customer.cost_centre,
                "CustomerNumber": customer.number_in(month),
                "Subscriptions": rows,
            }


def _subscription(
    question: BillingQuestion, subscription: Subscription, lines: list[Line], month: int, last_id: int
) -> Values:
    plan = subscription.plan
    values: Values = {
        "ExpirationDate": expiration_text(subscription, month),
        "PlanCategoryName": plan.category,
        "PlanID": plan_number(plan.plan_id),
        "PlanName": plan.name,
        "PriceLines": [_line(question, subscription, line, line_id) for line_id, line in enumerate(lines, last_id + 1)],
        "StartDate": cycle(subscription.start_month, subscription.anchor).start_text,
        "SubscriptionID": number_of(subscription.subscription_id),
        "SubscriptionName": subscription.name,
    }
    return values | ({"SubscriptionPONumber": subscription.order_number or None} if question.newest else {})


def _line(question: BillingQuestion, subscription: Subscription, line: Line, line_id: int) -> Values:
    plan = subscription.plan
    terms = purchase_terms(plan, line)
    values: Values = {
        "Description": plan.description,
        "Duration": "1",
        "DurationType": line.duration,
        "EndDate": line.period.end_text,
        "LineId": line_id,
        "PlanRateID": rate_number(plan.plan_id),
        "PurchaseDiscount": exact(terms.discount),
        "PurchasePrice": exact(line.cost + terms.discount),
        "Quantity": two_decimals(line.quantity),
    }
    if question.newest:
        values["RatePeriodID"] = rate_period(plan)
    return values | {
        "SalesPrice": None if line.only else exact(line.sale),
        "SKU": stock_code(plan),
        "StartDate": line.period.start_text,
        "UnitPrice": terms.unit_price,
    }
