"""``connector mapping apply``: reclassify what is posted."""

from __future__ import annotations

import datetime
from typing import Any

import click

from connector.cli import listed, options, working
from connector.cli.mapping import effects
from connector.cli.options import DAY, Face
from connector.config import Administration
from connector.texts import _, many


@click.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@click.option("--from", "first", type=DAY, required=True, metavar="DATE", help="Documents dated from this day on.")
@click.option("--on", type=DAY, metavar="DATE", help="Date of the new entries. Default: that of each document.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
@click.option("--all", "every", is_flag=True, help="Show every row; otherwise the first twenty of each list.")
def command(
    face: Face,
    *,
    yes: bool,
    dry_run: bool,
    first: datetime.datetime,
    on: datetime.datetime | None,
    reason: str,
    every: bool,
) -> None:
    """Move what is posted to the accounts of the version in force, by new entries.

    Shows the movements and asks; the entries are approved in your name, and 'connector sync' sends them. Cost and
    revenue move; VAT and the creditor or debtor of a legal document never do. Posted entries are not touched.
    """
    dated = on.date() if on else None
    with working.opened(face) as connector:

        def reclassify(administration: Administration) -> dict[str, Any]:
            from connector.engine import effect, versions

            run = connector.run(administration)
            seen = effect.posted_effect(run, first=first.date(), on=dated)
            face.out.heading(administration.name)
            effects.show_posted(face, seen, run.mapping.mapping.chart, every=every)
            told: dict[str, Any] = {"administration": administration.name, "entries": len(seen.entry_ids),
                                    "movements": effects.movements_as_json(seen.movements),
                                    "left": effects.left_as_json(seen.left), "approved": False}  # fmt: skip
            if seen.replaced:
                face.out.text(
                    many(
                        "1 earlier entry that was not sent yet is replaced.",
                        "{number} earlier entries that were not sent yet are replaced.",
                        seen.replaced,
                    )
                )
            if not seen.entry_ids:
                face.out.text(_("There is nothing to move."))
                return told
            question = many("Book this entry?", "Book these {number} entries?", len(seen.entry_ids))
            if dry_run or not face.out.confirm(question, yes=yes):
                face.out.text(_("Nothing was changed."))
                return told
            done = versions.reclassify(run, first=first.date(), on=dated, reason=reason or "reclassified")
            waiting = len(done.entry_ids) - done.approved
            listed.tell_approved(face, done.approved, waiting)
            return told | {"approved": not waiting, "second_wanted": waiting, "entry_ids": done.entry_ids}

        done = working.each(face, reclassify)
    face.out.answer({"reclassified": done.results, "dry_run": dry_run, "actor": face.actor, "errors": done.errors()})
    done.end()
