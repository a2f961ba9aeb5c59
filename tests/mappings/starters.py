"""The starter sets as the tests want them: by name, with further rows, and the parties of their countries."""

from __future__ import annotations

import datetime
from pathlib import Path

from connector.domain.combination import Combination
from connector.domain.decision import Decision
from connector.domain.mapping import Mapping
from connector.mapping_files import load_bytes, read_folder

ROOT = Path(__file__).parents[2]
ON = datetime.date(2026, 12, 23)
SETS = ("be", "de-skr03", "de-skr04", "nl")
NL, BE, DE, FAR = "NL111111111B00", "BE0123456789", "DE123456789", "GB123456789"
SUPPLIERS = {"NL": NL, "BE": BE, "DE": DE}
STANDARD = {"NL": "21", "BE": "21", "DE": "19"}
"""The standard rate by country, in percent."""

ROLES = (
    *("debtors_control", "creditors_control", "cost_licences", "cost_cloud_usage", "cost_one_time", "cost_other"),
    *("purchase_discount", "revenue_licences", "revenue_cloud_usage", "revenue_one_time", "revenue_other"),
    *("revenue_domestic_reverse_charge", "revenue_eu_services", "revenue_non_eu_services", "sales_discount"),
    *("vat_input_high", "vat_input_low", "vat_input_rc_domestic", "vat_input_rc_eu", "vat_input_rc_non_eu"),
    *("vat_output_high", "vat_output_low", "vat_due_rc_domestic", "vat_due_rc_eu", "vat_due_rc_non_eu"),
    *("vat_settlement", "vat_non_deductible", "prepaid_expenses", "deferred_revenue", "accrued_cost"),
    *("accrued_revenue", "rounding_debit", "rounding_credit", "payment_diff_debit", "payment_diff_credit"),
    *("fx_loss", "fx_gain", "suspense_purchase", "suspense_sales", "suspense_general"),
)
"""The roles that every set has."""

FURTHER_ROLES = {
    "NL": {"purchase_pending_approval"},
    "BE": {"vat_input_mid", "vat_output_mid", "vat_due_credit_notes_received"},
    "DE": set[str](),
}
"""The roles that a country has besides."""


def country_of(name: str) -> str:
    """The country of a starter set, as ``connector init`` reads it from the name."""
    return name.split("-", maxsplit=1)[0].upper()


def starter(name: str, **more_rows: str) -> Mapping:
    """A starter set, with further rows in the tables named by keyword."""
    files = read_folder(ROOT / "mappings" / name)
    for table, row in more_rows.items():
        files[f"{table}.csv"] += row.encode() + b"\n"
    return load_bytes(files, name)


def decided(mapping: Mapping, country: str, **fields: str) -> Decision:
    return mapping.decide(Combination(**fields), on=ON, own_country=country)


def bought(mapping: Mapping, country: str, sender: str, rate: str, **fields: str) -> Decision:
    return decided(mapping, country, direction="purchase", sender=sender, rate=rate, **fields)
