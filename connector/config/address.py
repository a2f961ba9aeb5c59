"""The address of a PostgreSQL database in its parts, also where its password holds signs that should be escaped.

What follows the first colon is taken for the password as far as the last ``@``: better to hide too much than to show
the half of a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

ESCAPING = "a sign like '@' or '/' in a password is written as %40 or %2F"
_PLAIN = re.compile(r"(?P<user>[^:/@?#]*)(:(?P<password>[^@/?#]*))?@(?P<place>[^@?#]*)(\?[^@]*)?")
_AS_IT_MAY_BE = re.compile(r"(?P<user>[^:@]*)(:(?P<password>.*))?@(?P<place>[^@?]*)(\?[^@]*)?", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Address:
    """The parts of an address. ``ambiguous`` where nobody can tell the end of its password."""

    user: str = ""
    password: str = field(default="", repr=False)
    place: str
    ambiguous: bool = False

    @property
    def shown(self) -> str:
        """The address without its password, and without the question part, which may hold another."""
        return f"postgresql://{self.user}@{self.place}" if self.user else f"postgresql://{self.place}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password as it is written and as it is meant."""
        return tuple({self.password, unquote(self.password)} - {""})


def address(rest: str) -> Address:
    """The parts of what follows ``postgresql://``."""
    found = _PLAIN.fullmatch(rest) or _AS_IT_MAY_BE.fullmatch(rest)
    if found is None:  # nobody is named, so there is no password but in the question part
        return Address(place=rest.partition("?")[0])
    user, password, place = found["user"], found["password"] or "", found["place"]
    if "/" in user:  # 'host/a@b': what was taken for the user is none
        return Address(place=place, ambiguous=True)
    return Address(user=user, password=password, place=place, ambiguous="@" in password)
