"""The ledger: what the connector asks of Exact, in the words of its protocol.

Exact has no draft for entries and no key that makes a second sending harmless: whatever is sent is booked at once. So
each entry is looked up before it is sent, and approval is the only brake.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from connector.domain.accounts import ChartOfAccounts
from connector.domain.delivery import Answer, Receipt
from connector.domain.document import EntryKey
from connector.domain.journal import JournalEntry
from connector.errors import EntryRejected, LedgerUnavailable, OutcomeUnknown, SettingsError
from connector.ledgers import admission
from connector.ledgers.base import Capabilities, HeldEntry, OtherBooking, Setup, VatCode
from connector.ledgers.exact.calls import Calls, Row, left
from connector.ledgers.exact.company import Company
from connector.ledgers.exact.documents import document_of
from connector.ledgers.exact.login import AGAIN, Login
from connector.ledgers.exact.records import Found, Records, reference
from connector.ledgers.exact.settings import SECRETS, SETTINGS, ExactSettings, read_settings
from connector.ledgers.exact.shapes import kind_of, name_document, record
from connector.ledgers.http import CONNECT_SECONDS, LedgerHttp
from connector.ledgers.sending import one_by_one
from connector.ledgers.throttle import Limit, Throttle
from connector.ledgers.token_store import TokenStore, kept_since

SETTLING_SECONDS = 120.0
"""How long what was sent may take to show in a look-up: an assumption, since Exact promises nothing."""
LOGIN_LASTS = datetime.timedelta(days=30)
"""How long a refresh token that nobody uses is taken."""
_A_MINUTE = Limit(calls=60, seconds=60.0)
_BATCH = 50


class ExactLedger:
    """One division (administration) in Exact Online."""

    SETTINGS: ClassVar[Mapping[str, str]] = SETTINGS
    SECRETS: ClassVar[Mapping[str, str]] = SECRETS

    @staticmethod
    def login_ends(settings: Mapping[str, str], tokens: Path) -> datetime.datetime | None:
        """When the login that is kept in ``tokens`` ends unless a run renews it before, in UTC; ``None`` when nobody
        has logged in. Raises SettingsError."""
        since = kept_since(tokens, _login_name(read_settings(settings, name="exact")))
        return None if since is None else since + LOGIN_LASTS

    def __init__(self, setup: Setup) -> None:
        self.name, self._setup = setup.name, setup
        self._settings = read_settings(setup.settings, name=setup.name)
        if "client_secret" not in setup.secrets:
            raise SettingsError(
                "client_secret is missing",
                hint='Put the client secret of your app in .env, and write client_secret = "env:NAME".',
                where=f"ledger {setup.name}",
            )
        self.capabilities = Capabilities(
            purchase_invoices=True,
            sales_invoices=True,
            issues_invoices=bool(self._settings.sales_item),
            attachments=self._settings.attach,
            dimensions=bool(self._settings.cost_center or self._settings.cost_unit),
            settling_seconds=SETTLING_SECONDS,
            batch=_BATCH,
        )
        self._throttle = Throttle((_A_MINUTE,), monotonic=setup.monotonic, sleep=setup.sleep)
        self._begin()

    def _begin(self) -> None:
        """Forget what was asked before: another run may meet other accounts."""
        setup, settings = self._setup, self._settings
        self._login = _login(setup, settings)
        self._http = _http(setup, settings, self._throttle, self._login)
        self._calls = Calls(self._http, self._login)
        self._company = Company(self._calls, settings, setup.taxes, setup.debtors)
        self._records = Records(self._calls, self._company, settings)
        self._there: dict[str, list[Receipt]] = {}
        """What Exact holds of the documents that were looked up or sent since opening."""

    def __enter__(self) -> Self:
        """Find the division. Raises LedgerUnavailable, LedgerRefused."""
        self._begin()
        self._calls.company = self._settings.division or self._company.current()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connections back."""
        self._http.close()

    def login_address(self, state: str) -> str:
        """The page on which a person lets us in."""
        return self._login.address(state)

    def login(self, answer: str, state: str) -> None:
        """Keep the tokens that the address in ``answer`` stands for. Raises LedgerRefused, LedgerUnavailable."""
        self._login.log_in(answer, state)

    def chart(self) -> ChartOfAccounts | None:
        """The accounts of the division."""
        return self._company.chart()

    def vat_codes(self) -> Sequence[VatCode]:
        """The VAT codes of the division."""
        return self._company.vat_codes()

    def find_many(self, keys: Sequence[EntryKey]) -> Mapping[str, Sequence[Receipt]]:
        """What Exact holds of the documents of ``keys``, looked up by the supplier's number."""
        wanted = {key.document: key for key in keys}
        self._there |= {document: [] for document in wanted}
        for found in self._records.of_documents(list(wanted.values())):
            document = found.mark.key.document
            if document in wanted:
                self._there[document].append(_receipt(found))
        return {document: tuple(self._there[document]) for document in wanted if self._there[document]}

    def post_many(self, entries: Sequence[JournalEntry]) -> Sequence[Answer]:
        """Post ``entries`` one after the other, a call for each."""
        if unseen := [each.key for each in entries if each.key.document not in self._there]:
            self.find_many(unseen)
        return one_by_one(entries, self._post)

    def _post(self, entry: JournalEntry) -> Answer:
        there = self._there.setdefault(entry.key.document, [])
        same = next((each for each in there if each.key == entry.key.text), None)
        if same is not None:
            return admission.already_held(entry, fingerprint=same.fingerprint, reference=same.reference)
        if why := admission.refusal(entry, chart=self._company.chart(), closed=None):
            raise EntryRejected(why.reason, hint=why.hint)
        sent = record(entry, self._company, self._settings)
        if self._settings.attach:
            self._attach(entry, sent)
        kind = kind_of(entry, self._settings)
        made = self._calls.create(kind.path, sent)
        answer = admission.posted(entry, reference(kind, made))
        assert answer.receipt is not None, "what is posted has a receipt"
        there.append(answer.receipt)
        return answer

    def _attach(self, entry: JournalEntry, sent: Row) -> None:
        """Let the record name a document with the files of the entry."""
        try:
            document = document_of(entry, self._setup.papers(entry), self._calls, self._company)
        except OutcomeUnknown as error:
            # Whatever became of the document, the entry was not sent; the document is found by its subject.
            raise LedgerUnavailable(error.message, where=error.where) from None
        name_document(sent, kind_of(entry, self._settings), document)

    def read_many(self, receipts: Sequence[Receipt]) -> Mapping[str, HeldEntry]:
        """What stands in Exact under each receipt."""
        return {each.key: each for each in self._records.under(receipts)}

    def all_entries(self) -> Iterator[HeldEntry]:
        """Everything with a mark of ours, some records at a time."""
        yield from self._records.everything()

    def find_others(self, entries: Sequence[JournalEntry]) -> Mapping[str, Sequence[OtherBooking]]:
        """Purchases that are not ours with the supplier and number of an entry."""
        return self._records.others(entries)


def _receipt(found: Found) -> Receipt:
    return Receipt(key=found.mark.key.text, reference=found.reference, fingerprint=found.mark.fingerprint, found=True)


def _login(setup: Setup, settings: ExactSettings) -> Login:
    # What is asked of the login does not count for the limits of the division.
    http = LedgerHttp(
        settings.url,
        throttle=Throttle((), monotonic=setup.monotonic, sleep=setup.sleep),
        sleep=setup.sleep,
        timeouts=(CONNECT_SECONDS, float(settings.timeout_seconds)),
    )
    secret = setup.secrets["client_secret"]
    store = TokenStore(setup.tokens, _login_name(settings), secret=secret, again=AGAIN)
    return Login(settings, http, store, secret=secret, hide=setup.hide, now=setup.now)


def _login_name(settings: ExactSettings) -> str:
    """A login is a user's and an app's, whatever the division: administrations that share it share its tokens."""
    whose = hashlib.blake2b(f"{settings.url} {settings.client_id} {settings.login}".encode(), digest_size=6).hexdigest()
    return f"exact-{whose}"


def _http(setup: Setup, settings: ExactSettings, throttle: Throttle, login: Login) -> LedgerHttp:
    return LedgerHttp(
        settings.url,
        throttle=throttle,
        sleep=setup.sleep,
        headers=lambda: {"Authorization": f"Bearer {login.access()}"},
        left=lambda headers: left(headers, setup.now()),
        timeouts=(CONNECT_SECONDS, float(settings.timeout_seconds)),
    )
