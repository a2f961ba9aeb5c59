"""How the API key is sent (U1): in a header or in the query, under which name, with which prefix.

The sources do not say it, so it is a setting. The connector never tries one form after the other on a live
key.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from connector.errors import SettingsError


class KeyPlace(Enum):
    """Where the key goes. The query form puts it into the address, where proxies may record it: only when
    chosen.
    """

    HEADER = "header"
    QUERY = "query"


class KeyForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the key: ``name`` of the header or parameter, and a ``prefix`` in front of the key, space
    included.
    """

    place: KeyPlace = KeyPlace.HEADER
    name: str
    prefix: str = ""


PRESETS: dict[str, KeyForm] = {
    "bearer": KeyForm(name="Authorization", prefix="Bearer "),
    "x-api-key": KeyForm(name="X-API-Key"),
    "api-key": KeyForm(name="Api-Key"),
    "apikey": KeyForm(name="Authorization", prefix="ApiKey "),
    "ocp-apim": KeyForm(name="Ocp-Apim-Subscription-Key"),
    "x-functions-key": KeyForm(name="x-functions-key"),
    "query:api_key": KeyForm(place=KeyPlace.QUERY, name="api_key"),
}
"""The forms that are common in practice. 'bearer' is the default, with low confidence (U1)."""


def key_form(preset: str) -> KeyForm:
    """The form a preset stands for. SettingsError, naming the presets there are, when it is none of them."""
    form = PRESETS.get(preset.strip().lower())
    if form is None:
        raise SettingsError(
            f"{preset!r} is not a way to send the API key",
            hint=f"Choose one of {', '.join(PRESETS)}, or give place, name and prefix yourself.",
        )
    return form


def key_text(reveal: Callable[[], str]) -> str:
    """The key as it can be sent. SettingsError, without the key, when there is none or when it cannot be a
    key.
    """
    key = reveal().strip()
    if not key:
        raise SettingsError(
            "There is no API key", hint="Make a key in the partner portal under 'API keys' and store it."
        )
    if not key.isascii() or not key.isprintable():
        raise SettingsError(
            "The API key has characters that cannot be sent, such as a line break or an accented letter",
            hint="Copy the key once more; the portal shows it only when it is made, so make a new one when it is lost.",
        )
    return key
