"""A file that may be a paper: what it is by its content, never by its name."""

from __future__ import annotations

from connector.domain.paper import Obstacle, Paper, PaperForm
from connector.papers import pdf, ubl
from connector.papers.elements import NotReadable

LARGEST = 20_000_000
"""Bytes of a file that is looked at."""
_PDF_BEGINS_WITHIN = 1024
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def is_pdf(data: bytes) -> bool:
    """Whether ``data`` begins as a PDF; programs that write some bytes before it are forgiven."""
    return b"%PDF-" in data[:_PDF_BEGINS_WITHIN]


def is_xml(data: bytes) -> bool:
    """Whether ``data`` may be XML."""
    start = data[:64].lstrip()
    return start.startswith(_MARKS) or start.startswith(b"<")


def read(data: bytes) -> Paper | None:
    """The paper that a file is; ``None`` for a file that is none: neither a PDF nor an e-invoice.

    Of a paper that cannot be read ``obstacle`` says why.
    """
    if is_pdf(data):
        return pdf.read(data)
    if not is_xml(data):
        return None
    if len(data) > LARGEST:
        return Paper(form=PaperForm.UBL, obstacle=Obstacle.TOO_LARGE)
    try:
        return ubl.read(data)
    except NotReadable:
        return Paper(form=PaperForm.UBL, obstacle=Obstacle.DAMAGED) if _says_invoice(data) else None


def _says_invoice(data: bytes) -> bool:
    """Whether damaged XML was meant to be an e-invoice."""
    return b"urn:oasis:names:specification:ubl" in data[:4096]
