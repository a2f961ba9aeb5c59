"""Odoo put through the conformance kit, over both interfaces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.ledgers.conformance.plugin import Conformance
from tests.ledgers.odoo_counterpart import VERSIONS, OdooCounterpart, odoo_counterpart

# The same checks are tried for the scorecard in the documentation, by `make test` too.
pytestmark = pytest.mark.long


class TestOdoo(Conformance):
    @pytest.fixture(params=sorted(VERSIONS))
    def counterpart(self, request: pytest.FixtureRequest) -> Iterator[OdooCounterpart]:
        with odoo_counterpart(request.param) as fresh:
            yield fresh
