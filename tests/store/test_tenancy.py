"""What watches the statements of all tests (``tests.tenancy``): that it sees what is not tied to one administration."""

from __future__ import annotations

import pytest
from sqlalchemy import and_, delete, exists, func, or_, select, update

from connector.store import tables
from connector.store.database import Database
from connector.store.documents import is_newest, newest
from connector.store.joins import same
from tests.tenancy import UntiedError, untied, untied_text

version, invoice, line = tables.invoice_version, tables.invoice, tables.line
latest = newest()
mine = version.c.administration_id == 1
tied_latest = select(invoice.c.invoice_id).where(invoice.c.administration_id == 2).subquery()
TIED = {
    "a value": select(version).where(mine),
    "a join": select(version).join(invoice, same(invoice, version, "invoice_id")).where(mine),
    "a subquery": select(version).join(latest, is_newest(latest)).where(mine),
    "a subquery tied inside": select(tied_latest),
    "an exists": select(version).where(mine, exists().where(same(line, version, "version_id"))),
    "an update": update(tables.delivery).where(tables.delivery.c.administration_id == 1),
    "a delete": delete(tables.delivery).where(tables.delivery.c.administration_id == 1),
    "the list of administrations": select(tables.administration),
}
UNTIED = {
    "nothing": (select(version), "invoice_version"),
    "another condition": (select(version).where(version.c.version_id == 1), "invoice_version"),
    "a join by id": (select(version).join(line, line.c.version_id == version.c.version_id).where(mine), "line"),
    "a condition that another may fulfil": (
        select(version).where(or_(mine, version.c.version_id == 1)),
        "invoice_version",
    ),
    "a subquery of all": (
        select(version)
        .join(
            all_newest := select(func.max(version.c.version_id).label("newest")).subquery(),
            and_(mine, all_newest.c.newest == version.c.version_id),
        )
        .where(mine),
        "invoice_version",
    ),
    "a question inside": (
        select(version).where(mine, version.c.version_id.in_(select(line.c.version_id))),
        "line",
    ),
    "a sum inside": (select(select(func.count()).select_from(line).scalar_subquery()), "line"),
    "an update": (update(tables.delivery).where(tables.delivery.c.delivery_id == 1), "delivery"),
    "a delete": (delete(tables.delivery), "delivery"),
}


@pytest.mark.parametrize("name", TIED)
def test_a_statement_of_one_administration_is_let_through(name: str) -> None:
    assert untied(TIED[name]) == []


@pytest.mark.parametrize("name", UNTIED)
def test_a_statement_of_all_administrations_is_seen(name: str) -> None:
    statement, table = UNTIED[name]
    assert untied(statement) == [table]


def test_a_statement_written_as_text_is_searched() -> None:
    assert untied_text('SELECT 1 FROM "line" WHERE version_id = ?') == ["line"]
    assert untied_text('SELECT 1 FROM "line" WHERE administration_id = ? AND version_id = ?') == []
    assert untied_text("SELECT 1 FROM administration") == []


def test_the_tests_run_under_watch(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite.reading() as connection:
        connection.execute(select(line))  # a test may look at everything
    monkeypatch.setattr("tests.tenancy.OURS", __file__)
    with pytest.raises(UntiedError, match="line of every administration"), sqlite.reading() as connection:
        connection.execute(select(line))
