"""Journal entries, sealed: written once, read back as the values they were."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, and_, select

from connector.domain.document import parse_entry_key
from connector.domain.journal import Dimensions, DocumentKind, JournalEntry, Posting, PostingRole
from connector.store import bulk, tables
from connector.store.ids import Ids

_CHUNK = 400
_VAT = (PostingRole.VAT_INPUT, PostingRole.VAT_COST, PostingRole.VAT_DUE)
_dimensions = msgspec.json.Decoder(Dimensions)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to keep: the version it books, the mapping version, the booking fingerprint, and the decision
    behind each group."""

    entry: JournalEntry
    version_id: int
    mapping_version_id: int
    booking: bytes
    decision_ids: Sequence[int]


def add(connection: Connection, administration_id: int, ids: Ids, draft: Draft, prepared_at: datetime.datetime) -> int:
    """Keep an entry with its postings and their groups, and seal it. Returns its id."""
    entry, entry_id = draft.entry, ids.take("entry")
    connection.execute(
        tables.entry.insert(),
        {
            "administration_id": administration_id,
            "entry_id": entry_id,
            "version_id": draft.version_id,
            "mapping_version_id": draft.mapping_version_id,
            "entry_key": entry.key.text,
            "document_key": entry.key.document,
            "purpose": entry.key.purpose,
            "kind": entry.kind.value,
            "booking_date": entry.date,
            "document_date": entry.document_date,
            "tax_point": entry.tax_point,
            "vat_period": entry.vat_period,
            "due_date": entry.due,
            "currency": entry.currency,
            "number": entry.number,
            "party": entry.party,
            "description": entry.text,
            "total_minor": entry.total_minor,
            "fingerprint": entry.fingerprint,
            "booking": draft.booking,
            "prepared_at": prepared_at,
        },
    )
    postings = [_posting_row(administration_id, entry_id, n, each, entry) for n, each in enumerate(entry.postings, 1)]
    bulk.insert(connection, "posting", [column.name for column in tables.posting.columns], postings)
    groups = [
        (administration_id, entry_id, n, position, draft.decision_ids[position])
        for n, each in enumerate(entry.postings, 1)
        if each.role is PostingRole.NET  # what the others hold follows from these: all of a tax code, or all
        for position in each.groups
    ]
    bulk.insert(connection, "posting_group", [column.name for column in tables.posting_group.columns], groups)
    connection.execute(
        tables.entry_seal.insert(),
        {
            "administration_id": administration_id,
            "entry_id": entry_id,
            "postings": len(postings),
            "fingerprint": entry.fingerprint,
        },
    )
    return entry_id


def _posting_row(
    administration_id: int, entry_id: int, number: int, posting: Posting, entry: JournalEntry
) -> tuple[object, ...]:
    return (
        administration_id,
        entry_id,
        number,
        posting.account,
        posting.minor,
        entry.currency,
        posting.role.value,
        posting.tax,
        posting.base_minor,
        msgspec.json.encode(posting.dimensions).decode(),
        posting.text,
        posting.deferral,
        posting.line_no,
    )


def load(connection: Connection, administration_id: int, entry_ids: Collection[int]) -> dict[int, JournalEntry]:
    """The entries ``entry_ids``, each with all its postings."""
    wanted = list(entry_ids)
    found: dict[int, JournalEntry] = {}
    for start in range(0, len(wanted), _CHUNK):
        found |= _load(connection, administration_id, wanted[start : start + _CHUNK])
    return found


def _load(connection: Connection, administration_id: int, entry_ids: list[int]) -> dict[int, JournalEntry]:
    postings = _postings(connection, administration_id, entry_ids)
    stored = tables.entry
    rows = connection.execute(
        select(stored).where(stored.c.administration_id == administration_id, stored.c.entry_id.in_(entry_ids))
    )
    return {
        row.entry_id: JournalEntry(
            key=parse_entry_key(row.entry_key),
            kind=DocumentKind(row.kind),
            date=row.booking_date,
            document_date=row.document_date,
            tax_point=row.tax_point,
            vat_period=row.vat_period,
            due=row.due_date,
            currency=row.currency,
            number=row.number,
            party=row.party,
            text=row.description,
            postings=tuple(postings[row.entry_id]),
        )
        for row in rows
    }


def _postings(connection: Connection, administration_id: int, entry_ids: list[int]) -> dict[int, list[Posting]]:
    posting = tables.posting
    groups = _groups(connection, administration_id, entry_ids)
    found: dict[int, list[Posting]] = {entry_id: [] for entry_id in entry_ids}
    for row in connection.execute(
        select(posting)
        .where(posting.c.administration_id == administration_id, posting.c.entry_id.in_(entry_ids))
        .order_by(posting.c.entry_id, posting.c.posting_no)
    ):
        role = PostingRole(row.role)
        found[row.entry_id].append(
            Posting(
                account=row.account,
                minor=row.minor,
                role=role,
                tax=row.tax,
                base_minor=row.base_minor,
                dimensions=_dimensions.decode(row.dimensions),
                text=row.description,
                deferral=row.deferral,
                groups=groups[row.entry_id].by(role, row.posting_no, row.tax),
                line_no=row.line_no,
            )
        )
    return found


class _Held:
    """The groups of one entry as they were kept: with the postings of net amounts, and by the tax code decided on."""

    def __init__(self) -> None:
        self.by_posting: dict[int, list[int]] = {}
        self.by_tax: dict[str, list[int]] = {}

    def by(self, role: PostingRole, number: int, tax: str) -> tuple[int, ...]:
        """The groups whose cents a posting holds: its own, all of its tax code for VAT, all for the rest."""
        if role is PostingRole.NET:
            return tuple(self.by_posting.get(number, ()))
        if role in _VAT:
            return tuple(sorted(set(self.by_tax.get(tax, ()))))
        return tuple(sorted({position for each in self.by_tax.values() for position in each}))


def _groups(connection: Connection, administration_id: int, entry_ids: list[int]) -> dict[int, _Held]:
    group, decision = tables.posting_group, tables.decision
    found = {entry_id: _Held() for entry_id in entry_ids}
    for entry_id, number, position, tax in bulk.rows_of(
        connection,
        select(group.c.entry_id, group.c.posting_no, group.c.position, decision.c.tax)
        .join(
            decision,
            and_(
                decision.c.administration_id == group.c.administration_id,
                decision.c.decision_id == group.c.decision_id,
            ),
        )
        .where(group.c.administration_id == administration_id, group.c.entry_id.in_(entry_ids))
        .order_by(group.c.entry_id, group.c.posting_no, group.c.position),
    ):
        held = found[entry_id]
        held.by_posting.setdefault(number, []).append(position)
        held.by_tax.setdefault(tax, []).append(position)
    return found
