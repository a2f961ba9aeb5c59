"""Our tables against a ledger's accounts and VAT codes."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from connector.domain.ledger_check import Doubt, doubts, used_accounts
from connector.domain.mapping import Mapping
from tests.engine.desk import mapping_files

MAPPING = mapping_files().mapping
ACCOUNTS = {code: each.name for code, each in MAPPING.chart.accounts.items()}


def mapping_with_codes() -> Mapping:
    """Those at 21 % have a code in the ledger, which is called as ours is."""
    codes = tuple(
        msgspec.structs.replace(tax, package={"exact": tax.code}) if tax.code.endswith(".21") else tax
        for tax in MAPPING.tax_codes
    )
    return msgspec.structs.replace(MAPPING, tax_codes=codes)


def test_a_ledger_that_takes_our_accounts_has_no_doubts() -> None:
    assert doubts(MAPPING, "hledger", None, None) == []


def test_only_accounts_that_something_books_on_are_looked_at() -> None:
    used = used_accounts(MAPPING)
    assert MAPPING.chart.roles["creditors_control"] in used
    assert used <= ACCOUNTS.keys()
    missing = doubts(MAPPING, "exact", {}, None)
    assert {each.name for each in missing} == used
    assert {each.doubt for each in missing} == {Doubt.NO_ACCOUNT}
    one = MAPPING.chart.roles["creditors_control"]
    (found,) = doubts(MAPPING, "exact", dict.fromkeys(used - {one}, ""), None)
    assert (found.file, found.name, found.title) == ("accounts.csv", one, ACCOUNTS[one])


def test_tax_codes_need_a_code_of_the_ledger_with_their_rate() -> None:
    mapping = mapping_with_codes()
    domestic = next(each for each in MAPPING.tax_codes if each.code == "NL.P.STD.21")
    reverse = next(each for each in MAPPING.tax_codes if each.reverse_charge)
    assert domestic.treatment == "STD"
    rates: dict[str, Decimal | None] = {"NL.P.STD.21": Decimal(9), reverse.code: Decimal(0)}
    found = {each.name: each for each in doubts(mapping, "exact", None, rates)}
    assert found["NL.P.STD.21"].doubt is Doubt.RATE_DIFFERS
    assert found["NL.P.STD.21"].theirs == "NL.P.STD.21 9%"
    assert found["NL.S.STD.21"].doubt is Doubt.NO_VAT_CODE
    assert reverse.code not in found, "the rate of a reverse charge is no rate on the document"
    assert {each.doubt for each in found.values()} == {Doubt.RATE_DIFFERS, Doubt.NO_VAT_CODE, Doubt.CODE_MISSING}
    unknown: dict[str, Decimal | None] = dict.fromkeys(each.code for each in MAPPING.tax_codes)
    left = {each.doubt for each in doubts(mapping, "exact", None, unknown)}
    assert left == {Doubt.CODE_MISSING}, "a ledger that tells no rates is believed"
