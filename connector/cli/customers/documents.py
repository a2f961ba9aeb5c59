"""``connector customers documents``: a specification for each customer, as files in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import options
from connector.cli.customers import chosen as choosing
from connector.cli.customers.chosen import Chosen, Paper
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column, prose
from connector.customer_papers.folder import Fate, Folder
from connector.domain.details import Details
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.app import Connector

FORMATS = {"pdf": (".pdf",), "xlsx": (".xlsx",), "both": (".pdf", ".xlsx")}
ROWS_SHOWN = 30
"""Customers without --all."""
FATES = (marked("written"), marked("replaced"), marked("unchanged"), marked("changed by others"), marked("left out"))
"""What became of a customer's files; each is translated."""


@dataclass(kw_only=True)
class Written:
    """What came of an administration: its customers with their files, the ZIP file, and files of earlier runs that
    nobody has now."""

    chosen: Chosen
    folder: Path
    customers: list[dict[str, Any]] = field(default_factory=list)
    archive: tuple[str, Fate] | None = None
    left_over: list[str] = field(default_factory=list)
    whole: bool = True

    @property
    def kept_back(self) -> list[str]:
        """Files that were not replaced, because somebody else changed them."""
        files = [each for customer in self.customers for each in customer["files"]]
        found = [each["file"] for each in files if each["state"] == Fate.LEFT.value]
        return found + ([self.archive[0]] if self.archive and self.archive[1] is Fate.LEFT else [])

    def net(self, *, left_out: bool) -> int:
        """What the papers amount to, or what is left out, in minor units."""
        return sum(each["net"].minor for each in self.customers if bool(each["left_out"]) is left_out)

    @property
    def adds_up(self) -> bool:
        """Whether papers and what is left out are together what the documents of the month amount to."""
        return not self.whole or self.net(left_out=False) + self.net(left_out=True) == self.chosen.net


@click.command()
@options.common
@options.administrations
@choosing.period
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write into."
)
@click.option(
    "--format", "kind", type=click.Choice(tuple(FORMATS)), default="both", show_default=True, help="Which files."
)
@click.option(
    "--details",
    type=click.Choice([each.value for each in Details]),
    help="Attributes of subscriptions: those on Copaco's own PDF, all, or none. Default: as set in connector.toml.",
)
@click.option("--customer", metavar="CUSTOMER", help="Only this one: its account, number or name.")
@choosing.from_list
@click.option("--zip", "zipped", is_flag=True, help="Also put the files together in one ZIP file.")
@click.option("--overwrite", is_flag=True, help="Replace files that were changed by others, too.")
@click.option("--all", "every", is_flag=True, help="Show every customer; otherwise the first thirty.")
def command(
    face: Face, *, period: str, folder: Path, kind: str, details: str | None, customer: str | None,
    source: str | None, zipped: bool, overwrite: bool, every: bool,
) -> None:  # fmt: skip
    """Write for each customer what it owes for the documents of a month: by vendor, subscription, period and charge.

    A customer whose documents are doubtful gets none, and is listed with the reason. --language chooses the
    language for all; without it customers.csv does, then connector.toml. The same documents give the same files.
    """
    from connector.cli import working
    from connector.cli.failure import DIFFERENCE

    endings = FORMATS[kind]
    if ".pdf" in endings:
        from connector.customer_papers.pdf import check

        check()
    done: list[Written] = []
    with working.opened(face) as connector:
        for administration in face.administrations:
            of_month = choosing.choose(connector, administration, period, source)
            place = folder / administration.name if len(face.administrations) > 1 else folder
            written = Written(chosen=of_month, folder=place, whole=customer is None)
            shown = Details(details or administration.documents.details)
            with Folder(place, overwrite=overwrite) as files:
                _write(face, connector, written, files, endings, shown, customer)
                _finish(written, files, zipped=zipped)
            done.append(written)
    if not any(each.customers for each in done):
        raise choosing.nobody(period, customer, [each.chosen for each in done])
    for each in done:
        _show(face, each, every=every)
    face.out.answer({"administrations": [_as_json(each) for each in done]})
    if any(each.kept_back or not each.adds_up for each in done):
        click.get_current_context().exit(DIFFERENCE)


def _write(
    face: Face, connector: Connector, written: Written, files: Folder, endings: tuple[str, ...], details: Details,
    customer: str | None,
) -> None:  # fmt: skip
    sender = choosing.header(written.chosen.administration)
    title = f"{written.chosen.administration.name}: {_('documents')}"
    with face.out.progress(title, len(written.chosen.customers)) as bar:
        for paper in choosing.papers(face, connector, written.chosen):
            if choosing.is_meant(paper, customer):
                made = [] if paper.left_out else list(_files(paper, sender, details, endings, files))
                written.customers.append(_customer(paper, made))
            bar.advance()


def _files(
    paper: Paper, sender: tuple[str, ...], details: Details, endings: tuple[str, ...], files: Folder
) -> Iterator[tuple[str, Fate]]:
    from connector.customer_papers.layout import page
    from connector.customer_papers.pdf import pdf
    from connector.customer_papers.xlsx import xlsx

    made = paper.specification
    with texts.speaking(paper.language):
        printed = page(made, paper.contact, sender, details)
        content: dict[str, Callable[[], bytes]] = {
            ".pdf": lambda: pdf(printed),
            ".xlsx": lambda: xlsx(made, printed, details),
        }
        for ending in endings:
            name = f"{paper.name}{ending}"
            yield name, files.put(name, content[ending](), net=made.net, vat=made.vat)


def _finish(written: Written, files: Folder, *, zipped: bool) -> None:
    period, names = written.chosen.period, [each["file"] for one in written.customers for each in one["files"]]
    if zipped and names:
        archive = f"{period}_{written.chosen.administration.name}.zip"
        written.archive = (archive, files.zipped(archive, names))
        names.append(archive)
    if written.whole:
        written.left_over = files.left_over(period, names)


def _customer(paper: Paper, files: list[tuple[str, Fate]]) -> dict[str, Any]:
    """A customer as JSON."""
    made = paper.specification
    return {
        "customer": made.customer,
        "name": made.name,
        "number": made.customer_number,
        "language": paper.language,
        "currency": made.currency,
        "documents": [each.number for each in made.documents],
        "lines": len(made.lines),
        "net": Money(minor=made.net, currency=made.currency),
        "vat": Money(minor=made.vat, currency=made.currency) if made.invoiced else None,
        "gross": Money(minor=made.gross, currency=made.currency) if made.invoiced else None,
        "files": [{"file": name, "state": fate.value} for name, fate in files],
        "left_out": list(paper.left_out),
    }


def _show(face: Face, written: Written, *, every: bool) -> None:
    out, administration = face.out, written.chosen.administration
    out.heading(f"{administration.name}  {texts.month(written.chosen.period)}")
    rows = written.customers if every else written.customers[:ROWS_SHOWN]
    out.table(
        [
            prose("Customer"),
            column("Language", spare=1),
            amount("Documents", spare=2),
            amount("Lines", spare=3),
            amount("Net"),
            amount("VAT"),
            column("Files"),
        ],
        [
            (
                each["name"] or _("(no name)"),
                each["language"],
                len(each["documents"]),
                each["lines"],
                each["net"],
                each["vat"],
                _fate(each),
            )
            for each in rows
        ],
        empty=_("There is nothing to write."),
    )
    if len(rows) < len(written.customers):
        told = _("{number} more customers; --all shows them.")
        out.text(told.format(number=len(written.customers) - len(rows)))
    _remarks(face, written)


def _fate(customer: dict[str, Any]) -> State:
    """The gravest thing that became of a customer's files."""
    found = {each["state"] for each in customer["files"]}
    order = (Fate.LEFT, Fate.WRITTEN, Fate.REPLACED, Fate.UNCHANGED)
    return State(name=next((each.value for each in order if each.value in found), "left out"))


def _remarks(face: Face, written: Written) -> None:
    out, gone = face.out, [each for each in written.customers if each["left_out"]]
    for each in gone:
        out.text(_("Left out: {customer}: {why}").format(customer=each["name"], why=choosing.why((*each["left_out"],))))
    for name in written.kept_back:
        out.text(_("Not replaced, because somebody else changed it: {file}").format(file=written.folder / name))
    if written.kept_back:
        out.text(_("Move these away and run it again, or give --overwrite."))
    for name in written.left_over:
        out.text(_("From an earlier run, and nobody's now: {file}").format(file=written.folder / name))
    if written.archive is not None:
        out.text(_("Together: {file}").format(file=written.folder / written.archive[0]))
    if written.whole:
        told = _("Sale side of {period}: EUR {source}; on papers EUR {papers}, left out EUR {left}: {verdict}.")
        out.text(
            told.format(
                period=written.chosen.period,
                source=Money(minor=written.chosen.net),
                papers=Money(minor=written.net(left_out=False)),
                left=Money(minor=written.net(left_out=True)),
                verdict=_("it adds up") if written.adds_up else _("IT DOES NOT ADD UP"),
            )
        )
    count = len(written.customers) - len(gone)
    told = many("1 customer has its files", "{number} customers have their files", count)
    out.text(_("{customers} in {folder}.").format(customers=told, folder=written.folder))


def _as_json(written: Written) -> dict[str, Any]:
    return {
        "administration": written.chosen.administration.name,
        "period": written.chosen.period,
        "list": written.chosen.source,
        "folder": written.folder,
        "customers": written.customers,
        "zip": None if written.archive is None else {"file": written.archive[0], "state": written.archive[1].value},
        "left_over": written.left_over,
        "totals": {
            "source": Money(minor=written.chosen.net),
            "papers": Money(minor=written.net(left_out=False)),
            "left_out": Money(minor=written.net(left_out=True)),
            "adds_up": written.adds_up,
        },
    }
