"""Acceptance: a person's word that a finding need not keep one document, as it is now, out of the books.

Which findings a person may accept stands in the catalogue: those that ask for a judgement which no data can give. What
a wrong word would falsify (tax, customer, amounts and totals) is never accepted but mended.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Container

import msgspec

from connector.domain.catalogue import entry_of
from connector.domain.finding import Finding, Severity

_encode = msgspec.json.Encoder().encode


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """Who accepted a finding about an invoice, why and when.

    ``finding`` is the digest of that finding and ``content`` the content fingerprint of the version that was looked
    at: neither another finding with the same code nor a changed document is covered.
    """

    invoice_id: int
    code: str
    finding: bytes
    content: bytes
    actor: str
    reason: str
    at: datetime.datetime

    @property
    def digest(self) -> bytes:
        """SHA-256 of all of it, kept beside it so that no word of it changes unseen."""
        moment = self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        texts = (self.code, self.finding.hex(), self.content.hex(), self.actor, self.reason, moment)
        return hashlib.sha256(_encode((self.invoice_id, *texts))).digest()


def finding_digest(found: Finding) -> bytes:
    """SHA-256 of a finding: its code, place, euros and values."""
    return hashlib.sha256(_encode(found)).digest()


def weight(found: Finding, accepted: Container[bytes]) -> Severity:
    """How much ``found`` weighs when the findings with the digests ``accepted`` were accepted for its document."""
    entry = entry_of(found.code)
    if entry.acceptable and finding_digest(found) in accepted:
        return Severity.REPORT
    return entry.severity
