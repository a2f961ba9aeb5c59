"""``connector mapping check``: every row at fault and every doubt, at once."""

from __future__ import annotations

import click

from connector.cli import options, working
from connector.cli.options import Face
from connector.config import Administration
from connector.engine.run import MappingFiles
from connector.texts import _, many


@click.command()
@options.common
@options.administrations
def command(face: Face) -> None:
    """Read the tables as strictly as a run does, and name every row at fault.

    Errors keep the tables from being used; warnings are worth a look.
    """
    with working.opened(face) as connector:

        def read(administration: Administration) -> tuple[Administration, MappingFiles]:
            return administration, connector.mapping(administration)

        done = working.each(face, read)
    for administration, read_files in done.results:
        _show(face, administration, read_files)
    face.out.answer(
        {
            "mappings": [
                {
                    "administration": administration.name,
                    "mapping": administration.mapping,
                    "rules": len(files.mapping.rules),
                    "accounts": len(files.mapping.chart.accounts),
                    "warnings": files.mapping.warnings,
                }
                for administration, files in done.results
            ],
            "errors": done.errors(),
        }
    )
    done.end()


def _show(face: Face, administration: Administration, files: MappingFiles) -> None:
    face.out.heading(administration.name)
    face.out.text(
        _("{folder} can be used: {rules}, {accounts}.").format(
            folder=administration.mapping,
            rules=many("1 rule", "{number} rules", len(files.mapping.rules)),
            accounts=many("1 account", "{number} accounts", len(files.mapping.chart.accounts)),
        )
    )
    for warning in files.mapping.warnings:
        face.out.text(_("Warning: {what}").format(what=warning))
