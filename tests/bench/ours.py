"""The connector: HTTP → store → mapping → entries → hledger files, as ``connector sync`` does it, for purchases alone.

The folder is made before the time runs, by ``connector init`` and ``db upgrade``: both are done once in the life of an
administration. Told apart from ``sync`` only by what it asks for: not for the customer specifications.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from connector import config, mapping_files
from connector.app import Connector
from connector.engine import run as runs
from connector.ledgers import hledger, registry
from connector.sandbox import RESELLER_NL
from connector.source import copaco, envelope, http, parse
from connector.source.base import Endpoint, Window
from connector.source.windows import month_windows
from connector.store.database import Database
from tests.bench.job import ADMINISTRATION, FIRST_DAY, TODAY, Figures, Job, Outcome, contestant, measured, python

# The connector imports what it uses when it uses it; here, as with the others, the time runs after all imports.
IMPORTED = (mapping_files, hledger, registry, copaco, envelope, http, parse)


def set_up(job: Job, database_url: str = "") -> None:
    """Make the working folder of the administration, with the command itself, and an empty database."""
    folder = Path(job.folder)
    answers = {
        "name": ADMINISTRATION,
        "country": "NL",
        "company-name": RESELLER_NL.party.company_name,
        "vat-number": RESELLER_NL.party.vat_number,
        "base-url": job.base_url,
        "book-from": FIRST_DAY.isoformat(),
    }
    options = [part for name, value in answers.items() for part in (f"--{name}", value)]
    python("-m", "connector", "init", "--yes", *options, "--key-stdin", cwd=folder, stdin=job.key)
    settings = folder / "connector.toml"
    written = settings.read_text(encoding="utf-8")
    assert 'auto_post = "off"' in written
    # A loopback server needs no politeness, and the pause would only hide what the machine does.
    written = written.replace('auto_post = "off"', 'auto_post = "all"')
    written = written.replace("authentication =", 'pause_seconds = 0\nunsettled = "trust"\nauthentication =')
    settings.write_text(written, encoding="utf-8")
    if database_url:
        with (folder / ".env").open("a", encoding="utf-8") as environment:
            environment.write(f"CONNECTOR_DATABASE_URL={database_url}\n")
    python("-m", "connector", "db", "upgrade", cwd=folder)


def work(job: Job) -> Outcome:
    """Pull, prepare, approve by setting and deliver."""
    settings = config.load(Path(job.folder) / "connector.toml", environ={})
    (administration,) = settings.administrations
    windows = [(Endpoint.INVOICES, window) for window in _windows(job)]
    stages: dict[str, float] = {}
    with Connector(settings, actor="bench", today=TODAY) as connector:
        connector.database.name  # noqa: B018 - opened, and its schema checked, before the time runs
        with measured() as watch, connector.asked(administration, windows) as wanted:
            run = connector.run(administration)
            report = runs.RunReport(administration=run.books.name)
            with run.place.database.lock(run.books.name):
                with _stage("pull", stages):
                    runs.pull_only(run, wanted, report)
                with _stage("prepare", stages):
                    runs.prepare_all(run, report)
                with _stage("deliver", stages):
                    runs.deliver_all(run, report)
    return Outcome(
        seconds=watch.seconds,
        cpu=watch.cpu,
        peak_mb=watch.peak_mb,
        documents=kept(settings.connection.database_url),
        stages=stages,
    )


@contextmanager
def _stage(name: str, stages: dict[str, float]) -> Iterator[None]:
    begun = time.process_time()
    yield
    stages[name] = time.process_time() - begun


def _windows(job: Job) -> list[Window]:
    windows = month_windows(FIRST_DAY, TODAY)
    assert len(windows) == len(job.windows), "everyone asks for the same windows"
    return windows


def kept(database_url: str) -> dict[str, Figures]:
    """The current figures per document number, summed from the stored lines themselves."""
    query = text(
        "SELECT i.number, count(*), sum(l.net_minor), sum(l.vat_minor) FROM invoice i"
        " JOIN invoice_version v ON v.administration_id = i.administration_id AND v.invoice_id = i.invoice_id"
        " JOIN line l ON l.administration_id = v.administration_id AND l.version_id = v.version_id"
        " WHERE v.version_no = (SELECT max(w.version_no) FROM invoice_version w"
        " WHERE w.administration_id = v.administration_id AND w.invoice_id = v.invoice_id) GROUP BY i.number"
    )
    with Database(database_url) as database, database.of_all().reading() as connection:
        return {number: Figures(n, int(net), int(vat)) for number, n, net, vat in connection.execute(query)}


if __name__ == "__main__":
    contestant(work)
