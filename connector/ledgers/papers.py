"""Attaching the files that belong to an entry: the setting that asks for it, the same for every ledger that can."""

from __future__ import annotations

from collections.abc import Mapping

from connector.errors import SettingsError

SETTING = (
    "yes: the source lines are attached to each entry as a table (CSV), and the mailed PDF or e-invoice where it was "
    "added; no (the default): nothing is"
)
_YES_NO = {"yes": True, "no": False, "": False}


def attaches(settings: Mapping[str, str], *, name: str) -> bool:
    """Whether the setting ``attach`` of the ledger ``name`` asks for it. Raises SettingsError."""
    text = settings.get("attach", "")
    if text not in _YES_NO:
        raise SettingsError(f"attach is {text!r}", hint="Write attach = yes or attach = no.", where=f"ledger {name}")
    return _YES_NO[text]
