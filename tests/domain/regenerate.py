"""Writes the golden pages anew: ``python -m tests.domain.regenerate``. Read the difference before you commit it."""

from __future__ import annotations

from pathlib import Path

from tests.domain.payloads import CASES

GOLDEN = Path(__file__).parent / "golden"


def file_name(case: str) -> str:
    """The file that holds the page of a case."""
    return case.replace(", ", " ").replace(" ", "-").lower() + ".txt"


def main() -> None:
    """Replace all golden pages."""
    for path in GOLDEN.glob("*.txt"):
        path.unlink()
    for case, made in CASES.items():
        (GOLDEN / file_name(case)).write_text(f"{case}\n\n{made()}", encoding="utf-8")


if __name__ == "__main__":
    main()
