"""The answer of the Billing API to a question: its text, its type, and the name of the file it pretends to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connector.sandbox.answers import Element, body
from connector.sandbox.billing.question import BillingQuestion
from connector.sandbox.billing.shape import OldInvoice, invoices
from connector.sandbox.billing.writing import INVOICE_ROOT, as_json, as_xml

JSON_ACCEPTED = "application/json"
XML_TYPE = "application/xml; charset=utf-8"


class Form(NamedTuple):
    """How an answer is written: in JSON, or in XML."""

    json: bool

    @property
    def ending(self) -> str:
        """The ending of a file of this form."""
        return "json" if self.json else "xml"


def form_wanted(accept: str) -> Form:
    """Return the form that an Accept header asks for; without a wish it is XML."""
    return Form(json=JSON_ACCEPTED in accept.lower())


def billing_text(question: BillingQuestion, form: Form) -> Iterator[str]:
    """Yield the sound answer to a question."""
    return written(question, form, invoices(question))


def written(question: BillingQuestion, form: Form, made: Iterable[OldInvoice], *, closing: str = "") -> Iterator[str]:
    """Yield invoices as a whole answer; ``closing`` are further keys of the top level of the JSON."""
    if form.json:
        return body((Element(one.number, as_json(one, totals=question.totals)) for one in made), closing=closing)
    return _xml(made)


def _xml(made: Iterable[OldInvoice]) -> Iterator[str]:
    root = INVOICE_ROOT
    yield root.opening
    for invoice in made:
        yield from as_xml(invoice)
    yield root.closing


def file_name(question: BillingQuestion, form: Form) -> str:
    """Return the value of Content-Disposition: the file as the portal would save it."""
    return f'attachment; filename="{question.endpoint}_{question.version}.{form.ending}"'
