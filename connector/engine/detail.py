"""Keeping a detailed answer: the single changes behind correction lines, beside the documents that they explain.

A detailed answer makes no documents and no versions: the summarised form is booked, and the detail would count
it twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from connector.domain.detail import Split, agree, splits
from connector.domain.invoice import Invoice, InvoiceKey, lines
from connector.domain.money import rounding
from connector.engine.books import Books
from connector.engine.dialect import Dialect, Part, Piece, documents_in, in_batches
from connector.engine.plain_reader import plain_lines
from connector.engine.purged import Purged, Settled, numbered
from connector.source.base import Answer
from connector.store import details, documents, fetches
from connector.store.database import Connection
from connector.store.details import Detail
from connector.store.documents import KnownVersion
from connector.store.fetches import Envelope
from connector.store.ids import Ids


class DetailReader:
    """Reads one detailed answer. ``explained`` counts the documents that it explains anew, ``unmatched`` those that
    were never fetched in the summarised form."""

    def __init__(self, connection: Connection, books: Books, dialect: Dialect, answer: Answer, fetch_id: int) -> None:
        self._connection, self._books, self._dialect = connection, books, dialect
        self._answer, self._fetch_id = answer, fetch_id
        self._ids = Ids(connection, books.id)
        self._envelope = Envelope(glue=[], slices=[], invoices=[])
        self._summary: tuple[int, Invoice] | None = None
        self._taken: set[int] = set()
        self._purged = Purged(connection, books, dialect, answer.endpoint.value)
        self.explained = self.unmatched = 0

    def read(self) -> Envelope:
        """Read it all. SourceFormatError at its end when it is not what the API promises; then nothing of it may be
        kept."""
        if self._answer.no_data:
            self._envelope.glue.append(self._answer.body.read_bytes())
            return self._envelope
        cut = self._dialect.cut(self._answer.body)
        for pieces in in_batches(cut.invoices()):
            self._take(pieces)
        self._envelope.glue.append(cut.tail)
        return self._envelope

    def _take(self, pieces: Sequence[Piece]) -> None:
        hashes = [hashlib.sha256(piece.slice).digest() for piece in pieces]
        known = fetches.known_slices(self._connection, self._books.id, hashes)
        new = {digest: piece.slice for digest, piece in zip(hashes, pieces, strict=True) if digest not in known}
        kept_out = self._purged.kept_out(new)
        for digest in kept_out:
            del new[digest]
        slice_ids = known | fetches.add_slices(self._connection, self._books.id, self._ids, list(new.items()))
        for digest, piece in zip(hashes, pieces, strict=True):
            self._envelope.glue.append(piece.glue)
            self._envelope.slices.append(digest)
            if digest in kept_out:
                self._envelope.invoices.append(kept_out[digest])
                continue
            self._envelope.invoices.append(self._explain(piece.slice, slice_ids[digest]))

    def _explain(self, exact: bytes, slice_id: int) -> list[int]:
        """Keep which documents this slice explains; their ids."""
        connection, books = self._connection, self._books
        found = list(documents_in(self._dialect.parse(exact).invoice, self._answer.endpoint.value, books))
        current = self._current(self._purged.settled(found))
        versions = [self._explained_by(each, current.get(each.key, [])) for each in found]
        before = details.latest(connection, books.id, [each.version_id for each in versions if each is not None])
        made: list[tuple[int, Detail]] = []
        for each, version in zip(found, versions, strict=True):
            if version is None:
                self.unmatched += 1
                continue
            last = before.get(version.version_id)
            if last is None or (last.slice_id, last.part) != (slice_id, each.part):
                whole = self._summarised(version.slice_id)
                made.append((self._ids.take("detail"), self._detail(version.version_id, whole, each, slice_id)))
        details.add(connection, books.id, made)
        self.explained += len(made)
        return [version.invoice_id for version in versions if version is not None]

    def _explained_by(self, part: Part, there: Sequence[KnownVersion]) -> KnownVersion | None:
        """The one of ``there`` that ``part`` explains. Where several documents have one number, the one that it adds up
        to; without any such, one that nothing in this answer explained yet."""
        if len(there) < 2:
            return there[0] if there else None
        source = self._answer.endpoint.value
        fitting = [each for each in there if agree(compare(self._summarised(each.slice_id), part, source, self._books))]
        left = [each for each in there if each.version_id not in self._taken]
        chosen = (*fitting, *left, *there)[0]
        self._taken.add(chosen.version_id)
        return chosen

    def _current(self, settled: Sequence[Settled]) -> dict[InvoiceKey, list[KnownVersion]]:
        """The current versions of the documents under the own key of each, in the order in which they came."""
        first = {each.own: each.number for each in settled}
        keys = [numbered(own, number + more) for own, number in first.items() for more in (0, 1)]
        known = documents.current(self._connection, self._books.id, keys)
        found = {own: [known[key]] for own, number in first.items() if (key := numbered(own, number)) in known}
        more = 1
        while others := {own: key for own in found if (key := numbered(own, first[own] + more)) in known}:
            for own, key in others.items():
                found[own].append(known[key])
            more += 1
            keys = [numbered(own, first[own] + more) for own in others]
            known = documents.current(self._connection, self._books.id, keys)
        return found

    def _summarised(self, slice_id: int) -> Invoice:
        """The invoice of the source in a slice; the last one is remembered, since its customers come together."""
        if self._summary is None or self._summary[0] != slice_id:
            exact = fetches.slice_by_id(self._connection, self._books.id, slice_id)
            self._summary = (slice_id, self._dialect.parse(exact).invoice)
        return self._summary[1]

    def _detail(self, version_id: int, summary: Invoice, found: Part, slice_id: int) -> Detail:
        beside = compare(summary, found, self._answer.endpoint.value, self._books)
        rounded, places = rounding(found.head.currency, []), list(lines(_alone(found)))
        return Detail(
            version_id=version_id,
            slice_id=slice_id,
            part=found.part,
            fetch_id=self._fetch_id,
            lines=len(places),
            net=sum(rounded(line.extended_price) for _, _, line in places),
            vat=sum(rounded(line.vat) for _, _, line in places),
            agrees=agree(beside),
        )


def compare(summary: Invoice, detail: Part, source: str, books: Books) -> list[Split]:
    """The document ``detail`` beside the one with its key in ``summary``, an invoice of the source."""
    booked = next((each for each in documents_in(summary, source, books) if each.key == detail.key), None)
    return splits(() if booked is None else lines(_alone(booked)), lines(_alone(detail)), detail.head.currency)


def _alone(part: Part) -> Invoice:
    """The invoice with nothing in it but the document ``part``."""
    return part.invoice if part.customers is None else msgspec.structs.replace(part.invoice, customers=part.customers)


def explained(connection: Connection, books: Books, dialect: Dialect, source: str, version_id: int) -> Iterator[Split]:
    """Where the detail of a version, if it has one, tells more of a correction than the version, or something else."""
    detail = details.latest(connection, books.id, [version_id]).get(version_id)
    if detail is None:
        return
    summary = dialect.parse(documents.slice_of(connection, books.id, version_id)).invoice
    detailed = dialect.parse(fetches.slice_by_id(connection, books.id, detail.slice_id)).invoice
    part = next(each for each in documents_in(detailed, source, books) if each.part == detail.part)
    for each in compare(summary, part, source, books):
        if (each.corrects and each.tells_more) or not each.agrees:
            yield each


def unproven(connection: Connection, books: Books, names: Mapping[int, str]) -> Iterator[tuple[str, str, int]]:
    """(place, message, minor units) of every detail that is not what its raw bytes say; ``names`` are the versions. It
    is no source line and in no sum of the books."""
    for each in details.of_versions(connection, books.id, list(names)):
        where = f"detail of {names[each.version_id]}"
        try:
            exact = fetches.slice_by_id(connection, books.id, each.slice_id)
        except Exception as error:  # noqa: BLE001 - damaged bytes fail in many ways, and all mean the same
            yield where, f"its raw bytes cannot be read: {error}", 0
            continue
        raw = list(plain_lines(exact, each.part))
        net, vat = sum(line.net for line in raw), sum(line.vat for line in raw)
        if (len(raw), net, vat) != (each.lines, each.net, each.vat):
            yield where, "its lines, net amount or VAT differ from the raw bytes", each.net - net
