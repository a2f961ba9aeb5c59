"""Reads the references to secrets that stand in ``connector.toml``; what they name is opened when it is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from connector.config.secret import SCHEMES, KeyReference, Secret
from connector.config.table import Table

EXPECTED = 'give where the key is kept: "env:NAME", "file:/path" or "keyring:service/user"'


class ReferenceReader:
    """Reads references; ``variables`` are those of the environment and ``.env``, ``tried`` names both places."""

    def __init__(self, folder: Path, variables: Mapping[str, str], tried: str) -> None:
        self._folder, self._variables, self._tried = folder, variables, tried

    def read(self, table: Table, setting: str, text: str, hint: str) -> KeyReference | None:
        """The reference ``text`` of ``setting``; ``None``, with the mistake noted, when it is none. ``hint`` says
        where a person gets the secret."""
        scheme, colon, name = text.partition(":")
        if not colon or scheme not in SCHEMES or not name.strip():
            # What was written may be the key itself, so it is not repeated.
            table.wrong(setting, f"is no reference to a key; {EXPECTED}. The key itself never stands in this file")
            return None
        name = name.strip()
        if scheme == "env" and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            table.wrong(setting, "is no name of a variable: letters, digits and _ only, as in env:COPACO_KEY_ACME")
            return None
        if scheme == "keyring" and not all(name.partition("/")):
            table.wrong(setting, "give both parts, as in keyring:copaco/acme")
        if scheme == "file":
            name = str(self._folder / name)
        value = self._variables.get(name, "") if scheme == "env" else ""
        return KeyReference(
            scheme=scheme,
            name=name,
            where=table.place(setting),
            hint=hint,
            tried=self._tried,
            found=Secret(value) if value.strip() else None,
        )


def is_reference(text: str) -> bool:
    """Whether ``text`` looks like a reference to a secret."""
    return text.partition(":")[0] in SCHEMES and ":" in text
