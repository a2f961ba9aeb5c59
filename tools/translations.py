"""Gathers the texts that users see, writes connector/locale/*/LC_MESSAGES/connector.po, and compiles each to .mo.

Texts are those in ``_(...)`` and ``many(...)``, titles of columns and facts, the catalogue of findings, the names of
states, and what the mapping tables and their columns mean. A translation that is no longer used stays in the file,
marked as such, and comes back with its text.
Without arguments it writes; with ``--check`` it only names what is missing, and ends with 1 when anything is.
"""

from __future__ import annotations

import ast
import datetime
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from connector import texts
from connector.domain import catalogue
from connector.domain.delivery import DeliveryState
from connector.domain.journal import DocumentKind
from connector.mapping_files.schemas import SCHEMAS

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("nl", "fr")
COMMENT = "# Written by tools/translations.py; the translations are edited here, by hand."
NO_DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
"""Equal texts make equal files, so no file says when it was made."""
LEFT_OUT = (
    "Project-Id",
    "Report-Msgid",
    "POT-Creation",
    "PO-Revision",
    "Last-Translator",
    "Language-Team",
    "Generated-By",
)
Id = str | tuple[str, str]


def ids() -> dict[Id, str]:
    """Every text with a comment for the translator: the catalogue of findings first, the others by alphabet."""
    found: dict[Id, str] = {}
    for entry in catalogue.FINDINGS.values():
        found.setdefault(entry.sentence, entry.code)
        found.setdefault(entry.next_step, entry.code)
    words: set[Id] = {*catalogue.WORDS, *texts.STATES, *(each.value for each in (*DeliveryState, *DocumentKind))}
    words |= {schema.meaning for schema in SCHEMAS.values()} | set(_meanings())
    words |= {name.capitalize() for name in texts.STATES}  # titles of columns
    for module in (ROOT / "connector").rglob("*.py"):
        words.update(_texts(ast.parse(module.read_text(encoding="utf-8"))))
    for word in sorted(words, key=str):
        found.setdefault(word, "")
    return found


def _meanings() -> Iterator[str]:
    for schema in SCHEMAS.values():
        yield from (column.meaning for column in (*schema.columns, schema.prefixed) if column.meaning)


def _texts(tree: ast.AST) -> Iterator[Id]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in ("_", "marked", "column", "prose", "amount", "State") and words:
            yield words[0]
        elif name == "many" and len(words) > 1:
            yield words[0], words[1]
        elif name == "facts":
            keys = [key for each in ast.walk(node) if isinstance(each, ast.Dict) for key in each.keys]
            yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def po_file(language: str) -> Path:
    """The file with the translations into ``language``."""
    return texts.LOCALE / language / "LC_MESSAGES" / "connector.po"


def merged(language: str) -> Catalog:
    """What the file of ``language`` should hold: every text of the program, with the translations there are."""
    with po_file(language).open("rb") as file:
        known = read_po(file, locale=language)
    every = {message.id: message for message in [*known, *known.obsolete.values()] if message.id}
    fresh = Catalog(locale=language, fuzzy=False, header_comment=COMMENT, creation_date=NO_DAY, revision_date=NO_DAY)
    used = ids()
    for text, comment in used.items():
        fresh.add(text, every[text].string if text in every else None, user_comments=[comment] if comment else [])
    for text, message in every.items():
        if text not in used and all(strings(message)):
            fresh.obsolete[text] = message
    return fresh


def untranslated(catalog: Catalog) -> list[str]:
    """The texts without a translation."""
    return [str(message.id) for message in catalog if message.id and not all(strings(message))]


def strings(message: Message) -> tuple[str, ...]:
    """The translation of a message: one text, or one per number of things."""
    found = message.string
    return (found,) if isinstance(found, str) else tuple(found or ("",))


def compiled(catalog: Catalog) -> bytes:
    """The .mo file of ``catalog``."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def po_text(catalog: Catalog) -> bytes:
    """The .po file of ``catalog``, without anything that changes from day to day."""
    out = io.BytesIO()
    write_po(out, catalog, width=110, omit_header=False, ignore_obsolete=False)
    kept = [
        line
        for line in out.getvalue().decode().splitlines()
        if not line.startswith(tuple(f'"{name}' for name in LEFT_OUT))
    ]
    return ("\n".join(kept).strip() + "\n").encode()


def main() -> int:
    """Write or check the files of all languages."""
    check = "--check" in sys.argv[1:]
    missing = 0
    for language in LANGUAGES:
        catalog = merged(language)
        for text in untranslated(catalog):
            missing += 1
            print(f"{language}: not translated: {text}")
        if not check:
            po_file(language).write_bytes(po_text(catalog))
            po_file(language).with_suffix(".mo").write_bytes(compiled(catalog))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
