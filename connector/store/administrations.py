"""Administrations: sets of books of one legal entity each."""

from __future__ import annotations

import datetime

import msgspec
from sqlalchemy import Connection, func, select, text

from connector.errors import SettingsError
from connector.store import tables
from connector.store.locks import lock_key


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An administration as it was begun; what the settings say of it now is not in the store."""

    id: int
    name: str
    country: str
    currency: str
    created_at: datetime.datetime


def all_begun(connection: Connection) -> list[Begun]:
    """Every administration that was ever begun, in the order of their beginnings."""
    stored = tables.administration
    rows = connection.execute(select(stored).order_by(stored.c.administration_id))
    return [
        Begun(
            id=row.administration_id,
            name=row.name,
            country=row.country,
            currency=row.currency,
            created_at=row.created_at,
        )
        for row in rows
    ]


def known(connection: Connection, name: str, country: str, currency: str) -> int | None:
    """The id of the administration ``name``, ``None`` when it was never used.

    SettingsError when it was begun with another country or currency: its books would no longer mean the same.
    """
    stored = tables.administration
    row = connection.execute(select(stored).where(stored.c.name == name)).one_or_none()
    if row is None:
        return None
    if (row.country, row.currency) != (country, currency):
        raise SettingsError(
            f"administration {name} was begun with country {row.country} and currency {row.currency}, "
            f"now they are {country} and {currency}",
            hint="Give the changed administration another name, or put the old values back in connector.toml.",
        )
    return int(row.administration_id)


def ensure(connection: Connection, name: str, country: str, currency: str, created_at: datetime.datetime) -> int:
    """The id of the administration ``name``, which is made when it is new.

    SettingsError as ``known``.
    """
    if connection.dialect.name == "postgresql":  # one after the other, so that no two get one id, as on SQLite anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("administrations")})
    there = known(connection, name, country, currency)
    if there is not None:
        return there
    stored = tables.administration
    administration_id = (connection.scalar(select(func.max(stored.c.administration_id))) or 0) + 1
    connection.execute(
        stored.insert(),
        {
            "administration_id": administration_id,
            "name": name,
            "country": country,
            "currency": currency,
            "created_at": created_at,
        },
    )
    return administration_id
