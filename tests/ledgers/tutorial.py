"""The adapter of docs/adapters.md, taken from the page."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from types import ModuleType

from connector.ledgers.base import Adapter

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adapters.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def code_of(page: str) -> str:
    """The code blocks of the tutorial in ``page``, as one module."""
    _, heading, tutorial = page.partition("## An adapter in under 100 lines\n")
    assert heading, "the tutorial has its heading"
    return "\n".join(_BLOCK.findall(tutorial.partition("\n## ")[0]))


@cache
def adapter(wrong: tuple[tuple[str, str], ...] = ()) -> Adapter:
    """The adapter; for each pair of ``wrong``, what stands there first replaced by the second."""
    code = code_of(PAGE.read_text(encoding="utf-8"))
    for right, instead in wrong:
        assert code.count(right) == 1, f"{right!r} stands {code.count(right)} times in the tutorial"
        code = code.replace(right, instead)
    module = ModuleType("tutorial")
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    found: Adapter = module.__dict__["Daybook"]
    return found
