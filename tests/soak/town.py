"""The administrations of a soak: as many resellers of a made-up Copaco, their working folder, and the truth about them.

Some are slow to answer, and some fail whatever is done: half of those get answers that are none, the others have a
mapping table with a wrong cell.
"""

from __future__ import annotations

import datetime
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from connector.resources import mappings_path
from connector.sandbox import RESELLER_NL, truths
from connector.sandbox.parties import Reseller, dutch_vat_number, keys_of
from connector.sandbox.world import World

MONTH = datetime.date(2024, 2, 1)
"""The month whose services are billed."""
TODAY = datetime.date(2024, 3, 28)
DAYS = (
    *(datetime.date(2024, 3, day) for day in (1, 6, 11, 16, 20, 21, 22, 23)),
    *(datetime.date(2024, 3, day) for day in (24, 25, 26, 27, 28)),
)
"""The days of the compressed month on which everything is synchronised: denser around the 23rd, as by default."""
BEFORE, AFTER = datetime.date(2024, 3, 20), datetime.date(2024, 3, 28)
"""Answers of two days only are made: before the invoice, which is made around the 23rd, and after it."""
BAD_MAPPING = "bad"


@dataclass(frozen=True, kw_only=True)
class Town:
    """``count`` administrations of ``lines`` purchase lines; ``slow`` and ``poisoned`` are numbers of them."""

    count: int
    lines: int
    slow: int
    poisoned: int

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All administrations; the poisoned ones first, then the slow ones."""
        return tuple(f"a{number:05d}" for number in range(self.count))

    @property
    def poisoned_names(self) -> tuple[str, ...]:
        """Those that fail whatever is done."""
        return self.names[: self.poisoned]

    @property
    def slow_names(self) -> tuple[str, ...]:
        """Those whose answers come slowly."""
        return self.names[self.poisoned : self.poisoned + self.slow]

    @property
    def sound_names(self) -> tuple[str, ...]:
        """Those whose invoices must be booked: all but the poisoned."""
        return self.names[self.poisoned :]

    def kind(self, name: str) -> str:
        """Which of the three made-up servers serves ``name``."""
        if name in self.poisoned_names[::2]:
            return "poisoned"
        return "slow" if name in self.slow_names else "sound"

    def world(self, names: tuple[str, ...]) -> World:
        """The world of these administrations."""
        return World(
            seed=7,
            resellers=tuple(_reseller(name) for name in names),
            first_month=MONTH,
            last_month=MONTH,
            lines_per_invoice=self.lines,
            extras=False,
            leaks=False,
        )

    def truth(self, name: str) -> tuple[int, int]:
        """How many invoices ``name`` must have booked, and their total with VAT in minor units."""
        world = self.world((name,))
        found = list(truths(world, world.resellers[0], "invoices"))
        return len(found), sum(each.true.gross for each in found)

    @staticmethod
    def answers_of(day: datetime.date) -> datetime.date:
        """The day whose answers are given on ``day``."""
        return AFTER if day.day > 23 else BEFORE

    def settle(self, folder: Path, urls: dict[str, str]) -> None:
        """Write the working folder; ``urls`` are those of the three servers."""
        for name in ("nl", BAD_MAPPING):
            shutil.copytree(mappings_path() / "nl", folder / "mappings" / name)
        rules = folder / "mappings" / BAD_MAPPING / "rules.csv"
        rules.write_text(f"{rules.read_text(encoding='utf-8')}R999,wrong\n", encoding="utf-8")
        tables = [_table(_reseller(name), self._mapping(name), urls[self.kind(name)]) for name in self.names]
        # The soak itself says when they are due.
        (folder / "connector.toml").write_text('[schedule]\ncron = "0 6 1 1 *"\n' + "".join(tables), encoding="utf-8")
        keys = "".join(f"KEY_{name.upper()}=sandbox-{name}\n" for name in self.names)
        (folder / ".env").write_text(keys, encoding="utf-8")
        (folder / ".env").chmod(0o600)

    def _mapping(self, name: str) -> str:
        return BAD_MAPPING if name in self.poisoned_names[1::2] else "nl"


def _reseller(name: str) -> Reseller:
    number = int(name[1:])
    party = replace(
        RESELLER_NL.party,
        account_id=f"6c1f0b52-7d1a-4a57-9a0e-{number:012d}",
        company_name=f"Voorbeeld {number} B.V.",
        vat_number=dutch_vat_number(100_000 + number * 3),
    )
    return replace(RESELLER_NL, name=name, party=party, keys=keys_of(name)[:1])


def _table(reseller: Reseller, mapping: str, url: str) -> str:
    name = reseller.name
    return f"""
[administrations.{name}]
country = "NL"
vat_number = "{reseller.party.vat_number}"
company_name = "{reseller.party.company_name}"
mapping = "{mapping}"
book_from = {MONTH}
auto_post = "all"

[administrations.{name}.source]
kind = "copaco"
base_url = "{url}"
key = "env:KEY_{name.upper()}"
unsettled = "trust"
pause_seconds = 0
attempts = 2
backoff_seconds = 0.1

[administrations.{name}.ledger]
kind = "hledger"
folder = "books/{name}"
"""
