"""How Odoo is called: one Protocol, and what Odoo's own errors mean.

Each call is one transaction in Odoo. An error that Odoo gives a name of its own (``odoo.exceptions.…``) was raised
inside that transaction, so it was rolled back: such a refusal is certain, whatever the status of the answer. Any other
error of a server says nothing of what became of a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from connector.errors import EntryRejected, LedgerError, LedgerRefused, OutcomeUnknown
from connector.ledgers.wording import one_line

Row = Mapping[str, Any]
"""One record as Odoo tells it, by field; what is empty is ``False``, another record is ``[id, name]``."""

OURS = "odoo.exceptions."
_KEY_REFUSED = frozenset({"odoo.exceptions.AccessDenied", "werkzeug.exceptions.Unauthorized"})
_NO_RIGHT = "odoo.exceptions.AccessError"
KEY_HINT = (
    "Odoo's API keys expire, after three months at most unless an administrator changed that. Log in to Odoo as the "
    "user of the connector, make a new key (My profile, Account security, New API key), put it where api_key of the "
    "ledger points, and run the same command again. Nothing is posted twice."
)


class Transport(Protocol):
    """One interface of Odoo. ``ids`` are the records that a method works on; the rest are its arguments by name."""

    def open(self) -> None:
        """Log in, where that is a step of its own. Raises LedgerUnavailable, LedgerRefused."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...

    def look(self, model: str, method: str, *, ids: Sequence[int] = (), **named: Any) -> Any:
        """Call what changes nothing. Raises LedgerUnavailable, LedgerRefused."""
        ...

    def change(self, model: str, method: str, *, ids: Sequence[int] = (), **named: Any) -> Any:
        """Call what changes something, once. Raises EntryRejected (Odoo said no and changed nothing),
        LedgerUnavailable, LedgerRefused and OutcomeUnknown."""
        ...


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """An error as Odoo tells it: the ``name`` of its class, and its ``message`` for people."""

    name: str
    message: str

    @property
    def certain(self) -> bool:
        """Whether nothing was changed."""
        return self.name.startswith(OURS) or self.name in _KEY_REFUSED


def trouble_of(body: object) -> Trouble | None:
    """The error in ``body``, which has a name and a message; ``None`` when it is none. Its ``debug`` is a traceback
    with values in it, and is not read."""
    if not isinstance(body, Mapping) or not isinstance(body.get("name"), str):
        return None
    return Trouble(name=body["name"], message=one_line(str(body.get("message") or ""), limit=500))


def error_of(trouble: Trouble, *, changing: bool, where: str, secret: str) -> LedgerError:
    """The error of ours that ``trouble`` is. ``secret`` is taken out, in case Odoo repeats it."""
    said = trouble.message.replace(secret, "***") if secret else trouble.message
    if trouble.name in _KEY_REFUSED:
        return LedgerRefused(f"Odoo refuses the API key: {said}", hint=KEY_HINT, where=where)
    if trouble.name == _NO_RIGHT:
        return LedgerRefused(
            f"the user of the connector may not do this in Odoo: {said}",
            hint="Give that user the rights that docs/ledgers/odoo.md names, for the company of the ledger.",
            where=where,
        )
    if not changing:
        return LedgerRefused(f"Odoo cannot answer: {said} ({trouble.name})", where=where)
    if trouble.certain:
        return EntryRejected(f"Odoo refuses it: {said}", where=where)
    return OutcomeUnknown(f"Odoo failed: {said} ({trouble.name})", where=where)


def unreadable(*, changing: bool, where: str) -> LedgerError:
    """An answer that is none of Odoo's."""
    if changing:
        return OutcomeUnknown("the answer is none that Odoo gives: what was done is not known", where=where)
    return LedgerRefused(
        "the answer is none that Odoo gives",
        hint="Check url: it is the address of the Odoo server without a path, such as https://odoo.example.com.",
        where=where,
    )


def elsewhere(status: int, *, where: str) -> LedgerRefused:
    """The address leads nowhere, or somewhere else; nothing was done."""
    return LedgerRefused(
        f"there is no such interface at this address (status {status})",
        hint="Check url (with https, without a path), database and api: json2 is there from Odoo 19, jsonrpc up to 21.",
        where=where,
    )


def id_of(value: object) -> int | None:
    """The id of another record in a field; ``None`` when the field is empty."""
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        value = value[0]
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_of(value: object) -> str:
    """The text of a field; '' when it is empty."""
    return value if isinstance(value, str) else ""
