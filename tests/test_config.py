"""Settings: what is read, and that every mistake is told with its file, its line and what would be right."""

from __future__ import annotations

import copy
import json
import os
import pickle
from pathlib import Path

import pytest

from connector import config
from connector.config import Administration, LedgerSettings, Secret, Settings, WrongSettings
from connector.config.address import address
from connector.errors import SettingsError
from connector.source.keys import PRESETS
from connector.source.settings import ApiSettings

GOOD = """\
# two sets of books
[administrations.acme]
country = "NL"
vat_number = "NL 1234.56.789.B01"
company_name = "Acme ICT B.V."
mapping = "nl"
book_from = 2026-01-01

[administrations.acme.source]
key = "env:COPACO_KEY_ACME"
call_budget = 20
pause_seconds = 0

[administrations.acme.ledger]
kind = "hledger"
folder = "books/acme"
closed_until = "2025-12-31"
commodity = "EUR"

[administrations.be-co]
country = "BE"
vat_number = "BE0123456789"
mapping = "./mappings/nl"
sale = "post"
sale_source = "customer-invoices"
auto_post = "known"
look_back_days = 60
source = { kind = "files", folder = "answers" }
ledger.kind = "beancount"
ledger.folder = "books/be"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings" / "nl").mkdir(parents=True)
    return tmp_path


def load(folder: Path, text: str = GOOD, **environ: str) -> Settings:
    file = folder / "connector.toml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, environ=environ)


def problems(folder: Path, text: str, **environ: str) -> list[str]:
    """The problems of ``text``, without the folder in front."""
    with pytest.raises(WrongSettings) as caught:
        load(folder, text, **environ)
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def test_administrations_are_read_in_the_order_of_the_file(folder: Path) -> None:
    acme, be = load(folder).administrations
    assert (acme.name, acme.country, acme.vat_number) == ("acme", "NL", "NL123456789B01")
    assert (acme.sale, acme.sale_source, acme.auto_post) == ("report", "customer-specifications", "off")
    assert (acme.look_back_days, acme.on_change, acme.currency) == (45, "hold", "EUR")
    assert str(acme.book_from) == "2026-01-01"
    assert acme.mapping == folder / "mappings" / "nl"
    assert acme.ledger.folder == folder / "books" / "acme"
    assert str(acme.ledger.closed_until) == "2025-12-31"
    assert acme.ledger.options == (("commodity", "EUR"),)
    assert acme.where.endswith("connector.toml:2")
    assert (be.sale, be.auto_post, be.look_back_days) == ("post", "known", 60)
    assert (be.source.kind, be.source.folder, be.source.key) == ("files", folder / "answers", None)


def test_what_is_set_of_the_api_fits_the_settings_of_the_source(folder: Path) -> None:
    api = load(folder).administrations[0].source.api
    assert api == {"call_budget": 20, "pause_seconds": 0.0}
    assert ApiSettings(**api).call_budget == 20


def test_every_open_point_of_the_api_can_be_set(folder: Path) -> None:
    chosen = {
        "base_url": '"http://127.0.0.1:8000/api/v1/"',
        "invoices_path": '"a"',
        "example_invoices_path": '"b"',
        "customer_specifications_path": '"c"',
        "customer_invoices_path": '"/d/e"',
        "customer_subscriptions_path": '"f"',
        "products_path": '"g"',
        "ca_bundle": '"ca.pem"',
        "proxy": '"http://user:pw@proxy:8080"',
        "start_parameter": '"from"',
        "end_parameter": '"to"',
        "date_format": '"%Y-%m-%d"',
        "extra_days": "2",
        "longest_window_days": "7",
        "dates_on_examples": "true",
        "show_detail_header": '"detail"',
        "no_data_words": '"none"',
        "pause_seconds": "1",
        "connect_seconds": "2",
        "read_seconds": "3",
        "total_seconds": "4",
        "attempts": "2",
        "backoff_seconds": "0.5",
        "longest_backoff_seconds": "5",
        "longest_retry_after_seconds": "6",
        "call_budget": "7",
        "largest_body": "10000000",
    }
    assert set(ApiSettings.__struct_fields__) == {*chosen, "key", "details_parameter"}
    lines = "\n".join(f"{name} = {value}" for name, value in chosen.items())
    text = GOOD.replace("call_budget = 20\npause_seconds = 0", lines)
    api = load(folder, text).administrations[0].source.api
    settings = ApiSettings(**api)
    assert (settings.customer_invoices_path, settings.ca_bundle, settings.dates_on_examples) == (
        "d/e",
        folder / "ca.pem",
        True,
    )
    assert settings.base_url == "http://127.0.0.1:8000/api/v1"


def test_the_older_api_has_settings_of_its_own(folder: Path) -> None:
    older = 'kind = "billing"\nversion = "v3"\nform = "xml"\nlists = ["consolidated"]\ndetails_parameter = "id"\n'
    text = GOOD.replace("call_budget = 20", f'{older}base_url = "https://billing.example.com"\ncall_budget = 20')
    (read,) = load(folder, text.replace('kind = "copaco"\n', "")).administrations[:1]
    source = read.source
    assert (source.kind, source.version, source.form, source.lists) == ("billing", "v3", "xml", ("consolidated",))
    assert ApiSettings(**source.api).details_parameter == "id"
    assert read.sale_source == "customer-invoices"
    for wrong in ('invoices_path = "x"', 'detail = "corrections"', 'lists = ["products"]', 'version = "v1"'):
        name = wrong.partition(" ")[0]
        kept = "\n".join(line for line in text.splitlines() if not line.startswith(f"{name} "))
        with pytest.raises(WrongSettings) as caught:
            load(
                folder, kept.replace("call_budget = 20", f"{wrong}\ncall_budget = 20").replace('kind = "copaco"\n', "")
            )
        assert name in str(caught.value)
    with pytest.raises(WrongSettings, match="base_url is missing"):
        load(folder, text.replace('base_url = "https://billing.example.com"\n', "").replace('kind = "copaco"\n', ""))


def test_lists_beside_the_invoices_are_switched_on(folder: Path) -> None:
    assert load(folder).administrations[0].source.lists == ()
    text = GOOD.replace("call_budget = 20", 'lists = ["products", "subscriptions"]')
    assert load(folder, text).administrations[0].source.lists == ("subscriptions", "products")
    for wrong, words in (
        ('["product"]', "'product' is not possible; give subscriptions or products; did you mean 'products'?"),
        ("[1]", "1 is not possible"),
        ('"products"', "is a text; give a list as in"),
    ):
        with pytest.raises(WrongSettings) as caught:
            load(folder, GOOD.replace("call_budget = 20", f"lists = {wrong}"))
        assert words in str(caught.value)


def test_the_ways_to_send_a_key_are_those_of_the_source() -> None:
    assert set(config.AUTHENTICATION) == set(PRESETS)


def test_the_key_prefix_keeps_its_space(folder: Path) -> None:
    text = GOOD.replace("call_budget = 20", 'key_place = "header"\nkey_name = "X-Key"\nkey_prefix = "Token "')
    source = load(folder, text).administrations[0].source
    assert (source.key_place, source.key_name, source.key_prefix) == ("header", "X-Key", "Token ")


def test_one_administration_can_be_chosen_by_name(folder: Path) -> None:
    settings = load(folder)
    assert [each.name for each in settings.select(("be-co", "be-co"))] == ["be-co"]
    assert [each.name for each in settings.select()] == ["acme", "be-co"]
    with pytest.raises(SettingsError, match="did you mean 'acme'") as caught:
        settings.select(("acne",))
    assert "acme, be-co" in caught.value.hint


def test_all_mistakes_are_told_at_once_with_line_and_remedy(folder: Path) -> None:
    text = """\
[administrations.acme]
country = "NLD"
currency = "USD"
vat_number = 12
mapping = "nll"
sale = "pots"
look_back_days = "45"
book_form = 2024-01-01
on_change = "detla"

[administrations.acme.source]
kind = "copaco"
base_url = "http://api.example.com"
key = "sk-very-secret"
attempts = 99
pause = 3
no_data_words = "("

[administrations.acme.ledger]
folder = "books"
closed_until = "31-12-2023"
"""
    told = problems(folder, text)
    assert [each.split(": ")[0] for each in told] == [
        f"connector.toml:{line}" for line in (2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 19, 21)
    ]
    for line, expected in {
        0: "'NLD' is not possible",
        1: "only EUR",
        2: "12 is a number; give a text in quotes",
        3: "did you mean 'nl'?",
        4: "give report, draft or post; did you mean 'post'?",
        5: "give a whole number without quotes",
        6: "did you mean 'book_from'?",
        7: "did you mean 'delta'?",
        8: "https://",
        9: "env:NAME",
        10: "give 1 to 20",
        11: "did you mean 'pause_seconds'?",
        12: "regular expression",
        13: "kind is missing",
        14: "2024-01-31",
    }.items():
        assert expected in told[line]
    assert "sk-very-secret" not in " ".join(told)


@pytest.mark.parametrize(
    ("before", "after", "line", "expected"),
    [
        ('sale_source = "customer-invoices"\n', "", 24, "a customer specification is no invoice"),
        ("[administrations.be-co]", "[administrations.ACME]", 20, "differ in capitals only"),
        ("[administrations.be-co]", '[administrations."be co"]', 20, "letters, digits and dashes"),
        ('kind = "hledger"', 'kind = "hledgr"', 15, "did you mean 'hledger'?"),
        ("NL 1234.56.789.B01", "NL12345", 4, "NL123456789B01"),
        ("BE0123456789", "NL123456789B01", 22, "no VAT number of BE"),
        ("book_from = 2026-01-01", "book_from = 2026-01-01T10:00:00", 7, "a time is not wanted"),
        ("book_from = 2026-01-01", 'book_from = "20260101"', 7, "year-month-day"),
        ("book_from = 2026-01-01", "book_from = 0026-01-01", 7, "look at the year"),
        ("pause_seconds = 0", "pause_seconds = -1", 12, "out of range"),
        ("call_budget = 20", 'base_url = "https://u:p@host/"', 11, "more than an address"),
        ("call_budget = 20", 'base_url = "copaco"', 11, "no web address"),
        ("call_budget = 20", "dates_on_examples = 1", 11, "true or false"),
        ("env:COPACO_KEY_ACME", "keyring:copaco", 10, "both parts"),
        ("env:COPACO_KEY_ACME", "env:COPACO-KEY", 10, "no name of a variable"),
        ('commodity = "EUR"', "commodity = [1]", 18, "single value"),
        ('source = { kind = "files", folder = "answers" }', 'source = { kind = "files" }', 28, "folder is missing"),
        ('source = { kind = "files", folder = "answers" }', "source = 3", 28, "give a table"),
        ("# two sets of books", 'colour = "red"', 1, "is not a setting"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, before: str, after: str, line: int, expected: str) -> None:
    assert before in GOOD
    told = problems(folder, GOOD.replace(before, after))
    assert any(expected in each and each.startswith(f"connector.toml:{line}:") for each in told), told


@pytest.mark.parametrize("kind", ["hledger", "beancount", "journal_csv"])
def test_drafts_are_refused_and_not_offered_where_the_ledger_is_files(folder: Path, kind: str) -> None:
    text = GOOD.replace('kind = "hledger"', f'kind = "{kind}"')
    (told,) = problems(folder, text.replace("book_from", 'sale = "draft"\nbook_from', 1))
    assert told.startswith("connector.toml:7: ")
    assert f"'draft' needs a ledger that issues invoices, and {kind} does not" in told
    (told,) = problems(folder, text.replace("book_from", 'sale = "post"\nbook_from', 1))
    assert "draft" not in told
    assert "give 'report', or change sale_source" in told


def test_drafts_are_offered_where_the_ledger_may_issue_invoices(folder: Path) -> None:
    text = GOOD.replace('kind = "hledger"', 'kind = "memory"')
    assert load(folder, text.replace("book_from", 'sale = "draft"\nbook_from', 1)).administrations
    (told,) = problems(folder, text.replace("book_from", 'sale = "post"\nbook_from', 1))
    assert "give 'report' or 'draft', or change sale_source" in told


def test_the_ledger_for_tests_is_not_offered(folder: Path) -> None:
    (told,) = problems(folder, GOOD.replace('kind = "hledger"', 'kind = "hleder"'))
    assert "give beancount, exact, hledger, journal_csv, odoo or tryton; did you mean 'hledger'?" in told


def test_books_of_two_administrations_are_kept_apart(folder: Path) -> None:
    text = GOOD.replace('"beancount"', '"hledger"').replace("books/be", "./books/../books/acme")
    (told,) = problems(folder, text)
    assert "'acme' and 'be-co' keep their books in one folder" in told


def test_no_administration_is_a_mistake(folder: Path) -> None:
    (told,) = problems(folder, "# nothing\n")
    assert "[administrations.NAME]" in told


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a = "x\nb = 3\n', 1),
        ("[administrations.acme]\ncountry = NL\n", 2),
        ("[administrations.acme]\ncountry = 'NL'\ncountry = 'BE'\n", 3),
        ("[administrations.acme\n", 1),
    ],
)
def test_a_file_that_is_no_toml_is_told_with_its_line(folder: Path, text: str, line: int) -> None:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    assert caught.value.where.endswith(f"connector.toml:{line}")
    assert "name = " in caught.value.hint


def test_a_key_pasted_into_a_broken_file_is_not_shown(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(folder, "[administrations.acme.source]\nkey = sk-very-secret\n")
    assert "sk-very-secret" not in str(caught.value) + caught.value.hint


def test_lines_are_right_after_lists_and_long_texts(folder: Path) -> None:
    text = '[administrations.acme]\nnote = """\ncountry = "XX"\n"""\nlist = [\n  "[x]",\n]\ncountry = "XY"\n'
    told = problems(folder, text)
    assert any(each.startswith("connector.toml:8: country") for each in told)
    assert any(each.startswith("connector.toml:2: note") for each in told)


def test_a_missing_or_unreadable_file_says_what_to_do(folder: Path) -> None:
    with pytest.raises(SettingsError, match="no such file") as caught:
        config.load(folder / "connector.toml", environ={})
    assert "connector init" in caught.value.hint
    (folder / "connector.toml").write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(SettingsError, match="not UTF-8") as caught:
        config.load(folder / "connector.toml", environ={})
    assert caught.value.where.endswith(":2")
    with pytest.raises(SettingsError, match="folder"):
        config.load(folder, environ={})


def test_the_environment_goes_before_dotenv_and_neither_is_altered(folder: Path) -> None:
    (folder / ".env").write_text("COPACO_KEY_ACME=from-file\nCONNECTOR_LANGUAGE=fr\n", encoding="utf-8")
    environ = {"COPACO_KEY_ACME": "from-environment"}
    settings = load(folder, GOOD, **environ)
    key = settings.administrations[0].source.key
    assert key is not None
    assert key.secret().reveal() == "from-environment"
    assert settings.connection.language == "fr"
    assert environ == {"COPACO_KEY_ACME": "from-environment"}


def test_a_value_in_dotenv_is_taken_as_it_stands(folder: Path) -> None:
    (folder / ".env").write_text("\n# a key\nexport COPACO_KEY_ACME='a$HOME${X}#b'\n", encoding="utf-8")
    key = load(folder).administrations[0].source.key
    assert key is not None
    assert key.secret().reveal() == "a$HOME${X}#b"


def test_mistakes_in_the_variables_are_told_with_the_others(folder: Path) -> None:
    (folder / ".env").write_text("A=1\n\nCONNECTOR_DATABSE_URL=x\nB='open\n", encoding="utf-8")
    told = problems(folder, GOOD.replace('"NL"', '"NX"'), CONNECTOR_LANGUAGE="de", CONNECTOR_DATABASE_URL="mysql://x/y")
    assert told[0].startswith(".env:4: cannot be read")
    assert any(each.startswith(".env:3:") and "did you mean 'DATABASE_URL'" in each for each in told)
    assert any("begins with 'mysql'" in each for each in told)
    assert any("'de' is not possible" in each for each in told)
    assert told[-1].startswith("connector.toml:3")


def test_the_settings_file_is_not_named_in_dotenv(folder: Path) -> None:
    (folder / ".env").write_text("CONNECTOR_CONFIG=other.toml\n", encoding="utf-8")
    assert any("looked for beside" in each for each in problems(folder, GOOD))


def test_variables_of_others_are_left_alone(folder: Path) -> None:
    assert load(folder, GOOD, CONNECTOR_CI_STRICT="1").administrations


@pytest.mark.parametrize(
    ("url", "expected", "shown"),
    [
        ("", "sqlite:///{folder}/connector.db", "{folder}/connector.db"),
        ("sqlite:///sub/my.sqlite", "sqlite:///{folder}/sub/my.sqlite", "{folder}/sub/my.sqlite"),
        ("sqlite:////var/lib/my.sqlite", "sqlite:////var/lib/my.sqlite", "/var/lib/my.sqlite"),
        ("postgresql://u:geheim@h:5433/d", "postgresql+psycopg://u:geheim@h:5433/d", "postgresql://u@h:5433/d"),
        ("postgres://h/d", "postgresql+psycopg://h/d", "postgresql://h/d"),
        ("postgresql+psycopg://u@/d?host=/run", "postgresql+psycopg://u@/d?host=/run", "postgresql://u@/d"),
        ("postgresql://u:ge/heim@h/d", "postgresql+psycopg://u:ge/heim@h/d", "postgresql://u@h/d"),
        ("postgresql://u:geheim?@h/d?a=b", "postgresql+psycopg://u:geheim?@h/d?a=b", "postgresql://u@h/d"),
        ("postgresql://u:geheim@h/d?x=a%40b", "postgresql+psycopg://u:geheim@h/d?x=a%40b", "postgresql://u@h/d"),
    ],
)
def test_the_database(folder: Path, url: str, expected: str, shown: str) -> None:
    connected = config.connection(folder / "connector.toml", environ={"CONNECTOR_DATABASE_URL": url})
    assert connected.database_url == expected.format(folder=folder)
    assert connected.database_shown == shown.format(folder=folder)
    assert "geheim" not in repr(connected)


@pytest.mark.parametrize(
    "password", ["p@ss/word", "p@ss", "@@ss", "p/@ss", "p:@ss@", "p@ss?word", "p@ss#word", "p?@ss"]
)
def test_no_part_of_a_password_with_an_unescaped_sign_is_shown(folder: Path, password: str) -> None:
    url = f"postgresql://connector:{password}@localhost:54399/connector"
    (told,) = problems(folder, GOOD, CONNECTOR_DATABASE_URL=url)
    assert "more than one '@'" in told
    assert "%40" in told
    assert "ss" not in told.replace("password", "")
    assert address(url.partition("://")[2]).shown == "postgresql://connector@localhost:54399/connector"


def test_the_migrations_get_the_database_without_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert config.database_url() == f"sqlite:///{folder}/connector.db"
    monkeypatch.setenv("CONNECTOR_CONFIG", str(folder / "sub" / "connector.toml"))
    assert config.database_url() == f"sqlite:///{folder}/sub/connector.db"


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "nl_BE.UTF-8"}, "nl"),
        ({"LC_ALL": "fr_FR", "LANG": "nl_NL"}, "fr"),
        ({"LC_ALL": "C", "LANG": "nl_NL"}, "en"),
        ({"CONNECTOR_LANGUAGE": "fr", "LANG": "nl_NL"}, "fr"),
    ],
)
def test_the_language_is_that_of_the_system_unless_set(environ: dict[str, str], language: str) -> None:
    assert config.preferred_language(environ) == language


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("geheim")
    shown = f"{secret} {secret!r} {secret!s:>5} {[secret]} " + json.dumps(secret, default=str) + "%s" % secret  # noqa: UP031
    assert "geheim" not in shown
    assert "***" in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert secret == Secret("geheim")
    assert secret != Secret("other")
    assert hash(secret) == hash(Secret("geheim"))


def test_a_missing_key_names_the_places_that_were_tried(folder: Path) -> None:
    key = load(folder).administrations[0].source.key
    assert key is not None
    with pytest.raises(SettingsError) as caught:
        key.secret()
    assert "COPACO_KEY_ACME is not set; looked in the environment and" in str(caught.value)
    assert str(folder / ".env") in str(caught.value)
    assert caught.value.where.endswith(":10")


def test_a_key_may_be_in_a_file(folder: Path) -> None:
    text = GOOD.replace("env:COPACO_KEY_ACME", "file:secrets/acme")
    key = load(folder, text).administrations[0].source.key
    assert key is not None
    with pytest.raises(SettingsError, match="cannot be read"):
        key.secret()
    (folder / "secrets").mkdir()
    file = folder / "secrets" / "acme"
    file.write_text("abc123\n", encoding="utf-8")
    if os.name == "posix":
        file.chmod(0o640)
        with pytest.raises(SettingsError, match="can be read or written by others") as caught:
            key.secret()
        assert caught.value.hint == f"Let nobody but yourself read it: chmod 600 {file}"
    file.chmod(0o600)
    assert key.secret().reveal() == "abc123"
    (folder / "secrets" / "acme").write_text("abc 123\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="a space") as caught:
        key.secret()
    assert "abc 123" not in str(caught.value)
    (folder / "secrets" / "acme").write_text("\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="is empty"):
        key.secret()


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("book_from = 2026-01-01", "book_from = 2026-02-01", True),
        ('"2025-12-31"', '"2026-12-31"', True),
        ('company_name = "Acme ICT B.V."', 'company_name = "Acme"', True),
        ("call_budget = 20", 'tax_scale = "percent"', True),
        ("call_budget = 20", "call_budget = 30", False),
        ("call_budget = 20", 'base_url = "https://other.example"', False),
        ("books/acme", "books/elsewhere", False),
        ("book_from", 'auto_post = "all"\nlook_back_days = 50\nbook_from', False),
    ],
)
def test_the_booking_hash_follows_what_can_change_a_booking(
    folder: Path, before: str, after: str, changes: bool
) -> None:
    first = load(folder).administrations[0].booking_hash
    second = load(folder, GOOD.replace(before, after)).administrations[0].booking_hash
    assert (first != second) is changes


DOCUMENTS = '''

[administrations.be-co.documents]
details = "all"
language = "nl"
header = """
  Be Co
  Kade 1
"""
link = "https://documents.example/"
'''


def test_how_documents_for_customers_look(folder: Path) -> None:
    plain, found = load(folder, GOOD + DOCUMENTS).administrations
    assert plain.documents == config.DocumentSettings()
    assert found.documents == config.DocumentSettings(
        details="all", language="nl", header=("Be Co", "Kade 1"), link="https://documents.example/"
    )
    assert found.booking_hash == load(folder).administrations[1].booking_hash
    wrong = (
        DOCUMENTS.replace('"all"', '"al"').replace('"nl"', '"de"').replace("https:", "ftp:").replace("header", "heder")
    )
    told = "\n".join(problems(folder, GOOD + wrong))
    for words in ("did you mean 'all'?", "'de' is not possible", "is no address", "did you mean 'header'?"):
        assert words in told


def test_every_setting_and_variable_is_documented() -> None:
    text = (Path(__file__).resolve().parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
    settings = {
        *ApiSettings.__struct_fields__,
        *Administration.__dataclass_fields__,
        *LedgerSettings.__dataclass_fields__,
        *config.DocumentSettings.__dataclass_fields__,
        *config.NotifySettings.__dataclass_fields__,
    }
    settings |= {"key_place", "key_name", "key_prefix", "authentication", "tax_scale", "folder", *config.VARIABLES}
    missing = [
        name
        for name in sorted(
            settings
            - {"name", "where", "given", "options", "secrets", "source", "ledger", "documents", "schedule"}
            - {"notify", "timing"}
        )
        if f"`{name}`" not in text
    ]
    assert missing == []
    assert all(f"`{way}`" in text for way in config.AUTHENTICATION)
