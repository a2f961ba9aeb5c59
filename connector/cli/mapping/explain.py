"""``connector mapping explain``: which row of which version chose each result for a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector.cli import options, working
from connector.cli.mapping import lines, tables
from connector.cli.options import Face
from connector.cli.output import cell
from connector.engine import explain
from connector.texts import _, reason, state

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.engine.explain import Booked, LineExplained, MappingVersion
    from connector.engine.run import MappingFiles


@click.command()
@options.common
@options.administrations
@click.argument("line", metavar="LINE")
def command(face: Face, *, line: str) -> None:
    """Show for a line which row of the tables chose each result, and who saved that version.

    LINE is an InvoiceRowHash, or NUMBER:LINE with the line as 'connector invoices show' counts it, or
    NUMBER/CUSTOMER:LINE for the specification of one customer. Where the document has an entry, this is what was
    decided for it; what the tables on disk decide now is shown beside it when it differs.
    """
    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration, named in lines.named(face, connector, line):
            books, files = connector.books(administration), connector.mapping(administration)
            found = explain.explained(connector.place(books), books, files, named)
            lines.show(face, administration, named)
            _show(face, connector, administration, files, found)
            answer.append(_as_json(administration, files, found))
    face.out.answer({"lines": answer})


def _show(
    face: Face, connector: Connector, administration: Administration, files: MappingFiles, found: LineExplained
) -> None:
    if found.left_out:
        told = _("The whole document is left out: {why}.").format(why=reason(found.left_out))
        face.out.text("", told)
    if not found.line.newest:
        face.out.text("", _("A newer version of the document no longer has this line."))
    booked = found.booked
    if booked is not None:
        face.out.heading(
            _("Decided for entry {number} ({state})").format(number=booked.entry_id, state=state(booked.state))
        )
        face.out.text(_version(booked.version))
        tables.show_decision(face, booked.decision, connector.chart(administration, booked.version.id), found.line.net)
        if not found.differs:
            face.out.text("", _("The tables as they lie on disk decide the same."))
            return
    face.out.heading(_("What the tables decide now"))
    face.out.text(
        _version(found.saved) if found.saved else _("{set}: not saved as a version yet").format(set=files.name)
    )
    tables.show_decision(face, found.now, files.mapping.chart, found.line.net)


def _version(version: MappingVersion) -> str:
    told = _("{set}, version {number}, saved by {author} on {date}").format(
        set=version.set_name, number=version.id, author=version.author, date=cell(version.created_at)
    )
    return f"{told}: {version.comment}" if version.comment else told


def _as_json(administration: Administration, files: MappingFiles, found: LineExplained) -> dict[str, Any]:
    return lines.as_json(administration, found.line) | {
        "left_out": found.left_out or None,
        "booked": _booked_json(found.booked, found.line.net) if found.booked else None,
        "differs": found.differs,
        "now": {
            "mapping": _version_json(found.saved)
            if found.saved
            else {"set": files.name, "version": None, "sha256": files.hash},
            "decision": tables.decision_json(found.now, found.line.net),
        },
    }


def _booked_json(booked: Booked, minor: int) -> dict[str, Any]:
    return {
        "entry": booked.entry_id,
        "state": booked.state,
        "mapping": _version_json(booked.version),
        "decision": tables.decision_json(booked.decision, minor),
    }


def _version_json(version: MappingVersion) -> dict[str, Any]:
    return {
        "set": version.set_name,
        "version": version.id,
        "sha256": version.hash,
        "author": version.author,
        "comment": version.comment,
        "saved_at": version.created_at,
    }
