"""A copy of a PostgreSQL database: by its own program, which is told to see every administration, and read back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from connector.errors import StoreError
from connector.store import row_security, tables
from connector.store.database import Database

_SECRET = {"sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
"""What an address may hold that is secret beside the password; for these there is no file but that of services."""


def dump(database: Database, target: Path) -> None:
    """Write one committed state of ``database`` to the new file ``target``, in the form that ``pg_restore`` reads.

    StoreError when ``pg_dump`` is not there, or says so; nothing is left then.
    """
    with database.of_all().reading() as connection:
        begun = connection.scalar(select(func.count()).select_from(tables.administration)) or 0
    with _address(database) as address:
        asked = ("--format=custom", "--enable-row-security", "--no-password", f"--file={target}")
        _run("pg_dump", *asked, f"--dbname={address}", where=database.name)
    # A dump that was not let see the rows would be a whole one of empty tables.
    read = _run("pg_restore", "--data-only", "--table=administration", "--file=-", str(target), where=str(target))
    copied = read.partition("FROM stdin;\n")[2].partition("\\.\n")[0]
    if copied.count("\n") < begun:
        raise StoreError(
            "the copy does not hold every administration",
            hint="Report this as a defect; take the backup with pg_dump as docs/database.md says.",
            where=str(target),
        )


@contextmanager
def _address(database: Database) -> Iterator[str]:
    """The address for PostgreSQL's own programs. Its password lies in a file that only we can read meanwhile: what
    stands on a command line is seen by everybody on the machine. StoreError where it holds other secrets."""
    url = database.url.set(drivername="postgresql")
    query = dict(url.query)
    if shown := sorted(_SECRET & query.keys()):
        raise StoreError(
            f"pg_dump would show {' and '.join(shown)} of the address to everybody on this machine",
            hint=f"Write [NAME] and under it {shown[0]}=... into the file ~/.pg_service.conf, and in "
            f"CONNECTOR_DATABASE_URL service=NAME instead of {shown[0]}=...",
            where=database.name,
        )
    password = query.pop("password", "") or url.password  # where there are both, PostgreSQL takes the first of these
    query["options"] = f"{query.get('options', '')} -c {row_security.SETTING}={row_security.ALL}".strip()
    with tempfile.TemporaryDirectory(prefix="connector-") as folder:
        if password:
            secret = Path(folder) / "passfile"
            secret.touch(mode=0o600)
            escaped = str(password).replace("\\", "\\\\").replace(":", "\\:")
            secret.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
            query["passfile"] = os.fspath(secret)
        # A '+' for a space, as SQLAlchemy writes it, PostgreSQL takes for a plus.
        rendered = url._replace(password=None).set(query=query).render_as_string(hide_password=False)
        yield rendered.replace("+", "%20")


def _run(name: str, *arguments: str, where: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise StoreError(
            f"{name} is not installed, which copies a PostgreSQL database",
            hint="Install PostgreSQL's programs of the server's version or newer (on Debian: postgresql-client), or "
            "use the backups of whoever runs the server.",
            where=where,
        )
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "; ".join(line for line in done.stderr.splitlines()[:3] if line)
        raise StoreError(
            f"no copy was made ({said})",
            hint="Mend what is said there: pg_dump must not be older than the server.",
            where=where,
        )
    return done.stdout
