"""Papers: the mailed PDFs and e-invoices, bytes and what was read of them. None is ever replaced: the newest counts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Connection, select

from connector.domain.finding import Finding
from connector.domain.invoice import Direction
from connector.domain.paper import CODES, KeptPaper, Paper, belongs_to, standing
from connector.store import tables
from connector.store.findings import finding_of
from connector.store.ids import Ids

_CHUNK = 400
_paper = msgspec.json.Decoder(Paper)
_encode = msgspec.json.Encoder().encode


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A paper as it stands, for ``verify``; ``whole`` is whether the bytes are those of its SHA-256 and size, and its
    number the one that was read."""

    paper_id: int
    kept: KeptPaper
    digest: bytes
    whole: bool


def add(connection: Connection, administration_id: int, ids: Ids, kept: KeptPaper, content: bytes) -> bool:
    """Keep a paper; ``False`` when these very bytes are kept already, and nothing is written then."""
    if knows(connection, administration_id, kept.sha256):
        return False
    connection.execute(
        tables.paper.insert(),
        {
            "administration_id": administration_id,
            "paper_id": ids.take("paper"),
            "sha256": kept.sha256,
            "size": kept.size,
            "body": zstandard.compress(content, 9),
            "name": kept.name,
            "sender": kept.sender,
            "number": kept.paper.number,
            "told": _encode(kept.paper).decode(),
            "actor": kept.actor,
            "at": kept.at,
            "digest": kept.digest,
        },
    )
    return True


def knows(connection: Connection, administration_id: int, sha256: bytes) -> bool:
    """Whether these very bytes are kept."""
    stored = tables.paper
    wanted = select(stored.c.paper_id).where(stored.c.administration_id == administration_id, stored.c.sha256 == sha256)
    return connection.scalar(wanted) is not None


def every(connection: Connection, administration_id: int) -> list[KeptPaper]:
    """All papers, oldest first."""
    stored = tables.paper
    columns = [each for each in stored.columns if each.name != "body"]
    rows = connection.execute(
        select(*columns).where(stored.c.administration_id == administration_id).order_by(stored.c.paper_id)
    )
    return [_kept(row) for row in rows]


def content(connection: Connection, administration_id: int, sha256: bytes) -> bytes:
    """The bytes of a paper that is kept."""
    stored = tables.paper
    packed = connection.execute(
        select(stored.c.body).where(stored.c.administration_id == administration_id, stored.c.sha256 == sha256)
    ).scalar_one()
    return zstandard.decompress(packed)


def invoices_of(
    connection: Connection, administration_id: int, papers: Collection[KeptPaper]
) -> dict[bytes, tuple[int, ...]]:
    """The invoices to which each of ``papers`` belongs, by the SHA-256 of the paper."""
    invoice = tables.invoice
    numbers, known = sorted({each.paper.number for each in papers} - {""}), dict[str, list[tuple[int, str]]]()
    for start in range(0, len(numbers), _CHUNK):
        rows = connection.execute(
            select(invoice.c.invoice_id, invoice.c.number, invoice.c.issuer)
            .where(
                invoice.c.administration_id == administration_id,
                invoice.c.direction == Direction.PURCHASE.value,
                invoice.c.number.in_(numbers[start : start + _CHUNK]),
            )
            .order_by(invoice.c.invoice_id)
        )
        for invoice_id, number, issuer in rows:
            known.setdefault(number, []).append((invoice_id, issuer))
    return {each.sha256: belongs_to(each.paper, known.get(each.paper.number, ())) for each in papers}


def by_version(connection: Connection, administration_id: int) -> dict[int, tuple[KeptPaper, ...]]:
    """The papers that count of each invoice that has any, by each of its versions."""
    papers = every(connection, administration_id)
    owners, by_invoice = invoices_of(connection, administration_id, papers), dict[int, list[KeptPaper]]()
    for each in papers:
        for invoice_id in owners[each.sha256]:
            by_invoice.setdefault(invoice_id, []).append(each)
    return {
        version_id: standing(by_invoice[invoice_id])
        for version_id, invoice_id in _versions(connection, administration_id, by_invoice)
    }


def of_version(connection: Connection, administration_id: int, version_id: int) -> tuple[KeptPaper, ...]:
    """The papers that count of the invoice of a version."""
    return by_version(connection, administration_id).get(version_id, ())


def _versions(
    connection: Connection, administration_id: int, invoices: Mapping[int, list[KeptPaper]]
) -> list[tuple[int, int]]:
    version, wanted, found = tables.invoice_version, sorted(invoices), list[tuple[int, int]]()
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(version.c.version_id, version.c.invoice_id).where(
                version.c.administration_id == administration_id,
                version.c.invoice_id.in_(wanted[start : start + _CHUNK]),
            )
        )
        found += [(version_id, invoice_id) for version_id, invoice_id in rows]
    return found


def rows(connection: Connection, administration_id: int) -> list[Row]:
    """All papers with the proof of their bytes, oldest first."""
    stored = tables.paper
    found = connection.execute(
        select(stored).where(stored.c.administration_id == administration_id).order_by(stored.c.paper_id)
    )
    return [
        Row(paper_id=row.paper_id, kept=(kept := _kept(row)), digest=bytes(row.digest), whole=_is_whole(row, kept))
        for row in found
    ]


def told(connection: Connection, administration_id: int) -> list[tuple[int, Finding]]:
    """(preparation, finding) of every finding that tells of a paper."""
    stored = tables.finding
    found = connection.execute(
        select(stored)
        .where(stored.c.administration_id == administration_id, stored.c.code.in_(CODES))
        .order_by(stored.c.finding_id)
    )
    return [(row.preparation_id, finding_of(row.code, row.place, row.minor, row.details)) for row in found]


def _is_whole(row: Any, kept: KeptPaper) -> bool:
    try:
        body = zstandard.decompress(row.body)
    except zstandard.ZstdError:
        return False
    same_bytes = hashlib.sha256(body).digest() == kept.sha256 and len(body) == kept.size
    return same_bytes and row.number == kept.paper.number


def _kept(row: Any) -> KeptPaper:
    return KeptPaper(
        paper=_paper.decode(row.told),
        name=row.name,
        sha256=bytes(row.sha256),
        size=row.size,
        sender=row.sender,
        actor=row.actor,
        at=row.at,
    )
