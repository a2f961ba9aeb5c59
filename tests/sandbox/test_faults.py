"""Every fault, as a client sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.errors import SettingsError
from connector.sandbox import KINDS, Fault, Sandbox, parse_fault
from tests.sandbox.conftest import ALL_DATES, TODAY, ask, cents, lines_of, small_world

HEADERS = {"Authorization": "Bearer sandbox-nl"}


def get(sandbox: Sandbox, endpoint: str = "invoices", **query: str) -> requests.Response:
    return requests.get(f"{sandbox.url}/{endpoint}", params=query or ALL_DATES, headers=HEADERS, timeout=30)


def test_reads_faults_as_people_write_them() -> None:
    assert parse_fault("429:retry-after=1,times=2") == Fault(kind="status", status=429, retry_after="1", times=2)
    assert parse_fault("slow:delay=0.5,times=always,endpoint=invoices") == Fault(
        kind="slow", delay=0.5, times=0, endpoint="invoices"
    )
    assert parse_fault("amount:from=3,cents=-50,invoice=9") == Fault(kind="amount", start=3, cents=-50, invoice="9")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "not a fault"),
        ("299", "not a fault"),
        ("slow:delay", "no value"),
        ("slow:delay=fast", "cannot be read"),
        ("slow:pace=1", "no part of a fault"),
        ("shape:value=round", "not a value"),
        ("paging", "not a value"),
    ],
)
def test_refuses_faults_it_does_not_know(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        parse_fault(text)
    assert caught.value.hint


def test_status_with_retry_after_strikes_as_often_as_told(fresh: Sandbox) -> None:
    fresh.faults.add("429:retry-after=7,times=2,skip=1,endpoint=invoices")
    answers = [get(fresh) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert fresh.faults.current() == ()
    fresh.faults.add("503:endpoint=customer-invoices")
    assert [get(fresh).status_code, get(fresh, "customer-invoices").status_code] == [200, 503]


def test_a_wrong_key_is_refused_before_any_fault(fresh: Sandbox) -> None:
    fresh.faults.add("500")
    assert requests.get(f"{fresh.url}/invoices", timeout=30).status_code == 401
    assert get(fresh).status_code == 500


def test_faults_in_turn(fresh: Sandbox) -> None:
    fresh.faults.add("500")
    fresh.faults.add("html")
    answers = [get(fresh) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [500, 200, 200]
    assert answers[1].headers["Content-Type"].startswith("text/html")
    assert answers[2].json()["Invoices"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("result", {"Result": []}),
        ("null", {"Invoices": None}),
        ("list", []),
        ("text", "ok"),
        ("absent", {}),
        ("object", {"Invoices": {}}),
    ],
)
def test_other_shapes(fresh: Sandbox, value: str, expected: object) -> None:
    fresh.faults.add(Fault(kind="shape", value=value))
    answer = get(fresh)
    assert (answer.status_code, answer.json()) == (200, expected)


def test_broken_json_and_empty(fresh: Sandbox) -> None:
    fresh.faults.add("shape:value=broken")
    with pytest.raises(requests.JSONDecodeError):
        get(fresh).json()
    fresh.faults.add("empty")
    assert get(fresh).json() == {"Invoices": []}


@pytest.mark.parametrize(
    ("value", "shows"),
    [
        ("link", lambda answer: 'rel="next"' in answer.headers["Link"]),
        ("next", lambda answer: answer.json()["NextLink"]),
        ("pages", lambda answer: answer.json()["TotalPages"] == 2),
        ("total", lambda answer: answer.json()["TotalCount"] > 1000),
    ],
)
def test_paging_hints(fresh: Sandbox, value: str, shows: Callable[[requests.Response], Any]) -> None:
    fresh.faults.add(Fault(kind="paging", value=value))
    answer = get(fresh)
    assert shows(answer)
    assert len(answer.json()["Invoices"]) == len(fresh.manifest.of("nl"))


@pytest.mark.parametrize("value", ["", "chunked"])
@pytest.mark.parametrize("keep", [True, False])
def test_a_body_is_cut_off(tmp_path: Path, value: str, keep: bool) -> None:
    with Sandbox(small_world(), today=TODAY, cache_dir=tmp_path if keep else None) as sandbox:
        sandbox.faults.add(Fault(kind="cut", at=0.3, value=value))
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            get(sandbox)
        assert get(sandbox).status_code == 200


def test_slow_and_hanging_answers_time_out(fresh: Sandbox) -> None:
    fresh.faults.add("slow:delay=5,size=100")
    fresh.faults.add("hang:delay=5")
    for _ in range(2):
        with pytest.raises((requests.Timeout, requests.ConnectionError)):
            requests.get(f"{fresh.url}/products", headers=HEADERS, timeout=0.2)


def test_a_slow_answer_is_whole(fresh: Sandbox) -> None:
    fresh.faults.add("slow:delay=0.01,size=500")
    began = time.monotonic()
    slow = get(fresh, "products")
    assert time.monotonic() - began > 0.03
    assert slow.json() == get(fresh, "products").json()


def test_a_reset_connection(fresh: Sandbox) -> None:
    fresh.faults.add("reset")
    with pytest.raises(requests.ConnectionError):
        get(fresh)
    assert get(fresh).status_code == 200
    assert [request.status for request in fresh.requests] == [0, 200]


def test_a_body_that_is_no_utf8(fresh: Sandbox) -> None:
    fresh.faults.add("encoding")
    content = get(fresh).content
    with pytest.raises(UnicodeDecodeError):
        content.decode()
    assert json.loads(content.decode("cp1252"))["Origin"] == "België"


def test_an_amount_changes_from_the_second_fetch_on(fresh: Sandbox) -> None:
    number = fresh.manifest.of("nl")[1].number
    before = ask(fresh)
    fresh.faults.add(Fault(kind="amount", endpoint="invoices", invoice=number, cents=250))
    first, second, third = ask(fresh), ask(fresh), ask(fresh)
    assert first == before
    assert second == third
    changed = [(one, other) for one, other in zip(before, second, strict=True) if one != other]
    ((one, other),) = changed
    assert other["Header"]["InvoiceID"] == number
    sums = [sum(cents(line["ExtendedPrice"]) for line in lines_of(invoice)) for invoice in (one, other)]
    assert sums[1] - sums[0] == 250


def test_only_the_customer_number_changes(fresh: Sandbox) -> None:
    before = ask(fresh)
    fresh.faults.add("customer-number:from=1,endpoint=invoices")
    after = ask(fresh)
    assert before[1:] == after[1:]
    assert before[0]["Customers"][0]["CustomerNumber"] != after[0]["Customers"][0].pop("CustomerNumber")
    before[0]["Customers"][0].pop("CustomerNumber")
    assert before[0] == after[0]


def test_customer_numbers_come_a_fetch_late(fresh: Sandbox) -> None:
    number = fresh.manifest.of("nl")[0].number
    sound = ask(fresh)
    fresh.faults.add(f"late-number:invoice={number},endpoint=invoices")
    early, late = ask(fresh), ask(fresh)
    assert {customer["CustomerNumber"] for customer in early[0]["Customers"]} == {""}
    assert late == sound


def test_an_invoice_vanishes(fresh: Sandbox) -> None:
    numbers = [invoice["Header"]["InvoiceID"] for invoice in ask(fresh)]
    for gone in (numbers[0], numbers[2], numbers[-1]):
        fresh.faults.clear()
        fresh.faults.add(f"vanished-invoice:invoice={gone},from=1")
        assert [invoice["Header"]["InvoiceID"] for invoice in ask(fresh)] == [
            number for number in numbers if number != gone
        ]


def test_a_line_vanishes(fresh: Sandbox) -> None:
    before = ask(fresh, "customer-invoices")
    fresh.faults.add("vanished-line:from=2,endpoint=customer-invoices")
    assert ask(fresh, "customer-invoices") == before
    after = ask(fresh, "customer-invoices")
    assert len(lines_of(after[0])) == len(lines_of(before[0])) - 1
    assert after[1:] == before[1:]


def test_changes_pass_by_the_cache(tmp_path: Path) -> None:
    with Sandbox(small_world(), today=TODAY, cache_dir=tmp_path, faults=["amount:from=2"]) as sandbox:
        first, second = ask(sandbox), ask(sandbox)
        assert first != second
        sandbox.faults.clear()
        assert ask(sandbox) == first


def test_faults_are_set_from_outside(fresh: Sandbox) -> None:
    control = f"{fresh.root}/_sandbox/faults"
    sent = {"faults": ["500:times=always", {"kind": "html", "endpoint": "products"}]}
    assert requests.post(control, json=sent, timeout=30).status_code == 201
    assert requests.post(control, json={"fault": "429"}, timeout=30).status_code == 201
    assert [fault["kind"] for fault in requests.get(control, timeout=30).json()["faults"]] == [
        "status",
        "html",
        "status",
    ]
    assert get(fresh).status_code == 500
    assert requests.delete(control, timeout=30).json() == {"faults": []}
    assert get(fresh).status_code == 200
    assert len(fresh.requests) == 2, "the control requests are not logged"


@pytest.mark.parametrize("sent", [b"{", b"[1]", b'{"fault": 3}', b'{"fault": "bang"}'])
def test_unreadable_faults_from_outside(fresh: Sandbox, sent: bytes) -> None:
    answer = requests.post(f"{fresh.root}/_sandbox/faults", data=sent, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_every_kind_is_explained() -> None:
    assert all(KINDS.values())
    assert {"amount", "vanished-invoice", "cut", "status"} <= set(KINDS)
