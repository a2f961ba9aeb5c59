"""``connector db move``: from SQLite to PostgreSQL, every row and nothing twice."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import amount, column
from connector.cli.progress import Progress
from connector.texts import _, many


@click.command()
@options.common
@click.option(
    "--from",
    "source",
    required=True,
    type=click.Path(path_type=Path),
    help="The SQLite database to move, usually connector.db.",
)
@click.pass_context
def move(ctx: click.Context, face: Face, *, source: Path) -> None:
    """Move a SQLite database into the PostgreSQL database of CONNECTOR_DATABASE_URL.

    That database must be empty; its tables are made if need be. Every row is written, read back and compared, then
    the cents are proved. No run may work meanwhile. The file stays as it was, and takes no more rows afterwards.
    Killed half way, nothing has moved: run it again.
    """
    from connector.app import databases
    from connector.cli.failure import DIFFERENCE

    with ExitStack() as stack:
        bars: list[Progress] = []
        shown = 0

        def told(done: int, total: int) -> None:
            nonlocal shown
            if not bars:
                bars.append(stack.enter_context(face.out.progress(_("rows written and read back"), total)))
            bars[0].advance(done - shown)
            shown = done

        report = databases.move(face.connection, source, told)
    proofs = databases.proofs(face.connection, clock=lambda: face.now)
    face.out.table(
        [column("Table"), amount("Rows"), column("Checksum")],
        [(each.name, each.rows, each.checksum) for each in report.tables if each.rows],
    )
    if report.again:
        face.out.text(_("Everything had arrived before; the file was not yet marked, and now is."))
    face.out.text(many("1 row was moved and compared.", "{number} rows were moved and compared.", report.rows))
    for name, proof in proofs.items():
        told_of = _("{name}: every cent is accounted for.") if proof.holds else _("{name}: this does NOT add up.")
        face.out.text(told_of.format(name=name))
    face.out.facts({"From": source, "To": face.connection.database_shown})
    face.out.text(_("The file takes no more rows. Keep it as a backup; the commands work on the new database."))
    face.out.answer(
        {
            "from": str(source),
            "to": str(face.connection.database_shown),
            "again": report.again,
            "rows": report.rows,
            "tables": report.tables,
            "administrations": [{"name": name, "holds": proof.holds} for name, proof in proofs.items()],
        }
    )
    if not all(proof.holds for proof in proofs.values()):
        ctx.exit(DIFFERENCE)
