"""Lines as commands about the mapping name and show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector.cli.options import Face
from connector.cli.output import Money, State, cell
from connector.engine import explain
from connector.texts import marked

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.domain.combination import Combination
    from connector.engine.explain import NamedLine

NAMING = (
    "an InvoiceRowHash, or NUMBER:LINE as in 'connector invoices show NUMBER'; NUMBER/CUSTOMER:LINE for one customer"
)


def named(face: Face, connector: Connector, name: str) -> list[tuple[Administration, NamedLine]]:
    """The lines that ``name`` means, of every chosen administration. UsageError when there is none."""
    found = [
        (administration, line)
        for administration in face.administrations
        for line in explain.lines_named(*connector.at(administration), name)
    ]
    if not found:
        raise click.UsageError(f"There is no line {name}. Name a line by {NAMING}.")
    return found


def show(face: Face, administration: Administration, line: NamedLine) -> None:
    """What is known of a line, as facts."""
    face.out.heading(f"{line.key.number}:{line.line_no}  {line.combination.plan_name or line.description}")
    period = [line.start, line.end]
    face.out.facts(
        {
            "Administration": administration.name,
            "Date": line.date,
            "Version of the document": line.version_no,
            "Net": Money(minor=line.net, currency=line.currency),
            "VAT": Money(minor=line.vat, currency=line.currency),
            "Service period": " - ".join(cell(day) for day in period if day) or "-",
        }
        | facts(line.combination)
        | {"InvoiceRowHash": line.row_hash or "-"}
    )


def facts(line: Combination) -> dict[str, object]:
    """What a rule sees of a line, by the names that are shown."""
    customer = (line.customer_id, line.customer_number, line.customer_name)
    return {
        marked("Direction"): State(name=line.direction),
        marked("Charge type"): line.charge_type or "-",
        marked("Product group"): line.category or "-",
        marked("Plan"): " / ".join(filter(None, (line.plan_id, line.plan_name))) or "-",
        marked("Customer"): " / ".join(filter(None, customer)) or "-",
        marked("Billing"): line.billing or "-",
        marked("Sign"): line.sign,
        marked("VAT rate"): f"{line.rate} %" if line.rate else "-",
        marked("VAT zone"): line.zone or "-",
        marked("Sender"): line.sender or "-",
        marked("Currency"): line.currency or "-",
    }


def as_json(administration: Administration, line: NamedLine) -> dict[str, Any]:
    """A line as JSON."""
    return {
        "administration": administration.name,
        "number": line.key.number,
        "document_customer": line.key.customer or None,
        "source": line.key.source,
        "date": line.date,
        "version": line.version_no,
        "newest_version": line.newest,
        "line": line.line_no,
        "row_hash": line.row_hash or None,
        "description": line.description,
        "start": line.start,
        "end": line.end,
        "net": Money(minor=line.net, currency=line.currency),
        "vat": Money(minor=line.vat, currency=line.currency),
        "sees": combination_json(line.combination),
    }


def combination_json(line: Combination) -> dict[str, str]:
    """What a rule sees of a line, as JSON, by the names of the fields."""
    import msgspec

    found: dict[str, str] = msgspec.structs.asdict(line)
    return found
