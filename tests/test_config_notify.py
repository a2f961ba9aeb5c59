"""The tables [notify]: what is read, and that every mistake is told with its file and line."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from connector.config import WrongSettings
from connector.domain.notice import KINDS, Kind
from tests.test_config_schedule import folder, load

__all__ = ("folder",)

GOOD = """\
[notify]
to = ["env:NOTIFY_OPS", "keyring:notify/teams"]
digest = "daily at 08:00"
quiet = "22:00-07:00"
language = "nl"

[administrations.acme]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books/acme" }

[administrations.acme.notify]
to = "env:NOTIFY_ACME"
events = ["login", "held"]
held_above = 500
digest = "off"
quiet = ""
urgent = "at once"
patience_hours = 0

[administrations.be-co]
country = "BE"
vat_number = "BE0123456789"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books/be" }
schedule.time_zone = "Europe/Brussels"

[administrations.silent]
country = "BE"
vat_number = "BE0123456789"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books/silent" }
notify.to = []
notify.digest = "hourly"
"""
ALONE = GOOD.partition("[administrations.acme.notify]")[0]


def test_an_administration_says_what_differs_from_the_general_table(folder: Path) -> None:
    acme, be, silent = (each.notify for each in load(folder, GOOD).administrations)
    assert [each.reference for each in acme.to] == ["env:NOTIFY_ACME"]
    assert acme.events == (Kind.LOGIN, Kind.HELD)
    assert acme.held_above == 50_000
    assert (acme.timing.digest, acme.timing.quiet, acme.timing.urgent_at_once) == (None, None, True)
    assert acme.timing.patience == datetime.timedelta()
    assert acme.language == "nl"
    assert [each.reference for each in be.to] == ["env:NOTIFY_OPS", "keyring:notify/teams"]
    assert be.events == tuple(KINDS)
    assert be.timing.digest == datetime.time(8)
    assert be.timing.quiet == (datetime.time(22), datetime.time(7))
    assert (be.timing.zone, be.timing.urgent_at_once) == ("Europe/Brussels", False)
    assert silent.to == ()
    assert silent.timing.digest == datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('to = "mailto://ops:secret@example.com"', "to of administration acme: is no reference to a key"),
        ("to = 5", "5 is a number"),
        ('events = ["hold"]', "'hold' is not possible"),
        ('digest = "daily at 25:00"', 'give "off", "hourly" or "daily at 08:00"'),
        ('quiet = "22:00"', "is not understood"),
        ('urgent = "now"', "'now' is not possible"),
        ("patience_hours = 1000", "1000 is out of range"),
        ('languages = "nl"', "did you mean 'language'?"),
    ],
)
def test_mistakes_are_told_with_their_place(folder: Path, line: str, told: str) -> None:
    with pytest.raises(WrongSettings) as refusal:
        load(folder, f"{ALONE}\n[administrations.acme.notify]\n{line}\n")
    assert told in str(refusal.value)
    assert f"connector.toml:{len(ALONE.splitlines()) + 3}" in str(refusal.value)
    assert "secret" not in str(refusal.value)
