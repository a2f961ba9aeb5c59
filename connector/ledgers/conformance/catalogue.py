"""All checks, in the order in which the scorecard shows them."""

from __future__ import annotations

from connector.ledgers.conformance import checks, contents, faults
from connector.ledgers.conformance.probe import Check

CHECKS: tuple[Check, ...] = (*checks.CHECKS, *contents.CHECKS, *faults.CHECKS)
