"""Registers: lists of the source that tell what there is now, such as the subscriptions of all customers.

Their fields are not documented. Those that we know under one of their likely names are read, whatever the case of the
name; all others are kept as they came, and shown.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from connector.domain.dates import parse_date
from connector.domain.document import unordered

CONTENT_ALGORITHM = 1
SUBSCRIPTIONS, PRODUCTS = "customer-subscriptions", "products"
DETAILS = "subscription-details"
"""What single subscriptions are made of, each asked for itself; see ``build_up``."""
LONGEST_KEY = 120
"""Characters of a key that are kept as they are; real ones are far shorter."""

_ALIASES: dict[str, tuple[str, ...]] = {
    "account_id": ("accountid", "customeraccountid", "customerid"),
    "company_name": ("companyname", "customername", "customercompanyname"),
    "customer_number": ("customernumber", "externalcustomerid"),
    "subscription_id": ("subscriptionid",),
    "subscription_name": ("subscriptionname",),
    "plan_id": ("planid", "offerid", "productid"),
    "plan_name": ("planname", "offername", "productname"),
    "category": ("plancategoryname", "plancategory", "category", "vendorname", "vendor"),
    "quantity": ("quantity", "seats", "licenses"),
    "start_date": ("startdate",),
    "expiration_date": ("expirationdate", "enddate", "expirydate"),
    "status": ("status", "subscriptionstatus", "state"),
    "billing_frequency": ("billingfrequency", "billingcycle"),
    "duration": ("duration", "commitmentterm", "term"),
    "duration_type": ("durationtype",),
    "auto_renew": ("autorenew", "autorenewal", "autorenewenabled"),
    "purchase_price": ("purchaseprice", "costprice", "unitprice", "price"),
    "sale_price": ("saleprice", "salesprice", "listprice"),
    "currency": ("currency", "currencycode"),
}
FIELDS = tuple(_ALIASES)
"""The fields we know, in the order in which they are shown."""
_RANKS = {alias: (name, rank) for name, aliases in _ALIASES.items() for rank, alias in enumerate(aliases)}
_OF_A_CUSTOMER = "Customer."
"""Before the names of what stands on the customer around its subscriptions."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_any = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
_Members = Mapping[str, msgspec.Raw]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a register. ``key`` names it within the register; ``known`` are the fields we know that are not
    empty, as received; ``others`` are all others with their JSON text. ``content`` is the fingerprint of both, whatever
    their order."""

    key: str
    known: dict[str, str]
    others: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def quantity(self) -> Decimal | None:
        """The seats or units; ``None`` when there is no number."""
        text = self.known.get("quantity", "")
        return Decimal(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,10})?", text) else None

    @property
    def start(self) -> datetime.date | None:
        """The day on which it began; ``None`` when there is none that can be read."""
        return parse_date(self.known.get("start_date", ""))

    @property
    def end(self) -> datetime.date | None:
        """The last day of its term; ``None`` when there is none that can be read."""
        return parse_date(self.known.get("expiration_date", ""))


class EntryVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an entry and when it was fetched."""

    entry_id: int
    version_no: int
    fetched_at: datetime.datetime
    entry: Entry


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is now. ``gone_since`` is when it was first missing, ``None`` while it is there."""

    entry_id: int
    version_no: int
    changed_at: datetime.datetime
    gone_since: datetime.datetime | None
    entry: Entry


def read(register: str, element: bytes) -> list[Entry]:
    """The entries in one element of the answer: itself, or the subscriptions of the customer that it is.

    Raises msgspec.DecodeError for what is no object, RecursionError for what is nested too deeply. Keys may repeat:
    ``keyed`` tells alike ones apart.
    """
    outer = _members(element)
    if register == DETAILS:
        return [_detailed(outer)]
    nested = _nested(outer) if register == SUBSCRIPTIONS else None
    if nested is None:
        return [_entry(register, *_sorted_out(outer))]
    name, inside = nested
    customer, more = _sorted_out({each: value for each, value in outer.items() if each != name})
    around = tuple((f"{_OF_A_CUSTOMER}{each}", text) for each, text in more)
    found = []
    for one in inside:
        known, others = _sorted_out(one)
        found.append(_entry(register, customer | known, (*others, *around)))
    return found


def content_of(known: Mapping[str, str], others: Iterable[tuple[str, str]]) -> bytes:
    """The fingerprint of an entry, whatever the order of its fields and of what is inside them."""
    parts = [_encode((name, value)) for name, value in known.items()]
    parts += [_encode(("", name)) + _plain(_any(text)) for name, text in others]
    return unordered(parts)


def keyed(entries: Iterable[Entry]) -> tuple[dict[str, Entry], int]:
    """The entries by key, and how many were there twice, alike to the last field. Different entries with one key are
    told apart by a number, in the order of what they are billed like; the order of the answer does not matter."""
    together: dict[str, dict[bytes, Entry]] = {}
    repeated = 0
    for each in entries:
        alike = together.setdefault(each.key, {})
        repeated += each.content in alike
        alike[each.content] = each
    found: dict[str, Entry] = {}
    for key, alike in together.items():
        for number, each in enumerate(sorted(alike.values(), key=_among_alike), 1):
            name = key if number == 1 else f"{key}#{number}"
            found[name] = msgspec.structs.replace(each, key=name)
    return found, repeated


def changed(before: Entry, after: Entry) -> Iterator[tuple[str, str, str]]:
    """(field, before, after) of everything that differs, the fields we know first; '' for what is not there."""
    for name in FIELDS:
        was, now = before.known.get(name, ""), after.known.get(name, "")
        if was != now:
            yield name, was, now
    earlier, later = dict(before.others), dict(after.others)
    for name in sorted(earlier | later):
        was, now = earlier.get(name, ""), later.get(name, "")
        if not (was and now and _plain(_any(was)) == _plain(_any(now))):
            yield name, was, now


def _detailed(outer: _Members) -> Entry:
    """What a subscription is made of: everything as it came, under the id of the subscription, and its term, which
    nothing else of the older API tells."""
    inside = next((value for name, value in outer.items() if _word(name) == "subscription"), None)
    own = _members(inside) if inside is not None and bytes(inside).startswith(b"{") else {}
    known, _others = _sorted_out(own)
    named = {name: text for name, text in known.items() if name in ("subscription_id", "start_date", "expiration_date")}
    return _entry(DETAILS, named, tuple((name, bytes(value).decode()) for name, value in outer.items()))


def _nested(outer: _Members) -> tuple[str, list[_Members]] | None:
    """The member of a customer that lists its subscriptions, and these."""
    for name, value in outer.items():
        if _word(name) in ("subscriptions", "customersubscriptions") and bytes(value).startswith(b"["):
            return name, list(_objects(value))
    return None


def _sorted_out(members: _Members) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """The fields we know as texts, and the others as JSON. Where two mean the same, the likelier name counts; one that
    is empty tells nothing."""
    best: dict[str, tuple[int, str, str]] = {}
    taken: set[str] = set()
    for name, value in members.items():
        field, rank = _RANKS.get(_word(name), ("", 0))
        text = _text(value) if field else None
        if text == "":
            taken.add(name)
        elif text is not None and (field not in best or rank < best[field][0]):
            best[field] = (rank, name, text)
    taken |= {name for _rank, name, _text in best.values()}
    others = tuple((name, bytes(value).decode()) for name, value in members.items() if name not in taken)
    return {field: best[field][2] for field in FIELDS if field in best}, others


def _entry(register: str, known: dict[str, str], others: tuple[tuple[str, str], ...]) -> Entry:
    content = content_of(known, others)
    return Entry(key=_key(register, known, content), known=known, others=others, content=content)


def _key(register: str, known: Mapping[str, str], content: bytes) -> str:
    """The id of an entry. Without one, whose it is and what; without these, its content."""
    name = known.get("plan_id" if register == PRODUCTS else "subscription_id", "")
    if not name:
        parts = [known.get(each, "") for each in ("account_id", "plan_id", "plan_name", "subscription_name")]
        mark = hashlib.sha256(_encode(parts)).digest() if any(parts) else content
        return f"~{mark.hex()[:16]}"
    if len(name) <= LONGEST_KEY:
        return name
    return f"{name[:LONGEST_KEY]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _among_alike(entry: Entry) -> tuple[str, ...]:
    billed = ("account_id", "plan_id", "billing_frequency", "duration", "duration_type", "currency", "start_date")
    return (*(entry.known.get(name, "") for name in billed), entry.content.hex())


def _word(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _text(value: msgspec.Raw) -> str | None:
    """A plain value as text, numbers digit by digit as they came; ``None`` for an object or a list."""
    raw = bytes(value)
    if raw.startswith((b"{", b"[")):
        return None
    if raw.startswith(b'"'):
        return str(_any(raw)).strip()
    return "" if raw == b"null" else raw.decode()


def _plain(value: object) -> bytes:
    if isinstance(value, dict):
        return b"{" + b",".join(sorted(_encode(name) + b":" + _plain(each) for name, each in value.items())) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(sorted(map(_plain, value))) + b"]"
    return _encode(value)
