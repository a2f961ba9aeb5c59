"""Answers of the older Billing API that are only compared: how they are read, whatever the source of the rest is."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from connector.source.base import Endpoint
from connector.store import build_ups

if TYPE_CHECKING:
    from connector.app.sources import Api
    from connector.config import Administration
    from connector.domain.build_up import BuildUp
    from connector.domain.consolidated import ConsolidatedInvoice
    from connector.domain.register import Entry
    from connector.engine.books import Books, Workplace
    from connector.engine.dialect import Dialect
    from connector.engine.run import Asking

MOST_DETAILS = 100
"""Subscriptions that one run asks for what they are made of: each is a call."""
DETAILS_LAST = datetime.timedelta(days=30)
"""A subscription is asked again after this time: its plan and resources may have changed."""
BILLED_DAYS = 62
"""Only subscriptions billed in the last two months are asked."""


def read_consolidated(slice: bytes) -> ConsolidatedInvoice:  # noqa: A002 - the word for a piece cut out of a body
    """One consolidated invoice, from JSON or XML. A bad one gives findings, never an exception."""
    from connector.source.legacy import consolidated

    return consolidated.read_consolidated(slice)


def with_compared(dialect: Dialect) -> Dialect:
    """``dialect``, reading these answers too."""
    from connector.source.legacy import details

    return msgspec.structs.replace(
        dialect,
        read_consolidated=read_consolidated,
        cut_details=details.DetailsCut,
        unknown_details=_unknown_details,
    )


def detail_askings(api: Api, administration: Administration, place: Workplace, books: Books) -> list[Asking]:
    """The questions what subscriptions are made of, where the settings want it: of those that kept documents bill."""
    from connector.engine.run import Asking
    from connector.source.legacy.billing import BillingApi

    if not isinstance(api, BillingApi) or "subscription-details" not in administration.source.lists:
        return []
    endpoint = Endpoint.SUBSCRIPTION_DETAILS
    with place.database.reading() as connection:
        numbers = build_ups.to_ask(
            connection,
            books.id,
            source=Endpoint.INVOICES.value,
            dated_from=place.today - datetime.timedelta(days=BILLED_DAYS),
            endpoint=endpoint.value,
            asked_since=place.clock() - DETAILS_LAST,
        )
    return [
        Asking(source=api.name, ask=partial(api.fetch_details, number), endpoint=endpoint, optional=True)
        for number in numbers[:MOST_DETAILS]
    ]


def build_up(entry: Entry) -> BuildUp:
    """What a subscription is made of, from its kept entry."""
    from connector.source.legacy import details

    decode = msgspec.json.Decoder(float_hook=Decimal).decode
    return details.from_tree({name: decode(text) for name, text in entry.others})


def _unknown_details(slice: bytes) -> Iterable[tuple[str, str]]:  # noqa: A002 - as where it is cut
    from connector.source.legacy import details

    return details.read_details(slice).unknown
