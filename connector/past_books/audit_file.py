"""The Dutch audit file (XML Auditfile Financieel) 3.2, 3.2.1 and 4.0, read transaction by transaction.

Read without its schema: what a schema cannot see (totals, balance, accounts that are nowhere) is looked for here. Only
one transaction is in memory at a time.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

import defusedxml
from defusedxml.ElementTree import iterparse

from connector.domain.dates import month_of, parse_date
from connector.domain.past_books import PastPosting, PastRelation, Remark, minor_of
from connector.errors import PastBooksError
from connector.past_books.audit_checks import Sums
from connector.past_books.remarks import Remarks

VERSIONS = {
    "http://www.auditfiles.nl/XAF/3.2": "3.2",
    "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.0/structures/XmlAuditfileFinancieel3.2.1": "3.2.1",
    "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0": "4.0",
}
"""The versions that are read, by the namespace of the root."""
_NAMELESS = "3.2"
"""What a file without a namespace is taken for; the three versions do not differ in what is read here."""
_COMPANY = ("auditfile", "company")
_TRANSACTIONS = (*_COMPANY, "transactions")
_JOURNAL = (*_TRANSACTIONS, "journal")
_READ = {
    ("auditfile", "header"): "_header",
    (*_COMPANY, "customersSuppliers", "customerSupplier"): "_relation",
    (*_COMPANY, "generalLedger", "ledgerAccount"): "_account",
    (*_COMPANY, "vatCodes", "vatCode"): "_vat_code",
    (*_COMPANY, "periods", "period"): "_period",
    (*_TRANSACTIONS, "linesCount"): "_total",
    (*_TRANSACTIONS, "totalDebit"): "_total",
    (*_TRANSACTIONS, "totalCredit"): "_total",
    (*_JOURNAL, "jrnID"): "_journal_field",
    (*_JOURNAL, "jrnTp"): "_journal_field",
}
_TRANSACTION = (*_JOURNAL, "transaction")
_WHOLE = {*_READ, _TRANSACTION}
"""Elements that are read as a whole when they end; all others are dropped as soon as they end."""


class AuditFile:
    """An audit file; see ``PastBooks``. ``postings`` begins anew every time it is called."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._version = ""
        self._begin()

    def _begin(self) -> None:
        self._relations: dict[str, PastRelation] = {}
        self._accounts: dict[str, tuple[str, str]] = {}
        self._tax_accounts: set[str] = set()
        self._months: dict[str, str] = {}
        self._journal: dict[str, str] = {}
        self._remarks = Remarks()
        self._sums = Sums(self._remarks)

    @property
    def form(self) -> str:
        """'XAF 3.2'; without a version until the first line was read."""
        return f"XAF {self._version}".strip()

    @property
    def relations(self) -> Mapping[str, PastRelation]:
        """Customers and suppliers by their number."""
        return self._relations

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is wrong with the file."""
        return self._remarks.all

    @property
    def tax_accounts(self) -> frozenset[str]:
        """The accounts of the file's VAT codes."""
        return frozenset(self._tax_accounts)

    def postings(self) -> Iterator[PastPosting]:
        """Every line of every transaction. PastBooksError when the file is no audit file, or broken off."""
        self._begin()
        try:
            with self._path.open("rb") as file:
                yield from self._read(file)
        except ParseError as wrong:
            line, column = wrong.position
            raise self._wrong(
                f"the XML breaks off or is damaged at line {line}, column {column + 1}: {wrong.msg}",
                hint="The export may be incomplete, or in another encoding than its first line says; export it anew.",
            ) from wrong
        except defusedxml.DefusedXmlException as wrong:
            raise self._wrong(
                "the file declares a DTD, entities or external files, which no audit file does; it is not read",
                hint="Ask where the file comes from, and export it anew from the bookkeeping software.",
            ) from wrong
        except OSError as wrong:
            raise self._wrong(f"the file cannot be read: {wrong.strerror}") from wrong
        except (LookupError, ValueError) as wrong:
            raise self._wrong(
                f"the encoding of the file cannot be used: {wrong}", hint="Export it anew, as UTF-8."
            ) from wrong
        self._sums.finish()

    def _read(self, file: BinaryIO) -> Iterator[PastPosting]:
        path: list[str] = []
        parents: list[Element] = []
        whole = 0  # how deep the element is that is read as a whole
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                name = element.tag.rpartition("}")[2]
                if not path:
                    self._root(element.tag, name)
                path.append(name)
                parents.append(element)
                if not whole and tuple(path) in _WHOLE:
                    whole = len(path)
                elif name == "journal":
                    self._journal = {}
                continue
            parents.pop()
            if whole == len(path):
                whole, where = 0, tuple(path)
                if where == _TRANSACTION:
                    yield from self._transaction(element)
                else:
                    getattr(self, _READ[where])(element)
            path.pop()
            if not whole and parents:
                parents[-1].remove(element)

    def _root(self, tag: str, name: str) -> None:
        namespace = tag.rpartition("}")[0].removeprefix("{")
        if name == "auditfile" and not namespace:
            self._remarks.add("no-namespace", "auditfile", _NAMELESS)
        elif name != "auditfile" or namespace not in VERSIONS:
            found = f"{name} of {namespace}" if namespace else name
            raise self._wrong(
                f"this is no audit file that can be read: it begins with {found}",
                hint=f"Export an XML Auditfile Financieel, version {' or '.join(VERSIONS.values())}.",
            )
        self._version = VERSIONS.get(namespace, _NAMELESS)

    def _header(self, element: Element) -> None:
        currency = _fields(element).get("curCode", "")
        if currency != "EUR":
            raise self._wrong(
                f"the books are in {currency or 'no currency that is told'}; only books in EUR can be compared",
                hint="Export the books of an administration that is kept in euros.",
            )

    def _relation(self, element: Element) -> None:
        fields = _fields(element)
        number = fields.get("custSupID", "")
        self._relations[number] = PastRelation(
            number=number,
            name=fields.get("custSupName", ""),
            vat_number=fields.get("taxRegIdent", ""),
            country=fields.get("taxRegistrationCountry", ""),
            kind=fields.get("custSupTp", ""),
        )

    def _account(self, element: Element) -> None:
        fields = _fields(element)
        self._accounts[fields.get("accID", "")] = (fields.get("accDesc", ""), fields.get("accTp", ""))

    def _vat_code(self, element: Element) -> None:
        fields = _fields(element)
        self._tax_accounts |= {fields.get("vatToPayAccID", ""), fields.get("vatToClaimAccID", "")} - {""}

    def _period(self, element: Element) -> None:
        fields = _fields(element)
        start, end = (parse_date(fields.get(name, "")) for name in ("startDatePeriod", "endDatePeriod"))
        if start and end and month_of(start) == month_of(end):
            self._months[fields.get("periodNumber", "")] = month_of(start)

    def _journal_field(self, element: Element) -> None:
        self._journal[element.tag.rpartition("}")[2]] = (element.text or "").strip()

    def _total(self, element: Element) -> None:
        name = element.tag.rpartition("}")[2]
        self._sums.promised(name, self._minor(element.text or "", name, "transactions"))

    def _transaction(self, element: Element) -> Iterator[PastPosting]:
        fields, journal = _fields(element), self._journal.get("jrnID", "")
        number = fields.get("nr", "")
        place = f"journal {journal}, transaction {number}"
        date = self._date(fields.get("trDt", ""), "trDt", place)
        head = {
            "date": date,
            "period": self._months.get(fields.get("periodNumber", ""), month_of(date)),
            "journal": journal,
            "journal_type": self._journal.get("jrnTp", ""),
            "entry": number,
            "entry_text": fields.get("desc", ""),
        }
        self._sums.begin(place)
        for line in _children(element, "trLine"):
            yield self._line(line, place, head)
        self._sums.end()

    def _line(self, line: Element, transaction: str, head: dict[str, Any]) -> PastPosting:
        fields = _fields(line)
        place = f"{transaction}, line {fields.get('nr', '')}"
        account, party = fields.get("accID", ""), fields.get("custSupID", "")
        name, kind = self._accounts.get(account, ("", ""))
        minor = self._signed(fields, "amnt", place)
        self._sums.add(minor, credit=fields.get("amntTp") == "C")
        if self._accounts and account not in self._accounts:
            self._remarks.add("unknown-account", place, account, minor)
        relation = self._relations.get(party)
        if party and self._relations and relation is None:
            self._remarks.add("unknown-relation", place, party, minor)
        taxes = [_fields(tax) for tax in _children(line, "vat")]
        references = dict.fromkeys((fields.get("invRef", ""), fields.get("docRef", "")))
        return PastPosting(
            account=account,
            minor=minor,
            place=place,
            account_name=name,
            result={"P": True, "B": False}.get(kind),
            text=fields.get("desc", ""),
            party_id=party,
            party_name=relation.name if relation else "",
            party_vat_number=relation.vat_number if relation else "",
            document_ref=" ".join(filter(None, references)),
            tax_code=taxes[0].get("vatID", "") if taxes else "",
            tax_minor=sum(self._signed(tax, "vatAmnt", place) for tax in taxes),
            cost_centre=fields.get("costID") or fields.get("cost", ""),
            **head,
        )

    def _signed(self, fields: Mapping[str, str], name: str, place: str) -> int:
        side = fields.get(f"{name}Tp", "")
        if side not in {"D", "C"}:
            raise self._wrong(f"{name}Tp is '{side}', which is neither D nor C", where=place)
        minor = self._minor(fields.get(name, ""), name, place)
        return minor if side == "D" else -minor

    def _minor(self, text: str, name: str, place: str) -> int:
        if name == "linesCount":
            text = f"{text.strip()}.00"
        try:
            minor = minor_of(text.strip())
        except ValueError as wrong:
            raise self._wrong(f"{name}: {wrong}", where=place) from wrong
        return minor // 100 if name == "linesCount" else minor

    def _date(self, text: str, name: str, place: str) -> datetime.date:
        date = parse_date(text)
        if date is None:
            raise self._wrong(f"{name} is '{text}', which is no date", where=place)
        return date

    def _wrong(self, message: str, *, where: str = "", hint: str = "") -> PastBooksError:
        return PastBooksError(message, hint=hint, where=f"{self.name}, {where}" if where else self.name)


def _children(element: Element, name: str) -> list[Element]:
    return [each for each in element if each.tag.rpartition("}")[2] == name]


def _fields(element: Element) -> dict[str, str]:
    """The texts of the children by their names; the first of a name counts."""
    found: dict[str, str] = {}
    for each in element:
        found.setdefault(each.tag.rpartition("}")[2], (each.text or "").strip())
    return found
