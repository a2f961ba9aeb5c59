"""The log: what a record says, and that no secret leaves with it."""

from __future__ import annotations

import json
import logging
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import log
from connector.errors import SettingsError

SECRET = "s3cr3t-key/abc"
logger = logging.getLogger("connector.tests")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, levels = root.level, {name: logging.getLogger(name).level for name in log.QUIET}
    yield
    log.stop()
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def start(*, as_json: bool = False, verbosity: int = 1, file: Path | None = None) -> None:
    log.start(run="r1", secrets=lambda: [SECRET], as_json=as_json, verbosity=verbosity, file=file)


def test_a_line_says_when_what_about_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    with log.about(administration="acme", action="pull"), log.about(document="9103004711"):
        logger.info("kept %d lines", 12)
    line = capsys.readouterr().err
    assert line.endswith("info    acme 9103004711 pull: kept 12 lines\n")
    assert line[:2] == "20"


def test_the_run_of_a_service_is_told_in_lines_too(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    assert log.run() == "r1"
    with log.about(run="1a2b", administration="acme", action="sync"):
        logger.info("begun")
        assert log.run() == "1a2b"
    assert capsys.readouterr().err.endswith("info    1a2b acme sync: begun\n")


def test_json_has_one_object_per_record(capsys: pytest.CaptureFixture[str]) -> None:
    start(as_json=True)
    with log.about(administration="acme"):
        logger.warning("first\nsecond")
    logger.info("after", extra={"document": "77"})
    first, after = map(json.loads, capsys.readouterr().err.splitlines())
    assert first["message"] == "first\nsecond"
    assert (first["run"], first["administration"], first["level"]) == ("r1", "acme", "warning")
    assert "administration" not in after
    assert after["document"] == "77"
    assert after["time"].endswith("+00:00")


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """A disk that is full, as this process sees it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_sends_each_record_to_stderr_and_later_ones_into_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was full in the middle of a line: that line goes to stderr whole, and no traceback with it."""
    file = tmp_path / "log"
    start(file=file, as_json=True)
    logger.info("before")
    with no_file_longer_than(file.stat().st_size + 20):
        logger.info("meanwhile")
        logger.info("still")
    logger.info("after")
    told = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert told == ["meanwhile", "still"], "each once"
    first, part, last = file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["message"] for line in (first, last)] == ["before", "after"]
    assert len(part) == 20


def test_a_folder_of_the_log_that_is_gone_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    start(file=folder / "log")
    with no_file_longer_than(0):
        logger.info("first")
    shutil.rmtree(folder)
    logger.info("second")
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["first", "second"]


def test_a_file_that_was_renamed_is_begun_anew(tmp_path: Path) -> None:
    """As logrotate does with every service that is told nothing of it."""
    file = tmp_path / "log"
    start(file=file)
    logger.info("before")
    file.rename(tmp_path / "log.1")
    logger.info("after")
    (tmp_path / "log").unlink()
    logger.info("later")
    assert [line.split()[-1] for line in (tmp_path / "log.1").read_text(encoding="utf-8").splitlines()] == ["before"]
    assert [line.split()[-1] for line in file.read_text(encoding="utf-8").splitlines()] == ["later"]


@pytest.mark.parametrize("as_json", [False, True])
def test_no_record_holds_a_secret(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    start(as_json=as_json)

    def fail() -> None:
        raise ValueError(f"refused {SECRET}")

    with log.about(document=SECRET):
        logger.info("key is %s", SECRET)
        logger.info({"Authorization": "Bearer other-key", "Accept": "json"})
        logger.info("GET https://host/invoices?api_key=other-key&startDate=20240101")
        logger.info("postgresql://user:other-key@host/db")
        try:
            fail()
        except ValueError:
            logger.exception("it failed", stack_info=True)
    told = capsys.readouterr().err
    assert SECRET not in told
    assert "other-key" not in told
    assert "startDate=20240101" in told
    assert "ValueError: refused ***" in told


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("'Authorization': 'ApiKey abc'}", "'Authorization': 'ApiKey ***'}"),
        ("('X-API-Key', 'abc')", "('X-API-Key', '***')"),
        ("b'x-functions-key: abc'", "b'x-functions-key: ***'"),
        ("proxy-authorization: Basic abc=", "proxy-authorization: Basic ***"),
        ("https://h/p?key=a&b=c", "https://h/p?key=***&b=c"),
        ("postgresql://u:p@ss/word@h/d is down", "postgresql://u:***@h/d is down"),
        ("the cookie, the cream", "the cookie, the cream"),
        ("the key of acme", "the key of acme"),
    ],
)
def test_what_looks_like_a_key_is_hidden(text: str, cleaned: str) -> None:
    assert log.clean(text) == cleaned


@given(st.text(min_size=4, alphabet=st.characters(codec="ascii", exclude_characters="*")), st.text(), st.text())
def test_a_secret_is_found_wherever_it_stands(secret: str, before: str, after: str) -> None:
    assert secret not in log.clean(f"{before}{secret}{after}", [secret]).replace("***", "\0")


def test_a_file_tells_what_happens_even_when_the_terminal_is_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "connector.log"
    start(verbosity=-1, file=file)
    logger.info("kept")
    logger.debug("detail")
    start(file=file)
    logger.info("kept again")
    log.stop()
    told = file.read_text(encoding="utf-8")
    assert " info    r1: kept\n" in told, "of which run it is: others write to this file too"
    assert " info    r1: kept again\n" in told
    assert "detail" not in told
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("verbosity", "told"), [(-1, "e"), (0, "ew"), (1, "ewi"), (2, "ewid")])
def test_verbosity(verbosity: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    start(verbosity=verbosity)
    logger.error("told e")
    logger.warning("told w")
    logger.info("told i")
    logger.debug("told d")
    logging.getLogger("urllib3.connectionpool").info("chatter")
    assert "".join(line[-1] for line in capsys.readouterr().err.splitlines()) == told


def test_a_message_with_line_breaks_cannot_pose_as_another_record(capsys: pytest.CaptureFixture[str]) -> None:
    start()
    logger.info("name\n2024-01-01 00:00:00 info    acme: posted")
    assert "\n    2024-01-01" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        start(file=tmp_path / "absent" / "connector.log")
    assert "CONNECTOR_LOG" in caught.value.hint
