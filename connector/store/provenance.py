"""Provenance: which groups of its document, and which decisions, are behind each posting of an entry.

The way is a join: line → combination → decision (``decided``) → posting (``posting_decision``). Debit and credit are
never netted, so a posting holds the groups of its decisions that have its sign; one that belongs to a single line holds
that line's group.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, and_, func, select

from connector.domain.journal import PostingRole
from connector.store import bulk, tables
from connector.store.joins import same

_OF_OTHERS = (PostingRole.REVERSED.value, PostingRole.ELSEWHERE.value)
"""Postings that take back what another entry, or a booking by another channel, has: lines of ours are behind none."""
_VAT = (PostingRole.VAT_INPUT.value, PostingRole.VAT_COST.value, PostingRole.VAT_DUE.value)


class _Group(msgspec.Struct, frozen=True, gc=False):
    sign: str
    decision_id: int
    tax: str


class _Posting(msgspec.Struct, frozen=True, gc=False):
    number: int
    role: str
    tax: str
    negative: bool
    combination_ref: int | None


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """The posting ``number`` (from 1) of an earlier entry of the same document."""

    entry_id: int
    number: int


class Behind(msgspec.Struct, kw_only=True):
    """What is behind the postings of one entry. Groups are positions in the document, in the order of first lines."""

    members: dict[int, _Group] = {}
    postings: list[_Posting] = []
    chosen: dict[int, set[int]] = {}
    taken_back: dict[int, TakenBack] = {}
    """The posting of an earlier entry that is taken back, by the number of the posting that does so. What is behind it
    is what is behind that one, whose document may be an earlier version of this one's."""

    @property
    def decisions(self) -> list[tuple[int, int]]:
        """(group, decision) of every group."""
        return [(position, group.decision_id) for position, group in enumerate(self.members.values())]

    def groups(self, role: PostingRole | None = None) -> dict[int, tuple[int, ...]]:
        """The groups whose cents each posting (of ``role``) holds: its own, all of its tax code for VAT, none of what
        is taken back, all for the rest."""
        return {
            each.number: tuple(self._held(each)) for each in self.postings if role is None or each.role == role.value
        }

    def strange(self) -> list[int]:
        """The numbers of postings of net amounts whose decisions are not those of the groups that they hold."""
        decided = dict(self.decisions)
        nets = [each for each in self.postings if each.role == PostingRole.NET.value]
        return [
            each.number
            for each in nets
            if self.chosen.get(each.number, set()) != {decided[position] for position in self._held(each)}
        ]

    def _held(self, posting: _Posting) -> list[int]:
        if posting.role in _OF_OTHERS:
            return []
        if posting.combination_ref is not None:
            return [n for n, reference in enumerate(self.members) if reference == posting.combination_ref]
        groups = enumerate(self.members.values())
        if posting.role == PostingRole.NET.value:
            decisions, sign = self.chosen.get(posting.number, set()), "-" if posting.negative else "+"
            return [n for n, one in groups if one.decision_id in decisions and one.sign == sign]
        return [n for n, one in groups if posting.role not in _VAT or one.tax == posting.tax]


def behind(connection: Connection, administration_id: int, entry_ids: Collection[int]) -> dict[int, Behind]:
    """What is behind the postings of ``entry_ids``. Holds every group of their documents: ask for few at once."""
    found = {entry_id: Behind() for entry_id in entry_ids}
    _read_groups(connection, administration_id, found)
    stored = tables.posting_decision
    for entry_id, number, decision_id in bulk.rows_of(
        connection,
        select(stored.c.entry_id, stored.c.posting_no, stored.c.decision_id).where(
            stored.c.administration_id == administration_id, stored.c.entry_id.in_(found)
        ),
    ):
        found[entry_id].chosen.setdefault(number, set()).add(decision_id)
    _read_postings(connection, administration_id, found)
    _read_taken_back(connection, administration_id, found)
    return found


def _read_groups(connection: Connection, administration_id: int, found: dict[int, Behind]) -> None:
    entry, line, combination = tables.entry, tables.line, tables.combination
    decided, decision = tables.decided, tables.decision
    rows = bulk.rows_of(
        connection,
        select(entry.c.entry_id, line.c.combination_ref, combination.c.sign, decided.c.decision_id, decision.c.tax)
        .join(line, same(line, entry, "version_id"))
        .outerjoin(combination, same(combination, line, "combination_ref"))
        .outerjoin(decided, and_(same(decided, entry, "mapping_version_id", "segment"),
                                 decided.c.combination_ref == line.c.combination_ref))
        .outerjoin(decision, same(decision, decided, "decision_id"))
        .where(entry.c.administration_id == administration_id, entry.c.entry_id.in_(found))
        .group_by(entry.c.entry_id, line.c.combination_ref, combination.c.sign, decided.c.decision_id, decision.c.tax)
        .order_by(entry.c.entry_id, func.min(line.c.line_no)),
    )  # fmt: skip
    for entry_id, combination_ref, sign, decision_id, tax in rows:
        found[entry_id].members[combination_ref] = _Group(sign or "", decision_id or 0, tax or "")


def _read_postings(connection: Connection, administration_id: int, found: dict[int, Behind]) -> None:
    entry, posting, line = tables.entry, tables.posting, tables.line
    rows = connection.execute(
        select(entry.c.entry_id, entry.c.document_key, posting.c.posting_no, posting.c.role, posting.c.tax,
               posting.c.minor, line.c.combination_ref)
        .join(posting, same(posting, entry, "entry_id"))
        .outerjoin(line, and_(same(line, entry, "version_id"), line.c.line_no == posting.c.line_no))
        .where(entry.c.administration_id == administration_id, entry.c.entry_id.in_(found))
        .order_by(entry.c.entry_id, posting.c.posting_no)
    )  # fmt: skip
    for entry_id, key, number, role, tax, minor, combination_ref in rows:
        # On a sale the net amounts are credits, so a minus on the line is a debit.
        negative = minor < 0 if key.split("/")[1] == "purchase" else minor > 0
        found[entry_id].postings.append(_Posting(number, role, tax, negative, combination_ref))


def _read_taken_back(connection: Connection, administration_id: int, found: dict[int, Behind]) -> None:
    stored = tables.taken_back
    rows = connection.execute(
        select(stored.c.entry_id, stored.c.posting_no, stored.c.of_entry_id, stored.c.of_posting_no).where(
            stored.c.administration_id == administration_id, stored.c.entry_id.in_(found)
        )
    )
    for entry_id, number, of_entry_id, of_number in rows:
        found[entry_id].taken_back[number] = TakenBack(entry_id=of_entry_id, number=of_number)
