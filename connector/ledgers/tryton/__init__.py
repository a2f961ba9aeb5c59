"""Tryton as a ledger: a company in a database of a Tryton server."""
