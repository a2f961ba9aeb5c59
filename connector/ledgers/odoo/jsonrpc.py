"""Odoo's JSON-RPC interface (``/jsonrpc``), of every version up to 21. The API key travels in the body of each call."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.errors import LedgerRefused
from connector.ledgers.http import LedgerHttp, Reply
from connector.ledgers.odoo.wire import KEY_HINT, elsewhere, error_of, trouble_of, unreadable


class JsonRpc:
    """Calls Odoo by ``execute_kw``. Errors come with the status 200."""

    def __init__(
        self, http: LedgerHttp, *, database: str, user: str, api_key: Callable[[], str], context: Mapping[str, Any]
    ) -> None:
        self._http, self._database, self._user, self._api_key, self._context = http, database, user, api_key, context
        self._numbers = itertools.count(1)
        self._uid: int | None = None

    def open(self) -> None:
        """Ask for the number of the user."""
        body = self._question("common", "authenticate", [self._database, self._user, self._api_key(), {}])
        uid = self._answer(self._http.look("POST", "jsonrpc", body=body), changing=False)
        if not isinstance(uid, int) or isinstance(uid, bool):
            raise LedgerRefused(
                f"Odoo refuses the API key of the user {self._user!r}", hint=KEY_HINT, where=f"{self._http.host}"
            )
        self._uid = uid

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def look(self, model: str, method: str, *, ids: Sequence[int] = (), **named: Any) -> Any:
        """Call what changes nothing."""
        return self._answer(self._http.look("POST", "jsonrpc", body=self._call(model, method, ids, named)), False)

    def change(self, model: str, method: str, *, ids: Sequence[int] = (), **named: Any) -> Any:
        """Call what changes something, once."""
        return self._answer(self._http.change("POST", "jsonrpc", body=self._call(model, method, ids, named)), True)

    def _call(self, model: str, method: str, ids: Sequence[int], named: Mapping[str, Any]) -> dict[str, Any]:
        args = [list(ids)] if ids else []
        kwargs = {**named, "context": dict(self._context)}
        return self._question(
            "object", "execute_kw", [self._database, self._uid, self._api_key(), model, method, args, kwargs]
        )

    def _question(self, service: str, method: str, args: list[Any]) -> dict[str, Any]:
        return {
            "jsonrpc": "2.0",
            "id": next(self._numbers),
            "method": "call",
            "params": {"service": service, "method": method, "args": args},
        }

    def _answer(self, reply: Reply, changing: bool) -> Any:
        if reply.status != 200:
            raise elsewhere(reply.status, where=reply.url)
        body = reply.body
        if not isinstance(body, Mapping):
            raise unreadable(changing=changing, where=reply.url)
        if "error" in body:
            error = body["error"]
            trouble = trouble_of(error.get("data") if isinstance(error, Mapping) else None)
            if trouble is None:
                raise unreadable(changing=changing, where=reply.url)
            raise error_of(trouble, changing=changing, where=reply.url, secret=self._api_key())
        if "result" not in body:
            # A method that returns nothing is answered without a result.
            return None
        return body["result"]
