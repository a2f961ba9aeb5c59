"""What the tables are declared with: their metadata, moments, ids and the keys between them."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(TypeDecorator[datetime.datetime]):
    """A moment in UTC, kept as ISO text of fixed width so that it sorts and reads the same on both databases."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse naive times; write UTC with microseconds."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a moment needs a time zone"
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:  # noqa: ARG002
        """Read it back as an aware time."""
        return None if value is None else datetime.datetime.fromisoformat(value)


def id_column(name: str, **more: Any) -> Column[int]:
    """A column that holds an id; not empty unless it says so."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), nullable=more.pop("nullable", False), **more)


def key(*names: str) -> list[Column[int]]:
    """The primary key: the administration, then ids that count within it."""
    return [
        Column("administration_id", Integer, primary_key=True, autoincrement=False),
        *(id_column(name, primary_key=True, autoincrement=False) for name in names),
    ]


def texts(names: tuple[str, ...]) -> list[Column[str]]:
    """Columns of text, '' for nothing."""
    return [Column(name, Text, nullable=False) for name in names]


def of_administration() -> ForeignKeyConstraint:
    """The foreign key to the administration itself."""
    return ForeignKeyConstraint(["administration_id"], ["administration.administration_id"])


def refers(column: str, table: str, target: str, **more: Any) -> ForeignKeyConstraint:
    """The foreign key of ``column`` to the column ``target`` of a table, within the administration."""
    return ForeignKeyConstraint(
        ["administration_id", column], [f"{table}.administration_id", f"{table}.{target}"], **more
    )
