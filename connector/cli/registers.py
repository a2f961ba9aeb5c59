"""What the commands for registers share: choose entries, list them, and show one with its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from connector.cli.options import Face
from connector.cli.output import amount, column, prose
from connector.texts import _, day, marked

if TYPE_CHECKING:
    from connector.app import Connector
    from connector.domain.register import Entry, EntryVersion, Listed
    from connector.engine.registers import Register

TITLES = {
    "account_id": marked("Account of the customer"),
    "company_name": marked("Customer"),
    "customer_number": marked("Customer number"),
    "subscription_id": marked("Subscription"),
    "subscription_name": marked("Name"),
    "plan_id": marked("Plan"),
    "plan_name": marked("Name of the plan"),
    "category": marked("Vendor"),
    "quantity": marked("Seats"),
    "start_date": marked("Start"),
    "expiration_date": marked("End of term"),
    "status": marked("Status"),
    "billing_frequency": marked("Billed"),
    "duration": marked("Duration"),
    "duration_type": marked("Unit of the duration"),
    "auto_renew": marked("Renews by itself"),
    "purchase_price": marked("Purchase price"),
    "sale_price": marked("Sale price"),
    "currency": marked("Currency"),
}
"""What the fields that we know are called."""
Keep = Callable[["Listed"], bool]


def chosen(
    face: Face, connector: Connector, register: str, keep: Keep, *, gone: bool
) -> list[tuple[str, Register, list[Listed]]]:
    """(administration, register, the entries that ``keep`` and ``gone`` let through) of each administration."""
    from connector.engine import registers

    found = []
    for administration in face.administrations:
        seen = registers.look(*connector.at(administration), register)
        entries = [each for each in seen.entries if (gone or each.gone_since is None) and keep(each)]
        found.append((administration.name, seen, entries))
    return found


def holds(entry: Entry, words: str | None, *fields: str) -> bool:
    """Whether one of ``fields``, of all when none is named, has ``words`` in it, whatever their case."""
    if words is None:
        return True
    texts = [entry.known.get(name, "") for name in fields] if fields else [*entry.known.values(), entry.key]
    others = [] if fields else [text for _name, text in entry.others]
    return any(words.casefold() in text.casefold() for text in (*texts, *others))


def empty(register: Register, setting: str) -> str:
    """What is said where there is no entry to show."""
    if register.asked_at is not None:
        return _("Nothing in {register} is as asked for.").format(register=register.name)
    told = _('{register} was never fetched; write lists = ["{setting}"] in the table of the source and fetch.')
    return told.format(register=register.name, setting=setting)


def known(entry: Entry, name: str) -> str:
    """A field as people read it: days in their way."""
    text = entry.known.get(name, "")
    if name in ("start_date", "expiration_date"):
        read = entry.start if name == "start_date" else entry.end
        return text if read is None else day(read.isoformat())
    return text


def show(face: Face, administration: str, each: Listed, versions: Sequence[EntryVersion]) -> None:
    """One entry with all it says, and what changed between its versions."""
    out, entry = face.out, each.entry
    out.heading(f"{entry.key}  {entry.known.get('company_name', '')}".rstrip())
    out.facts(
        {"Administration": administration}
        | {TITLES[name]: known(entry, name) for name in TITLES if name in entry.known}
        | {"Version": each.version_no, "Fetched": each.changed_at}
        | ({} if each.gone_since is None else {"Gone since": each.gone_since})
    )
    if entry.others:
        out.text("")
        out.table([column("Other fields, as they came"), prose("Value")], entry.others)
    out.text("")
    out.table(
        [amount("Version"), column("Fetched"), prose("Field"), prose("Before"), prose("After"), amount("Difference")],
        _changes(versions),
    )


def _changes(versions: Sequence[EntryVersion]) -> list[tuple[object, ...]]:
    from connector.domain.register import changed

    first = versions[0]
    rows: list[tuple[object, ...]] = [(first.version_no, first.fetched_at, _("first version"), "", "", "")]
    for before, after in pairwise(versions):
        for number, (name, was, now) in enumerate(changed(before.entry, after.entry)):
            head = ("", "") if number else (after.version_no, after.fetched_at)
            rows.append((*head, _(TITLES.get(name, name)), was, now, _difference(name, before.entry, after.entry)))
    return rows


def _difference(name: str, before: Entry, after: Entry) -> str:
    """How many seats came or went."""
    if name != "quantity" or before.quantity is None or after.quantity is None:
        return ""
    return signed(after.quantity - before.quantity)


def signed(number: Decimal) -> str:
    """A difference with its sign: '+2', '-1.5'."""
    return f"{number.normalize():+f}"


def as_json(administration: str, each: Listed) -> dict[str, Any]:
    """An entry as JSON: the fields that we know as texts, all others as they came."""
    import msgspec

    return {
        "administration": administration,
        "key": each.entry.key,
        "gone_since": each.gone_since,
        "version": each.version_no,
        "changed_at": each.changed_at,
        "fields": each.entry.known,
        "others": [{"field": name, "value": msgspec.Raw(text.encode())} for name, text in each.entry.others],
    }


def history_as_json(versions: Sequence[EntryVersion]) -> list[dict[str, Any]]:
    """The versions of an entry with what changed in each."""
    from connector.domain.register import changed

    told = [{"version": versions[0].version_no, "fetched_at": versions[0].fetched_at, "changes": []}]
    told += [
        {
            "version": after.version_no,
            "fetched_at": after.fetched_at,
            "changes": [
                {"field": name, "before": was, "after": now} for name, was, now in changed(before.entry, after.entry)
            ],
        }
        for before, after in pairwise(versions)
    ]
    return told


def show_named(face: Face, register: str, name: str) -> None:
    """Show the entries of a register whose key is ``name``. UsageError when there is none."""
    from connector.cli import working

    with working.opened(face) as connector:
        answer = named(face, connector, register, name)
    if not answer:
        raise no_such(name, register)
    face.out.answer({"entries": answer})


def named(face: Face, connector: Connector, register: str, name: str) -> list[dict[str, Any]]:
    """Show the entries of a register whose key is ``name``, and give them as JSON."""
    from connector.engine import registers

    answer: list[dict[str, Any]] = []
    for administration, _seen, found in chosen(
        face, connector, register, lambda each: each.entry.key == name, gone=True
    ):
        (owner,) = face.settings.select((administration,))
        for each in found:
            versions = registers.history(*connector.at(owner), each.entry_id)
            show(face, administration, each, versions)
            answer.append(as_json(administration, each) | {"versions": history_as_json(versions)})
    return answer


def no_such(name: str, register: str) -> click.UsageError:
    """What is said of a name that is in no administration."""
    return click.UsageError(f"There is no {name} in {register}; the command 'list' shows what there is.")
