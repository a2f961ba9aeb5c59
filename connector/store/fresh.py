"""Documents that were kept a moment ago, as they would be read back: what is prepared in the same run need not be
read again."""

from __future__ import annotations

from connector.store.kept import Kept


class Fresh:
    """Kept documents by version, up to ``limit`` groups together; beyond it they are read back as usual.

    ``alone`` are those of which no row hash is in another document of their source, so that nothing need be searched
    for them. What was kept in a transaction that was rolled back is wrong: call ``forget`` then.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self._left = self._limit = limit
        self._documents: dict[int, Kept] = {}
        self._alone: dict[str, set[int]] = {}

    def forget(self) -> None:
        """Forget everything."""
        self._documents.clear()
        self._alone.clear()
        self._left = self._limit

    def add(self, document: Kept, *, alone: bool) -> None:
        """Remember a document, if there is room; ``alone`` says that no row hash of it was known before."""
        among = self._alone.setdefault(document.key.source, set())
        if alone:
            among.add(document.version_id)
        else:
            among.clear()  # its partner may be any of them, and was alone only until now
        if len(document.groups) <= self._left:
            self._left -= len(document.groups)
            self._documents[document.version_id] = document

    def take(self, version_id: int) -> Kept | None:
        """A document, which is then forgotten; ``None`` when it was not remembered."""
        document = self._documents.pop(version_id, None)
        if document is not None:
            self._left += len(document.groups)
        return document

    def is_alone(self, version_id: int) -> bool:
        """Whether certainly no other document of its source has one of its row hashes."""
        return any(version_id in among for among in self._alone.values())
