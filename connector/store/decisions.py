"""Decisions that entries rest on, each kept once per mapping version.

Many combinations share one decision: they differ in what no table reads. Which group of which document rests on
which decision is kept
with the postings (``posting_group``), so the way from a line to the rows that chose is a join.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, select

from connector.domain.decision import Decision
from connector.domain.document import digest
from connector.store import bulk, tables
from connector.store.ids import Ids

_CHUNK = 500


class DecisionReferences:
    """The ids of decisions under one mapping version, remembered between documents.

    What was remembered in a transaction that was rolled back is wrong: make a new one then.
    """

    def __init__(self, administration_id: int, mapping_version_id: int) -> None:
        self._administration_id, self._mapping_version_id = administration_id, mapping_version_id
        self._known: dict[bytes, int] = {}
        self._digests: dict[int, tuple[Decision, bytes]] = {}

    def of(self, connection: Connection, ids: Ids, made: Sequence[Decision]) -> list[int]:
        """The id of each decision; those not kept yet are kept."""
        digests = [self._digest(each) for each in made]
        missing = {each: decision for each, decision in zip(digests, made, strict=True) if each not in self._known}
        self._look_up(connection, missing)
        rows = []
        for each, decision in missing.items():
            if each not in self._known:
                self._known[each] = ids.take("decision")
                rows.append(self._row(self._known[each], each, decision))
        bulk.insert(connection, "decision", [column.name for column in tables.decision.columns], rows)
        return [self._known[each] for each in digests]

    def _digest(self, decision: Decision) -> bytes:
        # The mapping gives the same object for the same question, so its text is made once.
        found = self._digests.get(id(decision))
        if found is None:
            found = self._digests[id(decision)] = (decision, digest((msgspec.json.encode(decision).decode(),)))
        return found[1]

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
