"""A workbook for Word's MailMerge: a row for each customer, its columns by a template that the accountant owns.

A template has two rows: the titles, which are the names of Word's merge fields, and below each what stands in that
column, as text with fields like ``{customer}`` (see ``connector.domain.template``). Amounts are text in the customer's
language, because Word shows numbers of a workbook as they are inside it ('1234.5'); ``{net:number}`` alone in a cell
gives the number itself, to sort and sum by.
"""

from __future__ import annotations

import csv
import datetime
import difflib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import msgspec

from connector import texts
from connector.customer_papers import books
from connector.customer_papers.layout import clean
from connector.domain import template as templates
from connector.domain.money import from_minor
from connector.domain.specification import Contact, Specification
from connector.errors import ConnectorError
from connector.texts import _, marked

LONGEST_TITLE = 40
"""Characters of the name of a merge field in Word."""
_NUMBER = ":number"
AMOUNTS = ("net", "vat", "gross")
FIELDS = (
    "customer", "customer_number", "account_id", "contact", "first_name", "last_name", "email", "telephone", "address",
    "postal_code", "city", "country", "vat_id", "language", "period", "document_number", "date", "due", "currency",
    *AMOUNTS, *(f"{name}{_NUMBER}" for name in AMOUNTS), "link", "file",
)  # fmt: skip
"""What a template can name. ``vat_id`` is the customer's VAT number; ``net``, ``vat`` and ``gross`` are amounts."""
_DEFAULT = (
    (marked("Customer"), "{customer}"),
    (marked("Customer_number"), "{customer_number}"),
    (marked("Contact"), "{contact}"),
    (marked("Email"), "{email}"),
    (marked("Month"), "{period}"),
    (marked("Document"), "{document_number}"),
    (marked("Date"), "{date}"),
    (marked("Due"), "{due}"),
    (marked("Net"), "{net}"),
    (marked("VAT"), "{vat}"),
    (marked("Total"), "{gross}"),
    (marked("Net_as_number"), "{net:number}"),
    (marked("VAT_as_number"), "{vat:number}"),
    (marked("Total_as_number"), "{gross:number}"),
    (marked("Link"), "{link}"),
    (marked("File"), "{file}"),
)


class TemplateError(ConnectorError):
    """A template of a MailMerge workbook cannot be used; ``problems`` names every cell at fault."""

    exit_code = 3
    default_hint = "Mend the cells that are named; 'connector customers template' writes one that works."

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), where: str = "") -> None:
        super().__init__(message, where=where)
        self.problems = problems


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its title, and the template of what stands in it."""

    title: str
    text: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a row is about. ``file`` is the name of the customer's paper, ``link`` where it can be had."""

    specification: Specification
    contact: Contact
    language: str
    file: str = ""
    link: str = ""


def default() -> list[Column]:
    """The template that comes with the connector, its titles in the language that is spoken now."""
    return [Column(title=_(title).replace(" ", "_"), text=text) for title, text in _DEFAULT]


def as_file(columns: Sequence[Column], ending: str) -> bytes:
    """A template as a file of two rows, CSV with semicolons or XLSX."""
    rows = [[each.title for each in columns], [each.text for each in columns]]
    if ending == ".xlsx":
        return _workbook(_("Template"), rows)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def read(file: Path) -> list[Column]:
    """The template in ``file``. TemplateError with every cell at fault; OSError when there is no such file."""
    ending = file.suffix.casefold()
    if ending not in (".csv", ".xlsx"):
        raise TemplateError("a template is a .csv or an .xlsx file", where=str(file))
    try:
        rows = _from_csv(file.read_bytes()) if ending == ".csv" else _from_xlsx(file)
    except (ValueError, KeyError, TypeError, csv.Error, zipfile.BadZipFile) as error:
        raise TemplateError(f"this is no {ending[1:].upper()} file: {error}", where=str(file)) from error
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) != 2:
        raise TemplateError(
            f"a template has two rows, the titles and what stands below them; this one has {len(rows)}",
            where=str(file),
        )
    width = max(map(len, rows))
    titles, below = ([*row, *[""] * (width - len(row))] for row in rows)
    if problems := list(_problems(titles, below)):
        raise TemplateError("; ".join(problems), problems=tuple(problems), where=str(file))
    return [Column(title=title, text=text) for title, text in zip(titles, below, strict=True) if title]


def merged(columns: Sequence[Column], letters: Iterable[Letter]) -> bytes:
    """The workbook: on its only sheet the titles in the first row, as Word wants them, and a row for each letter."""
    rows: list[list[object]] = [[each.title for each in columns]]
    rows += [_row(columns, letter) for letter in letters]
    return _workbook(_("Customers"), rows)


def link(base: str, file: str) -> str:
    """Where ``file`` is below the address ``base``."""
    return f"{base}{'' if base.endswith(('/', '=')) else '/'}{quote(file)}"


def _workbook(title: str, rows: Sequence[Sequence[object]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    sheet.title = title
    for number, row in enumerate(rows, 1):
        books.put(sheet, row, row=number, bold=number == 1)
    sheet.freeze_panes = "A2"
    books.widen(sheet)
    return books.written(book)


def _row(columns: Sequence[Column], letter: Letter) -> list[object]:
    with texts.speaking(letter.language):
        known = _values(letter)
    numbers = {f"{{{name}{_NUMBER}}}": _number(letter, name) for name in AMOUNTS}
    return [numbers[text] if (text := each.text.strip()) in numbers else _filled(text, known) for each in columns]


def _filled(text: str, known: Mapping[str, str]) -> str:
    return clean(templates.render(text, known))


def _number(letter: Letter, name: str) -> Decimal | None:
    """An amount; there is neither VAT nor a total with it where nothing was invoiced."""
    made = letter.specification
    if name != "net" and not made.invoiced:
        return None
    return from_minor({"net": made.net, "vat": made.vat, "gross": made.gross}[name], made.currency)


def _values(letter: Letter) -> dict[str, str]:
    made, contact = letter.specification, letter.contact
    amounts = {name: _number(letter, name) for name in AMOUNTS}
    minor = {"net": made.net, "vat": made.vat, "gross": made.gross}
    return {
        "customer": made.name,
        "customer_number": made.customer_number,
        "account_id": made.customer,
        "contact": contact.name,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "telephone": contact.telephone,
        "address": contact.address,
        "postal_code": contact.postal_code,
        "city": contact.city,
        "country": contact.country,
        "vat_id": contact.vat_number,
        "language": letter.language,
        "period": texts.month(made.period),
        "document_number": ", ".join(each.number for each in made.documents),
        "date": _days(each.date for each in made.documents),
        "due": _days(each.due for each in made.documents),
        "currency": made.currency,
        **{name: "" if amounts[name] is None else texts.money(minor[name], made.currency) for name in AMOUNTS},
        **{f"{name}{_NUMBER}": "" if (one := amounts[name]) is None else f"{one:f}" for name in AMOUNTS},
        "link": letter.link,
        "file": letter.file,
    }


def _days(days: Iterable[datetime.date | None]) -> str:
    return ", ".join(dict.fromkeys(texts.date(day) for day in days if day))


def _problems(titles: Sequence[str], below: Sequence[str]) -> Iterable[str]:
    seen: dict[str, str] = {}
    if not any(titles):
        yield "cell A1: there is no title"
    for place, (title, text) in enumerate(zip(titles, below, strict=True)):
        head, cell = _cell(place, 1), _cell(place, 2)
        if not title and text:
            yield f"cell {head}: there is no title above {text!r}"
        if len(title) > LONGEST_TITLE:
            yield f"cell {head}: Word takes titles of at most {LONGEST_TITLE} characters, this has {len(title)}"
        if title and (other := seen.setdefault(title.casefold(), head)) != head:
            yield f"cell {head}: '{title}' is the title of {other} already"
        try:
            unknown = templates.unknown_fields(text, FIELDS)
        except ValueError as error:
            yield f"cell {cell}: {error}"
            continue
        for field in unknown:
            yield f"cell {cell}: there is no field {{{field}}}{_nearest(field)}"


def _nearest(field: str) -> str:
    meant = difflib.get_close_matches(field, FIELDS, 1, 0.6)
    return f"; did you mean {{{meant[0]}}}?" if meant else f"; there is {', '.join(FIELDS)}"


def _cell(place: int, row: int) -> str:
    """The name of a cell as spreadsheets give it: 'B2'."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def _from_csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]


def _from_xlsx(file: Path) -> list[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(file)
    rows = book.worksheets[0].iter_rows(max_row=50, max_col=500, values_only=True)
    return [["" if cell is None else str(cell).strip() for cell in row] for row in rows]
