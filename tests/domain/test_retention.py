"""How long documents are kept, and the hash of what stays of them."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from connector.domain.retention import (
    LEGAL_PERIODS,
    Purge,
    PurgedDocument,
    PurgedEntry,
    PurgedRows,
    PurgeHash,
    end_of,
    hash_of_versions,
    last_year_over,
    years_kept,
)

PURGE = Purge(
    purge_id=1, until=2016, actor="jansen", reason="over", at=datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
    documents=1, lines=2, net_minor=3, vat_minor=4,
)  # fmt: skip
DOCUMENT = PurgedDocument(
    invoice_id=1, document_date=datetime.date(2016, 3, 1), state="posted", versions=1, lines=2, net_minor=3,
    vat_minor=4, currency="EUR", hash=bytes(32),
)  # fmt: skip
ENTRY = PurgedEntry(entry_no=1, invoice_id=1, ledger="hledger", entry_key="a/b", fingerprint="f", total_minor=7)
ROWS = PurgedRows(table_name="line", rows=2, highest=0)


@pytest.mark.parametrize(("country", "years"), [("NL", 7), ("BE", 10), ("DE", 8), ("LU", 10), ("XX", 10)])
def test_the_law_of_a_country(country: str, years: int) -> None:
    assert years_kept(country) == years
    assert country not in LEGAL_PERIODS or LEGAL_PERIODS[country].rule


def test_a_period_is_over_with_the_year_and_not_a_day_before() -> None:
    days = [datetime.date(2025, 12, 31), datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)]
    assert [last_year_over(day, 7) for day in days] == [2017, 2018, 2018]


def test_answers_of_a_year_end_with_it() -> None:
    assert end_of(2018) == datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)


def test_the_hash_of_a_purge_covers_every_word_and_cent() -> None:
    def digest(purge: Purge = PURGE, *taken: PurgedDocument | PurgedEntry | PurgedRows) -> bytes:
        made = PurgeHash(purge)
        for each in taken or (DOCUMENT, ENTRY, ROWS):
            made.take(each)
        return made.digest

    others = {"until": 2017, "actor": "x", "reason": "x", "documents": 2, "lines": 3, "net_minor": 4, "vat_minor": 5}
    seen = [digest(), digest(PURGE, ENTRY, DOCUMENT, ROWS), digest(PURGE, DOCUMENT, ENTRY)]
    seen += [digest(msgspec.structs.replace(PURGE, **{name: value})) for name, value in others.items()]
    seen += [digest(PURGE, msgspec.structs.replace(DOCUMENT, net_minor=4), ENTRY, ROWS)]
    seen += [digest(PURGE, DOCUMENT, msgspec.structs.replace(ENTRY, total_minor=8), ROWS)]
    assert len(set(seen)) == len(seen)


def test_the_hash_of_a_document_covers_its_versions_in_their_order() -> None:
    one, two = (b"1" * 32, b"a" * 32), (b"2" * 32, b"b" * 32)
    assert len({hash_of_versions(each) for each in ([one], [two], [one, two], [two, one])}) == 4
