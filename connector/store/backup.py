"""A copy of the database that can be put back: taken while others go on working, by what each database has for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from connector.errors import StoreError
from connector.store.database import Database
from connector.store.driver_errors import store_error


def copy(database: Database, target: Path) -> None:
    """Write one committed state of ``database`` to the new file ``target``, and check that it can be read back. Nobody
    but its owner may read it: behind it there is no password of a server.

    StoreError when it cannot be written (nothing is left then), when ``target`` exists, and for PostgreSQL when its
    program ``pg_dump`` is not there.
    """
    if target.exists():
        raise StoreError("this file exists already", hint="Choose another name for the copy.", where=str(target))
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)  # a kill may have left it
        unfinished.touch(mode=0o600)
        if database.path is None:
            from connector.store import dumping

            dumping.dump(database, unfinished)
        else:
            _copy(database.path, unfinished)
        unfinished.replace(target)
    except sqlite3.Error as error:
        raise store_error(error, where=str(target), path=target) from error
    except OSError as error:
        hint = "Name a folder that is there, has room, and may be written."
        raise StoreError(f"the copy cannot be written ({error.strerror})", hint=hint, where=str(target)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE")  # so that the copy is one file
        (answer,) = writing.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise StoreError(
            f"the database is damaged ({answer})",
            hint="Put an earlier backup in its place; 'connector pull' fetches what came later.",
            where=str(source),
        )
