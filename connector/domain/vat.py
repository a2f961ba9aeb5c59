"""VAT arithmetic: per tax group, rounded once, half up; and how far a stated amount may be from it.

Sources: EN 16931 BR-CO-14 and BR-CO-17 (tax per category and rate, total VAT is the sum of the groups); the Belgian
royal decree of 8 July 2025 (rounding on the total per rate).
"""

from __future__ import annotations

from decimal import Decimal

from connector.domain.money import percent_of


def rounding_limit(lines: int) -> Decimal:
    """How far VAT rounded per line can be from VAT rounded per group, in minor units: 0.5 per line + 0.5.

    Control C03: beyond it something is wrong (a rate, a missing line), within it only the rounding differs.
    """
    return (Decimal(lines) + 1) / 2


def within_rounding(stated_minor: int, base_minor: int, rate_percent: Decimal, lines: int) -> bool:
    """Whether VAT stated on ``lines`` lines can be rate x base with nothing wrong but rounding. Amounts in minor units.

    At a rate of 0 there is nothing to round.
    """
    if not rate_percent:
        return not stated_minor
    exact = Decimal(base_minor) * rate_percent / 100
    return abs(Decimal(stated_minor) - exact) <= rounding_limit(lines)


def deductible(vat_minor: int, right_percent: Decimal) -> int:
    """The part of VAT that may be deducted under a deduction right in percent, minor units; the rest is cost."""
    return percent_of(vat_minor, right_percent)
