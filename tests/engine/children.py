"""Programs of their own: those that are killed say 'ready' in the middle of their work and wait for their end."""

from __future__ import annotations

import datetime
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from connector.customer_papers.layout import page
from connector.customer_papers.pdf import pdf
from connector.customer_papers.xlsx import xlsx
from connector.domain.delivery import Answer
from connector.domain.details import Details
from connector.domain.journal import JournalEntry
from connector.engine.dialect import Dialect
from connector.engine.purge import Order, purge
from connector.engine.specifications import owing, specifications
from connector.source.base import Endpoint
from connector.source.envelope import Envelope
from connector.source.parse import parse
from connector.source.scanner import Piece
from connector.store.database import Database
from tests.engine.desk import Desk
from tests.engine.paper import Json, body, customer, invoice, line
from tests.ledgers.faults import FaultyLedger

ROOT = Path(__file__).parents[2]
MANY = 450
SPECIFICATIONS = Endpoint.CUSTOMER_SPECIFICATIONS


def many() -> list[Json]:
    """More invoices than are read and written at once."""
    return [invoice(str(number), line(f"{number}.00")) for number in range(1, MANY + 1)]


def killed(what: str, url: str, folder: Path) -> None:
    """Start the program ``what`` on a database and a folder, and kill it as soon as it is in the middle."""
    command = [sys.executable, "-m", "tests.engine.children", what, url, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.kill()


def _wait() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(60)


class _SlowEnvelope(Envelope):
    def invoices(self) -> Iterator[Piece]:
        for number, piece in enumerate(super().invoices()):
            if number == MANY - 10:
                _wait()
            yield piece


class _SlowLedger(FaultyLedger):
    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        answers = super().post_many(entries)
        _wait()
        return answers


def _peak(desk: Desk, first: int, count: int) -> int:
    """The most memory that this program took so far, in kilobytes, after keeping and posting ``count`` invoices."""
    saved = desk.folder / f"{first}.json"
    with saved.open("wb") as file:
        for number in range(first, first + count):
            lines = [line(f"{number}.00", row_hash=f"{number}-{place}") for place in range(50)]
            file.write(b"," if number > first else b'{"Invoices": [')
            file.write(body([invoice(str(number), *lines)]).removeprefix(b'{"Invoices": [').removesuffix(b"]}\n"))
        file.write(b"]}")
    desk.keep_file(saved)
    assert desk.post().posted == count
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _peak_of_papers(desk: Desk, count: int) -> int:
    """The most memory that this program took so far, in kilobytes, after making the papers of ``count`` customers."""
    listed = owing(desk.place, desk.books, "2024-03", SPECIFICATIONS.value)[:count]
    assert len(listed) == count
    for number, each in enumerate(specifications(desk.place, desk.books, desk.dialect, listed, "2024-03")):
        printed = page(each.specification, each.contact, ("Voorbeeld IT",), Details.ALL)
        if number % 50 == 0:
            pdf(printed)
            xlsx(each.specification, printed, Details.ALL)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _main(what: str, url: str, folder: str) -> None:
    with Database(url) as database:
        desk = Desk(database, Path(folder), kind="hledger")
        if what == "pull":
            desk.dialect = Dialect(cut=_SlowEnvelope, parse=parse)
            desk.pull(*many())
        if what == "memory":
            sys.stdout.write(f"{_peak(desk, 1, 200)} {_peak(desk, 1001, 800)}\n")
            return
        if what == "papers":
            for number in range(20):
                sold = [customer(f"a-{number}-{each}", [line(f"{n}.00") for n in range(20)]) for each in range(50)]
                desk.pull(invoice(str(number), customers=sold), endpoint=SPECIFICATIONS, window=None)
            sys.stdout.write(f"{_peak_of_papers(desk, 51)} {_peak_of_papers(desk, 1000)}\n")
            return
        if what == "purge":
            desk.place = msgspec.structs.replace(desk.place, today=datetime.date(2040, 1, 1))
            order = Order(until=2024, years_kept=7, actor="jansen", reason="over")
            purge(desk.place, desk.books, order, desk.dialect, lambda done, total: _wait() if done == total else None)
        if what == "sync":
            desk.pull(*many()[:5])
            desk.ledger = _SlowLedger(desk.ledger)
            with database.lock(desk.books.name):
                desk.post()
    sys.exit("it was not killed")


if __name__ == "__main__":
    _main(*sys.argv[1:])
