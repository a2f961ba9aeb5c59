"""``python -m tests.year``: ``connector serve`` through a year, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click

from tests.year.plan import year


@click.command()
@click.option("--seed", default=1, show_default=True)
@click.option("--only", type=click.Choice(["sqlite", "postgresql"]), help="One kind of database.")
@click.option("--keep", is_flag=True, help="Leave the folder (but for a mounted disk).")
def main(seed: int, only: str | None, *, keep: bool) -> None:
    """A year in minutes."""
    wrong = False
    for kind in [only] if only else ["sqlite", "postgresql"]:
        folder = Path(tempfile.mkdtemp(prefix="connector-year-"))
        outcome = year(folder, seed=seed, on_postgresql=kind == "postgresql")
        click.echo(f"{kind}, seed {seed}: {outcome}\n")
        wrong |= bool(outcome.wrong or outcome.duplicates or outcome.losses)
        if keep:
            click.echo(f"left in {folder}")
        else:
            shutil.rmtree(folder)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
