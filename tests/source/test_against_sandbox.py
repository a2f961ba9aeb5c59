"""Our reading of the API against the sandbox's, which shares no code with it: totals, keys and faults over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connector.domain.dates import months_between, parse_date
from connector.domain.invoice import Direction, ident, lines
from connector.domain.reading import Reading, head_of, read
from connector.domain.swapped_dates import SWAPPED_UNTIL
from connector.domain.vocabulary import Vocabulary
from connector.errors import SourceError, SourceFormatError, SourceRefused, SourceUnavailable
from connector.sandbox import KeyStyle, Sandbox, demo_world
from connector.source.base import Endpoint, Window
from connector.source.copaco import CurrentApi
from connector.source.envelope import Envelope
from connector.source.parse import Parsed, parse
from connector.source.settings import ApiSettings
from tests.source.asking import client

TODAY = dt.date(2024, 3, 25)
YEAR = Window(start=dt.date(2023, 3, 1), end=TODAY)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(demo_world(TODAY, months=3, customers=8), today=TODAY, key_styles=tuple(KeyStyle)) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.faults.clear()


@contextmanager
def source(sandbox: Sandbox, key: str = "sandbox-nl", **settings: Any) -> Iterator[CurrentApi]:
    chosen = {"attempts": 2, **settings}
    with client(sandbox.url, secret=key, **chosen) as asking:
        yield CurrentApi(asking, ApiSettings(base_url=sandbox.url, **chosen))


def fetched(sandbox: Sandbox, endpoint: Endpoint = Endpoint.INVOICES, key: str = "sandbox-nl") -> list[Parsed]:
    with source(sandbox, key) as asking, asking.fetch(endpoint, YEAR) as answer:
        return [parse(piece.slice) for piece in Envelope(answer.body).invoices()]


@pytest.mark.parametrize("endpoint", [Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS, Endpoint.CUSTOMER_INVOICES])
@pytest.mark.parametrize("reseller", ["nl", "be"])
def test_sound_documents_are_read_to_the_last_line_without_a_finding(
    sandbox: Sandbox, endpoint: Endpoint, reseller: str
) -> None:
    true = {
        each.number: (each.true.lines, each.true.net, each.true.vat)
        for each in sandbox.manifest.documents
        if each.endpoint == endpoint.value and each.reseller == reseller and not each.defect
    }
    found = {}
    for each in fetched(sandbox, endpoint, f"sandbox-{reseller}"):
        assert each.invoice.header is not None
        number = ident(each.invoice.header.invoice_id)
        if number in true:
            assert (each.findings, each.drift) == ((), ())
            read = [line for _, _, line in lines(each.invoice)]
            net, vat = (sum(line.extended_price or 0 for line in read), sum(line.vat or 0 for line in read))
            found[number] = (len(read), net * 100, vat * 100)

    assert true
    assert found == true


def readings(sandbox: Sandbox) -> dict[str, Reading]:
    """The purchase invoices by number, read."""
    read_ones = {}
    for each in fetched(sandbox):
        head = head_of(each.invoice)
        read_ones[head.number] = read(each.invoice, head, direction=Direction.PURCHASE, vocabulary=Vocabulary())
    return read_ones


def test_swapped_dates_are_told_apart_and_put_right_where_that_is_proven(sandbox: Sandbox) -> None:
    sound = readings(sandbox)
    sandbox.faults.add("swapped-dates")
    put_right = doubtful = 0
    for number, found in readings(sandbox).items():
        before, early = sound[number].lines, found.head.date is not None and found.head.date <= SWAPPED_UNTIL
        for right, line in zip(before, found.lines, strict=True):
            assert not right.period.trouble
            if line.period.trouble == "LINE-DATES-SWAPPED":
                assert early
                assert (line.start, line.end) == (right.start, right.end)
                put_right += 1
            else:
                stated = tuple(map(parse_date, (line.line.start_date or "", line.line.end_date or "")))
                assert (line.start, line.end) == stated
                doubtful += bool(line.period.trouble)
                if early and not line.period.trouble and line.start and line.end:
                    assert (
                        months_between(line.start, line.end) <= {"Month": 1, "Year": 12}[line.line.duration_type or ""]
                    )
    assert put_right > doubtful > 0


def test_a_key_can_be_tried(sandbox: Sandbox) -> None:
    with source(sandbox, "sandbox-nl-limited") as asking:
        trial = asking.try_key()
        assert trial.invoices > 0
        assert set(trial.fields) >= {"Customers", "Header"}
        with pytest.raises(SourceRefused, match="no permission"), asking.fetch(Endpoint.INVOICES, YEAR):
            pass


@pytest.mark.parametrize("key", ["wrong", "sandbox-nl-expired"])
def test_wrong_and_expired_keys_are_refused(sandbox: Sandbox, key: str) -> None:
    with source(sandbox, key) as asking, pytest.raises(SourceRefused, match="API key"):
        asking.try_key()


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        ("429:times=always,retry-after=9000", SourceUnavailable, "slow down"),
        ("503:times=always", SourceUnavailable, "503"),
        ("reset:times=always", SourceUnavailable, "broke the connection"),
        ("cut:times=always", SourceUnavailable, "cut off|broke"),
        ("cut:times=always,value=chunked", SourceUnavailable, "cut off|broke"),
        ("html", SourceFormatError, "web page"),
        ("shape:value=result", SourceFormatError, "no list called 'Invoices', only 'Result'"),
        ("shape:value=null", SourceFormatError, "'Invoices' is null"),
        ("shape:value=list", SourceFormatError, "bare list"),
        ("shape:value=text", SourceFormatError, "not JSON"),
        ("shape:value=absent", SourceFormatError, "no list called 'Invoices', only nothing"),
        ("shape:value=object", SourceFormatError, "'Invoices' is an object"),
        ("shape:value=broken", SourceFormatError, "cut off"),
        ("paging:value=link", SourceFormatError, "more pages"),
        ("paging:value=next", SourceFormatError, "more pages"),
        ("paging:value=pages", SourceFormatError, "more pages"),
        ("paging:value=total", SourceFormatError, "more pages"),
        ("encoding", SourceFormatError, "not UTF-8"),
        ("404", SourceRefused, "path"),
        ("400", SourceRefused, "refuses the request"),
    ],
)
def test_a_fault_is_an_error_and_gone_with_its_cause(
    sandbox: Sandbox, fault: str, error: type[SourceError], sentence: str
) -> None:
    sandbox.faults.add(fault)
    with pytest.raises(error, match=sentence) as caught:
        fetched(sandbox)
    assert caught.value.hint

    sandbox.faults.clear()
    assert fetched(sandbox)


def test_a_fault_that_passes_is_not_noticed(sandbox: Sandbox) -> None:
    for fault in ("503:retry-after=1", "cut", "reset", "429"):
        sandbox.faults.add(fault)
        assert fetched(sandbox)


def test_nothing_is_an_answer_too(sandbox: Sandbox) -> None:
    sandbox.faults.add("empty")

    assert fetched(sandbox) == []
