"""Records by model, and domains over them, as Odoo's external interfaces have them. Knows nothing of the connector."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Row = dict[str, Any]

ANOTHER_RECORD = {
    "company_id": "res.company",
    "create_uid": "res.users",
    "write_uid": "res.users",
    "parent_id": "",
    "currency_id": "res.currency",
    "partner_id": "res.partner",
    "commercial_partner_id": "res.partner",
    "journal_id": "account.journal",
    "account_id": "account.account",
    "move_id": "account.move",
    "tax_line_id": "account.tax",
}
"""Fields that hold another record, and its model ('' for the same one); they are told as ``[id, name]``."""


class OdooError(Exception):
    """An error as Odoo names it, and the status it has in JSON-2."""

    name, status = "builtins.ValueError", 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UserError(OdooError):
    name, status = "odoo.exceptions.UserError", 422


class AccessError(OdooError):
    name, status = "odoo.exceptions.AccessError", 403


class AccessDenied(OdooError):
    name, status = "odoo.exceptions.AccessDenied", 401


class MissingError(OdooError):
    name, status = "odoo.exceptions.MissingError", 404


class DatabaseError(OdooError):
    name, status = "psycopg2.errors.SerializationFailure", 500


class Tables:
    """All records. A call that fails leaves them as they were."""

    def __init__(self, fields: dict[str, set[str]]) -> None:
        self.fields = fields
        self.rows: dict[str, dict[int, Row]] = {model: {} for model in fields}
        self._last = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        # Values of rows are replaced and never changed, so that a copy of each row is enough.
        before = {model: {number: dict(row) for number, row in rows.items()} for model, rows in self.rows.items()}
        try:
            yield
        except BaseException:
            self.rows = before
            raise

    def add(self, model: str, /, **values: Any) -> int:
        self._known(model, values)
        self._last += 1
        empty: Row = dict.fromkeys(self.fields[model], False)
        self.rows[model][self._last] = {**empty, **values, "id": self._last}
        return self._last

    def row(self, model: str, number: int) -> Row:
        if number not in self.rows[model]:
            raise MissingError(f"Record does not exist or has been deleted. (Record: {model}({number},))")
        return self.rows[model][number]

    def search(
        self, model: str, domain: Sequence[Any], order: str = "id", limit: int | None = None, offset: int = 0
    ) -> list[int]:
        if model not in self.fields:
            raise OdooError(f"the model {model} does not exist")
        fits = self._condition(model, list(domain))
        found = [row for row in self.rows[model].values() if fits(row)]
        names = [name.strip() for name in order.split(",")]
        self._known(model, names)
        found.sort(key=lambda row: [(row[name] is not False, row[name]) for name in names])
        numbers = [row["id"] for row in found]
        return numbers[offset : None if limit is None else offset + limit]

    def read(self, model: str, numbers: Sequence[int], fields: Sequence[str]) -> list[Row]:
        self._known(model, fields)
        return [
            {"id": number, **{field: self._told(model, field, self.row(model, number)[field]) for field in fields}}
            for number in numbers
        ]

    def _told(self, model: str, field: str, value: Any) -> Any:
        if field in ANOTHER_RECORD and value:
            other = ANOTHER_RECORD[field] or model
            return [value, self.rows[other][value].get("name") or "/"]
        return value.isoformat() if isinstance(value, datetime.date) else value

    def _known(self, model: str, fields: Any) -> None:
        for field in fields:
            if field != "id" and field not in self.fields[model]:
                raise OdooError(f"Invalid field '{field}' on model '{model}'")

    def _condition(self, model: str, domain: list[Any]) -> Callable[[Row], bool]:
        """A domain in Polish notation; terms that no operator joins are joined by 'and'."""
        conditions: list[Callable[[Row], bool]] = []
        rest = list(domain)
        while rest:
            conditions.append(self._next(model, rest))
        return lambda row: all(condition(row) for condition in conditions)

    def _next(self, model: str, rest: list[Any]) -> Callable[[Row], bool]:
        if not rest:
            raise OdooError("Domain is malformed: an operator lacks its operands")
        head = rest.pop(0)
        if head in ("|", "&"):
            one, two = self._next(model, rest), self._next(model, rest)
            if head == "|":
                return lambda row: one(row) or two(row)
            return lambda row: one(row) and two(row)
        field, operator, value = head
        self._known(model, [field])
        return lambda row: _fits(row[field], operator, value)


def _fits(have: Any, operator: str, value: Any) -> bool:
    if isinstance(have, datetime.date):
        have = have.isoformat()
    match operator:
        case "=":
            return bool(have == value)
        case "!=":
            return bool(have != value)
        case "in":
            # A field with several records fits when one of them is asked for.
            return any(each in value for each in have) if isinstance(have, list) else have in value
        case "not in":
            return have not in value
        case "=like" | "=ilike" | "ilike":
            pattern = f"%{value}%" if operator == "ilike" else str(value)
            translated = "".join({"%": ".*", "_": "."}.get(sign) or re.escape(sign) for sign in pattern)
            flags = re.DOTALL | (0 if operator == "=like" else re.IGNORECASE)
            return isinstance(have, str) and re.fullmatch(translated, have, flags) is not None
        case "<=":
            return have is not False and bool(have <= value)
        case ">=":
            return have is not False and bool(have >= value)
    raise OdooError(f"Invalid operator {operator!r} in domain")
