"""Rows as they stand, for ``verify``: nothing is trusted, everything is read again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, select

from connector.domain.document import digest
from connector.domain.vocabulary import CHARGE_FIELDS, SUBSCRIPTION_FIELDS
from connector.store import bulk, kept, provenance, tables
from connector.store.documents import received_fields
from connector.store.joins import same

_CHUNK = 2_000
LINE_TEXTS = ("extended_price", "vat", "quantity", "unit_price", "discount", "tax_percentage")
"""The numbers of a line that are kept as they were received."""
_REFERENCES = (
    (tables.line, tables.invoice_version, ("version_id",)),
    (tables.line, tables.combination, ("combination_ref",)),
    (tables.combination, tables.subscription, ("subscription_ref",)),
    (tables.combination, tables.charge, ("charge_ref",)),
    (tables.invoice, tables.invoice_version, ("invoice_id",)),
    (tables.invoice_version, tables.invoice, ("invoice_id",)),
    (tables.invoice_version, tables.slice_, ("slice_id",)),
    (tables.detail, tables.invoice_version, ("version_id",)),
    (tables.detail, tables.slice_, ("slice_id",)),
    (tables.finding, tables.invoice_version, ("version_id",)),
    (tables.preparation, tables.invoice_version, ("version_id",)),
    (tables.preparation, tables.entry, ("entry_id",)),
    (tables.entry, tables.invoice_version, ("version_id",)),
    (tables.entry, tables.entry_seal, ("entry_id",)),
    (tables.entry, tables.delivery, ("entry_id",)),
    (tables.posting, tables.entry, ("entry_id",)),
    (tables.posting_decision, tables.posting, ("entry_id", "posting_no")),
    (tables.posting_decision, tables.decision, ("decision_id",)),
    (tables.taken_back, tables.posting, ("entry_id", "posting_no")),
    (tables.decided, tables.combination, ("combination_ref",)),
    (tables.decided, tables.decision, ("decision_id",)),
    (tables.delivery, tables.entry, ("entry_id",)),
    (tables.delivery, tables.delivery_event, ("delivery_id",)),
    (tables.receipt, tables.delivery, ("delivery_id",)),
    (tables.register_entry, tables.register_version, ("register_entry_id",)),
)


class FetchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fetch: what its body must hash to, and how it is rebuilt."""

    fetch_id: int
    sha256: bytes
    size: int
    same_as: int | None


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version with what is kept of it in sums, and the hash of the slice it lies in."""

    version_id: int
    invoice_id: int
    version_no: int
    number: str
    direction: str
    currency: str
    date: str
    part: int | None
    slice_sha256: bytes
    lines: int
    net: int
    vat: int
    rounded_off: str
    head: bytes
    content: bytes
    findings_digest: bytes


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is kept: its whole text (JSON) with its digest, and action, account, tax code and deferral."""

    decision_id: int
    digest: bytes
    body: str
    answer: tuple[str, str, str, str]


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as its head and its seal have it; ``total`` in minor units."""

    entry_id: int
    version_id: int
    number: str
    total: int
    fingerprint: str
    sealed: str
    postings: int


def fetches(connection: Connection, administration_id: int) -> list[FetchRow]:
    """All fetches, oldest first."""
    stored = tables.fetch
    rows = connection.execute(
        select(stored.c.fetch_id, stored.c.sha256, stored.c.size, stored.c.same_as)
        .where(stored.c.administration_id == administration_id)
        .order_by(stored.c.fetch_id)
    )
    return [FetchRow(fetch_id=a, sha256=bytes(b), size=c, same_as=d) for a, b, c, d in rows]


def versions(connection: Connection, administration_id: int) -> Iterator[VersionRow]:
    """All versions, oldest first."""
    version, invoice, slice_ = tables.invoice_version, tables.invoice, tables.slice_
    rows = connection.execute(
        select(version, invoice.c.number, invoice.c.direction, slice_.c.sha256)
        .join(invoice, same(invoice, version, "invoice_id"))
        .join(slice_, same(slice_, version, "slice_id"))
        .where(version.c.administration_id == administration_id)
        .order_by(version.c.version_id)
    ).all()
    for row in rows:
        yield VersionRow(
            version_id=row.version_id,
            invoice_id=row.invoice_id,
            version_no=row.version_no,
            number=row.number,
            direction=row.direction,
            currency=row.currency,
            date=row.document_date.isoformat() if row.document_date else "",
            part=row.part,
            slice_sha256=bytes(row.sha256),
            lines=row.lines,
            net=row.net_minor,
            vat=row.vat_minor,
            rounded_off=row.rounded_off,
            head=row.head.encode(),
            content=bytes(row.content),
            findings_digest=bytes(row.findings_digest),
        )


def line_amounts(connection: Connection, administration_id: int, version_id: int) -> Iterator[tuple[Any, ...]]:
    """(number, net, VAT, then the texts ``LINE_TEXTS``) of every line of a version, in line order."""
    line, combination, charge = tables.line, tables.combination, tables.charge
    statement = (
        select(line.c.line_no, line.c.net_minor, line.c.vat_minor, line.c.received, charge.c.tax_percentage)
        .join(combination, same(combination, line, "combination_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(line.c.administration_id == administration_id, line.c.version_id == version_id)
        .order_by(line.c.line_no)
    )
    with connection.execute(statement, execution_options={"yield_per": _CHUNK}) as rows:
        for number, net, vat, received, rate in rows:
            fields = received_fields(received)
            yield (number, net, vat, *(fields.get(name, rate or None) for name in LINE_TEXTS))


def line_nets(connection: Connection, administration_id: int, version_id: int) -> dict[int, int]:
    """The net minor units of every line of a version, by line number."""
    stored = tables.line
    rows = connection.execute(
        select(stored.c.line_no, stored.c.net_minor).where(
            stored.c.administration_id == administration_id, stored.c.version_id == version_id
        )
    )
    return dict(rows.all())


def group_sums(connection: Connection, administration_id: int, version_id: int) -> dict[int, tuple[int, int, int]]:
    """(lines, net, VAT) of every group of a version."""
    rows = bulk.rows_of(connection, kept.summary(administration_id, [version_id]))
    return {position: (lines, net, vat) for position, (_, _, lines, net, vat) in enumerate(rows)}


def changed_texts(connection: Connection, administration_id: int) -> Iterator[tuple[str, int]]:
    """(table, reference) of every row of repeated texts that is not what its digest was made of."""
    for table, names in ((tables.subscription, SUBSCRIPTION_FIELDS), (tables.charge, CHARGE_FIELDS)):
        reference = table.c[f"{table.name}_ref"]
        statement = select(reference, table.c.digest, *(table.c[name] for name in names)).where(
            table.c.administration_id == administration_id
        )
        with connection.execute(statement, execution_options={"yield_per": _CHUNK}) as rows:
            for number, kept, *fields in rows:
                if digest(tuple(fields)) != bytes(kept):
                    yield table.name, number


def dangling(connection: Connection, administration_id: int) -> dict[str, int]:
    """How many rows of a table name a row that is not there, by 'table → table'; only where there are some.

    These are the references that no foreign key guards, and those without which a row would not be looked at.
    """
    missing: dict[str, int] = {}
    gone = tables.purged_document
    for table, target, columns in _REFERENCES:
        counted = (
            select(func.count())
            .select_from(table.outerjoin(target, same(target, table, *columns)))
            .where(
                table.c.administration_id == administration_id,
                table.c[columns[0]].is_not(None),
                target.c.administration_id.is_(None),
            )
        )
        if (table, target) == (tables.invoice, tables.invoice_version):  # the key of a purged document stays
            counted = counted.where(~select(gone.c.invoice_id).where(same(gone, table, "invoice_id")).exists())
        if found := connection.scalar(counted):
            missing[f"{table.name} → {target.name}"] = found
    return missing


def entry_rows(connection: Connection, administration_id: int) -> list[EntryRow]:
    """Every entry with what its seal says, '' and 0 when it has none."""
    entry, seal = tables.entry, tables.entry_seal
    rows = connection.execute(
        select(
            entry.c.entry_id, entry.c.version_id, entry.c.number, entry.c.total_minor, entry.c.fingerprint,
            seal.c.fingerprint.label("sealed"), seal.c.postings,
        )
        .outerjoin(seal, same(seal, entry, "entry_id"))
        .where(entry.c.administration_id == administration_id)
        .order_by(entry.c.entry_id)
    )  # fmt: skip
    return [
        EntryRow(entry_id=a, version_id=b, number=c, total=d, fingerprint=e, sealed=f or "", postings=g or 0)
        for a, b, c, d, e, f, g in rows
    ]


def entry_origins(connection: Connection, administration_id: int) -> list[tuple[int, int, int]]:
    """(entry, version, mapping version) of every entry."""
    stored = tables.entry
    rows = connection.execute(
        select(stored.c.entry_id, stored.c.version_id, stored.c.mapping_version_id)
        .where(stored.c.administration_id == administration_id)
        .order_by(stored.c.entry_id)
    )
    return [(a, b, c) for a, b, c in rows]


def decisions(connection: Connection, administration_id: int) -> list[DecisionRow]:
    """Every decision."""
    stored = tables.decision
    rows = connection.execute(
        select(stored).where(stored.c.administration_id == administration_id).order_by(stored.c.decision_id)
    )
    return [
        DecisionRow(
            decision_id=row.decision_id,
            digest=bytes(row.digest),
            body=row.body,
            answer=(row.action, row.account, row.tax, row.deferral),
        )
        for row in rows
    ]


def decisions_of(connection: Connection, administration_id: int, entry_id: int) -> list[tuple[int, int]]:
    """(group, decision) behind an entry."""
    return provenance.behind(connection, administration_id, [entry_id])[entry_id].decisions


def receipts(connection: Connection, administration_id: int) -> dict[int, tuple[str, str, int, str]]:
    """(key, fingerprint, total, reference) of every receipt, by delivery."""
    stored = tables.receipt
    rows = connection.execute(
        select(
            stored.c.delivery_id, stored.c.entry_key, stored.c.fingerprint, stored.c.total_minor, stored.c.reference
        ).where(stored.c.administration_id == administration_id)
    )
    return {a: (b, c, d, e) for a, b, c, d, e in rows}


def last_events(connection: Connection, administration_id: int) -> dict[int, str]:
    """The state that the last event of every delivery names."""
    stored = tables.delivery_event
    last = (
        select(stored.c.delivery_id, func.max(stored.c.event_no).label("event_no"))
        .where(stored.c.administration_id == administration_id)
        .group_by(stored.c.delivery_id)
        .subquery()
    )
    rows = connection.execute(
        select(stored.c.delivery_id, stored.c.state)
        .join(last, and_(last.c.delivery_id == stored.c.delivery_id, last.c.event_no == stored.c.event_no))
        .where(stored.c.administration_id == administration_id)
    )
    return dict(rows.all())


def preparation_digests(connection: Connection, administration_id: int) -> dict[int, bytes]:
    """The digest of the findings of every preparation."""
    stored = tables.preparation
    rows = connection.execute(
        select(stored.c.preparation_id, stored.c.findings_digest).where(stored.c.administration_id == administration_id)
    )
    return {preparation_id: bytes(digest) for preparation_id, digest in rows}
