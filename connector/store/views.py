"""What people look at: documents, findings, entries and deliveries, as values."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import Connection, Subquery, and_, func, select

from connector.domain.acceptance import Acceptance, finding_digest
from connector.domain.decision import Decision
from connector.domain.finding import Finding, Severity
from connector.domain.invoice import Direction
from connector.domain.journal import PostingRole
from connector.domain.reading import Head
from connector.store import acceptances, row_hashes, tables
from connector.store.documents import is_newest, newest, received_fields
from connector.store.findings import finding_of
from connector.store.joins import same
from connector.store.provenance import Behind

_FEW = 500
"""Up to so many versions, the database picks their findings; above, reading all of them is quicker."""
_decision = msgspec.json.Decoder(Decision)
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


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A finding in force, with the document it concerns and, when a person accepted it, who did."""

    version_id: int
    severity: Severity
    finding: Finding
    accepted: Acceptance | None = None


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with its entry and, when there is one, the ledger's reference. ``kind`` is 'invoice' or 'credit
    note'."""

    delivery_id: int
    entry_id: int
    version_id: int
    key: str
    document_key: str
    direction: str
    number: str
    party: str
    kind: str
    date: datetime.date
    due: datetime.date | None
    total: int
    currency: str
    mapping_version: int
    ledger: str
    state: str
    changed_at: datetime.datetime
    actor: str
    reason: str
    reference: str

    @property
    def period(self) -> str:
        """The ledger period, 'YYYY-MM'."""
        return f"{self.date:%Y-%m}"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an entry comes from: version and mapping version, and the bytes on the wire with the request that
    brought them."""

    version_id: int
    version_no: int
    mapping_version: int
    mapping_set: str
    mapping_hash: str
    endpoint: str
    fetched_at: datetime.datetime
    fetch_id: int
    body_sha256: str
    slice_sha256: str
    part: int | None


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """A line that only one side has, with its document's month and number and the end customer. ``net`` in minor
    units."""

    period: str
    number: str
    customer: str
    description: str
    net: int


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """The decision behind one group of an entry, and the mapping version it was made under."""

    posting_no: int
    position: int
    decision_id: int
    decision: Decision


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
               charge.c.charge_type, charge.c.description)
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


def deliveries(connection: Connection, administration_id: int) -> Iterator[DeliveryView]:
    """All deliveries with their last event, by document date."""
    delivery, entry, event, receipt = tables.delivery, tables.entry, tables.delivery_event, tables.receipt
    last = (
        select(event.c.delivery_id, func.max(event.c.event_no).label("event_no"))
        .where(event.c.administration_id == administration_id)
        .group_by(event.c.delivery_id)
        .subquery("last")
    )
    rows = connection.execute(
        select(delivery, entry.c.version_id, entry.c.document_key, entry.c.number, entry.c.party, entry.c.kind,
               entry.c.booking_date, entry.c.due_date, entry.c.total_minor, entry.c.currency,
               entry.c.mapping_version_id, event.c.actor, event.c.reason, receipt.c.reference)
        .join(entry, same(entry, delivery, "entry_id"))
        .join(last, last.c.delivery_id == delivery.c.delivery_id)
        .join(event, and_(same(event, delivery, "delivery_id"), event.c.event_no == last.c.event_no))
        .outerjoin(receipt, same(receipt, delivery, "delivery_id"))
        .where(delivery.c.administration_id == administration_id)
        .order_by(entry.c.booking_date, delivery.c.delivery_id)
    )  # fmt: skip
    for row in rows:
        yield DeliveryView(
            delivery_id=row.delivery_id,
            entry_id=row.entry_id,
            version_id=row.version_id,
            key=row.entry_key,
            document_key=row.document_key,
            direction=row.entry_key.split("/")[1],
            number=row.number,
            party=row.party,
            kind=row.kind,
            date=row.booking_date,
            due=row.due_date,
            total=row.total_minor,
            currency=row.currency,
            mapping_version=row.mapping_version_id,
            ledger=row.ledger,
            state=row.state,
            changed_at=row.changed_at,
            actor=row.actor,
            reason=row.reason,
            reference=row.reference or "",
        )


def decisions_of(connection: Connection, administration_id: int, behind: Behind) -> list[DecisionView]:
    """The decisions behind the postings of an entry that hold net amounts, by posting and group."""
    decided, stored = dict(behind.decisions), tables.decision
    bodies = connection.execute(
        select(stored.c.decision_id, stored.c.body).where(
            stored.c.administration_id == administration_id, stored.c.decision_id.in_(set(decided.values()))
        )
    )
    decisions = {decision_id: _decision.decode(body) for decision_id, body in bodies}
    return [
        DecisionView(
            posting_no=number,
            position=position,
            decision_id=decided[position],
            decision=decisions[decided[position]],
        )
        for number, positions in behind.groups(PostingRole.NET).items()
        for position in positions
    ]


def origin_of(connection: Connection, administration_id: int, entry_id: int) -> Origin | None:
    """Where an entry comes from, ``None`` when there is no entry with this id."""
    entry, version, fetch = tables.entry, tables.invoice_version, tables.fetch
    slice_, mapping = tables.slice_, tables.mapping_version
    row = connection.execute(
        select(entry.c.version_id, entry.c.mapping_version_id, version.c.version_no, version.c.part,
               fetch.c.fetch_id, fetch.c.endpoint, fetch.c.requested_at, fetch.c.sha256.label("body_sha256"),
               slice_.c.sha256, mapping.c.set_name, mapping.c.hash)
        .join(version, same(version, entry, "version_id"))
        .join(fetch, same(fetch, version, "fetch_id"))
        .join(slice_, same(slice_, version, "slice_id"))
        .join(mapping, same(mapping, entry, "mapping_version_id"))
        .where(entry.c.administration_id == administration_id, entry.c.entry_id == entry_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return Origin(
        version_id=row.version_id,
        version_no=row.version_no,
        mapping_version=row.mapping_version_id,
        mapping_set=row.set_name,
        mapping_hash=row.hash,
        endpoint=row.endpoint,
        fetched_at=row.requested_at,
        fetch_id=row.fetch_id,
        body_sha256=bytes(row.body_sha256).hex(),
        slice_sha256=bytes(row.sha256).hex(),
        part=row.part,
    )


def leaks(connection: Connection, administration_id: int, have: Direction, sale_source: str) -> list[Leak]:
    """Lines of direction ``have`` whose row hash no line of the other direction has, by month, number and line.

    Only current versions count, and only months in which the other direction has documents: an unfetched month is
    no leak. ``sale_source``
    is the endpoint of the sale side.
    """
    lack = Direction.SALE if have is Direction.PURCHASE else Direction.PURCHASE
    sources = {Direction.PURCHASE: "invoices", Direction.SALE: sale_source}
    other = tables.line.alias("other")
    line, combination, subscription, charge = tables.line, tables.combination, tables.subscription, tables.charge
    # Two sides, each as the current versions of one source.
    ours = _current(administration_id, sources[have], "ours")
    theirs = _current(administration_id, sources[lack], "theirs")
    partner = (
        select(theirs.c.version_id)
        .join(other, other.c.version_id == theirs.c.version_id)
        .where(other.c.administration_id == administration_id,
               other.c.row_hash == row_hashes.partner(line.c.row_hash, have))
        .exists()
    )  # fmt: skip
    rows = connection.execute(
        select(ours.c.document_date, ours.c.number, subscription.c.company_name, charge.c.description,
               line.c.net_minor)
        .join(line, line.c.version_id == ours.c.version_id)
        .join(combination, same(combination, line, "combination_ref"))
        .join(subscription, same(subscription, combination, "subscription_ref"))
        .join(charge, same(charge, combination, "charge_ref"))
        .where(line.c.administration_id == administration_id, line.c.row_hash.is_not(None), ~partner)
        .order_by(ours.c.document_date, ours.c.number, line.c.line_no)
    )  # fmt: skip
    both = {_month(date) for date in connection.execute(select(theirs.c.document_date).distinct()).scalars() if date}
    return [
        Leak(period=_month(date), number=number, customer=customer, description=description, net=net)
        for date, number, customer, description, net in rows
        if date and _month(date) in both
    ]


def _current(administration_id: int, source: str, name: str) -> Subquery:
    """The current versions of one source: (version_id, document_date, number)."""
    version, invoice, latest = tables.invoice_version, tables.invoice, newest()
    return (
        select(version.c.version_id, version.c.document_date, invoice.c.number)
        .join(latest, is_newest(latest))
        .join(invoice, same(invoice, version, "invoice_id"))
        .where(version.c.administration_id == administration_id, invoice.c.source == source)
        .subquery(name)
    )


def _month(day: datetime.date) -> str:
    return f"{day:%Y-%m}"


def row_counts(connection: Connection) -> dict[str, int]:
    """How many rows each table holds, of all administrations."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in tables.metadata.sorted_tables
    }
