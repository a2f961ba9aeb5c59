"""The parties of a document, as commands tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.domain.reading import Head


def sender(head: Head) -> dict[str, str]:
    """Who sends a document, as JSON: what an accountant compares with an invoice on paper."""
    return {"name": head.sender_name, "vat_number": head.sender_vat, "account": head.sender_iban}
