"""``subscriptiondetails`` of the older Billing API: the answer about one subscription, cut and read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from connector.domain.build_up import BuildUp, Named, Resource
from connector.errors import SourceFormatError
from connector.source.legacy.tree import Tree, decoded
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
_whole = msgspec.json.Decoder(dict[str, object]).decode
_HINT = "Save the answer of subscriptiondetails once more, unchanged, as the API gave it."


class DetailsCut:
    """An answer of ``subscriptiondetails``: the one object it is, or the objects of a list of them.

    Like ``RegisterEnvelope``: ``entries`` may be used once, and only after its end ``tail`` is known.
    """

    def __init__(self, path: Path, *, chunk: int = CHUNK) -> None:
        self.path, self._chunk = path, chunk
        self.tail = b""
        self.members: dict[str, bytes] = {}

    def entries(self) -> Iterator[Piece]:
        """The subscriptions, one by one. SourceFormatError, possibly after some, when it is nothing of the kind."""
        with self.path.open("rb") as file:
            text = Text(file, self._chunk)
            text.skip_byte_order_mark()
            sign = text.peek()
            if sign == b"[":
                text.step()
                yield from self._elements(text)
                if text.peek():
                    raise SourceFormatError(f"Something follows after the end of the answer (at byte {text.place})")
                self.tail = text.rest()
            elif sign != b"{":
                raise SourceFormatError("The answer is no object, where that of a subscription should be", hint=_HINT)
        if sign == b"{":
            yield self._whole()

    def _whole(self) -> Piece:
        """The one object, which is small, without the white space around it."""
        body = self.path.read_bytes()
        start, end = body.index(b"{"), len(body.rstrip(b" \t\r\n"))
        self.tail = body[end:]
        try:
            _whole(body[start:end].decode())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SourceFormatError(f"The answer is not valid JSON: {error}", hint=_HINT) from None
        return Piece(body[:start], body[start:end], start)

    def _elements(self, text: Text) -> Iterator[Piece]:
        number = 0
        while text.peek() != b"]":
            number += 1
            if text.peek() != b"{":
                raise SourceFormatError(f"Entry {number} of the answer is no object", hint=_HINT)
            yield text.cut(f"subscription {number}")
            if not text.another(b"]", f"subscription {number}"):
                break
        text.step()


def read_details(slice: bytes) -> BuildUp:  # noqa: A002 - the word for a piece cut out of a body
    """What a subscription is made of, from JSON. What cannot be read is told, never raised."""
    found: BuildUp = decoded(slice, from_tree)
    return found


def from_tree(found: object, tree: Tree | None = None) -> BuildUp:
    """What a subscription is made of, from a decoded ``found``, whatever that is."""
    tree = tree or Tree()
    parts = tree.members(found, _PARTS, "")
    own = tree.members(parts.get("subscription"), _SUBSCRIPTION, "Subscription")
    plan = tree.members(parts.get("plan"), _PLAN, "ServicePlan")
    period = tree.members(parts.get("period"), _PERIOD, "ServicePlanPeriod")
    resources = tuple(_resource(tree, one, where) for where, one in tree.elements(parts.get("resources"), "Resources"))
    return BuildUp(
        subscription_id=tree.text(own.get("id"), "Subscription.SubscriptionId"),
        plan_id=tree.text(plan.get("id"), "ServicePlan.PlanId"),
        plan_names=_names(tree, plan.get("names"), "ServicePlan.PlanName"),
        category=tree.text(plan.get("category"), "ServicePlan.PlanCategoryName"),
        start=tree.day(own.get("start"), "Subscription.StartDate"),
        end=tree.day(own.get("end"), "Subscription.ExpirationDate"),
        term=_length(tree, own, "term", "Subscription.Period"),
        billed_per=_length(tree, own, "billing", "Subscription.BillingPeriod"),
        period_id=tree.text(period.get("id"), "ServicePlanPeriod.PlanPeriodId"),
        period_codes=_codes(tree, period, _PURPOSES, "ServicePlanPeriod"),
        resources=resources,
        unknown=tuple(tree.unknown.items()),
        unreadable=tuple(tree.unreadable),
    )


def _resource(tree: Tree, found: object, where: str) -> Resource:
    own = tree.members(found, _RESOURCE, where)
    rate = tree.members(own.get("rate"), _RATE, f"{where}.ResourceRate")
    rate_period = tree.members(own.get("rate_period"), _RATE_PERIOD, f"{where}.ResourceRatePeriod")
    return Resource(
        resource_id=tree.text(own.get("id"), f"{where}.ResourceId"),
        names=_names(tree, own.get("names"), f"{where}.ResourceName"),
        units=_names(tree, own.get("units"), f"{where}.MeasureUnit"),
        included=tree.number(own.get("included"), f"{where}.IncludedValue"),
        amount=tree.number(own.get("amount"), f"{where}.Amount"),
        manufacturer=tree.text(own.get("manufacturer"), f"{where}.ManufacturerName"),
        part_number=tree.text(own.get("part_number"), f"{where}.MPNumber"),
        rate_id=tree.text(rate.get("id"), f"{where}.ResourceRate.PlanRateId"),
        rate_period_id=tree.text(rate_period.get("id"), f"{where}.ResourceRatePeriod.RatePeriodId"),
        rate_codes=_codes(tree, rate, _RATE_PURPOSES, f"{where}.ResourceRate"),
    )


def _names(tree: Tree, found: object, where: str) -> Named:
    """A name in several languages, or a plain one, which then has no language."""
    if isinstance(found, str):
        text = tree.text(found, where)
        return (("", text),) if text else ()
    named = []
    for at, each in tree.elements(found, where):
        pair = tree.members(each, {"name": "name", "value": "value"}, at)
        text = tree.text(pair.get("value"), f"{at}.Value")
        if text:
            named.append((tree.text(pair.get("name"), f"{at}.Name"), text))
    return tuple(named)


def _length(tree: Tree, own: dict[str, Any], name: str, where: str) -> str:
    return " ".join(filter(None, (tree.text(own.get(name), where), tree.text(own.get(f"{name}_unit"), f"{where}Type"))))


def _codes(tree: Tree, own: dict[str, Any], purposes: tuple[str, ...], where: str) -> Named:
    told = ((each, tree.text(own.get(each), f"{where}.{each}")) for each in purposes)
    return tuple((each, code) for each, code in told if code)
