"""Hides what must not leave: secrets, customers and addresses of people, however they are written in a text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from connector import log

SHORTEST_NAME, SHORTEST_NUMBER, SHORTEST_PART = 3, 5, 6
"""Shorter names and numbers would be found everywhere; a name shorter than a part is hidden where it stands alone."""
_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_QUOTED = re.compile(r"['\"].*['\"]", re.DOTALL)
"""From the first quotation mark to the last: what is quoted may hold some itself, as Jan's Bakkerij does."""


class Hiding:
    """Texts without ``secrets``, without ``names`` in any case and spelling, and without e-mail addresses."""

    def __init__(self, secrets: Iterable[str], names: Iterable[str]) -> None:
        # A secret that is written otherwise, as in an address or in JSON, is still one.
        self._secrets = frozenset(form for each in secrets for form in _forms(each))
        forms = {form for each in names if _is_telling(each) for form in _forms(each)}
        self._names = [(form.casefold(), _anywhere(form)) for form in sorted(forms, key=len, reverse=True)]

    def text(self, text: str) -> str:
        """``text``, with stars for what is hidden."""
        return self._without(text, self._names)

    def everything(self, document: Any) -> Any:
        """Every text within a document; its names stay, which are ours."""
        # There can be many customers and many texts, most of which repeat: only names that occur at all are looked for.
        together = "\n".join(set(_texts(document))).casefold()
        names = [each for each in self._names if each[0] in together]
        return _each_text(document, lambda text: self._without(text, names))

    def _without(self, text: str, names: Iterable[tuple[str, re.Pattern[str]]]) -> str:
        text = log.clean(text, self._secrets)
        folded = text.casefold()
        for name, pattern in names:
            if name in folded:
                text = pattern.sub(log.HIDDEN, text)
                folded = text.casefold()
        return _MAIL.sub(log.HIDDEN, text)


def unquoted(text: str) -> str:
    """``text`` without what it quotes and what stands between: of settings and tables that are wrong, what stands in
    the wrong place may be a secret or a customer."""
    return _QUOTED.sub(log.HIDDEN, text)


def _each_text(document: Any, change: Callable[[str], str]) -> Any:
    if isinstance(document, dict):
        return {name: _each_text(inner, change) for name, inner in document.items()}
    if isinstance(document, (list, tuple)):
        return [_each_text(inner, change) for inner in document]
    return change(document) if isinstance(document, str) else document


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, (dict, list, tuple)):
        for inner in document.values() if isinstance(document, dict) else document:
            yield from _texts(inner)


def _anywhere(name: str) -> re.Pattern[str]:
    # Both spellings, since folding makes two letters of one, as in Strasse.
    either = "|".join(map(re.escape, dict.fromkeys((name, name.casefold()))))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if len(name) < SHORTEST_PART else either, re.IGNORECASE)


def _is_telling(name: str) -> bool:
    bare = name.strip()
    return len(bare) >= (SHORTEST_NUMBER if bare.isdecimal() else SHORTEST_NAME)


def _forms(text: str) -> set[str]:
    bare = text.strip()
    plain, escaped = json.dumps(bare, ensure_ascii=False)[1:-1], json.dumps(bare)[1:-1]
    return {
        bare,
        " ".join(bare.split()),
        plain,
        escaped,
        repr(bare)[1:-1],
        quote(bare),
        quote(bare, safe=""),
        quote_plus(bare),
    } - {""}
