"""Pull: ask the source for windows of invoices and keep what is new, in one transaction per answer.

A crash repeats work but loses none. An answer that was had before is known by its hash and not read again; an
invoice that was had
before is known by the hash of its slice; a slice that differs in form only is known by the invoice's content
fingerprint.
"""

from __future__ import annotations

import datetime

import msgspec

from connector.domain.fields import Note
from connector.domain.platform import GIVES, Platform
from connector.domain.vocabulary import Vocabulary
from connector.engine.answer_reader import AnswerReader
from connector.engine.books import Books, Workplace
from connector.engine.detail import DetailReader
from connector.engine.dialect import Dialect
from connector.errors import PauseError
from connector.source.base import Answer, Endpoint, Window
from connector.store import details, fetches, sightings
from connector.store.database import Connection
from connector.store.fetches import SAVED, FetchRecord
from connector.store.fresh import Fresh
from connector.store.ids import Ids
from connector.store.texts import TextReferences

UNUSUAL_FACTOR = 10
"""An answer with more than ten times the invoices of any answer before pauses for a person."""
UNUSUAL_FROM = 50
"""Below this number of invoices nothing is unusual."""


class WindowReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer brought. ``new``, ``changed`` and ``unchanged`` count documents, ``lines`` those of new and
    changed ones; ``purged`` documents were removed at the end of their legal period, and are not kept again. ``noted``
    is what changed of the fields of the list. In a ``detail`` answer ``explained`` counts the
    documents that it explains anew, and ``unmatched`` those that were never fetched in the summarised form."""

    endpoint: str
    start: datetime.date | None
    end: datetime.date | None
    invoices: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    lines: int = 0
    vanished: int = 0
    returned: int = 0
    repeated: int = 0
    purged: int = 0
    new_fields: tuple[str, ...] = ()
    noted: tuple[Note, ...] = ()
    detail: bool = False
    explained: int = 0
    unmatched: int = 0


class Puller:
    """Keeps answers of one administration; remembers repeated texts between them.

    ``keep`` raises SourceFormatError for an answer that is not what the API promises, and PauseError for one that is
    empty where there always was one or ten times the usual, unless ``accept_unusual``. What was kept before stays kept,
    and is in ``fresh`` for who prepares it next.
    """

    def __init__(
        self,
        place: Workplace,
        books: Books,
        dialect: Dialect,
        *,
        backfill_id: int | None = None,
        accept_unusual: bool = False,
        fresh: Fresh | None = None,
    ) -> None:
        self._place, self._books, self._dialect = place, books, dialect
        self._backfill_id, self._accept_unusual = backfill_id, accept_unusual
        self._vocabulary = Vocabulary()
        self._references = TextReferences()
        self._fresh = Fresh() if fresh is None else fresh

    def keep(self, answer: Answer, source: str) -> WindowReport:
        """Keep one answer, whole or not at all."""
        try:
            with self._place.database.transaction() as connection:
                return self._keep(connection, answer, source)
        except BaseException:
            self._references.forget()  # what was learnt in a transaction that failed was not kept
            self._fresh.forget()
            raise

    def _keep(self, connection: Connection, answer: Answer, source: str) -> WindowReport:
        books, endpoint = self._books, answer.endpoint.value
        fetch_id = fetches.free_id(connection, books.id)
        record = record_of(fetch_id, answer, source, self._backfill_id)
        if answer.show_detail:
            return self._keep_detail(connection, answer, record)
        same = None
        if not answer.no_data:
            same = fetches.same_body(connection, books.id, endpoint, answer.show_detail, answer.sha256)
        if same is not None:
            original, envelope = same
            seen = {invoice_id for each in envelope.invoices for invoice_id in each}
            report = WindowReport(
                endpoint=endpoint,
                start=record.window_start,
                end=record.window_end,
                invoices=len(envelope.slices),
                unchanged=len(seen),
            )
            record = msgspec.structs.replace(record, same_as=original, invoices=len(envelope.slices))
        else:
            reader = AnswerReader(
                connection, books, self._dialect, answer, fetch_id, self._vocabulary, self._references, self._fresh
            )
            envelope = reader.read()
            report = WindowReport(
                endpoint=endpoint,
                start=record.window_start,
                end=record.window_end,
                invoices=len(envelope.slices),
                new_fields=tuple(reader.new_fields),
                noted=tuple(reader.noted),
                **msgspec.structs.asdict(reader.counts),
            )
            seen = {invoice_id for each in envelope.invoices for invoice_id in each}
            record = msgspec.structs.replace(record, envelope=envelope, invoices=len(envelope.slices))
        if not self._accept_unusual and source != SAVED:
            self._pause_when_unusual(connection, report, source)
        fetches.add(connection, books.id, record)
        return self._compare(connection, report, seen, record)

    def _keep_detail(self, connection: Connection, answer: Answer, record: FetchRecord) -> WindowReport:
        """Keep a detailed answer beside the documents that it explains. What it holds is no document: nothing is
        unusual about it, and nothing vanishes from it."""
        books = self._books
        reader = DetailReader(connection, books, self._dialect, answer, record.fetch_id)
        envelope, same = reader.read(), None
        if not answer.no_data:
            same = fetches.same_body(connection, books.id, record.endpoint, True, answer.sha256)
        changes = {"envelope": envelope} if same is None else {"same_as": same[0]}
        fetches.add(connection, books.id, msgspec.structs.replace(record, invoices=len(envelope.slices), **changes))
        return WindowReport(
            endpoint=record.endpoint,
            start=record.window_start,
            end=record.window_end,
            invoices=len(envelope.slices),
            detail=True,
            explained=reader.explained,
            unmatched=reader.unmatched,
        )

    def lacks_detail(self, endpoint: Endpoint, window: Window) -> bool:
        """Whether a document of ``window`` has correction lines that nothing explains yet."""
        with self._place.database.reading() as connection:
            return details.lacking(connection, self._books.id, endpoint.value, window.start, window.end)

    def _pause_when_unusual(self, connection: Connection, report: WindowReport, source: str) -> None:
        usual = fetches.usual_invoices(connection, self._books.id, report.endpoint, source)
        if report.invoices > max(UNUSUAL_FROM, UNUSUAL_FACTOR * usual) and usual:
            raise PauseError(
                f"{self._books.name}: {report.endpoint} answered {report.invoices} invoices for {report.start} "
                f"to {report.end}; never before were there more than {usual} in one answer"
            )
        missing = set() if report.invoices else self._missing(connection, report, set(), source)
        if missing:
            raise PauseError(
                f"{self._books.name}: {report.endpoint} answered nothing for {report.start} to {report.end}, "
                f"where it gave {len(missing)} invoices before"
            )

    def _compare(
        self, connection: Connection, report: WindowReport, seen: set[int], record: FetchRecord
    ) -> WindowReport:
        """See which invoices of the window are missing from the answer, and which came back."""
        books = self._books
        ids = Ids(connection, books.id)
        missing = set() if record.source == SAVED else self._missing(connection, report, seen, record.source)
        back = sightings.vanished(connection, books.id) & seen
        sightings.add(connection, books.id, ids, missing, record.fetch_id, "vanished")
        sightings.add(connection, books.id, ids, back, record.fetch_id, "returned")
        return msgspec.structs.replace(report, vanished=len(missing), returned=len(back))

    def _missing(self, connection: Connection, report: WindowReport, seen: set[int], source: str) -> set[int]:
        """The invoices that the window held before and that are not among those ``seen`` in the answer.

        Copaco's old and new platform do not give each other's documents: only those of the platform that answers can
        be missing, as its documents tell, or when it answers none those that ``source`` gave before; without any
        such, those of the platform that is its own: saved answers may be all there is of a window.
        """
        if report.start is None or report.end is None:
            return set()
        name, endpoint = self._books.id, report.endpoint
        before = sightings.expected(connection, name, endpoint, report.start, report.end)
        missing = before.keys() - seen
        if not missing:
            return set()
        answers = sightings.platforms_of(connection, name, seen) if seen else set[Platform]()
        answers = answers or sightings.platforms_given(connection, name, endpoint, source)
        answers = answers or {GIVES[source]} if source in GIVES else answers
        return {each for each in missing if before[each] in answers}


def record_of(fetch_id: int, answer: Answer, source: str, backfill_id: int | None = None) -> FetchRecord:
    """What is kept of a request before its answer has been read."""
    return FetchRecord(
        fetch_id=fetch_id,
        source=source,
        endpoint=answer.endpoint.value,
        window_start=answer.window.start if answer.window else None,
        window_end=answer.window.end if answer.window else None,
        show_detail=answer.show_detail,
        url=answer.url,
        requested_at=answer.requested_at,
        seconds=f"{answer.seconds:.3f}",
        attempts=answer.attempts,
        status=answer.status,
        headers=answer.headers,
        size=answer.size,
        sha256=answer.sha256,
        invoices=0,
        backfill_id=backfill_id,
    )
