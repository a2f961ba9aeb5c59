"""Past books: what a reseller really booked, as read from a file that the accountant exported.

The values say what a file says; nothing of it is decided here. How an amount, a number of a document or a name is
compared with ours is decided here, once, for every form of file.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import msgspec

from connector.domain.rules import compact

CASH_JOURNALS = frozenset({"B", "C"})
"""Journals of money (bank, cash): what is in them pays a document and does not book it."""
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d*)?")
_WORDS = re.compile(r"[^\W_]+")
_RUNS = re.compile(r"\d{6,}")
_LEGAL_FORMS = frozenset(
    {"bv", "nv", "bvba", "sprl", "srl", "sa", "sarl", "sas", "gmbh", "ag", "ug", "vof", "cv", "cvba", "scrl", "ltd"}
)
SHORTEST_INSIDE = 5
"""A number of fewer characters is looked for as a whole reference only, never inside a text."""


class PastPosting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of the past books. ``minor`` is in minor units of the books' currency, debit positive.

    ``period`` is the ledger period ('YYYY-MM'), ``entry`` the number of its entry within ``journal``, ``journal_type``
    one of the letters of the audit file ('P' purchases, 'S' sales, 'B' bank, 'C' cash; '' not told). ``result`` tells
    whether the account belongs to the result (profit and loss), ``None`` when the file does not say.
    ``document_ref`` is the number of the document as the books have it. ``tax_minor`` is the VAT that the file states
    with the line. ``place`` says where in the file the line is.
    """

    date: datetime.date
    period: str
    account: str
    minor: int
    place: str
    journal: str = ""
    journal_type: str = ""
    entry: str = ""
    entry_text: str = ""
    account_name: str = ""
    result: bool | None = None
    text: str = ""
    party_id: str = ""
    party_name: str = ""
    party_vat_number: str = ""
    document_ref: str = ""
    tax_code: str = ""
    tax_minor: int = 0
    cost_centre: str = ""


class PastRelation(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A customer or supplier of the past books. ``number`` is its number there, ``kind`` 'C' for a customer, 'S' for a
    supplier, 'B' for both, '' when the file does not say.
    """

    number: str
    name: str = ""
    vat_number: str = ""
    country: str = ""
    kind: str = ""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong with past books and does not keep them from being read.

    ``kind`` is one of ``REMARKS``; ``where`` the place in the file, ``minor`` the euros concerned in minor units,
    ``value`` what was found there, and ``count`` how often (``where`` is then the first place).
    """

    kind: str
    where: str = ""
    value: str = ""
    minor: int = 0
    count: int = 1


REMARKS = (
    "unbalanced",
    "file-unbalanced",
    "lines-count",
    "total-debit",
    "total-credit",
    "unknown-account",
    "unknown-relation",
    "no-namespace",
    "windows-1252",
    "no-postings",
    "rows-skipped",
)


class PastBooks(Protocol):
    """A file of past books, opened. Relations and remarks are complete once all postings were taken."""

    @property
    def name(self) -> str:
        """The file as it was named."""

    @property
    def form(self) -> str:
        """Which kind of file it is, as 'XAF 3.2'."""

    def postings(self) -> Iterator[PastPosting]:
        """Every line, one after the other, from the beginning of the file. PastBooksError when it cannot be read."""

    @property
    def relations(self) -> Mapping[str, PastRelation]:
        """Customers and suppliers by their number."""

    @property
    def remarks(self) -> Sequence[Remark]:
        """What is wrong with the file."""

    @property
    def tax_accounts(self) -> frozenset[str]:
        """The accounts that the file calls VAT accounts; none when it does not say."""


def minor_of(text: str) -> int:
    """The minor units of an amount with a decimal point and at most two decimals. ValueError for anything else.

    >>> minor_of("1234.5"), minor_of("-0.05")
    (123450, -5)
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"'{text}' is no amount")
    sign, digits = (-1 if text[0] == "-" else 1), text.lstrip("+-")
    whole, _, decimals = digits.partition(".")
    if decimals[2:].strip("0"):
        raise ValueError(f"'{text}' has more than two decimals")
    return sign * (int(whole) * 100 + int(decimals[:2].ljust(2, "0")))


@lru_cache(maxsize=65536)
def squeezed(text: str) -> str:
    """Digits and letters alone, in capitals: numbers of documents are compared like this.

    >>> squeezed("f-2024/0012")
    'F20240012'
    """
    return "".join(_WORDS.findall(text)).upper()


def references(*texts: str) -> set[str]:
    """Everything in ``texts`` that may be the number of a document, squeezed: each text as a whole, its words, the
    parts of its words, and its longer runs of digits.
    """
    found: set[str] = set()
    for text in texts:
        if text:
            found.update(_references(text))
    return found


@lru_cache(maxsize=65536)
def _references(text: str) -> frozenset[str]:
    found = {squeezed(text)}
    words = text.split()
    pieces = {squeezed(word) for word in words} | {part.upper() for word in words for part in _WORDS.findall(word)}
    pieces |= {run for piece in pieces for run in _RUNS.findall(piece)}
    return frozenset(found | {piece for piece in pieces if len(piece) >= SHORTEST_INSIDE}) - {""}


@lru_cache(maxsize=16384)
def name_key(name: str) -> str:
    """A name of a company as it is compared: without case, accents, punctuation and legal form.

    >>> name_key("Copaco Nederland B.V."), name_key("COPACO NEDERLAND BV")
    ('copaco nederland', 'copaco nederland')
    """
    apart = unicodedata.normalize("NFKD", name.casefold())
    text = "".join(sign for sign in apart if not unicodedata.combining(sign)).replace(".", "").replace("'", "")
    words = _WORDS.findall(text)
    kept = [word for word in words if word not in _LEGAL_FORMS]
    return " ".join(kept or words)


@lru_cache(maxsize=16384)
def vat_key(vat_number: str) -> str:
    """A VAT number as it is compared: packages leave out the country. '' for what has no digits and so is none.

    >>> vat_key("NL 0000.11.113.B01"), vat_key("000011113B01"), vat_key("Copaco B.V.")
    ('000011113B01', '000011113B01', '')
    """
    number = compact(vat_number)
    bare = number[2:] if number[:2].isalpha() else number
    return bare if any(sign.isdigit() for sign in bare) else ""


def is_party(posting: PastPosting, vat_number: str, name: str) -> bool | None:
    """Whether the party of ``posting`` is the one with this VAT number, or else this name; ``None`` when it has none.

    A name is the same when one is the beginning of the other: 'Copaco' is 'Copaco Nederland B.V.'.
    """
    theirs, ours = vat_key(posting.party_vat_number), vat_key(vat_number)
    if theirs and ours:
        return theirs == ours
    if not posting.party_name:
        return None
    return same_name(posting.party_name, name)


def same_name(one: str, other: str) -> bool:
    """Whether two names of companies mean the same: one has the words that the other begins with."""
    ours, theirs = sorted((name_key(one).split(), name_key(other).split()), key=len)
    return bool(ours) and theirs[: len(ours)] == ours
