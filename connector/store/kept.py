"""Kept versions, read back for preparing: head, groups, findings, and lines that get postings of their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import BigInteger, Connection, Select, cast, func, select, tuple_

from connector.domain.aggregation import LineAmount
from connector.domain.combination import Combination
from connector.domain.dates import month_of
from connector.domain.finding import Finding
from connector.domain.invoice import Direction, InvoiceKey
from connector.domain.reading import Group, Head
from connector.store import bulk, findings, tables, texts
from connector.store.documents import is_newest, newest
from connector.store.joins import same

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
    net: int
    vat: int
    lines: int


def current(connection: Connection, administration_id: int) -> list[tuple[int, int]]:
    """(id, lines) of all current versions, in order of document date, then id."""
    version, latest = tables.invoice_version, newest()
    rows = connection.execute(
        select(version.c.version_id, version.c.lines)
        .join(latest, is_newest(latest))
        .where(version.c.administration_id == administration_id)
        .order_by(version.c.document_date, version.c.version_id)
    )
    return [(version_id, lines) for version_id, lines in rows]


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
        .join(invoice, same(invoice, version, "invoice_id"))
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
            net=row.net_minor,
            vat=row.vat_minor,
            lines=row.lines,
        )


def _groups(
    connection: Connection, administration_id: int, version_ids: list[int], remembered: dict[int, Combination]
) -> dict[int, list[tuple[int, Group]]]:
    rows = bulk.rows_of(connection, summary(administration_id, version_ids))
    texts.remember_combinations(connection, administration_id, {row[1] for row in rows}, remembered)
    groups: dict[int, list[tuple[int, Group]]] = {version_id: [] for version_id in version_ids}
    for version_id, reference, lines, net, vat in rows:
        group = Group(combination=remembered[reference], lines=lines, net=net, vat=vat)
        groups[version_id].append((reference, group))
    return groups


def summary(administration_id: int, version_ids: Collection[int]) -> Select[tuple[int, int, int, int, int]]:
    """(version, combination, lines, net, VAT) of every group of versions, in the order of their first lines."""
    line = tables.line
    totals = (cast(func.sum(amount), BigInteger) for amount in (line.c.net_minor, line.c.vat_minor))
    return (
        select(line.c.version_id, line.c.combination_ref, func.count(), *totals)
        .where(line.c.administration_id == administration_id, line.c.version_id.in_(version_ids))
        .group_by(line.c.version_id, line.c.combination_ref)
        .order_by(line.c.version_id, func.min(line.c.line_no))
    )


def line_amounts(
    connection: Connection, administration_id: int, kept: Kept, positions: Collection[int]
) -> list[LineAmount]:
    """The lines of a version that belong to the groups ``positions``, in line order."""
    line, combination, charge = tables.line, tables.combination, tables.charge
    by_reference = {kept.references[position]: position for position in positions}
    rows = connection.execute(
        select(line.c.line_no, line.c.combination_ref, line.c.net_minor, line.c.end_date, charge.c.description)
        .join(combination, same(combination, line, "combination_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(
            line.c.administration_id == administration_id,
            line.c.version_id == kept.version_id,
            bulk.among(connection, line.c.combination_ref, by_reference),
        )
        .order_by(line.c.line_no)
    ).all()
    return [
        LineAmount(line_no=no, group=by_reference[one], net=net, text=text, month=month_of(end) if end else "")
        for no, one, net, end, text in rows
    ]


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


def similar(connection: Connection, administration_id: int, kept: Kept, known: Collection[int] = ()) -> str:
    """The number of another current document of the same source with this sender, date and total; '' when none has.
    Invoices that are ``known`` to be the same are told otherwise."""
    invoice, version = tables.invoice, tables.invoice_version
    later = version.alias("later")
    superseded = select(later.c.version_id).where(
        same(later, version, "invoice_id"), later.c.version_no > version.c.version_no
    )
    found = connection.scalar(
        select(invoice.c.number)
        .join(version, same(version, invoice, "invoice_id"))
        .where(
            version.c.administration_id == administration_id,
            version.c.document_date == kept.head.date,
            version.c.net_minor + version.c.vat_minor == kept.net + kept.vat,
            invoice.c.direction == kept.key.direction.value,
            invoice.c.source == kept.key.source,
            invoice.c.issuer == kept.key.issuer,
            invoice.c.customer == kept.key.customer,
            invoice.c.number != kept.key.number,
            invoice.c.invoice_id.not_in(known),
            ~superseded.exists(),
        )
        .order_by(version.c.version_id)
        .limit(1)
    )
    return found or ""
