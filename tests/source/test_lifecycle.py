"""How long versions of the API last: what Copaco's pages say, and what that means on a day."""

from __future__ import annotations

import datetime

import pytest

from connector.config.source import LIFECYCLE_NAMES, LIFECYCLE_STATUSES
from connector.source.base import COMPARED, Endpoint
from connector.source.lifecycle import NAMES, Life, Override, Standing, Status, life_of, lives

TODAY = datetime.date(2026, 3, 1)


def life(status: Status, end_of_life: datetime.date | None = None) -> Life:
    return Life(name="x", endpoint="x", version="v1", status=status, end_of_life=end_of_life)


@pytest.mark.parametrize(
    ("status", "end", "standing"),
    [
        (Status.STABLE, None, Standing.SETTLED),
        (Status.CURRENT, None, Standing.SETTLED),
        (Status.EXPERIMENTAL, None, Standing.UNSETTLED),
        (Status.DEVELOPMENT, None, Standing.UNSETTLED),
        (Status.BETA, None, Standing.UNSETTLED),
        (Status.NOT_TOLD, None, Standing.UNSETTLED),
        (Status.DEPRECATED, None, Standing.OLD),
        (Status.MAINTENANCE, None, Standing.OLD),
        (Status.END_OF_MAINTENANCE, None, Standing.OLD),
        (Status.END_OF_LIFE, None, Standing.ENDED),
        (Status.STABLE, datetime.date(2026, 5, 31), Standing.SETTLED),
        (Status.STABLE, datetime.date(2026, 5, 30), Standing.ENDING),
        (Status.EXPERIMENTAL, datetime.date(2026, 3, 1), Standing.ENDING),
        (Status.STABLE, datetime.date(2026, 2, 28), Standing.ENDED),
        (Status.END_OF_LIFE, datetime.date(2026, 3, 31), Standing.ENDING),
    ],
)
def test_what_a_status_means(status: Status, end: datetime.date | None, standing: Standing) -> None:
    """The last day still answers; ninety days before it warns, ninety-one do not."""
    assert life(status, end).standing(TODAY) is standing


def test_every_endpoint_that_is_asked_is_in_the_table() -> None:
    assert {each.value for each in Endpoint if each not in COMPARED} <= {each.name for each in lives()}
    assert life_of(Endpoint.INVOICES.value).status is Status.EXPERIMENTAL
    assert life_of(Endpoint.CUSTOMER_INVOICES.value).status is Status.NOT_TOLD


def test_settings_say_it_instead() -> None:
    end = datetime.date(2027, 1, 31)
    overrides = {"invoices": Override(status=Status.STABLE), "billing-v4": Override(end_of_life=end)}
    said = {each.name: each for each in lives(overrides)}
    assert (said["invoices"].status, said["invoices"].released, said["invoices"].ours) == (
        *(Status.STABLE, "2023-11", True),
    )
    assert (said["billing-v4"].status, said["billing-v4"].end_of_life) == (Status.CURRENT, end)
    assert [each for each in said.values() if not each.ours] == [each for each in lives() if each.name not in overrides]


def test_settings_and_source_use_the_same_words() -> None:
    assert set(LIFECYCLE_NAMES) == set(NAMES)
    assert {*LIFECYCLE_STATUSES, "not told"} == {status.value for status in Status}
