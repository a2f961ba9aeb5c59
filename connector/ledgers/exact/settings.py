"""The settings of a ledger in Exact Online."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connector.errors import SettingsError
from connector.ledgers import papers
from connector.ledgers.address import web_address

SETTINGS: Mapping[str, str] = {
    "url": "address of Exact Online in your country (https://start.exactonline.nl)",
    "client_id": "client id of your app in Exact's app centre",
    "redirect_uri": "redirect address of your app, exactly as it is registered there",
    "division": "number of the administration in Exact; without it, the one the user works in",
    "login": "a name of your choice, where more than one user of Exact lets the same app in",
    "purchase_journal": "code of the purchase journal; needed when there is more than one",
    "sales_journal": "code of the sales journal; needed when there is more than one",
    "general_journal": "code of the journal of other entries; needed when there is more than one",
    "sales_item": "code of an item: sales then become draft invoices of the invoicing module, with this item",
    "supplier": "code of the supplier's relation; without it, the VAT number decides",
    "untaxed": "VAT code for lines without VAT, such as rounding differences",
    "attach": papers.SETTING,
    "cost_center": "name of the dimension whose values are codes of cost centres",
    "cost_unit": "name of the dimension whose values are codes of cost units",
    "timeout_seconds": "how long to wait for an answer, in whole seconds (60)",
}
SECRETS: Mapping[str, str] = {"client_secret": "client secret of your app; it also encrypts the kept login"}
COUNTRY = "https://start.exactonline.nl"


class ExactSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings, checked; '' is what was not set."""

    url: str
    client_id: str
    redirect_uri: str
    division: str
    login: str
    journals: Mapping[str, str]
    sales_item: str
    supplier: str
    untaxed: str
    attach: bool
    cost_center: str
    cost_unit: str
    timeout_seconds: int


def read_settings(given: Mapping[str, str], *, name: str) -> ExactSettings:
    """The settings of the ledger ``name``. Raises SettingsError."""
    where = f"ledger {name}"
    for needed in ("client_id", "redirect_uri"):
        if not given.get(needed):
            raise SettingsError(f"{needed} is missing", hint=f"{needed} is the {SETTINGS[needed]}.", where=where)
    division = given.get("division", "")
    if division and not division.isdecimal():
        raise SettingsError(
            f"division is {division!r}", hint="Write the number that Exact shows of the administration.", where=where
        )
    seconds = given.get("timeout_seconds", "") or "60"
    if not seconds.isdecimal() or int(seconds) < 1:
        raise SettingsError(
            f"timeout_seconds is {seconds!r}", hint="Write a whole number: timeout_seconds = 60.", where=where
        )
    return ExactSettings(
        url=web_address(given.get("url") or COUNTRY, where=where),
        client_id=given["client_id"],
        redirect_uri=given["redirect_uri"],
        division=division,
        login=given.get("login", ""),
        journals={kind: given.get(f"{kind}_journal", "") for kind in ("purchase", "sales", "general")},
        sales_item=given.get("sales_item", ""),
        supplier=given.get("supplier", ""),
        untaxed=given.get("untaxed", ""),
        attach=papers.attaches(given, name=name),
        cost_center=given.get("cost_center", ""),
        cost_unit=given.get("cost_unit", ""),
        timeout_seconds=int(seconds),
    )
