"""The books of an administration: its settings as the engine works with them."""

from __future__ import annotations

from connector.app import lifecycle
from connector.config import Administration
from connector.domain.completeness import Expectation
from connector.engine.books import Books, Workplace
from connector.store import administrations


def of(administration: Administration, place: Workplace) -> Books:
    """The administration as the engine works on it; it is begun in the store when it is new. SettingsError when its
    country or currency are not those with which it was begun."""
    return Books(
        id=_begun(administration, place),
        name=administration.name,
        country=administration.country,
        currency=administration.currency,
        ledger=administration.ledger.kind,
        vat_number=administration.vat_number,
        company=administration.company_name,
        sale=administration.sale,
        sale_source=administration.sale_source,
        book_from=administration.book_from,
        auto_post=administration.auto_post,
        unattended=not lifecycle.asks_a_person(administration, place.today),
        on_change=administration.on_change,
        paper=administration.paper,
        second_approval_above=administration.second_approval_above,
        second_approval_new=administration.second_approval_new,
        settings_hash=administration.booking_hash,
        closed_until=administration.ledger.closed_until,
        expectation=Expectation(
            by_day=administration.invoice_by_day or None,
            percent=administration.alarm_percent,
            above=administration.alarm_above,
        ),
    )


def _begun(administration: Administration, place: Workplace) -> int:
    """Its id in the store."""
    everywhere = place.database.of_all()  # its id is not known yet, and a new one comes behind all others
    with everywhere.reading() as connection:
        known = administrations.known(connection, administration.name, administration.country, administration.currency)
    if known is not None:
        return known
    with everywhere.transaction() as connection:
        return administrations.ensure(
            connection, administration.name, administration.country, administration.currency, place.clock()
        )
