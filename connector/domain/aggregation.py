"""Aggregation: which lines share a posting.

Debit and credit are never netted, lines with a deferral stand alone, and a posting has one account and one tax code
whatever the level, so that the base of every box of the VAT return can be proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from connector.domain.checks import Document
from connector.domain.decision import Decision
from connector.domain.invoice import Direction
from connector.domain.journal import Dimensions, Posting, PostingRole
from connector.domain.mapping import Mapping

BY_MONTH = "account+tax+dimension+period"
NO_DEFERRAL = ("", "none")


class LineAmount(msgspec.Struct, frozen=True, kw_only=True):
    """A line that gets a posting of its own.

    ``line_no`` counts from 1, ``group`` from 0; ``net`` is in minor units, ``month`` that of its end (YYYY-MM).
    """

    line_no: int
    group: int
    net: int
    text: str
    month: str = ""


def level_of(mapping: Mapping, direction: Direction) -> str:
    """The aggregation level that the mapping sets for ``direction``."""
    settings = mapping.settings
    return settings.aggregate_purchase if direction is Direction.PURCHASE else settings.aggregate_sale


def groups_by_line(document: Document, decisions: Sequence[Decision], level: str) -> list[int]:
    """The groups whose lines get postings of their own: all at level 'line', else those with a deferral (never
    aggregated).
    """
    if level in ("line", BY_MONTH):
        return list(range(len(document.groups)))
    return [n for n, decision in enumerate(decisions) if decision.deferral not in NO_DEFERRAL]


def net_postings(
    document: Document, decisions: Sequence[Decision], level: str, lines: Sequence[LineAmount], sign: int
) -> list[Posting]:
    """The cost or revenue postings: by line where lines are given, else gathered. Debit and credit are never netted."""
    by_month = level == BY_MONTH
    alone = {line.group for line in lines}
    assert alone == set(groups_by_line(document, decisions, level)), "the lines are not those that stand alone"
    postings = [
        _alone(line, decisions[line.group], sign)
        for line in sorted(lines, key=lambda each: each.line_no)
        if not (by_month and decisions[line.group].deferral in NO_DEFERRAL)
    ]
    if by_month:
        return postings + _by_month(document, decisions, lines, sign)
    return postings + [
        _gathered(document, decisions, positions, level, sign)
        for positions in _together(document, decisions, alone, level)
    ]


def _together(document: Document, decisions: Sequence[Decision], alone: set[int], level: str) -> Iterable[list[int]]:
    """The groups that share a posting. First by decision, of which there are few, then by where these book."""
    by_decision: dict[tuple[int, str], list[int]] = {}
    for position, (group, decision) in enumerate(zip(document.groups, decisions, strict=True)):
        if position not in alone:
            by_decision.setdefault((id(decision), group.combination.sign), []).append(position)
    gathered: dict[tuple[object, ...], list[int]] = {}
    for (_, sign), positions in by_decision.items():
        gathered.setdefault((*_where(decisions[positions[0]], level), sign), []).extend(positions)
    return map(sorted, gathered.values())


def _alone(line: LineAmount, decision: Decision, sign: int) -> Posting:
    return Posting(
        account=decision.account,
        minor=line.net * sign,
        role=PostingRole.NET,
        tax=decision.tax,
        dimensions=decision.dimensions,
        text=decision.text or line.text,
        deferral="" if decision.deferral in NO_DEFERRAL else decision.deferral,
        groups=(line.group,),
        line_no=line.line_no,
    )


def _by_month(
    document: Document, decisions: Sequence[Decision], lines: Sequence[LineAmount], sign: int
) -> list[Posting]:
    """Postings per account, tax, dimension and service month, for lines without a deferral."""
    sums: dict[tuple[object, ...], list[LineAmount]] = {}
    for line in lines:
        decision = decisions[line.group]
        if decision.deferral in NO_DEFERRAL:
            key = (
                *_where(decision, "account+tax+dimension"),
                document.groups[line.group].combination.sign,
                line.month,
            )
            sums.setdefault(key, []).append(line)
    return [
        Posting(
            account=decisions[each[0].group].account,
            minor=sum(line.net for line in each) * sign,
            role=PostingRole.NET,
            tax=decisions[each[0].group].tax,
            dimensions=decisions[each[0].group].dimensions,
            text=each[0].month,
            groups=tuple(sorted({line.group for line in each})),
        )
        for each in sums.values()
    ]


def _where(decision: Decision, level: str) -> tuple[str, str, Dimensions]:
    dimensions: Dimensions = () if level in ("account+tax", "document") else decision.dimensions
    return (decision.account, decision.tax, dimensions)


def _gathered(
    document: Document, decisions: Sequence[Decision], positions: list[int], level: str, sign: int
) -> Posting:
    first = decisions[positions[0]]
    account, tax, dimensions = _where(first, level)
    texts = {decisions[n].text for n in positions}
    return Posting(
        account=account,
        minor=sum(document.groups[n].net for n in positions) * sign,
        role=PostingRole.NET,
        tax=tax,
        dimensions=dimensions,
        text=texts.pop() if len(texts) == 1 else "",
        groups=tuple(positions),
    )
