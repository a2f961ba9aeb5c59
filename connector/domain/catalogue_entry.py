"""An entry of the catalogue of findings: its weight, what it says, and what a person does next."""

from __future__ import annotations

import msgspec

from connector.domain.finding import Severity

ASK_COPACO = "Ask Copaco for a corrected document; it is fetched and booked by itself."
COMPARE_PDF = "Compare the document with its PDF in Copaco's portal and ask Copaco which one is right."
NOTHING = "Nothing to do."


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about all findings with one code.

    ``acceptable`` findings hold, and ask for a judgement that only a person can give: one may accept them for a
    document. Never those about what a wrong word would falsify: tax, customer, amounts, totals, what is booked.
    """

    code: str
    severity: Severity
    sentence: str
    next_step: str
    acceptable: bool = False

    @property
    def doc(self) -> str:
        """Where the documentation explains it."""
        return f"docs/findings.md#{self.code.lower()}"


def hold(code: str, sentence: str, next_step: str) -> Entry:
    """A finding that holds until its cause is mended."""
    return Entry(code=code, severity=Severity.HOLD, sentence=sentence, next_step=next_step)


def judge(code: str, sentence: str, next_step: str) -> Entry:
    """A finding that holds until a person accepts it."""
    how = f"{next_step} If the document may be booked: connector findings accept NUMBER {code} --reason TEXT."
    return Entry(code=code, severity=Severity.HOLD, sentence=sentence, next_step=how, acceptable=True)


def warn(code: str, sentence: str, next_step: str) -> Entry:
    """A finding with which the document is booked."""
    return Entry(code=code, severity=Severity.WARN, sentence=sentence, next_step=next_step)


def report(code: str, sentence: str, next_step: str) -> Entry:
    """A finding that only tells."""
    return Entry(code=code, severity=Severity.REPORT, sentence=sentence, next_step=next_step)
