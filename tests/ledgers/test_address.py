"""Where a ledger's secrets may be sent."""

from __future__ import annotations

import pytest

from connector.errors import SettingsError
from connector.ledgers.address import web_address


@pytest.mark.parametrize(
    "url", ["https://books.example.com", "http://localhost:8000", "http://127.0.0.1:8069", "http://[::1]:8000"]
)
def test_an_address_is_encrypted_or_on_this_computer(url: str) -> None:
    assert web_address(f"{url}/", where="ledger books") == url


def test_a_path_where_it_may_have_one() -> None:
    assert web_address("https://example.com/books/", where="ledger books", path=True) == "https://example.com/books"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("books.example.com", "is no web address"),
        ("ftp://books.example.com", "is no web address"),
        ("https://", "is no web address"),
        ("http://books.example.com", "would send the secret to books.example.com in clear"),
        ("https://books.example.com/web", "has the path '/web'"),
        ("https://me:hidden-word@books.example.com", "holds more than an address"),
        ("https://books.example.com?key=hidden-word", "holds more than an address"),
    ],
)
def test_other_addresses_are_refused_and_no_secret_is_repeated(url: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        web_address(url, where="ledger books")
    assert "hidden-word" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.where == "ledger books"
