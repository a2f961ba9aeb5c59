"""Answers of the older Billing API that are only compared: how they are read, whatever the source of the rest is."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from connector.source.legacy import consolidated, details

if TYPE_CHECKING:
    from connector.domain.build_up import BuildUp
    from connector.domain.register import Entry
    from connector.engine.dialect import Dialect

read_consolidated = consolidated.read_consolidated


def with_compared(dialect: Dialect) -> Dialect:
    """``dialect``, reading these answers too."""
    return msgspec.structs.replace(
        dialect,
        read_consolidated=read_consolidated,
        cut_details=details.DetailsCut,
        unknown_details=_unknown_details,
    )


def build_up(entry: Entry) -> BuildUp:
    """What a subscription is made of, from its kept entry."""
    decode = msgspec.json.Decoder(float_hook=Decimal).decode
    return details.from_tree({name: decode(text) for name, text in entry.others})


def _unknown_details(slice: bytes) -> Iterable[tuple[str, str]]:  # noqa: A002 - as where it is cut
    return details.read_details(slice).unknown
