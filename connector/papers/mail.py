"""Mail with invoices: single messages (.eml) and exported mailboxes (.mbox), one message in memory at a time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import BinaryIO

import msgspec

LARGEST_MESSAGE = 40_000_000
"""Bytes of a message that are read: a mail server takes less."""
_CHUNK = 65_536
_SEPARATOR = re.compile(rb"From \S+ .*[0-9]:[0-9]{2}.* [0-9]{4}")
"""What parts messages: sender and moment. Not every program marks a line of a letter that begins with 'From'."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a message; ``content`` is ``None`` when its message is too large. ``sender`` is the mail address that
    the message names, which anybody can write."""

    name: str
    sender: str
    content: bytes | None


def is_mailbox(start: bytes) -> bool:
    """Whether a file that begins with ``start`` is an exported mailbox."""
    return start.startswith(b"From ")


def attachments(file: BinaryIO, *, mailbox: bool) -> Iterator[Attachment]:
    """Every attached file of a message, or of all messages of a mailbox, in order."""
    for message in _messages(file) if mailbox else (file.read(LARGEST_MESSAGE + 1),):
        yield from of_message(message)


def of_message(data: bytes) -> Iterator[Attachment]:
    """Every attached file of the message ``data``; nothing in it makes this fail."""
    if len(data) > LARGEST_MESSAGE:
        start = message_from_bytes(data[:_CHUNK])
        yield Attachment(name=_words(start, "Subject") or "message", sender=_sender(start), content=None)
        return
    message = message_from_bytes(data)
    sender = _sender(message)
    for part in message.walk():
        if part.is_multipart() or not (name := _filename(part)):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            yield Attachment(name=name, sender=sender, content=content)


def _messages(file: BinaryIO) -> Iterator[bytes]:
    """The messages of a mailbox; of one that is too large only so much that this is seen."""
    kept, after_blank, line_start = io.BytesIO(), True, True
    while line := file.readline(_CHUNK):
        if line_start and after_blank and _SEPARATOR.match(line):
            if kept.tell():
                yield kept.getvalue()
            kept = io.BytesIO()
        elif kept.tell() <= LARGEST_MESSAGE:
            kept.write(line[1:] if line_start and line.startswith(b">From ") else line)
        after_blank = line_start and line in (b"\n", b"\r\n")
        line_start = line.endswith(b"\n")
    if kept.tell():
        yield kept.getvalue()


def _sender(message: Message) -> str:
    return parseaddr(_words(message, "From"))[1][:200].lower()


def _filename(part: Message) -> str:
    """The name of an attached file, without folders; by its kind for invoices that have none."""
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError):
        name = ""
    name = _decoded(name).replace("\\", "/").rpartition("/")[2].strip()
    name = "".join(letter for letter in name if letter.isprintable())[:200]
    if not name and part.get_content_type() in ("application/pdf", "application/xml"):
        return f"attachment.{part.get_content_subtype()}"
    return name


def _words(message: Message, name: str) -> str:
    return _decoded(str(message.get(name, "")))[:1000]


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, UnicodeError):
        return text
