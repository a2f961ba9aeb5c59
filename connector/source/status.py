"""What an HTTP answer that is not a 200 means for us (U8): the one place where status codes are translated.

401 and 403 are the key, 400 our dates, 404 a wrong path unless the text says that there is nothing; 408, 429
and 5xx pass by themselves. Every other refusal is final.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from http import HTTPStatus

import msgspec

from connector.errors import SourceFormatError, SourceRefused, SourceUnavailable
from connector.source.bodies import is_xml

_LONGEST_QUOTE = 200
_NAMES_OF_WORDS = {"message", "error", "title", "detail", "error_description"}
_NOT_ACTIVATED = re.compile(
    r"\bnot\s+(?:been\s+)?activated\b|\bniet\s+geactiveerd\b|\baccount\s?manager\b", re.IGNORECASE
)
_ASK_FOR_IT = (
    "Copaco opens this list on request: ask your account manager there to activate it for your account. The API key "
    "needs no change."
)
_ADDRESS = re.compile(r"\bIP[ -]?(?:address|adres)\w*|\ballow[ -]?list|\bwhite[ -]?list|\ballowed IP", re.IGNORECASE)
_LIST_THE_ADDRESS = (
    "It answers only addresses that were listed with the key. For the older API the Account Administrator adds the "
    "public address of this computer in the Support Center (profile, 'Your APIs', 'Billing API'). The key needs no "
    "change."
)
_TITLE = re.compile(r"<title(?:\s[^<>]*)?>([^<]*)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}

_HINTS: dict[int, str] = {
    400: "The source does not like our question, most likely the dates: ask for an earlier or shorter window, or set "
    "the extra days at both ends to 0.",
    401: "The key is wrong, deleted or expired, or it is sent in another form than Copaco expects: look at its expiry "
    "date in the partner portal, and at the setting 'authentication', which says how the key is sent.",
    403: "The key is valid but not for this: check its permissions (All, or one per list), its environment "
    "(PRODUCTION) and its expiry date in the partner portal.",
    404: "Check the base URL and the path of this list; customer-invoices exists only on request at Copaco. The older "
    "Billing API is asked with kind = 'billing', and its base URL has no version.",
    405: "Check the base URL and the path of this list.",
    407: "The proxy wants a name and password: check the setting for the proxy.",
    410: "This version of the API has ended: look for a new version of the connector.",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, for the sentences: ``where`` is the address without query, ``question`` the parameters
    without the key.
    """

    where: str
    question: str


def passes_by_itself(status: int) -> bool:
    """Whether it makes sense to ask the same again after a while."""
    return status in _PASSING or 500 <= status < 600


def refusal(status: int, words: str, asked: Asked) -> SourceRefused | SourceFormatError:
    """The error for a status that will not pass by itself. ``words`` is what the source said about it,
    without the key.
    """
    name = _name(status)
    said = f'; it says: "{words}"' if words else ""
    what = f" to the question {asked.question}" if status == HTTPStatus.BAD_REQUEST and asked.question else ""
    if status < 400:
        return SourceFormatError(
            f"The source answers {name}, which is neither a list of invoices nor an error{said}", where=asked.where
        )
    if status == HTTPStatus.FORBIDDEN and _NOT_ACTIVATED.search(words):
        return SourceRefused(
            f"Copaco has not activated this list for your account ({name}){said}", where=asked.where, hint=_ASK_FOR_IT
        )
    if status == HTTPStatus.FORBIDDEN and _ADDRESS.search(words):
        return SourceRefused(
            f"The source refuses the address of this computer, not the key ({name}){said}",
            where=asked.where,
            hint=_LIST_THE_ADDRESS,
        )
    kind = {
        401: "refuses the API key: wrong or expired",
        403: "refuses the API key for this list: no permission, or expired",
        404: "does not know this path",
    }.get(status, "refuses the request")
    return SourceRefused(
        f"The source {kind} ({name}{what}){said}",
        where=asked.where,
        hint=_HINTS.get(status, SourceRefused.default_hint),
    )


def passing(status: int, words: str, asked: Asked, retry_after: float | None) -> SourceUnavailable:
    """The error for a status that passes by itself, for when we stop waiting."""
    said = f'; it says: "{words}"' if words else ""
    what = "asks us to slow down" if status == HTTPStatus.TOO_MANY_REQUESTS else "cannot answer now"
    return SourceUnavailable(f"The source {what} ({_name(status)}){said}", retry_after=retry_after, where=asked.where)


def says_no_data(status: int, words: str, pattern: str) -> bool:
    """Whether a 404 is about the invoices ("no invoices found") and not about the path."""
    return status == HTTPStatus.NOT_FOUND and re.search(pattern, words, re.IGNORECASE) is not None


def words_of(body: bytes, *secrets: str) -> str:
    """What an error body says, which may be JSON or XML: on one line of at most 200 characters, without ``secrets`` and
    control characters.
    """
    text = body.decode("utf-8-sig", errors="replace").strip()
    if text.startswith("<"):
        text = unescape(_words_of_markup(text))
    elif text.startswith(("{", "[")):
        text = _texts_in(text)
    for secret in secrets:
        text = text.replace(secret, "***")
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """The wait a ``Retry-After`` header asks for, in seconds or until an HTTP date; None when absent or
    unreadable.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _name(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _words_of_markup(text: str) -> str:
    """The texts of XML, or the title of a web page, whose other words are many."""
    if is_xml(text.encode()):
        return _TAG.sub(" ", text)
    title = _TITLE.search(text)
    return title[1] if title else ""


def _texts_in(text: str) -> str:
    """The texts of a JSON error body under the names that are common for them; the whole body when there are
    none.
    """
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    found: list[str] = []
    rest = [body]
    while rest:
        part = rest.pop(0)
        if isinstance(part, dict):
            for name, value in part.items():
                if isinstance(value, str) and name.lower() in _NAMES_OF_WORDS:
                    found.append(value)
                elif isinstance(value, dict | list):
                    rest.append(value)
        elif isinstance(part, list):
            rest.extend(part)
    return ": ".join(found) or text
