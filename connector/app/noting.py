"""Runs are noted: how each ended is kept for those who look, and told to those who watch."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector import config, log, telemetry
from connector.errors import BusyError, ConnectorError
from connector.store import last_runs
from connector.store.last_runs import LastRun

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration

_log = logging.getLogger(__name__)
DEFECT = "Defect"
"""The kind of what is no error of the world."""


class Stopped(Exception):
    """A run is ended between two steps because the program ends; everything before is committed."""


def action_of(verbs: Collection[str]) -> str:
    """The action that does ``verbs``: one of them alone, 'prepare' for all but delivering, else 'sync'."""
    if len(verbs) == 1:
        return next(iter(verbs))
    return "sync" if "deliver" in verbs else "prepare"


@contextmanager
def noted(connector: Connector, administration: Administration, action: str) -> Iterator[None]:
    """Note how the work inside ends. What was stopped or never had the administration says nothing of it, and is not
    kept. That it cannot be kept stops nothing."""
    begun_at = connector.now()

    def keep(failure: str, told: str) -> None:
        ended = LastRun(
            run=log.run(),
            action=action,
            begun_at=begun_at,
            ended_at=connector.now(),
            failure=failure,
            told=log.clean(told, config.revealed()),
        )
        try:
            books = connector.books(administration)
            with connector.place(books).database.transaction() as connection:
                last_runs.keep(connection, books.id, ended)
        except ConnectorError as error:
            _log.info("how the run ended cannot be kept: %s", error)

    with telemetry.span("run", administration=administration.name, action=action, run=log.run()):
        try:
            yield
        except (Stopped, BusyError):
            raise
        except ConnectorError as error:
            keep(type(error).__name__, str(error))
            raise
        except Exception as error:
            keep(DEFECT, type(error).__name__)
            raise
        keep("", "")
