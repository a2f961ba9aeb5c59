"""The mapping set of an administration: as it lies on disk, and the versions that were saved of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from connector.config import Administration
from connector.errors import MappingFileError
from connector.store import mapping_versions

if TYPE_CHECKING:
    from connector.engine.run import MappingFiles, Unaccepted
    from connector.store.database import Database
    from connector.store.mapping_versions import MappingVersion


def on_disk(administration: Administration) -> MappingFiles:
    """The set as it lies on disk, with what it inherits. MappingFileError with every row at fault."""
    from connector import mapping_files

    return _read(administration.mapping, mapping_files.read_folder(administration.mapping))


def in_force(database: Database, administration: Administration, administration_id: int) -> MappingFiles:
    """The newest version that was saved: what runs work with. Before the first, the set as it lies on disk."""
    with database.reading() as connection:
        newest = mapping_versions.newest(connection, administration_id)
    return (
        on_disk(administration) if newest is None else version(database, administration, administration_id, newest.id)
    )


def version(database: Database, administration: Administration, administration_id: int, number: int) -> MappingFiles:
    """A version that was saved. MappingFileError when there is none with this number."""
    with database.reading() as connection:
        found = mapping_versions.find(connection, administration_id, number)
    if found is None:
        raise MappingFileError(
            f"{administration.name} has no mapping version {number}",
            hint="'connector mapping history' lists the versions.",
        )
    return _saved(database, administration_id, found)


def unaccepted(administration: Administration, ruling: MappingFiles) -> Unaccepted | None:
    """How the tables on disk differ from ``ruling``, those in force: not (``None``), or with what is wrong."""
    from connector.engine.run import Unaccepted

    try:
        if hash_on_disk(administration) == ruling.hash:
            return None
        on_disk(administration)
    except MappingFileError as error:
        return Unaccepted(error=str(error), problems=error.problems or (str(error),))
    return Unaccepted()


def _saved(database: Database, administration_id: int, version: MappingVersion) -> MappingFiles:
    """The set as a version keeps it."""
    with database.reading() as connection:
        files = mapping_versions.files(connection, administration_id, version.id)
    return _read(Path(version.set_name), files, shown=f"mapping version {version.id}")


def hash_on_disk(administration: Administration) -> str:
    """What ``MappingFiles.hash`` would be of the set on disk; its rows are not checked. MappingFileError when a table
    cannot be read at all."""
    from connector import mapping_files

    return mapping_files.version_hash(mapping_files.read_folder(administration.mapping))


def _read(folder: Path, files: dict[str, bytes], shown: str = "") -> MappingFiles:
    from connector import mapping_files
    from connector.engine.run import MappingFiles

    mapping = mapping_files.load_bytes(files, shown or str(folder))
    return MappingFiles(name=folder.name, hash=mapping_files.version_hash(files), files=files, mapping=mapping)
