"""``connector mapping undo``: an earlier version becomes the newest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from connector.cli import options, working
from connector.cli.mapping import taking
from connector.cli.options import Face
from connector.config import Administration
from connector.errors import MappingFileError
from connector.texts import _


@click.command()
@options.common
@options.administrations
@options.acting
@options.yes
@options.dry_run
@click.option("--comment", default="", metavar="TEXT", help="Why, for the record.")
@click.option("--discard", is_flag=True, help="Give up changes in the folder that nobody accepted.")
@click.option("--all", "every", is_flag=True, help="Show every row; otherwise the first twenty of each list.")
@click.argument("version", type=int, required=False)
def command(
    face: Face, *, yes: bool, dry_run: bool, comment: str, discard: bool, every: bool, version: int | None
) -> None:
    """Take an earlier version again, as a new version.

    Without VERSION the one before the version in force. Shows what that changes, asks, writes its tables into the
    folder, and prepares anew what was held or not sent. Nothing is deleted: the versions between stay in the history.
    """
    with working.opened(face) as connector:

        def undo(administration: Administration) -> dict[str, Any]:
            from connector.engine import versions
            from connector.mapping_files import descent, read_folder
            from connector.mapping_files.writing import replace_files

            known = versions.history(connector.run(administration))
            number = version if version is not None else known[-2].id if len(known) > 1 else None
            if number is None:
                raise MappingFileError(
                    f"{administration.name} has no earlier version",
                    hint="'connector mapping history' lists the versions.",
                )
            files, on_disk = connector.mapping_version(administration, number), read_folder(administration.mapping)
            if _hash(on_disk) not in {each.hash for each in known} and not discard:
                raise MappingFileError(
                    "the folder holds changes that nobody accepted",
                    hint="Accept them first, or give them up with --discard.",
                    where=str(administration.mapping),
                )
            _check_parents(administration, files.files, on_disk, number)
            said = comment or _("undone: as version {number}").format(number=number)
            told = taking.take(
                face, connector, administration, files, comment=said, yes=yes, dry_run=dry_run, every=every
            )
            own = {file: content for file, content in files.files.items() if "/" not in file}
            in_force = known[-1].hash == files.hash and not dry_run  # then only the folder has to go back
            if told["accepted"] or in_force:
                replace_files(administration.mapping, own)
                for extra in {file for file in on_disk if "/" not in file} - own.keys():
                    (administration.mapping / extra).unlink()
                descent.remember(administration.mapping, *(each.hash for each in known), files.hash)
                face.out.text(
                    _("The tables in {folder} are those of version {number}.").format(
                        folder=administration.mapping, number=number
                    )
                )
            return told

        done = working.each(face, undo)
    face.out.answer({"mappings": done.results, "dry_run": dry_run, "actor": face.actor, "errors": done.errors()})
    done.end()


def _hash(files: Mapping[str, bytes]) -> str:
    """What the tables on disk say, '' when they cannot be read: they can be given up all the same."""
    from connector.mapping_files import version_hash

    try:
        return version_hash(files)
    except MappingFileError:
        return ""


def _check_parents(
    administration: Administration, files: Mapping[str, bytes], on_disk: Mapping[str, bytes], number: int
) -> None:
    """What a set inherits is not its own to undo."""
    inherited = [file for file in {**files, **on_disk} if "/" in file and files.get(file) != on_disk.get(file)]
    if inherited:
        raise MappingFileError(
            f"version {number} inherits other rows than the folder does now ({', '.join(sorted(inherited))})",
            hint=f"Put those rows back by hand: 'connector mapping diff --to {number} --rows' lists them. Then "
            "undo here what remains.",
            where=str(administration.mapping),
        )
