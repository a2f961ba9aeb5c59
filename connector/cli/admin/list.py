"""``connector admin list``: every administration in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from connector.cli import options
from connector.cli.admin.standing import held, mapping_of, next_step
from connector.cli.options import Face
from connector.cli.output import Money, amount, column, prose
from connector.texts import _, many

if TYPE_CHECKING:
    from connector.app.administrations import Overview


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
    face.out.table(
        [
            column("Administration"),
            column("Country", spare=3),
            column("Source", spare=4),
            column("Ledger", spare=5),
            column("Sale", spare=7),
            column("Posts by itself", spare=8),
            column("Mapping", spare=6),
            column("Last fetched", spare=2),
            amount("Held purchases"),
            amount("Held sales", spare=1),
            amount("Documents held"),
            amount("Entries ready"),
            prose("Next step"),
        ],
        [_row(each) for each in seen],
    )
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


def _row(each: Overview) -> tuple[object, ...]:
    settings, kept = each.settings, each.kept
    purchases, sales, documents, ready = (None, None, None, None) if kept is None else held(kept.status)
    return (
        each.name,
        each.country,
        "" if settings is None else settings.source.kind,
        "" if settings is None else settings.ledger.kind,
        "" if settings is None else settings.sale,
        "" if settings is None else settings.auto_post,
        mapping_of(each),
        kept and kept.status.last_fetch and kept.status.last_fetch.astimezone().date(),
        purchases,
        sales,
        documents,
        ready,
        next_step(each),
    )


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
