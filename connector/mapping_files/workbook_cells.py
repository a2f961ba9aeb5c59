"""Cells of a workbook as the text of a table, exactly: what a spreadsheet turned into a number, a date or a formula,
and signs that the format writes in its own way.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

LONGEST = 32_767
"""So many signs fit into a cell of a spreadsheet."""
_DIGITS = 15
"""So many digits of a number a spreadsheet keeps."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins so is taken for a formula by spreadsheets that open it as one."""


class WrongCell(ValueError):
    """A cell whose text is not what a person typed; the message says what to do."""


def to_sheet(text: str) -> str:
    """``text`` as a workbook holds it: signs that XML cannot hold as _x0001_, and what looks like that as text."""
    if "_x" in text:
        text = _LOOKS_ESCAPED.sub("_x005F_", text)
    return _NOT_IN_XML.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)


def from_sheet(text: str) -> str:
    """The text that ``to_sheet`` wrote, without surrounding spaces and with LF as the only line end, as in tables."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if int(found[1], 16) else found[0], text)
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


_BOOLEANS = {"=TRUE()": "yes", "=FALSE()": "no"}
"""How LibreOffice writes yes and no where Excel has a kind of cell of its own."""


def text_of(value: Any, data_type: str, number_format: str) -> str:
    """The text of a cell as openpyxl reads it (without cached results). Raises WrongCell."""
    if value is None:
        return ""
    if data_type == "f":
        formula = getattr(value, "text", value)
        if str(formula).upper() in _BOOLEANS:
            return _BOOLEANS[str(formula).upper()]
        raise WrongCell(f"the cell holds a formula ({_shown(str(formula))}); type the value itself")
    if data_type == "e":
        raise WrongCell(f"the spreadsheet shows an error here ({value}); type the value itself")
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise WrongCell(f"the cell holds {len(value)} signs; more than {LONGEST} do not fit into a spreadsheet")
        return from_sheet(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return _number(value, percent="%" in number_format)
    return _day(value)


def _day(value: Any) -> str:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    raise WrongCell(f"'{value}' is a time and not a day; write days as 2026-01-31, in a cell formatted as text")


def _number(value: float, *, percent: bool) -> str:
    """A number as it was typed: the shortest text that means it, which has at most 15 digits if a person typed it."""
    exact = Decimal(repr(value))
    if len(exact.normalize().as_tuple().digits) > _DIGITS or abs(exact) >= 10**_DIGITS:
        raise WrongCell(
            f"the spreadsheet made the number {value!r} of it, which is not exact;"
            " format the cell as text and type it again"
        )
    if percent:
        exact *= 100
    text = f"{exact.normalize():f}"
    return text if exact else "0"


def _shown(formula: str) -> str:
    return formula if len(formula) <= 40 else f"{formula[:40]}..."
