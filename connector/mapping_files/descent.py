"""Which versions the tables in a folder descend from, so that nobody's accepted change is undone unseen.

A folder remembers, in a file beside its tables, the hash of every version that was accepted from it. Whoever accepts
from another copy, made before the newest version, is refused.
"""

from __future__ import annotations

from pathlib import Path

from connector.errors import MappingFileError

FILE = ".versions"


def versions(folder: Path) -> tuple[str, ...]:
    """The hashes of the versions that the tables in ``folder`` descend from, oldest first; none when nobody accepted
    from it yet. MappingFileError when they cannot be read."""
    try:
        return tuple((folder / FILE).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as wrong:
        raise MappingFileError(
            "the file that remembers the versions of this folder cannot be read",
            hint="Take it out of the folder; the next acceptance makes it anew.",
            where=str(folder / FILE),
        ) from wrong


def remember(folder: Path, *hashes: str) -> None:
    """Note that the tables in ``folder`` descend from the versions ``hashes``."""
    known = dict.fromkeys((*versions(folder), *hashes))
    draft = folder / f"{FILE}.new"
    draft.write_text("".join(f"{each}\n" for each in known), encoding="ascii")
    draft.replace(folder / FILE)
