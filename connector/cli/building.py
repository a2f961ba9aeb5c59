"""What a subscription is made of, as the older Billing API told it: shown beside the subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.cli import registers
from connector.cli.options import Face
from connector.cli.output import amount, column, prose
from connector.domain.build_up import in_language
from connector.texts import _, day, language, many

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from connector.app import Connector
    from connector.domain.build_up import BuildUp, Named
    from connector.domain.register import Listed

RESOURCES = (
    prose("Resource"),
    amount("Has"),
    amount("Included"),
    prose("Unit", spare=1),
    column("Rate"),
    column("Rate period"),
    column("Part number", spare=3),
    prose("Manufacturer", spare=2),
)
LISTED = (
    column("Subscription"),
    prose("Plan"),
    column("Vendor", spare=1),
    column("Start"),
    column("End of term", spare=3),
    column("Term", spare=2),
    column("Billed per", spare=4),
)


def named(face: Face, connector: Connector, subscription: str) -> list[dict[str, Any]]:
    """Show what the subscription with this id is made of, and give it as JSON; nothing where nothing was kept."""
    from connector.app import compared
    from connector.domain.register import DETAILS

    answer = []
    for administration, _seen, found in registers.chosen(
        face, connector, DETAILS, lambda each: each.entry.key == subscription, gone=True
    ):
        for each in found:
            built = compared.build_up(each.entry)
            _show(face, administration, each, built)
            answer.append(_as_json(administration, each, built))
    return answer


def kept(
    face: Face, connector: Connector, words: Sequence[str | None]
) -> dict[str, list[tuple[dict[str, Any], tuple[str, ...]]]]:
    """By administration the subscriptions of which the older API told what they are made of, each as JSON and as a row,
    where each of ``words`` is in the number, the plan or the vendor."""
    from connector.app import compared
    from connector.domain.register import DETAILS

    answer: dict[str, list[tuple[dict[str, Any], tuple[str, ...]]]] = {}
    for administration, _seen, found in registers.chosen(face, connector, DETAILS, lambda _each: True, gone=False):
        for each in found:
            built = compared.build_up(each.entry)
            row = (each.entry.key, in_language(built.plan_names, language()) or built.plan_id, built.category)
            if all(word is None or word.casefold() in " ".join(row).casefold() for word in words):
                told = (*row, day(built.start), day(built.end), built.term, built.billed_per)
                answer.setdefault(administration, []).append((_as_json(administration, each, built), told))
    return answer


def table(face: Face, rows: Sequence[tuple[str, ...]]) -> None:
    """The ``rows`` of ``kept``, with what tells more."""
    face.out.table(LISTED, rows)
    face.out.text(
        many("1 subscription", "{number} subscriptions", len(rows)),
        _("From the older API: 'connector subscriptions show NUMBER' shows what one is made of."),
    )


def _show(face: Face, administration: str, each: Listed, built: BuildUp) -> None:
    out = face.out
    out.heading(_("What {subscription} is made of").format(subscription=each.entry.key))
    out.facts(
        {
            name: value
            for name, value in {
                "Administration": administration,
                "Plan": built.plan_id,
                "Name of the plan": in_language(built.plan_names, language()),
                "Vendor": built.category,
                "Period of the plan": built.period_id,
                "Start": day(built.start),
                "End of term": day(built.end),
                "Term": built.term,
                "Billed per": built.billed_per,
                "Version": each.version_no,
                "Fetched": each.changed_at,
            }.items()
            if value != ""
        }
    )
    out.table(
        RESOURCES,
        [
            (
                in_language(one.names, language()) or one.resource_id,
                _number(one.amount),
                _number(one.included),
                in_language(one.units, language()),
                one.rate_id,
                one.rate_period_id,
                one.part_number,
                one.manufacturer,
            )
            for one in built.resources
        ],
        title=_("Resources"),
        empty=_("The answer names no resources."),
    )
    if built.unreadable:
        where, value = built.unreadable[0]
        told = many(
            "1 value could not be read and counts as missing: {{where}} '{{value}}'.",
            "{number} values could not be read and count as missing, the first: {{where}} '{{value}}'.",
            len(built.unreadable),
        )
        out.text(told.format(where=where, value=value))
    if built.unknown:
        out.table([column("Other fields, as they came"), prose("Value")], built.unknown)


def _number(exact: Decimal | None) -> str:
    return "" if exact is None else f"{exact.normalize() + 0:f}"


def _text(exact: Decimal | None) -> str | None:
    return None if exact is None else f"{exact:f}"


def _by_name(names: Named) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in names]


def _as_json(administration: str, each: Listed, built: BuildUp) -> dict[str, Any]:
    return {
        "administration": administration,
        "subscription": built.subscription_id or each.entry.key,
        "version": each.version_no,
        "fetched_at": each.changed_at,
        "plan_id": built.plan_id,
        "plan_names": _by_name(built.plan_names),
        "category": built.category,
        "start": built.start,
        "end": built.end,
        "term": built.term,
        "billed_per": built.billed_per,
        "period_id": built.period_id,
        "period_codes": _by_name(built.period_codes),
        "resources": [
            {
                "resource_id": one.resource_id,
                "names": _by_name(one.names),
                "units": _by_name(one.units),
                "included": _text(one.included),
                "amount": _text(one.amount),
                "manufacturer": one.manufacturer,
                "part_number": one.part_number,
                "rate_id": one.rate_id,
                "rate_period_id": one.rate_period_id,
                "rate_codes": _by_name(one.rate_codes),
            }
            for one in built.resources
        ],
        "unreadable": [{"where": where, "value": value} for where, value in built.unreadable],
        "unknown": [{"field": name, "example": example} for name, example in built.unknown],
    }
