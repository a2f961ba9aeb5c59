"""A folder of papers: names that are safe and of one customer, and no file lost that somebody else changed."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.customer_papers.folder import LIST, Fate, Folder, PapersError, drafted, file_name, records

NAMES = st.text(max_size=80) | st.sampled_from(["../../etc/passwd", "CON", 'a/b\\c:d*?"<>|', ".", " ", "Ş.A."])


@given(NAMES, NAMES)
def test_a_name_is_safe_on_every_system(name: str, customer: str) -> None:
    made = file_name("2026-01", name, customer)
    assert re.fullmatch(r"2026-01(_[A-Za-z0-9._-]*[A-Za-z0-9])+", made), made
    assert len(made) < 150
    assert not made.endswith(".")


@given(st.lists(st.tuples(NAMES, NAMES.filter(bool)), unique_by=lambda each: each[1], max_size=20))
def test_two_customers_never_share_a_file_not_even_without_capitals(customers: list[tuple[str, str]]) -> None:
    made = {file_name("2026-01", name, customer).casefold() for name, customer in customers}
    assert len(made) == len(customers)


def test_names_can_be_read() -> None:
    account = "6c1f0b52-7d1a-4a57-9a0e-0d5f3f8b1a02"
    assert file_name("2026-01", "Café Zonneveld B.V.", account) == f"2026-01_Cafe-Zonneveld-B.V_{account}"
    assert file_name("2026-01", "Café", account, "USD").endswith("_USD")


def test_the_same_is_unchanged_and_another_content_replaces_ours(tmp_path: Path) -> None:
    with Folder(tmp_path / "new" / "out") as folder:
        assert folder.put("a.pdf", b"one", net=100, vat=21) is Fate.WRITTEN
    path = tmp_path / "new" / "out"
    with Folder(path) as folder:
        assert folder.put("a.pdf", b"one", net=100, vat=21) is Fate.UNCHANGED
        assert folder.put("a.pdf", b"two", net=5, vat=1) is Fate.REPLACED
    assert (path / "a.pdf").read_bytes() == b"two"
    assert (records(path)["a.pdf"].net, records(path)["a.pdf"].vat) == (5, 1)
    assert sorted(each.name for each in path.iterdir()) == [LIST, "a.pdf"]


def test_what_somebody_else_changed_is_left_alone_unless_told(tmp_path: Path) -> None:
    with Folder(tmp_path) as folder:
        folder.put("a.pdf", b"one")
    (tmp_path / "a.pdf").write_bytes(b"mine")
    (tmp_path / "b.pdf").write_bytes(b"mine too")
    with Folder(tmp_path) as folder:
        assert folder.put("a.pdf", b"two") is Fate.LEFT
        assert folder.put("b.pdf", b"two") is Fate.LEFT
    assert (tmp_path / "a.pdf").read_bytes() == b"mine"
    with Folder(tmp_path, overwrite=True) as folder:
        assert folder.put("a.pdf", b"two") is Fate.REPLACED


def test_a_run_that_was_killed_can_be_repeated(tmp_path: Path) -> None:
    Folder(tmp_path).put("a.pdf", b"one")
    with Folder(tmp_path) as folder:
        assert folder.put("a.pdf", b"one") is Fate.UNCHANGED
    with Folder(tmp_path) as folder:
        assert folder.put("a.pdf", b"two") is Fate.REPLACED


def test_a_zip_file_holds_the_files_and_is_always_the_same(tmp_path: Path) -> None:
    with Folder(tmp_path) as folder:
        folder.put("2026-01_a.pdf", b"one")
        folder.put("2026-01_b.pdf", b"two")
        folder.put("2025-12_c.pdf", b"three")
        names = ["2026-01_a.pdf", "2026-01_b.pdf"]
        assert folder.zipped("2026-01_all.zip", names) is Fate.WRITTEN
        assert folder.zipped("2026-01_all.zip", names) is Fate.UNCHANGED
        assert folder.left_over("2026-01", ["2026-01_a.pdf", "2026-01_all.zip"]) == ["2026-01_b.pdf"]
    with zipfile.ZipFile(tmp_path / "2026-01_all.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "2026-01_a.pdf": b"one",
            "2026-01_b.pdf": b"two",
        }


def test_a_damaged_list_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / LIST).write_text("{")
    with pytest.raises(PapersError, match="damaged") as caught:
        Folder(tmp_path)
    assert "Remove that file" in caught.value.hint


def test_what_cannot_be_written_is_told_under_the_name_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    for folder in ("missing", "taken"):
        wanted = tmp_path / folder / "rows.csv"
        with pytest.raises(OSError, match="directory") as told, drafted(wanted) as draft:
            draft.write_text("half", encoding="utf-8")
        assert told.value.filename == str(wanted)
    with pytest.raises(OSError, match="No space") as full, drafted(tmp_path / "full.csv"):
        raise OSError(28, "No space left on device")
    assert full.value.filename == str(tmp_path / "full.csv")
    with pytest.raises(OSError, match="elsewhere") as other, drafted(tmp_path / "rows.csv"):
        raise OSError(5, "Input/output error", "elsewhere")
    assert other.value.filename == "elsewhere"
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
