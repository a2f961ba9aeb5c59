"""A specification as a workbook: its lines in order as a table to filter and sum, and the sums of its groups."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from connector.customer_papers import books
from connector.customer_papers.layout import Page, charge_name, subscription_name
from connector.domain.details import Details, shown, told
from connector.domain.money import from_minor
from connector.domain.specification import Specification, SpecifiedLine, SpecifiedSubscription, Vendor
from connector.texts import _

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


class _Column(NamedTuple):
    title: str
    of: Callable[[SpecifiedLine], object]
    total: object = ""


def xlsx(made: Specification, page: Page, details: Details) -> bytes:
    """The XLSX file of ``made``, headed as its ``page`` is, in the language that is spoken now. Amounts are numbers."""
    from openpyxl import Workbook
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    sheet.title = _("Specification")
    _head(sheet, page)
    first = sheet.max_row + 2
    columns, lines = _columns(made, details), made.lines
    books.put(sheet, [each.title for each in columns], row=first, bold=True)
    for line in lines:
        books.put(sheet, [each.of(line) for each in columns])
    books.put(sheet, [_("Total"), *(each.total for each in columns[1:])], bold=True)
    sheet.freeze_panes = f"A{first + 1}"
    sheet.auto_filter.ref = f"A{first}:{sheet.cell(first + len(lines), len(columns)).coordinate}"
    sheet.print_title_rows = f"{first}:{first}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    books.widen(sheet, below=first)
    _sums(book.create_sheet(_("Sums")), made)
    return books.written(book, page.day)


def _head(sheet: Worksheet, page: Page) -> None:
    for line in page.sender:
        books.put(sheet, [line])
    books.put(sheet, [page.title], bold=True)
    for line in page.recipient:
        books.put(sheet, [line])
    for name, value in page.facts:
        books.put(sheet, [name, value])
    books.put(sheet, [page.remark])


def _columns(made: Specification, details: Details) -> list[_Column]:
    def money(minor: int) -> Decimal:
        return from_minor(minor, made.currency)

    def attributes(line: SpecifiedLine) -> str:
        found = told(shown((*line.attributes, *line.line_attributes), details))
        return "; ".join(part for part in (line.vendor_details, found) if part)

    plain = [
        _Column(_("Vendor"), lambda line: line.vendor),
        _Column(_("Subscription"), lambda line: subscription_name(line.subscription_name, line.plan)),
        _Column(_("Subscription ID"), lambda line: line.subscription_id),
        _Column(_("Company"), lambda line: line.company),
        _Column(_("Order number"), lambda line: line.po_number),
        _Column(_("Document"), lambda line: line.document),
        _Column(_("From"), lambda line: line.start),
        _Column(_("To"), lambda line: line.end),
        _Column(_("Charge"), lambda line: charge_name(line.charge_type)),
        _Column(_("Description"), lambda line: line.description),
        _Column(_("Details"), attributes),
        _Column(_("Quantity"), lambda line: line.quantity),
        _Column(_("Unit price"), lambda line: line.unit_price),
        _Column(_("Discount"), lambda line: line.discount),
        _Column(_("Amount"), lambda line: money(line.net), money(made.net)),
    ]
    if not made.invoiced:
        return plain
    return [
        *plain,
        _Column(_("VAT %"), lambda line: Decimal(line.rate) if line.rate else ""),
        _Column(_("VAT"), lambda line: money(line.vat), money(made.vat)),
        _Column(_("With VAT"), lambda line: money(line.net + line.vat), money(made.gross)),
    ]


def _sums(sheet: Worksheet, made: Specification) -> None:
    def amounts(of: Vendor | SpecifiedSubscription | Specification) -> list[Decimal]:
        minor = (of.net, of.vat, of.net + of.vat) if made.invoiced else (of.net,)
        return [from_minor(each, made.currency) for each in minor]

    vat = [_("VAT"), _("With VAT")] if made.invoiced else []
    books.put(sheet, [_("Vendor"), _("Subscription"), _("Subscription ID"), _("Amount"), *vat], bold=True)
    for vendor in made.vendors:
        for each in vendor.subscriptions:
            name = subscription_name(each.name, each.plan)
            books.put(sheet, [vendor.name, name, each.subscription_id, *amounts(each)])
        books.put(sheet, [vendor.name, _("Total"), "", *amounts(vendor)], bold=True)
    books.put(sheet, [_("Total"), "", "", *amounts(made)], bold=True)
    books.widen(sheet)
