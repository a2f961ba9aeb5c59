"""The example payloads and their variants, each prepared and told as a page that an accountant can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from connector.domain.catalogue import entry_of, severity_of
from connector.domain.delivery import DeliveryState
from connector.domain.finding import Finding, finding
from connector.domain.invoice import Direction, lines
from connector.domain.journal import JournalEntry
from connector.domain.mapping import MappedCustomer
from connector.domain.money import show
from connector.domain.revision import Standing, Step, next_step
from connector.domain.sentence import fill
from connector.source.parse import Parsed, parse
from tests.domain.books import BE, NL, PAYLOADS, Books, Prepared, amount, prepare

Tree = dict[str, Any]
_write = msgspec.json.Encoder(decimal_format="number").encode
CUSTOMERS = (
    MappedCustomer(
        account_id="6c1f0b52-7d1a-4a57-9a0e-0d5f3f8b1a01",
        name="De Korenaar",
        debtor="10021",
        country="NL",
        terms_days=14,
    ),
    MappedCustomer(account_id="6c1f0b52-7d1a-4a57-9a0e-0d5f3f8b1a02", name="Fysio Plus", debtor="10034", country="NL"),
)


def tree(name: str) -> Tree:
    """The one invoice of a payload, to be changed."""
    body = json.loads((PAYLOADS / f"{name}.json").read_text(), parse_float=Decimal)
    [invoice] = body["Invoices"]
    assert isinstance(invoice, dict)
    return invoice


def price_lines(invoice: Tree) -> list[Tree]:
    """The price lines of an invoice, in document order."""
    return [
        line
        for customer in invoice["Customers"]
        for subscription in customer["Subscriptions"]
        for line in subscription["PriceLines"]
    ]


def parsed(invoice: Tree) -> Parsed:
    """The invoice as it is read from the wire."""
    return parse(_write(invoice))


def prepared(invoice: Tree, books: Books = NL, **around: Any) -> Prepared:
    """A purchase, read from the wire."""
    read = parsed(invoice)
    return prepare(read.invoice, books, found=read.findings, **around)


def sales(invoice: Tree, books: Books) -> Iterator[Prepared]:
    """The sales in a customer specification, one per end customer."""
    read = parsed(invoice)
    for customer in read.invoice.customers or ():
        assert read.invoice.header is not None
        header = msgspec.structs.replace(read.invoice.header, expiration_date=None, terms_of_payment_days=None)
        yield prepare(
            msgspec.structs.replace(read.invoice, header=header),
            books,
            direction=Direction.SALE,
            customers=(customer,),
            found=read.findings,
        )


def changed(change: Callable[[Tree], object], name: str = "nl_invoice", books: Books = NL, **around: Any) -> str:
    """The page of a payload after ``change``."""
    invoice = tree(name)
    change(invoice)
    return page(prepared(invoice, books, **around))


def each_line(**fields: object) -> Callable[[Tree], None]:
    """A change of these fields on every line."""

    def change(invoice: Tree) -> None:
        for line in price_lines(invoice):
            line.update(fields)

    return change


def line_no(number: int, **fields: object) -> Callable[[Tree], None]:
    """A change of these fields on one line (from 1)."""

    def change(invoice: Tree) -> None:
        price_lines(invoice)[number - 1].update(fields)

    return change


def without(*fields: str, on: tuple[int, ...] = (1, 2, 3, 4, 5)) -> Callable[[Tree], None]:
    """The absence of these fields on some lines (from 1)."""

    def change(invoice: Tree) -> None:
        for number, line in enumerate(price_lines(invoice), 1):
            for field in fields if number in on else ():
                del line[field]

    return change


def doubled(invoice: Tree) -> None:
    """Copy the first line, but for its RatePeriodID and UID (CD-204)."""
    into = invoice["Customers"][0]["Subscriptions"][0]["PriceLines"]
    into.append(into[0] | {"RatePeriodID": 77, "UID": "u-9"})


def integer_ids(invoice: Tree) -> None:
    """Write identifiers as the old platform does, a quantity in quotes, and an amount as an integer."""
    for position, customer in enumerate(invoice["Customers"]):
        customer["AccountID"] = 1000 + position
        for subscription in customer["Subscriptions"]:
            subscription |= {"SubscriptionID": 500 + position, "PlanID": 70 + position}
    for number, line in enumerate(price_lines(invoice), 1):
        line["LineId"] = number
    line_no(1, Quantity="12")(invoice)
    line_no(4, ExtendedPrice=1896)(invoice)


def iso_dates(invoice: Tree) -> None:
    """Write dates as YYYY-MM-DD in the header and as date-times on the lines."""
    header = invoice["Header"]
    for field in ("Date", "ExpirationDate"):
        header[field] = _dashed(header[field])
    for line in price_lines(invoice):
        for field in ("StartDate", "EndDate"):
            line[field] = f"{_dashed(line[field])}T00:00:00"


def _dashed(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def three_of_seven_cents(invoice: Tree) -> None:
    """Leave three lines of 0.07 with 0.01 VAT each."""
    customer = invoice["Customers"][0]
    subscription = customer["Subscriptions"][0]
    line = subscription["PriceLines"][0] | {
        "Quantity": 1, "UnitPrice": Decimal("0.07"), "ExtendedPrice": Decimal("0.07"), "VAT": Decimal("0.01")
    }  # fmt: skip
    subscription["PriceLines"] = [
        line | {"LineId": str(number), "InvoiceRowHash": f"cents{number}", "UID": f"u-{number}"} for number in (1, 2, 3)
    ]
    customer["Subscriptions"] = [subscription]
    invoice["Customers"] = [customer]


def credit(invoice: Tree) -> None:
    """Leave the correction alone: a total below zero."""
    subscription = invoice["Customers"][0]["Subscriptions"][0]
    subscription["PriceLines"] = subscription["PriceLines"][1:]
    invoice["Customers"][0]["Subscriptions"] = [subscription]
    invoice["Customers"] = invoice["Customers"][:1]


def nothing_to_pay(invoice: Tree) -> None:
    """Leave a line and its full credit: a total of exactly zero."""
    credit(invoice)
    lines_left = invoice["Customers"][0]["Subscriptions"][0]["PriceLines"]
    lines_left.append(
        lines_left[0]
        | {"ExtendedPrice": Decimal("47.29"), "UnitPrice": Decimal("15.764516"), "VAT": Decimal("9.93")}
        | {"LineId": "3", "InvoiceRowHash": "9b6d1f0c2a7e4d53b1c8e4f2a6d70099"}
    )


def unknown_fields(invoice: Tree) -> None:
    """Add a field that nobody knows on every level."""
    customer = invoice["Customers"][0]
    subscription = customer["Subscriptions"][0]
    for level in (invoice, invoice["Header"], invoice["Sender"], customer, subscription, subscription["PriceLines"][0]):
        level["NewField"] = {"Reason": "2027"}


def other_order(value: Any) -> Any:
    """The same with the fields of every object, and all lists, the other way round."""
    if isinstance(value, dict):
        return {name: other_order(value[name]) for name in reversed(value)}
    return [other_order(each) for each in reversed(value)] if isinstance(value, list) else value


def summarised(invoice: Tree) -> None:
    """Put the two corrections into one, as the answer without showDetail has them."""
    into = invoice["Customers"][0]["Subscriptions"][0]["PriceLines"]
    both = {"ExtendedPrice": Decimal("-15.99"), "Quantity": 1, "UnitPrice": Decimal("-15.99"), "EndDate": "20240508"}
    into[1:] = [into[1] | both]


def _sale_pages() -> str:
    return "\n".join(page(each) for each in sales(tree("nl_specification"), NL.selling_to(*CUSTOMERS)))


def _changed_page() -> str:
    before = prepared(tree("nl_invoice"))
    invoice = tree("nl_invoice")
    line_no(1, UnitPrice=Decimal("19.10"), ExtendedPrice=Decimal("229.20"), VAT=Decimal("48.13"))(invoice)
    after = prepared(invoice)
    assert not after.held
    posted = [Standing(state=DeliveryState.POSTED, booking=before.reading.booking)]
    assert next_step(posted, after.reading.booking) is Step.CHANGED
    seen = finding(
        "CHANGED-AFTER-POSTING", "", after.reading.net - before.reading.net, number=after.document.head.number
    )
    return page(msgspec.structs.replace(after, checked=(*after.checked, seen)))


def _xml_page() -> str:
    read = parse(b'<?xml version="1.0"?><Invoices><Invoice><Header><InvoiceID/></Header></Invoice></Invoices>')
    return page(prepare(read.invoice, NL, found=read.findings))


def page(done: Prepared) -> str:
    """A document as an accountant reads it: head, lines, findings, and the entry as a table of debit and credit."""
    parts = [_head(done), _lines(done), _findings(done), _entry(done)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(done: Prepared) -> list[str]:
    head, key = done.document.head, done.document.key
    terms = "-" if head.terms_days is None else head.terms_days
    return [
        f"{key.direction.value.capitalize()} {head.number or '(no number)'} of {head.date or '(no date)'}",
        f"From {head.sender_name or '-'} {head.sender_vat or '-'}",
        f"To {head.receiver_name or '-'} {head.receiver_vat or '-'}",
        f"Due {head.due or '-'}, terms {terms} days, {head.currency or '-'}",
    ]


def _lines(done: Prepared) -> list[str]:
    shape = "{:>4}  {:26.26}  {:14.14}  {:23.23}  {:>5}  {:>10}  {:>9}"
    rows = [shape.format("Line", "Customer", "Charge type", "Period", "Rate", "Net", "VAT")]
    for number, each in enumerate(done.reading.lines, 1):
        seen = each.wording.combination
        period = f"{each.start or '-'} - {each.end or '-'}"
        rows.append(
            shape.format(
                number, seen.customer_name, seen.charge_type or "-", period, seen.rate, show(each.net), show(each.vat)
            )
        )
    rows.append(shape.format("", "Total", "", "", "", show(done.reading.net), show(done.reading.vat)))
    return [row.rstrip() for row in rows]


def _findings(done: Prepared) -> list[str]:
    return ["Findings"] + ([_told(each) for each in done.findings] or ["  none"])


def _told(found: Finding) -> str:
    return f"  {severity_of(found).value:6}  {found.code}: {fill(entry_of(found.code).sentence, found)}"


def _entry(done: Prepared) -> list[str]:
    if done.held:
        return ["Held: nothing is booked."]
    entry = done.entry
    shape = "{:>7}  {:36.36}  {:>10}  {:>10}  {:20}  {}"
    rows = [
        f"{entry.kind.value.capitalize()}: {entry.text}",
        f"Booked on {entry.date}, VAT period {entry.vat_period}, due {entry.due or '-'}",
        f"Key {entry.key.text}",
        "",
        shape.format("Account", "Name", "Debit", "Credit", "Tax code", "Text"),
    ]
    names = done.books.mapping.chart.accounts
    for posting in entry.postings:
        debit, credited = amount(max(posting.minor, 0)), amount(max(-posting.minor, 0))
        text = " ".join(filter(None, (posting.text, posting.deferral and f"[deferred: {posting.deferral}]")))
        rows.append(shape.format(posting.account, names[posting.account].name, debit, credited, posting.tax, text))
    debits, credits_ = _sides(entry)
    rows.append(shape.format("", "Total", debits, credits_, "", ""))
    return [row.rstrip() for row in rows]


def _sides(entry: JournalEntry) -> tuple[str, str]:
    sides = [sum(max(sign * posting.minor, 0) for posting in entry.postings) for sign in (1, -1)]
    return show(sides[0]), show(sides[1])


def hashes(invoice: Tree) -> set[str]:
    """The row hashes of an invoice."""
    return {str(line.invoice_row_hash) for _, _, line in lines(parsed(invoice).invoice)}


CASES: dict[str, Callable[[], str]] = {
    "10.1 Dutch reseller": lambda: changed(lambda _: None),
    "10.2 customer specification": _sale_pages,
    "10.3 Belgian reseller, summarised": lambda: changed(summarised, "be_invoice_detail", BE),
    "10.4-01a LineId repeated": lambda: changed(line_no(3, LineId="1")),
    "10.4-01b line doubled but for RatePeriodID": lambda: changed(doubled),
    "10.4-02a InvoiceRowHash absent on some lines": lambda: changed(without("InvoiceRowHash", on=(2, 5))),
    "10.4-02b ChargeType absent": lambda: changed(without("ChargeType", on=(1,))),
    "10.4-02c ChargeType CycleFee": lambda: changed(line_no(1, ChargeType="CycleFee")),
    "10.4-02d ChargeType UserCorrection": lambda: changed(line_no(2, ChargeType="UserCorrection")),
    "10.4-03 integer ids, quoted quantity, integer amount": lambda: changed(integer_ids),
    "10.4-04a dates as ISO": lambda: changed(iso_dates),
    "10.4-04b EndDate absent": lambda: changed(without("EndDate", on=(3, 4))),
    "10.4-05 rate as a fraction": lambda: changed(each_line(TaxPercentage=Decimal("0.21"))),
    "10.4-06 line VAT a cent less": lambda: changed(three_of_seven_cents),
    "10.4-07a UnitPrice null at Azure": lambda: changed(line_no(3, UnitPrice=None)),
    "10.4-07b UnitPrice full, amount pro rata": lambda: changed(line_no(2, UnitPrice=Decimal("-18.10"))),
    "10.4-08a total below zero": lambda: changed(credit),
    "10.4-08b total exactly zero": lambda: changed(nothing_to_pay),
    "10.4-08c no customers": lambda: changed(lambda invoice: invoice.pop("Customers")),
    "10.4-09 two invoices with one number": lambda: changed(lambda _: None, twice=True),
    "10.4-11a unknown fields on every level": lambda: changed(unknown_fields),
    "10.4-11b another order": lambda: page(prepared(other_order(tree("nl_invoice")))),
    "10.4-12 booked and then changed": _changed_page,
    "10.4-13 legacy XML": _xml_page,
}
