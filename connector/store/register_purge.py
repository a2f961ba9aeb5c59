"""What of the registers was over at a moment: entries that were gone by then, and states that another had followed."""

from __future__ import annotations

import datetime
from itertools import groupby

import msgspec
from sqlalchemy import Connection, select

from connector.domain.register import DETAILS, PRODUCTS, SUBSCRIPTIONS
from connector.store import fetches, tables
from connector.store.joins import same

_AT_ONCE = 2_000
_REGISTERS = (SUBSCRIPTIONS, PRODUCTS, DETAILS)


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of entries, versions and sightings that go; those of the entries that go are among them."""

    entries: frozenset[int]
    versions: frozenset[int]
    sightings: frozenset[int]


def over(connection: Connection, administration_id: int, before: datetime.datetime) -> Over:
    """What was over at the moment ``before``.

    An entry that was seen to vanish by then and not to return; one whose single details changed last by then, and that
    no kept document bills. Of all others the versions that another one had followed by then: the newest stays, and the
    one that was in force. Sightings of by then, but the last of an entry.
    """
    entries, sightings = _vanished(connection, administration_id, before)
    unbilled, versions = _unbilled(connection, administration_id), set[int]()
    version, fetch = tables.register_version, tables.fetch
    query = (
        select(version.c.register_entry_id, version.c.register_version_id, fetch.c.requested_at)
        .join(fetch, same(fetch, version, "fetch_id"))
        .where(version.c.administration_id == administration_id)
        .order_by(version.c.register_entry_id, version.c.version_no)
    )
    with connection.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        for entry_id, mine in groupby(rows, key=lambda row: row.register_entry_id):
            known = [(row.register_version_id, row.requested_at) for row in mine]
            if entry_id in unbilled and known[-1][1] < before:
                entries.add(entry_id)
            followed = [*(moment for _, moment in known[1:]), None]
            for (version_id, _), next_one in zip(known, followed, strict=True):
                if entry_id in entries or (next_one is not None and next_one < before):
                    versions.add(version_id)
    return Over(entries=frozenset(entries), versions=frozenset(versions), sightings=frozenset(sightings))


def _vanished(connection: Connection, administration_id: int, before: datetime.datetime) -> tuple[set[int], set[int]]:
    """(entries that were gone at ``before`` and never returned, sightings that go)."""
    sighting, fetch = tables.register_sighting, tables.fetch
    rows = connection.execute(
        select(sighting.c.register_entry_id, sighting.c.register_sighting_id, sighting.c.kind, fetch.c.requested_at)
        .join(fetch, same(fetch, sighting, "fetch_id"))
        .where(sighting.c.administration_id == administration_id)
        .order_by(sighting.c.register_entry_id, sighting.c.register_sighting_id)
    )
    entries, sightings = set[int](), set[int]()
    for entry_id, mine in groupby(rows, key=lambda row: row.register_entry_id):
        *earlier, last = mine
        gone = last.kind == "vanished" and last.requested_at < before
        if gone:
            entries.add(entry_id)
        sightings.update(row.register_sighting_id for row in earlier if gone or row.requested_at < before)
        sightings.update([last.register_sighting_id] if gone else [])
    return entries, sightings


def _unbilled(connection: Connection, administration_id: int) -> set[int]:
    """The entries of single details whose subscription is in no document that is kept."""
    entry, subscription = tables.register_entry, tables.subscription
    rows = connection.execute(
        select(entry.c.register_entry_id).where(
            entry.c.administration_id == administration_id,
            entry.c.register == DETAILS,
            ~select(subscription.c.subscription_ref)
            .where(same(subscription, entry), subscription.c.subscription_id == entry.c.entry_key)
            .exists(),
        )
    )
    return set(rows.scalars())


def slices_until(connection: Connection, administration_id: int, before: datetime.datetime) -> set[bytes]:
    """The slices (SHA-256) of answers that were fetched by then, and of no later one."""
    fetch = tables.fetch
    rows = connection.execute(
        select(fetch.c.fetch_id, fetch.c.requested_at)
        .where(fetch.c.administration_id == administration_id, fetch.c.endpoint.in_(_REGISTERS))
        .order_by(fetch.c.fetch_id)
    ).all()
    earlier, later = set[bytes](), set[bytes]()
    for fetch_id, moment in rows:
        mine = fetches.envelope_of(connection, administration_id, fetch_id).slices
        (earlier if moment < before else later).update(mine)
    return earlier - later
