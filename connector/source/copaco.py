"""Copaco's current API as a source: which address is asked for what, and with which question."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from connector.source.asking import Asker, Question
from connector.source.base import Answer, Endpoint, KeyTrial, Window
from connector.source.envelope import Envelope
from connector.source.http import HttpClient
from connector.source.settings import ApiSettings

_fields_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class CurrentApi:
    """The lists under ``/api/v1``; see ``Asker`` for the arguments."""

    name = "copaco"

    def __init__(self, client: HttpClient, settings: ApiSettings, *, keep_bad_in: Path | None = None) -> None:
        self._asker = Asker(client, settings, keep_bad_in)
        self._settings = settings

    def fetch(self, endpoint: Endpoint, window: Window, *, show_detail: bool = False) -> AbstractContextManager[Answer]:
        """The answer for ``window``. Raises SourceUnavailable, SourceRefused or SourceFormatError."""
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

    def _ask(self, endpoint: Endpoint, window: Window | None, show_detail: bool) -> AbstractContextManager[Answer]:
        settings = self._settings
        return self._asker.ask(
            Question(
                endpoint=endpoint,
                path=settings.path(endpoint),
                window=window,
                dated=endpoint is not Endpoint.EXAMPLE_INVOICES or settings.dates_on_examples,
                headers={settings.show_detail_header: "true"} if show_detail else {},
                show_detail=show_detail,
            )
        )


def _field_names(invoice: bytes) -> tuple[str, ...]:
    try:
        return tuple(_fields_of(invoice))
    except msgspec.DecodeError:
        return ()
