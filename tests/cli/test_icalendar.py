"""Calendar files: lines that fold at 75 octets and unfold to what was written, texts escaped, days right."""

from __future__ import annotations

import datetime
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from connector.cli.icalendar import Event, calendar

NOW = datetime.datetime(2025, 2, 1, 13, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))


def event(**more: str) -> Event:
    plain = {"key": "k", "title": "Renews", "text": "first\nsecond"}
    return Event(first=datetime.date(2024, 2, 28), last=datetime.date(2024, 2, 29), **(plain | more))


def unfolded(file: bytes) -> list[str]:
    return file.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def value(lines: list[str], name: str) -> str:
    (found,) = [line.partition(":")[2] for line in lines if line.partition(":")[0] == name]
    return found


def test_an_event_of_whole_days() -> None:
    lines = unfolded(calendar("Renewals", [event()], NOW))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert value(lines, "DTSTART;VALUE=DATE") == "20240228"
    assert value(lines, "DTEND;VALUE=DATE") == "20240301"
    assert value(lines, "DTSTAMP") == "20250201T120000Z"
    assert value(lines, "DESCRIPTION") == r"first\nsecond"


def test_the_same_event_has_the_same_name_and_no_other_has() -> None:
    names = [value(unfolded(calendar("", [event(key=key)], NOW)), "UID") for key in ("a", "a", "b")]
    assert names[0] == names[1]
    assert names[1] != names[2]


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_comes_back(text: str) -> None:
    file = calendar("", [event(title=text)], NOW)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert b"\n" not in file.replace(b"\r\n", b"")
    shown, escaped = "", False
    for sign in value(unfolded(file), "SUMMARY"):
        if escaped:
            shown, escaped = shown + ("\n" if sign == "n" else sign), False
        elif sign == "\\":
            escaped = True
        else:
            assert sign not in ",;"
            shown += sign
    plain = text.replace("\r\n", "\n")
    kept = [each if each == "\n" or unicodedata.category(each) not in ("Cc", "Zl", "Zp") else " " for each in plain]
    assert shown == "".join(kept)
