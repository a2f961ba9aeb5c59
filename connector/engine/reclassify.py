"""Reclassify: move what is posted to the accounts that the mapping in force names, by new entries that wait in the
outbox. VAT and open items stay; what cannot be moved is left alone, with the reason."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from connector.domain.aggregation import groups_by_line, level_of, net_postings
from connector.domain.checks import Document
from connector.domain.decision import Decision
from connector.domain.delivery import DeliveryEvent, DeliveryState
from connector.domain.document import entry_key
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry, Posting
from connector.domain.mapping import Mapping as MappingSet
from connector.domain.reclassification import Moves, entry_of, is_adoption, is_remap, moves, standing
from connector.engine import outbox
from connector.engine.batches import batches
from connector.engine.books import Books, Workplace
from connector.engine.chains import booked_entry, pointers
from connector.engine.decider import Decider, distinct, ignored
from connector.engine.outcomes import NOT_SENT
from connector.store import deliveries, entries, kept, reclassifications, states
from connector.store.database import Connection
from connector.store.ids import Ids
from connector.store.kept import Kept
from connector.store.provenance import TakenBack
from connector.store.reclassifications import Link
from connector.store.states import LineState, Standing

_S = DeliveryState
VAT_WOULD_CHANGE = "its VAT would change, which only a credit note or another document can do"
WOULD_BE_HELD = "it would be held: "
WOULD_BE_IGNORED = "a rule would ignore lines of it: "
IN_DELIVERY = "an earlier reclassification of it is still on its way"
ADOPTION_PENDING = "the cost of its adopted booking was not moved yet"
CLOSED = "its period is closed"
Movements = Counter[tuple[str, str, str, str]]
"""Minor units, debit positive, by period ('YYYY-MM'), direction, account and tax code."""


class LeftAlone(msgspec.Struct, frozen=True, kw_only=True):
    """A posted document that the mapping would book otherwise, and that stays as it is. ``net`` in minor units."""

    number: str
    direction: str
    period: str
    net: int
    why: str


class Reclassified(msgspec.Struct, kw_only=True):
    """What was moved by how many entries, what was left alone, and how many earlier entries, not sent yet, are
    replaced. ``approved`` of them may be sent; the others wait for a second person."""

    entry_ids: list[int] = msgspec.field(default_factory=list)
    delivery_ids: list[int] = msgspec.field(default_factory=list)
    movements: Movements = msgspec.field(default_factory=Counter)
    left: list[LeftAlone] = msgspec.field(default_factory=list)
    replaced: int = 0
    approved: int = 0


class Reclassifier:
    """Reclassifies the posted documents of one administration under one mapping version, in one transaction."""

    def __init__(
        self, connection: Connection, place: Workplace, books: Books, mapping: MappingSet, mapping_version_id: int
    ) -> None:
        self._connection, self._place, self._books, self._mapping = connection, place, books, mapping
        self._decider = Decider(books.id, books.country, mapping, mapping_version_id)
        self._ids = Ids(connection, books.id)
        self._done = Reclassified()

    def run(self, first: datetime.date | None = None, on: datetime.date | None = None) -> Reclassified:
        """Reclassify the documents dated from ``first`` on (all without it). The entries are dated ``on``, by default
        as their document, and wait for approval."""
        posted = (
            each
            for each in states.standings(self._connection, self._books.id)
            if each.state is LineState.POSTED and (first is None or each.date >= first.isoformat())
        )
        for batch in batches(posted, lambda each: each.lines):
            self._batch(batch, on)
        return self._done

    def _batch(self, batch: Sequence[Standing], on: datetime.date | None) -> None:
        books = self._books
        booked = deliveries.of_entries(
            self._connection, books.id, [each.entry_id for each in batch if each.entry_id is not None]
        )
        by_key = {booked[each.entry_id].document_key: each for each in batch if each.entry_id is not None}
        chains = reclassifications.chains(self._connection, books.id, by_key)
        posted = {key: [link for link in chain if link.state is _S.POSTED] for key, chain in chains.items()}
        ids = [link.entry_id for chain in posted.values() for link in chain]
        loaded = entries.load(self._connection, books.id, ids)
        # The version that is booked is the one that its last correction stands for.
        versions = {booked_entry(chain).version_id: key for key, chain in posted.items()}
        for document in kept.load(self._connection, books.id, versions):
            key = versions[document.version_id]
            self._document(document, by_key[key], chains[key], posted[key], loaded, on)

    def _document(
        self,
        document: Kept,
        stands: Standing,
        links: Sequence[Link],
        posted: Sequence[Link],
        loaded: Mapping[int, JournalEntry],
        on: datetime.date | None,
    ) -> None:
        chain = [loaded[link.entry_id] for link in posted]
        made = self._decider.decide(document, self._place.today)
        codes = sorted({found.code for each in distinct(made) for found in each.problems})
        left_out = ignored(made)
        if codes or left_out:
            why = WOULD_BE_HELD + ", ".join(codes) if codes else WOULD_BE_IGNORED + next(iter(left_out.values()))
            self._leave(stands, why)
            return
        date = on or chain[0].date
        moved = moves(standing(chain), wanted_postings(self._connection, self._books, document, made, self._mapping))
        if moved is None:
            self._cancel(links)
        elif moved.changes_vat:
            self._leave(stands, VAT_WOULD_CHANGE)
        elif any(is_adoption(link.purpose) and link.state is not _S.POSTED for link in links):
            self._leave(stands, ADOPTION_PENDING)
        elif any(link.state not in (*NOT_SENT, _S.POSTED) for link in links):
            self._leave(stands, IN_DELIVERY)
        elif self._books.closed_until is not None and date <= self._books.closed_until:
            self._leave(stands, CLOSED)
        else:
            self._cancel(links)
            self._book(document, chain, moved, date, made, pointers(moved, posted))

    def _book(
        self,
        document: Kept,
        chain: Sequence[JournalEntry],
        moved: Moves,
        date: datetime.date,
        made: Sequence[Decision],
        taken_back: Mapping[int, TakenBack],
    ) -> None:
        connection, books = self._connection, self._books
        entry = entry_of(chain, moved, date=date, text=chain[0].text)
        segment, decision_ids = self._decider.keep(connection, self._ids, document, chain[0].document_date, made)
        draft = entries.Draft(
            entry=entry,
            version_id=document.version_id,
            mapping_version_id=self._decider.mapping_version_id,
            booking=document.booking,
            segment=segment,
            decision_ids=decision_ids,
            taken_back=taken_back,
        )
        entry_id, delivery_id = outbox.lay(connection, self._place, books, self._ids, draft)
        self._done.entry_ids.append(entry_id)
        self._done.delivery_ids.append(delivery_id)
        direction = entry.key.direction.value
        for posting in entry.postings:
            self._done.movements[entry.period, direction, posting.account, posting.tax] += posting.minor

    def _cancel(self, links: Sequence[Link]) -> None:
        """Take back reclassifications that were not sent: the tables have changed once more since."""
        reason = "superseded by a new preparation"
        event = DeliveryEvent(at=self._place.clock(), state=_S.CANCELLED, actor="connector", reason=reason)
        for link in links:
            if is_remap(link.purpose) and link.state in NOT_SENT:
                deliveries.move(self._connection, self._books.id, link.delivery_id, event)
                self._done.replaced += 1

    def _leave(self, stands: Standing, why: str) -> None:
        self._done.left.append(
            LeftAlone(number=stands.number, direction=stands.direction, period=stands.period, net=stands.net, why=why)
        )


def wanted_postings(
    connection: Connection, books: Books, document: Kept, made: Sequence[Decision], mapping: MappingSet
) -> list[Posting]:
    """The cost or revenue postings that ``document`` has under the decisions ``made``."""
    direction = document.key.direction
    level = level_of(mapping, direction)
    key = entry_key(books.name, document.key, purpose="invoice", period="")
    seen = Document(head=document.head, groups=document.groups, key=key)
    alone = groups_by_line(seen, made, level)
    lines = kept.line_amounts(connection, books.id, document, alone) if alone else []
    return net_postings(seen, made, level, lines, 1 if direction is Direction.PURCHASE else -1)
