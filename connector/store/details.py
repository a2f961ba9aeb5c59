"""Details: which slice of a detailed answer explains which version of an invoice. Nothing of it is booked."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, func, select

from connector.store import tables
from connector.store.documents import is_newest, newest
from connector.store.joins import same

_CHUNK = 400
_CORRECTIONS = ("correction", "usercorrection", "user correction")


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """The detailed form of version ``version_id``: where its bytes are, its lines with their net amount and VAT in
    minor units, each line rounded, and whether it adds up to the version per subscription and charge type."""

    version_id: int
    slice_id: int
    part: int | None
    fetch_id: int
    lines: int
    net: int
    vat: int
    agrees: bool


def add(connection: Connection, administration_id: int, details: Sequence[tuple[int, Detail]]) -> None:
    """Keep ``details``, each with its id."""
    rows = [
        {
            "administration_id": administration_id,
            "detail_id": detail_id,
            "version_id": each.version_id,
            "slice_id": each.slice_id,
            "part": each.part,
            "fetch_id": each.fetch_id,
            "lines": each.lines,
            "net_minor": each.net,
            "vat_minor": each.vat,
            "agrees": each.agrees,
        }
        for detail_id, each in details
    ]
    if rows:
        connection.execute(tables.detail.insert(), rows)


def of_versions(connection: Connection, administration_id: int, version_ids: Collection[int]) -> Iterator[Detail]:
    """Every detail of ``version_ids``, the newest of a version last."""
    stored = tables.detail
    wanted = sorted(version_ids)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = connection.execute(
            select(stored)
            .where(stored.c.administration_id == administration_id, stored.c.version_id.in_(chunk))
            .order_by(stored.c.detail_id)
        )
        for row in rows:
            yield Detail(
                version_id=row.version_id,
                slice_id=row.slice_id,
                part=row.part,
                fetch_id=row.fetch_id,
                lines=row.lines,
                net=row.net_minor,
                vat=row.vat_minor,
                agrees=row.agrees,
            )


def latest(connection: Connection, administration_id: int, version_ids: Collection[int]) -> dict[int, Detail]:
    """The newest detail of each of ``version_ids`` that has one."""
    return {each.version_id: each for each in of_versions(connection, administration_id, version_ids)}


def lacking(
    connection: Connection, administration_id: int, endpoint: str, start: datetime.date, end: datetime.date
) -> bool:
    """Whether a current document of ``endpoint``, dated within ``start``-``end`` (inclusive), has a correction line and
    no detail."""
    invoice, version, line, detail = tables.invoice, tables.invoice_version, tables.line, tables.detail
    combination, charge, latest_version = tables.combination, tables.charge, newest()
    explained = select(detail.c.detail_id).where(same(detail, version, "version_id"))
    corrected = (
        select(line.c.line_no)
        .join(combination, same(combination, line, "combination_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(same(line, version, "version_id"), func.lower(charge.c.charge_type).in_(_CORRECTIONS))
    )
    wanted = (
        select(version.c.version_id)
        .join(latest_version, is_newest(latest_version))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(
            version.c.administration_id == administration_id,
            invoice.c.source == endpoint,
            version.c.document_date.between(start, end),
            ~explained.exists(),
            corrected.exists(),
        )
        .limit(1)
    )
    return connection.execute(wanted).one_or_none() is not None


def disagreeing(connection: Connection, administration_id: int, version_ids: Collection[int]) -> list[Detail]:
    """Of ``version_ids`` the newest details that do not add up, in the order of their versions."""
    found = latest(connection, administration_id, version_ids)
    return [each for _, each in sorted(found.items()) if not each.agrees]
