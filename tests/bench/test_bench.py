"""A machine that loses a cent has no speed: the gate must notice it. Nothing is timed here."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.bench import forms, gate, mapping, margins, ours
from tests.bench.job import Figures, Outcome, compete
from tests.bench.race import Race, Speed
from tests.bench.served import alter, job_for, served, truth
from tests.bench.table import shown, targets

LINES = 200


class Run(msgspec.Struct, frozen=True):
    """A small world, run by ours and by the bare loop."""

    truth: dict[str, Figures]
    kept: Outcome
    books: Path
    by_bare: gate.Accounts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("bench")
    with served(LINES, place / "answers") as url:
        mine, other = job_for(url, place / "ours"), job_for(url, place / "bare")
        ours.set_up(mine)
        outcome = compete("ours", mine)
        assert compete("bare", other).documents == outcome.documents
    return Run(truth(LINES), outcome, place / "ours/books", gate.totals(gate.booked(place / "bare")))


def test_a_sound_run_passes(run: Run) -> None:
    books = gate.booked(run.books)
    assert run.kept.total.lines == LINES
    assert gate.lost_in_store(run.truth, run.kept.documents) == []
    assert gate.lost_in_books(run.truth, books) == []
    assert gate.lost_between(gate.totals(books), run.by_bare) == []


@pytest.mark.needs_hledger
def test_hledger_and_we_choose_the_same_accounts(run: Run) -> None:
    found = mapping.deciding(run.books.parent, rules=(20, 60), hledger_lines=150)
    assert (found.lines, found.hledger_lines > 5, found.differing) == (LINES, True, 0)
    assert [each.rules for each in found.costs] == [20, 60]
    told = "\n".join(mapping.shown(found))
    assert "deciding, 60 rules" in told
    assert "not run" in "\n".join(mapping.shown(msgspec.structs.replace(found, hledger=None)))


@pytest.mark.parametrize("field", ["lines", "net", "vat"])
def test_one_off_in_the_store_is_noticed(run: Run, field: str) -> None:
    number, figures = next(iter(run.kept.documents.items()))
    wrong = msgspec.structs.replace(figures, **{field: getattr(figures, field) + 1})
    (lost,) = gate.lost_in_store(run.truth, {**run.kept.documents, number: wrong})
    assert lost.startswith(f"{number}: ")


def test_a_missing_document_is_noticed(run: Run) -> None:
    number = min(run.truth)
    kept = {each: figures for each, figures in run.kept.documents.items() if each != number}
    assert gate.lost_in_store(run.truth, kept) == [
        f"{number}: there are {gate._shown(run.truth[number])}, kept are none"
    ]
    books = {each: accounts for each, accounts in gate.booked(run.books).items() if each != number}
    assert len(gate.lost_in_books(run.truth, books)) == 1


@pytest.mark.parametrize("account", ["expenses:7010", gate.VAT, gate.CREDITOR])
def test_a_cent_lost_in_the_journal_is_noticed(run: Run, tmp_path: Path, account: str) -> None:
    books = shutil.copytree(run.books, tmp_path / "books")
    journal = next(path for path in sorted(books.rglob("2*.journal")) if account in path.read_text("utf-8"))
    posting = re.compile(rf"( {account} .*EUR -?\d+\.\d)(\d)$", re.MULTILINE)
    text, changed = posting.subn(lambda found: f"{found[1]}{(int(found[2]) + 1) % 10}", journal.read_text("utf-8"), 1)
    journal.write_text(text, encoding="utf-8")
    assert changed == 1
    assert len(gate.lost_in_books(run.truth, gate.booked(books))) == 1


def test_a_cent_on_another_account_is_noticed(run: Run) -> None:
    total = gate.totals(gate.booked(run.books))
    total["expenses:7010"] -= 1
    total["expenses:7020"] = total.get("expenses:7020", 0) + 1
    lost = gate.lost_between(total, run.by_bare)
    assert [each.split(":")[1] for each in lost] == ["7010", "7020"]


def test_a_posting_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "2024-01.journal").write_text("2024-01-31 * (1) x\n    income  EUR 1,00\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no posting we know"):
        gate.booked(tmp_path)


def test_altered_answers_keep_their_length(tmp_path: Path) -> None:
    answer = tmp_path / "a.json"
    answer.write_bytes(b'{"ExtendedPrice":12.50},{"ExtendedPrice":-3},{"ExtendedPrice":40},{"ExtendedPrice":5}')
    assert alter(tmp_path, 1) == 1
    assert (
        answer.read_bytes() == b'{"ExtendedPrice":22.50},{"ExtendedPrice":-3},{"ExtendedPrice":40},{"ExtendedPrice":5}'
    )


def test_a_closed_gate_shows_no_speed() -> None:
    assert "speed is 0" in "\n".join(shown(Race(lines=10, lost=("9240310001: a cent",))))


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_margins_of_both_sides_meet_to_the_cent(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgres_url") if database == "PostgreSQL" else ""
    found = margins.margins(LINES, tmp_path / "margins", server)
    assert found.database == database
    assert found.summed.total["rows"] == LINES
    told = "\n".join(margins.shown(found, found))
    assert "margins against loading" in told
    assert "more memory than 200 lines" in told


def test_both_forms_of_the_older_api_say_the_same(tmp_path: Path) -> None:
    told = "\n".join(forms.shown(forms.forms(tmp_path, LINES)))
    assert "XML against JSON, pulled" in told


def test_verdicts() -> None:
    def speed(seconds: float) -> Speed:
        return Speed(lines=100, seconds=seconds, cpu=seconds, peak_mb=251, runs=1)

    speeds = {"ours": speed(1), "load_dlt": speed(5), "bare": speed(0.6), "unchanged": speed(0.21)}
    found = [(each.wanted, each.verdict) for each in targets(Race(lines=100, speeds=speeds, status=0.4))]
    assert found == [
        (5, "met"), (0.5, "met"), (0.75, "missed (a goal)"), (5, "MISSED"), (250, "MISSED"), (0.5, "met"),
    ]  # fmt: skip
