"""The sheet Unmapped: what waits for a row, with its euros, and the rows that its filled cells become."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from connector.domain.money import from_minor
from connector.domain.rules import is_known
from connector.domain.waiting import Waiting
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import CUSTOMERS, RULES
from connector.mapping_files.workbook_layout import FIRST_ROW
from connector.mapping_files.workbook_lists import Lists, Style
from connector.mapping_files.workbook_styles import AMOUNT, FREE, GREY, finish, head, put
from connector.texts import _, marked

FILE = "unmapped"
"""Stands for the sheet where problems name a file."""
MEANT = ("plan", "product_group", "charge_type", "customer")
"""What a new rule can be for: all lines of the direction with this charge type and plan, or product group; with this
charge type; of this customer."""
WHY = {
    "ACCOUNT-UNMAPPED": marked("No rule gives an account"),
    "CHARGE-TYPE-UNKNOWN": marked("The charge type is not known"),
    "CUSTOMER-UNMAPPED": marked("The customer is not in the table"),
}
"""Why lines wait, by the code of the finding."""
_TOLD = (
    ("net", marked("Net amount"), marked("What the lines add up to, in EUR without VAT.")),
    ("lines", marked("Lines"), marked("How many lines wait.")),
    ("why", marked("Why it waits"), marked("What is missing in the tables.")),
    ("direction", marked("Direction"), marked("Purchase or sale.")),
    ("charge_type", marked("Charge type"), marked("Charge type.")),
    ("product_group", marked("Product group"), marked("Plan category.")),
    ("plan", marked("Plan"), marked("Plan name.")),
    ("customer", marked("Customer"), marked("AccountID.")),
    ("customer_name", marked("Name of the customer"), marked("Name of the customer.")),
)
_ASKED = (
    ("account", marked("Account"), marked("Fill in an account or role: it becomes a row of rules.csv.")),
    ("action", marked("Action"), marked("What is done with such lines; blank: post.")),
    ("deferral", marked("Deferral"), marked("Policy of deferrals.csv, or none; blank: left to a less specific row.")),
    ("for", marked("Meant for"), marked(
        "Which lines the new row is for: all of this plan, product_group, charge_type or customer; blank: this product "
        "group with this charge type, or this plan where there is none.")),
    ("debtor", marked("Debtor"), marked("Fill in the debtor's number: it becomes a row of customers.csv.")),
    ("country", marked("Country"), marked("Country of the new debtor.")),
    ("vat_number", marked("VAT number"), marked("VAT number of the new debtor, with its country.")),
)  # fmt: skip
_BEHIND = (
    ("proposal", marked("Proposal"), marked("An account that may fit; nothing is taken from here by itself.")),
    ("evidence", marked("Evidence"), marked("Why this account may fit.")),
    ("billing", marked("Billing"), marked("Rhythm of billing.")),
    ("sender", marked("Sender"), marked("VAT number of who issues the document.")),
    ("rate", marked("Rate in %"), marked("Stated rate in percent.")),
)
NAMES = tuple(name for name, _title, _meaning in (*_TOLD, *_ASKED, *_BEHIND))
SUMS = frozenset({"net", "lines"})
"""Columns that only tell; nothing is read from them."""
_ASKED_NAMES = tuple(name for name, _title, _meaning in _ASKED)
_RESULTS = ("account", "action", "deferral")
_NUMBERED = re.compile(r"([A-Za-z]+)(\d{1,9})")


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that a filled row of the sheet becomes: of which table, from which row of the sheet."""

    file: str
    at: int
    cells: dict[str, str]


def write_unmapped(sheet: Worksheet, waiting: Iterable[Waiting], lists: Lists) -> None:
    """Fill the sheet, the most euros first."""
    head(sheet, [(name, _(title), _(meaning)) for name, title, meaning in (*_TOLD, *_ASKED, *_BEHIND)])
    ordered = sorted(waiting, key=lambda each: (-abs(each.net), msgspec.structs.astuple(each)))
    for row, each in enumerate(ordered, start=FIRST_ROW):
        _write(sheet, row, each)
    last = FIRST_ROW + max(len(ordered), 1) - 1
    actions = next(column.values for column in RULES.columns if column.name == "action")
    offered: tuple[tuple[str, tuple[str, ...], Style], ...] = (
        ("account", lists.accounts, "warning"),
        ("action", actions, "stop"),
        ("deferral", lists.policies, "warning"),
        ("for", MEANT, "stop"),
    )
    for name, values, style in offered:
        lists.drop_down(sheet, NAMES.index(name) + 1, last, values, style)
    finish(sheet, last_row=last, columns=len(NAMES), frozen=2, can_insert=False)
    for name in ("account", "for", "vat_number"):
        sheet.column_dimensions[get_column_letter(NAMES.index(name) + 1)].width = 22


def _write(sheet: Worksheet, row: int, each: Waiting) -> None:
    about_customer = each.code == "CUSTOMER-UNMAPPED"
    for at, name in enumerate(NAMES, start=1):
        if name in _ASKED_NAMES:
            asked = (name in {"debtor", "country", "vat_number"}) == about_customer
            put(sheet, row, at, "", FREE if asked else GREY)
        elif name in SUMS:
            amount = Decimal(each.lines) if name == "lines" else from_minor(each.net, "EUR")
            cell = put(sheet, row, at, "", AMOUNT)
            cell.value = amount
            if name == "lines":
                cell.number_format = "0"
        else:
            text = _(WHY.get(each.code, each.code)) if name == "why" else getattr(each, name)
            put(sheet, row, at, text, GREY)


def new_rows(
    filled: Sequence[tuple[int, dict[str, str]]], known: Iterable[tuple[str, str]], problems: Problems
) -> list[NewRow]:
    """The rows that the filled rows of the sheet (number, cells) become; what is unclear is added to ``problems``.

    ``known`` are the names of the rules that there are, inherited ones too, each with its direction.
    """
    rules = [(at, cells) for at, cells in filled if any(cells.get(name) for name in _RESULTS)]
    for at, cells in filled:
        if cells.get("for") and not any(cells.get(name) for name in _RESULTS):
            problems.error(FILE, at, "account", "fill in the account that these lines get, or clear the cell 'for'")
    return [*_rules(rules, list(known), problems), *_customers(filled, problems)]


def _rules(
    filled: Sequence[tuple[int, dict[str, str]]], known: Iterable[tuple[str, str]], problems: Problems
) -> list[NewRow]:
    meant = {at: _meant(cells, cells.get("for") or _usual(cells)) for at, cells in filled}
    results = {at: _results(cells) for at, cells in filled}
    for at in _in_conflict(meant, results):  # two accounts for one product group: it was meant for the plans
        cells = next(cells for each, cells in filled if each == at)
        if not cells.get("for") and cells.get("plan"):
            meant[at] = _meant(cells, "plan")
    conflicts = _in_conflict(meant, results)
    found: dict[tuple[tuple[str, str], ...], NewRow] = {}
    names = _Names(known)
    for at, match in meant.items():
        if isinstance(match, str):
            problems.error(FILE, at, "for", match)
        elif at in conflicts:
            text = "another row says otherwise for the same lines; choose in 'for' what each is meant for"
            problems.error(FILE, at, "for", text)
        elif match not in found:
            name = names.next(dict(match).get("direction", ""))
            found[match] = NewRow(file=RULES.file, at=at, cells={"id": name, **dict(match), **results[at]})
    return list(found.values())


class _Names:
    """Names for new rules: the next number behind the letters that most rules of the direction begin with."""

    def __init__(self, known: Iterable[tuple[str, str]]) -> None:
        self._letters: dict[str, Counter[str]] = {}
        self._last: Counter[str] = Counter()
        for name, direction in known:
            if parts := _NUMBERED.fullmatch(name):
                letters = parts[1].upper()
                self._letters.setdefault(direction.casefold(), Counter())[letters] += 1
                self._last[letters] = max(self._last[letters], int(parts[2]))

    def next(self, direction: str) -> str:
        """A name that no rule has."""
        letters = self._letters.get(direction.casefold(), Counter())
        chosen = min(letters, key=lambda each: (-letters[each], each), default="R")
        self._last[chosen] += 1
        return f"{chosen}{self._last[chosen]:03d}"


def _usual(cells: dict[str, str]) -> str:
    """The most general that is plain: the product group, else the plan, else the charge type."""
    return next((name for name in ("product_group", "plan", "charge_type") if cells.get(name)), "plan")


def _meant(cells: dict[str, str], what: str) -> tuple[tuple[str, str], ...] | str:
    """The match cells of a rule for ``what``, or what is wrong with that."""
    if what.casefold() not in MEANT:
        return f"'{what}' is not one of {', '.join(MEANT)}"
    what = what.casefold()
    if not cells.get(what):
        return f"the lines have no {what}; choose something else"
    # Only a row that names an unknown charge type applies to it.
    names = ["direction", "charge_type", what]
    if what == "customer" and is_known(cells.get("charge_type", "")):
        names.remove("charge_type")
    return tuple((name, cells[name]) for name in dict.fromkeys(names) if cells.get(name))


def _results(cells: dict[str, str]) -> dict[str, str]:
    results = {name: cells[name] for name in _RESULTS if cells.get(name)}
    if "account" in results:
        results.setdefault("action", "post")  # a less specific row may hold what nobody has mapped
    return results


def _in_conflict(meant: dict[int, tuple[tuple[str, str], ...] | str], results: dict[int, dict[str, str]]) -> set[int]:
    """The rows that are meant for the same lines and say different things."""
    by_match: dict[tuple[tuple[str, str], ...] | str, list[int]] = {}
    for at, match in meant.items():
        by_match.setdefault(match, []).append(at)
    return {at for each in by_match.values() if any(results[one] != results[each[0]] for one in each) for at in each}


def _customers(filled: Sequence[tuple[int, dict[str, str]]], problems: Problems) -> list[NewRow]:
    found: dict[str, NewRow] = {}
    for at, cells in filled:
        said = {name: cells[name] for name in ("debtor", "country", "vat_number") if cells.get(name)}
        if not said:
            continue
        if not cells.get("debtor") or not cells.get("customer"):
            problems.error(FILE, at, "debtor", "a new debtor needs its number, and a customer whose it is")
            continue
        row = {"account_id": cells["customer"], "name": cells.get("customer_name", ""), **said}
        known = found.setdefault(cells["customer"], NewRow(file=CUSTOMERS.file, at=at, cells=row))
        if known.cells != row:
            problems.error(FILE, at, "debtor", f"row {known.at} says otherwise for the same customer")
    return list(found.values())
