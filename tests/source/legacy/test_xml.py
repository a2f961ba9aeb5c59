"""XML of the older API: cut byte for byte, read to the cent, and hostile texts refused in bounded time."""

from __future__ import annotations

import json
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.invoice import Invoice, Line, lines
from connector.engine.plain_reader import plain_lines, plain_totals
from connector.errors import SourceFormatError
from connector.source.bodies import envelope
from connector.source.legacy.envelope import XmlEnvelope
from connector.source.legacy.plain import plain_tree
from connector.source.legacy.reading import parse_xml
from connector.source.legacy.tree import parsed_tree
from connector.source.parse import Parsed
from connector.source.scanner import Piece

ROOT = '<?xml version="1.0" encoding="utf-8"?><InvoiceResponse xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
SECONDS = 20
"""Far above what any of these takes; a reading that grows out of hand takes minutes."""


def cut(text: str | bytes, folder: Path, chunk: int = 64) -> tuple[list[Piece], XmlEnvelope]:
    path = folder / "body.xml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    body = XmlEnvelope(path, chunk=chunk)
    return list(body.invoices()), body


def refused(text: str | bytes, folder: Path) -> str:
    with pytest.raises(SourceFormatError) as caught:
        cut(text, folder)
    return caught.value.message


def an_invoice(line: str, header: str = "<InvoiceID>TN1</InvoiceID>", around: str = "") -> bytes:
    return (
        f"<Invoice><Header>{header}</Header><Customers><Customer><AccountID>7</AccountID>{around}<Subscriptions>"
        f"<Subscription><SubscriptionID>8</SubscriptionID><PriceLines><PriceLine>{line}</PriceLine></PriceLines>"
        "</Subscription></Subscriptions></Customer></Customers></Invoice>"
    ).encode()


def the_line(parsed: Parsed) -> Line:
    ((_, _, line),) = lines(parsed.invoice)
    return line


# Cutting.


@pytest.mark.parametrize("chunk", [1, 7, 64, 4096])
def test_pieces_and_glue_put_together_are_the_body(tmp_path: Path, chunk: int) -> None:
    text = (
        f"\ufeff{ROOT}\n<!-- <Invoice> --> <Invoice><Header/></Invoice><Invoice />\n<?note <Invoice> ?>"
        "<Invoice a='>'><Name><![CDATA[</Invoice>]]></Name></Invoice >"
        "<InvoiceCount>3</InvoiceCount></InvoiceResponse>\n"
    )
    pieces, body = cut(text, tmp_path, chunk)
    assert b"".join(each.glue + each.slice for each in pieces) + body.tail == text.encode()
    assert [each.slice for each in pieces] == [
        b"<Invoice><Header/></Invoice>",
        b"<Invoice />",
        b"<Invoice a='>'><Name><![CDATA[</Invoice>]]></Name></Invoice >",
    ]
    assert all(text.encode()[each.at :].startswith(each.slice) for each in pieces)
    assert body.members == {"InvoiceCount": b'"3"'}
    assert body.has_byte_order_mark


@pytest.mark.parametrize(
    "text",
    [
        f"{ROOT}</InvoiceResponse>",
        "<InvoiceResponse/>",
        "<ConsolidatedInvoiceResponse><Invoices /></ConsolidatedInvoiceResponse>",
        "<Answer><Invoices></Invoices></Answer>",
    ],
)
def test_no_invoices_is_an_answer(tmp_path: Path, text: str) -> None:
    assert cut(text, tmp_path)[0] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<Error><Message>no</Message></Error>", "XML called 'Error' without invoices, only 'Message'"),
        ("<html><body>Sign in</body></html>", "is a web page"),
        (f"{ROOT}<Invoice><Header>", "stops in the middle of invoice 1"),
        (f"{ROOT}<Invoice></Invoice>", "stops in the middle of the answer"),
        (f"{ROOT}<Invoice></Invoice></Other>", "not valid XML where 'InvoiceResponse' should end"),
        (f"{ROOT}<Invoice></Invoice></InvoiceResponse><more/>", "Something follows after the end"),
        (f"{ROOT}text</InvoiceResponse>", "not valid XML between elements"),
        (f"{ROOT}<Total>1</Total><Total>2</Total></InvoiceResponse>", "two members called 'Total'"),
        (f"{ROOT}<TotalPages>2</TotalPages></InvoiceResponse>", "promises more pages"),
        ('<?xml version="1.0" encoding="utf-16"?><InvoiceResponse/>', "written in utf-16"),
        ("<InvoiceResponse><Invoice>caf\xe9</Invoice></InvoiceResponse>".encode("latin-1"), "not UTF-8"),
        ("<!DOCTYPE InvoiceResponse><InvoiceResponse/>", "declares a document type"),
        (
            f"{ROOT}<Page><Invoice></Invoice></Page></InvoiceResponse>",
            "invoice where none should be, in its member 'Page'",
        ),
        (f"{ROOT}<c:Invoice xmlns:c='u'/></InvoiceResponse>", "in its member 'c:Invoice'"),
        (f"{ROOT}<invoice></invoice></InvoiceResponse>", "in its member 'invoice'"),
        ("<", "stops in the middle"),
        ("<1>", "not valid XML where an element should begin"),
    ],
)
def test_what_is_not_promised_is_refused_with_its_reason(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert message in refused(text, tmp_path)


@given(st.one_of(st.binary(max_size=200), st.text(alphabet="<>/!-[]CDATA? ='\"aInvoiceResponse&;\n", max_size=200)))
def test_any_body_is_cut_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "body"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    try:
        body = envelope(path)
        pieces = list(body.invoices())
    except SourceFormatError:
        return
    assert b"".join(each.glue + each.slice for each in pieces) + body.tail == path.read_bytes()


def test_row_hashes_are_no_ends_of_an_invoice(tmp_path: Path) -> None:
    line = "<PriceLine><InvoiceRowHash>ab</InvoiceRowHash></PriceLine>"
    invoice = an_invoice("<VAT>1</VAT>").decode().replace("<PriceLines>", f"<PriceLines>{line * 500}")
    pieces, _ = cut(f"{ROOT}{invoice}{invoice}</InvoiceResponse>", tmp_path)
    assert [each.slice.decode() for each in pieces] == [invoice] * 2


# Reading.


def test_rate_and_zone_of_the_header_belong_to_each_line() -> None:
    header = "<InvoiceID>TN1</InvoiceID><TaxZoneID>NL</TaxZoneID><TaxPercentage>21.00</TaxPercentage>"
    parsed = parse_xml(an_invoice("<ExtendedPrice>12.50</ExtendedPrice><VAT>2.63</VAT><Fax />", header))
    line = the_line(parsed)
    assert (line.extended_price, line.vat) == (Decimal("12.50"), Decimal("2.63"))
    assert (line.tax_percentage, line.tax_zone_id) == (Decimal("21.00"), "NL")
    assert [(each.path, each.example) for each in parsed.drift] == [
        ("Customers[].Subscriptions[].PriceLines[].Fax", "null")
    ]
    own = parse_xml(an_invoice("<TaxPercentage>9</TaxPercentage>", header))
    assert the_line(own).tax_percentage == Decimal(9)
    empty = an_invoice("<VAT>1</VAT><TaxPercentage/>", header)
    assert the_line(parse_xml(empty)).tax_percentage == Decimal(21)
    (plain,) = plain_lines(empty, None)
    assert plain.amounts[-1] == Decimal(21)


def test_the_street_of_the_receiver_is_its_address() -> None:
    parsed = parse_xml(b"<Invoice><Receiver><Street>Weg 1</Street></Receiver></Invoice>")
    assert parsed.invoice.receiver is not None
    assert parsed.invoice.receiver.address == "Weg 1"
    assert parsed.drift == ()


def test_empty_elements_are_absent_in_every_spelling() -> None:
    empty = '<SKU /><UID></UID><EndDate xsi:nil="true"/><UnitPrice></UnitPrice>'
    parsed = parse_xml(an_invoice(f"{empty}<SubscriptionDetails>\n</SubscriptionDetails>"))
    line = the_line(parsed)
    assert (line.sku, line.uid, line.end_date, line.unit_price, line.subscription_details) == (None,) * 4 + ((),)
    assert (parsed.drift, parsed.findings) == ((), ())
    assert parse_xml(b"<Invoice><Customers>\n </Customers></Invoice>").invoice.customers == ()


def test_prefixes_that_only_the_root_declares_are_known() -> None:
    """As programs of another make write an empty element: i:nil, with i declared at the root."""
    header = "<InvoiceID>TN1</InvoiceID>"
    parsed = parse_xml(an_invoice('<UnitPrice i:nil="true" /><d:VAT>2.10</d:VAT><d:New>a: b</d:New>', header))
    line = the_line(parsed)
    assert (line.unit_price, line.vat) == (None, Decimal("2.10"))
    assert [each.path.rpartition(".")[2] for each in parsed.drift] == ["New"]
    assert parsed.findings == ()


def test_details_of_a_subscription_are_read() -> None:
    detail = "<Attribute>ram_gb</Attribute><AttributeValue>32</AttributeValue><noshow>false</noshow>"
    inside = f"<SubscriptionDetails><SubscriptionDetail>{detail}</SubscriptionDetail></SubscriptionDetails>"
    (found,) = the_line(parse_xml(an_invoice(inside))).subscription_details
    assert (found.attribute, found.attribute_value, found.noshow) == ("ram_gb", "32", "false")


@pytest.mark.parametrize(
    "written", ["1_000", "12,50", "NaN", "1e400", "9" * 70, "1&#95;000", "twelve", "<Amount>1</Amount>"]
)
def test_money_that_is_no_amount_is_found_and_left_empty(written: str) -> None:
    parsed = parse_xml(an_invoice(f"<ExtendedPrice>{written}</ExtendedPrice>"))
    assert the_line(parsed).extended_price is None
    assert [each.code for each in parsed.findings] == ["FIELD-UNREADABLE"]


def test_an_amount_that_comes_twice_is_not_chosen_from() -> None:
    parsed = parse_xml(an_invoice("<ExtendedPrice>1</ExtendedPrice><ExtendedPrice>2</ExtendedPrice>"))
    assert the_line(parsed).extended_price is None
    assert "['1', '2']" in str(parsed.findings) or '["1","2"]' in str(parsed.findings)


def test_attributes_and_texts_between_elements_are_kept_as_new_fields() -> None:
    exact = an_invoice("<SKU unit='x'>A</SKU>stray", around="<Note by='me' /><Office floor='2'><Door>1</Door></Office>")
    exact = exact.replace(b"<Customers>", b"<Customers count='1'>").replace(b"<Invoice>", b"<Invoice kind='k'>")
    told = {each.path: each.example for each in parse_xml(exact).drift}
    line = "Customers[].Subscriptions[].PriceLines[]."
    assert told == {
        "@kind": '"k"',
        "Customers@count": '"1"',
        "Customers[].Note": "null",
        "Customers[].Note@by": '"me"',
        "Customers[].Office": '{"Door":"1","@floor":"2"}',
        f"{line}SKU@unit": '"x"',
        f"{line}#text": '"stray"',
    }


def test_a_name_that_comes_very_often_is_one_list() -> None:
    (told,) = parse_xml(f"<Invoice>{'<New>1</New>' * 3000}</Invoice>".encode()).drift
    assert (told.path, json.loads(told.example)) == ("New", ["1"] * 3000)
    parsed = parse_xml(f"<Invoice>{'<Header><InvoiceID>1</InvoiceID></Header>' * 3000}</Invoice>".encode())
    assert [each.code for each in parsed.findings] == ["FIELD-UNREADABLE"]


def test_white_space_alone_says_nothing_in_what_holds_elements() -> None:
    for remark in ("", "<!-- read by the parser -->"):
        parsed = parse_xml(f"<Invoice>{remark}<Header>\n</Header><Receiver> </Receiver><Customers/></Invoice>".encode())
        assert (parsed.invoice.header, parsed.invoice.receiver, parsed.findings) == (None, None, ())


def test_the_short_way_takes_no_name_that_is_none() -> None:
    assert plain_tree("<Invoice><I\u00b2>1</I\u00b2></Invoice>".encode()) is None
    assert plain_tree("<Invoice><\u00cfd>1</\u00cfd></Invoice>".encode()) is None


def test_a_namespace_of_its_own_changes_nothing() -> None:
    exact = an_invoice("<VAT>1</VAT>").replace(b"<Invoice>", b'<Invoice xmlns="urn:copaco">')
    assert the_line(parse_xml(exact)).vat == Decimal(1)


@pytest.mark.parametrize(
    "text",
    [
        b"<Invoice><Header></Invoice>",
        b"<Invoice>&undeclared;</Invoice>",
        b"<Invoice>text</Invoice>",
        b"<Invoice/>",
        b"<Invoice>&#0;</Invoice>",
        b"",
        b"<Invoice/><Invoice/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><Invoice>&b;</Invoice>",
    ],
)
def test_what_is_no_invoice_is_a_finding(text: bytes) -> None:
    parsed = parse_xml(text)
    assert parsed.invoice == Invoice()
    assert [each.code for each in parsed.findings] == ["DOCUMENT-UNREADABLE"]


def test_both_readers_agree_on_amounts() -> None:
    header = "<Currency>EUR</Currency><TaxPercentage>21.00</TaxPercentage>"
    fields = "<ExtendedPrice>-12.505</ExtendedPrice><VAT>-2.63</VAT><Quantity>2</Quantity><Discount />"
    exact = an_invoice(fields, header)
    line = the_line(parse_xml(exact))
    (plain,) = plain_lines(exact, None)
    assert (plain.net, plain.vat) == (-1251, -263)
    assert plain.amounts == (
        *(line.extended_price, line.vat, line.quantity, line.unit_price, line.discount, line.tax_percentage),
    )


@pytest.mark.parametrize(
    "inside", ["text", "<rows>1</rows><Customer/>", "<Customers><rows>1</rows><Customer/></Customers>", "<Customer/>"]
)
def test_the_second_reader_fails_on_no_invoice(inside: str) -> None:
    exact = f"<Invoice>{inside}</Invoice>".encode()
    assert list(plain_lines(exact, None)) == []
    assert plain_totals(exact) == set()


# Anything at all.

NAMES = st.sampled_from(
    [
        *("Header", "Customers", "Customer", "Subscriptions", "Subscription", "PriceLines", "PriceLine", "Totals"),
        *("ExtendedPrice", "VAT", "Quantity", "InvoiceID", "New", "SubscriptionDetails", "SubscriptionDetail"),
        *("Invoice", "Receiver"),
    ]
)
TEXTS = st.one_of(st.text(max_size=20), st.decimals(allow_nan=False).map(str), st.sampled_from(["", " ", "1_0", "NaN"]))
ELEMENTS = st.recursive(
    st.tuples(NAMES, TEXTS.map(lambda text: escape("".join(c for c in text if c.isprintable())))),
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=4)),
    max_leaves=20,
)


def written(element: object) -> str:
    name, inside = element  # type: ignore[misc]
    return f"<{name}>{inside if isinstance(inside, str) else ''.join(map(written, inside))}</{name}>"  # type: ignore[has-type]


@given(st.lists(ELEMENTS, max_size=5))
def test_any_element_is_read_without_an_error_and_without_a_float(elements: list[object]) -> None:
    exact = f"<Invoice>{''.join(map(written, elements))}</Invoice>".encode()
    parsed = parse_xml(exact)
    for _, _, line in lines(parsed.invoice):
        for amount in (line.extended_price, line.vat, line.quantity):
            assert amount is None or type(amount) is Decimal
    assert all(each.code.startswith(("FIELD-UNREADABLE", "DOCUMENT-UNREADABLE")) for each in parsed.findings)


@given(st.lists(ELEMENTS, max_size=5), st.sampled_from(["", " ", "x", "&amp;", "&#65;", "]]>", "\r\n", "<!-- -->"]))
def test_the_short_way_gives_what_the_parser_gives(elements: list[object], between: str) -> None:
    exact = f"<Invoice>{between.join(map(written, elements))}{between}</Invoice>".encode()
    short = plain_tree(exact)
    if short is not None:
        assert short == parsed_tree(exact)


def test_the_short_way_is_taken_for_what_the_older_api_writes() -> None:
    exact = an_invoice(
        "<Description>Jansen &amp; Zn &lt;3</Description><SKU /><VAT>1</VAT><UID></UID>", "\n <Date/>\n "
    )
    short = plain_tree(exact)
    assert short == parsed_tree(exact)
    (line,) = short["Customers"][0]["Subscriptions"][0]["PriceLines"]
    assert line == {"Description": "Jansen & Zn <3", "SKU": None, "VAT": "1", "UID": None}


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False),
    st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False),
)
def test_cents_come_through_exactly(net: Decimal, vat: Decimal) -> None:
    exact = an_invoice(f"<ExtendedPrice>{net}</ExtendedPrice><VAT>{vat}</VAT>", "<Currency>EUR</Currency>")
    line = the_line(parse_xml(exact))
    assert (line.extended_price, line.vat) == (net, vat)
    (plain,) = plain_lines(exact, None)
    assert (plain.net, plain.vat) == (int(net * 100), int(vat * 100))


@given(st.text(max_size=60))
def test_no_text_of_a_line_is_lost_without_a_word(text: str) -> None:
    shown = "".join(sign for sign in text if sign.isprintable())
    parsed = parse_xml(an_invoice(f"<Description>{escape(shown)}</Description><New>{escape(shown)}</New>"))
    assert (the_line(parsed).description or "") == shown
    (told,) = parsed.drift
    assert told.path.endswith(".New")


# Attacks: refused in bounded time and memory.


def test_the_short_way_gives_up_where_no_line_is_like_another() -> None:
    many = "".join(f"<A{number}>1</A{number}>" for number in range(90))
    each = (f"<PriceLine><N{number}>1</N{number}>{many}</PriceLine>" for number in range(2000))
    exact = an_invoice("<VAT>1</VAT>").replace(b"<PriceLines>", f"<PriceLines>{''.join(each)}".encode())
    started = time.monotonic()
    assert plain_tree(exact) is None
    assert time.monotonic() - started < SECONDS / 4


def bounded(text: str | bytes, folder: Path) -> None:
    started = time.monotonic()
    tracemalloc.start()
    try:
        pieces, _ = cut(text, folder, chunk=1024 * 1024)
        for piece in pieces:
            parsed = parse_xml(piece.slice)
            assert parsed.findings, "it is not taken for an invoice"
    except SourceFormatError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert time.monotonic() - started < SECONDS
    assert peak < 60 * len(text) + 20_000_000


def test_entity_bombs_are_refused(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "lol">{levels}]>'
    assert "declares a document type" in refused(f"{bomb}<InvoiceResponse>&l9;</InvoiceResponse>", tmp_path)
    inside = f"<InvoiceResponse><Invoice>{bomb}<Header>&l9;</Header></Invoice></InvoiceResponse>"
    with pytest.raises(SourceFormatError):
        cut(inside, tmp_path)


def test_external_entities_are_refused(tmp_path: Path) -> None:
    declared = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    text = f"{declared}<InvoiceResponse><Invoice>&x;</Invoice></InvoiceResponse>"
    assert "declares a document type" in refused(text, tmp_path)


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    deep = "<a>" * 200_000 + "</a>" * 200_000
    bounded(f"<InvoiceResponse><Invoice>{deep}</Invoice></InvoiceResponse>", tmp_path)
    assert "more than 60 elements within each other" in str(parse_xml(f"<Invoice>{deep}</Invoice>".encode()).findings)


def test_huge_numbers_and_many_false_ends_are_refused(tmp_path: Path) -> None:
    huge = an_invoice(f"<ExtendedPrice>{'9' * 5_000_000}</ExtendedPrice>").decode()
    bounded(f"<InvoiceResponse>{huge}</InvoiceResponse>", tmp_path)
    exponent = an_invoice("<ExtendedPrice>1e999999999</ExtendedPrice>").decode()
    bounded(f"<InvoiceResponse>{exponent}</InvoiceResponse>", tmp_path)
    ends = "<![CDATA[" + "</Invoice>" * 300_000 + "]]>"
    bounded(f"<InvoiceResponse><Invoice><Header>{ends}</Header><x></Invoice></InvoiceResponse>", tmp_path)
    bounded("<InvoiceResponse>" + "<!--" * 1_000_000, tmp_path)
    bounded("<InvoiceResponse " + "a='b' " * 500_000 + "<", tmp_path)


def test_a_large_text_is_kept(tmp_path: Path) -> None:
    text = "x" * 3_000_000
    pieces, _ = cut(
        f"<InvoiceResponse>{an_invoice(f'<Description>{text}</Description>').decode()}</InvoiceResponse>", tmp_path
    )
    assert the_line(parse_xml(pieces[0].slice)).description == text
