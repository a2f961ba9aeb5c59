"""Exact arithmetic on integer cents, and the text of the numbers that go on the wire."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

MICROS_PER_CENT = 10_000


def half_up(numerator: int, denominator: int) -> int:
    """Return the quotient rounded half away from zero, as ROUND_HALF_UP does; the denominator is positive."""
    if numerator < 0:
        return -((2 * -numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def vat_on(net_cents: int, percent: int) -> int:
    """VAT in cents on a net amount in cents, rounded half up per line."""
    if net_cents < 0:
        return -((-net_cents * percent + 50) // 100)
    return (net_cents * percent + 50) // 100


def cents_text(cents: int) -> str:
    """Write cents as a JSON number with two decimals: ``-4729`` is ``-47.29``."""
    if cents < 0:
        return f"-{-cents // 100}.{-cents % 100:02d}"
    return f"{cents // 100}.{cents % 100:02d}"


def prorated_unit_text(unit_cents: int, days: int, days_total: int, sign: int) -> str:
    """Write a unit price times ``days / days_total`` with six decimals, as corrections show it."""
    micros = half_up(unit_cents * MICROS_PER_CENT * days, days_total)
    minus = "-" if sign < 0 and micros else ""
    return f"{minus}{micros // 1_000_000}.{micros % 1_000_000:06d}"


def prorated(unit_cents: int, quantity: int, days: int, days_total: int) -> int:
    """Cents for a signed quantity over part of a cycle, rounded once."""
    return half_up(unit_cents * quantity * days, days_total)


def sale_price(cost_cents: int, margin_permille: int) -> int:
    """Sale price in cents that leaves the margin, as permille of the sale price, on the cost."""
    return half_up(cost_cents * 1000, 1000 - margin_permille)


def digest(key: str) -> str:
    """Return 32 hex digits that depend on nothing but the key: row hashes, identifiers, and dice."""
    return blake2b(key.encode(), digest_size=16).hexdigest()


def dice(hexdigits: str, sides: int) -> int:
    """Return a number from 0 to ``sides - 1`` taken from the first digits of a digest."""
    return int(hexdigits[:8], 16) % sides


@lru_cache(maxsize=4096)
def identifier(key: str) -> str:
    """Return a GUID-like identifier that depends on nothing but the key."""
    text = digest(key)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
