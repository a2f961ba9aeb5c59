"""The Tryton adapter against a real Tryton: what was posted is read from its tables, not from its interface."""

from __future__ import annotations

import datetime
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from connector.domain.delivery import DeliveryState
from connector.domain.journal import JournalEntry, balances
from connector.engine.run import MappingFiles, RunReport, askings, sync
from connector.errors import LedgerRefused, LedgerUnavailable, OutcomeUnknown, SettingsError
from connector.ledgers.base import Ledger, Listing, ReadsBack, SeesOthers, TaxThere, TellsVatCodes
from connector.ledgers.conformance.entries import HOSTILE
from connector.ledgers.http import Reply
from connector.ledgers.tryton.ledger import TrytonLedger
from connector.ledgers.tryton.moves import move_of
from connector.ledgers.tryton.rpc import amount_there, date_there
from connector.mapping_files import load_bytes, version_hash
from connector.sandbox import RESELLER_NL, Sandbox
from connector.source.base import Endpoint
from connector.source.copaco import CurrentApi
from connector.source.http import HttpClient
from connector.source.settings import ApiSettings
from connector.source.windows import month_windows
from connector.store.database import Database
from tests import postgres
from tests.engine.desk import Desk, mapping_files
from tests.engine.test_starter_world import DAY, ISSUED, WORLD, customers
from tests.ledgers.opening import by_key, fingerprints, held, states
from tests.ledgers.relay import Relay, relaying
from tests.ledgers.tryton_books import BE_REVERSE, BOOKS, TAXES, Office
from tests.ledgers.tryton_server import seeded, serving
from tests.ledgers.worked import (
    BE_PURCHASE,
    NL_CREDIT_NOTE,
    NL_ENTRIES,
    NL_PURCHASE,
    NL_SALE_A,
    PARTY,
    VAT_INPUT,
    entry,
    posting,
    simple,
)
from tests.store.conftest import made_sqlite, sqlite

__all__ = ("made_sqlite", "sqlite")

POSTED, REJECTED, UNKNOWN, QUEUED = (
    DeliveryState.POSTED,
    DeliveryState.REJECTED,
    DeliveryState.UNKNOWN,
    DeliveryState.QUEUED,
)
CREATE, POST = "model.account.move.create", "model.account.move.post"
EMPTY_TAX = {"description": "nothing", "company": 1, "type": "none"}
DECEMBER = datetime.date(2026, 12, 23)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="session")
def seed(postgres_url: str, run_folder: Path) -> str:
    return seeded(postgres_url, run_folder, BOOKS)


@pytest.fixture(scope="session")
def address(postgres_url: str, run_folder: Path) -> Iterator[str]:
    with serving(postgres_url, run_folder) as url:
        yield url


@pytest.fixture(scope="session")
def shared_office(postgres_url: str, seed: str, address: str) -> Iterator[Office]:
    """A copy of the company for most tests: its server needs seconds to get to know another one."""
    with _copied(postgres_url, seed, address) as office:
        yield office


@pytest.fixture
def office(request: pytest.FixtureRequest, postgres_url: str, seed: str, address: str) -> Iterator[Office]:
    """The company without moves, all periods open; a copy for itself where the test changes more than moves."""
    if request.node.get_closest_marker("own_company"):
        with _copied(postgres_url, seed, address) as own:
            yield own
        return
    shared: Office = request.getfixturevalue("shared_office")
    shared.empty()
    yield shared


@contextmanager
def _copied(postgres_url: str, seed: str, address: str) -> Iterator[Office]:
    url = postgres.create_database(postgres_url, template=seed)
    yield Office(address, url)
    postgres.drop_database(url)


@pytest.fixture
def ledger(office: Office) -> Iterator[TrytonLedger]:
    with office.ledger() as opened:
        yield opened


@pytest.fixture
def relay(office: Office) -> Iterator[Relay]:
    with relaying(office.address, Relay) as made:
        yield made


@pytest.fixture
def relayed(office: Office, relay: Relay) -> Iterator[TrytonLedger]:
    with office.ledger(url=relay.url) as opened:
        yield opened


def amounts(one: JournalEntry) -> list[tuple[str, Decimal]]:
    return [(each.account, Decimal(each.minor) / 100) for each in one.postings]


def close(ledger: TrytonLedger, day: datetime.date) -> None:
    """A person closes the period of ``day``."""
    ledger._session.change("account.period", "close", [ledger._books.period(day)])


def draft(ledger: TrytonLedger, one: JournalEntry) -> int:
    """What a crash between creating and posting leaves behind."""
    (number,) = ledger._session.change("account.move", "create", [move_of(one, ledger._books, company=1)])
    return int(number)


def cancel(ledger: TrytonLedger, office: Office, number: int) -> None:
    """A person cancels a move with Tryton's wizard."""
    context = {"company": 1, "active_model": "account.move", "active_id": number, "active_ids": [number]}

    def call(method: str, *arguments: object) -> Reply:
        body = {"id": 1, "method": f"wizard.account.move.cancel.{method}", "params": [*arguments, context]}
        authorization = {"Authorization": ledger._session._authorization}
        return ledger._http.change("POST", f"{office.database}/", body=body, headers=authorization)

    session, *_ = call("create").body["result"]
    values = {"default": {"description": None, "reversal": False}}
    assert "result" in call("execute", session, values, "cancel").body


class TestPosting:
    def test_worked_entries_arrive_to_the_cent(self, office: Office, ledger: TrytonLedger) -> None:
        entries = (*NL_ENTRIES, msgspec.structs.replace(BE_PURCHASE, key=simple("BE-1").key, number="BE-1"))
        answers = ledger.post_many(entries)
        assert states(answers) == [POSTED] * 5, answers
        parties = {"1600": "COPACO", "440": "COPACO"}
        for one in entries:
            debtor = {"1300": one.key.customer}
            assert office.lines(one.number) == [
                (account, {**parties, **debtor}.get(account, ""), amount) for account, amount in amounts(one)
            ]
        assert {state for _, state in office.moves()} == {"posted"}
        assert office.rows(
            "SELECT DISTINCT m.date, j.code, l.maturity_date FROM account_move m "
            "JOIN account_move_line l ON l.move = m.id JOIN account_journal j ON j.id = m.journal "
            "JOIN account_account a ON a.id = l.account WHERE a.code IN ('1300', '1600') ORDER BY 1, 2"
        ) == [
            (DECEMBER, "EXP", datetime.date(2027, 1, 22)),
            (DECEMBER, "REV", datetime.date(2027, 1, 22)),
            (datetime.date(2026, 12, 29), "EXP", None),
        ]

    def test_what_was_posted_is_read_back_and_told(self, ledger: TrytonLedger) -> None:
        answers = ledger.post_many(NL_ENTRIES)
        receipts = [answer.receipt for answer in answers if answer.receipt]
        read = ledger.read_many(receipts)
        assert {one.key: one for one in held(ledger)} == read
        for one in NL_ENTRIES:
            there = read[one.key.text]
            assert there.accounts == balances(one)
            assert (there.date, there.total_minor, there.currency, there.draft) == (
                one.date,
                one.total_minor,
                "EUR",
                False,
            )
            assert there.fingerprint == one.fingerprint
        assert read[NL_PURCHASE.key.text].vat == {"tax NL.P.STD.21": 36951}
        assert read[NL_SALE_A.key.text].vat == {"tax NL.S.STD.21": -16862}
        assert fingerprints(ledger, [one.key for one in NL_ENTRIES]) == by_key(NL_ENTRIES)

    def test_the_vat_report_counts_exactly_what_was_booked(self, office: Office, ledger: TrytonLedger) -> None:
        belgian = msgspec.structs.replace(BE_PURCHASE, key=simple("BE-1").key, number="BE-1")
        ledger.post_many([NL_PURCHASE, NL_CREDIT_NOTE, NL_SALE_A, belgian])
        assert office.taxed(NL_PURCHASE.number) == [
            ("tax NL.P.STD.21", "base", Decimal("1759.57")),
            ("tax NL.P.STD.21", "tax", Decimal("369.51")),
        ]
        assert office.taxed(NL_CREDIT_NOTE.number) == [
            ("tax NL.P.STD.21", "base", Decimal("-150.00")),
            ("tax NL.P.STD.21", "tax", Decimal("-31.50")),
        ]
        assert office.taxed(NL_SALE_A.number) == [
            ("tax NL.S.STD.21", "base", Decimal("802.96")),
            ("tax NL.S.STD.21", "tax", Decimal("168.62")),
        ]
        assert office.taxed("BE-1") == [
            ("BE reverse 21 (-21)", "base", Decimal("1759.57")),
            ("BE reverse 21 (-21)", "tax", Decimal("-369.51")),
            ("BE reverse 21 (21)", "base", Decimal("1759.57")),
            ("BE reverse 21 (21)", "tax", Decimal("369.51")),
        ]

    def test_the_same_entry_again_is_found_and_other_content_is_a_conflict(
        self, office: Office, ledger: TrytonLedger
    ) -> None:
        batch = [simple("3"), simple("1", account="9999"), simple("2"), simple("3"), simple("3", 500)]
        answers = ledger.post_many(batch)
        assert states(answers) == [POSTED, REJECTED, POSTED, POSTED, REJECTED]
        assert answers[0].receipt is not None
        assert answers[3].receipt == msgspec.structs.replace(answers[0].receipt, found=True)
        assert "another entry under the same key" in answers[4].reason
        (again,) = ledger.post_many([simple("2")])
        assert again.receipt is not None
        assert again.receipt.found
        assert len(office.moves()) == 2

    def test_look_up_is_by_document_whatever_the_purpose(self, office: Office, ledger: TrytonLedger) -> None:
        key = msgspec.structs.replace(simple("1").key, purpose="amendment-0a1b", period="2026-11")
        amended = msgspec.structs.replace(simple("1", -50), key=key)
        assert states(ledger.post_many([simple("1"), amended, simple("10"), simple("1_")])) == [POSTED] * 4
        found = ledger.find_many([simple("1").key])
        assert {each.key for each in found[simple("1").key.document]} == {simple("1").key.text, key.text}
        journals = "SELECT j.code FROM account_move m JOIN account_journal j ON j.id = m.journal ORDER BY m.id"
        assert office.rows(journals) == [("EXP",), ("MISC",), ("EXP",), ("EXP",)]

    def test_hostile_texts_and_amounts(self, ledger: TrytonLedger) -> None:
        entries = [
            entry(
                f"{text[:300]}/{position}",
                [posting("7010", minor, text=text), posting("7020", 0), posting("1600", -minor, PARTY)],
                party=text,
                text=text,
            )
            for position, (text, minor) in enumerate(zip(HOSTILE, [1, -1, 10**13 + 1, *range(1, 99)], strict=False))
        ]
        keep = [one for one in entries if len(one.key.text) <= 1000]
        answers = ledger.post_many(entries)
        assert states(answers) == [POSTED if one in keep else REJECTED for one in entries], answers
        assert {one.key: one.total_minor for one in held(ledger)} == {one.key.text: one.total_minor for one in keep}

    def test_drafts_are_left_to_a_person(self, office: Office) -> None:
        with office.ledger(drafts="yes") as ledger:
            (answer,) = ledger.post_many([NL_PURCHASE])
            assert answer.state is POSTED
            assert [state for _, state in office.moves()] == ["draft"]
            (again,) = ledger.post_many([NL_PURCHASE])
            assert answer.receipt is not None
            assert again.receipt == msgspec.structs.replace(answer.receipt, found=True)
            assert fingerprints(ledger, [NL_PURCHASE.key]) == by_key([NL_PURCHASE])
            assert [one.draft for one in held(ledger)] == [True]
            before = held(ledger)
            ledger._session.change("account.move", "post", [office.moves()[0][0]])
            assert held(ledger) == [msgspec.structs.replace(before[0], draft=False)]


class TestRefusals:
    def test_a_closed_period_leaves_nothing_behind(self, office: Office, ledger: TrytonLedger) -> None:
        close(ledger, DECEMBER)
        (answer, other) = ledger.post_many([simple("1"), simple("2", date=datetime.date(2026, 11, 30))])
        assert (answer.state, other.state) == (REJECTED, POSTED)
        assert "the period 2026-12 is closed in Tryton" in answer.reason
        assert "in a period that is open" in answer.hint
        assert len(office.moves()) == 1

    def test_a_closed_journal_of_an_open_period(self, office: Office, ledger: TrytonLedger) -> None:
        ledger.post_many([simple("1")])
        close(ledger, DECEMBER)
        ledger._session.change("account.period", "reopen", [office.rows("SELECT period FROM account_move")[0][0]])
        (answer,) = ledger.post_many([simple("2")])
        assert answer.state is REJECTED
        assert "closed journal-period" in answer.reason
        assert "opening the period alone does not open its journals" in answer.hint
        assert len(office.moves()) == 1

    @pytest.mark.own_company
    def test_a_draft_that_cannot_be_posted_is_taken_back(self, office: Office, ledger: TrytonLedger) -> None:
        change = ledger._session.change
        (group,) = change("res.group", "create", [{"name": "May post"}])
        domain = [["name", "=", "post"], ["model.model", "=", "account.move"]]
        (button,) = ledger._session.rows("ir.model.button", domain, ["name"])
        change("ir.model.button", "write", [button["id"]], {"groups": [["add", [group]]]})
        (answer,) = ledger.post_many([simple("1")])
        assert answer.state is REJECTED
        assert "Tryton refuses the entry" in answer.reason
        assert office.moves() == []

    @pytest.mark.own_company
    def test_two_taxes_with_one_name(self, office: Office, ledger: TrytonLedger) -> None:
        numbers = [number for (number,) in office.rows("SELECT id FROM account_tax WHERE name LIKE 'tax NL.P.%%'")]
        ledger._session.change("account.tax", "write", numbers, {"name": "tax NL.P.STD.21"})
        (answer, other) = ledger.post_many([NL_PURCHASE, NL_SALE_A])
        assert (answer.state, other.state) == (REJECTED, POSTED)
        assert "several taxes with the name 'tax NL.P.STD.21'" in answer.reason

    @pytest.mark.own_company
    def test_a_tax_that_counts_nothing(self, office: Office, ledger: TrytonLedger) -> None:
        (number,) = ledger._session.change("account.tax", "create", [{**EMPTY_TAX, "name": "hollow"}])
        taxes = {"NL.P.STD.21": TaxThere(code="hollow", rate=Decimal(21), direction="purchase")}
        with office.ledger(taxes=taxes) as other:
            (answer,) = other.post_many([NL_PURCHASE])
        assert answer.state is REJECTED
        assert "counts nothing on the tax 'hollow'" in answer.reason, number

    def test_a_year_that_does_not_exist(self, ledger: TrytonLedger) -> None:
        (answer,) = ledger.post_many([simple("1", date=datetime.date(2031, 5, 5))])
        assert answer.state is REJECTED
        assert "no period for 2031-05-05" in answer.reason

    @pytest.mark.parametrize(
        ("one", "told"),
        [
            (simple("1", account="4711"), "no account 4711"),
            (entry("1", [posting("7010", 1), posting("1600", -1, PARTY)], currency="USD"), "USD"),
            (
                msgspec.structs.replace(NL_SALE_A, key=msgspec.structs.replace(NL_SALE_A.key, customer="10009")),
                "no debtor number",
            ),
            (
                msgspec.structs.replace(
                    NL_PURCHASE, key=msgspec.structs.replace(NL_PURCHASE.key, issuer="NL999999999B99")
                ),
                "no party with the VAT number NL999999999B99",
            ),
            (
                entry(
                    "1",
                    [
                        posting("7010", 100),
                        posting("1520", 21, VAT_INPUT, tax="XX.P.STD.21"),
                        posting("1600", -121, PARTY),
                    ],
                ),
                "tax.csv says no tax of Tryton's for XX.P.STD.21",
            ),
        ],
        ids=["account", "currency", "debtor", "supplier", "tax"],
    )
    def test_what_tryton_does_not_have(
        self, office: Office, ledger: TrytonLedger, one: JournalEntry, told: str
    ) -> None:
        (answer,) = ledger.post_many([one])
        assert answer.state is REJECTED
        assert told in answer.reason
        assert len(answer.hint) > 20
        assert office.moves() == []

    @pytest.mark.own_company
    def test_an_account_that_only_our_tables_have(self, ledger: TrytonLedger) -> None:
        number = ledger._books.account("7010").id
        ledger._session.change("account.account", "write", [number], {"closed": True})
        with ledger:
            (answer,) = ledger.post_many([simple("1")])
            chart = ledger.chart()
        assert (answer.state, answer.reason) == (REJECTED, "Tryton has closed the account 7010")
        assert chart is not None
        assert "7010" not in chart.accounts
        assert "7020" in chart.accounts

    def test_a_tax_name_that_tryton_does_not_have(self, office: Office) -> None:
        taxes = {"NL.P.STD.21": TaxThere(code="BTW hoog", rate=Decimal(21), direction="purchase")}
        with office.ledger(taxes=taxes) as ledger:
            (answer,) = ledger.post_many([NL_PURCHASE])
        assert answer.state is REJECTED
        assert "no tax with the name 'BTW hoog'" in answer.reason

    def test_a_reverse_charge_needs_two_parts(self, office: Office) -> None:
        taxes = {BE_REVERSE: TAXES["NL.P.STD.21"]}
        with office.ledger(taxes=taxes) as ledger:
            (answer,) = ledger.post_many([BE_PURCHASE])
        assert answer.state is REJECTED
        assert "no parts with a rate below zero" in answer.reason

    def test_the_supplier_can_be_named(self, office: Office) -> None:
        with office.ledger(supplier="COPACO-2") as ledger:
            assert states(ledger.post_many([simple("1")])) == [POSTED]
        assert office.lines("1")[1][:2] == ("1600", "COPACO-2")
        with office.ledger(supplier="NOBODY") as ledger:
            (answer,) = ledger.post_many([simple("2")])
        assert "no party with the code NOBODY" in answer.reason


class TestFaults:
    @pytest.mark.parametrize("method", [CREATE, POST])
    def test_a_lost_answer_is_unknown_then_found_or_finished(
        self, office: Office, relay: Relay, relayed: TrytonLedger, method: str
    ) -> None:
        relay.lose.append(method)
        answers = relayed.post_many([simple("1"), simple("2")])
        assert states(answers) == [UNKNOWN, QUEUED]
        found = fingerprints(relayed, [simple("1").key, simple("2").key])
        assert found == ({} if method == CREATE else by_key([simple("1")]))
        assert states(relayed.post_many([simple("1"), simple("2")])) == [POSTED, POSTED]
        assert [state for _, state in office.moves()] == ["posted", "posted"]
        assert relay.heard.count(CREATE) == 2

    @pytest.mark.parametrize("method", [CREATE, POST])
    def test_a_lost_question_is_sent_again_after_a_look(
        self, office: Office, relay: Relay, relayed: TrytonLedger, method: str
    ) -> None:
        relay.block.append(method)
        assert states(relayed.post_many([simple("1")])) == [UNKNOWN]
        assert relayed.find_many([simple("1").key]) == {}
        assert states(relayed.post_many([simple("1")])) == [POSTED]
        assert [state for _, state in office.moves()] == ["posted"]

    def test_a_draft_that_was_left_behind_is_finished(self, office: Office, ledger: TrytonLedger) -> None:
        number = draft(ledger, NL_PURCHASE)
        assert ledger.find_many([NL_PURCHASE.key]) == {}
        assert held(ledger) == []
        assert states(ledger.post_many([NL_PURCHASE])) == [POSTED]
        assert office.moves() == [(number, "posted")]

    def test_a_draft_that_a_person_changed_is_not_posted(self, office: Office, ledger: TrytonLedger) -> None:
        number = draft(ledger, simple("1"))
        (line, *_), *_ = office.rows("SELECT id FROM account_move_line WHERE debit > 0")
        ledger._session.change("account.move.line", "write", [line], {"debit": amount_there(9900)})
        (answer,) = ledger.post_many([simple("1")])
        assert answer.state is REJECTED
        assert "a draft of this entry was changed" in answer.reason
        assert office.moves() == [(number, "draft")]

    def test_a_draft_of_an_older_version_gives_way(self, office: Office, ledger: TrytonLedger) -> None:
        """The program died between creating and posting, and then the document changed at its source."""
        draft(ledger, simple("1", 12100))
        assert states(ledger.post_many([simple("1", 24200)])) == [POSTED]
        assert office.lines("1") == [("7010", "", Decimal(242)), ("1600", "COPACO", Decimal(-242))]
        assert [state for _, state in office.moves()] == ["posted"]

    def test_a_draft_of_an_older_version_that_a_person_changed_stays(
        self, office: Office, ledger: TrytonLedger
    ) -> None:
        number = draft(ledger, simple("1", 12100))
        (line, *_), *_ = office.rows("SELECT id FROM account_move_line WHERE debit > 0")
        ledger._session.change("account.move.line", "write", [line], {"description": "looked at"})
        (answer,) = ledger.post_many([simple("1", 24200)])
        assert answer.state is REJECTED
        assert "a draft of an older version of this document was changed" in answer.reason
        assert office.moves() == [(number, "draft")]

    def test_a_session_that_is_over_is_renewed_once(self, office: Office, relay: Relay, relayed: TrytonLedger) -> None:
        relayed.post_many([simple("1")])
        office.rows("DELETE FROM ir_session RETURNING id")
        assert states(relayed.post_many([simple("2")])) == [POSTED]
        assert relay.heard.count("common.db.login") == 2
        assert len(office.moves()) == 2

    def test_a_wrong_password_names_the_user_and_no_secret(self, office: Office) -> None:
        hidden: list[object] = []
        with office.ledger(password=lambda: "wrong-word", hide=hidden.append) as ledger:
            with pytest.raises(LedgerRefused, match="does not let the user admin in") as caught:
                ledger.find_many([simple("1").key])
            assert "wrong-word" not in f"{caught.value} {caught.value.hint} {ledger!r}"
        with office.ledger(hide=hidden.append) as ledger:
            ledger.find_many([simple("1").key])
        session = office.rows("SELECT key FROM ir_session")[0][0]
        assert session in hidden

    def test_another_database_or_no_tryton(self, office: Office) -> None:
        with office.ledger(database="nowhere") as ledger, pytest.raises(LedgerRefused, match="no database nowhere"):
            ledger.find_many([simple("1").key])
        with office.ledger(url="http://127.0.0.1:9") as ledger, pytest.raises(LedgerUnavailable, match="cannot be"):
            ledger.post_many([simple("1")])

    def test_a_failure_of_the_server_itself_is_unknown(self, ledger: TrytonLedger) -> None:
        with pytest.raises(OutcomeUnknown, match="failed while it was working"):
            ledger._session.change("account.move", "create", [{"nonsense": 1}])


class TestLooking:
    def test_is_all_that_it_says(self, ledger: TrytonLedger) -> None:
        for ability in (Ledger, Listing, ReadsBack, TellsVatCodes, SeesOthers):
            assert isinstance(ledger, ability)
        assert ledger.post_many([]) == []
        assert ledger.find_many([]) == {}
        assert held(ledger) == []

    def test_vat_codes_by_name(self, ledger: TrytonLedger) -> None:
        rates = {code.code: code.rate for code in ledger.vat_codes()}
        assert rates.keys() == {there.code for there in TAXES.values()}
        assert rates["tax NL.P.STD.21"] == rates["BE reverse 21"] == 21

    def test_invoices_of_the_supplier_that_came_another_way(self, office: Office, ledger: TrytonLedger) -> None:
        books = ledger._books
        supplier = books.supplier(NL_PURCHASE.key.issuer, "")
        (address,) = ledger._session.change("party.address", "create", [{"party": supplier}])
        invoice = {
            "type": "in",
            "party": supplier,
            "invoice_address": address,
            "reference": NL_PURCHASE.number,
            "account": books.account("1600").id,
            "journal": books.journal("purchase_journal"),
            "currency": 1,
            "invoice_date": date_there(DECEMBER),
            "lines": [
                [
                    "create",
                    [
                        {
                            "type": "line",
                            "quantity": 1,
                            "account": books.account("7010").id,
                            "unit_price": amount_there(175957),
                            "currency": 1,
                        }
                    ],
                ]
            ],
        }
        (number,) = ledger._session.change("account.invoice", "create", [invoice])
        ledger._session.change("account.invoice", "post", [number])
        by_hand = move_of(simple("77"), books, company=1)
        ledger._session.change("account.move", "create", [{**by_hand, "description": "Copaco 77 scan"}])
        ledger.post_many([simple("88")])

        others = ledger.find_others([NL_PURCHASE, simple("77"), simple("7"), simple("88"), NL_SALE_A])

        assert others.keys() == {NL_PURCHASE.key.document, simple("77").key.document}
        (one,) = others[NL_PURCHASE.key.document]
        assert (one.number, one.date, one.total_minor) == (NL_PURCHASE.number, DECEMBER, 175957)
        assert one.accounts == {"7010": 175957, "1600": -175957}
        assert (one.currency, one.vat_minor) == ("EUR", 0)
        (scan,) = others[simple("77").key.document]
        assert (scan.total_minor, scan.accounts) == (12100, {"7010": 12100, "1600": -12100})
        assert (scan.currency, scan.vat_minor) == ("EUR", None)

    def test_a_move_cancelled_in_tryton_still_counts_as_booked_once(self, office: Office, ledger: TrytonLedger) -> None:
        ledger.post_many([simple("1")])
        before = held(ledger)
        (number, _), *_ = office.moves()
        cancel(ledger, office, number)
        marked = office.rows("SELECT state FROM account_move WHERE description LIKE '%%connector-key: %%'")
        assert marked == [("posted",), ("posted",)], "Tryton copies the mark"
        assert office.rows("SELECT sum(debit - credit) FROM account_move_line GROUP BY account") == [(0,), (0,)]
        assert held(ledger) == before
        assert len(ledger.find_many([simple("1").key])[simple("1").key.document]) == 1
        (again,) = ledger.post_many([simple("1")])
        assert again.receipt is not None
        assert again.receipt.found


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"company": "ours"}, "company is 'ours'"),
            ({"company": ""}, "company is missing"),
            ({"drafts": "maybe"}, "drafts is 'maybe'"),
            ({"general_journal": ""}, "general_journal is missing"),
            ({"closed_until": "yesterday"}, "closed_until"),
        ],
    )
    def test_wrong_values(self, settings: dict[str, str], told: str) -> None:
        nowhere = Office("http://127.0.0.1:9", "postgresql://localhost/none")
        with pytest.raises(SettingsError, match=told) as caught:
            nowhere.ledger(**settings)  # type: ignore[arg-type]
        assert caught.value.where == "ledger books"

    def test_a_journal_that_does_not_exist(self, office: Office) -> None:
        with office.ledger(purchase_journal="INK") as ledger:
            with pytest.raises(LedgerRefused, match="no journal INK") as caught:
                ledger.post_many([simple("1")])
            assert "EXP" in caught.value.hint


def naming_taxes(mapping: MappingFiles) -> MappingFiles:
    """``mapping`` with the names of Tryton's taxes in ``tax.csv``, as an accountant writes them."""
    header, *rows = mapping.files["tax.csv"].decode().splitlines()
    named = [f"{header};tryton", *(f"{row};{TAXES[row.partition(';')[0]].code}" for row in rows)]
    files = {**mapping.files, "tax.csv": "".join(f"{row}\n" for row in named).encode()}
    return MappingFiles(name="nl", hash=version_hash(files), files=files, mapping=load_bytes(files, "mappings/nl"))


def seated(office: Office, database: Database, folder: Path, *, url: str = "") -> Desk:
    """The Dutch reseller's desk on a fresh database of ours, posting to the company in Tryton."""
    columns = mapping_files("nl").files["customers.csv"].decode().splitlines()[0].split(";")
    party = RESELLER_NL.party
    return Desk(
        database,
        folder,
        mapping=naming_taxes(mapping_files("nl", customers=customers(WORLD, RESELLER_NL, columns))),
        ledger=office.ledger(url=url),
        kind="tryton",
        today=DAY,
        company=party.company_name,
        vat_number=party.vat_number,
        sale="post",
        sale_source=ISSUED.value,
    )


def run_months(desk: Desk, months: int) -> RunReport:
    """One sync over the last ``months`` of the sandbox."""
    with Sandbox(WORLD, today=DAY) as sandbox:
        api = ApiSettings(base_url=sandbox.url, pause_seconds=0)
        windows = list(month_windows(datetime.date(2024, 1, 1), DAY))[-1 - months :]
        wanted = [(endpoint, window) for endpoint in (Endpoint.INVOICES, ISSUED) for window in windows]
        key = RESELLER_NL.keys[0].secret
        with HttpClient(api, reveal_key=lambda: key, now=lambda: desk.now, randomness=random.Random(1)) as client:
            return sync(desk.run, askings(CurrentApi(client, api), wanted))


def test_a_month_arrives_once_although_answers_are_lost(
    office: Office, relay: Relay, sqlite: Database, tmp_path: Path
) -> None:
    desk = seated(office, sqlite, tmp_path, url=relay.url)
    relay.lose += [CREATE, POST]
    relay.block += [POST]
    run_months(desk, 1)
    for _ in range(5):
        assert "unknown" in desk.delivery_states() or set(desk.delivery_states()) == {"posted"}
        desk.wait(desk.ledger.capabilities.settling_seconds)
        desk.deliver()
    assert set(desk.delivery_states()) == {"posted"}
    assert relay.lose == relay.block == []
    assert [state for _, state in office.moves()] == ["posted"] * len(desk.entries())
    assert desk.verify().problems == []


@pytest.mark.parametrize("months", [2, pytest.param(12, marks=pytest.mark.long)])
def test_months_of_invoices_arrive_once_whatever_becomes_of_our_database(
    office: Office, sqlite: Database, made_sqlite: Path, tmp_path: Path, months: int
) -> None:
    desk = seated(office, sqlite, tmp_path)
    run_months(desk, months)
    posted = {one.key.text: one for one in desk.entries().values()}
    assert len(posted) > 6 * months
    assert set(desk.delivery_states()) == {"posted"}, [desk.reasons(each.delivery_id)[-1] for each in desk.deliveries()]
    assert [why for each in desk.deliveries() if "read back" in (why := desk.reasons(each.delivery_id)[-1])] == []
    there = {one.key: one for one in held(desk.ledger)}
    assert {key: (one.fingerprint, one.date, one.total_minor, one.accounts) for key, one in there.items()} == {
        key: (one.fingerprint, one.date, one.total_minor, balances(one)) for key, one in posted.items()
    }
    assert office.rows(
        "SELECT a.code, sum(l.debit - l.credit) FROM account_move_line l JOIN account_account a ON a.id = l.account "
        "GROUP BY 1 ORDER BY 1"
    ) == sorted((account, Decimal(minor) / 100) for account, minor in sums(posted.values()).items())
    assert desk.verify().problems == []

    fresh = tmp_path / "fresh.sqlite"
    shutil.copyfile(made_sqlite, fresh)
    before = office.moves()
    with Database(f"sqlite:///{fresh}") as database:
        again = seated(office, database, tmp_path)
        run_months(again, months)
        assert set(again.delivery_states()) == {"posted"}
        assert {again.reasons(each.delivery_id)[-1] for each in again.deliveries()} == {"found in the ledger"}
        assert {one.key.text for one in again.entries().values()} == posted.keys()
    assert office.moves() == before


def sums(entries: object) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in entries:  # type: ignore[attr-defined]
        for account, minor in balances(one).items():
            found[account] = found.get(account, 0) + minor
    return found
