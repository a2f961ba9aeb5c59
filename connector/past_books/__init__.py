"""Past books: what a reseller really booked, read from an audit file or an export of the general ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connector.domain.past_books import PastBooks
from connector.errors import PastBooksError

__all__ = ["open_past_books"]

_START = 4096


def open_past_books(path: Path, columns: Mapping[str, str] | None = None) -> PastBooks:
    """The past books in the file ``path``: XML audit file or CSV, whichever its first bytes are.

    ``columns`` name columns of a CSV, as ``{"account": "Grootboek"}``. PastBooksError when the file cannot be read.
    """
    from connector.past_books.audit_file import AuditFile
    from connector.past_books.ledger_csv import LedgerCsv

    start = _first_bytes(path)
    if not start.strip(b"\0\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise PastBooksError("the file is empty", where=str(path))
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise PastBooksError(
            "this is a workbook or an archive, not a file of past books",
            hint="Save the sheet as 'CSV UTF-8', or unpack the archive, and give that file.",
            where=str(path),
        )
    if start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        if columns:
            raise PastBooksError(
                "an audit file has no columns to name", hint="Leave out --column; it is for CSV files.", where=str(path)
            )
        return AuditFile(path)
    return LedgerCsv(path, columns or {})


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_START)
    except OSError as wrong:
        raise PastBooksError(
            f"the file cannot be read: {wrong.strerror}", hint="Check the name of the file.", where=str(path)
        ) from wrong
