"""What ``admin list`` and ``admin show`` tell of where an administration stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.output import Money
from connector.texts import _

if TYPE_CHECKING:
    from connector.app.administrations import Overview
    from connector.engine.status import Status


def held(status: Status) -> tuple[Money, Money, int, int]:
    """Net euros held of purchases and of sales, the documents in them, and the entries that wait for approval."""
    purchases, sales = (
        Money(minor=sum(row.net("held") for row in status.of(direction))) for direction in ("purchase", "sale")
    )
    documents = sum(row.sums.get("held", (0, 0, 0))[0] for row in status.rows)
    return purchases, sales, documents, status.waiting_documents


def set_name(each: Overview) -> str:
    """The name of its mapping set."""
    if each.settings is not None:
        return each.settings.mapping.name
    return each.kept.mapping.set_name if each.kept and each.kept.mapping else ""


def next_step(each: Overview) -> str:
    """The one thing to do next, '' when nothing waits for a person."""
    if each.trouble is not None:
        return each.trouble.hint
    if each.settings is None:
        return _("Put its table back into connector.toml to go on with it.")
    if each.kept is None or each.kept.status.last_fetch is None:
        return f"connector sync -a {each.name}"
    status = each.kept.status
    if status.unprepared or status.on_the_way:
        return f"connector sync -a {each.name}"
    if status.held_documents:
        return f"connector findings --severity hold -a {each.name}"
    if status.waiting_documents:
        return f"connector entries list --state ready -a {each.name}"
    if status.kept_back:
        return f"connector entries list --state held -a {each.name}"
    if status.withdrawn:
        return f"connector invoices list --state held -a {each.name}"
    return ""
