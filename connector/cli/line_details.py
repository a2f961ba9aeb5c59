"""What explains the lines of a document: the single changes behind corrections, and the attributes of subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.domain.dates import parse_date
from connector.texts import _, date

if TYPE_CHECKING:
    from connector.domain.detail import Split
    from connector.domain.details import Attribute, Details
    from connector.engine.look import LineView


def corrections(face: Face, splits: Sequence[Split]) -> None:
    """The lines that sum up several changes, with the changes below them; then other lines whose detail differs."""
    for told, wanted in (
        (_("The single changes behind corrections; what counts is the line above them:"), True),
        (_("Other lines that come otherwise with the single changes; what counts is the line above them:"), False),
    ):
        found = [each for each in splits if each.corrects is wanted]
        if found:
            face.out.text("")
            face.out.text(told)
            _changes(face, found)


def _changes(face: Face, splits: Iterable[Split]) -> None:
    rows: list[tuple[object, ...]] = []
    for each in splits:
        net, detail = Money(minor=each.net), Money(minor=each.detail_net)
        told = "" if each.agrees else _("the line is {net}, the changes make {detail}").format(net=net, detail=detail)
        rows.append((each.customer, each.subscription or each.plan, each.charge_type, "", "", "", net, told))
        rows += [
            ("", "", one.description, day(one.start), day(one.end), one.quantity, one.net, one.vendor_details)
            for one in each.changes
        ]
    face.out.table(
        [
            prose("Customer"),
            prose("Subscription"),
            prose("Charge"),
            column("From"),
            column("To"),
            amount("Quantity"),
            amount("Net"),
            prose("Remark"),
        ],
        rows,
    )


def attributes(face: Face, lines: Iterable[LineView], details: Details) -> None:
    """The attributes of subscriptions and lines that ``details`` lets through."""
    from connector.domain.details import shown, told

    rows = [
        (line.line_no, line.customer, line.subscription, told(found))
        for line in lines
        if (found := shown(line.attributes, details))
    ]
    if rows:
        face.out.text("")
        face.out.table([amount("Line"), prose("Customer"), column("Subscription"), prose("Attributes")], rows)


def day(received: str) -> str:
    """A day as it was received, '20260131', as the reader writes it; what is no day stays as it is."""
    read = parse_date(received)
    return received if read is None else date(read)


def attribute_as_json(each: Attribute) -> dict[str, Any]:
    """One attribute, and whether Copaco's own PDF prints it."""
    return {"name": each.name, "value": each.value, "printed": each.printed}


def as_json(each: Split) -> dict[str, Any]:
    """What a line sums up, as JSON; the amounts of single changes are exact."""
    return {
        "customer": each.customer,
        "subscription": each.subscription_id,
        "plan": each.plan,
        "charge_type": each.charge_type,
        "net": Money(minor=each.net),
        "vat": Money(minor=each.vat),
        "detail_net": Money(minor=each.detail_net),
        "detail_vat": Money(minor=each.detail_vat),
        "agrees": each.agrees,
        "changes": [
            {
                "description": change.description,
                "vendor_details": change.vendor_details,
                "start": parse_date(change.start) or change.start,
                "end": parse_date(change.end) or change.end,
                "quantity": None if change.quantity is None else str(change.quantity),
                "unit_price": None if change.unit_price is None else str(change.unit_price),
                "net": str(change.net),
            }
            for change in each.changes
        ],
    }
