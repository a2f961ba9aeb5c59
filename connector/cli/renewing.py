"""``connector subscriptions renewals``: what renews soon, until when it can be stopped, and what it costs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector import texts
from connector.cli import choosing, exporting, options
from connector.cli.icalendar import Event, calendar
from connector.cli.options import DAY, Face
from connector.cli.output import Money, State, amount, cell, column, prose
from connector.cli.registers import signed
from connector.texts import _, many, marked

if TYPE_CHECKING:
    from connector.domain.renewal import Renewal, Subscribed
    from connector.engine.renewals import RenewalReport

STAGES = (marked("notice possible"), marked("notice is past"), marked("window open"))
"""Where a day lies before or after a renewal."""


@click.command()
@options.common
@options.administrations
@click.option("--days", type=click.IntRange(0, 3650), help="Renewals within so many days. Default: 90.")
@click.option("--until", type=DAY, help="Renewals up to this day, instead of --days.")
@click.option("--customer", metavar="TEXT", help="Only of customers with this in their name, number or account.")
@click.option("--notice", "notice_days", type=click.IntRange(0, 365), default=30, show_default=True,
              help="Days before a renewal by which notice is given.")  # fmt: skip
@exporting.option
@click.option("--ics", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the days to a calendar file as well (iCalendar).")  # fmt: skip
@options.yes
def renewals(
    face: Face,
    *,
    days: int | None,
    until: datetime.datetime | None,
    customer: str | None,
    notice_days: int,
    export: Path | None,
    ics: Path | None,
    yes: bool,
) -> None:
    """Show which subscriptions renew soon: until when they can be changed, and what a term costs.

    Dates and seats come from the list customer-subscriptions where it is fetched, else from the last invoices. A
    Microsoft subscription can be cancelled or made smaller in the seven days from its renewal; after them the term
    binds. Cost and sale are of a whole term at what was last billed. Renewals whose window is open are shown as well.
    """
    from connector.cli import working
    from connector.engine.renewals import report

    if days is not None and until is not None:
        raise click.UsageError("Give --days or --until, not both.")
    if ics is not None and ics.suffix.lower() != ".ics":
        told = f"{ics} does not end in .ics, by which calendars know such a file; --export writes tables."
        raise click.UsageError(told)
    last = until.date() if until else face.today + datetime.timedelta(days=90 if days is None else days)
    if last < face.today:
        raise click.UsageError(f"--until {last} lies before today, {face.today}.")

    names: set[str] = set()

    def keep(each: Subscribed) -> bool:
        names.add(each.customer)
        whose = (each.customer, each.customer_number, each.account_id)
        return customer is None or any(customer.casefold() in text.casefold() for text in whose)

    with working.opened(face) as connector:
        found = [report(*connector.at(each), last, notice_days=notice_days, keep=keep) for each in face.administrations]

    def show(to: Face) -> None:
        for each in found:
            to.out.heading(each.administration)
            _table(to, each)
            _remarks(to, each)

    show(face)
    if customer is not None and not any(each.calendar.renewals for each in found):
        face.out.text(*filter(None, [choosing.perhaps(customer, names)]))
    exporting.write(face, export, show, yes=yes)
    if ics is not None:
        from connector.cli.mapping.whole import write_asked

        events = [event for each in found for event in _events(each)]
        if write_asked(face, ics, calendar(_("Renewals"), events, face.now), yes=yes):
            face.out.text(_("Written to {file}.").format(file=ics))
    face.out.answer({"administrations": [_as_json(each, face.today) for each in found]})


def _table(face: Face, found: RenewalReport) -> None:
    rows = found.calendar.renewals
    face.out.table(
        [
            prose("Customer"),
            prose("Plan"),
            column("Subscription", spare=4),
            amount("Seats"),
            amount("Change", spare=2),
            column("Notice until"),
            column("Renews"),
            column("Window until"),
            prose("Now", spare=1),
            amount("Months", spare=3),
            amount("Cost of a term"),
            amount("Sale of a term"),
        ],
        [_row(each, face.today) for each in rows],
        total=(
            *("", many("1 subscription", "{number} subscriptions", len(rows)), "", "", "", "", "", "", "", ""),
            Money(minor=sum(each.cost or 0 for each in rows)),
            Money(minor=sum(each.sale or 0 for each in rows)),
        ),
        empty=_("Nothing renews until {day}.").format(day=texts.date(found.until)),
    )


def _row(each: Renewal, today: datetime.date) -> tuple[object, ...]:
    months = "" if each.term_months is None else str(each.term_months)
    return (
        each.subscription.customer,
        each.subscription.plan,
        each.subscription.subscription_id,
        _seats(each.seats),
        _change(each),
        each.notice,
        each.renews,
        each.window_end,
        State(name=each.stage(today)),
        f"{months}?" if each.assumed else months,
        "" if each.cost is None else Money(minor=each.cost),
        "" if each.sale is None else Money(minor=each.sale),
    )


def _seats(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"


def _change(each: Renewal) -> str:
    if each.seats is None or each.seats_before is None or each.seats == each.seats_before:
        return ""
    return signed(each.seats - each.seats_before)


def _remarks(face: Face, found: RenewalReport) -> None:
    out, seen = face.out, found.calendar
    if found.told_at is not None:
        out.text(_("From the list of subscriptions of {moment}.").format(moment=cell(found.told_at)))
    else:
        out.text(_("From the last invoices; the list of subscriptions was never fetched."))
    if any(each.assumed for each in seen.renewals):
        out.text(_("12?: several years have passed, so a term is taken for a year."))
    if any(each.cost is None for each in seen.renewals):
        out.text(_("Where a cost is missing, the length of a term or its last bill is not known."))
    if seen.passed:
        told = many(
            "1 subscription reached its end, and no bill tells whether it went on.",
            "{number} subscriptions reached their end, and no bill tells whether they went on.",
            len(seen.passed),
        )
        out.text(told)
    if seen.ended:
        out.text(many("1 subscription has ended.", "{number} subscriptions have ended.", seen.ended))
    if seen.endless:
        out.text(many("1 subscription has no term.", "{number} subscriptions have no term.", seen.endless))


def _events(found: RenewalReport) -> Iterator[Event]:
    """The last day of notice, and the renewal with its window."""
    for each in found.calendar.renewals:
        whose = each.subscription
        name = f"{whose.customer}: {whose.plan}"
        facts = [f"{_('Subscription')}: {whose.subscription_id}"]
        if each.seats is not None:
            facts.append(f"{_('Seats')}: {_seats(each.seats)}")
        for title, minor in ((_("Cost of a term"), each.cost), (_("Sale of a term"), each.sale)):
            if minor is not None:
                facts.append(f"{title}: EUR {texts.money(minor)}")
        key = f"{found.administration}\n{whose.account_id}\n{whose.subscription_id}\n{each.renews}"
        yield Event(
            key=f"notice\n{key}",
            first=each.notice,
            last=each.notice,
            title=_("Last day of notice: {name}").format(name=name),
            text="\n".join(facts),
        )
        yield Event(
            key=f"renewal\n{key}",
            first=each.renews,
            last=each.window_end or each.renews,
            title=_("Renews: {name}").format(name=name),
            text="\n".join(facts),
        )


def _as_json(found: RenewalReport, today: datetime.date) -> dict[str, Any]:
    seen = found.calendar
    return {
        "administration": found.administration,
        "until": found.until,
        "source": "customer-subscriptions" if found.register else "invoices",
        "told_at": found.told_at,
        "renewals": [
            {
                "subscription": each.subscription.subscription_id,
                "customer": each.subscription.customer,
                "customer_number": each.subscription.customer_number,
                "account": each.subscription.account_id,
                "plan": each.subscription.plan,
                "vendor": each.subscription.vendor,
                "renews_by_itself": each.subscription.renews_itself,
                "notice": each.notice,
                "renews": each.renews,
                "window_end": each.window_end,
                "stage": each.stage(today),
                "term_months": each.term_months,
                "term_assumed": each.assumed,
                "seats": _seats(each.seats) or None,
                "seats_before": _seats(each.seats_before) or None,
                "cost": None if each.cost is None else Money(minor=each.cost),
                "sale": None if each.sale is None else Money(minor=each.sale),
            }
            for each in seen.renewals
        ],
        "passed": [
            {
                "subscription": each.subscription_id,
                "customer": each.customer,
                "plan": each.plan,
                "end": each.end,
            }
            for each in seen.passed
        ],
        "without_term": seen.endless,
        "ended": seen.ended,
    }
