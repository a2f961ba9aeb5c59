"""Texts in the language of the reader: sentences, names of states, amounts and dates, in English, Dutch and
French.

English texts are the ids of their translations (``locale/<language>/LC_MESSAGES/connector.po``). The language
is chosen once per command or request with ``use``.
"""

from __future__ import annotations

import datetime
import gettext as gettext_catalogues
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from pathlib import Path

from connector.domain import catalogue
from connector.domain import sentence as sentences
from connector.domain.finding import Finding, Severity
from connector.domain.money import show

LANGUAGES = ("en", "nl", "fr")
LOCALE = Path(__file__).resolve().parent / "locale"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_SIGNS = {"en": (",", "."), "nl": (".", ","), "fr": (NO_BREAK_SPACE, ",")}
"""The sign between thousands and the decimal sign."""
_DATES = {"en": "%Y-%m-%d", "nl": "%d-%m-%Y", "fr": "%d/%m/%Y"}
_SHOWN_AMOUNT = re.compile(r"-?\d{1,3}(?:,\d{3})*\.\d{2}")
_language: ContextVar[str] = ContextVar("connector_language", default="en")


def use(language: str) -> None:
    """Speak ``language`` ('en', 'nl' or 'fr') from now on, in this context."""
    assert language in LANGUAGES, f"{language} is not a language of the connector"
    _language.set(language)


def language() -> str:
    """The language that is spoken now."""
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak ``language`` inside, and the language of before after it."""
    before = _language.get()
    use(language)
    try:
        yield
    finally:
        use(before)


def _(text: str) -> str:
    """``text`` in the language of the reader; itself where there is no translation."""
    return _translations(_language.get()).gettext(text) if text else ""


def marked(text: str) -> str:
    """``text`` itself, marked for the translators: for tables, which are made before the language is known."""
    return text


def many(one: str, more: str, number: int) -> str:
    """The text for ``number`` things, with ``{number}`` filled in: ``many("1 line", "{number} lines", 3)``."""
    return _translations(_language.get()).ngettext(one, more, number).format(number=number)


@cache
def _translations(language: str) -> gettext_catalogues.NullTranslations:
    if language == "en":
        return gettext_catalogues.NullTranslations()
    return gettext_catalogues.translation("connector", LOCALE, [language], fallback=True)


def money(minor: int, currency: str = "EUR") -> str:
    """An amount as the reader writes it: 123456 is '1,234.56', '1.234,56' or '1 234,56'."""
    return _with_signs(show(minor, currency))


def date(day: datetime.date) -> str:
    """A day as the reader writes it: '2024-01-31', '31-01-2024' or '31/01/2024'."""
    return f"{day:{_DATES[_language.get()]}}"


def day(text: str) -> str:
    """A day that is kept as text, as '2024-01-31', as the reader writes it; another text stays as it is."""
    return _date_text(text)


def shown(text: str) -> str:
    """A text of ours that is a day or a shown amount, '2024-01-31' or '1,234.56', as the reader writes it."""
    return _date_text(_money_text(text)) if _SHOWN_AMOUNT.fullmatch(text) else _date_text(text)


def percent(share: Decimal) -> str:
    """A share of a hundred, as the reader writes it: '99.90 %' or '99,90 %'."""
    return f"{_with_signs(str(share))} %"


def number(value: Decimal, decimals: int = 0) -> str:
    """A number as the reader writes it, exactly, with at least ``decimals`` decimals: '1.234,50'."""
    whole, _point, after = f"{value:,f}".partition(".")
    after = after.rstrip("0").ljust(decimals, "0")
    return _with_signs(f"{whole}.{after}" if after else whole)


def month(period: str) -> str:
    """A month that is kept as 'YYYY-MM', with its name: 'January 2026'."""
    year, _dash, one = period.partition("-")
    return f"{_(MONTHS[int(one) - 1])} {year}"


MONTHS = (
    marked("January"), marked("February"), marked("March"), marked("April"), marked("May"), marked("June"),
    marked("July"), marked("August"), marked("September"), marked("October"), marked("November"), marked("December"),
)  # fmt: skip


def exact_number(exact: Decimal) -> str:
    """A number with all its digits, as the reader writes it: '0.70', '0,70'."""
    return _with_signs(f"{exact:f}")


def lines(number: int) -> str:
    """A number of lines of a document: '3 lines'."""
    return many("1 line", "{number} lines", number)


def sentence(finding: Finding) -> str:
    """What ``finding`` says."""
    return _fill(catalogue.entry_of(finding.code).sentence, finding)


def next_step(finding: Finding) -> str:
    """What a person does next about ``finding``."""
    return _fill(catalogue.entry_of(finding.code).next_step, finding)


def severity(weight: Severity) -> str:
    """How much a finding weighs, in a word."""
    return {
        Severity.HOLD: _("hold"),
        Severity.WARN: _("warning"),
        Severity.REPORT: _("notice"),
    }[weight]


def state(name: str) -> str:
    """The state of a document, line or delivery, in a word."""
    return _(name)


def reason(text: str) -> str:
    """Why something stands where it stands: in the reader's language where it is the connector that says so."""
    for beginning, told in _BEGINNINGS.items():
        if text.startswith(beginning):
            why = text.removeprefix(beginning)
            return _(told).format(why=_(why) if why in STATES else why)
    return _(_REASONS.get(text, "")) or text


_REASONS = {
    "prepared": marked("prepared"),
    "approved": marked("approved"),
    "intent": marked("about to be sent"),
    "found in the ledger": marked("found in the ledger"),
    "looked up: the ledger does not have it": marked("looked up: the ledger does not have it"),
    "found while sending: the run before was interrupted": marked("the run before was interrupted while sending"),
    "backfill --post": marked("approved by backfill --post"),
    "superseded by a new preparation": marked("superseded by a new preparation"),
    "superseded: the document is held": marked("superseded: the document is held"),
    "not prepared yet": marked("not prepared yet"),
    "sale = report": marked("sales are compared only"),
    "compares only": marked("compares only"),
    "a person holds it": marked("a person holds it"),
    "withdrawn by a person": marked("withdrawn by a person"),
    "reclassified": marked("reclassified"),
    "its VAT would change, which only a credit note or another document can do": marked(
        "its VAT would change, which only a credit note or another document can do"
    ),
    "an earlier reclassification of it is still on its way": marked(
        "an earlier reclassification of it is still on its way"
    ),
    "its period is closed": marked("its period is closed"),
    "no entry of its document is known here": marked("no entry of its document is known here"),
    "a reclassification that is not known here: its document is not reclassified before it is": marked(
        "a reclassification that is not known here: its document is not reclassified before it is"
    ),
    "its document is known here, this entry of it is not": marked(
        "its document is known here, this entry of it is not"
    ),
    "its key cannot be read": marked("its key cannot be read"),
    "the ledger holds it more than once": marked("the ledger holds it more than once"),
    "the ledger does not hold it": marked("the ledger does not hold it"),
    "looked up: booked through another channel, nothing was sent": marked(
        "looked up: booked through another channel, nothing was sent"
    ),
    "the cost of its adopted booking was not moved yet": marked("the cost of its adopted booking was not moved yet"),
    "the ledger does not hold the booking that was adopted for it": marked(
        "the ledger does not hold the booking that was adopted for it"
    ),
    "the booking that was adopted for it has another total, currency or VAT now": marked(
        "the booking that was adopted for it has another total, currency or VAT now"
    ),
    "a booking by another channel was adopted for it, and the ledger does not tell of such bookings": marked(
        "a booking by another channel was adopted for it, and the ledger does not tell of such bookings"
    ),
    "it moves the cost of an adopted booking: the links to both are lost": marked(
        "it moves the cost of an adopted booking: the links to both are lost"
    ),
    "it moves the cost of a booking that was adopted for a document, and is not known here": marked(
        "it moves the cost of a booking that was adopted for a document, and is not known here"
    ),
    "looked up only, nothing is sent": marked("looked up only, nothing is sent"),
}
"""What the connector itself gives as a reason; the words of persons and of ledgers stay as they are."""
_BEGINNINGS = {
    "look-up failed, nothing was sent: ": marked("nothing was sent: {why}"),
    "nothing was sent: ": marked("nothing was sent: {why}"),
    "superseded: the document is ignored ": marked("superseded: the document is ignored {why}"),
    "it would be held: ": marked("it would be held: {why}"),
    "a rule would ignore lines of it: ": marked("a rule would ignore lines of it: {why}"),
    "the ledger holds it, and here it is ": marked("the ledger holds it, and here it is {why}"),
    "the ledger holds it with other content, and here it is ": marked(
        "the ledger holds it with other content, and here it is {why}"
    ),
    "linked to what the ledger holds: ": marked("linked to what the ledger holds: {why}"),
    "booked through another channel: ": marked("booked through another channel: {why}"),
    "adopted: ": marked("adopted: {why}"),
    "the adopted booking is not in the ledger any more, or was changed: ": marked(
        "the adopted booking is not in the ledger any more, or was changed: {why}"
    ),
    "read back: ": marked("read back: {why}"),
    "posted, and could not be read back: ": marked("posted, and could not be read back: {why}"),
    "auto_post = ": marked("by the setting auto_post = {why}"),
}


LEDGER_DOUBTS = (
    marked("the ledger has no such account"),
    marked("the ledger has no such VAT code"),
    marked("tax.csv names no VAT code of the ledger"),
    marked("the ledger's VAT code has another rate"),
)
"""What may be wrong between the tables and a ledger (``connector.domain.ledger_check.Doubt``)."""
DIRECTIONS = (marked("purchase"), marked("sale"))
"""Both directions of documents; each is translated."""
STANDINGS = (marked("matched"), marked("missing"), marked("different"), marked("unexpected"))
"""How an entry stands beside the ledger; each is translated."""
DIFFERING = (marked("date"), marked("currency"), marked("total"), marked("account"), marked("vat"))
"""What can differ between an entry and the ledger's record of it; each is translated."""
STATES = (
    "held",
    "ignored",
    "ready",
    "in delivery",
    "posted",
    "queued",
    "sending",
    "unknown",
    "rejected",
    "cancelled",
)
"""The states that users see; each is translated."""


def _fill(template: str, finding: Finding) -> str:
    return sentences.fill(_(template), finding, money=_money_text, date=_date_text, lines=_lines_text, word=_)


def _money_text(text: str) -> str:
    if text.removeprefix("-").isdecimal():
        return money(int(text))
    return _with_signs(text) if _SHOWN_AMOUNT.fullmatch(text) else text


def _with_signs(shown: str) -> str:
    thousands, decimals = _SIGNS[_language.get()]
    return shown.translate({ord(","): thousands, ord("."): decimals})


def _date_text(text: str) -> str:
    try:
        return date(datetime.date.fromisoformat(text))
    except ValueError:
        return text


def _lines_text(text: str) -> str:
    return lines(int(text)) if text.isdecimal() else text
