"""Reading an answer that was not had before: cut it, keep new slices, and keep what is new in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from connector.domain.fields import Note
from connector.domain.finding import Finding
from connector.domain.invoice import InvoiceKey
from connector.domain.lost_rows import HashedLine, lost_rows
from connector.domain.reading import ReadLine
from connector.domain.vocabulary import CHARGE_FIELDS, SUBSCRIPTION_FIELDS, Vocabulary
from connector.engine.books import Books
from connector.engine.dialect import Dialect, Part, Piece, Read, documents_in, in_batches, parts, read_part
from connector.engine.fields import Sampler
from connector.engine.purged import Purged
from connector.source.base import Answer
from connector.store import documents, drifts, fetches
from connector.store.database import Connection
from connector.store.documents import Added, Arrival, KnownVersion
from connector.store.fetches import Envelope
from connector.store.fresh import Fresh
from connector.store.ids import Ids
from connector.store.kept import Kept
from connector.store.texts import TextReferences

BATCH_LINES = 8_000
"""Lines that are written at once: enough for fast inserts, few enough for flat memory."""


MOST_ALIKE = 20
"""Findings of one code that are kept of one document; the raw bytes keep the rest."""


class Counts(msgspec.Struct, kw_only=True):
    """What an answer brought, in documents; ``lines`` are those of new and changed ones, ``repeated`` came twice
    in it, ``purged`` were removed before and are not kept again."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    lines: int = 0
    repeated: int = 0
    purged: int = 0


class AnswerReader:
    """Reads one answer that was not had before: cuts it, keeps new slices, and keeps what is new in them."""

    def __init__(
        self,
        connection: Connection,
        books: Books,
        dialect: Dialect,
        answer: Answer,
        fetch_id: int,
        vocabulary: Vocabulary,
        references: TextReferences,
        fresh: Fresh,
    ) -> None:
        self._connection, self._books, self._dialect = connection, books, dialect
        self._answer, self._fetch_id = answer, fetch_id
        self._vocabulary, self._references, self._fresh = vocabulary, references, fresh
        self._ids = Ids(connection, books.id)
        self._forgotten = vocabulary.forgotten
        self._seen: dict[InvoiceKey, tuple[bytes, int]] = {}  # content and invoice
        self._envelope = Envelope(glue=[], slices=[], invoices=[])
        self.counts = Counts()
        self.new_fields: list[str] = []
        self.noted: list[Note] = []
        self._sampler = Sampler(dialect)
        self._purged = Purged(connection, books, dialect, answer.endpoint.value)

    def read(self) -> Envelope:
        """Read it all. SourceFormatError at its end when it is not what the API promises; then nothing of it may
        be kept."""
        answer = self._answer
        if answer.no_data:
            self._envelope.glue.append(answer.body.read_bytes())
        else:
            cut = self._dialect.cut(answer.body)
            for pieces in in_batches(cut.invoices()):
                self._take(pieces)
            self._envelope.glue.append(cut.tail)
            self.noted = self._sampler.note(self._connection, self._books, self._ids, answer)
            self._note_drift("", [(name, value.decode()) for name, value in sorted(cut.members.items())])
            self.counts.purged = self._purged.met
        return self._envelope

    def _take(self, pieces: list[Piece]) -> None:
        hashes = [hashlib.sha256(piece.slice).digest() for piece in pieces]
        known = fetches.known_slices(self._connection, self._books.id, hashes)
        new = {digest: piece.slice for digest, piece in zip(hashes, pieces, strict=True) if digest not in known}
        kept_out = self._purged.kept_out(new)
        for digest in kept_out:
            del new[digest]
        for exact in new.values():
            self._sampler.look(exact)
        slice_ids = known | fetches.add_slices(self._connection, self._books.id, self._ids, list(new.items()))
        had = {known[digest]: piece.slice for digest, piece in zip(hashes, pieces, strict=True) if digest in known}
        unchanged = self._unchanged(had)
        arrivals: list[Arrival] = []
        for digest, piece in zip(hashes, pieces, strict=True):
            self._envelope.glue.append(piece.glue)
            self._envelope.slices.append(digest)
            invoice_ids: list[int] = []
            self._envelope.invoices.append(invoice_ids)
            if digest in kept_out:
                invoice_ids += kept_out[digest]
                continue
            slice_id = slice_ids[digest]
            if slice_id in unchanged and not any(key in self._seen for key, _ in unchanged[slice_id]):
                for key, version in unchanged[slice_id]:
                    self._seen[key] = version.content, version.invoice_id
                    invoice_ids.append(version.invoice_id)
                self.counts.unchanged += len(unchanged[slice_id])
                continue
            arrivals += self._compare(piece.slice, slice_id, invoice_ids)
            if sum(len(each.reading.lines) for each in arrivals) >= BATCH_LINES:
                self._add(arrivals)
                arrivals = []
        self._add(arrivals)

    def _unchanged(self, exact: Mapping[int, bytes]) -> dict[int, list[tuple[InvoiceKey, KnownVersion]]]:
        """The known slices (bytes by id) of which every document is current as it stands there, with their documents.

        A slice may hold several documents, and the current version of one may lie in an earlier or later slice: then
        the slice is read again.
        """
        endpoint, found = self._answer.endpoint.value, dict[int, list[tuple[InvoiceKey, KnownVersion]]]()
        if exact:
            current = documents.current_of_slices(self._connection, self._books.id, list(exact))
            for key, version in current.items():
                if key.source == endpoint:
                    found.setdefault(version.slice_id, []).append((key, version))
        return {
            slice_id: versions
            for slice_id, versions in found.items()
            if len(versions) == parts(exact[slice_id], endpoint)
        }

    def _compare(self, exact: bytes, slice_id: int, invoice_ids: list[int]) -> list[Arrival]:
        """The new or changed documents in a slice; notes the ids of all that are in it."""
        parsed = self._dialect.parse(exact)
        by_line = self._line_drift(parsed)
        arrivals: list[Arrival] = []
        found = list(documents_in(parsed.invoice, self._answer.endpoint.value, self._books))
        settled = self._purged.settled(found)
        invoice_ids += dict.fromkeys(each.gone.invoice_id for each in settled if each.gone is not None)
        readings = [
            (each.own, self._arrival(part, each.key, parsed, slice_id, by_line))
            for part, each in zip(found, settled, strict=True)
            if each.gone is None
        ]
        current = documents.current(self._connection, self._books.id, [each.key for _, each in readings])
        for own, each in readings:
            key, content = each.key, each.reading.content
            if key in self._seen:
                self.counts.repeated += 1
                alike, invoice_id = self._seen[key]
                if alike == content:  # the same invoice twice in one answer, alike to the last field
                    invoice_ids.append(invoice_id)
                    continue
                other = self._purged.free(own, each.reading.head.date, self._seen)
                key = other.key
                if other.gone is not None:
                    self._seen[key] = content, other.gone.invoice_id
                    invoice_ids.append(other.gone.invoice_id)
                    continue
                each = msgspec.structs.replace(each, key=key)  # noqa: PLW2901 - a second document under one number
                current |= documents.current(self._connection, self._books.id, [key])
            before = current.get(key)
            invoice_id = before.invoice_id if before else self._ids.take("invoice")
            self._seen[key] = content, invoice_id
            invoice_ids.append(invoice_id)
            if before is not None and before.content == content:
                self.counts.unchanged += 1
                continue
            if before:
                self.counts.changed += 1
            else:
                self.counts.new += 1
            self.counts.lines += len(each.reading.lines)
            arrivals.append(
                msgspec.structs.replace(
                    each, known=before, invoice_id=invoice_id, findings=(*each.findings, *self._gone(before, each))
                )
            )
        if parsed.drift:
            number = readings[0][0].number if readings else ""
            self._note_drift(number, [(each.path, each.example) for each in parsed.drift])
        return arrivals

    def _gone(self, before: KnownVersion | None, arrival: Arrival) -> Iterator[Finding]:
        """Lines of the version before that the new one no longer has, and those of which only the hash changed."""
        if before is not None:
            there = documents.hashed_lines(self._connection, self._books.id, before.version_id)
            yield from lost_rows(there, [_hashed(each) for each in arrival.reading.lines])

    def _arrival(self, found: Part, key: InvoiceKey, parsed: Read, slice_id: int, drift: dict[int, str]) -> Arrival:
        return Arrival(
            key=key,
            reading=read_part(found, parsed, self._dialect, vocabulary=self._vocabulary),
            slice_id=slice_id,
            part=found.part,
            fetch_id=self._fetch_id,
            findings=tuple(_capped(parsed.findings)),
            drift=drift if found.part is None else {},
        )

    def _line_drift(self, parsed: Read) -> dict[int, str]:
        by_line: dict[int, dict[str, msgspec.Raw]] = {}
        for each in parsed.drift:
            if each.line_no is not None:
                by_line.setdefault(each.line_no, {})[each.path.rpartition(".")[2]] = msgspec.Raw(each.example.encode())
        return {number: msgspec.json.encode(fields).decode() for number, fields in by_line.items()}

    def _note_drift(self, number: str, fields: Sequence[tuple[str, str]]) -> None:
        endpoint = self._answer.endpoint.value
        self.new_fields += drifts.add_new(
            self._connection, self._books.id, self._ids, endpoint, number, fields, self._answer.requested_at
        )

    def _add(self, arrivals: list[Arrival]) -> None:
        if not arrivals:
            return
        if self._forgotten != self._vocabulary.forgotten:  # what was remembered shares no text any more
            self._forgotten = self._vocabulary.forgotten
            self._fresh.forget()
            self._references.forget()
        added = documents.add(self._connection, self._books.id, self._ids, self._references, arrivals)
        for arrival, each in zip(arrivals, added, strict=True):
            self._fresh.add(_as_kept(arrival, each), alone=each.alone)


def _hashed(read: ReadLine) -> HashedLine:
    """A line that arrived, as it is known again; texts in the order of ``documents.hashed_lines``."""
    subscription = dict(zip(SUBSCRIPTION_FIELDS, read.wording.subscription.fields, strict=True))
    charge = dict(zip(CHARGE_FIELDS, read.wording.charge.fields, strict=True))
    texts = (subscription["account_id"], subscription["subscription_id"], charge["charge_type"], charge["description"])
    return documents.hashed_line(read.received.decode(), read.net, *texts)


def _as_kept(arrival: Arrival, added: Added) -> Kept:
    """A document as it would be read back."""
    reading = arrival.reading
    return Kept(
        invoice_id=arrival.invoice_id,
        version_id=added.version_id,
        version_no=arrival.known.version_no + 1 if arrival.known else 1,
        fetch_id=arrival.fetch_id,
        key=arrival.key,
        head=reading.head,
        groups=tuple(reading.groups),
        references=tuple(added.combinations),
        findings=(*arrival.findings, *reading.findings),
        booking=reading.booking,
        net=reading.net,
        vat=reading.vat,
        lines=len(reading.lines),
    )


def _capped(found: Sequence[Finding]) -> Iterator[Finding]:
    """At most ``MOST_ALIKE`` findings of one code: a wrong form on every line says the same a hundred thousand
    times."""
    seen: dict[str, int] = {}
    for each in found:
        seen[each.code] = seen.get(each.code, 0) + 1
        if seen[each.code] <= MOST_ALIKE:
            yield each
