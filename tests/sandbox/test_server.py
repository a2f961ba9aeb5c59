"""Keys, dates, endpoints, the request log and the cache, over HTTP."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import requests

from connector.sandbox import KeyStyle, Sandbox
from tests.sandbox.conftest import ALL_DATES, TODAY, ask, lines_of, small_world


def get(
    sandbox: Sandbox, path: str, *, key: str = "sandbox-nl", params: dict[str, str] | None = None
) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.get(f"{sandbox.url}/{path}", params=params, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("key", "status", "says"),
    [
        ("", 401, "No API key"),
        ("wrong", 401, "not known"),
        ("sandbox-nl-expired", 401, "expired on 2020-01-01"),
        ("sandbox-nl-limited", 403, "no permission for invoices"),
        ("sandbox-nl", 200, "Invoices"),
    ],
)
def test_keys(quiet: Sandbox, key: str, status: int, says: str) -> None:
    answer = get(quiet, "invoices", key=key)
    assert answer.status_code == status
    assert says in answer.text


def test_a_limited_key_may_read_examples(quiet: Sandbox) -> None:
    answer = get(quiet, "example-invoices", key="sandbox-nl-limited")
    assert answer.status_code == 200
    assert len(answer.json()["Invoices"]) == 1


def test_a_key_shows_its_own_reseller_only(quiet: Sandbox) -> None:
    receivers = {
        key: {invoice["Receiver"]["CompanyName"] for invoice in ask(quiet, key=key)}
        for key in ("sandbox-nl", "sandbox-be")
    }
    assert receivers == {"sandbox-nl": {"Voorbeeld IT B.V."}, "sandbox-be": {"Voorbeeld Cloud België BV"}}


@pytest.mark.parametrize("style", list(KeyStyle))
def test_key_styles(style: KeyStyle) -> None:
    name, prefix = style.value
    headers = {name: f"{prefix}sandbox-nl"} if name else {}
    query = {} if name else {"api_key": "sandbox-nl"}
    with Sandbox(small_world(), today=TODAY, key_styles=[style]) as sandbox:
        url = f"{sandbox.url}/products"
        assert requests.get(url, params=query, headers=headers, timeout=30).status_code == 200
        other = {"Authorization": "Basic sandbox-nl"}
        assert requests.get(url, headers=other, timeout=30).status_code == 401
        assert "sandbox-nl" not in repr(sandbox.requests)


def test_dates_are_inclusive_creation_dates(quiet: Sandbox) -> None:
    everything = ask(quiet)
    dates = [invoice["Header"]["Date"] for invoice in everything]
    for date in sorted(set(dates)):
        found = ask(quiet, startDate=date, endDate=date)
        assert [invoice["Header"]["Date"] for invoice in found] == [date] * dates.count(date)
    assert ask(quiet, startDate="20240724", endDate="20240731") == []


def test_default_window_is_three_months_up_to_today(quiet: Sandbox) -> None:
    answer = get(quiet, "invoices")
    dates = [invoice["Header"]["Date"] for invoice in answer.json()["Invoices"]]
    assert dates == [invoice["Header"]["Date"] for invoice in ask(quiet, startDate="20241103", endDate="20250203")]
    assert len(dates) >= 3


def test_nothing_is_created_after_today() -> None:
    with Sandbox(small_world(), today=dt.date(2024, 9, 22)) as sandbox:
        before = len(ask(sandbox))
        sandbox.today = dt.date(2024, 9, 23)
        assert len(ask(sandbox)) == before + 1


@pytest.mark.parametrize(
    "query",
    [
        {"startDate": "2024-01-01"},
        {"startDate": "20240230"},
        {"endDate": "٢٠٢٤٠١٠١"},
        {"endDate": ""},
        {"startDate": "20240201", "endDate": "20240131"},
    ],
)
def test_bad_dates(quiet: Sandbox, query: dict[str, str]) -> None:
    answer = get(quiet, "invoices", params=query)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_unknown_paths(quiet: Sandbox) -> None:
    assert get(quiet, "invoice").status_code == 404
    assert requests.get(f"{quiet.root}/api/v2/invoices", timeout=30).status_code == 404
    assert requests.post(f"{quiet.root}/api/v1/invoices", json={}, timeout=30).status_code == 405
    assert requests.delete(f"{quiet.root}/api/v1/invoices", timeout=30).status_code == 405


def test_subscriptions_and_products(quiet: Sandbox) -> None:
    customers = get(quiet, "customer-subscriptions").json()["CustomerSubscriptions"]
    assert len(customers) == 30
    products = {product["PlanID"] for product in get(quiet, "products").json()["Products"]}
    subscription = customers[0]["Subscriptions"][0]
    assert subscription.keys() >= {"ExpirationDate", "Status", "BillingFrequency", "Renewal"}
    plans = {one["PlanID"] for customer in customers for one in customer["Subscriptions"]}
    assert plans <= products
    invoiced = {
        subscription["PlanID"]
        for invoice in ask(quiet)
        for customer in invoice["Customers"]
        for subscription in customer["Subscriptions"]
    }
    assert invoiced <= products


def test_lists_only_when_activated() -> None:
    with Sandbox(small_world(), today=TODAY, lists_active=False) as sandbox:
        for name in ("customer-subscriptions", "products"):
            answer = get(sandbox, name)
            assert answer.status_code == 403
            assert "account manager" in answer.json()["message"]
        assert get(sandbox, "invoices").status_code == 200


def test_customer_invoices_only_when_activated() -> None:
    with Sandbox(small_world(), today=TODAY, customer_invoices_active=False) as sandbox:
        answer = get(sandbox, "customer-invoices")
        assert answer.status_code == 403
        assert "account manager" in answer.json()["message"]
        assert get(sandbox, "customer-specifications").status_code == 200


def test_requests_are_logged_without_their_key(fresh: Sandbox) -> None:
    headers = {"Authorization": "Bearer sandbox-nl", "showDetail": "true"}
    requests.get(f"{fresh.url}/invoices", params=ALL_DATES, headers=headers, timeout=30)
    get(fresh, "invoices", key="secret-of-somebody")
    one, other = fresh.requests
    assert (one.method, one.path, one.query) == ("GET", "/api/v1/invoices", ALL_DATES)
    assert (one.reseller, one.status, one.headers["showDetail"]) == ("nl", 200, "true")
    assert (other.reseller, other.status) == ("", 401)
    told = requests.get(f"{fresh.root}/_sandbox/requests", timeout=30)
    assert len(told.json()["requests"]) == 2
    assert "Bearer" not in told.text
    assert "secret-of-somebody" not in told.text


def test_the_cache_serves_the_same_bytes_with_their_length(tmp_path: Path) -> None:
    with Sandbox(small_world(), today=TODAY) as plain, Sandbox(
        small_world(), today=TODAY, cache_dir=tmp_path / "cache"
    ) as keeping:  # fmt: skip
        streamed = get(plain, "invoices", params=ALL_DATES)
        assert streamed.headers["Transfer-Encoding"] == "chunked"
        first, second = (get(keeping, "invoices", params=ALL_DATES) for _ in range(2))
        assert first.content == second.content == streamed.content
        assert int(first.headers["Content-Length"]) == len(streamed.content)
        assert len(list((tmp_path / "cache").iterdir())) == 1
        wider = ALL_DATES | {"startDate": "20190101"}
        assert get(keeping, "invoices", params=wider).content == streamed.content
        assert len(list((tmp_path / "cache").iterdir())) == 1, "the same documents are one answer"
        length = keeping.prepare("customer-invoices", dt.date(2024, 1, 1), dt.date(2026, 1, 1), reseller="nl")
        assert length == len(get(keeping, "customer-invoices", params=ALL_DATES).content)


def test_a_connection_is_used_again(fresh: Sandbox) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer sandbox-nl"
        answers = [session.get(f"{fresh.url}/invoices", params=ALL_DATES, timeout=30) for _ in range(3)]
    assert len({answer.content for answer in answers}) == 1
    assert [request.status for request in fresh.requests] == [200, 200, 200]


def test_closes_while_a_connection_is_open() -> None:
    session = requests.Session()
    with Sandbox(small_world(), today=TODAY) as sandbox:
        session.get(f"{sandbox.url}/products", headers={"Authorization": "Bearer sandbox-nl"}, timeout=30)
    with pytest.raises(requests.ConnectionError):
        session.get(f"{sandbox.url}/products", timeout=30)
    session.close()


def test_examples_are_sound(quiet: Sandbox) -> None:
    (invoice,) = ask(quiet, "example-invoices", key="sandbox-be")
    assert invoice["Receiver"]["CompanyName"] == "Voorbeeld Cloud België BV"
    assert len(lines_of(invoice)) > 3
