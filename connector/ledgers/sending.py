"""Sending entries one after the other, for ledgers that take no batch: what is known of each when one fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connector.domain.delivery import Answer, DeliveryState
from connector.domain.journal import JournalEntry
from connector.errors import EntryRejected, LedgerError, LedgerRefused, LedgerUnavailable, OutcomeUnknown
from connector.ledgers import admission


def one_by_one(entries: Sequence[JournalEntry], post: Callable[[JournalEntry], Answer]) -> list[Answer]:
    """Post ``entries`` in order with ``post``; one answer each.

    ``post`` raises EntryRejected when the ledger refuses the entry, OutcomeUnknown when nobody knows what became of
    it, LedgerUnavailable or LedgerRefused when certainly nothing was done. After the last three no more is sent; they
    are raised on only when nothing at all was sent before.
    """
    answers: list[Answer] = []
    for entry in entries:
        try:
            answers.append(post(entry))
        except EntryRejected as error:
            answers.append(admission.rejected(entry, admission.Refusal(reason=error.message, hint=error.hint)))
        except OutcomeUnknown as error:
            answers.append(unknown(entry, error))
            return answers + _rest(entries[len(answers) :], error)
        except (LedgerUnavailable, LedgerRefused) as error:
            if not answers:
                raise
            return answers + _rest(entries[len(answers) :], error)
    return answers


def unknown(entry: JournalEntry, why: LedgerError) -> Answer:
    """Nobody knows what became of ``entry``."""
    return Answer(key=entry.key.text, state=DeliveryState.UNKNOWN, reason=str(why), hint=why.hint)


def _rest(entries: Sequence[JournalEntry], why: LedgerError) -> list[Answer]:
    return [admission.not_sent(entry, why) for entry in entries]
