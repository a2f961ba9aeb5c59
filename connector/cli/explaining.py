"""An entry, explained: each posting with its lines, the rows that chose it, and the bytes it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connector import texts
from connector.app import Connector
from connector.cli import accepting
from connector.cli.output import Money, Output, State, amount, column, prose
from connector.cli.parties import sender
from connector.config import Administration
from connector.domain.accounts import ChartOfAccounts
from connector.domain.decision import Choice
from connector.domain.journal import PostingRole
from connector.engine import look
from connector.engine.look import DeliveryView, EntryView, Explained
from connector.texts import _, many, sentence

LINES_SHOWN = 10
"""Lines per posting that are shown without --all."""
_OF_VAT = ("customer", "treatment", "tax")
_OF_PARTY = ("customer",)
_ROLES = {
    PostingRole.PARTY: ("creditors_control", "debtors_control"),
    PostingRole.VAT_INPUT: ("vat_input", "vat_non_deductible"),
    PostingRole.VAT_DUE: ("vat_due", "vat_output"),
    PostingRole.ROUNDING: ("rounding",),
}
"""What the names of the roles begin with that give a posting its account; a net posting has it from a rule."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An entry with the names of its accounts."""

    administration: str
    view: EntryView
    chart: ChartOfAccounts


def explained(connector: Connector, administration: Administration, listed: DeliveryView) -> Shown:
    """The entry ``listed``, explained."""
    view = look.entry(*connector.at(administration), listed.entry_id)
    assert view is not None, "an entry that is listed is there"
    chart = connector.chart(administration, view.origin.mapping_version)
    return Shown(administration=administration.name, view=view, chart=chart)


def show(out: Output, shown: Shown, *, every: bool) -> None:
    """Show it all; at most ten lines per posting unless ``every``."""
    view, entry, origin = shown.view, shown.view.entry, shown.view.origin
    out.heading(f"{entry.number}  {entry.party}")
    out.facts(
        {
            "Administration": shown.administration,
            "Entry": view.listed.entry_id,
            "Key": entry.key.text,
            "VAT number of the sender": view.head.sender_vat or "-",
            "Bank account": view.head.sender_iban or "-",
            "Kind": State(name=entry.kind.value),
            "Date": entry.date,
            "Document date": entry.document_date,
            "Due": entry.due,
            "VAT period": entry.vat_period,
            "State": _state(view),
            "Mapping": _("{set}, version {number}").format(set=origin.mapping_set, number=origin.mapping_version),
        }
    )
    for found in view.accepted:
        assert found.accepted is not None, "only what was accepted is there"
        out.text("", f"{found.finding.code}: {sentence(found.finding)}", f"  {accepting.told(found.accepted)}")
    out.text("")
    _postings(out, shown)
    for number, each in enumerate(view.postings, 1):
        _posting(out, shown, number, each, every=every)
    out.heading(_("Where it comes from"))
    out.facts(
        {
            "Fetched": origin.fetched_at,
            "List": origin.endpoint,
            "Version of the document": origin.version_no,
            "SHA-256 of the document": origin.slice_sha256,
            "SHA-256 of the answer": origin.body_sha256,
        }
    )
    out.heading(_("What became of it"))
    out.table(
        [column("When"), column("State"), prose("By"), prose("Reason")],
        [(each.at, State(name=each.state.value), each.actor, texts.reason(each.reason)) for each in view.events],
    )


def _postings(out: Output, shown: Shown) -> None:
    view, currency = shown.view, shown.view.entry.currency
    out.table(
        [
            amount("No"),
            column("Account"),
            prose("Name"),
            column("VAT"),
            amount("Debit"),
            amount("Credit"),
            prose("Text"),
        ],
        [
            (
                number,
                each.posting.account,
                _name(shown.chart, each.posting.account),
                each.posting.tax,
                Money(minor=each.posting.minor, currency=currency) if each.posting.minor > 0 else "",
                Money(minor=-each.posting.minor, currency=currency) if each.posting.minor < 0 else "",
                _text(each),
            )
            for number, each in enumerate(view.postings, 1)
        ],
        total=("", "", "", "", _side(view, 1), _side(view, -1), ""),
    )


def _posting(out: Output, shown: Shown, number: int, each: Explained, *, every: bool) -> None:
    posting = each.posting
    out.heading(f"{number}. {posting.account} {_name(shown.chart, posting.account)}  {Money(minor=posting.minor)}")
    if each.takes_back is not None:
        told = _("Takes back posting {number} of entry {entry}, for its lines.")
        out.text("  " + told.format(number=each.takes_back.number, entry=each.takes_back.entry_id))
    out.text(*_rows(each))
    for role in roles(shown.chart, each):
        out.text(f"  accounts.csv: {role} = {posting.account}")
    shares = each.shares if every else each.shares[:LINES_SHOWN]
    out.table(
        [amount("Line"), prose("Customer"), prose("Plan"), prose("Charge"), amount("Share")],
        [
            (
                share.line.line_no,
                share.line.customer,
                share.line.plan or share.line.description,
                share.line.charge_type,
                Money(minor=share.minor),
            )
            for share in shares
        ]
        + ([_rest(each)] if len(shares) < len(each.shares) else []),
        total=(
            "",
            "",
            "",
            many("1 line", "{number} lines", len(each.shares)),
            Money(minor=sum(s.minor for s in each.shares)),
        ),
    )


def _rest(each: Explained) -> tuple[object, ...]:
    rest = each.shares[LINES_SHOWN:]
    told = _("{number} more lines; --all shows them.").format(number=len(rest))
    return ("", told, "", "", Money(minor=sum(share.minor for share in rest)))


def _rows(each: Explained) -> list[str]:
    """The rows that chose a posting, one line each: 'rules.csv:4 P020: account = 7010, action = post'.

    Where groups of lines were chosen for differently, each row says for how many groups it speaks.
    """
    whole = len({position for position, _choice in _all_choices(each)})
    by_row: dict[tuple[str, int, str, int], list[str]] = {}
    for choice, groups in choices(each):
        row = (choice.file, choice.row, choice.rule, groups)
        by_row.setdefault(row, []).append(f"{choice.column} = {choice.value}")
    told = []
    for (file, row_no, rule, groups), results in by_row.items():
        part = "" if groups == whole else f"  ({many('1 group', '{number} groups', groups)})"
        told.append(f"  {file}:{row_no} {rule}: {', '.join(results)}{part}")
    return told


def choices(each: Explained) -> list[tuple[Choice, int]]:
    """The rows that had a say in a posting, each with how many of its groups of lines it decided, by file and row."""
    counted: dict[Choice, int] = {}
    for _position, choice in _all_choices(each):
        counted[choice] = counted.get(choice, 0) + 1
    return sorted(counted.items(), key=lambda one: (one[0].file, one[0].row, one[0].column, one[0].value))


def _all_choices(each: Explained) -> list[tuple[int, Choice]]:
    return [
        (decided.position, choice)
        for decided in each.decisions
        for choice in decided.decision.choices
        if _counts(each.posting.role, choice.column)
    ]


def _counts(role: PostingRole, column_name: str) -> bool:
    match role:
        case PostingRole.NET:
            return True
        case PostingRole.VAT_INPUT | PostingRole.VAT_DUE:
            return column_name in _OF_VAT
        case _:
            return column_name in _OF_PARTY


def roles(chart: ChartOfAccounts, each: Explained) -> list[str]:
    """The roles of ``accounts.csv`` that give a posting its account, where no rule does."""
    wanted = _ROLES.get(each.posting.role, ())
    return (
        [name for name, code in chart.roles.items() if code == each.posting.account and name.startswith(wanted)]
        if wanted
        else []
    )


def _name(chart: ChartOfAccounts, account: str) -> str:
    return chart.accounts[account].name if account in chart.accounts else ""


def _text(each: Explained) -> str:
    dimensions = ", ".join(f"{name} {value}" for name, value in each.posting.dimensions)
    return "; ".join(part for part in (each.posting.text, dimensions) if part)


def _side(view: EntryView, sign: int) -> Money:
    return Money(
        minor=sum(each.posting.minor * sign for each in view.postings if each.posting.minor * sign > 0),
        currency=view.entry.currency,
    )


def _state(view: EntryView) -> str:
    listed = view.listed
    reference = f" ({listed.ledger} {listed.reference})" if listed.reference else f" ({listed.ledger})"
    return f"{_(listed.state)}{reference}"


def as_json(shown: Shown) -> dict[str, Any]:
    """The entry with everything, as JSON. ``lines`` of a posting add up to its ``amount``; debit is positive."""
    view, entry, origin = shown.view, shown.view.entry, shown.view.origin
    return {
        "administration": shown.administration,
        "id": view.listed.entry_id,
        "key": entry.key.text,
        "direction": entry.key.direction.value,
        "kind": entry.kind.value,
        "number": entry.number,
        "party": entry.party,
        "sender": sender(view.head),
        "date": entry.date,
        "document_date": entry.document_date,
        "tax_point": entry.tax_point,
        "vat_period": entry.vat_period,
        "due": entry.due,
        "currency": entry.currency,
        "total": Money(minor=entry.total_minor, currency=entry.currency),
        "fingerprint": entry.fingerprint,
        "state": view.listed.state,
        "ledger": view.listed.ledger,
        "reference": view.listed.reference or None,
        "mapping": {"set": origin.mapping_set, "version": origin.mapping_version, "sha256": origin.mapping_hash},
        "source": {
            "endpoint": origin.endpoint,
            "fetch": origin.fetch_id,
            "fetched_at": origin.fetched_at,
            "version": origin.version_no,
            "document_sha256": origin.slice_sha256,
            "answer_sha256": origin.body_sha256,
        },
        "accepted": [
            {"code": each.finding.code, "sentence": sentence(each.finding)} | (accepting.as_json(each.accepted) or {})
            for each in view.accepted
        ],
        "postings": [_posting_json(shown, number, each) for number, each in enumerate(view.postings, 1)],
        "history": [
            {"at": each.at, "state": each.state.value, "actor": each.actor, "reason": each.reason}
            for each in view.events
        ],
    }


def _posting_json(shown: Shown, number: int, each: Explained) -> dict[str, Any]:
    posting, currency = each.posting, shown.view.entry.currency
    return {
        "number": number,
        "account": posting.account,
        "name": _name(shown.chart, posting.account),
        "amount": Money(minor=posting.minor, currency=currency),
        "role": posting.role.value,
        "tax": posting.tax or None,
        "base": Money(minor=posting.base_minor, currency=currency) if posting.tax and posting.base_minor else None,
        "dimensions": dict(posting.dimensions),
        "text": posting.text,
        "deferral": posting.deferral or None,
        "takes_back": None
        if each.takes_back is None
        else {"entry": each.takes_back.entry_id, "posting": each.takes_back.number},
        "lines": [
            {
                "line": share.line.line_no,
                "customer": share.line.customer,
                "plan": share.line.plan,
                "charge_type": share.line.charge_type,
                "description": share.line.description,
                "net": Money(minor=share.line.net, currency=currency),
                "vat": Money(minor=share.line.vat, currency=currency),
                "share": Money(minor=share.minor, currency=currency),
            }
            for share in each.shares
        ],
        "chosen_by": [
            {
                "file": choice.file,
                "row": choice.row,
                "rule": choice.rule,
                "column": choice.column,
                "value": choice.value,
                "groups": groups,
            }
            for choice, groups in choices(each)
        ]
        + [
            {"file": "accounts.csv", "row": None, "rule": role, "column": "account", "value": posting.account}
            for role in roles(shown.chart, each)
        ],
    }
