"""How a service is watched, in one call: its endpoints, and the traces of its runs."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from connector.config import Listen, Settings, Traces
from connector.service.alive import Alive

if TYPE_CHECKING:
    from connector.service.metrics import Metrics


@contextmanager
def watched(
    settings: Settings, listen: Listen | None, *, alive: Alive, in_force: Callable[[], Settings | None]
) -> Iterator[Listen | None]:
    """Answer at ``listen``, else where ``settings`` say, and trace where they say so, until the end of the context.

    ``alive`` is beaten by whoever gives out work; ``in_force`` gives the settings, which may be read anew meanwhile.
    Gives the address, ``None`` where nothing listens. SettingsError where an extra is not installed or nothing can
    listen there.
    """
    address = listen or settings.service.listen
    with traced(settings.service.traces):
        if address is None:
            yield None
            return
        from connector.service.endpoints import listening

        with listening(address, alive=alive, settings=in_force, metrics=metrics()) as there:
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
