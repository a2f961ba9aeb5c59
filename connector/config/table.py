"""Reading one table of settings: each value checked as it is taken, and every mistake noted with its place."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.config.toml_file import TomlFile
from connector.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One wrong setting: its place ('connector.toml:12'), and what is wrong and would be right."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class WrongSettings(SettingsError):
    """Settings are wrong; ``problems`` holds all of them, in the order of the files."""

    def __init__(self, problems: Iterable[Problem], *, where: str) -> None:
        self.problems = tuple(map(str, problems))
        many = f"{len(self.problems)} settings are wrong" if len(self.problems) > 1 else "a setting is wrong"
        super().__init__("\n  ".join([f"{many}:", *self.problems]), where=where)


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean ...?' with the known word that looks most like ``word``, '' when none does."""
    spelled = {each.lower(): each for each in known}
    found = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    found = found or [each for each in spelled if len(word) > 2 and each.startswith(word.lower())]
    return f"; did you mean '{spelled[found[0]]}'?" if found else ""


def listed(words: Iterable[str]) -> str:
    """'a, b or c'."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


class Table:
    """A table of the file that remembers which of its keys were asked for; ``close`` complains about the others."""

    def __init__(
        self, values: Mapping[str, Any], path: tuple[str, ...], file: TomlFile, problems: list[Problem]
    ) -> None:
        self._values, self._path, self._file, self._problems = values, path, file, problems
        self._asked: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of the table, in the order of the file."""
        return tuple(self._values)

    @property
    def given(self) -> dict[str, str]:
        """The file and line of every setting that stands here or in a table within, by its name: 'source.kind'."""
        found: dict[str, str] = {}
        for name, value in self._values.items():
            if isinstance(value, dict):
                inner = Table(value, (*self._path, name), self._file, [])
                found |= {f"{name}.{each}": place for each, place in inner.given.items()}
            else:
                found[name] = self.place(name)
        return found

    def place(self, name: str = "") -> str:
        """The file and line of a key, or of the table itself."""
        return self._file.place(*self._path, *([name] if name else []))

    def wrong(self, name: str, message: str) -> None:
        """Note that the key ``name`` ('' for the table itself) is wrong."""
        shown = ".".join((*self._path[2:], name)).strip(".") or ".".join(self._path)
        of = f" of administration {self._path[1]}" if len(self._path) > 1 and (name or len(self._path) > 2) else ""
        self._problems.append(Problem(where=self.place(name), message=f"{shown}{of}: {message}"))

    def know(self, names: Iterable[str]) -> None:
        """Count ``names`` among the settings that may stand here."""
        self._asked += names

    def text(self, name: str, default: str = "", *, required: str = "", strip: bool = True) -> str:
        """A text, without spaces around it when ``strip``. ``required`` says what is expected when the key
        must be there."""
        found = self._take(name, str, 'a text in quotes, as in name = "text"')
        text = default if found is None else str(found).strip() if strip else str(found)
        if required and not text and not (name in self and found is None):
            self.wrong(
                name if name in self else "", f"{'is empty' if name in self else f'{name} is missing'}; {required}"
            )
        return text

    def choice(self, name: str, choices: Iterable[str], default: str = "", *, required: bool = False) -> str:
        """One of ``choices``; the default when it is absent or wrong (which is noted)."""
        choices = tuple(choices)
        text = self.text(name, default, required=f"give {listed(choices)}" if required else "")
        if text and text not in choices:
            self.wrong(name, f"'{text}' is not possible; give {listed(choices)}{nearest(text, choices)}")
            return default
        return text

    def choices(self, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        """Some of ``choices``, in their order; none when it is absent or wrong (which is noted)."""
        found = self._take(name, list, f'a list as in ["{choices[0]}"]') or []
        for each in found:
            if each not in choices:
                told = f"{each!r} is not possible; give {listed(choices)}"
                self.wrong(name, told + (nearest(each, choices) if isinstance(each, str) else ""))
        return tuple(each for each in choices if each in found)

    def one_or_more(self, name: str, expected: str) -> tuple[str, ...]:
        """A text or a list of texts, without spaces around them; none when it is absent or wrong (which is noted)."""
        found = self._take(name, (str, list), expected)
        several = [found] if isinstance(found, str) else found or []
        if name in self and (found == [] or not all(isinstance(each, str) for each in several)):
            self.wrong(name, f"give {expected}")
            return ()
        return tuple(each.strip() for each in several)

    def texts_in(self, name: str, expected: str) -> tuple[str, ...]:
        """As ``one_or_more``, and none for an empty list."""
        return () if self._values.get(name) == [] else self.one_or_more(name, expected)

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``."""
        found = self._take(name, int, "a whole number without quotes")
        if found is None:
            return default
        if not least <= found <= most:
            self.wrong(name, f"{found} is out of range; give {least} to {most}")
        return int(found)

    def seconds(self, name: str, default: float, *, most: float) -> float:
        """A time in seconds, from 0 to ``most``."""
        found = self._take(name, (int, float), "a number without quotes, as in 0.5")
        if found is None:
            return default
        if not 0 <= found <= most:
            self.wrong(name, f"{found} is out of range; give 0 to {most}")
        return float(found)

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        found = self._take(name, bool, "true or false, without quotes")
        return default if found is None else bool(found)

    def date(self, name: str) -> datetime.date | None:
        """A day, written as 2024-01-31 with or without quotes; ``None`` when it is absent or wrong (which is
        noted)."""
        expected = "a date as 2024-01-31 (year-month-day)"
        found = self._take(name, (str, datetime.date), expected)
        if isinstance(found, datetime.datetime):
            self.wrong(name, f"a time is not wanted; give {expected}")
            return None
        if isinstance(found, str):
            found = _iso_date(found.strip()) or found
        if isinstance(found, str):
            self.wrong(name, f"'{found}' is no date; give {expected}")
            return None
        return found if isinstance(found, datetime.date) else None

    def table(self, name: str) -> Table:
        """A table inside this one; an empty one when it is absent or wrong (which is noted)."""
        found = self._take(name, dict, f"a table: [{'.'.join((*self._path, name))}]")
        return Table(found or {}, (*self._path, name), self._file, self._problems)

    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every key that was not asked for, with its value as text: for whom they are, checks them."""
        rest = [name for name in self._values if name not in self._asked]
        self._asked += rest
        for name in rest:
            if isinstance(self._values[name], (dict, list)):
                self.wrong(name, "a single value is wanted here")
        return tuple((name, _plain(self._values[name])) for name in rest)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for name in self._values:
            if name not in self._asked:
                meant = nearest(name, self._asked) or f"; known here: {', '.join(sorted(set(self._asked)))}"
                self.wrong(name, f"is not a setting{meant}")

    def _take(self, name: str, kind: type | tuple[type, ...], expected: str) -> Any:
        self._asked.append(name)
        found = self._values.get(name)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if found is None or (isinstance(found, kinds) and (bool in kinds or not isinstance(found, bool))):
            return found
        self.wrong(name, f"{_plain(found)} is {_kind(found)}; give {expected}")
        return None


def _iso_date(text: str) -> datetime.date | None:
    try:
        # The standard reader also takes 20240131 and week dates, which are easily mistyped.
        return datetime.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", dict: "a table", list: "a list"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a date or time")
