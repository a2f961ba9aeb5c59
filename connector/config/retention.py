"""The setting ``retention_years`` of an administration: how long documents are kept, never shorter than by law."""

from __future__ import annotations

from connector.config.table import Table
from connector.domain.retention import LEGAL_PERIODS, years_kept

LONGEST = 100
"""In years."""


def read_retention_years(table: Table, country: str) -> int:
    """The years of ``table``, by default those of the law of ``country``; what is wrong is noted."""
    least = years_kept(country)
    years = table.whole("retention_years", least, least=1, most=LONGEST)
    legal = LEGAL_PERIODS.get(country)
    if legal is not None and 0 < years < legal.years:
        table.wrong(
            "retention_years", f"{years} is shorter than the law of {country}: {legal.years} years ({legal.rule})"
        )
        return legal.years
    return years
