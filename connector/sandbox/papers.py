"""The papers of purchase documents: what Copaco mails (PDF) or sends over Peppol (UBL), right or wrong on purpose.

The figures are the generator's own, so that paper and API agree to the cent unless a defect says otherwise.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from connector.sandbox.documents import Document, documents, purchase_blocks
from connector.sandbox.figures import cents_text
from connector.sandbox.parties import Party
from connector.sandbox.world import World

DEFECTS = {
    "": "As it should be.",
    "total": "The total is a euro more than that of the API, without VAT.",
    "vat": "The VAT is a cent more.",
    "credit": "It is a credit note of the same size.",
    "scan": "A PDF without text, as a scanner makes it.",
}
"""What may be wrong with a paper."""
_EURO, _CENT = 100, 1
_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"


@dataclass(frozen=True, kw_only=True)
class PaperLine:
    """A subscription of a customer on the annex, with its net amount in cents."""

    vendor: str
    subscription: str
    text: str
    net: int


@dataclass(frozen=True, kw_only=True)
class PaperCustomer:
    """A customer on a paper."""

    name: str
    number: str
    lines: tuple[PaperLine, ...]

    @property
    def net(self) -> int:
        """The sum of its lines in cents."""
        return sum(line.net for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class PaperContent:
    """What stands on a paper, in cents. On a credit note amounts are positive."""

    document: Document
    credit: bool
    net: int
    vat: int
    customers: tuple[PaperCustomer, ...]

    @property
    def gross(self) -> int:
        """The total with VAT."""
        return self.net + self.vat


def document_of(world: World, number: str) -> Document | None:
    """The purchase document with this number, ``None`` when there is none."""
    found = (
        document
        for reseller in world.resellers
        for document in documents(world, reseller, dt.date.min, dt.date.max)
        if document.number == number
    )
    return next(found, None)


def content(world: World, document: Document, defect: str = "") -> PaperContent:
    """What the paper of ``document`` says, with what is wrong with it on purpose."""
    customers, vat = [], 0
    for block in purchase_blocks(world, document):
        lines = []
        for subscription, priced in block.subscriptions:
            mine = [line for line in priced if line.only != "sale"]
            vat += sum(line.vat_at(document.reseller.vat_percent, sale=False) for line in mine)
            lines += [
                PaperLine(
                    vendor=subscription.plan.category,
                    subscription=subscription.subscription_id,
                    text=f"{subscription.plan.description}, {line.charge_type}",
                    net=line.cost,
                )
                for line in mine
            ]
        customer = block.customer
        customers.append(PaperCustomer(name=customer.company_name, number=customer.account_id, lines=tuple(lines)))
    net = sum(customer.net for customer in customers)
    sign = -1 if net + vat < 0 else 1
    return PaperContent(
        document=document,
        credit=sign < 0 or defect == "credit",
        net=sign * net + (_EURO if defect == "total" else 0),
        vat=sign * vat + (_CENT if defect == "vat" else 0),
        customers=tuple(customers),
    )


def ubl(told: PaperContent) -> bytes:
    """A paper as UBL 2.1, in the form of Peppol BIS Billing 3, with one line for each customer."""
    document, root = told.document, "CreditNote" if told.credit else "Invoice"
    percent = document.reseller.vat_percent
    category = "S" if percent else "AE"
    sign = -1 if sum(customer.net for customer in told.customers) < 0 else 1
    reason = "" if percent else "<cbc:TaxExemptionReason>Reverse charge</cbc:TaxExemptionReason>"
    due = "" if told.credit else f"<cbc:DueDate>{document.due}</cbc:DueDate>"
    code = 381 if told.credit else 380
    tax = f"<cbc:ID>{category}</cbc:ID><cbc:Percent>{percent}</cbc:Percent>"
    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    lines = "".join(
        f"<cac:{root}Line><cbc:ID>{place}</cbc:ID>"
        f'<cbc:{"Credited" if told.credit else "Invoiced"}Quantity unitCode="C62">1</cbc:'
        f"{'Credited' if told.credit else 'Invoiced'}Quantity>"
        f"{_amount('LineExtensionAmount', sign * customer.net)}"
        f"<cac:Item><cbc:Name>{escape(customer.name)}</cbc:Name>"
        f"<cac:ClassifiedTaxCategory>{tax}{scheme}</cac:ClassifiedTaxCategory></cac:Item>"
        f"<cac:Price>{_amount('PriceAmount', abs(customer.net))}</cac:Price></cac:{root}Line>"
        for place, customer in enumerate(told.customers, 1)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns={quoteattr(f"{_NAMESPACE}{root}-2")} '
        f'xmlns:cac="{_NAMESPACE}CommonAggregateComponents-2" xmlns:cbc="{_NAMESPACE}CommonBasicComponents-2">'
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
        "</cbc:CustomizationID><cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>"
        f"<cbc:ID>{document.number}</cbc:ID><cbc:IssueDate>{document.date}</cbc:IssueDate>{due}"
        f"<cbc:{root}TypeCode>{code}</cbc:{root}TypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
        f"<cbc:BuyerReference>{escape(document.reseller.partner_id)}</cbc:BuyerReference>"
        f"<cac:AccountingSupplierParty>{_party(document.reseller.supplier)}</cac:AccountingSupplierParty>"
        f"<cac:AccountingCustomerParty>{_party(document.reseller.party)}</cac:AccountingCustomerParty>"
        f"<cac:TaxTotal>{_amount('TaxAmount', told.vat)}<cac:TaxSubtotal>{_amount('TaxableAmount', told.net)}"
        f"{_amount('TaxAmount', told.vat)}<cac:TaxCategory>{tax}{reason}{scheme}</cac:TaxCategory>"
        "</cac:TaxSubtotal></cac:TaxTotal><cac:LegalMonetaryTotal>"
        f"{_amount('LineExtensionAmount', told.net)}{_amount('TaxExclusiveAmount', told.net)}"
        f"{_amount('TaxInclusiveAmount', told.gross)}{_amount('PayableAmount', told.gross)}"
        f"</cac:LegalMonetaryTotal>{lines}</{root}>\n"
    ).encode()


def _amount(name: str, cents: int) -> str:
    return f'<cbc:{name} currencyID="EUR">{cents_text(cents)}</cbc:{name}>'


def _party(party: Party) -> str:
    return (
        f'<cac:Party><cbc:EndpointID schemeID="9944">{party.vat_number}</cbc:EndpointID>'
        f"<cac:PostalAddress><cbc:StreetName>{escape(party.address)}</cbc:StreetName>"
        f"<cbc:CityName>{escape(party.city)}</cbc:CityName><cbc:PostalZone>{party.postal_code}</cbc:PostalZone>"
        f"<cac:Country><cbc:IdentificationCode>{party.country_code}</cbc:IdentificationCode></cac:Country>"
        f"</cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>{party.vat_number}</cbc:CompanyID>"
        "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
        f"<cac:PartyLegalEntity><cbc:RegistrationName>{escape(party.company_name)}</cbc:RegistrationName>"
        "</cac:PartyLegalEntity></cac:Party>"
    )
