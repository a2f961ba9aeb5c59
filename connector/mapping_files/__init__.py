"""The mapping tables as files: read strictly, checked, hashed, and written in their canonical form."""

from connector.mapping_files.loading import load, load_bytes, source_bytes
from connector.mapping_files.writing import canonical, version_hash, write

__all__ = ["canonical", "load", "load_bytes", "source_bytes", "version_hash", "write"]
