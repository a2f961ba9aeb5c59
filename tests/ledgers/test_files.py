"""Month files on a real disk: replaced whole or not at all, by one writer at a time, never over work of others."""

from __future__ import annotations

import contextlib
import datetime
import multiprocessing
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.delivery import DeliveryState
from connector.errors import LedgerError, LedgerRefused, LedgerUnavailable, Recovery
from connector.ledgers.sealed import LOCK_NAME, locked
from tests.ledgers import children
from tests.ledgers.opening import (
    EXTENSIONS,
    FILE_KINDS,
    by_key,
    fingerprints,
    held,
    month_file,
    opened_files,
    states,
)
from tests.ledgers.worked import NL_CHART, NL_ENTRIES, simple

NOVEMBER, DECEMBER = datetime.date(2026, 11, 30), datetime.date(2026, 12, 1)
WITH_MAIN = ("hledger", "beancount")


@pytest.fixture(params=FILE_KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "books"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LOCK_NAME}


def main_file(kind: str, folder: Path) -> Path:
    return folder / f"main.{EXTENSIONS[kind]}"


# -- same content, same bytes


def test_order_of_delivery_does_not_show(kind: str, tmp_path: Path) -> None:
    at_once, one_by_one = tmp_path / "a", tmp_path / "b"
    opened_files(kind, at_once).post_many(NL_ENTRIES)
    for one in reversed(NL_ENTRIES):
        assert states(opened_files(kind, one_by_one).post_many([one])) == [DeliveryState.POSTED]
    assert contents(at_once) == contents(one_by_one)


def test_second_run_touches_nothing(kind: str, folder: Path) -> None:
    opened_files(kind, folder).post_many(NL_ENTRIES)
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()}
    ledger = opened_files(kind, folder)
    ledger.find_many([one.key for one in NL_ENTRIES])
    ledger.post_many(NL_ENTRIES)
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()} == before


def test_looking_up_makes_no_folder(kind: str, folder: Path) -> None:
    opened_files(kind, folder).find_many([simple("1").key])
    assert not folder.exists()


def test_one_replace_per_month_and_batch(kind: str, folder: Path) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1", date=NOVEMBER)])
    november = month_file(kind, folder, "2026-11")
    before = november.stat().st_ino, november.read_bytes()
    ledger.post_many([simple(str(number), date=DECEMBER) for number in range(2, 30)])
    assert (november.stat().st_ino, november.read_bytes()) == before
    assert len(held(ledger)) == 29


def test_one_object_twice_in_a_batch_is_found_the_second_time(kind: str, folder: Path) -> None:
    refused, taken = simple("1", account="4711"), simple("1")
    answers = opened_files(kind, folder).post_many([refused, taken, taken])
    assert states(answers) == [DeliveryState.REJECTED, DeliveryState.POSTED, DeliveryState.POSTED]
    assert [answer.receipt.found for answer in answers if answer.receipt is not None] == [False, True]


def test_another_instance_sees_what_was_added(kind: str, folder: Path) -> None:
    one, other = opened_files(kind, folder), opened_files(kind, folder)
    one.post_many([simple("1")])
    other.post_many([simple("2")])
    assert fingerprints(one, [simple("2").key]) == by_key([simple("2")])


def test_permissions_of_the_file_are_kept(kind: str, folder: Path) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1")])
    month_file(kind, folder).chmod(0o640)
    ledger.post_many([simple("2")])
    assert month_file(kind, folder).stat().st_mode & 0o777 == 0o640


# -- files of others


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "a cent changed": lambda raw: raw.replace(b"121.00", b"121.01", 1),
    "a line added at the end": lambda raw: raw + b"; mine\n",
    "an entry added before the seal": lambda raw: (
        raw[: raw.rfind(b"\n", 0, -1) + 1] + b"\n" + raw[raw.rfind(b"\n", 0, -1) + 1 :]
    ),
    "the seal removed": lambda raw: raw[: raw.rfind(b"\n", 0, -1) + 1],
    "cut off in the middle": lambda raw: raw[: len(raw) // 2],
    "cut off by one byte": lambda raw: raw[:-1],
    "emptied": lambda _: b"",
    "line ends of Windows": lambda raw: raw.replace(b"\n", b"\r\n"),
    "count changed": lambda raw: raw.replace(b"count=1", b"count=2").replace(b";1;;;;", b";2;;;;"),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("reopened", [True, False])
def test_an_edited_file_is_left_alone(kind: str, folder: Path, edit: str, reopened: bool) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1")])
    path = month_file(kind, folder)
    path.write_bytes(EDITS[edit](path.read_bytes()))
    before = contents(folder)
    ledger = opened_files(kind, folder) if reopened else ledger

    for attempt in (
        lambda: ledger.post_many([simple("2")]),
        lambda: ledger.post_many([simple("3", date=NOVEMBER)]),
        lambda: ledger.find_many([simple("1").key]),
        lambda: held(ledger),
    ):
        with pytest.raises(LedgerRefused, match=path.name) as caught:
            attempt()
        assert caught.value.where == str(path)
        assert caught.value.hint
    assert contents(folder) == before


def test_after_the_file_is_put_back_the_same_posting_works(kind: str, folder: Path) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1")])
    path = month_file(kind, folder)
    sound = path.read_bytes()
    path.write_bytes(sound[:-40])
    with pytest.raises(LedgerRefused):
        ledger.post_many([simple("2")])
    path.write_bytes(sound)
    assert states(ledger.post_many([simple("2")])) == [DeliveryState.POSTED]


def test_files_of_others_are_neither_read_nor_touched(kind: str, folder: Path) -> None:
    folder.mkdir()
    extension = EXTENSIONS[kind]
    names = (f"own.{extension}", f"2026-12 copy.{extension}", f"2026-13.{extension}", ".2026-12.tmp", "notes.txt")
    foreign = dict.fromkeys(names, b"not ours\n")
    for name, content in foreign.items():
        (folder / name).write_bytes(content)
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1")])
    assert len(held(ledger)) == 1
    assert {name: content for name, content in contents(folder).items() if name in foreign} == foreign


def test_somebody_elses_file_of_that_name_is_refused(kind: str, folder: Path) -> None:
    folder.mkdir()
    month_file(kind, folder).write_bytes(b"; my own December\n")
    with pytest.raises(LedgerRefused, match="seal"):
        opened_files(kind, folder).post_many([simple("1")])
    assert month_file(kind, folder).read_bytes() == b"; my own December\n"


@pytest.mark.parametrize("kind", WITH_MAIN)
def test_an_edited_main_file_is_left_alone(kind: str, folder: Path) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1")])
    main_file(kind, folder).write_bytes(b"; mine\n" + main_file(kind, folder).read_bytes())
    before = contents(folder)
    with pytest.raises(LedgerRefused, match="main"):
        ledger.post_many([simple("2")])
    assert contents(folder) == before


@pytest.mark.parametrize("kind", WITH_MAIN)
def test_a_month_file_that_is_gone_is_missed(kind: str, folder: Path) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1"), simple("2", date=NOVEMBER)])
    month_file(kind, folder, "2026-11").unlink()
    with pytest.raises(LedgerRefused, match=r"2026-11.*is missing"):
        ledger.find_many([simple("2", date=NOVEMBER).key])


@pytest.mark.parametrize("kind", WITH_MAIN)
def test_main_file_is_mended_after_a_crash_before_it_was_written(kind: str, folder: Path) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1", date=NOVEMBER)])
    older = main_file(kind, folder).read_bytes()
    ledger.post_many([simple("2")])
    newer = main_file(kind, folder).read_bytes()
    assert older != newer
    main_file(kind, folder).write_bytes(older)
    opened_files(kind, folder).find_many([simple("2").key])
    assert main_file(kind, folder).read_bytes() == newer
    main_file(kind, folder).unlink()
    opened_files(kind, folder).find_many([simple("2").key])
    assert main_file(kind, folder).read_bytes() == newer


@pytest.mark.parametrize("kind", WITH_MAIN)
def test_an_account_keeps_its_name_when_the_chart_is_renamed(kind: str, folder: Path) -> None:
    opened_files(kind, folder).post_many([simple("1")])
    renamed = Account(code="7010", name="Licences bought", type=AccountType.ASSET)
    chart = ChartOfAccounts(accounts={**NL_CHART.accounts, "7010": renamed}, roles={})
    opened_files(kind, folder, chart=chart).post_many([simple("2")])
    assert b"Licences" not in b"".join(contents(folder).values())
    assert len(held(opened_files(kind, folder))) == 2


# -- two writers


def test_two_processes_at_once_lose_nothing(kind: str, folder: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [
        spawn.Process(target=children.post_numbers, args=(kind, folder, first, 20)) for first in (1000, 1010, 1020)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    told = held(opened_files(kind, folder))
    assert [one.total_minor for one in told] == list(range(1000, 1040))


def test_a_held_lock_is_waited_for_and_named(kind: str, folder: Path) -> None:
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("1")])
    ledger.lock_seconds = 0.1
    with locked(folder, seconds=1), pytest.raises(LedgerUnavailable, match="another run") as caught:
        ledger.post_many([simple("2")])
    assert caught.value.recovery is Recovery.RETRY
    assert states(ledger.post_many([simple("2")])) == [DeliveryState.POSTED]


def test_two_threads_with_one_folder(folder: Path) -> None:
    threads = [threading.Thread(target=children.post_numbers, args=("hledger", folder, first, 10)) for first in (1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.total_minor for one in held(opened_files("hledger", folder))] == list(range(1, 16))


# -- crashes


DEATHS = [
    (call, which, after)
    for call, most in (("fsync", 4), ("replace", 3))
    for which in range(1, most + 1)
    for after in (0, 1)
]


@pytest.mark.parametrize(("call", "which", "after"), DEATHS)
def test_killed_in_the_middle(folder: Path, call: str, which: int, after: int) -> None:
    ledger = opened_files("hledger", folder)
    before = [simple("1"), simple("2", date=NOVEMBER)]
    ledger.post_many(before)

    child = multiprocessing.get_context("spawn").Process(
        target=children.post_and_die, args=("hledger", folder, call, which, bool(after))
    )
    child.start()
    child.join()
    # The third file, main, does not change: its replacement and the folder's are fewer than asked for.
    survived = (call, which) in {("fsync", 4), ("replace", 3)}
    assert child.exitcode == (0 if survived else -signal.SIGKILL)

    ledger = opened_files("hledger", folder)
    found = fingerprints(ledger, [one.key for one in children.DYING])
    assert found.items() <= by_key(children.DYING).items()
    answers = ledger.post_many(children.DYING)
    assert states(answers) == [DeliveryState.POSTED] * 2
    assert {one.key: one.fingerprint for one in held(ledger)} == by_key([*before, *children.DYING])
    if len(found) < len(children.DYING):
        assert not list(folder.glob("*.connector-tmp"))


def test_leftovers_of_a_killed_process_are_removed(kind: str, folder: Path) -> None:
    folder.mkdir()
    leftover = folder / f".{month_file(kind, folder).name}.connector-tmp"
    leftover.write_bytes(b"half an ent")
    ledger = opened_files(kind, folder)
    assert states(ledger.post_many([simple("1")])) == [DeliveryState.POSTED]
    assert not leftover.exists()


# -- full disks and other refusals of the disk


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the operating system refuse bytes beyond ``size`` in any file that this process writes."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def refuses_whole(kind: str, folder: Path, tight: contextlib.AbstractContextManager[object]) -> None:
    """Post a batch for which there is no room: nothing is written, and once there is room the same batch goes in."""
    ledger = opened_files(kind, folder)
    ledger.post_many([simple("small", date=NOVEMBER)])
    before = contents(folder)
    batch = [simple("next", date=NOVEMBER), *(simple(f"{number:05}") for number in range(400))]
    with tight:
        with pytest.raises(LedgerUnavailable, match="no room") as caught:
            ledger.post_many(batch)
        assert caught.value.recovery is Recovery.RETRY
        assert "Make room" in caught.value.hint
        assert contents(folder) == before
        assert len(held(ledger)) == 1
    assert states(ledger.post_many(batch)) == [DeliveryState.POSTED] * len(batch)
    assert len(held(ledger)) == 402


def test_limit_on_the_size_of_files(kind: str, folder: Path) -> None:
    refuses_whole(kind, folder, largest_file(64 * 1024))


@contextlib.contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[bool]:
    """A real small file system on ``place``; tells whether the system let us mount one."""
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    mounted = subprocess.run(["mount", *options], check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)


@contextlib.contextmanager
def filled(place: Path, *, leaving: int) -> Iterator[None]:
    """Fill the file system of ``place`` but for some bytes."""
    ballast = place / "ballast"
    state = os.statvfs(place)
    ballast.write_bytes(bytes(state.f_bavail * state.f_frsize - leaving))
    try:
        yield
    finally:
        ballast.unlink()


def test_full_disk(kind: str, tmp_path: Path) -> None:
    # Only root may mount; anybody else meets the same refusal through a limit on the process.
    with small_disk(tmp_path, 2048) as mounted:
        tight = filled(tmp_path, leaving=64 * 1024) if mounted else largest_file(64 * 1024)
        refuses_whole(kind, tmp_path / "books", tight)


def test_folder_that_cannot_be_one(kind: str, tmp_path: Path) -> None:
    (tmp_path / "books").write_bytes(b"a file")
    with pytest.raises(LedgerRefused, match="books") as caught:
        opened_files(kind, tmp_path / "books").post_many([simple("1")])
    assert caught.value.hint


def test_a_month_that_cannot_be_replaced_does_not_take_the_others_along(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = os.replace

    def december_is_open(source: Path, target: Path) -> None:
        if "2026-12" in str(target):
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        genuine(source, target)

    ledger = opened_files(kind, folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", december_is_open)
        answers = ledger.post_many([simple("1"), simple("2", date=NOVEMBER), simple("3")])
        assert states(answers) == [DeliveryState.QUEUED, DeliveryState.POSTED, DeliveryState.QUEUED]
        assert "being used by another process" in answers[0].reason
        assert "Close programs" in answers[0].hint
        with pytest.raises(LedgerError, match="2026-12"):
            ledger.post_many([simple("1")])
        assert len(held(ledger)) == 1
    assert states(ledger.post_many([simple("1"), simple("3")])) == [DeliveryState.POSTED] * 2
    assert len(held(ledger)) == 3
    assert not list(folder.glob("*.connector-tmp"))
