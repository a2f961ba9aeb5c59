"""How proposals are shown and written: the row, the euros that wait for it, and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from connector.cli.mapping import past
from connector.cli.mapping.whole import write_asked
from connector.cli.output import Money, amount, column, prose
from connector.domain.money import from_minor
from connector.domain.past_books import vat_key
from connector.domain.suggesting import Evidence, EvidenceKind, Proposal
from connector.texts import _, date, many, money

if TYPE_CHECKING:
    from connector.cli.options import Face
    from connector.domain.accounts import ChartOfAccounts
    from connector.engine.suggest import Suggestions

RULE_COLUMNS = (
    *("id", "direction", "charge_type", "product_group", "plan", "account", "action", "note"),
    *("euros", "lines", "evidence"),
)
CUSTOMER_COLUMNS = ("account_id", "name", "debtor", "country", "vat_number", "vat_checked", "note", "euros", "lines")
_SHOWN = 2
"""Reasons that are shown beside a proposal; the file and the JSON have all."""


def show(face: Face, name: str, found: Suggestions, chart: ChartOfAccounts) -> None:
    """Show everything to a person."""
    past.show_remarks(face, found.remarks)
    face.out.heading(name)
    if found.rules:
        _rules(face, found.rules, chart)
    else:
        face.out.text(_("Every line has an account."))
    if found.customers:
        _customers(face, found.customers)
    if found.tax_gaps:
        face.out.heading(_("Without a VAT treatment: for your accountant to decide, in taxmap.csv"))
        face.out.table(
            [column("Code"), prose("What"), amount("Amount"), amount("Lines")],
            [(each.code, each.subject, Money(minor=each.minor), each.lines) for each in found.tax_gaps],
        )


def _rules(face: Face, rules: Sequence[Proposal], chart: ChartOfAccounts) -> None:
    face.out.heading(_("Rows for rules.csv"))
    rows = []
    for each in rules:
        cells = dict(each.cells)
        account = cells["account"]
        known = chart.accounts.get(account)
        rows.append(
            (
                each.id,
                cells["charge_type"],
                cells["product_group"],
                cells["plan"],
                f"{account} {known.name}" if known else account,
                Money(minor=each.minor),
                each.lines,
                "; ".join(sentences(each)[:_SHOWN]),
            )
        )
    face.out.table(
        [
            column("Id"),
            prose("Charge type"),
            prose("Product group"),
            prose("Plan"),
            prose("Account"),
            amount("Waiting"),
            amount("Lines", spare=1),
            prose("Because"),
        ],
        rows,
        total=("", "", "", "", "", Money(minor=sum(each.minor for each in rules)), sum(e.lines for e in rules), ""),
    )


def _customers(face: Face, customers: Sequence[Proposal]) -> None:
    face.out.heading(_("Rows for customers.csv"))
    face.out.table(
        [
            column("Id"),
            column("AccountID"),
            prose("Name"),
            column("Debtor"),
            column("Country", spare=1),
            column("VAT number"),
            amount("Waiting"),
            prose("Because"),
        ],
        [
            (
                each.id,
                *(dict(each.cells)[name] for name in ("account_id", "name", "debtor", "country", "vat_number")),
                Money(minor=each.minor),
                "; ".join(sentences(each)),
            )
            for each in customers
        ],
    )


def sentences(proposal: Proposal) -> list[str]:
    """Why this row, strongest reason first."""
    if proposal.table == "customers.csv":
        return [_relation(proposal)]
    reasons = [_reason(each) for each in proposal.evidence]
    if proposal.clashes:
        return [_("such a row would also match lines of another account; make one that names more columns"), *reasons]
    return reasons or [_("nothing is known; choose an account")]


def _relation(proposal: Proposal) -> str:
    found, cells = proposal.relations, dict(proposal.cells)
    if not found:
        return _("no relation with this VAT number or name in past books; fill in the debtor")
    if len(found) > 1:
        numbers = ", ".join(each.number for each in found)
        return _("several relations fit ({numbers}); fill in the debtor").format(numbers=numbers)
    same_number = cells["vat_number"] and vat_key(found[0].vat_number) == vat_key(cells["vat_number"])
    if same_number and cells["name"] != found[0].name:
        return _("relation {number} ({name}) has this VAT number").format(number=found[0].number, name=found[0].name)
    return _("relation {number} has this name").format(number=found[0].number)


def _reason(each: Evidence) -> str:
    forms = {
        EvidenceKind.DESCRIPTION: _("'{subject}' was booked on {account}"),
        EvidenceKind.SUPPLIER: _("{subject} was booked on {account}"),
        EvidenceKind.SIMILAR: _("similar rows ({subject}) give {account}"),
        EvidenceKind.STARTER: _("the starter set ({subject}) gives {account}"),
    }
    told = forms[each.kind].format(subject=each.subject, account=each.account)
    if each.share is not None:
        how = many(
            "1 line, {{euros}}, last {{day}}, {{percent}} %",
            "{number} lines, {{euros}}, last {{day}}, {{percent}} %",
            each.share.lines,
        )
        figures = how.format(euros=money(each.share.minor), day=date(each.share.last), percent=each.share.percent)
        told = f"{told} ({figures})"
    return told if each.known else f"{told}, {_('which is not in accounts.csv')}"


def note(proposal: Proposal) -> str:
    """What is noted in the row that is taken."""
    return _("proposed: {why}").format(why=sentences(proposal)[0])


def write(face: Face, out: Path, found: Suggestions, *, yes: bool) -> list[Path]:
    """Write the proposals in the form of the tables, customers in a file beside it, after asking where a file is there
    already; the files written.
    """
    from connector.mapping_files.adding import listed

    wanted = {out: listed(RULE_COLUMNS, [_cells(each) for each in found.rules])}
    if found.customers:
        beside = out.with_name(f"{out.stem}-customers{out.suffix}")
        wanted[beside] = listed(CUSTOMER_COLUMNS, [_cells(each) for each in found.customers])
    return [file for file, content in wanted.items() if write_asked(face, file, content, yes=yes)]


def _cells(each: Proposal) -> dict[str, str]:
    why = "; ".join(sentences(each))
    more = {"euros": f"{from_minor(each.minor):f}", "lines": str(each.lines), "evidence": why, "note": note(each)}
    return {"id": each.id} | dict(each.cells) | more


def as_json(found: Suggestions) -> dict[str, Any]:
    """The proposals as JSON."""
    return {
        "form": found.form or None,
        "rules": [_proposal(each) for each in found.rules],
        "customers": [_proposal(each) for each in found.customers],
        "tax": [
            {"code": each.code, "what": each.subject, "net": Money(minor=each.minor), "lines": each.lines}
            for each in found.tax_gaps
        ],
        "remarks": past.as_json(found.remarks),
    }


def _proposal(each: Proposal) -> dict[str, Any]:
    return {
        "id": each.id,
        "table": each.table,
        "row": dict(each.cells),
        "net": Money(minor=each.minor),
        "lines": each.lines,
        "can_be_taken": each.can_be_taken,
        "clashes": each.clashes,
        "evidence": [_evidence(one) for one in each.evidence],
        "relations": each.relations,
        "because": sentences(each),
    }


def _evidence(each: Evidence) -> dict[str, Any]:
    share = None
    if each.share is not None:
        share = msgspec.structs.asdict(each.share) | {"minor": Money(minor=each.share.minor)}
    return {
        "kind": each.kind.value,
        "account": each.account,
        "subject": each.subject,
        "in_accounts": each.known,
        "booked": share,
    }
