"""The source of an administration: where its documents come from, and how the API is asked.

The names of the API's open points are those of the source's own settings, which know the defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connector.config.references import EXPECTED, ReferenceReader
from connector.config.secret import KeyReference
from connector.config.table import Table
from connector.config.values import Lifecycle, SourceSettings

AUTHENTICATION = (
    "bearer",
    "apikey",
    "x-api-key",
    "api-key",
    "ocp-apim",
    "x-functions-key",
    "query:api_key",
)
"""The usual ways to send an API key; the source knows what each means."""
LIFECYCLE_NAMES = (
    *("invoices", "example-invoices", "customer-specifications", "customer-invoices", "customer-subscriptions"),
    *("products", "billing-v4", "billing-v3", "billing-v2", "billing-v1"),
)
LIFECYCLE_STATUSES = (
    *("experimental", "development", "beta", "stable", "deprecated", "end of life"),
    *("current", "maintenance", "end of maintenance"),
)
"""The versions of Copaco's APIs and what it calls them; the source knows what each means."""
PATHS = (
    "invoices_path",
    "example_invoices_path",
    "customer_specifications_path",
    "customer_invoices_path",
    "customer_subscriptions_path",
    "products_path",
)
NOT_OF = {"copaco": ("details_parameter",), "billing": (*PATHS, "dates_on_examples", "show_detail_header")}
"""The open points of one API that the other one, by its kind, does not have."""
VERSIONS = ("v4", "v3", "v2")
"""The versions of the older Billing API that answer."""
KEY_PERMISSIONS = ("all", "invoices", "customer-specifications", "example-invoices")
"""What the partner portal lets a key do; its words are All, Get Invoices and so on."""
LISTS = ("subscriptions", "products")
OLDER_LISTS = ("consolidated", "subscription-details")
"""Lists beside the invoices that may be asked as well, of the current API and of the older one; nothing is booked from
them."""
SECONDS = {
    "pause_seconds": 3600,
    "connect_seconds": 600,
    "read_seconds": 3600,
    "total_seconds": 86_400,
    "backoff_seconds": 3600,
    "longest_backoff_seconds": 3600,
    "longest_retry_after_seconds": 86_400,
}
"""The waits and patience of the source, with the longest that makes sense."""
WHERE_KEYS_COME_FROM = (
    "Copaco's partner portal shows a key once, under 'API keys'; put it where the setting says, "
    "for example as NAME=key in the file .env."
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SourceReader:
    """Reads the table of a source.

    ``variables`` are those of the environment and ``.env``; ``tried`` names both places.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str], tried: str) -> None:
        self._folder = folder
        self._references = ReferenceReader(folder, variables, tried)

    def read(self, table: Table) -> SourceSettings:
        """The settings of the source in ``table``; what is wrong is noted there."""
        kind = table.choice("kind", ("copaco", "billing", "files"), "copaco")
        chosen: dict[str, Any] = {
            "kind": kind,
            "tax_scale": table.choice("tax_scale", ("auto", "percent", "fraction"), "auto"),
        }
        if kind == "files":
            chosen["folder"] = path_in(self._folder, table, "folder", required="give the folder with the saved answers")
        else:
            chosen |= self._key_form(table) | {"key": self._key(table), "api": self._api(table, kind)}
            chosen |= {"key_expires": table.date("key_expires"), "key_permissions": self._permissions(table)}
            chosen["base_url_place"] = table.place("base_url" if "base_url" in table else "")
            chosen["unsettled"] = table.choice("unsettled", ("ask", "trust"), "ask")
            chosen["ended"] = table.choice("ended", ("refuse", "go on"), "refuse")
            chosen["lifecycle"] = self._lifecycle(table.table("lifecycle"))
        if kind == "copaco":
            chosen["detail"] = table.choice("detail", ("none", "corrections"), "none")
            chosen["lists"] = table.choices("lists", LISTS)
        elif kind == "billing":
            table.text("base_url", required="give the address of the Billing API, without the version; Copaco tells it")
            chosen["lists"] = table.choices("lists", OLDER_LISTS)
            chosen["version"] = table.choice("version", VERSIONS, VERSIONS[0])
            chosen["form"] = table.choice("form", ("json", "xml"), "json")
        table.close()
        return SourceSettings(**chosen)

    def _permissions(self, table: Table) -> tuple[str, ...]:
        found = table.choices("key_permissions", KEY_PERMISSIONS)
        if "all" in found and len(found) > 1:
            table.wrong("key_permissions", "all holds every other; write it alone, or only the others")
        return found

    def _key_form(self, table: Table) -> dict[str, Any]:
        return {
            "authentication": table.choice("authentication", AUTHENTICATION, "bearer"),
            "key_place": table.choice("key_place", ("header", "query")) or None,
            "key_name": table.text("key_name") or None,
            # The space between prefix and key belongs to the prefix, so it is not taken off.
            "key_prefix": table.text("key_prefix", strip=False) if "key_prefix" in table else None,
        }

    def _api(self, table: Table, kind: str) -> dict[str, Any]:
        """The open points of the API that were set, under the names of the source's settings."""
        readers: dict[str, Callable[[str], Any]] = {
            "base_url": lambda name: self._base_url(table, name),
            **dict.fromkeys(PATHS, lambda name: self._api_path(table, name)),
            "ca_bundle": lambda name: path_in(self._folder, table, name),
            "proxy": lambda name: self._web_address(table, name),
            "start_parameter": table.text,
            "end_parameter": table.text,
            "date_format": table.text,
            "extra_days": lambda name: table.whole(name, 1, least=0, most=31),
            "longest_window_days": lambda name: table.whole(name, 31, least=1, most=31),
            "dates_on_examples": lambda name: table.flag(name, default=False),
            "show_detail_header": table.text,
            "details_parameter": table.text,
            "no_data_words": lambda name: self._pattern(table, name),
            **{name: _seconds(table, most) for name, most in SECONDS.items()},
            "attempts": lambda name: table.whole(name, 5, least=1, most=20),
            "call_budget": lambda name: table.whole(name, 500, least=1, most=1_000_000),
            "largest_body": lambda name: table.whole(name, 4 * 1024**3, least=1024**2, most=1024**5),
        }
        readers = {name: read for name, read in readers.items() if name not in NOT_OF[kind]}
        table.know(readers)
        return {name: read(name) for name, read in readers.items() if name in table}

    def _lifecycle(self, table: Table) -> dict[str, Lifecycle]:
        """What is known of the versions of the API beside what Copaco's pages said, by name."""
        table.know(LIFECYCLE_NAMES)
        found = {}
        for name in LIFECYCLE_NAMES:
            if name in table:
                one = table.table(name)
                found[name] = Lifecycle(
                    status=one.choice("status", LIFECYCLE_STATUSES), end_of_life=one.date("end_of_life")
                )
                one.close()
        table.close()
        return found

    def _pattern(self, table: Table, name: str) -> str:
        text = table.text(name)
        try:
            re.compile(text)
        except re.error as error:
            table.wrong(name, f"is no regular expression: {error}")
        return text

    def _api_path(self, table: Table, name: str) -> str:
        path = table.text(name).strip("/")
        if not re.fullmatch(r"[A-Za-z0-9._~/-]+", path):
            table.wrong(name, "is no path below base_url; give it as in customer-invoices")
        return path

    def _web_address(self, table: Table, name: str) -> str:
        text = table.text(name)
        if _host(text) is None:
            # It may hold a password, so it is not repeated.
            table.wrong(name, "is no web address; give it as in http://proxy.example.com:8080")
        return text

    def _base_url(self, table: Table, name: str) -> str:
        text = table.text(name).rstrip("/")
        parts, host = urlsplit(text) if _host(text) else None, _host(text)
        expected = "give it as in https://api.copaco.cloud/api/v1"
        if parts is None:
            table.wrong(name, f"'{text}' is no web address; {expected}")
        elif parts.username or parts.password or parts.query or parts.fragment:
            table.wrong(name, f"holds more than an address (a name, password, question or mark); {expected}")
        elif parts.scheme == "http" and host not in _LOOPBACK:
            table.wrong(name, f"'{text}' would send the key in clear; give https://")
        return text

    def _key(self, table: Table) -> KeyReference | None:
        text = table.text("key", required=EXPECTED)
        return self._references.read(table, "key", text, WHERE_KEYS_COME_FROM) if text else None


def path_in(folder: Path, table: Table, name: str, *, required: str = "") -> Path | None:
    """A path that begins in ``folder`` unless it is absolute; ``None`` when it is absent."""
    text = table.text(name, required=required)
    return folder / Path(text).expanduser() if text else None


def _host(address: str) -> str | None:
    """The host of a web address, ``None`` when it is none."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return None
    return parts.hostname if usable else None


def _seconds(table: Table, most: float) -> Callable[[str], float]:
    return lambda name: table.seconds(name, 0, most=most)
