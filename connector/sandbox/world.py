"""A world: resellers, service months and size, from which everything else follows by its seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from connector.sandbox.months import day_in, month_of
from connector.sandbox.parties import RESELLER_BE, RESELLER_NL, Reseller
from connector.sandbox.portfolio import Portfolio

LINES_PER_INVOICE = 2_000


@dataclass(frozen=True, kw_only=True)
class SeededDefect:
    """A defect by its name, on a small document of its own.

    ``month`` counts service months from the first of the world.
    """

    defect: str
    reseller: str
    month: int


@dataclass(frozen=True, kw_only=True)
class World:
    """What the sandbox serves. Two equal worlds serve the same bytes.

    ``first_month`` and ``last_month`` are any days of the first and last service month, both included; the
    invoice over a month is created around the 23rd of the next. ``customers`` are end customers per reseller.
    With ``lines_per_invoice`` every invoice has exactly that many lines and as many customers as it takes, so
    that size is exact and unlimited. ``extras`` adds small orders and credit notes, ``leaks`` lines that only
    one side has.
    """

    seed: int
    resellers: tuple[Reseller, ...]
    first_month: dt.date
    last_month: dt.date
    customers: int = 40
    invoices_per_month: int = 1
    lines_per_invoice: int | None = None
    extras: bool = True
    leaks: bool = True
    defects: tuple[SeededDefect, ...] = ()

    def __post_init__(self) -> None:
        assert self.resellers, "a world needs a reseller"
        assert month_of(self.first_month) <= month_of(self.last_month), "the months run backwards"
        assert self.lines_per_invoice is None or not (self.extras or self.leaks or self.defects), (
            "a world of exact size has no extras, leaks or defects"
        )
        names = {reseller.name for reseller in self.resellers}
        assert all(seeded.reseller in names for seeded in self.defects), "a defect names an unknown reseller"

    @property
    def months(self) -> range:
        """The service months, as ordinals."""
        return range(month_of(self.first_month), month_of(self.last_month) + 1)

    @property
    def customers_per_invoice(self) -> int:
        """The stride between the first customers of two invoices of a month; never too small."""
        if self.lines_per_invoice is not None:
            return self.lines_per_invoice
        return -(-self.customers // self.invoices_per_month)

    @cached_property
    def portfolios(self) -> dict[str, Portfolio]:
        """The end customers per reseller name."""
        return {
            reseller.name: Portfolio(seed=self.seed, reseller=reseller, first_month=self.months.start)
            for reseller in self.resellers
        }


DEMO_DEFECTS: tuple[tuple[str, str, int], ...] = (
    ("unknown-charge-type", "nl", 1),
    ("duplicated-line", "nl", 3),
    ("null-extended-price", "nl", 5),
    ("vat-beyond-tolerance", "nl", 6),
    ("sender-vat-changed", "nl", 8),
    ("same-number-different-parts", "nl", 9),
    ("foreign-vat", "be", 2),
    ("unknown-charge-type", "be", 7),
    ("repeated-line-id", "nl", 0),
    ("azure-unit-price-null", "nl", 2),
    ("missing-row-hash", "nl", 4),
    ("cycle-fee-spelling", "nl", 7),
    ("unknown-fields", "nl", 10),
    ("integer-ids", "be", 1),
    ("quoted-quantity", "be", 4),
    ("iso-dates", "be", 6),
    ("customer-number-empty", "be", 9),
)


def last_billed_month(today: dt.date) -> int:
    """Return the last service month whose invoice surely exists: they are made by the 24th."""
    made_by = 24
    return month_of(today) - (1 if today.day >= made_by else 2)


def demo_world(today: dt.date, *, seed: int = 2024, months: int = 12, customers: int = 40) -> World:
    """Return the world of the demo: a Dutch and a Belgian reseller, a year of invoices, a handful of defects.

    ``today`` decides which months there are: the last is the last one that has been billed.
    """
    last = last_billed_month(today)
    return World(
        seed=seed,
        resellers=(RESELLER_NL, RESELLER_BE),
        first_month=day_in(last - months + 1, 1),
        last_month=day_in(last, 1),
        customers=customers,
        defects=tuple(
            SeededDefect(defect=defect, reseller=reseller, month=month)
            for defect, reseller, month in DEMO_DEFECTS
            if month < months
        ),
    )


def bench_world(
    lines: int,
    *,
    months: int = 10,
    invoices: int | None = None,
    last_month: dt.date = dt.date(2024, 12, 1),
    seed: int = 1,
    reseller: Reseller = RESELLER_NL,
) -> World:
    """Return a world of one reseller whose purchase invoices have ``lines`` lines together, and no defects.

    ``invoices`` is their number over all months, by default one per 2,000 lines and at least one a month.
    Both are rounded so that all invoices are equally long: 10,000, 100,000 and a million lines are met
    exactly, other figures nearly; the manifest says how many there are. The last invoice is made in January
    2025 by default.
    """
    per_month = max(1, round((invoices or lines // LINES_PER_INVOICE) / months))
    last = month_of(last_month)
    return World(
        seed=seed,
        resellers=(reseller,),
        first_month=day_in(last - months + 1, 1),
        last_month=last_month,
        invoices_per_month=per_month,
        lines_per_invoice=max(1, round(lines / (months * per_month))),
        extras=False,
        leaks=False,
    )
