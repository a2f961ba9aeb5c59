from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector.errors import SettingsError, SourceFormatError, SourceRefused
from connector.source.base import REGISTERS, Endpoint, Source, Window
from connector.source.copaco import CurrentApi
from connector.source.envelope import Envelope
from connector.source.keys import PRESETS, key_form
from connector.source.settings import ApiSettings
from connector.source.status import retry_after_seconds
from tests.source import scripted
from tests.source.asking import NOW, client
from tests.source.scripted import Reply, ScriptedServer, reply, serving

PAYLOADS = Path(__file__).parent.parent / "payloads"
NL = (PAYLOADS / "nl_invoice.json").read_bytes()
MARCH = Window(start=date(2024, 3, 1), end=date(2024, 3, 31))


@contextmanager
def api(*script: Reply, keep: Path | None = None, **settings: Any) -> Iterator[tuple[CurrentApi, ScriptedServer]]:
    with serving(*script) as server, client(server.address, **settings) as asking:
        yield CurrentApi(asking, ApiSettings(base_url=server.address, **settings), keep_bad_in=keep), server


def test_it_is_a_source() -> None:
    with api(reply(NL)) as (made, _):
        source: Source = made
        assert source.name == "copaco"


def test_invoices_are_asked_for_by_creation_date_with_a_day_more_at_both_ends() -> None:
    with api(reply(NL)) as (source, server), source.fetch(Endpoint.INVOICES, MARCH) as answer:
        assert answer.window == MARCH
        assert (answer.endpoint, answer.show_detail, answer.no_data) == (Endpoint.INVOICES, False, False)
        assert answer.url == f"{server.address}/invoices?startDate=20240229&endDate=20240401"
        assert answer.body.read_bytes() == NL
        (piece,) = Envelope(answer.body).invoices()
        assert piece.slice.startswith(b"{")

    assert not answer.body.exists()
    assert "showdetail" not in server.requests[0].headers
    assert (server.requests[0].method, server.requests[0].headers["accept"]) == ("GET", "application/json")


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        (Endpoint.INVOICES, "/invoices"),
        (Endpoint.CUSTOMER_SPECIFICATIONS, "/customer-specifications"),
        (Endpoint.CUSTOMER_INVOICES, "/customer-invoices"),
        (Endpoint.EXAMPLE_INVOICES, "/example-invoices"),
    ],
)
def test_each_list_has_its_path(endpoint: Endpoint, path: str) -> None:
    with api(reply(NL)) as (source, server), source.fetch(endpoint, MARCH, show_detail=True):
        pass

    (request,) = server.requests
    assert request.target.partition("?")[0] == path
    assert request.headers["showdetail"] == "true"
    assert ("startDate" in request.target) is (endpoint is not Endpoint.EXAMPLE_INVOICES)


@pytest.mark.parametrize("endpoint", REGISTERS)
def test_a_register_is_asked_whole(endpoint: Endpoint) -> None:
    with api(reply(b'{"List": []}')) as (source, server), source.fetch_register(endpoint) as answer:
        assert (answer.window, answer.endpoint, answer.body.read_bytes()) == (None, endpoint, b'{"List": []}')

    assert [request.target for request in server.requests] == [f"/{endpoint.value}"]


def test_whatever_is_uncertain_is_a_setting() -> None:
    settings: dict[str, Any] = {
        "invoices_path": "/v2/purchase",
        "start_parameter": "from",
        "end_parameter": "until",
        "date_format": "%Y-%m-%d",
        "extra_days": 0,
        "show_detail_header": "X-Detail",
    }
    with api(reply(NL), **settings) as (source, server), source.fetch(Endpoint.INVOICES, MARCH, show_detail=True):
        pass

    assert server.requests[0].target == "/v2/purchase?from=2024-03-01&until=2024-03-31"
    assert server.requests[0].headers["x-detail"] == "true"


def test_examples_can_be_asked_with_dates() -> None:
    with api(reply(NL), dates_on_examples=True) as (source, server), source.fetch(Endpoint.EXAMPLE_INVOICES, MARCH):
        pass

    assert server.requests[0].target == "/example-invoices?startDate=20240229&endDate=20240401"


def test_a_link_to_a_next_page_is_refused() -> None:
    with (
        api(reply(NL, Link='</invoices?page=2>; rel="next"')) as (source, _),
        pytest.raises(SourceFormatError, match="more pages than we read"),
        source.fetch(Endpoint.INVOICES, MARCH),
    ):
        pass


def test_no_data_is_said_by_the_answer() -> None:
    text = b'{"message": "No data"}'
    with api(reply(text, "404 Not Found")) as (source, _), source.fetch(Endpoint.INVOICES, MARCH) as answer:
        assert answer.no_data
        assert answer.body.read_bytes() == text


def test_an_answer_that_cannot_be_used_is_kept_for_a_person(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    with (
        api(reply(b'{"Invoices": null}'), keep=folder) as (source, server),
        pytest.raises(SourceFormatError, match="'Invoices' is null") as caught,
        source.fetch(Endpoint.INVOICES, MARCH) as answer,
    ):
        list(Envelope(answer.body).invoices())

    (kept,) = folder.iterdir()
    assert kept.read_bytes() == b'{"Invoices": null}'
    assert kept.name.startswith("invoices-20240325T083000Z-")
    assert str(kept) in caught.value.hint
    assert caught.value.where.startswith(server.address)


def test_an_answer_that_comes_again_and_again_is_kept_once(tmp_path: Path) -> None:
    """A service asks every hour: what is wrong for weeks must not fill the disk."""
    for _ in range(2):
        with (
            api(reply(b'{"Invoices": null}'), keep=tmp_path) as (source, _server),
            pytest.raises(SourceFormatError) as caught,
            source.fetch(Endpoint.INVOICES, MARCH) as answer,
        ):
            list(Envelope(answer.body).invoices())
        (kept,) = tmp_path.iterdir()
        assert str(kept) in caught.value.hint
        kept.rename(kept.with_name(kept.name.replace("20240325", "20240101")))
    (kept,) = tmp_path.iterdir()
    assert "20240101" in kept.name


def test_without_a_folder_the_hint_promises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for keep in (None, tmp_path / "file"):
        with (
            api(reply(b'"'), keep=keep) as (source, _),
            pytest.raises(SourceFormatError) as caught,
            source.fetch(Endpoint.INVOICES, MARCH) as answer,
        ):
            list(Envelope(answer.body).invoices())
        assert "kept" not in caught.value.hint
        assert caught.value.hint


def test_the_file_is_removed_when_its_reader_fails() -> None:
    with (
        api(reply(NL)) as (source, _),
        pytest.raises(ZeroDivisionError),
        source.fetch(Endpoint.INVOICES, MARCH) as answer,
    ):
        raise ZeroDivisionError
    assert not answer.body.exists()


def test_trying_a_key_tells_what_it_gets() -> None:
    with api(scripted.zipped(NL)) as (source, server):
        trial = source.try_key()

    assert trial.invoices == 1
    assert trial.fields == ("Customers", "Header", "Receiver", "Sender")
    assert trial.size == len(NL)
    assert server.requests[0].target == "/example-invoices"
    assert trial.url == f"{server.address}/example-invoices"


def test_trying_a_key_that_gets_nothing() -> None:
    with api(reply(b'{"Invoices": ["x"]}'), reply(b"no data", "404 Not Found")) as (source, _):
        assert source.try_key().fields == ()
        assert source.try_key().invoices == 0


def test_trying_a_wrong_key_raises() -> None:
    with api(reply(b"", "401 Unauthorized")) as (source, _), pytest.raises(SourceRefused, match="wrong or expired"):
        source.try_key()


def test_settings_do_not_show_the_proxy() -> None:
    assert "pw" not in repr(ApiSettings(proxy="http://me:pw@proxy.example"))


def test_presets_are_found_by_name() -> None:
    assert key_form(" Bearer ") is PRESETS["bearer"]
    with pytest.raises(SettingsError, match="'basic' is not a way to send the API key") as caught:
        key_form("basic")
    assert "ocp-apim" in caught.value.hint


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 25 Mar 2024 08:31:00 GMT", 60),
        ("Mon, 25 Mar 2024 08:31:00 -0000", 60),
        ("Sun, 24 Mar 2024 08:31:00 GMT", 0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds
