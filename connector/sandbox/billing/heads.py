"""Who sends an old invoice to whom, and its Header, as values with the keys of the JSON."""

from __future__ import annotations

from typing import Any

from connector.sandbox.billing.numbers import number_of
from connector.sandbox.documents import Document
from connector.sandbox.months import date_text, month_text
from connector.sandbox.parties import Party

Values = dict[str, Any]


def header_values(document: Document, number: str, *, credit: bool) -> Values:
    """Return the Header: its type tells an invoice from a credit note."""
    return {
        "Currency": "EUR",
        "Date": date_text(document.date),
        "Description": f"Cloud services {month_text(document.month)}",
        "ExpirationDate": date_text(document.due),
        "InvoiceID": number,
        "Language": "Dutch",
        "LanguageCode": "NL",
        "TermsOfPaymentDays": document.reseller.payment_days,
        "Type": "CREDIT" if credit else "INVOICE",
        "TypeIdentifier": 2 if credit else 1,
    }


def sender_values(party: Party) -> Values:
    """Return the Sender block."""
    return {
        "AccountID": number_of(party.account_id),
        "Address": party.address,
        "BankAccount": "",
        "BIC": party.bic,
        "ChamberOfCommerce": party.chamber_of_commerce,
        "City": party.city,
        "CompanyName": party.company_name,
        "Country": party.country,
        "CountryCode": party.country_code,
        "Fax": None,
        "IBAN": party.iban,
        "Logo": "",
        "PostalCode": party.postal_code,
        "Telephone": party.telephone,
        "VATNumber": party.vat_number,
        "Website": "",
    }


def receiver_values(party: Party, customer_number: str) -> Values:
    """Return the Receiver block."""
    return {
        "AccountID": number_of(party.account_id),
        "Address": party.address,
        "City": party.city,
        "CompanyName": party.company_name,
        "ContactFirstName": party.first_name,
        "ContactLastName": party.last_name,
        "ContactMiddleName": "",
        "Country": party.country,
        "CountryCode": party.country_code,
        "CustomerNumber": customer_number,
        "Email": party.email,
        "Fax": None,
        "Telephone": party.telephone,
        "Type": 1,
        "VATNumber": party.vat_number,
        "Zip": party.postal_code,
    }
