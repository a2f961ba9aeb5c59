"""What identifies a document and its content: entry keys, and two fingerprints, each with the number of its algorithm.

The *content* fingerprint covers every received field and makes a version; the *booking* fingerprint covers only what
can change an entry and makes a correction. Both ignore the order of fields, lines, subscriptions and customers.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote

import msgspec

from connector.domain.invoice import Direction, InvoiceKey

CONTENT_ALGORITHM = 1
BOOKING_ALGORITHM = 1
_encode = msgspec.json.Encoder().encode


def digest(texts: tuple[str, ...]) -> bytes:
    """A 16-byte digest (BLAKE2b) of ``texts``; as JSON, so that no two tuples look alike."""
    return hashlib.blake2b(_encode(texts), digest_size=16).digest()


def unordered(parts: list[bytes], head: bytes = b"") -> bytes:
    r"""A 32-byte SHA-256 of ``head`` and of ``parts`` in any order; neither may hold the bytes ``\x1e`` or ``\x1f``."""
    return hashlib.sha256(head + b"\x1e" + b"\x1f".join(sorted(parts))).digest()


class EntryKey(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The key under which one document revision has one effect in one ledger. Never made of counters or randomness.

    ``purpose`` is 'invoice', 'release', 'accrual', or for an entry that moves what others booked 'remap-',
    'amendment-', 'reversal-' or 'adopt-' with the digest of what it follows and moves; ``period`` is 'YYYY-MM'.
    """

    administration: str
    direction: Direction
    issuer: str
    number: str
    customer: str = ""
    purpose: str = "invoice"
    period: str = ""

    @property
    def text(self) -> str:
        """The key as one readable token: ``acme/purchase/NL111111111B00/9103004711/-/invoice/2024-03``."""
        return f"{self.document}/{_token(self.purpose)}/{_token(self.period)}"

    @property
    def document(self) -> str:
        """The document part of the key: what a look-up asks for first."""
        parts = (self.administration, self.direction.value, self.issuer, self.number, self.customer)
        return "/".join(map(_token, parts))

    @property
    def short(self) -> str:
        """Twelve characters for ledgers with short key fields: the start of the digest of ``text``."""
        return hashlib.blake2b(self.text.encode(), digest_size=6).hexdigest()


def entry_key(administration: str, key: InvoiceKey, *, purpose: str, period: str) -> EntryKey:
    """The key of an entry that books the invoice ``key`` of ``administration``."""
    return EntryKey(
        administration=administration,
        direction=key.direction,
        issuer=key.issuer,
        number=key.number,
        customer=key.customer,
        purpose=purpose,
        period=period,
    )


def parse_entry_key(text: str) -> EntryKey:
    """The key that ``EntryKey.text`` wrote. ValueError when it is none."""
    parts = ["" if part == "-" else unquote(part) for part in text.split("/")]
    if len(parts) != 7:
        raise ValueError(f"{text!r} is not an entry key")
    administration, direction, issuer, number, customer, purpose, period = parts
    return EntryKey(
        administration=administration,
        direction=Direction(direction),
        issuer=issuer,
        number=number,
        customer=customer,
        purpose=purpose,
        period=period,
    )


def readable_key(text: str) -> EntryKey | None:
    """The key that ``text`` is, ``None`` when it is none: what a ledger holds may have been edited."""
    try:
        return parse_entry_key(text)
    except ValueError:
        return None


def _token(part: str) -> str:
    # '-' stands for nothing, so a part that is itself '-' is written as its escape.
    return "-" if not part else "%2D" if part == "-" else quote(part, safe="._~+")
