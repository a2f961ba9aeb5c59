"""The composition root: from settings to administrations that can be run. Only this module chooses implementations.

What a command does not use is not imported: most commands only look, and should answer at once.
"""

from __future__ import annotations

import datetime
import gc
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec

from connector.config import Administration, Connection, Settings
from connector.engine.books import Books, Workplace
from connector.errors import LedgerRefused, SettingsError, SourceError, StoreError
from connector.source.base import Answer, Endpoint, Window
from connector.store import administrations, schema
from connector.store.database import Database

if TYPE_CHECKING:
    from connector.domain.accounts import ChartOfAccounts
    from connector.domain.mapping import Mapping
    from connector.engine.dialect import Dialect
    from connector.engine.replay import ReplayReport
    from connector.engine.run import Asking, MappingFiles, Progress, Run, RunReport
    from connector.engine.verify import Proof
    from connector.ledgers.base import Ledger
    from connector.source.copaco import CurrentApi, KeyTrial
    from connector.source.files import SavedAnswers
    from connector.source.settings import ApiSettings

FIRST_LOOK_DAYS = 92
"""How far the first fetch goes back when nothing else is said: the API's own default of three months."""
COLLECTOR_PACE = (50_000, 20, 50)
"""Thresholds of Python's cycle collector while we work: new objects, then young and middle collections."""
FILE_LEDGERS = ("hledger", "beancount", "journal_csv")
"""Ledgers that can be read offline, so that ``verify`` compares them too."""


def upgrade_database(connection: Connection, *, backup: bool, now: datetime.datetime) -> schema.UpgradeReport:
    """Make the database, or bring it to this version of the connector."""
    with Database(connection.database_url) as database:
        return schema.upgrade(database, backup=backup, now=now)


def begin_database(connection: Connection, *, now: datetime.datetime) -> bool:
    """Make the database when it is a SQLite file that is not there yet; whether it was made.

    One that is there, or on a server, may hold what others keep: only a person has it made or changed.
    """
    if not _is_file(connection):
        return False
    with Database(connection.database_url) as database:
        assert database.path is not None, "a SQLite database is a file"
        if database.path.exists():
            return False
        schema.upgrade(database, backup=False, now=now)
    return True


def needs_upgrade(connection: Connection) -> bool:
    """Whether ``connector db upgrade`` comes next. A server is not asked: the command itself tells."""
    if not _is_file(connection):
        return True
    try:
        check_database(connection)
    except StoreError:
        return True
    return False


def _is_file(connection: Connection) -> bool:
    """Asked of the address alone, since the driver of a server need not be installed yet."""
    return connection.database_url.startswith("sqlite:")


def check_database(connection: Connection) -> None:
    """SchemaError unless the database fits this version of the connector."""
    with Database(connection.database_url) as database:
        schema.check(database)


def back_up_database(connection: Connection, target: Path | None, *, now: datetime.datetime) -> Path:
    """Copy the database to ``target``, by default beside itself with the time in its name; returns the copy."""
    from connector.store import backup

    with Database(connection.database_url) as database:
        chosen = target or Path(f"{connection.database_shown}.{now.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}.backup")
        backup.copy(database, chosen)
    return chosen


class LedgerTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What a look into a ledger found: how many entries of ours (``None`` when it cannot list them), and where."""

    entries: int | None
    folder: Path | None
    closed_until: datetime.date | None


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
    def place(self) -> Workplace:
        """Where the engine's verbs work."""
        return Workplace(database=self.database, clock=self.now, today=self.today)

    def books(self, administration: Administration) -> Books:
        """The administration as the engine works on it; it is begun in the store when it is new."""
        with self.database.reading() as connection:
            known = administrations.find(connection, administration.name)
        if known is None:
            with self.database.transaction() as connection:
                known = administrations.ensure(
                    connection, administration.name, administration.country, administration.currency, self.now()
                )
        return Books(
            id=known,
            name=administration.name,
            country=administration.country,
            currency=administration.currency,
            ledger=administration.ledger.kind,
            vat_number=administration.vat_number,
            company=administration.company_name,
            sale=administration.sale,
            sale_source=administration.sale_source,
            book_from=administration.book_from,
            auto_post=administration.auto_post,
            settings_hash=administration.booking_hash,
            closed_until=administration.ledger.closed_until,
        )

    def run(self, administration: Administration, *, progress: Progress | None = None) -> Run:
        """Everything a run of ``administration`` works with. SettingsError and MappingFileError before anything is
        asked."""
        from connector.engine.run import Run, silent

        mapping = self.mapping(administration)
        self.check_sale(administration, mapping.mapping)
        return Run(
            place=self.place,
            books=self.books(administration),
            dialect=dialect(administration),
            mapping=mapping,
            open_ledger=lambda: self.ledger(administration, mapping.mapping),
            actor=self.actor,
            progress=progress or silent,
        )

    def check_sale(self, administration: Administration, mapping: Mapping) -> None:
        """SettingsError unless the ledger can do what ``sale`` asks; the settings know only those that are files."""
        if administration.sale != "draft":
            return
        ledger = self.ledger(administration, mapping)
        if not ledger.capabilities.issues_invoices:
            raise SettingsError(
                f"sale = 'draft' needs a ledger that issues invoices, and {administration.ledger.kind} does not",
                hint="Set sale to 'report', or to 'post' with sale_source = 'customer-invoices'.",
                where=administration.where,
            )

    def mapping(self, administration: Administration) -> MappingFiles:
        """The mapping set as it lies on disk. MappingFileError with every row at fault."""
        from connector import mapping_files
        from connector.engine.run import MappingFiles

        files = mapping_files.source_bytes(administration.mapping)
        mapping = mapping_files.load_bytes(files, str(administration.mapping))
        return MappingFiles(
            name=administration.mapping.name, hash=mapping_files.version_hash(files), files=files, mapping=mapping
        )

    def chart(self, administration: Administration, mapping_version: int) -> ChartOfAccounts:
        """The chart of accounts of a saved mapping version: entries keep the names they were made with."""
        from connector import mapping_files
        from connector.store import mapping_versions

        books = self.books(administration)
        with self.database.reading() as connection:
            files = mapping_versions.files(connection, books.id, mapping_version)
        return mapping_files.load_bytes(files, f"mapping version {mapping_version}").chart

    def ledger(self, administration: Administration, mapping: Mapping) -> Ledger:
        """The ledger of ``administration``, not yet opened."""
        from connector.ledgers.registry import open_ledger

        chosen = administration.ledger
        options = dict(chosen.options)
        if chosen.closed_until is not None:
            options["closed_until"] = chosen.closed_until.isoformat()
        folder = self._ledger_folder(administration)
        return open_ledger(chosen.kind, name=chosen.kind, chart=mapping.chart, settings=options, folder=folder)

    @contextmanager
    def api(self, administration: Administration) -> Iterator[CurrentApi]:
        """Copaco's API, with the key of ``administration``."""
        import random

        from connector.source.copaco import CurrentApi
        from connector.source.http import HttpClient

        settings, key = api_settings(administration), administration.source.key
        assert key is not None, "the settings demand a key for the API"
        client = HttpClient(
            settings,
            reveal_key=lambda: key.secret().reveal(),
            now=self.now,
            randomness=random.Random(),  # noqa: S311 - jitter needs no cryptography
        )
        with client, _naming_settings(administration):
            yield CurrentApi(client, settings, keep_bad_in=self.settings.connection.folder / "bad-answers")

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
            yield self._files([administration.source.folder])
            return
        from connector.engine.run import askings

        with self.api(administration) as api:
            wanted = self.windows(administration) if windows is None else windows
            yield askings(api, wanted, optional_endpoints(administration))

    def _files(self, paths: Sequence[Path], endpoint: Endpoint | None = None) -> list[Asking]:
        from connector.engine.run import Asking
        from connector.source.files import SavedAnswers

        saved = SavedAnswers(paths, now=self.now, endpoint=endpoint)
        return [Asking(source=saved.name, ask=partial(_opened, saved, path)) for path in saved.paths]

    def windows(self, administration: Administration) -> list[tuple[Endpoint, Window]]:
        """What a sync asks for: per endpoint, from the watermark minus the look-back until today, by calendar month."""
        from connector.source.windows import look_back, month_windows
        from connector.store import fetches

        books, wanted = self.books(administration), []
        longest = administration.source.api.get("longest_window_days")
        for endpoint in endpoints(administration):
            with self.database.reading() as connection:
                seen = fetches.watermark(connection, books.id, endpoint.value)
            if seen is None:
                first = administration.book_from or self.today - datetime.timedelta(days=FIRST_LOOK_DAYS)
                span = Window(start=min(first, self.today), end=self.today)
            else:
                span = look_back(seen, self.today, administration.look_back_days)
            wanted += [(endpoint, window) for window in month_windows(span.start, span.end, longest)]
        return wanted

    def sync(
        self, administration: Administration, *, progress: Progress | None = None, accept_unusual: bool = False
    ) -> RunReport:
        """Pull, prepare, approve what ``auto_post`` lets go, deliver."""
        from connector.engine import run as runs

        run = self.run(administration, progress=progress)
        with self.asked(administration) as wanted:
            return runs.sync(run, wanted, accept_unusual=accept_unusual)

    def prepare(
        self, administration: Administration, *, progress: Progress | None = None, accept_unusual: bool = False
    ) -> RunReport:
        """Pull and prepare, and send nothing: what ``sync`` would do, short of the ledger."""
        from connector.engine import run as runs

        report, run = runs.RunReport(administration=administration.name), self.run(administration, progress=progress)
        with self.asked(administration) as wanted, run.place.database.lock(run.books.name):
            runs.pull_only(run, wanted, report, accept_unusual=accept_unusual)
            runs.prepare_all(run, report)
        return report

    def pull(
        self,
        administration: Administration,
        *,
        files: Sequence[Path] = (),
        endpoint: Endpoint | None = None,
        progress: Progress | None = None,
        accept_unusual: bool = False,
    ) -> RunReport:
        """Fetch what is new, or take the saved answers ``files`` (all of ``endpoint`` when given), and keep it;
        nothing is prepared."""
        from connector.engine import run as runs

        report, run = runs.RunReport(administration=administration.name), self.run(administration, progress=progress)
        with ExitStack() as stack:
            wanted = self._files(files, endpoint) if files else stack.enter_context(self.asked(administration))
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
            for endpoint in endpoints(administration)
        ]
        run = self.run(administration, progress=progress)
        with self.asked(administration, windows) as wanted:
            return backfill(run, wanted, post=post, accept_unusual=accept_unusual)

    def verify(self, administration: Administration) -> Proof:
        """Prove the cents, and for ledgers that are files that they hold what was posted."""
        from connector.engine import verify as proofs

        books, ledger_kind = self.books(administration), administration.ledger.kind
        if ledger_kind not in FILE_LEDGERS:
            return proofs.verify(self.place, books)
        with self.ledger(administration, self.mapping(administration).mapping) as ledger:
            return proofs.verify(self.place, books, ledger)

    def replay(self, administration: Administration) -> ReplayReport:
        """Derive everything again from the raw bytes and compare."""
        from connector import mapping_files
        from connector.engine import replay as replays

        return replays.replay(self.place, self.books(administration), dialect(administration), mapping_files.load_bytes)

    def try_key(self, administration: Administration) -> KeyTrial:
        """Ask example-invoices once, to see whether the key works; nothing is kept."""
        with self.api(administration) as api:
            return api.try_key()

    def try_ledger(self, administration: Administration) -> LedgerTrial:
        """Open the ledger and look at everything it holds; nothing stays written.

        Raises LedgerError, also when files were edited by others or the folder cannot be written to.
        """
        from connector.ledgers.base import Listing

        with self.ledger(administration, self.mapping(administration).mapping) as ledger:
            held = sum(1 for _ in ledger.all_entries()) if isinstance(ledger, Listing) else None
        folder = self._ledger_folder(administration) if administration.ledger.kind in FILE_LEDGERS else None
        if folder is not None:
            _try_writing(folder)
        return LedgerTrial(entries=held, folder=folder, closed_until=administration.ledger.closed_until)

    def _ledger_folder(self, administration: Administration) -> Path:
        return administration.ledger.folder or self.settings.connection.folder / "ledger" / administration.name


def _try_writing(folder: Path) -> None:
    """Write a passing file into ``folder``, or into the nearest folder above it that exists."""
    place = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"connector")
    except OSError as error:
        raise LedgerRefused(
            f"the ledger folder cannot be written to: {error.strerror}",
            hint="Let the user who runs the connector write there, or set another folder.",
            where=str(folder),
        ) from error


@contextmanager
def _naming_settings(administration: Administration) -> Iterator[None]:
    """Tell in which file and line the address stands that a source advises to check: a source knows no files."""
    try:
        yield
    except SourceError as error:
        if "nothing listens there" in error.message and (made_up := _port_here(administration)):
            error.hint = (
                "A made-up API at this address has stopped. Start it again in another window: 'connector sandbox "
                f"--port {made_up}', after a demo with the --today that the beginning of its connector.toml names."
            )
        place = f"the base URL ('base_url', {administration.source.base_url_place})"
        error.hint = error.hint.replace("the base URL", place)
        raise


def _port_here(administration: Administration) -> int:
    """The port of a source on this computer, where only a sandbox serves; 0 for any other source."""
    address = urlsplit(str(administration.source.api.get("base_url", "")))
    return (address.port or 0) if address.hostname in ("127.0.0.1", "localhost", "::1") else 0


@contextmanager
def _opened(saved: SavedAnswers, path: Path) -> Iterator[Answer]:
    with saved.open(path) as answer:
        if answer.endpoint is Endpoint.EXAMPLE_INVOICES:
            raise SettingsError(
                "these are example invoices, which are made up and never kept with real books", where=str(path)
            )
        yield answer


def endpoints(administration: Administration) -> tuple[Endpoint, ...]:
    """The lists that are fetched: purchases always, and the sale side that is booked or compared."""
    if administration.sale_source == Endpoint.CUSTOMER_INVOICES.value:
        return (Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS, Endpoint.CUSTOMER_INVOICES)
    return (Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS)


def optional_endpoints(administration: Administration) -> frozenset[Endpoint]:
    """Lists that only compare: a key without the right to them stops nothing."""
    if administration.sale == "report" or administration.sale_source != Endpoint.CUSTOMER_SPECIFICATIONS.value:
        return frozenset({Endpoint.CUSTOMER_SPECIFICATIONS})
    return frozenset()


def dialect(administration: Administration) -> Dialect:
    """How answers of the administration's source are cut and typed."""
    from connector.domain.tax_scale import TaxScale
    from connector.engine.dialect import Dialect
    from connector.source.envelope import Envelope
    from connector.source.parse import parse

    return Dialect(cut=Envelope, parse=parse, scale=TaxScale(administration.source.tax_scale))


def api_settings(administration: Administration) -> ApiSettings:
    """The source's settings: what was set, and the source's own defaults for the rest."""
    from connector.source.keys import KeyForm, KeyPlace, key_form
    from connector.source.settings import ApiSettings

    chosen = administration.source
    form = key_form(chosen.authentication)
    if chosen.key_name is not None or chosen.key_place is not None or chosen.key_prefix is not None:
        form = KeyForm(
            place=KeyPlace(chosen.key_place) if chosen.key_place else form.place,
            name=chosen.key_name or form.name,
            prefix=form.prefix if chosen.key_prefix is None else chosen.key_prefix,
        )
    return ApiSettings(key=form, **chosen.api)
