"""Correcting: the entry that follows when the source changes a document that is posted, if one may."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from connector.domain.correction import PURPOSE_OF, correction
from connector.domain.dates import days_after
from connector.domain.delivery import DeliveryState
from connector.domain.journal import JournalEntry
from connector.domain.reclassification import entry_of, is_adoption, is_remap
from connector.engine.books import Books
from connector.engine.chains import booked_entry, pointers
from connector.store import entries, reclassifications
from connector.store.database import Connection
from connector.store.provenance import TakenBack
from connector.store.reclassifications import Link

_S = DeliveryState
_UNDER_WAY = (_S.SENDING, _S.UNKNOWN, _S.REJECTED)


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """What follows the posted entries of a changed document.

    ``entry`` moves cost or revenue (``moved`` minor units, the sum of its debits), with the postings that it takes
    back; ``None`` when nothing moves (the posted entry
    ``stands_id`` stands for the new version too), when the field ``forbidden`` may not change by itself, or when an
    entry of the document is still ``under_way``. ``remaps`` are the moves that waited and are overtaken.
    """

    entry: JournalEntry | None = None
    taken_back: Mapping[int, TakenBack] = {}
    stands_id: int = 0
    moved: int = 0
    forbidden: str = ""
    under_way: bool = False
    remaps: tuple[Link, ...] = ()


def follow(connection: Connection, books: Books, document_key: str, wanted: JournalEntry) -> Followed:
    """What follows what is posted of a document when its new version would be booked as ``wanted``."""
    links = reclassifications.chains(connection, books.id, [document_key])[document_key]
    if any(each.state in _UNDER_WAY or _awaits_adoption(each) for each in links):
        return Followed(under_way=True)
    posted = [each for each in links if each.state is _S.POSTED]
    loaded = entries.load(connection, books.id, [each.entry_id for each in posted])
    chain = [loaded[each.entry_id] for each in posted]
    found = correction(chain, wanted, books.on_change)
    if found.forbidden or found.moves is None:
        return Followed(forbidden=found.forbidden, stands_id=booked_entry(posted).entry_id)
    entry = entry_of(
        chain,
        found.moves,
        date=_first_open(chain[0].date, books.closed_until),
        text=wanted.text,
        purpose=PURPOSE_OF[books.on_change],
    )
    remaps = tuple(each for each in links if is_remap(each.purpose) and each.state is not _S.POSTED)
    moved = sum(each.minor for each in entry.postings if each.minor > 0)
    return Followed(entry=entry, moved=moved, taken_back=pointers(found.moves, posted), remaps=remaps)


def _awaits_adoption(link: Link) -> bool:
    """Whether the cost of an adopted booking was not moved to our accounts yet: it cannot be moved further."""
    return is_adoption(link.purpose) and link.state is not _S.POSTED


def _first_open(date: datetime.date, closed_until: datetime.date | None) -> datetime.date:
    """A correction of a closed month is dated on the first day that is open: its cost counts there."""
    return date if closed_until is None or date > closed_until else days_after(closed_until, 1) or date
