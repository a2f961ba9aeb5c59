"""``connector invoices``: the documents of the source, where they stand and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import accepting, exporting, filters, line_details, options, totalling
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.cli.parties import sender
from connector.cli.purged import purged_document
from connector.texts import _, many, next_step, sentence, severity

if TYPE_CHECKING:
    from connector.domain.details import Details
    from connector.domain.difference import Change
    from connector.engine.look import InvoiceView, Revision, Stands

LINES_SHOWN = 40
"""Lines of a document that are shown without --all."""


@click.group()
def command() -> None:
    """List the documents that were fetched, show one with its history, or enter the total on its PDF.

    A document is an invoice of Copaco, or what one end customer owes (sale).
    """


command.add_command(totalling.total)


@command.command("list")
@options.common
@options.administrations
@filters.state(filters.LINE_STATES, "Only documents in this state.")
@filters.period()
@filters.direction()
@exporting.option
@options.yes
def list_(
    face: Face, *, state: str | None, period: str | None, direction: str | None, export: Path | None, yes: bool
) -> None:
    """List documents with their state and the reason for it.

    The reason of a held document is the code of its gravest finding; 'connector findings' says what to do.
    """
    from connector.cli import working
    from connector.engine import look

    by_name: dict[str, list[Stands]] = {}
    with working.opened(face) as connector:
        for administration in face.administrations:
            by_name[administration.name] = [
                each
                for each in look.standings(*connector.at(administration))
                if state in (None, each.standing.state.value)
                and period in (None, each.standing.period)
                and direction in (None, each.standing.direction)
            ]
            face.out.heading(administration.name)
            _table(face, by_name[administration.name])
    exporting.write(face, export, lambda shown: _export(shown, by_name), yes=yes)
    face.out.answer({"invoices": [_head(name, each) for name, found in by_name.items() for each in found]})


def _export(face: Face, by_name: Mapping[str, Sequence[Stands]]) -> None:
    """One table with everything that tells a document from another, for a file."""
    face.out.table(
        [
            *(column("Administration"), column("List"), column("Number"), column("Date"), column("Period")),
            *(column("Direction"), prose("Party"), column("Customer"), amount("Lines"), amount("Net"), amount("VAT")),
            *(column("Version"), column("State"), prose("Reason")),
        ],
        [
            (
                *(name, each.standing.source, each.standing.number, each.standing.date, each.standing.period),
                *(State(name=each.standing.direction), each.standing.party, each.standing.customer),
                each.standing.lines,
                Money(minor=each.standing.net, currency=each.standing.currency),
                Money(minor=each.standing.vat, currency=each.standing.currency),
                *(each.standing.version_no, State(name=each.standing.state.value)),
                ", ".join(each.reasons),
            )
            for name, found in by_name.items()
            for each in found
        ],
    )


def _table(face: Face, found: Sequence[Stands]) -> None:
    face.out.table(
        [
            column("Number"),
            column("Date"),
            column("Direction", spare=2),
            prose("Party", spare=1),
            amount("Lines", spare=3),
            amount("Net"),
            column("State"),
            prose("Reason"),
        ],
        [
            (
                each.standing.number,
                texts.day(each.standing.date),
                State(name=each.standing.direction),
                each.standing.party,
                each.standing.lines,
                Money(minor=each.standing.net, currency=each.standing.currency),
                State(name=each.standing.state.value),
                ", ".join(map(texts.reason, each.reasons)),
            )
            for each in found
        ],
        total=(
            *("", "", ""),
            many("1 document", "{number} documents", len(found)),
            sum(each.standing.lines for each in found),
            Money(minor=sum(each.standing.net for each in found)),
            *("", ""),
        ),
        empty=_("There are no such documents."),
    )


def _head(administration: str, stands: Stands) -> dict[str, Any]:
    """A document as JSON."""
    each = stands.standing
    return {
        "administration": administration,
        "direction": each.direction,
        "source": each.source,
        "issuer": each.issuer,
        "number": each.number,
        "customer": each.customer,
        "party": each.party,
        "date": each.date or None,
        "period": each.period or None,
        "currency": each.currency,
        "lines": each.lines,
        "net": Money(minor=each.net, currency=each.currency),
        "vat": Money(minor=each.vat, currency=each.currency),
        "version": each.version_no,
        "state": each.state.value,
        "reasons": stands.reasons,
        "entry": each.entry_id,
    }


@command.command()
@options.common
@options.administrations
@click.option("--all", "every", is_flag=True, help=f"Every line; otherwise the first {LINES_SHOWN}.")
@click.argument("number", metavar="NUMBER")
def show(face: Face, *, every: bool, number: str) -> None:
    """Show the documents with this NUMBER: state, findings, lines, and what changed between versions.

    A specification has one document for each end customer, all under one number. Which attributes of subscriptions
    stand below the lines is set by 'details': those that Copaco prints, all, or none.
    """
    from connector.app import sources
    from connector.cli import working
    from connector.domain.details import Details
    from connector.engine import look

    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            books, details = connector.books(administration), Details(administration.documents.details)
            for view in look.invoices(connector.place(books), books, sources.dialect(administration), number):
                _show(face, administration.name, view, details, every=every)
                answer.append(_whole(administration.name, view))
        gone = [] if answer else [purged_document(connector, each, number) for each in face.administrations]
    if any(gone):
        raise click.UsageError(" ".join(filter(None, gone)))
    if not answer:
        raise click.UsageError(f"There is no document {number}; 'connector invoices list' shows which there are.")
    face.out.answer({"invoices": answer})


def _show(face: Face, administration: str, view: InvoiceView, details: Details, *, every: bool) -> None:
    out, each = face.out, view.stands.standing
    out.heading(f"{each.number}  {each.party}")
    out.facts(
        {
            "Administration": administration,
            "Direction": State(name=each.direction),
            "Source": each.source,
            "Issuer": each.issuer,
            "Bank account": view.head.sender_iban or "-",
            "Date": texts.day(each.date),
            "Net": Money(minor=each.net, currency=each.currency),
            "VAT": Money(minor=each.vat, currency=each.currency),
            "Lines": each.lines,
            "Version": each.version_no,
            "State": _state(view),
        }
        | ({"Customer": each.customer} if each.customer else {})
    )
    for finding in view.findings:
        out.text("", f"{severity(finding.severity)} {finding.finding.code}: {sentence(finding.finding)}")
        out.text(f"  {'' if finding.accepted else _('Next') + ': '}{accepting.what_now(finding)}")
    out.text("")
    lines = view.lines if every else view.lines[:LINES_SHOWN]
    out.table(
        [
            amount("Line"),
            prose("Customer"),
            prose("Plan"),
            prose("Charge"),
            column("From"),
            column("To"),
            amount("Quantity"),
            amount("Net"),
            amount("VAT"),
        ],
        [
            (
                line.line_no,
                line.customer,
                line.plan or line.description,
                line.charge_type,
                line.start,
                line.end,
                line.quantity,
                Money(minor=line.net),
                Money(minor=line.vat),
            )
            for line in lines
        ],
        empty=_("The document has no lines."),
    )
    if len(lines) < len(view.lines):
        out.text(_("{number} more lines; --all shows them.").format(number=len(view.lines) - len(lines)))
    line_details.attributes(face, lines, details)
    line_details.corrections(face, view.splits)
    _history(face, view.revisions)


def _state(view: InvoiceView) -> str:
    state, reasons = _(view.stands.standing.state.value), ", ".join(map(texts.reason, view.stands.reasons))
    entries = [each for each in view.deliveries if each.entry_id == view.stands.standing.entry_id]
    if entries:
        told = _("entry {number}").format(number=entries[-1].entry_id)
        reference = f", {entries[-1].ledger} {entries[-1].reference}" if entries[-1].reference else ""
        return f"{state} ({told}{reference})" + (f": {reasons}" if reasons else "")
    return f"{state}: {reasons}" if reasons else state


def _history(face: Face, revisions: Iterable[Revision]) -> None:
    rows: list[tuple[object, ...]] = []
    for each in revisions:
        version = each.version
        head = (version.version_no, version.fetched_at)
        if version.version_no == 1:
            rows.append((*head, "", "", "", _("first version")))
        rows += [
            (*(head if first else ("", "")), change.where, change.field, *_before_and_after(change))
            for first, change in ((n == 0, each) for n, each in enumerate(each.changes))
        ]
        if version.version_no > 1 and not each.changes:
            rows.append((*head, "", "", "", _("only unknown fields changed")))
    face.out.text("")
    face.out.table(
        [amount("Version"), column("Fetched"), prose("Where"), column("Field"), prose("Before"), prose("After")],
        rows,
    )


def _before_and_after(change: Change) -> tuple[str, str]:
    """Both values, days in the reader's way."""
    if not change.field.endswith("Date"):
        return change.before, change.after
    return line_details.day(change.before), line_details.day(change.after)


def _whole(administration: str, view: InvoiceView) -> dict[str, Any]:
    """A document with everything that is known of it, as JSON."""
    return _head(administration, view.stands) | {
        "sender": sender(view.head),
        "findings": [
            {
                "severity": each.severity.value,
                "code": each.finding.code,
                "where": each.finding.where,
                "amount": Money(minor=each.finding.minor),
                "sentence": sentence(each.finding),
                "next_step": _(accepting.IN_THE_BOOKS) if each.booked else next_step(each.finding),
                "in_the_books": each.booked,
                "accepted": accepting.as_json(each.accepted),
            }
            for each in view.findings
        ],
        "line_items": [
            {
                "line": line.line_no,
                "customer": line.customer,
                "subscription": line.subscription,
                "plan": line.plan,
                "charge_type": line.charge_type,
                "description": line.description,
                "start": line.start,
                "end": line.end,
                "quantity": line.quantity,
                "received": line.exact,
                "net": Money(minor=line.net),
                "vat": Money(minor=line.vat),
                "row_hash": line.row_hash,
                "attributes": [line_details.attribute_as_json(each) for each in line.attributes],
            }
            for line in view.lines
        ],
        "corrections": [line_details.as_json(each) for each in view.splits],
        "versions": [
            {
                "version": each.version.version_no,
                "fetched_at": each.version.fetched_at,
                "sha256": each.version.slice_sha256.hex(),
                "lines": each.version.lines,
                "net": Money(minor=each.version.net),
                "vat": Money(minor=each.version.vat),
                "changes": [_change(change) for change in each.changes],
            }
            for each in view.revisions
        ],
        "entries": [
            {"id": each.entry_id, "state": each.state, "reference": each.reference} for each in view.deliveries
        ],
    }


def _change(change: Change) -> dict[str, str]:
    return {"where": change.where, "field": change.field, "before": change.before, "after": change.after}
