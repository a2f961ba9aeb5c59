"""Dates of a line and its subscription that Copaco swapped: told apart where the document itself proves it.

Source: Copaco's release notes of 7 March 2024
(https://kb.copaco.cloud/kb/07-03-2024-invoices-api-functionality-extended, fixed issues): until then ``StartDate`` and
``EndDate`` of a price line and ``StartDate`` and ``ExpirationDate`` of its subscription stood in each other's place; it
was rolled out within a week. Whether an old invoice is right when it is fetched today is not documented, so nothing but
the document decides. Proven is: a line for more months than it says it is charged for, in a subscription that lasts
exactly those months and lies within the period of the line. No subscription is shorter than a cycle it is charged for.
"""

from __future__ import annotations

import datetime
import re

import msgspec

from connector.domain.dates import months_between, whole_months
from connector.domain.invoice import Line, Subscription, ident
from connector.domain.periods import Period, Periods

SWAPPED_UNTIL = datetime.date(2024, 3, 14)
"""The last document date at which dates may have been swapped: a week after the release that mended it."""
_FREQUENCIES = {"monthly": 1, "yearly": 12}
_UNITS = {"month": 1, "months": 1, "year": 12, "years": 12}


def told_apart(stated: Period, line: Line, subscription: Subscription, periods: Periods) -> Period:
    """The period of ``line`` in a document dated up to ``SWAPPED_UNTIL``, for which the document has ``stated``.

    It is the subscription's where the swap is proven, and ``stated`` where it is not; ``trouble`` says which, and stays
    as it was where nothing points to a swap. Of several lines of one subscription no one can tell whose dates the
    subscription got.
    """
    own, charged = periods[subscription.start_date, subscription.expiration_date], _months_charged(line)
    if _is_within(own, stated):
        assert own.start is not None, "what lies within has a first day"
        assert own.end is not None, "what lies within has a last day"
        alone = len(subscription.price_lines) == 1
        if alone and charged == {whole_months(own.start, own.end)}:
            return msgspec.structs.replace(own, trouble="LINE-DATES-SWAPPED")
    elif not _is_longer(stated, charged):
        return stated
    return msgspec.structs.replace(stated, trouble=stated.trouble or "LINE-DATES-DOUBTFUL")


def _is_within(own: Period, stated: Period) -> bool:
    """Whether the subscription is shorter than the period of its line, by a month or more where both end."""
    if own.start is None or own.end is None or stated.start is None or own.end < own.start:
        return False
    if stated.end is None:
        return stated.start < own.start
    shorter = months_between(own.start, own.end) < months_between(stated.start, stated.end)
    return shorter and stated.start <= own.start and own.end <= stated.end


def _is_longer(stated: Period, charged: set[int]) -> bool:
    """Whether the line covers more months than any that it says it is charged for."""
    if stated.start is None or stated.end is None or not charged:
        return False
    return months_between(stated.start, stated.end) > max(charged)


def _months_charged(line: Line) -> set[int]:
    """The months that a line says it is charged for, by its frequency and its duration; one where these agree."""
    frequency = _FREQUENCIES.get((line.billing_frequency or "").strip().lower(), 0)
    duration, unit = ident(line.duration).strip(), _UNITS.get((line.duration_type or "").strip().lower(), 0)
    months = int(duration) * unit if re.fullmatch("[0-9]{1,3}", duration) else 0
    return {each for each in (frequency, months) if each}
