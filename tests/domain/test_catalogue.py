"""The catalogue of findings, its documentation, and the codes that the program uses."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from connector.cli import COMMANDS
from connector.domain.catalogue import FINDINGS, entry_of, gravest, severity_of
from connector.domain.catalogue_entry import Entry
from connector.domain.finding import Finding, Severity, finding
from connector.domain.sentence import fill

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"[A-Z]+(?:-[A-Z]+)+|CURRENCY|VANISHED")
SHOWN = {Severity.HOLD: "Holds the document.", Severity.WARN: "Booked with a warning.", Severity.REPORT: "For your"}
KINDS = {"", "money", "date", "lines", "word"}


def sections() -> dict[str, str]:
    """The documentation per code."""
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def codes_in_the_source() -> dict[str, str]:
    """Every text in the program that looks like a code and is given to a function, compared, or kept in a table."""
    found: dict[str, str] = {}
    for folder in ("domain", "engine", "source"):
        for module in sorted((ROOT / "connector" / folder).rglob("*.py")):
            if module.name.endswith("catalogue.py"):
                continue
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                    found[node.value] = f"{module.relative_to(ROOT)}:{node.lineno}"
    return found


def test_every_code_is_documented_in_the_order_of_the_catalogue() -> None:
    assert list(sections()) == list(FINDINGS)


@pytest.mark.parametrize("entry", FINDINGS.values(), ids=lambda entry: entry.code)
def test_the_documentation_says_what_the_catalogue_says(entry: Entry) -> None:
    section = sections()[entry.code]
    assert SHOWN[entry.severity] in section
    assert f"*What to do:* {entry.next_step}" in section
    assert ("*A person may accept it.*" in section) is entry.acceptable
    how = f"connector findings accept NUMBER {entry.code} --reason TEXT."
    assert (how in entry.next_step) is entry.acceptable
    assert entry.doc == f"docs/findings.md#{entry.code.lower()}"


@pytest.mark.parametrize("entry", FINDINGS.values(), ids=lambda entry: entry.code)
def test_sentences_can_be_read(entry: Entry) -> None:
    for template in (entry.sentence, entry.next_step):
        assert template[0].isupper() or template[0] in "{0"
        assert template.endswith(".")
        fields = [(name, kind) for _, name, kind, _ in string.Formatter().parse(template) if name is not None]
        assert all(name.isidentifier() and (kind or "") in KINDS for name, kind in fields)
        for command in re.findall(r"\bconnector ([a-z]+)", template):
            assert command in COMMANDS


def test_every_code_that_the_program_uses_is_in_the_catalogue() -> None:
    unknown = {code: place for code, place in codes_in_the_source().items() if code not in FINDINGS}
    assert not unknown, "add these to connector/domain/catalogue.py and docs/findings.md"


def test_every_code_of_the_catalogue_is_used() -> None:
    unused = sorted(set(FINDINGS) - set(codes_in_the_source()))
    assert not unused, "nothing finds these; remove them from connector/domain/catalogue.py and docs/findings.md"


def test_a_template_is_filled_with_values_by_their_kind() -> None:
    found = finding("VAT-DIFFERS", minor=-123456, rate="21", stated="1,000.00", computed=223456)
    assert fill(FINDINGS["VAT-DIFFERS"].sentence, found) == (
        "At 21 % the document states 1,000.00 VAT; computed on the lines it is 2,234.56: a difference of -1,234.56."
    )


def test_missing_values_show_as_dots_and_braces_in_values_are_harmless() -> None:
    found = finding("FIELD-UNREADABLE", where="lines[1].{VAT}", value="{0} {x!r:>9} %s")
    assert fill("{where} {value} {absent:money}", found) == "lines[1].{VAT} {0} {x!r:>9} %s …"


def test_one_line_is_not_lines() -> None:
    assert fill("{count:lines}", finding("X", count=1)) == "1 line"
    assert fill("{count:lines}", finding("X", count=2)) == "2 lines"


def test_the_gravest_severity_decides() -> None:
    report, warn, hold = (Finding(code=code) for code in ("TEXT-LONG", "DATE-FUTURE", "NO-LINES"))
    assert gravest([report, warn, hold, warn]) is Severity.HOLD
    assert gravest([report, warn]) is Severity.WARN
    assert gravest([]) is None


def test_a_code_of_a_newer_version_holds() -> None:
    assert severity_of(Finding(code="FROM-TOMORROW")) is Severity.HOLD
    assert "newer version" in entry_of("FROM-TOMORROW").next_step
