"""Replay: derive everything again from the raw bytes, beside what stands, and compare.

Same bytes, same mapping version: same lines, same fingerprints, same entries. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from connector.domain import adoption
from connector.domain.aggregation import groups_by_line, level_of
from connector.domain.booking import book
from connector.domain.checks import Document
from connector.domain.correction import PURPOSE_OF, correction
from connector.domain.dates import month_of
from connector.domain.decision import Decision
from connector.domain.document import digest, entry_key
from connector.domain.journal import JournalEntry, Posting
from connector.domain.mapping import Mapping as MappingSet
from connector.domain.reclassification import entry_of, is_adoption, is_correction, is_remap, moves, standing
from connector.engine.books import Books, Workplace
from connector.engine.dialect import Dialect, documents_in, read_part
from connector.engine.outcomes import party_of
from connector.engine.reclassify import wanted_postings
from connector.engine.verify import Problem
from connector.store import entries, fetches, kept, mapping_versions, proofs, reclassifications
from connector.store.database import Connection

_decision = msgspec.json.Decoder(Decision).decode
LoadMapping = Callable[[Mapping[str, bytes], str], MappingSet]


class ReplayReport(msgspec.Struct, kw_only=True):
    """What was derived again, and what came out differently."""

    documents: int = 0
    decisions: int = 0
    entries: int = 0
    problems: list[Problem] = msgspec.field(default_factory=list)


def replay(place: Workplace, books: Books, dialect: Dialect, load_mapping: LoadMapping) -> ReplayReport:
    """Derive every kept version, decision and entry again and compare them with what stands."""
    report = ReplayReport()
    with place.database.reading() as connection:
        one = _Replay(connection, books, dialect, load_mapping, report)
        report.problems += one.documents()
        report.problems += one.decisions()
        report.problems += one.entries()
    return report


class _Replay:
    def __init__(
        self, connection: Connection, books: Books, dialect: Dialect, load_mapping: LoadMapping, report: ReplayReport
    ) -> None:
        self._connection, self._books, self._dialect = connection, books, dialect
        self._load_mapping, self._report = load_mapping, report
        self._mappings: dict[int, MappingSet] = {}
        self._decisions: dict[int, Decision] = {}

    def documents(self) -> Iterator[Problem]:
        """Read every slice again and compare groups, sums and fingerprints."""
        for version in proofs.versions(self._connection, self._books.id):
            self._report.documents += 1
            where = f"{version.direction} {version.number} version {version.version_no}"
            exact = fetches.slice_body(self._connection, self._books.id, version.slice_sha256)
            stored = next(kept.load(self._connection, self._books.id, [version.version_id]))
            parsed = self._dialect.parse(exact)
            found = [
                each
                for each in documents_in(parsed.invoice, stored.key.source, self._books)
                if each.part == version.part
            ]
            if len(found) != 1:
                yield Problem(where=where, message="the raw bytes no longer hold this document")
                continue
            reading = read_part(found[0], parsed, self._dialect)
            if tuple(reading.groups) != stored.groups:
                yield Problem(where=where, message="its groups come out differently")
            if reading.booking != stored.booking or reading.content != version.content:
                yield Problem(where=where, message="its fingerprints come out differently")
            if not set(reading.findings) <= set(stored.findings):
                yield Problem(where=where, message="its findings come out differently")

    def decisions(self) -> Iterator[Problem]:
        """Read every decision again: what is kept of it beside its text is what the text says."""
        for row in proofs.decisions(self._connection, self._books.id):
            self._report.decisions += 1
            try:
                read = _decision(row.body)
            except msgspec.MsgspecError as error:
                yield Problem(where=f"decision {row.decision_id}", message=f"it cannot be read: {error}")
                continue
            answer = (read.action.value, read.account, read.tax, read.deferral)
            if answer != row.answer or digest((row.body,)) != row.digest:
                yield Problem(where=f"decision {row.decision_id}", message="it was changed")
            self._decisions[row.decision_id] = read

    def entries(self) -> Iterator[Problem]:
        """Book every entry again under its own mapping version and compare fingerprints."""
        for entry_id, version_id, mapping_version_id in proofs.entry_origins(self._connection, self._books.id):
            self._report.entries += 1
            mapping = self._mapping(mapping_version_id)
            stands = entries.load(self._connection, self._books.id, [entry_id])[entry_id]
            document = next(kept.load(self._connection, self._books.id, [version_id]))
            where = f"entry {entry_id} ({stands.number})"
            if document.head.date is None:
                yield Problem(where=where, message="its document has no date")
                continue
            key = entry_key(
                self._books.name, document.key, purpose=stands.key.purpose, period=month_of(document.head.date)
            )
            seen = Document(head=document.head, groups=document.groups, key=key)
            made = [
                mapping.decide(group.combination, on=document.head.date, own_country=self._books.country)
                for group in document.groups
            ]
            if is_adoption(stands.key.purpose):
                again = self._adopted(entry_id, stands)
            elif is_remap(stands.key.purpose):
                again = self._reclassified(
                    entry_id, stands, wanted_postings(self._connection, self._books, document, made, mapping)
                )
            else:
                alone = groups_by_line(seen, made, level_of(mapping, document.key.direction))
                lines = kept.line_amounts(self._connection, self._books.id, document, alone) if alone else []
                again = book(seen, made, mapping, party=party_of(document), lines=lines).entry
                if again is not None and is_correction(stands.key.purpose):
                    again = self._corrected(entry_id, stands, again)
            if again is None or again.fingerprint != stands.fingerprint:
                yield Problem(where=where, message="it comes out differently")
            for position, decision_id in proofs.decisions_of(self._connection, self._books.id, entry_id):
                if position >= len(made) or self._decisions.get(decision_id) != made[position]:
                    yield Problem(where=where, message=f"decision {decision_id} comes out differently")

    def _adopted(self, entry_id: int, stands: JournalEntry) -> JournalEntry | None:
        """What moves the cost of an adopted booking: what it took back there is only told by itself."""
        before = reclassifications.posted_before(self._connection, self._books.id, stands.key.document, entry_id)
        if not before:
            return None
        first = entries.load(self._connection, self._books.id, before[:1])[before[0]]
        return adoption.entry_of(first, adoption.taken_back(stands), date=stands.date)

    def _reclassified(self, entry_id: int, stands: JournalEntry, wanted: Sequence[Posting]) -> JournalEntry | None:
        """What a reclassification moves, from what was posted before it."""
        chain = self._chain(entry_id, stands)
        moved = moves(standing(chain), wanted)
        return None if moved is None else entry_of(chain, moved, date=stands.date, text=stands.text)

    def _corrected(self, entry_id: int, stands: JournalEntry, wanted: JournalEntry) -> JournalEntry | None:
        """What a correction moves, from what was posted before it and what its version ``wanted``."""
        chain, purpose = self._chain(entry_id, stands), stands.key.purpose.partition("-")[0]
        on_change = next(setting for setting, begins in PURPOSE_OF.items() if begins == purpose)
        moved = correction(chain, wanted, on_change).moves
        if moved is None:
            return None
        return entry_of(chain, moved, date=stands.date, text=stands.text, purpose=purpose)

    def _chain(self, entry_id: int, stands: JournalEntry) -> list[JournalEntry]:
        before = reclassifications.posted_before(self._connection, self._books.id, stands.key.document, entry_id)
        loaded = entries.load(self._connection, self._books.id, before)
        return [loaded[each] for each in before]

    def _mapping(self, version_id: int) -> MappingSet:
        if version_id not in self._mappings:
            files = mapping_versions.files(self._connection, self._books.id, version_id)
            self._mappings[version_id] = self._load_mapping(files, f"mapping version {version_id}")
        return self._mappings[version_id]
