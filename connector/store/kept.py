"""Kept versions, read back for preparing: head, groups, findings, and lines that get postings of their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import Connection, and_, select, tuple_

from connector.domain.aggregation import LineAmount
from connector.domain.combination import Combination
from connector.domain.dates import month_of
from connector.domain.finding import Finding
from connector.domain.invoice import Direction, InvoiceKey
from connector.domain.reading import Group, Head
from connector.store import bulk, findings, tables, texts
from connector.store.documents import DIRECTION_NUMBERS, is_newest, newest, row_hash_number

_head = msgspec.json.Decoder(Head)
_CHUNK = 400
_PART = re.compile(r"part \d+$")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A kept version. ``references`` are the combination references of its groups; amounts in minor units."""

    invoice_id: int
    version_id: int
    version_no: int
    fetch_id: int
    key: InvoiceKey
    head: Head
    groups: tuple[Group, ...]
    references: tuple[int, ...]
    findings: tuple[Finding, ...]
    booking: bytes
    show_detail: bool
    net: int
    vat: int
    lines: int


def current_ids(connection: Connection, administration_id: int) -> list[int]:
    """The ids of all current versions, in order of document date, then id."""
    version, latest = tables.invoice_version, newest()
    rows = connection.execute(
        select(version.c.version_id)
        .join(latest, is_newest(latest))
        .where(version.c.administration_id == administration_id)
        .order_by(version.c.document_date, version.c.version_id)
    )
    return list(rows.scalars())


def versions_of(connection: Connection, administration_id: int, invoice_ids: Collection[int]) -> set[int]:
    """The ids of all versions of the invoices ``invoice_ids``."""
    version = tables.invoice_version
    wanted, found = sorted(invoice_ids), set[int]()
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(version.c.version_id).where(
                version.c.administration_id == administration_id,
                version.c.invoice_id.in_(wanted[start : start + _CHUNK]),
            )
        )
        found.update(rows.scalars())
    return found


def load(
    connection: Connection,
    administration_id: int,
    version_ids: Collection[int],
    remembered: dict[int, Combination] | None = None,
) -> Iterator[Kept]:
    """The versions ``version_ids`` in the order given. ``remembered`` are combinations read before; new ones are
    added."""
    wanted, remembered = list(version_ids), {} if remembered is None else remembered
    for start in range(0, len(wanted), _CHUNK):
        yield from _load(connection, administration_id, wanted[start : start + _CHUNK], remembered)


def _load(
    connection: Connection, administration_id: int, version_ids: list[int], remembered: dict[int, Combination]
) -> Iterator[Kept]:
    invoice, version = tables.invoice, tables.invoice_version
    rows = connection.execute(
        select(version, invoice.c.direction, invoice.c.source, invoice.c.issuer, invoice.c.number, invoice.c.customer)
        .join(
            invoice,
            and_(
                invoice.c.administration_id == version.c.administration_id, invoice.c.invoice_id == version.c.invoice_id
            ),
        )
        .where(version.c.administration_id == administration_id, version.c.version_id.in_(version_ids))
    )
    by_id = {row.version_id: row for row in rows}
    groups = _groups(connection, administration_id, version_ids, remembered)
    found = findings.of_versions(connection, administration_id, version_ids)
    for version_id in version_ids:
        row = by_id[version_id]
        mine = groups.get(version_id, [])
        yield Kept(
            invoice_id=row.invoice_id,
            version_id=version_id,
            version_no=row.version_no,
            fetch_id=row.fetch_id,
            key=InvoiceKey(
                direction=Direction(row.direction),
                source=row.source,
                issuer=row.issuer,
                number=row.number,
                customer=row.customer,
            ),
            head=_head.decode(row.head),
            groups=tuple(group for _, group in mine),
            references=tuple(reference for reference, _ in mine),
            findings=found.get(version_id, ()),
            booking=bytes(row.booking),
            show_detail=row.show_detail,
            net=row.net_minor,
            vat=row.vat_minor,
            lines=row.lines,
        )


def _groups(
    connection: Connection, administration_id: int, version_ids: list[int], remembered: dict[int, Combination]
) -> dict[int, list[tuple[int, Group]]]:
    stored = tables.document_group
    rows = bulk.rows_of(
        connection,
        select(stored.c.version_id, stored.c.combination_ref, stored.c.lines, stored.c.net_minor, stored.c.vat_minor)
        .where(stored.c.administration_id == administration_id, stored.c.version_id.in_(version_ids))
        .order_by(stored.c.version_id, stored.c.position),
    )
    texts.remember_combinations(connection, administration_id, {row[1] for row in rows}, remembered)
    groups: dict[int, list[tuple[int, Group]]] = {version_id: [] for version_id in version_ids}
    for version_id, reference, lines, net, vat in rows:
        group = Group(combination=remembered[reference], lines=lines, net=net, vat=vat)
        groups[version_id].append((reference, group))
    return groups


def line_amounts(
    connection: Connection, administration_id: int, version_id: int, positions: Collection[int]
) -> list[LineAmount]:
    """The lines of a version that belong to the groups ``positions``, in line order."""
    line, wording = tables.line, tables.wording
    rows = connection.execute(
        select(line.c.line_no, line.c.position, line.c.net_minor, line.c.end_date, wording.c.description)
        .join(
            wording,
            and_(wording.c.administration_id == line.c.administration_id, wording.c.wording_ref == line.c.wording_ref),
        )
        .where(
            line.c.administration_id == administration_id,
            line.c.version_id == version_id,
            bulk.among(connection, line.c.position, positions),
        )
        .order_by(line.c.line_no)
    ).all()
    return [
        LineAmount(line_no=no, group=position, net=net, text=text, month=month_of(end) if end else "")
        for no, position, net, end, text in rows
    ]


def previous_head(connection: Connection, administration_id: int, kept: Kept) -> Head | None:
    """The head of the last earlier document from a sender of the same name that was good enough to book, by
    document date.

    A held document teaches nothing: else one odd sender would make the next, right one look odd too.
    """
    if kept.head.date is None:
        return None  # it is held for its missing date, and has no place among the others
    invoice, version, preparation = tables.invoice, tables.invoice_version, tables.preparation
    booked = (
        select(preparation.c.preparation_id)
        .where(
            preparation.c.administration_id == version.c.administration_id,
            preparation.c.version_id == version.c.version_id,
            preparation.c.entry_id.is_not(None),
        )
        .exists()
    )
    found = connection.scalar(
        select(version.c.head)
        .join(
            invoice,
            and_(
                invoice.c.administration_id == version.c.administration_id, invoice.c.invoice_id == version.c.invoice_id
            ),
        )
        .where(
            version.c.administration_id == administration_id,
            invoice.c.direction == kept.key.direction.value,
            version.c.party_name == kept.head.sender_name,
            version.c.invoice_id != kept.invoice_id,
            version.c.document_date <= kept.head.date,
            booked,
        )
        .order_by(version.c.document_date.desc(), version.c.version_id.desc())
        .limit(1)
    )
    return None if found is None else _head.decode(found)


def twins(connection: Connection, administration_id: int, vanished: Collection[int]) -> set[int]:
    """The invoices of which one answer held two different ones under one number (the later ones are keyed 'part N').

    Those that ``vanished`` no longer count: when one of two is left, it is no twin any more.
    """
    invoice = tables.invoice
    identity = (invoice.c.direction, invoice.c.source, invoice.c.issuer, invoice.c.number)
    mine = invoice.c.administration_id == administration_id
    later = select(*identity).where(mine, invoice.c.customer.like("%part %"))
    rows = connection.execute(
        select(invoice.c.invoice_id, *identity, invoice.c.customer).where(mine, tuple_(*identity).in_(later))
    )
    together: dict[tuple[str, ...], set[int]] = {}
    for invoice_id, *known, customer in rows:
        if invoice_id not in vanished:
            together.setdefault((*known, _PART.sub("", customer)), set()).add(invoice_id)
    return {invoice_id for each in together.values() if len(each) > 1 for invoice_id in each}


def similar(connection: Connection, administration_id: int, kept: Kept) -> str:
    """The number of another current document of the same source with this sender, date and total; '' when none has."""
    invoice, version = tables.invoice, tables.invoice_version
    later = version.alias("later")
    superseded = select(later.c.version_id).where(
        later.c.administration_id == version.c.administration_id,
        later.c.invoice_id == version.c.invoice_id,
        later.c.version_no > version.c.version_no,
    )
    found = connection.scalar(
        select(invoice.c.number)
        .join(
            version,
            and_(
                version.c.administration_id == invoice.c.administration_id, version.c.invoice_id == invoice.c.invoice_id
            ),
        )
        .where(
            version.c.administration_id == administration_id,
            version.c.document_date == kept.head.date,
            version.c.net_minor + version.c.vat_minor == kept.net + kept.vat,
            invoice.c.direction == kept.key.direction.value,
            invoice.c.source == kept.key.source,
            invoice.c.issuer == kept.key.issuer,
            invoice.c.customer == kept.key.customer,
            invoice.c.number != kept.key.number,
            ~superseded.exists(),
        )
        .order_by(version.c.version_id)
        .limit(1)
    )
    return found or ""


def same_rows(connection: Connection, administration_id: int, kept: Kept) -> tuple[tuple[str, int], ...]:
    """Other current documents of the same source that hold a row hash of this one, with the number of lines:
    (number, lines)."""
    line, row_hash = tables.line, tables.row_hash
    texts_of = bulk.rows_of(
        connection,
        select(line.c.row_hash).where(
            line.c.administration_id == administration_id, line.c.version_id == kept.version_id
        ),
    )
    mine = {row_hash_number(text): text for (text,) in texts_of if text}
    elsewhere: dict[int, dict[int, int]] = {}
    rows = connection.execute(
        select(row_hash.c.version_id, row_hash.c.line_no, row_hash.c.hash).where(
            row_hash.c.administration_id == administration_id,
            row_hash.c.direction == DIRECTION_NUMBERS[kept.key.direction],
            bulk.among(connection, row_hash.c.hash, mine),
            row_hash.c.version_id != kept.version_id,
        )
    )
    for version_id, line_no, number in rows:
        elsewhere.setdefault(version_id, {})[line_no] = number
    found: dict[str, int] = {}
    for version_id, number in _others(connection, administration_id, kept, elsewhere):
        same = _same_texts(connection, administration_id, version_id, elsewhere[version_id], mine)
        if same:
            found[number] = found.get(number, 0) + same
    return tuple(sorted(found.items()))


def _others(
    connection: Connection, administration_id: int, kept: Kept, version_ids: Collection[int]
) -> list[tuple[int, str]]:
    """Which of ``version_ids`` are current versions of other invoices of the same source: (version, number)."""
    if not version_ids:
        return []
    invoice, version, latest = tables.invoice, tables.invoice_version, newest()
    rows = connection.execute(
        select(version.c.version_id, invoice.c.number)
        .join(
            invoice,
            and_(
                invoice.c.administration_id == version.c.administration_id, invoice.c.invoice_id == version.c.invoice_id
            ),
        )
        .join(latest, is_newest(latest))
        .where(
            version.c.administration_id == administration_id,
            version.c.version_id.in_(version_ids),
            invoice.c.invoice_id != kept.invoice_id,
            invoice.c.source == kept.key.source,
        )
    )
    return [(version_id, number) for version_id, number in rows]


def _same_texts(
    connection: Connection, administration_id: int, version_id: int, lines: dict[int, int], mine: dict[int, str]
) -> int:
    """How many of ``lines`` (number of line → number of hash) really have our hash, compared by its text."""
    line = tables.line
    rows = connection.execute(
        select(line.c.line_no, line.c.row_hash).where(
            line.c.administration_id == administration_id, line.c.version_id == version_id, line.c.line_no.in_(lines)
        )
    )
    return sum(mine.get(lines[line_no]) == text for line_no, text in rows)
