"""Tryton's JSON-RPC: one call, its session, and what its answers mean.

Every answer has status 200, also a refusal; only a session that is over, or never was, is a 401. A refusal undoes the
whole transaction, so nothing of it was done. An error that is none of Tryton's own may have come at the very end of the
transaction: what was done is then not known.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from connector.domain.money import from_minor, to_minor
from connector.errors import EntryRejected, LedgerRefused, LedgerUnavailable, OutcomeUnknown
from connector.ledgers.http import LedgerHttp, Reply

_REFUSALS = {"UserError", "UserWarning", "ConcurrencyException", "LoginException"}
_PAGE = 1000
EURO = "EUR"


class Refused(EntryRejected):
    """Tryton says no to what it was asked. ``warning`` names the warning that a person would have to accept."""

    def __init__(self, message: str, *, warning: str = "", hint: str = "", where: str = "") -> None:
        super().__init__(message, hint=hint, where=where)
        self.warning = warning


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Who logs in, and where: the database, its user, and the password when it is asked for."""

    database: str
    user: str
    password: Callable[[], str]
    company: int


class TrytonSession:
    """Calls models of one database as one user. Logs in on first use, and once again when the session is over."""

    def __init__(self, http: LedgerHttp, account: Account, hide: Callable[[str], object]) -> None:
        self._http, self._account, self._hide = http, account, hide
        self._authorization = ""

    def look(self, model: str, method: str, *arguments: object) -> Any:
        """The result of something that changes nothing. Raises LedgerUnavailable, LedgerRefused."""
        reply = self._called(self._http.look, f"model.{model}.{method}", arguments)
        error = _error(reply)
        if error is None:
            return _plain(reply.body["result"])
        what = f"Tryton refuses to read {model}: {error[1]}"
        raise LedgerRefused(what, where=reply.url, hint="The user needs the right to read it; ask the administrator.")

    def change(self, model: str, method: str, *arguments: object) -> Any:
        """Have something done, once. Raises Refused, LedgerUnavailable, LedgerRefused and OutcomeUnknown."""
        reply = self._called(self._http.change, f"model.{model}.{method}", arguments)
        error = _error(reply)
        if error is None:
            return _plain(reply.body["result"])
        kind, message, warning = error
        if kind not in _REFUSALS:
            raise OutcomeUnknown(f"Tryton failed while it was working: {message}", where=reply.url)
        raise Refused(f"Tryton refuses the entry: {message}", warning=warning, hint=_hint(message, warning))

    def rows(self, model: str, domain: Sequence[object], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Every record within ``domain``, by id. Raises LedgerUnavailable, LedgerRefused."""
        found: list[dict[str, Any]] = []
        last = 0
        while True:
            # By id and not by position: a record that is added meanwhile would move the others.
            within = [list(domain), ["id", ">", last]]
            page = self.look(model, "search_read", within, 0, _PAGE, [["id", "ASC"]], list(fields))
            found += page
            if len(page) < _PAGE:
                return found
            last = page[-1]["id"]

    def _called(self, call: Callable[..., Reply], method: str, arguments: Sequence[object]) -> Reply:
        context = {"company": self._account.company, "language": "en"}
        for _ in range(2):
            if not self._authorization:
                self._log_in()
            body = {"id": 1, "method": method, "params": [*arguments, context]}
            reply = call("POST", self._path, body=body, headers={"Authorization": self._authorization})
            if reply.status != 401:
                return self._readable(reply, method)
            self._authorization = ""  # a refused session did nothing, so the call can be made again
        raise LedgerRefused(
            "Tryton ends each session at once", where=reply.url, hint="Look at its settings of sessions."
        )

    @property
    def _path(self) -> str:
        return f"{self._account.database}/"

    def _log_in(self) -> None:
        password = self._account.password()
        body = {"id": 1, "method": "common.db.login", "params": [self._account.user, {"password": password}, "en"]}
        reply = self._http.look("POST", self._path, body=body)
        if reply.status == 401 or (reply.status == 200 and _error(reply)):
            raise LedgerRefused(
                f"Tryton does not let the user {self._account.user} in",
                where=reply.url,
                hint="Check the settings user and password, and that the user may log in to this database.",
            )
        number, session = self._readable(reply, "common.db.login").body["result"]
        self._hide(session)
        text = f"{self._account.user}:{number}:{session}"
        encoded = base64.b64encode(text.encode()).decode()
        self._hide(encoded)
        self._authorization = f"Session {encoded}"

    def _readable(self, reply: Reply, method: str) -> Reply:
        if reply.status == 404:
            raise LedgerRefused(
                f"there is no database {self._account.database} on this server",
                where=reply.url,
                hint="Check the settings url and database.",
            )
        if reply.status == 403:
            raise LedgerRefused(f"this Tryton does not offer {method}", where=reply.url, hint="Check its version: 7.0.")
        if reply.status != 200 or not isinstance(reply.body, Mapping) or not {"result", "error"} & reply.body.keys():
            raise LedgerUnavailable(
                f"what answers here is no Tryton (status {reply.status})",
                where=reply.url,
                hint="Check the setting url: the address of the server, without the database.",
            )
        return reply


def date_there(day: datetime.date) -> dict[str, object]:
    """A date as Tryton takes it."""
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


def amount_there(minor: int) -> dict[str, object]:
    """An amount in euros as Tryton takes it: a decimal in text."""
    return {"__class__": "Decimal", "decimal": f"{from_minor(minor, EURO):f}"}


def binary(content: bytes) -> dict[str, str]:
    """``content`` as Tryton takes it."""
    return {"__class__": "bytes", "base64": base64.b64encode(content).decode()}


def minor_here(amount: Decimal | None) -> int:
    """An amount of Tryton's in cents."""
    return to_minor(amount or Decimal(0), EURO)


def _error(reply: Reply) -> tuple[str, str, str] | None:
    """Kind, message and name of a warning; ``None`` when there is no error."""
    error = reply.body.get("error") if isinstance(reply.body, Mapping) else None
    if not error:
        return None
    kind, told = str(error[0]), error[1] if len(error) > 1 else ""
    if kind not in _REFUSALS:
        return "", kind, ""  # (text, traceback): the traceback is not for people
    parts = [str(part) for part in told] if isinstance(told, list) else [str(told)]
    if kind == "UserWarning":
        return kind, _sentence(parts[1:]), parts[0]
    return kind, _sentence(parts), ""


def _hint(message: str, warning: str) -> str:
    if warning:
        return (
            "Tryton asks a person to confirm this, which the connector never does. Mend the cause, or book the "
            "document by hand and give its entry up with 'connector entries reject'."
        )
    if "period" in message:
        return (
            "Open the period and its journals again in Tryton (opening the period alone does not open its journals), "
            "then approve the entry again. Or book the document by hand in an open period, and give its entry up with "
            "'connector entries reject'."
        )
    return "Mend in Tryton what it names, then approve the entry again."


def _sentence(parts: Sequence[str]) -> str:
    """The message, without descriptions that are empty and the domain that only programs read."""
    return " ".join(" ".join(part.split()) for part in parts[:2] if part and part != "None")[:500]


def _plain(value: Any) -> Any:
    """``value`` with Tryton's decimals and dates as Python's."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return datetime.date(value["year"], value["month"], value["day"])
        case _:
            return {name: _plain(one) for name, one in value.items()}
