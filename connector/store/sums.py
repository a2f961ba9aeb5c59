"""Sums per combination: what the lines of many documents add up to, without taking the lines into memory.

First the documents are chosen (``current_documents``), each with its day and its state; then their lines are added up,
per combination (``combination_sums``) or per what a table can ask (``question_sums``). A sum is for one part of the
documents; parts are whatever the caller wants to tell apart: a segment of dates, a month, posted or open. Memory
grows with the documents and the distinct parts, not with the lines: the database adds up.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, case, cast, func, or_, select

from connector.domain.combination import Combination
from connector.domain.invoice import Direction
from connector.store import bulk, states, tables, texts
from connector.store.documents import is_newest, newest
from connector.store.states import LineState

PURCHASES = (Direction.PURCHASE, "invoices")
"""Direction and source of the purchases."""
Sources = Collection[tuple[Direction, str]]
Part = TypeVar("Part", bound=Hashable)
_AT_ONCE = 10_000
"""Sums that are taken from the database at once."""


class SummedDocument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A current document whose lines can be added up. ``date`` is ``None`` where the document has none."""

    version_id: int
    direction: Direction
    date: datetime.date | None
    currency: str
    lines: int


class CombinationSum(msgspec.Struct, frozen=True, gc=False):
    """What the lines of one combination add up to within one part; amounts in minor units."""

    combination_ref: int
    net: int
    vat: int
    lines: int


class QuestionSum(msgspec.Struct, frozen=True, gc=False):
    """What lines with the same ``fields`` add up to; the values in the order in which the fields were named.

    One set of values can come several times: whoever asks adds up.
    """

    fields: tuple[str, ...]
    net: int
    vat: int
    lines: int


def current_documents(
    connection: Connection,
    administration_id: int,
    *,
    sources: Sources,
    first: datetime.date,
    last: datetime.date,
) -> list[SummedDocument]:
    """The newest versions of ``sources`` dated ``first`` to ``last`` (inclusive), and those without a date; by id."""
    invoice, version, latest = tables.invoice, tables.invoice_version, newest()
    wanted = [and_(invoice.c.direction == direction.value, invoice.c.source == source) for direction, source in sources]
    rows = connection.execute(
        select(version.c.version_id, invoice.c.direction, version.c.document_date, version.c.currency, version.c.lines)
        .join(latest, is_newest(latest))
        .join(invoice, and_(invoice.c.administration_id == version.c.administration_id,
                            invoice.c.invoice_id == version.c.invoice_id))
        .where(version.c.administration_id == administration_id, or_(*wanted),
               or_(version.c.document_date.between(first, last), version.c.document_date.is_(None)))
        .order_by(version.c.version_id)
    )  # fmt: skip
    return [
        SummedDocument(
            version_id=row.version_id,
            direction=Direction(row.direction),
            date=row.document_date,
            currency=row.currency,
            lines=row.lines,
        )
        for row in rows
    ]


def states_of(connection: Connection, administration_id: int) -> dict[int, LineState]:
    """The state of every current version, by its id: to tell posted from open."""
    return {each.version_id: each.state for each in states.standings(connection, administration_id)}


def in_parts(
    documents: Iterable[SummedDocument], part: Callable[[SummedDocument], Part]
) -> dict[Part, list[SummedDocument]]:
    """``documents`` by ``part``, in the order in which the parts are met."""
    found: dict[Part, list[SummedDocument]] = {}
    for each in documents:
        found.setdefault(part(each), []).append(each)
    return found


def combination_sums(
    connection: Connection, administration_id: int, version_ids: Collection[int]
) -> Iterator[CombinationSum]:
    """What the lines of ``version_ids`` add up to, per combination, in the order of the combinations."""
    query = _sums(connection, administration_id, version_ids).order_by(tables.line.c.combination_ref)
    for row in _rows(connection, query):
        yield CombinationSum(*row)


def combinations_of(
    connection: Connection, administration_id: int, found: Sequence[CombinationSum]
) -> dict[int, Combination]:
    """The combinations behind some sums, by reference. Holds them all: ask for some thousands at once."""
    remembered: dict[int, Combination] = {}
    texts.remember_combinations(connection, administration_id, [each.combination_ref for each in found], remembered)
    return remembered


def question_sums(
    connection: Connection, administration_id: int, version_ids: Collection[int], fields: Sequence[str]
) -> Iterator[QuestionSum]:
    """What the lines of ``version_ids`` add up to by ``fields``, which are names of ``Combination``."""
    sums = _sums(connection, administration_id, version_ids).subquery("sums")
    combination, subscription, charge = tables.combination, tables.subscription, tables.charge
    wanted: list[ColumnElement[Any]] = [*(_FIELDS[name] for name in fields), sums.c.net, sums.c.vat, sums.c.lines]
    query = (
        select(*wanted)
        .select_from(sums)
        .join(combination, and_(combination.c.administration_id == administration_id,
                                combination.c.combination_ref == sums.c.combination_ref))
        .join(subscription, and_(subscription.c.administration_id == administration_id,
                                 subscription.c.subscription_ref == combination.c.subscription_ref))
        .join(charge, and_(charge.c.administration_id == administration_id,
                           charge.c.charge_ref == combination.c.charge_ref))
    )  # fmt: skip
    for row in _rows(connection, query):
        yield QuestionSum(tuple(row[:-3]), *row[-3:])


def _sums(connection: Connection, administration_id: int, version_ids: Collection[int]) -> Select[Any]:
    line = tables.line
    net, vat = (cast(func.sum(amount), BigInteger) for amount in (line.c.net_minor, line.c.vat_minor))
    return (
        select(line.c.combination_ref, net.label("net"), vat.label("vat"), func.count().label("lines"))
        .where(line.c.administration_id == administration_id, bulk.among(connection, line.c.version_id, version_ids))
        .group_by(line.c.combination_ref)
    )


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """The rows of ``query``, some at once: PostgreSQL would hand over all of them."""
    with connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as result:
        for some in result.partitions():
            yield from some


def _po_number() -> ColumnElement[str]:
    own, others = tables.subscription.c.sub_po_number, tables.subscription.c.subscription_po_number
    return case((own != "", own), else_=others)


_FIELDS: dict[str, ColumnElement[str]] = {
    **{name: tables.combination.c[name] for name in tables.FACT_FIELDS},
    "customer_id": tables.subscription.c.account_id,
    "customer_number": tables.subscription.c.customer_number,
    "customer_name": tables.subscription.c.company_name,
    "cost_center": tables.subscription.c.cost_center,
    "consumer_number": tables.subscription.c.consumer_company_number,
    "consumer_name": tables.subscription.c.consumer_company_name,
    "category": tables.subscription.c.plan_category_name,
    "plan_id": tables.subscription.c.plan_id,
    "plan_name": tables.subscription.c.plan_name,
    "charge_type": tables.charge.c.charge_type,
    "zone": tables.charge.c.tax_zone_id,
    "po_number": _po_number(),
    "details": tables.subscription.c.details,
    "line_details": tables.charge.c.details,
    "vendor_details": tables.charge.c.vendor_details,
}
"""Where the fields of a combination are kept; ``vocabulary.combine`` makes combinations of the same."""
