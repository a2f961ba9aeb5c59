"""Odoo 16 to 19 as a ledger, through its external interfaces JSON-RPC and JSON-2."""

from connector.ledgers.odoo.ledger import OdooLedger

__all__ = ["OdooLedger"]
