"""``connector papers``: the mailed invoices (PDF, e-invoice), kept and put beside the documents of the source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import filters, options
from connector.cli.accepting import IN_THE_BOOKS
from connector.cli.options import Face
from connector.cli.output import Column, Money, State, amount, column, prose
from connector.errors import PaperFileError
from connector.texts import _, date, day, many, marked, next_step, sentence

if TYPE_CHECKING:
    from connector.app.papers import LeftOut, Looked
    from connector.engine.tie_out import Tied

TIES = ("matched", "differing", "incomplete", "without invoice", "not readable", "replaced")
ROWS_SHOWN = 40
"""Files that 'papers add' names without --all, in each of its tables."""
_NAMES = (
    marked("matched"),
    marked("differing"),
    marked("incomplete"),
    marked("without invoice"),
    marked("not readable"),
    marked("replaced"),
    marked("added"),
    marked("known already"),
    marked("too large"),
    marked("no invoice"),
    marked("not of Copaco"),
    marked("for no administration"),
    marked("its document was purged"),
    marked("encrypted"),
    marked("no text"),
    marked("too slow"),
    marked("damaged"),
)
"""What tables call the states of papers, files and reasons."""


@click.group()
def command() -> None:
    """Keep the invoices that Copaco mails, and compare them with what its API says.

    The mailed PDF or e-invoice is the legal document. A purchase whose paper differs is held by the next sync.
    """


@command.command()
@options.common
@options.administrations
@options.acting
@options.dry_run
@click.option("--all", "every", is_flag=True, help=f"Every file; otherwise the first {ROWS_SHOWN} of each table.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
def add(face: Face, *, dry_run: bool, every: bool, paths: tuple[Path, ...]) -> None:
    """Keep mailed invoices: PDF, e-invoice (UBL), message (.eml), mailbox (.mbox), or a folder with these.

    In folders and mail only what looks like an invoice of Copaco is taken; the rest is named. Hidden files and folders
    are not looked at. The same file counts once; a newer file of an invoice replaces the earlier one of its kind.
    Nothing is sent or booked: 'connector sync' compares and holds what differs.
    """
    from connector.app import papers
    from connector.cli import working

    with working.opened(face) as connector:
        looked = papers.add(connector, face.administrations, paths, dry_run=dry_run)
    _show_looked(face, looked, dry_run=dry_run, every=every)


def _show_looked(face: Face, looked: Looked, *, dry_run: bool, every: bool) -> None:
    rows = None if every else ROWS_SHOWN
    # What asks for a person comes first, so that a long list does not hide it.
    added = sorted(looked.added, key=lambda each: each.tied.tie.value == "matched")
    face.out.table(
        [prose("File"), column("Number"), amount("Total"), amount("Difference"), column("Result"), column("Paper")],
        [
            (
                each.tied.kept.name,
                each.tied.kept.paper.number,
                _money(each.tied, each.tied.kept.paper.gross),
                _money(each.tied, each.tied.difference),
                State(name="added" if each.new else "known already"),
                State(name=each.tied.tie.value),
            )
            for each in added[:rows]
        ],
        empty=_("No invoice was found."),
    )
    _more(face, len(added[:rows]), len(added))
    if looked.left_out:
        face.out.table(
            [prose("Left out"), prose("In"), column("From"), column("Why")],
            [(each.name, each.where, each.sender, State(name=each.reason)) for each in looked.left_out[:rows]],
        )
        _more(face, len(looked.left_out[:rows]), len(looked.left_out))
    new = sum(each.new for each in looked.added)
    if dry_run:
        face.out.text(many("1 paper would be added.", "{number} papers would be added.", new))
    else:
        face.out.text(many("1 paper was added.", "{number} papers were added.", new))
    differing = [each.tied for each in looked.added if each.tied.tie.value == "differing"]
    if any(not each.too_late for each in differing):
        face.out.text(_("'connector sync' holds documents that differ from their paper, as long as they are not sent."))
    for number in sorted({each.kept.paper.number for each in differing if each.too_late}):
        told = _("{number} is already in your books and differs from its paper: 'connector papers show {number}'.")
        face.out.text(told.format(number=number))
    face.out.answer(
        {
            "dry_run": dry_run,
            "actor": face.actor,
            "added": [_as_json(each.administration, each.tied) | {"new": each.new} for each in looked.added],
            "left_out": [_left_out(each) for each in looked.left_out],
        }
    )


def _more(face: Face, shown: int, there: int) -> None:
    if shown < there:
        face.out.text(_("{number} more; --all shows them.").format(number=there - shown))


def _left_out(each: LeftOut) -> dict[str, Any]:
    return {"file": each.name, "in": each.where, "from": each.sender, "reason": each.reason}


@command.command("list")
@options.common
@options.administrations
@filters.state(TIES, "Only papers that stand so beside the data.")
def list_(face: Face, *, state: str | None) -> None:
    """List the papers with what they say and how they stand beside the documents of the source."""
    from connector.cli import working
    from connector.engine import tie_out

    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            found = [each for each in tie_out.ties(*connector.at(administration)) if state in (None, each.tie.value)]
            face.out.heading(administration.name)
            _table(face, found)
            answer += [_as_json(administration.name, each) for each in found]
    face.out.answer({"papers": answer})


def _table(face: Face, found: Sequence[Tied]) -> None:
    """Papers with the difference from their document, then those without one: each table adds up by itself."""
    compared = [each for each in found if each.difference is not None]
    others = [each for each in found if each.difference is None]
    if compared or not others:
        _listed(face, compared, amount("Difference"))
    if others:
        if compared:
            face.out.text("")
        face.out.text(_("Not compared: there is no document, or the total could not be read."))
        _listed(face, others)


def _listed(face: Face, found: Sequence[Tied], *differences: Column) -> None:
    currency = _one_currency(found)
    face.out.table(
        [
            column("Number"),
            column("Date", spare=3),
            column("Type", spare=2),
            prose("File", spare=1),
            amount("Total"),
            amount("Document"),
            *differences,
            column("Paper"),
            column("State", spare=4),
        ],
        [
            (
                each.kept.paper.number,
                each.kept.paper.date or "",
                State(name=each.kept.paper.type.value) if each.kept.paper.type else "",
                each.kept.name,
                _money(each, each.kept.paper.gross),
                _money(each, each.total if each.standing else None),
                *(_money(each, each.difference) for _each in differences),
                State(name=each.tie.value),
                State(name=each.standing.state.value) if each.standing else "",
            )
            for each in found
        ],
        total=(
            *("", "", ""),
            many("1 paper", "{number} papers", len(found)),
            _sum((each.kept.paper.gross for each in found), currency),
            _sum((each.total for each in found if each.standing), currency),
            *(_sum((each.difference for each in found), currency) for _each in differences),
            *("", ""),
        ),
        empty=_("There are no such papers; 'connector papers add' adds them."),
    )


@command.command()
@options.common
@options.administrations
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the file itself here.")
@click.argument("name", metavar="NUMBER|MARK")
def show(face: Face, *, save: Path | None, name: str) -> None:
    """Show what a paper says beside what the document says. NAME is the invoice number, or the mark of one file."""
    from connector.cli import working
    from connector.engine import tie_out

    with working.opened(face) as connector:
        found = [
            (administration, each)
            for administration in face.administrations
            for each in tie_out.ties(*connector.at(administration))
            if name in (each.kept.paper.number, each.kept.mark)
        ]
        if not found:
            raise click.UsageError(f"There is no paper {name}; 'connector papers list' shows which there are.")
        if save is not None:
            files = {each.kept.sha256: (administration, each) for administration, each in found}
            if len(files) > 1:
                marks = ", ".join(each.kept.mark for _administration, each in files.values())
                raise click.UsageError(f"{len(files)} files have the number {name}; name one by its mark: {marks}")
            ((administration, each),) = files.values()
            _write(save, tie_out.content(*connector.at(administration), each.kept))
    for administration, each in found:
        _show(face, administration.name, each)
    face.out.answer({"papers": [_as_json(administration.name, each) for administration, each in found]})


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as wrong:
        raise PaperFileError(
            f"the file cannot be written: {wrong.strerror}", where=str(path), hint="Name another place with --save."
        ) from wrong


def _show(face: Face, administration: str, each: Tied) -> None:
    from connector.domain.paper import comes_too_late

    out, paper, one = face.out, each.kept.paper, each.standing
    out.heading(f"{paper.number or each.kept.name}  {paper.seller_name}")
    out.facts(
        {
            "Administration": administration,
            "File": each.kept.name,
            "Mark": each.kept.mark,
            "Added": _("{day} by {actor}").format(day=date(each.kept.at.astimezone().date()), actor=each.kept.actor),
            "Paper": State(name=each.tie.value),
        }
        | ({"From": each.kept.sender} if each.kept.sender else {})
        | ({"Not readable": State(name=paper.obstacle.value)} if paper.obstacle else {})
        | ({"State": State(name=one.state.value)} if one else {})
    )
    out.text("")
    out.table(
        [column("Field"), amount("Paper"), amount("Document")],
        [
            (_("Type"), State(name=paper.type.value) if paper.type else "", _kind(each)),
            (_("Date"), paper.date or "", day(one.date) if one else ""),
            (_("Currency"), paper.currency, one.currency if one else ""),
            (_("Net"), _money(each, paper.net), _money(each, each.net if one else None)),
            (_("VAT"), _money(each, paper.vat_owed), _money(each, each.vat if one else None)),
            (_("Total"), _money(each, paper.gross), _money(each, each.total if one else None)),
        ],
    )
    for found in each.findings:
        step = _(IN_THE_BOOKS) if each.too_late and comes_too_late(found.code) else next_step(found)
        out.text("", f"{found.code}: {sentence(found)}", f"  {_('Next')}: {step}")


def _kind(each: Tied) -> object:
    if each.standing is None:
        return ""
    return State(name="credit note" if each.total < 0 else "invoice")


def _money(each: Tied, minor: int | None) -> object:
    return "" if minor is None else Money(minor=minor, currency=each.kept.paper.currency or "EUR")


def _one_currency(found: Iterable[Tied]) -> str:
    """The currency of all papers, '' when there are several: euros and dollars have no sum."""
    currencies = {each.kept.paper.currency or "EUR" for each in found}
    return currencies.pop() if len(currencies) == 1 else ""


def _sum(minors: Iterable[int | None], currency: str) -> object:
    known = [each for each in minors if each is not None]
    return Money(minor=sum(known), currency=currency) if known and currency else ""


def _as_json(administration: str, each: Tied) -> dict[str, Any]:
    paper, one = each.kept.paper, each.standing
    return {
        "administration": administration,
        "number": paper.number,
        "in_the_books": each.too_late,
        "date": paper.date,
        "type": paper.type.value if paper.type else None,
        "form": paper.form.value,
        "currency": paper.currency,
        "net": _exact(each, paper.net),
        "vat": _exact(each, paper.vat_owed),
        "total": _exact(each, paper.gross),
        "seller": paper.seller_name,
        "seller_vat": paper.seller_vat,
        "buyer_vat": paper.buyer_vat,
        "obstacle": paper.obstacle.value if paper.obstacle else None,
        "file": each.kept.name,
        "mark": each.kept.mark,
        "sha256": each.kept.sha256.hex(),
        "size": each.kept.size,
        "from": each.kept.sender,
        "actor": each.kept.actor,
        "at": each.kept.at,
        "paper": each.tie.value,
        "document": None
        if one is None
        else {
            "direction": one.direction,
            "number": one.number,
            "state": one.state.value,
            "net": _exact(each, each.net),
            "vat": _exact(each, each.vat),
            "total": _exact(each, each.total),
            "difference": _exact(each, each.difference),
        },
        "findings": [
            {"code": found.code, "amount": Money(minor=found.minor), "sentence": sentence(found)}
            for found in each.findings
        ],
    }


def _exact(each: Tied, minor: int | None) -> Money | None:
    return None if minor is None else Money(minor=minor, currency=each.kept.paper.currency or "EUR")
