"""What stands in Exact: the records with our mark, what they book, and bills of the same supplier that are not ours.

The mark stands in the notes of a line, so that people see the supplier's number and our text where they look.
"""

from __future__ import annotations

import datetime
import heapq
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from connector.domain.delivery import Receipt
from connector.domain.document import EntryKey, parse_entry_key
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry
from connector.domain.money import to_minor
from connector.errors import EntryRejected
from connector.ledgers.base import HeldEntry, OtherBooking
from connector.ledgers.exact.calls import Calls, Row, amount, day, guid, text
from connector.ledgers.exact.company import Company
from connector.ledgers.exact.settings import ExactSettings
from connector.ledgers.exact.shapes import DRAFT, GENERAL, PURCHASE, SALE, Kind, document_sign, kind_of, number_of
from connector.ledgers.marks import Mark, find_mark

T = TypeVar("T")
_BOOKED_FIELDS = ("EntryID", "Date", "AmountDC", "AmountVATFC", "GLAccountCode", "VATCode", "Currency")
_DRAFTED_FIELDS = ("InvoiceID", "AmountFC", "VATAmountFC", "VATCode")
_AT_ONCE = 20
"""Records whose lines are asked for together."""
_DRAFT_NUMBER = "invoice"
"""What a receipt says of a draft invoice, which has no number before it is printed."""
_REFERENCE = re.compile(r"(?P<number>.*) \((?P<id>[0-9A-Fa-f-]+)\)")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A record with our mark; ``drafted`` in the invoicing module."""

    id: str
    drafted: bool
    number: str
    mark: Mark

    @property
    def reference(self) -> str:
        """What a receipt says: the number that people see, and the id."""
        return f"{self.number} ({self.id})"


def reference(kind: Kind, made: Row) -> str:
    """What a receipt says of the record of ``kind`` that Exact has made."""
    number = _DRAFT_NUMBER if kind is DRAFT else made.get(kind.number, "")
    return f"{number} ({made[kind.id]})"


class Records:
    """The records of the division."""

    def __init__(self, calls: Calls, company: Company, settings: ExactSettings) -> None:
        self._calls, self._company, self._settings = calls, company, settings
        self._numbered_kinds = (PURCHASE, SALE, DRAFT) if settings.sales_item else (PURCHASE, SALE)

    def of_documents(self, keys: Sequence[EntryKey]) -> list[Found]:
        """The records of every purpose of the documents of ``keys``."""
        found = self._general(keys)
        for kind in self._numbered_kinds:
            direction = Direction.PURCHASE if kind is PURCHASE else Direction.SALE
            found += self._numbered(kind, [key for key in keys if key.direction is direction])
        return found

    def _numbered(self, kind: Kind, keys: Sequence[EntryKey]) -> list[Found]:
        """Those of ``kind`` with the number of one of ``keys``."""
        numbers = [text(number_of(key.number)) for key in keys]
        rows = self._calls.any_of(kind.path, "YourRef", numbers, select=(kind.id, kind.number))
        return list(self._marked(kind, {row[kind.id]: row for row in rows}))

    def _general(self, keys: Sequence[EntryKey]) -> list[Found]:
        """Entries of the general journal: their lines begin with the document's number and digest."""
        found: dict[str, Found] = {}
        for part in _parts(list(keys), _AT_ONCE):
            where = " or ".join(f"startswith(Description,{text(document_sign(key))})" for key in part)
            rows = self._calls.rows(GENERAL.line_path, select=("EntryID", "EntryNumber", "Notes"), where=where)
            found |= {each.id: each for row in rows if (each := _found(GENERAL, row, row)) is not None}
        return list(found.values())

    def _marked(self, kind: Kind, heads: Mapping[str, Row]) -> Iterator[Found]:
        """Those of ``heads`` (by id) that have our mark on a line."""
        for part in _parts(list(heads), _AT_ONCE):
            ids = [guid(each) for each in part]
            for line in self._calls.any_of(kind.line_path, kind.id, ids, select=(kind.id, "Notes")):
                if (found := _found(kind, heads[line[kind.id]], line)) is not None:
                    yield found

    def everything(self) -> Iterator[HeldEntry]:
        """What every record with our mark books, oldest first, some records at a time."""
        # Entries of the general journal have no date of their own to be ordered by; ours are few.
        general = sorted(self._of_journal(GENERAL, "JournalCode", "EntryNumber"), key=_by_date)
        kinds = (self._of_journal(kind, "Journal", f"{kind.date},{kind.number}") for kind in self._numbered_kinds)
        yield from heapq.merge(*kinds, general, key=_by_date)

    def _of_journal(self, kind: Kind, field: str, order: str) -> Iterator[HeldEntry]:
        where = f"{field} eq {text(self._company.journal(kind.name))}"
        heads: dict[str, Row] = {}
        for row in self._calls.rows(kind.path, select=(kind.id, kind.number), where=where, order=order):
            heads[row[kind.id]] = row
            if len(heads) == _AT_ONCE:
                yield from self._in_order(kind, heads)
                heads = {}
        yield from self._in_order(kind, heads)

    def _in_order(self, kind: Kind, heads: Mapping[str, Row]) -> Iterator[HeldEntry]:
        places = {each: place for place, each in enumerate(heads)}
        return self.held(sorted(self._marked(kind, heads), key=lambda each: places[each.id]))

    def under(self, receipts: Sequence[Receipt]) -> Iterator[HeldEntry]:
        """What stands under the ids that ``receipts`` name."""
        found = []
        for receipt in receipts:
            if told := _REFERENCE.fullmatch(receipt.reference):
                mark = Mark(key=parse_entry_key(receipt.key), fingerprint=receipt.fingerprint)
                drafted = told["number"] == _DRAFT_NUMBER
                found.append(Found(id=told["id"], drafted=drafted, number=told["number"], mark=mark))
        return self.held(found)

    def held(self, found: Sequence[Found]) -> Iterator[HeldEntry]:
        """What each record books, as its transaction lines tell, in the same order; nothing of one that is gone."""
        for part in _parts(list(found), _AT_ONCE):
            booked = self._booked([each.id for each in part if not each.drafted])
            drafted = self._drafted([each.id for each in part if each.drafted])
            for each in part:
                if each.id in drafted:
                    yield self._held_draft(each, *drafted[each.id])
                elif each.id in booked:
                    yield self._held(each, booked[each.id])

    def _booked(self, ids: Sequence[str]) -> Mapping[str, list[Row]]:
        lines: dict[str, list[Row]] = {}
        path = "financialtransaction/TransactionLines"
        for row in self._calls.any_of(path, "EntryID", [guid(each) for each in ids], select=_BOOKED_FIELDS):
            lines.setdefault(row["EntryID"], []).append(row)
        return lines

    def _drafted(self, ids: Sequence[str]) -> Mapping[str, tuple[Row, list[Row]]]:
        """Draft invoices with their lines: nothing is booked of them before they are printed."""
        wanted = [guid(each) for each in ids]
        heads = self._calls.any_of(DRAFT.path, DRAFT.id, wanted, select=(DRAFT.id, DRAFT.date, "Currency"))
        found: dict[str, tuple[Row, list[Row]]] = {row[DRAFT.id]: (row, []) for row in heads}
        for line in self._calls.any_of(DRAFT.line_path, DRAFT.id, wanted, select=_DRAFTED_FIELDS):
            if line[DRAFT.id] in found:
                found[line[DRAFT.id]][1].append(line)
        return found

    def _held_draft(self, found: Found, head: Row, lines: Sequence[Row]) -> HeldEntry:
        vat = Counter[str]()
        for line in lines:
            vat[str(line["VATCode"] or "").strip()] -= _minor(line["VATAmountFC"])
        return HeldEntry(
            key=found.mark.key.text,
            fingerprint=found.mark.fingerprint,
            date=day(head[DRAFT.date]),
            total_minor=sum(_minor(line["AmountFC"]) + _minor(line["VATAmountFC"]) for line in lines),
            reference=found.reference,
            currency=str(head["Currency"] or "").strip(),
            vat={code: minor for code, minor in vat.items() if code and minor},
        )

    def _held(self, found: Found, lines: Sequence[Row]) -> HeldEntry:
        accounts = _sums(lines)
        owed = sum(minor for code, minor in accounts.items() if code in self._company.open_items)
        return HeldEntry(
            key=found.mark.key.text,
            fingerprint=found.mark.fingerprint,
            date=day(lines[0]["Date"]),
            total_minor=owed if found.mark.key.direction is Direction.SALE else -owed,
            reference=found.reference,
            currency=str(lines[0]["Currency"]).strip(),
            accounts=accounts,
            vat=self._vat(lines),
        )

    def others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        """Purchases with the supplier and number of an entry and without a mark, by document."""
        found: dict[str, list[OtherBooking]] = {}
        for entry in entries:
            if kind_of(entry, self._settings) is not PURCHASE:
                continue
            try:
                supplier = self._company.relation(entry)
            except EntryRejected:
                continue  # a supplier that Exact does not know has no invoices there
            where = f"YourRef eq {text(number_of(entry.number))} and Supplier eq {guid(supplier)}"
            fields = ("EntryID", "EntryNumber", "EntryDate", "AmountFC", "Currency", "SupplierName", "YourRef")
            rows = {row["EntryID"]: row for row in self._calls.rows(PURCHASE.path, select=fields, where=where)}
            ours = {each.id for each in self._marked(PURCHASE, rows)}
            booked = self._booked([each for each in rows if each not in ours])
            told = [self._other(row, booked.get(each, ())) for each, row in rows.items() if each not in ours]
            if told:
                found[entry.key.document] = told
        return found

    def _other(self, row: Row, lines: Sequence[Row]) -> OtherBooking:
        return OtherBooking(
            reference=reference(PURCHASE, row),
            number=str(row["YourRef"] or "").strip(),
            date=day(row["EntryDate"]),
            total_minor=-_minor(row["AmountFC"]),
            supplier=str(row["SupplierName"] or ""),
            currency=str(row["Currency"] or "").strip(),
            vat_minor=sum(self._vat(lines).values()),
            accounts=_sums(lines),
        )

    def _vat(self, lines: Sequence[Row]) -> dict[str, int]:
        """By VAT code, in minor units, debit positive. Of a reverse charge, due and deducted, nothing is left."""
        found = Counter[str]()
        for line in lines:
            code = str(line["VATCode"] or "").strip()
            if code and code not in self._company.reverse_charges:
                found[code] += _minor(line["AmountVATFC"])
        return {code: minor for code, minor in found.items() if minor}


def _found(kind: Kind, head: Row, line: Row) -> Found | None:
    mark = find_mark(line["Notes"])
    if mark is None:
        return None
    number = _DRAFT_NUMBER if kind is DRAFT else str(head[kind.number])
    return Found(id=head[kind.id], drafted=kind is DRAFT, number=number, mark=mark)


def _sums(lines: Sequence[Row]) -> dict[str, int]:
    """Per account, in minor units, debit positive."""
    sums = Counter[str]()
    for line in lines:
        sums[str(line["GLAccountCode"]).strip()] += _minor(line["AmountDC"])
    return {code: minor for code, minor in sums.items() if minor}


def _by_date(held: HeldEntry) -> datetime.date:
    return held.date


def _minor(value: object) -> int:
    return to_minor(amount(value))


def _parts(values: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
