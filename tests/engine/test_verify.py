"""Verify and replay: a clean store passes; one changed cent anywhere, or anything missing, does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import Column

from connector.domain.vocabulary import RECEIVED_FIELDS
from connector.engine.approval import approve
from connector.engine.printed import enter, on_paper
from connector.engine.verify import Proof
from connector.source.base import Endpoint
from connector.store import tables
from tests.engine.conftest import Seat
from tests.engine.desk import Desk, mapping_files
from tests.engine.paper import Json, customer, invoice, line
from tests.engine.tampering import changed, deleted, money_columns, one_cent_more, rows, unguard
from tests.ledgers.faults import Fault, FaultyLedger

TOTALS = {"Net": Decimal("1108.88"), "VAT": Decimal("232.86"), "Gross": Decimal("1341.74")}


def documents() -> list[Json]:
    """One of everything: totals, corrections, a yearly line, odd cents, a document that is held, one that warns."""
    yearly = line("1000.00", BillingFrequency="Yearly", StartDate="20240301", EndDate="20250228")
    return [
        invoice("1", yearly, line("120.00"), line("-11.115", kind="Correction"), Totals=TOTALS),
        invoice("2", line("10.00", UnitPrice=Decimal("3.333"), Quantity=3, Discount=Decimal("0.10"))),
        invoice("3", line("5.00", kind="Odd Fee"), line("6.00")),
        invoice("4", line("7.77"), customers=[customer("A-1", [line("7.77")]), customer("B-2", [line("0.01")])]),
    ]


def world(desk: Desk) -> Desk:
    """A desk with documents in every state: posted, held, ready, in delivery, ignored, and with two versions."""
    desk.set(auto_post="off")
    desk.pull(*documents())
    desk.pull(
        invoice("7", customers=[customer(each, [line("9.99", vat="0", rate="0")]) for each in ("A-1", "B-2")]),
        endpoint=Endpoint.CUSTOMER_SPECIFICATIONS,
    )
    desk.prepare()
    approve(desk.place, desk.books, [1, 3], actor="jansen")
    desk.deliver()
    approve(desk.place, desk.books, [2], actor="jansen")
    desk.deliver(FaultyLedger(desk.ledger, on_post=[Fault.REJECTS]))
    desk.pull(*documents()[:3], invoice("4", line("8.00"), UnknownField=1), invoice("5", line("55.55")))
    desk.pull(invoice("5", line("55.00"), line("0.55")), show_detail=True)
    (ready,) = on_paper(desk.place, desk.books, "5")
    enter(desk.place, desk.books, ready, 6722, actor="jansen")
    desk.prepare()
    states = {"1": "posted", "2": "in delivery", "3": "held", "4": "held", "5": "ready"}
    assert desk.states() == states | {"7/A-1": "ignored", "7/B-2": "ignored"}
    return desk


def test_a_clean_store_is_proven_and_comes_out_the_same_again(seat: Seat) -> None:
    desk = world(seat(kind="hledger"))
    proof = desk.verify()
    assert proof.problems == []
    assert proof.holds
    assert (proof.bodies, proof.documents, proof.lines, proof.entries, proof.receipts) == (4, 8, 12, 4, 2)
    assert [(each.direction, each.period) for each in proof.equations] == [("purchase", "2024-03"), ("sale", "2024-03")]
    purchase = proof.equations[0].sums
    assert purchase["source"] == (8, 110888 + 1000 + 1100 + 800 + 5555)
    assert (purchase["posted"], purchase["in delivery"]) == ((3, 110888), (1, 1000))
    report = desk.replay()
    assert report.problems == []
    assert (report.documents, report.entries) == (8, 4)


AMOUNTS = {
    "printed_total.gross_minor",
    *("invoice_version.net_minor", "invoice_version.vat_minor", "invoice_version.rounded_off"),
    *("finding.minor", "charge.tax_percentage"),
    *("entry.total_minor", "posting.minor", "posting.base_minor", "receipt.total_minor"),
    *("detail.net_minor", "detail.vat_minor", "line.net_minor", "line.vat_minor"),
}
PURGED = {
    *("purge.net_minor", "purge.vat_minor"),
    *("purged_document.net_minor", "purged_document.vat_minor", "purged_entry.total_minor"),
}
"""These are changed in tests/engine/test_purge.py."""


def _of_documents() -> list[Column[object]]:
    return [column for column in money_columns() if f"{column.table.name}.{column.name}" not in PURGED]


def test_every_column_with_cents_is_known_to_this_test() -> None:
    assert {f"{column.table.name}.{column.name}" for column in money_columns()} == AMOUNTS | PURGED


def test_one_cent_in_any_row_is_found_and_named(quick: Seat) -> None:
    desk = world(quick(kind="journal_csv"))
    unguard(desk.database)
    tried = set()
    for column in _of_documents():
        table = column.table
        for row in rows(desk.database, table):
            with changed(desk.database, column, row, one_cent_more(row[column.name])):
                proof = desk.verify(ledger=False)
            place = f"{table.name}.{column.name} of {row}"
            assert not proof.holds, f"a cent more in {place} is not seen"
            assert any(_names(proof, str(word)) for word in _words(row)), f"{place}: {proof.problems}"
            tried.add(f"{column.table.name}.{column.name}")
    assert tried == AMOUNTS
    assert desk.verify().problems == []


def test_one_cent_on_postgresql(postgresql: object, seat: Seat, desk: Desk) -> None:
    """On either database, in the last row of each column."""
    world(desk)
    unguard(desk.database)
    for column in _of_documents():
        row = rows(desk.database, column.table)[-1]
        with changed(desk.database, column, row, one_cent_more(row[column.name])):
            assert not desk.verify().holds, f"a cent more in {column} is not seen"
    assert desk.verify().problems == []


def _names(proof: Proof, word: str) -> bool:
    return any(word in problem.where for problem in proof.problems)


def _words(row: dict[str, object]) -> list[str]:
    """What may name the place of a row: the document, entry, delivery or preparation it belongs to, or itself."""
    named = ("entry", "delivery", "preparation", "printed_total")
    words = [f"{name.replace('_', ' ')} {row[f'{name}_id']}" for name in named if row.get(f"{name}_id") is not None]
    return [*words, "purchase ", "sale "] if {"version_id", "charge_ref"} & row.keys() else words


@pytest.mark.parametrize("column", [tables.subscription.c.company_name, tables.charge.c.description])
def test_a_changed_text_is_found(quick: Seat, column: Column[object]) -> None:
    desk = world(quick())
    unguard(desk.database)
    for row in rows(desk.database, column.table):
        with changed(desk.database, column, row, "Another"):
            assert _names(desk.verify(), f"{column.table.name} {row[f'{column.table.name}_ref']}")


@pytest.mark.parametrize("field", ["quantity", "unit_price", "discount", "extended_price", "vat"])
def test_a_cent_in_what_was_received_is_found(quick: Seat, field: str) -> None:
    desk, place = world(quick()), RECEIVED_FIELDS.index(field)
    unguard(desk.database)
    for row in rows(desk.database, tables.line):
        received = json.loads(str(row["received"]))
        received[place] = one_cent_more(received[place])
        with changed(desk.database, tables.line.c.received, row, json.dumps(received)):
            assert any(f"line {row['line_no']}" in problem.where for problem in desk.verify().problems)


@pytest.mark.parametrize("name", ["stated_net", "stated_vat", "stated_gross"])
def test_a_cent_in_a_stated_total_is_found(quick: Seat, name: str) -> None:
    desk = world(quick())
    unguard(desk.database)
    row = rows(desk.database, tables.invoice_version)[0]
    head = json.loads(str(row["head"]))
    assert isinstance(head[name], int)
    for value in (head[name] + 1, head[name] - 1):
        with changed(desk.database, tables.invoice_version.c.head, row, json.dumps(head | {name: value})):
            (problem,) = desk.verify().problems
        assert (problem.where, "stated total" in problem.message) == ("purchase 1 version 1", True)


def test_a_cent_told_by_a_finding_is_found(quick: Seat) -> None:
    desk = world(quick())
    unguard(desk.database)
    for row in rows(desk.database, tables.finding):
        details = json.loads(str(row["details"]))
        altered = [[name, f"{value}1"] for name, value in details]
        with changed(desk.database, tables.finding.c.details, row, json.dumps(altered)):
            assert desk.verify().holds is not bool(details)


DELETIONS = [
    ("line", "version_id = 1 AND line_no = 2"),
    ("line", "version_id = 1 AND line_no = 3"),
    ("posting", "entry_id = 1 AND posting_no = 1"),
    ("posting_decision", "entry_id = 1 AND posting_no = 1"),
    ("decided", "combination_ref = 1"),
    ("entry", "entry_id = 1"),
    ("entry_seal", "entry_id = 1"),
    ("delivery", "delivery_id = 1"),
    ("delivery_event", "delivery_id = 1 AND state = 'posted'"),
    ("receipt", "delivery_id = 1"),
    ("finding", "finding_id = 1"),
    ("slice", "slice_id = 1"),
    ("invoice", "invoice_id = 1"),
    ("invoice_version", "version_id = 1"),
    ("charge", "charge_ref = 1"),
    ("subscription", "subscription_ref = 1"),
    ("combination", "combination_ref = 1"),
    ("decision", "decision_id = 1"),
]


@pytest.mark.parametrize(("table", "where"), DELETIONS)
def test_what_is_deleted_is_missed(quick: Seat, table: str, where: str) -> None:
    desk = world(quick(kind="hledger"))
    unguard(desk.database)
    with deleted(desk.database, f'DELETE FROM "{table}" WHERE {where}'):
        assert not desk.verify().holds
    assert desk.verify().problems == []


def test_a_whole_document_with_all_that_hangs_on_it_is_missed(quick: Seat) -> None:
    desk = world(quick(kind="hledger"))
    unguard(desk.database)
    everything = [
        *(f"DELETE FROM {table} WHERE delivery_id = 1" for table in ("receipt", "delivery_event", "delivery")),
        *(
            f"DELETE FROM {table} WHERE entry_id = 1"
            for table in ("posting_decision", "posting", "entry_seal", "entry")
        ),
        "DELETE FROM finding WHERE version_id = 1",
        *(f"DELETE FROM {each} WHERE version_id = 1" for each in ("preparation", "line")),
        "DELETE FROM invoice_version WHERE version_id = 1",
        "DELETE FROM invoice WHERE invoice_id = 1",
    ]
    with deleted(desk.database, *everything):
        wheres = {problem.where for problem in desk.verify().problems}
    assert {"fetch 1", "ledger hledger"} <= wheres


def _damaged(packed: bytes) -> bytes:
    text = zstandard.decompress(packed)
    return zstandard.compress(text.replace(b"120.00", b"120.01"), 1)


@pytest.mark.parametrize(
    "damage", [_damaged, lambda packed: packed[:-3], lambda packed: b"", lambda packed: packed[:-1] + b"\x00"]
)
def test_a_changed_byte_in_the_raw_bytes_is_found(quick: Seat, damage: Callable[[bytes], bytes]) -> None:
    desk = world(quick())
    unguard(desk.database)
    row = rows(desk.database, tables.slice_)[0]
    packed = row["body"]
    assert isinstance(packed, bytes)
    with changed(desk.database, tables.slice_.c.body, row, damage(packed)):
        proof = desk.verify()
    assert _names(proof, "fetch 1")


def test_a_changed_envelope_is_found(quick: Seat) -> None:
    desk = world(quick())
    unguard(desk.database)
    row = rows(desk.database, tables.fetch)[0]
    packed = row["envelope"]
    assert isinstance(packed, bytes)
    other = zstandard.compress(zstandard.decompress(packed).replace(b"Invoices", b"invoices"))
    for envelope in (other, packed[:-2], b"x"):
        with changed(desk.database, tables.fetch.c.envelope, row, envelope):
            assert [problem.where for problem in desk.verify().problems] == ["fetch 1"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (tables.posting.c.account, "4360"),
        (tables.entry.c.number, "99"),
        (tables.entry_seal.c.fingerprint, "0" * 64),
        (tables.receipt.c.fingerprint, "0" * 64),
        (tables.receipt.c.entry_key, "acme/purchase/x/1/-/invoice/2024-03"),
        (tables.delivery.c.state, "queued"),
        (tables.posting_decision.c.decision_id, 2),
    ],
)
def test_other_changes_to_what_was_posted_are_found(quick: Seat, column: object, value: object) -> None:
    desk = world(quick())
    unguard(desk.database)
    row = rows(desk.database, column.table)[0]  # type: ignore[attr-defined]
    if column is tables.posting_decision.c.decision_id:
        with deleted(
            desk.database, "UPDATE posting_decision SET decision_id = 2 WHERE entry_id = 1 AND posting_no = 1"
        ):
            assert not desk.verify().holds
        return
    with changed(desk.database, column, row, value):  # type: ignore[arg-type]
        assert not desk.verify().holds


def test_a_ledger_file_with_a_changed_cent_is_a_problem_and_the_rest_is_proved(quick: Seat, tmp_path: Path) -> None:
    desk = world(quick(kind="hledger"))
    (file,) = (tmp_path / "ledger").glob("2024-03.*")
    text = file.read_text()
    assert "1341.7" in text
    file.write_text(text.replace("1341.7", "1341.8", 1))
    (problem,) = desk.verify().problems
    assert problem.where == str(file)
    assert "its seal does not fit its content" in problem.message


def test_what_the_ledger_lost_or_has_too_much_is_found(quick: Seat) -> None:
    desk = world(quick())
    held = desk.ledger.entries  # type: ignore[attr-defined]
    key, entry = held.popitem()
    assert [problem.message for problem in desk.verify().problems] == [f"it holds {key} 0 times instead of once"]
    held[key] = entry
    other = invoice("99")
    second = dict(held)
    desk.pull(other, accept_unusual=True, window=None)
    desk.prepare()
    (booked,) = [each for each in desk.entries().values() if each.number == "99"]
    desk.ledger.post_many([booked])
    message = f"it holds {booked.key.text}, of which we have no receipt"
    assert [problem.message for problem in desk.verify().problems] == [message]
    held.pop(booked.key.text)
    assert dict(held) == second
    assert desk.verify().problems == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (tables.decision.c.account, "4360"),
        (tables.decision.c.tax, "NL.P.RED.9"),
        (tables.decision.c.action, "ignore"),
        (tables.decision.c.deferral, "months"),
        (tables.decision.c.body, None),
        (tables.posting.c.account, "4360"),
        (tables.posting.c.minor, None),
        (tables.entry.c.due_date, None),
        (tables.invoice_version.c.booking, b"0" * 32),
        (tables.invoice_version.c.content, b"0" * 32),
        (tables.subscription.c.plan_name, "Another plan"),
        (tables.combination.c.rate, "9"),
        (tables.decided.c.decision_id, 2),
    ],
)
def test_replay_sees_what_was_changed(quick: Seat, column: object, value: object) -> None:
    desk = world(quick())
    unguard(desk.database)
    row = rows(desk.database, column.table)[0]  # type: ignore[attr-defined]
    if column is tables.decision.c.body:
        value = str(row["body"]).replace("7010", "4360")
        assert value != row["body"]
    if column is tables.posting.c.minor:
        with deleted(
            desk.database,
            "UPDATE posting SET minor = minor + 1 WHERE entry_id = 1 AND posting_no = 1",
            "UPDATE posting SET minor = minor - 1 WHERE entry_id = 1 AND posting_no = 2",
        ):
            assert desk.replay().problems
        return
    with changed(desk.database, column, row, value):  # type: ignore[arg-type]
        assert desk.replay().problems
    assert desk.replay().problems == []


def test_replay_books_each_entry_under_its_own_mapping_version(desk: Desk) -> None:
    world(desk)
    desk.mapping = mapping_files(rules=("X030;purchase;Cycle Fee;Microsoft;;;;;;;cost_cloud_usage;;;;",))
    desk.prepare()
    assert len(desk.all(tables.mapping_version)) == 2
    assert desk.replay().problems == []
    assert desk.verify().problems == []
