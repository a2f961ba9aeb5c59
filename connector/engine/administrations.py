"""What the store knows of administrations: which were begun, how far each is fetched, and where its euros stand."""

from __future__ import annotations

import datetime

import msgspec

from connector.engine.books import Books, Workplace
from connector.engine.status import Status, status
from connector.store import administrations, fetches, mapping_versions
from connector.store.mapping_versions import MappingVersion


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """How far a list is fetched: when it was last asked, and the last creation date it was asked for (``None`` for
    saved answers and for lists without dates)."""

    list: str
    asked_at: datetime.datetime
    watermark: datetime.date | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one administration; ``mapping`` is the version in force, ``None`` before the first."""

    status: Status
    fetched: tuple[Fetched, ...]
    mapping: MappingVersion | None


def begun(place: Workplace) -> list[Books]:
    """Every administration that was ever begun, as far as the store alone knows it: without its settings."""
    with place.database.reading() as connection:
        known = administrations.all_begun(connection)
    return [
        Books(id=each.id, name=each.name, country=each.country, currency=each.currency, ledger="") for each in known
    ]


def kept(place: Workplace, books: Books) -> Kept:
    """What is kept of ``books``."""
    stands = status(place, books)
    with place.database.reading() as connection:
        return Kept(
            status=stands,
            fetched=tuple(
                Fetched(list=name, asked_at=moment, watermark=fetches.watermark(connection, books.id, name))
                for name, moment in fetches.asked(connection, books.id).items()
            ),
            mapping=mapping_versions.newest(connection, books.id),
        )
