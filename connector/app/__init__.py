"""The composition root: from settings to administrations that can be run. Only this package chooses implementations.

What a command does not use is not imported: most commands only look, and should answer at once.
"""

from __future__ import annotations

import datetime
import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from connector.app import books, compared, ledgers, lifecycle, mappings, noting, sources
from connector.config import Administration, Settings
from connector.engine.books import Books, Workplace
from connector.errors import SettingsError
from connector.source.base import Endpoint, Window
from connector.store import schema
from connector.store.database import Database

if TYPE_CHECKING:
    from connector.app.ledgers import LedgerTrial
    from connector.domain.accounts import ChartOfAccounts
    from connector.domain.journal import JournalEntry
    from connector.domain.mapping import Mapping
    from connector.engine.adopt import Adopted, Offer
    from connector.engine.caution import Cautions
    from connector.engine.deviations import Reconciliation
    from connector.engine.look import DeliveryView
    from connector.engine.replay import ReplayReport
    from connector.engine.run import Asking, MappingFiles, Progress, Run, RunReport, Verb
    from connector.engine.verify import Proof
    from connector.ledgers.base import Ledger, LogsIn, Paper
    from connector.source.base import KeyTrial

FIRST_LOOK_DAYS = 92
"""How far the first fetch goes back when nothing else is said: the API's own default of three months."""
COLLECTOR_PACE = (50_000, 20, 50)
"""Thresholds of Python's cycle collector while we work: new objects, then young and middle collections."""


class Connector:
    """Everything of one working folder. A context; ``now`` gives the present moment in UTC, ``today`` the day it
    is here."""

    def __init__(
        self,
        settings: Settings,
        *,
        actor: str,
        today: datetime.date,
        now: Callable[[], datetime.datetime] | None = None,
    ) -> None:
        self.settings, self.actor, self.today = settings, actor, today
        self.now = now or partial(datetime.datetime.now, datetime.UTC)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        # Reading invoices makes many small values and hardly a cycle: at Python's own pace the collector looks for them
        # so often that it takes a sixth of the time, and frees nothing.
        self._stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*COLLECTOR_PACE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @cached_property
    def database(self) -> Database:
        """The database, its schema checked."""
        database = self._stack.enter_context(Database(self.settings.connection.database_url))
        schema.check(database)
        return database

    @property
    def everywhere(self) -> Workplace:
        """Where the few looks at all administrations at once are taken."""
        return Workplace(database=self.database.of_all(), clock=self.now, today=self.today)

    def place(self, books: Books) -> Workplace:
        """Where the engine's verbs work on ``books``: no rows of others are there."""
        return self.everywhere.of(books)

    def at(self, administration: Administration) -> tuple[Workplace, Books]:
        """What most verbs want first: the place where they work on ``administration``, and the administration."""
        mine = self.books(administration)
        return self.place(mine), mine

    def books(self, administration: Administration) -> Books:
        """The administration as the engine works on it; it is begun in the store when it is new."""
        return books.of(administration, self.everywhere)

    def run(
        self,
        administration: Administration,
        *,
        progress: Progress | None = None,
        mapping: MappingFiles | None = None,
    ) -> Run:
        """Everything a run of ``administration`` works with. SettingsError and MappingFileError before anything is
        asked. It works with the mapping in force: changed tables count when a person has accepted them, which is when
        ``mapping`` names them."""
        from connector.engine.run import Run, silent

        in_force = self.mapping_in_force(administration) if mapping is None else mapping
        self.check_sale(administration, in_force.mapping)
        place, mine = self.at(administration)
        return Run(
            place=place,
            books=mine,
            dialect=compared.with_compared(sources.dialect(administration)),
            mapping=in_force,
            unaccepted=None if mapping is not None else mappings.unaccepted(administration, in_force),
            open_ledger=lambda: self.ledger(administration, in_force.mapping),
            actor=self.actor,
            progress=progress or silent,
        )

    def check_sale(self, administration: Administration, mapping: Mapping) -> None:
        """SettingsError unless the ledger can do what ``sale`` asks; the settings know only those that are files."""
        if administration.sale != "report":
            ledgers.check_sale(administration, self.ledger(administration, mapping))

    def mapping(self, administration: Administration) -> MappingFiles:
        """The mapping set as it lies on disk. MappingFileError with every row at fault."""
        return mappings.on_disk(administration)

    def mapping_in_force(self, administration: Administration) -> MappingFiles:
        """The newest version that was saved: what runs work with. Before the first, the set as it lies on disk."""
        place, mine = self.at(administration)
        return mappings.in_force(place.database, administration, mine.id)

    def mapping_version(self, administration: Administration, number: int) -> MappingFiles:
        """A version that was saved. MappingFileError when there is none with this number."""
        place, mine = self.at(administration)
        return mappings.version(place.database, administration, mine.id, number)

    def chart(self, administration: Administration, mapping_version: int) -> ChartOfAccounts:
        """The chart of accounts of a saved mapping version: entries keep the names they were made with."""
        return self.mapping_version(administration, mapping_version).mapping.chart

    @contextmanager
    def asked(
        self, administration: Administration, windows: Sequence[tuple[Endpoint, Window]] | None = None
    ) -> Iterator[list[Asking]]:
        """The questions of a sync, or those for ``windows``; for saved answers every file in their folder."""
        if administration.source.kind == "files":
            assert administration.source.folder is not None, "the settings demand a folder for saved answers"
            if windows is not None:
                raise SettingsError(
                    "saved answers cannot be asked for a period",
                    hint="Use 'connector sync' or 'connector pull', which take every file in the folder.",
                    where=administration.where,
                )
            yield sources.saved([administration.source.folder], now=self.now)
            return
        from connector.engine.run import askings

        lifecycle.refuse_ended(administration, self.today)
        with self._api(administration) as api:
            wanted = self.windows(administration) if windows is None else windows
            registers = lifecycle.living_registers(administration, self.today) if windows is None else []
            invoices = askings(
                api,
                wanted,
                sources.optional_endpoints(administration),
                detail=administration.source.detail == "corrections",
            )
            details = [] if windows is not None else self._detail_askings(api, administration)
            yield invoices + sources.register_askings(api, registers) + details

    def _detail_askings(self, api: sources.Api, administration: Administration) -> list[Asking]:
        return compared.detail_askings(api, administration, *self.at(administration))

    def _api(self, administration: Administration) -> AbstractContextManager[sources.Api]:
        return sources.api(administration, now=self.now, today=self.today, folder=self.settings.connection.folder)

    def windows(self, administration: Administration) -> list[tuple[Endpoint, Window]]:
        """What a sync asks for: per endpoint, from the watermark minus the look-back until today, by calendar month."""
        from connector.source.windows import look_back, month_windows
        from connector.store import fetches

        place, books = self.at(administration)
        wanted = []
        longest = administration.source.api.get("longest_window_days")
        for endpoint in sources.endpoints(administration):
            with place.database.reading() as connection:
                seen = fetches.watermark(connection, books.id, endpoint.value)
            if seen is None:
                first = administration.book_from or self.today - datetime.timedelta(days=FIRST_LOOK_DAYS)
                span = Window(start=min(first, self.today), end=self.today)
            else:
                span = look_back(seen, self.today, administration.look_back_days)
            wanted += [(endpoint, window) for window in month_windows(span.start, span.end, longest)]
        return wanted

    def sync(
        self,
        administration: Administration,
        *,
        verbs: Collection[Verb] | None = None,
        progress: Progress | None = None,
        accept_unusual: bool = False,
    ) -> RunReport:
        """Pull, prepare, approve what ``auto_post`` lets go, deliver; or only ``verbs`` of these: 'pull', 'prepare',
        'deliver'."""
        from connector.engine import run as runs

        verbs = runs.VERBS if verbs is None else verbs
        with noting.noted(self, administration, noting.action_of(verbs)):
            run = self.run(administration, progress=progress)
            asking: AbstractContextManager[list[Asking]]
            asking = self.asked(administration) if "pull" in verbs else nullcontext([])
            with asking as wanted:
                return runs.sync(run, wanted, verbs=verbs, accept_unusual=accept_unusual)

    def prepare(
        self, administration: Administration, *, progress: Progress | None = None, accept_unusual: bool = False
    ) -> RunReport:
        """Pull and prepare, and send nothing: what ``sync`` would do, short of the ledger."""
        return self.sync(administration, verbs=("pull", "prepare"), progress=progress, accept_unusual=accept_unusual)

    def pull(
        self,
        administration: Administration,
        *,
        files: Sequence[Path] = (),
        endpoint: Endpoint | None = None,
        detail: bool = False,
        progress: Progress | None = None,
        accept_unusual: bool = False,
    ) -> RunReport:
        """Fetch what is new, or take the saved answers ``files`` (all of ``endpoint`` when given, and with ``detail``
        those that explain corrections), and keep it; nothing is prepared."""
        from connector.engine import run as runs

        report = runs.RunReport(administration=administration.name)
        with noting.noted(self, administration, "pull"), ExitStack() as stack:
            run = self.run(administration, progress=progress)
            wanted = (
                sources.saved(files, now=self.now, endpoint=endpoint, detail=detail, own_vat=administration.vat_number)
                if files
                else stack.enter_context(self.asked(administration))
            )
            stack.enter_context(run.place.database.lock(run.books.name))
            runs.pull_only(run, wanted, report, accept_unusual=accept_unusual)
        return report

    def backfill(
        self,
        administration: Administration,
        first: datetime.date,
        last: datetime.date,
        *,
        post: bool = False,
        progress: Progress | None = None,
        accept_unusual: bool = False,
    ) -> RunReport:
        """Fetch and prepare the creation dates ``first`` to ``last`` (inclusive); goes on where an interrupted one
        stopped."""
        from connector.engine.backfill import backfill
        from connector.source.windows import month_windows

        longest = administration.source.api.get("longest_window_days")
        windows = [
            (endpoint, window)
            for window in month_windows(first, last, longest)
            for endpoint in sources.endpoints(administration)
        ]
        with noting.noted(self, administration, "backfill"):
            run = self.run(administration, progress=progress)
            with self.asked(administration, windows) as wanted:
                return backfill(run, wanted, post=post, accept_unusual=accept_unusual)

    def ledger(self, administration: Administration, mapping: Mapping) -> Ledger:
        """The ledger of ``administration``, not yet opened."""

        def papers(entry: JournalEntry) -> Sequence[Paper]:
            from connector.engine import papers as of_entries

            return of_entries.papers(*self.at(administration), entry)

        return ledgers.unopened(administration, mapping, self._ledger_places(administration), papers)

    def ledger_to_log_in(self, administration: Administration) -> LogsIn:
        """The ledger of ``administration``, for a person to let us in. SettingsError when it wants no login."""
        ledger = self.ledger(administration, self.mapping_in_force(administration).mapping)
        return ledgers.logging_in(administration, ledger)

    def try_ledger(self, administration: Administration) -> LedgerTrial:
        """Open the ledger and look at everything it holds; nothing stays written.

        Raises LedgerError, also when files were edited by others or the folder cannot be written to.
        """
        mapping = self.mapping_in_force(administration).mapping
        return ledgers.tried(administration, mapping, self._ledger_places(administration))

    def _ledger_places(self, administration: Administration) -> ledgers.Places:
        return ledgers.Places(
            folder=self.ledger_folder(administration), tokens=self.settings.connection.folder / "tokens"
        )

    def ledger_folder(self, administration: Administration) -> Path:
        """Where the ledger of ``administration`` is when it is files."""
        return administration.ledger.folder or self.settings.connection.folder / "ledger" / administration.name

    def can_look_into(self, administration: Administration) -> bool:
        """Whether the ledger is files, which are looked into without asking anybody."""
        return administration.ledger.kind in ledgers.FILES

    def cautions(self, administration: Administration, listed: Sequence[DeliveryView]) -> Cautions:
        """What a person should know of the entries ``listed`` before approving them; ledgers that are files are asked
        for what they hold already."""
        from connector.engine import caution

        looks_into = (
            (lambda: self.ledger(administration, self.mapping_in_force(administration).mapping))
            if self.can_look_into(administration)
            else None
        )
        return caution.cautions(*self.at(administration), listed, looks_into)

    def verify(self, administration: Administration) -> Proof:
        """Prove the cents, and for ledgers that are files that they hold what was posted."""
        from connector.engine import verify as proofs

        place, books = self.at(administration)
        ledger_kind = administration.ledger.kind
        if ledger_kind not in ledgers.FILES:
            return proofs.verify(place, books)
        with self.ledger(administration, self.mapping_in_force(administration).mapping) as ledger:
            return proofs.verify(place, books, ledger)

    def reconcile(self, administration: Administration, *, rebuild: str = "") -> Reconciliation:
        """Compare what was posted with what the ledger holds. With ``rebuild``, the reason, links that only we have
        lost are restored in the name of whoever runs this. Raises BusyError and LedgerError."""
        from connector.engine import reconcile as reconciling
        from connector.engine.run import codes_of

        (place, books), mapping = self.at(administration), self.mapping_in_force(administration).mapping
        codes = codes_of(mapping, books)
        rebuilder = reconciling.Rebuilder(actor=self.actor, reason=rebuild) if rebuild else None
        with self.ledger(administration, mapping) as ledger:
            return reconciling.reconcile(place, books, ledger, codes, rebuilder)

    def offers(
        self, administration: Administration, entry_id: int, *, date: datetime.date | None = None
    ) -> list[Offer]:
        """The bookings by another channel in the ledger that may be the invoice of the entry; ``date`` is the day on
        which its cost would be moved. Raises LedgerError."""
        from connector.engine import adopt as adopting

        mapping = self.mapping_in_force(administration).mapping
        with self.ledger(administration, mapping) as ledger:
            return adopting.offers(*self.at(administration), ledger, mapping.chart, entry_id, date=date)

    def adopt(
        self,
        administration: Administration,
        entry_id: int,
        offer: Offer,
        *,
        date: datetime.date | None = None,
        reason: str = "",
    ) -> Adopted:
        """Take the booking of ``offer`` for the entry, in the name of whoever runs this; nothing is sent. Raises
        BusyError and LedgerError."""
        from connector.engine import adopt as adopting

        mapping, (place, books) = self.mapping_in_force(administration).mapping, self.at(administration)
        with self.ledger(administration, mapping) as ledger:
            return adopting.adopt(
                *(place, books, ledger, mapping.chart, entry_id, offer), date=date, actor=self.actor, reason=reason
            )

    def replay(self, administration: Administration) -> ReplayReport:
        """Derive everything again from the raw bytes and compare."""
        from connector import mapping_files
        from connector.engine import replay as replays

        return replays.replay(*self.at(administration), sources.dialect(administration), mapping_files.load_bytes)

    def try_key(self, administration: Administration) -> KeyTrial:
        """Ask example-invoices once, to see whether the key works; nothing is kept."""
        with self._api(administration) as api:
            return api.try_key()
