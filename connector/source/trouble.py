"""What goes wrong below HTTP, in words: names, connections, certificates, addresses.

The libraries' own texts are not passed on: they hold the full address, and with it the key when it is sent in
the query.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3

from connector.errors import SettingsError, SourceError, SourceRefused, SourceUnavailable

_TLS_HINT = (
    "Do not go around this: the key would go to whoever answered. Check the base URL and this computer's clock; in an "
    "office whose proxy opens connections, set the CA bundle to its certificate. The check cannot be switched off."
)
_NETWORK_HINT = (
    "Check the internet connection, the proxy and the base URL, then run the same command again; nothing is lost."
)


class Again(Exception):
    """An attempt failed in a way that passes by itself. ``error`` is what to raise when there are no more
    attempts.
    """

    def __init__(self, error: SourceUnavailable) -> None:
        super().__init__(error.message)
        self.error = error


def trouble_of(error: Exception, *, host: str, where: str) -> SourceError | Again:
    """What a library's ``error`` means: an error to raise at once, or ``Again`` when trying again makes
    sense.
    """
    chain = list(_causes(error))
    certificate = _tls_trouble(chain)
    if certificate:
        return SourceRefused(
            f"The connection to {host} is not trusted: {certificate}. Nothing was sent", where=where, hint=_TLS_HINT
        )
    if any(isinstance(each, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader) for each in chain):
        return SourceRefused(f"The address or a header for {host} cannot be used", where=where, hint=_NETWORK_HINT)
    return Again(SourceUnavailable(_sentence(chain, host), where=where, hint=_NETWORK_HINT))


def checked_address(base_url: str) -> str:
    """``base_url`` without a slash at its end. SettingsError when a key must not be sent there."""
    hint = "Set the base URL to something like https://api.copaco.cloud/api/v1."
    try:
        parts = urlsplit(base_url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingsError("The base URL cannot be read as an address", hint=hint) from None
    if parts.scheme not in {"https", "http"} or not host:
        raise SettingsError("The base URL must begin with https:// and name a host", hint=hint)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "The base URL must hold no name, password or parameters; the key has its own setting", hint=hint
        )
    if parts.scheme == "http" and not _is_this_machine(host):
        raise SettingsError(
            f"The base URL must begin with https://: the key for {host} would be readable on its way", hint=hint
        )
    return base_url.strip().rstrip("/")


def checked_certificates(bundle: Path | None) -> str | bool:
    """What requests wants to hear: the CA bundle, or True for the built-in one. SettingsError when it cannot
    be used.
    """
    if bundle is None:
        return True
    try:
        ssl.create_default_context(cafile=str(bundle))
    except OSError as error:
        reason = (
            error.strerror if error.strerror and not isinstance(error, ssl.SSLError) else "it holds no certificates"
        )
        raise SettingsError(
            f"The CA bundle cannot be used: {reason}",
            where=str(bundle),
            hint="Name a file with certificates in PEM form.",
        ) from None
    return str(bundle)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and everything it was made of, wherever the libraries put it."""
    seen: set[int] = set()
    rest: list[object] = [error]
    while rest:
        each = rest.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        rest += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]


def _tls_trouble(chain: list[BaseException]) -> str:
    """Why the other end is not trusted; '' when that is not the trouble, or when the connection merely broke."""
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"its certificate is not valid ({each.verify_message})"
    if any(isinstance(each, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError) for each in chain):
        return ""
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return "it does not speak TLS as it should"
    return ""


def _sentence(chain: list[BaseException], host: str) -> str:
    kinds: list[tuple[type[BaseException] | tuple[type[BaseException], ...], str]] = [
        ((urllib3.NameResolutionError, socket.gaierror), f"The name {host} cannot be found"),
        (urllib3.ProxyError, f"The proxy does not let us through to {host}"),
        (ConnectionRefusedError, f"{host} refuses the connection: nothing listens there"),
        (urllib3.NewConnectionError, f"{host} cannot be reached"),
        (urllib3.ConnectTimeoutError, f"{host} does not take the connection in time"),
        ((urllib3.ReadTimeoutError, TimeoutError), f"{host} took the question but does not answer in time"),
        (http.client.IncompleteRead, f"The answer of {host} was cut off half way"),
        (urllib3.DecodeError, f"The answer of {host} cannot be decompressed"),
        (ConnectionError, f"{host} broke the connection"),
        (urllib3.ProtocolError, f"The answer of {host} was cut off half way"),
    ]
    for kind, sentence in kinds:
        if any(isinstance(each, kind) for each in chain):
            return sentence
    return f"The connection to {host} broke ({type(chain[-1]).__name__})"
