"""The administrations of the settings beside those of the database, and every setting that is in force."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from connector.app import mappings, sources
from connector.config import Administration, Secret, nearest
from connector.config.source import NOT_OF
from connector.domain.schedule import HOUR
from connector.engine import administrations as known_there
from connector.engine.administrations import Kept
from connector.errors import ConnectorError, MappingFileError, SettingsError, StoreError

if TYPE_CHECKING:
    from connector.app import Connector

_EUROS = ("second_approval_above", "alarm_above")
"""Amounts that stand in the file in whole euros."""
_NOT_IN_FILE = ("key",)
"""What the source makes of several settings."""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """An administration: its ``settings`` (``None``: it is in the database alone), what is ``kept`` of it (``None``:
    nothing was begun yet), and the ``trouble`` that hides that: with the database, or with settings it was not begun
    with."""

    name: str
    country: str
    settings: Administration | None
    kept: Kept | None
    trouble: ConnectorError | None = None


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting in force: its name in the file ('source.kind'), its value, and the file and line where it was set ('':
    it has its default). A value that may hold a secret is a ``Secret``."""

    name: str
    value: Any
    where: str


def overviews(connector: Connector) -> list[Overview]:
    """All administrations: those of the settings in their order, then those that only the database knows. Nothing is
    begun in the store by looking."""
    configured = connector.settings.administrations
    try:
        begun = {each.name: each for each in known_there.begun(connector.everywhere)}
    except StoreError as error:
        return [
            Overview(name=each.name, country=each.country, settings=each, kept=None, trouble=error)
            for each in configured
        ]
    found = [_of_settings(connector, each, begun=each.name in begun) for each in configured]
    names = {each.name for each in configured}
    found += [
        Overview(
            name=books.name, country=books.country, settings=None, kept=known_there.kept(connector.place(books), books)
        )
        for name, books in begun.items()
        if name not in names
    ]
    return found


def _of_settings(connector: Connector, administration: Administration, *, begun: bool) -> Overview:
    name, country = administration.name, administration.country
    try:
        kept = known_there.kept(*connector.at(administration)) if begun else None
    except SettingsError as error:
        return Overview(name=name, country=country, settings=administration, kept=None, trouble=error)
    return Overview(name=name, country=country, settings=administration, kept=kept)


def overview(connector: Connector, name: str) -> Overview:
    """The administration ``name``. SettingsError when neither the settings nor the database know it."""
    every = {each.name: each for each in overviews(connector)}
    if name not in every:
        raise SettingsError(
            f"there is no administration '{name}'{nearest(name, every)}",
            where=str(connector.settings.connection.config),
            hint=f"Administrations: {', '.join(every)}.",
        )
    return every[name]


def tables_in_force(seen: Overview) -> bool | None:
    """Whether the tables on disk are the version in force; ``None`` where there is no version or they cannot be
    read."""
    if seen.settings is None or seen.kept is None or seen.kept.mapping is None:
        return None
    try:
        return mappings.hash_on_disk(seen.settings) == seen.kept.mapping.hash
    except MappingFileError:
        return None


def settings_in_force(connector: Connector, administration: Administration) -> list[Setting]:
    """Every setting of ``administration`` that counts, in the order of docs/configuration.md."""
    return [
        Setting(name=name, value=value, where=administration.given.get(name, ""))
        for name, value in (
            *_own(administration),
            *_of_source(administration),
            *_of_ledger(connector, administration),
            *_of_documents(administration),
            *_of_schedule(administration),
            *_of_notify(administration),
        )
    ]


def _own(administration: Administration) -> Iterator[tuple[str, Any]]:
    for name in (
        *("country", "currency", "vat_number", "company_name", "mapping", "sale", "sale_source", "book_from"),
        *("second_approval_above", "second_approval_new", "auto_post", "invoice_by_day", "alarm_percent"),
        *("alarm_above", "look_back_days", "on_change", "paper"),
    ):
        value = getattr(administration, name)
        yield name, value // 100 if name in _EUROS and value is not None else value


def _of_source(administration: Administration) -> Iterator[tuple[str, Any]]:
    chosen = administration.source
    yield "source.kind", chosen.kind
    yield "source.tax_scale", chosen.tax_scale
    if chosen.kind == "files":
        yield "source.folder", chosen.folder
        return
    assert chosen.key is not None, "the settings demand a key for the API"
    yield "source.key", f"{chosen.key.scheme}:{chosen.key.name}"
    form = sources.api_settings(administration).key
    yield "source.authentication", chosen.authentication
    yield "source.key_place", form.place.value
    yield "source.key_name", form.name
    yield "source.key_prefix", form.prefix
    yield "source.key_expires", chosen.key_expires
    yield "source.key_permissions", list(chosen.key_permissions)
    for name in ("unsettled", "ended", "lists", *(("detail",) if chosen.kind == "copaco" else ("version", "form"))):
        yield f"source.{name}", getattr(chosen, name)
    for name, life in chosen.lifecycle.items():
        yield f"source.lifecycle.{name}.status", life.status
        yield f"source.lifecycle.{name}.end_of_life", life.end_of_life
    for name, value in msgspec.structs.asdict(sources.api_settings(administration)).items():
        if name not in (*_NOT_IN_FILE, *NOT_OF[chosen.kind]):
            # The address of a proxy may hold a password.
            yield f"source.{name}", Secret(value) if name == "proxy" and value else value


def _of_ledger(connector: Connector, administration: Administration) -> Iterator[tuple[str, Any]]:
    from connector.ledgers.registry import load_adapter

    chosen = administration.ledger
    yield "ledger.kind", chosen.kind
    yield "ledger.folder", connector.ledger_folder(administration) if connector.can_look_into(administration) else None
    yield "ledger.closed_until", chosen.closed_until
    known = load_adapter(chosen.kind).SETTINGS
    given = dict(chosen.options)
    for name in known:
        if name != "closed_until":
            yield f"ledger.{name}", given.pop(name, "")
    for name, reference in chosen.secrets:
        yield f"ledger.{name}", f"{reference.scheme}:{reference.name}"
    for name, value in given.items():
        yield f"ledger.{name}", Secret(value)  # the ledger refuses it; it may be a password in a wrong place


def _of_documents(administration: Administration) -> Iterator[tuple[str, Any]]:
    chosen = administration.documents
    for name in ("details", "language", "header", "link"):
        yield f"documents.{name}", getattr(chosen, name)


def _of_schedule(administration: Administration) -> Iterator[tuple[str, Any]]:
    chosen = administration.schedule
    yield "schedule.cron", list(chosen.crons) if chosen.every is None else None
    yield "schedule.every_minutes", _minutes(chosen.every)
    yield "schedule.spread_minutes", _minutes(chosen.spread)
    yield "schedule.quiet", "-".join(f"{each:%H:%M}" for each in chosen.quiet) if chosen.quiet else None
    yield "schedule.time_zone", chosen.zone


def _of_notify(administration: Administration) -> Iterator[tuple[str, Any]]:
    chosen, timing = administration.notify, administration.notify.timing
    yield "notify.to", [each.reference for each in chosen.to]
    yield "notify.events", [each.value for each in chosen.events]
    yield "notify.held_above", chosen.held_above // 100
    daily = f"daily at {timing.digest:%H:%M}" if isinstance(timing.digest, datetime.time) else "hourly"
    yield "notify.digest", "off" if timing.digest is None else daily
    yield "notify.quiet", "-".join(f"{each:%H:%M}" for each in timing.quiet) if timing.quiet else None
    yield "notify.urgent", "at once" if timing.urgent_at_once else "wait"
    yield "notify.patience_hours", timing.patience // HOUR
    yield "notify.language", chosen.language


def _minutes(span: datetime.timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds()) // 60
