"""Notifying: after each run, and by the clock, people are told what happens; each thing once to each address.

What came up is kept in the database before it is told, and that it was told after it: a crash between the two tells it
twice, and nothing is lost. Whatever goes wrong here is logged and disturbs no run.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import takewhile

import msgspec

from connector import config, log, texts
from connector.app import Connector
from connector.config import Administration, KeyReference, NotifySettings, Settings
from connector.domain.notice import KINDS, OF_RUNS, Kind, comes_up
from connector.engine import notices
from connector.engine.notices import Telling
from connector.engine.run import VERBS
from connector.errors import BusyError, ConnectorError, Recovery, StoreError
from connector.service import addresses, messages
from connector.service.bursts import Bursts
from connector.service.messages import Part
from connector.service.unkept import AGAIN, SETTINGS, STORE, Unkept, bare

_log = logging.getLogger(__name__)
PULSE_SECONDS = 60.0
"""How often a service looks whether something is to be told by the clock."""
_TOGETHER = "/notify"
"""The lock of whoever tells several administrations at once; no administration has such a name."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A message: to which address (its reference), about which administrations, how many notices, and why it did not
    arrive ('' when it did)."""

    address: str
    administrations: tuple[str, ...]
    notices: int
    problem: str = ""
    hint: str = ""


class Notifying:
    """Tells people what happens. ``today`` gives the day, ``now`` the moment in UTC; when ``stopping`` is set nothing
    more is begun.

    One is shared by all runs of a process, also of several threads.
    """

    def __init__(
        self,
        *,
        actor: str,
        today: Callable[[], datetime.date],
        now: Callable[[], datetime.datetime] | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._actor, self._today, self._stopping = actor, today, stopping or threading.Event()
        self._now = now or partial(datetime.datetime.now, datetime.UTC)
        self._looked_at: datetime.datetime | None = None
        self._again: dict[str, datetime.datetime] = {}
        self._unnoted: dict[str, tuple[ConnectorError | None, str]] = {}
        self._unkept, self._bursts = Unkept(self._now), Bursts()

    def after_run(self, settings: Settings, name: str, error: ConnectorError | None, verb: str = "") -> None:
        """Note how a run of the administration ``name`` ended (with ``error``, or well), or that part ``verb`` of it,
        and what is so now; tell at once what waits for no digest. Never raises."""
        with self._undisturbed((name,)):
            self._unnoted.pop(name, None)
            administration = next((each for each in settings.administrations if each.name == name), None)
            if administration is None or not administration.notify.to:
                return
            try:
                with self._connector(settings) as connector, log.about(action="notify"):
                    _note(connector, administration, error, verb)
                    if _at_once(administration.notify):
                        self._tell(connector, [administration], lock=f"{name}{_TOGETHER}", alone=True)
            except ConnectorError as unusable:
                if isinstance(unusable, BusyError):
                    raise
                if isinstance(unusable, StoreError):
                    self._unnoted[name] = (error and bare(error), verb)
                    self._unkept.tell(settings, STORE, error if isinstance(error, StoreError) else unusable)
                else:
                    self._unkept.tell(settings, name, error or unusable, (name,))
                return
            self._unkept.over(settings, (STORE, name))

    def pulse(self, settings: Settings | None, names: Sequence[str] = ()) -> None:
        """Tell what waited for the clock: a digest, the end of the quiet hours, or an address that did not answer. Call
        it every minute or so; it looks into the database only when something may be due. Never raises."""
        if settings is None:
            return
        with self._undisturbed():
            self._look_at_unkept(settings)
            now, before = self._now(), self._looked_at
            if before is not None and before > now:  # the clock was set back
                before = None
            chosen = [
                each
                for each in settings.select(tuple(names))
                if each.notify.to
                and (
                    before is None
                    or comes_up(each.notify.timing, before, now)
                    or self._again.get(each.name, now + AGAIN) <= now
                )
            ]
            self._looked_at = now
            if chosen:
                with self._undisturbed([each.name for each in chosen]), self._connector(settings) as connector:
                    self._tell(connector, chosen, lock=_TOGETHER)

    def _look_at_unkept(self, settings: Settings) -> None:
        """What no database could keep, and what can be kept by now."""
        if self._looked_at is None and self._unkept.met(SETTINGS) is None:  # they were read when the service began
            self._unkept.over(settings, (SETTINGS,))
        lost = self._unkept.met(STORE)
        if lost is not None and lost.recovery is Recovery.RETRY and _answers(settings):
            self._unkept.over(settings, (STORE,))
        for name, (error, verb) in list(self._unnoted.items()):
            if self._unkept.met(STORE) is None:
                self.after_run(settings, name, error, verb)
        self._unkept.look(settings)

    def send(self, settings: Settings, names: Sequence[str] = ()) -> list[Sent]:
        """Tell everything that is due now, digests among it; what became of each message. Raises StoreError, and
        BusyError when another process tells at this moment."""
        chosen = [each for each in settings.select(tuple(names)) if each.notify.to]
        if not chosen:
            return []
        with self._connector(settings) as connector:
            return self._told(connector, chosen, lock=_TOGETHER)

    def settings_refused(self, settings: Settings | None, error: ConnectorError) -> None:
        """Tell once that new settings are wrong, by the ``settings`` that stay in force. Never raises."""
        with self._undisturbed():
            self._unkept.anew(SETTINGS)
            self._unkept.tell(settings, SETTINGS, error)

    def settings_taken(self, settings: Settings | None) -> None:
        """Tell that settings are right again, where it was told that they are wrong. Never raises."""
        with self._undisturbed():
            self._unkept.over(settings, (SETTINGS,))

    def store_lost(self, settings: Settings | None, error: StoreError) -> None:
        """Tell once that the database cannot be used, so that nothing is run. Never raises."""
        with self._undisturbed():
            self._unkept.tell(settings, STORE, error)

    def store_found(self, settings: Settings | None) -> None:
        """Tell that the database can be used again, where it was told that it cannot. Never raises."""
        with self._undisturbed():
            self._unkept.over(settings, (STORE,))

    @contextmanager
    def _undisturbed(self, names: Sequence[str] = ()) -> Iterator[None]:
        """Whatever goes wrong is told in the log only, and what is to be told of ``names`` is tried again."""
        try:
            yield
        except ConnectorError as error:
            self._again |= dict.fromkeys(names, self._now() + AGAIN)
            if isinstance(error, BusyError):  # another process tells at this moment
                _log.debug("what is to be told waits a while: %s", error)
            else:
                _log.warning("what is to be told waits a while: %s. Next: %s", error, error.hint)
        except Exception:  # noqa: BLE001 - told here, with its traceback
            # A defect in telling must not stop what is told of.
            _log.exception("this is a defect of the connector; nobody was told")

    def _connector(self, settings: Settings) -> Connector:
        return Connector(settings, actor=self._actor, today=self._today(), now=self._now)

    def _tell(self, connector: Connector, chosen: Sequence[Administration], *, lock: str, alone: bool = False) -> None:
        for sent in self._told(connector, chosen, lock=lock, alone=alone):
            about = ", ".join(sent.administrations)
            if sent.problem:
                _log.warning("%s was not told of %s, and will be: %s", sent.address, about, sent.problem)
            else:
                _log.info("%s was told of %s, notices: %d", sent.address, about, sent.notices)

    def _told(
        self, connector: Connector, chosen: Sequence[Administration], *, lock: str, alone: bool = False
    ) -> list[Sent]:
        """Tell what is due of ``chosen``, a message for each address; ``alone``: nothing that waits for a digest."""
        with connector.database.lock(lock):
            letters: dict[tuple[str, str], _Letter] = {}
            for administration in takewhile(self._goes_on, chosen):
                for reference, told in self._due_or_nothing(connector, administration, alone=alone):
                    language = administration.notify.language or connector.settings.connection.language
                    letter = letters.setdefault(
                        (reference.reference, language), _Letter(reference=reference, language=language, parts=[])
                    )
                    letter.parts.append((administration, told))
            return [
                self._sent(connector, letter)
                for letter in takewhile(self._goes_on, letters.values())
                if not self._waits_for_others(letter, alone=alone)
            ]

    def _waits_for_others(self, letter: _Letter, *, alone: bool) -> bool:
        """Whether the address was told about other administrations just now: then one alone waits for more of them."""
        names, address = [each.name for each, _told in letter.parts], letter.reference.reference
        if not alone:
            self._bursts.together(address, names, self._now())
            return False
        (name,) = names
        until = self._bursts.wait(address, name, self._now())
        if until is not None:
            self._again[name] = until
            _log.debug("%s is told of it together with others, at %s", address, until)
        return until is not None

    def _goes_on(self, _next: object) -> bool:
        return not self._stopping.is_set()

    def _due_or_nothing(
        self, connector: Connector, administration: Administration, *, alone: bool
    ) -> list[tuple[KeyReference, list[Telling]]]:
        """As ``_due``; nothing of an administration that cannot be looked at, which does not keep the others."""
        try:
            due = list(self._due(connector, administration, alone=alone))
        except StoreError:
            raise
        except ConnectorError as error:
            self._again[administration.name] = self._now() + AGAIN
            _log.warning("%s cannot be looked at: %s. Next: %s", administration.name, error, error.hint)
            return []
        if not alone:  # what waits for a digest was looked at too
            self._again.pop(administration.name, None)
        return due

    def _due(
        self, connector: Connector, administration: Administration, *, alone: bool
    ) -> Iterator[tuple[KeyReference, list[Telling]]]:
        """The addresses with what is to be told to each now."""
        from connector.app.notices import look

        now, chosen, (place, books) = self._now(), administration.notify, connector.at(administration)
        events = _at_once(chosen) if alone else chosen.events
        known = notices.kept(place, books)
        of_address = {each: notices.to_tell(known, each.reference, chosen.timing, events, now) for each in chosen.to}
        if not any(of_address.values()):
            return
        # Euros are those of this moment, and what is over by now is not told.
        there, looked = look(connector, administration)
        notices.note(place, books, there, looked)
        known = notices.kept(place, books)
        for each in chosen.to:
            told = notices.to_tell(
                known, each.reference, chosen.timing, events, now, there=there, held_above=chosen.held_above
            )
            if told:
                yield each, told

    def _sent(self, connector: Connector, letter: _Letter) -> Sent:
        parts = [
            Part(administration=administration.name, zone=administration.notify.timing.zone, told=told)
            for administration, told in letter.parts
        ]
        sent = Sent(
            address=letter.reference.reference,
            administrations=tuple(each.administration for each in parts),
            notices=sum(len(each.told) for each in parts),
        )
        try:
            with texts.speaking(letter.language):
                title, body = messages.title(parts), messages.body(parts)
            addresses.opened(letter.reference).send(title, body)
        except ConnectorError as error:
            self._again |= dict.fromkeys(sent.administrations, self._now() + AGAIN)
            return msgspec.structs.replace(sent, problem=str(error), hint=error.hint)
        for administration, told in letter.parts:
            notices.record(*connector.at(administration), told, sent.address)
        return sent


class _Letter(msgspec.Struct, kw_only=True):
    """One message on its way: to which address, in which language, what of which administrations."""

    reference: KeyReference
    language: str
    parts: list[tuple[Administration, list[Telling]]]


def _answers(settings: Settings) -> bool:
    from connector.app import databases

    try:
        databases.check(settings.connection)
    except ConnectorError:
        return False
    return True


def _at_once(chosen: NotifySettings) -> tuple[Kind, ...]:
    """The events that wait for no digest."""
    if chosen.timing.digest is None:
        return chosen.events
    return tuple(each for each in chosen.events if KINDS[each].urgent and chosen.timing.urgent_at_once)


def _note(connector: Connector, administration: Administration, error: ConnectorError | None, verb: str) -> None:
    """Keep how a run, or the part ``verb`` of it, ended, and what is so now."""
    from connector.app.notices import look

    # The parts before the last one change nothing that people would be told of.
    there, looked = look(connector, administration) if error or verb in ("", VERBS[-1]) else ([], set[Kind]())
    if error is not None:
        there.append(notices.of_error(error, lambda text: log.clean(text, config.revealed()), verb))
    else:
        looked |= OF_RUNS
    wanted = [each for each in there if each.kind in administration.notify.events]
    notices.note(*connector.at(administration), wanted, looked, verb)
