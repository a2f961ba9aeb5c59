"""The tables of a mapping set: their files, columns, and the columns that identify and sort a row."""

from __future__ import annotations

import msgspec

from connector.domain.accounts import AccountType
from connector.domain.decision import Action
from connector.domain.mapping import DEFERRAL_METHODS
from connector.domain.rules import CHARGE_TYPES
from connector.domain.tax import TREATMENTS
from connector.mapping_files.columns import Column, Kind
from connector.texts import LANGUAGES

PACKAGES = (
    "afas",
    "business_central",
    "datev",
    "eboekhouden",
    "exact",
    "moneybird",
    "odoo",
    "quickbooks",
    "snelstart",
    "tryton",
    "twinfield",
    "xero",
    "yuki",
)
"""Accounting packages that ``tax.csv`` can have a column for, holding the package's own code."""
DIRECTIONS = ("purchase", "sale")
RHYTHMS = ("Monthly", "Yearly", "One Time")


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its columns in the order in which they are written. All but the required ones can be left out.

    ``prefix`` allows further columns that begin with it, each like ``prefixed``; ``key`` identifies a row and sorts the
    table. An ``optional`` table need not be there. ``meaning`` says in one English sentence what it answers.
    """

    file: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    prefix: str = ""
    prefixed: Column = Column(name="")
    optional: bool = False
    kinds: dict[str, Kind] = {}
    """Where the kind of the column ``value`` depends on the row: the kind by what identifies the row."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column | None:
        """The column ``name``, ``None`` when the table can have none of that name."""
        known = next((column for column in self.columns if column.name == name), None)
        if known is None and self.prefix and name.removeprefix(self.prefix) not in {"", name}:
            return msgspec.structs.replace(self.prefixed, name=name)
        return known

    def place(self, name: str) -> tuple[int, str]:
        """Where the column ``name`` is written: columns with a prefix come last, by name."""
        return (self.names.index(name), "") if name in self.names else (len(self.columns), name)


def _id(meaning: str, name: str = "id") -> Column:
    return Column(name=name, kind=Kind.IDENTIFIER, required=True, meaning=meaning)


def _text(name: str, meaning: str, *values: str, required: bool = False) -> Column:
    return Column(name=name, meaning=meaning, values=values, required=required)


def _choice(name: str, meaning: str, *values: str, required: bool = False) -> Column:
    return Column(name=name, kind=Kind.CHOICE, values=values, meaning=meaning, required=required)


def _of(kind: Kind, name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name=name, kind=kind, meaning=meaning, required=required)


def _needed(column: Column) -> Column:
    return msgspec.structs.replace(column, required=True)


NOTE = _text("note", "Free text; nothing reads it.")
VALID_FROM = _of(Kind.DATE, "valid_from", "First day on which the row counts; blank: from ever.")
VALID_TO = _of(Kind.DATE, "valid_to", "Last day on which the row counts, included; blank: for ever.")
DIRECTION = _choice("direction", "Purchase or sale; blank: both.", *DIRECTIONS)
ZONE = _text("zone", "Tax zone as Copaco states it; blank: any.")
PRODUCT_GROUP = _text("product_group", "Plan category, as Microsoft or Domains; blank: any.")

ACCOUNTS = Schema(
    file="accounts.csv",
    meaning="Which ledger accounts there are, and which one plays which role.",
    columns=(
        Column(name="role", required=True, meaning="The job the account does, as cost_licences; other tables name it."),
        _id("Number of the account in the ledger.", "code"),
        _text("name", "Name of the account.", required=True),
        _choice("type", "Kind of account.", *(each.value for each in AccountType), required=True),
        _text("tag", "Code in a public standard (RGS, MAR, SKR)."),
        _text("box", "Box of the VAT return for the base of a purchase on this account, where the return asks for it."),
        _text("dims_required", "Dimensions that a posting on this account must have."),
        NOTE,
    ),
    key=("code", "role"),
)
RULES = Schema(
    file="rules.csv",
    meaning="Which account, deferral, dimension, text and action a line gets; the most specific row wins.",
    columns=(
        _id("Name of the rule; it stays the same when the rule changes."),
        _needed(DIRECTION),
        _text("charge_type", "Charge type; blank: each known type, and lines without one.", *CHARGE_TYPES,
              required=True),
        PRODUCT_GROUP,
        _text("plan", "PlanID, plan name, or a pattern of names with *; blank: any."),
        Column(name="customer", kind=Kind.IDENTIFIER, meaning="AccountID or CustomerNumber; blank: any."),
        _text("billing", "Rhythm of billing; blank: any.", *RHYTHMS),
        _choice("sign", "Sign of the amount; blank: both.", "+", "-"),
        _text("sender", "VAT number of who issues the document; blank: any."),
        _text("currency", "Currency, as EUR; blank: any."),
        _of(Kind.WHOLE, "priority", "Settles a tie between rows that are equally specific: the higher one wins."),
        VALID_FROM,
        VALID_TO,
        _of(Kind.ACCOUNT, "account", "Account number or role; blank: left to a less specific row.", required=True),
        _of(Kind.POLICY, "deferral", "Policy of deferrals.csv, or none; blank: left to a less specific row."),
        _choice("action", "What is done with the line; blank: left to a less specific row.",
                *(each.value for each in Action), required=True),
        _of(Kind.TEMPLATE, "text", "Text of the posting; blank: left to a less specific row."),
        _text("reason", "Why a line is held or ignored; it is shown with the document."),
        NOTE,
    ),
    prefix="dim_",
    prefixed=_of(Kind.TEMPLATE, "", "Value of the dimension, as text or template."),
    key=("id",),
)  # fmt: skip
TAX = Schema(
    file="tax.csv",
    meaning="How a VAT treatment is booked: rate, accounts, return boxes, and the codes of packages.",
    columns=(
        _id("Tax code of the connector, as NL.P.STD.21.", "code"),
        _of(Kind.COUNTRY, "country", "Country of the administration.", required=True),
        _choice("direction", "Purchase or sale.", *DIRECTIONS, required=True),
        _choice("treatment", "VAT treatment.", *TREATMENTS, required=True),
        _of(Kind.PERCENT, "rate", "Rate in percent.", required=True),
        _needed(VALID_FROM),
        _needed(VALID_TO),
        _of(Kind.ACCOUNT, "role_vat_input", "Account of the VAT that is deducted.", required=True),
        _of(Kind.ACCOUNT, "role_vat_due", "Account of the VAT that is owed.", required=True),
        _of(Kind.ACCOUNT, "role_revenue", "Account of the revenue of such sales, instead of the one of the rule."),
        _text("boxes", "Boxes of the VAT return, joined by +.", required=True),
        _text("en_category", "VAT category of e-invoices (EN 16931), as S or AE."),
        *(_text(package, "Code of this treatment in the accounting package.") for package in PACKAGES),
        NOTE,
    ),
    key=("code", "valid_from"),
)
TAXMAP = Schema(
    file="taxmap.csv",
    meaning="Which VAT treatment a situation has; there is no fallback.",
    columns=(
        Column(name="id", kind=Kind.IDENTIFIER, meaning="Name of the row."),
        _needed(DIRECTION),
        _of(Kind.COUNTRY, "own_country", "Country of the administration; blank: any.", required=True),
        _text("other_vat_country", "VAT country of the other party: a country code, or one of these; blank: any.",
              "own", "EU", "EU-valid", "non-EU", required=True),
        _of(Kind.PERCENT, "stated_rate", "Rate on the line in percent; blank: any (purchases: any above 0).",
            required=True),
        ZONE,
        PRODUCT_GROUP,
        VALID_FROM,
        VALID_TO,
        _choice("treatment", "VAT treatment.", *TREATMENTS, required=True),
        NOTE,
    ),
    key=("id", "direction", "own_country", "other_vat_country", "stated_rate", "zone", "product_group", "valid_from"),
)  # fmt: skip
CUSTOMERS = Schema(
    file="customers.csv",
    meaning="Which debtor a customer of Copaco's marketplace is.",
    columns=(
        _id("AccountID at Copaco.", "account_id"),
        _text("name", "Name of the customer.", required=True),
        Column(name="debtor", kind=Kind.IDENTIFIER, required=True, meaning="Number of the debtor in the ledger."),
        _of(Kind.COUNTRY, "country", "Country; counts for VAT when there is no VAT number.", required=True),
        _text("vat_number", "VAT number, with its country.", required=True),
        _of(Kind.DATE, "vat_checked", "Day on which the VAT number was checked and found valid.", required=True),
        _of(Kind.WHOLE, "terms_days", "Days of payment of this customer."),
        _of(Kind.YES_NO, "po_required", "Whether the customer's invoices need a purchase order number."),
        _of(Kind.YES_NO, "internal", "Whether this is our own company, or anyone else who gets no invoice."),
        _text("cost_center", "Cost centre of the customer."),
        _choice("language", "Language of papers for this customer.", *LANGUAGES),
        _text("contact", "Whom papers for this customer are addressed to; blank: as Copaco knows it."),
        _text("email", "Where papers for this customer are sent; blank: as Copaco knows it."),
        NOTE,
    ),
    key=("account_id",),
)
DIMENSIONS = Schema(
    file="dimensions.csv",
    meaning="How cost centres and other dimensions are filled.",
    columns=(
        _id("Name of the dimension, as costcentre.", "dimension"),
        _choice("direction", "Purchase, sale or both.", *DIRECTIONS, "both", required=True),
        _of(Kind.TEMPLATE, "template", "Where the value comes from.", required=True),
        _of(Kind.YES_NO, "required", "Whether every line of cost and revenue needs a value.", required=True),
        _text("when_missing", "Value to take when there is none, or hold.", "hold", required=True),
        _of(Kind.YES_NO, "create_values", "Whether the ledger may create values that it does not know."),
        NOTE,
    ),
    key=("dimension", "direction"),
)
DEFERRALS = Schema(
    file="deferrals.csv",
    meaning="Policies for spreading cost and revenue. They are kept with each line; nothing is spread yet.",
    columns=(
        _id("Name of the policy.", "policy"),
        _choice("method", "How an amount is spread.", *DEFERRAL_METHODS, required=True),
        _of(Kind.WHOLE, "min_days_beyond_month", "Days that a line must run beyond its month.", required=True),
        _of(Kind.NUMBER, "min_amount", "Least net amount in EUR.", required=True),
        _of(Kind.ACCOUNT, "role_purchase", "Balance sheet account of purchases.", required=True),
        _of(Kind.ACCOUNT, "role_sale", "Balance sheet account of sales.", required=True),
        NOTE,
    ),
    key=("policy",),
)
SETTINGS = Schema(
    file="settings.csv",
    meaning="Aggregation, rounding, tolerance, what is done without an account, and the parent of the set.",
    columns=(_id("Name of the setting.", "key"), _text("value", "Its value.", required=True), NOTE),
    key=("key",),
    kinds=dict.fromkeys(("suspense_limit", "tolerance_document", "vat_deduction"), Kind.NUMBER),
)
EXAMPLES = Schema(
    file="examples.csv",
    meaning="Test rows: a line and what it must get. They are tried by every check and before every acceptance.",
    columns=(
        _id("Name of the example."),
        _choice("direction", "Purchase or sale.", *DIRECTIONS, required=True),
        _of(Kind.DATE, "date", "Date of the document; blank: the day of the test."),
        _text("sender", "VAT number of who issues the document."),
        _text("currency", "Currency; blank: EUR."),
        _text("charge_type", "Charge type.", *CHARGE_TYPES, required=True),
        _text("product_group", "Plan category."),
        Column(name="plan_id", kind=Kind.IDENTIFIER, meaning="PlanID."),
        _text("plan", "Plan name."),
        Column(name="customer", kind=Kind.IDENTIFIER, meaning="AccountID."),
        Column(name="customer_number", kind=Kind.IDENTIFIER, meaning="CustomerNumber."),
        _text("cost_center", "Cost centre at Copaco."),
        _text("billing", "Rhythm of billing.", *RHYTHMS),
        _choice("sign", "Sign of the amount; blank: +.", "+", "-"),
        _of(Kind.PERCENT, "rate", "Stated rate in percent."),
        _text("zone", "Tax zone."),
        _text("po_number", "Purchase order number."),
        _choice("expect_action", "Action it must get; blank: not looked at.", *(each.value for each in Action)),
        _of(Kind.ACCOUNT, "expect_account", "Account it must get; blank: not looked at, -: none."),
        _text("expect_tax", "Tax code it must get; blank: not looked at, -: none."),
        _text("expect_deferral", "Policy it must get; blank: not looked at, -: none."),
        NOTE,
    ),
    prefix="expect_dim_",
    prefixed=_text("", "Value that the dimension must get; blank: not looked at, -: none."),
    key=("id",),
    optional=True,
)

SCHEMAS = {
    schema.file: schema
    for schema in (ACCOUNTS, RULES, TAX, TAXMAP, CUSTOMERS, DIMENSIONS, DEFERRALS, SETTINGS, EXAMPLES)
}
"""The tables by file name; a mapping set has all that are not optional."""
