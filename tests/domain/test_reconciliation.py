"""What the ledger's record says beside our entry."""

from __future__ import annotations

import datetime

import msgspec

from connector.domain.journal import JournalEntry, PostingRole, balances
from connector.domain.reconciliation import HeldEntry, differences
from tests.ledgers.worked import NL_CREDIT_NOTE, NL_PURCHASE, entry, posting

CODES = {"NL.P.STD.21": "IH"}


def held(ours: JournalEntry, **other: object) -> HeldEntry:
    """The ledger's record of ``ours``, as it should be but for ``other``."""
    vat = sum(each.minor for each in ours.postings if each.role is PostingRole.VAT_INPUT)
    as_it_should = HeldEntry(
        key=ours.key.text,
        fingerprint=ours.fingerprint,
        date=ours.date,
        total_minor=ours.total_minor,
        reference="17",
        currency="EUR",
        accounts=balances(ours),
        vat={"IH": vat},
    )
    return msgspec.structs.replace(as_it_should, **other)


def told(ours: JournalEntry, **other: object) -> list[str]:
    return [str(each) for each in differences(ours, held(ours, **other), CODES)]


def test_what_is_as_it_should_be() -> None:
    for ours in (NL_PURCHASE, NL_CREDIT_NOTE):
        assert told(ours) == []
        assert told(ours, accounts=None, vat=None, currency="") == [], "a ledger that cannot tell is believed"


def test_a_date_that_was_moved_silently() -> None:
    moved = NL_PURCHASE.date + datetime.timedelta(days=1)
    assert told(NL_PURCHASE, date=moved) == [f"date is {moved} instead of {NL_PURCHASE.date}"]


def test_currency_total_and_content() -> None:
    assert told(NL_PURCHASE, currency="USD") == ["currency is USD instead of EUR"]
    (total,) = differences(NL_PURCHASE, held(NL_PURCHASE, total_minor=NL_PURCHASE.total_minor - 1), CODES)
    assert (total.field, total.minor) == ("total", -1)
    (content,) = told(NL_PURCHASE, fingerprint="0" * 64)
    assert content.startswith("content is 000000000000 instead of ")


def test_accounts_cent_by_cent() -> None:
    sums = balances(NL_PURCHASE)
    one, other = sorted(sums)[:2]
    found = differences(NL_PURCHASE, held(NL_PURCHASE, accounts={**sums, one: sums[one] + 1, "9999": -1}), CODES)
    assert [(each.field, each.minor) for each in found] == [(f"account {one}", 1), ("account 9999", -1)]
    left_out = differences(NL_PURCHASE, held(NL_PURCHASE, accounts={one: sums[one], other: sums[other]}), CODES)
    assert {each.minor for each in left_out} == {-minor for code, minor in sums.items() if code not in (one, other)}


def test_vat_per_code_of_the_ledger() -> None:
    (found,) = differences(NL_PURCHASE, held(NL_PURCHASE, vat={"IH": 1, "XX": 5}), CODES)
    assert found.field == "VAT code IH"
    assert differences(NL_PURCHASE, held(NL_PURCHASE, vat={"IH": 1}), {}) == (), "without a code nothing is compared"


def test_vat_that_is_cost_in_part_is_not_compared() -> None:
    ours = entry(
        "1",
        [
            posting("7010", 100),
            posting("1500", 10, PostingRole.VAT_INPUT, tax="NL.P.STD.21"),
            posting("7010", 11, PostingRole.VAT_COST, tax="NL.P.STD.21"),
            posting("1600", -121, PostingRole.PARTY),
        ],
    )
    assert told(ours, vat={"IH": 21}) == []
