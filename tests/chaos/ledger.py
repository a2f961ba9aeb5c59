"""The adapter for the bookkeeping server of these tests: what docs/adapters.md says, and nothing more."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.errors import LedgerRefused, OutcomeUnknown
from connector.ledgers import admission
from connector.ledgers.base import Capabilities, Setup
from connector.ledgers.http import LedgerHttp, Reply
from connector.ledgers.throttle import Throttle

TIMEOUT = 0.12
SETTLING_SECONDS = 0.5


class BookkeeperLedger:
    """Keeps its session for as long as the server lets it, and asks for another one once."""

    SETTINGS: Mapping[str, str] = {"url": "address of the server"}
    timeout = TIMEOUT

    def __init__(self, setup: Setup) -> None:
        self.name = setup.name
        self.capabilities = Capabilities(batch=3, settling_seconds=SETTLING_SECONDS)
        throttle = Throttle((), monotonic=setup.monotonic, sleep=setup.sleep)
        self._http = LedgerHttp(
            setup.settings["url"],
            throttle=throttle,
            sleep=lambda _: None,
            headers=lambda: {"X-Session": self._session, "X-Sender": str(os.getpid())},
            timeouts=(1.0, self.timeout),
        )
        self._session = ""

    def __enter__(self) -> Self:
        self._session = str(self._http.look("POST", "login", body={}).body["session"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def chart(self) -> ChartOfAccounts | None:
        return None

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        asked = {"documents": sorted({key.document for key in keys})}
        reply = self._logged_in(lambda: self._http.look("POST", "find", body=asked))
        found: dict[str, list[Receipt]] = {}
        for each in reply.body["entries"]:
            found.setdefault(each["document"], []).append(_receipt(each))
        return found

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        sent = {"entries": [_sent(entry) for entry in entries]}
        reply = self._logged_in(lambda: self._http.change("POST", "entries", body=sent))
        told = reply.body["answers"]
        if [each["key"] for each in told] != [entry.key.text for entry in entries]:
            raise OutcomeUnknown("the answer is about other entries than were sent")
        return [_answer(entry, each) for entry, each in zip(entries, told, strict=True)]

    def _logged_in(self, ask: Callable[[], Reply]) -> Reply:
        reply = ask()
        if reply.status == 401:
            self.__enter__()
            reply = ask()
        if reply.status != 200:
            raise LedgerRefused(f"the server answers {reply.status}")
        return reply


def _sent(entry: JournalEntry) -> dict[str, Any]:
    return {
        "key": entry.key.text,
        "document": entry.key.document,
        "fingerprint": entry.fingerprint,
        "number": entry.number,
        "date": entry.date.isoformat(),
        "total": entry.total_minor,
        "postings": [(posting.account, posting.minor) for posting in entry.postings],
    }


def _receipt(each: Mapping[str, Any]) -> Receipt:
    return Receipt(key=each["key"], reference=str(each["id"]), fingerprint=each["fingerprint"])


def _answer(entry: JournalEntry, told: Mapping[str, Any]) -> Answer:
    if "refused" in told:
        return admission.rejected(entry, admission.Refusal(reason=told["refused"], hint="Open the period."))
    return admission.posted(entry, str(told["id"]))
