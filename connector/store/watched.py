"""Where all administrations stand, in a few questions to the database, however many there are.

These are the only questions about more than one administration (``tests/tenancy.py`` lists each with its reason): an
operator watches them all, and one question for each would make looking slower than working.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from connector.domain.delivery import DeliveryState
from connector.store import tables
from connector.store.joins import same
from connector.store.last_runs import LastRun, last_run

_CUSTOMERS = ("company_name", "customer_number", "account_id", "subscription_name")
"""Fields of a register's entries by which customers are known."""
_listed = msgspec.json.Decoder(dict[str, str]).decode


class Sum(NamedTuple):
    """Documents of an administration and direction that are held, or ready; net minor units."""

    administration_id: int
    direction: str
    state: str
    documents: int
    net: int


def fetched_of_all(connection: Connection) -> dict[int, datetime.datetime]:
    """When the source of each administration was last asked."""
    administration, fetch = tables.administration, tables.fetch
    last = (
        select(fetch.c.requested_at)
        .where(fetch.c.administration_id == administration.c.administration_id)
        .order_by(fetch.c.fetch_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(select(administration.c.administration_id, last.label("requested_at")))
    return {row.administration_id: row.requested_at for row in rows if row.requested_at is not None}


def open_of_all(connection: Connection) -> Iterator[Sum]:
    """What is held and what is ready, as ``states.standings`` has it. Asked from the other end: nearly everything was
    posted or ignored long ago, so what is open is looked for first, and only then whether anything newer stands."""
    preparation, delivery, version = tables.preparation, tables.delivery, tables.invoice_version
    later = preparation.alias("later")
    is_ready = and_(preparation.c.outcome == "ready", or_(delivery.c.state.is_(None), delivery.c.state == "ready"))
    kept_back = (DeliveryState.HELD.value, DeliveryState.CANCELLED.value)
    is_held = or_(preparation.c.outcome == "held", and_(preparation.c.outcome == "ready",
                                                        delivery.c.state.in_(kept_back)))  # fmt: skip
    state = case((is_ready, literal_column("'ready'")), else_=literal_column("'held'"))
    prepared = _versions(state).join_from(preparation, version, same(version, preparation, "version_id"))
    prepared = prepared.outerjoin(delivery, same(delivery, preparation, "entry_id"))
    # Written as a difference, so that the database looks by the version and not by the id.
    newer = exists().where(
        same(later, preparation, "version_id"), later.c.preparation_id - preparation.c.preparation_id > 0
    )
    yield from _read(connection, prepared.where(or_(is_ready, is_held), ~newer))
    never = ~exists().where(same(later, version, "version_id"))
    yield from _read(connection, _versions(literal_column("'held'")).select_from(version).where(never))


def _versions(state: ColumnElement[str]) -> Select[Any]:
    version = tables.invoice_version
    return select(version.c.administration_id, tables.invoice.c.direction, version.c.net_minor, state.label("state"))


def _read(connection: Connection, query: Select[Any]) -> Iterator[Sum]:
    """The sums of the versions in ``query`` that are the newest of their invoice."""
    version, invoice, newer = tables.invoice_version, tables.invoice, tables.invoice_version.alias("newer")
    replaced = exists().where(same(newer, version, "invoice_id"), newer.c.version_no > version.c.version_no)
    found = query.join(invoice, same(invoice, version, "invoice_id")).where(~replaced).subquery("found")
    groups = (found.c.administration_id, found.c.direction, found.c.state)
    net = cast(func.sum(found.c.net_minor), BigInteger)
    rows = connection.execute(select(*groups, func.count(), net).group_by(*groups))
    for administration_id, direction, state, documents, minor in rows:
        yield Sum(administration_id, direction, state, int(documents), int(minor))


def deliveries_of_all(connection: Connection) -> dict[int, dict[str, int]]:
    """How many deliveries of each administration are in each state."""
    stored, found = tables.delivery, dict[int, dict[str, int]]()
    rows = connection.execute(
        select(stored.c.administration_id, stored.c.state, func.count()).group_by(
            stored.c.administration_id, stored.c.state
        )
    )
    for administration_id, state, number in rows:
        found.setdefault(administration_id, {})[state] = int(number)
    return found


def runs_of_all(connection: Connection) -> dict[int, LastRun]:
    """How the last run of each administration ended."""
    return {row.administration_id: last_run(row) for row in connection.execute(select(tables.last_run))}


def server_time(connection: Connection) -> datetime.datetime | None:
    """What the clock of the server says now, in UTC; ``None`` where the database is a file of this computer."""
    if connection.dialect.name == "sqlite":
        return None
    now: datetime.datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(datetime.UTC)


def findings_of_all(connection: Connection) -> list[tuple[int, str, str, int]]:
    """How often each finding was made: administration, code, severity and number."""
    stored = tables.finding
    groups = (stored.c.administration_id, stored.c.code, stored.c.severity)
    rows = connection.execute(select(*groups, func.count()).group_by(*groups).order_by(*groups))
    return [(administration_id, code, severity, int(number)) for administration_id, code, severity, number in rows]


def names_of_all(connection: Connection) -> set[str]:
    """Everything by which customers are known, to hide it."""
    subscription, version, invoice = tables.subscription, tables.invoice_version, tables.invoice
    columns = ("company_name", "cost_center", "customer_number", "account_id", "consumer_company_name",
               "consumer_company_number", "subscription_name")  # fmt: skip
    found = {
        text
        for row in connection.execute(select(*(subscription.c[name] for name in columns)).distinct())
        for text in row
    }
    found |= set(connection.execute(select(invoice.c.customer).distinct()).scalars())
    sold = (
        select(version.c.party_name)
        .distinct()
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(invoice.c.direction == "sale")
    )
    found |= set(connection.execute(sold).scalars())
    for known in connection.execute(select(tables.register_version.c.known).distinct()).scalars():
        entry = _listed(known)
        found |= {entry.get(name) for name in _CUSTOMERS}
    return {text for text in found if text}
