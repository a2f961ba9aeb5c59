"""The client of the older Billing API against the sandbox's, in every version and form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.invoice import Invoice, ident, lines
from connector.errors import SourceFormatError, SourceRefused, SourceUnavailable
from connector.sandbox import Fault, Sandbox, demo_world
from connector.source.base import Endpoint, Window
from connector.source.bodies import envelope, family_of, parse_slice
from connector.source.legacy.billing import VERSIONS, BillingApi
from connector.source.settings import ApiSettings
from tests.source.asking import client

TODAY = dt.date(2024, 3, 25)
YEAR = Window(start=dt.date(2023, 3, 1), end=TODAY)
FORMS = [(version, xml) for version in VERSIONS for xml in (False, True)]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(demo_world(TODAY, months=3, customers=8), today=TODAY) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.faults.clear()


@contextmanager
def source(
    sandbox: Sandbox, version: str = "v4", *, xml: bool = False, key: str = "sandbox-nl"
) -> Iterator[BillingApi]:
    settings = ApiSettings(base_url=sandbox.billing_url)
    with client(sandbox.billing_url, secret=key, attempts=2) as asking:
        yield BillingApi(asking, settings, version=VERSIONS[version], xml=xml, today=TODAY)


def fetched(sandbox: Sandbox, version: str, xml: bool, endpoint: Endpoint = Endpoint.INVOICES) -> list[Invoice]:
    with source(sandbox, version, xml=xml) as asking, asking.fetch(endpoint, YEAR) as answer:
        read = [parse_slice(piece.slice) for piece in envelope(answer.body).invoices()]
    assert [(each.drift, each.findings) for each in read] == [((), ())] * len(read)
    return [each.invoice for each in read]


def figures(invoice: Invoice) -> list[tuple[Any, ...]]:
    """What is booked of each line, and by what."""
    return [
        (
            *(ident(customer.account_id), customer.company_name, ident(subscription.subscription_id)),
            *(subscription.plan_name, line.extended_price, line.vat, line.tax_percentage, line.tax_zone_id or ""),
            *(line.quantity, line.start_date, line.end_date),
        )
        for customer, subscription, line in lines(invoice)
    ]


@pytest.mark.parametrize("endpoint", [Endpoint.INVOICES, Endpoint.CUSTOMER_INVOICES])
@pytest.mark.parametrize(("version", "xml"), FORMS)
def test_every_version_and_form_says_the_same_of_every_line(
    sandbox: Sandbox, version: str, xml: bool, endpoint: Endpoint
) -> None:
    newest = fetched(sandbox, "v4", xml=False, endpoint=endpoint)
    read = fetched(sandbox, version, xml, endpoint)
    assert [ident(each.header.invoice_id) for each in read if each.header] == [
        ident(each.header.invoice_id) for each in newest if each.header
    ]
    assert [figures(each) for each in read] == [figures(each) for each in newest]
    assert any(line.extended_price and line.extended_price < 0 for each in read for _, _, line in lines(each))
    totals = read[0].totals
    assert totals is None or all(isinstance(each, Decimal) for each in totals.values())
    assert (totals is not None) is xml


def test_the_version_is_seen_from_the_content_whatever_the_file_is_called(sandbox: Sandbox) -> None:
    """CD-215: the portal called every download v2."""
    sandbox.faults.add("cd-215")
    told = {}
    for version, xml in FORMS:
        with source(sandbox, version, xml=xml) as asking, asking.fetch(Endpoint.INVOICES, YEAR) as answer:
            told[version, xml] = family_of(next(iter(envelope(answer.body).invoices())).slice)
    assert told == {
        ("v4", False): "billing-v4-",
        ("v4", True): "billing-v4-xml-",
        ("v3", False): "billing-",
        ("v3", True): "billing-xml-",
        ("v2", False): "billing-",
        ("v2", True): "billing-xml-",
    }


def test_a_key_is_tried_with_a_day_of_invoices(sandbox: Sandbox) -> None:
    with source(sandbox, xml=True) as asking:
        trial = asking.try_key()
    assert not trial.examples
    assert trial.url.endswith("/billing/v4/invoices?startDate=20240324&endDate=20240326")


def test_an_address_that_is_not_listed_is_told_from_a_bad_key(sandbox: Sandbox) -> None:
    sandbox.faults.add("address")
    with source(sandbox) as asking, pytest.raises(SourceRefused) as caught, asking.fetch(Endpoint.INVOICES, YEAR):
        pass
    assert "refuses the address of this computer, not the key (403 Forbidden)" in caught.value.message
    assert "Support Center" in caught.value.hint
    sandbox.faults.clear()
    with (
        source(sandbox, key="wrong") as asking,
        pytest.raises(SourceRefused, match="refuses the API key"),
        asking.fetch(Endpoint.INVOICES, YEAR),
    ):
        pass


@pytest.mark.parametrize("xml", [False, True])
def test_a_body_that_breaks_off_is_not_used(sandbox: Sandbox, xml: bool) -> None:
    sandbox.faults.add(Fault(kind="cut", at=0.7, times=0))
    with (
        source(sandbox, xml=xml) as asking,
        pytest.raises((SourceUnavailable, SourceFormatError)),
        asking.fetch(Endpoint.INVOICES, YEAR) as answer,
    ):
        list(envelope(answer.body).invoices())


@pytest.mark.parametrize("xml", [False, True])
def test_a_web_page_is_told_as_such(sandbox: Sandbox, xml: bool) -> None:
    sandbox.faults.add("html")
    with (
        source(sandbox, xml=xml) as asking,
        pytest.raises(SourceFormatError, match="is a web page"),
        asking.fetch(Endpoint.INVOICES, YEAR),
    ):
        pass


def test_xml_in_another_encoding_is_refused(sandbox: Sandbox) -> None:
    sandbox.faults.add("encoding")
    with (
        source(sandbox, xml=True) as asking,
        pytest.raises(SourceFormatError, match="not UTF-8"),
        asking.fetch(Endpoint.INVOICES, YEAR) as answer,
    ):
        list(envelope(answer.body).invoices())
