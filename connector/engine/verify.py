"""Verify: prove the cents offline, from the raw bytes to the ledger's receipts, trusting nothing that was derived.

The equation: per direction and period, what the raw bytes add up to = held + ignored + ready + in delivery + posted, in
lines and in cents. What was purged is on both sides, by what is kept of it. Besides, every table that holds cents is
compared with what it was made from, so that one changed cent anywhere is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from connector.domain.delivery import DeliveryState
from connector.domain.document import parse_entry_key
from connector.domain.journal import JournalEntry, Posting, PostingRole
from connector.domain.money import show
from connector.domain.reading import Head
from connector.domain.reclassification import is_adoption, is_reclassification
from connector.engine import moves_proof, people, purge_proof, registers_proof
from connector.engine.batches import batches
from connector.engine.books import Books, Workplace
from connector.engine.detail import unproven
from connector.engine.plain_reader import FIELDS, PlainLine, exact_sum, plain_lines, plain_totals
from connector.engine.proof import PURGED, Equation, Problem, Proof
from connector.errors import LedgerRefused
from connector.ledgers.base import Ledger, Listing
from connector.store import (
    deliveries,
    entries,
    fetches,
    findings,
    proofs,
    provenance,
    purges,
    reclassifications,
    states,
)
from connector.store import receipts as stored_receipts
from connector.store.database import Connection
from connector.store.deliveries import Delivery
from connector.store.proofs import EntryRow, VersionRow
from connector.store.provenance import Behind

__all__ = ("Equation", "Problem", "Proof", "verify")

_head = msgspec.json.Decoder(Head)
_BATCH, _BATCH_LINES = 200, 10_000
_NOTHING = Decimal("1e-30")
"""Less than any amount has digits for."""
_OF_LINES = (PostingRole.NET, PostingRole.REVERSED)
"""Postings of cost or revenue: what is booked of lines, and what is taken back of it."""
_WITH_BASE = (PostingRole.VAT_INPUT, PostingRole.VAT_DUE, PostingRole.VAT_COST)
_MAY_BE_THERE = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.REJECTED)
"""Deliveries of which the ledger may hold the document although we have no receipt."""


def verify(place: Workplace, books: Books, ledger: Ledger | None = None) -> Proof:
    """Prove the cents of an administration; with ``ledger``, also that it holds exactly what was posted."""
    proof = Proof()
    with place.database.reading() as connection:
        checker = _Checker(connection, books, proof)
        checker.run()
        if ledger is not None:
            try:
                proof.problems += checker.compare(ledger)
            except LedgerRefused as error:  # files that others edited: the rest is proved all the same
                where = error.where or f"ledger {ledger.name}"
                proof.problems.append(Problem(where=where, message=f"{error.message}. {error.hint}"))
    return proof


class _Checker:
    def __init__(self, connection: Connection, books: Books, proof: Proof) -> None:
        self._connection, self._books, self._proof = connection, books, proof
        self._raw: dict[int, tuple[VersionRow, int, int]] = {}
        """The versions that could be read again, with the lines and net cents of their raw bytes."""

    def run(self) -> None:
        proof = self._proof
        proof.problems += self._references()
        proof.problems += self._texts()
        proof.problems += self._bodies()
        proof.problems += self._documents()
        proof.problems += self._details()
        proof.problems += self._registers()
        proof.problems += self._findings()
        proof.problems += self._people()
        proof.problems += self._entries()
        proof.problems += self._deliveries()
        proof.problems += self._purges()
        proof.equations += self._equations()
        for each in proof.equations:
            if not each.holds:
                where = f"{each.direction} {each.period}"
                proof.problems.append(Problem(where=where, message="the states do not add up to the source"))

    def _references(self) -> Iterator[Problem]:
        for where, missing in proofs.dangling(self._connection, self._books.id).items():
            yield Problem(where=where, message=f"{missing} rows name one that is not there")

    def _texts(self) -> Iterator[Problem]:
        for table, reference in proofs.changed_texts(self._connection, self._books.id):
            yield Problem(where=f"{table} {reference}", message="its texts were changed")

    def _bodies(self) -> Iterator[Problem]:
        """Every body is rebuilt from its envelope and slices, and hashed."""
        by_id = {}
        known = {version.invoice_id for version in proofs.versions(self._connection, self._books.id)}
        known |= purges.invoice_ids(self._connection, self._books.id)
        for row in proofs.fetches(self._connection, self._books.id):
            self._proof.bodies += 1
            where = f"fetch {row.fetch_id}"
            by_id[row.fetch_id] = row
            if row.same_as is not None:
                if row.same_as not in by_id or by_id[row.same_as].sha256 != row.sha256:
                    yield Problem(where=where, message=f"it is said to equal fetch {row.same_as}, but its hash differs")
                continue
            try:
                doubt = purge_proof.body_doubt(self._connection, self._books, row)
                envelope = fetches.envelope_of(self._connection, self._books.id, row.fetch_id)
            except Exception as error:  # noqa: BLE001 - damaged bytes fail in many ways, and all mean the same
                yield Problem(where=where, message=f"its body cannot be rebuilt: {error}")
                continue
            if doubt:
                yield Problem(where=where, message=doubt)
            lost = {each for inside in envelope.invoices for each in inside} - known
            if lost:
                yield Problem(where=where, message=f"{len(lost)} of its documents are not in the store any more")

    def _documents(self) -> Iterator[Problem]:
        """Every version is read again from its raw bytes and compared with lines and totals."""
        for version in list(proofs.versions(self._connection, self._books.id)):
            self._proof.documents += 1
            where = f"{version.direction} {version.number} version {version.version_no}"
            try:
                exact = fetches.slice_body(self._connection, self._books.id, version.slice_sha256)
            except Exception as error:  # noqa: BLE001 - as above
                yield Problem(where=where, message=f"its raw bytes cannot be read: {error}")
                continue
            raw = list(plain_lines(exact, version.part))
            self._proof.lines += len(raw)
            self._raw[version.version_id] = (version, len(raw), sum(line.net for line in raw))
            yield from self._lines(where, version, raw)
            yield from _totals(where, version, raw, exact)

    def _lines(self, where: str, version: VersionRow, raw: Sequence[PlainLine]) -> Iterator[Problem]:
        """The kept lines are those of the raw bytes."""
        count = 0
        for number, net, vat, *texts in proofs.line_amounts(self._connection, self._books.id, version.version_id):
            count += 1
            if 1 <= number <= len(raw):
                yield from _line(f"{where} line {number}", raw[number - 1], net, vat, texts)
        if count != len(raw):
            yield Problem(where=where, message=f"{count} lines are kept, the raw bytes have {len(raw)}")

    def _details(self) -> Iterator[Problem]:
        names = {key: f"{version.direction} {version.number}" for key, (version, *_) in self._raw.items()}
        for where, message, minor in unproven(self._connection, self._books, names):
            yield Problem(where=where, message=message, minor=minor)

    def _registers(self) -> Iterator[Problem]:
        for where, message in registers_proof.problems(self._connection, self._books):
            yield Problem(where=where, message=message)

    def _findings(self) -> Iterator[Problem]:
        by_preparation = findings.of_preparations(self._connection, self._books.id)
        for preparation_id, digest in proofs.preparation_digests(self._connection, self._books.id).items():
            if findings.digest(by_preparation.get(preparation_id, [])) != digest:
                yield Problem(where=f"preparation {preparation_id}", message="its findings were changed")
        by_version = findings.of_versions(self._connection, self._books.id, list(self._raw))
        for version_id, (version, _, _) in self._raw.items():
            if findings.digest(by_version.get(version_id, ())) != version.findings_digest:
                where = f"{version.direction} {version.number} version {version.version_no}"
                yield Problem(where=where, message="its findings were changed")

    def _people(self) -> Iterator[Problem]:
        for where, message in people.doubts(self._connection, self._books.id):
            yield Problem(where=where, message=message)

    def _entries(self) -> Iterator[Problem]:
        """Every entry balances, is what was sealed, and holds the cents of its document."""
        for batch in self._batches():
            behind = provenance.behind(self._connection, self._books.id, [row.entry_id for row in batch])
            try:
                loaded = entries.load(self._connection, self._books.id, list(behind), behind)
            except AssertionError:  # one of them is out of balance: which one is seen one by one
                loaded = {}
            for row in batch:
                self._proof.entries += 1
                yield from self._entry(row, loaded.get(row.entry_id), behind)

    def _batches(self) -> Iterator[list[EntryRow]]:
        return batches(
            proofs.entry_rows(self._connection, self._books.id),
            lambda row: self._raw[row.version_id][1] if row.version_id in self._raw else 0,
            most=_BATCH,
            most_lines=_BATCH_LINES,
        )

    def _entry(self, row: EntryRow, entry: JournalEntry | None, behind: Mapping[int, Behind]) -> Iterator[Problem]:
        where = f"entry {row.entry_id} ({row.number})"
        for number in behind[row.entry_id].strange():
            yield Problem(where=f"{where} posting {number}", message="its decisions are not those of its lines")
        if entry is None:
            try:
                entry = entries.load(self._connection, self._books.id, [row.entry_id], behind)[row.entry_id]
            except AssertionError as error:
                yield Problem(where=where, message=str(error))
                return
        if not row.fingerprint == row.sealed == entry.fingerprint or row.postings != len(entry.postings):
            yield Problem(where=where, message="it is not what was sealed")
        if row.total != entry.total_minor:
            difference = row.total - entry.total_minor
            yield Problem(where=where, message="its total is not that of its open item", minor=difference)
        if row.version_id in self._raw:
            yield from self._explained(where, entry, row.version_id)
            if is_reclassification(entry.key.purpose):
                yield from self._reclassification(where, row, entry, behind[row.entry_id])

    def _explained(self, where: str, entry: JournalEntry, version_id: int) -> Iterator[Problem]:
        """What the postings hold is what their groups and lines add up to."""
        version, _, raw_net = self._raw[version_id]
        sign = 1 if version.direction == "purchase" else -1
        if is_reclassification(entry.key.purpose) and not is_adoption(entry.key.purpose):
            raw_net = 0  # it takes back what it books
        nets = [posting for posting in entry.postings if posting.role in _OF_LINES]
        booked = sum(posting.minor for posting in nets) * sign
        if booked != raw_net:
            message = f"it books {show(booked)} net, its lines are {show(raw_net)}"
            yield Problem(where=where, message=message, minor=booked - raw_net)
        found = proofs.group_sums(self._connection, self._books.id, version_id)
        groups = {position: net for position, (_, net, _) in found.items()}
        own = [posting for posting in nets if posting.role is PostingRole.NET]
        for positions, minor in _together(own).items():
            if minor * sign != sum(groups.get(position, 0) for position in positions):
                yield Problem(where=where, message="its cost or revenue is not that of the lines behind it")
        alone = any(posting.line_no for posting in own)
        lines = proofs.line_nets(self._connection, self._books.id, version_id) if alone else {}
        for number, posting in enumerate(entry.postings, 1):
            at = f"{where} posting {number}"
            if posting in own and posting.line_no is not None and posting.minor * sign != lines.get(posting.line_no):
                yield Problem(where=at, message=f"it is not line {posting.line_no}")
            with_base = posting.role in _WITH_BASE
            base = sum(groups.get(position, 0) for position in posting.groups) if with_base else 0
            if base != posting.base_minor:
                yield Problem(where=at, message="its base is not that of its lines", minor=posting.base_minor - base)

    def _reclassification(self, where: str, row: EntryRow, entry: JournalEntry, behind: Behind) -> Iterator[Problem]:
        before = reclassifications.posted_before(self._connection, self._books.id, entry.key.document, row.entry_id)
        loaded = entries.load(self._connection, self._books.id, before)
        _, _, raw_net = self._raw[row.version_id]
        for message, minor in moves_proof.doubts(entry, behind, [(each, loaded[each]) for each in before], raw_net):
            yield Problem(where=where, message=message, minor=minor)

    def _deliveries(self) -> Iterator[Problem]:
        last = proofs.last_events(self._connection, self._books.id)
        receipts = proofs.receipts(self._connection, self._books.id)
        self._proof.receipts = len(receipts)
        for each in deliveries.in_states(self._connection, self._books.id, list(DeliveryState)):
            where = f"delivery {each.delivery_id} ({each.key})"
            if last.get(each.delivery_id) != each.state.value:
                message = f"it is {each.state.value}, its last event says {last.get(each.delivery_id)}"
                yield Problem(where=where, message=message)
            receipt = receipts.get(each.delivery_id)
            if (receipt is not None) != (each.state is DeliveryState.POSTED):
                yield Problem(where=where, message="posted and receipt do not go together")
            if receipt is None:
                continue
            key, fingerprint, total, _ = receipt
            if (key, fingerprint, total) != (each.key, each.fingerprint, each.total):
                yield Problem(where=where, message="its receipt is for something else", minor=total - each.total)

    def _purges(self) -> Iterator[Problem]:
        for where, message, minor in purge_proof.doubts(self._connection, self._books):
            yield Problem(where=where, message=message, minor=minor)

    def _equations(self) -> Iterator[Equation]:
        sums: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
        for one in states.standings(self._connection, self._books.id):
            _, raw_lines, raw_net = self._raw.get(one.version_id, (None, 0, 0))
            mine = sums.setdefault((one.direction, one.period), {})
            _add(mine, "source", raw_lines, raw_net)
            _add(mine, one.state.value, one.lines, one.net)
        for gone in purges.sums(self._connection, self._books.id):
            mine = sums.setdefault((gone.direction, gone.period), {})
            self._proof.purged += gone.documents
            for name in ("source", PURGED):
                _add(mine, name, gone.lines, gone.net)
        for (direction, period), each in sorted(sums.items()):
            yield Equation(direction=direction, period=period, sums=each)

    def compare(self, ledger: Ledger) -> Iterator[Problem]:
        """What was posted is in the ledger, once, under its key and with its fingerprint; and nothing else is."""
        where = f"ledger {ledger.name}"
        mine = [
            each
            for each in deliveries.in_states(self._connection, self._books.id, list(DeliveryState))
            if each.ledger == self._books.ledger
        ]
        posted = [each for each in mine if each.state is DeliveryState.POSTED]
        adopted = stored_receipts.adopted(self._connection, self._books.id, self._books.ledger)
        there = ledger.find_many([parse_entry_key(each.key) for each in posted])
        for each in posted:
            found = [one for one in there.get(each.document_key, ()) if one.key == each.key]
            if each.delivery_id in adopted:
                # A booking of others stands for it: whether that is there, 'connector reconcile' asks the ledger.
                if found:
                    yield Problem(where=where, message=f"it holds {each.key} besides the booking adopted for it")
            elif len(found) != 1:
                yield Problem(where=where, message=f"it holds {each.key} {len(found)} times instead of once")
            elif found[0].fingerprint != each.fingerprint:
                yield Problem(where=where, message=f"it holds {each.key} with other content")
        if isinstance(ledger, Listing):
            yield from self._listed(where, ledger, mine)

    def _listed(self, where: str, ledger: Listing, mine: Sequence[Delivery]) -> Iterator[Problem]:
        posted = {each.key: each for each in mine if each.state is DeliveryState.POSTED}
        possible = {each.document_key for each in mine if each.state in _MAY_BE_THERE}
        for held in ledger.all_entries():
            key = parse_entry_key(held.key)
            known = posted.get(held.key)
            if key.administration != self._books.name or (known is None and key.document in possible):
                continue
            total = known.total if known is not None else self._purged_total(held.key)
            if total is None:
                yield Problem(where=where, message=f"it holds {held.key}, of which we have no receipt")
            elif held.total_minor != total:
                difference = held.total_minor - total
                yield Problem(where=where, message=f"it holds {held.key} with another total", minor=difference)

    def _purged_total(self, key: str) -> int | None:
        """The total of an entry that was purged, ``None`` when there was none with this key."""
        found = purges.entries_by_key(self._connection, self._books.id, self._books.ledger, [key])
        return found[key].total_minor if key in found else None


def _line(where: str, plain: PlainLine, net: int, vat: int, texts: Sequence[str | None]) -> Iterator[Problem]:
    if (plain.net, plain.vat) != (net, vat):
        difference = net - plain.net or vat - plain.vat
        yield Problem(where=where, message="it differs from the raw bytes", minor=difference)
    for name, text, amount in zip(FIELDS, texts, plain.amounts, strict=True):
        if amount != (None if text is None else Decimal(text)):
            yield Problem(where=where, message=f"its {name} is kept as {text}, the raw bytes have {amount}")


def _totals(where: str, version: VersionRow, raw: list[PlainLine], exact: bytes) -> Iterator[Problem]:
    """What is kept of the whole document: its sums, what was rounded off, and the totals it states."""
    net, vat = sum(line.net for line in raw), sum(line.vat for line in raw)
    if (version.lines, version.net, version.vat) != (len(raw), net, vat):
        difference = version.net - net or version.vat - vat
        yield Problem(where=where, message="its totals differ from the raw bytes", minor=difference)
    off = exact_sum(raw, net, exact)
    if abs(Decimal(version.rounded_off) - off) > _NOTHING:
        yield Problem(where=where, message=f"rounded off: {version.rounded_off} is kept, the raw bytes give {off}")
    head = _head.decode(version.head)
    totals = plain_totals(exact)
    for stated in (head.stated_net, head.stated_vat, head.stated_gross):
        if stated is not None and stated not in totals:
            yield Problem(where=where, message=f"a stated total of {show(stated)} is not in the raw bytes")


def _together(postings: Sequence[Posting]) -> dict[frozenset[int], int]:
    """The sum of the postings that share groups, directly or through others, by groups."""
    sums: dict[frozenset[int], int] = {}
    for posting in postings:
        positions, minor = frozenset(posting.groups), posting.minor
        for other in [each for each in sums if each & positions]:
            positions, minor = positions | other, minor + sums.pop(other)
        sums[positions] = sums.get(positions, 0) + minor
    return sums


def _add(sums: dict[str, tuple[int, int]], state: str, lines: int, net: int) -> None:
    before = sums.get(state, (0, 0))
    sums[state] = (before[0] + lines, before[1] + net)
