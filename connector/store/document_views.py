"""Documents as people look at them: their versions, lines, heads and findings."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import Connection, select

from connector.domain.acceptance import Acceptance, finding_digest
from connector.domain.details import Attribute, attributes
from connector.domain.finding import Finding, Severity
from connector.domain.reading import Head
from connector.store import acceptances, tables
from connector.store.documents import received_fields
from connector.store.findings import finding_of
from connector.store.joins import same

_FEW = 500
"""Up to so many versions, the database picks their findings; above, reading all of them is quicker."""
_head = msgspec.json.Decoder(Head)


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an invoice, for its history. Amounts in minor units."""

    version_id: int
    version_no: int
    fetched_at: datetime.datetime
    slice_id: int
    slice_sha256: bytes
    part: int | None
    lines: int
    net: int
    vat: int


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One line with its texts. Amounts in minor units, ``exact`` as received."""

    line_no: int
    group: int
    customer: str
    subscription: str
    plan: str
    charge_type: str
    description: str
    start: datetime.date | None
    end: datetime.date | None
    quantity: str
    exact: str
    net: int
    vat: int
    row_hash: str
    attributes: tuple[Attribute, ...] = ()


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A finding in force, with the document it concerns and, when a person accepted it, who did.

    ``booked`` is true of what a paper told when its document was in the books already: it holds nothing any more.
    """

    version_id: int
    severity: Severity
    finding: Finding
    accepted: Acceptance | None = None
    booked: bool = False


def versions_of(connection: Connection, administration_id: int, invoice_id: int) -> list[VersionView]:
    """The versions of an invoice, oldest first."""
    version, fetch, slice_ = tables.invoice_version, tables.fetch, tables.slice_
    rows = connection.execute(
        select(version, fetch.c.requested_at, slice_.c.sha256)
        .join(fetch, same(fetch, version, "fetch_id"))
        .join(slice_, same(slice_, version, "slice_id"))
        .where(version.c.administration_id == administration_id, version.c.invoice_id == invoice_id)
        .order_by(version.c.version_no)
    )
    return [
        VersionView(
            version_id=row.version_id,
            version_no=row.version_no,
            fetched_at=row.requested_at,
            slice_id=row.slice_id,
            slice_sha256=bytes(row.sha256),
            part=row.part,
            lines=row.lines,
            net=row.net_minor,
            vat=row.vat_minor,
        )
        for row in rows
    ]


def lines_of(connection: Connection, administration_id: int, version_id: int) -> Iterator[LineView]:
    """The lines of a version, in line order."""
    line, combination, subscription, charge = tables.line, tables.combination, tables.subscription, tables.charge
    query = (
        select(line, subscription.c.company_name, subscription.c.subscription_id, subscription.c.plan_name,
               charge.c.charge_type, charge.c.description, subscription.c.details.label("attributes"),
               charge.c.details.label("line_attributes"))
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(line.c.administration_id == administration_id, line.c.version_id == version_id)
        .order_by(line.c.line_no)
    )  # fmt: skip
    positions: dict[int, int] = {}
    for row in connection.execute(query):
        received = received_fields(row.received)
        yield LineView(
            line_no=row.line_no,
            group=positions.setdefault(row.combination_ref, len(positions)),
            customer=row.company_name,
            subscription=row.subscription_id,
            plan=row.plan_name,
            charge_type=row.charge_type,
            description=row.description,
            start=row.start_date,
            end=row.end_date,
            quantity=received["quantity"] or "",
            exact=received["extended_price"] or "",
            net=row.net_minor,
            vat=row.vat_minor,
            row_hash=received["invoice_row_hash"] or "",
            attributes=(*attributes(row.attributes), *attributes(row.line_attributes)),
        )


def head_of(connection: Connection, administration_id: int, version_id: int) -> Head:
    """The head of a version, in our words."""
    stored = tables.invoice_version
    return _head.decode(
        connection.execute(
            select(stored.c.head).where(
                stored.c.administration_id == administration_id, stored.c.version_id == version_id
            )
        ).scalar_one()
    )


def versions_held(connection: Connection, administration_id: int) -> set[int]:
    """The versions that a finding ever held, in force or not: few, however many documents there are."""
    stored = tables.finding
    return set(
        connection.execute(
            select(stored.c.version_id)
            .distinct()
            .where(stored.c.administration_id == administration_id, stored.c.severity == Severity.HOLD.value)
        ).scalars()
    )


def findings_in_force(
    connection: Connection, administration_id: int, version_ids: Collection[int], preparation_ids: Collection[int]
) -> Iterator[FindingView]:
    """Findings of the versions ``version_ids``: those made while reading, and those of the preparations
    ``preparation_ids``. What a person accepted is only told."""
    accepted = acceptances.in_force(connection, administration_id)
    stored = tables.finding
    mine = [stored.c.administration_id == administration_id]
    if len(version_ids) <= _FEW:
        mine.append(stored.c.version_id.in_(version_ids))
    rows = connection.execute(select(stored).where(*mine).order_by(stored.c.version_id, stored.c.finding_id))
    for row in rows:
        known = row.version_id in version_ids if row.preparation_id is None else row.preparation_id in preparation_ids
        if known:
            found = finding_of(row.code, row.place, row.minor, row.details)
            words = accepted.get(row.version_id)
            word = words.get(finding_digest(found)) if words else None
            yield FindingView(
                version_id=row.version_id,
                severity=Severity(row.severity) if word is None else Severity.REPORT,
                finding=found,
                accepted=word,
            )
