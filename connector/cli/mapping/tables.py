"""What the commands that read a mapping share: which tables are meant, and how a decision is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from connector.cli.options import Face
from connector.cli.output import amount, column, prose
from connector.domain.coverage import about
from connector.domain.results import results
from connector.texts import _, marked, next_step, sentence

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.config import Administration
    from connector.domain.accounts import ChartOfAccounts
    from connector.domain.decision import Choice, Decision
    from connector.engine.run import MappingFiles

F = TypeVar("F", bound=Callable[..., object])
RESULTS = {
    "customer": marked("debtor"),
    "action": marked("action"),
    "account": marked("account"),
    "treatment": marked("VAT treatment"),
    "tax": marked("tax code"),
    "deferral": marked("deferral"),
    "text": marked("text"),
}
"""The results of a decision as they are told; a dimension is told by its column."""
CLASSES = (marked("covered"), marked("by default"), marked("left out"), marked("not covered"))
"""The classes of coverage; each is translated."""


def version(command: F) -> F:
    """Add --version: a saved mapping version instead of the tables on disk."""
    told = "A saved version of the tables; without it the tables as they lie on disk."
    return click.option("--version", "number", type=click.IntRange(min=1), metavar="NUMBER", help=told)(command)


def meant(connector: Connector, administration: Administration, number: int | None) -> MappingFiles:
    """The tables on disk, or the saved version ``number``. MappingFileError when there is no such version."""
    if number is None:
        return connector.mapping(administration)
    return connector.mapping_version(administration, number)


def show_decision(face: Face, decision: Decision, chart: ChartOfAccounts, minor: int) -> None:
    """A table of the results with the row that gave each; then what holds the line, which is of ``minor`` units."""
    rows: list[tuple[object, ...]] = []
    for each in results(decision):
        by = each.chosen_by
        name = chart.accounts[each.value].name if each.column == "account" and each.value in chart.accounts else ""
        where = (by.file, by.row or "", by.rule) if by else ("", "", "")
        rows.append((result_name(each.column), each.value or "-", name, *where))
    face.out.table(
        [column("Result"), prose("Value"), prose("Name"), column("File"), amount("Row"), column("Id")],
        rows,
    )
    for problem in (about(each, minor) for each in decision.problems):
        face.out.text(f"{problem.code}: {sentence(problem)}", f"  {_('Next')}: {next_step(problem)}")


def result_name(name: str) -> str:
    """A result column in the reader's language."""
    return _(RESULTS.get(name, name))


def decision_json(decision: Decision, minor: int) -> dict[str, Any]:
    """A decision for a line of ``minor`` units, as JSON."""
    return {
        "action": decision.action.value,
        "account": decision.account or None,
        "tax": decision.tax or None,
        "treatment": decision.treatment or None,
        "deferral": decision.deferral or None,
        "dimensions": dict(decision.dimensions),
        "text": decision.text,
        "reason": decision.reason,
        "results": [
            {
                "column": each.column,
                "value": each.value,
                "chosen_by": choice_json(each.chosen_by) if each.chosen_by else None,
            }
            for each in results(decision)
        ],
        "problems": [
            {"code": each.code, "sentence": sentence(each), "next_step": next_step(each), "values": dict(each.values)}
            for each in (about(problem, minor) for problem in decision.problems)
        ],
    }


def choice_json(choice: Choice) -> dict[str, Any]:
    """The row behind a result, as JSON."""
    return {"file": choice.file, "row": choice.row or None, "id": choice.rule}


def rows_told(choices: tuple[Choice, ...]) -> str:
    """Rows in one line: 'rules.csv:4 P020, tax.csv:6 NL.P.STD.21'."""
    return ", ".join(f"{each.file}:{each.row} {each.rule}" if each.row else each.rule for each in choices)
