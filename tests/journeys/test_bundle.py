"""The support bundle tells what helps and nothing that must not leave: secrets and customers are planted everywhere."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connector.domain.register import Entry, content_of
from connector.sandbox import RESELLER_NL, Sandbox
from connector.store import registers, tables
from connector.store.ids import Ids
from connector.store.registers import Arrival
from tests.journeys.office import Office, told

SECRETS = {
    "OTHER_PASSWORD": "kept-in-env-4711",
    "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer collector-token-99",
    "CHAT": "slack://TokenAlpha1/TokenBravo2/TokenCharlie3456789",
}
CLEAR = "sk-typed-in-clear-0815"


def contents(path: Path) -> dict[str, str]:
    """Every file of a bundle, and the names and comments beside them."""
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        found = {name: bundle.read(name).decode() for name in bundle.namelist()}
        return found | {"(names)": repr([(each.filename, each.comment, each.extra) for each in bundle.infolist()])}


def customers(office: Office) -> set[str]:
    subscription = tables.subscription
    with office.database as database, database.reading() as connection:
        columns = (subscription.c.company_name, subscription.c.consumer_company_name, subscription.c.account_id)
        return {text for row in connection.execute(select(*columns)) for text in row if text}


def planted(office: Office) -> list[str]:
    """Secrets in .env, settings, log and database, and customers in the log; what must be found nowhere."""
    names = sorted(customers(office))
    assert len(names) > 5
    env = office.folder / ".env"
    keys = [line.partition("=")[2] for line in env.read_text(encoding="utf-8").splitlines() if "=" in line]
    more = "".join(f"{name}={value}\n" for name, value in SECRETS.items())
    env.write_text(f"{env.read_text(encoding='utf-8')}{more}CONNECTOR_LOG=connector.log\n", encoding="utf-8")
    secrets = [*keys, "kept-in-env-4711", "collector-token-99", "proxy-password-5", "TokenCharlie3456789"]
    lines = [
        "plain: " + " ".join([*secrets, *names]),
        json.dumps({"message": f"for {names[0]} with {secrets[0]}", "error": names[1]}),
        json.dumps({"message": f"for {names[2]}"}, ensure_ascii=False),
        f"https://example.com/?customer={names[3].replace(' ', '+')}&api_key=whatever-1234",
        "mailed to someone@customer.example.com",
        "the last line",
    ]
    (office.folder / "connector.log").write_text("\n".join(["too old"] * 2000 + lines) + "\n", encoding="utf-8")
    office.change("attempts = 2", 'attempts = 2\nproxy = "http://me:proxy-password-5@127.0.0.1:3128"')
    office.toml = f'[notify]\nto = "env:CHAT"\n\n{office.toml}'
    office.set("company_name", '"Reseller Zomerhof"')
    failed = {"failure": "SourceRefused", "told": f"{names[4]} and {secrets[0]}", "failures": 3}
    with office.database as database, database.transaction() as connection:
        connection.execute(tables.last_run.update().values(**failed))
    return [*secrets, *names, "someone@customer", "whatever-1234", "Zomerhof"]


def arrival(known: dict[str, str]) -> Arrival:
    """A subscription that a register lists."""
    entry = Entry(key="S-1", known=known, others=(), content=content_of(known, ()))
    return Arrival(entry=entry, slice_id=1, before=None)


def documents(office: Office, code: int | None = 0) -> tuple[dict[str, str], dict[str, Any]]:
    office.run("doctor", "--offline", "--bundle", "bundle.zip", code=code)
    path = office.folder / "bundle.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = contents(path)
    return found, {name: json.loads(text) for name, text in found.items() if name.endswith(".json")}


def test_it_tells_what_helps_and_nothing_of_customers_or_secrets(office: Office) -> None:
    secret = planted(office)
    if office.url:
        secret.append(office.url.partition("@")[0].rpartition(":")[2])
    found, read = documents(office)
    everything = "\n".join(found.values()).casefold()
    assert [each for each in secret if each.casefold() in everything] == []

    assert read["versions.json"]["packages"]["SQLAlchemy"].startswith("2.")
    (acme,) = read["settings.json"]["administrations"]
    assert acme["settings"]["source.key"].startswith("env:")
    assert (acme["settings"]["company_name"], acme["settings"]["source.proxy"]) == ("***", "***")
    (stands,) = read["status.json"]
    (status,) = office.asked("status")["administrations"]
    assert stands["held"]["purchase"]["net"] == status["totals"]["purchase"]["held"]
    assert stands["last_run"]["failures"] == 3
    assert stands["last_run"]["run"]
    assert read["database.json"]["schema"] == "0001"
    assert read["database.json"]["rows"]["invoice"] == office.rows()["invoice"]
    assert {each["code"] for each in read["database.json"]["findings"]} >= {"CHARGE-TYPE-UNKNOWN"}
    assert {each["check"] for each in read["doctor.json"]} >= {"settings", "database", "disk", "service", "runs"}
    lines = found["log.txt"].splitlines()
    assert len(lines) == 2000
    assert lines[-1] == "the last line"


def test_it_is_written_when_settings_are_wrong_and_repeats_nothing_of_them(sqlite_office: Office) -> None:
    sqlite_office.change('key = "env:', f'key = "{CLEAR}env:')
    found, read = documents(sqlite_office, code=3)
    assert CLEAR not in "\n".join(found.values())
    assert read["settings.json"]["error"] == "WrongSettings"
    assert read["doctor.json"][0]["result"] == "problem"
    assert read["versions.json"]["connector"]


def test_it_is_written_without_a_database(sqlite_office: Office) -> None:
    (sqlite_office.folder / "connector.db").unlink()
    _found, read = documents(sqlite_office, code=5)
    assert read["database.json"]["error"] == "SchemaError"


def test_it_overwrites_nothing(sqlite_office: Office) -> None:
    (sqlite_office.folder / "bundle.zip").write_text("mine", encoding="utf-8")
    told(sqlite_office.run("doctor", "--offline", "--bundle", "bundle.zip", code=3), "bundle.zip", "not there yet")
    assert (sqlite_office.folder / "bundle.zip").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("broken", ["the database", "the table of customers"])
def test_the_log_stays_where_nobody_knows_whom_to_hide(broken: str, sqlite_office: Office) -> None:
    """The names of customers stand in what cannot be read, and perhaps in the log."""
    name = "Klantnaam van Niemand"
    log_file = sqlite_office.folder / "log"
    log_file.write_text(f"2026-11-01 06:00:00 warning acme: {name} is not known\n", encoding="utf-8")
    sqlite_office.environment["CONNECTOR_LOG"] = str(log_file)
    if broken == "the database":
        (sqlite_office.folder / "connector.db").unlink()
    else:
        sqlite_office.add_row("customers.csv", f"1;{name};wrong")
    found, read = documents(sqlite_office, code=None)
    assert name not in "\n".join(found.values())
    assert "left out" in found["log.txt"]
    assert any(each["result"] == "problem" for each in read["doctor.json"])


def test_a_wrong_cell_that_a_run_told_of_is_not_repeated(new_office: Office, sandbox: Sandbox) -> None:
    """Before the first run that succeeds nobody else knows the name, and what the run said of it is kept."""
    new_office.set_up(RESELLER_NL, sandbox.url)
    new_office.add_row("customers.csv", "C-9;;;;;;;Jan's Bakkerij;;;")
    told(new_office.run("sync", code=4), "'Jan's Bakkerij' is neither yes nor no")
    found, read = documents(new_office, code=4)
    assert "Bakkerij" not in "\n".join(found.values())
    (runs,) = [each for each in read["doctor.json"] if each["check"] == "runs"]
    assert (runs["result"], runs["found"]) == ("warning", "***")
    (stands,) = read["status.json"]
    assert stands["last_run"]["error"] == {"kind": "MappingFileError", "message": "***"}
    (tables_read,) = [each for each in read["doctor.json"] if each["check"] == "mapping"]
    assert "customers.csv line 2, column po_required: ***" in tables_read["found"]


def test_a_customer_that_only_a_register_knows_is_hidden(sqlite_office: Office) -> None:
    name = "Kwekerij Zonder Factuur"
    sqlite_office.environment["CONNECTOR_LOG"] = "log"
    (sqlite_office.folder / "log").write_text(f"2026-11-01 06:00:00 warning acme: {name} is new\n", encoding="utf-8")
    with sqlite_office.database as database, database.transaction() as connection:
        registers.add(connection, 1, Ids(connection, 1), "subscriptions", 1, [arrival({"company_name": name})])
    found, _read = documents(sqlite_office)
    assert name not in "\n".join(found.values())
    assert "acme: *** is new" in found["log.txt"]
