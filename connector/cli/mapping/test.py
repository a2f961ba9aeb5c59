"""``connector mapping test``: the accountant's own examples."""

from __future__ import annotations

import click

from connector.cli import options, working
from connector.cli.failure import DIFFERENCE
from connector.cli.mapping import effects
from connector.cli.options import Face
from connector.config import Administration
from connector.texts import _, many


@click.command()
@options.common
@options.administrations
@click.pass_context
def command(ctx: click.Context, face: Face) -> None:
    """Try the examples: lines, and what each must get.

    They are the rows of examples.csv, tried on the tables on disk. Ends with 20 when one comes out otherwise.
    """
    from connector.domain.examples import Tried, failing, try_examples

    with working.opened(face) as connector:

        def tried(administration: Administration) -> tuple[Administration, tuple[Tried, ...]]:
            mapping = connector.mapping(administration).mapping
            return administration, try_examples(mapping, today=face.today, own_country=administration.country)

        done = working.each(face, tried)
    for administration, every in done.results:
        wrong = failing(every)
        face.out.heading(administration.name)
        if not every:
            face.out.text(_("There are no examples; examples.csv can hold some."))
        elif wrong:
            effects.show_failing(face, wrong)
        face.out.text(
            many("1 example holds.", "{number} examples hold.", len(every) - len(wrong)),
            *([many("1 comes out otherwise.", "{number} come out otherwise.", len(wrong))] if wrong else []),
        )
    face.out.answer(
        {
            "tested": [
                {
                    "administration": administration.name,
                    "examples": [
                        {
                            "id": each.example.id,
                            "table": each.example.file,
                            "line": each.example.row,
                            "holds": each.holds,
                            "wrong": {name: {"expected": want, "found": found} for name, want, found in each.wrong},
                            "problems": [found.code for found in each.decision.problems],
                        }
                        for each in every
                    ],
                }
                for administration, every in done.results
            ],
            "errors": done.errors(),
        }
    )
    done.end()
    if any(failing(every) for _administration, every in done.results):
        ctx.exit(DIFFERENCE)
