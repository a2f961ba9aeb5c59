"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.errors import SchemaError
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


# A new table of facts needs guards.append_only; a table that SQLite rebuilds (batch_alter_table) loses its triggers, so
# make them anew. Then raise HEAD in connector/store/schema.py.
def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise SchemaError(
        "the schema cannot be made older, because kept facts are never dropped",
        hint="Put the backup back that was taken before the upgrade.",
    )
