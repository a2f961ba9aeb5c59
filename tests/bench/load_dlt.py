"""dlt: its initial default load alone, of the same answers into SQLite; no mapping, no entries.

Its own REST client, a resource that yields the invoices as they come, its own nested normalisation (a table for
invoices and one each for customers, subscriptions, price lines and their details), its sqlalchemy destination, default
settings.
Where this differs from a script of a beginner it is to dlt's advantage: its imports are done before the time runs.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.job import Figures, Job, Outcome, contestant, measured
from tests.bench.served import parameters

# By name, because it is installed for the benchmark alone.
dlt: Any = importlib.import_module("dlt")
rest_client: Any = importlib.import_module("dlt.sources.helpers.rest_client")
auth: Any = importlib.import_module("dlt.sources.helpers.rest_client.auth")
paginators: Any = importlib.import_module("dlt.sources.helpers.rest_client.paginators")
_LINES = "invoices__customers__subscriptions__price_lines"


def work(job: Job) -> Outcome:
    """Load everything."""
    folder = Path(job.folder)
    client = rest_client.RESTClient(
        base_url=job.base_url,
        auth=auth.BearerTokenAuth(token=job.key),
        paginator=paginators.SinglePagePaginator(),
        data_selector="Invoices",
    )

    def invoices() -> Iterator[Any]:
        for start, end in job.windows:
            yield from client.paginate("invoices", params=parameters(start, end))

    destination = dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'loaded.db'}")
    with measured() as watch:
        pipeline = dlt.pipeline(
            "bench", destination=destination, dataset_name="copaco", pipelines_dir=str(folder / "pipelines")
        )
        pipeline.run(dlt.resource(invoices, name="invoices"))
    return Outcome(seconds=watch.seconds, cpu=watch.cpu, peak_mb=watch.peak_mb, documents=_loaded(folder))


def _loaded(folder: Path) -> dict[str, Figures]:
    """The figures per document. Its amounts are floats, so they are rounded line by line."""
    connection = sqlite3.connect(next(folder.glob("*copaco*.db")))
    rows = connection.execute(
        "SELECT i.header__invoice_id, count(*), sum(round(l.extended_price * 100)), sum(round(l.vat * 100))"
        f" FROM {_LINES} l JOIN invoices__customers__subscriptions s ON s._dlt_id = l._dlt_parent_id"
        " JOIN invoices__customers c ON c._dlt_id = s._dlt_parent_id"
        " JOIN invoices i ON i._dlt_id = c._dlt_parent_id GROUP BY 1"
    ).fetchall()
    connection.close()
    return {number: Figures(lines, round(net), round(vat)) for number, lines, net, vat in rows}


if __name__ == "__main__":
    contestant(work)
