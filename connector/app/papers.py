"""Papers that a person adds: read from files, folders and mail, and kept with the administration they are for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from connector.engine import tie_out
from connector.engine.tie_out import Offered, Tied

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.papers.files import Found

NOBODYS = "for no administration"
PURGED = "its document was purged"


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """A paper that was added, or with a dry run would be; ``new`` is ``False`` when it was there already."""

    administration: str
    where: str
    tied: Tied
    new: bool


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was looked at and not taken, and why."""

    name: str
    where: str
    sender: str
    reason: str


class Looked(msgspec.Struct, kw_only=True):
    """What came of the files that were looked at."""

    added: list[Added] = msgspec.field(default_factory=list)
    left_out: list[LeftOut] = msgspec.field(default_factory=list)


def add(
    connector: Connector, administrations: Sequence[Administration], paths: Iterable[Path], *, dry_run: bool
) -> Looked:
    """Keep every paper in ``paths`` with the administration that it is for, one after the other.

    With several administrations to choose from, that is the one of the buyer on the paper, else the one that has a
    document with its number. Raises PaperFileError for a path that cannot be read, after what was read before it is
    kept, and BusyError while a run works on an administration.
    """
    from connector.papers.files import papers_in

    looked = Looked()
    for found in papers_in(paths):
        mine = _owner(connector, administrations, found)
        if found.paper is None or mine is None:
            reason = found.left_out or NOBODYS
            looked.left_out.append(LeftOut(name=found.name, where=found.where, sender=found.sender, reason=reason))
            continue
        offered = Offered(
            paper=found.paper, name=found.name, sender=found.sender, sha256=found.sha256, content=found.content
        )
        books = connector.books(mine)
        if tie_out.was_purged(connector.place(books), books, offered):
            looked.left_out.append(LeftOut(name=found.name, where=found.where, sender=found.sender, reason=PURGED))
            continue
        tied = tie_out.would_be(connector.place(books), books, offered, actor=connector.actor)
        new = not tie_out.knows(connector.place(books), books, offered.sha256)
        if new and not dry_run:
            new = tie_out.keep(connector.place(books), books, offered, actor=connector.actor)
        looked.added.append(Added(administration=mine.name, where=found.where, tied=tied, new=new))
    return looked


def _owner(connector: Connector, administrations: Sequence[Administration], found: Found) -> Administration | None:
    if found.paper is None or len(administrations) == 1:
        return administrations[0]
    wanted = [each for each in administrations if tie_out.is_for(*connector.at(each), found.paper)]
    return wanted[0] if len(wanted) == 1 else None
