"""The mapping tables as files: read strictly, checked, hashed, and written in their canonical form."""

from connector.mapping_files.layers import read_folder
from connector.mapping_files.loading import load, load_bytes
from connector.mapping_files.writing import canonical, version_hash, write

__all__ = ["canonical", "load", "load_bytes", "read_folder", "version_hash", "write"]
