"""Ledger adapters, the connector's own and other people's, are found by the entry points ``connector.ledgers``."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import cast

import connector
from connector.errors import ConnectorError, PluginError, SettingsError
from connector.ledgers.base import Adapter, Ledger, Setup

GROUP = "connector.ledgers"


def ledger_kinds() -> tuple[str, ...]:
    """The names of all adapters that are installed, sorted."""
    return tuple(sorted(_installed()))


def load_adapter(kind: str) -> Adapter:
    """The adapter ``kind``. Raises PluginError when there is none or more than one, or it cannot be imported."""
    installed = _installed()
    if kind not in installed:
        raise PluginError(
            f"there is no ledger {kind!r}{_nearest(kind, installed)}",
            hint=f"Installed are: {', '.join(sorted(installed))}. "
            "Install the package that brings it, or name one of these.",
        )
    targets = sorted(installed[kind])
    if len(targets) > 1:
        raise PluginError(
            f"several installed packages bring a ledger {kind!r}: {', '.join(targets)}",
            hint="Uninstall all but one of them.",
        )
    point = EntryPoint(kind, targets[0], GROUP)
    try:
        adapter = point.load()
    except Exception as error:
        raise PluginError(
            f"the ledger {kind!r} failed while it was imported: {_told(error)}",
            hint="Its package is damaged or lacks something it needs: install it again, or ask its author.",
            where=point.value,
        ) from error
    if not callable(adapter) or not isinstance(getattr(adapter, "SETTINGS", None), Mapping):
        raise PluginError(
            f"the ledger {kind!r} is no adapter: it cannot be called or has no SETTINGS",
            hint="docs/adapters.md says what an adapter is; ask its author.",
            where=point.value,
        )
    return cast("Adapter", adapter)


def secrets_of(kind: str) -> Mapping[str, str]:
    """The settings of the adapter ``kind`` that are secrets, with their meanings."""
    found: Mapping[str, str] = getattr(load_adapter(kind), "SECRETS", {})
    return found


def open_ledger(kind: str, setup: Setup) -> Ledger:
    """The ledger of the adapter ``kind``, its settings checked, to be used as a context manager.

    Raises PluginError (not found, fails while importing or starting) and SettingsError.
    """
    adapter, name = load_adapter(kind), setup.name
    _check_settings(kind, name, setup.settings, adapter.SETTINGS, secrets_of(kind))
    _check_secrets(kind, name, setup.secrets, secrets_of(kind))
    try:
        ledger = adapter(setup)
    except ConnectorError:
        raise
    except Exception as error:
        raise PluginError(
            f"the ledger {kind!r} failed while it was started: {_told(error)}",
            hint="Check its settings, then ask its author.",
            where=f"ledger {name}",
        ) from error
    if not isinstance(ledger, Ledger):
        raise PluginError(
            f"the ledger {kind!r} made a {type(ledger).__name__}, which lacks what a ledger needs",
            hint="docs/adapters.md says what an adapter is; ask its author.",
            where=f"ledger {name}",
        )
    return ledger


def _check_settings(
    kind: str, name: str, settings: Mapping[str, str], known: Mapping[str, str], secret: Mapping[str, str]
) -> None:
    for key in settings:
        if key in secret:
            raise SettingsError(
                f"{key} is a secret and stands there in clear",
                hint=f'Put it in the file .env, in a file of its own or in the keyring, and write {key} = "env:NAME", '
                '"file:/path" or "keyring:service/user".',
                where=f"ledger {name}",
            )
        if key not in known:
            raise SettingsError(
                f"a ledger of kind {kind!r} has no setting {key!r}{_nearest(key, {**known, **secret})}",
                hint="It knows: "
                + "; ".join(f"{one} ({meaning})" for one, meaning in sorted({**known, **secret}.items()))
                + ".",
                where=f"ledger {name}",
            )


def _check_secrets(kind: str, name: str, given: Mapping[str, object], secret: Mapping[str, str]) -> None:
    for key in given:
        if key not in secret:
            wanted = f"Its secrets are: {', '.join(sorted(secret))}." if secret else "It has no secrets."
            raise SettingsError(
                f"a ledger of kind {kind!r} has no secret {key!r}{_nearest(key, secret)}",
                hint=wanted,
                where=f"ledger {name}",
            )


def _nearest(word: str, known: Mapping[str, object]) -> str:
    nearest = get_close_matches(word, known, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _installed() -> dict[str, set[str]]:
    """The objects that entry points name, by adapter: one each, unless packages quarrel about a name."""
    found: dict[str, set[str]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, set()).add(point.value)
    for kind, value in _of_checkout().items():
        found.setdefault(kind, set()).add(value)
    return found


def _of_checkout() -> dict[str, str]:
    # A checkout that was never installed has no entry points yet; setup.cfg is where they come from.
    metadata = Path(connector.__file__).parent.parent / "setup.cfg"
    parser = configparser.ConfigParser(interpolation=None)
    if not parser.read(metadata, encoding="utf-8") or parser.get("metadata", "name", fallback="") != "copaco-connector":
        return {}
    lines = parser.get("options.entry_points", GROUP, fallback="").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {kind.strip(): value.strip() for kind, value in pairs}
