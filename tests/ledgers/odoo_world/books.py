"""Books as Odoo keeps them: what is computed, what is refused, and what is done without a word.

Draft and posted entries, VAT computed per line or over the document, open items, lock dates that move the date when an
entry is posted, references that may repeat, external ids that may not. Amounts are decimals with two places.
"""

from __future__ import annotations

import datetime
import html
import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.ledgers.odoo_world.tables import Row, Tables, UserError

CENT, NOTHING = Decimal("0.01"), Decimal("0.00")
MOVE, LINE, NAMED = "account.move", "account.move.line", "ir.model.data"
ATTACHMENT = "ir.attachment"
_MONEY = {"price_unit", "debit", "credit", "balance", "amount_currency"}


def cents(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)


def fields_of(version: int) -> dict[str, set[str]]:
    """The fields that a version has, of those that matter here."""
    locks = {"fiscalyear_lock_date", "tax_lock_date"}
    if version >= 18:
        locks |= {"hard_lock_date", "sale_lock_date", "purchase_lock_date"}
        locks |= {f"user_{name}" for name in locks}
    else:
        locks |= {"period_lock_date"}
    return {
        "res.currency": {"name"},
        "res.company": {"name", "currency_id", "parent_id", "tax_calculation_rounding_method", *locks},
        "res.users": {"name"},
        "res.partner": {"name", "vat", "ref", "parent_id", "company_id", "payable", "receivable"},
        "account.journal": {"name", "code", "type", "company_id", "sequence"},
        "account.account": {
            "name",
            "code",
            "account_type",
            *({"company_ids"} if version >= 18 else {"company_id"}),
            *({"active"} if version >= 19 else {"deprecated"}),
        },
        "account.tax": {"name", "amount", "amount_type", "type_tax_use", "company_id", "repartition"},
        "account.analytic.account": {"name", "code", "company_id"},
        ATTACHMENT: {"name", "res_model", "res_id", "mimetype", "datas"},
        NAMED: {"module", "name", "model", "res_id"},
        MOVE: {
            "name",
            "state",
            "date",
            "move_type",
            "journal_id",
            "partner_id",
            "commercial_partner_id",
            "company_id",
            "currency_id",
            "ref",
            "narration",
            "invoice_date",
            "invoice_date_due",
            "invoice_payment_term_id",
            "posted_before",
            "create_uid",
            "write_uid",
            "base",
        },
        LINE: {
            "move_id",
            "name",
            "account_id",
            "partner_id",
            "balance",
            "amount_currency",
            "quantity",
            "price_unit",
            "tax_ids",
            "tax_line_id",
            "analytic_distribution",
            "date_maturity",
            "display_type",
        },
    }


class Books(Tables):
    """All companies of one database, in one version of Odoo."""

    def __init__(self, version: int, today: datetime.date) -> None:
        super().__init__(fields_of(version))
        self.version, self.today = version, today
        self.acting = self.add("res.users", name="Connector")  # who calls, or works on the screen

    # What can be called from outside.

    def load(self, fields: Sequence[str], data: Sequence[Sequence[str]]) -> dict[str, Any]:
        """Import records from texts: all or none. What has a known external id is changed, the rest is made."""
        try:
            with self.transaction():
                numbers = [self._loaded(dict(zip(fields, row, strict=True))) for row in data]
        except UserError as error:
            return {"ids": False, "messages": [{"type": "error", "message": error.message, "record": 0}]}
        return {"ids": numbers, "messages": [], "nextrow": 0}

    def load_attachment(self, fields: Sequence[str], data: Sequence[Sequence[str]]) -> dict[str, Any]:
        """Import attachments; one with a known external id is changed."""
        numbers = []
        for row in data:
            vals: Row = dict(zip(fields, row, strict=True))
            module, _, name = str(vals.pop("id")).partition(".")
            vals["res_id"] = int(vals["res_id"])
            known = [each for each in self.rows[NAMED].values() if (each["module"], each["name"]) == (module, name)]
            if known:
                self.rows[ATTACHMENT][known[0]["res_id"]].update(vals)
                numbers.append(int(known[0]["res_id"]))
                continue
            number = self.add(ATTACHMENT, **vals)
            self.add(NAMED, module=module, name=name, model=ATTACHMENT, res_id=number)
            numbers.append(number)
        return {"ids": numbers, "messages": [], "nextrow": 0}

    def _forget(self, model: str, number: int) -> None:
        """Remove the external id of a record."""
        for name in [row for row in self.rows[NAMED].values() if (row["model"], row["res_id"]) == (model, number)]:
            del self.rows[NAMED][name["id"]]

    def create(self, vals_list: Sequence[Row]) -> list[int]:
        return [self._created(dict(vals)) for vals in vals_list]

    def write(self, ids: Sequence[int], vals: Row) -> bool:
        for number in ids:
            move = self.row(MOVE, number)
            if move["state"] == "posted" and set(vals) - {"narration", "ref"}:
                raise UserError("You cannot modify a posted entry of this journal because it is in strict mode.")
            self._write(move, dict(vals))
        return True

    def unlink(self, ids: Sequence[int]) -> bool:
        for number in ids:
            if self.row(MOVE, number)["state"] == "posted":
                raise UserError("You cannot delete a posted journal entry.")
            for line in self._lines(number):
                del self.rows[LINE][line["id"]]
            del self.rows[MOVE][number]
            self._forget(MOVE, number)
            for each in [row["id"] for row in self.rows[ATTACHMENT].values() if row["res_id"] == number]:
                del self.rows[ATTACHMENT][each]  # they go with the record that they belong to
                self._forget(ATTACHMENT, each)
        return True

    def action_post(self, ids: Sequence[int]) -> bool:
        for number in ids:
            self._post(self.row(MOVE, number))
        return False

    def button_draft(self, ids: Sequence[int]) -> bool:
        for number in ids:
            move = self.row(MOVE, number)
            if move["date"] <= self._lock(move):
                raise UserError(
                    "You cannot add/modify entries prior to and inclusive of the lock date " + str(self._lock(move))
                )
            move["state"] = "draft"
        return True

    # How it is kept.

    def _loaded(self, columns: dict[str, str]) -> int:
        module, _, name = columns.pop("id").partition(".")
        if " " in name:
            raise UserError("External IDs cannot contain spaces")
        vals = {
            field.removesuffix("/.id"): int(text) if field.endswith("/.id") else text for field, text in columns.items()
        }
        known = [row for row in self.rows[NAMED].values() if (row["module"], row["name"]) == (module, name)]
        if known and known[0]["res_id"] in self.rows[MOVE]:
            self.write([known[0]["res_id"]], vals)
            return int(known[0]["res_id"])
        number = self._created(vals)
        if known:
            known[0]["res_id"] = number
        else:
            self.add(NAMED, module=module, name=name, model=MOVE, res_id=number)
        return number

    def _created(self, vals: Row) -> int:
        journal = self.row("account.journal", vals["journal_id"])
        number = self.add(
            MOVE,
            name="/",
            state="draft",
            date=self.today,
            company_id=journal["company_id"],
            posted_before=False,
            create_uid=self.acting,
        )
        self._write(self.row(MOVE, number), vals)
        return number

    def _write(self, move: Row, vals: Row) -> None:
        commands = [*vals.pop("line_ids", ()), *vals.pop("invoice_line_ids", ())]
        self._known(MOVE, vals)
        move["write_uid"] = self.acting
        for field, value in vals.items():
            is_date = field in {"date", "invoice_date", "invoice_date_due"}
            move[field] = datetime.date.fromisoformat(value) if is_date and value else value
        if vals.get("narration"):
            move["narration"] = _sanitized(vals["narration"])
        if "partner_id" in vals:
            move["commercial_partner_id"] = vals["partner_id"]
        for code, number, *rest in commands:
            if code == 0:
                self._line(move, dict(rest[0]))
            elif code == 1:
                self._change_line(self.row(LINE, number), dict(rest[0]))
            elif code == 2:
                del self.rows[LINE][number]
            else:
                assert code == 5, f"no such command: {code}"
                self._drop(self._lines(move["id"]), "product")
        self._compute(move)

    def _line(self, move: Row, vals: Row) -> None:
        sign = -1 if move["move_type"] in {"in_refund", "out_invoice"} else 1
        taxes = vals.pop("tax_ids", [[6, 0, []]])[0][2]
        for field in _MONEY & set(vals):
            vals[field] = cents(vals[field])
        debit, credit = vals.pop("debit", NOTHING), vals.pop("credit", NOTHING)
        balance = debit - credit
        if "price_unit" in vals:
            balance = cents(sign * vals["price_unit"] * vals.get("quantity", 1))
        self.row("account.account", vals["account_id"])
        if "\0" in str(vals.get("name")):
            raise UserError("A string literal cannot contain NUL (0x00) characters.")
        self.add(
            LINE,
            **vals,
            move_id=move["id"],
            balance=balance,
            amount_currency=balance,
            tax_ids=taxes,
            display_type="product",
        )

    def _change_line(self, line: Row, vals: Row) -> None:
        for field in _MONEY & set(vals):
            vals[field] = cents(vals[field])
        line.update(vals)
        if "amount_currency" in vals:
            line["balance"] = vals["amount_currency"]

    def _compute(self, move: Row) -> None:
        """VAT lines when the lines they are computed on changed, and the open item whenever anything did."""
        lines = self._lines(move["id"])
        if move["move_type"] == "entry":
            off = sum((line["balance"] for line in lines), NOTHING)
            if off:
                debit = sum((max(line["balance"], NOTHING) for line in lines), NOTHING)
                raise UserError(
                    f"The move ({move['name']}) is not balanced.\nThe total of debits equals {debit} and the total of "
                    f"credits equals {debit - off}."
                )
            return
        product = [line for line in lines if line["display_type"] == "product"]
        base = [(line["balance"], line["tax_ids"]) for line in product]
        if base != move["base"]:
            move["base"] = base
            self._drop(lines, "tax")
            self._compute_vat(move, product)
        self._drop(lines, "payment_term")
        owed = -sum((line["balance"] for line in self._lines(move["id"])), NOTHING)
        if not product:
            return
        partner = self.row("res.partner", move["partner_id"])
        self.add(
            LINE,
            move_id=move["id"],
            account_id=partner["payable" if move["move_type"].startswith("in_") else "receivable"],
            partner_id=partner["id"],
            balance=owed,
            amount_currency=owed,
            date_maturity=move["invoice_date_due"] or move["invoice_date"],
            display_type="payment_term",
        )

    def _compute_vat(self, move: Row, product: Sequence[Row]) -> None:
        per_line = self.row("res.company", move["company_id"])["tax_calculation_rounding_method"] == "round_per_line"
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for line in product:
            for tax in line["tax_ids"]:
                part = line["balance"] * self.row("account.tax", tax)["amount"] / 100
                sums[tax] += cents(part) if per_line else part
        for tax, exact in sums.items():
            for factor, account in self.row("account.tax", tax)["repartition"]:
                amount = cents(cents(exact) * factor / 100)
                if amount:
                    self.add(
                        LINE,
                        move_id=move["id"],
                        name=self.row("account.tax", tax)["name"],
                        account_id=account,
                        tax_line_id=tax,
                        tax_ids=[],
                        balance=amount,
                        amount_currency=amount,
                        display_type="tax",
                    )

    def _post(self, move: Row) -> None:
        lines, kind = self._lines(move["id"]), move["move_type"]
        if move["state"] != "draft":
            raise UserError(f"The entry {move['name']} (id {move['id']}) must be in draft.")
        if not lines:
            raise UserError("You need to add a line before posting.")
        total = sum((line["balance"] for line in lines if line["display_type"] == "payment_term"), NOTHING)
        if kind != "entry" and total * (1 if kind in {"in_refund", "out_invoice"} else -1) < 0:
            raise UserError(
                "You cannot validate an invoice with a negative total amount. You should create a credit note instead."
            )
        if kind.startswith("in_") and not move["invoice_date"]:
            raise UserError("The Bill/Refund date is required to validate this document.")
        if self.version <= 16 and kind.startswith("in_") and self._repeated(move):
            raise UserError("Duplicated vendor reference detected. You probably encoded twice the same vendor bill.")
        if move["date"] <= self._lock(move):
            move["date"] = self._lock(move) + datetime.timedelta(days=1)
        if move["name"] == "/":
            journal = self.row("account.journal", move["journal_id"])
            count = sum(1 for each in self.rows[MOVE].values() if each["journal_id"] == journal["id"]) + len(self.rows)
            move["name"] = f"{journal['code']}/{move['date']:%Y/%m}/{count + move['id']:04d}"
        move["state"], move["posted_before"] = "posted", True

    def _repeated(self, move: Row) -> bool:
        same = ("ref", "partner_id", "move_type", "invoice_date")
        return any(
            each["state"] == "posted" and each["id"] != move["id"] and all(each[name] == move[name] for name in same)
            for each in self.rows[MOVE].values()
        )

    def _lock(self, move: Row) -> datetime.date:
        """The last day on which this entry cannot be: what moves its date."""
        company, kind = self.row("res.company", move["company_id"]), self.row("account.journal", move["journal_id"])
        names = ["fiscalyear_lock_date", "period_lock_date", "hard_lock_date"]
        if kind["type"] in {"sale", "purchase"}:
            names.append(f"{kind['type']}_lock_date")
        if any(line["tax_ids"] or line["tax_line_id"] for line in self._lines(move["id"])):
            names.append("tax_lock_date")
        return max((company[name] for name in names if company.get(name)), default=datetime.date.min)

    def _lines(self, move: int) -> list[Row]:
        return [row for row in self.rows[LINE].values() if row["move_id"] == move]

    def _drop(self, lines: Sequence[Row], kind: str) -> None:
        for line in lines:
            if line["display_type"] == kind:
                self.rows[LINE].pop(line["id"], None)


def _sanitized(text: str) -> str:
    """As an HTML field is kept: scripts go, and a bare text becomes a paragraph with its signs escaped."""
    text = re.sub(r"(?is)<script.*?</script>", "", text)
    return text if text.startswith("<") else f"<p>{html.escape(text, quote=False)}</p>"
