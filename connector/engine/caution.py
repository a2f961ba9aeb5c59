"""Cautions: what a person should know of an entry before approving it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from connector.domain.catalogue import WITHIN_LIMIT
from connector.domain.document import parse_entry_key
from connector.domain.finding import Severity
from connector.engine.books import Books, Workplace
from connector.engine.other_channel import FOUND
from connector.errors import ConnectorError
from connector.ledgers.base import Ledger
from connector.store import document_views, states
from connector.store.entry_views import DeliveryView

CONFIRMING = ("PAPER-CONFIRMED", "PRINTED-TOTAL-CONFIRMED")
"""The findings that say that a paper agrees."""


class Caution(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks against an entry, or is worth a look; without any of it the entry is as usual.

    ``warnings`` are codes of findings, without those about cents of a control that passed within its limit;
    ``closed_until`` is the last closed day when the entry is dated up to it; ``held_as`` are the references under which
    the ledger holds the document already; ``confirmed`` is true when a mailed paper, or a person who read one, says the
    same as the document; ``elsewhere`` says where it is booked through another channel: approving the
    entry means that it is another invoice.
    """

    warnings: tuple[str, ...] = ()
    closed_until: datetime.date | None = None
    held_as: tuple[str, ...] = ()
    elsewhere: str = ""
    confirmed: bool = False

    @property
    def is_any(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.warnings or self.closed_until or self.held_as or self.elsewhere)


class Cautions(msgspec.Struct, frozen=True, kw_only=True):
    """The caution of each entry, by entry; ``unasked`` says why the ledger could not be asked, '' when it was."""

    of: Mapping[int, Caution]
    unasked: str = ""


def cautions(
    place: Workplace, books: Books, listed: Sequence[DeliveryView], open_ledger: Callable[[], Ledger] | None = None
) -> Cautions:
    """What a person should know of the entries ``listed``.

    The ledger, when given, is asked once for what it holds already, as after a lost database. A person may approve
    while it cannot be reached, so nothing is raised then.
    """
    unasked, held = "", {}
    try:
        held = {} if open_ledger is None else _held(open_ledger, listed)
    except ConnectorError as error:
        unasked = str(error)
    warnings, confirmed = _warnings(place, books, listed)
    return Cautions(
        of={
            each.entry_id: Caution(
                warnings=tuple(warnings.get(each.entry_id, ())),
                closed_until=books.closed_until if _is_closed(books, each) else None,
                held_as=held.get(each.document_key, ()),
                confirmed=each.entry_id in confirmed,
                elsewhere=each.reason.removeprefix(FOUND) if each.reason.startswith(FOUND) else "",
            )
            for each in listed
        },
        unasked=unasked,
    )


def _is_closed(books: Books, listed: DeliveryView) -> bool:
    return books.closed_until is not None and listed.date <= books.closed_until


def _held(open_ledger: Callable[[], Ledger], listed: Sequence[DeliveryView]) -> dict[str, tuple[str, ...]]:
    with open_ledger() as ledger:
        found = ledger.find_many([parse_entry_key(each.key) for each in listed])
    return {document: tuple(receipt.reference for receipt in receipts) for document, receipts in found.items()}


def _warnings(
    place: Workplace, books: Books, listed: Sequence[DeliveryView]
) -> tuple[Mapping[int, list[str]], Collection[int]]:
    """The codes of the warnings of each entry, and the entries whose document a paper confirms."""
    entry_ids = {each.entry_id for each in listed}
    codes: dict[int, list[str]] = {}
    confirmed: set[int] = set()
    with place.database.reading() as connection:
        mine = {
            each.version_id: each
            for each in states.standings(connection, books.id)
            if each.entry_id in entry_ids and each.preparation_id is not None
        }
        made = {each.preparation_id for each in mine.values() if each.preparation_id is not None}
        for found in document_views.findings_in_force(connection, books.id, set(mine), made):
            code, entry_id = found.finding.code, mine[found.version_id].entry_id
            assert entry_id is not None, "only documents with an entry were asked for"
            if code in CONFIRMING:
                confirmed.add(entry_id)
            if (
                found.severity is Severity.WARN
                and code not in WITHIN_LIMIT
                and code not in codes.setdefault(entry_id, [])
            ):
                codes[entry_id].append(code)
    return codes, confirmed
