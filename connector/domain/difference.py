"""What differs between two versions of a document, in words a person can read: fields of the head, lines that
came, went or changed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from connector.domain.invoice import Customer, Invoice, Line, Subscription, ident, lines


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. ``where`` names the line or part, ``field`` the field as the source spells it ('' for a
    whole line)."""

    where: str
    field: str
    before: str
    after: str


def difference(before: Invoice, after: Invoice) -> list[Change]:
    """All differences from ``before`` to ``after``: head, sender, receiver, totals, then lines in document order."""
    changes: list[Change] = []
    for name in ("header", "sender", "receiver"):
        changes += _fields(name.capitalize(), getattr(before, name), getattr(after, name))
    totals = (before.totals or {}, after.totals or {})
    for name in sorted(totals[0].keys() | totals[1].keys()):
        changes += _change("Totals", name, totals[0].get(name), totals[1].get(name))
    return changes + list(_lines(before, after))


def _lines(before: Invoice, after: Invoice) -> Iterator[Change]:
    old, new = _by_identity(before), _by_identity(after)
    for identity, (customer, subscription, line) in old.items():
        if identity not in new:
            yield Change(where=_name(customer, line), field="", before=_told(line), after="")
            continue
        there = new[identity]
        where = _name(customer, line)
        yield from _fields(where, _bare(customer), _bare(there[0]))
        yield from _fields(where, _bare(subscription), _bare(there[1]))
        yield from _fields(where, line, there[2])
    for identity, (customer, _, line) in new.items():
        if identity not in old:
            yield Change(where=_name(customer, line), field="", before="", after=_told(line))


Placed = tuple[Customer, Subscription, Line]


def _by_identity(invoice: Invoice) -> dict[tuple[str, ...], Placed]:
    """Lines by row hash, else by subscription, charge type and period; repeats are counted."""
    found: dict[tuple[str, ...], Placed] = {}
    for customer, subscription, line in lines(invoice):
        row_hash = ident(line.invoice_row_hash)
        identity: tuple[str, ...] = (
            (row_hash,)
            if row_hash
            else (
                ident(customer.account_id),
                ident(subscription.subscription_id),
                line.charge_type or "",
                line.start_date or "",
                line.end_date or "",
            )
        )
        repeat = 1
        while (*identity, str(repeat)) in found:
            repeat += 1
        found[(*identity, str(repeat))] = (customer, subscription, line)
    return found


def _fields(where: str, before: msgspec.Struct | None, after: msgspec.Struct | None) -> list[Change]:
    given = before or after
    if given is None:
        return []
    changes: list[Change] = []
    for field in msgspec.structs.fields(given):
        old = getattr(before, field.name, None)
        new = getattr(after, field.name, None)
        changes += _change(where, field.encode_name, old, new)
    return changes


def _change(where: str, field: str, before: object, after: object) -> list[Change]:
    if before == after:
        return []
    return [Change(where=where, field=field, before=_text(before), after=_text(after))]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _bare(value: Customer | Subscription) -> Customer | Subscription:  # the parts below have differences of their own
    if isinstance(value, Customer):
        return msgspec.structs.replace(value, subscriptions=())
    return msgspec.structs.replace(value, price_lines=())


def _name(customer: Customer, line: Line) -> str:
    what = line.description or line.charge_type or "line"
    return f"{customer.company_name or ident(customer.account_id)}: {what}"


def _told(line: Line) -> str:
    return (
        f"{_text(line.extended_price)} ({line.charge_type or '-'}, {line.start_date or '-'} to {line.end_date or '-'})"
    )
