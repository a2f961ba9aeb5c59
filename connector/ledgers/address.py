"""The web address of a ledger, checked before anything is sent there."""

from __future__ import annotations

from urllib.parse import urlsplit

from connector.errors import SettingsError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def web_address(url: str, *, where: str, path: bool = False) -> str:
    """``url`` without a slash at its end. A path is taken only where it may have one; without encryption it must be on
    this computer, since a password or key goes with every call. Raises SettingsError."""
    example = "Write it with https, for example https://books.example.com."
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("url is no web address", hint=example, where=where)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "url holds more than an address: a name, a password, a question or a mark",
            hint="Write only the address; user and secret have settings of their own.",
            where=where,
        )
    if parts.path.strip("/") and not path:
        raise SettingsError(f"url has the path {parts.path!r}", hint="Write the address without a path.", where=where)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SettingsError(
            f"url would send the secret to {parts.hostname} in clear",
            hint=f"{example} Without encryption the server must be on this computer.",
            where=where,
        )
    return url.rstrip("/")
