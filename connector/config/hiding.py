"""Opening every secret there is, so that reports are cleaned of all of them, used in this process or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from connector.config.secret import KeyReference, Secret
from connector.config.values import Settings
from connector.errors import ConnectorError

_PARTS = re.compile(r"[\s=,;/:@?&]+")
_SHORTEST_PART = 8


def hide_values(values: Mapping[str, str], known: Iterable[str]) -> None:
    """Whatever stands in ``.env`` beside our own variables (``known``) is taken for secret."""
    for name, value in values.items():
        if name not in known:
            _hide(value)


def hide_secrets(settings: Settings) -> None:
    """Every secret that the settings name; one that cannot be read hides nothing."""
    references = [
        reference
        for each in settings.administrations
        for reference in (each.source.key, *each.notify.to, *(reference for _name, reference in each.ledger.secrets))
    ]
    for reference in references:
        _open(reference)
    for each in settings.administrations:
        with suppress(ValueError):
            _hide(unquote(urlsplit(str(each.source.api.get("proxy") or "")).password or ""))
    if settings.service.traces is not None:
        for _name, secret in settings.service.traces.headers:
            _hide(secret.reveal())


def _open(reference: KeyReference | None) -> None:
    with suppress(ConnectorError):
        if reference is not None:
            _hide(reference.secret().reveal())


def _hide(text: str) -> None:
    """The text and its longer parts, as in 'Authorization=Bearer abc' and in addresses that hold a password."""
    for part in {text, *(each for each in _PARTS.split(text) if len(each) >= _SHORTEST_PART)}:
        Secret(part).reveal()
