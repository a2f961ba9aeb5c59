"""The addresses that are told: references to what Apprise writes, opened, checked and sent to.

A message tells numbers of documents and euros, so it goes out encrypted, or stays on this computer.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from connector import config, log
from connector.config import KeyReference, Secret
from connector.errors import ConnectorError, Recovery, SettingsError

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
LONGEST_WAIT = 30.0
"""Seconds for connecting, and for each answer, at most."""
_HINT = "Write it as Apprise wants it, for example mailtos://user:password@example.com?to=ops@example.com"


class NotTold(ConnectorError):
    """A message did not reach an address; it is tried again."""

    recovery = Recovery.RETRY
    default_hint = "Try it with 'connector notify test'; nothing is lost meanwhile."


class Address:
    """One address. ``name`` is the reference to it, which may be shown; ``service`` is what it belongs to."""

    def __init__(self, reference: KeyReference, plugin: Any, apprise: Any) -> None:
        self.name, self._plugin, self._apprise = reference.reference, plugin, apprise
        self.service = str(plugin.service_name)

    def send(self, title: str, body: str) -> None:
        """Send a message as plain text. Raises NotTold when it did not arrive, as far as the service tells."""
        sender = self._apprise.Apprise()
        sender.add(self._plugin)
        with self._apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
            arrived = sender.notify(body=body, title=title, body_format=self._apprise.NotifyFormat.TEXT)
            why = " ".join(said.getvalue().split())
        if not arrived:
            told = f"{self.service} did not take the message" + (f": {_cleaned(why)}" if why else "")
            raise NotTold(told, where=self.name)


def opened(reference: KeyReference) -> Address:
    """The address that ``reference`` names. Raises SettingsError when it is not there, when Apprise does not know it or
    is not installed, and when it would send in clear over a network."""
    apprise = _apprise()
    url = reference.secret().reveal()
    for part in _secrets(url):
        Secret(part).reveal()  # what Apprise logs may hold the half of an address
    asset = apprise.AppriseAsset(app_id="connector", app_desc="Copaco connector", app_url="", async_mode=False)
    plugin = apprise.Apprise.instantiate(url, asset=asset) if "://" in url else None
    if plugin is None:
        raise SettingsError(
            f"what {reference.reference} holds is no address that Apprise knows", where=reference.where, hint=_HINT
        )
    host = _in_clear(plugin)
    if host and host.lower() not in LOOPBACK:
        raise SettingsError(
            f"the address in {reference.reference} would send in clear over the network",
            where=reference.where,
            hint="Use the form that encrypts: mailtos:// for mailto://, jsons:// for json://, and so on.",
        )
    if not plugin.verify_certificate:
        raise SettingsError(
            f"the address in {reference.reference} says that certificates are not checked",
            where=reference.where,
            hint="Take verify=no out of it.",
        )
    if _is_mail(plugin):  # as HTML it would have blanks in its commands that no shell takes
        plugin.notify_format = apprise.NotifyFormat.TEXT
    plugin.overflow_mode = apprise.OverflowMode.SPLIT  # a service that takes no long messages would take none at all
    plugin.redirects = False  # who answers 'elsewhere' does not get it sent there
    plugin.socket_connect_timeout = _seconds(plugin.socket_connect_timeout)
    plugin.socket_read_timeout = _seconds(plugin.socket_read_timeout)
    return Address(reference, plugin, apprise)


def _apprise() -> Any:
    # Its plug-in for mail still looks there for a module of Python that ends with 3.12.
    warnings.filterwarnings("ignore", "'imghdr' is deprecated", DeprecationWarning)
    try:
        import apprise
    except ImportError as error:
        raise SettingsError(
            "the package 'apprise' is not installed, so nobody can be told",
            hint="Install it with: pip install 'copaco-connector[service]'",
        ) from error
    return apprise


def _in_clear(plugin: Any) -> str:
    """The host to which ``plugin`` sends without encryption; '' when it encrypts, or stays on this computer."""
    if _is_mail(plugin):  # it may go to another host than its address says, and encrypt later
        in_clear = str(getattr(plugin.secure_mode, "value", plugin.secure_mode)) == "insecure"
        return str(plugin.smtp_host or plugin.host or "") if in_clear else ""
    schema = str(getattr(plugin, "schema", ""))
    if schema not in _names(plugin.protocol) or schema in _names(plugin.secure_protocol):
        return ""
    return str(plugin.host or "")


def _is_mail(plugin: Any) -> bool:
    return hasattr(plugin, "smtp_host") and hasattr(plugin, "secure_mode")


def _names(protocol: str | Iterable[str] | None) -> tuple[str, ...]:
    return (protocol,) if isinstance(protocol, str) else tuple(protocol or ())


def _seconds(given: float | None) -> float:
    return min(float(given), LONGEST_WAIT) if given else LONGEST_WAIT


def _secrets(url: str) -> set[str]:
    """The parts of an address that may be secrets: its password, and the long parts of its path and question."""
    try:
        parts = urlsplit(url)
        password, host = parts.password or "", parts.hostname or ""
    except ValueError:
        return set()
    pieces = [password, *parts.path.split("/"), *(each.partition("=")[2] for each in parts.query.split("&"))]
    # Where a service has no host, its first token stands in its place.
    pieces += [host] if "." not in host and host.lower() not in LOOPBACK else []
    known = {each for each in pieces if each == password or len(each) >= 8}
    return {each for piece in known for each in (piece, unquote(piece)) if each and "@" not in each}


def _cleaned(text: str) -> str:
    return log.clean(text, config.revealed())
