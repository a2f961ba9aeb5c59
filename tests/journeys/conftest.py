"""A small sandbox, served for all journeys of a worker, and offices that have begun: copied, not made anew."""

from __future__ import annotations

import http.server
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from connector.sandbox import RESELLER_NL, Sandbox, demo_world
from tests import postgres
from tests.journeys.office import TODAY, Office


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """Three months of two small resellers; one Dutch document is spoiled so that it must be held."""
    with Sandbox(demo_world(TODAY, months=3, customers=6), today=TODAY) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, without faults before and after."""
    served.faults.clear()
    yield served
    served.faults.clear()


@pytest.fixture(scope="session")
def prepared_folder(served: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office after init and the first sync, on SQLite: everything fetched, nothing approved."""
    office = Office(folder=tmp_path_factory.mktemp("prepared"))
    office.set_up(RESELLER_NL, served.url)
    office.run("sync")
    return office.folder


@pytest.fixture(scope="session")
def prepared_database(served: Sandbox, prepared_folder: Path, postgres_url: str) -> str:
    """The same on PostgreSQL, as a database to copy."""
    url = postgres.create_database(postgres_url)
    office = Office(folder=prepared_folder, url=url)
    office.run("db", "upgrade")
    office.run("sync")
    return url


@pytest.fixture
def sqlite_office(prepared_folder: Path, tmp_path: Path, sandbox: Sandbox) -> Office:
    """A copy of the prepared office on SQLite."""
    folder = tmp_path / "office"
    shutil.copytree(prepared_folder, folder)
    return Office(folder=folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, sqlite_office: Office) -> Iterator[Office]:
    """A copy of the prepared office, on each kind of database."""
    if request.param == "sqlite":
        yield sqlite_office
        return
    template: str = request.getfixturevalue("prepared_database")
    (sqlite_office.folder / "connector.db").unlink()
    url = postgres.create_database(template, template=template.rpartition("/")[2])
    yield Office(folder=sqlite_office.folder, url=url)
    postgres.drop_database(url)


@pytest.fixture
def new_office(tmp_path: Path) -> Office:
    """An empty folder."""
    folder = tmp_path / "new"
    folder.mkdir()
    return Office(folder=folder)


@pytest.fixture
def untrusted() -> Iterator[str]:
    """The address of a server whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}/api/v1"
    server.shutdown()
    thread.join()
    server.server_close()


class _Refusing(http.server.BaseHTTPRequestHandler):
    """Nobody gets as far as asking it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
