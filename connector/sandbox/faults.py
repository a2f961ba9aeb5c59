"""Faults on demand: of the transport, of the shape of an answer, and of invoices that change between fetches."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from connector.errors import SettingsError
from connector.sandbox.alterations import Alteration
from connector.sandbox.amendments import amendment
from connector.sandbox.tickets import MEANINGS, TICKETS, last_by_vendor

WHOLE_ANSWER: dict[str, str] = {
    "status": "the code in 'status', with Retry-After where 'retry-after' says so ('429' and '503' for short)",
    "slow": "'delay' seconds before every piece of 'size' bytes",
    "hang": "no answer at all for 'delay' seconds, then a reset",
    "reset": "the connection is reset before an answer",
    "cut": "the body ends after the part 'at' (0 to 1) of it; 'value' chunked leaves out the last chunk instead",
    "html": "status 200 with an HTML page",
    "shape": "status 200 with another shape: 'value' is result, null, list, text, absent, object or broken",
    "empty": "no invoices",
    "paging": "a complete answer that promises more: 'value' is link, next, pages or total",
    "address": "403, because the caller's address is not on the list of the older Billing API",
    "encoding": "the body in Windows-1252 with an accent, which is no UTF-8",
}
INVOICE_CHANGES: dict[str, str] = {
    "amount": "the first line of an invoice gains 'cents', from fetch 'from' on",
    "customer-number": "the first customer of an invoice gets another CustomerNumber, from fetch 'from' on",
    "late-number": "the customers of an invoice have no CustomerNumber before fetch 'from'",
    "vanished-invoice": "an invoice is no longer in the answer, from fetch 'from' on",
    "vanished-line": "an invoice loses its last line, from fetch 'from' on",
}
KINDS = {**WHOLE_ANSWER, **INVOICE_CHANGES, **MEANINGS}
BILLING = "billing/"
Due = Callable[[str], list[Alteration]]
"""What happens to the invoice of a number in an answer, in order."""
SHAPES = {
    "result": '{"Result": []}',
    "null": '{"Invoices": null}',
    "list": "[]",
    "text": '"ok"',
    "absent": "{}",
    "object": '{"Invoices": {}}',
    "broken": '{"Invoices": [{"Header": {"InvoiceID": "1"',
}
PAGING = {
    "link": "",
    "next": ',"NextLink":"/api/v1/invoices?page=2"',
    "pages": ',"Page":1,"TotalPages":2',
    "total": ',"TotalCount":1000000',
}
ALWAYS = 0
HTTP_ERROR_MIN, HTTP_STATUS_MAX = 300, 599


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong on purpose.

    ``endpoint`` is its last path segment or "*"; ``billing/`` before it leaves the current API out. It
    strikes ``times`` answers (0: every one) after letting ``skip`` pass. A change of invoices counts the
    fetches of the invoice since the fault was set and strikes from number ``start`` (written "from") on;
    without ``invoice`` it picks the first invoice that is served. What Copaco's release notes told of strikes
    all invoices, or only ``invoice``. Both last until they are cleared. ``delay`` is in seconds, ``size`` in
    bytes, ``at`` a part of the whole, ``cents`` minor units.
    """

    kind: str
    endpoint: str = "*"
    times: int = 1
    skip: int = 0
    status: int = 500
    retry_after: str = ""
    delay: float = 1.0
    size: int = 1024
    at: float = 0.5
    value: str = ""
    invoice: str = ""
    start: int = 2
    cents: int = 1000

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(
                f"'{self.kind}' is not a fault of the sandbox.", hint=f"Choose one of: {', '.join(KINDS)}."
            )
        choices = {"shape": SHAPES, "paging": PAGING}.get(self.kind, {})
        if choices and self.value not in choices:
            raise SettingsError(
                f"'{self.value}' is not a value of the fault '{self.kind}'.",
                hint=f"Choose one of: {', '.join(choices)}.",
            )

        if self.kind == "vendor-grouping":
            last_by_vendor(self.value)

    @property
    def lasts(self) -> bool:
        """Tell whether it stands until it is cleared; others strike an answer as a whole, and are used up."""
        return self.kind not in WHOLE_ANSWER


def parse_fault(text: str) -> Fault:
    """Read a fault from ``kind:key=value,key=value``, as in ``429:retry-after=1,times=2``.

    A number as the kind is a status code, and ``times=always`` strikes every answer. Raises SettingsError,
    naming the part that is wrong.
    """
    kind, _, options = text.strip().partition(":")
    known: dict[str, Any] = {"status": kind, "kind": "status"} if _is_status(kind) else {"kind": kind}
    for option in filter(None, options.split(",")):
        name, sign, value = option.partition("=")
        if not sign:
            raise SettingsError(f"'{option}' in the fault '{text}' has no value.", hint="Write it as key=value.")
        known[name.strip()] = value.strip()
    return fault_of(known)


def _is_status(kind: str) -> bool:
    return kind.isdecimal() and HTTP_ERROR_MIN <= int(kind) <= HTTP_STATUS_MAX


_FIELDS_AS_WRITTEN = {"from": "start", "retry-after": "retry_after"}
_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "times": lambda value: ALWAYS if value == "always" else int(value),
    "skip": int,
    "status": int,
    "size": int,
    "start": int,
    "cents": int,
    "delay": float,
    "at": float,
}


def fault_of(known: dict[str, Any]) -> Fault:
    """Make a fault from field names and values; numbers may be texts. Raises SettingsError."""
    known = {_FIELDS_AS_WRITTEN.get(name, name): value for name, value in known.items()}
    names = [one.name for one in fields(Fault)]
    for name in known:
        if name not in names:
            raise SettingsError(f"'{name}' is no part of a fault.", hint=f"Choose one of: {', '.join(names)}.")
    try:
        return Fault(**{name: _NUMBERS.get(name, str)(value) for name, value in known.items()})
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"The fault {known} cannot be read: {error}.", hint="Numbers have a point, and no unit."
        ) from error


class Faults:
    """The faults that are set now, with their counts. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing: list[_Standing] = []

    def add(self, fault: Fault | str) -> Fault:
        """Set a fault, given as a value or as a text for ``parse_fault``; several may stand at once."""
        made = parse_fault(fault) if isinstance(fault, str) else fault
        with self._lock:
            self._standing.append(_Standing(made))
        return made

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._standing.clear()

    def current(self) -> tuple[Fault, ...]:
        """Return the faults that can still strike."""
        with self._lock:
            return tuple(standing.fault for standing in self._standing if standing.open)

    def striking(self, endpoint: str) -> Fault | None:
        """Return the fault that strikes this answer as a whole, counting it; the one set first goes first."""
        with self._lock:
            for standing in self._standing:
                if not standing.fault.lasts and standing.concerns(endpoint) and standing.strikes():
                    return standing.fault
        return None

    def standing(self, kind: str, endpoint: str) -> Fault | None:
        """Return the lasting fault of a kind that an endpoint has, if it is set."""
        with self._lock:
            found = (one.fault for one in self._standing if one.fault.kind == kind and one.concerns(endpoint))
            return next(found, None)

    def changing(self, endpoint: str) -> Due | None:
        """Return what tells the changes that are due to an invoice of this answer, or None without such faults."""
        with self._lock:
            standing = [one for one in self._standing if one.changes(endpoint)]
        if not standing:
            return None

        def due(number: str) -> list[Alteration]:
            with self._lock:
                return [one.change for one in standing if one.is_due(endpoint, number)]

        return due


class _Standing:
    """A fault with what it has counted so far."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.invoice = fault.invoice
        self.fetches: defaultdict[str, int] = defaultdict(int)

    @property
    def change(self) -> Alteration:
        ticket = TICKETS.get(self.fault.kind)
        return ticket.change if ticket else amendment(self.fault.kind, self.fault.cents)

    @property
    def open(self) -> bool:
        return self.fault.lasts or self.fault.times == ALWAYS or self.seen < self.fault.skip + self.fault.times

    def concerns(self, endpoint: str) -> bool:
        if self.fault.kind == "address" and not endpoint.startswith(BILLING):
            return False
        return self.fault.endpoint in {"*", endpoint, endpoint.removeprefix(BILLING)}

    def changes(self, endpoint: str) -> bool:
        ticket = TICKETS.get(self.fault.kind)
        applies = ticket.concerns(endpoint) if ticket else self.fault.kind in INVOICE_CHANGES
        return applies and self.concerns(endpoint)

    def strikes(self) -> bool:
        if not self.open:
            return False
        self.seen += 1
        return self.seen > self.fault.skip

    def is_due(self, endpoint: str, number: str) -> bool:
        if self.fault.kind in TICKETS:
            return self.fault.invoice in {"", number}
        if not self.invoice:
            self.invoice = number
        if number != self.invoice:
            return False
        self.fetches[endpoint] += 1
        return (self.fetches[endpoint] >= self.fault.start) != (self.fault.kind == "late-number")
