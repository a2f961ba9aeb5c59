"""Which list of the API a saved answer comes from: seen from what is in it first, from the file's name
second.

File names lie: the old portal called every download "v2" (defect CD-215). But purchase and sale look alike
where no VAT is charged, and taking one for the other would be costly, so what cannot be told for certain is
asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from connector.domain.invoice import Direction, Invoice, Party, ident, lines
from connector.domain.rules import compact
from connector.errors import SourceFormatError
from connector.source.base import Endpoint

_HINT = "Say which list it is with the option for the endpoint: " + ", ".join(each.value for each in Endpoint) + "."


def endpoint_of(invoice: Invoice) -> Endpoint | None:
    """The list that an invoice can only come from; None when it may come from several.

    A customer invoice is addressed to the one end customer in it. A reseller invoice charges VAT. A
    specification charges none although both parties are in one country; without VAT across a border it may be
    either.
    """
    customers = {ident(customer.account_id) for customer in invoice.customers or ()}
    receiver, sender = invoice.receiver, invoice.sender
    from_copaco = "copaco" in ((sender.company_name if sender else None) or "").lower()
    if receiver and not from_copaco and customers == {ident(receiver.account_id)} and customers != {""}:
        return Endpoint.CUSTOMER_INVOICES
    vat = [line.vat for _, _, line in lines(invoice)]
    if any(vat):
        return Endpoint.INVOICES
    country = _country(sender)
    if vat and country and country == _country(receiver):
        return Endpoint.CUSTOMER_SPECIFICATIONS
    return None


def is_consolidated(unknown: Iterable[str]) -> bool:
    """Whether the ``unknown`` fields of an invoice (their patterns) are those of a consolidated one: two prices."""
    return any(each.endswith((".PurchasePrice", ".SalesPrice")) for each in unknown)


def check_consolidated(found: Iterable[Endpoint | None], chosen: Endpoint | None) -> None:
    """Nothing is booked from consolidated invoices, whatever they are said to be, and nothing else is compared as if it
    were one. Raises SourceFormatError."""
    inside = {each for each in found if each is not None}
    ours = Endpoint.CONSOLIDATED_INVOICES
    if chosen is None or not inside or (ours in inside) == (chosen is ours):
        return
    if chosen is ours:
        raise SourceFormatError("The file holds other invoices, without the prices of consolidated ones", hint=_HINT)
    raise SourceFormatError(
        "The file holds consolidated invoices, which are compared and never booked",
        hint=f"Say so with the option for the endpoint: {ours.value}.",
    )


def direction_of(invoice: Invoice, own_vat: str) -> Direction | None:
    """Whether an invoice was bought or sold by who has the VAT number ``own_vat``; None when it does not tell.

    Copaco's specifications name the reseller as the receiver, so who receives one may be selling by it.
    """
    sender, receiver = (
        compact((party.vat_number if party else None) or "") for party in (invoice.sender, invoice.receiver)
    )
    own = compact(own_vat)
    if not own or not sender or (sender == own) == (receiver == own):
        return None
    return Direction.SALE if sender == own else Direction.PURCHASE


def check_direction(found: Iterable[Direction | None], chosen: Endpoint | None) -> None:
    """What is kept cannot be taken back, so that nothing we sent is kept as a purchase, and nothing we got as an
    invoice to a customer, whatever it is said to be. Raises SourceFormatError."""
    inside = set(found)
    if chosen is Endpoint.INVOICES and Direction.SALE in inside:
        raise SourceFormatError(
            "The file holds invoices that your own company sent, and no purchases",
            hint=f"Say so with the option for the endpoint: {Endpoint.CUSTOMER_INVOICES.value}.",
        )
    if chosen is Endpoint.CUSTOMER_INVOICES and Direction.PURCHASE in inside:
        raise SourceFormatError(
            "The file holds invoices to your own company, and none to customers",
            hint=f"Say so with the option for the endpoint: {Endpoint.INVOICES.value}.",
        )


def recognised(found: Iterable[Endpoint | None], file_name: str) -> Endpoint:
    """The list of a file, from what its invoices say (``found``) and from its name. SourceFormatError when
    these do not settle it.
    """
    inside = {each for each in found if each is not None}
    # A reseller invoice may happen to have no VAT; a specification never has any.
    if inside == {Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS}:
        inside = {Endpoint.INVOICES}
    named = _named(file_name)
    if len(inside) > 1:
        raise SourceFormatError("The file holds invoices of several kinds", where=file_name, hint=_HINT)
    if not inside:
        if named is None:
            raise SourceFormatError(
                "Neither what is in the file nor its name tells which list of the API it is",
                where=file_name,
                hint=_HINT,
            )
        return named
    (content,) = inside
    if named is None or named is content:
        return content
    if named is Endpoint.EXAMPLE_INVOICES and content is Endpoint.INVOICES:
        return named
    raise SourceFormatError(
        f"The file is named as if it held {named.value}, but what is in it looks like {content.value}",
        where=file_name,
        hint=_HINT,
    )


def register_named(file_name: str) -> Endpoint | None:
    """The register that a file is named after, where it holds no invoices."""
    letters = _letters(file_name)
    if "subscriptiondetail" in letters:
        return Endpoint.SUBSCRIPTION_DETAILS
    if "subscription" in letters:
        return Endpoint.CUSTOMER_SUBSCRIPTIONS
    return Endpoint.PRODUCTS if "product" in letters else None


def _letters(file_name: str) -> str:
    return re.sub(r"[^a-z]", "", file_name.lower().rpartition(".")[0])


def _named(file_name: str) -> Endpoint | None:
    letters = _letters(file_name)
    for word, endpoint in (
        ("example", Endpoint.EXAMPLE_INVOICES),
        ("consolidated", Endpoint.CONSOLIDATED_INVOICES),
        ("specification", Endpoint.CUSTOMER_SPECIFICATIONS),
        ("customerinvoice", Endpoint.CUSTOMER_INVOICES),
        ("invoice", Endpoint.INVOICES),
    ):
        if word in letters:
            return endpoint
    return None


def _country(party: Party | None) -> str:
    if party is None:
        return ""
    prefix = (party.vat_number or "").strip()[:2].upper()
    return prefix if prefix.isalpha() else (party.country_code or "").strip().upper()
