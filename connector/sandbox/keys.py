"""The key of a request: where it may stand, and whom it belongs to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from email.message import Message
from enum import Enum

from connector.sandbox.parties import Reseller

KEY_HEADERS = frozenset(
    {"authorization", "x-api-key", "api-key", "ocp-apim-subscription-key", "x-functions-key", "cookie"}
)
QUERY_NAME = "api_key"


class KeyStyle(Enum):
    """Where the key is expected: a header with an optional prefix, or the query."""

    BEARER = ("Authorization", "Bearer ")
    X_API_KEY = ("X-API-Key", "")
    API_KEY = ("Api-Key", "")
    AUTHORIZATION_API_KEY = ("Authorization", "ApiKey ")
    OCP_APIM = ("Ocp-Apim-Subscription-Key", "")
    FUNCTIONS = ("x-functions-key", "")
    QUERY = ("", "")

    def secret_in(self, headers: Message, query: Mapping[str, str]) -> str:
        """Return the key of a request in this style, or "" where there is none."""
        name, prefix = self.value
        if not name:
            return query.get(QUERY_NAME, "")
        value = headers.get(name, "")
        return value[len(prefix) :].strip() if value.startswith(prefix) else ""


class KeyRefused(Exception):
    """A key does not open an endpoint; carries the status and the message of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def owner(resellers: Iterable[Reseller], secret: str, *, endpoint: str, today: dt.date) -> Reseller:
    """Return whose key it is. Raises KeyRefused: 401 for unknown or expired keys, 403 without permission."""
    if not secret:
        raise KeyRefused(401, "No API key was sent.")
    for reseller in resellers:
        for key in reseller.keys:
            if key.secret == secret:
                if key.expires is not None and key.expires < today:
                    raise KeyRefused(401, f"The API key expired on {key.expires:%Y-%m-%d}.")
                if not key.allows(endpoint):
                    raise KeyRefused(403, f"The API key has no permission for {endpoint}.")
                return reseller
    raise KeyRefused(401, "The API key is not known.")
