"""What people are told of although it cannot be kept: the database cannot be used, or the settings are wrong.

Each process remembers it, and tells it once to each address, and once more when it is over.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable, Collection

import msgspec

from connector import config, log, texts
from connector.config import KeyReference, Settings
from connector.domain.notice import Kind, due
from connector.errors import ConnectorError, Recovery
from connector.service import addresses, messages

_log = logging.getLogger(__name__)
AGAIN = datetime.timedelta(minutes=15)
"""What could not be sent is tried again by the clock after so long; the next run may be sooner."""


class _Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be kept as a notice: since when it lasts, and whom it concerns (all, without ``names``)."""

    since: datetime.datetime
    error: ConnectorError
    names: tuple[str, ...] = ()


class Unkept:
    """What cannot be kept, by a name for it, and to whom this process told it. ``now`` gives the moment in UTC."""

    def __init__(self, now: Callable[[], datetime.datetime]) -> None:
        self._now = now
        self._troubles: dict[str, _Trouble] = {}
        self._told: dict[tuple[str, str], str] = {}
        self._silent_until: dict[str, datetime.datetime] = {}
        self._guard = threading.Lock()

    def tell_again(self, settings: Settings | None) -> None:
        """Tell what has lasted by now, or waited for the end of quiet hours or for an address."""
        for what, trouble in list(self._troubles.items()):
            self.tell(settings, what, trouble.error, trouble.names)

    def tell(self, settings: Settings | None, what: str, error: ConnectorError, names: tuple[str, ...] = ()) -> None:
        """Tell of what cannot be kept, once by this process to each address of ``names``, or of all: when it has
        lasted, where it may pass by itself."""
        with self._guard:
            trouble = self._troubles.setdefault(what, _Trouble(since=self._now(), error=error, names=names))
        for reference, language in self._listening(settings, trouble):
            with self._guard:
                until = self._silent_until.get(reference.reference)
                if (until is not None and self._now() < until) or (reference.reference, what) in self._told:
                    continue
                self._told[reference.reference, what] = text = log.clean(str(error), config.revealed())
            with texts.speaking(language):
                title, body = messages.service_trouble(text, log.clean(error.hint, config.revealed()), over=False)
            try:
                addresses.opened(reference).send(title, body)
            except ConnectorError as failed:
                with self._guard:
                    del self._told[reference.reference, what]
                    self._silent_until[reference.reference] = self._now() + AGAIN
                _log.warning("%s was not told, and will be: %s", reference.reference, failed)

    def over(self, settings: Settings | None, concerned: Collection[str]) -> None:
        """Tell that what could not be kept is over, to those who were told of it."""
        with self._guard:
            for what in concerned:
                self._troubles.pop(what, None)
        if not self._told:
            return
        for reference, language in self._listening(settings):
            with self._guard:
                told = [key for key in self._told if key[0] == reference.reference and key[1] in concerned]
                over = {key: self._told.pop(key) for key in told}
            if not over:
                continue
            with texts.speaking(language):
                title, body = messages.service_trouble("; ".join(over.values()), "", over=True)
            try:
                addresses.opened(reference).send(title, body)
            except ConnectorError as failed:
                with self._guard:
                    self._told |= over
                _log.warning("%s was not told, and will be: %s", reference.reference, failed)

    def _listening(self, settings: Settings | None, trouble: _Trouble | None = None) -> list[tuple[KeyReference, str]]:
        """Each address that wants to know of ``trouble`` by now (or, without one, of its end) and is not in its quiet
        hours, with its language."""
        now, found = self._now(), dict[str, tuple[KeyReference, str]]()
        if settings is None:
            return []
        passes = trouble is not None and trouble.error.recovery is Recovery.RETRY
        kind = Kind.AWAY if passes else Kind.FAILURE
        names = trouble.names if trouble is not None else ()
        for each in settings.administrations:
            if names and each.name not in names:
                continue
            timing = msgspec.structs.replace(each.notify.timing, digest=None)
            lasted = trouble is None or due(timing, kind, trouble.since) <= now
            wants = kind in each.notify.events or (trouble is None and Kind.AWAY in each.notify.events)
            if wants and lasted and due(timing, Kind.FAILURE, now) <= now:
                language = each.notify.language or settings.connection.language
                found |= {one.reference: (one, language) for one in each.notify.to if one.reference not in found}
        return list(found.values())
