"""Run: pull, prepare, approve what a setting lets go, deliver — under the administration's lock. One run for
command, timer and button."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Literal

import msgspec

from connector.domain.mapping import Mapping as MappingSet
from connector.engine import consolidated
from connector.engine.approval import approve_by_setting
from connector.engine.books import Books, Workplace
from connector.engine.deliver import DeliverReport, deliver
from connector.engine.dialect import Dialect
from connector.engine.prepare import Counts, prepare
from connector.engine.pull import Puller, WindowReport
from connector.engine.registers import RegisterReport, keep
from connector.errors import PauseError, SourceError, SourceRefused
from connector.ledgers.base import Ledger
from connector.source.base import COMPARED, REGISTERS, Answer, Endpoint, Source, Window
from connector.store import mapping_versions
from connector.store.database import Connection
from connector.store.fresh import Fresh
from connector.telemetry import span

Verb = Literal["pull", "prepare", "deliver"]
VERBS: tuple[Verb, ...] = ("pull", "prepare", "deliver")
"""The parts of a sync, in their order."""


class MappingFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping set as it lies on disk: its name, hash, tables byte for byte, and what they mean."""

    name: str
    hash: str
    files: Mapping[str, bytes]
    mapping: MappingSet


class Unaccepted(msgspec.Struct, frozen=True, kw_only=True):
    """Tables on disk that nobody accepted yet. ``error`` and ``problems`` say what is wrong with them, '' and none when
    they can be used."""

    error: str = ""
    problems: tuple[str, ...] = ()


class RunReport(msgspec.Struct, kw_only=True):
    """What a run did.

    ``mapping_version`` is the version in force, ``mapping_is_new`` whether this run saved it, and
    ``mapping_warnings`` what was remarked on its tables then; ``unaccepted`` is that of
    ``Run``. ``resumed`` counts windows that an interrupted backfill
    had fetched before. ``registers`` tells what the lists of what there is now brought. ``refused`` are lists that
    only compare or tell, and that did not come: which, why, and the next step. ``second_wanted`` entries were approved
    and wait for a second person.
    """

    administration: str
    windows: list[WindowReport] = msgspec.field(default_factory=list)
    registers: list[RegisterReport] = msgspec.field(default_factory=list)
    prepared: Counts = msgspec.field(default_factory=Counts)
    mapping_version: int = 0
    mapping_is_new: bool = False
    mapping_warnings: tuple[str, ...] = ()
    unaccepted: Unaccepted | None = None
    resumed: int = 0
    refused: list[tuple[str, str, str]] = msgspec.field(default_factory=list)
    approved: int = 0
    second_wanted: int = 0
    delivered: DeliverReport = msgspec.field(default_factory=DeliverReport)


Progress = Callable[[str, int, int], None]
"""Told of every step: what ('pull', 'prepare', 'deliver'), how far, of how much (0: not known)."""


def silent(step: str, done: int, total: int) -> None:
    """Progress for nobody."""


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a source that was not asked yet: a window of an endpoint, or a saved answer.

    ``optional`` is true of what only compares: a refusal is noted and stops nothing else. Nothing about a register
    stops anything else. ``ask_detail`` asks the same with single changes in the place of correction lines; ``None``
    where that is not wanted.
    """

    source: str
    ask: Callable[[], AbstractContextManager[Answer]]
    endpoint: Endpoint | None = None
    window: Window | None = None
    optional: bool = False
    ask_detail: Callable[[], AbstractContextManager[Answer]] | None = None


def askings(
    source: Source,
    windows: Iterable[tuple[Endpoint, Window]],
    optional: Collection[Endpoint] = (),
    *,
    detail: bool = False,
) -> list[Asking]:
    """The questions that ask ``source`` for ``windows``; with ``detail`` also what explains their corrections."""
    return [
        Asking(
            source=source.name,
            ask=partial(source.fetch, endpoint, window),
            endpoint=endpoint,
            window=window,
            optional=endpoint in optional,
            ask_detail=partial(source.fetch, endpoint, window, show_detail=True) if detail else None,
        )
        for endpoint, window in windows
    ]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a run works with. ``open_ledger`` is called only when something may go out.

    ``mapping`` is the set in force; ``unaccepted`` tells of tables on disk that are another set, and goes into the
    report.
    """

    place: Workplace
    books: Books
    dialect: Dialect
    mapping: MappingFiles
    unaccepted: Unaccepted | None = None
    open_ledger: Callable[[], AbstractContextManager[Ledger]]
    actor: str
    progress: Progress = silent
    fresh: Fresh = msgspec.field(default_factory=Fresh)


@span("pull")
def pull_only(
    run: Run,
    wanted: Sequence[Asking],
    report: RunReport,
    *,
    backfill_id: int | None = None,
    accept_unusual: bool = False,
) -> None:
    """Ask ``wanted`` one after the other, noting each answer in ``report`` as it is kept. The caller holds the lock."""
    puller = Puller(
        run.place, run.books, run.dialect, backfill_id=backfill_id, accept_unusual=accept_unusual, fresh=run.fresh
    )
    refused: set[Endpoint | None] = set()
    unexplained: set[Endpoint] = set()
    for done, asking in enumerate(wanted, 1):
        if asking.endpoint not in refused:
            try:
                with asking.ask() as answer:
                    if answer.endpoint in REGISTERS:
                        cut = run.dialect.cut_register(answer.body)
                        told = keep(run.place, run.books, cut, answer, asking.source, accept_unusual=accept_unusual)
                        report.registers.append(told)
                    elif answer.endpoint in COMPARED:
                        _keep_compared(run, answer, asking.source, report)
                    else:
                        report.windows.append(puller.keep(answer, asking.source))
            except (SourceError, PauseError) as error:
                if not _stops_nothing(asking, error):
                    raise
                refused.add(asking.endpoint)
                report.refused.append((str(asking.endpoint and asking.endpoint.value), str(error), error.hint))
            else:
                _pull_detail(puller, asking, report, unexplained)
        run.progress("pull", done, len(wanted))


def _keep_compared(run: Run, answer: Answer, source: str, report: RunReport) -> None:
    """Keep what is only compared; it makes no document."""
    if answer.endpoint is Endpoint.CONSOLIDATED_INVOICES:
        report.windows.append(consolidated.keep(run.place, run.books, run.dialect, answer, source))
        return
    cut, unknown = run.dialect.cut_details(answer.body), run.dialect.unknown_details
    told = keep(run.place, run.books, cut, answer, source, unknown=unknown)
    # Each subscription is an answer of its own; what they brought is told once.
    before = report.registers.pop() if report.registers and report.registers[-1].register == told.register else None
    report.registers.append(told if before is None else before.with_more(told))


def _pull_detail(puller: Puller, asking: Asking, report: RunReport, refused: set[Endpoint]) -> None:
    """Ask what explains the corrections of a window, unless that is known. It is never booked, so whatever goes wrong
    with it is noted and stops nothing."""
    endpoint, window = asking.endpoint, asking.window
    if asking.ask_detail is None or endpoint is None or window is None or endpoint in refused:
        return
    if not puller.lacks_detail(endpoint, window):
        return
    try:
        with asking.ask_detail() as answer:
            report.windows.append(puller.keep(answer, asking.source))
    except SourceError as error:
        refused.add(endpoint)
        report.refused.append((f"{endpoint.value}, single changes", str(error), error.hint))


def _stops_nothing(asking: Asking, error: SourceError | PauseError) -> bool:
    """Whether the rest of the run goes on without this answer."""
    return asking.endpoint in REGISTERS or (asking.optional and isinstance(error, SourceRefused))


def save_mapping(run: Run, report: RunReport) -> int:
    """The id of the mapping version in force. The first set is saved as it is; later ones are accepted by a person."""
    with run.place.database.transaction() as connection:
        newest = mapping_versions.newest(connection, run.books.id)
        if newest is not None and newest.hash == run.mapping.hash:
            report.mapping_version = newest.id
            return newest.id
        report.mapping_is_new, report.mapping_warnings = True, run.mapping.mapping.warnings
        report.mapping_version = add_version(
            connection, run, author=run.actor, comment=FIRST if newest is None else OTHER
        )
    return report.mapping_version


FIRST, OTHER = "the first tables, as they were", "taken from the files as they were"


def add_version(connection: Connection, run: Run, *, author: str, comment: str) -> int:
    """Save the mapping of ``run`` as a new version; its id."""
    return mapping_versions.add(
        connection,
        run.books.id,
        set_name=run.mapping.name,
        version_hash=run.mapping.hash,
        author=author,
        comment=comment,
        created_at=run.place.clock(),
        files=run.mapping.files,
    )


@span("prepare")
def prepare_all(run: Run, report: RunReport) -> None:
    """Prepare every current version under the mapping as it lies on disk."""
    version_id = save_mapping(run, report)
    report.unaccepted = run.unaccepted
    for counts in prepare(run.place, run.books, run.mapping.mapping, version_id, fresh=run.fresh):
        report.prepared = counts
        done = counts.ready + counts.held + counts.ignored + counts.unchanged
        run.progress("prepare", done, 0)


@span("deliver")
def deliver_all(run: Run, report: RunReport) -> None:
    """Approve what the setting lets go, and bring what is approved to the ledger."""
    report.approved += approve_by_setting(run.place, run.books)
    with run.open_ledger() as ledger:
        codes = codes_of(run.mapping.mapping, run.books)
        report.delivered = deliver(
            run.place, run.books, ledger, codes, between=lambda done: run.progress("deliver", done, 0)
        )


def codes_of(mapping: MappingSet, books: Books) -> dict[str, str]:
    """The VAT codes of the ledger by ours, as ``tax.csv`` names them in the column of its kind."""
    return {tax.code: tax.package[books.ledger] for tax in mapping.tax_codes if books.ledger in tax.package}


def sync(
    run: Run, wanted: Sequence[Asking], *, verbs: Collection[Verb] = VERBS, accept_unusual: bool = False
) -> RunReport:
    """Pull, prepare, approve by setting and deliver; or only ``verbs`` of these, as a job of many workers does. Raises
    BusyError when another run has the administration."""
    report = RunReport(administration=run.books.name)
    with run.place.database.lock(run.books.name):
        if "pull" in verbs:
            pull_only(run, wanted, report, accept_unusual=accept_unusual)
        if "prepare" in verbs:
            prepare_all(run, report)
        if "deliver" in verbs:
            deliver_all(run, report)
    return report
