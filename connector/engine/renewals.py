"""Renewals: which subscriptions renew when, from the register of subscriptions where there is one, else from what was
billed; seats and euros from the last bills."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import msgspec

from connector.domain.dates import months_back, parse_date
from connector.domain.register import DETAILS, SUBSCRIPTIONS, Entry
from connector.domain.renewal import NOTICE_DAYS, Calendar, Subscribed, billed, by_register, calendar
from connector.engine.books import Books, Workplace
from connector.store import registers, terms
from connector.store.database import Connection
from connector.store.terms import TermLine

PURCHASES = "invoices"
BILLED_MONTHS = 15
"""How far back bills are read: a yearly one, dated some weeks after its term began."""
_FEES = ("", "cyclefee", "itemfee", "purchasefee")
"""Charges that a term costs; usage, corrections and one-time fees are not."""
_Amounts = list[tuple[datetime.date, datetime.date, int, Decimal | None]]


class RenewalReport(msgspec.Struct, frozen=True, kw_only=True):
    """The renewals of one administration until a day. ``register`` tells whether its register of subscriptions was read
    (then ``told_at`` is when it was fetched) or only its documents."""

    administration: str
    until: datetime.date
    register: bool
    told_at: datetime.datetime | None
    calendar: Calendar


class _Bills(msgspec.Struct, kw_only=True):
    """What was billed of one subscription, with the last line that told of it."""

    last: TermLine
    bought: _Amounts = msgspec.field(default_factory=list)
    sold: _Amounts = msgspec.field(default_factory=list)


def report(
    place: Workplace,
    books: Books,
    until: datetime.date,
    *,
    notice_days: int = NOTICE_DAYS,
    keep: Callable[[Subscribed], bool] = lambda _each: True,
) -> RenewalReport:
    """The renewals from today to ``until`` (inclusive) of the subscriptions that ``keep`` lets through."""
    with place.database.reading() as connection:
        bills = _bills(connection, books, months_back(place.today, BILLED_MONTHS))
        told_at = registers.last_asked(connection, books.id, SUBSCRIPTIONS)
        found = list(
            _billed(bills, _terms(connection, books))
            if told_at is None
            else _listed(connection, books, bills, months_back(place.today, 1))
        )
    return RenewalReport(
        administration=books.name,
        until=until,
        register=told_at is not None,
        told_at=told_at,
        calendar=calendar(filter(keep, found), today=place.today, until=until, notice_days=notice_days),
    )


def _bills(connection: Connection, books: Books, since: datetime.date) -> dict[str, _Bills]:
    """The bills of every subscription, by its id."""
    found: dict[str, _Bills] = {}
    for each in terms.lines(connection, books.id, PURCHASES, books.sale_source, since):
        name = each.subscription_id or f"{each.account_id}/{each.plan}"
        one = found.setdefault(name, _Bills(last=each))
        one.last = each if each.end or not one.last.end else one.last
        if each.charge_type.replace(" ", "").lower() in _FEES:
            side = one.sold if each.sale else one.bought
            side.append((each.first, each.last, each.net, each.quantity))
    return found


def _terms(connection: Connection, books: Books) -> dict[str, Entry]:
    """What single subscriptions of the older API are made of, by their numbers: its invoices tell no end of a term."""
    return {each.entry.key: each.entry for each in registers.listed(connection, books.id, DETAILS)}


def _billed(bills: dict[str, _Bills], terms_told: Mapping[str, Entry]) -> Iterator[Subscribed]:
    """The subscriptions as their last bill tells of them."""
    for name, each in bills.items():
        told = terms_told.get(name)
        yield Subscribed(
            subscription_id=name,
            customer=each.last.customer,
            customer_number=each.last.customer_number,
            account_id=each.last.account_id,
            plan=each.last.plan,
            vendor=each.last.vendor,
            start=parse_date(each.last.start),
            end=parse_date(each.last.end) or (told.end if told else None),
            bought=billed(each.bought),
            sold=billed(each.sold),
        )


def _listed(
    connection: Connection, books: Books, bills: dict[str, _Bills], month_ago: datetime.date
) -> Iterator[Subscribed]:
    """The subscriptions as the register has them now."""
    before = registers.as_of(connection, books.id, SUBSCRIPTIONS, month_ago)
    for each in registers.listed(connection, books.id, SUBSCRIPTIONS):
        if each.gone_since is not None:
            continue
        entry, known = each.entry, each.entry.known
        paid = bills.get(known.get("subscription_id", entry.key))
        yield Subscribed(
            subscription_id=entry.key,
            customer=known.get("company_name") or known.get("account_id", ""),
            customer_number=known.get("customer_number", ""),
            account_id=known.get("account_id", ""),
            plan=known.get("plan_name") or known.get("plan_id", ""),
            vendor=known.get("category") or (paid.last.vendor if paid else ""),
            start=entry.start,
            end=entry.end,
            status=known.get("status", ""),
            renews_itself=by_register(known),
            seats=entry.quantity,
            seats_before=_seats(before.get(each.entry_id)),
            bought=billed(paid.bought) if paid else (),
            sold=billed(paid.sold) if paid else (),
        )


def _seats(entry: Entry | None) -> Decimal | None:
    return None if entry is None else entry.quantity
