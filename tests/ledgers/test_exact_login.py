"""The login to Exact: tokens that work once, renewed by one process at a time, encrypted on the disk."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connector import config, log
from connector.app import ledgers
from connector.errors import LedgerRefused, LedgerUnavailable
from connector.ledgers.base import Setup
from connector.ledgers.exact import ExactLedger
from connector.ledgers.token_store import Tokens, TokenStore
from tests.engine.desk import mapping_files
from tests.ledgers.exact_counterpart import ExactCounterpart, exact_counterpart
from tests.ledgers.exact_world.web import CLIENT_ID, CLIENT_SECRET, REDIRECT, Fault
from tests.ledgers.worked import NL_CHART, NL_PURCHASE, simple

SETTINGS = """\
[administrations.acme]
country = "NL"
vat_number = "NL123456789B01"
mapping = "nl"
source = {{ kind = "files", folder = "answers" }}
[administrations.acme.ledger]
kind = "exact"
url = "{url}"
client_id = "{client}"
client_secret = "env:SECRET"
redirect_uri = "{back}"
"""


@pytest.fixture
def office() -> Iterator[ExactCounterpart]:
    with exact_counterpart() as made:
        yield made


def ledger_of(office: ExactCounterpart, **settings: str) -> ExactLedger:
    return office.ledger(Setup(name="books", chart=NL_CHART, settings={}, folder=Path("unused")), settings)


def test_a_token_is_used_for_ten_minutes_and_then_renewed_once(office: ExactCounterpart) -> None:
    with ledger_of(office) as ledger:
        ledger.chart()
        assert office.server.token_calls == 1
        office.clock.sleep(590)
        ledger.vat_codes()
        assert office.server.token_calls == 2
    with ledger_of(office) as ledger:
        ledger.chart()
        assert office.server.token_calls == 2, "the next run uses what is kept"


def test_a_token_that_ends_on_the_way_is_renewed_and_the_entry_booked_once(office: ExactCounterpart) -> None:
    with ledger_of(office) as ledger:
        office.server.armed.append((Fault.EXPIRES, 1))
        answers = ledger.post_many([simple("1"), simple("2"), simple("3")])
    assert {each.state.value for each in answers} == {"posted"}
    assert [office.count(simple(number).key.text) for number in "123"] == [1, 1, 1]


def test_two_logins_of_one_app_are_kept_apart_and_administrations_share_one(office: ExactCounterpart) -> None:
    assert len(list(office.tokens.glob("*.tokens"))) == 1
    other = ledger_of(office, login="other")
    with pytest.raises(LedgerRefused, match="nobody has logged in"), other:
        pass
    with ledger_of(office, division="123456") as same:
        same.chart()


def test_what_is_kept_is_encrypted_and_ours_alone(office: ExactCounterpart) -> None:
    (kept,) = office.tokens.glob("*.tokens")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    content = kept.read_bytes()
    assert office.server.refresh.encode() not in content
    assert not any(access.encode() in content for access in office.server.access)


def test_every_token_is_told_so_that_logs_remove_it(office: ExactCounterpart) -> None:
    hidden: list[str] = []
    setup = Setup(name="books", chart=NL_CHART, settings={}, folder=Path("unused"), hide=hidden.append)
    office.clock.sleep(600)
    with office.ledger(setup):
        pass
    assert office.server.refresh in hidden
    assert set(office.server.access) & set(hidden)


def test_of_many_tokens_the_newest_are_remembered_and_secrets_of_settings_for_ever(
    office: ExactCounterpart, tmp_path: Path
) -> None:
    """A service renews every login for months: what it looks for in each line of its log must not grow with that."""
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    (tmp_path / "connector.toml").write_text(
        SETTINGS.format(url=office.server.url, client=CLIENT_ID, back=REDIRECT), encoding="utf-8"
    )
    (acme,) = config.load(tmp_path / "connector.toml", environ={"SECRET": CLIENT_SECRET}).administrations
    places = ledgers.Places(folder=tmp_path / "books", tokens=tmp_path / "tokens")
    ledger = ledgers.unopened(acme, mapping_files("nl").mapping, places)
    assert isinstance(ledger, ExactLedger)
    before = len(config.revealed())
    for number in range(100):
        ledger.login(office.server.agree(ledger.login_address("mine")), "mine")
        newest = office.server.refresh
        assert log.clean(f"{number} {newest}", config.revealed()) == f"{number} ***"
    assert len(config.revealed()) < before + 20
    assert log.clean(CLIENT_SECRET, config.revealed()) == "***"


def test_the_answer_to_another_question_lets_nobody_in(office: ExactCounterpart) -> None:
    ledger = ledger_of(office)
    answer = office.server.agree(ledger.login_address("mine"))
    with pytest.raises(LedgerRefused, match="not the answer to this question"):
        ledger.login(answer, "another")
    with pytest.raises(LedgerRefused, match="access_denied"):
        ledger.login("https://localhost/connector?error=access_denied&state=mine", "mine")


def test_a_code_works_once(office: ExactCounterpart) -> None:
    ledger = ledger_of(office)
    answer = office.server.agree(ledger.login_address("mine"))
    ledger.login(answer, "mine")
    with pytest.raises(LedgerRefused, match="refuses the login") as caught:
        ledger.login(answer, "mine")
    assert "connector ledger login" in caught.value.hint


def test_a_refresh_token_that_somebody_used_asks_for_a_login(office: ExactCounterpart) -> None:
    office.server.refresh = "taken by another"
    office.clock.sleep(600)
    with pytest.raises(LedgerRefused, match="Refresh token is used") as caught, ledger_of(office):
        pass
    assert "connector ledger login" in caught.value.hint


def test_a_login_whose_answer_was_lost_says_so(office: ExactCounterpart) -> None:
    """A process dies between asking for new tokens and keeping them: the refresh token is spent."""
    (kept,) = office.tokens.glob("*.tokens")
    store = TokenStore(office.tokens, kept.stem, secret=lambda: CLIENT_SECRET, again="")
    before = store.read()
    assert before is not None
    store.write(msgspec.structs.replace(before, asked=office.clock.now()))
    office.server.refresh = "the next one, which nobody kept"
    office.clock.sleep(600)
    with pytest.raises(LedgerRefused, match="was lost in an earlier run"), ledger_of(office):
        pass


def test_a_permission_that_was_withdrawn_is_told(office: ExactCounterpart) -> None:
    with ledger_of(office) as ledger:
        office.server.access.clear()
        with pytest.raises(LedgerRefused, match="refuses the login: Access token not expired"):
            ledger.post_many([NL_PURCHASE])


def test_a_token_that_died_early_is_renewed(office: ExactCounterpart) -> None:
    with ledger_of(office) as ledger:
        office.server.access.clear()
        office.server.granted = float("-inf")
        assert [each.state.value for each in ledger.post_many([NL_PURCHASE])] == ["posted"]


def test_a_refusal_is_no_lost_answer(office: ExactCounterpart) -> None:
    spent, office.server.refresh = office.server.refresh, "other"
    office.clock.sleep(600)
    for _ in range(2):
        with pytest.raises(LedgerRefused) as caught, ledger_of(office):
            pass
        assert "lost in an earlier run" not in caught.value.message
    office.server.refresh = spent
    with ledger_of(office):
        pass


def test_another_secret_cannot_read_what_is_kept(office: ExactCounterpart) -> None:
    (kept,) = office.tokens.glob("*.tokens")
    store = TokenStore(office.tokens, kept.stem, secret=lambda: "another", again="Log in again.")
    with pytest.raises(LedgerRefused, match="the secret has changed") as caught:
        store.read()
    assert caught.value.hint == "Log in again."


def test_a_damaged_file_is_told(office: ExactCounterpart) -> None:
    (kept,) = office.tokens.glob("*.tokens")
    kept.write_bytes(kept.read_bytes()[:40])
    with pytest.raises(LedgerRefused, match="damaged"), ledger_of(office):
        pass


def test_new_tokens_are_on_the_disk_before_they_are_used(office: ExactCounterpart) -> None:
    """If they cannot be kept, nothing is asked with them."""
    office.clock.sleep(600)
    (kept,) = office.tokens.glob("*.tokens")
    kept.with_suffix(".new").mkdir()
    calls = len(office.server.paths)
    with pytest.raises(LedgerRefused, match="cannot be kept"), ledger_of(office):
        pass
    assert len(office.server.paths) == calls
    assert office.server.token_calls == 1, "not even asked for: the mark comes first"


RENEWS = """
import sys, datetime
from pathlib import Path
from connector.ledgers.base import Setup
from connector.ledgers.registry import open_ledger
from tests.ledgers.worked import NL_CHART
url, tokens, redirect, client, secret = sys.argv[1:]
later = datetime.datetime(2026, 12, 31, 9, 10, 30, tzinfo=datetime.UTC)
settings = {"url": url, "client_id": client, "redirect_uri": redirect}
setup = Setup(name="books", chart=NL_CHART, settings=settings, folder=Path("unused"), tokens=Path(tokens),
              secrets={"client_secret": lambda: secret}, now=lambda: later)
with open_ledger("exact", setup) as ledger:
    print(len(ledger.chart().accounts))
"""


def test_processes_that_renew_at_the_same_time_ask_once(office: ExactCounterpart) -> None:
    from tests.ledgers.exact_world.web import CLIENT_ID, REDIRECT

    office.clock.sleep(630)
    command = [sys.executable, "-c", RENEWS, office.server.url, str(office.tokens), REDIRECT, CLIENT_ID, CLIENT_SECRET]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == ["8"] * 4
    assert office.server.token_calls == 2


def test_who_waits_too_long_for_the_others_renewal_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.ledgers.token_store._LOCK_SECONDS", 0.1)
    mine, other = (TokenStore(tmp_path, "exact", secret=lambda: "s", again="") for _ in range(2))
    with mine.locked(), pytest.raises(LedgerUnavailable, match="another run renews the login"), other.locked():
        pass


def test_the_file_keeps_what_was_written(tmp_path: Path, office: ExactCounterpart) -> None:
    store = TokenStore(tmp_path / "deeper", "exact", secret=lambda: "s", again="")
    assert store.read() is None
    tokens = Tokens(access="a", refresh="r", granted=office.clock.now(), seconds=600)
    with store.locked():
        store.write(tokens)
    assert store.read() == tokens
