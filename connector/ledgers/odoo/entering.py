"""Brings one entry into Odoo. What may be interrupted between any two calls, and what each state then means.

Every call is a transaction of its own, so an entry is made in steps:

1. ``load`` makes an empty draft together with its external id, in one transaction. External ids are unique, so a
   repeat meets the same draft; it can never make a second one. The draft says that it is unfinished.
2. The lines are written, and Odoo computes the VAT. Where its cents differ from the document's, the VAT lines are set
   to the document's, as Odoo's own import of e-invoices does. All of it is read back and compared.
3. The files that belong to the entry are attached, where that is wanted, under external ids too.
4. The mark replaces the word that the draft is unfinished.
5. ``action_post``, unless drafts are wanted. State and date are read back.

An unfinished draft was never seen by an accountant as done: it is removed and made anew, and so is a finished one of an
older version of the document that a crash left and nobody changed. Any other finished draft is compared again and
posted. So nothing is ever made twice, and a crash leaves at most a draft.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable, Sequence

from connector.domain.delivery import Answer
from connector.domain.journal import JournalEntry, PostingRole, balances
from connector.domain.money import from_minor, show
from connector.errors import EntryRejected, LedgerError, OutcomeUnknown
from connector.ledgers import admission
from connector.ledgers.base import Paper
from connector.ledgers.marks import mark_of
from connector.ledgers.odoo.company import Company, Lock, closing
from connector.ledgers.odoo.moves import CANCELLED, DRAFT, POSTED, Lines, Move, Moves
from connector.ledgers.odoo.shapes import (
    JOURNAL_ENTRY,
    MODULE,
    VAT_ROLES,
    Referred,
    content,
    external_name,
    head,
    journal_kind,
    lines_of_tax,
    move_type,
    own_vat_lines,
    taxed,
    wanted_vat,
)
from connector.ledgers.odoo.taxes import Taxes
from connector.ledgers.odoo.wire import Transport
from connector.ledgers.wording import one_line

log = logging.getLogger(__name__)

_ROUNDING_CENTS = 5
"""By how much Odoo's VAT may differ from the document's, beside a cent for each line."""


class Entering:
    """Brings entries into Odoo, under the lock dates as they were when it was made."""

    def __init__(
        self,
        transport: Transport,
        company: Company,
        taxes: Taxes,
        moves: Moves,
        *,
        locks: list[Lock],
        drafts: bool,
        papers: Callable[[JournalEntry], Sequence[Paper]] | None = None,
    ) -> None:
        self._transport, self._company, self._taxes, self._moves = transport, company, taxes, moves
        self._locks, self._drafts, self._papers = locks, drafts, papers
        self._chart = company.chart()

    def post(self, entry: JournalEntry) -> Answer:
        """Bring ``entry`` in, from whatever state it is found in. Raises what ``one_by_one`` wants to know."""
        there = self._moves.of_key(entry.key)
        if there is not None and not there.unfinished and not self._is_left_over(entry, there):
            return self._found(entry, there)
        referred = self._referred(entry)
        if there is not None:
            self._transport.change("account.move", "unlink", ids=[there.id])
        return self._finish(entry, self._made(entry, referred))

    def _is_left_over(self, entry: JournalEntry, there: Move) -> bool:
        """Whether it is a draft of an older version of the document, left by a crash and looked at by nobody."""
        if self._drafts or there.state != DRAFT or there.posted_before or there.changed or there.mark is None:
            return False
        return there.mark.fingerprint != entry.fingerprint

    def _found(self, entry: JournalEntry, there: Move) -> Answer:
        """The record of the entry is in Odoo already."""
        if there.state == CANCELLED:
            raise EntryRejected(
                f"the entry was cancelled in Odoo ({there.reference})",
                hint="Set it to draft and confirm it in Odoo, or delete it there; then approve the entry again.",
            )
        if there.mark is None:
            raise EntryRejected(
                f"the entry is in Odoo, but its mark was removed from the narration ({there.reference})",
                hint="Compare both. To let it stand, write the mark back; docs/ledgers/odoo.md tells how it reads.",
            )
        if there.mark.fingerprint != entry.fingerprint:
            return admission.already_held(entry, fingerprint=there.mark.fingerprint, reference=there.reference)
        if there.state == POSTED and there.date != entry.date:
            raise EntryRejected(
                f"the entry is posted in Odoo on {there.date} and is dated {entry.date} ({there.reference})",
                hint="Somebody changed its date, or a lock date moved it. Set it right in Odoo, or let it stand and "
                "give the entry up.",
            )
        if there.state == POSTED:
            return admission.posted(entry, there.reference, found=True)
        if self._drafts:
            return admission.posted(entry, there.reference, found=True)
        referred = self._referred(entry)
        if difference := self._difference(entry, referred, self._moves.lines([there.id])[there.id]):
            raise EntryRejected(
                f"the draft in Odoo was changed: {difference} ({there.reference})",
                hint="Post or delete it in Odoo, then approve the entry again.",
            )
        return self._finish(entry, there)

    def _referred(self, entry: JournalEntry) -> Referred:
        """Everything that the entry refers to. Raises EntryRejected for what cannot be booked; nothing was sent."""
        if why := admission.refusal(entry, chart=self._chart, closed=None):
            raise EntryRejected(why.reason, hint=why.hint)
        journal = journal_kind(entry)
        if lock := closing(self._locks, entry, journal):
            raise EntryRejected(
                f"Odoo is closed until {lock.until} ({lock.field}) and the entry is dated {entry.date}; "
                "Odoo would move the date without a word",
                hint="Book the document by hand in a period that is open, and give its entry up with 'connector "
                "entries reject'. Or have the lock date in Odoo changed and approve the entry again.",
            )
        is_entry = move_type(entry) == JOURNAL_ENTRY
        if is_entry and any(posting.role in VAT_ROLES for posting in entry.postings):
            raise EntryRejected(
                "the entry changes VAT without being an invoice, and Odoo's VAT return would not see it",
                hint="Book it by hand in Odoo, with its taxes, and give the entry up.",
            )
        owed = any(posting.role is PostingRole.PARTY for posting in entry.postings)
        codes = {
            posting.tax
            for posting in entry.postings
            if posting.tax and not is_entry and (taxed(posting) or _is_vat(posting.role))
        }
        return Referred(
            accounts={account: self._company.account_ids[account] for account in balances(entry)},
            taxes={code: self._taxes.of(code, entry.key.direction) for code in codes},
            analytic=tuple(self._company.analytic(posting.dimensions) for posting in entry.postings),
            contact=self._company.contact(entry) if owed or not is_entry else None,
            journal=self._company.journal(journal),
            currency=self._company.euro,
        )

    def _made(self, entry: JournalEntry, referred: Referred) -> Move:
        columns = head(entry, referred)
        answer = self._transport.change("account.move", "load", fields=list(columns), data=[list(columns.values())])
        if not answer or not answer.get("ids"):
            said = "; ".join(str(each.get("message")) for each in (answer or {}).get("messages", ()))
            raise EntryRejected(f"Odoo refuses it: {one_line(said, limit=500)}")
        (number,) = answer["ids"]
        try:
            self._transport.change("account.move", "write", ids=[number], vals=content(entry, referred))
            self._set_vat(entry, referred, number)
            self._attach(entry, number)
            self._transport.change(
                "account.move", "write", ids=[number], vals={"narration": f"<p>{mark_of(entry)}</p>"}
            )
        except EntryRejected:
            self._remove(number)
            raise
        made = self._read_back(entry)
        if made is None or made.mark is None or made.mark.fingerprint != entry.fingerprint:
            raise OutcomeUnknown(f"the draft account.move,{number} in Odoo does not carry the mark it was given")
        return made

    def _attach(self, entry: JournalEntry, number: int) -> None:
        """Attach the files that belong to the entry; under an external id each, so that a repeat makes no second."""
        for each in self._papers(entry) if self._papers is not None else ():
            digest = hashlib.blake2b(each.name.encode(), digest_size=6).hexdigest()
            columns = {
                "id": f"{MODULE}.{external_name(entry.key)}-{digest}",
                "name": each.name,
                "res_model": "account.move",
                "res_id": str(number),
                "mimetype": each.media_type,
                "datas": base64.b64encode(each.content).decode(),
            }
            answer = self._transport.change(
                "ir.attachment", "load", fields=list(columns), data=[list(columns.values())]
            )
            if not answer or not answer.get("ids"):
                raise EntryRejected(
                    f"Odoo does not attach {each.name}",
                    hint="Give the user of the connector the right to attach files, or write attach = no.",
                )

    def _set_vat(self, entry: JournalEntry, referred: Referred, number: int) -> None:
        """Make the VAT exactly the document's, and see that all of it is as it was sent."""
        lines = self._moves.lines([number])[number]
        if move_type(entry) != JOURNAL_ENTRY:
            commands = [
                [1, line, {"amount_currency": from_minor(minor)}]
                for line, minor in self._vat_to_set(entry, referred, lines)
            ]
            if commands:
                log.info("VAT of %s is set to that of the document", entry.key.text)
                self._transport.change("account.move", "write", ids=[number], vals={"line_ids": commands})
                lines = self._moves.lines([number])[number]
        if difference := self._difference(entry, referred, lines):
            raise EntryRejected(
                f"Odoo books something else than it was sent: {difference}",
                hint="Compare the accounts of Odoo's taxes and of the contact (payable, receivable) with accounts.csv "
                "and the column odoo of tax.csv, then approve the entry again. Nothing was posted.",
            )

    def _vat_to_set(self, entry: JournalEntry, referred: Referred, lines: Lines) -> list[tuple[int, int]]:
        """The VAT lines to set, and what to: minor units, debit positive."""
        wanted, apart = wanted_vat(entry, referred.taxes), own_vat_lines(entry, referred.taxes)
        found = []
        for key in sorted(wanted.keys() | lines.vat.keys()):
            minor, computed = wanted.get(key, 0), lines.vat.get(key, 0)
            if minor == computed:
                continue
            tax, account = key
            # What may not be deducted stands on a line of its own; Odoo's rate over the base covers both.
            stated = minor + apart.get(tax, 0)
            if (
                key not in lines.vat_lines
                or key not in wanted
                or abs(stated - computed) > _allowed(entry, referred, tax)
            ):
                raise EntryRejected(
                    f"Odoo computes {show(computed)} of VAT by its tax {self._taxes.code_of(tax)!r} on account "
                    f"{account} where the document has {show(stated)}",
                    hint="The tax in the column odoo of tax.csv is another one, or books to another account than "
                    "accounts.csv says. Correct it and approve the entry again. Nothing was posted.",
                )
            line, amount = lines.vat_lines[key]
            found.append((line, amount + minor - computed))
        return found

    def _difference(self, entry: JournalEntry, referred: Referred, lines: Lines) -> str:
        """How Odoo's amounts differ from the entry's, in words; '' when they do not."""
        wanted, there = balances(entry), lines.accounts
        told = [
            f"{show(there.get(account, 0))} on account {account} for {show(wanted.get(account, 0))}"
            for account in sorted(wanted.keys() | there.keys())
            if wanted.get(account, 0) != there.get(account, 0)
        ]
        if move_type(entry) != JOURNAL_ENTRY:
            vat = wanted_vat(entry, referred.taxes)
            told += [
                f"VAT {show(lines.vat.get(key, 0))} by {self._taxes.code_of(key[0])!r} for {show(vat.get(key, 0))}"
                for key in sorted(vat.keys() | lines.vat.keys())
                if vat.get(key, 0) != lines.vat.get(key, 0)
            ]
        return ", ".join(told)

    def _finish(self, entry: JournalEntry, draft: Move) -> Answer:
        """Post a finished draft, unless drafts are wanted."""
        if self._drafts:
            return admission.posted(entry, draft.reference)
        refused: EntryRejected | None = None
        try:
            self._transport.change("account.move", "action_post", ids=[draft.id])
        except EntryRejected as error:
            refused = error
        there = self._read_back(entry)
        if there is not None and there.state == POSTED:
            self._check_date(entry, there)
            return admission.posted(entry, there.reference)
        if there is not None and not there.posted_before:
            self._remove(there.id)
        raise refused or EntryRejected(
            "Odoo answered that it posted the entry, and did not",
            hint="Look in Odoo whether posting waits for an approval there; post the document by hand if so.",
        )

    def _read_back(self, entry: JournalEntry) -> Move | None:
        try:
            return self._moves.of_key(entry.key)
        except LedgerError as error:
            # It may well stand there: what keeps us from looking must not be told as "nothing was sent".
            raise OutcomeUnknown(
                f"the entry was sent, and could not be read back: {error.message}", hint=error.hint, where=error.where
            ) from None

    def _check_date(self, entry: JournalEntry, there: Move) -> None:
        """Odoo moves the date of what it posts into a locked period. Such an entry is set back to draft."""
        if there.date == entry.date:
            return
        stands = f"it is posted there as {there.reference}; set it to draft in Odoo"
        if self._set_back(entry, there):
            stands = f"it was set back to draft ({there.reference})"
        raise EntryRejected(
            f"Odoo moved the date from {entry.date} to {there.date}: a lock date lies between; {stands}",
            hint="Have the lock date in Odoo changed and approve the entry again, or book the document by hand in a "
            "period that is open and give the entry up.",
        )

    def _set_back(self, entry: JournalEntry, there: Move) -> bool:
        try:
            self._transport.change("account.move", "button_draft", ids=[there.id])
            self._transport.change("account.move", "write", ids=[there.id], vals={"date": entry.date})
        except LedgerError as error:
            log.warning("%s could not be set back to draft: %s", there.reference, error.message)
            return False
        return True

    def _remove(self, number: int) -> None:
        """Remove a draft that was never posted. If that fails it stays, and is met again."""
        try:
            self._transport.change("account.move", "unlink", ids=[number])
        except LedgerError as error:
            log.warning("The draft account.move,%s stays in Odoo: %s", number, error.message)


def _is_vat(role: PostingRole) -> bool:
    return role in VAT_ROLES or role is PostingRole.VAT_COST


def _allowed(entry: JournalEntry, referred: Referred, tax: int) -> int:
    return _ROUNDING_CENTS + lines_of_tax(entry, referred.taxes, tax)
