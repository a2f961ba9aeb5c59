"""``tax.csv`` and ``taxmap.csv``: tax codes, and which treatment a situation has."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from decimal import Decimal

from connector.domain.tax import EU, TREATMENTS, Relation, TaxCode, TaxMapRow, iso_country, overlap
from connector.mapping_files.cells import Cells, each_row
from connector.mapping_files.chart import Accounts
from connector.mapping_files.problems import Problems
from connector.mapping_files.schemas import PACKAGES
from connector.mapping_files.table import Table

_CLASSES = {"": "", "own": "own", "eu": "EU", "eu-valid": "EU-valid", "non-eu": "non-EU"}


def read_tax_codes(table: Table | None, accounts: Accounts, problems: Problems) -> tuple[TaxCode, ...]:
    """The tax codes. Two rows for one country, direction, treatment and rate may not overlap in time."""
    codes = tuple(_code(cells, accounts) for cells in each_row(table, problems))
    earlier: dict[object, list[TaxCode]] = {}
    for second in codes:
        rivals = {id(each): each for key in (_what(second), second.code) for each in earlier.get(key, ())}
        for first in rivals.values():
            if overlap(first, second):
                text = f"{second.code} covers the same dates as {first.code} on {_place(first, second)}"
                problems.error(second.file, second.row, "valid_from", f"{text}; close one with valid_to")
                break
        for key in (_what(second), second.code):
            earlier.setdefault(key, []).append(second)
    _report_gaps(codes, problems)
    return codes


def _report_gaps(codes: Sequence[TaxCode], problems: Problems) -> None:
    """Warn where a treatment has no code for some days, and has one again after them."""
    latest: dict[object, TaxCode] = {}
    for code in sorted(codes, key=lambda each: each.valid_from or datetime.date.min):
        before = latest.get(_what(code)[:3])
        end = before.valid_to if before else None
        if before is not None and end is not None and code.valid_from and (code.valid_from - end).days > 1:
            days = (code.valid_from - end).days - 1
            gap = f"{before.code} on {_place(before, code)} ends on {end}"
            problems.warning(
                code.file, code.row, "valid_from", f"{gap}, which leaves a gap before {code.code}: {days} days"
            )
        if before is None or (end is not None and (code.valid_to is None or code.valid_to > end)):
            latest[_what(code)[:3]] = code


def read_tax_map(table: Table | None, codes: Sequence[TaxCode], problems: Problems) -> tuple[TaxMapRow, ...]:
    """The tax map. Two rows with the same cells and dates that give different treatments are an error."""
    coded = {_what(code)[:3] for code in codes}
    rows: list[TaxMapRow] = []
    by_id: dict[str, TaxMapRow] = {}
    by_cells: dict[object, list[TaxMapRow]] = {}
    for cells in each_row(table, problems):
        row = _map_row(cells)
        rows.append(row)
        if row.treatment in TREATMENTS:
            _check(cells, row)
            _check_code(cells, row, coded)
        if (first := by_id.setdefault(row.id, row)) is not row:
            cells.wrong("id", f"'{row.id}' is there already, on {_place(first, row)}")
        alike = by_cells.setdefault(_cells(row), [])
        rival = next((each for each in alike if overlap(each, row) and each.treatment != row.treatment), None)
        if first is row and rival is not None:
            text = f"{row.treatment} here, {rival.treatment} on {_place(rival, row)} for the same situation and dates"
            cells.wrong("treatment", text)
        if not any((each.treatment, each.valid_from, each.valid_to) == (row.treatment, row.valid_from, row.valid_to)
                   for each in alike):  # fmt: skip
            alike.append(row)
    return tuple(rows)


def _place(row: TaxCode | TaxMapRow, seen_from: TaxCode | TaxMapRow) -> str:
    return f"line {row.row}" if row.file == seen_from.file else f"line {row.row} of {row.file}"


def _code(cells: Cells, accounts: Accounts) -> TaxCode:
    start, end = cells.period()
    treatment = cells.one_of("treatment", list(TREATMENTS))
    direction = cells.one_of("direction", ("purchase", "sale"))
    known = TREATMENTS.get(treatment)
    if known and direction and direction not in known.directions:
        cells.wrong("direction", f"{treatment} does not exist for a {direction}")
    purchase = direction == "purchase"
    owed = known is not None and known.reverse_charge and purchase
    charged = known is not None and known.charged
    rate = cells.percentage("rate")
    if rate is None or bool(rate) != (charged or owed):
        cells.wrong("rate", f"{treatment} needs a rate {'above 0' if charged or owed else 'of 0'}")
    for column, booked in (
        ("role_vat_input", purchase),
        ("role_vat_due", owed or not purchase),
        ("role_revenue", not purchase),
    ):
        if known and cells.text(column) and not booked:
            cells.wrong(column, f"{treatment} on a {direction} has nothing to book there; leave the cell blank")
    return TaxCode(
        code=cells.identifier("code"),
        country=cells.country("country"),
        direction=direction,
        treatment=treatment,
        rate=rate or Decimal(0),
        valid_from=start,
        valid_to=end,
        role_vat_input=accounts.role(cells, "role_vat_input", needed=purchase and (charged or owed)),
        role_vat_due=accounts.role(cells, "role_vat_due", needed=owed or (charged and not purchase)),
        role_revenue=accounts.role(cells, "role_revenue"),
        boxes=tuple(box.strip() for box in cells.text("boxes").split("+") if box.strip()),
        en_category=cells.text("en_category"),
        package={package: cells.text(package) for package in PACKAGES if cells.text(package)},
        file=cells.file,
        row=cells.line,
    )


def _map_row(cells: Cells) -> TaxMapRow:
    start, end = cells.period()
    columns = ("direction", "own_country", "other_vat_country", "stated_rate", "zone", "product_group", "valid_from")
    named = " ".join(cells.text(column) for column in columns if cells.text(column))
    other = cells.text("other_vat_country")
    return TaxMapRow(
        id=cells.text("id") or named,
        direction=cells.one_of("direction", ("purchase", "sale"), blank=True),
        own_country=cells.country("own_country"),
        other_vat_country=_CLASSES[other.casefold()]
        if other.casefold() in _CLASSES
        else cells.country("other_vat_country"),
        stated_rate=cells.percentage("stated_rate"),
        zone=cells.text("zone"),
        product_group=cells.text("product_group"),
        treatment=cells.one_of("treatment", list(TREATMENTS)),
        valid_from=start,
        valid_to=end,
        file=cells.file,
        row=cells.line,
    )


def _check(cells: Cells, row: TaxMapRow) -> None:
    """Refuse a row that could never apply, or that reads as if it did what no row can do."""
    known = TREATMENTS[row.treatment]
    if row.direction and row.direction not in known.directions:
        cells.wrong("treatment", f"{row.treatment} does not exist for a {row.direction}")
    if not _can_be(row, known.relation):
        cells.wrong("other_vat_country", f"{row.treatment} is for a party whose VAT country is {known.relation.value}")
    if row.other_vat_country == "EU-valid" and row.direction == "purchase":
        cells.wrong("other_vat_country", "EU-valid is for sales: only customers' VAT numbers are checked")
    if row.direction == "purchase" and known.charged != (row.stated_rate is None or row.stated_rate > 0):
        cells.wrong(
            "stated_rate", f"on a purchase {row.treatment} needs a stated rate {'above 0' if known.charged else 'of 0'}"
        )


def _check_code(cells: Cells, row: TaxMapRow, coded: Collection[tuple[str, str, str]]) -> None:
    if not row.own_country or not row.direction:
        return
    if (row.own_country, row.direction, row.treatment) not in coded:
        text = f"tax.csv has no {row.own_country} {row.direction} {row.treatment}: such lines will be held"
        cells.doubtful("treatment", text)


def _can_be(row: TaxMapRow, relation: Relation) -> bool:
    other = row.other_vat_country
    match other:
        case "":
            return True
        case "own" | "EU" | "non-EU":
            return relation.value == other
        case "EU-valid":
            return relation is Relation.EU
    if row.own_country == iso_country(other):
        return relation is Relation.OWN
    if row.own_country:
        return relation is (Relation.EU if other in EU else Relation.NON_EU)
    return relation is not Relation.EU or other in EU


def _what(code: TaxCode) -> tuple[str, str, str, Decimal]:
    return (code.country, code.direction, code.treatment, code.rate)


def _cells(row: TaxMapRow) -> tuple[object, ...]:
    other = row.own_country if row.other_vat_country == "own" and row.own_country else row.other_vat_country
    group, zone = row.product_group.casefold(), row.zone.casefold()
    return (row.direction, row.own_country, other, row.stated_rate, zone, group)
