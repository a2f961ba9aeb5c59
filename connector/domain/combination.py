"""Combinations: every field of a line that a rule, tax map, dimension template or text may read.

Decisions are made once per combination, so a combination holds texts only, normalised where a rule would otherwise need
to know two spellings of one thing: rates are percent without trailing zeros ('21'), ``billing`` is derived from the
dates when it was not given.
"""

from __future__ import annotations

import msgspec

from connector.domain.document import digest


class Combination(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule can see of a line. '' means absent. ``sender`` is the VAT number of who issues the document.

    The last three are read by texts and dimensions only: SubscriptionDetails of subscription and line, as JSON, and the
    words of the vendor.
    """

    direction: str
    sender: str = ""
    currency: str = "EUR"
    customer_id: str = ""
    customer_number: str = ""
    customer_name: str = ""
    cost_center: str = ""
    consumer_number: str = ""
    consumer_name: str = ""
    category: str = ""
    plan_id: str = ""
    plan_name: str = ""
    charge_type: str = ""
    billing: str = ""
    sign: str = "+"
    rate: str = ""
    zone: str = ""
    po_number: str = ""
    details: str = ""
    line_details: str = ""
    vendor_details: str = ""

    @property
    def digest(self) -> bytes:
        """16 bytes that identify the combination; what only texts read does not count, or every renewal of a domain
        would be something new."""
        return digest(msgspec.structs.astuple(self)[: -len(TEXT_FIELDS)])


COMBINATION_FIELDS: tuple[str, ...] = tuple(field.name for field in msgspec.structs.fields(Combination))
TEXT_FIELDS = ("details", "line_details", "vendor_details")
"""The fields, the last, that nothing reads but texts and dimensions."""
