"""What the schema of an audit file cannot see: that transactions balance, and that totals are those of the lines."""

from __future__ import annotations

from connector.past_books.remarks import Remarks


class Sums:
    """Adds up the lines of an audit file and compares them with what it promises; amounts in minor units."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self._promised: dict[str, int] = {}
        self._found = {"linesCount": 0, "totalDebit": 0, "totalCredit": 0}
        self._place, self._balance = "", 0

    def promised(self, name: str, value: int) -> None:
        """The file promises ``value`` as its ``linesCount``, ``totalDebit`` or ``totalCredit``."""
        self._promised[name] = value

    def begin(self, place: str) -> None:
        """A transaction begins."""
        self._place, self._balance = place, 0

    def add(self, minor: int, *, credit: bool) -> None:
        """A line of the transaction, debit positive; ``credit`` tells on which side it stands."""
        self._found["linesCount"] += 1
        self._found["totalCredit" if credit else "totalDebit"] += -minor if credit else minor
        self._balance += minor

    def end(self) -> None:
        """The transaction ends."""
        if self._balance:
            self._remarks.add("unbalanced", self._place, "", self._balance)

    def finish(self) -> None:
        """The file ends."""
        kinds = {"linesCount": "lines-count", "totalDebit": "total-debit", "totalCredit": "total-credit"}
        for name, kind in kinds.items():
            promised, found = self._promised.get(name), self._found[name]
            if promised is not None and promised != found:
                self._remarks.add(kind, str(promised), str(found), found - promised)
        if not self._found["linesCount"]:
            self._remarks.add("no-postings")
