"""How Alembic finds the database.

``connector.store.schema`` hands over its connection. From the command line, for developers, the address comes from
``-x url=...``, else from where the connector itself takes it.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from connector.store.database import Database
from connector.store.tables import metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_from_command_line() -> None:
    url = context.get_x_argument(as_dictionary=True).get("url")
    if url is None:
        from connector.config import database_url

        url = database_url()
    with Database(url) as database:
        if database.path is not None:
            database.path.touch()
        with database.of_all().transaction() as connection:
            _run(connection)


if context.is_offline_mode():
    raise SystemExit("The migrations need a database, to see of which kind it is; leave out --sql.")
given: Connection | None = context.config.attributes.get("connection")
if given is None:
    _run_from_command_line()
else:
    _run(given)
