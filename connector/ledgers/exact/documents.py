"""Documents of Exact: the files that belong to an entry are attached to one, which the entry then names.

The document is made before the entry, since an entry that is booked is not changed. It is found again by its subject,
so that a run that was cut off leaves no second one.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.ledgers.base import Paper
from connector.ledgers.exact.calls import Calls, guid, text
from connector.ledgers.exact.company import Company
from connector.ledgers.exact.shapes import document_sign

DOCUMENTS, ATTACHMENTS = "documents/Documents", "documents/DocumentAttachments"
_TYPES = {Direction.PURCHASE: 20, Direction.SALE: 10}
"""Exact's types of documents: purchase invoice and sales invoice."""


def document_of(entry: JournalEntry, papers: Sequence[Paper], calls: Calls, company: Company) -> str:
    """The id of the document with ``papers``, made or completed as need be; '' without papers. Raises what ``create``
    raises."""
    if not papers:
        return ""
    # With the fingerprint: what was made for an older version before a crash is not what belongs to this one.
    subject = f"{document_sign(entry.key)} {entry.key.short} {entry.fingerprint[:8]}"
    found = list(calls.rows(DOCUMENTS, select=("ID",), where=f"Subject eq {text(subject)}"))
    if found:
        document = str(found[0]["ID"])
    else:
        kind = _TYPES[entry.key.direction]
        made = calls.create(DOCUMENTS, {"Subject": subject, "Type": kind, "Account": company.relation(entry)})
        document = str(made["ID"])
    held = calls.rows(ATTACHMENTS, select=("FileName",), where=f"Document eq {guid(document)}") if found else ()
    names = {row["FileName"] for row in held}
    for each in papers:
        if each.name not in names:
            content = base64.b64encode(each.content).decode()
            calls.create(ATTACHMENTS, {"Document": document, "FileName": each.name, "Attachment": content})
    return document
