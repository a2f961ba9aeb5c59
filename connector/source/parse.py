"""One slice of an answer into one typed ``Invoice``, exactly: a decimal is made from the text of its number,
never by way of a float.

Nearly all invoices take the fast path: one strict decode, and one sum over all numbers that fails on anything
that is not an amount. The others go through ``mend``, and come out with what could be read, what is new
(drift) and what could not be read (findings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, DecimalException, localcontext
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec

from connector.domain.finding import Finding, finding
from connector.domain.invoice import Invoice
from connector.source.mend import Drift, Mending, exact, shorten

_strict = msgspec.json.Decoder(Invoice).decode
# Without strict=False whole numbers stay whole numbers; all others become decimals from their text.
_generic = msgspec.json.Decoder(float_hook=Decimal).decode
_amounts = attrgetter("discount", "extended_price", "quantity", "tax_percentage", "unit_price", "vat")
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_FEW_UNDERSCORES = 10_000
_LONGEST_NUMBER = 100
_IN_NUMBERS = b"0123456789.+-_ \\abcdefABCDEFtnru" + bytes(range(128, 256))
"""The bytes of numbers in all scripts, and of escapes for them and for the white space around them."""
_BESIDE_NUMBERS = (b"", b'"', b">", b"<", b"\t", b"\n", b"\r", b"&")


_NUL = rb"\u0000"
_UNKNOWN_SIGN = rb"\ufffd"
"""Stands for a NUL, which PostgreSQL cannot keep in a text; the raw bytes keep the NUL."""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What a slice says: the ``invoice``, fields we do not know, and what could not be read.

    A field that could not be read is ``None`` in the invoice and has a finding FIELD-UNREADABLE. A slice that
    is no invoice at all gives an empty invoice and a finding DOCUMENT-UNREADABLE.
    """

    invoice: Invoice
    drift: tuple[Drift, ...] = ()
    findings: tuple[Finding, ...] = ()


def parse(slice: bytes) -> Parsed:  # noqa: A002 - the word for a piece cut out of a body
    """The invoice in ``slice``, as the current API writes it. A bad document gives findings, never an exception."""
    if _NUL in slice:
        return _without_nul(parse(slice.replace(_NUL, _UNKNOWN_SIGN)))
    try:
        invoice = _strict(slice)
    except _NOT_JSON:
        return _mended_text(slice)
    if _writes_plain_numbers(slice) and _holds_amounts_only(invoice):
        return Parsed(invoice=invoice)
    return _mended_text(slice)


def parse_tree(make: Callable[[], Any], *, plain: bool) -> Parsed:
    """The invoice in a tree as JSON gives it, with the names of the current API; numbers may be texts. ``make`` builds
    the tree; ``plain`` says that no number in it can be written as 1_000.
    """
    if plain:
        try:
            invoice = msgspec.convert(make(), Invoice)
        except msgspec.ValidationError:
            return _mended(make(), make)
        if _holds_amounts_only(invoice):
            return Parsed(invoice=invoice)
    return _mended(make(), make)


def unreadable(reason: str) -> Parsed:
    """A slice that is no invoice, kept with the ``reason`` why not."""
    return Parsed(invoice=Invoice(), findings=(finding("DOCUMENT-UNREADABLE", reason=reason),))


def writes_no_underscored_numbers(text: bytes) -> bool:
    """Whether no number in ``text`` can be written as 1_000, which Python reads as a thousand. May be wrong on the
    safe side.
    """
    # Not a pattern: texts with a few underscores are the rule, and this finds them at the speed of memory.
    if text.count(b"_") > _FEW_UNDERSCORES:
        return False
    at = text.find(b"_")
    while at >= 0:
        # Python reads _1, 1_ and 1_.5 as well, so what counts is whether there is anything but signs of numbers around.
        before = text[max(0, at - _LONGEST_NUMBER) : at].rstrip(_IN_NUMBERS)
        if (
            before[-1:] in _BESIDE_NUMBERS
            and text[at : at + _LONGEST_NUMBER].lstrip(_IN_NUMBERS)[:1] in _BESIDE_NUMBERS
        ):
            return False
        at = text.find(b"_", at + 1)
    return True


def _without_nul(parsed: Parsed) -> Parsed:
    told = finding("FIELD-UNREADABLE-TEXT", "a text", value="NUL")
    return msgspec.structs.replace(parsed, findings=(*parsed.findings, told))


def _writes_plain_numbers(text: bytes) -> bool:
    # An underscore may also be written as \u005f.
    return writes_no_underscored_numbers(text) and (b"\\" not in text or b"\\u005" not in text)


def _holds_amounts_only(invoice: Invoice) -> bool:
    """Whether no number is NaN, infinite, absurdly large or absurdly long. One sum in a context that traps
    all of these.
    """
    lines = [
        line
        for customer in invoice.customers or ()
        for subscription in customer.subscriptions
        for line in subscription.price_lines
    ]
    amounts: Iterable[Decimal | None] = chain.from_iterable(map(_amounts, lines))
    if invoice.totals:
        amounts = chain(amounts, invoice.totals.values())
    try:
        with localcontext(exact):
            total: Decimal | int = sum(filter(None, amounts))
    except DecimalException:
        return False
    return isinstance(total, int) or total.is_finite()


def _mended_text(text: bytes) -> Parsed:
    try:
        tree = _generic(text)
    except _NOT_JSON as error:
        return unreadable(f"it is not valid JSON ({error})")
    if not isinstance(tree, dict):
        return unreadable(f"it is not an object but {shorten(text.decode(errors='replace'))}")
    return _mended(tree, lambda: _generic(text))


def _mended(tree: Any, make: Callable[[], Any], *, every_number: bool = False) -> Parsed:
    mending = Mending(every_number=every_number)
    try:
        mending.structure(tree, Invoice, "", "")
        invoice = msgspec.convert(tree, Invoice)
    except RecursionError:
        return unreadable("it has too many values within each other")
    if not every_number and not _holds_amounts_only(invoice):
        return _mended(make(), make, every_number=True)  # mending changes a tree
    return Parsed(invoice=invoice, drift=tuple(mending.drift), findings=tuple(mending.findings))
