"""What documents of both platforms say together: which lines have no equal, and which ids became which."""

from __future__ import annotations

from hypothesis import given

from connector.domain.migration import IdKind, IdPairs, PlatformLine, groups, met_lines, without_equal
from connector.domain.platform import LineKey, Platform, PlatformDocument, match
from tests.domain.test_platform import document, documents, key


def line(made: LineKey, account: str = "81", subscription: str = "500", plan: str = "1001") -> PlatformLine:
    return PlatformLine(
        version_id=1, key=made, customer="Korst", plan="M365",
        account_id=account, subscription_id=subscription, plan_id=plan,
    )  # fmt: skip


def test_ids_are_told_by_the_lines_that_met() -> None:
    old = [line(key("a")), line(key("b", 1)), line(key("c"), "82")]
    new = [line(key("a"), "x-1", "s-1", "p-1"), line(key("b", 1), "x-1", "s-1", "p-1")]
    pairs = IdPairs()
    pairs.look(old, new, {key("a"): 1, key("b", 1): 1})
    assert [
        (each.kind, each.customer, each.plan, each.old, each.new, each.lines, each.certain) for each in pairs.all
    ] == [
        (IdKind.CUSTOMER, "Korst", "", "81", "x-1", 2, True),
        (IdKind.SUBSCRIPTION, "Korst", "M365", "500", "s-1", 2, True),
        (IdKind.PLAN, "", "M365", "1001", "p-1", 2, True),
    ]


def test_lines_that_are_the_same_to_the_cent_tell_nothing() -> None:
    pairs = IdPairs()
    pairs.look([line(key()), line(key(), "82")], [line(key(), "x-1"), line(key(), "x-2")], {key(): 2})
    assert [each.kind for each in pairs.all] == [IdKind.SUBSCRIPTION, IdKind.PLAN]
    pairs.look([line(key(), "", "", "")], [line(key(), "", "s", "")], {key(): 1})
    assert len(pairs.all) == 2, "what has no id has no pair"


def test_an_id_that_was_met_with_two_is_not_certain() -> None:
    pairs = IdPairs()
    for account in ("x-1", "x-2"):
        pairs.look([line(key())], [line(key(), account)], {key(): 1})
    assert [(each.new, each.certain) for each in pairs.all if each.kind is IdKind.CUSTOMER] == [
        ("x-1", False),
        ("x-2", False),
    ]
    other = IdPairs()
    for account in ("81", "82"):
        other.look([line(key(), account)], [line(key(), "x-1")], {key(): 1})
    assert not any(each.certain for each in other.all if each.kind is IdKind.CUSTOMER)


def test_documents_that_are_linked_through_others_are_together() -> None:
    made = [
        document("TN1", key("a")), document("TN2", key("b"), key("c")), document("91", key("a"), key("b")),
        document("92", key("c")), document("93", key("z")),
    ]  # fmt: skip
    together = [[each.number for each in group] for group in groups(made, match(made))]
    assert together == [["91", "92", "TN1", "TN2"], ["93"]]
    crossed = [
        document("TN1", key("a"), key("b")), document("TN2", key("c"), key("d")),
        document("91", key("a"), key("c")), document("92", key("b"), key("d")),
    ]  # fmt: skip
    assert len(match(crossed)) == 4
    assert len(groups(crossed, match(crossed))) == 1


def test_a_line_that_is_there_more_often_is_without_equal() -> None:
    lines = [line(key("a")), line(key("a")), line(key("b"))]
    assert without_equal(lines, {key("a"): 1}) == lines[1:]


@given(documents)
def test_what_met_and_what_did_not_are_all_lines(drawn: list[PlatformDocument]) -> None:
    links = match(drawn)
    for group in groups(drawn, links):
        sides = dict.fromkeys(Platform, 0)
        for each in group:
            met = met_lines(each.id, links)
            lines = [line(made) for made, times in each.lines.items() for _ in range(times)]
            assert len(without_equal(lines, met)) == each.count - sum(met.values())
            sides[each.platform] += sum(met.values())
        assert sides[Platform.OLD] == sides[Platform.NEW], "a line meets one line"
    assert sorted(each.id for group in groups(drawn, links) for each in group) == sorted(each.id for each in drawn)
