"""What is kept of administrations, how long, and its removal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from connector.app import compared, databases, sources
from connector.engine import purge as purging
from connector.engine import retention
from connector.engine.purge import Order
from connector.errors import StoreError

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.domain.retention import Purge
    from connector.engine.dialect import Dialect
    from connector.engine.purge import Progress
    from connector.engine.retention import Overview, Plan


def overview(connector: Connector, administration: Administration) -> Overview:
    """What is kept of each year, and what was removed."""
    return retention.overview(*connector.at(administration), administration.retention_years)


def planned(connector: Connector, administration: Administration, until: int, reason: str) -> Plan:
    """What a purge would remove. RetentionError when something of it must be kept or is not finished."""
    order = _order(connector, administration, until, reason)
    return purging.planned(*connector.at(administration), order, _dialect(administration))


def purge(
    connector: Connector, administration: Administration, until: int, reason: str, progress: Progress
) -> Purge | None:
    """Remove everything up to and with the year ``until``; ``None`` when there is nothing of it.

    Raises RetentionError as ``planned`` does, and BusyError during a run.
    """
    order = _order(connector, administration, until, reason)
    return purging.purge(*connector.at(administration), order, _dialect(administration), progress)


def copy(connector: Connector) -> Path:
    """Copy the database before something is removed; the copy. StoreError where that cannot be done here."""
    try:
        return databases.back_up(connector.settings.connection, None, now=connector.now())
    except StoreError as error:
        hint = f"{error.hint} Then run the same command with --no-backup."
        raise StoreError(
            f"before anything is removed a copy is made: {error.message}", hint=hint, where=error.where
        ) from error


def _dialect(administration: Administration) -> Dialect:
    return compared.with_compared(sources.dialect(administration))


def _order(connector: Connector, administration: Administration, until: int, reason: str) -> Order:
    return Order(until=until, years_kept=administration.retention_years, actor=connector.actor, reason=reason)
