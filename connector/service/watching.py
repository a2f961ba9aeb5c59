"""How a service is watched, in one call: its endpoints, and the traces of its runs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Protocol

from connector.config import Listen, Settings, Traces
from connector.service.alive import Alive

if TYPE_CHECKING:
    from connector.service.metrics import Metrics


class Runner(Protocol):
    """Whoever gives out work by settings, which may be read anew meanwhile."""

    @property
    def settings(self) -> Settings | None:
        """The settings in force, ``None`` before they were read."""
        ...


@contextmanager
def watched(
    settings: Settings, listen: Listen | None, alive: Alive, runner: Runner, *, once: bool = False
) -> Iterator[Listen | None]:
    """Answer at ``listen``, else where ``settings`` say, how ``runner`` is, and trace its runs where they say so, until
    the end of the context; of what runs ``once`` only traces are sent.

    ``alive`` is beaten by whoever gives out work. Gives the address, ``None`` where nothing listens. SettingsError
    where an extra is not installed or nothing can listen there.
    """
    address = None if once else listen or settings.service.listen
    with traced(settings.service.traces):
        if address is None:
            yield None
            return
        from connector.service.endpoints import listening

        with listening(address, alive=alive, settings=lambda: runner.settings, metrics=metrics()) as there:
            yield there


def metrics() -> Metrics:
    """What is measured, by the clock of this computer. SettingsError where the extra is not installed."""
    from connector.service.metrics import Metrics

    return Metrics(now=partial(datetime.datetime.now, datetime.UTC), today=_today)


def traced(traces: Traces | None) -> AbstractContextManager[None]:
    """Send traces of the runs inside, where the settings say so. SettingsError where the extra is not installed."""
    if traces is None:
        return nullcontext()
    from connector.service.traces import tracing

    return tracing(traces)


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).astimezone().date()
