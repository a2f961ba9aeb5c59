"""The files that belong to an entry, for software that attaches them: the source lines as a table, and the papers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from connector.domain.journal import JournalEntry
from connector.domain.money import from_minor
from connector.domain.paper import KeptPaper, PaperForm
from connector.engine.books import Books, Workplace
from connector.ledgers.base import Paper
from connector.store import deliveries, document_views, entry_views
from connector.store import papers as store
from connector.store.document_views import LineView

COLUMNS = ("line", "customer", "subscription", "plan", "charge_type", "description", "start", "end", "quantity",
           "amount_as_received", "net", "vat", "row_hash")  # fmt: skip
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""


def papers(place: Workplace, books: Books, entry: JournalEntry) -> list[Paper]:
    """The source lines of the version that ``entry`` books, and the PDF and e-invoice of its document that count;
    nothing for an entry that is not in the outbox."""
    with place.database.reading() as connection:
        found = deliveries.by_keys(connection, books.id, books.ledger, [entry.key.text])
        if entry.key.text not in found:
            return []
        version_id = entry_views.version_of(connection, books.id, found[entry.key.text].entry_id)
        content = as_csv(document_views.lines_of(connection, books.id, version_id), entry.currency)
        name = _UNSAFE.sub("-", entry.number) or "document"
        lines = Paper(name=f"{name}-lines.csv", media_type="text/csv", content=content)
        added = () if books.paper == "none" else store.of_version(connection, books.id, version_id)
        return [lines, *(_file(each, name, store.content(connection, books.id, each.sha256)) for each in added)]


def _file(kept: KeptPaper, name: str, content: bytes) -> Paper:
    """A paper under the number of its document: the name of the file that was added may say anything."""
    ending = "xml" if kept.paper.form is PaperForm.UBL else "pdf"
    return Paper(name=f"{name}.{ending}", media_type=f"application/{ending}", content=content)


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
