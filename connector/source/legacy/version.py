"""What a version of the older Billing API is: where its lists are, and what tells it from the version before."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connector.source.base import Endpoint


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """``paths`` are those of its lists, below the base URL. ``brought`` are the names of fields that the version before
    it does not have: names of files tell nothing (CD-215)."""

    name: str
    paths: Mapping[Endpoint, str]
    brought: tuple[str, ...] = ()


def paths_of(version: str) -> dict[Endpoint, str]:
    """All versions call their lists alike. Whether consolidatedinvoices was there before version 4 is not told."""
    return {
        Endpoint.INVOICES: f"{version}/invoices",
        Endpoint.CUSTOMER_INVOICES: f"{version}/customerinvoices",
        Endpoint.CONSOLIDATED_INVOICES: f"{version}/consolidatedinvoices",
        Endpoint.SUBSCRIPTION_DETAILS: f"{version}/subscriptiondetails",
    }
