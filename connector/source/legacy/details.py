"""``subscriptiondetails`` of the older Billing API: the answer about one subscription, cut and read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from connector.domain.build_up import BuildUp, Named, Resource
from connector.errors import SourceFormatError
from connector.source.legacy.parts import Parts, decoded
from connector.source.register import RegisterEnvelope
from connector.source.scanner import CHUNK, Piece, Text

_PARTS = {
    "subscription": "subscription",
    "serviceplan": "plan",
    "serviceplanperiod": "period",
    "resources": "resources",
}
_SUBSCRIPTION = {
    "subscriptionid": "id", "startdate": "start", "expirationdate": "end",
    "period": "term", "periodtype": "term_unit", "billingperiod": "billing", "billingperiodtype": "billing_unit",
}  # fmt: skip
_PLAN = {"planid": "id", "planname": "names", "plancategoryid": "category_id", "plancategoryname": "category"}
_PURPOSES = ("setup", "subscription", "renewal", "transfer", "cancellation")
_PERIOD = {"planperiodid": "id"} | {f"planperiod{each}skuname": each for each in _PURPOSES}
_RESOURCE = {
    "resourceid": "id", "resourcename": "names", "includedvalue": "included", "amount": "amount",
    "manufacturer": "manufacturer_id", "manufacturername": "manufacturer", "mpnumber": "part_number",
    "measureunit": "units", "resourcerate": "rate", "resourcerateperiod": "rate_period",
}  # fmt: skip
_RATE_PURPOSES = ("setup", "recurring", "overuse", "cancellation")
_RATE = {"planrateid": "id"} | {f"planrate{each}skuname": each for each in _RATE_PURPOSES}
_RATE_PERIOD = {"rateperiodid": "id", "resourcerateperiodid": "id"}
_LARGEST = 16 * 1024 * 1024
"""Bytes of what is told of one subscription; more would not fit in flat memory."""
_whole = msgspec.json.Decoder(dict[str, object]).decode
_HINT = "Save the answer of subscriptiondetails once more, unchanged, as the API gave it."


class DetailsCut(RegisterEnvelope):
    """An answer of ``subscriptiondetails``: the one object it is, or the objects of a list of them."""

    def entries(self) -> Iterator[Piece]:
        """The subscriptions, one by one. SourceFormatError, possibly after some, when it is nothing of the kind."""
        with self.path.open("rb") as file:
            text = Text(file, CHUNK)
            text.skip_byte_order_mark()
            sign = text.peek()
        if sign == b"{":
            yield self._whole()
        elif sign == b"[":
            yield from super().entries()
        else:
            raise SourceFormatError("The answer is no object, where that of a subscription should be", hint=_HINT)

    def _whole(self) -> Piece:
        """The one object, which is small, without the white space around it."""
        if self.path.stat().st_size > _LARGEST:
            raise SourceFormatError(f"The answer has more than {_LARGEST:,} bytes about one subscription", hint=_HINT)
        body = self.path.read_bytes()
        start, end = body.index(b"{"), len(body.rstrip(b" \t\r\n"))
        self.tail = body[end:]
        try:
            _whole(body[start:end].decode())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SourceFormatError(f"The answer is not valid JSON: {error}", hint=_HINT) from None
        return Piece(body[:start], body[start:end], start)


def read_details(slice: bytes) -> BuildUp:  # noqa: A002 - the word for a piece cut out of a body
    """What a subscription is made of, from JSON. What cannot be read is told, never raised."""
    found: BuildUp = decoded(slice, from_tree)
    return found


def from_tree(found: object, told: Parts | None = None) -> BuildUp:
    """What a subscription is made of, from a decoded ``found``, whatever that is."""
    told = told or Parts()
    parts = told.members(found, _PARTS, "")
    own = told.members(parts.get("subscription"), _SUBSCRIPTION, "Subscription")
    plan = told.members(parts.get("plan"), _PLAN, "ServicePlan")
    period = told.members(parts.get("period"), _PERIOD, "ServicePlanPeriod")
    resources = tuple(_resource(told, one, where) for where, one in told.elements(parts.get("resources"), "Resources"))
    return BuildUp(
        subscription_id=told.text(own.get("id"), "Subscription.SubscriptionId"),
        plan_id=told.text(plan.get("id"), "ServicePlan.PlanId"),
        plan_names=_names(told, plan.get("names"), "ServicePlan.PlanName"),
        category=told.text(plan.get("category"), "ServicePlan.PlanCategoryName"),
        start=told.day(own.get("start"), "Subscription.StartDate"),
        end=told.day(own.get("end"), "Subscription.ExpirationDate"),
        term=_length(told, own, "term", "Subscription.Period"),
        billed_per=_length(told, own, "billing", "Subscription.BillingPeriod"),
        period_id=told.text(period.get("id"), "ServicePlanPeriod.PlanPeriodId"),
        period_codes=_codes(told, period, _PURPOSES, "ServicePlanPeriod"),
        resources=resources,
        unknown=tuple(told.unknown.items()),
        unreadable=tuple(told.unreadable),
    )


def _resource(told: Parts, found: object, where: str) -> Resource:
    own = told.members(found, _RESOURCE, where)
    rate = told.members(own.get("rate"), _RATE, f"{where}.ResourceRate")
    rate_period = told.members(own.get("rate_period"), _RATE_PERIOD, f"{where}.ResourceRatePeriod")
    return Resource(
        resource_id=told.text(own.get("id"), f"{where}.ResourceId"),
        names=_names(told, own.get("names"), f"{where}.ResourceName"),
        units=_names(told, own.get("units"), f"{where}.MeasureUnit"),
        included=told.number(own.get("included"), f"{where}.IncludedValue"),
        amount=told.number(own.get("amount"), f"{where}.Amount"),
        manufacturer=told.text(own.get("manufacturer"), f"{where}.ManufacturerName"),
        part_number=told.text(own.get("part_number"), f"{where}.MPNumber"),
        rate_id=told.text(rate.get("id"), f"{where}.ResourceRate.PlanRateId"),
        rate_period_id=told.text(rate_period.get("id"), f"{where}.ResourceRatePeriod.RatePeriodId"),
        rate_codes=_codes(told, rate, _RATE_PURPOSES, f"{where}.ResourceRate"),
    )


def _names(told: Parts, found: object, where: str) -> Named:
    """A name in several languages, or a plain one, which then has no language."""
    if isinstance(found, str):
        text = told.text(found, where)
        return (("", text),) if text else ()
    named = []
    for at, each in told.elements(found, where):
        pair = told.members(each, {"name": "name", "value": "value"}, at)
        text = told.text(pair.get("value"), f"{at}.Value")
        if text:
            named.append((told.text(pair.get("name"), f"{at}.Name"), text))
    return tuple(named)


def _length(told: Parts, own: dict[str, Any], name: str, where: str) -> str:
    return " ".join(filter(None, (told.text(own.get(name), where), told.text(own.get(f"{name}_unit"), f"{where}Type"))))


def _codes(told: Parts, own: dict[str, Any], purposes: tuple[str, ...], where: str) -> Named:
    found = ((each, told.text(own.get(each), f"{where}.{each}")) for each in purposes)
    return tuple((each, code) for each, code in found if code)
