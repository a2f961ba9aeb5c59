from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.errors import SourceFormatError
from connector.source.envelope import Envelope
from connector.source.scanner import LARGEST_GLUE, Piece

PAYLOADS = Path(__file__).parent.parent / "payloads"


def cut(body: bytes, chunk: int = 256 * 1024) -> tuple[list[Piece], Envelope]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "body"
        path.write_bytes(body)
        envelope = Envelope(path, chunk=chunk)
        return list(envelope.invoices()), envelope


def refused(body: bytes, chunk: int = 256 * 1024) -> SourceFormatError:
    with pytest.raises(SourceFormatError) as caught:
        cut(body, chunk)
    return caught.value


scalars = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
elements = st.lists(st.dictionaries(st.text(), values, max_size=5) | values, max_size=6)
# Without objects, in which hypothesis finds names that speak of paging; those are refused, see test_paging.
beside_values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4))
others = st.dictionaries(st.sampled_from(["Requested", "Länge", "Version", 'Quote"d']), beside_values, max_size=3)
layouts = st.sampled_from([None, 0, 1, "\t", " \r\n "])
chunks = st.integers(1, 40) | st.just(256 * 1024)


def _body(invoices: list[Any], beside: dict[str, Any], indent: Any, ascii_only: bool, first: bool) -> bytes:
    members = {"Invoices": invoices, **beside} if first else {**beside, "Invoices": invoices}
    return json.dumps(members, indent=indent, ensure_ascii=ascii_only).encode()


@given(elements, others, layouts, st.booleans(), st.booleans(), chunks)
@example([1.5e300, -1e-7, 12, True], {}, None, True, True, 1)
@example(['\U0001f600\\"]}', "é"], {"Version": "]"}, 1, True, False, 3)
def test_slices_are_the_elements_and_with_their_glue_the_body(
    invoices: list[Any], beside: dict[str, Any], indent: Any, ascii_only: bool, first: bool, chunk: int
) -> None:
    body = _body(invoices, beside, indent, ascii_only, first)

    pieces, envelope = cut(body, chunk)

    assert b"".join(piece.glue + piece.slice for piece in pieces) + envelope.tail == body
    assert [json.loads(piece.slice) for piece in pieces] == json.loads(body)["Invoices"]
    assert [body[piece.at : piece.at + len(piece.slice)] for piece in pieces] == [piece.slice for piece in pieces]
    assert all(piece.slice == piece.slice.strip() for piece in pieces)
    assert {name: json.loads(value) for name, value in envelope.members.items()} == beside
    assert envelope.count == len(invoices)


@pytest.mark.parametrize("name", ["nl_invoice", "nl_specification", "be_invoice_detail"])
@pytest.mark.parametrize("chunk", [7, 4096, 256 * 1024])
def test_the_documented_payloads_come_out_whole(name: str, chunk: int) -> None:
    body = (PAYLOADS / f"{name}.json").read_bytes()

    pieces, envelope = cut(body, chunk)

    assert b"".join(piece.glue + piece.slice for piece in pieces) + envelope.tail == body
    assert [json.loads(piece.slice) for piece in pieces] == json.loads(body)["Invoices"]


@given(st.data())
def test_a_body_that_is_cut_off_anywhere_is_refused(data: st.DataObject) -> None:
    body = _body(data.draw(elements), {}, None, True, True)
    length = data.draw(st.integers(0, len(body) - 1))

    refused(body[:length], data.draw(chunks))


def test_an_empty_list_is_an_answer_without_invoices() -> None:
    pieces, envelope = cut(b' {"Invoices" : [ ] } \n')

    assert pieces == []
    assert envelope.tail == b' {"Invoices" : [ ] } \n'


def test_a_byte_order_mark_is_kept_in_the_first_glue() -> None:
    pieces, envelope = cut(b'\xef\xbb\xbf{"Invoices":[{}]}')

    assert pieces[0].glue == b'\xef\xbb\xbf{"Invoices":['
    assert envelope.has_byte_order_mark


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "web page or XML"),
        (b'<?xml version="1.0"?><InvoiceResponse/>', "web page or XML"),
        (b'[{"Header": {}}]', "bare list"),
        (b'"Invoices"', "is not JSON"),
        (b"Service unavailable", "is not JSON"),
        (b'{"message": "maintenance"}', "no list called 'Invoices', only 'message'"),
        (b"{}", "no list called 'Invoices', only nothing"),
        (b'{"invoices": []}', "no list called 'Invoices', only 'invoices'"),
        (b'{"Invoices": null}', "'Invoices' is null"),
        (b'{"Invoices": {"Header": {}}}', "'Invoices' is an object"),
        (b'{"Invoices": "none"}', "'Invoices' is a text"),
        (b'{"Invoices":', "in the middle of the answer"),
        (b'{"Invoices"', "in the middle of a name"),
        (b'{"Invoices" ', "was cut off"),
        (b'{"\\uZZZZ": 1}', "not valid JSON in a name"),
        (b'{"\\ud800": 1, "Invoices": []}', "not valid JSON in a name"),
        (b'{"Invoices": 0}', "'Invoices' is something else"),
        (b'{"Invoices": [], "Invoices": []}', "two lists called 'Invoices'"),
        (b'{"A": 1, "A": 2, "Invoices": []}', "two members called 'A'"),
        (b'{"Invoices": []} {"Invoices": []}', "Something follows"),
        (b'{"Invoices": [{}', "in the middle of invoice 1, at byte 16"),
        (b'{"Invoices": [{"Header": {"InvoiceID": "91', "in the middle of invoice 1"),
        (b'{"Invoices": [{}, ', "in the middle of"),
        (b'{"Invoices": [{}]', "in the middle of a member"),
        (b'{"Invoices": [{},]}', "not valid JSON after invoice 1"),
        (b'{"Invoices": [{} {}]}', "not valid JSON after invoice 1"),
        (b'{"Invoices": [{"VAT": 1.}]}', "not valid JSON in invoice 1"),
        (b'{"Invoices": [NaN]}', "not valid JSON in invoice 1"),
        (b'{"Invoices": [{"A": "\x01"}]}', "not valid JSON in invoice 1"),
        (b'{"Invoices": [],}', "not valid JSON"),
        (b'{"Invoices" []}', "not valid JSON behind a name"),
        (b"{Invoices: []}", "not valid JSON where a name should be"),
        (b'{"Invoices": ["caf\xe9"]}', "not UTF-8"),
        ('{"Invoices": []}'.encode("utf-16"), "not UTF-8"),
        (b'{"Invoices": [' + b"[" * 100_000, "nested too deeply"),
        (b'{"Invoices": [], "A": ' + b"1" * 6000 + b"}", "'A' is not valid JSON"),
    ],
)
def test_what_is_not_the_promised_shape_is_refused_in_plain_words(body: bytes, sentence: str) -> None:
    for chunk in (5, 256 * 1024):
        error = refused(body, chunk)
        assert sentence in error.message
        assert error.hint


def test_pieces_may_come_before_the_error_so_they_must_not_be_kept_before_the_end() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "body"
        path.write_bytes(b'{"Invoices": [{"A": 1}, {"A": 2}')
        found: list[Piece] = []
        with pytest.raises(SourceFormatError, match="in the middle of invoice 2"):
            found.extend(Envelope(path).invoices())
        assert [piece.slice for piece in found] == [b'{"A": 1}']


def test_more_than_a_little_beside_the_invoices_is_refused() -> None:
    for beside in (b'"' + b"x" * 3 * LARGEST_GLUE + b'"', b" " * 3 * LARGEST_GLUE + b"1"):
        assert "belong to no invoice" in refused(b'{"Invoices": [], "Log": ' + beside + b"}").message


def test_the_wording_that_tells_where_a_value_ends() -> None:
    """When this fails after an upgrade of msgspec, ``scanner`` must learn the new wording."""
    skip = msgspec.json.Decoder(msgspec.Raw).decode
    for text, message in [
        (b'{"a":1},', "JSON is malformed: trailing characters (byte 8)"),
        (b'{"a":1} ,2', "JSON is malformed: trailing characters (byte 9)"),
        (b"[1]]", "JSON is malformed: trailing characters (byte 4)"),
        (b'{"a":', "Input data was truncated"),
        (b'"a', "Input data was truncated"),
        (b"1.", "JSON is malformed: invalid number (byte 2)"),
    ]:
        with pytest.raises(msgspec.DecodeError) as caught:
            skip(text)
        assert str(caught.value) == message
    assert bytes(skip(memoryview(b"12"))) == b"12"


def test_members_beside_the_invoices_are_kept_exactly() -> None:
    _, envelope = cut(b'{"Version": 1.10, "Invoices": [], "Note": {"a": [1, 2]}}')

    assert envelope.members == {"Version": b"1.10", "Note": b'{"a": [1, 2]}'}
    assert msgspec.json.decode(envelope.members["Version"], type=Decimal) == Decimal("1.10")
