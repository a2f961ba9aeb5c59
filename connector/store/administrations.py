"""Administrations: sets of books of one legal entity each."""

from __future__ import annotations

import datetime

from sqlalchemy import Connection, func, select

from connector.errors import SettingsError
from connector.store import tables


def find(connection: Connection, name: str) -> int | None:
    """The id of the administration ``name``, ``None`` when it was never used."""
    stored = tables.administration
    return connection.scalar(select(stored.c.administration_id).where(stored.c.name == name))


def ensure(connection: Connection, name: str, country: str, currency: str, created_at: datetime.datetime) -> int:
    """The id of the administration ``name``, which is made when it is new.

    SettingsError when it is known with another country or currency: its books would no longer mean the same.
    """
    stored = tables.administration
    row = connection.execute(select(stored).where(stored.c.name == name)).one_or_none()
    if row is not None:
        if (row.country, row.currency) != (country, currency):
            raise SettingsError(
                f"administration {name} was begun with country {row.country} and currency {row.currency}, "
                f"now they are {country} and {currency}",
                hint="Give the changed administration another name, or put the old values back in connector.toml.",
            )
        return int(row.administration_id)
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
