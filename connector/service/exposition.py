"""The text that Prometheus reads, for figures that must leave as they are: written as text, never as a binary fraction.

The names that are documented in docs/operators.md stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

Figure = int | Decimal
Sample = tuple[Sequence[str], Figure]
"""The values of the labels, in their order, and the figure."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A metric: its name, what it tells, and the names of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ("administration",)

    def text(self, samples: Iterable[Sample]) -> str:
        """The metric with its samples, '' where there are none."""
        lines = [f"{self.name}{self._labels(values)} {figure}" for values, figure in samples]
        if not lines:
            return ""
        return "\n".join([f"# HELP {self.name} {self.help}", f"# TYPE {self.name} gauge", *lines, ""])

    def _labels(self, values: Sequence[str]) -> str:
        pairs = [f'{name}="{_escaped(value)}"' for name, value in zip(self.labels, values, strict=True)]
        return f"{{{','.join(pairs)}}}" if pairs else ""


BUILD = Family(
    name="connector_build_info",
    help="1; what runs: the version of the connector, of Python, and of the schema of the database.",
    labels=("version", "python", "schema"),
)
DATABASE_UP = Family(name="connector_database_up", help="1 when the database answers, else 0.", labels=())
ADMINISTRATIONS = Family(name="connector_administrations", help="Administrations in the settings.", labels=())
FETCH_AGE = Family(name="connector_fetch_age_seconds", help="Seconds since an answer of the source was last kept.")
HELD_EUROS = Family(
    name="connector_held_euros",
    help="Net euros of documents that are held, as status counts them.",
    labels=("administration", "direction"),
)
HELD_DOCUMENTS = Family(
    name="connector_held_documents", help="Documents that are held.", labels=("administration", "direction")
)
READY_DOCUMENTS = Family(
    name="connector_ready_documents",
    help="Documents that are prepared and wait for approval.",
    labels=("administration", "direction"),
)
DELIVERIES = Family(
    name="connector_deliveries",
    help="Deliveries by state: ready, queued, held, sending, unknown, rejected, posted, cancelled.",
    labels=("administration", "state"),
)
RUN_FAILURES = Family(
    name="connector_run_failures", help="Runs that failed in a row; 0 after one that did what it should."
)
RUN_AGE = Family(name="connector_run_age_seconds", help="Seconds since the last run ended, however it ended.")
KEY_EXPIRES = Family(
    name="connector_key_expires_days", help="Days until the API key expires, by key_expires; below 0 it has."
)
LOGIN_EXPIRES = Family(
    name="connector_login_expires_days",
    help="Days until the login of the ledger ends unless a run renews it before; below 0 it has.",
)
CALLS_LEFT = Family(
    name="connector_ledger_calls_left", help="Calls that the ledger still takes, as its last answer told."
)
QUEUE_JOBS = Family(
    name="connector_queue_jobs",
    help="Jobs of the workers by state: waiting (due, and no worker took it yet), put_off (tried again later), doing.",
    labels=("action", "state"),
)
QUEUE_WAIT = Family(
    name="connector_queue_wait_seconds",
    help="Seconds since the job that waits longest was due; 0 when none waits.",
    labels=("action",),
)
STATE = (
    BUILD, DATABASE_UP, ADMINISTRATIONS, FETCH_AGE, HELD_EUROS, HELD_DOCUMENTS, READY_DOCUMENTS, DELIVERIES,
    RUN_FAILURES, RUN_AGE, KEY_EXPIRES, LOGIN_EXPIRES, CALLS_LEFT, QUEUE_JOBS, QUEUE_WAIT,
)  # fmt: skip
"""What is told of the state of things."""
RUNS = ("connector_runs_total", "Runs of this process that ended, by how: done, stopped, or the kind of the error.")
DURATION = ("connector_run_duration_seconds", "How long the runs of this process took.")
"""What this process counts itself; process_* comes beside it."""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
