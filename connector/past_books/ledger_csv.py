"""A general ledger exported as CSV: any separator, usual encodings, decimal comma or point, columns known by name."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from connector.domain.dates import month_of
from connector.domain.past_books import PastPosting, PastRelation, Remark
from connector.errors import PastBooksError
from connector.past_books.columns import FIELDS, Columns, find, fold
from connector.past_books.csv_forms import Amounts, date_of, encoding_of, separator_of
from connector.past_books.remarks import Remarks

HEADER_WITHIN = 30
"""Titles above the header may take so many rows."""
LEARNED_FROM = 5000
"""Rows from which the decimal sign is told before the first amount is read."""
_DEBITS = frozenset({"d", "db", "deb", "debet", "debit", "s", "soll"})
_CREDITS = frozenset({"c", "cr", "cre", "credit", "h", "haben"})
_CODE_AND_NAME = re.compile(r"(\d[\w.]*)\s*[-–:]?\s+(.*\S)")
"""'7000 - Inkoop' in one cell: the account and its name."""
_NAMING = "Name it with --column FIELD=NAME, or FIELD=#3 for the third column. Fields: {fields}."


class LedgerCsv:
    """A CSV of a general ledger; see ``PastBooks``. ``named`` are columns that a person named, by field."""

    def __init__(self, path: Path, named: Mapping[str, str]) -> None:
        self.name = str(path)
        self.form = "CSV"
        self._path, self._named = path, named
        unknown = sorted(named.keys() - set(FIELDS))
        if unknown:
            fields = ", ".join(FIELDS)
            raise self._wrong(f"there is no field '{unknown[0]}'", hint=f"The fields are: {fields}.")
        self._relations: dict[str, PastRelation] = {}
        self._remarks = Remarks()

    @property
    def relations(self) -> Mapping[str, PastRelation]:
        """Customers and suppliers with a number, as far as rows name them."""
        return self._relations

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is wrong with the file."""
        return self._remarks.all

    @property
    def tax_accounts(self) -> frozenset[str]:
        """None: a CSV does not say which accounts are VAT accounts."""
        return frozenset()

    def postings(self) -> Iterator[PastPosting]:
        """Every row. PastBooksError naming the line where a row cannot be read, or the columns that cannot be told."""
        self._relations, self._remarks = {}, Remarks()
        try:
            encoding = encoding_of(self._path)
            if not encoding:
                raise self._wrong("the file is no readable text", hint="Save it as 'CSV UTF-8' and try again.")
            if encoding == "cp1252":
                self._remarks.add("windows-1252")
            with self._path.open(encoding=encoding, newline="") as file:
                yield from self._read(file)
        except OSError as wrong:
            raise self._wrong(f"the file cannot be read: {wrong.strerror}") from wrong

    def _read(self, file: TextIO) -> Iterator[PastPosting]:
        first = [line.rstrip("\r\n") for line in itertools.islice(file, HEADER_WITHIN)]
        sign, skipped = separator_of(first)
        file.seek(0)
        rows = self._rows(file, sign, skipped)
        columns, width = self._columns(rows)
        begun = list(itertools.islice(rows, LEARNED_FROM))
        amounts = self._amounts(columns, begun)
        found, balance = 0, 0
        for line, row in itertools.chain(begun, rows):
            whole = [*row, *[""] * (width - len(row))]  # trailing empty cells may be left out
            posting = self._posting(columns, amounts, whole, line)
            if posting is not None:
                found, balance = found + 1, balance + posting.minor
                yield posting
        if not found:
            self._remarks.add("no-postings")
        elif balance:
            self._remarks.add("file-unbalanced", minor=balance)

    def _rows(self, file: TextIO, sign: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(file, delimiter=sign, strict=True)
        line = 1
        try:
            for cells in reader:
                if line > skipped and any(cell.strip() for cell in cells):
                    yield line, [cell.strip() for cell in cells]
                line = reader.line_num + 1
        except csv.Error as wrong:
            raise self._wrong(
                f"the row cannot be read ({wrong}); look for a stray quotation mark", line=line
            ) from wrong

    def _columns(self, rows: Iterator[tuple[int, list[str]]]) -> tuple[Columns, int]:
        """The columns from the header: the first row in which all that is needed is found. Titles may stand above."""
        best: tuple[int, int, list[str], list[str]] = (0, 0, [], ["the file has no rows"])
        for line, row in itertools.islice(rows, HEADER_WITHIN):
            columns, problems = find(row, self._named)
            if not problems:
                return columns, len(row)
            known = len(columns.places)
            if known > best[0] or not best[2]:
                best = (known, line, row, problems)
        _, line, row, problems = best
        found = ", ".join(f"'{name}'" for name in row if name) or "none"
        raise self._wrong(
            f"the columns cannot be told: {'; '.join(problems)}. Columns found: {found}",
            line=line,
            hint=_NAMING.format(fields=", ".join(FIELDS)),
        )

    def _amounts(self, columns: Columns, rows: Sequence[tuple[int, list[str]]]) -> Amounts:
        amounts = Amounts()
        places = [place for field in ("debit", "credit", "amount") for place in columns.places.get(field, ())]
        try:
            amounts.learn(row[place] for _, row in rows for place in places if place < len(row))
        except ValueError as wrong:
            raise self._wrong(str(wrong), hint="Export the amounts in one form, with two decimals.") from wrong
        return amounts

    def _posting(self, columns: Columns, amounts: Amounts, row: list[str], line: int) -> PastPosting | None:
        def cell(field: str) -> str:
            return columns.cell(row, field)

        account, date = cell("account"), cell("date")
        if not account and not date:
            self._remarks.add("rows-skipped", f"line {line}")
            return None  # a title or a total between the rows
        if not account:
            raise self._wrong("there is no account", line=line)
        try:
            day, minor = date_of(date), _minor(cell, amounts)
            tax = amounts.minor(cell("tax_minor"))
        except ValueError as wrong:
            raise self._wrong(str(wrong), line=line) from wrong
        code, name = account, cell("account_name")
        if not name and (both := _CODE_AND_NAME.fullmatch(account)):
            code, name = both[1], both[2]
        party, party_name, vat_number = cell("party_id"), cell("party_name"), cell("party_vat_number")
        if party and party not in self._relations:
            self._relations[party] = PastRelation(number=party, name=party_name, vat_number=vat_number)
        return PastPosting(
            date=day,
            period=month_of(day),
            account=code,
            minor=minor,
            place=f"line {line}",
            journal=cell("journal"),
            entry=cell("entry"),
            account_name=name,
            text=cell("text"),
            party_id=party,
            party_name=party_name,
            party_vat_number=vat_number,
            document_ref=cell("document_ref"),
            tax_code=cell("tax_code"),
            tax_minor=tax,
            cost_centre=cell("cost_centre"),
        )

    def _wrong(self, message: str, *, line: int = 0, hint: str = "") -> PastBooksError:
        return PastBooksError(message, hint=hint, where=f"{self.name} line {line}" if line else self.name)


def _minor(cell: Callable[[str], str], amounts: Amounts) -> int:
    """The signed amount of a row, debit positive: two columns, or one with a sign or a side. ValueError when the side
    cannot be read.
    """
    if cell("debit") or cell("credit"):
        return amounts.minor(cell("debit")) - amounts.minor(cell("credit"))
    minor, side = amounts.minor(cell("amount")), fold(cell("side"))
    if not side:
        return minor
    if side not in _DEBITS | _CREDITS:
        raise ValueError(f"'{cell('side')}' is neither debit nor credit")
    return minor if side in _DEBITS else -minor
