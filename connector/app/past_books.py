"""What is done with past books: the trial month, and proposals for the mapping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
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
    return trials.trial(connector.place, connector.books(administration), mapping, period, past)
