"""A PDF invoice read by its labels, or by the XML that it carries.

A field is read when its label is on a page and one value stands beside it, or below it in a table. Where the label is
missing, or two values could be meant, the field stays unread: totals of lines, customers and the invoice look alike.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from connector.domain.dates import EARLIEST, LATEST, parse_date
from connector.domain.paper import Paper, PaperForm, PaperType, bare_vat_number, owed
from connector.papers import cii, labels
from connector.papers.amounts import amounts_in
from connector.papers.elements import NotReadable, only
from connector.papers.page import Found, marks, values
from connector.papers.pdf_text import PdfText, text_of

T = TypeVar("T")
_NUMBER = re.compile(r"(?<![\w/.-])[A-Za-z0-9](?:[A-Za-z0-9/_.-]{1,33}[A-Za-z0-9])(?![\w/])")
_NUMERIC = re.compile(r"(?<![\w.-])([0-9]{1,2})([-./])([0-9]{1,2})\2([0-9]{4})(?![\w-])")
_ISO = re.compile(r"(?<![\w.-])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w-])")
_SPELLED = re.compile(r"(?<![\w.-])([0-9]{1,2})(?:\.|er)? ([^\W\d_]{3,10}) ([0-9]{4})(?!\w)")
_OTHER_CURRENCY = re.compile(r"(?<!\w)(?:USD|GBP|CHF|JPY|[A-Z]{2}\$)(?!\w)|[$£¥]")
_EURO = re.compile(r"€|(?<!\w)EUR(?!\w)|(?<!\w)euro(?!\w)", re.IGNORECASE)
_COPACO = re.compile(r"copaco(?: [^\W\d_][\w.&-]*){0,3}", re.IGNORECASE)
_MONEY = [(f"{name} {tier}", pattern) for name, tiers in labels.AMOUNTS.items() for tier, pattern in enumerate(tiers)]


def read(data: bytes) -> Paper:
    """The paper that a PDF is; what could not be read is absent, and ``obstacle`` says why when it is all."""
    return paper_of(text_of(data))


def paper_of(text: PdfText) -> Paper:
    """The paper with this text: the XML in it when there is one that can be read."""
    if text.xml is not None:
        try:
            paper = cii.read(text.xml)
        except NotReadable:
            paper = None
        if paper is not None:
            return paper
    pages = [page.splitlines() for page in text.pages]
    first, whole = pages[0] if pages else [], "\n".join(text.pages)
    kind = _type(first)
    currency = "EUR" if _EURO.search(whole) and not _OTHER_CURRENCY.search(whole) else ""

    def owing(name: str) -> int | None:
        return owed(_amount(pages, name, currency), kind, PaperForm.PDF)

    seller, buyer = _vat_numbers(first)
    return Paper(
        form=PaperForm.PDF,
        number=_number(pages, kind),
        date=_first(_dated(page) for page in pages),
        type=kind,
        net=owing("net"),
        vat=owing("vat"),
        gross=owing("gross"),
        currency=currency,
        seller_name=" ".join(found[0].split()) if (found := _COPACO.search(whole)) else "",
        seller_vat=seller,
        buyer_vat=buyer,
        obstacle=text.obstacle,
        pdf=True,
    )


def _type(lines: Sequence[str]) -> PaperType | None:
    """By the title of the first page: a credit note also names the invoice that it takes back."""
    cells = [cell for line in lines for cell in re.split(r"\s{2,}", line.strip())]
    if any(labels.CREDIT_TITLE.match(cell) or labels.CREDIT_NUMBER.match(cell) for cell in cells):
        return PaperType.CREDIT_NOTE
    if any(labels.INVOICE_TITLE.match(cell) or labels.INVOICE_NUMBER.match(cell) for cell in cells):
        return PaperType.INVOICE
    return None


def _amount(pages: Iterable[Sequence[str]], name: str, currency: str) -> int | None:
    """The amount of the best known label that the earliest page has; ``None`` when several could be meant."""
    for lines in pages:
        known = marks(lines, _MONEY)
        for tier, _ in enumerate(labels.AMOUNTS[name]):
            told: set[int | None] = set()
            for mark in known:
                if mark.name == f"{name} {tier}":
                    told.update(
                        values(lines, known, mark, lambda line: amounts_in(line, currency or "EUR"), near=False)
                    )
            if told:
                return told.pop() if len(told) == 1 else None
    return None


def _number(pages: Sequence[Sequence[str]], kind: PaperType | None) -> str:
    """The number of the invoice, or of the credit note where it is one and says so."""
    patterns = [labels.INVOICE_NUMBER]
    if kind is PaperType.CREDIT_NOTE:
        patterns.insert(0, labels.CREDIT_NUMBER)
    for pattern in patterns:
        for lines in pages:
            told = _beside(lines, [pattern], _numbers)
            if told:
                return only([each or "?" for each in told]).strip("?")
    return ""


def _numbers(line: str) -> Iterator[Found[str]]:
    for match in _NUMBER.finditer(line):
        text = match[0]
        if any(letter.isdecimal() for letter in text) and not _NUMERIC.fullmatch(text) and not _ISO.fullmatch(text):
            yield match.start(), match.end(), text


def _dated(lines: Sequence[str]) -> datetime.date | None:
    for pattern in labels.DATES:
        told = set(_beside(lines, [pattern], dates_in))
        if told:
            return told.pop() if len(told) == 1 else None
    return None


def dates_in(line: str) -> list[Found[datetime.date]]:
    """The dates of a line, day before month; ``None`` for one with slashes that could be either."""
    found: list[Found[datetime.date]] = []
    for match in _NUMERIC.finditer(line):
        day, sign, month, year = match.groups()
        either = sign == "/" and day != month and int(day) <= 12 and int(month) <= 12
        english = re.search(r"\bdate\b(?! d)", line[: match.start()], re.IGNORECASE) is not None
        found.append((match.start(), match.end(), None if either and english else _day(year, int(month), day)))
    found += [(match.start(), match.end(), parse_date(match[0])) for match in _ISO.finditer(line)]
    for match in _SPELLED.finditer(line):
        month_no = labels.MONTHS.get(match[2].lower())
        if month_no is not None:
            found.append((match.start(), match.end(), _day(match[3], month_no, match[1])))
    return sorted(found, key=lambda each: each[0])


def _day(year: str, month: int, day: str) -> datetime.date | None:
    try:
        date = datetime.date(int(year), month, int(day))
    except ValueError:
        return None
    return date if EARLIEST <= date <= LATEST else None


def _beside(
    lines: Sequence[str], patterns: Sequence[re.Pattern[str]], find: Callable[[str], Iterable[Found[T]]]
) -> list[T | None]:
    known = marks(lines, [("", pattern) for pattern in patterns])
    return [value for mark in known for value in values(lines, known, mark, find, near=True)]


def _vat_numbers(lines: Sequence[str]) -> tuple[str, str]:
    """The VAT numbers of seller and buyer, as far as their labels tell them apart."""
    seller, buyer = list[str](), list[str]()
    for line in lines:
        end = 0
        for match in labels.VAT_NUMBER.finditer(line):
            label = line[end : match.start()][-50:]
            end = match.end()
            if labels.VAT_NUMBER_LABEL.search(label):
                (buyer if labels.YOURS.search(label) else seller).append(bare_vat_number(match[0]))
    return only(seller), only(buyer)


def _first(told: Iterable[T | None]) -> T | None:
    return next((each for each in told if each is not None), None)
