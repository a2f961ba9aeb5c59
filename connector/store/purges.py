"""What stays of documents that were removed: written by a purge, and asked by whoever meets them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, cast, func, select

from connector.domain.invoice import InvoiceKey
from connector.domain.retention import Purge, PurgedDocument, PurgedEntry, PurgedRows
from connector.store import bulk, tables
from connector.store.joins import same

_CHUNK = 400
_AT_ONCE = 2_000


class KeptPurge(msgspec.Struct, frozen=True, kw_only=True):
    """A purge as it stands, with the digest that was written with it."""

    purge: Purge
    digest: bytes


class PurgedSum(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed of one direction and month: documents, lines and net minor units."""

    direction: str
    period: str
    documents: int
    lines: int
    net: int


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was removed: its invoice, and the purge that did, up to and with the year ``until``."""

    invoice_id: int
    purge_id: int
    until: int


def there_are(connection: Connection, administration_id: int) -> bool:
    """Whether anything was ever removed."""
    stored = tables.purge
    mine = select(stored.c.purge_id).where(stored.c.administration_id == administration_id).limit(1)
    return connection.scalar(mine) is not None


def all_of(connection: Connection, administration_id: int) -> list[KeptPurge]:
    """Every purge, oldest first."""
    stored = tables.purge
    rows = connection.execute(
        select(stored).where(stored.c.administration_id == administration_id).order_by(stored.c.purge_id)
    )
    return [KeptPurge(purge=_read(Purge, row), digest=bytes(row.digest)) for row in rows]


def documents(connection: Connection, administration_id: int, purge_id: int) -> Iterator[PurgedDocument]:
    """The documents of a purge, by invoice."""
    stored = tables.purged_document
    query = select(stored).where(stored.c.administration_id == administration_id, stored.c.purge_id == purge_id)
    with connection.execute(query.order_by(stored.c.invoice_id).execution_options(yield_per=_AT_ONCE)) as rows:
        for row in rows:
            yield _read(PurgedDocument, row)


def entries(connection: Connection, administration_id: int, purge_id: int) -> Iterator[PurgedEntry]:
    """The posted entries of a purge, by number."""
    stored = tables.purged_entry
    query = select(stored).where(stored.c.administration_id == administration_id, stored.c.purge_id == purge_id)
    with connection.execute(query.order_by(stored.c.entry_no).execution_options(yield_per=_AT_ONCE)) as rows:
        for row in rows:
            yield _read(PurgedEntry, row)


def rows_of(connection: Connection, administration_id: int, purge_id: int) -> list[PurgedRows]:
    """How many rows of each table went with a purge, by table."""
    stored = tables.purged_rows
    rows = connection.execute(
        select(stored)
        .where(stored.c.administration_id == administration_id, stored.c.purge_id == purge_id)
        .order_by(stored.c.table_name)
    )
    # Here, since the two databases do not order texts alike.
    return sorted((_read(PurgedRows, row) for row in rows), key=lambda each: each.table_name)


def rows_gone(connection: Connection, administration_id: int, table: str) -> tuple[int, int]:
    """(rows, highest id) that all purges together took of ``table``; 0 and 0 when none did."""
    stored = tables.purged_rows
    row = connection.execute(
        select(cast(func.sum(stored.c.rows), BigInteger), func.max(stored.c.highest)).where(
            stored.c.administration_id == administration_id, stored.c.table_name == table
        )
    ).one()
    return row[0] or 0, row[1] or 0


def invoice_ids(connection: Connection, administration_id: int) -> set[int]:
    """The invoices that were removed."""
    stored = tables.purged_document
    return set(connection.scalars(select(stored.c.invoice_id).where(stored.c.administration_id == administration_id)))


def untils(connection: Connection, administration_id: int) -> dict[int, int]:
    """The last year of the purge that removed each invoice, by its id."""
    stored, purge = tables.purged_document, tables.purge
    rows = connection.execute(
        select(stored.c.invoice_id, purge.c.until)
        .join(purge, same(purge, stored, "purge_id"))
        .where(stored.c.administration_id == administration_id)
    )
    return {row.invoice_id: row.until for row in rows}


def back_again(connection: Connection, administration_id: int) -> list[int]:
    """Invoices that were removed, and of which there are versions all the same."""
    stored, version = tables.purged_document, tables.invoice_version
    found = (
        select(stored.c.invoice_id)
        .join(version, same(version, stored, "invoice_id"))
        .where(stored.c.administration_id == administration_id)
        .distinct()
        .order_by(stored.c.invoice_id)
    )
    return list(connection.scalars(found))


def sums(connection: Connection, administration_id: int, sources: Collection[str] | None = None) -> list[PurgedSum]:
    """What was removed, of ``sources`` where they are named, by direction and month."""
    stored, invoice = tables.purged_document, tables.invoice
    rows = connection.execute(
        select(
            invoice.c.direction,
            stored.c.document_date,
            func.count(),
            *(cast(func.sum(each), BigInteger) for each in (stored.c.lines, stored.c.net_minor)),
        )
        .join(invoice, same(invoice, stored, "invoice_id"))
        .where(
            stored.c.administration_id == administration_id,
            *(() if sources is None else (invoice.c.source.in_(sources),)),
        )
        .group_by(invoice.c.direction, stored.c.document_date)
    )
    months: dict[tuple[str, str], list[int]] = {}
    for direction, day, *counted in rows:
        month = months.setdefault((direction, f"{day:%Y-%m}"), [0, 0, 0])
        for place, number in enumerate(counted):
            month[place] += number
    return [
        PurgedSum(direction=direction, period=period, documents=number, lines=lines, net=net)
        for (direction, period), (number, lines, net) in sorted(months.items())
    ]


def known(connection: Connection, administration_id: int, keys: Collection[InvoiceKey]) -> dict[InvoiceKey, Gone]:
    """Those of ``keys`` whose document was removed, whichever list it comes from: it has one key in the ledger."""
    stored, invoice, purge = tables.purged_document, tables.invoice, tables.purge
    numbers, there = sorted({key.number for key in keys}), dict[tuple[str, ...], Gone]()
    for start in range(0, len(numbers), _CHUNK):
        rows = connection.execute(
            select(
                *(invoice.c.direction, invoice.c.issuer, invoice.c.number, invoice.c.customer),
                *(stored.c.invoice_id, stored.c.purge_id, purge.c.until),
            )
            .join(invoice, same(invoice, stored, "invoice_id"))
            .join(purge, same(purge, stored, "purge_id"))
            .where(
                stored.c.administration_id == administration_id,
                invoice.c.number.in_(numbers[start : start + _CHUNK]),
            )
        )
        there |= {
            tuple(identity): Gone(invoice_id=invoice_id, purge_id=purge_id, until=until)
            for *identity, invoice_id, purge_id, until in rows
        }
    found = {key: there.get((key.direction.value, key.issuer, key.number, key.customer)) for key in keys}
    return {key: each for key, each in found.items() if each is not None}


def of_number(connection: Connection, administration_id: int, number: str) -> list[Purge]:
    """The purges that removed documents with this number, oldest first."""
    stored, invoice, purge = tables.purged_document, tables.invoice, tables.purge
    rows = connection.execute(
        select(purge)
        .join(stored, same(stored, purge, "purge_id"))
        .join(invoice, same(invoice, stored, "invoice_id"))
        .where(purge.c.administration_id == administration_id, invoice.c.number == number)
        .distinct()
        .order_by(purge.c.purge_id)
    )
    return [_read(Purge, row) for row in rows]


def entries_by_key(
    connection: Connection, administration_id: int, ledger: str, keys: Collection[str]
) -> dict[str, PurgedEntry]:
    """The removed entries that ``ledger`` holds under ``keys``."""
    stored, wanted, found = tables.purged_entry, sorted(keys), dict[str, PurgedEntry]()
    if not there_are(connection, administration_id):
        return found
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(stored).where(
                stored.c.administration_id == administration_id,
                stored.c.ledger == ledger,
                stored.c.entry_key.in_(wanted[start : start + _CHUNK]),
            )
        )
        found |= {row.entry_key: _read(PurgedEntry, row) for row in rows}
    return found


def slice_sizes(connection: Connection, administration_id: int, hashes: Collection[bytes]) -> dict[bytes, int]:
    """The sizes of those of ``hashes`` (SHA-256) that are slices whose bytes are gone."""
    stored, wanted, found = tables.purged_slice, list(hashes), dict[bytes, int]()
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(stored.c.sha256, stored.c.size).where(
                stored.c.administration_id == administration_id,
                stored.c.sha256.in_(wanted[start : start + _CHUNK]),
            )
        )
        found |= {bytes(sha256): size for sha256, size in rows}
    return found


def add_slices(connection: Connection, administration_id: int, slices: Iterable[tuple[bytes, int, int]]) -> None:
    """Note slices, as (SHA-256, purge, size), whose bytes are gone; those that are known stay as they are."""
    columns = [column.name for column in tables.purged_slice.columns]
    rows = [(administration_id, *each) for each in slices]
    bulk.insert(connection, tables.purged_slice, columns, rows, known_too=True)


def _read(kind: type[Any], row: Any) -> Any:
    fields = {name: getattr(row, name) for name in kind.__struct_fields__}
    return kind(**{name: bytes(value) if isinstance(value, memoryview) else value for name, value in fields.items()})
