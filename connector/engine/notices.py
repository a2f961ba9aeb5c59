"""What an operator is to be told of an administration: looked up in the books, kept, and told once to each address."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from connector.domain.delivery import DeliveryState
from connector.domain.finding import Severity
from connector.domain.notice import KINDS, Circumstance, Kind, Timing, due
from connector.engine import completeness
from connector.engine.books import Books, Workplace
from connector.engine.deliver import READ_BACK
from connector.engine.other_channel import FOUND
from connector.errors import ConnectorError, LedgerRefused, PauseError, Recovery, SourceRefused
from connector.store import document_views, entry_views, notices, states
from connector.store.database import Connection
from connector.store.notices import Notice

# Faces see what the store shows through here.
__all__ = ("Notice",)

LONGEST_TEXT = 600
"""Of an error in a notice, in letters."""
REMEMBERED = datetime.timedelta(days=30)
"""For so long it is tried to tell that something is over."""
SET_BACK = datetime.timedelta(hours=1)
"""What came up so much later than now was noted before the clock was set back; it waits for nothing."""
_ENTRIES = {Kind.REJECTED, Kind.UNKNOWN, Kind.ELSEWHERE, Kind.DIFFERENCE}


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is to be told to an address: what came up, or (``over``) that it is over. ``now`` is how it stands
    at this moment."""

    notice: Notice
    now: Circumstance
    over: bool = False

    @property
    def event(self) -> tuple[int, str]:
        """What is recorded when it was told."""
        return self.notice.id, notices.OVER_TOLD if self.over else notices.TOLD


def of_error(error: ConnectorError, clean: Callable[[str], str], verb: str = "") -> Circumstance:
    """The circumstance of a run, or of the part ``verb`` of one, that ended with ``error``; ``clean`` takes secrets out
    of its text."""
    text, hint = clean(str(error)), clean(error.hint)
    return Circumstance(
        kind=_kind_of(error),
        subject=type(error).__name__,
        values={"error": text[:LONGEST_TEXT], "hint": hint[:LONGEST_TEXT]} | ({"verb": verb} if verb else {}),
    )


def _kind_of(error: ConnectorError) -> Kind:
    if type(error) is ConnectorError:  # what the service makes of an exception that nobody expected
        return Kind.DEFECT
    if isinstance(error, (SourceRefused, LedgerRefused)):
        return Kind.LOGIN
    if isinstance(error, PauseError):
        return Kind.UNUSUAL
    return Kind.AWAY if error.recovery in (Recovery.RETRY, Recovery.LOOK_UP) else Kind.FAILURE


def in_the_books(place: Workplace, books: Books, wanted: Collection[Kind]) -> list[Circumstance]:
    """What is so now, of the kinds ``wanted`` that the books tell."""
    with place.database.reading() as connection:
        found = list(_held(connection, books)) if Kind.HELD in wanted else []
        if _ENTRIES & {*wanted}:
            found += [each for each in _entries(connection, books) if each.kind in wanted]
    if Kind.MISSING in wanted:
        found += [
            Circumstance(kind=Kind.MISSING, subject=each.month, values=dict(each.finding.values))
            for each in completeness.missing(place, books)
        ]
    return found


def _held(connection: Connection, books: Books) -> Iterator[Circumstance]:
    """The documents that findings hold; what a person keeps back needs no telling. What was not prepared yet may still
    be held: nothing comes up of it, and nothing is over."""
    known = list(states.standings(connection, books.id, not_booked=True))
    for each in known:
        if each.preparation_id is None:
            yield Circumstance(kind=Kind.HELD, subject=str(each.invoice_id), open=True)
    held = [each for each in known if each.preparation_id is not None and each.entry_id is None]
    versions = {each.version_id for each in held}
    preparations = {each.preparation_id for each in held if each.preparation_id is not None}
    codes: dict[int, str] = {}
    if held:
        for found in document_views.findings_in_force(connection, books.id, versions, preparations):
            if found.severity is Severity.HOLD:
                codes.setdefault(found.version_id, found.finding.code)
    for one in held:
        values = {"number": one.number, "direction": one.direction, "code": codes.get(one.version_id, one.reason)}
        yield Circumstance(kind=Kind.HELD, subject=str(one.invoice_id), values=values, minor=one.net)


def _entries(connection: Connection, books: Books) -> Iterator[Circumstance]:
    """Entries that the ledger refused, lost, has by another channel, or holds otherwise than they were sent."""
    rejected, unknown = DeliveryState.REJECTED.value, DeliveryState.UNKNOWN.value
    for each in entry_views.waiting_for_a_person(connection, books.id, (rejected, unknown), (FOUND, READ_BACK)):
        kind, subject = Kind.DIFFERENCE, str(each.delivery_id)
        if each.state == rejected:
            # One that is approved again and refused again is told again.
            kind, subject = Kind.REJECTED, f"{each.delivery_id} {each.changed_at.isoformat()}"
        elif each.state == unknown:
            kind = Kind.UNKNOWN
        elif each.state == DeliveryState.HELD.value:
            kind = Kind.ELSEWHERE
        elif each.state != DeliveryState.POSTED.value:
            continue
        yield Circumstance(kind=kind, subject=subject, values={"number": each.number}, minor=each.total)


def note(
    place: Workplace, books: Books, there: Sequence[Circumstance], looked: Collection[Kind], verb: str = ""
) -> None:
    """Keep what came up, and that what is not ``there`` any more of the kinds that were ``looked`` at is over. When the
    part ``verb`` of a run ended well, what other parts failed with is not."""
    now = place.clock()
    with place.database.reading() as connection:
        came_up, over = _changed(connection, books, there, looked, verb, now)
    if not came_up and not over:
        return
    with place.database.transaction() as connection:
        # Another process may have noted the same in the meantime.
        came_up, over = _changed(connection, books, there, looked, verb, now)
        notices.add(connection, books.id, came_up, now)
        notices.record(connection, books.id, [(each.id, notices.OVER, "") for each in over], now)


def _changed(
    connection: Connection,
    books: Books,
    there: Sequence[Circumstance],
    looked: Collection[Kind],
    verb: str,
    now: datetime.datetime,
) -> tuple[list[Circumstance], list[Notice]]:
    lasting = {
        (each.kind, each.subject): each for each in notices.recent(connection, books.id, now) if each.over_at is None
    }
    is_there = {(each.kind, each.subject): each for each in there}
    came_up = [each for key, each in is_there.items() if key not in lasting and not each.open]
    gone = [each for key, each in lasting.items() if key not in is_there and each.kind in looked]
    over = [each for each in gone if not verb or each.values.get("verb", verb) == verb]
    return came_up, over


def kept(place: Workplace, books: Books) -> list[Notice]:
    """What lasts, and what was over in the last days (``REMEMBERED``), in the order in which it came up."""
    with place.database.reading() as connection:
        return notices.recent(connection, books.id, place.clock() - REMEMBERED)


def to_tell(
    known: Sequence[Notice],
    address: str,
    timing: Timing,
    events: Collection[Kind],
    now: datetime.datetime,
    *,
    there: Sequence[Circumstance] = (),
    held_above: int = 0,
) -> list[Telling]:
    """What is to be told now to ``address`` (a reference), what stops everything first. Held documents are told when
    those that were not told yet exceed ``held_above`` minor units; without ``there`` euros are not known, and count."""
    standing = {(each.kind, each.subject): each for each in there}
    found = []
    for each in known:
        plain = Circumstance(kind=each.kind, subject=each.subject, values=dict(each.values))
        now_there = standing.get((each.kind, each.subject), plain)
        telling = Telling(notice=each, now=now_there, over=each.over_at is not None)
        if each.kind in events and not now_there.open and _is_due(telling, address, timing, now):
            found.append(telling)
    order = list(KINDS)
    found.sort(key=lambda each: (order.index(each.notice.kind), each.notice.id))
    held = sum(abs(each.now.minor) for each in found if each.notice.kind is Kind.HELD)
    if there and held_above and held <= held_above:
        found = [each for each in found if each.notice.kind is not Kind.HELD]
    return found


def _has_come(since: datetime.datetime, moment: datetime.datetime, now: datetime.datetime) -> bool:
    """Whether ``moment`` has come; always for what was noted before the clock was set back."""
    return moment <= now or since > now + SET_BACK


def _is_due(telling: Telling, address: str, timing: Timing, now: datetime.datetime) -> bool:
    notice, manner = telling.notice, KINDS[telling.notice.kind]
    if notice.over_at is None:
        moment = due(timing, notice.kind, notice.came_at)
        return address not in notice.told and _has_come(notice.came_at, moment, now)
    if not manner.ending or address in notice.over_told:
        return False
    # What was over before it could be told is told only when a person should know of it all the same.
    moment = due(timing, notice.kind, notice.over_at, over=True)
    return (address in notice.told or manner.urgent) and _has_come(notice.over_at, moment, now)


def record(place: Workplace, books: Books, told: Sequence[Telling], address: str) -> None:
    """Keep that ``told`` reached ``address``."""
    with place.database.transaction() as connection:
        notices.record(connection, books.id, [(*each.event, address) for each in told], place.clock())
