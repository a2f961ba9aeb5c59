"""The XML that a PDF carries as Factur-X or ZUGFeRD: a Cross Industry Invoice, read into a paper."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.dates import parse_date
from connector.domain.paper import Paper, PaperForm, bare_vat_number, owed
from connector.papers.elements import Leaf, leaves, minor_of, only
from connector.papers.types import type_of

_ROOT = "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"
_DEAL = "SupplyChainTradeTransaction"
_LINE = (_DEAL, "IncludedSupplyChainTradeLineItem")
_AGREED = (_DEAL, "ApplicableHeaderTradeAgreement")
_SETTLED = (_DEAL, "ApplicableHeaderTradeSettlement")
_SUMS = (*_SETTLED, "SpecifiedTradeSettlementHeaderMonetarySummation")


def read(data: bytes) -> Paper | None:
    """The paper that ``data`` is; ``None`` for other XML. Raises NotReadable for what is no XML."""
    root, found = leaves(data, {_ROOT: "CrossIndustryInvoice"})
    if not root:
        return None
    found = [each for each in found if each.path[:2] != _LINE]

    def one(*path: str) -> str:
        return only([each.text for each in found if each.path == path])

    currency = one(*_SETTLED, "InvoiceCurrencyCode").upper()
    kind = type_of(one("ExchangedDocument", "TypeCode"))

    def owing(name: str) -> int | None:
        told = (
            each.text
            for each in found
            if each.path == (*_SUMS, name) and each.attributes.get("currencyID", currency) == currency
        )
        return owed(minor_of(only(list(told)), currency), kind, PaperForm.PDF_XML)

    return Paper(
        form=PaperForm.PDF_XML,
        number=one("ExchangedDocument", "ID"),
        date=parse_date(one("ExchangedDocument", "IssueDateTime", "DateTimeString")),
        type=kind,
        net=owing("TaxBasisTotalAmount"),
        vat=owing("TaxTotalAmount"),
        gross=owing("GrandTotalAmount"),
        currency=currency,
        seller_name=one(*_AGREED, "SellerTradeParty", "Name"),
        seller_vat=_vat_number(found, "SellerTradeParty"),
        buyer_vat=_vat_number(found, "BuyerTradeParty"),
        pdf=True,
    )


def _vat_number(found: Sequence[Leaf], party: str) -> str:
    path = (*_AGREED, party, "SpecifiedTaxRegistration", "ID")
    return only(
        [bare_vat_number(each.text) for each in found if each.path == path and each.attributes.get("schemeID") == "VA"]
    )
