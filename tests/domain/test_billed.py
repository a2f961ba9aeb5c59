"""Billed: what a file invoices, to whom, and what is missing beside what was sold."""

from __future__ import annotations

import datetime
from typing import Any

from connector.domain.accounts import Account, AccountType, ChartOfAccounts
from connector.domain.billed import Billed, Expected, FoundBy, Invoiced, Party, compare
from connector.domain.mapping import MappedCustomer
from connector.domain.past_books import PastPosting

MARCH, APRIL = "2024-03", "2024-04"
CHART = ChartOfAccounts(
    accounts={
        code: Account(code=code, name=code, type=kind)
        for code, kind in (("1300", AccountType.ASSET), ("1520", AccountType.LIABILITY), ("8010", AccountType.INCOME))
    },
    roles={"debtors_control": "1300"},
)


def posting(account: str, minor: int, entry: str = "1", **more: Any) -> PastPosting:
    return PastPosting(
        **({"period": MARCH, "journal": "VRK"} | more),
        date=datetime.date(2024, 3, 31),
        account=account,
        minor=minor,
        entry=entry,
        place="row 1",
    )


def invoiced(*postings: PastPosting, accounts: tuple[str, ...] = ()) -> Invoiced:
    found = Invoiced(CHART, accounts)
    for each in postings:
        found.add(each)
    return found


def sale(net: int, entry: str = "1", **party: Any) -> list[PastPosting]:
    vat = net * 21 // 100
    return [
        posting("1300", net + vat, entry, **party), posting("1520", -vat, entry), posting("8010", -net, entry),
    ]  # fmt: skip


def test_an_invoice_counts_without_its_vat_for_the_party_of_its_entry() -> None:
    found = invoiced(*sale(10000, party_id="10021", party_name="Jansen"))
    assert found.sums == {(Party(number="10021", name="Jansen"), MARCH): 10000}
    assert (found.months, found.nobody, found.unknown) == ({MARCH}, 0, {})


def test_money_purchases_and_other_entries_are_no_invoices() -> None:
    found = invoiced(
        *sale(100, party_id="1", journal_type="B"),
        *sale(100, "2", party_id="1", journal_type="P"),
        posting("8010", -500, "3", party_id="1"),
    )
    assert found.sums == {}
    assert found.months == set()


def test_in_a_journal_of_sales_any_account_of_the_result_counts() -> None:
    given = [
        posting("1100", 121, journal_type="S", party_id="1"), posting("8999", -100, journal_type="S", result=True),
    ]  # fmt: skip
    assert invoiced(*given).sums == {(Party(number="1"), MARCH): 100}
    assert invoiced(*given).unknown == {"1100": -121}


def test_lines_that_name_their_party_count_for_it_and_others_for_nobody() -> None:
    both = [
        posting("1300", 200, party_id="1"), posting("1300", 100, party_id="2"),
        posting("8010", -200, party_id="1"), posting("8010", -100),
    ]  # fmt: skip
    found = invoiced(*both)
    assert (found.sums, found.nobody) == ({(Party(number="1"), MARCH): 200}, 100)
    named = invoiced(posting("1300", 100, party_id="1"), posting("8010", -100, party_name="Jansen"))
    assert named.sums == {(Party(number="1"), MARCH): 100}
    assert invoiced(posting("1300", 100), posting("8010", -100)).nobody == 100


def test_only_the_accounts_that_are_asked_for() -> None:
    other = posting("8020", -900)
    assert invoiced(*sale(100, party_id="1"), other).unknown == {"8020": 900}
    found = invoiced(*sale(100, party_id="1"), other, accounts=("8020",))
    assert (list(found.sums.values()), found.unknown) == ([900], {})


def test_without_a_number_the_document_is_the_entry() -> None:
    rows = [
        *sale(100, "", party_id="1", document_ref="F1"),
        posting("8010", -50, "", document_ref="F1"),
    ]
    assert invoiced(rows[0], rows[3]).sums == {(Party(number="1"), MARCH): 50}


def expected(account: str, net: int, period: str = MARCH, name: str = "") -> Expected:
    return Expected(account_id=account, name=name or account, period=period, net=net)


def shown(rows: tuple[Billed, ...]) -> list[tuple[str, str, int, int | None, int]]:
    return [(each.period, each.debtor, each.expected, each.billed, each.difference) for each in rows]


def customer(account: str, **more: Any) -> MappedCustomer:
    return MappedCustomer(**({"name": account} | more), account_id=account)


def test_customers_meet_their_debtor_by_number_vat_number_or_name() -> None:
    customers = {
        "A": customer("A", debtor="0010-21"),
        "B": customer("B", vat_number="NL000000001B01"),
        "C": customer("C", name="De Boer B.V."),
        "E": customer("E", debtor="77"),
        "I": customer("I", internal=True),
    }
    sums = {
        (Party(number="001021", name="Jansen"), MARCH): 900,
        (Party(number="5", vat_number="000000001B01"), MARCH): 1100,
        (Party(name="DE BOER BV"), MARCH): 50,
        (Party(number="9", name="Somebody"), MARCH): 3000,
        (Party(number="001021", name="Jansen"), APRIL): 1,
    }
    wanted = [
        expected("A", 1000), expected("B", 1100), expected("C", 70), expected("D", 40, name="Unknown"),
        expected("E", 60), expected("I", 5), expected("A", 9, APRIL),
    ]  # fmt: skip
    found = compare(wanted, sums, customers, {MARCH})
    assert shown(found.rows) == [
        (MARCH, "0010-21", 1000, 900, 100),
        (MARCH, "77", 60, 0, 60),
        (MARCH, "", 40, None, 40),
        (MARCH, "DE BOER BV", 70, 50, 20),
        (MARCH, "5", 1100, 1100, 0),
    ]
    assert found.others == 3000
    assert [each.customers for each in found.rows] == [("A",), ("E",), ("D",), ("C",), ("B",)]
    assert [each.by for each in found.rows] == [
        FoundBy.DEBTOR, FoundBy.NOT_IN_FILE, FoundBy.NOT_MAPPED, FoundBy.NAME, FoundBy.VAT_NUMBER,
    ]  # fmt: skip


def test_a_debtor_that_the_file_lacks_is_looked_for_by_vat_number_and_name() -> None:
    customers = {
        "A": customer("A", debtor="D-7", vat_number="NL000000001B01"),
        "B": customer("B", debtor="D-8", name="De Boer B.V."),
        "C": customer("C", debtor="D-9", name="Jansen"),
        "D": customer("D", debtor="D-1"),
        "E": customer("E"),
    }
    sums = {
        (Party(number="7001", name="A", vat_number="000000001B01"), MARCH): 100,
        (Party(number="7001", name="Branch of A"), MARCH): 10,
        (Party(name="DE BOER BV"), MARCH): 200,
        (Party(number="3", name="Jansen"), MARCH): 1,
        (Party(number="4", name="Jansen"), MARCH): 2,
        (Party(vat_number="000000009B01"), MARCH): 9,
    }
    found = compare([expected(each, 300) for each in "ABCDE"], sums, customers, {MARCH})
    assert [(*each.customers, each.debtor, each.by, each.billed) for each in found.rows] == [
        ("C", "", FoundBy.SEVERAL, None),
        ("D", "D-1", FoundBy.NOT_IN_FILE, 0),
        ("E", "", FoundBy.NO_DEBTOR, None),
        ("A", "7001", FoundBy.VAT_NUMBER, 110),
        ("B", "DE BOER BV", FoundBy.NAME, 200),
    ]
    assert found.others == 12


def test_what_a_debtor_was_billed_counts_once_however_its_customers_were_found() -> None:
    customers = {
        "A": customer("A", debtor="D7"), "B": customer("B", debtor="d-7"), "C": customer("C", name="Jansen"),
    }  # fmt: skip
    sums = {(Party(number="D-7", name="Jansen"), MARCH): 500}
    (row,) = compare([expected(each, 200) for each in "BCA"], sums, customers, {MARCH}).rows
    assert (row.expected, row.billed, row.customers, row.by) == (600, 500, ("A", "B", "C"), FoundBy.NAME)


def test_two_customers_of_one_debtor_are_one_and_more_may_be_billed() -> None:
    customers = {each: customer(each, debtor="1") for each in "AB"}
    sums = {(Party(number="1"), MARCH): 500, (Party(number="1"), APRIL): 70}
    found = compare([expected("A", 100), expected("B", 200)], sums, customers, {MARCH, APRIL})
    assert shown(found.rows) == [(APRIL, "1", 0, 70, -70), (MARCH, "1", 300, 500, -200)]
    assert found.rows[1].customers == ("A", "B")


def test_a_name_of_two_debtors_leads_to_none() -> None:
    sums = {(Party(number="1", name="Jansen"), MARCH): 5, (Party(number="2", name="JANSEN B.V."), MARCH): 6}
    found = compare([expected("A", 100, name="Jansen")], sums, {}, {MARCH})
    assert shown(found.rows) == [(MARCH, "", 100, None, 100)]
    assert found.others == 11
