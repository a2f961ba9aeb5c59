"""The way in: OAuth 2.0 with tokens that are replaced at every renewal.

An access token lasts ten minutes, and another one is given from nine and a half minutes on, not before. A refresh token
works once: the next answer brings the next one, and whoever loses that answer must log in again.
"""

from __future__ import annotations

import datetime
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from connector.errors import LedgerRefused, LedgerUnavailable, OutcomeUnknown
from connector.ledgers.exact.settings import ExactSettings
from connector.ledgers.http import LedgerHttp, Reply
from connector.ledgers.token_store import Tokens, TokenStore

_MARGIN = 15
"""Seconds before its end from which a token is not used any more: a call takes a while to arrive."""
AGAIN = "Log in again with 'connector ledger login' and the name of the administration."
_PATH = "api/oauth2/token"


class Login:
    """Gives the token for each call, and lets a person log in. ``secret`` gives the client secret when it is called,
    ``hide`` is told of every token, and ``now`` is aware and in UTC."""

    def __init__(
        self,
        settings: ExactSettings,
        http: LedgerHttp,
        store: TokenStore,
        *,
        secret: Callable[[], str],
        hide: Callable[[str], object],
        now: Callable[[], datetime.datetime],
    ) -> None:
        self._settings, self._http, self._store = settings, http, store
        self._secret, self._hide, self._now = secret, hide, now
        self._tokens: Tokens | None = None

    def address(self, state: str) -> str:
        """The page on which a person lets us in."""
        question = {
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "response_type": "code",
            "state": state,
        }
        return f"{self._settings.url}/api/oauth2/auth?{urlencode(question)}"

    def log_in(self, answer: str, state: str) -> None:
        """Turn the address to which the browser was sent back into tokens. Raises LedgerRefused, LedgerUnavailable."""
        told = {name: values[0] for name, values in parse_qs(urlsplit(answer).query).items()}
        if not hmac.compare_digest(told.get("state", "").encode(), state.encode()):
            raise LedgerRefused(
                "this address is not the answer to this question",
                hint="Run the command again, open the new address, and paste the one that the browser shows then.",
            )
        if "code" not in told:
            raise LedgerRefused(
                f"Exact did not let us in: {told.get('error', 'the address holds no code')}",
                hint="Run the command again and agree in the browser.",
            )
        asked = {
            "grant_type": "authorization_code",
            "code": told["code"],
            "redirect_uri": self._settings.redirect_uri,
        }
        with self._store.locked():
            self._keep(self._ask(asked))

    def access(self) -> str:
        """A token that can be used now, a new one if need be. Raises LedgerRefused, LedgerUnavailable."""
        if self._tokens is None or self._ends_soon(self._tokens):
            self._renew()
        assert self._tokens is not None, "renewing gives tokens or raises"
        return self._tokens.access

    def refused(self) -> None:
        """Exact takes the token no more, whatever its age says: get another one. Raises LedgerRefused,
        LedgerUnavailable."""
        self._renew()

    def _renew(self) -> None:
        with self._store.locked():
            kept = self._store.read()
            if kept is None:
                raise LedgerRefused("nobody has logged in to Exact yet", hint=AGAIN)
            if self._ends_soon(kept) or kept == self._tokens:
                self._ask_anew(kept)
            else:
                self._use(kept)

    def _ask_anew(self, kept: Tokens) -> None:
        # If no answer is kept after this, the next run knows why its refresh token is refused.
        self._store.write(msgspec.structs.replace(kept, asked=self._now()))
        try:
            tokens = self._ask({"grant_type": "refresh_token", "refresh_token": kept.refresh}, before=kept)
        except LedgerRefused:
            self._store.write(kept)  # it was answered: nothing was lost by this
            raise
        self._keep(tokens)

    def _ask(self, asked: Mapping[str, str], before: Tokens | None = None) -> Tokens:
        form = {**asked, "client_id": self._settings.client_id, "client_secret": self._secret()}
        try:
            reply = self._http.change("POST", _PATH, form=form)
        except OutcomeUnknown as error:
            raise LedgerUnavailable(
                f"the answer with the new login was lost: {error.message}",
                hint=f"Run the same command again. If it is refused then: {AGAIN}",
                where=error.where,
            ) from None
        return self._read(reply, before)

    def _read(self, reply: Reply, before: Tokens | None) -> Tokens:
        told = reply.body if isinstance(reply.body, dict) else {}
        if reply.status >= 400 or not told.get("access_token") or not told.get("refresh_token"):
            lost = before is not None and before.asked is not None
            why = " (the answer that brought the next login was lost in an earlier run)" if lost else ""
            said = told.get("error_description") or told.get("error") or f"status {reply.status}"
            raise LedgerRefused(f"Exact refuses the login: {said}{why}", hint=AGAIN, where=reply.url)
        return Tokens(
            access=str(told["access_token"]),
            refresh=str(told["refresh_token"]),
            granted=self._now(),
            seconds=int(told.get("expires_in", 600)),
        )

    def _keep(self, tokens: Tokens) -> None:
        self._hide(tokens.access)
        self._hide(tokens.refresh)
        self._store.write(tokens)
        self._tokens = tokens

    def _use(self, tokens: Tokens) -> None:
        self._hide(tokens.access)
        self._hide(tokens.refresh)
        self._tokens = tokens

    def _ends_soon(self, tokens: Tokens) -> bool:
        return self._age(tokens) >= max(tokens.seconds - _MARGIN, 0)

    def _age(self, tokens: Tokens) -> float:
        return (self._now() - tokens.granted).total_seconds()
