"""The adapter that docs/adapters.md builds is complete, short, and passes the conformance kit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.errors import LedgerRefused, SettingsError
from connector.ledgers.base import Listing, ReadsBack, Setup, TellsVatCodes
from connector.ledgers.conformance.counterpart import Books, Counterpart
from connector.ledgers.conformance.plugin import Conformance
from tests.ledgers.counterparts import daybook_counterpart
from tests.ledgers.daybook import Daybook
from tests.ledgers.tutorial import PAGE, adapter, code_of


@pytest.fixture
def server() -> Iterator[Daybook]:
    with Daybook(Books()) as running:
        yield running


class TestTutorial(Conformance):
    @pytest.fixture
    def counterpart(self) -> Iterator[Counterpart]:
        with daybook_counterpart(adapter()) as counterpart:
            yield counterpart


def test_it_has_under_a_hundred_lines() -> None:
    lines = [line for line in code_of(PAGE.read_text(encoding="utf-8")).splitlines() if line.strip()]
    assert 50 < len(lines) < 100
    assert max(map(len, lines)) <= 120


def setup(server: Daybook, password: str) -> Setup:
    return Setup(
        name="books",
        chart=Books().chart,
        settings={"url": server.url},
        folder=PAGE.parent,
        secrets={"password": lambda: password},
        sleep=lambda _: None,
    )


def test_it_can_what_the_page_says(server: Daybook) -> None:
    ledger = adapter()(setup(server, "unused"))
    assert isinstance(ledger, Listing)
    assert isinstance(ledger, ReadsBack)
    assert isinstance(ledger, TellsVatCodes)


def test_it_tells_a_missing_address_and_a_wrong_password(server: Daybook) -> None:
    with pytest.raises(SettingsError, match="url is missing"):
        adapter()(Setup(name="books", chart=Books().chart, settings={}, folder=PAGE.parent))
    with pytest.raises(LedgerRefused, match="does not let us in") as caught, adapter()(setup(server, "wrong word")):
        pass
    assert "wrong word" not in f"{caught.value} {caught.value.hint}"
