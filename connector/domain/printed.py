"""The total that is printed on the PDF of a document, entered by a person: a check beside what the source sends."""

from __future__ import annotations

import datetime
import hashlib
import re
from decimal import Decimal

import msgspec

from connector.domain.money import from_minor, to_minor

CODES = ("PRINTED-TOTAL-CONFIRMED", "PRINTED-TOTAL-DIFFERS")
"""The findings that come of it."""
_FORMS = (
    r"\d{1,13}([.,]\d{1,2})?",
    r"\d{1,3}(\.\d{3}){1,4},\d{1,2}",
    r"\d{1,3}(,\d{3}){1,4}\.\d{1,2}",
    r"\d{1,3}([' \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]\d{3}){1,4}([.,]\d{1,2})?",
)
_AMOUNT = re.compile(rf"[+-]?({'|'.join(_FORMS)})", re.ASCII)
_CENTS = re.compile(r"[.,](\d{1,2})$", re.ASCII)


class PrintedTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What a person read on the PDF of an invoice: ``gross`` is the total including VAT in minor units.

    It belongs to the invoice and not to a version of it: the paper does not change with the data.
    """

    invoice_id: int
    gross: int
    actor: str
    at: datetime.datetime

    @property
    def digest(self) -> bytes:
        """SHA-256 of all of it, kept beside it so that no cent or word of it changes unseen."""
        moment = self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        return hashlib.sha256(msgspec.json.encode((self.invoice_id, self.gross, self.actor, moment))).digest()


def read_amount(text: str, currency: str = "EUR") -> int:
    """An amount as a person types it, in minor units, exactly: '1234.5', '1234,50', '1.234,50' or '1,234.50'.

    ValueError when it is no amount, when it is finer than the currency, or when a sign may stand for thousands as well
    as for decimals ('1.234'): nothing is rounded and nothing guessed.
    """
    typed = text.strip().removeprefix("€").removeprefix("EUR").strip()
    if not _AMOUNT.fullmatch(typed):
        raise ValueError(f"'{text}' is no amount; write it like 1234.56 or 1234,56")
    cents = _CENTS.search(typed)
    whole = re.sub(r"[^\d+-]", "", typed[: cents.start()] if cents else typed)
    amount = Decimal(f"{whole}.{cents[1]}" if cents else whole)
    minor = to_minor(amount, currency)
    if from_minor(minor, currency) != amount:
        raise ValueError(f"'{text}' has more decimals than {currency}")
    return minor
