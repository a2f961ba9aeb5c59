"""The tables ``[notify]`` and ``[administrations.NAME.notify]``: whom the service tells what happens, and when.

An administration has what its own table says, else what the general one says, setting by setting.
"""

from __future__ import annotations

import datetime
import re

import msgspec

from connector.config.references import ReferenceReader
from connector.config.schedule import read_quiet
from connector.config.secret import KeyReference
from connector.config.table import Table
from connector.config.values import LANGUAGES, NotifySettings
from connector.domain.notice import KINDS, Kind
from connector.domain.schedule import HOUR

EVENTS = tuple(kind.value for kind in KINDS)
URGENT = ("wait", "at once")
LONGEST_PATIENCE = 7 * 24
"""In hours."""
_TO = 'where addresses are kept, as "env:NOTIFY_OPS", or a list of these'
_HINT = "Put the address, as Apprise writes it, where the setting says, for example as NAME=address in the file .env."
_DAILY = re.compile(r"daily at ([01]\d|2[0-3]):([0-5]\d)")


def read_notify(table: Table, general: NotifySettings, references: ReferenceReader, zone: str) -> NotifySettings:
    """What ``table`` says over ``general``, on the clock of ``zone``; what is wrong is noted."""
    timing = general.timing
    urgent = table.choice("urgent", URGENT, URGENT[timing.urgent_at_once])
    read = NotifySettings(
        to=_to(table, references) if "to" in table else general.to,
        events=_events(table) if "events" in table else general.events,
        held_above=table.whole("held_above", general.held_above // 100, least=0, most=1_000_000_000) * 100,
        timing=msgspec.structs.replace(
            timing,
            digest=_digest(table) if "digest" in table else timing.digest,
            quiet=read_quiet(table, timing.quiet),
            zone=zone,
            urgent_at_once=urgent == URGENT[True],
            patience=table.whole("patience_hours", timing.patience // HOUR, least=0, most=LONGEST_PATIENCE) * HOUR,
        ),
        language=table.choice("language", LANGUAGES, general.language),
    )
    table.know(["to", "events", "digest"])
    table.close()
    return read


def _to(table: Table, references: ReferenceReader) -> tuple[KeyReference, ...]:
    """The addresses; none for an empty list, which takes back what the general table says."""
    given = table.texts_in("to", _TO)
    read = (references.read(table, "to", each, _HINT) for each in given)
    return tuple({each.reference: each for each in read if each is not None}.values())


def _events(table: Table) -> tuple[Kind, ...]:
    return tuple(Kind(each) for each in table.choices("events", EVENTS))


def _digest(table: Table) -> datetime.timedelta | datetime.time | None:
    text = table.text("digest")
    if text == "off":
        return None
    if text == "hourly":
        return HOUR
    if daily := _DAILY.fullmatch(text):
        return datetime.time(int(daily[1]), int(daily[2]))
    table.wrong("digest", f'\'{text}\' is not understood; give "off", "hourly" or "daily at 08:00"')
    return None
