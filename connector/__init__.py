"""Books the invoices of a Copaco reseller into its ledger: balanced, explained and exactly once."""

__version__ = "0.1.0"
