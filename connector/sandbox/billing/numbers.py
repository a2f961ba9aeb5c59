"""The identifiers of the old platform: whole numbers, and invoice numbers that begin with TN or TB."""

from __future__ import annotations

from functools import lru_cache

from connector.sandbox.catalogue import EVERY_PLAN
from connector.sandbox.documents import Document
from connector.sandbox.figures import digest

HEX_DIGITS = 12
FIRST_PLAN, FIRST_PERIOD, FIRST_RATE = 1_001, 40_001, 60_001
PREFIXES = {"NL": "TN", "BE": "TB"}
_PLACES = {plan.plan_id: place for place, plan in enumerate(EVERY_PLAN)}


@lru_cache(maxsize=8192)
def number_of(identifier: str) -> int:
    """Return the whole number of an account or a subscription that the current API knows by a text."""
    return int(digest(f"billing:{identifier}")[:HEX_DIGITS], 16)


def plan_number(plan_id: str) -> int:
    """Return the whole number of a plan."""
    return FIRST_PLAN + _PLACES[plan_id]


def period_number(plan_id: str) -> int:
    """Return the number of the rate period of a plan that is sold per term (RatePeriodID)."""
    return FIRST_PERIOD + _PLACES[plan_id]


def rate_number(plan_id: str) -> int:
    """Return the number of the rate of a plan (PlanRateID)."""
    return FIRST_RATE + _PLACES[plan_id]


def resource_number(plan_id: str, place: int) -> int:
    """Return the number of a resource of a plan, by its place in it."""
    return rate_number(plan_id) * 10 + place


def invoice_number(document: Document) -> str:
    """Return the number of a document of Copaco as the old platform writes it, by the country that bills."""
    return f"{PREFIXES[document.reseller.supplier.country_code]}{document.number}"
