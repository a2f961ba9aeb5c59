"""``connector mapping describe``: the tables, for people and for editors."""

from __future__ import annotations

from typing import Any

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import column, prose
from connector.texts import _


@click.command()
@options.common
@click.argument("table", required=False)
def command(face: Face, *, table: str | None) -> None:
    """Describe the tables: columns, kinds and values.

    With --json for editors and other programs: kind, whether the column must be there, and the values it allows.
    """
    from connector.config import nearest
    from connector.mapping_files.schemas import SCHEMAS, Schema

    file = None if table is None else table.removesuffix(".csv") + ".csv"
    if file is not None and file not in SCHEMAS:
        raise click.UsageError(f"There is no table '{table}'{nearest(file, SCHEMAS)}")
    chosen = [schema for schema in SCHEMAS.values() if file in (None, schema.file)]

    def show(schema: Schema) -> None:
        face.out.heading(schema.file)
        face.out.text(_(schema.meaning))
        columns = [*schema.columns, *([schema.column(f"{schema.prefix}...")] if schema.prefix else [])]
        face.out.table(
            [column("Column"), column("Kind"), prose("Meaning"), prose("Values", spare=1)],
            [
                (
                    f"{each.name} *" if each.required else each.name,
                    _(each.kind.value),
                    _(each.meaning),
                    ", ".join(each.values),
                )
                for each in columns
                if each is not None
            ],
        )

    for schema in chosen:
        show(schema)
    face.out.text("", _("Columns with * must be in the file; their cells may be blank."))
    face.out.answer({"tables": [_as_json(schema) for schema in chosen]})


def _as_json(schema: Any) -> dict[str, Any]:
    def described(each: Any) -> dict[str, Any]:
        return {
            "name": each.name,
            "kind": each.kind.value,
            "required": each.required,
            "values": list(each.values),
            "values_are_complete": each.kind.value == "choice",
            "meaning": each.meaning,
        }

    return {
        "file": schema.file,
        "meaning": schema.meaning,
        "optional": schema.optional,
        "key": list(schema.key),
        "columns": [described(each) for each in schema.columns],
        "further_columns": {"prefix": schema.prefix, **described(schema.prefixed)} if schema.prefix else None,
    }
