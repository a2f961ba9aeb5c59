"""The one exception tree: the world is at fault, and the class says what to do next.

    ConnectorError(message, *, hint, where)          recovery
    ├─ SettingsError                                 STOP        fix the file or variable that is named
    ├─ MappingFileError                              STOP        fix the row that is named
    ├─ PastBooksError                                STOP        a file of past books cannot be read
    ├─ PaperFileError                                STOP        a file of a mailed invoice cannot be opened
    ├─ PluginError                                   STOP        a ledger adapter could not be loaded
    ├─ StoreError                                    STOP        database damaged, read-only or not writable
    │  ├─ SchemaError                                STOP        database older or newer than the program
    │  ├─ StoreBusy                                  RETRY       another program holds the database
    │  ├─ StoreUnavailable                           RETRY       its server does not answer, or its disk is full
    │  └─ GuardError                                 STOP        the database refused to change a kept fact
    ├─ BusyError                                     RETRY       another run works on this administration
    ├─ RetentionError                                STOP        what must be kept, or is not finished, stays
    ├─ PauseError                                    ASK_PERSON  an answer is so unusual that a person must look
    ├─ SourceError                                   STOP
    │  ├─ SourceUnavailable                          RETRY       nothing is lost; wait, obey Retry-After
    │  ├─ SourceRefused                              STOP        key, permission or address
    │  └─ SourceFormatError                          STOP        an answer is not what the API promises
    └─ LedgerError                                   STOP
       ├─ LedgerUnavailable                          RETRY       certainly nothing was sent
       ├─ LedgerRefused                              STOP        credentials, licence, files edited by others
       ├─ EntryRejected                              ASK_PERSON  closed period, unknown account
       ├─ PostingConflict                            ASK_PERSON  same key, other content
       └─ OutcomeUnknown                             LOOK_UP     sent, no answer: find, never send again blindly

Bad documents are not exceptions but findings (``connector.domain.finding``); our own mistakes are assertions.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class Recovery(Enum):
    """What the caller should do with an error: the only thing a caller asks of one."""

    STOP = "stop"
    RETRY = "retry"
    ASK_PERSON = "ask a person"
    LOOK_UP = "look up"


class ConnectorError(Exception):
    """Something outside the program is wrong.

    ``message`` says what happened and to what, ``where`` names the file and line, setting, invoice or address
    concerned, and ``hint`` says what to do next. None of them may hold a secret.
    """

    recovery: ClassVar[Recovery] = Recovery.STOP
    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str] = "Run 'connector doctor' to see what else is wrong."

    def __init__(self, message: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class SettingsError(ConnectorError):
    """A setting is missing or wrong; nothing was started."""

    exit_code = 3
    default_hint = "Mend the setting that is named, then run 'connector doctor'."


class MappingFileError(ConnectorError):
    """A mapping table cannot be used; the message lists every row at fault."""

    exit_code = 4
    default_hint = "Mend the rows that are named and run the same command again."

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), hint: str = "", where: str = "") -> None:
        super().__init__(message, hint=hint, where=where)
        self.problems = problems


class PastBooksError(ConnectorError):
    """A file of past books cannot be read, or not without guessing."""

    exit_code = 13
    default_hint = "Export the file anew as an XML audit file (XAF) or as CSV, and run the same command again."


class PaperFileError(ConnectorError):
    """A file or folder with mailed invoices is not there, or cannot be opened."""

    exit_code = 14
    default_hint = "Name a PDF, an e-invoice (XML), a message (.eml), a mailbox (.mbox), or a folder with these."


class PluginError(ConnectorError):
    """A ledger adapter cannot be found or loaded."""

    exit_code = 3
    default_hint = "Name an installed ledger; 'connector doctor' lists them."


class StoreError(ConnectorError):
    """The database cannot be used: unreachable, full, damaged or locked for too long."""

    exit_code = 5
    default_hint = "Check the database that is named and run the same command again; nothing half-written is kept."


class SchemaError(StoreError):
    """The database belongs to an older or a newer version of the connector."""

    default_hint = "Run 'connector db upgrade'."


class StoreBusy(StoreError):
    """Another program holds the database longer than we wait."""

    recovery = Recovery.RETRY
    default_hint = "Close the program that uses the database and run the same command again."


class StoreUnavailable(StoreError):
    """The database cannot be used for now: its server does not answer, or its disk is full."""

    recovery = Recovery.RETRY


class GuardError(StoreError):
    """The database refused a change to a kept fact: an unbalanced entry, an update or a deletion."""

    default_hint = "Facts are corrected by new entries, never changed. Report this as a defect of the connector."


class BusyError(ConnectorError):
    """Another run works on the same administration."""

    recovery = Recovery.RETRY
    exit_code = 6
    default_hint = "Wait until the other run is finished and run the same command again."


class RetentionError(ConnectorError):
    """What was to be removed must still be kept, or is not finished; nothing was removed."""

    exit_code = 15
    default_hint = "'connector retention list' tells per year what can be removed, and what keeps it."


class PauseError(ConnectorError):
    """The source answered something so unusual that a person must look before it is used."""

    recovery = Recovery.ASK_PERSON
    exit_code = 7
    default_hint = "Look at what is named; run the same command with --accept-unusual if it is right."


class SourceError(ConnectorError):
    """The source of the invoices cannot be used."""

    exit_code = 8
    default_hint = "Run 'connector doctor' to try the connection."


class SourceUnavailable(SourceError):
    """The source does not answer, or not now; nothing is lost. ``retry_after`` is in seconds, when it was given."""

    recovery = Recovery.RETRY
    default_hint = "Run the same command again later; it goes on where it stopped."

    def __init__(self, message: str, *, retry_after: float | None = None, hint: str = "", where: str = "") -> None:
        super().__init__(message, hint=hint, where=where)
        self.retry_after = retry_after


class SourceRefused(SourceError):
    """The source refuses our key or our question; trying again would not help."""

    exit_code = 9
    default_hint = "Check the API key: right, not expired, for PRODUCTION, with the permissions that are needed."


class SourceFormatError(SourceError):
    """An answer is not what the API promises; nothing of it was booked."""

    exit_code = 10
    default_hint = "The answer is kept in the working folder; compare it with the API's documentation or ask Copaco."


class LedgerError(ConnectorError):
    """The bookkeeping software or the ledger files cannot be used."""

    exit_code = 11
    default_hint = "Run 'connector doctor' to try the ledger."


class LedgerUnavailable(LedgerError):
    """The ledger does not answer; certainly nothing was sent."""

    recovery = Recovery.RETRY
    default_hint = "Run the same command again later; nothing was sent."


class LedgerRefused(LedgerError):
    """The ledger refuses us altogether: credentials, licence, or files that others have edited."""

    exit_code = 12
    default_hint = "Mend what is named, then run 'connector sync' again."


class EntryRejected(LedgerError):
    """The ledger refuses this one entry: closed period, unknown account."""

    recovery = Recovery.ASK_PERSON
    default_hint = "Mend the cause, then approve the entry again."


class PostingConflict(LedgerError):
    """The ledger holds another entry under the same key: an amendment, never a new posting."""

    recovery = Recovery.ASK_PERSON
    default_hint = (
        "Compare both entries with 'connector entries show'; correct by a new entry, never by a second posting."
    )


class OutcomeUnknown(LedgerError):
    """The entry was sent and no answer came; it must be looked up before anything is sent again."""

    recovery = Recovery.LOOK_UP
    default_hint = "Run 'connector sync' again: the entry is looked up first and never sent twice."
