"""Whether 21 % is written as 21 or as 0.21."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.domain.tax_scale import TaxScale, rate_text, tax_scale
from tests.domain.books import invoice, priced


@pytest.mark.parametrize(
    ("lines", "scale"),
    [
        ([("100.00", "21.00", "21")], TaxScale.PERCENT),
        ([("100.00", "21.00", "0.21")], TaxScale.FRACTION),
        ([("100.00", "0", "0")], TaxScale.PERCENT),
        ([("100.00", "0", None)], TaxScale.PERCENT),
        # Half a per cent is a fraction of nothing: the VAT says so.
        ([("100.00", "0.50", "0.5")], TaxScale.PERCENT),
        ([("100.00", "5.00", "0.21")], TaxScale.UNCLEAR),
        # A cent of VAT fits both.
        ([("0.05", "0.01", "0.21")], TaxScale.UNCLEAR),
        # Cents that add up do not.
        ([("0.09", "0.02", "0.21")] * 10, TaxScale.FRACTION),
        ([("100.00", None, "0.21"), (None, "1.00", "0.21")], TaxScale.UNCLEAR),
        ([("0.05", "0.01", "0.21"), ("100.00", "21.00", "21")], TaxScale.PERCENT),
        ([("100.00", "21.00", "0.21"), ("-50.00", "-10.50", "0.21")], TaxScale.FRACTION),
    ],
)
def test_the_vat_decides(lines: list[tuple[str, str, str | None]], scale: TaxScale) -> None:
    customers = invoice(*[priced("Cycle Fee", net, vat, rate=rate) for net, vat, rate in lines]).customers
    assert tax_scale(customers or ()) is scale
    assert tax_scale(customers or (), TaxScale.PERCENT) is TaxScale.PERCENT


def test_rates_are_told_as_percent_without_trailing_zeros() -> None:
    assert [rate_text(Decimal(rate), TaxScale.PERCENT) for rate in ("21", "21.00", "5.5", "0", "0.0", "100")] == [
        "21", "21", "5.5", "0", "0", "100",
    ]  # fmt: skip
    assert rate_text(Decimal("0.21"), TaxScale.FRACTION) == "21"
    assert rate_text(None, TaxScale.FRACTION) == ""
