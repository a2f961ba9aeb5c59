"""``connector admin add``: another administration beside those that are there."""

from __future__ import annotations

from typing import Any

import click

from connector.cli import init, options
from connector.cli.options import Face
from connector.errors import SettingsError


@click.command()
@options.common
@init.answers
def command(face: Face, **given: Any) -> None:
    """Set up another administration: a table in connector.toml, mapping tables and key.

    Does what 'connector init' does where a connector.toml is there already: asks for what was not given, adds and
    overwrites nothing. The new administration takes part in 'connector sync' from then on.
    """
    settings = face.connection.config
    if not settings.exists():
        raise SettingsError(
            "there is no such file to add an administration to",
            where=str(settings),
            hint="'connector init' makes it, with the first administration; or name it with --config.",
        )
    init.set_up(face, **given)
