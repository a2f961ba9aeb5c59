"""What was removed, proved for ``verify``: what stays of it adds up and was not changed, and none of it is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from connector.domain.retention import Purge
from connector.engine.books import Books
from connector.store import fetches, purges
from connector.store.database import Connection
from connector.store.proofs import FetchRow
from connector.store.purging import digest_of

Doubt = tuple[str, str, int]
"""Where something is wrong, what, and the difference in minor units."""


def doubts(connection: Connection, books: Books) -> Iterator[Doubt]:
    """Everything that is wrong with what stays of removed documents."""
    for number, each in enumerate(purges.all_of(connection, books.id), 1):
        where = f"purge {each.purge.purge_id}"
        if each.purge.purge_id != number:
            yield where, "one before it is missing", 0
            return
        if digest_of(connection, books.id, each.purge) != each.digest:
            yield where, "what is kept of it was changed", 0
        yield from _sums(connection, books, where, each.purge)
    for invoice_id in purges.back_again(connection, books.id):
        yield f"invoice {invoice_id}", "it was purged, and is there all the same", 0


def _sums(connection: Connection, books: Books, where: str, purge: Purge) -> Iterator[Doubt]:
    documents = lines = net = vat = versions = 0
    for each in purges.documents(connection, books.id, purge.purge_id):
        documents, lines, versions = documents + 1, lines + each.lines, versions + each.versions
        net, vat = net + each.net_minor, vat + each.vat_minor
    if (documents, lines) != (purge.documents, purge.lines):
        yield where, f"{documents} documents with {lines} lines are kept of it, it says {purge.documents}", 0
    if (net, vat) != (purge.net_minor, purge.vat_minor):
        yield where, "its sums are not those of its documents", purge.net_minor - net or purge.vat_minor - vat
    gone = {each.table_name: each.rows for each in purges.rows_of(connection, books.id, purge.purge_id)}
    if gone.get("invoice_version", 0) != versions:
        yield where, f"{versions} versions are kept of it, {gone.get('invoice_version', 0)} went", 0


def body_doubt(connection: Connection, books: Books, row: FetchRow) -> str:
    """What is wrong with the body of an answer, '' when nothing is. Where slices of it are gone by a purge, the others
    must have their hash, and all together the size of the body."""
    envelope = fetches.envelope_of(connection, books.id, row.fetch_id)
    there = fetches.known_slices(connection, books.id, envelope.slices)
    sizes = purges.slice_sizes(connection, books.id, [each for each in envelope.slices if each not in there])
    if not sizes:
        rebuilt = fetches.rebuilt_hash(connection, books.id, row.fetch_id)
        return "" if rebuilt == row.sha256 else "its body, rebuilt, has another hash than the one received"
    total = sum(map(len, envelope.glue))
    for sha256 in envelope.slices:
        if sha256 in sizes:
            total += sizes[sha256]
            continue
        exact = fetches.slice_body(connection, books.id, sha256)
        if hashlib.sha256(exact).digest() != sha256:
            return "a slice of its body has another hash than the one received"
        total += len(exact)
    return "" if total == row.size else f"its body has {row.size} bytes, its parts have {total}"
