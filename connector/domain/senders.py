"""Who sends: control C08, that a document comes from the supplier we know, with the bank account we know.

Known is who sent what was booked before. As long as nothing was, the documents speak for each other: the VAT number
(and account) of most of them counts, that of the earliest where as many say this as that. So one false document among
the first cannot make the right ones look false, and the first of every sender asks a person to look.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from connector.domain.finding import Finding, finding
from connector.domain.reading import Head


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """The sender that a document names, and the document's date."""

    date: datetime.date
    vat_number: str
    account: str


class Senders(msgspec.Struct, frozen=True, kw_only=True):
    """The senders of one name: of documents whose entries went out (``booked``), and of all ``current`` ones.

    Each by document date, earliest first.
    """

    booked: tuple[Sender, ...] = ()
    current: tuple[Sender, ...] = ()


def sender_of(head: Head) -> Sender:
    """The sender of a document with a date."""
    assert head.date is not None, "a document without a date is held for that"
    return Sender(date=head.date, vat_number=head.sender_vat, account=head.sender_iban)


def sender_findings(head: Head, net: int, senders: Senders) -> Iterator[Finding]:
    """What is odd about the sender of a document of ``net`` minor units."""
    if head.date is None:
        return
    me = sender_of(head)
    if senders.booked:
        expected = _booked_number(me, senders.booked)
        account = _booked_account(me, senders.booked)
    else:
        expected = _usual(each.vat_number for each in senders.current) or me.vat_number
        account = _usual(each.account for each in senders.current if each.vat_number == me.vat_number)
    if me.vat_number != expected:
        yield finding("SENDER-CHANGED", "Sender.VATNumber", net, found=me.vat_number or "-", expected=expected or "-")
    elif _is_first(me, senders):
        yield finding("SENDER-NEW", "Sender", net, found=me.vat_number or "-", account=me.account or "-")
    if account and me.account != account:
        yield finding("SENDER-BANK-CHANGED", "Sender.IBAN", net, found=masked(me.account), expected=masked(account))


def masked(account: str) -> str:
    """A bank account with its middle left out."""
    return f"{account[:4]}…{account[-4:]}" if len(account) > 8 else account or "-"


def _is_first(me: Sender, senders: Senders) -> bool:
    """Whether nothing of its VAT number was booked, and no earlier document says so already."""
    mine = [each for each in senders.current if each.vat_number == me.vat_number]
    known = any(each.vat_number == me.vat_number for each in senders.booked)
    return bool(mine) and not known and not any(each.date < me.date for each in mine)


def _booked_number(me: Sender, booked: Sequence[Sender]) -> str:
    """Its own number when it was booked before, else the one booked last."""
    known = [each.vat_number for each in booked]
    return me.vat_number if me.vat_number in known else known[-1]


def _booked_account(me: Sender, booked: Sequence[Sender]) -> str:
    """The account on the last document of the same VAT number that was booked and is not later than this one."""
    same = [each for each in booked if each.vat_number == me.vat_number] or list(booked)
    return ([each for each in same if each.date <= me.date] or same[:1])[-1].account


def _usual(told: Iterable[str]) -> str:
    """What most say; of several that as many say, what is said first. '' when nobody says anything."""
    counted = Counter(told).most_common(1)  # in the order in which they were met
    return counted[0][0] if counted else ""
