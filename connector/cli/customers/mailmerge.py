"""``connector customers mailmerge``: a workbook for Word's MailMerge, a row for each customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.customers import chosen as choosing
from connector.cli.customers.chosen import Paper
from connector.cli.mapping.whole import write_asked
from connector.cli.options import Face
from connector.cli.output import Money
from connector.customer_papers import folder as folders
from connector.customer_papers import mailmerge
from connector.customer_papers.mailmerge import Letter
from connector.errors import ConnectorError
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.customer_papers.folder import Record

ENDINGS = (".pdf", ".xlsx")


class FilesMissing(ConnectorError):
    """Files that links should lead to are not there, or hold other amounts than the documents do now."""

    exit_code = 3
    default_hint = "Run 'connector customers documents' for this month and folder, then run this again."

    def __init__(self, message: str, *, problems: tuple[str, ...], where: str) -> None:
        super().__init__(message, where=where)
        self.problems = problems


@dataclass(kw_only=True)
class _Post:
    """What is to be written: letters, and who gets none with the reasons."""

    letters: list[Letter] = field(default_factory=list)
    left_out: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@click.command()
@options.common
@options.administrations
@choosing.period
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The workbook to write (.xlsx)."
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Your columns, as .csv or .xlsx. Default: those that 'connector customers template' writes.",
)
@click.option(
    "--files",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder with the customers' files, written by 'connector customers documents'.",
)
@click.option("--link", metavar="ADDRESS", help="Where customers find their files. Default: link in connector.toml.")
@choosing.from_list
@options.yes
def command(
    face: Face, *, period: str, output: Path, template: Path | None, folder: Path | None, link: str | None,
    source: str | None, yes: bool,
) -> None:  # fmt: skip
    """Write a workbook for Word's MailMerge: a row for each customer, with name, e-mail, amounts and link.

    Links lead to an address (--link), else to the files in a folder (--files), which must hold what the documents say
    now. Amounts and dates are text in the customer's language, titles in that of --language.
    """
    from connector.cli import working

    if output.suffix.casefold() != ".xlsx":
        raise click.UsageError(_("{file} does not end in .xlsx, so no spreadsheet would open it").format(file=output))
    columns = mailmerge.default() if template is None else mailmerge.read(template)
    post = _Post()
    with working.opened(face) as connector:
        for administration in face.administrations:
            of_month = choosing.choose(connector, administration, period, source)
            place = folder / administration.name if folder and len(face.administrations) > 1 else folder
            base, known = link or administration.documents.link, {} if place is None else folders.records(place)
            with face.out.progress(f"{administration.name}: {_('customers')}", len(of_month.customers)) as bar:
                for paper in choosing.papers(face, connector, of_month):
                    _add(post, paper, place, base, known)
                    bar.advance()
    if post.problems:
        told = many("1 customer has no right file", "{number} customers have no right file", len(post.problems))
        raise FilesMissing(
            f"{told}: {'; '.join(post.problems)}", problems=tuple(post.problems), where=str(folder or "")
        )
    if not post.letters and not post.left_out:
        raise choosing.nobody(period, None)
    if write_asked(face, output, mailmerge.merged(columns, post.letters), yes=yes):
        _show(face, output, post)
        face.out.answer(_as_json(output, [each.title for each in columns], post))


def _add(post: _Post, paper: Paper, folder: Path | None, base: str, known: dict[str, Record]) -> None:
    """Add the letter of a customer, or why it gets none."""
    made = paper.specification
    if paper.left_out:
        post.left_out.append((made.name, paper.left_out))
        return
    name = f"{paper.name}{ENDINGS[0]}"
    if folder is not None:
        name = next((file for end in ENDINGS if (folder / (file := f"{paper.name}{end}")).is_file()), name)
        found = known.get(name)
        if not (folder / name).is_file():
            post.problems.append(f"{made.name}: there is no file {name}")
        elif found is not None and (found.net, found.vat) != (made.net, made.vat):
            post.problems.append(f"{made.name}: {name} holds other amounts than its documents do now")
    link = mailmerge.link(base, name) if base else (folder / name).resolve().as_uri() if folder else ""
    letter = Letter(
        specification=made,
        contact=paper.contact,
        language=paper.language,
        file=name if link else "",
        link=link,
    )
    post.letters.append(letter)


def _show(face: Face, output: Path, post: _Post) -> None:
    customers = many("1 customer", "{number} customers", len(post.letters))
    net = Money(minor=sum(each.specification.net for each in post.letters))
    face.out.text(
        _("{file} has a row for {customers}, together EUR {net} without VAT.").format(
            file=output, customers=customers, net=net
        )
    )
    for name, codes in post.left_out:
        face.out.text(_("Left out: {customer}: {why}").format(customer=name, why=choosing.why(codes)))
    for each in post.letters:
        if not each.contact.email:
            face.out.text(_("Without an e-mail address: {customer}").format(customer=each.specification.name))
    if any(not each.contact.email for each in post.letters):
        face.out.text(_("Copaco tells addresses in customer-invoices only; a column email in customers.csv adds them."))
    if post.letters and not any(each.link for each in post.letters):
        face.out.text(_("There are no links; --files or --link makes them."))


def _as_json(output: Path, titles: list[str], post: _Post) -> dict[str, Any]:
    return {
        "file": output,
        "columns": titles,
        "customers": [
            {
                "customer": each.specification.customer,
                "name": each.specification.name,
                "email": each.contact.email or None,
                "language": each.language,
                "documents": [one.number for one in each.specification.documents],
                "net": Money(minor=each.specification.net, currency=each.specification.currency),
                "file": each.file or None,
                "link": each.link or None,
            }
            for each in post.letters
        ],
        "without_email": [each.specification.name for each in post.letters if not each.contact.email],
        "left_out": [{"name": name, "reasons": list(codes)} for name, codes in post.left_out],
    }
