"""Mail in, match, approve, posted; what differs is held; credit notes by their type; a paper that is required."""

from __future__ import annotations

import datetime
import mailbox
import re
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.sandbox import Sandbox
from tests.journeys.office import Office, told
from tests.papers.made import totals, ubl


def paper(sandbox: Sandbox, number: str, kind: str = "pdf", defect: str = "") -> bytes:
    """The mailed invoice that the sandbox makes of a document."""
    answer = requests.get(
        f"{sandbox.root}/_sandbox/papers/{number}.{kind}", params={"defect": defect} if defect else {}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return answer.content


def mailed(path: Path, *files: tuple[str, bytes], sender: str = "finance@copaco.cloud") -> Path:
    """A mailbox with a message for each file."""
    box = mailbox.mbox(path)
    for name, content in files:
        message = EmailMessage()
        message["From"], message["Subject"] = sender, "Factuur"
        message.set_content("Bijgaand")
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        box.add(message)
    box.close()
    return path


def ready(office: Office) -> list[str]:
    return [each["number"] for each in office.asked("entries", "list", "--state", "ready")["entries"]]


def paper_findings(office: Office, number: str) -> set[str]:
    found: list[dict[str, Any]] = office.document(number)["findings"]
    return {each["code"] for each in found if each["code"].startswith("PAPER")}


def test_a_mailbox_is_matched_and_approved(office: Office, sandbox: Sandbox) -> None:
    number, second = ready(office)[:2]
    box = mailed(
        office.folder / "inbox.mbox",
        ("factuur.pdf", paper(sandbox, number)),
        ("factuur.xml", paper(sandbox, number, "xml")),
        ("anders.pdf", paper(sandbox, second)),
        ("logo.png", b"\x89PNG"),
    )
    tried = office.asked("papers", "add", str(box), "--dry-run")
    assert [each["new"] for each in tried["added"]] == [True] * 3
    assert office.rows()["paper"] == 0
    done = office.asked("papers", "add", str(box), "--as", "Eva")
    assert [(each["file"], each["number"], each["paper"]) for each in done["added"]] == [
        ("factuur.pdf", number, "matched"),
        ("factuur.xml", number, "matched"),
        ("anders.pdf", second, "matched"),
    ]
    assert done["added"][0]["from"] == "finance@copaco.cloud"
    assert done["added"][0]["document"]["difference"] == "0.00"
    assert [each["reason"] for each in done["left_out"]] == ["no invoice"]
    assert office.added(lambda: office.run("papers", "add", str(box))) == {}, "the same paper twice is one"

    office.run("sync")
    assert paper_findings(office, number) == {"PAPER-CONFIRMED"}
    assert "PAPER-CONFIRMED" in office.run("invoices", "show", number).out
    before = office.asked("entries", "approve", number, "--dry-run")
    assert before["entries"][0]["caution"]["confirmed"] is True
    assert "matched" in office.run("entries", "approve", number, "--yes").out
    office.run("sync")
    assert office.document(number)["state"] == "posted"
    listed = office.asked("papers", "list", "--state", "matched")["papers"]
    assert {each["document"]["state"] for each in listed if each["number"] == number} == {"posted"}
    shown = office.run("papers", "show", number).out
    assert "factuur.pdf" in shown
    assert "Eva (--as, by" in shown
    mark = listed[0]["mark"]
    office.run("papers", "show", mark, "--save", "out.pdf")
    assert (office.folder / "out.pdf").read_bytes() == paper(sandbox, number)
    office.proves()


def test_a_paper_that_differs_holds_until_a_right_one_comes(office: Office, sandbox: Sandbox) -> None:
    number = ready(office)[0]
    for kind, defect, codes in (
        ("xml", "total", {"PAPER-TOTAL"}),
        ("xml", "vat", {"PAPER-TOTAL", "PAPER-VAT"}),
        ("xml", "credit", {"PAPER-TYPE"}),
    ):
        file = office.folder / f"{defect}.{kind}"
        file.write_bytes(paper(sandbox, number, kind, defect))
        out = office.run("papers", "add", file.name).out
        assert "'connector sync' holds documents that differ" in out
        office.run("sync")
        assert (office.document(number)["state"], paper_findings(office, number)) == ("held", codes)
    office.run("entries", "approve", number, "--yes", code=2)
    (last,) = office.asked("papers", "list", "--state", "differing")["papers"]
    assert (last["type"], last["findings"][0]["code"]) == ("credit note", "PAPER-TYPE")
    told(office.run("findings", "accept", number, "PAPER-TYPE", "--reason", "x", code=2), "cannot be accepted")
    right = office.folder / "right.xml"
    right.write_bytes(paper(sandbox, number, "xml"))
    office.run("papers", "add", right.name)
    assert len(office.asked("papers", "list", "--state", "replaced")["papers"]) == 3
    office.run("sync")
    assert office.document(number)["state"] == "ready"
    office.run("entries", "approve", number, "--yes")
    office.run("sync")
    assert office.document(number)["state"] == "posted"
    late = office.folder / "late.pdf"
    late.write_bytes(paper(sandbox, number, "pdf", "total"))
    out = office.run("papers", "add", late.name).out
    assert f"{number} is already in your books and differs from its paper" in out
    assert "'connector sync' holds" not in out
    office.run("sync")
    (seen,) = (each for each in office.document(number)["findings"] if each["code"] == "PAPER-TOTAL")
    assert (seen["severity"], seen["in_the_books"]) == ("warn", True), "what is booked is not held"
    assert "already in your books" in seen["next_step"]
    (listed,) = office.asked("findings", "--code", "PAPER-TOTAL")["findings"]
    assert (listed["severity"], listed["next_step"]) == ("warn", seen["next_step"])
    for told_in in (("invoices", "show", number), ("papers", "show", number), ("findings", "--code", "PAPER-TOTAL")):
        assert "It is already in your books" in office.run(*told_in).out
    assert office.asked("findings", "--severity", "hold", "--code", "PAPER-TOTAL")["findings"] == []
    assert (office.document(number)["state"], paper_findings(office, number)) == (
        "posted",
        {"PAPER-TOTAL", "PAPER-CONFIRMED"},
    )
    office.proves()


def test_a_credit_note_is_one_by_paper_and_sign(sqlite_office: Office, sandbox: Sandbox) -> None:
    listed = sqlite_office.asked("entries", "list", "--state", "ready")["entries"]
    notes = [each["number"] for each in listed if each["kind"] == "credit note"]
    assert notes
    for number in notes:
        file = sqlite_office.folder / f"{number}.pdf"
        file.write_bytes(paper(sandbox, number))
        (added,) = sqlite_office.asked("papers", "add", file.name)["added"]
        assert (added["type"], added["paper"]) == ("credit note", "matched")
        assert added["total"].startswith("-")


def test_a_purchase_waits_for_its_paper_where_one_is_required(sqlite_office: Office, sandbox: Sandbox) -> None:
    number, other = ready(sqlite_office)[:2]
    sqlite_office.set("paper", '"required"')
    sqlite_office.run("sync")
    assert sqlite_office.document(number)["reasons"] == ["PAPER-MISSING"]
    scan = sqlite_office.folder / "scan.pdf"
    scan.write_bytes(paper(sandbox, number, "pdf", "scan"))
    (added,) = sqlite_office.asked("papers", "add", "scan.pdf")["added"]
    assert (added["paper"], added["obstacle"], added["number"]) == ("not readable", "no text", "")
    (sqlite_office.folder / "mail").mkdir()
    (sqlite_office.folder / "mail" / "x.pdf").write_bytes(paper(sandbox, number))
    sqlite_office.run("papers", "add", "mail")
    sqlite_office.run("sync")
    assert sqlite_office.document(number)["state"] == "ready"
    assert sqlite_office.document(other)["state"] == "held"
    sqlite_office.set("paper", '"none"')
    sqlite_office.run("sync")
    assert sqlite_office.document(other)["state"] == "ready"
    assert paper_findings(sqlite_office, number) == set()
    sqlite_office.proves()


def test_a_paper_may_come_before_its_invoice(sqlite_office: Office) -> None:
    file = sqlite_office.folder / "early.xml"
    file.write_bytes(ubl(totals()))
    (added,) = sqlite_office.asked("papers", "add", "early.xml")["added"]
    assert (added["paper"], added["document"]) == ("without invoice", None)
    assert "without invoice" in sqlite_office.run("papers", "list").out
    assert "121.00" in sqlite_office.run("papers", "show", "9103004711").out


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (("add",), 2, "Missing argument"),
        (("add", "none.pdf"), 14, "none.pdf: the file cannot be read"),
        (("show", "9"), 2, "There is no paper 9"),
        (("list", "--state", "lost"), 2, "'lost' is not one of"),
    ],
)
def test_what_is_wrong_is_told(sqlite_office: Office, given: tuple[str, ...], code: int, says: str) -> None:
    told(sqlite_office.run("papers", *given, code=code), says)


def test_with_several_administrations_a_paper_goes_to_its_buyer(sqlite_office: Office, sandbox: Sandbox) -> None:
    number = ready(sqlite_office)[0]
    head, _, own = sqlite_office.toml.partition("[administrations.acme]")
    other = own.replace("administrations.acme", "administrations.other").replace("books", "other-books")
    other = re.sub(r'vat_number = "[^"]*"', 'vat_number = "NL999999999B99"', other)
    sqlite_office.toml = f"{head}[administrations.acme]{own}\n[administrations.other]{other}"
    (sqlite_office.folder / "a.xml").write_bytes(paper(sandbox, number, "xml"))
    (sqlite_office.folder / "b.xml").write_bytes(ubl(totals()))
    done = sqlite_office.asked("papers", "add", "a.xml", "b.xml")
    assert [(each["administration"], each["number"]) for each in done["added"]] == [("acme", number)]
    assert [(each["file"], each["reason"]) for each in done["left_out"]] == [("b.xml", "for no administration")]
    chosen = sqlite_office.asked("papers", "add", "b.xml", "-a", "other")
    assert [(each["administration"], each["paper"]) for each in chosen["added"]] == [("other", "without invoice")]


def sums_of(table: str) -> list[str]:
    """The amounts of the last line of a table."""
    return re.findall(r"-?[\d,]+\.\d\d", table.rstrip().splitlines()[-1])


def test_the_totals_of_listed_papers_add_up_with_their_rows(sqlite_office: Office, sandbox: Sandbox) -> None:
    """A paper without a document was in the sum of the papers and in neither of the others."""
    number, other = ready(sqlite_office)[:2]
    folder = sqlite_office.folder
    (folder / "right.pdf").write_bytes(paper(sandbox, number))
    (folder / "wrong.xml").write_bytes(paper(sandbox, other, "xml", "total"))
    (folder / "early.xml").write_bytes(ubl(totals()))
    sqlite_office.run("papers", "add", "right.pdf", "wrong.xml", "early.xml")
    first, second = sqlite_office.run("papers", "list").out.split("Not compared")
    total, document, difference = (Decimal(each.replace(",", "")) for each in sums_of(first))
    rows = sqlite_office.asked("papers", "list")["papers"]
    compared = [each for each in rows if each["document"]]
    assert (len(rows), len(compared)) == (3, 2)
    assert total == sum(Decimal(each["total"]) for each in compared)
    assert document - total == difference == Decimal("-1.00")
    assert sums_of(second) == ["121.00"]


def test_dates_of_papers_are_shown_in_the_readers_way(sqlite_office: Office, sandbox: Sandbox) -> None:
    number = ready(sqlite_office)[0]
    (sqlite_office.folder / "a.pdf").write_bytes(paper(sandbox, number))
    sqlite_office.run("papers", "add", "a.pdf")
    shown = sqlite_office.run("papers", "show", number, "--language", "nl").out
    day = datetime.date.fromisoformat(sqlite_office.document(number)["date"])
    (line,) = (each.split() for each in shown.splitlines() if each.startswith("Datum"))
    assert line == ["Datum", f"{day:%d-%m-%Y}", f"{day:%d-%m-%Y}"]


def test_a_folder_with_many_files_is_named_in_part(sqlite_office: Office, sandbox: Sandbox) -> None:
    number = ready(sqlite_office)[0]
    folder = sqlite_office.folder / "in"
    folder.mkdir()
    for each in range(45):
        (folder / f"note-{each:02}.txt").write_text("no invoice", encoding="utf-8")
    (folder / "z.pdf").write_bytes(paper(sandbox, number))
    out = sqlite_office.run("papers", "add", "in", "--dry-run").out
    assert "z.pdf" in out
    assert out.count("note-") == 40 * 2, "each row has the name and the path"
    assert "5 more; --all shows them." in out
    out = sqlite_office.run("papers", "add", "in", "--all").out
    assert out.count("note-") == 45 * 2
    assert "more; --all" not in out
