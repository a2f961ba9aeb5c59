"""Type codes of invoices [BT-3], UNTDID 1001 as EN 16931 uses it."""

from __future__ import annotations

from connector.domain.paper import PaperType

CREDIT_NOTES = frozenset(("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"))
INVOICES = frozenset(
    (
        *("80", "82", "84", "130", "202", "203", "204", "211", "295", "325", "326", "380", "383", "384", "385", "386"),
        *("387", "388", "389", "390", "393", "394", "395", "456", "457", "527", "575", "623", "633", "751", "780"),
        *("817", "870", "875", "876", "877", "935"),
    )
)


def type_of(code: str) -> PaperType | None:
    """What a code says; ``None`` for one that is not in use for invoices."""
    if code in CREDIT_NOTES:
        return PaperType.CREDIT_NOTE
    return PaperType.INVOICE if code in INVOICES else None
