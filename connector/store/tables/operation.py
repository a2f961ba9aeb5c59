"""Tables of the operation: how the last run of each administration ended. Nothing that is booked depends on them."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from connector.store.tables.columns import Instant, key, metadata, of_administration

last_run = Table(
    "last_run",
    metadata,
    *key(),
    Column("run", String(20), nullable=False),
    Column("action", String(20), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    # '' after a run that did what it should, else the kind of the error, with its words.
    Column("failure", String(60), nullable=False),
    Column("told", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("succeeded_at", Instant),
    of_administration(),
)
