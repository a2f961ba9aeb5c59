"""Keeps the tokens of a ledger that logs in: encrypted, in a file of their own, renewed by one process at a time.

Where a refresh token works once, two processes that renew at the same time, or a crash between the answer and the
file, shut everybody out until a person logs in again. So renewing is done under a lock of the operating system; who
had to wait for it finds the other's tokens and asks for none; and new tokens are on the disk before they are used.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connector.errors import LedgerRefused, LedgerUnavailable

_SALT = 16
_PURPOSE = b"connector: tokens of a ledger"
_LOCK_SECONDS = 120.0


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What lets us in. ``granted`` is when the access token was given (UTC), which lasts ``seconds``; ``asked`` is when
    new tokens were asked for with this refresh token, ``None`` when they were not: if no answer was kept since, the
    refresh token may be spent."""

    access: str
    refresh: str
    granted: datetime.datetime
    seconds: int
    asked: datetime.datetime | None = None


class TokenStore:
    """The file with the tokens of the ledger ``name``. ``secret`` gives what they are encrypted with when it is called:
    a secret of the ledger, long and random, that is kept elsewhere; ``again`` says how a person logs in.

    A file that somebody copies is of no use without that secret, and when it changes a person logs in again.
    """

    def __init__(self, folder: Path, name: str, *, secret: Callable[[], str], again: str) -> None:
        self._path, self._secret, self._again = folder / f"{name}.tokens", secret, again

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process renew meanwhile. Raises LedgerUnavailable, LedgerRefused."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with filelock.FileLock(f"{self._path}.lock", timeout=_LOCK_SECONDS):
                yield
        except filelock.Timeout:
            raise LedgerUnavailable(
                "another run renews the login and has not finished",
                hint="Wait until the other run is finished and run the same command again.",
                where=str(self._path),
            ) from None
        except OSError as error:
            raise self._unusable(error) from error

    def read(self) -> Tokens | None:
        """The tokens; ``None`` when nobody logged in yet. Raises LedgerRefused when they cannot be read."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error
        try:
            return msgspec.json.decode(self._fernet(content[:_SALT]).decrypt(content[_SALT:]), type=Tokens)
        except (InvalidToken, msgspec.MsgspecError):
            raise LedgerRefused(
                "the kept login cannot be read: the secret has changed since, or the file was damaged",
                hint=self._again,
                where=str(self._path),
            ) from None

    def write(self, tokens: Tokens) -> None:
        """Keep ``tokens``, down to the disk, before they are used. Raises LedgerRefused."""
        salt = os.urandom(_SALT)
        content = salt + self._fernet(salt).encrypt(msgspec.json.encode(tokens))
        beside = self._path.with_suffix(".new")
        try:
            # Whoever may read the file could try secrets on it: it is ours alone from the first byte on.
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            _sync(self._path.parent)
        except OSError as error:
            raise self._unusable(error) from error

    def _fernet(self, salt: bytes) -> Fernet:
        # The secret is random and long, so that no slow derivation is needed to keep guesses out.
        derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=_PURPOSE).derive(self._secret().encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    def _unusable(self, error: OSError) -> LedgerRefused:
        return LedgerRefused(
            f"the login cannot be kept or read: {error.strerror or error}",
            hint="Let the user who runs the connector read and write there, and make room on the disk.",
            where=str(self._path),
        )


def kept_since(folder: Path, name: str) -> datetime.datetime | None:
    """When the tokens of the ledger ``name`` were last written, in UTC; ``None`` when there are none. Needs no
    secret."""
    try:
        written = (folder / f"{name}.tokens").stat().st_mtime
    except OSError:
        return None
    return datetime.datetime.fromtimestamp(written, datetime.UTC)


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened, and renaming is brought to the disk by the system
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
