"""How a trial month is shown: per account, then every difference in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.cli.mapping import past
from connector.cli.output import Money, State, amount, column, prose
from connector.domain import trial as trials
from connector.domain import trial_moves as moved
from connector.texts import _, many, marked, money, reason

if TYPE_CHECKING:
    from connector.cli.options import Face
    from connector.domain.trial import Compared, Explanation, Trial
    from connector.engine.trial import TrialReport

_STRANGERS = 10
"""Of these so many are shown, the largest."""
KINDS = {
    moved.ACCOUNT: marked("other account"),
    moved.VAT_ACCOUNT: marked("other VAT account"),
    moved.PARTY_ACCOUNT: marked("other account of creditors or debtors"),
    moved.REVERSE_CHARGE: marked("reverse charge on one side only"),
    moved.VAT: marked("VAT differs"),
    moved.ROUNDING: marked("rounding"),
    moved.INCOMPLETE: marked("incomplete in the books"),
    moved.AMOUNT: marked("not explained"),
    trials.MISSING: marked("not in the books"),
    trials.ELSEWHERE: marked("in another month"),
    trials.HELD: marked("held here"),
    trials.TWICE: marked("booked again"),
}


def show(face: Face, name: str, file: Path, report: TrialReport, *, every: bool) -> None:
    """Show everything to a person."""
    trial, out = report.trial, face.out
    past.show_remarks(face, report.remarks)
    out.heading(name)
    out.text(_("{month} beside {file} ({form}):").format(month=trial.period, file=file, form=report.form))
    out.text(
        ", ".join(
            (
                many("1 entry stands", "{number} entries stand", report.booked),
                many("1 document was booked on paper", "{number} documents were booked on paper", report.on_paper),
                many("1 document is held", "{number} documents are held", report.held),
            )
        )
        + "."
    )
    if report.ignored:
        told = many(
            "1 document is left out by {{rules}}.", "{number} documents are left out by {{rules}}.", report.ignored
        )
        out.text(told.format(rules=", ".join(map(reason, report.rules))))
    out.text("")
    _accounts(face, trial)
    _sums(face, trial)
    _documents(face, trial, every=every)
    _strangers(face, trial, every=every)
    out.text("", _verdict(trial))


def _accounts(face: Face, trial: Trial) -> None:
    rows = [
        (
            each.account,
            each.name,
            Money(minor=each.ours),
            Money(minor=each.theirs),
            Money(minor=each.difference),
            Money(minor=each.unexplained),
            Money(minor=each.others),
            each.others_lines,
        )
        for each in trial.accounts
    ]
    face.out.table(
        [
            column("Account"),
            prose("Name"),
            amount("We would book"),
            amount("In the books"),
            amount("Difference"),
            amount("Not explained"),
            amount("Others there", spare=1),
            amount("Lines of others", spare=2),
        ],
        rows,
        empty=_("There are no documents in this month."),
    )


def _sums(face: Face, trial: Trial) -> None:
    """The moves from account to account over all documents, the largest first."""
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for each in trial.explanations:
        if each.source:
            minor, count = sums.get((each.kind, each.source, each.target), (0, 0))
            sums[each.kind, each.source, each.target] = (minor + each.minor, count + 1)
    if not sums:
        return
    face.out.heading(_("From account to account"))
    face.out.table(
        [prose("Why"), column("We book on"), column("The books have on"), amount("Amount"), amount("Documents")],
        [
            (State(name=KINDS[kind]), source, target, Money(minor=minor), count)
            for (kind, source, target), (minor, count) in sorted(
                sums.items(), key=lambda each: (-abs(each[1][0]), each[0])
            )
        ],
    )


def _documents(face: Face, trial: Trial, *, every: bool) -> None:
    shown = [each for each in trial.compared if each.explanations or every]
    same = len(trial.compared) - sum(bool(each.explanations) for each in trial.compared)
    face.out.heading(_("Documents"))
    face.out.text(
        many("1 document is booked as we would book it.", "{number} documents are booked as we would book them.", same)
    )
    for each in shown:
        for told in sentences(each) or [_("booked as we would book it")]:
            face.out.text(f"  {_numbers(each)}: {told}")


def _strangers(face: Face, trial: Trial, *, every: bool) -> None:
    if not trial.strangers:
        return
    shown = sorted(trial.strangers, key=lambda each: (-abs(each.minor), each.date, each.place))
    left = 0 if every else len(shown) - _STRANGERS
    face.out.heading(_("Entries of the same parties that are none of our documents"))
    face.out.table(
        [column("Entry"), column("Date"), prose("Party"), prose("Text"), amount("Largest line")],
        [
            (each.place, each.date, each.party, each.text, Money(minor=each.minor))
            for each in (shown[:_STRANGERS] if left > 0 else shown)
        ],
    )
    if left > 0:
        face.out.text(many("1 more row; --all shows it.", "{number} more rows; --all shows them.", left))


def _verdict(trial: Trial) -> str:
    if trial.is_explained:
        return _("Every difference is explained.")
    if trial.is_other_books:
        return _("None of our documents is in this file: is it of this company, and of this month?")
    euros = money(sum(abs(each.unexplained) for each in trial.accounts) // 2)
    return _("Not everything is explained: {euros}.").format(euros=euros)


def sentences(compared: Compared) -> list[str]:
    """Every difference of a document as a sentence without its subject."""
    told = []
    if compared.whole:
        moves = [each for each in compared.explanations if each.kind == moved.ACCOUNT]
        parts = ", ".join(f"{each.source} {money(each.minor)}" for each in sorted(moves, key=lambda one: one.source))
        told.append(_("booked whole on {account}; we book {parts}").format(account=compared.whole, parts=parts))
    told += [_told(each) for each in compared.explanations if not (compared.whole and each.kind == moved.ACCOUNT)]
    return told


def _told(each: Explanation) -> str:
    forms = {
        moved.ACCOUNT: _("{minor} is on {target}; we book it on {source}"),
        moved.VAT_ACCOUNT: _("the VAT of {minor} is on {target}; we book it on {source}"),
        moved.PARTY_ACCOUNT: _("the open item of {minor} is on {target}; we book it on {source}"),
        moved.REVERSE_CHARGE: _("only one side has the VAT of the reverse charge: {effects}"),
        moved.VAT: _("the VAT differs: {minor} is on {target}; we book it on {source}"),
        moved.ROUNDING: _("a rounding of {minor} ({source}, {target})"),
        moved.INCOMPLETE: _("its lines in the books do not add up to zero: {effects}"),
        moved.AMOUNT: _("the amounts differ by {minor} ({source}, {target}); this is not explained"),
        trials.MISSING: _("is not in the books of this month: {total}"),
        trials.ELSEWHERE: _("is not in the books of this month but in {why}"),
        trials.HELD: _("is held here ({why}); the books have: {effects}")
        if each.effects
        else _("is held here ({why})"),
        trials.TWICE: _("is in the books once more ({places}): {effects}"),
    }
    return forms[each.kind].format(
        minor=money(each.minor),
        source=each.source,
        target=each.target,
        effects=_effects(each.effects),
        total=money(max((abs(minor) for _account, minor in each.effects), default=0)),
        why=", ".join(each.why),
        places=", ".join(each.places),
    )


def _effects(effects: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{account} {money(minor)}" for account, minor in effects if minor)


def _numbers(compared: Compared) -> str:
    return " + ".join(dict.fromkeys(each.number for each in compared.documents))


def as_json(report: TrialReport) -> dict[str, Any]:
    """The trial as JSON."""
    trial = report.trial
    return {
        "month": trial.period,
        "form": report.form,
        "explained": trial.is_explained,
        "booked": report.booked,
        "on_paper": report.on_paper,
        "held": report.held,
        "ignored": report.ignored,
        "rules": report.rules,
        "accounts": [
            {
                "account": each.account,
                "name": each.name,
                "ours": Money(minor=each.ours),
                "theirs": Money(minor=each.theirs),
                "difference": Money(minor=each.difference),
                "unexplained": Money(minor=each.unexplained),
                "others": Money(minor=each.others),
                "others_lines": each.others_lines,
            }
            for each in trial.accounts
        ],
        "documents": [_document(each) for each in trial.compared],
        "strangers": [
            {
                "entry": each.place,
                "date": each.date,
                "party": each.party,
                "text": each.text,
                "minor": Money(minor=each.minor),
            }
            for each in trial.strangers
        ],
        "remarks": past.as_json(report.remarks),
    }


def _document(compared: Compared) -> dict[str, Any]:
    return {
        "numbers": [each.number for each in compared.documents],
        "direction": compared.documents[0].direction,
        "dates": [each.date for each in compared.documents],
        "party": compared.documents[0].party,
        "found_by": compared.how or None,
        "entries": compared.places,
        "whole_on": compared.whole or None,
        "ours": _amounts(compared.ours),
        "theirs": _amounts(compared.theirs),
        "differences": [
            {
                "kind": each.kind,
                "source": each.source or None,
                "target": each.target or None,
                "amount": Money(minor=each.minor),
                "effects": _amounts(each.effects),
                "why": each.why,
                "entries": each.places,
                "explained": each.is_explained,
            }
            for each in compared.explanations
        ],
        "sentences": sentences(compared),
    }


def _amounts(amounts: Sequence[tuple[str, int]]) -> dict[str, Money]:
    return {account: Money(minor=minor) for account, minor in amounts}
