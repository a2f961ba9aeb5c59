"""Promises of more pages than we read (U6): booking a part of the truth is worse than booking nothing.

The API describes no paging, so nothing follows a next page; any sign of one stops the run. Signs that say
there is no more (``next: null``, ``hasMore: false``, one page of one) are let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from connector.errors import SourceFormatError

Json = object

_LINKS = {
    "next", "nextlink", "nextpage", "nextpagelink", "nextpageurl", "nexturl", "nextpagetoken", "nexttoken",
    "nextcursor", "odatanextlink", "continuationtoken", "continuation", "cursor", "skiptoken", "hasmore",
    "hasnext", "hasnextpage", "morepages", "moreavailable", "truncated", "istruncated",
}  # fmt: skip
_PAGE_COUNTS = {"pages", "totalpages", "pagecount", "numberofpages", "lastpage"}
_PAGE_NUMBERS = {"page", "currentpage", "pagenumber", "pageindex", "offset", "skip"}
_INVOICE_COUNTS = {"total", "count", "totalcount", "odatacount", "totalresults", "totalrecords", "totalitems"}


def refuse_more_pages(members: Mapping[str, Json], invoices: int) -> None:
    """SourceFormatError when what stands beside the ``invoices`` that were read promises more of them.

    ``members`` are the decoded members of the answer besides ``Invoices``; objects among them are searched as
    well.
    """
    signs = list(_signs(members, ""))
    for name, word, value in signs:
        if word in _LINKS and _promises(value):
            raise _more_pages(f"'{name}'")
        if word in _PAGE_COUNTS and not _is_number_up_to(value, 1):
            raise _more_pages(f"'{name}': {value}")
        if word in _INVOICE_COUNTS and not _is_number_up_to(value, invoices):
            raise _more_pages(f"'{name}': {value}, with {invoices} invoices in this answer")
    # A page number alone does not say whether it is the last one.
    ended = any(word in _LINKS or word in _PAGE_COUNTS for _, word, _ in signs)
    for name, word, value in signs:
        if word in _PAGE_NUMBERS and _promises(value) and not ended:
            raise _more_pages(f"'{name}': {value}")


def refuse_next_link(link_header: str) -> None:
    """SourceFormatError when a ``Link`` header (RFC 8288) names a next page."""
    if re.search(r""";\s*rel\s*=\s*(?:next\b|"[^"]*\bnext\b[^"]*")""", link_header, re.IGNORECASE):
        raise _more_pages("a Link header with rel=next")


def _signs(members: Mapping[str, Json], path: str) -> Iterator[tuple[str, str, Json]]:
    for name, value in members.items():
        where = f"{path}{name}"
        word = re.sub(r"[^a-z]", "", name.lower())
        if isinstance(value, dict) and word not in _LINKS:
            yield from _signs(value, f"{where}.")
        elif word in _LINKS | _PAGE_COUNTS | _PAGE_NUMBERS | _INVOICE_COUNTS:
            yield where, word, value


def _promises(value: Json) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in {"", "false", "0", "null"}
    return bool(value)


def _is_number_up_to(value: Json, limit: int) -> bool:
    if not value:
        return True
    text = str(value).strip()
    return text.isascii() and text.isdigit() and int(text) <= limit


def _more_pages(sign: str) -> SourceFormatError:
    return SourceFormatError(
        f"The answer promises more pages than we read ({sign}); nothing of it was used",
        hint="Ask for shorter windows, and tell the makers of the connector that the API has pages now.",
    )
