"""Exact Online with the installed command: a person lets us in, entries go there, and no secret is ever seen."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest

from connector.ledgers.base import TaxThere
from connector.ledgers.conformance import counterpart as kit
from connector.sandbox import RESELLER_NL, Sandbox
from connector.sandbox.parties import COPACO_NL
from tests.engine.desk import mapping_files
from tests.engine.test_starter_world import customers
from tests.journeys.office import Office, posted, told
from tests.journeys.test_mailed_invoices import paper as sandbox_paper
from tests.ledgers.exact_counterpart import ExactCounterpart
from tests.ledgers.exact_world.web import CLIENT_ID, CLIENT_SECRET, DIVISION, REDIRECT, Fault

TABLES = mapping_files("nl").mapping
TAXES: Mapping[str, TaxThere] = {
    tax.code: TaxThere(code=str(number), rate=tax.rate, direction=tax.direction, reverse_charge=tax.reverse_charge)
    for number, tax in enumerate(TABLES.tax_codes, 1)
}


@pytest.fixture
def exact(tmp_path: Path) -> Iterator[ExactCounterpart]:
    """A division in Exact with the accounts and VAT codes of the office's tables."""
    role = TABLES.chart.roles
    books = kit.Books(
        chart=TABLES.chart,
        taxes=TAXES,
        issuer=COPACO_NL.vat_number,
        vat_input=role["vat_input_high"],
        vat_output=role["vat_output_high"],
        creditors=role["creditors_control"],
        receivables=role["debtors_control"],
    )
    made = ExactCounterpart(tmp_path / "unused", books)
    made.server.a_minute = 10_000  # the command waits on a real clock
    try:
        yield made
    finally:
        made.server.stop()


@pytest.fixture
def office(sqlite_office: Office, exact: ExactCounterpart) -> Office:
    """The office, with that Exact as its ledger; nobody has logged in yet."""
    office = sqlite_office
    office.environment["EXACT_SECRET"] = CLIENT_SECRET
    settings = {
        "kind": "exact",
        "url": exact.server.url,
        "client_id": CLIENT_ID,
        "client_secret": "env:EXACT_SECRET",
        "redirect_uri": REDIRECT,
        "division": DIVISION,
        "attach": "yes",
    }
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    office.toml = re.sub(r'kind = "hledger"[^\n]*(\nfolder = [^\n]*)?', lines, office.toml)
    _codes(office.folder / "mappings" / "nl" / "tax.csv")
    for path in office.folder.glob("connector.db*"):  # what was prepared for files is no delivery of this one
        path.unlink()
    office.run("db", "upgrade")
    return office


def _codes(path: Path) -> None:
    """Write Exact's VAT codes into their column."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    for row in rows:
        row["exact"] = TAXES[row["code"]].code
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def log_in(office: Office, exact: ExactCounterpart) -> str:
    """``connector ledger login``: open the address, agree, paste the answer. What was shown."""
    process = office.start("ledger", "login", "acme")
    assert process.stdout is not None
    address = next(line for line in process.stdout if line.startswith("http")).strip()
    out, err = process.communicate(f"{exact.server.agree(address)}\n", timeout=60)
    assert process.returncode == 0, err
    return out + err


def test_from_the_login_to_books_that_reconcile(office: Office, exact: ExactCounterpart) -> None:
    told(office.run("ledger", "check", code=12), "nobody has logged in to Exact yet", "connector ledger login")
    assert "Done: exact lets us in." in log_in(office, exact)
    assert "Everything that the tables name is known there." in office.run("ledger", "check").out
    office.run("sync")
    ready = office.asked("entries", "list", "--state", "ready")["entries"]
    assert ready
    assert not [call for call in exact.server.paths if call[0] == "POST"], "nothing goes out before it is approved"
    office.run("entries", "approve", "--all", "--yes")
    assert posted(office.asked("sync")["runs"]) == len(ready)
    papers = [base64.b64decode(row["Attachment"]) for row in exact.there.rows["documents/DocumentAttachments"]]
    nets = [sum(Decimal(row["net"]) for row in _table(paper)) for paper in papers]
    assert sorted(nets) == sorted(Decimal(office.document(each["number"])["net"]) for each in ready)
    (done,) = office.asked("reconcile")["administrations"]
    assert done["agrees"], done
    assert office.asked("sync")["runs"][0]["delivered"]["posted"] == 0
    assert _records(exact) == len(ready)
    office.proves()
    for path in office.folder.glob("connector.db*"):
        path.unlink()
    office.run("db", "upgrade")
    office.run("sync")
    rebuilt = office.run("reconcile", "--rebuild", "--reason", "the disk broke", "--yes")
    assert str(len(ready)) in rebuilt.out
    assert posted(office.asked("sync")["runs"]) == 0
    assert _records(exact) == len(ready)


def _table(paper: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(paper.decode("utf-8-sig")), delimiter=";"))


def _records(exact: ExactCounterpart) -> int:
    return len({row["EntryID"] for row in exact.there.rows["financialtransaction/TransactionLines"]})


WRONG = (
    ("ledger", "check"),
    ("ledger", "chart"),
    ("doctor",),
    ("sync",),
    ("reconcile",),
    ("status",),
    ("verify",),
    ("entries", "list"),
    ("deliveries",),
)


def test_no_secret_is_shown_logged_or_kept_in_clear(office: Office, exact: ExactCounterpart) -> None:
    """Every command, in good days and bad: shown, logged at its most talkative, or kept, no secret stands anywhere."""
    office.environment["CONNECTOR_LOG_LEVEL"] = "debug"
    said = [log_in(office, exact)]

    def run(*arguments: str, given: str = "") -> None:
        done = office.run(*arguments, code=None, given=given)
        said.append(str(done))

    run("sync")
    run("entries", "approve", "--all", "--yes")
    for fault in (Fault.LATE, Fault.ERROR_AFTER, Fault.NO_ANSWER, Fault.ERROR_BEFORE):
        exact.server.armed.append((fault, 0))
        run("sync")
    exact.server.says_back = True
    for command in WRONG:
        run(*command)
    exact.server.access.clear()
    for command in WRONG:
        run(*command)
        run(*command, "--json")
    exact.server.refresh = "spent"
    tokens = office.folder / "tokens"
    for damage in (b"", b"x" * 200):
        (kept,) = tokens.glob("*.tokens")
        before = kept.read_bytes()
        kept.write_bytes(damage)
        run("ledger", "check")
        kept.write_bytes(before)
    run("ledger", "login", "acme", given="https://localhost/connector?code=stolen-code-4711&state=other\n")
    office.environment["EXACT_SECRET"] = "hidden-other-secret"
    run("ledger", "check")
    office.change('"env:EXACT_SECRET"', '"hidden-in-clear"')
    run("ledger", "check")
    run("doctor", "--json")

    secrets = {CLIENT_SECRET, "hidden-other-secret", "hidden-in-clear", "stolen-code-4711", RESELLER_NL.keys[0].secret}
    secrets |= exact.server.given_out
    assert len(secrets) > 6
    for where, content in _everything(office.folder, said):
        for secret in secrets:
            for shape in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")):
                assert shape.encode() not in content, f"a secret stands in {where}"


def _everything(folder: Path, said: list[str]) -> Iterator[tuple[str, bytes]]:
    """What was shown, and every file but the one place that a person keeps secrets in, and the settings that one
    stands in by mistake."""
    yield "what was shown", "\n".join(said).encode()
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in {".env", "connector.toml"}:
            yield str(path.relative_to(folder)), path.read_bytes()


def test_an_address_that_is_no_answer_is_refused(office: Office) -> None:
    told(office.run("ledger", "login", "acme", given="nonsense\n", code=12), "not the answer to this question")


def test_customers_get_draft_invoices_that_a_person_prints(
    office: Office, exact: ExactCounterpart, sandbox: Sandbox
) -> None:
    office.set("sale", '"draft"')
    office.set("book_from", "2025-01-01")  # one month: the command keeps to 60 calls a minute, by a real clock
    told(office.run("sync", code=3), "needs a ledger that issues invoices", "sales_item")
    office.change('attach = "yes"', 'sales_item = "DIENST"')
    log_in(office, exact)
    table = office.folder / "mappings" / "nl" / "customers.csv"
    header, *_ = table.read_text(encoding="utf-8").splitlines()
    rows = customers(sandbox.world, RESELLER_NL, header.split(";"))
    table.write_text("".join(f"{row}\n" for row in (header, *rows)), encoding="utf-8")
    office.accept()
    for row in csv.DictReader([header, *rows], delimiter=";"):
        exact.there.add("crm/Accounts", Code=row["debtor"].rjust(18), Name=row["name"])
    office.run("sync")
    office.run("entries", "approve", "--all", "--yes")
    office.run("sync")
    states = office.states(direction="sale")
    drafts = exact.there.rows["salesinvoice/SalesInvoices"]
    assert len(drafts) == len(states["posted"]) > 2
    assert exact.there.rows["salesentry/SalesEntries"] == []
    assert office.asked("reconcile")["administrations"][0]["agrees"]
    office.proves()

    # What was issued already must not be issued again.
    office.set("sale", '"post"')
    office.set("sale_source", '"customer-invoices"')
    told(office.run("sync", code=3), "would issue them again", "sales_item")
    assert "would issue them again" in office.run("doctor", code=3).out


def test_the_mailed_invoice_goes_along_with_the_entry(
    office: Office, exact: ExactCounterpart, sandbox: Sandbox
) -> None:
    office.set("book_from", "2025-01-01")
    log_in(office, exact)
    office.run("sync")
    listed = office.asked("entries", "list", "--state", "ready")["entries"]
    number = next(each["number"] for each in listed if each["direction"] == "purchase")
    mailed = {kind: sandbox_paper(sandbox, number, kind) for kind in ("pdf", "xml")}
    for kind, content in mailed.items():
        (office.folder / f"any-name.{kind}").write_bytes(content)
        office.run("papers", "add", f"any-name.{kind}")
    office.run("sync")
    office.run("entries", "approve", number, "--yes")
    assert posted(office.asked("sync")["runs"]) == 1
    there = {
        row["FileName"]: base64.b64decode(row["Attachment"])
        for row in exact.there.rows["documents/DocumentAttachments"]
    }
    assert there.keys() == {f"{number}-lines.csv", f"{number}.pdf", f"{number}.xml"}
    assert (there[f"{number}.pdf"], there[f"{number}.xml"]) == (mailed["pdf"], mailed["xml"])
    office.proves()
