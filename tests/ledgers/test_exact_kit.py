"""Exact put through the conformance kit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.ledgers.conformance.plugin import Conformance
from tests.ledgers.exact_counterpart import ExactCounterpart, exact_counterpart

# The same checks are tried for the scorecard in the documentation, by `make test` too.
pytestmark = pytest.mark.long


class TestExact(Conformance):
    @pytest.fixture
    def counterpart(self) -> Iterator[ExactCounterpart]:
        with exact_counterpart() as fresh:
            yield fresh
