"""VAT treatments, tax codes and the tax map: which treatment a situation has. There is no fallback, ever.

The other party's VAT country is the prefix of its VAT number, not its address; a stated rate of 0 says
nothing by itself. Which situations a treatment can have at all is fixed here, so that a row that is too wide
can never make a service from abroad a domestic one; which of them applies, and at which rate, the tables say.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cached_property, lru_cache
from typing import Protocol

import msgspec

from connector.domain.finding import Finding, finding

EU = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"}
    | {"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)
"""The member states by ISO code. Northern Ireland (XI) is in the Union's VAT for goods, not for services."""

_ELSEWHERE = frozenset(
    {"AD", "AE", "AL", "AU", "BA", "CA", "CH", "CN", "GB", "HK", "IL", "IN", "IS", "JP", "KR", "LI"}
    | {"MD", "ME", "MK", "NO", "NZ", "RS", "SG", "SM", "TR", "UA", "US", "XI", "XK", "ZA"}
)
COUNTRIES = EU | _ELSEWHERE | {"AW", "BQ", "BR", "CW", "FO", "GG", "GI", "IM", "JE", "MA", "MX", "SR", "SX", "TH", "TN"}
"""The countries that tables can name; the last ones never stand before a VAT number."""
_LETTERS_FOLLOW = frozenset({"AT", "CH", "ES", "FR"})


class Relation(Enum):
    """Where the other party's VAT country lies, seen from ours."""

    OWN = "own"
    EU = "EU"
    NON_EU = "non-EU"


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """A VAT treatment and when it can apply. ``charged`` means that the document itself carries VAT above zero."""

    name: str
    directions: frozenset[str]
    relation: Relation
    charged: bool = False
    reverse_charge: bool = False


def _treatments() -> dict[str, Treatment]:
    both, buy, sell = frozenset({"purchase", "sale"}), frozenset({"purchase"}), frozenset({"sale"})
    own, eu, non_eu = Relation.OWN, Relation.EU, Relation.NON_EU
    known = (
        Treatment(name="STD", directions=both, relation=own, charged=True),
        Treatment(name="RED", directions=both, relation=own, charged=True),
        Treatment(name="ZERO", directions=both, relation=own),
        Treatment(name="EXEMPT", directions=both, relation=own),
        Treatment(name="RC_DOM", directions=both, relation=own, reverse_charge=True),
        Treatment(name="RC_EU_SVC", directions=buy, relation=eu, reverse_charge=True),
        Treatment(name="RC_NONEU_SVC", directions=buy, relation=non_eu, reverse_charge=True),
        Treatment(name="EU_SVC", directions=sell, relation=eu),
        Treatment(name="NONEU_SVC", directions=sell, relation=non_eu),
    )
    return {treatment.name: treatment for treatment in known}


TREATMENTS: dict[str, Treatment] = _treatments()
"""The treatments by name: standard, reduced and zero rate, exempt, reverse charge at home, from the EU and
from outside, services sold.
"""


class TaxCode(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``tax.csv``: how a treatment at a rate is booked in one country.

    ``rate`` is in percent; ``valid_from`` and ``valid_to`` are inclusive, ``None`` is open. ``boxes`` are the
    boxes of the VAT return that follow the treatment; the box of a purchase's base may follow the account
    instead. ``role_revenue`` takes the revenue of a sale when the rule did not name the customer. ``package``
    gives the code in an accounting package by the package's name.
    """

    code: str
    country: str
    direction: str
    treatment: str
    rate: Decimal
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    role_vat_input: str = ""
    role_vat_due: str = ""
    role_revenue: str = ""
    boxes: tuple[str, ...] = ()
    en_category: str = ""
    package: dict[str, str] = {}
    file: str = "tax.csv"
    row: int = 0

    @property
    def reverse_charge(self) -> bool:
        """Whether we owe the VAT ourselves and deduct it in the same return: two VAT postings, and none for
        the supplier.
        """
        return self.direction == "purchase" and TREATMENTS[self.treatment].reverse_charge


class TaxMapRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``taxmap.csv``: a situation and its treatment. '' and ``None`` match anything.

    ``other_vat_country`` is a country code, ``own``, ``EU`` (another member state), ``EU-valid`` (the same,
    VAT number checked) or ``non-EU``. ``stated_rate`` is in percent; for a purchase a blank one means any
    rate above zero.
    """

    id: str
    direction: str
    treatment: str
    own_country: str = ""
    other_vat_country: str = ""
    stated_rate: Decimal | None = None
    zone: str = ""
    product_group: str = ""
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    file: str = "taxmap.csv"
    row: int = 0

    @property
    def weight(self) -> int:
        """How specific the row is; powers of two, so that one more specific cell beats all less specific ones
        together.
        """
        other = {"": 0, "EU": 4, "non-EU": 4, "EU-valid": 8}.get(self.other_vat_country, 16)
        rate = 32 if self.stated_rate is not None else 0
        group, zone = 128 * bool(self.product_group), 64 * bool(self.zone)
        return group + zone + rate + other + 2 * bool(self.own_country) + bool(self.direction)


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the tax map looks at. ``checked`` tells that the customer's VAT number was checked; ``rate`` is
    percent, None when not stated.
    """

    direction: str
    own_country: str
    other_country: str
    rate: Decimal | None
    checked: bool = False
    zone: str = ""
    product_group: str = ""

    @property
    def relation(self) -> Relation:
        """Own country, another member state, or outside the Union."""
        if self.other_country == self.own_country:
            return Relation.OWN
        return Relation.EU if self.other_country in EU else Relation.NON_EU

    def finding(self, code: str, **values: object) -> Finding:
        """A finding about the situation; what is not known of it is left out."""
        names = ("direction", "own_country", "other_country", "zone", "product_group")
        about = {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.rate is not None:
            about["rate"] = f"{self.rate.normalize():f}"
        return finding(code, "TaxPercentage", 0, **about, vat_checked="yes" if self.checked else "no", **values)


TaxOutcome = tuple[TaxMapRow, TaxCode] | Finding
"""The row of the tax map and the tax code, or what holds the line."""
REMEMBERED_SITUATIONS = 5_000
"""Situations that are remembered with their outcome; beyond it all are forgotten, which only costs time."""


class TaxTables:
    """The tax codes and the tax map of one mapping, ready to decide."""

    def __init__(self, codes: tuple[TaxCode, ...], rows: tuple[TaxMapRow, ...]) -> None:
        self._codes = codes
        self._rows = sorted(rows, key=lambda row: (-row.weight, row.id))
        self._decided: dict[tuple[Situation, datetime.date], TaxOutcome] = {}

    @cached_property
    def _by_code(self) -> dict[str, list[TaxCode]]:
        by_code: dict[str, list[TaxCode]] = {}
        for code in self._codes:
            by_code.setdefault(code.code, []).append(code)
        return by_code

    def code(self, code: str, on: datetime.date) -> TaxCode:
        """The row of the tax code that is valid on ``on``. LookupError when there is none."""
        for row in self._by_code.get(code, ()):
            if valid(row.valid_from, row.valid_to, on):
                return row
        raise LookupError(f"tax code {code} has no row that is valid on {on}")

    def decide(self, situation: Situation, on: datetime.date) -> TaxOutcome:
        """The tax map's row and the tax code for ``situation`` on the date ``on``, or the finding that holds
        the line.

        Findings: FOREIGN-VAT, TAX-RATE-UNKNOWN, TAX-ZERO-AMBIGUOUS, MAPPING-AMBIGUOUS, and TAX-UNMAPPED for all else.
        """
        found = self._decided.get((situation, on))
        if found is None:
            if len(self._decided) >= REMEMBERED_SITUATIONS:
                self._decided.clear()
            found = self._decided[situation, on] = self._decide(situation, on)
        return found

    def _decide(self, situation: Situation, on: datetime.date) -> TaxOutcome:
        refusal = self._refusal(situation)
        if refusal:
            return situation.finding(refusal)
        rows = [row for row in self._rows if _matches(row, situation, on)]
        if not rows:
            return self._nothing_maps(situation, on)
        best = rows[0]
        for rival in rows[1:]:
            if rival.weight == best.weight and rival.treatment != best.treatment:
                return _ambiguous(best, rival)
        found = self._code_for(best.treatment, situation, on)
        if isinstance(found, TaxCode):
            return best, found
        return situation.finding(found, treatment=best.treatment, file=best.file, rule=best.id, row=best.row)

    @staticmethod
    def _refusal(situation: Situation) -> str:
        """What no table can allow: VAT of another country on a purchase, a purchase without a rate, a party
        without a country.
        """
        if not situation.other_country:
            return "TAX-UNMAPPED"
        if situation.direction != "purchase":
            return ""
        if situation.rate is None:
            return "TAX-RATE-UNKNOWN"
        return "FOREIGN-VAT" if situation.rate and situation.relation is not Relation.OWN else ""

    def _nothing_maps(self, situation: Situation, on: datetime.date) -> Finding:
        """Why a situation that no row maps is held."""
        if situation.direction != "purchase" or situation.relation is not Relation.OWN:
            return situation.finding("TAX-UNMAPPED")
        if not situation.rate:
            return situation.finding("TAX-ZERO-AMBIGUOUS")
        known = {
            code.rate
            for code in self._codes
            if (code.country, code.direction) == (situation.own_country, "purchase")
            and valid(code.valid_from, code.valid_to, on)
        }
        if situation.rate in known:
            return situation.finding("TAX-UNMAPPED")
        return situation.finding("TAX-RATE-UNKNOWN", treatment="STD/RED")

    def _code_for(self, treatment: str, situation: Situation, on: datetime.date) -> TaxCode | str:
        """The tax code of ``treatment`` that is valid on ``on`` with the rate the situation asks for, or the
        code of a finding.
        """
        codes = self._valid(treatment, situation, on)
        rate = self._rate_of(treatment, situation, on)
        chosen = [code for code in codes if rate is None or code.rate == rate]
        if len(chosen) == 1:
            return chosen[0]
        any_day = any(
            (code.country, code.direction, code.treatment) == (situation.own_country, situation.direction, treatment)
            for code in self._codes
        )
        return "TAX-RATE-UNKNOWN" if any_day and not chosen else "TAX-UNMAPPED"

    def _valid(self, treatment: str, situation: Situation, on: datetime.date) -> list[TaxCode]:
        wanted = (situation.own_country, situation.direction, treatment)
        return [
            code
            for code in self._codes
            if (code.country, code.direction, code.treatment) == wanted and valid(code.valid_from, code.valid_to, on)
        ]

    def _rate_of(self, treatment: str, situation: Situation, on: datetime.date) -> Decimal | None:
        """The rate that a treatment must have; None when the treatment alone decides.

        Reverse charge takes the standard rate of our own country. A sale's stated zero says nothing: the
        distributor states no VAT.
        """
        if situation.direction == "purchase" and TREATMENTS[treatment].reverse_charge:
            standard = {code.rate for code in self._valid("STD", situation, on)}
            return standard.pop() if len(standard) == 1 else None
        return situation.rate or (Decimal(0) if not TREATMENTS[treatment].charged else None)


def valid(start: datetime.date | None, end: datetime.date | None, on: datetime.date) -> bool:
    """Whether ``on`` lies between ``start`` and ``end``, both inclusive, ``None`` being open."""
    return (start is None or start <= on) and (end is None or on <= end)


class Dated(Protocol):
    """What has a first and a last day, both inclusive, ``None`` being open."""

    @property
    def valid_from(self) -> datetime.date | None:
        """The first day."""

    @property
    def valid_to(self) -> datetime.date | None:
        """The last day."""


def overlap(first: Dated, second: Dated) -> bool:
    """Whether there is a day on which both are valid."""
    starts = [day for day in (first.valid_from, second.valid_from) if day]
    ends = [day for day in (first.valid_to, second.valid_to) if day]
    return not starts or not ends or max(starts) <= min(ends)


def _matches(row: TaxMapRow, situation: Situation, on: datetime.date) -> bool:
    return (
        row.direction in {"", situation.direction}
        and row.own_country in {"", situation.own_country}
        and _other_matches(row.other_vat_country, situation)
        and _rate_matches(row, situation)
        and row.zone.casefold() in {"", situation.zone.strip().casefold()}
        and row.product_group.casefold() in {"", situation.product_group.strip().casefold()}
        and valid(row.valid_from, row.valid_to, on)
        and _possible(row.treatment, situation)
    )


def _other_matches(wanted: str, situation: Situation) -> bool:
    relation = situation.relation
    match wanted:
        case "":
            return True
        case "own" | "EU" | "non-EU":
            return relation.value == wanted
        case "EU-valid":
            return relation is Relation.EU and situation.checked
        case _:
            return situation.other_country == wanted


def _rate_matches(row: TaxMapRow, situation: Situation) -> bool:
    if row.stated_rate is not None:
        return row.stated_rate == situation.rate
    return situation.direction == "sale" or bool(situation.rate)


def _possible(treatment: str, situation: Situation) -> bool:
    known = TREATMENTS[treatment]
    if treatment == "EU_SVC" and not situation.checked:
        return False
    return situation.direction in known.directions and situation.relation is known.relation


def _ambiguous(best: TaxMapRow, rival: TaxMapRow) -> Finding:
    return finding(
        "MAPPING-AMBIGUOUS",
        "TaxPercentage",
        column="treatment",
        file=best.file,
        rule=best.id,
        row=best.row,
        value=best.treatment,
        other_rule=rival.id,
        other_row=rival.row,
        other_value=rival.treatment,
    )


def iso_country(code: str) -> str:
    """A country code as ISO writes it: VAT numbers say EL for Greece (GR)."""
    code = code.strip().upper()
    return "GR" if code == "EL" else code


@lru_cache(maxsize=4096)
def vat_country(vat_number: str) -> str:
    """The country of a VAT number by its prefix, as ISO code; '' when the number does not begin with a
    country we know.

    >>> [vat_country(number) for number in ("NL 1234.56.789.B01", "el123456789", "BTW 123", "123456789B01")]
    ['NL', 'GR', '', '']
    """
    compact = re.sub(r"[^0-9A-Z]", "", vat_number.upper())
    country, rest = iso_country(compact[:2]), compact[2:]
    if country not in EU | _ELSEWHERE or sum(sign.isdigit() for sign in rest) < 5:
        return ""
    # What merely looks like a prefix ('BE' in BETAALD12345) is followed by a letter where these countries have a digit.
    return country if rest[0].isdigit() or country in _LETTERS_FOLLOW else ""


@lru_cache(maxsize=1024)
def percent(text: str) -> Decimal | None:
    """A rate in percent from its text; None when it is absent or no number."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() else None
