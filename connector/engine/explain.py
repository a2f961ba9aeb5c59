"""Explain: what was decided for a line, by which rows of which mapping version, and what would be decided now."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import msgspec

from connector.domain.combination import Combination
from connector.domain.coverage import USUAL_FIELDS, Usual
from connector.domain.decision import Decision
from connector.domain.invoice import Direction
from connector.domain.mapping import Mapping
from connector.domain.near_miss import NearRule, near_rules
from connector.domain.results import same_results
from connector.engine.books import Books, Workplace, ignoring_rule
from connector.engine.run import MappingFiles
from connector.store import decisions, mapping_versions, named_lines, sums
from connector.store.mapping_versions import MappingVersion
from connector.store.named_lines import NamedLine

__all__ = ("MappingVersion", "NamedLine")

_PLACE = re.compile(r"(?P<number>[^/]+)(/(?P<customer>.+))?:(?P<line>\d{1,9})")
_LOOKED_AT = 20
"""The newest documents that tell what is usual."""


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided for the entry of a line's document, and the mapping version that said so."""

    entry_id: int
    state: str
    decision: Decision
    version: MappingVersion


class LineExplained(msgspec.Struct, frozen=True, kw_only=True):
    """A line with what was decided for its entry (``None`` without one), and what the tables decide ``now``.

    ``saved`` is the mapping version that the tables are, ``None`` when they were not saved as one yet. ``left_out``
    names what keeps the whole document out of the books, '' when nothing does.
    """

    line: NamedLine
    booked: Booked | None
    now: Decision
    saved: MappingVersion | None
    left_out: str

    @property
    def differs(self) -> bool:
        """Whether the tables would now do something else than what was booked."""
        return self.booked is not None and not same_results(self.booked.decision, self.now)


def lines_named(place: Workplace, books: Books, name: str) -> list[NamedLine]:
    """The lines that ``name`` means: an InvoiceRowHash, NUMBER:LINE, or NUMBER/CUSTOMER:LINE. Found at once.

    Of each document the newest version that has the line.
    """
    with place.database.reading() as connection:
        if found := _PLACE.fullmatch(name):
            line_no, customer = int(found["line"]), found["customer"]
            named = named_lines.by_place(connection, books.id, found["number"], line_no, customer)
            # Under one number there is a purchase and a specification for each end customer, who is named to be meant.
            purchases = [each for each in named if each.key.direction is Direction.PURCHASE]
            return purchases if purchases and customer is None else named
        return named_lines.by_row_hash(connection, books.id, name)


def explained(place: Workplace, books: Books, tables: MappingFiles, line: NamedLine) -> LineExplained:
    """What was decided for ``line``, and what ``tables`` decide."""
    with place.database.reading() as connection:
        made = decisions.made_for(connection, books.id, line.version_id, line.combination_ref)
        version = None if made is None else mapping_versions.find(connection, books.id, made.mapping_version)
        newest = mapping_versions.newest(connection, books.id)
    booked = None
    if made is not None:
        assert version is not None, "an entry refers to its mapping version"
        booked = Booked(entry_id=made.entry_id, state=made.state, decision=made.decision, version=version)
    on = day_of(place, line)
    return LineExplained(
        line=line,
        booked=booked,
        now=tables.mapping.decide(line.combination, on=on, own_country=books.country),
        saved=newest if newest is not None and newest.hash == tables.hash else None,
        left_out=ignoring_rule(books, line.key, line.date),
    )


def day_of(place: Workplace, line: NamedLine) -> datetime.date:
    """The day that decides about a line: its document's date, today where it has none."""
    return line.date or place.today


def rules_near(place: Workplace, mapping: Mapping, line: NamedLine) -> list[NearRule]:
    """All rules of ``mapping`` beside ``line``, nearest first."""
    return near_rules(mapping.rules, line.combination, day_of(place, line))


def usual_lines(place: Workplace, books: Books, directions: Sequence[Direction]) -> dict[Direction, Combination]:
    """What a line of each direction usually is, by the newest documents; nothing for a direction without any."""
    found: dict[Direction, Combination] = {}
    sources = {Direction.PURCHASE: sums.PURCHASES, Direction.SALE: (Direction.SALE, books.sale_source)}
    with place.database.reading() as connection:
        for direction in directions:
            usual = Usual()
            documents = sums.current_documents(
                connection, books.id, sources=[sources[direction]], first=datetime.date.min, last=place.today
            )
            newest = sorted(documents, key=lambda each: (each.date or datetime.date.min, each.version_id))
            ids = [each.version_id for each in newest[-_LOOKED_AT:]]
            fields = (*USUAL_FIELDS, "customer_id")
            for each in sums.question_sums(connection, books.id, ids, fields):
                one = Combination(**dict(zip(fields, each.fields, strict=True)))
                usual.count_kind(one, each.lines)
                usual.count_customer(one.direction, one.customer_id, each.lines)
            if (line := usual.line(direction.value)) is not None:
                found[direction] = line
    return found
