"""The end customers of a reseller and their subscriptions, made on demand from a seed.

A pool of profiles (which plans, how many, since when) is drawn once; customer number ``n`` takes one of
them and adds its own name and identifiers, so that a million customers need no more memory than one.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from connector.sandbox import names
from connector.sandbox.catalogue import FIRST_PLANS, PLANS, VMWARE, Plan, Rhythm
from connector.sandbox.figures import dice, digest, identifier, sale_price
from connector.sandbox.parties import Reseller, vat_number_of

PROFILES_MAX = 256
KEPT_CUSTOMERS_MAX = 4_096
ABROAD_EVERY = 11
LATE_NUMBER_EVERY = 9
SEATS = (1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 32)
# Seats above the base in twelve months that repeat; a step between two months is a change order.
FLAT = (0,) * 12
WAVES = (
    FLAT,
    FLAT,
    FLAT,
    (0, 0, 0, 2, 2, 2, 2, 2, 1, 1, 1, 0),
    (1, 1, 1, 1, 0, 0, 0, 0, 0, 3, 3, 1),
    (0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1),
)


class Profile(NamedTuple):
    """A subscription without its owner. Starts and ends count in months from the first month of the world."""

    plan: Plan
    anchor: int
    starts: int
    ends: int
    quantity: int
    wave: tuple[int, ...]
    phase: int
    margin: int
    with_order_number: bool


class Subscription(NamedTuple):
    """A subscription of one customer. ``sale`` is the unit price the customer pays, in cents."""

    key: str
    plan: Plan
    anchor: int
    start_month: int
    end_month: int
    quantity: int
    wave: tuple[int, ...]
    phase: int
    margin: int
    sale: int
    subscription_id: str
    name: str
    order_number: str

    def quantity_in(self, month: int) -> int:
        """Return the seats in the cycle that begins in a month."""
        return self.quantity + self.wave[(month + self.phase) % 12]


class Customer(NamedTuple):
    """An end customer. Its number at the reseller is known from ``number_from`` on, and empty before."""

    ordinal: int
    account_id: str
    company_name: str
    number: str
    number_from: int
    cost_centre: str
    country_code: str
    vat_number: str
    vat_percent: int
    subscriptions: tuple[Subscription, ...]

    def number_in(self, month: int) -> str:
        """Return the customer number as the portal knew it in a month."""
        return self.number if month >= self.number_from else ""


class Resource(NamedTuple):
    """A part of a service that is made of several; what is hidden is not on the PDF."""

    attribute: str
    value: str
    description: str
    hidden: bool


def resources(subscription: Subscription) -> tuple[Resource, ...]:
    """Return what a subscription of VMware is made of; of others nothing is told."""
    if subscription.plan is not VMWARE:
        return ()
    size = 16 << (int(subscription.subscription_id[-4:]) % 3)
    return (
        Resource("ram_gb", str(size), "GB RAM", hidden=False),
        Resource("vcpu", str(size // 2), "vCores", hidden=False),
        Resource("org_ref", f"org-{subscription.subscription_id[2:]}", "Organisation reference", hidden=True),
    )


def _profile(random: Random, plan: Plan, *, first: bool) -> Profile:
    starts = -random.randrange(1, 31)
    ends = 10_000
    if not first and random.randrange(6) == 0:
        starts = random.randrange(0, 12)
    elif not first and random.randrange(14) == 0:
        ends = random.randrange(3, 12)
    seats = plan.rhythm in {Rhythm.MONTHLY, Rhythm.YEARLY}
    return Profile(
        plan=plan,
        anchor=random.randrange(1, 29),
        starts=starts,
        ends=ends,
        quantity=random.choice(SEATS) if seats else 1,
        wave=random.choice(WAVES) if seats else FLAT,
        phase=random.randrange(12),
        margin=random.randrange(120, 251),
        with_order_number=random.randrange(5) == 0,
    )


def _profiles(seed: str) -> tuple[tuple[Profile, ...], ...]:
    random = Random(f"{seed}:profiles")  # noqa: S311 -- repeatable on purpose, guards nothing
    weights = [plan.weight for plan in PLANS]
    pool = []
    for _ in range(PROFILES_MAX):
        further = random.choices(PLANS, weights=weights, k=random.randrange(3, 9))
        pool.append(
            (
                _profile(random, random.choice(FIRST_PLANS), first=True),
                *(_profile(random, plan, first=False) for plan in further),
            )
        )
    return tuple(pool)


class Portfolio:
    """Customers of one reseller, by index; the same index always gives the same customer."""

    def __init__(self, *, seed: int, reseller: Reseller, first_month: int) -> None:
        self.seed = f"{seed}:{reseller.name}"
        self.reseller = reseller
        self.first_month = first_month
        self._profiles = _profiles(self.seed)
        self._kept: dict[int, Customer] = {}

    def customer(self, index: int) -> Customer:
        """Return a customer; the first few thousand are kept, so that small worlds are quick."""
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        customer = self._made(index)
        if len(self._kept) < KEPT_CUSTOMERS_MAX:
            self._kept[index] = customer
        return customer

    def _made(self, index: int) -> Customer:
        key = f"{self.seed}:{index}"
        roll = digest(key)
        home = self.reseller.party.country_code
        abroad = index % ABROAD_EVERY == ABROAD_EVERY - 1
        country = home if not abroad else ("BE" if home == "NL" else "NL")
        late = index % LATE_NUMBER_EVERY == LATE_NUMBER_EVERY - 2
        profiles = self._profiles[index % PROFILES_MAX]
        return Customer(
            ordinal=index,
            account_id=identifier(f"{key}:account"),
            company_name=_company_name(index, country),
            number=f"{10_001 + index}" if home == "NL" else f"C-{401 + index:04d}",
            number_from=self.first_month + dice(roll, 6) + 1 if late else 0,
            cost_centre=names.COST_CENTRES[dice(roll, len(names.COST_CENTRES))],
            country_code=country,
            vat_number=vat_number_of(country, index),
            vat_percent=0 if abroad else 21,
            subscriptions=tuple(
                self._subscription(key, index, place, profile) for place, profile in enumerate(profiles)
            ),
        )

    def _subscription(self, key: str, index: int, place: int, profile: Profile) -> Subscription:
        plan = profile.plan
        subscription_id = f"s-{self.reseller.place}{index:05d}{place:02d}"
        return Subscription(
            key=f"{key}.{place}",
            plan=plan,
            anchor=profile.anchor,
            start_month=self.first_month + profile.starts,
            end_month=self.first_month + profile.ends,
            quantity=profile.quantity,
            wave=profile.wave,
            phase=profile.phase,
            margin=profile.margin,
            sale=sale_price(plan.cost, profile.margin),
            subscription_id=subscription_id,
            name=plan.description if plan.rhythm is not Rhythm.USAGE else f"Azure {index + 1}",
            order_number=f"PO-{index:04d}-{place}" if profile.with_order_number else "",
        )


def _company_name(index: int, country: str) -> str:
    trades, surnames = (names.TRADES_NL, names.SURNAMES_NL) if country == "NL" else (names.TRADES_BE, names.SURNAMES_BE)
    trade, form = trades[index % len(trades)]
    surname = surnames[(index * 7 + index // len(trades)) % len(surnames)]
    branch = index // (len(trades) * len(surnames))
    town = f" {branch + 1}" if branch else ""
    return f"{trade} {surname}{town}{' ' if form else ''}{form}"
