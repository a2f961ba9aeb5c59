"""What ``doctor`` and ``admin check`` tell of the database beside its version."""

from __future__ import annotations

from collections.abc import Iterator

from connector.cli.checks import DATABASE, WARNING, Check
from connector.cli.options import Face
from connector.texts import _


def of_database(face: Face) -> Iterator[Check]:
    """A warning where PostgreSQL does not keep administrations apart by itself: our role may see everything."""
    from connector.app import databases

    if role := databases.unprotected(face.connection):
        yield Check(
            administration=None,
            check=DATABASE,
            result=WARNING,
            found=_("the role {role} sees the rows of every administration, whatever it is asked for").format(
                role=role
            ),
            next_step=_("Connect as a role that owns the tables, and is no superuser and has no BYPASSRLS."),
        )
