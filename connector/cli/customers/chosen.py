"""Whose papers are asked for: the customers of a month, what each owes, its language, and why some get none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from connector import texts
from connector.app import sources
from connector.cli import filters
from connector.cli.choosing import perhaps
from connector.cli.options import Face
from connector.customer_papers.folder import file_name
from connector.domain.specification import Contact, Specification
from connector.texts import _

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.engine.specifications import Owing, Specified

LISTS = ("customer-specifications", "customer-invoices")
INTERNAL = "internal"
"""Why a customer gets no paper that customers.csv marks as our own company."""

period = click.option("--period", type=filters.Period(), required=True, help="The month of the documents, as 2026-01.")
from_list = click.option(
    "--from-list", "source", type=click.Choice(LISTS), help="The list of Copaco to take. Default: sale_source."
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The customers of one administration in a month, out of the list ``source``."""

    administration: Administration
    period: str
    source: str
    customers: list[Owing]

    @property
    def net(self) -> int:
        """What their documents amount to without VAT, in minor units."""
        return sum(each.net for each in self.customers)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What goes to one customer: ``name`` is that of its file without an ending; ``left_out`` are codes of findings,
    or 'internal', for which it gets nothing."""

    specification: Specification
    contact: Contact
    language: str
    name: str
    left_out: tuple[str, ...]


def choose(connector: Connector, administration: Administration, period: str, source: str | None) -> Chosen:
    """The customers of the month."""
    from connector.engine.specifications import owing

    wanted = source or administration.sale_source
    found = owing(*connector.at(administration), period, wanted)
    return Chosen(administration=administration, period=period, source=wanted, customers=found)


def papers(face: Face, connector: Connector, chosen: Chosen) -> Iterator[Paper]:
    """The paper of each customer, one at a time. Contact and language in customers.csv go before Copaco's."""
    from connector.engine.specifications import specifications

    administration = chosen.administration
    known = connector.mapping_in_force(administration).mapping.customers
    taken: set[str] = set()
    for each in specifications(
        *connector.at(administration),
        sources.dialect(administration),
        chosen.customers,
        chosen.period,
    ):
        made, row = each.specification, known.get(each.specification.customer)
        name = file_name(made.period, made.name, made.customer, made.currency)
        assert name not in taken, "every customer has a file of its own"
        taken.add(name)
        own = "" if row is None else row.language
        yield Paper(
            specification=made,
            contact=_contact(each, row.contact if row else "", row.email if row else ""),
            language=face.asked_language or own or administration.documents.language or texts.language(),
            name=name,
            left_out=(*((INTERNAL,) if row is not None and row.internal else ()), *each.doubts),
        )


def is_meant(paper: Paper, wanted: str | None) -> bool:
    """Whether ``wanted`` is the account, number or name of the customer; all are without it."""
    made = paper.specification
    names = {made.customer.casefold(), made.customer_number.casefold(), made.name.casefold()}
    return wanted is None or wanted.strip().casefold() in names - {""}


def nobody(period: str, wanted: str | None, chosen: Iterable[Chosen] = ()) -> click.UsageError:
    """There is no such customer among those ``chosen``, or none at all."""
    if wanted is None:
        told = _("No document of the sale side is dated in {period}; 'connector status' shows the months.")
        return click.UsageError(told.format(period=period))
    told = _("No customer '{customer}' has documents in {period}; give its account, its number or its whole name.")
    near = perhaps(wanted, (one.party for each in chosen for one in each.customers))
    return click.UsageError(" ".join(filter(None, [told.format(customer=wanted, period=period), near])))


def header(administration: Administration) -> tuple[str, ...]:
    """What stands at the top of papers: the lines that were set, else name and VAT number."""
    own = (administration.company_name or administration.name, administration.vat_number)
    return administration.documents.header or own


def why(codes: tuple[str, ...]) -> str:
    """Why a customer gets nothing, in words where they are not codes of findings."""
    return ", ".join(_("your own company (customers.csv)") if code == INTERNAL else code for code in codes)


def _contact(each: Specified, name: str, email: str) -> Contact:
    import msgspec

    found = each.contact
    if name:
        first, _space, last = name.partition(" ")
        found = msgspec.structs.replace(found, first_name=first, last_name=last)
    return msgspec.structs.replace(found, email=email) if email else found
