"""Explaining a posting: which lines it holds, and which cents of each, so that they sum to the posting exactly."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from connector.domain.journal import Posting, PostingRole
from connector.domain.money import allocate


class LineCents(msgspec.Struct, frozen=True, kw_only=True):
    """A line as far as it can explain postings.

    ``line_no`` counts from 1, ``group`` from 0; ``net`` and stated ``vat`` are in minor units, ``month`` is that of the
    line's end, 'YYYY-MM' or ''.
    """

    line_no: int
    group: int
    net: int
    vat: int = 0
    month: str = ""


def allocate_posting(posting: Posting, lines: Sequence[LineCents]) -> list[tuple[int, int]]:
    """(line number, minor units) for each line of the document's ``lines`` that ``posting`` holds a part of.

    The parts sum to the posting. A net posting holds its lines whole. VAT, and what concerns the document as a whole
    (rounding, the open item), is spread over the lines by largest remainder: VAT that the document states by the VAT of
    the lines, other VAT by their net amount, the rest by both together. What others booked is of no line.
    """
    if posting.role is PostingRole.ELSEWHERE:
        return []
    mine = [line for line in lines if line.group in posting.groups]
    if posting.role is PostingRole.NET:
        mine = _booked(posting, mine)
        sign = 1 if sum(line.net for line in mine) == posting.minor else -1
        return [(line.line_no, line.net * sign) for line in mine]
    if posting.role in (PostingRole.PARTY, PostingRole.ROUNDING):
        weights = [line.net + line.vat for line in mine]
    else:
        weights = [line.vat for line in mine]
        weights = weights if any(weights) else [line.net for line in mine]
    return [(line.line_no, part) for line, part in zip(mine, _spread(posting.minor, weights), strict=True)]


def _booked(posting: Posting, lines: list[LineCents]) -> list[LineCents]:
    """The lines of its groups that a net posting holds: one, all, or those of the service month that is its text."""
    if posting.line_no is not None:
        return [line for line in lines if line.line_no == posting.line_no]
    of_month = [line for line in lines if line.month == posting.text]
    likely = (of_month, lines) if posting.text else (lines, of_month)
    return next((each for each in likely if _are(posting, each)), lines)


def _are(posting: Posting, lines: list[LineCents]) -> bool:
    """Whether ``lines`` may be those of ``posting``. Such of 0.00 tell nothing by their sum, so each of its groups must
    have one among them."""
    same_sum = abs(sum(line.net for line in lines)) == abs(posting.minor)
    return same_sum and {line.group for line in lines} == set(posting.groups)


def _spread(minor: int, weights: list[int]) -> list[int]:
    """``minor`` in proportion to ``weights``; where pluses and minuses nearly cancel, by their size instead."""
    if abs(minor) > 2 * abs(sum(weights)):
        weights = [abs(weight) for weight in weights]
    return allocate(minor, weights)
