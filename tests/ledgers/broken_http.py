"""The tutorial's adapter with a few words replaced, as adapters have been written, and the check that must find it.

Most of these are answers that were read wrongly: the ledger did something, and the adapter says something else.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong: words of the tutorial and what stands there instead, and the names of the checks that fail."""

    checks: tuple[str, ...]
    words: tuple[tuple[str, str], ...]


def _slip(checks: str, *words: tuple[str, str]) -> Slip:
    return Slip(checks=tuple(checks.split()), words=words)


def _refuses(condition: str) -> tuple[str, str]:
    """The adapter refuses entries of which ``condition`` is true."""
    right = "        if why := "
    return right, f'        if {condition}:\n            raise EntryRejected("not this one")\n{right}'


def _concludes(sign: str, conclusion: str) -> tuple[str, str]:
    """The adapter thinks that it knows what became of an entry when the error holds ``sign``."""
    right = "        return sending.one_by_one(entries, self.post)\n"
    wrong = f"""        return sending.one_by_one(entries, self.post_knowingly)

    def post_knowingly(self, entry):
        try:
            return self.post(entry)
        except OutcomeUnknown as error:
            if "{sign}" not in error.message:
                raise
        {conclusion}
"""
    return right, wrong


_SEND_AGAIN = """self.http.change("POST", "entries", body=written(entry, self.setup.taxes))
        return admission.posted(entry, "again")"""
_NO_WAITING = """from connector.ledgers.http import LedgerHttp as Waiting


class LedgerHttp(Waiting):
    def _once(self, method, path, **named):
        return self._send(method, path, **named)
"""
_IMPORT = "from connector.ledgers.http import LedgerHttp\n"
_TEXT = 'wording.one_line(f"{entry.number} {entry.party} {entry.text}", limit=100)'
_VAT = 'minor if line["kind"].startswith("vat") else 0'

OVER_HTTP: Mapping[str, Slip] = {
    # Faults, and what was concluded from them.
    "takes a time-out for not sent": _slip(
        "time_out", _concludes("did not answer in time", 'raise LedgerRefused("nothing was sent")')
    ),
    "sends again after a broken connection": _slip(
        "connection_reset", _concludes("broke the connection off", _SEND_AGAIN)
    ),
    "takes a server's error for accepted": _slip(
        "error_before_commit", _concludes("answers 503", 'return admission.posted(entry, "soon")')
    ),
    "takes a server's error for a refusal": _slip(
        "error_after_commit", _concludes("answers 500", 'raise EntryRejected("the server refuses it")')
    ),
    "takes an ended log-in for a refusal": _slip(
        "token_expiry", ("if reply.status != 401:", "if reply.status != 401 or how == self.http.change:")
    ),
    "takes 'there already' for a refusal": _slip("duplicate_answer", ("reply.status == 409", "reply.status == 410")),
    "does not wait when it is told to": _slip("too_many_calls", (_IMPORT, _NO_WAITING)),
    "tells the day it sent, not the day that stands there": _slip(
        "date_moved",
        ('"note": marks.mark_of(entry)', '"note": f"{marks.mark_of(entry)} {entry.date}"'),
        ('fromisoformat(row["date"])', 'fromisoformat(row["note"][-10:])'),
    ),
    # What is told of the books.
    "has a name of its own": _slip("chart", ("self.headers = setup.name,", 'self.headers = "daybook",')),
    "finds documents that it does not have": _slip(
        "empty post_and_find", ("held in found.items() if held", "held in found.items()")
    ),
    "keeps one amount for each account": _slip(
        "reads_back reverse_charge", ('accounts[line["account"]] += minor', 'accounts[line["account"]] = minor')
    ),
    "tells the VAT it would compute, not the VAT that stands there": _slip(
        "vat_difference", (_VAT, '(minor * 21 + 50) // 100 if line["kind"] == "net" else 0')
    ),
    "tells VAT without its sign": _slip("credit_note_reads_back", (_VAT, _VAT.replace("minor", "abs(minor)"))),
    "takes a sale for a purchase": _slip("sale", ('(-1 if mark.key.direction.value == "sale" else 1)', "1")),
    # What is sent.
    "promises reversals and refuses them": _slip("reversal", _refuses('entry.key.purpose == "reversal"')),
    "refuses what nobody owes": _slip("reclassification", _refuses("not entry.total_minor")),
    "knows no reverse charge": _slip(
        "reverse_charge", ("in taxes.items()}", "in taxes.items() if not there.reverse_charge}")
    ),
    "sends a hundred lines at most": _slip("many_lines", ("for p in entry.postings", "for p in entry.postings[:100]")),
    "sends texts as they are": _slip("texts", (_TEXT, 'f"{entry.number} {entry.party} {entry.text}"[:100]')),
    "sends long texts": _slip("texts long_texts", ("limit=100)", "limit=100_000)")),
    "leaves the supplier's number out": _slip(
        "document_number", ("{entry.number} {entry.party} {entry.text}", "{entry.party}")
    ),
    "leaves the due date out": _slip("due_date", ('"due": entry.due', '"due": None')),
}
