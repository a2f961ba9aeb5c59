"""Addresses: the real Apprise sends to servers on this computer, and what would leave it in clear is refused."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector import config, log
from connector.config import KeyReference, Secret
from connector.errors import SettingsError
from connector.service import addresses
from connector.service.addresses import NotTold
from tests.service.listening import Told, listening, taking_mail

TOKENS = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def reference(url: str) -> KeyReference:
    return KeyReference(scheme="env", name="NOTIFY_OPS", where="connector.toml:2", hint="Give it.", found=Secret(url))


@pytest.fixture
def told() -> Iterator[Told]:
    with listening() as server:
        yield server


def test_a_webhook_gets_title_and_text(told: Told) -> None:
    address = addresses.opened(reference(told.url))
    address.send("a title", "a text: 1.234,50 EUR\nand more")
    assert (told.paths, told.titles, told.messages) == (["/told"], ["a title"], ["a text: 1.234,50 EUR\nand more"])
    assert address.name == "env:NOTIFY_OPS"


def test_a_message_that_is_too_long_for_a_service_goes_in_parts(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that takes no long messages took none at all, nor anything after it."""
    from apprise.plugins.custom_json import NotifyJSON

    monkeypatch.setattr(NotifyJSON, "body_maxlen", 200)
    text = "\n".join(f"- administration {number}: 1 document is held" for number in range(20))
    addresses.opened(reference(told.url)).send("a title", text)
    assert len(told.messages) == 4
    assert all(len(each) <= 200 for each in told.messages)
    assert "".join("".join(told.messages).split()) == "".join(text.split())


def test_mail_arrives() -> None:
    with taking_mail() as mail:
        url = f"mailto://localhost:{mail.port}?from=connector@example.com&to=ops@example.com"
        text = "- De factuur van januari ontbreekt: é\n  Volgende stap: connector findings -a acme"
        addresses.opened(reference(url)).send("factuur ontbreekt", text)
    (message,) = mail.messages
    assert (message["Subject"], message["To"]) == ("factuur ontbreekt", "ops@example.com")
    assert message.get_content_type() == "text/plain"
    assert message.get_content().strip().splitlines() == text.splitlines()


def test_slack_gets_what_it_wants(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://localhost:{told.port}/services")
    address = addresses.opened(reference(f"slack://{TOKENS}/#accounting"))
    address.send("a title", "a text")
    assert (address.service, told.paths) == ("Slack", [f"/services/{TOKENS}"])
    (body,) = told.bodies
    assert body["channel"] == "#accounting"
    assert body["attachments"][0]["text"] == "a text"


def test_teams_gets_a_card(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    sent = requests.post
    # Teams takes https only; the server here has no certificate.
    monkeypatch.setattr(requests, "post", lambda url, **more: sent(url.replace("https://", "http://"), **more))
    address = addresses.opened(reference(f"workflows://localhost:{told.port}/643e69f83c8944/signature-of-the-flow"))
    address.send("a title", "a text")
    (card,) = told.bodies[0]["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert "a text" in str(card["content"])
    assert "643e69f83c8944" in told.paths[0]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_refused_was_not_told(told: Told, status: int) -> None:
    told.status = status
    with pytest.raises(NotTold) as refusal:
        addresses.opened(reference(told.url)).send("a title", "a text")
    assert refusal.value.where == "env:NOTIFY_OPS"
    assert told.paths == ["/told"], "nobody is sent elsewhere"


def test_nobody_there_or_no_answer_was_not_told(told: Told) -> None:
    told.silent.set()
    with pytest.raises(NotTold):
        addresses.opened(reference(f"{told.url}?rto=0.1")).send("a title", "a text")
    with listening() as gone:
        pass
    with pytest.raises(NotTold):
        addresses.opened(reference(gone.url)).send("a title", "a text")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("json://hooks.example.com/told", "in clear"),
        ("form://hooks.example.com/told", "in clear"),
        ("mailto://user:password@mail.example.com?to=ops@example.com", "in clear"),
        ("mailto://user:password@localhost?smtp=mail.example.com&to=ops@example.com", "in clear"),
        ("mailtos://user:password@mail.example.com?to=ops@example.com&mode=insecure", "in clear"),
        ("rsyslog://logs.example.com", "in clear"),
        ("jsons://hooks.example.com/told?verify=no", "certificates are not checked"),
        ("mailtos://user:password@mail.example.com?to=ops@example.com&verify=no", "certificates are not checked"),
        ("nothing://example.com", "no address that Apprise knows"),
        ("ops@example.com", "no address that Apprise knows"),
        ("slack://too-short", "no address that Apprise knows"),
    ],
)
def test_what_cannot_be_told_safely_is_refused_and_not_repeated(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refusal:
        addresses.opened(reference(url))
    assert refusal.value.where == "connector.toml:2"
    assert "password" not in str(refusal.value)
    assert "example.com/told" not in f"{refusal.value} {refusal.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "jsons://hooks.example.com/told",
        "mailtos://user:password@mail.example.com?to=ops@example.com",
        "mailto://user:password@mail.example.com?to=ops@example.com&mode=starttls",
        "mailto://user:password@gmail.com",
        f"slack://{TOKENS}",
        "workflows://prod.example.com:443/643e69f83c8944/signature-of-the-flow",
        "syslog://",
    ],
)
def test_what_encrypts_or_stays_here_is_taken(url: str) -> None:
    assert addresses.opened(reference(url)).service


def test_waiting_has_an_end() -> None:
    address = addresses.opened(reference("jsons://hooks.example.com/told?cto=4000&rto=5000"))
    assert address._plugin.request_timeout == (addresses.LONGEST_WAIT, addresses.LONGEST_WAIT)


def test_without_apprise_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SettingsError, match="'apprise' is not installed") as refusal:
        addresses.opened(reference("jsons://hooks.example.com"))
    assert "pip install 'copaco-connector[service]'" in refusal.value.hint


def test_no_part_of_an_address_comes_into_the_log(told: Told, tmp_path: Path) -> None:
    told.status = 500
    secret = "a-part-that-is-secret"
    file = tmp_path / "log"
    log.start(run="1", secrets=config.revealed, verbosity=1, file=file)
    try:
        with pytest.raises(NotTold) as refusal:
            addresses.opened(reference(f"json://user:pass-word-1@localhost:{told.port}/{secret}")).send("a", "b")
        logging.getLogger("apprise").warning("at /%s with pass-word-1", secret)
    finally:
        log.stop()
    written = file.read_text(encoding="utf-8")
    assert "apprise" in written or "***" in written
    for each in (secret, "pass-word-1"):
        assert each not in written
        assert each not in str(refusal.value)
