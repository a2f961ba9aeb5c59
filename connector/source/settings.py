"""Everything about Copaco's API that is not certain, as one settings value with the safest defaults.

U1 to U30 are the open points of the API: what no source says. Each has the assumption that does the least
harm when it is wrong.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from connector.source.base import Endpoint
from connector.source.keys import PRESETS, KeyForm

NO_DATA_WORDS = (
    r"\bno\s+(?:\w+\s+)?(?:data|invoices?|specifications?|subscriptions?|records?|results?)\b"
    r"|\bgeen\s+(?:\w+\s+)?(?:data|gegevens|facturen|factuur|resultaten)\b"
)


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the current API is asked. Durations are in seconds, sizes in bytes.

    The address

    - ``base_url`` (U2): may change again. Must be https, except on this machine itself.
    - ``invoices_path``, ``example_invoices_path``, ``customer_specifications_path``,
      ``customer_invoices_path``, ``customer_subscriptions_path``, ``products_path`` (U3): below ``base_url``.
      The last three are inferred.
    - ``key`` (U1): how the key is sent.
    - ``ca_bundle``: certificates to trust instead of the built-in ones, for offices whose proxy opens the
      connection. There is no way to switch the check of certificates off.
    - ``proxy``: address of a proxy; it may hold a password, so it is never shown.

    The question

    - ``start_parameter``, ``end_parameter``, ``date_format``: documented as startDate and endDate in
      YYYYMMDD.
    - ``extra_days`` (U4): days asked more at both ends, since it is unknown whether bounds are included.
    - ``longest_window_days`` (U5): no window is longer than a calendar month; this makes them shorter still.
    - ``dates_on_examples``: whether example-invoices is sent dates (unknown whether it honours them).
    - ``show_detail_header`` (U10): header that asks for corrections split into single changes; sent with the
      value 'true'.
    - ``details_parameter``: how the older API is told which subscription is meant (its spelling is not documented).
    - ``no_data_words`` (U8): regular expression; a 404 whose text matches means 'nothing there', any other
      404 a wrong path.

    Politeness (U7) and patience

    - ``pause_seconds``: between the end of one request and the start of the next. There is never more than
      one at a time.
    - ``connect_seconds``, ``read_seconds``: longest wait for a connection, and for the next bytes.
    - ``total_seconds``: longest time for one answer with all its attempts and waits.
    - ``attempts``: tries per answer, on 408, 429, 5xx, time-outs, broken connections and cut-off bodies only.
    - ``backoff_seconds``, ``longest_backoff_seconds``: the wait doubles from the first to the second, with
      jitter.
    - ``longest_retry_after_seconds``: a longer Retry-After ends the run with the time at which to come back.
    - ``call_budget``: requests per run, attempts included.
    - ``largest_body`` (U30): a larger answer is refused."""

    base_url: str = "https://api.copaco.cloud/api/v1"
    invoices_path: str = "invoices"
    example_invoices_path: str = "example-invoices"
    customer_specifications_path: str = "customer-specifications"
    customer_invoices_path: str = "customer-invoices"
    customer_subscriptions_path: str = "customer-subscriptions"
    products_path: str = "products"
    key: KeyForm = PRESETS["bearer"]
    ca_bundle: Path | None = None
    proxy: str | None = None

    start_parameter: str = "startDate"
    end_parameter: str = "endDate"
    date_format: str = "%Y%m%d"
    extra_days: int = 1
    longest_window_days: int | None = None
    dates_on_examples: bool = False
    show_detail_header: str = "showDetail"
    details_parameter: str = "subscriptionId"
    no_data_words: str = NO_DATA_WORDS

    pause_seconds: float = 0.5
    connect_seconds: float = 10.0
    read_seconds: float = 120.0
    total_seconds: float = 1800.0
    attempts: int = 5
    backoff_seconds: float = 1.0
    longest_backoff_seconds: float = 60.0
    longest_retry_after_seconds: float = 300.0
    call_budget: int = 500
    largest_body: int = 4 * 1024**3

    def path(self, endpoint: Endpoint) -> str:
        """The path of ``endpoint`` below the base URL."""
        return {
            Endpoint.INVOICES: self.invoices_path,
            Endpoint.EXAMPLE_INVOICES: self.example_invoices_path,
            Endpoint.CUSTOMER_SPECIFICATIONS: self.customer_specifications_path,
            Endpoint.CUSTOMER_INVOICES: self.customer_invoices_path,
            Endpoint.CUSTOMER_SUBSCRIPTIONS: self.customer_subscriptions_path,
            Endpoint.PRODUCTS: self.products_path,
        }[endpoint]

    def __repr__(self) -> str:
        """Without the proxy, whose address may hold a password."""
        return f"ApiSettings(base_url={self.base_url!r})"
