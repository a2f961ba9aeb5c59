"""The text of a PDF and the XML that it carries, taken out in a process of its own.

A PDF can be made to take for ever or to fill the memory, and can upset any reader. So the reader is another process,
with a limit on time and memory; what it says is either text or why there is none.
"""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from connector.domain.paper import Obstacle

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

LARGEST = 20_000_000
"""Bytes of a PDF that are looked at: mailed invoices have less than a hundredth of it."""
PAGES = 3
"""Pages that are read: the totals are on the first one."""
LETTERS = 100_000
"""Letters of a page that are read."""
SECONDS = 30.0
MEMORY = 1_500_000_000
_XML_NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})


class PdfText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of the first pages, with columns kept apart by spaces; ``xml`` is the e-invoice inside, if any."""

    pages: tuple[str, ...] = ()
    xml: bytes | None = None
    obstacle: Obstacle | None = None


def text_of(data: bytes, *, seconds: float = SECONDS) -> PdfText:
    """What can be read of a PDF within ``seconds``; never raises for what is in it."""
    if len(data) > LARGEST:
        return PdfText(obstacle=Obstacle.TOO_LARGE)
    # Without the current folder among the places of modules: it is the user's, and may hold anything.
    command = [sys.executable, "-P", "-m", __name__]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, check=True)
        return msgspec.json.decode(done.stdout, type=PdfText)
    except subprocess.TimeoutExpired:
        return PdfText(obstacle=Obstacle.TOO_SLOW)
    except (subprocess.CalledProcessError, OSError, msgspec.MsgspecError):
        return PdfText(obstacle=Obstacle.DAMAGED)


def extract(data: bytes) -> PdfText:
    """The same, in this process and without limits."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return PdfText(obstacle=Obstacle.ENCRYPTED)
        pages = tuple(_page(page)[:LETTERS] for _, page in zip(range(PAGES), reader.pages, strict=False))
        xml = _xml(reader)
    except Exception:  # noqa: BLE001 - there is no end to what a broken PDF makes its reader raise
        return PdfText(obstacle=Obstacle.DAMAGED)
    if xml is None and not any(each.strip() for each in pages):
        return PdfText(obstacle=Obstacle.NO_TEXT)
    return PdfText(pages=pages, xml=xml)


def _page(page: PageObject) -> str:
    with suppress(Exception):  # fonts that the layout mode cannot measure are read without it
        kept_apart = str(page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False))
        if kept_apart.strip():
            return kept_apart
    return str(page.extract_text())


def _xml(reader: PdfReader) -> bytes | None:
    with suppress(Exception):  # a broken list of attachments does not hide the text
        for name, contents in reader.attachments.items():
            if name.lower() in _XML_NAMES and contents:
                return bytes(contents[0])
    return None


def _limited() -> None:
    """Bound the memory of this process, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    _limited()
    sys.stdout.buffer.write(msgspec.json.encode(extract(sys.stdin.buffer.read())))
