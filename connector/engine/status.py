"""Status: where the euros of an administration stand, per direction and month, and what wants attention."""

from __future__ import annotations

import datetime

import msgspec

from connector.domain.delivery import DeliveryState
from connector.domain.invoice import Direction
from connector.engine.books import Books, Workplace
from connector.store import entry_views, purges, reclassifications, states
from connector.store.states import LineState, Standing

STATES: tuple[str, ...] = tuple(state.value for state in LineState)


class StatusRow(msgspec.Struct, kw_only=True):
    """One direction and period. ``sums`` are (documents, lines, net minor units) per state."""

    direction: str
    period: str
    sums: dict[str, tuple[int, int, int]]

    def net(self, state: str) -> int:
        """Net minor units in ``state``."""
        return self.sums.get(state, (0, 0, 0))[2]

    @property
    def source(self) -> int:
        """Net minor units of all states together."""
        return sum(net for _, _, net in self.sums.values())


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Where the euros of one administration stand.

    What counts as held in the sums is counted apart: documents that findings hold, entries that a person keeps back,
    documents whose entry a person has withdrawn, and what was fetched and not prepared yet. ``deferral`` are net minor
    units by direction.
    """

    administration: str
    rows: tuple[StatusRow, ...]
    held_documents: int
    kept_back: int
    withdrawn: int
    unprepared: int
    waiting_documents: int
    last_fetch: datetime.datetime | None
    deferral: dict[str, int]
    on_the_way: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    """Entries that are in delivery, by state and by why they stand there."""
    reclassifications: dict[str, int] = {}
    """Entries that move what is posted and are not posted themselves, by state."""
    purged: int = 0
    """Documents that were removed at the end of their legal period, and are in no row."""
    purged_until: str = ""
    """The last month of these."""
    compared: dict[tuple[str, str], tuple[int, int]] = {}
    """Documents and net minor units, by list and period, of a list of sales that is only compared: it tells the same
    sales as the list that is booked, and is in no row, since both together would count every sale twice."""

    def only(self, period: str) -> Status:
        """The same with the rows of one month; what wants attention stays that of all months."""
        rows = tuple(row for row in self.rows if row.period == period)
        compared = {(source, month): sums for (source, month), sums in self.compared.items() if month == period}
        return msgspec.structs.replace(self, rows=rows, compared=compared)

    @property
    def compared_by_list(self) -> dict[str, tuple[int, int]]:
        """Documents and net minor units that are only compared, by list."""
        sums: dict[str, tuple[int, int]] = {}
        for (source, _period), (documents, net) in self.compared.items():
            before = sums.get(source, (0, 0))
            sums[source] = (before[0] + documents, before[1] + net)
        return sums

    def of(self, direction: str) -> tuple[StatusRow, ...]:
        """The periods of one direction: purchases and sales have no common total."""
        return tuple(row for row in self.rows if row.direction == direction)


def status(place: Workplace, books: Books) -> Status:
    """Where the euros stand now."""
    sums: dict[tuple[str, str], StatusRow] = {}
    held = waiting = kept_back = withdrawn = unprepared = 0
    on_the_way: set[int | None] = set()
    compared: dict[tuple[str, str], tuple[int, int]] = {}
    with place.database.reading() as connection:
        for each in states.standings(connection, books.id):
            if _only_compares(books, each):
                documents, net = compared.get((each.source, each.period), (0, 0))
                compared[each.source, each.period] = (documents + 1, net + each.net)
                continue
            key = (each.direction, each.period)
            row = sums.setdefault(key, StatusRow(direction=each.direction, period=each.period, sums={}))
            before = row.sums.get(each.state.value, (0, 0, 0))
            row.sums[each.state.value] = (before[0] + 1, before[1] + each.lines, before[2] + each.net)
            if each.state is LineState.HELD:
                unprepared += each.preparation_id is None
                withdrawn += each.delivery_state == DeliveryState.CANCELLED.value
                kept_back += each.delivery_state == DeliveryState.HELD.value
                held += each.preparation_id is not None and each.entry_id is None
            waiting += each.state is LineState.READY
            on_the_way |= {each.entry_id} if each.state is LineState.IN_DELIVERY else set()
        why: dict[tuple[str, str], int] = {}
        for one in entry_views.deliveries(connection, books.id) if on_the_way else ():
            if one.entry_id in on_the_way:
                why[one.state, one.reason] = why.get((one.state, one.reason), 0) + 1
        last_fetch = states.last_fetch(connection, books.id)
        deferral = states.awaiting_deferral(connection, books.id)
        moving = reclassifications.unfinished(connection, books.id)
        gone = purges.sums(connection, books.id)
    return Status(
        administration=books.name,
        rows=tuple(row for _, row in sorted(sums.items())),
        held_documents=held,
        kept_back=kept_back,
        withdrawn=withdrawn,
        unprepared=unprepared,
        waiting_documents=waiting,
        last_fetch=last_fetch,
        deferral=deferral,
        on_the_way=why,
        reclassifications=moving,
        compared=compared,
        purged=sum(each.documents for each in gone),
        purged_until=max((each.period for each in gone), default=""),
    )


def _only_compares(books: Books, each: Standing) -> bool:
    """Whether a sale comes from the list that is not booked, and nothing waits for anybody."""
    return (
        each.direction == Direction.SALE.value and each.source != books.sale_source and each.state is LineState.IGNORED
    )
