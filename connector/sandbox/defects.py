"""Defects to seed on small documents: each a named change of a sound invoice, and what to make of it.

An expectation is "hold" (the document must not be booked), "warn", "report" (book, and tell) or "accept"
(book; the form is unusual but sound). The list follows the published release notes of the API and its open
points.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Literal

from connector.sandbox import alterations as to
from connector.sandbox.alterations import Alteration
from connector.sandbox.parties import dutch_vat_number

Expected = Literal["accept", "report", "warn", "hold"]
MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A defect: its name, the field it shows in, what a reader should do, and the change itself.

    ``change`` gets a sound invoice and returns the invoices that are served in its place.
    """

    name: str
    field: str
    expected: Expected
    change: Alteration


_HOLD: tuple[tuple[str, str, Alteration], ...] = (
    ("unknown-charge-type", "ChargeType", to.fee_line("ChargeType", lambda _line: "UserCorrection")),
    ("duplicated-line", "RatePeriodID", to.duplicated_line),
    ("null-extended-price", "ExtendedPrice", to.fee_line("ExtendedPrice", lambda _line: None)),
    ("missing-extended-price", "ExtendedPrice", to.without("", "ExtendedPrice")),
    ("text-extended-price", "ExtendedPrice", to.fee_line("ExtendedPrice", lambda _line: "n/a")),
    (
        "decimal-comma",
        "ExtendedPrice",
        to.fee_line("ExtendedPrice", lambda line: to.quoted(line, "ExtendedPrice").replace(".", ",")),
    ),
    ("null-vat", "VAT", to.fee_line("VAT", lambda _line: None)),
    ("vat-beyond-tolerance", "VAT", to.vat_off),
    ("foreign-vat", "TaxPercentage", to.foreign_vat),
    ("domestic-zero-rate", "TaxPercentage", to.zero_rated),
    ("sender-vat-changed", "Sender.VATNumber", to.block("Sender", "VATNumber", lambda _old: dutch_vat_number(22_220))),
    ("sender-bank-changed", "Sender.IBAN", to.block("Sender", "IBAN", lambda _old: "NL95BANK0000000009")),
    (
        "receiver-changed",
        "Receiver.VATNumber",
        to.block("Receiver", "VATNumber", lambda _old: dutch_vat_number(33_330)),
    ),
    ("same-number-different-parts", "Header.InvoiceID", to.different_parts),
    ("repeated-row-hash", "InvoiceRowHash", to.repeated_hash),
    ("foreign-currency", "Header.Currency", to.block("Header", "Currency", lambda _old: "USD")),
    (
        "day-month-year",
        "Header.Date",
        to.block("Header", "Date", lambda old: f"{old[6:]}-{old[4:6]}-{old[:4]}"),
    ),
    ("missing-date", "Header.Date", to.without("Header", "Date")),
    ("missing-number", "Header.InvoiceID", to.without("Header", "InvoiceID")),
    ("no-customers", "Customers", lambda invoice: [invoice | {"Customers": []}]),
    ("totals-mismatch", "Totals", to.wrong_totals),
)
_TELL: tuple[tuple[str, str, Expected, Alteration], ...] = (
    ("same-invoice-twice", "Header.InvoiceID", "report", lambda invoice: [invoice, copy.deepcopy(invoice)]),
    ("same-number-two-parts", "Header.InvoiceID", "warn", to.halves),
    ("vat-per-line-cents", "VAT", "warn", to.cent_lines),
    ("full-unit-price", "UnitPrice", "warn", to.full_unit_price),
    (
        "due-before-date",
        "Header.ExpirationDate",
        "warn",
        to.block("Header", "ExpirationDate", lambda _old: "20200101"),
    ),
    ("huge-text", "VendorDetails", "warn", to.fee_line("VendorDetails", lambda _line: "x" * MEGABYTE)),
    ("unknown-fields", "Extension", "report", to.unknown_fields),
)
_ACCEPT: tuple[tuple[str, str, Alteration], ...] = (
    ("repeated-line-id", "LineId", to.every_line("LineId", lambda _line: "1")),
    ("azure-unit-price-null", "UnitPrice", to.azure_without_unit_price),
    ("missing-row-hash", "InvoiceRowHash", to.hashes_missing),
    ("missing-charge-type", "ChargeType", to.without_charge_types),
    ("cycle-fee-spelling", "ChargeType", to.fee_line("ChargeType", lambda _line: "CycleFee")),
    ("integer-ids", "AccountID", to.integer_ids),
    ("quoted-quantity", "Quantity", to.every_line("Quantity", lambda line: to.quoted(line, "Quantity"))),
    (
        "quoted-amounts",
        "ExtendedPrice",
        to.every_line("ExtendedPrice", lambda line: to.quoted(line, "ExtendedPrice")),
    ),
    ("iso-dates", "Header.Date", to.iso_dates("")),
    ("iso-date-times", "Header.Date", to.iso_dates("T00:00:00")),
    ("end-date-missing", "EndDate", to.without("", "EndDate")),
    ("tax-fraction", "TaxPercentage", to.tax_fraction),
    ("zero-total", "ExtendedPrice", to.zero_total),
    ("other-field-order", "", lambda invoice: [to.shuffled(invoice)]),
    ("customer-number-empty", "CustomerNumber", to.numbers_empty),
    ("details-on-line", "SubscriptionDetails", to.details_on_line),
)

DEFECTS: dict[str, Defect] = {
    name: Defect(name=name, field=field, expected=expected, change=change)
    for name, field, expected, change in (
        *((name, field, "hold", change) for name, field, change in _HOLD),
        *_TELL,
        *((name, field, "accept", change) for name, field, change in _ACCEPT),
    )
}
