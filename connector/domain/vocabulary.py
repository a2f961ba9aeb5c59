"""Texts that repeat from line to line: customers, subscriptions, wordings and combinations, each made once.

A reseller's next invoice names nearly the same customers, subscriptions and plans. Remembering them keeps stored lines
narrow and saves making the same combination a thousand times. What is remembered is bounded; forgetting only costs
time.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    "consumer_company_name", "consumer_company_number", "sub_po_number",
)  # fmt: skip
"""What lines say of whose subscription they are; the last three stand on the line, but hardly ever differ within one.
"""
CHARGE_FIELDS = (
    "charge_type", "billing_frequency", "description", "duration", "duration_type", "quantity_type", "sku",
    "rate_period_id", "tax_zone_id", "tax_percentage", "details", "vendor_details",
)  # fmt: skip
"""What lines say of what is charged: few texts, the same for all customers but where a vendor adds its own."""
RECEIVED_FIELDS = (
    "invoice_row_hash", "line_id", "uid", "quantity", "unit_price", "discount", "extended_price", "vat",
    "start_date", "end_date",
)  # fmt: skip
"""What is each line's own, as it was received."""


class Texts(msgspec.Struct, frozen=True, gc=False):
    """Texts that repeat, the digest by which they are known, and one of those that can change an entry (hex)."""

    fields: tuple[str, ...]
    digest: bytes
    booking: bytes

    @classmethod
    def of(cls, fields: tuple[str, ...], counting: tuple[str, ...]) -> Texts:
        """``fields`` with their digest; ``counting`` are those that can change an entry."""
        return cls(fields, digest(fields), digest(counting).hex().encode())


class Wording(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What repeats of a line: whose subscription it is, what is charged, and the combination that rules see.

    Lines of one document that share it are one group. ``content`` and ``booking`` are its parts of the two
    fingerprints, ``rate`` the VAT rate in millionths, ``None`` when there is none.
    """

    subscription: Texts
    charge: Texts
    combination: Combination
    content: bytes
    booking: bytes
    rate: int | None


class _Charge(msgspec.Struct, frozen=True, gc=False):
    """What is charged, with the VAT rate as percent and in millionths."""

    texts: Texts
    rate: str
    millionths: int | None


class KnownSubscription:
    """One subscription with the wordings that its lines have had."""

    __slots__ = ("_consumers", "_texts", "_vocabulary", "_wordings")

    def __init__(self, vocabulary: Vocabulary, texts: tuple[str, ...]) -> None:
        self._vocabulary, self._texts = vocabulary, texts
        self._consumers: dict[tuple[str, ...], Texts] = {}
        self._wordings: dict[object, Wording] = {}

    def wording(self, line: Line, period: Period, negative: bool) -> Wording:
        """The wording of ``line``, which is for ``period`` and booked with or without a minus."""
        # One text is hashed and compared faster than a tuple of sixteen; it holds every field that is not received.
        key = _encode((
            negative, period.rhythm, line.charge_type, line.billing_frequency, line.tax_percentage, line.tax_zone_id,
            line.description, line.duration, line.duration_type, line.quantity_type, line.sku, line.rate_period_id,
            line.sub_po_number, line.consumer_company_name, line.consumer_company_number, line.subscription_details,
            line.vendor_details,
        ))  # fmt: skip
        found = self._wordings.get(key)
        if found is None:
            found = self._wordings[key] = self._find(line, period, negative)
        return found

    def _find(self, line: Line, period: Period, negative: bool) -> Wording:
        """The wording itself, which lines may spell differently: null or nothing, a number or its text."""
        consumer = (
            line.consumer_company_name or "", ident(line.consumer_company_number), ident(line.sub_po_number),
        )  # fmt: skip
        subscription = self._consumers.get(consumer)
        if subscription is None:
            subscription = self._consumers[consumer] = _subscription(self._texts, consumer)
        charge = self._vocabulary.charge(line)
        billing = line.billing_frequency or _billing(line.charge_type, period)
        key = (subscription.digest, charge.texts.digest, billing, negative)
        found = self._wordings.get(key)
        if found is None:
            found = self._wordings[key] = self._vocabulary.wording(subscription, charge, billing, negative)
        return found


class Vocabulary:
    """What is remembered of repeated texts. Beyond ``limit`` subscriptions all is forgotten, and ``forgotten`` counts
    how often, so that others do not keep alive what nobody shares any more."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self.forgotten = 0
        self._context: tuple[str, str, str, TaxScale] = ("", "", "", TaxScale.PERCENT)
        self._contexts: dict[tuple[str, str, str, TaxScale], dict[bytes, KnownSubscription]] = {}
        self._known: dict[bytes, KnownSubscription] = {}
        self._charges: dict[tuple[TaxScale, tuple[str, ...]], _Charge] = {}
        self._customer, self._customer_key = Customer(), b""
        self.periods = Periods()

    def open(self, direction: Direction, sender: str, currency: str, scale: TaxScale) -> Vocabulary:
        """The vocabulary for lines of a document with this direction, sender (VAT number), currency and scale."""
        if sum(map(len, self._contexts.values())) > self._limit or len(self._charges) > self._limit:
            self._contexts.clear()
            self._charges.clear()
            self.periods.clear()
            self.forgotten += 1
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
            known = self._known[key] = KnownSubscription(self, _subscription_texts(customer, subscription))
        return known

    def charge(self, line: Line) -> _Charge:
        """What ``line`` charges."""
        scale, fields = self._context[3], _charge_texts(line)
        found = self._charges.get((scale, fields))
        if found is None:
            rate = rate_text(line.tax_percentage, scale)
            millionths = int(Decimal(rate) * 10_000) if rate else None
            charge_type, zone = fields[0], fields[8]
            found = self._charges[scale, fields] = _Charge(
                Texts.of(fields, (charge_type, zone, rate)), rate, millionths
            )
        return found

    def wording(self, subscription: Texts, charge: _Charge, billing: str, negative: bool) -> Wording:
        """Make a wording for the document at hand."""
        direction, sender, currency, _ = self._context
        sign = "-" if negative else "+"
        combination = combine(
            subscription.fields, charge.texts.fields, direction, sender, currency, billing, sign, charge.rate
        )
        return Wording(
            subscription=subscription,
            charge=charge.texts,
            combination=combination,
            content=(subscription.digest + charge.texts.digest).hex().encode(),
            booking=b"%b%b%b%b" % (subscription.booking, charge.texts.booking, sign.encode(), billing.encode()),
            rate=charge.millionths,
        )


def combine(
    subscription: Sequence[str],
    charge: Sequence[str],
    direction: str,
    sender: str,
    currency: str,
    billing: str,
    sign: str,
    rate: str,
) -> Combination:
    """The combination of what a line says (``SUBSCRIPTION_FIELDS``, ``CHARGE_FIELDS``) and of what is known besides."""
    (account_id, company_name, cost_center, customer_number, _, _, plan_id, plan_name, category, _, _, _,
     subscription_po, details, consumer_name, consumer_number, line_po) = subscription  # fmt: skip
    return Combination(
        direction=direction,
        sender=sender,
        currency=currency,
        customer_id=account_id,
        customer_number=customer_number,
        customer_name=company_name,
        cost_center=cost_center,
        consumer_number=consumer_number,
        consumer_name=consumer_name,
        category=category,
        plan_id=plan_id,
        plan_name=plan_name,
        charge_type=charge[0],
        billing=billing,
        sign=sign,
        rate=rate,
        zone=charge[8],
        po_number=line_po or subscription_po,
        details=details,
        line_details=charge[10],
        vendor_details=charge[11],
    )


def _subscription_texts(customer: Customer, subscription: Subscription) -> tuple[str, ...]:
    return (
        ident(customer.account_id), customer.company_name or "", ident(customer.cost_center),
        ident(customer.customer_number), ident(subscription.subscription_id), subscription.subscription_name or "",
        ident(subscription.plan_id), subscription.plan_name or "", subscription.plan_category_name or "",
        ident(subscription.billing_model), subscription.start_date or "", subscription.expiration_date or "",
        ident(subscription.subscription_po_number), _details(subscription.subscription_details),
    )  # fmt: skip


def _subscription(texts: tuple[str, ...], consumer: tuple[str, str, str]) -> Texts:
    account_id, _, cost_center, _, _, _, plan_id, plan_name, category, _, _, _, po_number, _ = texts
    # Names and customer numbers may fill in days after the document: a change of them is no correction.
    counting = (account_id, cost_center, plan_id, plan_name, category, consumer[2] or po_number)
    return Texts.of((*texts, *consumer), counting)


def _charge_texts(line: Line) -> tuple[str, ...]:
    rate = line.tax_percentage
    return (
        line.charge_type or "", line.billing_frequency or "", line.description or "", ident(line.duration),
        line.duration_type or "", line.quantity_type or "", line.sku or "", ident(line.rate_period_id),
        ident(line.tax_zone_id), "" if rate is None else str(rate), _details(line.subscription_details),
        line.vendor_details or "",
    )  # fmt: skip


def received(line: Line) -> bytes:
    """The ``RECEIVED_FIELDS`` of a line as a JSON array; numbers are texts, so that every digit stays."""
    return _encode((
        line.invoice_row_hash, line.line_id, line.uid, line.quantity, line.unit_price, line.discount,
        line.extended_price, line.vat, line.start_date, line.end_date,
    ))  # fmt: skip


def _details(details: tuple[Detail, ...]) -> str:
    return _encode(details).decode() if details else ""


def _billing(charge_type: str | None, period: Period) -> str:
    """How a line is billed when the source does not say: by its type, else by its period, else ''."""
    folded = (charge_type or "").replace(" ", "").replace("-", "").lower()
    return "One Time" if folded == "onetimefee" else period.rhythm
