"""Journal entries, sealed: written once, read back as the values they were."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from connector.domain.document import parse_entry_key
from connector.domain.journal import Dimensions, DocumentKind, JournalEntry, Posting, PostingRole
from connector.store import bulk, tables
from connector.store.ids import Ids
from connector.store.provenance import Behind, TakenBack

_CHUNK = 400
_dimensions = msgspec.json.Decoder(Dimensions)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to keep: the version it books, the mapping version with the segment of dates whose decisions it rests
    on, the booking fingerprint, and the decision behind each group; ``taken_back`` are the
    postings of earlier entries that are taken back, by the number of the posting that does so."""

    entry: JournalEntry
    version_id: int
    mapping_version_id: int
    booking: bytes
    segment: datetime.date
    decision_ids: Sequence[int]
    taken_back: Mapping[int, TakenBack] = {}


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a kept entry rests on, as in its ``Draft``."""

    version_id: int
    mapping_version_id: int
    booking: bytes
    segment: datetime.date


def origin(connection: Connection, administration_id: int, entry_id: int) -> Origin:
    """What the entry ``entry_id`` rests on."""
    stored = tables.entry
    row = connection.execute(
        select(stored.c.version_id, stored.c.mapping_version_id, stored.c.booking, stored.c.segment).where(
            stored.c.administration_id == administration_id, stored.c.entry_id == entry_id
        )
    ).one()
    return Origin(
        version_id=row.version_id,
        mapping_version_id=row.mapping_version_id,
        booking=bytes(row.booking),
        segment=row.segment,
    )


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
            "segment": draft.segment,
            "prepared_at": prepared_at,
        },
    )
    postings = [_posting_row(administration_id, entry_id, n, each, entry) for n, each in enumerate(entry.postings, 1)]
    bulk.insert(connection, "posting", [column.name for column in tables.posting.columns], postings)
    behind = [
        (administration_id, entry_id, n, decision_id)
        for n, each in enumerate(entry.postings, 1)
        if each.role is PostingRole.NET  # what the others hold follows from these: all of a tax code, or all
        for decision_id in sorted({draft.decision_ids[position] for position in each.groups})
    ]
    bulk.insert(connection, "posting_decision", [column.name for column in tables.posting_decision.columns], behind)
    gone = [(administration_id, entry_id, n, one.entry_id, one.number) for n, one in sorted(draft.taken_back.items())]
    bulk.insert(connection, "taken_back", [column.name for column in tables.taken_back.columns], gone)
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


def load(
    connection: Connection,
    administration_id: int,
    entry_ids: Collection[int],
    behind: Mapping[int, Behind] | None = None,
) -> dict[int, JournalEntry]:
    """The entries ``entry_ids``, each with all its postings; these know their groups by what is ``behind`` them."""
    wanted = list(entry_ids)
    found: dict[int, JournalEntry] = {}
    for start in range(0, len(wanted), _CHUNK):
        found |= _load(connection, administration_id, wanted[start : start + _CHUNK], behind or {})
    return found


def _load(
    connection: Connection, administration_id: int, entry_ids: list[int], behind: Mapping[int, Behind]
) -> dict[int, JournalEntry]:
    postings = _postings(connection, administration_id, entry_ids, behind)
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


def _postings(
    connection: Connection, administration_id: int, entry_ids: list[int], behind: Mapping[int, Behind]
) -> dict[int, list[Posting]]:
    posting = tables.posting
    groups = {entry_id: each.groups() for entry_id, each in behind.items()}
    found: dict[int, list[Posting]] = {entry_id: [] for entry_id in entry_ids}
    for row in connection.execute(
        select(posting)
        .where(posting.c.administration_id == administration_id, posting.c.entry_id.in_(entry_ids))
        .order_by(posting.c.entry_id, posting.c.posting_no)
    ):
        found[row.entry_id].append(
            Posting(
                account=row.account,
                minor=row.minor,
                role=PostingRole(row.role),
                tax=row.tax,
                base_minor=row.base_minor,
                dimensions=_dimensions.decode(row.dimensions),
                text=row.description,
                deferral=row.deferral,
                groups=groups.get(row.entry_id, {}).get(row.posting_no, ()),
                line_no=row.line_no,
            )
        )
    return found
