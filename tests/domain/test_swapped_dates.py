"""Dates that Copaco swapped before March 2024: right where the document proves it, as stated and told where not."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from connector.domain.catalogue import severity_of
from connector.domain.finding import Severity
from connector.domain.invoice import Invoice
from connector.domain.mapping import MappedCustomer
from tests.domain.books import NL, Prepared, Priced, invoice, prepare, priced, sell

FEBRUARY = ("20240201", "20240229")
TERM = ("20230901", "20240831")
MONTH = {"billing_frequency": "Monthly", "duration": "1", "duration_type": "Month"}
BILLED = "20240223"


def line(period: tuple[str | None, str | None], own: tuple[str | None, str | None], **fields: Any) -> Priced:
    """A line for ``period`` in a subscription with the dates ``own``."""
    made = priced("Cycle Fee", "10.00", "2.10", period=period, **(MONTH | fields))
    dated = msgspec.structs.replace(made.subscription, start_date=own[0], expiration_date=own[1])
    return msgspec.structs.replace(made, subscription=dated)


def document(*lines: Priced, date: str = BILLED) -> Invoice:
    return invoice(*lines, date=date, due=None)


def together(*lines: Priced, date: str = BILLED) -> Invoice:
    """The lines in one subscription, that of the first."""
    whole = document(*lines, date=date)
    (customer,) = whole.customers or ()
    subscriptions = customer.subscriptions
    one = msgspec.structs.replace(
        subscriptions[0], price_lines=tuple(each for sub in subscriptions for each in sub.price_lines)
    )
    return msgspec.structs.replace(whole, customers=(msgspec.structs.replace(customer, subscriptions=(one,)),))


def told(done: Prepared) -> list[str]:
    return [each for each in done.codes if each.startswith("LINE-DATES")]


def periods(done: Prepared) -> list[tuple[str, str]]:
    return [(text(each.start), text(each.end)) for each in done.reading.lines]


def text(day: datetime.date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def test_what_is_proven_is_put_right_told_with_its_euros_and_booked() -> None:
    done = prepare(document(line(TERM, FEBRUARY)))
    assert periods(done) == [FEBRUARY]
    (found,) = done.findings
    assert (found.code, found.minor, severity_of(found)) == ("LINE-DATES-SWAPPED", 1000, Severity.REPORT)
    assert dict(found.values) == {"lines": "1", "count": "1"}
    assert done.entry.number == "2600123"


def test_a_document_with_swapped_dates_is_booked_as_the_one_with_the_right_dates() -> None:
    swapped, right = prepare(document(line(TERM, FEBRUARY))), prepare(document(line(FEBRUARY, TERM)))
    assert right.findings == ()
    assert swapped.reading.booking == right.reading.booking, "fetched again with the right dates, nothing is corrected"
    assert swapped.reading.content != right.reading.content, "but it is another version"
    assert swapped.entry.postings == right.entry.postings


def test_the_service_month_and_the_rhythm_come_from_the_right_period() -> None:
    books = NL.setting(aggregate_purchase="account+tax+dimension+period")
    assert [posting.text for posting in prepare(document(line(TERM, FEBRUARY)), books).entry.postings][:1] == [
        "2024-02"
    ]
    # Without a frequency the rhythm comes from the period.
    (group,) = prepare(document(line(TERM, FEBRUARY, billing_frequency=None))).reading.groups
    assert group.combination.billing == "Monthly"


@pytest.mark.parametrize(
    ("period", "own", "fields"),
    [
        (("20220601", None), FEBRUARY, {}),  # a subscription without an end
        (TERM, ("20240131", "20240228"), {}),  # from the last day of a month to the last of the next
        (("20230901", "20260831"), ("20230901", "20240831"), {"billing_frequency": "yearly", "duration_type": "YEARS"}),
        (TERM, FEBRUARY, {"duration": None}),
        (TERM, FEBRUARY, {"billing_frequency": None}),
    ],
)  # fmt: skip
def test_proven(period: tuple[str, str | None], own: tuple[str, str], fields: dict[str, Any]) -> None:
    done = prepare(document(line(period, own, **fields)))
    assert told(done) == ["LINE-DATES-SWAPPED"]
    assert periods(done) == [own]


@pytest.mark.parametrize(
    ("period", "own", "fields"),
    [
        (TERM, ("20240118", "20240213"), {}),  # no whole months
        (TERM, FEBRUARY, {"billing_frequency": None, "duration": None}),  # it does not say for how long
        (TERM, FEBRUARY, {"duration": "3"}),  # it says two things
        (TERM, FEBRUARY, {"billing_frequency": "Yearly", "duration_type": "Year"}),  # as if it was ended early
        (TERM, ("20230901", None), {}),  # the subscription has no end
        (TERM, TERM, {}),
        (TERM, ("20240831", "20230901"), {}),
        (("20220601", None), FEBRUARY, {"duration": "soon"} | {"billing_frequency": "One Time"}),
    ],
)
def test_what_is_not_proven_is_booked_as_stated_with_a_warning(
    period: tuple[str, str | None], own: tuple[str, str | None], fields: dict[str, Any]
) -> None:
    done = prepare(document(line(period, own, **fields)))
    assert told(done) == ["LINE-DATES-DOUBTFUL"]
    assert severity_of(done.findings[0]) is Severity.WARN
    assert periods(done) == [(period[0], period[1] or "")]
    assert done.entry.number == "2600123"


def test_of_several_lines_nobody_can_tell_whose_dates_the_subscription_got() -> None:
    done = prepare(together(line(TERM, FEBRUARY), line(TERM, FEBRUARY)))
    assert told(done) == ["LINE-DATES-DOUBTFUL"]
    assert periods(done) == [TERM, TERM]


@pytest.mark.parametrize(
    ("period", "own"),
    [
        (FEBRUARY, TERM),
        (FEBRUARY, FEBRUARY),
        (FEBRUARY, ("20220601", "")),
        (("20240118", "20240213"), TERM),  # a correction
        (("20240201", None), FEBRUARY),  # its first cycle
        ((None, None), FEBRUARY),
        ((None, "20240229"), TERM),
        (("20240201", None), (None, None)),
        (FEBRUARY, ("20230801", "20240131")),  # a line of the term before
    ],
)
def test_dates_in_order_stay_without_a_word(
    period: tuple[str | None, str | None], own: tuple[str | None, str | None]
) -> None:
    done = prepare(document(line(period, own)))
    assert done.findings == ()
    assert periods(done) == [(period[0] or "", period[1] or "")]


def test_other_trouble_with_the_dates_stays_what_it_is() -> None:
    unreadable = prepare(document(line(("01-02-2024", "20240831"), FEBRUARY)))
    assert unreadable.codes == ["LINE-DATE-UNREADABLE"]
    assert prepare(document(line(("20200101", "20240131"), ("20200101", None)))).codes == ["LINE-PERIOD"]


def test_after_the_release_dates_are_what_they_say() -> None:
    swapped = line(TERM, FEBRUARY)
    assert told(prepare(document(swapped, date="20240314"))) == ["LINE-DATES-SWAPPED"]
    after = prepare(document(swapped, date="20240315"))
    assert after.findings == ()
    assert periods(after) == [TERM]
    assert told(prepare(document(swapped, date=""))) == []


def test_the_sale_is_read_alike() -> None:
    books = NL.selling_to(MappedCustomer(account_id="A", name="Customer A", country="NL"))
    done = sell(line(TERM, FEBRUARY), books=books, date=BILLED)
    assert periods(done) == [FEBRUARY]
