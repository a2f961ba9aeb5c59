"""The part of the catalogue about the mapping: what no row decides, and what a row holds."""

from __future__ import annotations

from connector.domain.catalogue_entry import hold, warn

MAPPING = (
    hold(
        "CHARGE-TYPE-UNKNOWN",
        "The charge type '{charge_type}' is not known ({plan}): {minor:money}.",
        "Add a row with this charge_type to rules.csv.",
    ),
    hold(
        "ACCOUNT-UNMAPPED",
        "No rule gives an account: {minor:money} ({charge_type}, {product_group}, {plan}, {role}).",
        "Add a row to rules.csv that gives them an account; connector mapping suggest proposes rows.",
    ),
    hold(
        "TAX-UNMAPPED",
        "No row gives a VAT treatment: {minor:money} (the other party is in {other_country}, the rate is {rate} %).",
        "Add a row for this case to taxmap.csv, together with your accountant.",
    ),
    hold(
        "TAX-RATE-UNKNOWN",
        "There is no tax code for {treatment} at {rate} %: {minor:money}.",
        "Check the rate; if it is right, add a row to tax.csv.",
    ),
    hold(
        "FOREIGN-VAT",
        "The document charges VAT of {other_country} ({rate} %), which the VAT return of {own_country} cannot deduct: "
        "{minor:money}.",
        "Ask Copaco for an invoice with reverse charge, or reclaim the VAT in that country; book it by hand.",
    ),
    hold(
        "TAX-ZERO-AMBIGUOUS",
        "0 % VAT, and it is not clear why (reverse charge, exempt or zero rate): {minor:money}.",
        "Decide with your accountant and add a row for this case to taxmap.csv.",
    ),
    hold(
        "CUSTOMER-UNMAPPED",
        "Customer {customer} ({customer_name}) is not in the customer table: {minor:money}.",
        "Add a row with this account_id to customers.csv.",
    ),
    hold(
        "MAPPING-AMBIGUOUS",
        "Rows {row} and {other_row} of {file} fit equally well and give different results for {column}: "
        "'{value}' and '{other_value}'.",
        "Make one of the rows more specific, or give it a priority.",
    ),
    hold(
        "PO-MISSING",
        "{customer_name} requires a purchase order number, and the line has none ({plan}): {minor:money}.",
        "Fill in the number in Copaco's portal, or change po_required in customers.csv.",
    ),
    hold(
        "DIMENSION-MISSING",
        "The dimension {dimension} is required and has no value ({plan}, {customer_name}): {minor:money}.",
        "Fill it by a template in dimensions.csv or by a row in rules.csv.",
    ),
    hold(
        "RULE-HOLD",
        "Rule {rule} holds {minor:money} ({charge_type}, {plan}): {reason}.",
        "Look at the document; change the rule in rules.csv when it may be booked.",
    ),
    hold(
        "SUSPENSE-LIMIT",
        "{minor:money} would go to the suspense account, more than the limit of {limit:money}.",
        "Add a row to rules.csv that gives these lines an account.",
    ),
    warn(
        "SUSPENSE-USED",
        "{minor:money} is booked on the suspense account {account}.",
        "Give them an account in rules.csv, and clear the suspense account before the period is closed.",
    ),
)
"""Every entry, what no row decides first."""
