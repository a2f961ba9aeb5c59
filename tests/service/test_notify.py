"""What a service manager is told, and what it tells us."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from connector.config import Supervision, supervision
from connector.service.notify import Notify


def test_a_socket_of_a_file_and_one_outside_the_file_system(tmp_path: Path) -> None:
    for bound, address in (
        (str(tmp_path / "s"), str(tmp_path / "s")),
        (f"\0ours-{os.getpid()}", f"@ours-{os.getpid()}"),
    ):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(bound)
            manager.settimeout(10)
            notify = Notify(address)
            notify.ready("2 administrations")
            assert manager.recv(4096) == b"READY=1\nSTATUS=2 administrations"
            notify.reloading()
            assert manager.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            notify.alive()
            assert manager.recv(4096) == b"WATCHDOG=1"
            notify.stopping()
            assert manager.recv(4096).startswith(b"STOPPING=1\n")


def test_that_nobody_listens_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Notify().ready("nobody asked")
    assert caplog.messages == []
    Notify(str(tmp_path / "gone")).ready("nobody is there")
    assert "cannot be told READY=1" in caplog.text


def test_a_manager_that_stopped_listening_keeps_nobody_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A sign of life that nobody took made a worker wait for ever, and with it all its jobs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "s"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.connect(str(tmp_path / "s"))
            other.setblocking(False)
            with suppress(BlockingIOError):  # full
                while True:
                    other.send(b"STATUS=busy")
        Notify(str(tmp_path / "s")).alive()
    assert "cannot be told WATCHDOG=1: timed out" in caplog.text


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Supervision()),
        ({"NOTIFY_SOCKET": "/run/s"}, Supervision(socket="/run/s")),
        ({"WATCHDOG_USEC": "1500000"}, Supervision(watchdog_seconds=1.5)),
        ({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}, Supervision()),
        ({"WATCHDOG_USEC": "often"}, Supervision()),
    ],
)
def test_what_a_service_manager_wants(environ: dict[str, str], expected: Supervision) -> None:
    assert supervision(environ) == expected
