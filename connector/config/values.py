"""The settings as values: frozen, checked, and with secrets that do not print themselves."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from connector.config.secret import KeyReference
from connector.config.service import ServiceSettings
from connector.config.table import nearest
from connector.domain.notice import KINDS, Kind, Timing
from connector.domain.schedule import Schedule
from connector.errors import SettingsError

Sale = Literal["report", "draft", "post"]
SaleSource = Literal["customer-specifications", "customer-invoices"]
AutoPost = Literal["off", "known", "all"]
OnChange = Literal["hold", "delta", "reverse"]
PaperUse = Literal["none", "when there", "required"]
ShownDetails = Literal["printed", "all", "none"]
BOOKING_HASH_ALGORITHM = 1
LANGUAGES = ("en", "nl", "fr")


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What every command needs before ``connector.toml`` is read.

    ``folder`` is the working folder, where ``connector.toml``, ``.env`` and the default database are.
    ``database_url`` is a SQLAlchemy URL with an absolute path; it may hold a password, so show ``database_shown``
    instead. ``log`` is a file, ``None`` for stderr.
    """

    folder: Path
    config: Path
    database_url: str = field(repr=False)
    database_shown: str
    log: Path | None
    language: str
    debug: bool = False


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """What the settings say of a version of an API: ``status`` in Copaco's words, '' to leave it, and the last day on
    which it answers."""

    status: str
    end_of_life: datetime.date | None


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Where the documents of an administration come from.

    ``kind`` is 'copaco' (the current API), 'billing' (the older Billing API, asked for its ``version`` in ``form``) or
    'files' (saved answers in ``folder``). ``authentication`` names one of the
    usual ways to send the key; ``key_place``, ``key_name`` and ``key_prefix`` say otherwise where they are not
    ``None``. ``base_url_place`` is the file and line of ``base_url``, or of the table. ``api`` holds what else was
    set of the API's open points, by the names of the source's own settings; what is not in it was not set, and the
    source knows the default.

    With ``detail`` 'corrections' a window with correction lines is asked again with their single changes, which explain
    them and are never booked.

    With ``unsettled`` 'trust' entries of an endpoint that may change without notice go out by ``auto_post``; with
    'ask' a person approves them. With ``ended`` 'go on' a version is asked past its end of life. ``lifecycle`` is what
    is known of versions, by name. ``lists`` are those asked beside the invoices: 'subscriptions', 'products'; of the
    older API 'consolidated', 'subscription-details'.

    ``key_expires`` is the last day of the key and ``key_permissions`` what it may do, both as a person read them in the
    partner portal: the API tells neither.
    """

    kind: Literal["copaco", "billing", "files"]
    folder: Path | None = None
    key: KeyReference | None = None
    authentication: str = "bearer"
    key_place: Literal["header", "query"] | None = None
    key_name: str | None = None
    key_prefix: str | None = None
    key_expires: datetime.date | None = None
    key_permissions: tuple[str, ...] = ()
    tax_scale: Literal["auto", "percent", "fraction"] = "auto"
    base_url_place: str = ""
    detail: Literal["none", "corrections"] = "none"
    unsettled: Literal["ask", "trust"] = "ask"
    ended: Literal["refuse", "go on"] = "refuse"
    lifecycle: Mapping[str, Lifecycle] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    version: Literal["v4", "v3", "v2"] = "v4"
    form: Literal["json", "xml"] = "json"
    api: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LedgerSettings:
    """Which ledger the entries go to.

    ``options`` are the adapter's own settings, as texts, and ``secrets`` those that are references to a secret;
    ``where`` is their place in the file.
    """

    kind: str
    folder: Path | None
    closed_until: datetime.date | None
    options: tuple[tuple[str, str], ...]
    where: str
    secrets: tuple[tuple[str, KeyReference], ...] = ()


@dataclass(frozen=True, kw_only=True)
class DocumentSettings:
    """How documents for customers look: which ``details`` of subscriptions they show, their ``language`` ('' for that
    of whoever makes them), the lines at their top, and the address (a beginning of links) where customers find them."""

    details: ShownDetails = "printed"
    language: str = ""
    header: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class NotifySettings:
    """Whom the service tells what happens: ``to`` are references to Apprise addresses, nobody is told without one.

    ``events`` are the kinds that are told; held documents when those that were not told yet exceed ``held_above`` minor
    units; ``timing`` says when, ``language`` ('' for that of the connection) in which words.
    """

    to: tuple[KeyReference, ...] = ()
    events: tuple[Kind, ...] = tuple(KINDS)
    held_above: int = 0
    timing: Timing = field(default_factory=Timing)
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class Administration:
    """One set of books of one legal entity.

    ``mapping`` is the folder of its mapping set, ``where`` its place in the file. ``vat_number`` has no spaces or
    points. ``book_from`` (inclusive) keeps documents dated before it out of the books. A second person approves
    entries of more than ``second_approval_above`` minor units (``None``: no amount asks for it), and with
    ``second_approval_new`` those with something new. ``look_back_days`` is subtracted from the watermark at every
    fetch. A month without an invoice is warned of after ``invoice_by_day`` (0: never), totals that moved by more than
    ``alarm_percent`` and ``alarm_above`` minor units are told of. ``schedule`` says when the service synchronises it,
    ``notify`` whom it tells. Documents are kept ``retention_years`` after the end of their year. ``given`` is the file
    and line of every setting that was set, by its name in the file ('source.kind'); what is not in it has its default.
    """

    name: str
    country: str
    currency: str
    vat_number: str
    company_name: str
    source: SourceSettings
    ledger: LedgerSettings
    mapping: Path
    sale: Sale
    sale_source: SaleSource
    book_from: datetime.date | None
    auto_post: AutoPost
    second_approval_above: int | None
    second_approval_new: bool
    look_back_days: int
    on_change: OnChange
    invoice_by_day: int
    alarm_percent: int
    alarm_above: int
    paper: PaperUse
    retention_years: int
    where: str
    documents: DocumentSettings = field(default_factory=DocumentSettings)
    schedule: Schedule = field(default_factory=Schedule)
    notify: NotifySettings = field(default_factory=NotifySettings)
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def booking_hash(self) -> str:
        """SHA-256, as hex, of the settings that can change what is booked; the mapping set has a version of its
        own."""
        parts = {
            "algorithm": BOOKING_HASH_ALGORITHM,
            "country": self.country,
            "currency": self.currency,
            "vat_number": self.vat_number,
            "company_name": self.company_name,
            "sale": self.sale,
            "sale_source": self.sale_source,
            "book_from": str(self.book_from),
            "on_change": self.on_change,
            "paper": self.paper,
            "closed_until": str(self.ledger.closed_until),
            "tax_scale": self.source.tax_scale,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that was set: the connection, the administrations in the order of the file, and the service."""

    connection: Connection
    administrations: tuple[Administration, ...]
    service: ServiceSettings = field(default_factory=ServiceSettings)

    def select(self, names: tuple[str, ...] = ()) -> tuple[Administration, ...]:
        """The administrations with these names, all when there are none. Raises SettingsError for an unknown name."""
        known = {administration.name: administration for administration in self.administrations}
        for name in names:
            if name not in known:
                raise SettingsError(
                    f"there is no administration '{name}'{nearest(name, known)}",
                    where=str(self.connection.config),
                    hint=f"Administrations: {', '.join(known)}.",
                )
        return tuple(known[name] for name in dict.fromkeys(names or known))
