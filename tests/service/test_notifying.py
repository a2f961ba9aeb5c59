"""Telling people: once each, to each address, whatever restarts, repeats or fails; with real runs and a real server."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from connector import config
from connector.app import Connector
from connector.app.notices import look
from connector.domain.notice import Circumstance, Kind
from connector.engine import notices
from connector.engine.run import VERBS, Verb
from connector.errors import (
    ConnectorError,
    LedgerUnavailable,
    PauseError,
    SettingsError,
    SourceRefused,
    SourceUnavailable,
    StoreUnavailable,
)
from connector.service import messages, remembered
from connector.service.notifying import Notifying
from connector.service.queued import Workers
from connector.service.runs import Runs
from connector.service.unkept import AGAIN
from connector.store import schema
from connector.store.database import Database
from tests.engine.paper import Json, body, invoice, line
from tests.service.listening import Told, listening

ROOT = Path(__file__).parents[2]
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
MARCH = datetime.date(2026, 3, 1)
HOUR = datetime.timedelta(hours=1)
SETTINGS = """\
[notify]
to = "env:NOTIFY_OPS"
{notify}
[administrations.acme]
country = "NL"
vat_number = "NL222222222B01"
company_name = "Voorbeeld ICT B.V."
mapping = "nl"
invoice_by_day = 28
source = {{ kind = "files", folder = "answers" }}
ledger = {{ kind = "hledger", folder = "books" }}
{acme}
"""
ANOTHER = """
[administrations.{name}]
country = "NL"
vat_number = "NL222222222B01"
mapping = "nl"
source = {{ kind = "files", folder = "answers" }}
ledger = {{ kind = "hledger", folder = "books-of-{name}" }}
"""
SECOND = """
[administrations.other]
country = "NL"
vat_number = "NL222222222B01"
mapping = "nl"
source = { kind = "files", folder = "answers" }
ledger = { kind = "hledger", folder = "books-of-other" }
"""


class Office:
    """A working folder with a service in it, whose clock moves only when told, and the server that is told."""

    def __init__(self, folder: Path, database_url: str, told: Told, stack: ExitStack) -> None:
        self.folder, self.url, self.told, self._stack = folder, database_url, told, stack
        self.now = NOON
        self.addresses = {"NOTIFY_OPS": told.url}
        (folder / "answers").mkdir()
        shutil.copytree(ROOT / "mappings" / "nl", folder / "mappings" / "nl")
        self.write()
        self.start()

    def write(self, notify: str = "", acme: str = "") -> None:
        """Write the settings anew, with these lines in [notify] and behind the administration."""
        text = SETTINGS.format(notify=notify, acme=acme)
        (self.folder / "connector.toml").write_text(text, encoding="utf-8")

    @property
    def settings(self) -> config.Settings:
        environ = {"CONNECTOR_DATABASE_URL": self.url, **self.addresses}
        return config.load(self.folder / "connector.toml", environ=environ)

    def start(self) -> None:
        """Start the service anew: nothing that the last one had in memory is known."""

        def today() -> datetime.date:
            return self.now.date()

        self.runs = Runs(actor="service", today=today)
        self.notifying = self.runs.notifying = Notifying(actor="service", today=today, now=lambda: self.now)

    def answer(self, *invoices: Json) -> None:
        """Put an answer with these invoices into the folder of the source, instead of what was there."""
        (self.folder / "answers" / "one.json").write_bytes(body(invoices))

    def run(self, name: str = "acme") -> None:
        assert self.runs.run(self.settings, name) is None

    def ended(self, error: ConnectorError | None = None, name: str = "acme") -> None:
        """A run that ended so: with ``error``, or well."""
        if error is None:
            self.run(name)
        else:
            self.notifying.after_run(self.settings, name, error)

    def wait(self, span: datetime.timedelta) -> None:
        """Let time pass, minute by minute as far as the service's clock looks."""
        end = self.now + span
        while self.now < end:
            self.now = min(self.now + 15 * datetime.timedelta(minutes=1), end)
            self.notifying.pulse(self.settings)

    def listen(self, name: str) -> Told:
        """Another server that is told, whose address is kept under ``name``."""
        told = self._stack.enter_context(listening())
        self.addresses[name] = told.url
        return told

    def kept(self) -> list[notices.Notice]:
        with self.connector() as connector:
            (acme, *_) = self.settings.administrations
            return notices.kept(*connector.at(acme))

    def connector(self) -> Connector:
        return Connector(self.settings, actor="test", today=self.now.date(), now=lambda: self.now)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of this version, to be copied."""
    file = tmp_path_factory.mktemp("empty") / "connector.db"
    with Database(f"sqlite:///{file}") as database:
        schema.upgrade(database)
    return file


@pytest.fixture
def office(tmp_path: Path, empty: Path) -> Iterator[Office]:
    """An office with an invoice that can be booked."""
    shutil.copy(empty, tmp_path / "connector.db")
    with ExitStack() as stack:
        made = Office(tmp_path, "sqlite:///connector.db", stack.enter_context(listening()), stack)
        made.answer(invoice("1", date=MARCH))
        yield made


@pytest.fixture
def office_on_both(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """The same, on SQLite and on PostgreSQL."""
    with Database(database_url) as database:
        schema.upgrade(database)
    with ExitStack() as stack:
        made = Office(tmp_path, database_url, stack.enter_context(listening()), stack)
        made.answer(invoice("1", date=MARCH))
        yield made


def odd(number: str, net: str = "100.00") -> Json:
    """An invoice that is held: nobody mapped what it charges."""
    return invoice(number, line(net, kind="Odd Fee"), date=MARCH)


def test_held_documents_are_told_once_with_their_euros_and_the_next_command(office: Office) -> None:
    office.answer(invoice("1", date=MARCH), odd("2"), odd("3", "1000.00"))
    office.run()
    office.run()
    office.start()
    office.run()
    assert office.told.titles == ["[connector] acme: 2 documents are held, 1,100.00 EUR"]
    assert office.told.messages[0].splitlines() == [
        "acme",
        "- 2 documents are held, 1,100.00 EUR.",
        "  CHARGE-TYPE-UNKNOWN (purchase): 2 documents, 1,100.00 EUR",
        "  Next: connector findings -a acme --severity hold",
    ]


def test_only_what_is_newly_held_is_told(office: Office) -> None:
    office.answer(odd("2"))
    office.run()
    office.answer(odd("2"), odd("3", "50.00"))
    office.run()
    assert office.told.titles[1:] == ["[connector] acme: 1 document is held, 50.00 EUR"]


def test_nothing_is_told_while_all_is_well(office: Office) -> None:
    office.run()
    office.wait(2 * HOUR)
    assert office.told.paths == []
    assert office.kept() == []


def test_without_an_address_nothing_is_kept_and_later_what_lasts_is_told(office: Office) -> None:
    office.write("", "notify.to = []")
    office.answer(odd("2"))
    office.run()
    assert office.kept() == []
    office.write()
    office.run()
    assert office.told.titles == ["[connector] acme: 1 document is held, 100.00 EUR"]


def test_held_euros_gather_until_they_exceed_what_the_setting_says(office: Office) -> None:
    office.write("held_above = 100")
    office.answer(odd("2"))
    office.run()
    assert office.told.titles == []
    office.answer(odd("2"), odd("3", "0.01"))
    office.run()
    assert office.told.titles == ["[connector] acme: 2 documents are held, 100.01 EUR"]


def test_a_failure_is_told_once_and_once_more_when_it_is_over(office: Office) -> None:
    refused = SourceRefused("the source refuses the API key", where="https://api.example")
    office.ended(refused)
    office.ended(refused)
    office.start()
    office.ended(refused)
    office.ended()
    office.ended()
    assert office.told.titles == [
        "[connector] acme: the source or the ledger refuses us since 2026-03-02 13:00 CET",
        "[connector] acme: what failed on 2026-03-02 13:00 CET works again",
    ]
    assert office.told.messages[0].splitlines() == [
        "acme",
        "- The source or the ledger refuses us since 2026-03-02 13:00 CET.",
        "  https://api.example: the source refuses the API key",
        f"  Next: {refused.hint}",
    ]


def test_what_comes_back_is_told_again(office: Office) -> None:
    for error in (PauseError("nothing came"), None, PauseError("nothing came"), None):
        office.ended(error)
    assert len(office.told.titles) == 4
    assert "an unusual answer waits for a person" in office.told.titles[2]


def test_a_defect_is_told_with_what_to_do(office: Office) -> None:
    office.ended(ConnectorError("this is a defect of the connector", where="acme", hint="Report it."))
    assert "a defect of the program was met" in office.told.titles[0]
    assert "Next: Report it." in office.told.messages[0]


def test_a_source_that_is_away_for_a_day_is_told_once_after_a_while(office: Office) -> None:
    for _ in range(8):
        office.ended(SourceUnavailable("no answer"))
        office.now += 3 * HOUR
    assert office.told.titles == ["[connector] acme: nothing could be done since 2026-03-02 13:00 CET"]
    office.ended()
    assert office.told.titles[1:] == ["[connector] acme: what failed on 2026-03-02 13:00 CET works again"]


def test_what_passes_by_itself_is_not_told(office: Office) -> None:
    office.ended(SourceUnavailable("no answer"))
    office.now += HOUR
    office.ended(LedgerUnavailable("no answer"))
    office.now += HOUR
    office.ended()
    office.now += 10 * HOUR
    office.ended()
    assert office.told.titles == []


def test_a_missing_invoice_is_told_and_that_it_came(office: Office) -> None:
    office.write('language = "nl"')
    office.answer(invoice("1", date=datetime.date(2026, 1, 23)))
    office.run()
    assert office.told.titles == ["[connector] acme: de factuur van februari 2026 ontbreekt"]
    assert "28" in office.told.messages[0]
    office.answer(invoice("1", date=datetime.date(2026, 1, 23)), invoice("2", date=datetime.date(2026, 2, 23)))
    office.run()
    assert office.told.titles[1:] == ["[connector] acme: de factuur van februari 2026 is gekomen"]


def test_a_key_that_ends_is_told_at_each_step_once(office: Office) -> None:
    key = 'source = { kind = "copaco", key = "env:COPACO_KEY", key_expires = 2026-04-20 }'
    text = (office.folder / "connector.toml").read_text(encoding="utf-8")
    office.addresses["COPACO_KEY"] = "a-key-that-nobody-may-see"
    replaced = text.replace('source = { kind = "files", folder = "answers" }', key)
    (office.folder / "connector.toml").write_text(replaced, encoding="utf-8")
    for day in (0, 18, 19, 20, 30, 35, 36, 42, 43, 48, 49, 50, 60):
        office.now = NOON + datetime.timedelta(days=day)
        office.ended(SourceRefused("refused"))
    told = [each for each in office.told.titles if "API key" in each]
    assert told == ["[connector] acme: the API key ends on 2026-04-20"] * 4 + [
        "[connector] acme: the API key has ended on 2026-04-20"
    ]
    assert "put it into env:COPACO_KEY" in office.told.messages[1]
    assert "a-key-that-nobody-may-see" not in str(office.told.bodies)


def test_a_version_near_its_end_is_told_once(office: Office) -> None:
    text = (office.folder / "connector.toml").read_text(encoding="utf-8")
    source = (
        'source = { kind = "copaco", key = "env:COPACO_KEY", '
        'lifecycle.invoices = { status = "deprecated", end_of_life = 2026-04-20 } }'
    )
    replaced = text.replace('source = { kind = "files", folder = "answers" }', source)
    (office.folder / "connector.toml").write_text(replaced, encoding="utf-8")
    for _ in range(3):
        office.ended(PauseError("nothing came"))
    assert [each for each in office.told.messages if "invoices v1: ends on 2026-04-20" in each.lower()] == [
        office.told.messages[0]
    ]


def test_an_address_that_does_not_answer_is_tried_again_and_disturbs_nothing(
    office_on_both: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office = office_on_both
    second = office.listen("NOTIFY_TEAMS")
    office.write("", 'notify.to = ["env:NOTIFY_OPS", "env:NOTIFY_TEAMS"]')
    office.told.status = 500
    office.answer(odd("2"))
    office.run()
    assert [each.levelname for each in caplog.records if "env:NOTIFY_OPS was not told" in each.message] == ["WARNING"]
    assert len(second.titles) == 1
    office.told.status = 200
    office.wait(AGAIN)
    office.run()
    assert office.told.titles == second.titles
    assert len(office.told.paths) == 2


def test_what_one_process_told_no_other_tells(office: Office) -> None:
    office.answer(odd("2"))
    office.run()
    first = office.notifying
    office.start()
    office.run()
    for each in (first, office.notifying):
        each.pulse(office.settings)
    assert len(office.told.titles) == 1


def test_a_crash_after_sending_tells_twice_and_never_loses(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def crashed(*_: object) -> None:
        raise KeyboardInterrupt

    office.answer(odd("2"))
    monkeypatch.setattr(notices, "record", crashed)
    with pytest.raises(KeyboardInterrupt):
        office.run()
    monkeypatch.undo()
    office.start()
    office.run()
    office.run()
    assert len(office.told.titles) == 2


def test_a_digest_tells_all_administrations_in_one_message(office_on_both: Office) -> None:
    office = office_on_both
    office.write('digest = "daily at 08:00"', SECOND)
    office.answer(odd("2"))
    office.run()
    office.run("other")
    office.ended(SourceRefused("refused"), "other")
    office.wait(18 * HOUR)
    assert office.told.titles == [], "it is seven in the morning"
    office.wait(HOUR)
    assert office.told.titles == ["[connector] 2 administrations: acme, other"]
    assert office.told.messages[0].splitlines() == [
        "other",
        "- The source or the ledger refuses us since 2026-03-02 13:00 CET.",
        "  refused",
        f"  Next: {SourceRefused('').hint}",
        "- 1 document is held, 100.00 EUR.",
        "  CHARGE-TYPE-UNKNOWN (purchase): 1 document, 100.00 EUR",
        "  Next: connector findings -a other --severity hold",
        "",
        "acme",
        "- 1 document is held, 100.00 EUR.",
        "  CHARGE-TYPE-UNKNOWN (purchase): 1 document, 100.00 EUR",
        "  Next: connector findings -a acme --severity hold",
    ], "what is urgent comes first"
    office.wait(48 * HOUR)
    assert len(office.told.titles) == 1


def test_a_digest_that_was_missed_is_told_after_a_restart(office: Office) -> None:
    office.write('digest = "daily at 08:00"')
    office.answer(odd("2"))
    office.run()
    office.now += 30 * HOUR
    office.start()
    office.notifying.pulse(office.settings)
    assert len(office.told.titles) == 1


def test_a_clock_that_was_ahead_keeps_nothing_back(office: Office) -> None:
    office.write('digest = "daily at 08:00"')
    office.now += datetime.timedelta(days=300)
    office.notifying.pulse(office.settings)
    office.answer(odd("2"))
    office.run()
    office.now = NOON
    office.notifying.pulse(office.settings)
    assert office.told.titles == ["[connector] acme: 1 document is held, 100.00 EUR"]
    office.answer(odd("2"), odd("3"))
    office.run()
    office.now += 20 * HOUR
    office.notifying.pulse(office.settings)
    assert len(office.told.titles) == 2


def test_what_is_over_before_the_digest_is_not_told_unless_a_person_should_know(office: Office) -> None:
    office.write('digest = "hourly"')
    office.ended(PauseError("nothing came"))
    office.ended(ConnectorError("this is a defect of the connector"))
    office.ended()
    office.wait(2 * HOUR)
    assert office.told.titles == ["[connector] acme: what failed on 2026-03-02 13:00 CET works again"]
    assert "this is a defect of the connector" in office.told.messages[0]


def test_the_quiet_hours_keep_everything_but_what_is_urgent(office: Office) -> None:
    office.write('quiet = "22:00-07:00"\nurgent = "at once"')
    office.now = datetime.datetime(2026, 3, 2, 22, tzinfo=datetime.UTC)
    office.answer(odd("2"))
    office.run()
    office.ended(SourceRefused("refused"))
    assert office.told.titles == ["[connector] acme: the source or the ledger refuses us since 2026-03-02 23:00 CET"]
    office.wait(9 * HOUR)
    assert office.told.titles[1:] == ["[connector] acme: 1 document is held, 100.00 EUR"]


def test_only_the_events_that_were_chosen_are_told(office: Office) -> None:
    office.write('events = ["missing"]')
    office.answer(odd("2"))
    office.run()
    office.ended(SourceRefused("refused"))
    assert office.told.titles == []


def test_wrong_settings_at_reload_are_told_once_and_when_they_are_right(office: Office) -> None:
    in_force = office.settings
    for _ in range(3):
        office.notifying.settings_refused(in_force, SettingsError("a setting is wrong", where="connector.toml:3"))
    office.notifying.settings_taken(in_force)
    office.notifying.settings_taken(in_force)
    assert office.told.titles == [
        "[connector] new settings are not taken",
        "[connector] the settings are right again",
    ]
    assert "connector.toml:3: a setting is wrong" in office.told.messages[0]


def test_of_many_workers_one_tells_of_wrong_settings_and_one_that_they_are_right(office: Office) -> None:
    wrong, many = SettingsError("a setting is wrong"), [Notifying(actor="w", today=lambda: MARCH) for _ in range(5)]
    office.told.status = 500
    many[0].settings_refused(office.settings, wrong)
    office.told.status = 200
    with ThreadPoolExecutor() as workers:
        list(workers.map(lambda each: each.settings_refused(office.settings, wrong), many))
        assert office.told.titles == ["[connector] new settings are not taken"]
        list(workers.map(lambda each: each.settings_taken(office.settings), many))
    assert office.told.titles[1:] == ["[connector] the settings are right again"]
    assert not (office.folder / remembered.NAME).exists(), "nothing is left to be told"


def test_whoever_reads_right_settings_tells_it_and_those_with_the_old_ones_are_silent(office: Office) -> None:
    """The worker that told was killed, and the end came when it was thought gone; all read the same file."""
    told, other = (Notifying(actor="w", today=lambda: MARCH, now=lambda: office.now) for _ in range(2))
    told.settings_refused(office.settings, SettingsError("a setting is wrong"))
    other.settings_refused(office.settings, SettingsError("a setting is wrong"))
    office.notifying.settings_taken(office.settings)
    for _ in range(3):
        office.now += HOUR / 4
        other.pulse(office.settings)
    assert office.told.titles[1:] == ["[connector] the settings are right again"]
    assert office.told.messages[1].splitlines()[1] == "  It was: a setting is wrong"
    other.settings_refused(office.settings, SettingsError("it is wrong again"))
    assert "it is wrong again" in office.told.messages[2]


def test_a_service_that_begins_anew_tells_that_settings_are_right(office: Office) -> None:
    """Whoever told that they are wrong is gone."""
    office.notifying.settings_refused(office.settings, SettingsError("a setting is wrong"))
    office.start()
    office.notifying.pulse(office.settings)
    assert office.told.titles[1:] == ["[connector] the settings are right again"]
    office.start()
    office.notifying.settings_refused(office.settings, SettingsError("a setting is wrong"))
    office.notifying.pulse(office.settings)
    assert office.told.titles[2:] == ["[connector] new settings are not taken"]


@pytest.mark.parametrize("kept_back", ["quiet", "refused"])
def test_settings_that_are_wrong_again_are_told_again(office: Office, kept_back: str) -> None:
    """Their end could not be told at once, and was never told: from then on wrong settings were nobody's concern."""
    office.write('quiet = "20:00-07:00"')
    office.notifying.settings_refused(office.settings, SettingsError("one is wrong"))
    if kept_back == "quiet":
        office.now += 8 * HOUR
    office.told.status = 500 if kept_back == "refused" else 200
    office.notifying.settings_taken(office.settings)
    assert "[connector] the settings are right again" not in (office.told.titles if kept_back == "quiet" else [])
    office.told.status = 200
    office.wait(NOON + 24 * HOUR - office.now)
    assert office.told.titles[-1] == "[connector] the settings are right again"
    office.notifying.settings_refused(office.settings, SettingsError("another is wrong"))
    assert "another is wrong" in office.told.messages[-1]


def test_settings_that_are_wrong_otherwise_before_their_end_was_told_are_told(office: Office) -> None:
    office.write('quiet = "20:00-07:00"')
    office.notifying.settings_refused(office.settings, SettingsError("one is wrong"))
    office.now += 8 * HOUR
    office.notifying.settings_taken(office.settings)
    office.now += 12 * HOUR
    office.notifying.settings_refused(office.settings, SettingsError("another is wrong"))
    assert "another is wrong" in office.told.messages[-1]
    office.wait(HOUR)
    assert office.told.titles == ["[connector] new settings are not taken"] * 2


def test_a_worker_that_alone_cannot_reach_the_database_tells_it_once(office: Office) -> None:
    """The others work, and told every minute that all is well again."""
    alone, gone = Notifying(actor="w", today=lambda: MARCH, now=lambda: office.now), office.settings
    with pytest.raises(StoreUnavailable) as away, Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing").reading():
        pass
    right, office.url = office.url, "postgresql://nobody@127.0.0.1:1/nothing"
    gone, office.url = office.settings, right
    alone.after_run(gone, "acme", away.value)
    for _ in range(9):
        office.now += HOUR
        for minute in range(4):
            office.now += minute * datetime.timedelta(minutes=1)
            alone.pulse(gone)
            office.run()
    assert office.told.titles == ["[connector] the database cannot be used"]
    alone.after_run(office.settings, "acme", None)
    assert office.told.titles[1:] == ["[connector] the database can be used again"]


def test_a_database_that_was_away_for_a_moment_is_no_trouble_hours_later(office: Office) -> None:
    right, office.url = office.url, "postgresql://nobody@127.0.0.1:1/nothing"
    office.notifying.after_run(office.settings, "acme", SourceRefused("refused"))
    office.url = right
    office.wait(7 * HOUR)
    assert office.told.titles == ["[connector] acme: the source or the ledger refuses us since 2026-03-02 13:15 CET"]


def test_a_run_takes_nothing_from_a_digest_that_could_not_be_sent(office: Office) -> None:
    office.write('digest = "daily at 14:00"\nurgent = "at once"')
    office.answer(odd("2"))
    office.run()
    office.told.status = 500
    office.wait(HOUR)
    office.told.status = 200
    office.run()
    assert office.told.titles == []
    office.wait(HOUR / 2)
    assert office.told.titles == ["[connector] acme: 1 document is held, 100.00 EUR"]


def test_what_strikes_many_at_once_is_told_in_a_few_messages(office: Office) -> None:
    """A source that is away for a day sent a message for each of thousands of administrations, and another when it was
    back."""
    names = [f"a{number:02}" for number in range(28)]
    office.write(acme="".join(ANOTHER.format(name=name) for name in names))
    for part in range(4):
        for name in names[part::4]:
            office.ended(SourceRefused("refused"), name)
        office.wait(HOUR / 4)
    office.wait(HOUR)
    assert len(office.told.titles) == 4, "after 10, 30 and 70 minutes, what came meanwhile"
    assert office.told.titles[0] == "[connector] a00: the source or the ledger refuses us since 2026-03-02 13:00 CET"
    for name in names:
        assert sum(name in each for each in office.told.messages) == 1, f"{name} was told once"
    office.wait(3 * HOUR)
    for name in names:
        office.run(name)
    office.wait(HOUR / 4)
    assert [title[:40] for title in office.told.titles[4:]] == [
        "[connector] a00: what failed on 2026-03-",
        "[connector] 27 administrations: a01, a02",
    ]
    assert "2 more administrations: a26, a27" in office.told.messages[-1]
    office.wait(24 * HOUR)
    office.ended(SourceRefused("refused"), "a00")
    office.ended(SourceRefused("refused"), "a01")
    office.wait(HOUR / 4)
    assert len(office.told.titles) == 8, "a new one begins as the first did"


def test_one_administration_waits_for_nobody(office: Office) -> None:
    office.answer(odd("2"))
    office.run()
    office.ended(SourceRefused("refused"))
    office.run()
    assert len(office.told.titles) == 3


def test_who_is_to_stop_begins_no_other_message(office: Office) -> None:
    second = office.listen("NOTIFY_SECOND")
    office.write('digest = "daily at 14:00"')
    file = office.folder / "connector.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"env:NOTIFY_OPS"', '["env:NOTIFY_OPS", "env:NOTIFY_SECOND"]'), encoding="utf-8")
    office.answer(odd("2"))
    office.run()
    office.runs.stopping.set()
    office.notifying = office.runs.notifying = Notifying(
        actor="s", today=lambda: MARCH, now=lambda: office.now, stopping=office.runs.stopping
    )
    office.wait(2 * HOUR)
    assert (office.told.titles, second.titles) == ([], [])
    office.start()
    office.wait(24 * HOUR)
    assert (len(office.told.titles), len(second.titles)) == (1, 1)


def test_what_was_told_is_remembered_where_no_file_can_be_kept(office: Office) -> None:
    (office.folder / remembered.NAME).mkdir()
    for _ in range(2):
        office.notifying.settings_refused(office.settings, SettingsError("a setting is wrong"))
    for _ in range(2):
        office.notifying.settings_taken(office.settings)
    assert office.told.titles == ["[connector] new settings are not taken", "[connector] the settings are right again"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[["a", "b"]]', "\0"])
def test_what_others_wrote_among_what_was_told_stops_nothing(office: Office, content: str) -> None:
    (office.folder / remembered.NAME).write_text(content, encoding="utf-8")
    for _ in range(2):
        office.notifying.settings_refused(office.settings, SettingsError("a setting is wrong"))
    assert office.told.titles == ["[connector] new settings are not taken"]
    assert (office.folder / remembered.NAME).stat().st_mode & 0o777 == 0o600


def test_no_next_step_is_promised_where_there_is_none() -> None:
    for hint, lines in (("", 2), ("Do this.", 3)):
        _title, text = messages.service_trouble("administration", "it cannot be looked at", hint, over=False)
        assert len(text.splitlines()) == lines


def test_trouble_of_the_service_is_told_while_the_clock_goes_on(office: Office) -> None:
    """Every look at a real clock gives a later moment than the one before."""
    moments = (NOON + seen * datetime.timedelta.resolution for seen in count())
    notifying = Notifying(actor="serve", today=lambda: MARCH, now=lambda: next(moments))
    notifying.settings_refused(office.settings, SettingsError("a setting is wrong"))
    assert office.told.titles == ["[connector] new settings are not taken"]


def test_a_database_that_is_gone_is_told_once_for_all_administrations(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.write("", SECOND)
    office.run()
    database = office.folder / "connector.db"
    database.rename(office.folder / "elsewhere")
    for name in ("acme", "other", "acme"):
        assert office.runs.run(office.settings, name) is not None
    assert office.told.titles == ["[connector] the database cannot be used"]
    (office.folder / "elsewhere").rename(database)
    office.run()
    office.run("other")
    assert office.told.titles[1:] == ["[connector] the database can be used again"]
    assert not [each for each in caplog.records if each.exc_info]


def test_a_database_that_does_not_answer_is_told_when_that_lasts(office: Office) -> None:
    right, office.url = office.url, "postgresql://nobody@127.0.0.1:1/nothing"
    with pytest.raises(StoreUnavailable) as refusal, office.connector() as connector:
        connector.database  # noqa: B018 - it is opened
    for _ in range(2):
        office.notifying.after_run(office.settings, "acme", refusal.value)
    office.notifying.pulse(office.settings)
    assert office.told.titles == []
    office.now += 6 * HOUR
    for _ in range(2):
        office.notifying.pulse(office.settings)
    assert office.told.titles == ["[connector] the database cannot be used"]
    office.url = right
    office.run()
    assert office.told.titles[1:] == ["[connector] the database can be used again"]


def test_trouble_of_the_service_is_tried_again_where_an_address_does_not_answer(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.told.status = 500
    office.notifying.settings_refused(office.settings, SettingsError("a setting is wrong"))
    for _ in range(3):
        office.notifying.pulse(office.settings)
    assert len(office.told.paths) == 1
    assert len([each for each in caplog.messages if "env:NOTIFY_OPS was not told, and will be" in each]) == 1
    office.told.status = 200
    office.now += AGAIN
    for _ in range(2):
        office.notifying.pulse(office.settings)
    assert office.told.titles == ["[connector] new settings are not taken"]


def test_trouble_of_the_service_waits_for_the_end_of_the_quiet_hours(office: Office) -> None:
    office.write('quiet = "13:00-14:00"')
    office.notifying.settings_refused(office.settings, SettingsError("a setting is wrong"))
    office.notifying.pulse(office.settings)
    assert office.told.titles == []
    office.now += HOUR
    for _ in range(2):
        office.notifying.pulse(office.settings)
    assert office.told.titles == ["[connector] new settings are not taken"]


def test_what_keeps_an_administration_from_being_looked_at_is_told_too(office: Office) -> None:
    """Its country was changed after its beginning, so nothing can be kept of it either."""
    office.write("", SECOND)
    office.run()
    file = office.folder / "connector.toml"
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace('"NL"', '"BE"', 1).replace("NL222222222B01", "BE0123456789", 1), encoding="utf-8")
    for _ in range(2):
        assert office.runs.run(office.settings, "acme") is not None
        office.run("other")
    assert office.told.titles == ["[connector] an administration cannot be served"]
    assert "administration acme was begun with country NL" in office.told.messages[0]
    file.write_text(right, encoding="utf-8")
    office.run()
    assert office.told.titles[1:] == ["[connector] an administration can be served again"]


def test_of_two_processes_that_tell_at_once_one_does(office: Office) -> None:
    office.answer(odd("2"))
    with office.connector() as connector, connector.database.lock("acme/notify"):
        office.run()
    assert office.told.titles == []
    office.wait(AGAIN)
    assert len(office.told.titles) == 1


def test_workers_tell_what_one_of_them_met_once(tmp_path: Path, postgres_database_url: str) -> None:
    """Each worker is another process, so to say; days pass between their runs."""
    with ExitStack() as stack:
        office = Office(tmp_path, postgres_database_url, stack.enter_context(listening()), stack)
        with Database(postgres_database_url) as database:
            schema.upgrade(database)
        office.answer(odd("2"))

        def work(days: int, *verbs: Verb) -> list[ConnectorError]:
            office.start()
            ahead = datetime.timedelta(days=days)
            return Workers(lambda: office.settings, office.runs, verbs=verbs or VERBS, ahead=ahead).once()

        assert work(0, "pull") == []
        assert office.told.titles == []
        assert work(0, "prepare", "deliver") == []
        (office.folder / "answers" / "one.json").unlink()
        assert [type(each) for each in (*work(2), *work(4))] == [SettingsError, SettingsError]
        office.answer(odd("2"))
        assert work(6) == []
        assert office.told.titles == [
            "[connector] acme: 1 document is held, 100.00 EUR",
            "[connector] acme: runs fail since 2026-03-02 13:00 CET",
            "[connector] acme: what failed on 2026-03-02 13:00 CET works again",
        ]


def test_no_customer_and_no_secret_is_told(office: Office) -> None:
    office.answer(odd("2"))
    office.run()
    secret = office.told.url
    office.ended(SourceRefused(f"refused {secret}"))
    assert "Customer A-1" not in str(office.told.bodies)
    assert "Voorbeeld" not in str(office.told.bodies)
    assert secret not in str(office.told.bodies)


def test_a_number_is_no_link() -> None:
    notice = notices.Notice(
        id=1,
        kind=Kind.REJECTED,
        subject="1",
        values={"number": "<https://evil.example|9103>\n[x](y)" + "1" * 90},
        came_at=NOON,
    )
    telling = notices.Telling(notice=notice, now=Circumstance(kind=Kind.REJECTED, subject="1", minor=12100))
    text = messages.body([messages.Part(administration="acme", zone="UTC", told=[telling])])
    assert text.splitlines()[1:] == [
        "- 1 entry was rejected, 121.00 EUR.",
        "  https//evil.example9103xy111111111111111",
        "  Next: connector deliveries -a acme --state rejected",
    ]


def test_what_is_kept_holds_no_amount(office: Office) -> None:
    office.answer(odd("2", "1234.56"))
    office.run()
    (notice,) = office.kept()
    assert "1234" not in str(notice.values)
    assert list(notice.told) == ["env:NOTIFY_OPS"]
    with office.connector() as connector:
        (found,), looked = look(connector, office.settings.administrations[0])
    assert (found.kind, found.minor) == (Kind.HELD, 123456)
    assert Kind.LOGIN not in looked
