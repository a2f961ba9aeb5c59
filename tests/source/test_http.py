from __future__ import annotations

import gzip
import hashlib
import logging
import socket
import ssl
import subprocess
import sys
import threading
import traceback
from contextlib import ExitStack
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from connector.errors import (
    ConnectorError,
    Recovery,
    SettingsError,
    SourceError,
    SourceFormatError,
    SourceRefused,
    SourceUnavailable,
)
from connector.source.keys import PRESETS, KeyForm, KeyPlace
from tests.source import scripted
from tests.source.asking import KEY, NOW, Waits, client, get
from tests.source.scripted import Reply, reply, serving

ROOT = Path(__file__).parents[2]
BODY = b'{"Invoices": [' + b'{"Header": {"InvoiceID": "9103004711"}},' * 500 + b"{}]}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls_for(authority: trustme.CA, name: str, **options: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **options).configure_cert(context)  # type: ignore[arg-type]
    return context


def failure(*script: Reply, waits: Waits | None = None, **settings: Any) -> ConnectorError:
    with serving(*script) as server, pytest.raises(ConnectorError) as caught:
        get(server.address, waits, **settings)
    assert_tells_no_secret(caught.value)
    return caught.value


def assert_tells_no_secret(error: ConnectorError) -> None:
    seen = "".join(traceback.format_exception(error, chain=True)) + f"{error!r} {error} {error.hint} {error.where}"
    link: BaseException | None = error
    while link is not None:
        seen += repr(link)
        link = link.__cause__ or link.__context__
    for secret in (KEY, "k-SECRET", "SECRET%2F9"):
        assert secret not in seen


# What comes in


@pytest.mark.parametrize(
    "answer",
    [reply(BODY), scripted.zipped(BODY), scripted.chunked(BODY), scripted.unmeasured(BODY)],
    ids=["measured", "zipped", "chunked", "unmeasured"],
)
def test_a_body_is_kept_decoded_with_its_hash(answer: Reply) -> None:
    with serving(answer) as server:
        received, body = get(server.address)

    assert body == BODY
    assert received.size == len(BODY)
    assert received.sha256 == hashlib.sha256(BODY).digest()
    assert (received.status, received.attempts, received.requested_at) == (200, 1, NOW)
    assert received.url == f"{server.address}/invoices?startDate=20240301"


def test_the_temporary_file_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with serving(reply(BODY)) as server, client(server.address, folder=tmp_path) as asking:
        with asking.download("invoices") as received:
            assert received.body.parent == tmp_path
            assert received.body.stat().st_mode & 0o077 == 0
        assert list(tmp_path.iterdir()) == []


def test_only_headers_that_matter_are_kept() -> None:
    answer = reply(BODY, Date="Mon, 25 Mar 2024 08:30:00 GMT", ETag='"v1"', Set_Cookie="session=1", Sunset="soon")
    with serving(answer) as server:
        received, _ = get(server.address)

    kept = dict(received.headers)
    assert kept == {
        "Date": "Mon, 25 Mar 2024 08:30:00 GMT",
        "Content-Length": str(len(BODY)),
        "ETag": '"v1"',
        "Sunset": "soon",
    }


def test_cookies_are_not_sent_back() -> None:
    with serving(reply(BODY, Set_Cookie="session=1; Path=/")) as server, client(server.address) as asking:
        for _ in range(2):
            with asking.download("invoices"):
                pass

    assert all("cookie" not in request.headers for request in server.requests)


# The key (U1)


@pytest.mark.parametrize(
    ("preset", "header", "value"),
    [
        ("bearer", "authorization", f"Bearer {KEY}"),
        ("x-api-key", "x-api-key", KEY),
        ("api-key", "api-key", KEY),
        ("apikey", "authorization", f"ApiKey {KEY}"),
        ("ocp-apim", "ocp-apim-subscription-key", KEY),
        ("x-functions-key", "x-functions-key", KEY),
    ],
)
def test_the_key_is_sent_in_the_form_that_was_chosen(preset: str, header: str, value: str) -> None:
    with serving(reply(BODY)) as server:
        received, _ = get(server.address, key=PRESETS[preset])

    (request,) = server.requests
    assert request.headers[header] == value
    assert "SECRET" not in request.target + received.url


def test_the_query_form_of_the_key_is_sent_but_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")  # which our own log silences
    with serving(reply(b"", "503 Service Unavailable"), reply(BODY)) as server:
        received, _ = get(server.address, key=PRESETS["query:api_key"])

    assert server.requests[-1].target == "/invoices?startDate=20240301&api_key=k-SECRET%2F9%2Bzz"
    assert "SECRET" not in received.url
    assert "SECRET" not in repr(received)
    assert "GET /invoices" in caplog.text, "the library does log addresses"
    assert "SECRET" not in caplog.text


def test_a_form_of_ones_own(caplog: pytest.LogCaptureFixture) -> None:
    with serving(reply(BODY)) as server:
        get(server.address, key=KeyForm(place=KeyPlace.HEADER, name="X-Copaco", prefix="Key="))

    assert server.requests[0].headers["x-copaco"] == f"Key={KEY}"


def test_a_password_file_or_proxy_in_the_environment_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(reply(BODY)) as server:
        get(server.address)

    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


# What passes by itself is tried again


@pytest.mark.parametrize(
    "fault",
    [
        reply(b"", "500 Internal Server Error"),
        reply(b"", "502 Bad Gateway"),
        reply(b"", "429 Too Many Requests"),
        reply(b"", "408 Request Timeout"),
        scripted.half(BODY),
        scripted.half(gzip.compress(BODY)),
        scripted.chunked(BODY, whole=False),
        scripted.unmeasured(BODY[:-9]),
        scripted.hung_up,
        reply(b"not compressed", Content_Encoding="gzip"),
    ],
    ids=[
        "500",
        "502",
        "429",
        "408",
        "half",
        "half of zipped",
        "half of chunks",
        "unmeasured half",
        "hung up",
        "not zipped",
    ],
)
def test_what_passes_by_itself_is_tried_again(fault: Reply) -> None:
    waits = Waits()
    with serving(fault, fault, reply(BODY)) as server:
        received, body = get(server.address, waits)

    assert body == BODY, "nothing of the earlier attempts is left in the file"
    assert received.attempts == 3
    assert len(waits.slept) == 2
    assert 0.5 <= waits.slept[0] <= 1.0 <= waits.slept[1] <= 2.0


def test_after_the_last_attempt_the_error_says_what_was_wrong() -> None:
    error = failure(reply(b'{"message": "maintenance"}', "503 Service Unavailable"), attempts=3)

    assert isinstance(error, SourceUnavailable)
    assert error.recovery is Recovery.RETRY
    assert (
        error.message == 'The source cannot answer now (503 Service Unavailable); it says: "maintenance" (3 attempts)'
    )
    assert error.where.endswith("/invoices")


def test_half_a_body_is_never_an_answer() -> None:
    for fault in (scripted.half(BODY), scripted.chunked(BODY, whole=False), scripted.unmeasured(BODY[:-3])):
        error = failure(fault, attempts=2)
        assert isinstance(error, SourceUnavailable)
        assert "cut off" in error.message or "broke" in error.message


def test_retry_after_in_seconds_is_obeyed() -> None:
    waits = Waits()
    with serving(reply(b"", "429 Too Many Requests", Retry_After="17"), reply(BODY)) as server:
        get(server.address, waits)

    assert waits.slept == [17.0]


def test_retry_after_as_a_date_is_obeyed() -> None:
    waits = Waits()
    moment = format_datetime(NOW + timedelta(seconds=40), usegmt=True)
    with serving(reply(b"", "503 Service Unavailable", Retry_After=moment), reply(BODY)) as server:
        get(server.address, waits)

    assert waits.slept == [40.0]


def test_a_retry_after_that_makes_no_sense_is_like_none() -> None:
    waits = Waits()
    with serving(reply(b"", "429 Too Many Requests", Retry_After="soon"), reply(BODY)) as server:
        get(server.address, waits)

    assert waits.slept[0] <= 1.0


def test_a_very_long_retry_after_ends_the_run_with_the_time() -> None:
    waits = Waits()
    error = failure(reply(b"", "429 Too Many Requests", Retry_After="7200"), waits=waits)

    assert isinstance(error, SourceUnavailable)
    assert "until 2024-03-25 10:30:00 UTC" in error.message
    assert error.retry_after == 7200
    assert waits.slept == []


def test_the_pause_between_requests_is_kept() -> None:
    waits = Waits()
    with serving(reply(BODY)) as server, client(server.address, waits, pause_seconds=3.0) as asking:
        for _ in range(3):
            with asking.download("invoices"):
                pass

    assert len(waits.slept) == 2
    assert all(2.5 < slept <= 3.0 for slept in waits.slept)


def test_the_call_budget_counts_attempts_too() -> None:
    with serving(reply(b"", "500 Internal Server Error"), reply(BODY)) as server:
        with client(server.address, call_budget=3) as asking:
            with asking.download("invoices"):
                pass
            with asking.download("invoices"):
                pass
            with pytest.raises(SourceUnavailable, match="used up its 3 requests"), asking.download("invoices"):
                pass
            assert asking.calls == 3
        assert len(server.requests) == 3


def test_there_is_never_more_than_one_request_at_a_time() -> None:
    together, most = 0, 0
    counting = threading.Lock()

    def slow(connection: socket.socket) -> None:
        nonlocal together, most
        with counting:
            together += 1
            most = max(most, together)
        scripted.silent(0.05)(connection)
        with counting:
            together -= 1
        reply(BODY)(connection)

    with serving(slow) as server, client(server.address) as asking:

        def ask() -> None:
            with asking.download("invoices"):
                pass

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert (len(server.requests), most) == (4, 1)


# Time-outs


def test_a_silent_source_times_out() -> None:
    error = failure(scripted.silent(0.4), read_seconds=0.1, attempts=1)

    assert isinstance(error, SourceUnavailable)
    assert "does not answer in time" in error.message


def test_a_body_that_stops_times_out_and_is_asked_again() -> None:
    def stalls(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        scripted.silent(0.4)(connection)

    with serving(stalls, reply(BODY)) as server:
        received, _ = get(server.address, read_seconds=0.1)

    assert received.attempts == 2


def test_a_body_that_drips_for_ever_is_ended() -> None:
    error = failure(scripted.dripping(BODY, 0.005), total_seconds=0.2)

    assert isinstance(error, SourceUnavailable)
    assert "still not complete after 0.2 seconds" in error.message


def test_no_attempt_begins_that_could_not_end_in_time() -> None:
    waits = Waits()
    error = failure(reply(b"", "503 Service Unavailable", Retry_After="60"), waits=waits, total_seconds=100.0)

    assert isinstance(error, SourceUnavailable)
    assert waits.slept == [60.0]


# Network and certificates


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(SourceUnavailable, match=r"The name api\.copaco\.invalid cannot be found") as caught:
        get("https://api.copaco.invalid/api/v1", attempts=1)

    assert "base URL" in caught.value.hint
    assert_tells_no_secret(caught.value)


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(SourceUnavailable, match="refuses the connection") as caught:
        get(f"http://127.0.0.1:{port}", attempts=2)
    assert_tells_no_secret(caught.value)


def test_a_certificate_of_an_unknown_authority_is_refused_at_once(authority: trustme.CA) -> None:
    with serving(reply(BODY), tls=tls_for(authority, "localhost")) as server:
        with pytest.raises(
            SourceRefused, match=r"not trusted: its certificate is not valid .*\. Nothing was sent"
        ) as caught:
            get(server.address)
        assert server.requests == [], "the key never left this machine"

    assert "CA bundle" in caught.value.hint
    assert_tells_no_secret(caught.value)


def test_the_certificate_of_another_host_is_refused(authority: trustme.CA, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with serving(reply(BODY), tls=tls_for(authority, "api.other.example")) as server:
        with pytest.raises(SourceRefused, match="not trusted"):
            get(server.address, ca_bundle=bundle)
        assert server.requests == []


def test_an_expired_certificate_is_refused(authority: trustme.CA, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    tls = tls_for(authority, "localhost", not_after=NOW)
    with serving(reply(BODY), tls=tls) as server, pytest.raises(SourceRefused, match="certificate has expired"):
        get(server.address, ca_bundle=bundle)


def test_a_ca_bundle_of_ones_own_is_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with serving(reply(BODY), tls=tls_for(authority, "localhost")) as server:
        received, _ = get(server.address, ca_bundle=bundle)

    assert received.size == len(BODY)


def test_plain_http_on_the_port_for_https_is_not_trusted() -> None:
    with serving(reply(BODY)) as server, pytest.raises(SourceRefused, match="does not speak TLS"):
        get(server.address.replace("http://127.0.0.1", "https://localhost"))


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_bundle_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    with pytest.raises(SettingsError, match="CA bundle cannot be used") as caught:
        get("https://api.copaco.invalid", ca_bundle=bundle)
    assert caught.value.where == str(bundle)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.copaco.cloud/api/v1",
        "ftp://api.copaco.cloud",
        "api.copaco.cloud/api/v1",
        "https://",
        "https://user:pw@api.copaco.cloud",
        "https://api.copaco.cloud?key=1",
        "https://api.copaco.cloud:port/",
        "https://[::1",
    ],
)
def test_an_address_that_must_not_get_the_key(address: str) -> None:
    with pytest.raises(SettingsError, match="base URL") as caught:
        get(address)
    assert "pw" not in f"{caught.value} {caught.value.hint}"


# Refusals are final


def refused(status: str, body: bytes = b"", **settings: Any) -> ConnectorError:
    with serving(reply(body, status)) as server:
        with pytest.raises(ConnectorError) as caught:
            get(server.address, **settings)
        assert len(server.requests) == 1, "no second attempt"
    assert_tells_no_secret(caught.value)
    return caught.value


def test_a_wrong_key() -> None:
    error = refused("401 Unauthorized", b'{"error": {"message": "invalid key k-SECRET/9+zz"}}')

    assert isinstance(error, SourceRefused)
    assert error.message == (
        'The source refuses the API key: wrong or expired (401 Unauthorized); it says: "invalid key ***"'
    )
    assert "how the key is sent" in error.hint


@pytest.mark.parametrize(
    ("status", "kind", "sentence", "hint"),
    [
        ("403 Forbidden", SourceRefused, "no permission, or expired", "permissions"),
        ("404 Not Found", SourceRefused, "does not know this path", "path"),
        (
            "400 Bad Request",
            SourceRefused,
            "refuses the request (400 Bad Request to the question startDate=20240301)",
            "dates",
        ),
        ("410 Gone", SourceRefused, "410 Gone", "version"),
        ("422 Unprocessable Entity", SourceRefused, "422", ""),
        ("499 Odd", SourceRefused, "499", ""),
        ("204 No Content", SourceFormatError, "neither a list of invoices nor an error", ""),
        ("304 Not Modified", SourceFormatError, "304", ""),
    ],
)
def test_other_refusals(status: str, kind: type[SourceError], sentence: str, hint: str) -> None:
    error = refused(status)

    assert type(error) is kind
    assert sentence in error.message
    assert hint in error.hint
    assert error.hint


@pytest.mark.parametrize(
    "words",
    [
        b'{"message": "Customer invoices are not activated for your account. Please contact your account manager."}',
        b"Deze lijst is niet geactiveerd",
        b"has not been activated",
    ],
)
def test_a_list_that_is_not_activated_is_told_as_such(words: bytes) -> None:
    error = refused("403 Forbidden", words)

    assert type(error) is SourceRefused
    assert "Copaco has not activated this list for your account (403 Forbidden)" in error.message
    assert "account manager" in error.hint
    assert "permission" not in error.message


def test_what_the_source_says_is_shown_shortened_and_without_control_characters() -> None:
    error = refused("403 Forbidden", b"No \x1b[31maccess\n" + b"x" * 500)

    assert 'it says: "No [31maccess xxx' in error.message
    assert error.message.endswith('…"')


def test_a_404_that_speaks_of_invoices_means_that_there_are_none() -> None:
    text = b'{"message": "No invoices found in this period"}'
    with serving(reply(text, "404 Not Found")) as server:
        received, body = get(server.address)

    assert received.no_data
    assert (received.status, body) == (404, text)


@pytest.mark.parametrize("text", [b"<html><title>No data</title></html>", b'{"message": "No such page"}', b"Not found"])
def test_any_other_404_is_a_wrong_path(text: bytes) -> None:
    assert isinstance(refused("404 Not Found", text), SourceRefused)


def test_a_wrong_path_tells_how_the_older_api_is_asked() -> None:
    assert "kind = 'billing'" in refused("404 Not Found", b"{}").hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"errors": [{"detail": "first"}, {"detail": "second"}]}', "first: second"),
        (b'{"code": 12}', '{"code": 12}'),
        (b"{broken", "{broken"),
        (b"<html><body>Forbidden</body></html>", ""),
        (b"<?xml version='1.0'?><Error><Code>7</Code><Message>IP &amp; k-SECRET/9+zz</Message></Error>", "7 IP & ***"),
        (b"<title>" * 9000, ""),
        (b"<!-- <title>A</title> --><html><title>B", "A"),
        (b"<" * 64_000, "<" * 199 + "\u2026"),
        (b"", ""),
        (b"x" * 1_000_000, "x" * 199 + "…"),
    ],
)
def test_the_words_of_a_refusal_are_found(text: bytes, said: str) -> None:
    message = refused("403 Forbidden", text).message

    assert message.partition("it says: ")[2] == (f'"{said}"' if said else "")


def test_a_header_that_cannot_be_sent() -> None:
    with serving(reply(BODY)) as server, client(server.address) as asking:
        with pytest.raises(SourceRefused, match="cannot be used"), asking.download("invoices", headers={"A\n": "b"}):
            pass
        assert server.requests == []


def test_a_web_page_in_place_of_an_answer() -> None:
    error = refused("200 OK", b"\xef\xbb\xbf\n<!DOCTYPE html><html><title>Sign &amp; in</title></html>")

    assert isinstance(error, SourceFormatError)
    assert error.message == "The answer is a web page with the title 'Sign & in', not JSON"


def test_xml_in_place_of_json_is_no_web_page() -> None:
    error = refused("200 OK", b"<InvoiceResponse/>")

    assert isinstance(error, SourceFormatError)
    assert error.message == "The answer is XML, not JSON"
    assert 'form = "xml"' in error.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"<Error><Message>No invoices found</Message></Error>", True),
        (b"<!-- page --><html><title>No invoices found</title></html>", False),
        (b"<Error><Message>No such path</Message></Error>", False),
    ],
)
def test_a_404_in_xml_that_speaks_of_invoices_means_the_same_where_xml_was_asked(text: bytes, found: bool) -> None:
    with serving(reply(text, "404 Not Found")) as server, client(server.address) as asking:
        if not found:
            with pytest.raises(SourceRefused), asking.download("invoices", xml=True):
                pass
            return
        with asking.download("invoices", xml=True) as received:
            assert received.no_data
            assert received.body.read_bytes() == text
    assert isinstance(refused("404 Not Found", text), SourceRefused)


def test_an_answer_larger_than_we_want_is_given_up() -> None:
    assert isinstance(refused("200 OK", BODY, largest_body=1000), SourceFormatError)
    assert isinstance(failure(scripted.zipped(b" " * 10_000_000), largest_body=1_000_000), SourceFormatError)


# Redirects


def test_a_redirect_within_the_host_is_followed_with_our_question() -> None:
    with serving(scripted.moved("/v2/invoices?x=1"), reply(BODY)) as server:
        received, _ = get(server.address)

    assert [request.target for request in server.requests] == [
        "/invoices?startDate=20240301",
        "/v2/invoices?startDate=20240301",
    ]
    assert received.size == len(BODY)


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_the_key_is_not_carried_to_another_address(status: str) -> None:
    with serving(reply(BODY)) as other, ExitStack() as stack:
        server = stack.enter_context(serving(scripted.moved(f"{other.address}/invoices", status)))
        with pytest.raises(SourceRefused, match="the key was not sent there") as caught:
            get(server.address)
        assert other.requests == []
    assert "base URL" in caught.value.hint


@pytest.mark.parametrize("target", ["https://127.0.0.1/invoices", "//elsewhere.example/", "http://127.0.0.1:x/"])
def test_other_schemes_hosts_and_ports_are_other_addresses(target: str) -> None:
    assert isinstance(failure(scripted.moved(target)), SourceRefused)


def test_redirects_without_end() -> None:
    error = failure(scripted.moved("/again"))

    assert isinstance(error, SourceRefused)
    assert "without end" in error.message


# Our own side


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("", "no API key"), (" \n", "no API key"), ("a\nb", "cannot be sent"), ("é", "cannot be sent")],
)
def test_a_key_that_cannot_be_one(key: str, sentence: str) -> None:
    with serving(reply(BODY)) as server:
        with pytest.raises(SettingsError, match=sentence) as caught:
            get(server.address, secret=key)
        assert server.requests == []
    assert "a\nb" not in str(caught.value)


def test_a_folder_for_temporary_files_that_is_not_there(tmp_path: Path) -> None:
    with (
        serving(reply(BODY)) as server,
        client(server.address, folder=tmp_path / "gone") as asking,
        pytest.raises(SourceError, match="cannot be written: No such file") as caught,
        asking.download("invoices"),
    ):
        pass
    assert caught.value.where == str(tmp_path / "gone")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from typing import Any
from connector.errors import SourceError
from tests.source.asking import client

# A limit on the size of files fails writes in the way a full disk does.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with client(sys.argv[1], folder=Path(sys.argv[2])) as asking, asking.download("invoices"):
        pass
except SourceError as error:
    print(f"{error.message} | {error.hint}")
"""


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    body = b'{"Invoices": ["' + b"x" * 300_000 + b'"]}'
    with serving(reply(body)) as server:
        command = [sys.executable, "-c", FULL_DISK, server.address, str(tmp_path)]
        result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert result.stdout.startswith("The answer cannot be written: File too large | Make room")
    assert list(tmp_path.iterdir()) == []
