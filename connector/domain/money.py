"""Exact money: amounts are integers of the smallest unit, prices and rates are decimals, and floats do not enter.

The only ways from one world to the other are ``to_minor`` and ``from_minor``. Rounding is half up, as the Dutch and
Belgian tax authorities prescribe (arithmetic rounding of the third decimal).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

EXPONENTS = {"EUR": 2, "USD": 2, "GBP": 2, "CHF": 2, "JPY": 0}
"""Decimals of a currency (ISO 4217)."""

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Decimal arithmetic that loses nothing of an amount that the source can send."""

_ONE = Decimal(1)


def exponent(currency: str) -> int:
    """The number of decimals of ``currency`` (ISO 4217); unknown currencies are treated as having two."""
    return EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str = "EUR") -> int:
    """``amount`` in minor units (cents), rounded half up, away from zero on a tie.

    >>> to_minor(Decimal("292.215")), to_minor(Decimal("-0.005"))
    (29222, -1)
    """
    if not isinstance(amount, Decimal):
        raise TypeError(f"an amount must be a Decimal, not {type(amount).__name__}")
    scaled = amount.scaleb(exponent(currency), EXACT)
    return int(scaled.quantize(_ONE, ROUND_HALF_UP, EXACT))


def rounding(currency: str, lost: list[Decimal]) -> Callable[[Decimal | None], int]:
    """``to_minor`` for many amounts of one currency: faster, and what rounding takes off is added to ``lost``.

    ``lost`` is in major units: the amount minus what is booked. No amount is 0 minor units. Call it in the context
    ``EXACT``.
    """
    unit = Decimal(10) ** exponent(currency)

    def minor(amount: Decimal | None) -> int:
        if amount is None:
            return 0
        scaled = amount * unit
        whole = int(scaled)
        if whole == scaled:
            return whole
        whole = int(scaled.quantize(_ONE, ROUND_HALF_UP))
        lost.append((scaled - whole) / unit)
        return whole

    return minor


def from_minor(minor: int, currency: str = "EUR") -> Decimal:
    """The amount in major units of ``minor`` units: 29222 cents is Decimal('292.22')."""
    return Decimal(minor).scaleb(-exponent(currency), EXACT)


def percent_of(base_minor: int, rate_percent: Decimal) -> int:
    """``rate_percent`` % of ``base_minor``, in minor units, rounded half up once.

    >>> percent_of(175957, Decimal(21)), percent_of(139150, Decimal(21))
    (36951, 29222)
    """
    share = EXACT.multiply(Decimal(base_minor), rate_percent)
    return int(share.scaleb(-2, EXACT).quantize(_ONE, ROUND_HALF_UP, EXACT))


def allocate(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split ``total_minor`` in proportion to ``weights`` without losing a cent.

    Largest remainder, earliest first on a tie; weights that sum to zero split evenly. Each part is less than a cent
    from its exact share.

    >>> allocate(90909, [33334, 33333, 33333])
    [30303, 30303, 30303]
    >>> allocate(100, [1, 1, 1])
    [34, 33, 33]
    """
    if not weights:
        assert total_minor == 0, "an amount cannot be split over nothing"
        return []
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [divmod(total_minor * weight, whole) for weight in weights]
    parts = [share for share, _ in shares]
    # Floor division rounds every share down, so that cents can only be missing, never be too many.
    order = sorted(range(len(weights)), key=lambda n: (-abs(shares[n][1]), n))
    for n in order[: total_minor - sum(parts)]:
        parts[n] += 1
    return parts


def show(minor: int, currency: str = "EUR") -> str:
    """``minor`` units as people read them: '1,234.56', with a minus in front when negative."""
    return f"{from_minor(minor, currency):,f}"
