"""Where the files that come with the program are: the migrations and the starter mapping sets.

In a checkout they lie beside ``connector/``, so that what is edited is what is used; an installed wheel
carries them inside the package (``package_dir`` in setup.cfg).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def migrations_path() -> Path:
    """The folder with the Alembic environment and its versions."""
    return _folder("migrations")


def mappings_path() -> Path:
    """The folder with one starter mapping set per subfolder."""
    return _folder("mappings")


def _folder(name: str, *, package: Path = _PACKAGE) -> Path:
    # Others may put a folder of that name beside an installed connector/; alembic.ini is only in a checkout.
    checkout = package.parent
    return checkout / name if (checkout / "alembic.ini").is_file() else package / name
