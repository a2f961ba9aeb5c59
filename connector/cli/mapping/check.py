"""``connector mapping check``: every row at fault and every doubt, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector.cli import options, working
from connector.cli.failure import DIFFERENCE
from connector.cli.mapping import effects
from connector.cli.options import Face
from connector.config import Administration
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.domain.examples import Tried
    from connector.engine.run import MappingFiles


@click.command()
@options.common
@options.administrations
@click.pass_context
def command(ctx: click.Context, face: Face) -> None:
    """Read the tables as strictly as a run does, and name every row at fault.

    Errors keep the tables from being used; warnings are worth a look: gaps between dates, rows that can never win
    or say nothing new, treatments without a tax code. The examples are tried too; one that comes out otherwise
    ends the command with 20.
    """
    from connector.domain.examples import failing, try_examples

    with working.opened(face) as connector:

        def read(administration: Administration) -> tuple[Administration, MappingFiles, tuple[Tried, ...]]:
            files = connector.mapping(administration)
            tried = try_examples(files.mapping, today=face.today, own_country=administration.country)
            return administration, files, tried

        done = working.each(face, read)
    for administration, files, tried in done.results:
        _show(face, administration, files)
        if wrong := failing(tried):
            effects.show_failing(face, wrong)
            face.out.text(many("1 example comes out otherwise.", "{number} examples come out otherwise.", len(wrong)))
    face.out.answer({"mappings": [_as_json(*each) for each in done.results], "errors": done.errors()})
    done.end()
    if any(failing(tried) for _administration, _files, tried in done.results):
        ctx.exit(DIFFERENCE)


def _show(face: Face, administration: Administration, files: MappingFiles) -> None:
    mapping = files.mapping
    face.out.heading(administration.name)
    face.out.text(
        _("{folder} can be used: {rules}, {accounts}, {examples}.").format(
            folder=administration.mapping,
            rules=many("1 rule", "{number} rules", len(mapping.rules)),
            accounts=many("1 account", "{number} accounts", len(mapping.chart.accounts)),
            examples=many("1 example", "{number} examples", len(mapping.examples)),
        )
    )
    for warning in mapping.warnings:
        face.out.text(_("Warning: {what}").format(what=warning))
    if any(rule.deferral not in ("", "none") for rule in mapping.rules):
        face.out.text(
            _("Deferral policies are kept with the lines and change nothing yet: cost and revenue are booked in full.")
        )


def _as_json(administration: Administration, files: MappingFiles, tried: tuple[Tried, ...]) -> dict[str, Any]:
    return {
        "administration": administration.name,
        "mapping": administration.mapping,
        "sha256": files.hash,
        "rules": len(files.mapping.rules),
        "accounts": len(files.mapping.chart.accounts),
        "examples": len(tried),
        "failing": [each.example.id for each in tried if not each.holds],
        "warnings": files.mapping.warnings,
    }
