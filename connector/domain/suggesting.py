"""Proposals for what no row of the mapping covers, with the evidence. The same input gives the same proposals under the
same ids; nothing is applied by itself, and a VAT treatment is never proposed.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import product

import msgspec

from connector.domain.combination import Combination
from connector.domain.mapping import Mapping as MappingSet
from connector.domain.past_books import PastRelation, name_key, vat_key
from connector.domain.past_evidence import PastEvidence, Share
from connector.domain.rules import compact, is_known
from connector.domain.similar import Example, nearest_type, similar, starter
from connector.domain.tax import vat_country

ACCOUNT_CODES = frozenset({"ACCOUNT-UNMAPPED", "CHARGE-TYPE-UNKNOWN"})
CUSTOMER_CODE = "CUSTOMER-UNMAPPED"
MOST = 50
"""Percent of the past that must be on one account for it to be proposed."""


class EvidenceKind(Enum):
    """Where a proposal comes from."""

    DESCRIPTION = "description booked before"
    SUPPLIER = "supplier booked before"
    STARTER = "starter set"
    SIMILAR = "similar rows"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One reason for an account. ``subject`` is the description, supplier, rows or starter set meant.

    ``share`` tells how it was booked in the past books, ``known`` whether the account is in ``accounts.csv``.
    """

    kind: EvidenceKind
    account: str
    subject: str
    known: bool = True
    share: Share | None = None


class Uncovered(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that no row covers: ``codes`` of the findings, net minor units, and the day of the last document.

    ``by_default_held`` tells that a row which names nothing but a direction holds what no other row lets go.
    """

    combination: Combination
    codes: tuple[str, ...]
    minor: int
    lines: int
    last: datetime.date
    by_default_held: bool = False


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could be added to ``table``. ``minor`` are the euros that wait for it, in minor units.

    ``cells`` are those of the row; without an account it cannot be taken as it is, and ``evidence`` says what there is.
    ``clashes`` tells that there is no account because every row for these lines would also match lines of another one.
    """

    id: str
    table: str
    cells: tuple[tuple[str, str], ...]
    minor: int
    lines: int
    evidence: tuple[Evidence, ...] = ()
    relations: tuple[PastRelation, ...] = ()
    clashes: bool = False

    @property
    def can_be_taken(self) -> bool:
        """Whether the row says enough to be added."""
        return self.table == "customers.csv" or bool(dict(self.cells)["account"])


class TaxGap(msgspec.Struct, frozen=True, kw_only=True):
    """Lines without a VAT treatment, by the code of the finding: for the accountant, who alone decides it."""

    code: str
    subject: str
    minor: int
    lines: int


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """An end customer that is not in ``customers.csv``, as far as its documents tell."""

    account_id: str
    name: str
    vat_number: str = ""
    minor: int = 0
    lines: int = 0


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What proposals are drawn from: the tables in force, those of the country's starter set, and past books, if any.

    ``suppliers`` gives the name of a supplier by its VAT number.
    """

    mapping: MappingSet
    country: str
    starter: MappingSet | None = None
    past: PastEvidence | None = None
    suppliers: Mapping[str, str] = {}


_Key = tuple[str, str, str, str]
"""Direction, charge type, plan category, plan."""


def propose_rules(
    uncovered: Iterable[Uncovered], covered: Mapping[_Key, Collection[str]], sources: Sources
) -> list[Proposal]:
    """Rows of ``rules.csv``, by euros. ``covered`` are the accounts that lines have already ('' for lines that are
    ignored), by every one of ``rows_over`` their key: a row is only as general as it changes none of these.
    """
    sums: dict[_Key, list[Uncovered]] = {}
    for each in uncovered:
        if ACCOUNT_CODES & set(each.codes):
            sums.setdefault(key_of(each.combination), []).append(each)
    evidence = {key: tuple(_evidence(_largest(mine), sources)) for key, mine in sums.items()}
    accounts = {key: _chosen(found) for key, found in evidence.items()}
    # Where another line of this very kind has an account already, a row would change it.
    clashing = {key for key in sums if not set(covered.get(key, ())) <= {accounts[key]}}
    accounts |= dict.fromkeys(clashing, "")
    rows: dict[_Key, list[_Key]] = {}
    for key in sums:
        row = _widest(key, accounts, covered)
        if row is None:
            clashing.add(key)
        rows.setdefault(row or key, []).append(key)
    taken = {rule.id for rule in sources.mapping.rules}
    made = [
        _rule(
            *(row, [one for key in keys for one in sums[key]], evidence[keys[0]], accounts[keys[0]]),
            clashes=not clashing.isdisjoint(keys),
        )
        for row, keys in sorted((row, sorted(keys, key=lambda key: _order(key, sums))) for row, keys in rows.items())
    ]
    return sorted(_with_ids(made, taken), key=lambda each: (-abs(each.minor), each.id))


def key_of(combination: Combination) -> _Key:
    """What proposals tell apart in a combination."""
    plan = combination.plan_name or combination.plan_id
    return (combination.direction, combination.charge_type, combination.category, plan)


def levels(key: _Key) -> Iterator[_Key]:
    """The rows that would cover ``key``, the most general first; never more general than its charge type."""
    direction, charge_type, category, plan = key
    if charge_type:
        yield (direction, charge_type, "", "")
    if category:
        yield (direction, charge_type, category, "")
    if plan or not (charge_type or category):
        yield key


def rows_over(key: _Key) -> list[_Key]:
    """Every row that would match ``key``, whatever of it the row leaves blank."""
    direction, charge_type, category, plan = key
    return list(dict.fromkeys(product((direction,), (charge_type, ""), (category, ""), (plan, ""))))


def _widest(key: _Key, accounts: Mapping[_Key, str], covered: Mapping[_Key, Collection[str]]) -> _Key | None:
    """The most general row that gives ``key`` its account and changes no other line; ``None`` when even the narrowest
    would, since what ``key`` leaves blank matches lines that have it filled.
    """
    account = accounts[key]
    for row in levels(key):
        others = {accounts[each] for each in accounts if row in rows_over(each)}
        if others == {account} and set(covered.get(row, ())) <= {account}:
            return row
    return None


def _order(key: _Key, sums: Mapping[_Key, Sequence[Uncovered]]) -> tuple[int, _Key]:
    return (-abs(sum(each.minor for each in sums[key])), key)


def _largest(mine: Sequence[Uncovered]) -> Uncovered:
    return max(mine, key=lambda each: (abs(each.minor), each.combination.digest))


def _evidence(one: Uncovered, sources: Sources) -> Iterator[Evidence]:
    """The reasons for an account, the strongest first."""
    line, chart = one.combination, sources.mapping.chart
    sale = line.direction == "sale"
    if sources.past is not None:
        for term in dict.fromkeys((line.plan_name, line.category)):
            for share in sources.past.of_term(term, sale=sale):
                yield _booked(EvidenceKind.DESCRIPTION, share, term, sources)
        for share in sources.past.of_supplier(line.sender, sale=sale) if not sale else ():
            yield _booked(EvidenceKind.SUPPLIER, share, sources.suppliers.get(line.sender, line.sender), sources)
    likes = [
        _like(EvidenceKind.SIMILAR, example)
        for example in similar(sources.mapping, line, on=one.last, own_country=sources.country)
    ]
    known = [
        _like(EvidenceKind.STARTER, example)
        for example in (
            starter(sources.starter, chart, line, on=one.last, own_country=sources.country) if sources.starter else ()
        )
    ]
    # Of a misspelled charge type the own rows know the account. Of another one they only know other types, and may have
    # been taken a moment ago; there the starter set, which knows this very type, says more.
    misspelled = not is_known(line.charge_type) and nearest_type(line.charge_type)
    yield from (*likes, *known) if misspelled else (*known, *likes)


def _booked(kind: EvidenceKind, share: Share, subject: str, sources: Sources) -> Evidence:
    known = share.account in sources.mapping.chart.accounts
    return Evidence(kind=kind, account=share.account, subject=subject, known=known, share=share)


def _like(kind: EvidenceKind, example: Example) -> Evidence:
    return Evidence(kind=kind, account=example.account, subject=", ".join(example.rows))


def _chosen(evidence: Sequence[Evidence]) -> str:
    """The account of the strongest evidence that can be used; '' when there is none."""
    for each in evidence:
        if each.known and (each.share is None or each.share.percent >= MOST):
            return each.account
    return ""


def _rule(
    row: _Key, mine: Sequence[Uncovered], evidence: Sequence[Evidence], account: str, *, clashes: bool
) -> Proposal:
    direction, charge_type, category, plan = row
    cells = {
        "direction": direction,
        "charge_type": charge_type,
        "product_group": category,
        "plan": plan,
        "account": "" if clashes else account,
        "action": "post" if any(each.by_default_held for each in mine) else "",
    }
    return Proposal(
        id="",
        table="rules.csv",
        cells=tuple(cells.items()),
        minor=sum(each.minor for each in mine),
        lines=sum(each.lines for each in mine),
        evidence=tuple(evidence),
        clashes=clashes,
    )


def _with_ids(made: Iterable[Proposal], taken: Collection[str], prefix: str = "S") -> Iterator[Proposal]:
    """The proposals with ids made of what their row matches, so that they stay when others are taken."""
    used = set(taken)
    for each in made:
        matched = "\x1f".join(value for column, value in each.cells if column not in {"account", "action"})
        number = int.from_bytes(hashlib.blake2b(matched.encode(), digest_size=4).digest()) % 100_000
        while f"{prefix}{number:05d}" in used:
            number = (number + 1) % 100_000
        used.add(f"{prefix}{number:05d}")
        yield msgspec.structs.replace(each, id=f"{prefix}{number:05d}")


def tax_gaps(uncovered: Iterable[Uncovered]) -> list[TaxGap]:
    """What has no VAT treatment, by euros: a remark and never a proposal."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for each in uncovered:
        line = each.combination
        for code in each.codes:
            if code not in ACCOUNT_CODES and code != CUSTOMER_CODE:
                subject = ", ".join(filter(None, (vat_country(line.sender), f"{line.rate} %", line.category)))
                minor, lines = sums.get((code, subject), (0, 0))
                sums[code, subject] = (minor + each.minor, lines + each.lines)
    found = [TaxGap(code=code, subject=what, minor=minor, lines=n) for (code, what), (minor, n) in sums.items()]
    return sorted(found, key=lambda each: (-abs(each.minor), each.code, each.subject))


def propose_customers(customers: Iterable[NewCustomer], relations: Iterable[PastRelation]) -> list[Proposal]:
    """Rows of ``customers.csv``, by euros: the debtor is the one relation with the VAT number, else the one with the
    name; left blank when there is none or when there are several.
    """
    by_vat_number: dict[str, list[PastRelation]] = {}
    by_name: dict[str, list[PastRelation]] = {}
    for each in sorted(each for each in relations if each.kind != "S"):
        by_vat_number.setdefault(vat_key(each.vat_number), []).append(each)
        by_name.setdefault(name_key(each.name), []).append(each)
    made = []
    for one in sorted(customers, key=lambda each: (-abs(each.minor), each.account_id)):
        found = by_vat_number.get(vat_key(one.vat_number), []) if vat_key(one.vat_number) else []
        found = found or (by_name.get(name_key(one.name), []) if name_key(one.name) else [])
        debtor = found[0] if len(found) == 1 else PastRelation(number="")
        vat_number = one.vat_number or debtor.vat_number
        if not vat_country(vat_number) and vat_key(vat_number):
            vat_number = f"{debtor.country}{compact(vat_number)}"  # packages leave out the country
        cells = {
            "account_id": one.account_id,
            "name": one.name,
            "debtor": debtor.number,
            "country": vat_country(vat_number) or debtor.country,
            "vat_number": vat_number if vat_country(vat_number) else "",
        }
        made.append(
            Proposal(
                id="",
                table="customers.csv",
                cells=tuple(cells.items()),
                minor=one.minor,
                lines=one.lines,
                relations=tuple(found),
            )
        )
    return list(_with_ids(made, (), "C"))
