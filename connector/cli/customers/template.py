"""``connector customers template``: the columns of the MailMerge workbook, to be changed by their owner."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli import options
from connector.cli.mapping.whole import write_asked
from connector.cli.options import Face
from connector.customer_papers import mailmerge
from connector.texts import _


@click.command()
@options.common
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file: .csv or .xlsx."
)
@options.yes
def command(face: Face, *, output: Path, yes: bool) -> None:
    """Write the columns of the MailMerge workbook as a template: titles, and below each the field that stands there.

    Change titles, fields and order as you like, and give the file to 'connector customers mailmerge --template'.
    --language chooses the language of the titles.
    """
    ending = output.suffix.casefold()
    if ending not in (".csv", ".xlsx"):
        raise click.UsageError(_("{file} ends neither in .csv nor in .xlsx").format(file=output))
    columns = mailmerge.default()
    if write_asked(face, output, mailmerge.as_file(columns, ending), yes=yes):
        fields = ", ".join(f"{{{each}}}" for each in mailmerge.FIELDS)
        face.out.text(_("{file} has the columns. Fields: {fields}.").format(file=output, fields=fields))
        face.out.answer(
            {
                "file": output,
                "columns": [{"title": each.title, "text": each.text} for each in columns],
                "fields": list(mailmerge.FIELDS),
            }
        )
