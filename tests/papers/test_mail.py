"""Mail and folders: every attachment is looked at, Copaco's are taken, the rest is named, and nothing makes it fail."""

from __future__ import annotations

import io
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.paper import Obstacle, PaperForm
from connector.errors import PaperFileError
from connector.papers import mail, reading
from connector.papers.files import Found, papers_in
from connector.papers.mail import attachments
from connector.sandbox import papers as sandbox
from connector.sandbox.paper_pdf import pdf
from tests.papers.made import made_pdf, of_kind, told, totals, ubl

FINANCE = "Copaco Finance <finance@copaco.cloud>"


def message(*files: tuple[str, bytes], sender: str = FINANCE, subject: str = "Uw factuur") -> EmailMessage:
    """A message with attached files."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "administratie@voorbeeld-it.example", subject
    made.set_content("Bijgaand uw factuur.\n\nFrom the finance department\n")
    for name, content in files:
        subtype = "xml" if name.endswith(".xml") else "pdf" if name.endswith(".pdf") else "octet-stream"
        made.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return made


def a_mailbox(path: Path, *messages: EmailMessage) -> Path:
    """An exported mailbox, as Python's own library writes it."""
    box = mailbox.mbox(path)
    for each in messages:
        box.add(each)
    box.close()
    return path


def found(*paths: Path) -> list[Found]:
    return list(papers_in(paths))


def told_of(looked_at: list[Found]) -> list[tuple[str, str, str]]:
    return [(each.name, each.sender, each.left_out) for each in looked_at]


def test_every_attachment_of_a_mailbox_is_looked_at(tmp_path: Path) -> None:
    box = a_mailbox(
        tmp_path / "export.mbox",
        message(("9241223001.pdf", made_pdf())),
        message(("9241223001.xml", sandbox.ubl(told())), ("logo.png", b"\x89PNG")),
        message(("letter.pdf", pdf(told(), text=False)), sender="shop@elsewhere.example"),
        message(("forwarded.xml", sandbox.ubl(told("credit"))), sender="Eva <eva@voorbeeld-it.example>"),
        message(("scan.pdf", pdf(told(), text=False))),
    )
    looked_at = found(box)
    assert told_of(looked_at) == [
        ("9241223001.pdf", "finance@copaco.cloud", ""),
        ("9241223001.xml", "finance@copaco.cloud", ""),
        ("logo.png", "finance@copaco.cloud", "no invoice"),
        ("letter.pdf", "shop@elsewhere.example", "not of Copaco"),
        ("forwarded.xml", "eva@voorbeeld-it.example", ""),
        ("scan.pdf", "finance@copaco.cloud", ""),
    ]
    assert [each.paper.number for each in looked_at if each.paper] == [
        *[of_kind("order").number] * 2,
        of_kind("credit").number,
        "",
    ]
    assert looked_at[0].content == made_pdf()
    assert {each.where for each in looked_at} == {str(box)}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_message_and_the_same_in_a_mailbox_are_one(tmp_path: Path, ending: str) -> None:
    single = tmp_path / "one.eml"
    single.write_bytes(
        message(
            ("a.xml", ubl(totals())),
        )
        .as_bytes()
        .replace(b"\n", ending.encode())
    )
    assert [each.paper.gross for each in found(single) if each.paper] == [12_100]
    box = tmp_path / "export"
    line = b"From - Thu Nov 26 21:37:16 2026\n"
    box.write_bytes(line + single.read_bytes() + b"\n" + line + single.read_bytes())
    assert [each.content for each in found(box)] == [ubl(totals())] * 2


@pytest.mark.parametrize("sender", ["finance@copaco.cloud", "x@mail.copaco.com"])
def test_the_address_counts_by_its_domain(tmp_path: Path, sender: str) -> None:
    for each, left_out in ((sender, ""), (f"{sender}.example", "not of Copaco")):
        path = tmp_path / "one.eml"
        path.write_bytes(message(("a.xml", ubl(totals())), sender=each).as_bytes())
        assert told_of(found(path)) == [("a.xml", each, left_out)]


def test_a_folder_is_searched_and_a_file_that_is_named_is_taken(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.xml").write_bytes(sandbox.ubl(told()))
    (tmp_path / "a.xml").write_bytes(ubl(totals()))
    (tmp_path / "c.txt").write_text("nothing", encoding="utf-8")
    (tmp_path / "empty").write_bytes(b"")
    assert told_of(found(tmp_path)) == [
        ("a.xml", "", "not of Copaco"),
        ("c.txt", "", "no invoice"),
        ("b.xml", "", ""),
        ("empty", "", "no invoice"),
    ]
    assert told_of(found(tmp_path / "a.xml")) == [("a.xml", "", "")]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PaperFileError, match=r"none\.pdf: the file cannot be read: No such file") as caught:
        found(tmp_path / "none.pdf")
    assert ".eml" in caught.value.hint


def test_what_is_too_large_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = a_mailbox(tmp_path / "a.mbox", message(("a.xml", b"x" * 9000), subject="Groot"), message(("b.txt", b"x")))
    monkeypatch.setattr(mail, "LARGEST_MESSAGE", 5000)
    assert told_of(found(box)) == [
        ("Groot", "finance@copaco.cloud", "too large"),
        ("b.txt", "finance@copaco.cloud", "no invoice"),
    ]
    monkeypatch.setattr(reading, "LARGEST", 10)
    big = tmp_path / "big.xml"
    big.write_bytes(ubl(totals()))
    assert told_of(found(big)) == [("big.xml", "", "too large")]
    paper = reading.read(ubl(totals()))
    assert paper is not None
    assert paper.obstacle is Obstacle.TOO_LARGE


@pytest.mark.parametrize(
    ("data", "obstacle"),
    [(ubl(totals())[:-40], Obstacle.DAMAGED), (b"%PDF-1.4", Obstacle.DAMAGED)],
)
def test_a_damaged_paper_is_kept_as_such(data: bytes, obstacle: Obstacle) -> None:
    paper = reading.read(data)
    assert paper is not None
    assert paper.obstacle is obstacle


@pytest.mark.parametrize("data", [b"", b"<a>", b"<html>", b"PK\x03\x04", b"\xff\xfe<", b"\xef\xbb\xbf<a/>"])
def test_what_is_no_paper_is_none(data: bytes) -> None:
    assert reading.read(data) is None


def test_xml_with_a_byte_order_mark_is_read() -> None:
    paper = reading.read(b"\xef\xbb\xbf" + ubl(totals()))
    assert paper is not None
    assert (paper.form, paper.gross) == (PaperForm.UBL, 12_100)


def test_names_come_without_folders_and_signs() -> None:
    made = message(("x", b"1"))
    (part,) = made.iter_attachments()
    part.replace_header("Content-Disposition", 'attachment; filename="=?utf-8?q?..=2F..\\\\f=C3=A9?="')
    (each,) = attachments(io.BytesIO(made.as_bytes()), mailbox=False)
    assert each.name == "fé"
    del part["Content-Disposition"]
    part.replace_header("Content-Type", "application/pdf")
    assert [each.name for each in attachments(io.BytesIO(made.as_bytes()), mailbox=False)] == ["attachment.pdf"]


HEADERS = st.text(st.sampled_from('=?utf-8qbB@<>"\\;:, \tfilename*0%é\n'), max_size=60)


@given(HEADERS, HEADERS, HEADERS, st.binary(max_size=80), st.booleans())
def test_nothing_in_mail_makes_it_fail(sender: str, kind: str, name: str, body: bytes, mailbox: bool) -> None:
    data = (
        b"From x Thu Nov 26 21:37:16 2026\n" * mailbox
        + f"From: {sender}\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: {kind}\n"
        f"Content-Disposition: attachment; {name}\nContent-Transfer-Encoding: base64\n\n".encode()
        + body
        + b"\n--b--\n"
    )
    for each in attachments(io.BytesIO(data), mailbox=mailbox):
        assert each.name.isprintable()
        assert "/" not in each.name


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_make_it_fail(data: bytes, mailbox: bool) -> None:
    for each in attachments(io.BytesIO(data), mailbox=mailbox):
        assert each.content


def test_what_is_hidden_in_a_folder_is_not_looked_at(tmp_path: Path) -> None:
    """Folders hold what programs keep there: a checkout, thumbnails, the forks of another system."""
    for name in ("a.pdf", ".b.pdf", ".git/c.pdf", "in/d.pdf", "in/.trash/deep/e.pdf"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made_pdf())
    assert [each.name for each in found(tmp_path)] == ["a.pdf", "d.pdf"]
    assert [each.name for each in found(tmp_path / ".git", tmp_path / ".b.pdf")] == ["c.pdf", ".b.pdf"], "named itself"
