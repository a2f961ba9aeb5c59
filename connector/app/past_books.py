"""What is done with past books: the trial month, proposals for the mapping, and what was really billed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.domain.mapping import Mapping as MappingSet
    from connector.domain.suggesting import Proposal
    from connector.engine.billed import BilledReport
    from connector.engine.run import MappingFiles
    from connector.engine.suggest import Suggestions
    from connector.engine.trial import TrialReport


def trial(
    connector: Connector, administration: Administration, period: str, file: Path, columns: Mapping[str, str]
) -> TrialReport:
    """Put what we would book in the month ``period`` ('YYYY-MM') beside the past books in ``file``; nothing is written.

    ``columns`` names columns of a CSV. PastBooksError and MappingFileError when one of both cannot be read.
    """
    from connector.engine import trial as trials
    from connector.past_books import open_past_books

    past, mapping = open_past_books(file, columns), connector.mapping(administration).mapping
    return trials.trial(*connector.at(administration), mapping, period, past)


def suggest(
    connector: Connector,
    administration: Administration,
    file: Path | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    *,
    tables: MappingFiles | None = None,
) -> Suggestions:
    """Rows that the tables on disk (or ``tables``) could have more, with evidence from the past books in ``file``.

    Nothing is written.

    PastBooksError and MappingFileError when one of both cannot be read.
    """
    from connector.engine import suggest as suggestions
    from connector.past_books import open_past_books

    past = open_past_books(file, columns) if file is not None else None
    mapping = (connector.mapping(administration) if tables is None else tables).mapping
    return suggestions.suggest(*connector.at(administration), mapping, _starter(administration.country), past)


def billed(
    connector: Connector,
    administration: Administration,
    file: Path,
    columns: Mapping[str, str],
    *,
    period: str | None = None,
    accounts: Collection[str] = (),
) -> BilledReport:
    """What customers were invoiced according to the past books in ``file`` beside what they were sold, in all months or
    in ``period`` ('YYYY-MM'); ``accounts`` are those of the revenue that counts, all when there are none.

    PastBooksError and MappingFileError when one of both cannot be read.
    """
    from connector.engine import billed as compared
    from connector.past_books import open_past_books

    past, mapping = open_past_books(file, columns), connector.mapping(administration).mapping
    return compared.billed(*connector.at(administration), mapping, past, period, accounts)


def _starter(country: str) -> MappingSet | None:
    """The starter set of a country, where there is one."""
    from connector import mapping_files
    from connector.resources import mappings_path

    folder = mappings_path() / country.lower()
    return mapping_files.load(folder) if folder.is_dir() else None


def take(administration: Administration, proposals: Iterable[Proposal], notes: Mapping[str, str]) -> dict[str, int]:
    """Add the rows of ``proposals`` to the tables on disk, each with its note (by id); the rows added, by file.

    MappingFileError, and nothing is written, when a row is there already or the tables could not be used with them.
    """
    from connector.mapping_files.adding import add_rows

    rows: dict[str, list[dict[str, str]]] = {}
    for each in proposals:
        cells = dict(each.cells) | {"note": notes.get(each.id, "")}
        own = {"id": each.id} if each.table == "rules.csv" else {}
        rows.setdefault(each.table, []).append(own | cells)
    add_rows(administration.mapping, rows)
    return {file: len(added) for file, added in rows.items()}
