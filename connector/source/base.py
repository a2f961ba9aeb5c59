"""What a source of invoices is: endpoints, windows of creation dates, and answers kept byte for byte."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

import msgspec


class Endpoint(Enum):
    """The lists of Copaco's APIs. ``EXAMPLE_INVOICES`` is for trying a key and is never kept with real books. Those in
    ``REGISTERS`` hold no invoices; those in ``COMPARED`` come from the older Billing API.
    """

    INVOICES = "invoices"
    EXAMPLE_INVOICES = "example-invoices"
    CUSTOMER_SPECIFICATIONS = "customer-specifications"
    CUSTOMER_INVOICES = "customer-invoices"
    CUSTOMER_SUBSCRIPTIONS = "customer-subscriptions"
    PRODUCTS = "products"
    CONSOLIDATED_INVOICES = "consolidated-invoices"
    SUBSCRIPTION_DETAILS = "subscription-details"


REGISTERS = (Endpoint.CUSTOMER_SUBSCRIPTIONS, Endpoint.PRODUCTS)
"""Registers: lists of what there is now. They are asked whole, without a window, and nothing is booked from them."""
COMPARED = (Endpoint.CONSOLIDATED_INVOICES, Endpoint.SUBSCRIPTION_DETAILS)
"""Answers of the older Billing API that are kept whole and compared, and from which nothing is ever booked: purchase
lines beside the sale prices that Copaco matched as well as it could, and what one subscription is made of."""


class Window(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A span of creation dates, both ends included. Not the period an invoice is about."""

    start: date
    end: date

    def __post_init__(self) -> None:
        assert self.start <= self.end, f"a window must not end ({self.end}) before it starts ({self.start})"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a source, as it came.

    ``body`` is a temporary file with the decoded body; it exists while the context that gave the answer is
    open. ``size`` (bytes) and ``sha256`` are of exactly these bytes. ``window`` is what was asked for, before
    days were added at its ends; for saved answers it spans the dates of the invoices inside, ``None`` when
    none can be read. ``url`` never holds the key. ``headers`` are those that matter as evidence. ``seconds``
    is the duration of the attempt that was answered, ``attempts`` counts all. ``no_data`` is set when the
    source said in words that there is nothing (a 404 with such a text, U8): then the body is that text and
    holds no invoices, so cutting it fails.
    """

    endpoint: Endpoint
    window: Window | None
    show_detail: bool
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    requested_at: datetime
    seconds: float
    body: Path
    size: int
    sha256: bytes
    attempts: int
    no_data: bool = False


class KeyTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What a key got: where from, how many invoices, whether those are made up (``examples``), and the fields of the
    first one.
    """

    url: str
    invoices: int
    fields: tuple[str, ...]
    size: int
    seconds: float
    examples: bool = True


class Source(Protocol):
    """Gives the invoices that were created in a window."""

    name: str

    def fetch(self, endpoint: Endpoint, window: Window, *, show_detail: bool = False) -> AbstractContextManager[Answer]:
        """The answer for ``window``; its body is removed when the context is left.

        Raises SourceUnavailable (try later), SourceRefused (key, address or question) or SourceFormatError
        (not the promised shape).
        """
        ...
