"""The mapping set of an administration: as it lies on disk, and the versions that were saved of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from connector.config import Administration
from connector.store import mapping_versions

if TYPE_CHECKING:
    from connector.engine.run import MappingFiles
    from connector.store.database import Database
    from connector.store.mapping_versions import MappingVersion


def on_disk(administration: Administration) -> MappingFiles:
    """The set as it lies on disk, with what it inherits. MappingFileError with every row at fault."""
    from connector import mapping_files

    return _read(administration.mapping, mapping_files.read_folder(administration.mapping))


def saved(database: Database, administration_id: int, version: MappingVersion) -> MappingFiles:
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
