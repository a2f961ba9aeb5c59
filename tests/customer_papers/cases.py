"""The example payloads as papers for customers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connector import texts
from connector.customer_papers.layout import Page, page
from connector.domain.details import Details
from connector.engine.specifications import Specified, owing, specifications
from connector.source.base import Endpoint
from connector.store.database import Database
from tests.engine.desk import Desk

PAYLOADS = Path(__file__).parents[1] / "payloads"
SENDER = ("Voorbeeld IT B.V.", "Voorbeeldweg 1, Utrecht")
CASES = {
    f"{number}-{language}-{details.value}": (file, endpoint, period, language, details)
    for number, file, endpoint, period, details in (
        (
            "10.2-customer-specification",
            "nl_specification",
            Endpoint.CUSTOMER_SPECIFICATIONS,
            "2024-03",
            Details.PRINTED,
        ),
        ("10.3-customer-invoice", "be_invoice_detail", Endpoint.CUSTOMER_INVOICES, "2024-06", Details.PRINTED),
        ("10.3-customer-invoice", "be_invoice_detail", Endpoint.CUSTOMER_INVOICES, "2024-06", Details.ALL),
        ("10.1-customer-invoice-with-vat", "nl_invoice", Endpoint.CUSTOMER_INVOICES, "2024-03", Details.NONE),
    )
    for language in (("nl", "fr", "en") if details is Details.PRINTED else ("nl",))
}
"""Cases by the names of their golden pages."""


def made(database: Database, folder: Path, case: str) -> list[tuple[Specified, Page]]:
    """The papers of ``case``, after its payload was fetched and kept."""
    file, endpoint, period, language, details = CASES[case]
    desk = Desk(database, folder)
    desk.keep((PAYLOADS / f"{file}.json").read_bytes(), endpoint=endpoint, accept_unusual=True)
    listed = owing(desk.place, desk.books, period, endpoint.value)
    with texts.speaking(language):
        return [
            (each, page(each.specification, each.contact, SENDER, details))
            for each in specifications(desk.place, desk.books, desk.dialect, listed, period)
        ]


def golden(case: str) -> Path:
    """The file that holds the pages of a case."""
    return Path(__file__).parent / "golden" / f"{case}.txt"


def databases(folder: Path) -> Iterator[Database]:
    """A new SQLite database in ``folder``, again and again."""
    from connector.store import schema

    for number in range(len(CASES)):
        with Database(f"sqlite:///{folder / f'{number}.sqlite'}") as database:
            schema.upgrade(database)
            yield database
