"""What the commands that read past books share: their options, one administration, and what is wrong with the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from connector.cli.output import Money
from connector.texts import _, money

if TYPE_CHECKING:
    from connector.cli.options import Face
    from connector.config import Administration
    from connector.domain.past_books import Remark

F = TypeVar("F", bound=Callable[..., object])


class Named(click.ParamType[tuple[str, str]]):
    """A column that is named: FIELD=NAME."""

    name = "column"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The field and the name of its column."""
        if isinstance(value, tuple):
            return value
        field, sign, name = str(value).partition("=")
        if not sign or not field.strip():
            self.fail(f"'{value}' names no column; write it as account=Grootboek", param, ctx)
        return field.strip().lower().replace("-", "_"), name.strip()


def options(*, required: bool) -> Callable[[F], F]:
    """Add --books and --column."""

    def add(command: F) -> F:
        for option in (
            click.option(
                "--column",
                "columns",
                multiple=True,
                type=Named(),
                metavar="FIELD=NAME",
                help="Which column of a CSV is which, as account=Grootboek or amount=#7; may be repeated.",
            ),
            click.option(
                "--books",
                type=click.Path(path_type=Path, dir_okay=False),
                required=required,
                metavar="FILE",
                help="Past books: an XML audit file (XAF 3.2, 3.2.1, 4.0) or the general ledger as CSV.",
            ),
        ):
            command = option(command)
        return command

    return add


def one(face: Face) -> Administration:
    """The one administration that was chosen. UsageError when there are several: a file is of one."""
    chosen = face.administrations
    if len(chosen) != 1:
        names = ", ".join(each.name for each in chosen)
        raise click.UsageError(f"Name one administration with -a; there are {names}.")
    return chosen[0]


def show_remarks(face: Face, remarks: Sequence[Remark]) -> None:
    """Say what is wrong with the file and did not keep it from being read."""
    for each in remarks:
        face.out.note(_("Warning: {what}").format(what=_sentence(each)))


def as_json(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    """The remarks as JSON, amounts as text."""
    return [msgspec.structs.asdict(each) | {"minor": Money(minor=each.minor)} for each in remarks]


def _sentence(remark: Remark) -> str:
    sentences = {
        "unbalanced": _("{where} is out of balance by {minor}"),
        "file-unbalanced": _("all rows together are out of balance by {minor}: the file does not hold all accounts"),
        "lines-count": _("the file promises {where} lines and has {value}"),
        "total-debit": _("the total of the debits that the file promises differs from its lines by {minor}"),
        "total-credit": _("the total of the credits that the file promises differs from its lines by {minor}"),
        "unknown-account": _("{where}: account {value} is not among the accounts of the file"),
        "unknown-relation": _("{where}: relation {value} is not among the relations of the file"),
        "no-namespace": _("the file does not say which version it is; it was read as XAF {value}"),
        "windows-1252": _("the file is not UTF-8; it was read as Windows-1252"),
        "no-postings": _("the file holds no postings"),
        "rows-skipped": _("{where}: a row without account and date was left out"),
    }
    told = sentences[remark.kind].format(where=remark.where, value=remark.value, minor=money(remark.minor))
    more = remark.count - 1
    return f"{told} {_('(and {number} more of this kind)').format(number=more)}" if more else told
