"""What a service manager is told (sd_notify): a datagram with lines of NAME=value; nothing where nobody listens."""

from __future__ import annotations

import logging
import socket
import time

_log = logging.getLogger(__name__)
PATIENCE_SECONDS = 0.5
"""How long a manager that does not listen may keep us waiting."""


class Notify:
    """Tells the socket ``address`` ('' for nobody) about our state. That it cannot be told stops nothing."""

    def __init__(self, address: str = "") -> None:
        # An address that begins with '@' lies outside the file system, where it begins with a zero.
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def ready(self, status: str) -> None:
        """We work, or work again after reading the settings anew."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The settings are read anew; ``ready`` ends it."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=Reading the settings anew")

    def stopping(self) -> None:
        """We are about to end."""
        self._tell("STOPPING=1", "STATUS=Stopping")

    def alive(self) -> None:
        """A sign of life for the watchdog."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
                told.settimeout(PATIENCE_SECONDS)
                told.connect(self._address)
                told.sendall("\n".join(lines).encode())
        except OSError as error:
            _log.warning("the service manager cannot be told %s: %s", lines[0], error.strerror or error)
