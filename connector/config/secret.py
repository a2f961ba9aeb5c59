"""Secrets, and the references by which ``connector.toml`` names them without holding them."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import NoReturn

from connector.errors import SettingsError

NEWEST = 8
"""So many passing secrets of each owner are remembered: a token with what renews it, and those just before."""

_lasting: set[str] = set()
_passing: dict[str, deque[str]] = {}
_all: frozenset[str] | None = None
"""Both together, ``None`` after a change: every line of a log asks for them."""
_lock = RLock()  # a signal that is handled meanwhile may write to the log


def revealed() -> frozenset[str]:
    """Every secret that was opened in this process, of passing ones the newest: what a log or a report must not
    hold."""
    global _all  # noqa: PLW0603 - one process, one list of what it knows
    known = _all
    if known is None:
        with _lock:
            known = _all = frozenset(_lasting).union(*_passing.values())
    return known


def hide_passing(owner: str, text: str) -> None:
    """From now on logs remove ``text``, which is good for minutes or days, as an access token; until ``owner`` has
    ``NEWEST`` newer ones."""
    global _all  # noqa: PLW0603
    with _lock:
        mine = _passing.setdefault(owner, deque(maxlen=NEWEST))
        if text in mine:
            mine.remove(text)
        mine.append(text)
        _all = None


class Secret:
    """A text that prints as ``***``. Only ``reveal`` gives it, and remembers that it did."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; from now on logs remove it."""
        global _all  # noqa: PLW0603
        if self._text not in _lasting:
            with _lock:
                _lasting.add(self._text)
                _all = None
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("secret", self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


_OTHERS = 0o077
"""What the group and the others may do with a file."""
SCHEMES = ("env", "file", "keyring")


@dataclass(frozen=True, kw_only=True)
class KeyReference:
    """Where an API key is kept: ``env:NAME``, ``file:/path`` or ``keyring:service/user``.

    ``where`` is its place in the settings, ``hint`` says where a person gets the key, ``tried`` names the places that
    were searched for a variable, ``found`` is its value.
    """

    scheme: str
    name: str
    where: str
    hint: str
    tried: str = ""
    found: Secret | None = field(default=None)

    @property
    def reference(self) -> str:
        """The reference as it is written: 'env:NAME'. It tells nothing of the key."""
        return f"{self.scheme}:{self.name}"

    def secret(self) -> Secret:
        """The key. Raises SettingsError when it is not there or cannot be one."""
        text = {"env": self._variable, "file": self._file, "keyring": self._keyring}[self.scheme]().strip()
        if not text:
            self._refuse(f"the key {self.scheme}:{self.name} is empty")
        if not (text.isascii() and text.isprintable()) or " " in text:
            self._refuse(f"the key {self.scheme}:{self.name} has a space, a line break or a letter that no key has")
        return Secret(text)

    def _variable(self) -> str:
        if self.found is None:
            self._refuse(f"the variable {self.name} is not set; looked in {self.tried}")
        return self.found.reveal()

    def _file(self) -> str:
        try:
            if os.name == "posix" and Path(self.name).stat().st_mode & _OTHERS:
                self._refuse(
                    f"the file {self.name} with the key can be read or written by others",
                    hint=f"Let nobody but yourself read it: chmod 600 {self.name}",
                )
            return Path(self.name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self._refuse(f"the file {self.name} with the key cannot be read: {error}", error)

    def _keyring(self) -> str:
        service, _, user = self.name.partition("/")
        try:
            import keyring  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            self._refuse("the key is in the system's keyring, but the package 'keyring' is not installed", error)
        found = keyring.get_password(service, user)
        if found is None:
            self._refuse(f"the system's keyring has no password for '{user}' under '{service}'")
        return str(found)

    def _refuse(self, message: str, cause: BaseException | None = None, *, hint: str = "") -> NoReturn:
        raise SettingsError(message, where=self.where, hint=hint or self.hint) from cause
