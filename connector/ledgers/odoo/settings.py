"""The settings of an Odoo ledger, read and checked once."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connector.errors import SettingsError
from connector.ledgers import papers
from connector.ledgers.address import web_address

JSONRPC, JSON2 = "jsonrpc", "json2"
SETTINGS: Mapping[str, str] = {
    "url": "address of the Odoo server, such as https://odoo.example.com",
    "database": "name of the Odoo database",
    "user": "login of the user whose API key it is; needed for jsonrpc",
    "api": "jsonrpc (Odoo 16 to 18, the default) or json2 (from Odoo 19)",
    "company": "name or number (id) of the company in Odoo; needed when the user sees more than one",
    "purchase_journal": "code of the journal of vendor bills; needed when there is more than one",
    "sale_journal": "code of the journal of customer invoices; needed when there is more than one",
    "general_journal": "code of the journal of other entries; needed when there is more than one",
    "supplier": "number (id), reference or name of the supplier's contact; without it, the VAT number decides",
    "drafts": "yes: entries are left as drafts in Odoo; no (the default): they are posted",
    "attach": papers.SETTING,
    "analytic": "name of the dimension whose values are codes of analytic accounts",
    "timeout_seconds": "how long to wait for an answer, in whole seconds (60)",
}
SECRETS: Mapping[str, str] = {"api_key": "an API key of that user; Odoo makes it under My profile, Account security"}
_YES_NO = {"yes": True, "no": False, "": False}


class OdooSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings, checked; '' is what was not set."""

    url: str
    database: str
    user: str
    api: str
    company: str
    journals: Mapping[str, str]
    supplier: str
    drafts: bool
    attach: bool
    analytic: str
    timeout_seconds: int


def read_settings(given: Mapping[str, str], *, name: str) -> OdooSettings:
    """The settings of the ledger ``name``. Raises SettingsError."""
    where = f"ledger {name}"
    api = given.get("api", "") or JSONRPC
    if api not in {JSONRPC, JSON2}:
        raise SettingsError(
            f"api is {api!r}", hint="Write api = jsonrpc for Odoo 16 to 18, api = json2 from Odoo 19.", where=where
        )
    for needed in ("url", "database", *(("user",) if api == JSONRPC else ())):
        if not given.get(needed):
            raise SettingsError(f"{needed} is missing", hint=f"{needed} is the {SETTINGS[needed]}.", where=where)
    if given.get("drafts", "") not in _YES_NO:
        raise SettingsError(f"drafts is {given['drafts']!r}", hint="Write drafts = yes or drafts = no.", where=where)
    seconds = given.get("timeout_seconds", "") or "60"
    if not seconds.isdecimal() or int(seconds) < 1:
        raise SettingsError(
            f"timeout_seconds is {seconds!r}", hint="Write a whole number: timeout_seconds = 60.", where=where
        )
    return OdooSettings(
        url=web_address(given["url"], where=where),
        database=given["database"],
        user=given.get("user", ""),
        api=api,
        company=given.get("company", ""),
        journals={kind: given.get(f"{kind}_journal", "") for kind in ("purchase", "sale", "general")},
        supplier=given.get("supplier", ""),
        drafts=_YES_NO[given.get("drafts", "")],
        attach=papers.attaches(given, name=name),
        analytic=given.get("analytic", ""),
        timeout_seconds=int(seconds),
    )
