"""The three file formats: readable goldens, programs that accept them, and nothing lost on the way back."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.delivery import DeliveryState
from connector.domain.journal import JournalEntry, balances
from connector.domain.money import from_minor
from connector.ledgers.journal_csv import COLUMNS, cell, plain
from connector.ledgers.plaintext import PlainTextFiles
from tests.ledgers.opening import by_key, fingerprints, held, month_file, opened_files
from tests.ledgers.regenerate import BOOKS, GOLDEN, KINDS, write_books
from tests.ledgers.worked import NL_CHART, NL_ENTRIES, PARTY, entry, hostile_entries, posting, simple

Balances = dict[str, Decimal]
PLAIN_TEXT = ("hledger", "beancount")


def program(*command: str | Path) -> str:
    """What a program prints; its complaints are the failure's text."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def bean_loaded(main: Path) -> list[Any]:
    """The transactions that beancount reads; its complaints are the failure's text."""
    entries, errors, _ = loader.load_file(str(main))
    assert not errors, errors
    return [one for one in entries if isinstance(one, data.Transaction)]


def nonzero(pairs: Iterable[tuple[str, Decimal]]) -> Balances:
    totals: Balances = defaultdict(Decimal)
    for account, figure in pairs:
        totals[account] += figure
    return {account: total for account, total in totals.items() if total}


def bean_balances(main: Path) -> Balances:
    postings = (posting for one in bean_loaded(main) for posting in one.postings)
    return nonzero((posting.account, posting.units.number) for posting in postings)


def hledger_balances(main: Path) -> Balances:
    rows = csv.reader(io.StringIO(program("hledger", "-f", main, "bal", "--flat", "-N", "-O", "csv")))
    return nonzero((account, Decimal(figure.removeprefix("EUR "))) for account, figure in list(rows)[1:])


def ledger_balances(main: Path) -> Balances:
    form = "%(account)\t%(quantity(amount))\n"
    told = program("ledger", "--args-only", "--pedantic", "-f", main, "reg", "--format", form)
    return nonzero((account, Decimal(figure)) for account, figure in (line.split("\t") for line in told.splitlines()))


def our_balances(entries: Sequence[JournalEntry], names: Mapping[str, str]) -> Balances:
    pairs = ((names[code], from_minor(minor)) for one in entries for code, minor in balances(one).items())
    return nonzero(pairs)


def names_in(ledger: PlainTextFiles) -> dict[str, str]:
    return {code: ledger.account(code) for code in ledger.accounts.accounts}


def plain_text(
    kind: str, folder: Path, entries: Sequence[JournalEntry], chart: ChartOfAccounts = NL_CHART
) -> PlainTextFiles:
    """A ledger that holds ``entries``."""
    ledger = opened_files(kind, folder, chart=chart)
    assert isinstance(ledger, PlainTextFiles)
    answers = ledger.post_many(entries)
    assert all(answer.state is DeliveryState.POSTED for answer in answers), answers
    return ledger


# -- goldens


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("book", BOOKS)
def test_goldens(book: str, kind: str, tmp_path: Path) -> None:
    golden = {path.name: path.read_bytes() for path in sorted((GOLDEN / book / kind).iterdir())}
    assert write_books(book, kind, tmp_path) == golden, "see tests/ledgers/regenerate.py"


# -- programs of others


@pytest.mark.needs_hledger
@pytest.mark.parametrize("book", BOOKS)
def test_hledger_accepts_the_goldens(book: str) -> None:
    program("hledger", "-f", GOLDEN / book / "hledger" / "main.journal", "check", "--strict")


@pytest.mark.needs_ledger
@pytest.mark.parametrize("book", BOOKS)
def test_ledger_accepts_the_goldens(book: str) -> None:
    assert ledger_balances(GOLDEN / book / "hledger" / "main.journal")


@pytest.mark.parametrize("book", BOOKS)
def test_beancount_accepts_the_goldens(book: str) -> None:
    assert bean_loaded(GOLDEN / book / "beancount" / "main.beancount")


def many_entries() -> list[JournalEntry]:
    more = [simple(str(n), 7 * n - 600, date=datetime.date(2025 + n % 3, 1 + n % 12, 1 + n % 28)) for n in range(200)]
    return [*NL_ENTRIES, *more]


@pytest.mark.needs_hledger
@pytest.mark.needs_ledger
def test_three_programs_agree_with_us_to_the_cent(tmp_path: Path) -> None:
    entries = many_entries()
    hledger = plain_text("hledger", tmp_path / "hledger", entries)
    beancount = plain_text("beancount", tmp_path / "beancount", entries)

    program("hledger", "-f", hledger.main, "check", "--strict")
    ours = our_balances(entries, names_in(hledger))
    assert len(ours) == len(NL_CHART.accounts)
    assert hledger_balances(hledger.main) == ours
    assert ledger_balances(hledger.main) == ours
    assert bean_balances(beancount.main) == our_balances(entries, names_in(beancount))


HOSTILE_CHART = ChartOfAccounts(
    accounts=NL_CHART.accounts
    | {
        code: Account(code=code, name=name, type=AccountType.EXPENSE)
        for code, name in (
            ("a100", "lower case"),
            ("A100", "upper case"),
            ("70.10", "point; comment : sub  two spaces"),
            ("70-10", "hyphen (x) [y] \n2026-01-01 * z"),
            ("70 10", 'Créditeurs étrangers 漢字 😀 "q" \\'),
            ("7010;1", ""),
            ("7010:1", "x" * 300),
            ("=1", "=1+1"),
            ("é", "é"),
            ("%41", "percent"),
        )
    },
    roles={},
)


def hostile_books() -> list[JournalEntry]:
    codes = sorted(HOSTILE_CHART.accounts.keys() - {"1600"})
    wide = entry("wide", [*(posting(code, 100) for code in codes), posting("1600", -100 * len(codes), PARTY)])
    return [one for one in hostile_entries() if len(one.key.text) <= 1000] + [wide]


@pytest.mark.needs_hledger
@pytest.mark.needs_ledger
def test_hostile_texts_and_accounts_in_hledger_and_ledger(tmp_path: Path) -> None:
    entries = hostile_books()
    ledger = plain_text("hledger", tmp_path, entries, HOSTILE_CHART)
    ours = our_balances(entries, names_in(ledger))
    assert len(ours) == len({code for one in entries for code in balances(one)})

    program("hledger", "-f", ledger.main, "check", "--strict")
    assert hledger_balances(ledger.main) == ours
    assert ledger_balances(ledger.main) == ours

    told = json.loads(program("hledger", "-f", ledger.main, "print", "-O", "json"))
    assert {dict(one["ttags"])["connector-key"]: dict(one["ttags"])["connector-fingerprint"] for one in told} == by_key(
        entries
    )
    assert {one["tdate"] for one in told} == {"2026-12-23"}
    assert not [
        posted for one in told for posted in one["tpostings"] if posted["pdate"] or posted["ptype"] != "RegularPosting"
    ]
    values = {dict(p["ptags"])["dim-x"] for one in told for p in one["tpostings"] if "dim-x" in dict(p["ptags"])}
    expected = {dict(p.dimensions)["x"] for one in entries for p in one.postings if p.dimensions}
    assert {unquote(value) for value in values if len(value) < 400} == {value for value in expected if len(value) < 400}


def test_hostile_texts_and_accounts_in_beancount(tmp_path: Path) -> None:
    entries = hostile_books()
    ledger = plain_text("beancount", tmp_path, entries, HOSTILE_CHART)
    loaded = bean_loaded(ledger.main)
    assert {one.meta["connector-key"]: one.meta["connector-fingerprint"] for one in loaded} == by_key(entries)
    ours = our_balances(entries, names_in(ledger))
    assert len(ours) == len({code for one in entries for code in balances(one)})
    assert bean_balances(ledger.main) == ours
    assert not re.search(r"^\s*plugin", month_file("beancount", tmp_path).read_text(encoding="utf-8"), re.MULTILINE)


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_no_cell_of_a_table_is_a_formula(tmp_path: Path) -> None:
    entries = hostile_books()
    ledger = opened_files("journal_csv", tmp_path, chart=HOSTILE_CHART)
    ledger.post_many(entries)
    rows = csv_rows(month_file("journal_csv", tmp_path))
    seal = rows.pop()
    assert (seal["key"], seal["posting"]) == ("seal", str(len(entries)))
    assert all(tuple(row) == COLUMNS for row in rows)
    numbers = {"total", "debit", "credit", "tax_base"}
    texts = {text for row in rows for column, text in row.items() if column not in numbers}
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {plain(row["key"]) for row in rows} == {one.key.text for one in entries}
    assert {unquote(plain(row["number"])) for row in rows} == {one.number for one in entries}
    assert {plain(row["account"]) for row in rows} == {code for one in entries for code in balances(one)}
    net = sum((Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0) for row in rows), Decimal(0))
    assert net == 0


@given(st.text())
@example("'=x")
def test_cells_come_back_as_they_were(text: str) -> None:
    assert plain(cell(text)) == text


# -- any balanced entry

amounts = st.integers(min_value=-(10**12), max_value=10**12)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
accounts = st.sampled_from(sorted(NL_CHART.accounts))
dates = st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 3, 31))


@st.composite
def balanced(draw: st.DrawFn) -> JournalEntry:
    figures = draw(st.lists(amounts, min_size=1, max_size=6))
    lines = [
        posting(
            draw(accounts),
            minor,
            tax=draw(words),
            text=draw(words),
            dimensions=tuple(sorted(draw(st.dictionaries(words, words, max_size=2)).items())),
            deferral=draw(words),
            base=draw(amounts),
        )
        for minor in figures
    ]
    return entry(
        draw(words),
        [*lines, posting("1600", -sum(figures), PARTY)],
        date=draw(dates),
        due=draw(st.none() | dates),
        party=draw(words),
        text=draw(words),
        document_date=draw(dates),
    )


def distinct(entries: list[JournalEntry]) -> list[JournalEntry]:
    return list({one.key: one for one in entries}.values())


journals = st.lists(balanced(), min_size=1, max_size=6).map(distinct)


@settings(max_examples=60)
@given(journals)
def test_beancount_reads_back_what_was_posted(entries: list[JournalEntry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = plain_text("beancount", Path(folder), entries)
        names = names_in(ledger)
        loaded = {one.meta["connector-key"]: one for one in bean_loaded(ledger.main)}
        assert loaded.keys() == by_key(entries).keys()
        for one in entries:
            read = loaded[one.key.text]
            assert read.date == one.date
            assert read.meta["connector-fingerprint"] == one.fingerprint
            assert read.meta["connector-total"] == from_minor(one.total_minor)
            assert read.meta.get("due") == one.due
            assert [(p.account, p.units.number) for p in read.postings] == [
                (names[p.account], from_minor(p.minor)) for p in one.postings
            ]
            assert [unquote(p.meta.get("tax", "")) for p in read.postings] == [p.tax for p in one.postings]


POSTING_LINE = re.compile(r"^    (\S.*?) {2,}EUR (-?\d+\.\d\d)$", re.MULTILINE)


@settings(max_examples=20)
@given(journals)
def test_our_own_reading_gives_back_what_was_posted(entries: list[JournalEntry]) -> None:
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            ledger = opened_files(kind, Path(folder))
            ledger.post_many(entries)
            again = opened_files(kind, Path(folder))
            assert fingerprints(again, [one.key for one in entries]) == by_key(entries)
            assert {(one.key, one.date, one.total_minor) for one in held(again)} == {
                (one.key.text, one.date, one.total_minor) for one in entries
            }
            lines = [line for path in sorted(Path(folder).glob("2026-*")) for line in amounts_in(kind, path)]
            assert sorted(lines) == sorted(p.minor for one in entries for p in one.postings)


def amounts_in(kind: str, path: Path) -> list[int]:
    """The amounts of a month file, read with as little as possible."""
    text = path.read_bytes().decode("utf-8-sig")
    if kind == "journal_csv":
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))[:-1]
        return [cents(row["debit"] or "0") - cents(row["credit"] or "0") for row in rows]
    pattern = POSTING_LINE if kind == "hledger" else re.compile(r"^  [A-Z]\S+ +(-?\d+\.\d\d) EUR$", re.MULTILINE)
    return [cents(match[match.lastindex or 0]) for match in pattern.finditer(text)]


def cents(figure: str) -> int:
    return int(Decimal(figure).scaleb(2))


@settings(max_examples=25)
@given(journals)
@pytest.mark.needs_hledger
def test_hledger_reads_back_what_was_posted(entries: list[JournalEntry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = plain_text("hledger", Path(folder), entries)
        program("hledger", "-f", ledger.main, "check", "--strict")
        assert hledger_balances(ledger.main) == our_balances(entries, names_in(ledger))


@settings(max_examples=25)
@given(journals)
@pytest.mark.needs_ledger
def test_ledger_reads_back_what_was_posted(entries: list[JournalEntry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = plain_text("hledger", Path(folder), entries)
        assert ledger_balances(ledger.main) == our_balances(entries, names_in(ledger))


def test_accounts_that_differ_keep_names_that_differ(tmp_path: Path) -> None:
    for kind in PLAIN_TEXT:
        names = names_in(plain_text(kind, tmp_path / kind, [simple("1")], HOSTILE_CHART))
        assert len(set(names.values())) == len(HOSTILE_CHART.accounts)
