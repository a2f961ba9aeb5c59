"""The paper of a document: the mailed PDF or e-invoice, which is the legal invoice, compared with what the API says.

Amounts of a ``Paper`` are what is owed by it, in minor units: negative for a credit note. The names in brackets are
those of EN 16931. What could not be read is ``None`` or '': nothing is guessed, and what is not there is not compared.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from enum import Enum

import msgspec

from connector.domain.finding import Finding, finding
from connector.domain.money import show
from connector.domain.reading import Head

CODES = (
    "PAPER-CONFIRMED", "PAPER-TOTAL", "PAPER-VAT", "PAPER-TYPE", "PAPER-ARITHMETIC", "PAPER-CURRENCY", "PAPER-DATE",
    "PAPER-SELLER", "PAPER-BUYER", "PAPER-INCOMPLETE",
)  # fmt: skip
"""The findings that tell of one paper, by its mark; PAPER-MISSING tells of none."""


_HOLDING = tuple(code for code in CODES if code not in ("PAPER-CONFIRMED", "PAPER-INCOMPLETE"))


def comes_too_late(code: str) -> bool:
    """Whether the finding ``code`` tells that a paper differs, which holds nothing once the document is in the
    books."""
    return code in (*_HOLDING, "PRINTED-TOTAL-DIFFERS")


class PaperForm(Enum):
    """What a paper was read from: a PDF's text, UBL, or the XML that a PDF carries (Factur-X, ZUGFeRD)."""

    PDF = "pdf"
    UBL = "ubl"
    PDF_XML = "pdf with xml"


class PaperType(Enum):
    """What a paper says that it is [BT-3]; an invoice may have a negative total and stays an invoice."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit note"


class Obstacle(Enum):
    """Why nothing could be read of a file, or not enough."""

    ENCRYPTED = "encrypted"
    NO_TEXT = "no text"
    TOO_LARGE = "too large"
    TOO_SLOW = "too slow"
    DAMAGED = "damaged"


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What a paper says: number [BT-1], date [BT-2], type [BT-3], currency [BT-5], total without VAT [BT-109], VAT
    [BT-110], total with VAT [BT-112], VAT numbers of seller [BT-31] and buyer [BT-48], and the seller's name [BT-27].

    ``obstacle`` says why little or nothing could be read; ``pdf`` is true of an e-invoice that carries a PDF.
    """

    form: PaperForm
    number: str = ""
    date: datetime.date | None = None
    type: PaperType | None = None
    net: int | None = None
    vat: int | None = None
    gross: int | None = None
    currency: str = ""
    seller_name: str = ""
    seller_vat: str = ""
    buyer_vat: str = ""
    obstacle: Obstacle | None = None
    pdf: bool = False

    @property
    def vat_owed(self) -> int | None:
        """The VAT, or the total with VAT minus that without; ``None`` when the paper gives neither."""
        if self.vat is not None or self.gross is None or self.net is None:
            return self.vat
        return self.gross - self.net

    @property
    def unread(self) -> tuple[str, ...]:
        """Which of the number and of what is compared could not be read."""
        told = {"number": self.number, "type": self.type, "total": self.gross, "VAT": self.vat_owed}
        return tuple(name for name, value in told.items() if value in (None, ""))


class KeptPaper(msgspec.Struct, frozen=True, kw_only=True):
    """A paper as it is kept: the file's ``name``, ``sha256`` and ``size`` in bytes, from which mail address it came
    ('' when from none), who added it and when."""

    paper: Paper
    name: str
    sha256: bytes
    size: int
    sender: str
    actor: str
    at: datetime.datetime

    @property
    def mark(self) -> str:
        """Twelve characters by which findings name this very file."""
        return self.sha256.hex()[:12]

    @property
    def digest(self) -> bytes:
        """SHA-256 of all of it, kept beside it so that no cent or word of it changes unseen."""
        moment = self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        told = (self.paper, self.name, self.sha256.hex(), self.size, self.sender, self.actor, moment)
        return hashlib.sha256(msgspec.json.encode(told)).digest()


def owed(printed: int | None, kind: PaperType | None, form: PaperForm) -> int | None:
    """What is owed by an amount as it stands on a paper.

    A structured credit note states positive amounts, so that a negative one is owed again. On a PDF both signs are in
    use and mean the same.
    """
    if printed is None or kind is not PaperType.CREDIT_NOTE:
        return printed
    return -abs(printed) if form is PaperForm.PDF else -printed


def bare_vat_number(text: str) -> str:
    """A VAT number without spaces and signs, in capitals."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def belongs_to(paper: Paper, invoices: Sequence[tuple[int, str]]) -> tuple[int, ...]:
    """Which of ``invoices``, given as (id, issuer) and all of the paper's number, it is the paper of.

    Those of its seller; of an unknown seller or another one those of the only issuer there is, so that a wrong number
    on the paper is seen. Where several issuers have the number and none is the seller it belongs to nobody.
    """
    mine = tuple(invoice for invoice, issuer in invoices if issuer == paper.seller_vat)
    if mine or len({issuer for _, issuer in invoices}) > 1:
        return mine
    return tuple(invoice for invoice, _ in invoices)


def standing(papers: Sequence[KeptPaper]) -> tuple[KeptPaper, ...]:
    """Those of ``papers`` of one document, oldest first, that count: the newest that is XML and the newest that is not.

    A PDF and an e-invoice of one document are two forms of it and both must agree; a later file of one form replaces
    the earlier one.
    """
    newest = {each.paper.form is PaperForm.UBL: each for each in papers}
    return tuple(newest[form] for form in sorted(newest))


def paper_findings(
    head: Head, *, net: int, total: int, own_vat_number: str, papers: Sequence[KeptPaper], required: bool
) -> Iterator[Finding]:
    """What the comparison of a document with its ``papers`` tells; ``required`` when it waits for one.

    ``net`` is the net amount of its lines and ``total`` its total with VAT, in minor units. The paper is the legal
    document: where both differ nothing is booked, and what the paper is wins over the sign of the total.
    """
    vat = total - net if head.stated_vat is None else head.stated_vat
    complete = False
    for each in papers:
        found = list(_compared(each, head, vat, total, own_vat_number))
        differs = bool(found)
        whole = not each.paper.unread
        complete = complete or whole
        if whole and not differs:
            found.append(_about(each, "PAPER-CONFIRMED", total, total=show(total), day=each.at.date()))
        yield from found
    if complete:
        return  # what one paper does not tell the other does
    for each in papers:
        for name in each.paper.unread:
            yield _about(each, "PAPER-INCOMPLETE", 0, field=name)
    if required:
        yield finding("PAPER-MISSING", "", net)


def _about(kept: KeptPaper, code: str, minor: int, **values: object) -> Finding:
    return finding(code, f"paper {kept.mark}", minor, name=kept.name, **values)


def _compared(kept: KeptPaper, head: Head, vat: int, total: int, own_vat_number: str) -> Iterator[Finding]:
    """What differs between one paper and the document."""
    yield from _amounts(kept, vat, total)
    paper = kept.paper
    if paper.currency and paper.currency != head.currency:
        yield _about(kept, "PAPER-CURRENCY", total, paper=paper.currency, document=head.currency or "-")
    if paper.date and head.date and paper.date != head.date:
        yield _about(kept, "PAPER-DATE", total, paper=paper.date, document=head.date)
    if paper.seller_vat and head.sender_vat and paper.seller_vat != head.sender_vat:
        yield _about(kept, "PAPER-SELLER", total, paper=paper.seller_vat, document=head.sender_vat)
    if paper.buyer_vat and own_vat_number and paper.buyer_vat != own_vat_number:
        yield _about(kept, "PAPER-BUYER", total, paper=paper.buyer_vat, expected=own_vat_number)


def _amounts(kept: KeptPaper, vat: int, total: int) -> Iterator[Finding]:
    paper, gross, theirs = kept.paper, kept.paper.gross, kept.paper.vat_owed
    credit = paper.type is PaperType.CREDIT_NOTE
    turned = gross is not None and gross == -total != 0
    if turned or (credit and total > 0):
        # Turning the lines round would book what the source never said, so a person decides.
        yield _about(
            kept,
            "PAPER-TYPE",
            total,
            paper=_kind(credit or (gross or 0) < 0),
            document=_kind(total < 0),
            total=show(total),
        )
    if gross is not None and gross != total and not turned:
        yield _about(kept, "PAPER-TOTAL", total - gross, paper=show(gross), total=show(total))
    if theirs is not None and theirs != vat and not (turned and theirs == -vat):
        yield _about(kept, "PAPER-VAT", vat - theirs, paper=show(theirs), vat=show(vat))
    if paper.net is not None and paper.vat is not None and gross is not None and paper.net + paper.vat != gross:
        parts = paper.net + paper.vat
        yield _about(kept, "PAPER-ARITHMETIC", gross - parts, parts=show(parts), total=show(gross))


def _kind(credit: bool) -> str:
    return str((PaperType.CREDIT_NOTE if credit else PaperType.INVOICE).value)
