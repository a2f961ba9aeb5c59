"""A ledger in memory: for dry runs and tests, and the reference for what every adapter must do."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import ClassVar, Self

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.invoice import Direction
from connector.domain.journal import JournalEntry, balances
from connector.domain.reconciliation import vat_per_code
from connector.errors import SettingsError
from connector.ledgers import admission
from connector.ledgers.base import Capabilities, HeldEntry, OtherBooking, Setup

_SWITCHES = ("drafts", "issues_invoices", "reversal", "attachments")
_YES_NO = {"yes": True, "no": False, "": False}


class MemoryLedger:
    """Keeps entries by key for as long as it lives. ``folder`` is not used."""

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "closed_until": "last closed day (year-month-day); entries up to it are refused",
        "settling_seconds": "how long after a lost answer a look-up may miss what was sent, in whole seconds",
        "batch": "how many entries it takes at once",
        **dict.fromkeys(_SWITCHES, "yes or no: says that it can"),
    }

    def __init__(self, setup: Setup) -> None:
        self.name, self.folder, self.accounts = setup.name, setup.folder, setup.chart
        self.capabilities = _capabilities(setup.settings, setup.name)
        self.closed_until: datetime.date | None = admission.closed_until(setup.settings, name=setup.name)
        self.entries: dict[str, JournalEntry] = {}
        self.papers: dict[str, dict[str, bytes]] = {}
        """What is attached to each entry, by name."""
        self._papers_of = setup.papers
        self.others: list[OtherBooking] = []
        """What came by another channel."""
        self._codes = {code: there.code for code, there in setup.taxes.items()}

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: what was posted stays."""

    def chart(self) -> ChartOfAccounts | None:
        """``None``: it takes our accounts."""
        return None

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """The receipts of every entry of the documents of ``keys``."""
        wanted = {key.document for key in keys}
        found: dict[str, list[Receipt]] = {}
        for entry in self._in_order():
            if entry.key.document in wanted:
                receipt = Receipt(
                    key=entry.key.text,
                    reference=_reference(entry),
                    fingerprint=entry.fingerprint,
                    found=True,
                )
                found.setdefault(entry.key.document, []).append(receipt)
        return found

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Keep ``entries``; what is there already is not kept twice."""
        return [self._post(entry) for entry in entries]

    def all_entries(self) -> Iterator[HeldEntry]:
        """Every entry, oldest first."""
        for entry in self._in_order():
            yield HeldEntry(
                key=entry.key.text,
                fingerprint=entry.fingerprint,
                date=entry.date,
                total_minor=entry.total_minor,
                reference=_reference(entry),
                currency=entry.currency,
                accounts=balances(entry),
                vat=vat_per_code(entry, self._codes),
            )

    def find_others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        """Those of ``others`` with the supplier and number of a purchase."""
        found: dict[str, list[OtherBooking]] = {}
        for entry in entries:
            same = [each for each in self.others if (each.supplier, each.number) == (entry.party, entry.number)]
            if same and entry.key.direction is Direction.PURCHASE:
                found[entry.key.document] = same
        return found

    def _post(self, entry: JournalEntry) -> Answer:
        if held := self.entries.get(entry.key.text):
            return admission.already_held(entry, fingerprint=held.fingerprint, reference=_reference(held))
        if why := admission.refusal(entry, chart=self.accounts, closed=self.closed_until):
            return admission.rejected(entry, why)
        self.entries[entry.key.text] = entry
        if self.capabilities.attachments:
            self.papers[entry.key.text] = {each.name: each.content for each in self._papers_of(entry)}
        return admission.posted(entry, _reference(entry))

    def _in_order(self) -> list[JournalEntry]:
        return sorted(self.entries.values(), key=lambda entry: (entry.date, entry.key.text))


def _reference(entry: JournalEntry) -> str:
    return f"memory:{entry.key.short}"


def _capabilities(settings: Mapping[str, str], name: str) -> Capabilities:
    switches = {switch: _one_of(settings, switch, name) for switch in _SWITCHES}
    return Capabilities(
        settling_seconds=_whole(settings, "settling_seconds", name, default=0),
        batch=_whole(settings, "batch", name, default=100),
        **switches,
    )


def _one_of(settings: Mapping[str, str], key: str, name: str) -> bool:
    text = settings.get(key, "")
    if text not in _YES_NO:
        raise SettingsError(f"{key} is {text!r}", hint=f"Write {key} = yes or {key} = no.", where=f"ledger {name}")
    return _YES_NO[text]


def _whole(settings: Mapping[str, str], key: str, name: str, *, default: int) -> int:
    text = settings.get(key, str(default))
    if not text.isdecimal():
        raise SettingsError(f"{key} is {text!r}", hint=f"Write a whole number: {key} = 10.", where=f"ledger {name}")
    return int(text)
