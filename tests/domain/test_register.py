"""Entries of registers: known fields under their likely names, everything else kept, order-free fingerprints."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.register import DETAILS, PRODUCTS, SUBSCRIPTIONS, Entry, changed, content_of, keyed, read


def one(members: dict[str, Any], register: str = SUBSCRIPTIONS) -> Entry:
    (entry,) = read(register, json.dumps(members).encode())
    return entry


def test_a_flat_subscription() -> None:
    entry = one(
        {
            "account_id": "A-1",
            "SUBSCRIPTIONID": 1234567890123456789012,
            "Quantity": 12,
            "startDate": "20240229",
            "EndDate": "2025-02-28T00:00:00",
            "AutoRenew": True,
            "Status": None,
            "UnitPrice": {"Amount": 1},
            "Colour": "blue",
        }
    )
    assert entry.key == "1234567890123456789012"
    assert entry.known == {
        "account_id": "A-1",
        "subscription_id": "1234567890123456789012",
        "quantity": "12",
        "start_date": "20240229",
        "expiration_date": "2025-02-28T00:00:00",
        "auto_renew": "true",
    }
    assert entry.others == (("UnitPrice", '{"Amount": 1}'), ("Colour", '"blue"'))
    assert (entry.quantity, str(entry.start), str(entry.end)) == (Decimal(12), "2024-02-29", "2025-02-28")


def test_numbers_keep_their_digits() -> None:
    (entry,) = read(PRODUCTS, b'{"PlanID": "p", "PurchasePrice": 10.10, "Price": 9.90}')
    assert entry.known["purchase_price"] == "10.10"
    assert entry.others == (("Price", "9.90"),)


def test_the_likelier_name_counts_and_an_empty_one_does_not() -> None:
    assert one({"EndDate": "1", "ExpirationDate": "2"}).known["expiration_date"] == "2"
    assert one({"ExpirationDate": "2", "EndDate": "1"}).others == (("EndDate", '"1"'),)
    assert one({"ExpirationDate": None, "EndDate": "1"}).known["expiration_date"] == "1"
    assert one({"ExpirationDate": " ", "EndDate": "1"}).others == ()


def test_subscriptions_within_their_customer() -> None:
    customer = {
        "AccountID": "A-1",
        "CompanyName": "Bakker",
        "Tier": 3,
        "Subscriptions": [{"SubscriptionID": "s-1", "CompanyName": "Other"}, {"SubscriptionID": "s-2", "Tier": 1}],
    }
    first, second = read(SUBSCRIPTIONS, json.dumps(customer).encode())
    assert first.known == {"account_id": "A-1", "company_name": "Other", "subscription_id": "s-1"}
    assert second.known["company_name"] == "Bakker"
    assert first.others == (("Customer.Tier", "3"),)
    assert second.others == (("Tier", "1"), ("Customer.Tier", "3"))
    assert read(SUBSCRIPTIONS, b'{"AccountID": "A-1", "Subscriptions": []}') == []
    assert one({"PlanID": "p", "Subscriptions": 3}).key.startswith("~")
    assert one({"PlanID": "p", "Subscriptions": [{"a": 1}]}, PRODUCTS).key == "p"


def test_what_has_no_id_is_known_by_whose_it_is_or_by_all_it_says() -> None:
    assert one({"AccountID": "A", "Quantity": 1}).key == one({"AccountID": "A", "Quantity": 2}).key
    assert one({"AccountID": "A"}).key != one({"AccountID": "B"}).key
    assert one({"Colour": "red"}).key != one({"Colour": "blue"}).key
    long = one({"SubscriptionID": "s" * 500}).key
    assert len(long) < 150
    assert long != one({"SubscriptionID": "s" * 499}).key


@pytest.mark.parametrize("text", ["", "many", "1,5", "1e3", "9" * 40])
def test_a_quantity_that_is_no_number(text: str) -> None:
    assert one({"Quantity": text}).quantity is None


def test_what_is_no_object_is_refused() -> None:
    for text in (b"[1]", b'{"Subscriptions": [1]}', b"{"):
        with pytest.raises(msgspec.DecodeError):
            read(SUBSCRIPTIONS, text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["SubscriptionID", "Quantity", "EndDate", "ExpirationDate", "Colour", "Tags"])
entries = st.dictionaries(NAMES, json_values, max_size=6)


def turned(value: Any) -> Any:
    """The same with every object and list the other way round."""
    if isinstance(value, dict):
        return {name: turned(each) for name, each in reversed(value.items())}
    return [turned(each) for each in reversed(value)] if isinstance(value, list) else value


@given(entries)
def test_the_order_of_fields_changes_nothing(members: dict[str, Any]) -> None:
    entry, other = one(members), one(turned(members))
    assert (entry.key, entry.content) == (other.key, other.content)
    assert entry.content == content_of(entry.known, entry.others)
    assert dict(entry.others).keys() == dict(other.others).keys()


@given(st.lists(entries, max_size=5))
def test_no_entry_is_lost_and_the_order_of_entries_changes_nothing(many: list[dict[str, Any]]) -> None:
    found = [one(each) for each in many]
    kept, repeated = keyed(found)
    assert {each.content for each in kept.values()} == {each.content for each in found}
    assert len(kept) + repeated == len(found)
    assert all(each.key == key for key, each in kept.items())
    again, _ = keyed(reversed(found))
    assert {key: each.content for key, each in again.items()} == {key: each.content for key, each in kept.items()}


def test_what_changed() -> None:
    before = one({"SubscriptionID": "s", "Quantity": 5, "Colour": "red", "Old": 1})
    after = one({"SubscriptionID": "s", "Quantity": 7, "Colour": "blue", "New": [2]})
    assert list(changed(before, after)) == [
        ("quantity", "5", "7"),
        ("Colour", '"red"', '"blue"'),
        ("New", "", "[2]"),
        ("Old", "1", ""),
    ]
    assert list(changed(after, after)) == []
    spaced, turned = read(SUBSCRIPTIONS, b'{"C": {"a": 1, "b": 2}}'), read(SUBSCRIPTIONS, b'{"C":{"b":2,"a":1}}')
    assert list(changed(spaced[0], turned[0])) == []


def test_what_a_subscription_is_made_of_is_kept_whole_under_its_id() -> None:
    (entry,) = read(DETAILS, b'{"Subscription": {"SubscriptionId": 7, "StartDate": "20240101"}, "Resources": [1]}')
    assert (entry.key, entry.known) == ("7", {"subscription_id": "7", "start_date": "20240101"})
    assert entry.others == (
        ("Subscription", '{"SubscriptionId": 7, "StartDate": "20240101"}'),
        ("Resources", "[1]"),
    )
    (turned,) = read(DETAILS, b'{"Resources": [1], "Subscription": {"StartDate": "20240101", "SubscriptionId": 7}}')
    assert turned.content == entry.content
    for strange in (b'{"Subscription": [7]}', b'{"Resources": []}', b'{"Subscription": {"StartDate": "x"}}'):
        (nameless,) = read(DETAILS, strange)
        assert nameless.key.startswith("~")
