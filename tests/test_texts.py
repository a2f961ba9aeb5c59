"""Texts in Dutch and French: complete, with the same blanks, and compiled."""

from __future__ import annotations

import datetime
import gettext
import re
import string
from collections.abc import Iterator
from decimal import Decimal

import pytest
from babel.messages.pofile import read_po

from connector import texts
from connector.domain.catalogue import FINDINGS
from connector.domain.finding import Severity, finding
from tools import translations

LANGUAGES = ("nl", "fr")
AGAIN = "run: .venv/bin/python tools/translations.py, and translate what it names"


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    texts.use("en")


def blanks(text: str) -> list[tuple[str, str]]:
    return sorted((name, kind or "") for _, name, kind, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert translations.untranslated(translations.merged(language)) == [], AGAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_those_of_the_program(language: str) -> None:
    assert translations.po_file(language).read_bytes() == translations.po_text(translations.merged(language)), AGAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_was_translated(language: str) -> None:
    with translations.po_file(language).open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = gettext.translation("connector", texts.LOCALE, [language])
    for message in catalog:
        text, translated = message.id, translations.strings(message)
        if isinstance(text, (tuple, list)):
            assert tuple(compiled.ngettext(text[0], text[1], n) for n in (1, 2)) == translated, AGAIN
        elif text:
            assert (compiled.gettext(text),) == translated, AGAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_blanks_and_the_commands(language: str) -> None:
    for message in translations.merged(language):
        text, (translated, *_more) = message.id, translations.strings(message)
        if not isinstance(text, str) or not text:
            continue
        assert blanks(translated) == blanks(text), text
        for name in re.findall(r"connector [a-z]+|[a-z]+\.(?:csv|toml)", text):
            assert name in translated, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_and_state_is_told_in_the_language(language: str) -> None:
    texts.use(language)
    for entry in FINDINGS.values():
        found = finding(entry.code, "VAT", 123456)
        assert texts.sentence(found) != entry.sentence
        assert texts.next_step(found) != entry.next_step
    assert all(texts.state(name) != name for name in texts.STATES)
    assert all(texts.severity(weight) for weight in Severity)
    for told in ("prepared", "intent", "approved", "sale = report", "auto_post = all", "nothing was sent: x"):
        assert texts.reason(told) != told
    assert texts.reason("the credit note is promised") == "the credit note is promised"


@pytest.mark.parametrize(
    ("language", "amount", "day", "lines"),
    [
        ("en", "-1,234,567.05", "2024-01-31", "1 line, 2 lines"),
        ("nl", "-1.234.567,05", "31-01-2024", "1 regel, 2 regels"),
        ("fr", "-1\xa0234\xa0567,05", "31/01/2024", "1 ligne, 2 lignes"),
    ],
)
def test_amounts_dates_and_numbers_are_written_as_the_reader_does(
    language: str, amount: str, day: str, lines: str
) -> None:
    texts.use(language)
    assert texts.money(-123456705) == amount
    assert texts.date(datetime.date(2024, 1, 31)) == texts.day("2024-01-31") == day
    assert texts.percent(Decimal("99.90")) == ("99.90 %" if language == "en" else "99,90 %")
    assert f"{texts.lines(1)}, {texts.lines(2)}" == lines


def test_a_finding_is_told_whole() -> None:
    texts.use("nl")
    found = finding("VAT-DIFFERS", minor=-123456, rate="21", stated="1,000.00", computed=223456)
    assert texts.sentence(found) == (
        "Bij 21 % vermeldt het document 1.000,00 btw; berekend over de regels is het 2.234,56: "
        "een verschil van -1.234,56."
    )
    due = finding("DUE-BEFORE-DATE", date=datetime.date(2024, 2, 1), due="no date")
    assert texts.sentence(due) == "De vervaldatum no date ligt voor de documentdatum 01-02-2024."
    every = finding("MONEY-MISSING", count=1, lines="all")
    assert texts.sentence(every) == "Geen bedrag: 1 regel (alle)."


def test_a_text_without_translation_stays_english() -> None:
    texts.use("fr")
    assert texts._("never translated") == "never translated"
    assert texts._("") == ""


def test_one_word_of_accounting_has_one_translation_in_a_table() -> None:
    titles = {
        "Customer": ("Klant", "Client"),
        "Debtor": ("Debiteur", "Compte client"),
        "Seats": ("Licenties", "Licences"),
    }
    for place, language in enumerate(LANGUAGES):
        texts.use(language)
        assert {title: texts._(title) for title in titles} == {title: told[place] for title, told in titles.items()}
