"""Writing the files of a new administration: a table in ``connector.toml``, a copied mapping set, a key in
``.env``.

Everything is checked before anything stays: the settings are read back with the new table in place.
"""

from __future__ import annotations

import datetime
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connector import config, mapping_files
from connector.errors import SettingsError
from connector.mapping_files import descent
from connector.resources import mappings_path
from connector.texts import _


@dataclass(frozen=True, kw_only=True)
class NewAdministration:
    """The answers of a person about a new administration. ``ledger_folder`` is relative to the settings file."""

    name: str
    country: str
    company_name: str
    vat_number: str
    starter: str
    base_url: str
    authentication: str
    key_variable: str
    ledger: str
    ledger_folder: Path
    book_from: datetime.date | None
    key_expires: datetime.date | None = None

    def table(self) -> str:
        """The administration as a table of ``connector.toml``."""
        known = [
            f"[administrations.{self.name}]",
            f"country = {_text(self.country)}",
            f"company_name = {_text(self.company_name)}" if self.company_name else "",
            f"vat_number = {_text(self.vat_number)}",
            f"mapping = {_text(self.starter)}",
            f"book_from = {self.book_from}" if self.book_from else "",
            'sale = "report"       # report or post: see docs/configuration.md',
            'auto_post = "off"     # every entry waits for approval',
        ]
        source = [
            f"\n[administrations.{self.name}.source]",
            'kind = "copaco"',
            f"base_url = {_text(self.base_url)}",
            f"authentication = {_text(self.authentication)}",
            f"key = {_text(f'env:{self.key_variable}')}",
            f"key_expires = {self.key_expires}" if self.key_expires else "",
        ]
        ledger = [
            f"\n[administrations.{self.name}.ledger]",
            f"kind = {_text(self.ledger)}",
            f"folder = {_text(self.ledger_folder.as_posix())}",
        ]
        return "\n".join(line for line in (*known, *source, *ledger) if line) + "\n"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written, and where."""

    settings: Path
    mapping: Path
    key_note: str
    key_kept: bool


def starter_sets() -> tuple[str, ...]:
    """The names of the mapping sets that come with the connector."""
    folder = mappings_path()
    return tuple(sorted(each.parent.name for each in folder.glob("*/rules.csv")))


def write(new: NewAdministration, key: str, settings: Path, *, replace_key: Callable[[str], bool]) -> Written:
    """Write the files of ``new``; what was there stays, and a key is replaced only when ``replace_key`` says
    so.

    Raises SettingsError, and leaves nothing behind, when the administration exists or the settings would not
    be right.
    """
    folder = settings.absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    before = settings.read_text(encoding="utf-8") if settings.exists() else _INTRODUCTION
    refuse_known(new.name, settings)
    mapping = folder / "mappings" / new.starter
    copied = not mapping.exists()
    if copied:
        shutil.copytree(mappings_path() / new.starter, mapping, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
        # The first run takes them as they are: whoever changes a copy of them later is known to have seen that version.
        descent.remember(mapping, mapping_files.version_hash(mapping_files.read_folder(mapping)))
    draft = settings.with_name(f"{settings.name}.new")
    try:
        draft.write_text(f"{before.rstrip()}\n\n{new.table()}", encoding="utf-8")
        config.load(draft)
        note, kept = _keep_key(new.key_variable, key, folder / ".env", replace_key)
        draft.replace(settings)
    except BaseException:
        draft.unlink(missing_ok=True)
        if copied:
            shutil.rmtree(mapping)
        raise
    return Written(settings=settings, mapping=mapping, key_note=note, key_kept=kept)


_INTRODUCTION = "# Settings of the connector; docs/configuration.md explains each. Keys stay in .env, never here."


def known_problem(name: str, settings: Path) -> str:
    """What is wrong with ``name`` for a new administration: there is one already. '' when there is none.

    Raises SettingsError when the settings file cannot be read.
    """
    known = [each.name for each in config.load(settings).administrations] if settings.exists() else []
    taken = name.lower() in (each.lower() for each in known)
    return f"the administration '{name}' exists already" if taken else ""


def refuse_known(name: str, settings: Path) -> None:
    """SettingsError when there is an administration ``name`` already."""
    if problem := known_problem(name, settings):
        raise SettingsError(
            problem, where=str(settings), hint="Change it in the file, or give the new one another --name."
        )


def _keep_key(name: str, key: str, file: Path, replace_key: Callable[[str], bool]) -> tuple[str, bool]:
    """Put the key into ``.env``. What is shown about it, and whether a key is there now."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    at = next((n for n, line in enumerate(lines) if line.removeprefix("export ").split("=")[0].strip() == name), None)
    if not key:
        return (_("as before in {file}") if at is not None else _("not yet in {file}")).format(
            file=file
        ), at is not None
    if at is not None and not replace_key(f"{name} ({file})"):
        return _("as before in {file}").format(file=file), True
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    line = f"{name}='{quoted}'"
    lines[len(lines) if at is None else at :] = [line, *([] if at is None else lines[at + 1 :])]
    write_private(file, "\n".join(lines) + "\n")
    return _("kept in {file}").format(file=file), True


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(number, "w", encoding="utf-8") as opened:
        opened.write(text)
    draft.replace(file)


def _text(text: str) -> str:
    """A TOML text; control signs are refused by the reader, so they cannot break out of the line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
