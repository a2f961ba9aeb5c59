"""Texts that repeat from line to line, kept once per administration and found again by their digest; and the
combinations made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, select

from connector.domain.combination import Combination
from connector.domain.vocabulary import CHARGE_FIELDS, SUBSCRIPTION_FIELDS, Texts, Wording, combine
from connector.store import bulk, tables
from connector.store.ids import Ids
from connector.store.joins import same

_REMEMBERED = 25_000
_facts = attrgetter(*tables.FACT_FIELDS)
Key = tuple[Any, ...]
"""A combination's references to its texts, and its facts."""


class TextReferences:
    """The references of repeated texts, remembered between documents. Bounded; forgetting only costs a look-up.

    What was remembered in a transaction that was rolled back is wrong: call ``forget`` then.
    """

    def __init__(self, limit: int = 25_000) -> None:
        self._limit = limit
        self._texts: dict[str, dict[bytes, int]] = {"subscription": {}, "charge": {}}
        # By identity, which costs nothing to compare; the wording is kept so that its identity stays its own.
        self._of: dict[int, tuple[Wording, int]] = {}

    def forget(self) -> None:
        """Forget everything."""
        self._of.clear()
        for known in self._texts.values():
            known.clear()

    def learn(self, connection: Connection, ids: Ids, administration_id: int, wordings: Iterable[Wording]) -> None:
        """Make sure that every text of ``wordings`` is stored and known."""
        if len(self._of) > self._limit:
            self._of.clear()
        if sum(map(len, self._texts.values())) > 4 * self._limit:
            self.forget()
        new = [each for each in {id(each): each for each in wordings}.values() if id(each) not in self._of]
        if not new:
            return
        store = _Store(connection, ids, administration_id)
        before = store.next_subscription()
        subscriptions = store.learn("subscription", self._texts["subscription"], [each.subscription for each in new])
        charges = store.learn("charge", self._texts["charge"], [each.charge for each in new])
        keys = [
            (subscriptions[each.subscription.digest], charges[each.charge.digest], *_facts(each.combination))
            for each in new
        ]
        combinations = store.combinations(keys, before)
        self._of.update((id(each), (each, combinations[key])) for each, key in zip(new, keys, strict=True))

    def of(self, wordings: Iterable[Wording]) -> list[int]:
        """The combination references of wordings that were learnt."""
        known = self._of
        return [known[id(wording)][1] for wording in wordings]


class _Store:
    def __init__(self, connection: Connection, ids: Ids, administration_id: int) -> None:
        self._connection, self._ids, self._administration_id = connection, ids, administration_id

    def learn(self, table: str, known: dict[bytes, int], wanted: Sequence[Texts]) -> Mapping[bytes, int]:
        """Add the texts ``wanted`` to ``known``; those that are not stored yet are stored."""
        missing = {each.digest: each.fields for each in wanted if each.digest not in known}
        if missing:
            columns = [column.name for column in tables.metadata.tables[table].columns]
            index = f"ix_{table}_digest"
            stored = bulk.find(self._connection, table, ("digest", columns[1]), index, self._administration_id, missing)
            found = {bytes(digest): reference for digest, reference in stored}
            rows = []
            for digest, fields in missing.items():
                if digest not in found:
                    found[digest] = self._ids.take(table)
                    rows.append((self._administration_id, found[digest], digest, *fields))
            bulk.insert(self._connection, table, columns, rows)
            known.update(found)
        return known

    def next_subscription(self) -> int:
        """The reference that the next new subscription gets."""
        return self._ids.upcoming("subscription")

    def combinations(self, keys: Sequence[Key], before: int) -> dict[Key, int]:
        """The reference of every combination, by its key; those that are not stored yet are stored.

        Only subscriptions with a reference below ``before`` can have combinations already.
        """
        found = self._stored({key[0] for key in keys if key[0] < before})
        rows = []
        for key in keys:
            if key not in found:
                found[key] = self._ids.take("combination")
                rows.append((self._administration_id, found[key], *key))
        bulk.insert(self._connection, "combination", [column.name for column in tables.combination.columns], rows)
        return found

    def _stored(self, subscriptions: Collection[int]) -> dict[Key, int]:
        stored = tables.combination
        if not subscriptions:
            return {}
        rows = bulk.rows_of(
            self._connection,
            select(stored.c.combination_ref, stored.c.subscription_ref, stored.c.charge_ref,
                   *(stored.c[name] for name in tables.FACT_FIELDS))
            .where(stored.c.administration_id == self._administration_id,
                   bulk.among(self._connection, stored.c.subscription_ref, subscriptions)),
        )  # fmt: skip
        return {tuple(key): reference for reference, *key in rows}


def remember_combinations(
    connection: Connection, administration_id: int, references: Collection[int], remembered: dict[int, Combination]
) -> None:
    """Add the combinations behind ``references`` to ``remembered``, those that are not there yet; forgets all when
    it grows large."""
    if len(remembered) > _REMEMBERED:
        remembered.clear()
    stored, subscription, charge = tables.combination, tables.subscription, tables.charge
    wanted = [each for each in references if each not in remembered]
    if not wanted:
        return
    rows = bulk.rows_of(
        connection,
        select(
            stored.c.combination_ref,
            *(stored.c[name] for name in tables.FACT_FIELDS),
            *(subscription.c[name] for name in SUBSCRIPTION_FIELDS),
            *(charge.c[name] for name in CHARGE_FIELDS),
        )
        .join(subscription, same(subscription, stored, "subscription_ref"))
        .join(charge, same(charge, stored, "charge_ref"))
        .where(stored.c.administration_id == administration_id,
               bulk.among(connection, stored.c.combination_ref, wanted)),
    )  # fmt: skip
    alike: dict[str, str] = {}
    once = alike.setdefault  # the same texts come back in thousands of combinations, and need be in memory once
    facts, texts = len(tables.FACT_FIELDS), len(SUBSCRIPTION_FIELDS)
    for reference, *fields in rows:
        told = [once(text, text) for text in fields]
        combination = combine(told[facts : facts + texts], told[facts + texts :], *told[:facts])
        remembered[reference] = combination
