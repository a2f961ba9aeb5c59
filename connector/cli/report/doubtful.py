"""What every report says of documents that it counts although they are held, and of those that it cannot count: they
have no date, or were purged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from connector.cli.options import Face
from connector.cli.output import Money
from connector.texts import _, many, money

if TYPE_CHECKING:
    from connector.engine.doubtful import Doubtful


def tell_doubtful(face: Face, found: Iterable[Doubtful]) -> None:
    """Say how many documents and euros of each side are doubtful, and where it stands why."""
    told, found = False, list(found)
    for each in found:
        for sentence in _sentences(each):
            told = True
            face.out.text(sentence)
    if told:
        face.out.text(_("'connector findings' says why, and what to do."))
    for each in found:
        if each.purged:
            gone = many(
                "{{side}}: 1 document with {{amount}} was purged, and is not counted here.",
                "{{side}}: {number} documents with {{amount}} were purged, and are not counted here.",
                each.purged,
            )
            face.out.text(gone.format(side=_side(each), amount=money(each.purged_net)))


def _side(each: Doubtful) -> str:
    return _("Purchases") if each.direction == "purchase" else _("Sales")


def _sentences(each: Doubtful) -> Iterable[str]:
    side = _side(each)
    if each.held:
        told = many(
            "{{side}}: 1 document with {{amount}} is held, and counted here.",
            "{{side}}: {number} documents with {{amount}} are held, and counted here.",
            each.held,
        )
        yield told.format(side=side, amount=money(each.net))
    if each.twice:
        told = many(
            "{{side}}: 1 of them may be there twice, and then counts twice.",
            "{{side}}: {number} of them may be there twice, and then count twice.",
            each.twice,
        )
        yield told.format(side=side)
    if each.undated:
        told = many(
            "{{side}}: 1 document with {{amount}} has no date, and is in no month.",
            "{{side}}: {number} documents with {{amount}} have no date, and are in no month.",
            each.undated,
        )
        yield told.format(side=side, amount=money(each.undated_net))


def doubtful_as_json(found: Iterable[Doubtful]) -> list[dict[str, Any]]:
    """The same for programs, a side each."""
    return [
        {
            "direction": each.direction,
            "held_documents": each.held,
            "held_amount": Money(minor=each.net),
            "perhaps_twice": each.twice,
            "undated_documents": each.undated,
            "undated_amount": Money(minor=each.undated_net),
            "purged_documents": each.purged,
            "purged_amount": Money(minor=each.purged_net),
        }
        for each in found
    ]
