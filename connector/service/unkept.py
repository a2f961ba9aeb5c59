"""What people are told of although it cannot be kept: the database cannot be used, or the settings are wrong.

It is told once to each address, and once more when it is over, by one of the processes that work with these settings.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Collection

import msgspec

from connector import config, log, texts
from connector.config import KeyReference, Settings
from connector.domain.notice import Kind, due
from connector.errors import ConnectorError, Recovery
from connector.service import addresses, messages
from connector.service.remembered import Remembered

_log = logging.getLogger(__name__)
AGAIN = datetime.timedelta(minutes=15)
"""What could not be sent is tried again by the clock after so long; the next run may be sooner."""


class _Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be kept as a notice: since when it lasts, and whom it concerns (all, without ``names``)."""

    since: datetime.datetime
    error: ConnectorError
    names: tuple[str, ...] = ()


class Unkept:
    """What cannot be kept, by a name for it. ``now`` gives the moment in UTC."""

    def __init__(self, now: Callable[[], datetime.datetime]) -> None:
        self._now = now
        self._troubles: dict[str, _Trouble] = {}
        self._silent_until: dict[str, datetime.datetime] = {}
        self._remembered = Remembered()

    def lasts(self, what: str) -> bool:
        """Whether this process met ``what`` and it is not over."""
        return what in self._troubles

    def tell_again(self, settings: Settings | None) -> None:
        """Tell what has lasted by now, or waited for the end of quiet hours or for an address."""
        for what, trouble in list(self._troubles.items()):
            self.tell(settings, what, trouble.error, trouble.names)

    def tell(self, settings: Settings | None, what: str, error: ConnectorError, names: tuple[str, ...] = ()) -> None:
        """Tell of what cannot be kept, once to each address of ``names``, or of all: when it has lasted, where it may
        pass by itself."""
        trouble = self._troubles.setdefault(what, _Trouble(since=self._now(), error=error, names=names))
        if settings is None:
            return
        text, hint = (log.clean(each, config.revealed()) for each in (str(error), error.hint))
        for reference, language in self._listening(settings, trouble):
            with self._remembered.opened(settings.connection.folder) as told:
                until = self._silent_until.get(reference.reference)
                if told is None or (reference.reference, what) in told or (until is not None and self._now() < until):
                    continue
                with texts.speaking(language):
                    letter = messages.service_trouble(text, hint, over=False)
                if self._sent(reference, letter):
                    told[reference.reference, what] = text
                else:
                    self._silent_until[reference.reference] = self._now() + AGAIN

    def over(self, settings: Settings | None, concerned: Collection[str]) -> None:
        """Tell that what could not be kept is over, to those who were told of it."""
        for what in concerned:
            self._troubles.pop(what, None)
        if settings is None or not self._remembered.anything(settings.connection.folder):
            return
        for reference, language in self._listening(settings):
            with self._remembered.opened(settings.connection.folder) as told:
                over = [key for key in told or () if key[0] == reference.reference and key[1] in concerned]
                if told is None or not over:
                    continue
                with texts.speaking(language):
                    letter = messages.service_trouble("; ".join(told[key] for key in over), "", over=True)
                if self._sent(reference, letter):
                    for key in over:
                        del told[key]

    def _sent(self, reference: KeyReference, letter: tuple[str, str]) -> bool:
        try:
            addresses.opened(reference).send(*letter)
        except ConnectorError as failed:
            _log.warning("%s was not told, and will be: %s", reference.reference, failed)
            return False
        return True

    def _listening(self, settings: Settings, trouble: _Trouble | None = None) -> list[tuple[KeyReference, str]]:
        """Each address that wants to know of ``trouble`` by now (or, without one, of its end) and is not in its quiet
        hours, with its language."""
        now, found = self._now(), dict[str, tuple[KeyReference, str]]()
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
