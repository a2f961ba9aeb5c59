"""UBL 2.1 invoices and credit notes, as Peppol BIS Billing 3 sends them, read into a paper.

Names in brackets are the business terms of EN 16931. Nothing is validated beyond what is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.dates import parse_date
from connector.domain.paper import Paper, PaperForm, PaperType, bare_vat_number, owed
from connector.papers.elements import Leaf, leaves, minor_of, only
from connector.papers.types import type_of

_SCHEMA = "urn:oasis:names:specification:ubl:schema:xsd:"
_ROOTS = {f"{{{_SCHEMA}{name}-2}}{name}": name for name in ("Invoice", "CreditNote")}
_LINES = ("InvoiceLine", "CreditNoteLine", "UBLExtensions", "Signature")
_TOTALS = "LegalMonetaryTotal"
_PARTIES = {"seller": ("AccountingSupplierParty", "Party"), "buyer": ("AccountingCustomerParty", "Party")}
_EMBEDDED = ("AdditionalDocumentReference", "Attachment", "EmbeddedDocumentBinaryObject")


def read(data: bytes) -> Paper | None:
    """The paper that ``data`` is; ``None`` for other XML. Raises NotReadable for what is no XML."""
    root, found = leaves(data, _ROOTS, _LINES)
    if not root:
        return None

    def one(*path: str) -> str:
        return only([each.text for each in found if each.path == path])

    currency = one("DocumentCurrencyCode").upper()
    kind = _type(root, one(f"{root}TypeCode"))

    def owing(*path: str) -> int | None:
        return owed(_amount(found, path, currency), kind, PaperForm.UBL)

    return Paper(
        form=PaperForm.UBL,
        number=one("ID"),
        date=parse_date(one("IssueDate")),
        type=kind,
        net=owing(_TOTALS, "TaxExclusiveAmount"),
        vat=owing("TaxTotal", "TaxAmount"),
        gross=owing(_TOTALS, "TaxInclusiveAmount"),
        currency=currency,
        seller_name=one(*_PARTIES["seller"], "PartyLegalEntity", "RegistrationName")
        or one(*_PARTIES["seller"], "PartyName", "Name"),
        seller_vat=_vat_number(found, _PARTIES["seller"]),
        buyer_vat=_vat_number(found, _PARTIES["buyer"]),
        pdf=any(each.path == _EMBEDDED and each.attributes.get("mimeCode") == "application/pdf" for each in found),
    )


def _type(root: str, code: str) -> PaperType | None:
    """The type [BT-3]: that of the code, as far as it fits the element; older files of UBL have none on a credit note.

    An Invoice with code 381 is a credit note by its code. A CreditNote with a code of an invoice says both, so nothing.
    """
    kind = type_of(code)
    if root == "Invoice":
        return kind
    return PaperType.CREDIT_NOTE if not code or kind is PaperType.CREDIT_NOTE else None


def _amount(found: Sequence[Leaf], path: tuple[str, ...], currency: str) -> int | None:
    """The amount in the currency of the document: VAT may be repeated in that of the seller's country [BT-111]."""
    texts = [
        each.text for each in found if each.path == path and each.attributes.get("currencyID", currency) == currency
    ]
    return minor_of(only(texts), currency)


def _vat_number(found: Sequence[Leaf], party: tuple[str, ...]) -> str:
    """The number of the tax scheme VAT: a party may have other ones beside it."""
    scheme, number, numbers = (*party, "PartyTaxScheme"), "", list[str]()
    for each in found:
        if each.path == (*scheme, "CompanyID"):
            number = bare_vat_number(each.text)
        elif each.path == (*scheme, "TaxScheme", "ID") and each.text.upper() == "VAT":
            numbers.append(number)
    return only(numbers)
