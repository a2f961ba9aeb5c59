"""Runs inside Tryton's own environment: seeds a database with a company, or serves databases on loopback.

    python tryton_inside.py seed DATABASE < books.json     the database is empty and there already
    python tryton_inside.py serve                          writes its port, and ends when its input ends

TRYTOND_CONFIG names the settings, and holds where PostgreSQL is.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
import threading
from typing import Any

STATEMENTS = {
    "asset": {"statement": "balance", "assets": True},
    "liability": {"statement": "balance", "assets": False},
    "equity": {"statement": "balance", "assets": False},
    "income": {"statement": "income", "revenue": True},
    "expense": {"statement": "income", "expense": True},
    "receivable": {"statement": "balance", "assets": True, "receivable": True},
    "payable": {"statement": "balance", "assets": False, "payable": True},
}


def seed(database: str, books: dict[str, Any]) -> None:
    """Activate the modules and make company, chart, taxes, parties and fiscal years."""
    from trytond.config import config

    config.update_etc(os.environ["TRYTOND_CONFIG"])
    from trytond import backend
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    with Transaction().start(database, 0, autocommit=True, _nocache=True) as transaction:
        if not backend.Database(database).test():
            transaction.database.init()
    Pool(database).init(update=["account_invoice"], activatedeps=True)
    pool = Pool(database)
    with Transaction().start(database, 1) as transaction:
        user = pool.get("res.user")
        (admin,) = user.search([("login", "=", "admin")])
        user.write([admin], {"password": books["password"]})
        company = _company(pool, books)
        user.write(user.search([]), {"companies": [("add", [company])], "company": company})
        transaction.commit()
    locked = [
        "account_fiscalyear",
        "account_period",
    ]  # dates are checked under a lock that must be there from the start
    with Transaction().start(database, admin.id, context={"company": company}, _lock_tables=locked) as transaction:
        accounts = _chart(pool, company, books["accounts"])
        _taxes(pool, company, accounts, books["taxes"])
        _parties(pool, books["parties"])
        _years(pool, company, books["years"])
        transaction.commit()


def _company(pool: Any, books: dict[str, Any]) -> int:
    euro = {"name": "Euro", "code": "EUR", "symbol": "€", "numeric_code": "978"}
    (currency,) = pool.get("currency.currency").create([euro])
    (party,) = pool.get("party.party").create([{"name": books["company"]}])
    (company,) = pool.get("company.company").create([{"party": party.id, "currency": currency.id}])
    return int(company.id)


def _chart(pool: Any, company: int, rows: list[list[str]]) -> dict[str, int]:
    types = pool.get("account.account.type").create(
        [{"name": name, "company": company, **flags} for name, flags in STATEMENTS.items()]
    )
    by_name = {each.name: each.id for each in types}
    account = pool.get("account.account")
    (root,) = account.create([{"name": "All", "company": company, "type": None}])
    made = account.create(
        [
            {
                "name": name,
                "code": code,
                "company": company,
                "parent": root.id,
                "type": by_name[kind],
                "party_required": kind in {"receivable", "payable"},
                "reconcile": kind in {"receivable", "payable"},
            }
            for code, name, kind in rows
        ]
    )
    return {each.code: int(each.id) for each in made}


def _taxes(pool: Any, company: int, accounts: dict[str, int], rows: list[dict[str, Any]]) -> None:
    """Each of ``rows`` has a name and its parts as (rate in percent, account); more than one are children."""
    from decimal import Decimal

    tax = pool.get("account.tax")

    def values(name: str, rate: str, account: str) -> dict[str, Any]:
        there = accounts[account]
        rated = {"type": "percentage", "rate": Decimal(rate) / 100, "invoice_account": there}
        return {"name": name, "description": name, "company": company, "credit_note_account": there, **rated}

    for row in rows:
        if len(row["parts"]) == 1:
            tax.create([values(row["name"], *row["parts"][0])])
            continue
        children = [values(f"{row['name']} ({rate})", rate, account) for rate, account in row["parts"]]
        plain = {"name": row["name"], "description": row["name"], "company": company, "type": "none"}
        tax.create([{**plain, "childs": [("create", children)]}])


def _parties(pool: Any, rows: list[dict[str, str]]) -> None:
    pool.get("party.party").create(
        [
            {
                "name": row["name"],
                "code": row["code"],
                "identifiers": [("create", [{"type": None, "code": row["vat"]}])] if row.get("vat") else [],
            }
            for row in rows
        ]
    )


def _years(pool: Any, company: int, years: list[int]) -> None:
    data = pool.get("ir.model.data")
    kinds = {name: data.get_id("account", f"sequence_type_{name}") for name in ("account_move", "account_journal")}
    sequence = pool.get("ir.sequence")
    fiscal_year = pool.get("account.fiscalyear")
    for year in years:
        (posted,) = sequence.create(
            [{"name": f"Posted {year}", "sequence_type": kinds["account_move"], "company": company}]
        )
        made = fiscal_year.create(
            [
                {
                    "name": str(year),
                    "start_date": datetime.date(year, 1, 1),
                    "end_date": datetime.date(year, 12, 31),
                    "company": company,
                    "post_move_sequence": posted.id,
                }
            ]
        )
        fiscal_year.create_period(made)
        invoiced = {"sequence_type": data.get_id("account_invoice", "sequence_type_account_invoice")}
        (invoices,) = pool.get("ir.sequence.strict").create(
            [{"name": f"Invoices {year}", "company": company, **invoiced}]
        )
        kept = ("in_invoice", "in_credit_note", "out_invoice", "out_credit_note")
        values = {f"{kind}_sequence": invoices.id for kind in kept}
        pool.get("account.fiscalyear.invoice_sequence").create(
            [{"company": company, "fiscalyear": made[0].id, **values}]
        )
    named = {"name": "Moves", "sequence_type": kinds["account_journal"], "company": company}
    (numbers,) = sequence.create([named])
    journal = pool.get("account.journal")
    journal.write(journal.search([]), {"sequence": numbers.id})


def serve() -> None:
    """Serve all databases until the input ends, so that no server outlives the tests that started it."""
    from trytond.application import app
    from werkzeug.serving import WSGIRequestHandler, make_server

    WSGIRequestHandler.disable_nagle_algorithm = True  # else each answer waits until its head was acknowledged
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        seed(sys.argv[2], json.load(sys.stdin))
    else:
        serve()
