"""Exact Online: a ledger of others, over its REST interface."""

from connector.ledgers.exact.ledger import ExactLedger

__all__ = ("ExactLedger",)
