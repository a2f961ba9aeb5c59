"""The one door through which these tests read the older Billing API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import requests
from defusedxml import ElementTree

from connector.sandbox import Sandbox
from tests.sandbox.conftest import ALL_DATES

VERSIONS = ("v2", "v3", "v4")
KEYS = ("sandbox-nl", "sandbox-be", "sandbox-be-domestic")
CURRENT = {"invoices": "invoices", "customerinvoices": "customer-invoices"}


def get(sandbox: Sandbox, path: str, *, key: str = "sandbox-nl", accept: str = "", **query: str) -> requests.Response:
    """Return the answer to a path below ``/billing/``, by default for all dates and in XML."""
    headers = {"Authorization": f"Bearer {key}"} | ({"Accept": accept} if accept else {})
    return requests.get(f"{sandbox.billing_url}/{path}", params=query or ALL_DATES, headers=headers, timeout=30)


def json_of(sandbox: Sandbox, path: str, *, key: str = "sandbox-nl", **query: str) -> list[dict[str, Any]]:
    """Return the invoices of a JSON answer, with its numbers as exact decimals."""
    answer = get(sandbox, path, key=key, accept="application/json", **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    invoices: list[dict[str, Any]] = json.loads(answer.content, parse_float=Decimal)["Invoices"]
    return invoices


def xml_of(sandbox: Sandbox, path: str, *, key: str = "sandbox-nl", **query: str) -> list[Element]:
    """Return the invoices of an XML answer."""
    answer = get(sandbox, path, key=key, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert all(f"xmlns:{name}=" in answer.text[:300] for name in ("xsd", "xsi"))
    return list(ElementTree.fromstring(answer.content).iter("Invoice"))


def text(element: Element, path: str) -> str:
    """Return the text of a part of an element; there must be such a part."""
    found = element.find(path)
    assert found is not None, path
    return found.text or ""
