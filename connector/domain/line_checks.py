"""Checks on single lines: what is wrong with a line in itself, whatever the settings, history or mapping say.

The rules are controls C02, C03 (per line) and C09 and the defects known of the source: doubled lines (CD-204), repeated
line ids (CD-508), row hashes that are absent or repeat. One finding per code tells the first places, the number of
lines, the euros. Nearly every document is in order, so each check first asks in the quickest way whether there is
anything to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from connector.domain.finding import Finding, finding
from connector.domain.invoice import Direction, Ident, Line, ident
from connector.domain.tax_scale import TaxScale

if TYPE_CHECKING:
    from connector.domain.reading import ReadLine

_encode = msgspec.json.Encoder().encode
ARITHMETIC_TOLERANCE = Decimal("0.02")
"""C02: quantity x unit price - discount may differ this much from the line amount, in major units."""
VENDOR_TEXT_LIMIT = 120
"""VendorDetails is documented to have at most 120 characters; a longer text of any kind is kept and reported."""
LONG_TEXT = 2000
_VAT_TOLERANCE = 1_500_000  # a cent and the half that rounding may take, in millionths of a cent
_PLACES = 5
_ZERO = Decimal(0)

Noted = dict[str, list[tuple[int, int]]]
"""Per code the lines (from 1) with their amounts in minor units."""


def line_findings(lines: Sequence[ReadLine], direction: Direction, scale: TaxScale) -> tuple[Finding, ...]:
    """What is wrong with ``lines``, one finding per code, in order of code. ``scale`` is that of the VAT rates."""
    noted: Noted = {}
    _amounts(lines, noted, vat_needed=direction is Direction.PURCHASE)
    hashes = [read.line.invoice_row_hash for read in lines]
    if not all(hashes) or len(set(hashes)) < len(hashes):
        _row_hashes(lines, noted)
    ids = [read.line.line_id for read in lines]
    if len(set(ids)) < len(ids):
        _repeated(lines, ids, noted)
    found = [_summary(code, each, len(lines)) for code, each in noted.items()]
    if scale is TaxScale.UNCLEAR:
        found.append(finding("TAX-SCALE", "TaxPercentage", sum(read.net for read in lines)))
    return tuple(sorted(found))


def _amounts(lines: Sequence[ReadLine], noted: Noted, *, vat_needed: bool) -> None:
    for number, read in enumerate(lines, 1):
        line, rate = read.line, read.wording.rate
        amount, quantity, price = line.extended_price, line.quantity, line.unit_price
        if amount is None:
            _note(noted, "MONEY-MISSING", read, number)
        elif quantity is not None and price is not None and quantity * price != amount and _off(line, amount):
            _note(noted, "LINE-ARITHMETIC", read, number)
        if line.vat is None:
            if vat_needed:
                _note(noted, "VAT-MISSING", read, number)
        elif rate is not None and abs(read.vat * 1_000_000 - read.net * rate) > _VAT_TOLERANCE:
            _note(noted, "LINE-VAT", read, number)
        if read.period.trouble:
            _note(noted, read.period.trouble, read, number)
        vendor, text = line.vendor_details, line.description
        if (vendor and len(vendor) > VENDOR_TEXT_LIMIT) or (text and len(text) > LONG_TEXT):
            _note(noted, "TEXT-LONG", read, number)


def _off(line: Line, amount: Decimal) -> bool:
    """Whether quantity x price - discount is not the amount.

    On which factor the minus sits is not known, so signs do not count.
    """
    computed = (line.quantity or _ZERO) * (line.unit_price or _ZERO) - (line.discount or _ZERO)
    return abs(abs(computed) - abs(amount)) > ARITHMETIC_TOLERANCE


def _row_hashes(lines: Sequence[ReadLine], noted: Noted) -> None:
    seen: set[str] = set()
    for number, read in enumerate(lines, 1):
        row_hash = ident(read.line.invoice_row_hash)
        if not row_hash:
            _note(noted, "ROW-HASH-MISSING", read, number)
        elif row_hash in seen:
            _note(noted, "ROW-HASH-REPEATED", read, number)
        seen.add(row_hash)


def _repeated(lines: Sequence[ReadLine], ids: Sequence[Ident], noted: Noted) -> None:
    """Lines that repeat an id, and those among them that repeat all but RatePeriodID and UID (CD-204)."""
    seen_ids: set[Ident] = set()
    seen: set[bytes] = set()
    for number, (read, line_id) in enumerate(zip(lines, ids, strict=True), 1):
        if line_id in seen_ids and line_id:
            _note(noted, "LINE-ID-REPEATED", read, number)
        seen_ids.add(line_id)
        bare = read.wording.subscription.digest + _encode(
            msgspec.structs.replace(read.line, rate_period_id=None, uid=None)
        )
        if bare in seen:
            _note(noted, "LINE-DUPLICATE", read, number)
        seen.add(bare)


def _note(noted: Noted, code: str, read: ReadLine, number: int) -> None:
    noted.setdefault(code, []).append((number, read.net))


def _summary(code: str, noted: list[tuple[int, int]], count: int) -> Finding:
    where = f"line {noted[0][0]}"
    places = ", ".join(str(number) for number, _ in noted[:_PLACES]) + (" …" if len(noted) > _PLACES else "")
    if code == "ROW-HASH-MISSING" and len(noted) == count:
        where, places = "lines", "all"  # before March 2024 no line had one: worth a word, not a list
    return finding(code, where, sum(minor for _, minor in noted), lines=places, count=len(noted))
