"""Calls to Exact: questions page by page, records that are made, and what its answers mean.

Answers are OData in JSON: ``{"d": {"results": [...], "__next": ...}}``. What Exact refuses it says in words, under
status 400 and now and then 500. Too many refusals in an hour block the app for that kind of record, so we stop before.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import requests

from connector.errors import EntryRejected, LedgerRefused, LedgerUnavailable, OutcomeUnknown
from connector.ledgers.exact.login import Login
from connector.ledgers.http import LedgerHttp, Reply
from connector.ledgers.throttle import Left

Row = dict[str, Any]
MOST_REFUSALS = 8
"""Refusals of one kind of record after which we stop: Exact blocks the app for it after ten within an hour."""
_LONGEST_FILTER = 1500
"""Characters of a filter: addresses of some 2,000 characters are taken everywhere."""
_TICKS = re.compile(r"/Date\((-?\d+)")
_OWN_WORDS = re.compile(
    r"afgesloten|closed|gebruik|in use|ongeldig|invalid|onbekend|unknown|verplicht|mandatory|toegestaan|allowed|balan",
    re.IGNORECASE,
)
"""Words by which an error under status 500 is known for Exact's own refusal, after which nothing was done."""
_CLOSED = (
    "Open the period in Exact, or book the document by hand in a period that is open and give its entry up with "
    "'connector entries reject'."
)
_CODE = "Correct the column exact of tax.csv; 'connector ledger chart' lists the codes."
_UNEVEN = (
    "Exact rounds the VAT of the document otherwise: book it by hand, or mend the cause and approve the entry again."
)
_HINTS = (("afgesloten", _CLOSED), ("closed", _CLOSED), ("btw-code", _CODE), ("vat code", _CODE), ("balan", _UNEVEN))


class Calls:
    """Calls to one division. ``company`` is its number, '' until it is known."""

    def __init__(self, http: LedgerHttp, login: Login) -> None:
        self._http, self._login = http, login
        self._refusals: Counter[str] = Counter()
        self.company = ""

    def rows(
        self, path: str, *, select: Sequence[str], where: str = "", order: str = "", company: bool = True
    ) -> Iterator[Row]:
        """Every record of ``path`` that ``where`` (a filter) lets through, page after page. Raises LedgerUnavailable,
        LedgerRefused."""
        asked = {"$select": ",".join(select)}
        if where:
            asked["$filter"] = where
        if order:
            asked["$orderby"] = order
        address, query = self._address(path, company=company), asked
        while address:
            answer = self._answered(path, self._http.look, "GET", address, query=query)
            told = answer.body.get("d") if isinstance(answer.body, dict) else None
            results = told.get("results") if isinstance(told, dict) else told
            if not isinstance(results, list):
                raise LedgerRefused("the answer is not what Exact promises: it has no records", where=answer.url)
            yield from results
            address, query = self._next(told), {}

    def _next(self, told: object) -> str:
        following = str(told.get("__next") or "") if isinstance(told, dict) else ""
        if following and not following.startswith(f"{self._http.base_url}/"):
            raise LedgerRefused("the next page lies at another address; the token is not sent there")
        return following

    def any_of(self, path: str, field: str, values: Sequence[str], *, select: Sequence[str]) -> Iterator[Row]:
        """Every record whose ``field`` is one of ``values`` (literals), as many at once as an address holds."""
        part: list[str] = []
        for value in dict.fromkeys(values):
            condition = f"{field} eq {value}"
            if part and len(" or ".join([*part, condition])) > _LONGEST_FILTER:
                yield from self.rows(path, select=select, where=" or ".join(part))
                part = []
            part.append(condition)
        if part:
            yield from self.rows(path, select=select, where=" or ".join(part))

    def create(self, path: str, record: Row) -> Row:
        """Make a record; what Exact made of it. Raises EntryRejected, LedgerRefused, LedgerUnavailable (certainly not
        done) and OutcomeUnknown."""
        if self._refusals[path] >= MOST_REFUSALS:
            raise LedgerRefused(
                f"Exact refused {MOST_REFUSALS} records of {path}; two more and it blocks the app for an hour",
                hint="Mend what 'connector deliveries --state rejected' tells, then run 'connector sync' in an hour.",
            )
        answer = self._answered(
            path,
            self._http.change,
            "POST",
            self._address(path),
            body=record,
            headers={"Prefer": "return=representation"},
        )
        made = answer.body.get("d") if isinstance(answer.body, dict) else None
        if not isinstance(made, dict):
            raise OutcomeUnknown("Exact took the record and did not say what it made of it", where=answer.url)
        return made

    def _address(self, path: str, *, company: bool = True) -> str:
        return f"api/v1/{self.company}/{path}" if company else f"api/v1/{path}"

    def _answered(self, path: str, ask: Any, method: str, address: str, **named: Any) -> Reply:
        reply: Reply = ask(method, address, certain=_in_own_words, **named)
        if reply.status == requests.codes.unauthorized:
            # Nothing was done. The token may have ended on the way; a second refusal is told.
            self._login.refused()
            reply = ask(method, address, certain=_in_own_words, **named)
        if reply.status < 400:
            return reply
        self._refusals[path] += 1
        said = message_of(reply)
        if reply.status == requests.codes.unauthorized:
            raise LedgerRefused("Exact does not let us in", hint="Log in again with 'connector ledger login'.")
        if reply.status == requests.codes.forbidden:
            raise LedgerRefused(
                f"Exact forbids it: {said or 'no reason was given'}",
                hint="Give the user of the login the rights for this record in Exact; if the app is blocked after too "
                "many refusals, wait an hour.",
                where=reply.url,
            )
        if reply.status == requests.codes.not_found:
            raise LedgerRefused(
                f"Exact does not know {path}", hint="Check division and url of the ledger.", where=reply.url
            )
        if method == "GET":
            raise LedgerUnavailable(f"Exact cannot answer: {said or reply.status}", where=reply.url)
        raise EntryRejected(f"Exact refuses it: {said or f'status {reply.status}'}", hint=_hint(said), where=reply.url)


def message_of(reply: Reply) -> str:
    """What Exact says of an error, '' when it says nothing."""
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    value = message.get("value") if isinstance(message, dict) else message
    return str(value or "").strip()


def _in_own_words(reply: Reply) -> bool:
    return bool(_OWN_WORDS.search(message_of(reply)))


def _hint(said: str) -> str:
    low = said.lower()
    return next((hint for word, hint in _HINTS if word in low), "")


def text(value: str) -> str:
    """``value`` as a literal in a filter."""
    return "'" + value.replace("'", "''") + "'"


def guid(value: str) -> str:
    """The id ``value`` as a literal in a filter."""
    return f"guid'{value}'"


def amount(value: object) -> Decimal:
    """An amount that Exact tells, as an exact number; nothing is nought."""
    return Decimal(str(value)) if value is not None else Decimal(0)


def day(value: object) -> datetime.date:
    """A date as Exact tells it: ``/Date(1793491200000)/``, milliseconds since 1970, or year-month-day."""
    told = str(value)
    if ticks := _TICKS.match(told):
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=int(ticks[1]))).date()  # noqa: DTZ001
    return datetime.date.fromisoformat(told[:10])


def left(headers: Mapping[str, str], now: datetime.datetime) -> Left | None:
    """What the headers tell of the limits: the narrower of the minute's and the day's, when one is used up."""
    found = [
        Left(calls=int(remaining), seconds=max(int(reset) / 1000 - now.timestamp(), 0.0))
        for kind in ("Minutely-", "")
        if (remaining := headers.get(f"X-RateLimit-{kind}Remaining", "")).lstrip("-").isdecimal()
        and (reset := headers.get(f"X-RateLimit-{kind}Reset", "")).isdecimal()
    ]
    used_up = [each for each in found if each.calls <= 0]
    return max(used_up, key=lambda each: each.seconds, default=found[0] if found else None)
