"""Tie-out: papers are kept, and each is put beside the document that the API gave of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

import msgspec

from connector.domain.checks import Document
from connector.domain.document import entry_key
from connector.domain.finding import Finding
from connector.domain.paper import KeptPaper, Paper, bare_vat_number, paper_findings, standing
from connector.engine.books import Books, Workplace
from connector.store import kept, papers, purges, states
from connector.store.database import Connection
from connector.store.ids import Ids
from connector.store.states import LineState, Standing


class Tie(Enum):
    """How a paper stands beside the data."""

    MATCHED = "matched"
    DIFFERING = "differing"
    INCOMPLETE = "incomplete"
    WITHOUT_INVOICE = "without invoice"
    NOT_READABLE = "not readable"
    REPLACED = "replaced"


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A file to keep as a paper: its bytes, its name, the mail address it came from, and what was read of it."""

    paper: Paper
    name: str
    sender: str
    sha256: bytes
    content: bytes


class Tied(msgspec.Struct, frozen=True, kw_only=True):
    """A paper beside its document, if there is one. ``net``, ``vat`` and ``total`` are the document's, in minor units;
    ``findings`` what the comparison tells."""

    kept: KeptPaper
    tie: Tie
    standing: Standing | None = None
    net: int = 0
    vat: int = 0
    total: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def difference(self) -> int | None:
        """The document's total minus that of the paper; ``None`` when one of both is not known."""
        if self.standing is None or self.kept.paper.gross is None:
            return None
        return self.total - self.kept.paper.gross

    @property
    def too_late(self) -> bool:
        """Whether the document is in the books, so that a paper that differs holds nothing."""
        return self.standing is not None and self.standing.state is LineState.POSTED


def keep(place: Workplace, books: Books, offered: Offered, *, actor: str) -> bool:
    """Keep one paper; ``False`` when these very bytes are kept already, or its document was purged. Raises BusyError
    while a run works on the administration."""
    with place.database.lock(books.name), place.database.transaction() as connection:
        if _was_purged(connection, books, _kept(place, offered, actor)):
            return False
        return papers.add(
            connection, books.id, Ids(connection, books.id), _kept(place, offered, actor), offered.content
        )


def _kept(place: Workplace, offered: Offered, actor: str) -> KeptPaper:
    return KeptPaper(
        paper=offered.paper,
        name=offered.name,
        sha256=offered.sha256,
        size=len(offered.content),
        sender=offered.sender,
        actor=actor,
        at=place.clock(),
    )


def knows(place: Workplace, books: Books, sha256: bytes) -> bool:
    """Whether these very bytes are kept as a paper."""
    with place.database.reading() as connection:
        return papers.knows(connection, books.id, sha256)


def was_purged(place: Workplace, books: Books, offered: Offered) -> bool:
    """Whether the documents of a paper were removed at the end of their legal period, so that it is not kept again."""
    with place.database.reading() as connection:
        return _was_purged(connection, books, _kept(place, offered, ""))


def _was_purged(connection: Connection, books: Books, paper: KeptPaper) -> bool:
    """A later paper than the years of that purge is of a document still to come under the number."""
    untils = purges.untils(connection, books.id)
    owners = papers.invoices_of(connection, books.id, [paper])[paper.sha256] if untils else ()
    day = paper.paper.date
    return bool(owners) and all(each in untils and (day is None or day.year <= untils[each]) for each in owners)


def would_be(place: Workplace, books: Books, offered: Offered, *, actor: str) -> Tied:
    """How a paper stands, or would stand if it were kept; nothing is written."""
    mine = _kept(place, offered, actor)
    with place.database.reading() as connection:
        return _tied(connection, books, [mine], standing([mine]))[0]


def is_for(place: Workplace, books: Books, paper: Paper) -> bool:
    """Whether the buyer on a paper is this administration, or where it names none, a document here has its number."""
    if paper.buyer_vat and books.vat_number:
        return paper.buyer_vat == bare_vat_number(books.vat_number)
    with place.database.reading() as connection:
        return bool(paper.number) and paper.number in {each.number for each in states.standings(connection, books.id)}


def ties(place: Workplace, books: Books) -> list[Tied]:
    """Every paper beside its document, oldest first; one that belongs to several documents is told of each."""
    with place.database.reading() as connection:
        every = papers.every(connection, books.id)
        counting = {each for mine in papers.by_version(connection, books.id).values() for each in mine}
        return _tied(connection, books, every, [each for each in every if each in counting])


def content(place: Workplace, books: Books, paper: KeptPaper) -> bytes:
    """The bytes of a paper that is kept."""
    with place.database.reading() as connection:
        return papers.content(connection, books.id, paper.sha256)


def _tied(
    connection: Connection, books: Books, every: Sequence[KeptPaper], counting: Iterable[KeptPaper]
) -> list[Tied]:
    owners = papers.invoices_of(connection, books.id, every)
    by_invoice = {each.invoice_id: each for each in states.standings(connection, books.id)} if every else {}
    newest, found = {each.sha256 for each in counting}, list[Tied]()
    for each in every:
        mine = [by_invoice[invoice] for invoice in owners[each.sha256] if invoice in by_invoice]
        if not mine:
            readable = each.paper.obstacle is None and each.paper.number != ""
            found.append(Tied(kept=each, tie=Tie.WITHOUT_INVOICE if readable else Tie.NOT_READABLE))
        found += [_beside(connection, books, each, one, each.sha256 in newest) for one in mine]
    return found


def _beside(connection: Connection, books: Books, paper: KeptPaper, one: Standing, counts: bool) -> Tied:
    version = next(kept.load(connection, books.id, [one.version_id]))
    key = entry_key(books.name, version.key, purpose="invoice", period=one.period)
    document = Document(head=version.head, groups=version.groups, key=key)
    findings = tuple(
        paper_findings(
            version.head,
            net=document.net,
            total=document.total,
            own_vat_number=books.vat_number,
            papers=(paper,),
            required=False,
        )
    )
    stated = version.head.stated_vat
    return Tied(
        kept=paper,
        tie=_tie(findings) if counts else Tie.REPLACED,
        standing=one,
        net=document.net,
        vat=document.total - document.net if stated is None else stated,
        total=document.total,
        findings=findings,
    )


def _tie(findings: Sequence[Finding]) -> Tie:
    codes = {each.code for each in findings}
    if codes == {"PAPER-CONFIRMED"}:
        return Tie.MATCHED
    return Tie.INCOMPLETE if codes == {"PAPER-INCOMPLETE"} else Tie.DIFFERING
