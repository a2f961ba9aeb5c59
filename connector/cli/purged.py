"""What commands say of documents that were removed at the end of their legal period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.texts import _, date, many

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration


def purged_told(number: int, until: str) -> str:
    """That documents were removed, and up to which month."""
    return many(
        "1 document up to {{month}} was purged and is in none of these sums: 'connector retention list'.",
        "{number} documents up to {{month}} were purged and are in none of these sums: 'connector retention list'.",
        number,
    ).format(month=until)


def purged_document(connector: Connector, administration: Administration, number: str) -> str:
    """That the document with this number was removed, '' when it was not."""
    from connector.engine.retention import purged

    found = purged(*connector.at(administration), number)
    if not found:
        return ""
    told = _("{number} was purged on {day} by {actor} ({reason}): only its key, hash and sums are kept.")
    last = found[-1]
    day = date(last.at.astimezone().date())
    return told.format(number=number, day=day, actor=last.actor, reason=last.reason)
