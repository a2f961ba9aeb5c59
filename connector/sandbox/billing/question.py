"""What is asked of the Billing API: ``/billing/{version}/{endpoint}``, in JSON or, by default, in XML."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from connector.sandbox.parties import Reseller
from connector.sandbox.request import Refusal
from connector.sandbox.world import World

BILLING = "/billing/"
PURCHASE, SALE, CONSOLIDATED, DETAILS = "invoices", "customerinvoices", "consolidatedinvoices", "subscriptiondetails"
ENDPOINTS = (PURCHASE, SALE, CONSOLIDATED, DETAILS)
VERSIONS = ("v2", "v3", "v4")
NEWEST = "v4"
ENDED = "v1"
GONE = "Version v1 has reached its end of life. Please use v4."
ADDRESS_REFUSED = "Your IP address {address} is not on the list of allowed IP addresses of this API key."


class BillingQuestion(NamedTuple):
    """A request: version and endpoint, creation dates (inclusive), and how documents are numbered.

    Documents created up to ``by_vendor_until`` are served as an invoice per vendor, as the old platform made
    them, in place of the consolidated one; ``totals`` adds Totals to the JSON, which the XML always has.
    """

    world: World
    reseller: Reseller
    version: str
    endpoint: str
    first: dt.date
    last: dt.date
    by_vendor_until: dt.date = dt.date.min
    totals: bool = False

    @property
    def newest(self) -> bool:
        """Tell whether the answer has what version 4 brought: rate periods and order numbers."""
        return self.version == NEWEST


def version_and_endpoint(path: str) -> tuple[str, str]:
    """Read a path. Raises Refusal: 410 for the version that ended, 404 for what never was."""
    version, _, endpoint = path.removeprefix(BILLING).partition("/")
    if version == ENDED:
        raise Refusal(410, GONE)
    if version not in VERSIONS or endpoint not in ENDPOINTS:
        raise Refusal(404, f"There is no {path}.")
    return version, endpoint
