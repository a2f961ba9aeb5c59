"""Taking tables as the version in force: examples first, then the effect, then a person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.cli import working
from connector.cli.mapping import effects
from connector.cli.options import Face
from connector.config import Administration
from connector.errors import MappingFileError
from connector.texts import _

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.engine.run import MappingFiles


def take(
    face: Face,
    connector: Connector,
    administration: Administration,
    files: MappingFiles,
    *,
    comment: str,
    yes: bool,
    dry_run: bool,
    every: bool,
) -> dict[str, Any]:
    """Show what ``files`` change for an administration and, when the person agrees, accept them; as JSON.

    Raises MappingFileError when an example comes out otherwise, or another version was accepted meanwhile.
    """
    from connector.engine import effect, versions
    from connector.mapping_files import row_changes

    run = connector.run(administration, mapping=files)
    face.out.heading(administration.name)
    newest = versions.newest(run)
    told: dict[str, Any] = {"administration": administration.name, "version": newest.id if newest else None,
                            "accepted": False}  # fmt: skip
    if newest is not None and newest.hash == files.hash:
        face.out.text(_("These tables are version {number}, which is in force.").format(number=newest.id))
        return told
    _try_examples(face, administration, files)
    old = connector.mapping_version(administration, newest.id) if newest else None
    changed = row_changes.changes(old.files if old else {}, files.files)
    effects.show_rows(face, changed if old else (), every=every)
    seen = effect.effect(run.place, run.books, files, in_force=old)
    effects.show(face, seen, files.mapping.chart, every=every)
    told |= {"rows": effects.rows_as_json(changed), "effect": effects.as_json(seen)}
    for warning in files.mapping.warnings:
        face.out.note(_("Warning: {what}").format(what=f"{administration.name}: {warning}"))
    if dry_run or not face.out.confirm(_("Take these tables for {name}?").format(name=administration.name), yes=yes):
        face.out.text(_("Nothing was changed."))
        return told
    report = versions.accept(run, comment=comment, seen=newest.id if newest else None)
    face.out.text(_("They are version {number} now.").format(number=report.mapping_version))
    working.show_prepared(face, report)
    return told | {"version": report.mapping_version, "accepted": True, "prepared": report.prepared}


def _try_examples(face: Face, administration: Administration, files: MappingFiles) -> None:
    from connector.domain.examples import failing, try_examples

    wrong = failing(try_examples(files.mapping, today=face.today, own_country=administration.country))
    if wrong:
        effects.show_failing(face, wrong)
        names = ", ".join(each.example.id for each in wrong[:5])
        raise MappingFileError(
            f"{len(wrong)} of the examples come out otherwise ({names})",
            hint="Mend the rules, or the examples that are no longer right; 'connector mapping test' tries them.",
            where=str(administration.mapping),
        )
