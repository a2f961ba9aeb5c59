"""``connector admin list``: every administration in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.admin.standing import held, next_step, set_name
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.app.administrations import Overview
    from connector.config import Administration


@click.command()
@options.common
def command(face: Face) -> None:
    """List every administration: what it is, where its euros stand, and the next step.

    Those of connector.toml come first, then those that the database still keeps and the settings no longer have.
    Amounts are euros without VAT.
    """
    from connector.app import administrations
    from connector.cli import working

    with working.opened(face) as connector:
        seen = administrations.overviews(connector)
    _what_they_are(face, seen)
    _where_they_stand(face, seen)
    steps = [(each.name, step) for each in seen if (step := next_step(each))]
    if steps:
        face.out.heading(_("Next"))
        face.out.text(*(f"{name}: {step}" for name, step in steps))
    gone = [each.name for each in seen if each.settings is None]
    if gone:
        told = many(
            "1 administration is in the database and no longer in {{file}}: {{names}}. Nothing is fetched, prepared "
            "or sent for it; what was kept stays.",
            "{number} administrations are in the database and no longer in {{file}}: {{names}}. Nothing is fetched, "
            "prepared or sent for them; what was kept stays.",
            len(gone),
        )
        face.out.text("", told.format(file=face.connection.config, names=", ".join(gone)))
    for trouble in [each.trouble for each in seen if each.trouble is not None][:1]:
        face.out.text("", _("What is kept cannot be told: {trouble}").format(trouble=trouble))
    face.out.answer({"administrations": [_as_json(each) for each in seen]})


def _what_they_are(face: Face, seen: Sequence[Overview]) -> None:
    face.out.table(
        [
            column("Administration"),
            column("Country"),
            column("Source"),
            column("Ledger"),
            column("Sale"),
            column("auto_post"),
            prose("Mapping"),
            amount("Version"),
        ],
        [
            (each.name, each.country, *_chosen(each.settings), set_name(each), version and version.id)
            for each in seen
            for version in [each.kept and each.kept.mapping]
        ],
    )


def _chosen(settings: Administration | None) -> tuple[str, ...]:
    if settings is None:
        return ("",) * 4
    return settings.source.kind, settings.ledger.kind, settings.sale, settings.auto_post


def _where_they_stand(face: Face, seen: Sequence[Overview]) -> None:
    """Two tables, since one would not fit a terminal."""
    face.out.text("")
    face.out.table(
        [
            column("Administration"),
            column("Last fetched", spare=1),
            amount("Held purchases"),
            amount("Held sales"),
            amount("Documents held"),
            amount("Ready"),
        ],
        [(each.name, *_standing(each)) for each in seen],
    )


def _standing(each: Overview) -> tuple[object, ...]:
    if each.kept is None:
        return (None,) * 5
    last = each.kept.status.last_fetch
    return (last and last.astimezone().date(), *held(each.kept.status))


def _as_json(each: Overview) -> dict[str, Any]:
    settings, kept = each.settings, each.kept
    purchases, sales, documents, ready = (Money(minor=0), Money(minor=0), 0, 0) if kept is None else held(kept.status)
    return {
        "administration": each.name,
        "in_settings": settings is not None,
        "in_database": None if each.trouble else kept is not None,
        "country": each.country,
        "source": settings and settings.source.kind,
        "ledger": settings and settings.ledger.kind,
        "sale": settings and settings.sale,
        "auto_post": settings and settings.auto_post,
        "mapping": settings and settings.mapping,
        "mapping_version": kept and kept.mapping and kept.mapping.id,
        "last_fetch": kept and kept.status.last_fetch,
        "held": {"purchase": purchases, "sale": sales},
        "held_documents": documents,
        "ready_entries": ready,
        "next_step": next_step(each),
    }
