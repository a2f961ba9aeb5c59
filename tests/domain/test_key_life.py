"""How long an API key lasts, and what it may do."""

from __future__ import annotations

import datetime

import pytest

from connector.domain.key_life import KeyLife, key_life, lacking, too_broad

TODAY = datetime.date(2026, 11, 27)


@pytest.mark.parametrize(
    ("days", "life"),
    [
        (None, KeyLife.UNKNOWN),
        (-1, KeyLife.PASSED),
        (0, KeyLife.SOON),  # its last day is one on which it works
        (30, KeyLife.SOON),
        (31, KeyLife.GOOD),
        (400, KeyLife.GOOD),
        (401, KeyLife.FAR),
        (3650, KeyLife.FAR),
    ],
)
def test_what_the_last_day_means(days: int | None, life: KeyLife) -> None:
    expires = None if days is None else TODAY + datetime.timedelta(days=days)
    assert key_life(expires, TODAY) is life


def test_what_a_key_lacks_is_named_unless_nobody_said_what_it_has() -> None:
    needed = ("invoices", "customer-specifications")
    assert lacking((), needed) == ()
    assert lacking(("all",), needed) == ()
    assert lacking(("invoices",), needed) == ("customer-specifications",)
    assert lacking(("invoices",), ("all",)) == ("all",)


def test_a_key_is_too_broad_when_less_would_do() -> None:
    needed = ("invoices", "customer-specifications")
    assert too_broad(("all",), needed)
    assert too_broad(("invoices", "customer-specifications", "example-invoices"), needed)
    assert not too_broad(needed, needed)
    assert not too_broad(("all",), ("all",))
    assert not too_broad((), needed)
