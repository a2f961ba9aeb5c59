"""``connector mapping``: the accountant's tables. Each command is a module of this package."""

from __future__ import annotations

import click

from connector.cli.lazy import LazyGroup

COMMANDS = {
    "check": "Read the tables as strictly as a run does, and name every row at fault.",
    "test": "Try the examples: lines, and what each must get.",
    "export": "Write the tables as a workbook for a spreadsheet, with what waits for a row.",
    "import": "Take over what was changed in a workbook, after a look at every row.",
    "diff": "Show in euros what the tables on disk would change, or another version.",
    "accept": "Take the tables on disk as the version in force, after showing what they change.",
    "undo": "Take an earlier version again, as a new version.",
    "apply": "Move what is posted to the accounts of the version in force, by new entries.",
    "history": "List the versions: who accepted them, when and why.",
    "blame": "Tell for each row which version brought it, by whom and when.",
    "drift": "Show where sets differ from the set they inherit from.",
    "format": "Write the tables in their canonical form.",
    "describe": "Describe the tables: columns, kinds and values.",
    "coverage": "Show which euros the tables have a row for, and what would happen tomorrow.",
    "explain": "Show for a line which row chose each result, and who wrote it.",
    "why-not": "Show the rules that nearly matched a line, and what differed.",
    "try": "Show what would happen to a line that you describe.",
    "trial": "Put what we would book in a month beside what was really booked.",
    "suggest": "Propose rows for what no row covers, with the evidence.",
}
"""Every command with its help in one line, in the order of working."""


@click.group(cls=LazyGroup, package=__name__, lines=COMMANDS)
def command() -> None:
    """The accountant's tables: check them, see what they do, change them safely."""
