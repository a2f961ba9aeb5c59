"""Papers: the files that belong to an entry, for software that attaches them: the source lines as a table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from connector.domain.journal import JournalEntry
from connector.domain.money import from_minor
from connector.engine.books import Books, Workplace
from connector.ledgers.base import Paper
from connector.store import deliveries, document_views, entry_views
from connector.store.document_views import LineView

COLUMNS = ("line", "customer", "subscription", "plan", "charge_type", "description", "start", "end", "quantity",
           "amount_as_received", "net", "vat", "row_hash")  # fmt: skip
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""


def papers(place: Workplace, books: Books, entry: JournalEntry) -> list[Paper]:
    """The source lines of the version that ``entry`` books; nothing for an entry that is not in the outbox."""
    with place.database.reading() as connection:
        found = deliveries.by_keys(connection, books.id, books.ledger, [entry.key.text])
        if entry.key.text not in found:
            return []
        version_id = entry_views.version_of(connection, books.id, found[entry.key.text].entry_id)
        content = as_csv(document_views.lines_of(connection, books.id, version_id), entry.currency)
    name = f"{_UNSAFE.sub('-', entry.number) or 'document'}-lines.csv"
    return [Paper(name=name, media_type="text/csv", content=content)]


def as_csv(lines: Iterable[LineView], currency: str) -> bytes:
    """``lines`` as a table with semicolons, in UTF-8 with a mark at the start, as spreadsheets of the Netherlands and
    Belgium open it. Amounts have a point; texts that look like a formula get an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in lines:
        texts = (each.customer, each.subscription, each.plan, each.charge_type, each.description)
        days = (day.isoformat() if day else "" for day in (each.start, each.end))
        amounts = (f"{from_minor(minor, currency):f}" for minor in (each.net, each.vat))
        writer.writerow(
            (each.line_no, *map(_safe, texts), *days, each.quantity, each.exact, *amounts, _safe(each.row_hash))
        )
    return out.getvalue().encode("utf-8-sig")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
