"""Writes the golden pages anew: ``python -m tests.customer_papers.regenerate``. Read the
difference before you commit it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.customer_papers.cases import CASES, databases, golden, made
from tests.customer_papers.told import as_text


def main() -> None:
    """Replace all golden pages."""
    for path in golden("any").parent.glob("*.txt"):
        path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for case, database in zip(CASES, databases(Path(folder)), strict=True):
            pages = [as_text(page) for _, page in made(database, Path(folder), case)]
            golden(case).write_text("\n\n".join(pages), encoding="utf-8")


if __name__ == "__main__":
    main()
