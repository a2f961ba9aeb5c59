"""What happened, in the words of a message: short, with the euros and the next command; no customers, no secrets."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import shorten
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from connector import texts
from connector.domain.finding import finding
from connector.domain.notice import KINDS, OF_RUNS, Kind
from connector.engine.notices import Telling
from connector.texts import _, many, money

Unkept = Literal["settings", "database", "administration"]
ADMINISTRATIONS_SHOWN = 25
LONGEST_NAMES = 1000
NUMBERS_SHOWN = 10
CODES_SHOWN = 10
LONGEST_NUMBER = 40
LONGEST_TROUBLE = 300


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a message tells of one administration. ``zone`` is that of its clock."""

    administration: str
    zone: str
    told: Sequence[Telling]


def title(parts: Sequence[Part]) -> str:
    """The message in a line."""
    lines = [(part.administration, each) for part in parts for each in _headlines(part)]
    names = list(dict.fromkeys(name for name, _headline in lines))
    if len(names) > 1:
        return _("[connector] {number} administrations").format(number=len(names)) + f": {', '.join(names)}"[:80]
    name, first = lines[0]
    more = many(" (and 1 more)", " (and {number} more)", len(lines) - 1) if len(lines) > 1 else ""
    return f"[connector] {name}: {first}{more}"


def body(parts: Sequence[Part]) -> str:
    """The whole message: what is urgent first, and of many administrations only the first ones in full."""
    ordered = sorted(parts, key=lambda part: not any(KINDS[each.notice.kind].urgent for each in part.told))
    told = ["\n".join([part.administration, *_lines(part)]) for part in ordered[:ADMINISTRATIONS_SHOWN]]
    if rest := [part.administration for part in ordered[ADMINISTRATIONS_SHOWN:]]:
        more = many("1 more administration", "{number} more administrations", len(rest))
        told.append(
            f"{more}: {shorten(', '.join(rest), LONGEST_NAMES, placeholder=' ...')}\n{_next('connector notify list')}"
        )
    return "\n\n".join(told)


def trial(administration: str) -> tuple[str, str]:
    """Title and text of a message that only shows that messages arrive."""
    told = _("This is a trial. What happens in {administration} will be told here.").format(
        administration=administration
    )
    return f"[connector] {administration}: {_('a trial')}", told


def service_trouble(kind: Unkept, what: str, hint: str, *, over: bool) -> tuple[str, str]:
    """Title and text about what no database could keep: ``what`` went wrong, or was wrong and is over."""
    headlines = {
        "settings": (_("new settings are not taken"), _("the settings are right again")),
        "database": (_("the database cannot be used"), _("the database can be used again")),
        "administration": (_("an administration cannot be served"), _("an administration can be served again")),
    }
    headline = headlines[kind][over]
    text = " ".join(what.split())[:LONGEST_TROUBLE]
    if over:
        return f"[connector] {headline}", f"{_sentence(headline)}\n  {_('It was: {what}').format(what=text)}"
    steps = {
        "settings": _("Mend them and reload the service. Those of before stay in force; do not restart it until then."),
        "database": _(
            "Look at its server, its disk and the address in CONNECTOR_DATABASE_URL. The service tries again by itself."
        ),
        "administration": hint,
    }
    step = f"\n{_next(steps[kind])}" if steps[kind] else ""
    return f"[connector] {headline}", f"{_sentence(headline)}\n  {text}{step}"


def headline(telling: Telling, zone: str = "UTC") -> str:
    """One notice in a line."""
    return _headline(telling.notice.kind, telling.over, [telling], zone)


def _groups(part: Part) -> Iterator[tuple[Kind, bool, list[Telling]]]:
    for (kind, over), some in groupby(part.told, key=lambda each: (each.notice.kind, each.over)):
        group = list(some)
        # Documents and entries are told together, all else one by one.
        together = kind not in OF_RUNS and kind not in (Kind.MISSING, Kind.KEY, Kind.VERSION)
        yield from [(kind, over, group)] if together else [(kind, over, [each]) for each in group]


def _headlines(part: Part) -> list[str]:
    return [_headline(kind, over, group, part.zone) for kind, over, group in _groups(part)]


def _lines(part: Part) -> Iterator[str]:
    for kind, over, group in _groups(part):
        yield f"- {_sentence(_headline(kind, over, group, part.zone))}"
        yield from (f"  {each}" for each in _details(kind, over, group))
        if not over and (step := _step(kind, part.administration, group[0])):
            yield f"  {_next(step)}"


def _headline(kind: Kind, over: bool, group: Sequence[Telling], zone: str) -> str:
    first = group[0]
    if over and kind is Kind.MISSING:
        return _("the invoice of {month} has come").format(month=texts.month(first.notice.subject))
    if over:
        return _("what failed on {moment} works again").format(moment=_moment(first.notice.came_at, zone))
    if kind in OF_RUNS:
        return _of_run(kind, first, zone)
    if kind is Kind.MISSING:
        return _("the invoice of {month} is missing").format(month=texts.month(first.notice.subject))
    if kind is Kind.KEY:
        ended = first.notice.subject.endswith("passed")
        text = _("the API key has ended on {day}") if ended else _("the API key ends on {day}")
        return text.format(day=texts.day(first.notice.values.get("day", "")))
    if kind is Kind.VERSION:
        return _of_version(first)
    euros = money(sum(abs(each.now.minor) for each in group))
    return f"{_of_many(kind, len(group))}, {euros} EUR"


def _of_run(kind: Kind, told: Telling, zone: str) -> str:
    moment = _moment(told.notice.came_at, zone)
    return {
        Kind.DEFECT: _("a defect of the program was met on {moment}"),
        Kind.LOGIN: _("the source or the ledger refuses us since {moment}"),
        Kind.FAILURE: _("runs fail since {moment}"),
        Kind.UNUSUAL: _("an unusual answer waits for a person since {moment}"),
        Kind.AWAY: _("nothing could be done since {moment}"),
    }[kind].format(moment=moment)


def _of_version(told: Telling) -> str:
    names, end = told.notice.values.get("names", ""), told.notice.values.get("day", "")
    if told.notice.values.get("standing") == "ended":
        return _("{names}: past the end of life").format(names=names)
    return _("{names}: ends on {day}").format(names=names, day=texts.day(end))


def _of_many(kind: Kind, number: int) -> str:
    match kind:
        case Kind.HELD:
            return many("1 document is held", "{number} documents are held", number)
        case Kind.REJECTED:
            return many("1 entry was rejected", "{number} entries were rejected", number)
        case Kind.UNKNOWN:
            return many("1 entry was sent without an answer", "{number} entries were sent without an answer", number)
        case Kind.ELSEWHERE:
            return many(
                "1 entry is kept back: it is booked through another channel",
                "{number} entries are kept back: they are booked through another channel",
                number,
            )
        case _:
            return many(
                "1 entry stands in the ledger otherwise than it was sent",
                "{number} entries stand in the ledger otherwise than they were sent",
                number,
            )


def _details(kind: Kind, over: bool, group: Sequence[Telling]) -> Iterator[str]:
    first = group[0].notice
    if kind in OF_RUNS:
        yield " ".join(first.values.get("error", "").split())
    elif kind is Kind.HELD:
        yield from _by_code(group)
    elif kind is Kind.MISSING and not over:
        yield texts.sentence(finding("INVOICE-EXPECTED", "", 0, **first.values))
    elif kind not in (Kind.MISSING, Kind.KEY, Kind.VERSION):
        numbers = [_number(each.notice.values.get("number", "")) for each in group]
        more = [_("and {number} more").format(number=len(numbers) - NUMBERS_SHOWN)] * (len(numbers) > NUMBERS_SHOWN)
        yield ", ".join([*numbers[:NUMBERS_SHOWN], *more])


def _by_code(group: Sequence[Telling]) -> Iterator[str]:
    """Documents and euros by direction and reason, the most euros first; purchases and sales have no common total."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for each in group:
        key = (each.now.values.get("direction", ""), each.now.values.get("code", ""))
        number, minor = sums.get(key, (0, 0))
        sums[key] = (number + 1, minor + each.now.minor)
    ordered = sorted(sums.items(), key=lambda each: (-abs(each[1][1]), each[0]))
    for (direction, code), (number, minor) in ordered[:CODES_SHOWN]:
        documents = many("1 document", "{number} documents", number)
        yield f"{code} ({_(direction)}): {documents}, {money(minor)} EUR"
    if len(ordered) > CODES_SHOWN:
        yield _("and {number} more").format(number=len(ordered) - CODES_SHOWN)


def _number(text: str) -> str:
    """The number of a document: what a source sends is no place for links, or for signs that steer."""
    return "".join(sign for sign in text if sign.isalnum() or sign in "-_/. ")[:LONGEST_NUMBER]


def _step(kind: Kind, name: str, told: Telling) -> str:
    """The next command, or what else to do."""
    if kind in OF_RUNS:
        return told.notice.values.get("hint", "")
    if kind is Kind.KEY:
        where = told.notice.values.get("key", "")
        return _(
            "make a new key in the partner portal, put it into {where}, set key_expires, and run: {command}"
        ).format(where=where, command=f"connector doctor -a {name}")
    if kind is Kind.MISSING:
        return texts.next_step(finding("INVOICE-EXPECTED", "", 0, **told.notice.values))
    return {
        Kind.HELD: f"connector findings -a {name} --severity hold",
        Kind.REJECTED: f"connector deliveries -a {name} --state rejected",
        Kind.UNKNOWN: f"connector sync -a {name}",
        Kind.ELSEWHERE: f"connector deliveries -a {name} --state held",
        Kind.DIFFERENCE: f"connector reconcile -a {name}",
        Kind.VERSION: _("Plan the move to its successor."),
    }[kind]


def _next(step: str) -> str:
    return _("Next: {step}").format(step=step)


def _moment(moment: datetime.datetime, zone: str) -> str:
    there = moment.astimezone(ZoneInfo(zone))
    return f"{texts.date(there.date())} {there:%H:%M} {there:%Z}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
