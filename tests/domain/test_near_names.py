"""Names that were not found lead to those that may be meant."""

from __future__ import annotations

import pytest

from connector.domain.near_names import near_names

NAMES = ("Café Zonneveld B.V.", "Drukkerij De Graaf B.V.", "Advocaten De Graaf B.V.", "Bakkerij Mulder", "", "A B")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("zonneveld", ["Café Zonneveld B.V."]),
        ("Cafe Zonneveld", ["Café Zonneveld B.V."]),
        ("Zoneveld", ["Café Zonneveld B.V."]),
        ("graaf", ["Advocaten De Graaf B.V.", "Drukkerij De Graaf B.V."]),
        ("Bakerij Muler", ["Bakkerij Mulder"]),
        ("b", []),
        ("nobody at all", []),
        (" ", []),
    ],
)
def test_the_names_that_may_be_meant(written: str, meant: list[str]) -> None:
    assert near_names(written, NAMES) == meant


def test_no_more_than_asked_for() -> None:
    assert len(near_names("de graaf", NAMES, most=1)) == 1
