"""Texts that repeat from line to line, kept once per administration and found again by their digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from connector.domain.combination import COMBINATION_FIELDS, Combination
from connector.domain.vocabulary import SUBSCRIPTION_FIELDS, WORDING_FIELDS, Wording
from connector.store import bulk, tables
from connector.store.ids import Ids

_REMEMBERED = 50_000
_FIELDS = {
    "subscription": SUBSCRIPTION_FIELDS,
    "wording": WORDING_FIELDS,
    "combination": COMBINATION_FIELDS,
}


Referred = tuple[int, int, int]
"""(subscription, wording, combination) references of a wording."""


class TextReferences:
    """The references of repeated texts, remembered between documents. Bounded; forgetting only costs a look-up.

    What was remembered in a transaction that was rolled back is wrong: call ``forget`` then.
    """

    def __init__(self, limit: int = 200_000) -> None:
        self._limit = limit
        self._known: dict[str, dict[bytes, int]] = {name: {} for name in _FIELDS}
        # By identity, which costs nothing to compare; the wording is kept so that its identity stays its own.
        self._of: dict[int, tuple[Wording, Referred]] = {}

    def forget(self) -> None:
        """Forget everything."""
        self._of.clear()
        for known in self._known.values():
            known.clear()

    def learn(self, connection: Connection, ids: Ids, administration_id: int, wordings: Iterable[Wording]) -> None:
        """Make sure that every text of ``wordings`` is stored and known."""
        if sum(map(len, self._known.values())) > self._limit:
            self.forget()
        new = {id(wording): wording for wording in wordings if id(wording) not in self._of}
        if not new:
            return
        subscriptions = {each.subscription_digest: each.subscription for each in new.values()}
        texts = {each.texts_digest: each.texts for each in new.values()}
        combinations = {
            each.combination_digest: each.combination
            for each in new.values()
            if each.combination_digest not in self._known["combination"]
        }
        store = _Store(connection, ids, administration_id)
        store.learn("subscription", self._known["subscription"], subscriptions)
        store.learn("wording", self._known["wording"], texts)
        fields = {each: msgspec.structs.astuple(combination) for each, combination in combinations.items()}
        store.learn("combination", self._known["combination"], fields)
        known = [self._known[name] for name in ("subscription", "wording", "combination")]
        for number, each in new.items():
            refers = (
                known[0][each.subscription_digest],
                known[1][each.texts_digest],
                known[2][each.combination_digest],
            )
            self._of[number] = (each, refers)

    def of(self, wording: Wording) -> Referred:
        """The references of a wording that was learnt."""
        return self._of[id(wording)][1]


class _Store:
    def __init__(self, connection: Connection, ids: Ids, administration_id: int) -> None:
        self._connection, self._ids, self._administration_id = connection, ids, administration_id

    def learn(self, table: str, known: dict[bytes, int], wanted: Mapping[bytes, Sequence[str]]) -> None:
        """Add the texts ``wanted``, by digest, to ``known``; those that are not stored yet are stored."""
        missing = [each for each in wanted if each not in known]
        if not missing:
            return
        columns = [column.name for column in tables.metadata.tables[table].columns]
        known.update(bulk.find(self._connection, table, "digest", columns[1], self._administration_id, missing))
        rows = []
        for each in missing:
            if each not in known:
                known[each] = self._ids.take(table)
                rows.append((self._administration_id, known[each], each, *wanted[each]))
        bulk.insert(self._connection, table, columns, rows)


def remember_combinations(
    connection: Connection, administration_id: int, references: Collection[int], remembered: dict[int, Combination]
) -> None:
    """Add the combinations behind ``references`` to ``remembered``, those that are not there yet; forgets all when
    it grows large."""
    if len(remembered) > _REMEMBERED:
        remembered.clear()
    stored = tables.combination
    wanted = [each for each in references if each not in remembered]
    if not wanted:
        return
    columns = [stored.c[name] for name in COMBINATION_FIELDS]
    rows = bulk.rows_of(
        connection,
        select(stored.c.combination_ref, *columns).where(
            stored.c.administration_id == administration_id, bulk.among(connection, stored.c.combination_ref, wanted)
        ),
    )
    alike: dict[str, str] = {}
    same = alike.setdefault  # the same texts come back in thousands of combinations, and need be in memory once
    for reference, *fields in rows:
        texts = {name: same(text, text) for name, text in zip(COMBINATION_FIELDS, fields, strict=True)}
        remembered[reference] = Combination(**texts)
