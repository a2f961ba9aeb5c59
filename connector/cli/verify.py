"""``connector verify``: prove that every cent of the source is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import Money, State, amount, column
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.engine.verify import Proof


_TITLES = {"purged": marked("Purged")}
"""The titles of columns that are no states of a document."""


@click.command()
@options.common
@options.administrations
@click.pass_context
def command(ctx: click.Context, face: Face) -> None:
    """Prove that every cent of the source is accounted for, offline.

    Reads the kept answers again, byte for byte, with a reader of its own, and adds everything up: what the
    source sent = held + ignored + ready + in delivery + posted. Compares entries, receipts and ledger files
    with what they were made from. What was purged counts by what is kept of it. Ends with exit code 20 when
    anything differs.
    """
    from connector.cli import working
    from connector.cli.failure import DIFFERENCE
    from connector.engine.status import STATES

    with working.opened(face) as connector:
        proofs = {each.name: connector.verify(each) for each in face.administrations}
    for name, proof in proofs.items():
        face.out.heading(name)
        show(face, proof, STATES)
    face.out.answer({"administrations": [_as_json(name, proof, STATES) for name, proof in proofs.items()]})
    if not all(proof.holds for proof in proofs.values()):
        ctx.exit(DIFFERENCE)


def show(face: Face, proof: Proof, states: tuple[str, ...]) -> None:
    """Show the equation of every month, what was checked, and what does not add up."""
    states = _with_purged(proof, states)
    face.out.table(
        [
            column("Direction"),
            column("Period"),
            amount("Source"),
            *(amount(_TITLES.get(state, state.capitalize())) for state in states),
            column("Adds up"),
        ],
        [
            (
                State(name=each.direction),
                each.period or _("no date"),
                Money(minor=each.sums.get("source", (0, 0))[1]),
                *(Money(minor=each.sums.get(state, (0, 0))[1]) for state in states),
                _("yes") if each.holds else _("NO"),
            )
            for each in proof.equations
        ],
        empty=_("Nothing was fetched yet. Run 'connector sync'."),
    )
    checked = _(
        "Checked, every version of a document: {answers} answers, {documents} documents, {lines} lines, "
        "{entries} entries, {receipts} receipts."
    )
    face.out.text(
        checked.format(
            answers=proof.bodies,
            documents=proof.documents,
            lines=proof.lines,
            entries=proof.entries,
            receipts=proof.receipts,
        )
    )
    if proof.purged:
        told = many(
            "1 document was purged: it counts by what is kept of it.",
            "{number} documents were purged: they count by what is kept of them.",
            proof.purged,
        )
        face.out.text(told)
    if proof.holds:
        face.out.text(_("Every cent is accounted for."))
        return
    for problem in proof.problems:
        difference = f" ({Money(minor=problem.minor)})" if problem.minor else ""
        face.out.text(f"{problem.where}: {problem.message}{difference}")
    face.out.text(
        _(
            "This does NOT add up. Mend the files that are named above; otherwise put the latest backup in the "
            "database's place, or report it with the lines above."
        )
    )


def _with_purged(proof: Proof, states: tuple[str, ...]) -> tuple[str, ...]:
    """The states, and what was purged where anything was."""
    from connector.engine.proof import PURGED

    return (*states, PURGED) if proof.purged else states


def _as_json(name: str, proof: Proof, states: tuple[str, ...]) -> dict[str, Any]:
    states = _with_purged(proof, states)
    return {
        "administration": name,
        "holds": proof.holds,
        "checked": {
            "answers": proof.bodies,
            "documents": proof.documents,
            "lines": proof.lines,
            "entries": proof.entries,
            "receipts": proof.receipts,
            "purged": proof.purged,
        },
        "periods": [
            {
                "direction": each.direction,
                "period": each.period or None,
                "holds": each.holds,
                "source": _sum(each.sums.get("source", (0, 0))),
                "states": {state: _sum(each.sums.get(state, (0, 0))) for state in states},
            }
            for each in proof.equations
        ],
        "problems": [
            {"where": each.where, "message": each.message, "difference": Money(minor=each.minor)}
            for each in proof.problems
        ],
    }


def _sum(lines_and_net: tuple[int, int]) -> dict[str, object]:
    return {"lines": lines_and_net[0], "net": Money(minor=lines_and_net[1])}
