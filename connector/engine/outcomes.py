"""The outcome of one document: held with findings, ignored by a named rule, or an entry in the outbox.

The same outcome is not written twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from connector.domain.acceptance import weight
from connector.domain.aggregation import groups_by_line, level_of
from connector.domain.booking import book
from connector.domain.checks import Document, Surroundings, check
from connector.domain.correction import HOLD
from connector.domain.dates import month_of
from connector.domain.decision import Decision
from connector.domain.delivery import DeliveryEvent, DeliveryState
from connector.domain.document import entry_key
from connector.domain.finding import Finding, Severity, finding
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.domain.revision import Step, next_step
from connector.domain.senders import Senders
from connector.domain.suspense import suspense
from connector.engine import outbox
from connector.engine.books import Books, Workplace, ignoring_rule
from connector.engine.correcting import follow
from connector.engine.decider import Decider, distinct, ignored
from connector.engine.paper_trail import PaperTrail
from connector.engine.platforms import BothPlatforms, both_platforms
from connector.store import (
    acceptances,
    deliveries,
    entries,
    findings,
    kept,
    preparations,
    row_hashes,
    senders,
    sightings,
)
from connector.store.database import Connection
from connector.store.deliveries import Delivery
from connector.store.fresh import Fresh
from connector.store.ids import Ids
from connector.store.kept import Kept
from connector.store.preparations import Known, Outcome, Preparation
from connector.store.provenance import TakenBack
from connector.store.reclassifications import Link

_S = DeliveryState
_NOTHING: Mapping[int, TakenBack] = {}
_CHANGED = (Step.CHANGED, Step.HOLD_IN_DELIVERY)
NOT_SENT = (_S.READY, _S.QUEUED, _S.HELD)
"""States in which a delivery can still be superseded: certainly nothing was sent."""


class OnPaper(msgspec.Struct, frozen=True, kw_only=True):
    """What a document would come to: an entry, or the findings that hold it, or the ``rule`` that ignores it."""

    entry: JournalEntry | None = None
    findings: tuple[Finding, ...] = ()
    rule: str = ""


class Outcomes:
    """Brings documents to their outcomes, in one transaction. ``both`` is what is known of both platforms, for the
    next one: nothing arrives between them."""

    def __init__(
        self,
        connection: Connection,
        place: Workplace,
        books: Books,
        decider: Decider,
        fresh: Fresh,
        both: BothPlatforms | None = None,
    ) -> None:
        self._connection, self._place, self._books, self._decider = connection, place, books, decider
        self._mapping, self._fresh = decider.mapping, fresh
        self._ids = Ids(connection, books.id)
        self._senders: dict[str, Senders] = {}
        self._accepted = acceptances.in_force(connection, books.id)
        self.trail = PaperTrail(connection, books)
        self.vanished = sightings.vanished(connection, books.id)
        self.twins = kept.twins(connection, books.id, self.vanished)
        self.both = both_platforms(connection, books, self.vanished) if both is None else both

    def prepare(self, document: Kept, known: Known | None) -> Outcome | None:
        """Prepare one document; ``None`` when its outcome is the one already known, or its entry stands."""
        seen = self._seen(document)
        before = deliveries.live(self._connection, self._books.id, seen.key.document)
        posted = any(each.state is _S.POSTED for each in before)
        step = next_step(outbox.standings(before), document.booking)
        corrects = posted and self._books.on_change != HOLD and step is not Step.HOLD_IN_DELIVERY
        stands = outbox.standing_for(before, document.booking) if step is Step.SAME_BOOKING else None
        if stands is not None and stands.state is _S.QUEUED and self._any_holds(document, self._found(document, seen)):
            step = Step.BOOK  # approved but not sent, and now there is something wrong: it does not stand any more
        rule = ignoring_rule(self._books, document.key, document.head.date)
        if rule and step is Step.BOOK and not posted:
            return self._ignore(document, known, before, rule)
        found = self._found(document, seen, corrects=corrects)
        if stands is not None and step is Step.SAME_BOOKING and not self._outdated(stands, known):
            others = [each for each in before if each is not stands]
            self._cancel(others, "superseded: the document is as it was booked")
            self._keep(document, known, Outcome.READY, entry_id=stands.entry_id, found=found)
            return None  # its entry stands as before: nothing new is ready
        if not corrects and (step in _CHANGED or posted):
            found.append(self._changed(document, before, step))
        made = self._decider.decide(document, self._place.today)
        left_out = ignored(made)
        if left_out and len(left_out) == len(made) and step not in _CHANGED and not posted:
            return self._ignore(document, known, before, _rules(left_out), left_out)
        found += self._decided(document, made, left_out)
        entry, more = self._book(document, seen, made, found)
        found += more
        if entry is not None and corrects:
            return self._follow(document, known, before, entry, made, found)
        if entry is None:
            found += [self._changed(document, before, step)] if corrects else []
            return self._hold(document, known, before, found)
        return self._lay(document, known, before, entry, made, found)

    def _changed(self, document: Kept, before: Sequence[Delivery], step: Step, field: str = "") -> Finding:
        """That the document was changed after it was booked, or on the way there; ``field`` is what may not change by
        itself."""
        code = "CHANGED-IN-DELIVERY" if step is Step.HOLD_IN_DELIVERY else "CHANGED-AFTER-POSTING"
        difference = document.net + document.vat - outbox.booked_total(before)
        return finding(code, field, difference, number=document.head.number)

    def _follow(
        self,
        document: Kept,
        known: Known | None,
        before: Sequence[Delivery],
        wanted: JournalEntry,
        made: Sequence[Decision],
        found: list[Finding],
    ) -> Outcome | None:
        """Bring what is posted to what ``wanted`` books of the new version, by an entry of its own, if that may be."""
        followed = follow(self._connection, self._books, wanted.key.document, wanted)
        if followed.under_way or followed.forbidden:
            step = Step.HOLD_IN_DELIVERY if followed.under_way else Step.CHANGED
            found.append(self._changed(document, before, step, followed.forbidden))
            return self._hold(document, known, before, found)
        if followed.entry is None:
            self._cancel(before, "superseded: what is booked is what the document wants")
            return self._keep(document, known, Outcome.READY, entry_id=followed.stands_id, found=found)
        found.append(finding("CORRECTED-AFTER-POSTING", "", followed.moved, number=document.head.number))
        self._overtake(followed.remaps)
        return self._lay(document, known, before, followed.entry, made, found, followed.taken_back)

    def _lay(
        self,
        document: Kept,
        known: Known | None,
        before: Sequence[Delivery],
        entry: JournalEntry,
        made: Sequence[Decision],
        found: Sequence[Finding],
        taken_back: Mapping[int, TakenBack] = _NOTHING,
    ) -> Outcome | None:
        """Lay the entry in the outbox in the place of what waits there, unless it is this very entry."""
        if self._stands(before, entry, document, known, found):
            return None
        kept_back = self._kept_back(before)
        self._cancel(before, "superseded by a new preparation")
        entry_id = self._outbox(document, entry, made, kept_back, taken_back)
        return self._keep(document, known, Outcome.READY, entry_id=entry_id, found=found)

    def on_paper(self, document: Kept) -> OnPaper:
        """What ``document`` would come to if nothing of it had been booked before; nothing is written."""
        rule = ignoring_rule(self._books, document.key, document.head.date)
        made = [] if rule else self._decider.decide(document, self._place.today)
        left_out = ignored(made)
        if rule or (left_out and len(left_out) == len(made)):
            return OnPaper(rule=rule or _rules(left_out))
        seen = self._seen(document)
        found = self._found(document, seen)
        found += self._decided(document, made, left_out)
        entry, more = self._book(document, seen, made, found)
        return OnPaper(entry=entry, findings=(*found, *more))

    def holding(self, document: Kept, found: Sequence[Finding]) -> list[str]:
        """The codes of those of ``found`` that keep the document out of the books and that no person accepted."""
        accepted = self._accepted.get(document.version_id, {})
        return [each.code for each in found if weight(each, accepted) is Severity.HOLD]

    def _hold(
        self, document: Kept, known: Known | None, before: Sequence[Delivery], found: Sequence[Finding]
    ) -> Outcome | None:
        # What a person keeps back stays as it is, so that it is not forgotten when the document becomes right again.
        self._cancel([each for each in before if each.state is not _S.HELD], "superseded: the document is held")
        return self._keep(document, known, Outcome.HELD, found=found)

    def _ignore(
        self,
        document: Kept,
        known: Known | None,
        before: Sequence[Delivery],
        rule: str,
        ignored: dict[int, str] | None = None,
    ) -> Outcome | None:
        self._cancel(before, f"superseded: the document is ignored ({rule})")
        return self._keep(document, known, Outcome.IGNORED, rule=rule, ignored=ignored)

    def _seen(self, document: Kept) -> Document:
        """The document as its booking sees it, with the key of its entry."""
        head = document.head
        period = month_of(head.date) if head.date else ""
        key = entry_key(self._books.name, document.key, purpose="invoice", period=period)
        return Document(head=head, groups=document.groups, key=key)

    def _any_holds(self, document: Kept, found: Sequence[Finding]) -> bool:
        """Whether one of ``found`` keeps the document out of the books, and no person accepted it."""
        return bool(self.holding(document, found))

    def _found(self, document: Kept, seen: Document, *, corrects: bool = False) -> list[Finding]:
        around = self._around(document)
        if corrects:  # the correction of a closed month is dated on the first day that is open
            around = msgspec.structs.replace(around, closed_until=None)
        return [*document.findings, *check(seen, around)]

    def _decided(self, document: Kept, made: Sequence[Decision], left_out: dict[int, str]) -> list[Finding]:
        """What is to be said of the decisions together: what goes to suspense, and what a rule leaves out."""
        found = list(suspense(document.groups, made, self._mapping.settings.suspense_limit, document.head.currency))
        if left_out:
            minor = sum(document.groups[n].net for n in left_out)
            found.append(finding("PARTLY-IGNORED", "", minor, rule=_rules(left_out)))
        return found

    def _around(self, document: Kept) -> Surroundings:
        connection, books = self._connection, self._books
        return Surroundings(
            today=self._place.today,
            direction=document.key.direction,
            own_vat_number=books.vat_number,
            senders=self._senders_of(document),
            same_rows=self._same_rows(document),
            twice=document.invoice_id in self.twins,
            similar=kept.similar(connection, books.id, document, self.both.partners.get(document.invoice_id, ())),
            equal=self.both.found.get(document.invoice_id),
            vanished=document.key.source if document.invoice_id in self.vanished else "",
            closed_until=books.closed_until,
            printed=self.trail.printed(document.version_id),
            papers=self.trail.papers(document.version_id),
            paper_required=self.trail.required(document.key.direction, document.version_id),
        )

    def _senders_of(self, document: Kept) -> Senders:
        """Those of the same name; the same few suppliers send all purchases, and sales are our own."""
        name, direction = document.head.sender_name, document.key.direction
        if direction is Direction.SALE:
            return Senders()
        if name not in self._senders:
            self._senders[name] = senders.of_name(self._connection, self._books.id, direction.value, name)
        return self._senders[name]

    def _same_rows(self, document: Kept) -> tuple[tuple[str, int], ...]:
        if self._fresh.is_alone(document.version_id):
            return ()
        return row_hashes.same_rows(self._connection, self._books.id, document)

    def _book(
        self, document: Kept, seen: Document, made: list[Decision], found: list[Finding]
    ) -> tuple[JournalEntry | None, tuple[Finding, ...]]:
        problems = any(each.problems for each in distinct(made))
        if problems or document.head.date is None or self._any_holds(document, found):
            if document.head.date is None or not problems:
                return None, ()
            return None, book(seen, made, self._mapping, party=party_of(document)).findings
        alone = groups_by_line(seen, made, level_of(self._mapping, document.key.direction))
        lines = kept.line_amounts(self._connection, self._books.id, document, alone) if alone else []
        booked = book(seen, made, self._mapping, party=party_of(document), lines=lines)
        return booked.entry, booked.findings

    def _stands(
        self,
        before: Sequence[Delivery],
        entry: JournalEntry,
        document: Kept,
        known: Known | None,
        found: Sequence[Finding],
    ) -> bool:
        """Whether this very entry waits already: a document that a person accepted is looked at again every time."""
        ready = {each.entry_id for each in before if each.state is _S.READY and each.fingerprint == entry.fingerprint}
        return known is not None and known.entry_id in ready and self._says(known, _prepared(document, found))

    def _outdated(self, delivery: Delivery, known: Known | None) -> bool:
        """Whether what a person keeps back was prepared under other tables or settings than those in force."""
        if delivery.state is not _S.HELD or known is None:
            return False
        in_force = (self._decider.mapping_version_id, self._books.settings_hash)
        return (known.mapping_version_id, known.settings_hash) != in_force

    def _kept_back(self, before: Sequence[Delivery]) -> DeliveryEvent | None:
        """Why a person keeps the document back, ``None`` when none does."""
        held = next((each for each in before if each.state is _S.HELD), None)
        if held is None:
            return None
        return deliveries.events(self._connection, self._books.id, held.delivery_id)[-1]

    def _outbox(
        self,
        document: Kept,
        entry: JournalEntry,
        made: Sequence[Decision],
        kept_back: DeliveryEvent | None,
        taken_back: Mapping[int, TakenBack],
    ) -> int:
        """Lay the entry in the outbox.

        What a person keeps back stays so when it is prepared anew: no setting lets it go in the person's stead.
        """
        segment, decision_ids = self._decider.keep(self._connection, self._ids, document, entry.document_date, made)
        draft = entries.Draft(
            entry=entry,
            version_id=document.version_id,
            mapping_version_id=self._decider.mapping_version_id,
            booking=document.booking,
            segment=segment,
            decision_ids=decision_ids,
            taken_back=taken_back,
        )
        entry_id, delivery_id = outbox.lay(self._connection, self._place, self._books, self._ids, draft)
        if kept_back is not None:
            again = msgspec.structs.replace(kept_back, at=self._place.clock())
            deliveries.move(self._connection, self._books.id, delivery_id, again)
        return entry_id

    def _overtake(self, remaps: Sequence[Link]) -> None:
        """Take back moves to other accounts that waited: the correction moves them as well."""
        event = DeliveryEvent(
            at=self._place.clock(), state=_S.CANCELLED, actor="connector", reason="superseded: the document was changed"
        )
        deliveries.move_many(self._connection, self._books.id, {each.delivery_id: event for each in remaps})

    def _cancel(self, before: Sequence[Delivery], reason: str) -> None:
        event = DeliveryEvent(at=self._place.clock(), state=_S.CANCELLED, actor="connector", reason=reason)
        for each in before:
            if each.state in NOT_SENT:
                deliveries.move(self._connection, self._books.id, each.delivery_id, event)

    def _keep(
        self,
        document: Kept,
        known: Known | None,
        outcome: Outcome,
        *,
        rule: str = "",
        entry_id: int | None = None,
        found: Sequence[Finding] = (),
        ignored: dict[int, str] | None = None,
    ) -> Outcome | None:
        """Write the preparation unless it says what the latest one said."""
        mine = _prepared(document, found)
        if (
            known is not None
            and (known.outcome, known.rule, known.entry_id) == (outcome, rule, entry_id)
            and self._says(known, mine)
        ):
            return None
        made = Preparation(
            version_id=document.version_id,
            mapping_version_id=self._decider.mapping_version_id,
            settings_hash=self._books.settings_hash,
            outcome=outcome,
            rule=rule,
            entry_id=entry_id,
            findings=mine,
            ignored={document.references[position]: each for position, each in (ignored or {}).items()},
        )
        preparations.add(self._connection, self._books.id, self._ids, [made], self._place.clock())
        return outcome

    def _says(self, known: Known, mine: Sequence[Finding]) -> bool:
        """Whether the latest preparation has these findings, under the tables and settings in force."""
        in_force = (findings.digest(mine), self._decider.mapping_version_id, self._books.settings_hash)
        return (known.findings_digest, known.mapping_version_id, known.settings_hash) == in_force


def _prepared(document: Kept, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those of ``found`` that are kept with the preparation: the others were found while reading."""
    return tuple(each for each in found if each not in document.findings)


def party_of(document: Kept) -> str:
    """The creditor's or debtor's name on the document."""
    head = document.head
    return (head.sender_name if document.key.direction is Direction.PURCHASE else head.receiver_name) or head.issuer


def _rules(ignored: dict[int, str]) -> str:
    return ", ".join(sorted(set(ignored.values())))
