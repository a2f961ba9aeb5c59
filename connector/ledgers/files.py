"""Ledger files: one file per month, replaced as a whole under a lock, never overwritten when others have edited it.

What ``hledger``, ``beancount`` and ``journal_csv`` share. A month file is an opening, one block of text per
entry, and a seal; a subclass says how an entry is written and how the head of its block is recognised. Blocks
are sorted by date and key, so the same entries give the same bytes in whatever order they were delivered.
"""

from __future__ import annotations

import datetime
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import msgspec

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey, parse_entry_key
from connector.domain.journal import JournalEntry
from connector.errors import LedgerError, LedgerRefused
from connector.ledgers import admission
from connector.ledgers.base import Capabilities, HeldEntry, Setup
from connector.ledgers.sealed import COMMENT_SEAL, SealForm, Staging, cannot_write, locked, read_sealed

_MONTH = r"[0-9]{4}-(?:0[1-9]|1[0-2])"


class Block(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where an entry stands in the content of its month file, and what its head says."""

    key: str
    fingerprint: str
    date: datetime.date
    total_minor: int
    start: int
    end: int


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What a month file held when its ``stamp`` (inode, nanoseconds of change, bytes) was taken."""

    stamp: tuple[int, int, int]
    blocks: tuple[Block, ...]
    documents: dict[str, tuple[Block, ...]]


class MonthFiles(ABC):
    """A folder of month files as a ledger."""

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "closed_until": "last closed day (year-month-day); entries up to it are refused"
    }
    extension: ClassVar[str]
    seal: ClassVar[SealForm] = COMMENT_SEAL
    heads: ClassVar[re.Pattern[bytes]]
    """Finds the head of every block, with the groups date, key, fingerprint and total."""
    between_blocks: ClassVar[bytes] = b"\n"
    lock_seconds: float = 60.0

    def __init__(self, setup: Setup) -> None:
        self.name, self.folder, self.accounts = setup.name, setup.folder, setup.chart
        self.capabilities = Capabilities(batch=1000, reversal=True)
        self.closed_until = admission.closed_until(setup.settings, name=setup.name)
        self._months: dict[str, Month] = {}

    def __enter__(self) -> Self:
        """Nothing to open: each question and each posting takes the lock for itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget what the files held."""
        self._months = {}

    def chart(self) -> ChartOfAccounts | None:
        """``None``: files take our accounts."""
        return None

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """The receipts of every entry of the documents of ``keys``, in order of month, date and key."""
        with self._surveyed(create=False):
            held = {key.document: tuple(self._held(key.document)) for key in keys}
        return {document: receipts for document, receipts in held.items() if receipts}

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Write ``entries`` into their months, each file replaced once; what is there is not written again."""
        with self._surveyed(create=True):
            fresh, answers = self._sort_out(entries)
            failed = self._write(fresh) if fresh else {}
        told: set[str] = set()
        for place, entry in enumerate(entries):
            if answers[place] is None:
                answers[place] = self._written(entry, failed, again=entry.key.text in told)
                told.add(entry.key.text)
        return [answer for answer in answers if answer is not None]

    def all_entries(self) -> Iterator[HeldEntry]:
        """Every entry in the month files, oldest first."""
        with self._surveyed(create=False):
            months = dict(self._months)
        for period, month in months.items():
            for block in month.blocks:
                yield HeldEntry(
                    key=block.key,
                    fingerprint=block.fingerprint,
                    date=block.date,
                    total_minor=block.total_minor,
                    reference=self._reference(period, parse_entry_key(block.key)),
                )

    @abstractmethod
    def render(self, entry: JournalEntry) -> str:
        """The lines of ``entry``, each with its line end."""

    @abstractmethod
    def opening(self, blocks: bytes, /) -> str:
        """What stands before the ``blocks`` of a month file."""

    @abstractmethod
    def check_main(self, periods: Sequence[str]) -> None:
        """See to the file that includes the month files of ``periods``, where the format has one."""

    @abstractmethod
    def stage_main(self, staging: Staging, periods: Sequence[str]) -> None:
        """Write the file that includes the month files of ``periods``, where the format has one and it changes."""

    def file_name(self, period: str) -> str:
        """The name of the month file of ``period``."""
        return f"{period}.{self.extension}"

    def _reference(self, period: str, key: EntryKey) -> str:
        return f"{self.file_name(period)}:{key.short}"

    def _held(self, document: str) -> Iterator[Receipt]:
        for period, month in self._months.items():
            for block in month.documents.get(document, ()):
                reference = self._reference(period, parse_entry_key(block.key))
                yield Receipt(key=block.key, reference=reference, fingerprint=block.fingerprint, found=True)

    def _sort_out(self, entries: Sequence[JournalEntry]) -> tuple[dict[str, JournalEntry], list[Answer | None]]:
        """The entries to write, by key, and the answers that are certain before writing."""
        fresh: dict[str, JournalEntry] = {}
        answers: list[Answer | None] = []
        for entry in entries:
            text = entry.key.text
            held = next((one for one in self._held(entry.key.document) if one.key == text), None)
            twin = fresh.get(text)
            answer = None
            if held is not None:
                answer = admission.already_held(entry, fingerprint=held.fingerprint, reference=held.reference)
            elif twin is not None and twin.fingerprint != entry.fingerprint:
                reference = self._reference(twin.period, twin.key)
                answer = admission.already_held(entry, fingerprint=twin.fingerprint, reference=reference)
            elif why := admission.refusal(entry, chart=self.accounts, closed=self.closed_until):
                answer = admission.rejected(entry, why)
            elif twin is None:
                fresh[text] = entry
            answers.append(answer)
        return fresh, answers

    def _written(self, entry: JournalEntry, failed: Mapping[str, LedgerError], *, again: bool) -> Answer:
        if why := failed.get(self.file_name(entry.period)):
            return admission.not_sent(entry, why)
        reference = self._reference(entry.period, entry.key)
        return admission.posted(entry, reference, found=again)

    def _write(self, fresh: Mapping[str, JournalEntry]) -> dict[str, LedgerError]:
        by_period: dict[str, list[JournalEntry]] = defaultdict(list)
        for entry in fresh.values():
            by_period[entry.period].append(entry)
        with Staging(self.folder) as staging:
            for period in sorted(by_period):
                self._stage_month(staging, period, by_period[period])
            self.stage_main(staging, sorted(self._months.keys() | by_period.keys()))
            return staging.replace()

    def _stage_month(self, staging: Staging, period: str, entries: Sequence[JournalEntry]) -> None:
        blocks = {(entry.date, entry.key.text): self.render(entry).encode() + self.between_blocks for entry in entries}
        if month := self._months.get(period):
            content = self._content(self.folder / self.file_name(period))
            blocks |= {(block.date, block.key): content[block.start : block.end] for block in month.blocks}
        body = b"".join(blocks[place] for place in sorted(blocks))
        parts = (self.opening(body).encode(), body)
        staging.write(self.file_name(period), parts, form=self.seal, count=len(blocks))

    @contextmanager
    def _surveyed(self, *, create: bool) -> Iterator[None]:
        """Hold the lock, with all month files checked and their heads known."""
        if not create and not self.folder.exists():
            self._months = {}
            yield
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(error, self.folder) from error
        with locked(self.folder, seconds=self.lock_seconds):
            self._survey()
            yield

    def _survey(self) -> None:
        try:
            periods = sorted(
                path.name[:7]
                for path in self.folder.iterdir()
                if re.fullmatch(rf"{_MONTH}\.{re.escape(self.extension)}", path.name)
            )
            self._months = {period: self._month(period) for period in periods}
            self.check_main(periods)
        except OSError as error:
            raise cannot_write(error, self.folder) from error

    def _month(self, period: str) -> Month:
        path = self.folder / self.file_name(period)
        state = path.stat()
        stamp = (state.st_ino, state.st_mtime_ns, state.st_size)
        known = self._months.get(period)
        return known if known is not None and known.stamp == stamp else self._read_month(path, stamp)

    def _read_month(self, path: Path, stamp: tuple[int, int, int]) -> Month:
        sealed = read_sealed(path, self.seal)
        heads = list(self.heads.finditer(sealed.content))
        if len(heads) != sealed.count:
            raise LedgerRefused(
                f"{path.name} holds {sealed.count} entries by its seal, and {len(heads)} can be read; "
                "nothing was written",
                hint="It was written by another version of the connector: use that version.",
                where=str(path),
            )
        ends = [head.start() for head in heads[1:]] + [len(sealed.content)]
        blocks = tuple(self._block(head, end) for head, end in zip(heads, ends, strict=True))
        documents: dict[str, tuple[Block, ...]] = {}
        for block in blocks:
            document = block.key.rsplit("/", 2)[0]
            documents[document] = (*documents.get(document, ()), block)
        return Month(stamp=stamp, blocks=blocks, documents=documents)

    def _content(self, path: Path) -> bytes:
        try:
            return read_sealed(path, self.seal).content
        except OSError as error:
            raise cannot_write(error, path) from error

    @staticmethod
    def _block(head: re.Match[bytes], end: int) -> Block:
        return Block(
            key=head["key"].decode(),
            fingerprint=head["fingerprint"].decode(),
            date=datetime.date.fromisoformat(head["date"].decode()),
            total_minor=int(head["total"].replace(b".", b"")),
            start=head.start(),
            end=end,
        )
