"""Decisions that entries rest on: each kept once per mapping version, and which combination it was made for.

Many combinations share one decision: they differ in what no table reads. ``decided`` says which decision a combination
got under a mapping version, for a segment of dates; ``posting_decision`` which decisions are behind a posting. So the
way from a line to the rows that chose is a join.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, and_, select

from connector.domain.decision import Decision
from connector.domain.delivery import DeliveryState
from connector.domain.document import digest
from connector.store import bulk, tables
from connector.store.ids import Ids

_CHUNK = 500
_REMEMBERED = 100_000
_decision = msgspec.json.Decoder(Decision)


class DecisionReferences:
    """The ids of decisions under one mapping version, remembered between documents.

    What was remembered in a transaction that was rolled back is wrong: make a new one then.
    """

    def __init__(self, administration_id: int, mapping_version_id: int) -> None:
        self._administration_id, self._mapping_version_id = administration_id, mapping_version_id
        self._known: dict[bytes, int] = {}
        # By identity: the mapping gives the same object for the same question, so its text is made once.
        self._of: dict[int, tuple[Decision, int]] = {}
        self._decided: dict[datetime.date, dict[int, int]] = {}

    def keep(
        self,
        connection: Connection,
        ids: Ids,
        segment: datetime.date,
        combinations: Sequence[int],
        made: Sequence[Decision],
    ) -> list[int]:
        """The id of the decision of each of ``combinations`` in a segment of dates; those not kept yet are kept."""
        self._learn(connection, ids, {id(each): each for each in made})
        chosen = [self._of[id(each)][1] for each in made]
        decided = self._decided.setdefault(segment, {})
        new = {one: decision for one, decision in zip(combinations, chosen, strict=True) if one not in decided}
        if new:
            if len(decided) > _REMEMBERED:
                decided.clear()
            rows = [
                (self._administration_id, self._mapping_version_id, segment.isoformat(), one, decision)
                for one, decision in new.items()
            ]
            columns = [column.name for column in tables.decided.columns]
            # An earlier run may have decided some: the same, since tables and dates are the same.
            bulk.insert(connection, "decided", columns, rows, known_too=True)
            decided.update(new)
        return chosen

    def _learn(self, connection: Connection, ids: Ids, made: dict[int, Decision]) -> None:
        new = {number: (each, _digest(each)) for number, each in made.items() if number not in self._of}
        self._look_up(connection, {each for _, each in new.values() if each not in self._known})
        rows = []
        for number, (decision, each) in new.items():
            if each not in self._known:
                self._known[each] = ids.take("decision")
                rows.append(self._row(self._known[each], each, decision))
            self._of[number] = (decision, self._known[each])
        bulk.insert(connection, "decision", [column.name for column in tables.decision.columns], rows)

    def _look_up(self, connection: Connection, missing: Collection[bytes]) -> None:
        stored, wanted = tables.decision, list(missing)
        for start in range(0, len(wanted), _CHUNK):
            rows = connection.execute(
                select(stored.c.digest, stored.c.decision_id).where(
                    stored.c.administration_id == self._administration_id,
                    stored.c.mapping_version_id == self._mapping_version_id,
                    stored.c.digest.in_(wanted[start : start + _CHUNK]),
                )
            )
            self._known.update((bytes(each), decision_id) for each, decision_id in rows)

    def _row(self, decision_id: int, each: bytes, decision: Decision) -> tuple[object, ...]:
        return (
            self._administration_id,
            decision_id,
            self._mapping_version_id,
            each,
            decision.action.value,
            decision.account,
            decision.tax,
            decision.deferral,
            msgspec.json.encode(decision).decode(),
        )


def _digest(decision: Decision) -> bytes:
    return digest((msgspec.json.encode(decision).decode(),))


class MadeDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The decision that an entry rests on, the mapping version that made it, and the state of the entry's delivery."""

    entry_id: int
    state: str
    mapping_version: int
    decision: Decision


def made_for(
    connection: Connection, administration_id: int, version_id: int, combination_ref: int
) -> MadeDecision | None:
    """The decision that was made for a combination of a document by its latest entry that was not cancelled.

    ``None`` when there is no such entry.
    """
    entry, delivery, decided, decision = tables.entry, tables.delivery, tables.decided, tables.decision
    row = connection.execute(
        select(entry.c.entry_id, entry.c.mapping_version_id, delivery.c.state, decision.c.body)
        .join(delivery, and_(delivery.c.administration_id == entry.c.administration_id,
                             delivery.c.entry_id == entry.c.entry_id))
        .join(decided, and_(decided.c.administration_id == entry.c.administration_id,
                            decided.c.mapping_version_id == entry.c.mapping_version_id,
                            decided.c.segment == entry.c.segment))
        .join(decision, and_(decision.c.administration_id == decided.c.administration_id,
                             decision.c.decision_id == decided.c.decision_id))
        .where(entry.c.administration_id == administration_id, entry.c.version_id == version_id,
               decided.c.combination_ref == combination_ref, delivery.c.state != DeliveryState.CANCELLED.value)
        .order_by(entry.c.entry_id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return MadeDecision(
        entry_id=row.entry_id,
        state=row.state,
        mapping_version=row.mapping_version_id,
        decision=_decision.decode(row.body),
    )
