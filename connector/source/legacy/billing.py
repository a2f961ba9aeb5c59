"""The older Billing API as a source: one version of it, asked in JSON or in XML."""

from __future__ import annotations

import datetime
from contextlib import AbstractContextManager
from pathlib import Path

from connector.source.asking import Asker, Question
from connector.source.base import Answer, Endpoint, KeyTrial, Window
from connector.source.bodies import envelope
from connector.source.http import HttpClient
from connector.source.legacy.v2 import V2
from connector.source.legacy.v3 import V3
from connector.source.legacy.v4 import V4
from connector.source.legacy.version import Version
from connector.source.settings import ApiSettings

VERSIONS = {each.name: each for each in (V4, V3, V2)}
"""The versions that answer, the newest first; version 1 has ended."""


class BillingApi:
    """The lists of ``version``. With ``xml`` they are asked in XML, which is what the API gives by default; see
    ``Asker`` for the other arguments."""

    name = "billing"

    def __init__(
        self,
        client: HttpClient,
        settings: ApiSettings,
        *,
        version: Version = V4,
        xml: bool = False,
        today: datetime.date,
        keep_bad_in: Path | None = None,
    ) -> None:
        self._asker = Asker(client, settings, keep_bad_in)
        self._settings, self._version, self._xml, self._today = settings, version, xml, today

    def fetch(self, endpoint: Endpoint, window: Window, *, show_detail: bool = False) -> AbstractContextManager[Answer]:
        """The answer for ``window``. The older API knows no single changes, so ``show_detail`` must not be asked.
        Raises SourceUnavailable, SourceRefused or SourceFormatError.
        """
        assert not show_detail, "the settings allow single changes for the current API only"
        return self._ask(endpoint, window)

    def fetch_register(self, endpoint: Endpoint) -> AbstractContextManager[Answer]:
        """The older API has no registers."""
        raise AssertionError(f"the settings allow {endpoint.value} for the current API only")

    def fetch_details(self, subscription_id: str) -> AbstractContextManager[Answer]:
        """What the subscription with this number is made of; the API gives it in JSON only. Raises what ``fetch``
        does."""
        endpoint = Endpoint.SUBSCRIPTION_DETAILS
        query = {self._settings.details_parameter: subscription_id}
        return self._asker.ask(Question(endpoint=endpoint, path=self._version.paths[endpoint], query=query))

    def try_key(self) -> KeyTrial:
        """Ask for the invoices of one day, to see what the key gets: there are no examples. Nothing is kept.
        Raises what ``fetch`` does.
        """
        with self._ask(Endpoint.INVOICES, Window(start=self._today, end=self._today)) as answer:
            cut, count = envelope(answer.body), 0
            if not answer.no_data:
                count = sum(1 for _ in cut.invoices())
            return KeyTrial(
                url=answer.url, invoices=count, fields=(), size=answer.size, seconds=answer.seconds, examples=False
            )

    def _ask(self, endpoint: Endpoint, window: Window) -> AbstractContextManager[Answer]:
        question = Question(endpoint=endpoint, path=self._version.paths[endpoint], window=window, xml=self._xml)
        return self._asker.ask(question)
