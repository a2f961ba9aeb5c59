"""Findings in force: about documents, about months, and what leaks between purchases and sales.

Nothing here changes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from connector.domain.catalogue import severity_of
from connector.domain.dates import month_of
from connector.domain.fields import Happening
from connector.domain.finding import Finding, Severity, finding
from connector.domain.invoice import Direction
from connector.domain.paper import comes_too_late
from connector.engine import completeness, fields
from connector.engine.books import Books, Workplace
from connector.store import details, document_views, drifts, sightings, states
from connector.store.database import Connection
from connector.store.document_views import FindingView
from connector.store.leaks import Leak, customers_without_invoice, lines_without_partner
from connector.store.states import LineState, Standing

# Faces see what the store shows through here.
__all__ = ("FindingView", "Leak", "Standing")

LEAKS = {"COST-WITHOUT-SALE": Direction.PURCHASE, "SALE-WITHOUT-COST": Direction.SALE}
"""Controls C13 and C14: the code of the finding, and the direction whose lines have no partner."""
NOT_INVOICED = "CUSTOMER-WITHOUT-INVOICE"
SPECIFICATIONS, ISSUED = "customer-specifications", "customer-invoices"

_OF_FIELDS = {
    Happening.APPEARED: "FIELD-APPEARED",
    Happening.VANISHED: "FIELD-VANISHED",
    Happening.CHANGED: "FIELD-CHANGED",
}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A finding in force with the document it concerns.

    ``standing`` is ``None`` for findings about no single document; these are about the month ``period`` ('YYYY-MM').
    """

    found: FindingView
    standing: Standing | None
    period: str


def findings(place: Workplace, books: Books) -> list[Seen]:
    """Every finding in force, gravest first and then by euros; leaks (controls C13 and C14) last, summed per month."""
    with place.database.reading() as connection:
        known = list(states.standings(connection, books.id))
        by_version = {each.version_id: each for each in known}
        seen = [
            Seen(found=each, standing=by_version[each.version_id], period=by_version[each.version_id].period)
            for each in about(connection, books, known)
        ]
        lost = {code: _leaks(connection, books, code) for code in (*LEAKS, NOT_INVOICED)}
        unknown = list(_unknown_fields(connection, books))
        unknown += [_of_month(each.month, each.finding) for each in completeness.alarms(connection, place, books)]
    order = list(Severity)
    seen.sort(key=lambda each: (order.index(each.found.severity), -abs(each.found.finding.minor)))
    seen += unknown
    return seen + [each for code, found in lost.items() for each in _by_month(code, found)]


def about(connection: Connection, books: Books, standing: Sequence[Standing]) -> Iterator[FindingView]:
    """The findings in force about ``standing``, and what is seen only now: booked documents that the source lost, and
    details that do not add up."""
    posted = {each.version_id for each in standing if each.state is LineState.POSTED}
    for found in document_views.findings_in_force(connection, books.id, *scope(standing)):
        late = found.version_id in posted and found.accepted is None and comes_too_late(found.finding.code)
        yield msgspec.structs.replace(found, booked=True, severity=Severity.WARN) if late else found
    gone = sightings.vanished(connection, books.id)
    for each in standing:
        if each.invoice_id in gone and each.state in (LineState.POSTED, LineState.IN_DELIVERY):
            told = finding("VANISHED-POSTED", "", each.net, window=each.source)
            yield FindingView(version_id=each.version_id, severity=severity_of(told), finding=told)
    by_version = {each.version_id: each for each in standing}
    for apart in details.disagreeing(connection, books.id, by_version):
        each = by_version[apart.version_id]
        told = finding("DETAIL-DIFFERS", "", apart.net + apart.vat - each.net - each.vat, number=each.number)
        yield FindingView(version_id=each.version_id, severity=severity_of(told), finding=told)


def scope(standing: Sequence[Standing]) -> tuple[set[int], set[int]]:
    """The versions and preparations whose findings are in force."""
    preparations = {each.preparation_id for each in standing if each.preparation_id is not None}
    return {each.version_id for each in standing}, preparations


def _unknown_fields(connection: Connection, books: Books) -> Iterator[Seen]:
    """Fields that the source sends and nobody documented: each told once, with the invoice it was first seen in."""
    for endpoint, path, example, _, at in drifts.noted(connection, books.id):
        told = finding("UNKNOWN-FIELD", f"{endpoint}: {path}", 0, example=example)
        found = FindingView(version_id=0, severity=severity_of(told), finding=told)
        yield Seen(found=found, standing=None, period=month_of(at.date()))
    known = {f"{endpoint}: {path}" for endpoint, path, *_ in drifts.noted(connection, books.id)}
    for each in fields.told(connection, books):
        where = f"{each.endpoint}: {each.note.path}"
        if where not in known:
            kinds, code = ", ".join(each.note.kinds), _OF_FIELDS[each.note.happening]
            told = finding(code, where, 0, example=each.note.example, kinds=kinds)
            yield _of_month(month_of(each.seen_at.date()), told)


def _by_month(code: str, found: Sequence[Leak]) -> list[Seen]:
    lines = Counter(each.period for each in found)
    euros: Counter[str] = Counter()
    for each in found:
        euros[each.period] += each.net
    told = [(period, finding(code, "", euros[period], count=lines[period])) for period in sorted(lines)]
    return [_of_month(period, each) for period, each in told]


def _of_month(period: str, told: Finding) -> Seen:
    """A finding about a month, not about a document."""
    return Seen(found=FindingView(version_id=0, severity=severity_of(told), finding=told), standing=None, period=period)


def leaks(place: Workplace, books: Books, code: str) -> list[Leak]:
    """What is behind a leak finding: lines bought and not sold on, or sold without a purchase, or the customers of
    specifications without an invoice."""
    with place.database.reading() as connection:
        return _leaks(connection, books, code)


def _leaks(connection: Connection, books: Books, code: str) -> list[Leak]:
    if code == NOT_INVOICED:
        return customers_without_invoice(connection, books.id, SPECIFICATIONS, ISSUED)
    return lines_without_partner(connection, books.id, LEAKS[code], books.sale_source)
