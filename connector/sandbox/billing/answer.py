"""The answer of the Billing API to a question: its text, its type, and the name of the file it pretends to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connector.sandbox.alterations import in_turn
from connector.sandbox.answers import Element, body
from connector.sandbox.billing.consolidated import consolidated
from connector.sandbox.billing.question import CONSOLIDATED, DETAILS, BillingQuestion
from connector.sandbox.billing.shape import OldInvoice, invoices
from connector.sandbox.billing.writing import CONSOLIDATED_ROOT, INVOICE_ROOT, Root, as_json, as_xml
from connector.sandbox.bodies import Body, streamed
from connector.sandbox.faults import PAGING, Due, Fault

JSON_ACCENT, XML_ACCENT = ',"Origin":"België"', "<Origin>België</Origin>"
JSON_ACCEPTED = "application/json"
XML_TYPE = "application/xml; charset=utf-8"


class Form(NamedTuple):
    """How an answer is written: in JSON, or in XML."""

    json: bool

    @property
    def ending(self) -> str:
        """The ending of a file of this form."""
        return "json" if self.json else "xml"


def form_wanted(accept: str, endpoint: str) -> Form:
    """Return the form that an Accept header asks for; without a wish it is XML, save for subscription details."""
    return Form(json=endpoint == DETAILS or JSON_ACCEPTED in accept.lower())


def billing_answer(question: BillingQuestion, form: Form, fault: Fault | None = None, due: Due | None = None) -> Body:
    """Return the answer with its invoices, spoilt by a fault of the body and by changes that are due to some."""
    kind = fault.kind if fault is not None else ""
    made: Iterable[OldInvoice] = () if kind == "empty" else old_invoices(question)
    if due is not None:
        made = _changed(made, due)
    if kind == "encoding":
        closing = JSON_ACCENT if form.json else XML_ACCENT
        return streamed(_written(question, form, made, closing=closing), encoding="cp1252")
    closing = PAGING[fault.value] if fault is not None and kind == "paging" and form.json else ""
    return streamed(_written(question, form, made, closing=closing))


def old_invoices(question: BillingQuestion) -> Iterator[OldInvoice]:
    """Yield the sound invoices of an answer, oldest first."""
    return consolidated(question) if question.endpoint == CONSOLIDATED else invoices(question)


def _changed(made: Iterable[OldInvoice], due: Due) -> Iterator[OldInvoice]:
    for invoice in made:
        changes = due(invoice.number)
        if not changes:
            yield invoice
            continue
        for parts in in_turn(invoice.whole(), changes):
            yield invoice.with_parts(parts)


def _written(question: BillingQuestion, form: Form, made: Iterable[OldInvoice], *, closing: str) -> Iterator[str]:
    if form.json:
        return body((Element(one.number, as_json(one, totals=question.totals)) for one in made), closing=closing)
    return _xml(CONSOLIDATED_ROOT if question.endpoint == CONSOLIDATED else INVOICE_ROOT, made, closing)


def _xml(root: Root, made: Iterable[OldInvoice], closing: str) -> Iterator[str]:
    yield root.opening
    for invoice in made:
        yield from as_xml(invoice)
    yield closing + root.closing


def file_name(question: BillingQuestion, form: Form, *, always_v2: bool) -> str:
    """Return the value of Content-Disposition: the file as the portal would save it."""
    version = "v2" if always_v2 else question.version
    return f'attachment; filename="{question.endpoint}_{version}.{form.ending}"'
