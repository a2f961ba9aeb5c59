"""Batches: nothing is lost or moved, and no batch is larger than it may be unless one document is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connector.engine.batches import batches


@given(lines=st.lists(st.integers(min_value=0, max_value=30)), most=st.integers(1, 5), most_lines=st.integers(1, 20))
def test_batches_keep_every_document_in_its_order_and_within_bounds(
    lines: list[int], most: int, most_lines: int
) -> None:
    documents = list(enumerate(lines))
    made = list(batches(documents, lambda each: each[1], most=most, most_lines=most_lines))
    assert [each for batch in made for each in batch] == documents
    for batch in made:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or sum(size for _, size in batch) <= most_lines


def test_a_document_beyond_the_bound_is_alone() -> None:
    assert list(batches([3, 99, 4, 5], lambda each: each, most=9, most_lines=10)) == [[3], [99], [4, 5]]
