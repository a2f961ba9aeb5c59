"""Asking an API of Copaco: one question, its answer with the evidence, and a copy of an answer that is no good."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from connector.errors import SourceFormatError
from connector.source.base import Answer, Endpoint, Window
from connector.source.http import HttpClient
from connector.source.paging import refuse_next_link
from connector.source.settings import ApiSettings
from connector.source.windows import widen


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: ``path`` below the base URL, for a ``window`` of creation dates or whole, in JSON or in ``xml``.

    ``dated`` says whether the window is sent.
    """

    endpoint: Endpoint
    path: str
    window: Window | None = None
    dated: bool = True
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    show_detail: bool = False
    xml: bool = False


class Asker:
    """``client`` does the asking; ``settings`` say what is not certain.

    An answer that is not what the API promises is copied to ``keep_bad_in``, when given, so that it can be
    looked at; the error's hint names the file.
    """

    def __init__(self, client: HttpClient, settings: ApiSettings, keep_bad_in: Path | None) -> None:
        self._client, self._settings, self._keep_bad_in = client, settings, keep_bad_in

    @contextmanager
    def ask(self, question: Question) -> Iterator[Answer]:
        """The answer; its body is removed when the context is left.

        Raises SourceUnavailable, SourceRefused or SourceFormatError.
        """
        query = {**self._dates(question), **question.query}
        with self._client.download(question.path, query, question.headers, xml=question.xml) as received:
            answer = Answer(
                endpoint=question.endpoint,
                window=question.window,
                show_detail=question.show_detail,
                **{name: getattr(received, name) for name in received.__struct_fields__},
            )
            try:
                refuse_next_link(dict(answer.headers).get("Link", ""))
                yield answer
            except SourceFormatError as error:
                self._keep_bad(answer, error)
                raise

    def _dates(self, question: Question) -> dict[str, str]:
        """The window as it is asked: a day more at both ends (U4); everything that comes is kept."""
        settings = self._settings
        if question.window is None or not question.dated:
            return {}
        asked = widen(question.window, settings.extra_days)
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
        moment, content = answer.requested_at.strftime("%Y%m%dT%H%M%SZ"), answer.sha256.hex()[:12]
        target = self._keep_bad_in / f"{answer.endpoint.value}-{moment}-{content}.txt"
        try:
            # A service asks every hour; one copy of what it gets again and again is enough.
            known = next(self._keep_bad_in.glob(f"{answer.endpoint.value}-*-{content}.txt"), None)
            self._keep_bad_in.mkdir(parents=True, exist_ok=True)
            if known is None:
                shutil.copyfile(answer.body, target)
        except OSError:
            # The error itself is what matters; a full disk has its own.
            with suppress(OSError):
                target.unlink(missing_ok=True)
            return
        target = known or target
        error.hint = f"The answer is kept in {target}. {advice}"
