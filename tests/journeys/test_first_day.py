"""The first day: from an empty folder to a ledger, every command on the way, on both databases."""

from __future__ import annotations

import re
import subprocess
from decimal import Decimal

import pytest

from connector.sandbox import RESELLER_NL, Sandbox
from tests.journeys.office import Office, posted

EVERY_COMMAND = (
    ("pull",), ("sync", "--dry-run"), ("sync",), ("status", "--all"), ("verify",), ("replay",), ("doctor",),
    ("doctor", "--offline"), ("invoices", "list"), ("invoices", "list", "--state", "held", "--direction", "purchase"),
    ("findings",), ("findings", "--severity", "hold"), ("findings", "--code", "COST-WITHOUT-SALE"), ("entries", "list"),
    ("entries", "list", "--state", "ready", "--period", "2024-12"), ("entries", "show", "1"),
    ("entries", "approve", "--all", "--yes", "--dry-run"), ("entries", "reject", "1", "--reason", "x", "--dry-run"),
    ("entries", "approve", "--all", "--yes"), ("deliveries",), ("deliveries", "--state", "queued"),
    ("deliveries", "show", "1"), ("backfill", "2024-12", "2024-12"), ("db", "check"), ("db", "upgrade"),
)  # fmt: skip


def test_from_init_to_a_ledger_that_adds_up(sandbox: Sandbox, new_office: Office) -> None:
    office = new_office
    office.set_up(RESELLER_NL, sandbox.url)
    assert "example invoice" in office.run("doctor").out
    first = office.run("sync").out
    ready, held = (len(office.states().get(state, ())) for state in ("ready", "held"))
    assert f"acme: {ready} entries wait for approval, {held} document" in first
    assert "'connector entries approve'" in first
    assert "'connector findings --severity hold'" in first
    again = office.run("sync").out
    assert f"acme: {ready} entries wait for approval, {held} document" in again, "also when this run brought none"
    assert f"{ready} entries wait" in office.run("backfill", "2024-12", "2024-12").out
    assert not (office.folder / "books").exists(), "nothing is sent before it is approved"


def test_findings_approve_sync_status_verify(office: Office, sandbox: Sandbox) -> None:
    truth = sandbox.manifest
    wanted = {each.number for each in truth.of("nl") if each.expected == "hold"}
    states = office.states()
    assert set(states["held"]) == wanted
    holds = office.asked("findings", "--severity", "hold")["findings"]
    assert {each["number"] for each in holds} == wanted
    for shown, stored in (("warning", "warn"), ("notice", "report"), ("warn", "warn"), ("REPORT", "report")):
        found = office.asked("findings", "--severity", shown)["findings"]
        assert {each["severity"] for each in found} <= {stored}
    assert "hold, warning, notice" in office.run("findings", "--severity", "grave", code=2).err
    assert all(each["sentence"] and each["next_step"] for each in holds)
    assert office.ledger() == {}

    told = office.run("entries", "approve", "--all", code=2)
    assert "give --yes" in told.err, "without a terminal nothing is asked"
    approved = office.asked("entries", "approve", "--all", "--yes", "--as", "Eva")
    assert approved["approved"] == len(states["ready"])
    assert "Eva (--as, by " in approved["actor"]
    assert office.states()["in delivery"] == states["ready"], "approval sends nothing by itself"
    assert posted(office.asked("sync")["runs"]) == len(states["ready"])
    assert office.states()["posted"] == states["ready"]

    seen = office.asked("status")["administrations"][0]
    for totals in seen["totals"].values():
        assert Decimal(totals.pop("source")) == sum(Decimal(value) for value in totals.values())
    purchases = sum(Decimal(each["source"]) for each in seen["periods"] if each["direction"] == "purchase")
    assert purchases == Decimal(sum(each.served.net for each in truth.of("nl"))) / 100
    office.proves()
    main = office.folder / "books" / "acme" / "main.journal"
    assert main.exists()


@pytest.mark.needs_hledger
def test_hledger_accepts_the_books(sqlite_office: Office) -> None:
    sqlite_office.run("entries", "approve", "--all", "--yes")
    sqlite_office.run("sync")
    main = str(sqlite_office.folder / "books" / "acme" / "main.journal")
    done = subprocess.run(["hledger", "check", "--strict", "-f", main], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_posting_is_explained_to_the_cent(sqlite_office: Office) -> None:
    office = sqlite_office
    for listed in office.asked("entries", "list")["entries"]:
        (entry,) = office.asked("entries", "show", listed["number"])["entries"]
        assert sum(Decimal(each["amount"]) for each in entry["postings"]) == 0
        assert entry["sender"].keys() == {"name", "vat_number", "account"}
        assert all(entry["sender"].values()), "what an accountant compares before the first approval"
        assert len(entry["source"]["document_sha256"]) == 64
        for posting in entry["postings"]:
            assert sum(Decimal(each["share"]) for each in posting["lines"]) == Decimal(posting["amount"])
            assert posting["chosen_by"], posting
            assert all(each["file"].endswith(".csv") and each["rule"] for each in posting["chosen_by"])
        net = [each for each in entry["postings"] if each["role"] == "net"]
        columns = {each["column"] for posting in net for each in posting["chosen_by"]}
        assert {"account", "tax", "treatment"} <= columns
    shown = office.run("entries", "show", str(listed["id"])).out
    assert "SHA-256 of the document" in shown
    assert "rules.csv:" in shown


def test_an_entry_that_is_rejected_waits_for_a_person(sqlite_office: Office) -> None:
    office = sqlite_office
    entry, other = office.asked("entries", "list")["entries"][:2]
    number = entry["number"]
    assert office.run("entries", "reject", number, code=2).err
    office.run("entries", "reject", number, "--reason", "the credit note is promised", "--as", "Eva")
    assert number in office.states()["held"]
    assert "the credit note is promised" in str(office.document(number)["reasons"])

    # New tables prepare it anew, and it stays kept back, whatever may go out by itself.
    office.add_row("rules.csv", "P099;purchase;;No such category;;;;;;;7030;;post;;")
    office.accept()
    office.set("auto_post", '"all"')
    office.run("sync")
    assert number in office.states()["held"]
    assert other["number"] in office.states()["posted"]
    (again,) = office.asked("entries", "list", "--state", "held")["entries"]
    assert again["id"] != entry["id"]
    assert again["actor"].startswith("Eva")

    office.run("entries", "approve", number, "--yes", "--reason", "it came")
    office.run("sync")
    assert number in office.states()["posted"]
    told = office.run("entries", "reject", number, "--reason", "too late", code=2)
    assert "is posted" in told.err
    history = office.asked("deliveries", "show", str(again["id"]))["deliveries"][0]["history"]
    assert [each["state"] for each in history] == ["ready", "held", "queued", "sending", "posted"]
    office.proves()


def test_approving_tells_what_to_look_at_first(sqlite_office: Office) -> None:
    office = sqlite_office
    told = office.run("entries", "approve", "--all", "--dry-run").out
    assert "Look first" in told
    assert "SENDER-NEW" in told
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    files = office.ledger()

    # The database is lost; what the ledger files have is told before anyone approves it again.
    for file in office.folder.glob("connector.db*"):
        file.unlink()
    office.run("db", "upgrade")
    office.run("sync")
    told = office.run("entries", "approve", "--all", "--dry-run").out
    assert "already in the ledger as" in told
    entries = office.asked("entries", "approve", "--all", "--dry-run")["entries"]
    assert all(each["caution"]["held_as"] for each in entries)

    # Files that were edited cannot be asked, which stops no approval.
    edited = next(office.folder.glob("books/acme/*.journal"))
    edited.write_bytes(edited.read_bytes().replace(b"100", b"101", 1) + b"; mine\n")
    done = office.run("entries", "approve", "--all", "--dry-run")
    assert "could not be looked up" in done.err
    assert files


def test_an_entry_that_the_ledger_refused_and_a_person_gave_up_is_counted_apart(sqlite_office: Office) -> None:
    office = sqlite_office
    entry = office.asked("entries", "list")["entries"][0]
    office.run("entries", "approve", str(entry["id"]), "--yes")
    office.change('kind = "hledger"', 'kind = "hledger"\nclosed_until = 2030-12-31')
    office.run("sync", code=None)
    (stands,) = [each for each in office.asked("entries", "list")["entries"] if each["number"] == entry["number"]]
    office.run("entries", "reject", stands["number"], "--reason", "booked by hand")
    (status,) = office.asked("status")["administrations"]
    assert (status["kept_back"], status["withdrawn"]) == (0, 1)
    assert "gave up its entry" in office.run("status").out


def test_every_command_answers_with_one_json_document(sqlite_office: Office) -> None:
    office = sqlite_office
    for arguments in EVERY_COMMAND:
        answer = office.asked(*arguments)
        assert isinstance(answer, dict), arguments
        assert answer, arguments
    error = office.asked("invoices", "show", "no-such-number", code=2)["error"]
    assert error["exit_code"] == 2
    assert "connector invoices list" in error["message"]


def test_every_table_is_shown_in_words_in_three_languages(sqlite_office: Office) -> None:
    for arguments in (each for each in EVERY_COMMAND if "show" in each or "list" in each or len(each) == 1):
        assert sqlite_office.run(*arguments).out.strip(), arguments
    for language, word in (("nl", "Geboekt"), ("fr", "Comptabilis")):
        assert word in sqlite_office.run("status", "--language", language).out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str, new_office: Office) -> None:
    script = new_office.run("completion", shell, today=None).out
    assert "_CONNECTOR_COMPLETE" in script
    # A shell says how far the line is: bash and zsh with the number of the word, fish with the word itself.
    place = "ent" if shell == "fish" else "1"
    new_office.environment = {
        "_CONNECTOR_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "connector" if shell == "fish" else "connector ent",
        "COMP_CWORD": place,
    }
    assert "entries" in new_office.run(today=None, code=None).out


def test_status_answers_at_once(sqlite_office: Office) -> None:
    """What it imports is what takes the time: nothing that only fetching or booking needs."""
    sqlite_office.environment = {"PYTHONPROFILEIMPORTTIME": "1", "PYTHONWARNINGS": "default"}
    _, imported = sqlite_office.start("status").communicate()
    assert "connector.engine.status" in imported
    for heavy in ("requests", "alembic", "rich.", "connector.engine.prepare", "connector.mapping_files", "psycopg"):
        assert f" {heavy}" not in imported, f"status imports {heavy}"


def test_a_shell_completes_the_names_of_administrations(sqlite_office: Office, new_office: Office) -> None:
    for office, wanted in ((sqlite_office, "plain,acme"), (new_office, "")):
        office.environment = {
            "_CONNECTOR_COMPLETE": "bash_complete", "COMP_WORDS": "connector status -a a", "COMP_CWORD": "3",
        }  # fmt: skip
        assert office.run(today=None, code=None).out.strip() == wanted


def test_status_of_one_month(sqlite_office: Office) -> None:
    (seen,) = sqlite_office.asked("status", "--period", "2024-12")["administrations"]
    assert {each["period"] for each in seen["periods"]} == {"2024-12"}
    told = sqlite_office.run("status", "--period", "2024-12").out
    assert "2024-12" in told
    assert "2025-01 " not in told.replace("Last fetched", "")


def test_moments_are_told_with_their_zone(sqlite_office: Office) -> None:
    sqlite_office.environment = {"TZ": "Europe/Amsterdam"}
    for arguments in (("status",), ("doctor", "--offline")):
        assert re.search(r"\d\d:\d\d CES?T\b", sqlite_office.run(*arguments).out), arguments
