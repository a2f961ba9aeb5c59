"""Renewals from what is kept: the register of subscriptions where there is one, else the documents of both sides."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import msgspec

from connector.domain.renewal import Renewal
from connector.engine.registers import keep
from connector.engine.renewals import RenewalReport, report
from connector.source.base import Endpoint
from connector.source.legacy.details import DetailsCut
from connector.source.register import RegisterEnvelope
from tests.engine.desk import Desk, answer
from tests.engine.paper import Json, customer, invoice, line

SOLD = Endpoint.CUSTOMER_SPECIFICATIONS
UNTIL = datetime.date(2024, 7, 1)


def told(desk: Desk, until: datetime.date = UNTIL, **more: Any) -> RenewalReport:
    return report(desk.place, desk.books, until, **more)


def with_term(account: str, *lines: Json, start: str = "20230514", end: str = "20240513") -> Json:
    made = customer(account, lines)
    made["Subscriptions"][0] |= {"StartDate": start, "ExpirationDate": end}
    return made


def month(net: str, seats: int, first: str, last: str, **more: Any) -> Json:
    return line(net, Quantity=seats, StartDate=first, EndDate=last, **more)


def billed(desk: Desk) -> None:
    """Two months of one subscription on both sides, and one of Azure without a term."""
    january = month("50.00", 5, "20240114", "20240213")
    february = month("70.00", 7, "20240214", "20240313")
    corrected = month("-12.00", 2, "20240201", "20240213", kind="Correction")
    azure = month("9.00", 1, "20240201", "20240229", kind="Usage Fee")
    desk.pull(
        invoice("1", date=datetime.date(2024, 2, 22), customers=[with_term("A-1", january)]),
        invoice("2", customers=[with_term("A-1", february, corrected), customer("B-2", [azure])]),
    )
    sold = month("84.00", 7, "20240214", "20240313")
    desk.pull(invoice("2", customers=[with_term("A-1", sold)]), endpoint=SOLD)


def listed(desk: Desk, *subscriptions: Json) -> None:
    text = json.dumps({"Any": list(subscriptions)}).encode()
    given = answer(text, desk.folder, endpoint=Endpoint.CUSTOMER_SUBSCRIPTIONS, window=None, requested_at=desk.now)
    keep(desk.place, desk.books, RegisterEnvelope(given.body), given, "copaco", accept_unusual=True)


def only(found: RenewalReport) -> Renewal:
    (each,) = found.calendar.renewals
    return each


def test_from_what_was_billed(desk: Desk) -> None:
    assert told(desk).calendar.renewals == ()
    billed(desk)
    found = told(desk)
    each = only(found)
    assert (found.register, found.calendar.endless, found.calendar.passed) == (False, 1, ())
    assert (each.subscription.customer, each.subscription.subscription_id) == ("Customer A-1", "s-A-1")
    assert (each.renews, each.term_months) == (datetime.date(2024, 5, 14), 12)
    assert (each.seats, each.seats_before, each.cost, each.sale) == (Decimal(7), Decimal(5), 84000, 100800)
    assert told(desk, datetime.date(2024, 5, 13)).calendar.renewals == ()
    assert told(desk, keep=lambda one: one.account_id == "B-2").calendar.renewals == ()
    assert only(told(desk, notice_days=60)).notice == datetime.date(2024, 3, 15)


def test_only_the_last_version_of_a_document_counts(desk: Desk) -> None:
    billed(desk)
    corrected = with_term("A-1", month("80.00", 8, "20240214", "20240313"), end="20240613")
    desk.pull(invoice("2", customers=[corrected]))
    desk.pull(invoice("2", customers=[corrected]), endpoint=SOLD)
    each = only(told(desk))
    assert (each.renews, each.seats, each.cost) == (datetime.date(2024, 6, 14), Decimal(8), None)


def test_the_register_goes_before_the_bills(desk: Desk) -> None:
    billed(desk)
    subscription = {"SubscriptionID": "s-A-1", "AccountID": "A-1", "CompanyName": "Bakker", "Quantity": 8}
    subscription |= {"StartDate": "20230520", "ExpirationDate": "20240519", "AutoRenew": True}
    listed(desk, subscription, {"SubscriptionID": "s-9", "Quantity": "?", "Status": "Expired"})
    found = told(desk)
    each = only(found)
    assert (found.register, found.told_at, found.calendar.ended) == (True, desk.now, 1)
    assert (each.subscription.customer, each.subscription.vendor) == ("Bakker", "Microsoft")
    assert each.subscription.renews_itself is True
    assert (each.renews, each.seats, each.seats_before) == (datetime.date(2024, 5, 20), Decimal(8), Decimal(7))
    assert (each.cost, each.sale) == (84000, 100800)

    desk.wait(40 * 86_400)
    desk.place = msgspec.structs.replace(desk.place, today=desk.now.date())
    listed(desk, subscription | {"Quantity": 6})
    each = only(told(desk))
    assert (each.seats, each.seats_before) == (Decimal(6), Decimal(8))
    assert told(desk).calendar.ended == 0, "what is gone from the register does not renew"
    listed(desk)
    assert told(desk).calendar.renewals == ()


def test_the_end_of_a_term_is_that_of_the_details_where_no_bill_tells_it(desk: Desk) -> None:
    """Invoices of the older API have no end of a term; what a subscription is made of has."""
    old = customer("7", [month("50.00", 5, "20240214", "20240313")])
    old["Subscriptions"][0] |= {"SubscriptionID": 81, "StartDate": "20230514"}
    desk.pull(invoice("TN1", customers=[old]), window=None)
    until = datetime.date(2024, 6, 30)
    assert report(desk.place, desk.books, until).calendar.renewals == ()
    details = {"Subscription": {"SubscriptionId": 81, "StartDate": "20230514", "ExpirationDate": "20240513"}}
    given = answer(
        json.dumps(details).encode(),
        desk.folder,
        endpoint=Endpoint.SUBSCRIPTION_DETAILS,
        window=None,
        requested_at=desk.now,
    )
    keep(desk.place, desk.books, DetailsCut(given.body), given, "billing", unknown=lambda _slice: ())
    (renewal,) = report(desk.place, desk.books, until).calendar.renewals
    assert renewal.subscription.end == datetime.date(2024, 5, 13)
