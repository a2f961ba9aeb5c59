"""Registers are cut whatever their list is called; glue and slices together are the body, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.errors import SourceFormatError
from connector.source.register import RegisterEnvelope
from connector.source.scanner import Piece


def cut(body: bytes, chunk: int = 256 * 1024) -> tuple[list[Piece], RegisterEnvelope]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "body"
        path.write_bytes(body)
        envelope = RegisterEnvelope(path, chunk=chunk)
        return list(envelope.entries()), envelope


scalars = st.none() | st.booleans() | st.integers() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
objects = st.lists(st.dictionaries(st.text(), values, max_size=4), max_size=5)
beside = st.dictionaries(st.sampled_from(["Requested", "Länge", "Tags"]), scalars | st.lists(scalars, max_size=3))


@given(objects, beside, st.sampled_from(["Subscriptions", "items", "Værdi"]), st.booleans(), st.integers(1, 50))
@example([{"a": 1}], {"Tags": [1, 2]}, "items", False, 1)
def test_slices_are_the_entries_and_with_their_glue_the_body(
    entries: list[Any], others: dict[str, Any], name: str, first: bool, chunk: int
) -> None:
    members = {name: entries, **others} if first else {**others, name: entries}
    for body in (json.dumps(members).encode(), b"\xef\xbb\xbf" + json.dumps(entries).encode()):
        pieces, envelope = cut(body, chunk)
        assert b"".join(piece.glue + piece.slice for piece in pieces) + envelope.tail == body
        if entries or not any(value == [] for value in others.values()):
            assert [json.loads(piece.slice) for piece in pieces] == entries
        assert envelope.count == len(pieces)


def test_what_stands_beside_the_list_is_kept() -> None:
    pieces, envelope = cut(b'{"Made": "today", "Tags": ["x"], "List": [{"a": 1}], "Other": [{"b": 2}], "None": []}')
    assert [piece.slice for piece in pieces] == [b'{"a": 1}']
    assert envelope.members == {"Made": b'"today"', "Tags": b'["x"]', "Other": b'[{"b": 2}]', "None": b"[]"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<html>", "web page"),
        (b"null", "null"),
        (b'"no"', "a text"),
        (b"12", "something else"),
        (b"{}", "no list of objects, only nothing"),
        (b'{"List": null}', "no list of objects, only 'List'"),
        (b'{"List": [1]}', "no list of objects"),
        (b'{"a": 1, "a": 2}', "two members called 'a'"),
        (b"[1]", "Entry 1 of the answer is no object"),
        (b'[{"a": 1}, 2]', "Entry 2 of the answer is no object"),
        (b'[{"a": 1}', "cut off"),
        (b"[", "cut off"),
        (b'{"List": [{"a": 1}', "cut off"),
        (b'[{"a": 1}] 1', "follows after the end"),
        (b'{"List": [{"a": 1}], "Next": "https://x"}', "more pages"),
        (b'{"List": [{"a": 1}], "TotalCount": 3}', "more pages"),
    ],
)
def test_anything_else_is_an_error(body: bytes, words: str) -> None:
    with pytest.raises(SourceFormatError, match=words) as caught:
        cut(body)
    assert caught.value.hint
