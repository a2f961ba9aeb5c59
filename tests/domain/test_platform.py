"""Which documents of both platforms are the same: by their lines, whatever their numbers and however grouped."""

from __future__ import annotations

import datetime
import random
import time
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.platform import (
    DAYS_APART,
    LineKey,
    Link,
    Platform,
    PlatformDocument,
    equals,
    line_key,
    match,
    net_of,
    platform_of,
    runs,
)

DAY = datetime.date(2024, 1, 23)
PERIOD = (datetime.date(2023, 12, 1), datetime.date(2023, 12, 31))
OLD, NEW = Platform.OLD, Platform.NEW


def key(customer: str = "a", net: int = 1000, plan: str = "M365", quantity: str = "1") -> LineKey:
    start, end = PERIOD
    return line_key(customer=customer, plan=plan, start=start, end=end, quantity=quantity, net=net, vat=net // 5)


def document(
    number: str, *lines: LineKey, arrived: int = 0, date: datetime.date = DAY, posted: bool = False
) -> PlatformDocument:
    made = platform_of("invoices", number)
    return PlatformDocument(
        id=arrived or sum(map(ord, number)),
        platform=made,
        number=number,
        date=date,
        posted=posted,
        lines=Counter(lines),
    )


def numbers(links: Sequence[Link], *documents: PlatformDocument) -> set[tuple[str, str]]:
    by_id = {each.id: each.number for each in documents}
    return {(by_id[each.old], by_id[each.new]) for each in links}


@pytest.mark.parametrize(
    ("source", "number", "account", "platform"),
    [
        ("invoices", "TN20240001", "", OLD),
        ("invoices", "TB7", "", OLD),
        ("invoices", "9103004711", "", NEW),
        ("invoices", "TN", "", NEW),
        ("invoices", "TN12A", "", NEW),
        ("invoices", "TN١", "", NEW),
        ("invoices", "XTN12", "", NEW),
        ("invoices", "9103004711", "12", NEW),
        ("customer-invoices", "2024-17", "81224", OLD),
        ("customer-invoices", "2024-17", "6c1f0b52-7d1a", NEW),
        ("customer-invoices", "2024-17", "", NEW),
        ("customer-invoices", "2024-17", "81224part 2", OLD),
        ("customer-invoices", "2024-17", "part 2", NEW),
    ],
)
def test_the_number_tells_the_platform_and_for_own_numbers_the_account(
    source: str, number: str, account: str, platform: Platform
) -> None:
    assert platform_of(source, number, account) is platform


def test_a_line_is_known_again_however_it_is_written() -> None:
    assert key("Fysio Plus  Tilburg", quantity="2.00") == key("fysio plus tilburg ", quantity="2")
    assert key("Straße") == key("STRASSE")
    assert key(quantity="two").quantity is None
    assert key(net=1000) != key(net=1001)


def test_an_invoice_per_vendor_and_one_of_all_are_the_same() -> None:
    azure, vmware, whole = (
        document("TN1", key("a"), key("b")),
        document("TN2", key("c", 200)),
        document("91", key("a"), key("b"), key("c", 200)),
    )
    links = match([whole, vmware, azure])
    assert numbers(links, azure, vmware, whole) == {("TN1", "91"), ("TN2", "91")}
    assert sum(net_of(each.met) for each in links) == whole.net


def test_several_of_the_new_platform_can_equal_one_of_the_old() -> None:
    whole, one, two = document("TN1", key("a"), key("b")), document("91", key("a")), document("92", key("b"))
    assert numbers(match([whole, one, two]), whole, one, two) == {("TN1", "91"), ("TN1", "92")}


def test_a_line_meets_once() -> None:
    old, one, two = document("TN1", key("a")), document("91", key("a")), document("92", key("a"))
    assert numbers(match([old, one, two]), old, one, two) == {("TN1", "91")}
    twice = document("TN2", key("a"), key("a"))
    (link,) = match([twice, one])
    assert link.met == {key("a"): 1}


def test_what_has_most_in_common_comes_first() -> None:
    old = document("TN1", key("a"), key("b"), key("c"))
    small, great = document("90", key("a")), document("91", key("a"), key("b"), key("c"))
    assert numbers(match([old, small, great]), old, small, great) == {("TN1", "91")}


@pytest.mark.parametrize(("days", "met"), [(0, True), (DAYS_APART, True), (DAYS_APART + 1, False)])
def test_only_documents_of_one_run_are_the_same(days: int, met: bool) -> None:
    later = DAY + datetime.timedelta(days=days)
    assert bool(match([document("TN1", key()), document("91", key(), date=later)])) == met
    assert bool(match([document("TN1", key(), date=later), document("91", key())])) == met


@pytest.mark.parametrize(("shared", "met"), [(499, False), (500, True)])
def test_a_coincidence_is_none(shared: int, met: bool) -> None:
    """Half the euros of the smaller one must meet, without regard to the sign."""
    old = document("TN1", key("a", shared * 10), key("b", (1000 - shared) * -10))
    new = document("91", key("a", shared * 10), key("c", 90_000))
    assert bool(match([old, new])) == met


def test_without_euros_the_lines_count() -> None:
    old, new = document("TN1", key("a", 0), key("b", 0)), document("91", key("a", 0), key("c"))
    assert match([old, new])
    other = document("TN2", key("a", 0), key("b", 0), key("d", 0))
    assert not match([other, new])


def test_what_was_changed_is_not_booked_besides() -> None:
    """Half of it is for the same customers, plans and periods: at other amounts it is another form of the same."""
    whole = document("91", key("a"), key("b", 300), arrived=1)
    azure, vmware = document("TN1", key("a"), arrived=2), document("TN2", key("b", 301), arrived=3)
    everything = [whole, azure, vmware]
    links = match(everything)
    assert numbers(links, *everything) == {("TN1", "91"), ("TN2", "91")}
    found = equals(everything, links)
    assert {each: (found[each].met, found[each].rest, found[each].wholly) for each in found} == {
        2: (1000, 0, True),
        3: (0, 301, False),
    }


def test_what_met_exactly_is_no_longer_alike() -> None:
    old, new = document("TN1", key("a")), document("91", key("a"))
    correction = document("TN2", key("a", -100))
    assert numbers(match([old, new, correction]), old, new, correction) == {("TN1", "91")}


def test_a_changed_line_stands_for_one_document_only() -> None:
    new = document("91", key("a", 1001))
    first, second = document("TN1", key("a", 1000)), document("TN2", key("a", 900))
    assert numbers(match([new, first, second]), new, first, second) == {("TN1", "91")}


def test_with_a_small_part_for_the_same_places_it_is_another_document() -> None:
    old = document("TN1", key("a", 100), key("b", 900))
    assert not match([old, document("91", key("a", 99), key("c", 901))])


def test_lines_with_other_periods_are_not_booked_besides() -> None:
    """The new platform first swapped the dates of lines with those of their subscription."""
    swapped = [each._replace(end=each.end and each.end.replace(year=2030)) for each in (key("a"), key("b", 300))]
    old, new = document("TN1", key("a"), key("b", 300), key("c", 50)), document("91", *swapped, key("c", 50))
    (link,) = match([old, new])
    assert link.met == {key("c", 50): 1}
    other = [each._replace(quantity=None) for each in swapped]
    assert not match([document("TN1", key("a"), key("b", 300)), document("91", *other)])


def test_a_line_without_a_period_is_known_by_its_amount_alone() -> None:
    def bare(net: int) -> LineKey:
        return line_key(customer="a", plan="M365", start=None, end=None, quantity="1", net=net, vat=0)

    assert not match([document("TN1", bare(100)), document("91", bare(101))])
    assert match([document("TN1", bare(100)), document("91", bare(100))])


def test_documents_of_one_platform_never_meet() -> None:
    assert not match([document("TN1", key()), document("TN2", key())])
    assert not match([document("91", key()), document("92", key())])
    assert not match([])


def test_runs_are_apart_by_more_than_the_limit() -> None:
    dates = [(DAY + datetime.timedelta(days=days), days) for days in (0, 10, 20, 31, 62)]
    assert list(runs(reversed(dates))) == [[0, 10, 20], [31], [62]]
    assert list(runs([])) == []


def test_the_first_that_came_stands() -> None:
    azure = document("TN1", key("a"), arrived=1)
    whole = document("91", key("a"), key("b", 300), arrived=2)
    found = equals([azure, whole], match([azure, whole]))
    assert list(found) == [2]
    assert (found[2].others, found[2].met, found[2].rest, found[2].wholly) == (("TN1",), 1000, 300, False)


def test_the_invoices_of_vendors_that_come_later_are_held() -> None:
    whole = document("91", key("a"), key("b", 300), arrived=1)
    parts = [document("TN1", key("a"), arrived=2), document("TN2", key("b", 300), arrived=3)]
    found = equals([whole, *parts], match([whole, *parts]))
    assert {each: (found[each].others, found[each].met, found[each].wholly) for each in found} == {
        2: (("91",), 1000, True),
        3: (("91",), 300, True),
    }


def test_what_is_in_the_books_stands_whatever_came_first() -> None:
    first, posted = document("TN1", key(), arrived=1), document("91", key(), arrived=2, posted=True)
    assert list(equals([first, posted], match([first, posted]))) == [1]
    both = [document("TN1", key(), arrived=1, posted=True), posted]
    assert list(equals(both, match(both))) == [2], "both are booked: that is told of the later one"


def test_what_is_held_is_told_of_those_that_came_later_too() -> None:
    azure = document("TN1", key("a"), arrived=1)
    whole = document("91", key("a"), key("b", 300), arrived=2)
    vmware = document("TN2", key("b", 300), arrived=3)
    everything = [azure, whole, vmware]
    found = equals(everything, match(everything))
    assert {each: (found[each].others, found[each].wholly) for each in found} == {2: (("TN1", "TN2"), True)}


def test_what_came_after_both_were_booked_stands_behind_both() -> None:
    azure = document("TN1", key("a"), arrived=1, posted=True)
    whole = document("91", key("a"), key("b", 300), arrived=2, posted=True)
    vmware = document("TN2", key("b", 300), arrived=3)
    everything = [azure, whole, vmware]
    found = equals(everything, match(everything))
    assert {each: found[each].others for each in found} == {2: ("TN1",), 3: ("91",)}


keys = st.builds(
    key,
    customer=st.sampled_from("abc"),
    net=st.sampled_from([-500, 0, 100, 999]),
    plan=st.sampled_from(["x", "y"]),
)
documents = st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.lists(keys, max_size=6)), max_size=8).map(
    lambda drawn: [
        document(
            f"TN{place}" if old else f"9{place}", *lines, arrived=place + 1, date=DAY + datetime.timedelta(days=days)
        )
        for place, (old, days, lines) in enumerate(drawn)
    ]
)


@given(documents, st.randoms(use_true_random=False))
def test_no_line_meets_twice_and_the_order_makes_no_difference(
    drawn: list[PlatformDocument], chance: random.Random
) -> None:
    links = match(drawn)
    for each in drawn:
        used: Counter[LineKey] = Counter()
        for link in links:
            if each.id in (link.old, link.new):
                used.update(link.met)
        assert used <= Counter(each.lines)
    for link in links:
        old, new = drawn[link.old - 1], drawn[link.new - 1]
        assert (old.platform, new.platform) == (OLD, NEW)
        assert abs((old.date - new.date).days) <= DAYS_APART
        assert all(link.met.values())
    mixed = list(drawn)
    chance.shuffle(mixed)
    assert match(mixed) == links
    assert equals(mixed, links) == equals(drawn, links)


@given(st.lists(st.lists(keys, min_size=1, max_size=5), min_size=1, max_size=4), st.booleans())
def test_however_it_is_grouped_everything_is_booked_once(vendors: list[list[LineKey]], old_first: bool) -> None:
    """An invoice per vendor on the old platform, one of all on the new one: whichever comes first, every line stands in
    exactly one document that is booked."""
    lines = [[each._replace(plan=f"{each.plan}{vendor}") for each in held] for vendor, held in enumerate(vendors)]
    flat = [each for held in lines for each in held]
    old_ids, new_id = (range(1, 9), 9) if old_first else (range(2, 10), 1)
    old = [document(f"TN{number}", *held, arrived=number) for number, held in zip(old_ids, lines, strict=False)]
    new = document("91", *flat, arrived=new_id)
    found = equals([*old, new], match([*old, new]))
    assert all(each.wholly and each.rest == 0 for each in found.values())
    booked = Counter[LineKey]()
    for each in [*old, new]:
        if each.id not in found:
            booked.update(each.lines)
    assert booked == Counter(flat)


@given(documents)
def test_what_is_held_is_held_for_what_is_booked(drawn: list[PlatformDocument]) -> None:
    links = match(drawn)
    found = equals(drawn, links)
    by_number = {each.number: each.id for each in drawn}
    for document_id, equal in found.items():
        assert all(by_number[other] not in found for other in equal.others)
        assert equal.met + equal.rest == drawn[document_id - 1].net


@given(documents)
def test_documents_of_other_runs_change_nothing(drawn: list[PlatformDocument]) -> None:
    by_run = [link for run in runs((each.date, each.id) for each in drawn) for link in match(
        [each for each in drawn if each.id in run]
    )]  # fmt: skip
    assert sorted((each.old, each.new, sorted(each.met.items(), key=repr)) for each in by_run) == sorted(
        (each.old, each.new, sorted(each.met.items(), key=repr)) for each in match(drawn)
    )


def test_documents_that_are_all_alike_meet_in_bounded_time() -> None:
    """Customers without a name: every document could be every other one."""
    alike, own = key(customer=""), key(plan="Copaco VMware", net=1)
    old = [document(f"TN{each}", alike, arrived=each) for each in range(1, 2001)]
    new = [document(f"9{each}", alike, arrived=2000 + each) for each in range(1, 2001)]
    old.append(document("TN9999", alike, own, own, arrived=5001))
    new.insert(0, document("80", own, alike, own, arrived=5002))
    long_ago, long_after = DAY - datetime.timedelta(days=40), DAY + datetime.timedelta(days=40)
    old.append(document("TN7777", alike, arrived=5003, date=long_ago))
    new.append(document("70", alike, arrived=5004, date=long_after))
    new.append(document("71", alike, arrived=5005, date=long_ago - datetime.timedelta(days=20)))
    started = time.monotonic()
    links = match([*old, *new])
    assert time.monotonic() - started < 20
    assert len(links) == 2001
    assert ("TN9999", "80") in numbers(links, *old, *new)
    assert all(each.wholly for each in equals([*old, *new], links).values())
