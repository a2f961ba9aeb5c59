"""Look: what people ask about documents, entries and deliveries. Nothing here changes anything."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from connector.domain.dates import month_of
from connector.domain.delivery import DeliveryEvent, DeliveryState
from connector.domain.detail import Split
from connector.domain.difference import Change, difference
from connector.domain.explanation import LineCents, allocate_posting
from connector.domain.finding import Severity
from connector.domain.invoice import Invoice
from connector.domain.journal import JournalEntry, Posting, balances
from connector.domain.reading import Head
from connector.engine import in_force
from connector.engine.books import Books, Workplace
from connector.engine.detail import explained
from connector.engine.dialect import Dialect, documents_in
from connector.store import (
    deliveries,
    document_views,
    entries,
    entry_views,
    fetches,
    preparations,
    provenance,
    schema,
    states,
)
from connector.store.database import Connection
from connector.store.document_views import FindingView, LineView, VersionView
from connector.store.entry_views import DecisionView, DeliveryView, Origin
from connector.store.provenance import TakenBack
from connector.store.states import LineState, Standing

# Faces see what the store shows through here.
__all__ = ("DecisionView", "DeliveryView", "FindingView", "LineView", "Origin", "Standing", "VersionView")

ACCEPTED = "accepted, not prepared yet"
"""Why a document is held whose findings were all accepted."""


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """A document, and why it is held or ignored: codes of findings, the rule that ignores, or what a person said.

    A document whose findings were all accepted is held until the next sync prepares it.
    """

    standing: Standing
    reasons: tuple[str, ...]


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an invoice and what changed since the version before."""

    version: VersionView
    changes: tuple[Change, ...]


class InvoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice: where it stands, its lines, its findings, and its history, newest version last. ``splits`` are its
    corrections beside the single changes that explain them, where these were fetched."""

    stands: Stands
    head: Head
    lines: tuple[LineView, ...]
    findings: tuple[FindingView, ...]
    revisions: tuple[Revision, ...]
    deliveries: tuple[DeliveryView, ...]
    splits: tuple[Split, ...] = ()


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What a line adds to a posting, in minor units with the sign of the posting."""

    line: LineView
    minor: int


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A posting with the lines whose cents it holds (they sum to the posting) and the decisions behind it;
    ``takes_back`` names the posting of an earlier entry that it takes back, whose lines and decisions these are."""

    posting: Posting
    shares: tuple[Share, ...]
    decisions: tuple[DecisionView, ...]
    takes_back: TakenBack | None = None


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, explained: postings, delivery with its history, what was accepted for it, and the raw bytes it comes
    from."""

    listed: DeliveryView
    entry: JournalEntry
    postings: tuple[Explained, ...]
    events: tuple[DeliveryEvent, ...]
    accepted: tuple[FindingView, ...]
    origin: Origin
    head: Head


def standings(place: Workplace, books: Books) -> list[Stands]:
    """Every current document with its state and the reasons for it, by date and number."""
    with place.database.reading() as connection:
        return _stands(connection, books, list(states.standings(connection, books.id)))


def _stands(connection: Connection, books: Books, standing: Sequence[Standing]) -> list[Stands]:
    codes: dict[int, list[str]] = {}
    for each in document_views.findings_in_force(connection, books.id, *in_force.scope(standing)):
        if each.severity is Severity.HOLD and each.finding.code not in codes.setdefault(each.version_id, []):
            codes[each.version_id].append(each.finding.code)
    words: dict[int | None, str] = {}
    if any(each.state is LineState.HELD and each.entry_id is not None for each in standing):
        words = {each.entry_id: f"{each.actor}: {each.reason}" for each in entry_views.deliveries(connection, books.id)}
    return [
        Stands(standing=each, reasons=_reasons(each, codes.get(each.version_id, []), words.get(each.entry_id, "")))
        for each in standing
    ]


def _reasons(standing: Standing, codes: Sequence[str], words: str) -> tuple[str, ...]:
    """Codes of findings; for an entry that a person keeps back who did and why, in their ``words``."""
    if standing.state is not LineState.HELD:
        return (standing.reason,) if standing.reason else ()
    if standing.entry_id is not None:
        return (words,)
    return tuple(codes) or (standing.reason or ACCEPTED,)


def invoices(place: Workplace, books: Books, dialect: Dialect, number: str) -> list[InvoiceView]:
    """The invoices with this number (one per end customer for a specification), with lines, findings and history."""
    with place.database.reading() as connection:
        found = [each for each in states.standings(connection, books.id) if each.number == number]
        if not found:
            return []
        sent = [each for each in entry_views.deliveries(connection, books.id) if each.number == number]
        stands = _stands(connection, books, found)
        return [_invoice(connection, books, dialect, each, sent) for each in stands]


def _invoice(
    connection: Connection, books: Books, dialect: Dialect, stands: Stands, sent: Sequence[DeliveryView]
) -> InvoiceView:
    standing = stands.standing
    revisions = _revisions(connection, books, dialect, standing)
    mine = {each.version.version_id for each in revisions}
    return InvoiceView(
        stands=stands,
        head=document_views.head_of(connection, books.id, standing.version_id),
        lines=tuple(document_views.lines_of(connection, books.id, standing.version_id)),
        findings=tuple(in_force.about(connection, books, [standing])),
        revisions=tuple(revisions),
        deliveries=tuple(each for each in sent if each.version_id in mine),
        splits=tuple(explained(connection, books, dialect, standing.source, standing.version_id)),
    )


def _revisions(connection: Connection, books: Books, dialect: Dialect, standing: Standing) -> list[Revision]:
    found: list[Revision] = []
    before: Invoice | None = None
    for version in document_views.versions_of(connection, books.id, standing.invoice_id):
        exact = fetches.slice_body(connection, books.id, version.slice_sha256)
        parts = documents_in(dialect.parse(exact).invoice, standing.source, books)
        part = next(each for each in parts if each.part == version.part)
        after = part.invoice
        if part.customers is not None:
            after = msgspec.structs.replace(after, customers=part.customers)
        changes = () if before is None else tuple(difference(before, after))
        found.append(Revision(version=version, changes=changes))
        before = after
    return found


def entry_list(place: Workplace, books: Books) -> list[DeliveryView]:
    """Every entry with its delivery, by date."""
    with place.database.reading() as connection:
        return list(entry_views.deliveries(connection, books.id))


def find_entries(listed: Sequence[DeliveryView], name: str) -> list[DeliveryView]:
    """The entries of ``listed`` that ``name`` means: a key, a document number, else an id.

    Of a document's entries those that are not cancelled, or the last one when all are.
    """
    for matches in (
        [each for each in listed if name in (each.key, each.document_key)],
        [each for each in listed if each.number == name],
    ):
        if matches:
            live = [each for each in matches if each.state != DeliveryState.CANCELLED.value]
            return live or matches[-1:]
    return [each for each in listed if str(each.entry_id) == name]


def entry(place: Workplace, books: Books, entry_id: int) -> EntryView | None:
    """An entry with every posting explained, ``None`` when there is none with this id."""
    with place.database.reading() as connection:
        origin = entry_views.origin_of(connection, books.id, entry_id)
        if origin is None:
            return None
        listed = next(each for each in entry_views.deliveries(connection, books.id) if each.entry_id == entry_id)
        stands = entries.load(connection, books.id, [entry_id])[entry_id]
        made = preparations.that_made(connection, books.id, entry_id)
        found = document_views.findings_in_force(
            connection, books.id, {origin.version_id}, set() if made is None else {made}
        )
        return EntryView(
            listed=listed,
            entry=stands,
            postings=_postings(connection, books, entry_id),
            events=tuple(deliveries.events(connection, books.id, listed.delivery_id)),
            accepted=tuple(each for each in found if each.accepted is not None),
            origin=origin,
            head=document_views.head_of(connection, books.id, origin.version_id),
        )


def _postings(connection: Connection, books: Books, entry_id: int) -> tuple[Explained, ...]:
    """The postings of an entry, explained. What is taken back is explained by the entry that booked it."""
    behind = provenance.behind(connection, books.id, [entry_id])
    stands = entries.load(connection, books.id, [entry_id], behind)[entry_id]
    version_id = entry_views.version_of(connection, books.id, entry_id)
    lines = list(document_views.lines_of(connection, books.id, version_id))
    decisions = entry_views.decisions_of(connection, books.id, behind[entry_id])
    gone = behind[entry_id].taken_back
    booked = {each: _postings(connection, books, each) for each in {one.entry_id for one in gone.values()}}
    return tuple(
        _taken_back(posting, gone[number], booked[gone[number].entry_id][gone[number].number - 1])
        if number in gone
        else _explained(number, posting, lines, decisions)
        for number, posting in enumerate(stands.postings, 1)
    )


def _taken_back(posting: Posting, gone: TakenBack, booked: Explained) -> Explained:
    shares = tuple(Share(line=each.line, minor=-each.minor) for each in booked.shares)
    return Explained(posting=posting, shares=shares, decisions=booked.decisions, takes_back=gone)


def _explained(
    number: int, posting: Posting, lines: Sequence[LineView], decisions: Sequence[DecisionView]
) -> Explained:
    by_number = {line.line_no: line for line in lines}
    shares = allocate_posting(posting, [_cents(line) for line in lines])
    return Explained(
        posting=posting,
        shares=tuple(Share(line=by_number[line_no], minor=minor) for line_no, minor in shares),
        decisions=_behind(number, posting, decisions),
    )


def _behind(number: int, posting: Posting, decisions: Sequence[DecisionView]) -> tuple[DecisionView, ...]:
    """The decisions behind a posting: its own, or for VAT and the open item those of the groups that it holds."""
    own = tuple(each for each in decisions if each.posting_no == number)
    held = set(posting.groups)
    return own or tuple({each.position: each for each in decisions if each.position in held}.values())


def _cents(line: LineView) -> LineCents:
    month = month_of(line.end) if line.end else ""
    return LineCents(line_no=line.line_no, group=line.group, net=line.net, vat=line.vat, month=month)


def delivery(place: Workplace, books: Books, delivery_id: int) -> tuple[DeliveryView, tuple[DeliveryEvent, ...]] | None:
    """A delivery with its history, oldest first; ``None`` when there is none with this id."""
    with place.database.reading() as connection:
        for each in entry_views.deliveries(connection, books.id):
            if each.delivery_id == delivery_id:
                return each, tuple(deliveries.events(connection, books.id, delivery_id))
    return None


def last_fetch(place: Workplace, all_books: Sequence[Books]) -> datetime.datetime | None:
    """When the source of any of ``all_books`` was last asked, ``None`` when it never was."""
    with place.database.reading() as connection:
        moments = [states.last_fetch(connection, books.id) for books in all_books]
    return max((each for each in moments if each is not None), default=None)


def totals(place: Workplace, books: Books, entry_ids: Collection[int]) -> Mapping[str, int]:
    """What ``entry_ids`` do together to each account, in minor units, debit positive, by account."""
    sums: Counter[str] = Counter()
    with place.database.reading() as connection:
        for each in entries.load(connection, books.id, entry_ids).values():
            for account, minor in balances(each).items():
                sums[account] += minor
    return dict(sorted(sums.items()))


def row_counts(place: Workplace) -> Mapping[str, int]:
    """How many rows each table of the database holds: what a run added shows as a difference."""
    with place.database.reading() as connection:
        return schema.row_counts(connection)
