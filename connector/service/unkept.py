"""What people are told of although it cannot be kept: the database cannot be used, or the settings are wrong.

It is told once to each address, and once more when it is over, by one of the processes that work with these settings.
"""

from __future__ import annotations

import datetime
import logging
import secrets
from collections.abc import Callable, Collection
from typing import TypeVar

import msgspec

from connector import config, log, texts
from connector.config import KeyReference, Settings
from connector.domain.notice import Kind, due
from connector.errors import ConnectorError, Recovery
from connector.service import addresses, messages
from connector.service.remembered import Entry, Remembered, Told

_log = logging.getLogger(__name__)
E = TypeVar("E", bound=ConnectorError)
AGAIN = datetime.timedelta(minutes=15)
"""What could not be sent is tried again by the clock after so long; the next run may be sooner."""
GONE = datetime.timedelta(minutes=10)
"""A process that said nothing for so long of what it told is gone."""
SETTINGS, STORE = "(settings)", "(store)"
"""What cannot be kept as a notice of an administration; beside these it is the name of one."""


class _Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be kept as a notice: since when it lasts, whom it concerns (all, without ``names``), and which
    addresses were told, by whichever process."""

    since: datetime.datetime
    error: ConnectorError
    names: tuple[str, ...] = ()
    known_to: set[str] = msgspec.field(default_factory=set)


def bare(error: E) -> E:
    """``error`` without what was under way when it came up, which would be kept with it."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


class Unkept:
    """What cannot be kept, by a name for it. ``now`` gives the moment in UTC.

    Whoever told of something says so again at each look as long as it lasts, and tells its end; when it says nothing
    more it is gone, and who knows the end tells it instead.
    """

    def __init__(self, now: Callable[[], datetime.datetime]) -> None:
        self._now, self._me = now, secrets.token_hex(8)
        self._troubles: dict[str, _Trouble] = {}
        self._ends: set[str] = set()
        self._silent_until: dict[str, datetime.datetime] = {}
        self._remembered = Remembered()

    def met(self, what: str) -> ConnectorError | None:
        """What this process met of ``what``, while it is not over."""
        trouble = self._troubles.get(what)
        return trouble.error if trouble is not None else None

    def look(self, settings: Settings) -> None:
        """Tell what has lasted by now, what is over, and what waited for the end of quiet hours or for an address."""
        for what, trouble in list(self._troubles.items()):
            self.tell(settings, what, trouble.error, trouble.names)
        self._tell_ends(settings)

    def tell(self, settings: Settings | None, what: str, error: ConnectorError, names: tuple[str, ...] = ()) -> None:
        """Tell of what cannot be kept, once to each address of ``names``, or of all: when it has lasted, where it may
        pass by itself."""
        trouble = self._troubles.setdefault(what, _Trouble(since=self._now(), error=bare(error), names=names))
        anew = what in self._ends  # it was over, and that was not told to all
        self._ends.discard(what)
        if settings is None:
            return
        text, hint = (log.clean(each, config.revealed()) for each in (str(error), error.hint))
        for reference, language in self._listening(settings, trouble):
            key = (reference.reference, what)
            with self._remembered.opened(settings.connection.folder) as told:
                if told is None or not self._is_news(told, key, trouble, anew=anew):
                    continue
                with texts.speaking(language):
                    letter = messages.service_trouble(_kind(what), text, hint, over=False)
                if self._sent(reference, letter):
                    trouble.known_to.add(key[0])
                    told[key] = Entry(address=key[0], what=what, text=text, by=self._me, at=self._now())

    def _is_news(self, told: Told, key: tuple[str, str], trouble: _Trouble, *, anew: bool) -> bool:
        """Whether the address of ``key`` is to be told now. What we told before we say again, for the others."""
        entry, until = told.get(key), self._silent_until.get(key[0])
        ours = entry is not None and self._is_ours(entry)
        if entry is not None and not (anew and ours):
            trouble.known_to.add(key[0])
            if ours:
                told[key] = msgspec.structs.replace(entry, by=self._me, at=self._now())
        # Another process may have told the beginning, and by now the end.
        return key[0] not in trouble.known_to and (until is None or self._now() >= until)

    def anew(self, what: str) -> None:
        """Whatever was met of ``what`` before, the next is another trouble."""
        self._troubles.pop(what, None)

    def over(self, settings: Settings | None, concerned: Collection[str]) -> None:
        """Tell that what could not be kept is over, to those who were told of it."""
        for what in concerned:
            self._troubles.pop(what, None)
        if settings is not None and self._remembered.anything(settings.connection.folder):
            self._ends |= set(concerned)
            self._tell_ends(settings)

    def _tell_ends(self, settings: Settings) -> None:
        if not self._ends:
            return
        known = {each.reference for one in settings.administrations for each in one.notify.to}
        listening = {reference.reference: (reference, language) for reference, language in self._listening(settings)}
        with self._remembered.opened(settings.connection.folder) as told:
            if told is None:
                return
            for key in [each for each in told if each[0] not in known]:
                del told[key]
            for address in {address for address, what in told if what in self._ends} & listening.keys():
                self._tell_end(told, *listening[address])
            self._ends &= {what for _address, what in told}

    def _tell_end(self, told: Told, reference: KeyReference, language: str) -> None:
        until = self._silent_until.get(reference.reference)
        if until is not None and self._now() < until:
            return
        for key, entry in list(told.items()):
            if key[0] != reference.reference or key[1] not in self._ends or not self._may_end(entry):
                continue
            with texts.speaking(language):
                letter = messages.service_trouble(_kind(entry.what), entry.text, "", over=True)
            if not self._sent(reference, letter):
                return
            del told[key]

    def _may_end(self, entry: Entry) -> bool:
        """Whether this process knows the end: all read the same settings, but each has its own way to the database."""
        return entry.what == SETTINGS or self._is_ours(entry)

    def _is_ours(self, entry: Entry) -> bool:
        """Whether this process told it, or whoever did is gone."""
        return entry.by == self._me or abs(self._now() - entry.at) > GONE

    def _sent(self, reference: KeyReference, letter: tuple[str, str]) -> bool:
        try:
            addresses.opened(reference).send(*letter)
        except ConnectorError as failed:
            self._silent_until[reference.reference] = self._now() + AGAIN
            _log.warning("%s was not told, and will be: %s", reference.reference, failed)
            return False
        _log.info("%s was told: %s", reference.reference, letter[0])
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


def _kind(what: str) -> messages.Unkept:
    return "settings" if what == SETTINGS else "database" if what == STORE else "administration"
