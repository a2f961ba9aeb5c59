"""The sandbox as a whole: a Copaco API on loopback, for tests, demonstrations and benchmarks.

``with Sandbox(demo_world(today), today=today) as sandbox:`` serves at ``sandbox.url`` until the block ends.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.sandbox.answers import Question
from connector.sandbox.billing.question import BILLING
from connector.sandbox.bodies import cached
from connector.sandbox.faults import Fault, Faults
from connector.sandbox.keys import KeyStyle
from connector.sandbox.manifest import Manifest, manifest
from connector.sandbox.request import LoggedRequest
from connector.sandbox.server import API, Server
from connector.sandbox.setup import LOOPBACK, Setup
from connector.sandbox.world import World

POLL_SECONDS = 0.02


class Sandbox:
    """A running API. ``port`` 0 takes a free one; ``today`` is its last creation date and may be moved.

    With ``cache_dir`` each answer of the current API is made once and then served from a file, with its
    Content-Length.
    ``totals`` adds the ``Totals`` that the JSON of the API may or may not have. The older Billing API answers
    callers of the ``allowed_addresses`` only; ``billing_by_vendor`` lets it make an invoice per vendor, in
    place of the consolidated one, whose lines and sums are those of the current API.
    """

    def __init__(
        self,
        world: World,
        *,
        today: dt.date,
        port: int = 0,
        cache_dir: Path | None = None,
        key_styles: Iterable[KeyStyle] = (KeyStyle.BEARER,),
        customer_invoices_active: bool = True,
        lists_active: bool = True,
        totals: bool = False,
        billing_by_vendor: bool = False,
        allowed_addresses: Iterable[str] = (LOOPBACK,),
        faults: Iterable[Fault | str] = (),
    ) -> None:
        self.world = world
        self._setup = Setup(
            world=world,
            today=today,
            cache_dir=cache_dir,
            key_styles=tuple(key_styles),
            customer_invoices_active=customer_invoices_active,
            lists_active=lists_active,
            totals=totals,
            billing_by_vendor=billing_by_vendor,
            allowed_addresses=tuple(allowed_addresses),
        )
        for fault in faults:
            self._setup.faults.add(fault)
        self._server = Server((LOOPBACK, port), self._setup)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, name="sandbox", daemon=True
        )

    @property
    def url(self) -> str:
        """The base URL of the API, as the setting of a source wants it."""
        return f"{self.root}{API.rstrip('/')}"

    @property
    def billing_url(self) -> str:
        """The base URL of the older Billing API; a version and an endpoint follow it."""
        return f"{self.root}{BILLING.rstrip('/')}"

    @property
    def root(self) -> str:
        """The address itself; faults, requests and the manifest are below ``/_sandbox/``."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def faults(self) -> Faults:
        """The faults that are set; add to them at any time."""
        return self._setup.faults

    @property
    def allowed_addresses(self) -> tuple[str, ...]:
        """The addresses from which the Billing API may be asked; others get 403."""
        return self._setup.allowed_addresses

    @allowed_addresses.setter
    def allowed_addresses(self, addresses: Iterable[str]) -> None:
        self._setup.allowed_addresses = tuple(addresses)

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """The requests for data so far, oldest first, without their keys; the last ten thousand are kept."""
        return tuple(self._setup.requests)

    @property
    def today(self) -> dt.date:
        """The day it is; documents of later days do not exist yet."""
        return self._setup.today

    @today.setter
    def today(self, day: dt.date) -> None:
        self._setup.today = day

    @cached_property
    def manifest(self) -> Manifest:
        """The truth about the world, gathered at the first use; for large worlds take ``truths`` instead."""
        return manifest(self.world)

    def prepare(self, endpoint: str, first: dt.date, last: dt.date, *, reseller: str, detail: bool = False) -> int:
        """Write the answer to a question into the cache ahead of time; return its length in bytes."""
        assert self._setup.cache_dir is not None, "there is no cache to prepare"
        (asked,) = (one for one in self.world.resellers if one.name == reseller)
        question = Question(self.world, asked, endpoint, first, min(last, self.today), detail, self._setup.totals)
        return cached(self._setup.cache_dir, question).length or 0

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and end open connections."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def wait(self) -> None:
        """Serve until interrupted."""
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve_forever(
    world: World,
    *,
    today: dt.date,
    port: int = 0,
    cache_dir: Path | None = None,
    key_styles: Iterable[KeyStyle] = (KeyStyle.BEARER,),
    customer_invoices_active: bool = True,
    totals: bool = False,
    faults: Iterable[str] = (),
    started: Callable[[Sandbox], None] = lambda _sandbox: None,
) -> None:
    """Serve until interrupted from the keyboard; ``started`` is called once the address is known.

    Raises SettingsError when a fault cannot be read, OSError when the port is taken.
    """
    with Sandbox(
        world,
        today=today,
        port=port,
        cache_dir=cache_dir,
        key_styles=key_styles,
        customer_invoices_active=customer_invoices_active,
        totals=totals,
        faults=faults,
    ) as sandbox:
        started(sandbox)
        try:
            sandbox.wait()
        except KeyboardInterrupt:
            return
