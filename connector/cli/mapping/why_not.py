"""``connector mapping why-not``: the rules that nearly matched a line, and the field that differed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options, working
from connector.cli.mapping import lines, tables
from connector.cli.options import Face
from connector.cli.output import amount, column, prose
from connector.config import nearest
from connector.domain.near_miss import DATES, replaced
from connector.domain.rules import CHARGE_TYPES
from connector.engine import explain
from connector.texts import _, day, many

if TYPE_CHECKING:
    from connector.domain.decision import Decision
    from connector.domain.near_miss import Differing, Lost, NearRule
    from connector.engine.run import MappingFiles

ROWS_SHOWN = 10
"""Rules that did not match and are shown without --all."""


@click.command()
@options.common
@options.administrations
@tables.version
@click.option("--all", "every", is_flag=True, help=f"Every rule; otherwise the {ROWS_SHOWN} nearest.")
@click.argument("line", metavar="LINE")
@click.argument("rule", required=False, metavar="[RULE]")
def command(face: Face, *, number: int | None, every: bool, line: str, rule: str | None) -> None:
    """Show the rules that nearly matched a line, with what the row says and what the line has.

    LINE is named as for 'connector mapping explain'; RULE is the id of a row of rules.csv, to see that one alone.
    The nearest rules come first: the fewest cells that differ, then the greatest weight; dates count as one cell.
    A rule that matched and lost a result to a heavier one is shown with the row it lost to.
    """
    answer: list[dict[str, Any]] = []
    with working.opened(face) as connector:
        for administration, named in lines.named(face, connector, line):
            files = tables.meant(connector, administration, number)
            place, books = connector.at(administration)
            found = explain.rules_near(place, files.mapping, named)
            if rule is not None:
                found = _only(files, found, rule)
            decision = files.mapping.decide(
                named.combination,
                on=explain.day_of(place, named),
                own_country=books.country,
            )
            lines.show(face, administration, named)
            _show(face, found, decision, every=every or rule is not None)
            known = lines.as_json(administration, named)
            answer.append(known | {"rules": [_as_json(each, decision) for each in found]})
    face.out.answer({"lines": answer})


def _only(files: MappingFiles, found: Sequence[NearRule], rule: str) -> list[NearRule]:
    mine = [each for each in found if each.rule.id.casefold() == rule.casefold()]
    if not mine:
        known = [each.id for each in files.mapping.rules]
        raise click.UsageError(f"rules.csv has no row with the id {rule}{nearest(rule, known)}")
    return mine


def _show(face: Face, found: Sequence[NearRule], decision: Decision, *, every: bool) -> None:
    matching = [each for each in found if each.matches]
    others = [each for each in found if not each.matches]
    if matching:
        face.out.heading(_("Rules that match"))
        face.out.table(
            [amount("Row"), column("Id"), amount("Weight"), prose("Gave"), prose("Lost")],
            [
                (each.rule.row or "", each.rule.id, each.rule.weight, _gave(each), _lost(each, decision))
                for each in matching
            ],
        )
    shown = others if every else others[:ROWS_SHOWN]
    if shown:
        face.out.heading(_("Rules that do not match, the nearest first"))
        face.out.table(
            [amount("Row"), column("Id"), amount("Weight"), amount("Differ"), prose("What differs")],
            [
                (
                    each.rule.row or "",
                    each.rule.id,
                    each.rule.weight,
                    len(each.differing),
                    "; ".join(map(_differs, each.differing)),
                )
                for each in shown
            ],
        )
    if len(shown) < len(others):
        rest = len(others) - len(shown)
        face.out.text(many("1 more rule; --all shows it.", "{number} more rules; --all shows them.", rest))


def _gave(each: NearRule) -> str:
    values = dict(each.rule.results)
    return ", ".join(f"{tables.result_name(name)} = {values[name]}" for name in each.won)


def _lost(each: NearRule, decision: Decision) -> str:
    told = [f"{tables.result_name(one.column)} = {one.value}: {_to_whom(each, one)}" for one in each.lost]
    told += [
        _("{result}: replaced by {row}").format(result=tables.result_name(name), row=tables.rows_told((choice,)))
        for name, choice in replaced(each, decision)
    ]
    return "; ".join(told)


def _to_whom(each: NearRule, one: Lost) -> str:
    winner = one.winner
    match one.by:
        case "weight":
            told = _("lost to {rule} (weight {more} > {less})")
            return told.format(rule=winner.id, more=winner.weight, less=each.rule.weight)
        case "priority":
            told = _("lost to {rule} (priority {more} > {less})")
            return told.format(rule=winner.id, more=winner.priority, less=each.rule.priority)
        case "identifier":
            return _("lost to {rule} (as heavy, but it names an identifier)").format(rule=winner.id)
        case "clash":
            return _("as heavy as {rule}, which disagrees: the line is held").format(rule=winner.id)
        case _:
            return _("{rule} says the same").format(rule=winner.id)


def _differs(one: Differing) -> str:
    if one.column == DATES:
        first, _dots, last = one.wanted.partition("..")
        told = _("dates: the row holds from {first} to {last}, the line is of {day}")
        return told.format(first=day(first) or "…", last=day(last) or "…", day=day(one.found))
    wanted = one.wanted or ", ".join(CHARGE_TYPES)
    return _("{column}: the row says {wanted}, the line has {found}").format(
        column=one.column, wanted=wanted, found=one.found or _("nothing")
    )


def _as_json(each: NearRule, decision: Decision) -> dict[str, Any]:
    return {
        "id": each.rule.id,
        "file": "rules.csv",
        "row": each.rule.row or None,
        "weight": each.rule.weight,
        "matches": each.matches,
        "differing": [{"column": one.column, "row_says": one.wanted, "line_has": one.found} for one in each.differing],
        "gave": list(each.won),
        "lost": [{"column": one.column, "value": one.value, "to": one.winner.id, "by": one.by} for one in each.lost],
        "replaced": [
            {"column": name, "value": choice.value, "by": tables.choice_json(choice)}
            for name, choice in replaced(each, decision)
        ],
    }
