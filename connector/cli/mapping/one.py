"""Which mapping set is meant: several administrations may share one, and a workbook holds one."""

from __future__ import annotations

import click

from connector.cli.options import Face
from connector.config import Administration
from connector.texts import _


def administrations(face: Face) -> tuple[Administration, ...]:
    """The administrations that were chosen, which must have one mapping set. UsageError when they have several."""
    chosen = face.administrations
    if len({each.mapping.resolve() for each in chosen}) > 1:
        told = _("the administrations {names} have mapping sets of their own; choose one with -a")
        raise click.UsageError(told.format(names=", ".join(each.name for each in chosen)))
    return chosen
