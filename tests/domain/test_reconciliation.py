"""What we posted beside what a ledger says it holds."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from connector.domain.held import HeldEntry
from connector.domain.journal import JournalEntry, Posting, PostingRole, balances
from connector.domain.reclassification import entry_of, moves, standing
from connector.domain.reconciliation import Difference, differences, vat_per_code
from tests.domain.test_journal import DAY
from tests.domain.test_reclassification import booked, net

CODES = {"NL.P.STD.21": "1H", "NL.P.ICS.21": "3B"}


def vat(minor: int, role: PostingRole, tax: str = "NL.P.STD.21") -> Posting:
    return Posting(account="1520" if minor > 0 else "1500", minor=minor, role=role, tax=tax)


ENTRY = booked(net("7010", 10_000), net("7020", 5_000), vat(3_150, PostingRole.VAT_INPUT))


def held(entry: JournalEntry = ENTRY, **otherwise: Any) -> HeldEntry:
    """The record of a ledger that tells everything and holds exactly ``entry``, but for ``otherwise``."""
    same = HeldEntry(
        key=entry.key.text,
        fingerprint=entry.fingerprint,
        date=entry.date,
        total_minor=entry.total_minor,
        reference="1",
        currency=entry.currency,
        accounts=balances(entry),
        vat=vat_per_code(entry, CODES),
    )
    return msgspec.structs.replace(same, **otherwise)


def test_the_same_entry_has_no_differences() -> None:
    assert differences(ENTRY, held(), CODES) == ()
    assert vat_per_code(ENTRY, CODES) == {"1H": 3_150}


def test_what_the_ledger_cannot_tell_is_not_compared() -> None:
    assert differences(ENTRY, held(currency="", accounts=None, vat=None, fingerprint=""), CODES) == ()


def test_a_ledger_that_moved_the_date_is_seen() -> None:
    later = DAY + datetime.timedelta(days=31)
    assert differences(ENTRY, held(date=later), CODES) == (
        Difference(field="date", ours=DAY.isoformat(), theirs=later.isoformat()),
    )


def test_a_cent_of_vat_shows_in_total_accounts_and_code() -> None:
    accounts = {**balances(ENTRY), "1520": 3_151, "1600": -18_151}
    found = differences(ENTRY, held(total_minor=18_151, accounts=accounts, vat={"1H": 3_151}), CODES)
    assert [(each.field, each.what, each.ours, each.theirs, each.minor) for each in found] == [
        ("total", "", "181.50", "181.51", 1),
        ("account", "1520", "31.50", "31.51", 1),
        ("account", "1600", "-181.50", "-181.51", -1),
        ("vat", "1H", "31.50", "31.51", 1),
    ]
    assert found[1].told == "account 1520: 31.50 posted, 31.51 in the ledger"
    assert found[0].told == "total: 181.50 posted, 181.51 in the ledger"


def test_another_account_is_a_difference_on_both() -> None:
    accounts = {**balances(ENTRY), "7020": 0, "7030": 5_000}
    assert [(each.what, each.minor) for each in differences(ENTRY, held(accounts=accounts), CODES)] == [
        ("7020", -5_000),
        ("7030", 5_000),
    ]


def test_currency_and_draft_are_differences() -> None:
    assert [each.field for each in differences(ENTRY, held(currency="USD", draft=True), CODES)] == ["currency", "draft"]
    assert differences(ENTRY, held(draft=True), CODES, leaves_drafts=True) == (), "drafts are what was wanted"


def test_other_content_is_told_only_where_nothing_else_is() -> None:
    (only,) = differences(ENTRY, held(fingerprint="0" * 64), CODES)
    assert (only.field, only.ours, only.theirs) == ("content", ENTRY.fingerprint, "0" * 64)
    assert [each.field for each in differences(ENTRY, held(fingerprint="0" * 64, total_minor=1), CODES)] == ["total"]


def test_reverse_charge_nets_to_nothing_and_cost_is_no_vat() -> None:
    code = "NL.P.ICS.21"
    legs = [
        vat(2_100, PostingRole.VAT_INPUT, code),
        vat(-2_100, PostingRole.VAT_DUE, code),
    ]
    entry = booked(net("7010", 10_000, tax=code), *legs)
    assert differences(entry, held(entry, vat={}), CODES) == ()
    assert differences(entry, held(entry, vat={"3B": 0}), CODES) == ()
    partly = booked(net("7010", 10_000), vat(1_050, PostingRole.VAT_INPUT), vat(1_050, PostingRole.VAT_COST))
    assert differences(partly, held(partly, vat={"1H": 1_050}), CODES) == ()


def test_a_code_of_ours_without_one_of_the_ledger_stands_for_itself() -> None:
    assert vat_per_code(ENTRY, {}) == {"NL.P.STD.21": 3_150}
    two = booked(net("7010", 1), vat(5, PostingRole.VAT_INPUT), vat(7, PostingRole.VAT_INPUT, "NL.P.LOW.9"))
    assert vat_per_code(two, {"NL.P.STD.21": "V", "NL.P.LOW.9": "V"}) == {"V": 12}


def test_a_reclassification_is_compared_on_its_own() -> None:
    moved = moves(standing([ENTRY]), [net("7030", 10_000), net("7020", 5_000)])
    assert moved is not None
    entry = entry_of([ENTRY], moved, date=DAY, text="moved")
    assert differences(entry, held(entry, vat={}), CODES) == ()
    assert [each.what for each in differences(entry, held(entry, accounts={}), CODES)] == ["7010", "7030"]
