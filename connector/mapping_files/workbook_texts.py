"""What a workbook shows in the language of its reader: names of sheets, titles of columns, and their meanings."""

from __future__ import annotations

from connector.mapping_files.columns import Column
from connector.mapping_files.schemas import PACKAGES, SCHEMAS, Schema
from connector.texts import _, marked

SHEETS = {
    "accounts.csv": marked("Accounts"),
    "rules.csv": marked("Rules"),
    "tax.csv": marked("VAT codes"),
    "taxmap.csv": marked("VAT treatments"),
    "customers.csv": marked("Customers"),
    "dimensions.csv": marked("Dimensions"),
    "deferrals.csv": marked("Deferrals"),
    "settings.csv": marked("Settings"),
    "examples.csv": marked("Examples"),
}
"""The sheet of each table."""
UNMAPPED = marked("Unmapped")
ERRORS = marked("Errors")

COLUMNS = {
    "account": marked("Account"),
    "account_id": marked("AccountID"),
    "action": marked("Action"),
    "billing": marked("Billing"),
    "box": marked("Box"),
    "boxes": marked("Boxes"),
    "charge_type": marked("Charge type"),
    "code": marked("Code"),
    "cost_center": marked("Cost centre"),
    "country": marked("Country"),
    "create_values": marked("New values"),
    "currency": marked("Currency"),
    "customer": marked("Customer"),
    "customer_number": marked("CustomerNumber"),
    "date": marked("Date"),
    "debtor": marked("Debtor"),
    "deferral": marked("Deferral"),
    "dimension": marked("Dimension"),
    "dims_required": marked("Dimensions needed"),
    "direction": marked("Direction"),
    "en_category": marked("E-invoice category"),
    "expect_account": marked("Expected account"),
    "expect_action": marked("Expected action"),
    "expect_deferral": marked("Expected deferral"),
    "expect_tax": marked("Expected tax code"),
    "from": marked("Comes from"),
    "id": marked("Name of the row"),
    "internal": marked("Own company"),
    "key": marked("Setting"),
    "method": marked("Method"),
    "min_amount": marked("Least amount"),
    "min_days_beyond_month": marked("Days beyond the month"),
    "name": marked("Name"),
    "note": marked("Note"),
    "other_vat_country": marked("Country of the other party"),
    "own_country": marked("Own country"),
    "plan": marked("Plan"),
    "plan_id": marked("PlanID"),
    "po_number": marked("Order number"),
    "po_required": marked("Order number needed"),
    "policy": marked("Policy"),
    "priority": marked("Priority"),
    "product_group": marked("Product group"),
    "rate": marked("Rate in %"),
    "reason": marked("Reason"),
    "required": marked("Needed"),
    "role": marked("Role"),
    "role_purchase": marked("Account for purchases"),
    "role_revenue": marked("Revenue account"),
    "role_sale": marked("Account for sales"),
    "role_vat_due": marked("Account for VAT owed"),
    "role_vat_input": marked("Account for VAT deducted"),
    "sender": marked("Sender"),
    "sign": marked("Sign"),
    "stated_rate": marked("Rate on the line in %"),
    "tag": marked("Standard code"),
    "template": marked("Template"),
    "terms_days": marked("Days of payment"),
    "text": marked("Text"),
    "treatment": marked("Treatment"),
    "type": marked("Kind"),
    "valid_from": marked("Valid from"),
    "valid_to": marked("Valid to"),
    "value": marked("Value"),
    "vat_checked": marked("VAT number checked"),
    "vat_number": marked("VAT number"),
    "when_missing": marked("When missing"),
    "zone": marked("Tax zone"),
}
"""The title of each column."""
_BRANDS = {
    "afas": "AFAS",
    "business_central": "Business Central",
    "datev": "DATEV",
    "eboekhouden": "e-Boekhouden",
    "exact": "Exact",
    "moneybird": "Moneybird",
    "odoo": "Odoo",
    "quickbooks": "QuickBooks",
    "snelstart": "SnelStart",
    "tryton": "Tryton",
    "twinfield": "Twinfield",
    "xero": "Xero",
    "yuki": "Yuki",
}
"""Names that are the same in every language."""
FROM_MEANING = marked("The set that this row is inherited from; change it there, or add a row with the same name here.")


def sheet_titles() -> dict[str, str]:
    """The name of each sheet by the file of its table, in the language of the reader."""
    return {file: _(SHEETS[file]) for file in SCHEMAS}


def column_title(schema: Schema, name: str) -> str:
    """The title of a column: for one with a prefix, as dim_costcentre, what it is and its name."""
    if name in PACKAGES:
        return _BRANDS[name]
    if name in COLUMNS:
        return _(COLUMNS[name])
    if schema.prefix and name.startswith(schema.prefix):
        title = _("Dimension {name}") if schema.prefix == "dim_" else _("Expected dimension {name}")
        return title.format(name=name.removeprefix(schema.prefix))
    return name


def column_note(column: Column) -> str:
    """What a column means, and the values it may have."""
    told = _(column.meaning)
    if column.values:
        told += "\n" + _("Values: {values}").format(values=", ".join(column.values))
    return told
