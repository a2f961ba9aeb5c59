"""The part of ``verify`` that proves what is kept of registers: it is what the raw bytes say."""

from __future__ import annotations

from collections.abc import Iterator

from connector.domain.register import content_of, read
from connector.engine.books import Books
from connector.store import fetches, registers
from connector.store.database import Connection


def problems(connection: Connection, books: Books) -> Iterator[tuple[str, str]]:
    """Every version that differs from its own fingerprint or from its raw bytes, as (where, what)."""
    read_before: dict[bytes, set[bytes]] = {}
    for register, number, entry, sha256 in registers.kept_versions(connection, books.id):
        where = f"{register} {entry.key} version {number}"
        if content_of(entry.known, entry.others) != entry.content:
            yield where, "its fields were changed"
            continue
        if sha256 not in read_before:
            try:
                exact = fetches.slice_body(connection, books.id, sha256)
                read_before[sha256] = {each.content for each in read(register, exact)}
            except Exception as error:  # noqa: BLE001 - damaged bytes fail in many ways, and all mean the same
                yield where, f"its raw bytes cannot be read: {error}"
                continue
        if entry.content not in read_before[sha256]:
            yield where, "it differs from the raw bytes"
