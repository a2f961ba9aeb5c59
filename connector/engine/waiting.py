"""Waiting: the combinations for which the mapping tables have no row, with their euros and the row that is proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from connector.domain.rules import Rule, RuleBook
from connector.domain.suggesting import ACCOUNT_CODES, CUSTOMER_CODE, Proposal, Uncovered
from connector.domain.waiting import Waiting
from connector.engine.suggest import Suggestions

_OPEN = ("billing", "sender", "rate", "proposal", "evidence")
"""What may differ among combinations that wait for the same row."""
_MATCHED = ("direction", "charge_type", "product_group", "plan", "customer", "billing", "sign", "sender", "currency")


def waiting(found: Suggestions, told: Callable[[Proposal], str]) -> list[Waiting]:
    """What waits for a row, the most euros first: combinations without an account with the proposal that fits them, and
    customers without a row. ``told`` puts the evidence of a proposal into words."""
    by_id = {each.id: each for each in found.rules if each.can_be_taken}
    book = RuleBook(_rule(each) for each in by_id.values())
    lines = (_line(each, book, by_id, told) for each in found.uncovered if ACCOUNT_CODES & set(each.codes))
    return together([*lines, *(_customer(each, told) for each in found.customers)])


def _rule(proposal: Proposal) -> Rule:
    cells = dict(proposal.cells)
    matched: dict[str, Any] = {name: cells.get(name, "") for name in _MATCHED}
    return Rule(id=proposal.id, account=cells["account"], **matched)


def _line(each: Uncovered, book: RuleBook, proposals: dict[str, Proposal], told: Callable[[Proposal], str]) -> Waiting:
    line = each.combination
    match = next(iter(book.matches(line, each.last)), None)
    proposal = proposals[match.rule.id] if match else None
    return Waiting(
        direction=line.direction,
        code=next(code for code in each.codes if code in ACCOUNT_CODES),
        net=each.minor,
        lines=each.lines,
        charge_type=line.charge_type,
        product_group=line.category,
        plan=line.plan_name or line.plan_id,
        billing=line.billing,
        sender=line.sender,
        rate=line.rate,
        proposal=dict(proposal.cells)["account"] if proposal else "",
        evidence=told(proposal) if proposal else "",
    )


def _customer(proposal: Proposal, told: Callable[[Proposal], str]) -> Waiting:
    cells = dict(proposal.cells)
    return Waiting(
        direction="sale",
        code=CUSTOMER_CODE,
        net=proposal.minor,
        lines=proposal.lines,
        customer=cells["account_id"],
        customer_name=cells.get("name", ""),
        proposal=cells.get("debtor", ""),
        evidence=told(proposal),
    )


def together(found: Iterable[Waiting]) -> list[Waiting]:
    """``found`` with what waits for the same row added up, the most euros first, then by their texts. What is not the
    same of all of them is left open."""
    summed: dict[tuple[str, ...], Waiting] = {}
    for each in found:
        key = (each.direction, each.code, each.charge_type, each.product_group, each.plan, each.customer)
        summed[key] = _added(summed[key], each) if key in summed else each
    return sorted(summed.values(), key=lambda each: (-abs(each.net), msgspec.structs.astuple(each)))


def _added(one: Waiting, other: Waiting) -> Waiting:
    same = {name: getattr(one, name) for name in _OPEN if getattr(one, name) == getattr(other, name)}
    return msgspec.structs.replace(
        one, net=one.net + other.net, lines=one.lines + other.lines, **dict.fromkeys(_OPEN, "") | same
    )
