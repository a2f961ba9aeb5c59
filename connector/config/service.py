"""The table ``[service]``: where the service can be asked how it is, and where it tells what its runs did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connector.config.secret import Secret
from connector.config.table import Table
from connector.errors import SettingsError

LOOPBACK = "127.0.0.1"
ENDPOINT, HEADERS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"
"""The usual variables of OpenTelemetry: where traces go when the table says nothing, and what is sent with them."""
_EXAMPLE = '"127.0.0.1:9464"'
_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):)?(\d{1,5})")


@dataclass(frozen=True, kw_only=True)
class Listen:
    """An address to listen at: a host and a port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer can come there."""
        import ipaddress  # not for every command

        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Where traces are sent, by OTLP over HTTP: ``endpoint`` without '/v1/traces', and the headers that let us in."""

    endpoint: str
    headers: tuple[tuple[str, Secret], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """``listen`` is ``None`` where nothing listens, ``traces`` where no traces are sent; ``where`` is the place of the
    table in the file."""

    listen: Listen | None = None
    traces: Traces | None = None
    where: str = ""
    given: Mapping[str, str] = field(default_factory=dict)


def read_service(table: Table, variables: Mapping[str, str]) -> ServiceSettings:
    """The settings of ``table``; what is wrong is noted there. ``variables`` are those of the environment."""
    read = ServiceSettings(
        listen=_listen(table), traces=_traces(table, variables), where=table.place(), given=table.given
    )
    table.close()
    return read


def listen_at(text: str) -> Listen:
    """The address that ``text`` means; a port alone is one of this computer. SettingsError when it is none."""
    found = _ADDRESS.fullmatch(text.strip())
    if found is None or not 0 < int(found[2]) < 65_536:
        raise SettingsError(
            f"'{text}' is no address to listen at",
            hint=f"Give host and port, as in {_EXAMPLE}; a port alone listens on this computer only.",
        )
    return Listen(host=(found[1] or LOOPBACK).strip("[]"), port=int(found[2]))


def _listen(table: Table) -> Listen | None:
    text = table.text("listen")
    try:
        return listen_at(text) if text else None
    except SettingsError as error:
        table.wrong("listen", f"{error.message}; give it as {_EXAMPLE}")
        return None


def _traces(table: Table, variables: Mapping[str, str]) -> Traces | None:
    text = table.text("traces") or variables.get(ENDPOINT, "").strip()
    if not text:
        return None
    problem = _endpoint_problem(text)
    if problem:
        table.wrong("traces", f"{problem}; give the address of a collector, as in http://localhost:4318")
        return None
    pairs = (each.partition("=") for each in variables.get(HEADERS, "").split(",") if "=" in each)
    headers = tuple((name.strip(), Secret(value.strip())) for name, _equals, value in pairs)
    return Traces(endpoint=text.rstrip("/").removesuffix("/v1/traces"), headers=headers)


def _endpoint_problem(text: str) -> str:
    """What is wrong with an address to send traces to; it may hold a password, so it is not repeated."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return "is no web address"
    if not usable:
        return "is no web address"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "holds more than an address (a name, password, question or mark)"
    here = Listen(host=parts.hostname or "", port=1).is_loopback
    return "" if parts.scheme == "https" or here else "would be sent in clear beyond this computer; give https://"
