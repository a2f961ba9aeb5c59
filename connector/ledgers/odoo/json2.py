"""Odoo's JSON-2 interface (``/json/2/<model>/<method>``), from version 19. The API key travels in a header."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.errors import LedgerRefused
from connector.ledgers.http import LedgerHttp, Reply
from connector.ledgers.odoo.wire import KEY_HINT, elsewhere, error_of, trouble_of, unreadable


class Json2:
    """Calls Odoo by name; errors come with a status of their own and ``{name, message, …}``."""

    def __init__(self, http: LedgerHttp, *, api_key: Callable[[], str], context: Mapping[str, Any]) -> None:
        self._http, self._api_key, self._context = http, api_key, context

    def open(self) -> None:
        """Nothing to do: the key is tried by the first call."""

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def look(self, model: str, method: str, *, ids: Sequence[int] = (), **named: Any) -> Any:
        """Call what changes nothing."""
        reply = self._http.look("POST", f"json/2/{model}/{method}", body=self._body(ids, named), certain=_certain)
        return self._answer(reply, False)

    def change(self, model: str, method: str, *, ids: Sequence[int] = (), **named: Any) -> Any:
        """Call what changes something, once."""
        reply = self._http.change("POST", f"json/2/{model}/{method}", body=self._body(ids, named), certain=_certain)
        return self._answer(reply, True)

    def _body(self, ids: Sequence[int], named: Mapping[str, Any]) -> dict[str, Any]:
        called: dict[str, Any] = {**named, "context": dict(self._context)}
        if ids:
            called["ids"] = list(ids)
        return called

    def _answer(self, reply: Reply, changing: bool) -> Any:
        if reply.status == 200:
            if isinstance(reply.body, str):
                raise unreadable(changing=changing, where=reply.url)
            return reply.body
        trouble = trouble_of(reply.body)
        if reply.status == 401:
            said = f": {trouble.message}" if trouble else ""
            raise LedgerRefused(f"Odoo refuses the API key{said}", hint=KEY_HINT, where=reply.url)
        if trouble is None or (reply.status == 404 and not trouble.certain):
            raise elsewhere(reply.status, where=reply.url)
        if not trouble.certain:
            raise LedgerRefused(f"Odoo does not take the call: {trouble.message}", where=reply.url)
        raise error_of(trouble, changing=changing, where=reply.url, secret=self._api_key())


def headers_of(api_key: Callable[[], str], database: str) -> Callable[[], Mapping[str, str]]:
    """The headers of each call; the key is asked for anew, so that a new one counts."""
    return lambda: {"Authorization": f"bearer {api_key()}", "X-Odoo-Database": database}


def _certain(reply: Reply) -> bool:
    trouble = trouble_of(reply.body)
    return trouble is not None and trouble.certain
