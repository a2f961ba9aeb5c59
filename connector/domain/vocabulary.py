"""Texts that repeat from line to line: customers, subscriptions, wordings and combinations, each made once.

A reseller's next invoice names nearly the same customers, subscriptions and plans. Remembering them keeps stored lines
narrow and saves making the same combination a thousand times. What is remembered is bounded; forgetting only costs
time.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

import msgspec

from connector.domain.combination import Combination
from connector.domain.document import digest
from connector.domain.invoice import Customer, Detail, Direction, Line, Subscription, ident
from connector.domain.periods import Period, Periods
from connector.domain.tax_scale import TaxScale, rate_text

_encode = msgspec.json.Encoder().encode
SUBSCRIPTION_FIELDS = (
    "account_id", "company_name", "cost_center", "customer_number",
    "subscription_id", "subscription_name", "plan_id", "plan_name", "plan_category_name", "billing_model",
    "start_date", "expiration_date", "subscription_po_number", "details",
)  # fmt: skip
WORDING_FIELDS = (
    "charge_type", "billing_frequency", "description", "duration", "duration_type", "quantity_type", "sku",
    "rate_period_id", "tax_zone_id", "consumer_company_name", "consumer_company_number", "sub_po_number", "details",
)  # fmt: skip


class Wording(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The repeated texts of a line: its subscription's, its own, and the combination that rules see.

    ``content`` and ``booking`` are its parts of the two fingerprints, ``rate`` the VAT rate in millionths, ``None``
    when there is none.
    """

    subscription: tuple[str, ...]
    subscription_digest: bytes
    texts: tuple[str, ...]
    texts_digest: bytes
    combination: Combination
    combination_digest: bytes
    content: bytes
    booking: bytes
    rate: int | None


class KnownSubscription:
    """One subscription with the wordings that its lines have had."""

    __slots__ = ("_base", "_digest", "_scale", "_texts", "_wordings")

    def __init__(self, customer: Customer, subscription: Subscription, base: Combination, scale: TaxScale) -> None:
        self._base, self._scale = base, scale
        self._texts = _subscription_texts(customer, subscription)
        self._digest = digest(self._texts)
        self._wordings: dict[bytes, Wording] = {}

    def wording(self, line: Line, period: Period, negative: bool) -> Wording:
        """The wording of ``line``, which is for ``period`` and booked with or without a minus."""
        # One text is hashed and compared faster than a tuple of sixteen; it holds every field that is not in REST.
        key = _encode((
            negative, period.rhythm, line.charge_type, line.billing_frequency, line.tax_percentage, line.tax_zone_id,
            line.description, line.duration, line.duration_type, line.quantity_type, line.sku, line.rate_period_id,
            line.sub_po_number, line.consumer_company_name, line.consumer_company_number, line.subscription_details,
        ))  # fmt: skip
        found = self._wordings.get(key)
        if found is None:
            found = self._wordings[key] = self._make(line, period, negative, key)
        return found

    def _make(self, line: Line, period: Period, negative: bool, key: bytes) -> Wording:
        texts = _line_texts(line)
        rate = rate_text(line.tax_percentage, self._scale)
        combination = msgspec.structs.replace(
            self._base,
            consumer_number=ident(line.consumer_company_number),
            consumer_name=line.consumer_company_name or "",
            charge_type=line.charge_type or "",
            billing=line.billing_frequency or _billing(line.charge_type, period),
            sign="-" if negative else "+",
            rate=rate,
            zone=ident(line.tax_zone_id),
            po_number=ident(line.sub_po_number) or self._base.po_number,
        )
        return Wording(
            subscription=self._texts,
            subscription_digest=self._digest,
            texts=texts,
            texts_digest=digest(texts),
            combination=combination,
            combination_digest=combination.digest,
            content=hashlib.sha256(self._digest + key).hexdigest().encode(),
            booking=combination.booking_digest.hex().encode(),
            rate=int(Decimal(rate) * 10_000) if rate else None,
        )


class Vocabulary:
    """What is remembered of repeated texts. Beyond ``limit`` subscriptions all is forgotten."""

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._context: tuple[str, str, str, TaxScale] = ("", "", "", TaxScale.PERCENT)
        self._contexts: dict[tuple[str, str, str, TaxScale], dict[bytes, KnownSubscription]] = {}
        self._known: dict[bytes, KnownSubscription] = {}
        self._customer, self._customer_key = Customer(), b""
        self.periods = Periods()

    def open(self, direction: Direction, sender: str, currency: str, scale: TaxScale) -> Vocabulary:
        """The vocabulary for lines of a document with this direction, sender (VAT number), currency and scale."""
        if sum(map(len, self._contexts.values())) > self._limit:
            self._contexts.clear()
            self.periods.clear()
        self._context = (direction.value, sender, currency, scale)
        self._known = self._contexts.setdefault(self._context, {})
        return self

    def subscription(self, customer: Customer, subscription: Subscription) -> KnownSubscription:
        """What is known of ``subscription`` of ``customer``."""
        if customer is not self._customer:
            self._customer = customer
            self._customer_key = _encode(
                (customer.account_id, customer.company_name, customer.cost_center, customer.customer_number)
            )
        key = self._customer_key + _encode((
            subscription.subscription_id, subscription.subscription_name, subscription.plan_id, subscription.plan_name,
            subscription.plan_category_name, subscription.billing_model, subscription.start_date,
            subscription.expiration_date, subscription.subscription_po_number, subscription.subscription_details,
        ))  # fmt: skip
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._make(customer, subscription)
        return known

    def _make(self, customer: Customer, subscription: Subscription) -> KnownSubscription:
        direction, sender, currency, scale = self._context
        base = Combination(
            direction=direction,
            sender=sender,
            currency=currency,
            customer_id=ident(customer.account_id),
            customer_number=ident(customer.customer_number),
            customer_name=customer.company_name or "",
            cost_center=ident(customer.cost_center),
            category=subscription.plan_category_name or "",
            plan_id=ident(subscription.plan_id),
            plan_name=subscription.plan_name or "",
            po_number=ident(subscription.subscription_po_number),
        )
        return KnownSubscription(customer, subscription, base, scale)


def _subscription_texts(customer: Customer, subscription: Subscription) -> tuple[str, ...]:
    return (
        ident(customer.account_id), customer.company_name or "", ident(customer.cost_center),
        ident(customer.customer_number), ident(subscription.subscription_id), subscription.subscription_name or "",
        ident(subscription.plan_id), subscription.plan_name or "", subscription.plan_category_name or "",
        ident(subscription.billing_model), subscription.start_date or "", subscription.expiration_date or "",
        ident(subscription.subscription_po_number), _details(subscription.subscription_details),
    )  # fmt: skip


def _line_texts(line: Line) -> tuple[str, ...]:
    return (
        line.charge_type or "", line.billing_frequency or "", line.description or "", ident(line.duration),
        line.duration_type or "", line.quantity_type or "", line.sku or "", ident(line.rate_period_id),
        ident(line.tax_zone_id), line.consumer_company_name or "", ident(line.consumer_company_number),
        ident(line.sub_po_number), _details(line.subscription_details),
    )  # fmt: skip


def _details(details: tuple[Detail, ...]) -> str:
    return _encode(details).decode() if details else ""


def _billing(charge_type: str | None, period: Period) -> str:
    """How a line is billed when the source does not say: by its type, else by its period, else ''."""
    folded = (charge_type or "").replace(" ", "").replace("-", "").lower()
    return "One Time" if folded == "onetimefee" else period.rhythm
