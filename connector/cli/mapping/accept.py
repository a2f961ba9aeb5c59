"""``connector mapping accept``: the tables on disk become the version in force."""

from __future__ import annotations

from typing import Any

import click

from connector.cli import options, working
from connector.cli.mapping import taking
from connector.cli.options import Face
from connector.config import Administration
from connector.texts import _


@click.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@click.option("--comment", default="", metavar="TEXT", help="Why, for the record.")
@click.option("--all", "every", is_flag=True, help="Show every row; otherwise the first twenty of each list.")
def command(face: Face, *, yes: bool, dry_run: bool, comment: str, every: bool) -> None:
    """Take the tables on disk as the version in force, after showing what they change.

    Tries the examples, shows the rows that differ and their effect in euros, and asks. The version is immutable and
    keeps your name, the time and the comment. What was held or not sent is then prepared anew; what is posted
    stays, see 'connector mapping apply'. With -a it is taken for some administrations first.
    """
    with working.opened(face) as connector:

        def take(administration: Administration) -> dict[str, Any]:
            from connector.engine import versions
            from connector.mapping_files import descent

            files = connector.mapping(administration)
            newest = versions.newest(connector.run(administration, mapping=files))
            known = descent.versions(administration.mapping)
            # The first version is what the folder held at the first run; only later ones were accepted from somewhere.
            if newest is not None and newest.id > 1 and known and newest.hash not in (*known, files.hash):
                raise versions.other_version(newest)
            told = taking.take(
                face,
                connector,
                administration,
                files,
                comment=comment or _("accepted"),
                yes=yes,
                dry_run=dry_run,
                every=every,
            )
            if told["accepted"]:
                descent.remember(administration.mapping, *([newest.hash] if newest else []), files.hash)
            return told

        done = working.each(face, take)
    face.out.answer({"mappings": done.results, "dry_run": dry_run, "actor": face.actor, "errors": done.errors()})
    done.end()
