"""The tables [schedule]: what is read, and that every mistake is told with its file and line."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from connector import config
from connector.config import Settings, WrongSettings
from connector.domain.schedule import Schedule

GOOD = """\
[schedule]
cron = ["0 * 20-28 * *", "30 6 * * mon-fri"]
spread_minutes = 20
quiet = "22:00-05:30"

[administrations.acme]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books/acme" }

[administrations.acme.schedule]
every_minutes = 30
quiet = ""

[administrations.be-co]
country = "BE"
vat_number = "BE0123456789"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books/be" }
schedule.time_zone = "Europe/Brussels"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    return tmp_path


def load(folder: Path, text: str) -> Settings:
    file = folder / "connector.toml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, environ={})


def test_an_administration_says_what_differs_from_the_general_schedule(folder: Path) -> None:
    acme, be = (each.schedule for each in load(folder, GOOD).administrations)
    assert (acme.every, acme.quiet) == (datetime.timedelta(minutes=30), None)
    assert (acme.spread, acme.zone) == (datetime.timedelta(minutes=20), "Europe/Amsterdam")
    assert (be.every, be.crons) == (None, ("0 * 20-28 * *", "30 6 * * mon-fri"))
    assert be.quiet == (datetime.time(22), datetime.time(5, 30))
    assert be.zone == "Europe/Brussels"


def test_nothing_need_be_said(folder: Path) -> None:
    text = GOOD.partition("[administrations.acme]")[1] + GOOD.partition("[administrations.acme]")[2]
    text = text.partition("[administrations.acme.schedule]")[0]
    (acme,) = load(folder, text).administrations
    assert acme.schedule == Schedule()


def test_an_expression_of_the_administration_replaces_a_general_interval(folder: Path) -> None:
    text = GOOD.replace('cron = ["0 * 20-28 * *", "30 6 * * mon-fri"]', "every_minutes = 60")
    text = text.replace("every_minutes = 30", 'cron = "5 7 * * *"')
    acme, be = (each.schedule for each in load(folder, text).administrations)
    assert (acme.every, acme.crons) == (None, ("5 7 * * *",))
    assert be.every == datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "after", "line", "expected"),
    [
        ('"30 6 * * mon-fri"', '"30 6 * * 1-5"', 2, "write mon, tue"),
        ('"30 6 * * mon-fri"', '"61 6 * * *"', 2, "is not understood"),
        ('"30 6 * * mon-fri"', '"6 * * *"', 2, "has 4 parts instead of five"),
        ('"30 6 * * mon-fri"', '"0 6 30 2 *"', 2, "never comes"),
        ('"30 6 * * mon-fri"', "6", 2, "a cron expression as"),
        ('cron = ["0 * 20-28 * *", "30 6 * * mon-fri"]', "cron = []", 2, "a cron expression as"),
        ('cron = ["0 * 20-28 * *", "30 6 * * mon-fri"]', "cron = 6", 2, "6 is a number"),
        ("spread_minutes = 20", "spread_minutes = 1000", 3, "give 0 to 720"),
        ("spread_minutes = 20", "spread = 20", 3, "did you mean 'spread_minutes'?"),
        ('"22:00-05:30"', '"22-6"', 4, "22:00-06:00"),
        ('"22:00-05:30"', '"22:00-25:30"', 4, "22:00-06:00"),
        ('"22:00-05:30"', '"22:00-22:00"', 4, "begins and ends at once"),
        ('"22:00-05:30"', '"06:00-05:50"', 4, "fill the day together"),
        ("every_minutes = 30", 'every_minutes = 30\ncron = "0 6 * * *"', 14, "exclude each other"),
        ("every_minutes = 30", "every_minutes = 1", 14, "give 5 to 10080"),
        ("Europe/Brussels", "Europe/Brussel", 23, "did you mean 'Europe/Brussels'?"),
        ("Europe/Brussels", "../etc", 23, "there is no time zone"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, before: str, after: str, line: int, expected: str) -> None:
    assert before in GOOD
    with pytest.raises(WrongSettings) as caught:
        load(folder, GOOD.replace(before, after))
    (told,) = caught.value.problems
    assert f"connector.toml:{line}: " in told
    assert expected in told
