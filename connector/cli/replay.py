"""``connector replay``: derive everything again from the raw bytes, and compare."""

from __future__ import annotations

import click

from connector.cli import options
from connector.cli.options import Face
from connector.texts import _


@click.command()
@options.common
@options.administrations
@click.pass_context
def command(ctx: click.Context, face: Face) -> None:
    """Read and book everything again, beside what stands, and compare; nothing is changed.

    Same bytes and same mapping version must give the same entries. Ends with exit code 20 when they do not:
    then this version of the connector reads or books something differently from the one that made them.
    """
    from connector.cli import working
    from connector.cli.failure import DIFFERENCE

    with working.opened(face) as connector:
        reports = {each.name: connector.replay(each) for each in face.administrations}
    for name, report in reports.items():
        told = _("{documents} documents and {entries} entries were derived again").format(
            documents=report.documents, entries=report.entries
        )
        verdict = _("something comes out differently") if report.problems else _("everything comes out the same")
        face.out.text(f"{name}: {told}: {verdict}.")
        face.out.text(*(f"  {problem.where}: {problem.message}" for problem in report.problems))
    face.out.answer(
        {
            "administrations": [
                {
                    "administration": name,
                    "same": not report.problems,
                    "documents": report.documents,
                    "entries": report.entries,
                    "problems": [{"where": each.where, "message": each.message} for each in report.problems],
                }
                for name, report in reports.items()
            ]
        }
    )
    if any(report.problems for report in reports.values()):
        ctx.exit(DIFFERENCE)
