"""A desk: one administration with all its parts put together as the program does, on a real database."""

from __future__ import annotations

import datetime
import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, func, select

from connector.domain.delivery import DeliveryState
from connector.domain.finding import Finding
from connector.domain.journal import JournalEntry
from connector.engine import deliver as delivering
from connector.engine import verify as proofs
from connector.engine.approval import approve_by_setting
from connector.engine.books import Books, Workplace
from connector.engine.deliver import DeliverReport
from connector.engine.deviations import Reconciliation
from connector.engine.dialect import Dialect
from connector.engine.prepare import Counts, prepare
from connector.engine.pull import Puller, WindowReport
from connector.engine.reconcile import Rebuilder, reconcile
from connector.engine.replay import ReplayReport, replay
from connector.engine.run import MappingFiles, Run, RunReport, save_mapping
from connector.ledgers.base import Ledger, Setup
from connector.ledgers.registry import open_ledger
from connector.mapping_files import load_bytes, read_folder, version_hash
from connector.source.base import Answer, Endpoint, Window
from connector.source.bodies import envelope, parse_slice
from connector.store import administrations, deliveries, entries, findings, kept, preparations, states, tables
from connector.store.database import Database
from connector.store.deliveries import Delivery
from connector.store.states import LineState, Standing
from tests.engine.paper import Json, body

ROOT = Path(__file__).parents[2]
MARCH = Window(start=datetime.date(2024, 3, 1), end=datetime.date(2024, 3, 31))
TODAY = datetime.date(2024, 4, 2)
START = datetime.datetime(2024, 4, 2, 9, 0, tzinfo=datetime.UTC)


def mapping_files(country: str = "nl", *, drop: Sequence[str] = (), **rows: Sequence[str]) -> MappingFiles:
    """A starter set with further ``rows`` in the tables named, without the rows that begin with one of ``drop``."""
    return _mapping_files(country, tuple(drop), tuple((name, tuple(more)) for name, more in sorted(rows.items())))


@cache
def _mapping_files(country: str, drop: tuple[str, ...], rows: tuple[tuple[str, tuple[str, ...]], ...]) -> MappingFiles:
    files, further = read_folder(ROOT / "mappings" / country), dict(rows)
    for name, text in files.items():
        kept_rows = [row for row in text.decode().splitlines() if not row.startswith(drop)]
        more = further.get(name.removesuffix(".csv"), ())
        files[name] = "".join(f"{row}\n" for row in (*kept_rows, *more)).encode()
    return MappingFiles(
        name=country, hash=version_hash(files), files=files, mapping=load_bytes(files, f"mappings/{country}")
    )


def answer(
    text: bytes, folder: Path, *, endpoint: Endpoint = Endpoint.INVOICES, window: Window | None = MARCH, **more: Any
) -> Answer:
    """An answer of the source with this body."""
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(text)
    return Answer(
        **{
            "endpoint": endpoint,
            "window": window,
            "show_detail": False,
            "url": "https://api.example/invoices",
            "status": 200,
            "headers": (("Content-Type", "application/json"),),
            "requested_at": START,
            "seconds": 0.5,
            "body": Path(file.name),
            "size": len(text),
            "sha256": hashlib.sha256(text).digest(),
            "attempts": 1,
            **more,
        }
    )


class Desk:
    """One administration at work. Each verb returns what the engine reports; ``now`` moves only when told."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        mapping: MappingFiles | None = None,
        ledger: Ledger | None = None,
        kind: str = "memory",
        country: str = "NL",
        today: datetime.date = TODAY,
        now: datetime.datetime = START,
        **settings: Any,
    ) -> None:
        self.now = now
        self.folder = folder
        self.dialect = Dialect(cut=envelope, parse=parse_slice)
        self.mapping = mapping or mapping_files()
        with database.of_all().transaction() as connection:
            known = administrations.ensure(connection, "acme", country, "EUR", self.now)
        plain: dict[str, Any] = {"auto_post": "all", "vat_number": "NL222222222B01", "company": "Voorbeeld ICT B.V."}
        self.books = Books(id=known, name="acme", country=country, currency="EUR", ledger=kind, **(plain | settings))
        # What the verbs see is what they see in the program: the rows of this administration.
        self.place = Workplace(database=database, clock=lambda: self.now, today=today).of(self.books)
        chart = self.mapping.mapping.chart
        self.ledger = ledger or open_ledger(kind, Setup(name=kind, chart=chart, settings={}, folder=folder / "ledger"))

    @property
    def database(self) -> Database:
        return self.place.database

    def use(self, database: Database) -> None:
        """Go on with another handle of the database."""
        self.place = msgspec.structs.replace(self.place, database=database).of(self.books)

    def set(self, **settings: Any) -> None:
        """Change settings of the administration; the hash changes with them."""
        self.books = msgspec.structs.replace(self.books, **settings, settings_hash=repr(sorted(settings.items())))

    def wait(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)

    @property
    def run(self) -> Run:
        return Run(
            place=self.place,
            books=self.books,
            dialect=self.dialect,
            mapping=self.mapping,
            open_ledger=lambda: self.ledger,
            actor="jansen",
        )

    def pull(self, *invoices: Json, accept_unusual: bool = False, **more: Any) -> WindowReport:
        """Keep an answer that holds ``invoices``."""
        return self.keep(body(invoices), accept_unusual=accept_unusual, **more)

    def keep(self, text: bytes, *, accept_unusual: bool = False, source: str = "copaco", **more: Any) -> WindowReport:
        """Keep an answer with this body."""
        puller = Puller(self.place, self.books, self.dialect, accept_unusual=accept_unusual)
        return puller.keep(answer(text, self.folder, **more), source)

    def keep_file(self, path: Path) -> WindowReport:
        """Keep an answer that lies in a file, without reading it here."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").digest()
        empty = answer(b"", self.folder)
        given = msgspec.structs.replace(empty, body=path, size=path.stat().st_size, sha256=sha256)
        return Puller(self.place, self.books, self.dialect, accept_unusual=True).keep(given, "copaco")

    def prepare(self) -> Counts:
        """Prepare everything under the mapping as it is now."""
        version = save_mapping(self.run, RunReport(administration=self.books.name))
        *_, counts = (Counts(), *prepare(self.place, self.books, self.mapping.mapping, version))
        return counts

    def approve(self) -> int:
        """Approve what ``auto_post`` lets go."""
        return approve_by_setting(self.place, self.books)

    def deliver(self, ledger: Ledger | None = None) -> DeliverReport:
        """Bring what is approved to the ledger."""
        with ledger or self.ledger as opened:
            return delivering.deliver(self.place, self.books, opened)

    def post(self) -> DeliverReport:
        """Prepare, approve, deliver."""
        self.prepare()
        self.approve()
        return self.deliver()

    def verify(self, *, ledger: bool = True) -> proofs.Proof:
        return proofs.verify(self.place, self.books, self.ledger if ledger else None)

    def replay(self) -> ReplayReport:
        return replay(self.place, self.books, self.dialect, load_bytes)

    def reconcile(self, *, rebuild: str = "", codes: Mapping[str, str] | None = None) -> Reconciliation:
        """Compare with the ledger; ``rebuild`` is the reason why links are restored."""
        rebuilder = Rebuilder(actor="jansen", reason=rebuild) if rebuild else None
        with self.ledger as opened:
            return reconcile(self.place, self.books, opened, codes or {}, rebuilder)

    # What stands in the store.

    def rows(self) -> dict[str, int]:
        """The number of rows per table."""
        with self.database.reading() as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in tables.metadata.sorted_tables
            }

    def all(self, table: Table) -> Sequence[Any]:
        with self.database.reading() as connection:
            return connection.execute(select(table).order_by(*table.primary_key.columns)).all()

    def standing(self) -> list[Standing]:
        """Every current document."""
        with self.database.reading() as connection:
            return list(states.standings(connection, self.books.id))

    def standings(self) -> dict[str, Standing]:
        """Every current document by number, or number/customer."""
        return {f"{each.number}/{each.customer}" if each.customer else each.number: each for each in self.standing()}

    def states(self) -> dict[str, str]:
        """The state of every current document."""
        return {name: each.state.value for name, each in self.standings().items()}

    def sums(self) -> Counter[LineState]:
        """Net cents per state."""
        found: Counter[LineState] = Counter()
        for each in self.standing():
            found[each.state] += each.net
        return found

    def deliveries(self) -> list[Delivery]:
        """Every delivery, oldest first."""
        with self.database.reading() as connection:
            found = deliveries.in_states(connection, self.books.id, list(DeliveryState))
        return sorted(found, key=lambda each: each.delivery_id)

    def delivery_states(self) -> list[str]:
        return [each.state.value for each in self.deliveries()]

    def reasons(self, delivery_id: int) -> list[str]:
        """Why a delivery went where it is, step by step."""
        with self.database.reading() as connection:
            found = deliveries.events(connection, self.books.id, delivery_id)
        return [each.reason for each in found]

    def entries(self) -> dict[int, JournalEntry]:
        with self.database.reading() as connection:
            ids = connection.execute(select(tables.entry.c.entry_id)).scalars().all()
            return entries.load(connection, self.books.id, ids)

    def findings(self, name: str) -> dict[str, Finding]:
        """The findings of a current document, by code: those of its reading and of its latest preparation."""
        version = self.standings()[name].version_id
        with self.database.reading() as connection:
            document = next(kept.load(connection, self.books.id, [version]))
            known = preparations.latest(connection, self.books.id, [version]).get(version)
            prepared = findings.of_preparations(connection, self.books.id)
        more = prepared.get(known.preparation_id, []) if known else []
        return {each.code: each for each in (*document.findings, *more)}


def posted(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """(document number, total in cents) of everything in a ledger in memory."""
    made: Mapping[str, JournalEntry] = getattr(ledger, "entries", {})
    for each in made.values():
        yield each.number, each.total_minor
