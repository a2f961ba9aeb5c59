"""Registers: keep what the source says there is now, in one transaction per answer. Nothing is booked from it."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from connector.domain.register import Entry, EntryVersion, Listed, keyed, read
from connector.engine.books import Books, Workplace
from connector.engine.dialect import Piece, RegisterCut
from connector.engine.pull import UNUSUAL_FACTOR, UNUSUAL_FROM, record_of
from connector.errors import PauseError, SourceFormatError
from connector.source.base import Answer
from connector.store import drifts, fetches, registers
from connector.store.database import Connection
from connector.store.fetches import Envelope
from connector.store.ids import Ids
from connector.store.registers import Arrival, KnownEntry

_AT_ONCE = 200
"""Slices that are looked up together."""


Unknown = Callable[[bytes], Iterable[tuple[str, str]]]


class RegisterReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer of a register brought, in entries. ``repeated`` came twice in it, alike to the last field."""

    register: str
    entries: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    returned: int = 0
    repeated: int = 0
    new_fields: tuple[str, ...] = ()

    def with_more(self, other: RegisterReport) -> RegisterReport:
        """What two answers of a register that is asked entry by entry brought."""
        counted = ("entries", "new", "changed", "unchanged", "vanished", "returned", "repeated")
        sums = {name: getattr(self, name) + getattr(other, name) for name in counted}
        fields = tuple(dict.fromkeys((*self.new_fields, *other.new_fields)))
        return RegisterReport(register=self.register, **sums, new_fields=fields)


def keep(
    place: Workplace,
    books: Books,
    cut: RegisterCut,
    answer: Answer,
    source: str,
    *,
    accept_unusual: bool = False,
    unknown: Unknown | None = None,
) -> RegisterReport:
    """Keep one answer of a register, whole or not at all.

    ``unknown`` is given for a register that is asked entry by entry: nothing is missing from an answer of it, however
    short, and ``unknown`` tells which fields of a slice nobody documented, as (pattern, example as JSON).

    Raises SourceFormatError when it holds no list of objects, and PauseError when it is empty where there were entries,
    or ten times the usual, unless ``accept_unusual``.
    """
    with place.database.transaction() as connection:
        return _Keeper(connection, books, answer, source, unknown, accept_unusual=accept_unusual).keep(cut)


class _Keeper:
    def __init__(
        self,
        connection: Connection,
        books: Books,
        answer: Answer,
        source: str,
        unknown: Unknown | None,
        *,
        accept_unusual: bool,
    ) -> None:
        self._connection, self._books, self._answer = connection, books, answer
        self._unknown, self._fields = unknown, dict[str, str]()
        self._source, self._accept_unusual = source, accept_unusual
        self._register = answer.endpoint.value
        self._ids = Ids(connection, books.id)
        self._envelope = Envelope(glue=[], slices=[], invoices=[])
        self._read: list[tuple[Entry, int]] = []

    def keep(self, cut: RegisterCut) -> RegisterReport:
        connection, books, answer = self._connection, self._books, self._answer
        fetch_id = fetches.free_id(connection, books.id)
        record = record_of(fetch_id, answer, self._source)
        saved = self._source == fetches.SAVED
        same = registers.same_answer(connection, books.id, self._register, answer.sha256, saved=saved)
        if same is not None:
            original, entries = same
            fetches.add(connection, books.id, msgspec.structs.replace(record, same_as=original, invoices=entries))
            return RegisterReport(register=self._register, entries=entries, unchanged=entries)
        self._take(cut)
        slice_of = {entry.content: slice_id for entry, slice_id in self._read}
        found, repeated = keyed(entry for entry, _ in self._read)
        known = registers.current(connection, books.id, self._register)
        self._pause_when_unusual(len(found), sum(not each.gone for each in known.values()))
        arrivals = [
            Arrival(entry=each, slice_id=slice_of[each.content], before=known.get(key))
            for key, each in found.items()
            if key not in known or known[key].content != each.content
        ]
        registers.add(connection, books.id, self._ids, self._register, fetch_id, arrivals)
        vanished, returned = self._see(fetch_id, known, found)
        fetches.add(connection, books.id, msgspec.structs.replace(record, envelope=self._envelope, invoices=len(found)))
        new = sum(each.before is None for each in arrivals)
        return RegisterReport(
            register=self._register,
            entries=len(found),
            new=new,
            changed=len(arrivals) - new,
            unchanged=len(found) - len(arrivals),
            vanished=vanished,
            returned=returned,
            repeated=repeated,
            new_fields=tuple(self._note_drift(found, {} if answer.no_data else cut.members)),
        )

    def _take(self, cut: RegisterCut) -> None:
        """Read the whole answer and keep its slices."""
        if self._answer.no_data:
            self._envelope.glue.append(self._answer.body.read_bytes())
            return
        waiting: list[Piece] = []
        for piece in cut.entries():
            waiting.append(piece)
            if len(waiting) == _AT_ONCE:
                self._keep_slices(waiting)
                waiting = []
        self._keep_slices(waiting)
        self._envelope.glue.append(cut.tail)

    def _keep_slices(self, pieces: list[Piece]) -> None:
        hashes = [hashlib.sha256(piece.slice).digest() for piece in pieces]
        known = fetches.known_slices(self._connection, self._books.id, hashes)
        new = {digest: piece.slice for digest, piece in zip(hashes, pieces, strict=True) if digest not in known}
        slice_ids = known | fetches.add_slices(self._connection, self._books.id, self._ids, list(new.items()))
        for digest, piece in zip(hashes, pieces, strict=True):
            self._envelope.glue.append(piece.glue)
            self._envelope.slices.append(digest)
            self._envelope.invoices.append([])
            try:
                entries = read(self._register, piece.slice)
                if self._unknown is not None:
                    self._fields.update(self._unknown(piece.slice))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                number = len(self._envelope.slices)
                raise SourceFormatError(f"Entry {number} of {self._register} cannot be read: {error}") from None
            self._read += [(entry, slice_ids[digest]) for entry in entries]

    def _pause_when_unusual(self, entries: int, present: int) -> None:
        if self._accept_unusual or self._unknown is not None:
            return
        if not entries and present:
            raise PauseError(
                f"{self._books.name}: {self._register} is empty, where it had {present} entries before",
                hint="Nothing was changed by it. With --accept-unusual the entries count as gone.",
            )
        usual = fetches.usual_invoices(self._connection, self._books.id, self._register)
        if usual and entries > max(UNUSUAL_FROM, UNUSUAL_FACTOR * usual):
            raise PauseError(
                f"{self._books.name}: {self._register} has {entries} entries; never before were there more than {usual}"
            )

    def _see(self, fetch_id: int, known: Mapping[str, KnownEntry], found: Mapping[str, Entry]) -> tuple[int, int]:
        """Note what is missing from the answer and what came back; how many of each."""
        if self._unknown is not None:
            return 0, 0
        missing = [each.entry_id for key, each in known.items() if key not in found and not each.gone]
        back = [each.entry_id for key, each in known.items() if key in found and each.gone]
        for entry_ids, kind in ((missing, "vanished"), (back, "returned")):
            registers.see(self._connection, self._books.id, self._ids, entry_ids, fetch_id, kind)
        return len(missing), len(back)

    def _note_drift(self, found: Mapping[str, Entry], members: Mapping[str, bytes]) -> list[str]:
        """Note what nobody documented: members beside the list, and fields of its entries that we do not know."""
        fields = {name: value.decode() for name, value in sorted(members.items())} | self._fields
        for entry in found.values() if self._unknown is None else ():
            for name, text in entry.others:
                fields.setdefault(f"[].{name}", text)
        return drifts.add_new(
            *(self._connection, self._books.id, self._ids, self._register, ""),
            list(fields.items()),
            self._answer.requested_at,
        )


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A register as it was last received. ``asked_at`` is ``None`` when it never was."""

    name: str
    asked_at: datetime.datetime | None
    entries: list[Listed]


def look(place: Workplace, books: Books, register: str) -> Register:
    """Every entry of a register, also those that are gone."""
    with place.database.reading() as connection:
        return Register(
            name=register,
            asked_at=registers.last_asked(connection, books.id, register),
            entries=registers.listed(connection, books.id, register),
        )


def history(place: Workplace, books: Books, entry_id: int) -> list[EntryVersion]:
    """Every version of an entry, oldest first."""
    with place.database.reading() as connection:
        return registers.history(connection, books.id, entry_id)
