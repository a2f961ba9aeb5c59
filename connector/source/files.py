"""Saved answers as a source: each file, in JSON or XML, is one answer, kept with the same evidence as one that was
fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path

from connector.domain.dates import parse_date
from connector.domain.invoice import Direction
from connector.errors import SettingsError, SourceError, SourceFormatError
from connector.source.base import REGISTERS, Answer, Endpoint, Window
from connector.source.bodies import envelope, parse_slice
from connector.source.recognise import (
    check_consolidated,
    check_direction,
    direction_of,
    endpoint_of,
    is_consolidated,
    recognised,
    register_named,
)
from connector.source.scanner import CUT_OFF
from connector.source.temporary import keep, temporary_file

_CHUNK = 256 * 1024
_ENDINGS = (".json", ".xml")
_NAME_THEM = "Name saved answers that are there ('folder' in the settings, or after --from-files), and run it again."
_SAVE_AGAIN = "Save the answer once more, unchanged, as the API gave it."


class SavedAnswers:
    """The files among ``paths``, in the order of their names; a folder stands for all '.json' and '.xml' files below
    it.

    ``endpoint`` says which list they are, for all of them; without it each file is recognised, see
    ``recognise``. ``show_detail`` says whether they were asked for with single changes, which cannot be seen
    from them. ``own_vat`` is the VAT number of whose books they are for, so that sales are not taken for purchases.
    SettingsError when there is no file.
    """

    name = "files"

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        now: Callable[[], datetime],
        endpoint: Endpoint | None = None,
        show_detail: bool = False,
        own_vat: str = "",
        folder: Path | None = None,
    ) -> None:
        self.paths = tuple(_files(paths))
        self._now = now
        self._endpoint = endpoint
        self._show_detail = show_detail
        self._own_vat = own_vat
        self._folder = folder

    @contextmanager
    def open(self, path: Path) -> Iterator[Answer]:
        """The answer saved in ``path``: a copy, so that what is read is what was hashed, removed when the
        context is left.

        ``requested_at`` is the time of reading; when the file was written is kept as its Last-Modified
        header. SourceFormatError when the file is not what the API promises, with the file as its ``where``;
        SourceError when it cannot be read.
        """
        requested_at = self._now()
        with temporary_file(self._folder) as body:
            size, sha256 = keep(_chunks(path), body)
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            endpoint, window = self._look(path, body)
            answer = Answer(
                endpoint=endpoint,
                window=window,
                show_detail=self._show_detail,
                url=path.resolve().as_uri(),
                status=200,
                headers=(("Last-Modified", format_datetime(written, usegmt=True)),),
                requested_at=requested_at,
                seconds=(self._now() - requested_at).total_seconds(),
                body=body,
                size=size,
                sha256=sha256,
                attempts=1,
            )
            try:
                yield answer
            except SourceFormatError as error:
                raise _in_file(error, path) from None

    def _look(self, path: Path, body: Path) -> tuple[Endpoint, Window | None]:
        """What the file is: its list, and the dates of the invoices in it."""
        if self._endpoint in (*REGISTERS, Endpoint.SUBSCRIPTION_DETAILS):
            return self._endpoint, None
        kinds: set[Endpoint | None] = set()
        directions: set[Direction | None] = set()
        dates: set[date] = set()
        try:
            for piece in envelope(body).invoices():
                parsed = parse_slice(piece.slice)
                invoice = parsed.invoice
                consolidated = is_consolidated(each.path for each in parsed.drift)
                kinds.add(Endpoint.CONSOLIDATED_INVOICES if consolidated else endpoint_of(invoice))
                directions.add(direction_of(invoice, self._own_vat))
                day = parse_date(invoice.header.date or "") if invoice.header else None
                if day:
                    dates.add(day)
            check_consolidated(kinds, self._endpoint)
            check_direction(directions, self._endpoint)
            endpoint = self._endpoint or recognised(kinds, path.name)
        except SourceFormatError as error:
            register = register_named(path.name)
            if self._endpoint is None and register is not None and not kinds:
                return register, None
            raise _in_file(error, path) from None
        return endpoint, Window(start=min(dates), end=max(dates)) if dates else None


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in _ENDINGS and each.is_file())
            if not inside:
                raise SettingsError("There is no .json or .xml file in this folder", where=str(path), hint=_NAME_THEM)
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise SettingsError("There is no such file or folder", where=str(path), hint=_NAME_THEM)
    return list(dict.fromkeys(found))


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        hint = "Check the file and the rights to read it, then run the same command again."
        raise SourceError(f"The file cannot be read: {error.strerror}", where=str(path), hint=hint) from None


def _in_file(error: SourceFormatError, path: Path) -> SourceFormatError:
    """``error`` with the file in place of the temporary copy, which is gone when a person reads this."""
    asked_again = error.hint in (error.default_hint, CUT_OFF)  # a file stays as it is, however often it is read
    return SourceFormatError(error.message, where=str(path), hint=_SAVE_AGAIN if asked_again else error.hint)
