"""What commands that work on administrations share: open the connector, go on when one fails, show how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

import click
import msgspec

from connector.app import Connector
from connector.cli.options import Face
from connector.cli.output import amount, cell, column
from connector.cli.progress import Progress as Bar
from connector.config import Administration
from connector.errors import ConnectorError, MappingFileError
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.engine.registers import RegisterReport
    from connector.engine.run import Progress, RunReport

T = TypeVar("T")


def opened(face: Face) -> Connector:
    """The connector of the working folder; a context."""
    return Connector(face.settings, actor=face.actor, today=face.today)


class Done(msgspec.Struct, Generic[T]):
    """What came of each administration, in order, and the errors of those that failed."""

    results: list[T] = msgspec.field(default_factory=list)
    failed: list[tuple[Administration, ConnectorError]] = msgspec.field(default_factory=list)

    def end(self) -> None:
        """End the command with the code of the first error, when there was one. Call it last."""
        if self.failed:
            click.get_current_context().exit(self.failed[0][1].exit_code)

    def errors(self) -> list[dict[str, object]]:
        """The errors as JSON."""
        return [
            {
                "administration": administration.name,
                "kind": type(error).__name__,
                "message": error.message,
                "where": error.where,
                "hint": error.hint,
                "recovery": error.recovery.value,
                "exit_code": error.exit_code,
            }
            for administration, error in self.failed
        ]


def each(face: Face, work: Callable[[Administration], T]) -> Done[T]:
    """``work`` for every chosen administration. One that fails does not stop the others and is told at once.

    With only one chosen, its error is raised.
    """
    done: Done[T] = Done()
    chosen = face.administrations
    for administration in chosen:
        try:
            done.results.append(work(administration))
        except ConnectorError as error:
            if len(chosen) == 1:
                raise
            done.failed.append((administration, error))
            _tell(administration, error)
    return done


def _tell(administration: Administration, error: ConnectorError) -> None:
    whose = "" if error.where == administration.name else f"{administration.name}: "
    click.secho("Error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(f"{whose}{error}\nNext: {error.hint}", err=True)


@contextmanager
def progress(face: Face, name: str) -> Iterator[Progress]:
    """How far a run is: a bar of the answers fetched. What follows is quick, and told by the report."""
    bars: dict[str, tuple[Bar, int]] = {}
    with ExitStack() as stack:

        def step(what: str, done: int, total: int) -> None:
            if not total:
                return
            if what not in bars:
                bars[what] = (stack.enter_context(face.out.progress(f"{name}: {_('fetching')}", total)), 0)
            bar, before = bars[what]
            bar.advance(done - before)
            bars[what] = (bar, done)

        yield step


def show_runs(face: Face, done: Done[RunReport]) -> None:
    """What runs did, a row per administration, then what needs attention."""
    if done.results:
        face.out.table(
            [
                column("Administration"),
                amount("Answers"),
                amount("Invoices in them"),
                amount("New documents"),
                amount("Changed"),
                amount("Now held"),
                amount("Now ignored"),
                amount("Now ready"),
                amount("Approved"),
                amount("Posted"),
            ],
            [_row(report) for report in done.results],
        )
    for report in done.results:
        _remarks(face, report)
        if report.unaccepted is not None and report.unaccepted.error:
            _tables_are_wrong(face, done, report)
    face.out.answer({"runs": done.results, "errors": done.errors()})


def _tables_are_wrong(face: Face, done: Done[RunReport], report: RunReport) -> None:
    """The run did its work with the version in force; that the tables on disk cannot be used is told as an error."""
    assert report.unaccepted is not None, "there are tables that nobody accepted"
    (administration,) = face.settings.select((report.administration,))
    error = MappingFileError(
        report.unaccepted.error,
        problems=report.unaccepted.problems,
        hint=f"Mend the rows that are named. This run worked with version {report.mapping_version} of the tables.",
    )
    done.failed.append((administration, error))
    _tell(administration, error)


def show_waiting(face: Face, connector: Connector, reports: Sequence[RunReport]) -> None:
    """What waits for a person after a run, whichever run brought it, and the commands that go on from there."""
    from connector.cli.api import urgent
    from connector.engine.status import status

    done, ready, held = {report.administration for report in reports}, 0, 0
    for administration in face.administrations:
        if face.json or administration.name not in done:
            continue
        seen = status(*connector.at(administration))
        ready, held = ready + seen.waiting_documents, held + seen.held_documents
        entries = many("1 entry waits for approval", "{number} entries wait for approval", seen.waiting_documents)
        documents = many("1 document is held", "{number} documents are held", seen.held_documents)
        face.out.text(f"{administration.name}: {entries}, {documents}.")
        if seen.waiting_documents:
            face.out.text(*(f"{administration.name}: {told}" for told in urgent(administration, connector.today)))
    if ready:
        face.out.text(
            _("'connector entries list --state ready' lists entries, 'connector entries approve' lets them go.")
        )
    if held:
        face.out.text(_("'connector findings --severity hold' says why documents are held, and what to do."))


def show_prepared(face: Face, report: RunReport) -> None:
    """What preparing anew led to."""
    prepared, told = report.prepared, _("{name}: prepared anew: {ready} ready, {held} held, {ignored} ignored.")
    face.out.text(
        told.format(name=report.administration, ready=prepared.ready, held=prepared.held, ignored=prepared.ignored)
    )


def _row(report: RunReport) -> Sequence[object]:
    windows, prepared = report.windows, report.prepared
    return (
        report.administration,
        len(windows),
        sum(window.invoices for window in windows if not window.detail),
        sum(window.new for window in windows),
        sum(window.changed for window in windows),
        prepared.held,
        prepared.ignored,
        prepared.ready,
        report.approved,
        report.delivered.posted + report.delivered.found,
    )


def _remarks(face: Face, report: RunReport) -> None:
    out, name = face.out, report.administration
    if report.mapping_is_new:
        told = _("the mapping tables were saved as version {number}.").format(number=report.mapping_version)
        out.text(f"{name}: {told}")
        for warning in report.mapping_warnings:
            out.note(_("Warning: {what}").format(what=f"{name}: {warning}"))
    if report.unaccepted is not None and not report.unaccepted.error:
        told = _(
            "the tables on disk were changed and not accepted; this run worked with version {number}. "
            "'connector mapping diff' shows what they do, 'connector mapping accept' takes them."
        )
        out.text(f"{name}: {told.format(number=report.mapping_version)}")
    if report.resumed:
        told = many(
            "went on where it stopped; 1 answer had been fetched before.",
            "went on where it stopped; {number} answers had been fetched before.",
            report.resumed,
        )
        out.text(f"{name}: {told}")
    for endpoint, reason, hint in report.refused:
        told = _("{endpoint} was left out, and everything else went on: {reason}")
        out.text(f"{name}: {told.format(endpoint=endpoint, reason=reason)}", f"  {_('Next')}: {hint}")
    for register in report.registers:
        out.text(f"{name}: {register_told(register)}")
    _of_windows(face, report)
    _not_arrived(face, report)


def _of_windows(face: Face, report: RunReport) -> None:
    """What is odd about the answers."""
    out, name = face.out, report.administration
    for window in report.windows:
        if window.vanished:
            told = many(
                "1 document is no longer in {{endpoint}} {{start}} - {{end}}; see 'connector findings'.",
                "{number} documents are no longer in {{endpoint}} {{start}} - {{end}}; see 'connector findings'.",
                window.vanished,
            )
            out.text(f"{name}: {told.format(endpoint=window.endpoint, start=cell(window.start), end=cell(window.end))}")
        if window.purged:
            told = many(
                "1 document in {{endpoint}} was purged before and is not kept again.",
                "{number} documents in {{endpoint}} were purged before and are not kept again.",
                window.purged,
            )
            out.text(f"{name}: {told.format(endpoint=window.endpoint)}")
        if window.unmatched:
            told = many(
                "1 document in {{endpoint}} came with single changes and was never fetched without; fetch it first.",
                "{number} documents in {{endpoint}} came with single changes and were never fetched without; "
                "fetch them first.",
                window.unmatched,
            )
            out.text(f"{name}: {told.format(endpoint=window.endpoint)}")
        if window.noted:
            told = _("fields of {endpoint} changed, see 'connector findings': {fields}")
            changed = ", ".join(dict.fromkeys(each.path for each in window.noted))
            out.text(f"{name}: {told.format(endpoint=window.endpoint, fields=changed)}")
        if window.new_fields:
            told = _("new fields in {endpoint}, kept: {fields}")
            out.text(f"{name}: {told.format(endpoint=window.endpoint, fields=', '.join(window.new_fields))}")


def register_told(report: RegisterReport) -> str:
    """What one answer of a register brought, in a sentence."""
    from connector.domain.register import DETAILS

    # Each answer of details tells of one subscription: what was not asked is no part of any list.
    told = [
        many("1 asked", "{number} asked", report.entries)
        if report.register == DETAILS
        else many("1 in the list", "{number} in the list", report.entries)
    ]
    for count, words in (
        (report.new, _("{number} new")),
        (report.changed, _("{number} changed")),
        (report.vanished, _("{number} gone")),
        (report.returned, _("{number} back")),
    ):
        if count:
            told.append(words.format(number=count))
    if report.new_fields:
        told.append(_("new fields, kept: {fields}").format(fields=", ".join(report.new_fields)))
    return f"{report.register}: {', '.join(told)}"


def _not_arrived(face: Face, report: RunReport) -> None:
    out, name = face.out, report.administration
    if report.second_wanted:
        told = many(
            "1 entry waits for a second person.", "{number} entries wait for a second person.", report.second_wanted
        )
        out.text(f"{name}: {told}")
    for key, reason, hint in report.delivered.problems:
        out.text(f"{name}: {key}: {reason}", *([f"  {hint}"] if hint else []))
    if report.delivered.elsewhere:
        told = many(
            "1 purchase is in the ledger by another channel, and is kept back.",
            "{number} purchases are in the ledger by another channel, and are kept back.",
            report.delivered.elsewhere,
        )
        out.text(f"{name}: {told}")
    if waiting := report.delivered.unknown + report.delivered.postponed:
        told = many(
            "the outcome of 1 entry is unknown; run 'connector sync' again to look it up.",
            "the outcome of {number} entries is unknown; run 'connector sync' again to look them up.",
            waiting,
        )
        out.text(f"{name}: {told}")
