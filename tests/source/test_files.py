from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.errors import SettingsError, SourceError, SourceFormatError
from connector.source.base import Endpoint, Window
from connector.source.envelope import Envelope
from connector.source.files import SavedAnswers
from tests.source.asking import NOW

PAYLOADS = Path(__file__).parent.parent / "payloads"
NL = json.loads((PAYLOADS / "nl_invoice.json").read_text())
SPECIFICATION = json.loads((PAYLOADS / "nl_specification.json").read_text())
BE = json.loads((PAYLOADS / "be_invoice_detail.json").read_text())

Tree = dict[str, Any]


def saved(*paths: Path, endpoint: Endpoint | None = None, show_detail: bool = False) -> SavedAnswers:
    return SavedAnswers(paths, now=lambda: NOW, endpoint=endpoint, show_detail=show_detail)


def endpoint_of(path: Path, content: object, endpoint: Endpoint | None = None) -> Endpoint:
    path.write_text(json.dumps(content))
    with saved(path, endpoint=endpoint).open(path) as answer:
        return answer.endpoint


def changed(body: Tree, change: Callable[[Tree], object]) -> Tree:
    copy: Tree = json.loads(json.dumps(body))
    change(copy["Invoices"][0])
    return copy


def without_vat(body: Tree) -> Tree:
    text = json.dumps(body)
    copy: Tree = json.loads(text)
    for customer in copy["Invoices"][0]["Customers"]:
        for subscription in customer["Subscriptions"]:
            for line in subscription["PriceLines"]:
                line["VAT"] = 0
    return copy


def test_a_file_is_an_answer_with_the_same_evidence(tmp_path: Path) -> None:
    path = tmp_path / "march.json"
    content = b"\xef\xbb\xbf" + (PAYLOADS / "nl_invoice.json").read_bytes()
    path.write_bytes(content)
    written = datetime(2024, 3, 23, 12, tzinfo=UTC)
    os.utime(path, (written.timestamp(), written.timestamp()))
    source = saved(path)

    with source.open(path) as answer:
        assert answer.body != path
        assert answer.body.read_bytes() == content
        pieces = list(Envelope(answer.body).invoices())

    assert len(pieces) == 1
    assert (answer.endpoint, answer.show_detail) == (Endpoint.INVOICES, False)
    assert answer.window == Window(start=date(2024, 3, 22), end=date(2024, 3, 22))
    assert (answer.size, answer.sha256) == (len(content), hashlib.sha256(content).digest())
    assert answer.requested_at == NOW
    assert answer.headers == (("Last-Modified", "Sat, 23 Mar 2024 12:00:00 GMT"),)
    assert answer.url == path.as_uri()
    assert not answer.body.exists()
    assert path.exists()


def test_a_folder_stands_for_the_json_files_below_it(tmp_path: Path) -> None:
    for name in ("2024/b.json", "a.JSON", "2024/a.json", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")

    source = saved(tmp_path, tmp_path / "a.JSON", tmp_path / "notes.txt")

    assert [path.relative_to(tmp_path).as_posix() for path in source.paths] == [
        "2024/a.json",
        "2024/b.json",
        "a.JSON",
        "notes.txt",
    ]


def test_a_folder_without_answers_or_a_path_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.json"):
        with pytest.raises(SettingsError) as caught:
            saved(path)
        assert caught.value.where == str(path)
        assert "--from-files" in caught.value.hint


def test_a_file_that_was_cut_off_is_saved_again_since_reading_it_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "invoices.json"
    path.write_text('{"Invoices": [{}')
    with pytest.raises(SourceFormatError, match="cut off") as caught, saved(path).open(path):
        pass
    assert caught.value.hint == "Save the answer once more, unchanged, as the API gave it."


def test_what_we_sent_is_no_purchase_and_what_we_got_no_invoice_to_a_customer(tmp_path: Path) -> None:
    def between(sender: str, receiver: str) -> Tree:
        def change(invoice: Tree) -> None:
            invoice["Sender"]["VATNumber"], invoice["Receiver"]["VATNumber"] = sender, receiver

        return changed(NL, change)

    def kept(content: Tree, endpoint: Endpoint) -> Endpoint:
        path = tmp_path / "saved.json"
        path.write_text(json.dumps(content))
        source = SavedAnswers([path], now=lambda: NOW, endpoint=endpoint, own_vat="NL000012002B01")
        with source.open(path) as answer:
            return answer.endpoint

    ours, theirs = "NL 0000.12.002.B01", "NL000011113B01"
    with pytest.raises(SourceFormatError, match="your own company sent") as caught:
        kept(between(ours, theirs), Endpoint.INVOICES)
    assert "customer-invoices" in caught.value.hint
    with pytest.raises(SourceFormatError, match="to your own company"):
        kept(between(theirs, ours), Endpoint.CUSTOMER_INVOICES)

    assert kept(between(theirs, ours), Endpoint.INVOICES) is Endpoint.INVOICES
    assert kept(between(ours, theirs), Endpoint.CUSTOMER_INVOICES) is Endpoint.CUSTOMER_INVOICES
    assert kept(between("", theirs), Endpoint.INVOICES) is Endpoint.INVOICES  # it does not tell
    assert kept(between(theirs, ours), Endpoint.CUSTOMER_SPECIFICATIONS) is Endpoint.CUSTOMER_SPECIFICATIONS


def test_the_window_spans_the_dates_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "invoices.json"
    invoices = [
        {**NL["Invoices"][0], "Header": {"Date": text}}
        for text in ("2024-02-23T00:00:00", "20240322", "22-03-2025", None)
    ]
    path.write_text(json.dumps({"Invoices": invoices}))
    with saved(path).open(path) as answer:
        assert answer.window == Window(start=date(2024, 2, 23), end=date(2024, 3, 22))

    path.write_text('{"Invoices": [{"Header": "?"}]}')
    with saved(path).open(path) as answer:
        assert answer.window is None


# Which list it is: content first, then the name, and when in doubt it is asked


def test_content_tells_the_list_where_it_can(tmp_path: Path) -> None:
    plain = tmp_path / "v2.json"

    assert endpoint_of(plain, NL) is Endpoint.INVOICES
    assert endpoint_of(plain, SPECIFICATION) is Endpoint.CUSTOMER_SPECIFICATIONS


def test_an_invoice_without_vat_across_a_border_could_be_either_so_the_name_tells(tmp_path: Path) -> None:
    assert endpoint_of(tmp_path / "Invoices 2024-06.json", BE) is Endpoint.INVOICES
    assert endpoint_of(tmp_path / "customer-specifications-06.json", BE) is Endpoint.CUSTOMER_SPECIFICATIONS
    with pytest.raises(SourceFormatError, match="Neither what is in the file nor its name") as caught:
        endpoint_of(tmp_path / "v2.json", BE)
    assert "customer-specifications" in caught.value.hint
    assert caught.value.where == str(tmp_path / "v2.json")


def test_a_customer_invoice_is_addressed_to_its_customer(tmp_path: Path) -> None:
    def to_the_customer(invoice: Tree) -> None:
        invoice["Customers"] = invoice["Customers"][:1]
        invoice["Receiver"]["AccountID"] = invoice["Customers"][0]["AccountID"]
        invoice["Sender"]["CompanyName"] = "Voorbeeld IT B.V."

    assert endpoint_of(tmp_path / "v2.json", changed(NL, to_the_customer)) is Endpoint.CUSTOMER_INVOICES


def test_a_reseller_that_is_its_own_only_customer_still_gets_a_purchase_invoice(tmp_path: Path) -> None:
    def to_itself(invoice: Tree) -> None:
        invoice["Customers"] = invoice["Customers"][:1]
        invoice["Customers"][0]["AccountID"] = invoice["Receiver"]["AccountID"]

    assert endpoint_of(tmp_path / "v2.json", changed(NL, to_itself)) is Endpoint.INVOICES


def test_a_name_and_a_content_that_disagree_are_asked(tmp_path: Path) -> None:
    with pytest.raises(SourceFormatError, match="named as if it held customer-specifications, but"):
        endpoint_of(tmp_path / "specifications.json", NL)
    with pytest.raises(SourceFormatError, match="looks like customer-specifications"):
        endpoint_of(tmp_path / "invoices.json", without_vat(NL))


def test_saying_which_list_it_is_settles_it(tmp_path: Path) -> None:
    assert endpoint_of(tmp_path / "specifications.json", NL, Endpoint.INVOICES) is Endpoint.INVOICES


def test_examples_look_like_invoices_so_the_name_tells(tmp_path: Path) -> None:
    assert endpoint_of(tmp_path / "example-invoices.json", NL) is Endpoint.EXAMPLE_INVOICES


def test_a_month_in_which_one_invoice_has_no_vat_is_still_a_purchase(tmp_path: Path) -> None:
    both = {"Invoices": [*NL["Invoices"], *without_vat(NL)["Invoices"]]}

    assert endpoint_of(tmp_path / "v2.json", both) is Endpoint.INVOICES


def test_a_mixture_is_refused(tmp_path: Path) -> None:
    def to_the_customer(invoice: Tree) -> None:
        invoice["Customers"] = invoice["Customers"][:1]
        invoice["Receiver"]["AccountID"] = invoice["Customers"][0]["AccountID"]
        invoice["Sender"]["CompanyName"] = "Voorbeeld IT B.V."

    both = {"Invoices": [*NL["Invoices"], *changed(NL, to_the_customer)["Invoices"]]}
    with pytest.raises(SourceFormatError, match="several kinds"):
        endpoint_of(tmp_path / "v2.json", both)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[]", "bare list"),
        ('{"Header": {"InvoiceID": "1"}}', "no list called 'Invoices', only 'Header'"),
        ("<html></html>", "web page"),
        ("<InvoiceResponse><Invoice></InvoiceResponse>", "stops in the middle of invoice 1"),
        ('{"Invoices": [{}', "cut off"),
        ("", "is empty"),
        ('{"Invoices": [], "next": "x"}', "more pages"),
    ],
)
def test_a_file_that_is_no_answer_is_refused_under_its_own_name(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "invoices.json"
    path.write_text(content)
    with pytest.raises(SourceFormatError, match=sentence) as caught, saved(path).open(path):
        pass
    assert caught.value.where == str(path)
    assert "kept" not in caught.value.hint


def test_an_error_while_it_is_used_names_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "invoices.json"
    path.write_text('{"Invoices": []}')
    with pytest.raises(SourceFormatError) as caught, saved(path).open(path):
        raise SourceFormatError("Something else is wrong", hint="Mend it.")
    assert (caught.value.where, caught.value.hint) == (str(path), "Mend it.")


def test_a_file_that_went_away(tmp_path: Path) -> None:
    path = tmp_path / "invoices.json"
    path.write_text("{}")
    source = saved(path)
    path.unlink()
    with pytest.raises(SourceError, match="cannot be read") as caught, source.open(path):
        pass
    assert caught.value.where == str(path)


def test_a_saved_register_is_known_by_its_name_or_by_what_is_said(tmp_path: Path) -> None:
    entries = {"Any": [{"SubscriptionID": "s-1"}]}
    assert endpoint_of(tmp_path / "customer-subscriptions.json", entries) is Endpoint.CUSTOMER_SUBSCRIPTIONS
    assert endpoint_of(tmp_path / "Products 2025.json", entries) is Endpoint.PRODUCTS
    assert endpoint_of(tmp_path / "list.json", entries, Endpoint.PRODUCTS) is Endpoint.PRODUCTS
    assert endpoint_of(tmp_path / "subscription-invoices.json", NL) is Endpoint.INVOICES
    with pytest.raises(SourceFormatError):
        endpoint_of(tmp_path / "list.json", entries)
