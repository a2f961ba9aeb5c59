"""Versions of a mapping: a person takes tables as the one in force, and what was held or not sent is prepared anew."""

from __future__ import annotations

import datetime

from connector.engine.approval import approve
from connector.engine.reclassify import Reclassified, Reclassifier
from connector.engine.run import Run, RunReport, add_version, prepare_all
from connector.errors import MappingFileError
from connector.store import mapping_versions
from connector.store.mapping_versions import MappingVersion


def newest(run: Run) -> MappingVersion | None:
    """The version in force, ``None`` before the first."""
    with run.place.database.reading() as connection:
        return mapping_versions.newest(connection, run.books.id)


def history(run: Run) -> list[MappingVersion]:
    """Every version, oldest first."""
    with run.place.database.reading() as connection:
        return mapping_versions.all_of(connection, run.books.id)


def accept(run: Run, *, comment: str, seen: int | None) -> RunReport:
    """Take the mapping of ``run`` as the version in force, in the name of its actor, and prepare everything anew.

    ``seen`` is the version that the person saw in force. Raises MappingFileError when another one was accepted since,
    and BusyError during a run.
    """
    report = RunReport(administration=run.books.name)
    with run.place.database.lock(run.books.name):
        with run.place.database.transaction() as connection:
            now = mapping_versions.newest(connection, run.books.id)
            if now is not None and now.id != seen:
                raise other_version(now)
            report.mapping_version = add_version(connection, run, author=run.actor, comment=comment)
            report.mapping_is_new = True
        prepare_all(run, report)
    return report


def other_version(now: MappingVersion) -> MappingFileError:
    """What is told when somebody else's version is in force."""
    return MappingFileError(
        f"version {now.id} was accepted by {now.author} on {now.created_at:%Y-%m-%d at %H:%M} UTC ({now.comment}), and "
        "these tables were made without it",
        hint=f"'connector mapping diff --from {now.id}' shows how they differ. Take its rows over, or begin with its "
        f"tables: 'connector mapping undo {now.id}' writes them into the folder.",
    )


def reclassify(run: Run, *, first: datetime.date, on: datetime.date | None, reason: str) -> Reclassified:
    """Reclassify what is posted and dated from ``first`` on, and approve these entries in the name of the run's actor.

    ``on`` dates the entries; without it each is dated as its document. Raises BusyError during a run, and
    MappingFileError when another version was accepted since the person looked.
    """
    place, books = run.place, run.books
    with place.database.lock(books.name):
        with place.database.transaction() as connection:
            now = mapping_versions.newest(connection, books.id)
            assert now is not None, "what is posted was prepared under a version"
            if now.hash != run.mapping.hash:
                raise other_version(now)
            done = Reclassifier(connection, place, books, run.mapping.mapping, now.id).run(first, on)
        done.approved = approve(place, books, done.delivery_ids, actor=run.actor, reason=reason)
    return done
