"""A small mapping set in the accountant's own tables, and ways to change it."""

from __future__ import annotations

import pytest

from connector.domain.mapping import Mapping
from connector.errors import MappingFileError
from connector.mapping_files import load_bytes

ACCOUNTS = """\
role;code;name;type;dims_required
creditors_control;1600;Crediteuren;liability;
debtors_control;1300;Debiteuren;asset;
cost_licences;7010;Inkoop licenties;expense;costcentre
cost_cloud_usage;7020;Inkoop cloudverbruik;expense;costcentre
;7030;Inkoop domeinnamen;expense;costcentre
;4360;Automatiseringskosten eigen gebruik;expense;
revenue_licences;8010;Omzet licenties;income;costcentre
revenue_cloud_usage;8020;Omzet cloudverbruik;income;costcentre
prepaid_expenses;1410;Vooruitbetaalde kosten;asset;
deferred_revenue;1750;Vooruitgefactureerde omzet;liability;
vat_input_high;1520;Voorbelasting hoog;asset;
vat_input_rc_domestic;1524;Voorbelasting verlegd;asset;
vat_input_rc_eu;1528;Voorbelasting EU;asset;
vat_due_rc_domestic;1504;Btw verlegd;liability;
vat_due_rc_eu;1508;Btw EU-diensten;liability;
vat_output_high;1500;Af te dragen btw hoog;liability;
rounding_debit;4930;Afrondingsverschillen;expense;
rounding_credit;4930;Afrondingsverschillen;expense;
suspense_purchase;2100;Vraagposten inkoop;asset;
"""
RULES = """\
id;direction;charge_type;product_group;plan;customer;billing;sign;valid_from;valid_to;account;deferral;dim_costcentre;action;note
R001;purchase;;;;;;;2026-01-01;;;none;{cost_center};hold;default: hold what nobody has mapped
R010;purchase;Cycle Fee;;;;;;2026-01-01;;cost_licences;;;post;monthly and yearly licences
R011;purchase;Cycle Fee;;;;Yearly;;2026-01-01;;;days;;;yearly: spread by day
R012;purchase;Purchase Fee;;;;;;2026-01-01;;cost_licences;;;post;first cycle
R013;purchase;Purchase Fee;;;;Yearly;;2026-01-01;;;days;;;
R014;purchase;Item Fee;;;;;;2026-01-01;;cost_licences;;;post;
R020;purchase;Usage Fee;;;;;;2026-01-01;;cost_cloud_usage;;;post;
R030;purchase;Correction;;;;;;2026-01-01;;cost_licences;;;post;follows the plan if R040 says more
R040;purchase;;Domains;;;;;2026-01-01;;7030;;;post;
R050;purchase;;;;C-10001;;;2026-01-01;;4360;;ICT;post;own company: internal use
R110;sale;Cycle Fee;;;;;;2026-01-01;;revenue_licences;none;{cost_center};post;
R111;sale;Cycle Fee;;;;Yearly;;2026-01-01;;;days;;;
R120;sale;Usage Fee;;;;;;2026-01-01;;revenue_cloud_usage;none;{cost_center};post;
R150;sale;;;;C-10001;;;2026-01-01;;;;;ignore;no invoice to ourselves
"""
TAX = """\
code;country;direction;treatment;rate;valid_from;valid_to;role_vat_input;role_vat_due;boxes;en_category;exact;twinfield;odoo;datev
NL.P.STD.21;NL;purchase;STD;21;2012-10-01;;vat_input_high;;5b;;;IH;btw_21_buy_d;
NL.P.RC_DOM.21;NL;purchase;RC_DOM;21;2012-10-01;;vat_input_rc_domestic;vat_due_rc_domestic;2a+5b;;;;btw_ink_0;
NL.P.RC_EU_SVC.21;NL;purchase;RC_EU_SVC;21;2012-10-01;;vat_input_rc_eu;vat_due_rc_eu;4b+5b;;;;btw_I_21_d;
NL.S.STD.21;NL;sale;STD;21;2012-10-01;;;vat_output_high;1a;S;2;VH;btw_21_d;
NL.S.EU_SVC;NL;sale;EU_SVC;0;2010-01-01;;;;3b;AE;;;btw_X0_diensten;
BE.P.RC_EU_SVC.21;BE;purchase;RC_EU_SVC;21;1996-01-01;;vat_input_rc_eu;vat_due_rc_eu;82+88+55+59;;;;attn_VAT-IN-V82-21-EU-S;
"""
TAXMAP = """\
direction;own_country;other_vat_country;stated_rate;zone;product_group;treatment;note
purchase;NL;NL;21;;;STD;
purchase;NL;EU;0;;;RC_EU_SVC;EU = other member state
purchase;NL;NL;0;;Telecom;RC_DOM;only if we resell telecom ourselves
purchase;BE;NL;0;;;RC_EU_SVC;
sale;NL;NL;;;;STD;
sale;NL;EU-valid;;;;EU_SVC;VAT number checked
"""
CUSTOMERS = """\
account_id;name;debtor;country;vat_number;vat_checked;terms_days;po_required;internal;cost_center
A-1;Bakkerij De Korenaar;10021;NL;NL123456789B01;;14;yes;;
A-2;Brouwerij Ter Linde;10022;BE;BE0123456789;2026-02-03;30;no;;KP200
"""
SAMPLE: dict[str, str] = {
    "accounts.csv": ACCOUNTS,
    "rules.csv": RULES,
    "tax.csv": TAX,
    "taxmap.csv": TAXMAP,
    "customers.csv": CUSTOMERS,
    "dimensions.csv": """\
dimension;direction;template;required;when_missing;create_values
costcentre;both;first({cost_center},{customer.cost_center});yes;hold;no
""",
    "deferrals.csv": """\
policy;method;min_days_beyond_month;min_amount;role_purchase;role_sale
days;days_cumulative;31;50.00;prepaid_expenses;deferred_revenue
""",
    "settings.csv": """\
key;value
unmapped_account;hold
aggregate_purchase;account+tax+dimension
aggregate_sale;line
vat_rounding;per_tax_group
tolerance_document;0.02
""",
}


def sample(**changed: str) -> dict[str, bytes]:
    """The sample with the tables named by keyword (``rules=...``) put in the place of its own."""
    texts = SAMPLE | {f"{name}.csv": text for name, text in changed.items()}
    return {file: text.encode() for file, text in texts.items()}


def with_rows(name: str, *rows: str) -> dict[str, bytes]:
    """The sample with further rows at the end of the table ``name``."""
    return sample(**{name: SAMPLE[f"{name}.csv"] + "".join(f"{row}\n" for row in rows)})


def loaded(files: dict[str, bytes]) -> Mapping:
    """The mapping in ``files``."""
    return load_bytes(files, "sets/sample")


def problems(files: dict[str, bytes]) -> tuple[str, ...]:
    """What is wrong with ``files``, which must be something."""
    with pytest.raises(MappingFileError) as caught:
        loaded(files)
    return caught.value.problems
