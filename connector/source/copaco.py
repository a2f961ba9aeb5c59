"""Copaco's current API as a source: which address is asked for what, and with which question."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec

from connector.errors import SourceFormatError
from connector.source.base import Answer, Endpoint, Window
from connector.source.envelope import Envelope
from connector.source.http import HttpClient
from connector.source.paging import refuse_next_link
from connector.source.settings import ApiSettings
from connector.source.windows import widen

_fields_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class KeyTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What a key got from example-invoices: where from, how many made-up invoices, and the fields of the
    first one.
    """

    url: str
    invoices: int
    fields: tuple[str, ...]
    size: int
    seconds: float


class CurrentApi:
    """The lists under ``/api/v1``. ``client`` does the asking; ``settings`` say what is not certain.

    An answer that is not what the API promises is copied to ``keep_bad_in``, when given, so that it can be
    looked at; the error's hint names the file.
    """

    name = "copaco"

    def __init__(self, client: HttpClient, settings: ApiSettings, *, keep_bad_in: Path | None = None) -> None:
        self._client = client
        self._settings = settings
        self._keep_bad_in = keep_bad_in

    def fetch(self, endpoint: Endpoint, window: Window, *, show_detail: bool = False) -> AbstractContextManager[Answer]:
        """The answer for ``window``, one day more being asked at both ends (U4); everything that comes is
        kept.

        Raises SourceUnavailable, SourceRefused or SourceFormatError.
        """
        return self._ask(endpoint, window, show_detail)

    def fetch_register(self, endpoint: Endpoint) -> AbstractContextManager[Answer]:
        """The whole of a register, as it is now. Raises what ``fetch`` does."""
        return self._ask(endpoint, None, show_detail=False)

    def try_key(self) -> KeyTrial:
        """Ask example-invoices once, for what its default dates are: what the key gets. Nothing is kept.
        Raises what ``fetch`` does.
        """
        with self._ask(Endpoint.EXAMPLE_INVOICES, None, show_detail=False) as answer:
            envelope = Envelope(answer.body)
            fields: tuple[str, ...] = ()
            if not answer.no_data:
                for piece in envelope.invoices():
                    fields = fields or _field_names(piece.slice)
            return KeyTrial(
                url=answer.url, invoices=envelope.count, fields=fields, size=answer.size, seconds=answer.seconds
            )

    @contextmanager
    def _ask(self, endpoint: Endpoint, window: Window | None, show_detail: bool) -> Iterator[Answer]:
        settings = self._settings
        headers = {settings.show_detail_header: "true"} if show_detail else {}
        with self._client.download(settings.path(endpoint), self._dates(endpoint, window), headers) as received:
            answer = Answer(
                endpoint=endpoint,
                window=window,
                show_detail=show_detail,
                **{name: getattr(received, name) for name in received.__struct_fields__},
            )
            try:
                refuse_next_link(dict(answer.headers).get("Link", ""))
                yield answer
            except SourceFormatError as error:
                self._keep_bad(answer, error)
                raise

    def _dates(self, endpoint: Endpoint, window: Window | None) -> dict[str, str]:
        settings = self._settings
        if window is None or (endpoint is Endpoint.EXAMPLE_INVOICES and not settings.dates_on_examples):
            return {}
        asked = widen(window, settings.extra_days)
        return {
            settings.start_parameter: asked.start.strftime(settings.date_format),
            settings.end_parameter: asked.end.strftime(settings.date_format),
        }

    def _keep_bad(self, answer: Answer, error: SourceFormatError) -> None:
        """Copy a body that could not be used to where a person finds it, and say so in the error."""
        error.where = error.where or answer.url
        advice = (
            error.hint if error.hint != error.default_hint else "Compare it with the API's documentation or ask Copaco."
        )
        error.hint = advice
        if self._keep_bad_in is None:
            return
        moment = answer.requested_at.strftime("%Y%m%dT%H%M%SZ")
        target = self._keep_bad_in / f"{answer.endpoint.value}-{moment}-{answer.sha256.hex()[:12]}.txt"
        try:
            self._keep_bad_in.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(answer.body, target)
        except OSError:
            # The error itself is what matters; a full disk has its own.
            return
        error.hint = f"The answer is kept in {target}. {advice}"


def _field_names(invoice: bytes) -> tuple[str, ...]:
    try:
        return tuple(_fields_of(invoice))
    except msgspec.DecodeError:
        return ()
