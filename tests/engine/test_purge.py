"""A purge: whole years go at the end of their legal period, and what stays still adds up and is known again."""

from __future__ import annotations

import datetime

import msgspec
import pytest
import zstandard
from sqlalchemy import text

from connector.app.compared import with_compared
from connector.domain.invoice import Direction, InvoiceKey
from connector.domain.retention import Purge
from connector.engine import retention
from connector.engine.approval import approve
from connector.engine.printed import enter, on_paper
from connector.engine.purge import Order, planned, purge
from connector.errors import BusyError, RetentionError
from connector.source.base import Endpoint, Window
from connector.store import purges, tables
from connector.store.database import Database
from tests.engine import test_consolidated as consolidated
from tests.engine import test_corrections as corrections
from tests.engine import test_tie_out as tie_out
from tests.engine.conftest import Seat
from tests.engine.desk import Desk
from tests.engine.paper import Json, body, customer, invoice, line
from tests.engine.tampering import changed, one_cent_more, rows, unguard

NOW = datetime.datetime(2026, 11, 27, 9, 0, tzinfo=datetime.UTC)
LONG_AGO, LATER, LAST = datetime.date(2016, 3, 20), datetime.date(2018, 5, 4), datetime.date(2026, 3, 20)
OF_PURGES = {"purge", "purged_document", "purged_entry", "purged_rows", "purged_slice"}


def _window(day: datetime.date) -> Window:
    return Window(start=day.replace(day=1), end=day.replace(day=28))


def old(*, second: str = "") -> list[Json]:
    """Two purchases of long ago; the first in a second version where ``second`` is its net amount."""
    return [
        invoice("1", line(second or "100.00", row_hash="a1"), line("-11.115", kind="Correction"), date=LONG_AGO),
        invoice("2", line("10.00"), date=LATER),
    ]


def new() -> list[Json]:
    return [invoice("9", line("7.77"), date=LAST)]


def sold(number: str, day: datetime.date) -> Json:
    return invoice(number, customers=[customer("A-1", [line("9.99", vat="0", rate="0")])], date=day)


def fill(desk: Desk) -> Desk:
    """Documents of 2016, 2018 and 2026, all posted or ignored, of two versions where that can be."""
    desk.now = NOW
    desk.pull(*old(second="99.00"), window=_window(LONG_AGO))
    desk.pull(*old(), *new(), window=None)
    for number, day in (("7", LONG_AGO), ("8", LAST)):
        desk.pull(sold(number, day), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS, window=_window(day))
    desk.post()
    assert set(desk.states().values()) == {"posted", "ignored"}
    return desk


@pytest.fixture
def everywhere(seat: Seat) -> Desk:
    """Such a desk on each kind of database."""
    return fill(seat(kind="hledger", today=NOW.date()))


@pytest.fixture
def aged(quick: Seat) -> Desk:
    """The same on SQLite alone, where the database makes no difference."""
    return fill(quick(kind="hledger", today=NOW.date()))


def removed(desk: Desk, until: int = 2018, **more: int) -> Purge:
    order = Order(until=until, years_kept=more.get("years_kept", 7), actor="jansen", reason="the period is over")
    made = purge(desk.place, desk.books, order, desk.dialect)
    assert made is not None
    return made


def test_a_purge_takes_what_is_over_and_leaves_what_is_not(everywhere: Desk) -> None:
    before, untouched = everywhere.verify(), everywhere.standings()
    made = removed(everywhere)
    assert (made.documents, made.lines) == (3, 4)
    assert made.net_minor == 10000 - 1112 + 1000 + 999
    assert set(everywhere.standings()) == {"9", "8/A-1"}
    assert everywhere.standings()["9"].version_id == untouched["9"].version_id
    proof = everywhere.verify()
    assert proof.problems == []
    assert proof.holds
    sums = {(each.direction, each.period): each.sums for each in proof.equations}
    assert {key: each["source"] for key, each in sums.items()} == {
        (each.direction, each.period): each.sums["source"] for each in before.equations
    }
    assert sums["purchase", "2016-03"]["purged"] == (2, 10000 - 1112)
    assert "purged" not in sums["purchase", "2026-03"]
    assert everywhere.replay().problems == []


def test_nothing_of_what_went_is_left_in_any_table(aged: Desk) -> None:
    made = removed(aged)
    assert [each.document_date.year for each in aged.all(tables.purged_document)] == [2016, 2018, 2016]
    left = aged.rows()
    assert (left["invoice"], left["invoice_version"], left["line"]) == (5, 2, 2)
    assert (left["entry"], left["delivery"], left["receipt"], left["entry_seal"]) == (1, 1, 1, 1)
    assert left["purge_open"] == 0
    assert len(aged.all(tables.slice_)) == 2
    assert {each.purge_id for each in aged.all(tables.purged_slice)} == {made.purge_id}
    went = {each.table_name: each.rows for each in aged.all(tables.purged_rows)}
    assert (went["invoice_version"], went["line"], went["receipt"]) == (4, 6, 2)


def test_no_name_of_what_went_is_left_anywhere(seat: Seat) -> None:
    desk = seat(kind="hledger", today=NOW.date())
    desk.now = NOW
    gone = invoice("1", customers=[customer("G-1", [line("5.00")], CompanyName="Vanderbilt")], date=LONG_AGO)
    desk.pull(gone, *new(), window=None)
    desk.pull(msgspec.json.decode(msgspec.json.encode(gone)) | {"Unknown": "Vanderbilt"}, *new(), window=None)
    desk.post()
    assert "Vanderbilt" in everything(desk)
    removed(desk)
    assert "Vanderbilt" not in everything(desk)
    assert desk.verify().problems == []


def everything(desk: Desk) -> str:
    """Every text and every byte that the database holds, unpacked."""
    found = []
    for table in tables.metadata.sorted_tables:
        for row in desk.all(table):
            for value in row:
                packed = isinstance(value, bytes) and value.startswith(b"\x28\xb5\x2f\xfd")
                found.append(f"{table.name}: {zstandard.decompress(value) if packed else value!r}")
    return "\n".join(found)


def test_numbers_of_what_went_are_given_to_nothing_else(aged: Desk) -> None:
    highest = {each.entry_id for each in aged.all(tables.entry)}
    aged.now = NOW.replace(year=2040)
    aged.place = aged.place.__class__(database=aged.database, clock=lambda: aged.now, today=datetime.date(2040, 1, 1))
    removed(aged, until=2026)
    assert aged.all(tables.entry) == []
    aged.pull(invoice("10", line("3.00"), date=datetime.date(2039, 12, 1)), window=None)
    aged.post()
    assert min(each.entry_id for each in aged.all(tables.entry)) > max(highest)
    assert aged.verify().problems == []


def test_what_was_purged_and_comes_again_is_neither_kept_nor_booked(aged: Desk) -> None:
    removed(aged)
    posted, slices = aged.rows()["entry"], aged.rows()["slice"]
    again = [
        aged.pull(*old(), invoice("1", line("55.00"), date=LONG_AGO), window=_window(LONG_AGO)),  # and one changed
        aged.pull(*old(second="98.00"), *new(), window=None),
        aged.pull(sold("7", LONG_AGO), endpoint=Endpoint.CUSTOMER_SPECIFICATIONS, window=_window(LONG_AGO)),
        aged.pull(*old(), window=_window(LONG_AGO), show_detail=True),
    ]
    assert [(each.new, each.changed, each.vanished, each.returned) for each in again] == [(0, 0, 0, 0)] * 4
    assert [each.purged for each in again] == [3, 2, 1, 0]
    assert aged.prepare().held == 0
    assert aged.post().posted == 0
    assert (aged.rows()["entry"], aged.rows()["slice"]) == (posted, slices)
    assert aged.verify().problems == []
    assert aged.replay().problems == []
    with pytest.raises(AssertionError):
        removed(aged)  # there is nothing to remove any more


def test_a_month_that_no_longer_gives_what_was_purged_loses_nothing(aged: Desk) -> None:
    removed(aged)
    report = aged.pull(invoice("1", line("1.00"), date=LONG_AGO), window=_window(LONG_AGO), accept_unusual=True)
    assert report.vanished == 0


def test_what_the_ledger_holds_of_purged_documents_is_expected(quick: Seat) -> None:
    desk = fill(quick(kind="memory", today=NOW.date()))
    before = desk.reconcile()
    removed(desk)
    after = desk.reconcile()
    assert after.deviations == before.deviations == []
    assert after.sums == before.sums
    assert desk.verify().problems == []


def test_a_cent_in_what_is_kept_of_a_purge_is_found(aged: Desk) -> None:
    removed(aged)
    unguard(aged.database)
    tried = 0
    watched = {"lines", "reason", "fingerprint", "rows", "document_date", "entry_key"}
    for name in sorted(OF_PURGES):
        table = tables.metadata.tables[name]
        for column in (each for each in table.columns if each.name.endswith("minor") or each.name in watched):
            every = rows(aged.database, table)
            for row in every if column.name.endswith("minor") else every[-1:]:
                with changed(aged.database, column, row, _other(row[column.name])):
                    assert not aged.verify(ledger=False).holds, f"{column} of {row}"
                tried += 1
    assert tried > 10
    assert aged.verify().problems == []


def test_a_year_within_its_period_is_refused_and_named(aged: Desk) -> None:
    before = aged.rows()
    with pytest.raises(RetentionError, match=r"what belongs to 2019 is kept until 2026-12-31 .*last year .* is 2018"):
        removed(aged, until=2019)
    with pytest.raises(RetentionError, match="kept until 2028-12-31"):
        removed(aged, until=2018, years_kept=10)
    assert aged.rows() == before


def test_what_is_not_finished_stays_with_all_years_after_it(quick: Seat) -> None:
    desk = quick(kind="hledger", today=NOW.date(), auto_post="off")
    desk.now = NOW
    desk.pull(*old(), invoice("3", line("5.00", kind="Odd Fee"), date=datetime.date(2015, 1, 1)), window=None)
    desk.prepare()
    approve(desk.place, desk.books, [each.entry_id for each in desk.deliveries()][:1], actor="jansen")
    desk.deliver()
    before = desk.rows()
    for until in (2015, 2016, 2018):
        with pytest.raises(RetentionError, match=r"purchase 3 \(held\)"):
            removed(desk, until=until)
    with pytest.raises(RetentionError, match=r"purchase 3 \(held\), purchase 2 \(ready\)"):
        removed(desk)
    assert desk.rows() == before
    seen = retention.overview(desk.place, desk.books, 7)
    assert [(each.year, each.unfinished) for each in seen.years] == [(2015, 1), (2016, 0), (2018, 1)]
    assert seen.ready is None


def test_a_run_at_work_is_left_alone(aged: Desk) -> None:
    with aged.database.lock("acme"), Database(_url(aged.database)) as other:
        aged.use(other)
        with pytest.raises(BusyError):
            removed(aged)


def test_the_overview_tells_years_bytes_and_purges(aged: Desk) -> None:
    seen = retention.overview(aged.place, aged.books, 7)
    told = [(each.year, each.over, each.documents, each.lines, each.purchase, each.sale) for each in seen.years]
    assert told == [(2016, True, 2, 3, 8888, 999), (2018, True, 1, 1, 1000, 0), (2026, False, 2, 2, 777, 999)]
    assert all(each.bytes > 100 for each in seen.years)
    assert (seen.ready, seen.purges) == (2018, ())
    order = Order(until=2016, years_kept=7, actor="jansen", reason="over")
    assert [each.year for each in planned(aged.place, aged.books, order, aged.dialect).years] == [2016]
    made = removed(aged, until=2016)
    after = retention.overview(aged.place, aged.books, 7)
    assert [(each.year, each.documents, each.purged) for each in after.years] == [
        (2016, 0, 2),
        (2018, 1, 0),
        (2026, 2, 0),
    ]
    assert (after.years[0].bytes, after.purges) == (0, (made,))


def _other(value: object) -> object:
    """Another value of the same kind; of numbers the next."""
    if isinstance(value, datetime.date):
        return value + datetime.timedelta(days=1)
    return f"x{value[1:]}" if isinstance(value, str) else one_cent_more(value)


def _url(database: Database) -> str:
    return database._url.render_as_string(hide_password=False)


def test_words_of_people_that_went_leave_no_gap(aged: Desk) -> None:
    for number, day in (("20", LATER), ("21", LAST), ("22", LAST)):
        aged.pull(invoice(number, line("4.00", row_hash=number), date=day), window=None)
        (there,) = on_paper(aged.place, aged.books, number)
        enter(aged.place, aged.books, there, 484, actor="jansen")
    aged.set(paper="none")
    aged.post()
    removed(aged)
    assert [each.printed_total_id for each in aged.all(tables.printed_total)] == [2, 3]
    assert aged.verify().problems == []
    unguard(aged.database)
    with aged.database.transaction() as connection:
        connection.execute(text("DELETE FROM printed_total WHERE printed_total_id = 2"))
    assert [each.where for each in aged.verify().problems] == ["printed total 3"]


def test_corrections_papers_details_and_consolidated_invoices_go_as_well(seat: Seat) -> None:
    desk = seat(kind="memory", on_change="delta", today=datetime.date(2032, 1, 2))
    desk.pull(corrections.before())
    tie_out.add(desk, tie_out.paper(net=3000, vat=630, gross=3630))
    tie_out.add(desk, tie_out.paper("of nobody"))
    desk.pull(corrections.before(), show_detail=True)
    desk.post()
    desk.pull(corrections.after(), invoice("2", line("5.00"), line("-1.00", kind="Correction"), Unknown="x"))
    desk.post()
    desk.pull(invoice("2", line("5.00"), line("-1.50", kind="Correction"), line("0.50")), show_detail=True)
    first = consolidated.matched("1", Contact="Vanderbilt")
    consolidated.came(desk, body([first, consolidated.matched("9", date=LAST)]))
    assert set(desk.states().values()) == {"posted"}
    there, before = desk.rows(), desk.reconcile()
    assert min(there[name] for name in ("taken_back", "detail", "paper", "drift")) > 0
    assert len(desk.entries()) == 3
    order = Order(until=2024, years_kept=7, actor="x", reason="y")
    made = purge(desk.place, desk.books, order, with_compared(desk.dialect))
    assert made is not None
    left = desk.rows()
    gone = ("invoice_version", "entry", "posting", "posting_decision", "taken_back", "delivery", "receipt", "detail")
    texts = ("line", "finding", "preparation", "combination", "subscription", "charge", "decision", "decided")
    assert {name: left[name] for name in (*gone, *texts) if left[name]} == {}
    assert (left["paper"], left["slice"], left["purged_entry"]) == (1, 1, 3)  # of nobody; and of 2026
    assert [each.number for each in consolidated.found(desk)] == ["9"]
    assert "Vanderbilt" not in everything(desk)
    assert "Contact" in everything(desk)
    after = desk.reconcile()
    assert (after.sums, after.deviations) == (before.sums, [])
    again = consolidated.came(desk, body([first, consolidated.matched("9", date=LAST)]))
    assert [each.invoices for each in again.windows] == [2]
    desk.pull(corrections.after(), window=None, accept_unusual=True)
    assert desk.rows()["slice"] == 1
    assert desk.verify().problems == []
    assert desk.replay().problems == []


def test_of_a_slice_that_is_still_needed_only_what_is_over_goes(quick: Seat) -> None:
    desk = quick(kind="hledger", today=NOW.date())
    desk.now = NOW
    lines = {each: [line("9.99", vat="0", rate="0")] for each in ("A-1", "B-2")}
    both = invoice("7", customers=[customer(each, made) for each, made in lines.items()], date=LONG_AGO)
    later = invoice("7", customers=[customer("B-2", [line("8.00", vat="0", rate="0")])], date=LAST)
    for each in (both, later):
        desk.pull(each, endpoint=Endpoint.CUSTOMER_SPECIFICATIONS, window=None)
    desk.post()
    removed(desk)
    assert list(desk.states()) == ["7/B-2"]
    assert desk.rows()["slice"] == 2  # the first version of B-2 lies in the slice of both
    again = desk.pull(both, endpoint=Endpoint.CUSTOMER_SPECIFICATIONS, window=None)
    assert (again.new, again.changed) == (0, 1)
    assert list(desk.states()) == ["7/B-2"]
    assert desk.verify().problems == []
    assert desk.replay().problems == []


def test_a_purged_document_is_known_from_another_list_too(quick: Seat) -> None:
    desk = fill(quick(kind="hledger", today=NOW.date()))
    issuer = desk.all(tables.invoice)[0].issuer
    key = InvoiceKey(direction=Direction.PURCHASE, source="another", issuer=issuer, number="1", customer="")
    others = (msgspec.structs.replace(key, issuer="other"), msgspec.structs.replace(key, direction=Direction.SALE))
    removed(desk)
    with desk.database.reading() as connection:
        assert list(purges.known(connection, desk.books.id, [key, *others])) == [key]
