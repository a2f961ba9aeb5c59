"""Lost rows: a line that is gone is told from one with another hash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.lost_rows import HashedLine, lost_rows


def line(row_hash: str, what: str = "x", net: int = 100) -> HashedLine:
    return HashedLine(row_hash=row_hash, net=net, known_by=(what, None))


def told(before: list[HashedLine], now: list[HashedLine]) -> dict[str, tuple[int, str]]:
    return {each.code: (each.minor, dict(each.values)["count"]) for each in lost_rows(before, now)}


def test_only_what_is_not_there_under_another_hash_is_gone() -> None:
    before = [line("a"), line("b"), line("c", "y", 30), line("", "z")]
    assert told(before, before) == {}
    assert told(before, [line("a"), line("d"), line("c", "y", 30)]) == {"ROW-HASH-CHANGED": (100, "1")}
    assert told(before, [line("a"), line("b"), line("d", "y2", 30)]) == {"LINES-VANISHED": (30, "1")}
    assert told(before, [line("d"), line("c", "y", 30)]) == {
        "LINES-VANISHED": (100, "1"), "ROW-HASH-CHANGED": (100, "1"),
    }  # fmt: skip


def test_a_hash_that_is_missing_now_changed_and_one_that_came_did_not() -> None:
    assert told([line("a")], [line("")]) == {"ROW-HASH-CHANGED": (100, "1")}
    assert told([line("")], [line("a")]) == {}
    assert told([line("a"), line("")], [line(""), line("")]) == {"ROW-HASH-CHANGED": (100, "1")}
    assert told([line("a"), line("")], [line("")]) == {"LINES-VANISHED": (100, "1")}


LINES = st.lists(st.builds(line, st.sampled_from(["", "a", "b", "c"]), st.sampled_from("xy")), max_size=6)


@given(LINES, LINES)
def test_every_line_whose_hash_went_is_told_once(before: list[HashedLine], now: list[HashedLine]) -> None:
    here = {each.row_hash for each in now}
    went = [each for each in before if each.row_hash and each.row_hash not in here]
    assert sum(int(count) for _, count in told(before, now).values()) == len(went)
