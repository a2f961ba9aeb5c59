"""What stands before a field on an invoice in Dutch, French, English and German, best known first.

Each field has tiers: the first tier of which a page has an amount decides. Bare words come last, because tables of
lines and customers have them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_VAT = r"(?:btw|b\.t\.w\.?|tva|t\.v\.a\.?|vat|mwst\.?|ust\.?|umsatzsteuer|mehrwertsteuer)"
_SUM = (
    r"(?:(?:eind|sub|factuur)?totaal(?:bedrag)?|factuurbedrag|bedrag|(?:grand |sub)?total(?: amount)?|amount|"
    r"montant(?: total)?|gesamt(?:betrag|summe)?|rechnungsbetrag|summe|betrag)"
)
_WITHOUT = r"(?:excl(?:\.|usief|usive|uding)?|exkl\.?|ex\.?|zonder|hors|zzgl\.?|ohne|without|before|vóór)"
_WITH = r"(?:incl(?:\.|usief|usive|uding)?|inkl(?:\.|usive)?|met|toutes|including|with|avec)"
_INVOICE = r"(?:factuur|facture|invoice|rechnung)"
_CREDIT = r"(?:credit[- ]?nota|creditfactuur|note de crédit|facture d'avoir|avoir|credit[- ]note|gutschrift)"
_NO = r"(?:nummer|nr\.?|number|no\.?|numéro|n[°ºo]\.?)"


def _compiled(*tiers: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<![\w-])(?:{'|'.join(tier)})(?![\w-])", re.IGNORECASE) for tier in tiers)


AMOUNTS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    "net": _compiled(
        (
            rf"{_SUM} {_WITHOUT} {_VAT}",
            rf"{_SUM} \({_WITHOUT} {_VAT}\)",
            *("total (?:htva|ht)", "montant (?:htva|ht)", "total net", "net (?:total|amount)", "totaal netto"),
            r"netto(?:bedrag|totaal|betrag|summe)?",
        ),
        ("subtotaal", "sub-?total", "sous-total", "zwischensumme"),
    ),
    "vat": _compiled(
        (
            rf"(?:totaal|bedrag|total|amount|montant(?: de)?(?: la)?|summe|gesamt) {_VAT}(?! (?:comprise|incluse))",
            rf"{_VAT}[- ]?(?:bedrag|totaal|amount|total|betrag)",
        ),
        (rf"{_VAT}(?! ?-?{_NO})(?! (?:comprise|incluse|reg|id))(?!-?id)",),
    ),
    "gross": _compiled(
        (
            rf"{_SUM} {_WITH} {_VAT}",
            rf"{_SUM} \({_WITH} {_VAT}\)",
            *("(?:total|montant) ttc", rf"(?:total|montant) {_VAT} (?:comprise|incluse)", "brutto(?:bedrag|betrag)"),
            "total gross",
        ),
        (
            *("totaal te (?:betalen|voldoen|ontvangen)", "te (?:betalen|voldoen|ontvangen)(?: bedrag)?"),
            *("(?:total|montant|net) à payer", "(?:amount|total) (?:due|payable)", "zu zahlen(?:der betrag)?"),
            *("zahlbetrag", "rechnungsbetrag", "factuurbedrag", "factuurtotaal", "invoice total", "totaalbedrag"),
            *("montant (?:total|de la facture)", "total amount", "gesamtbetrag"),
        ),
        ("totaal", "total", "gesamt", "summe"),
    ),
}
"""Net [BT-109], VAT [BT-110] and gross [BT-112]."""
INVOICE_NUMBER = _compiled(
    (rf"{_INVOICE}s?[- ]?{_NO}", rf"(?:numéro|n[°º]) (?:de )?(?:la )?{_INVOICE}", rf"{_NO} {_INVOICE}"),
)[0]
CREDIT_NUMBER = _compiled((rf"{_CREDIT}s?[- ]?{_NO}", rf"(?:numéro|n[°º]) (?:de )?(?:la )?{_CREDIT}"))[0]
DATES = _compiled(
    (
        *("factuurdatum", "creditnotadatum", "date de (?:la )?facture", "date de facturation", "date d'émission"),
        *("invoice date", "credit note date", "date of issue", "rechnungsdatum", "datum (?:factuur|creditnota)"),
    ),
    ("datum", "date"),
)
CREDIT_TITLE = re.compile(rf"^\W*{_CREDIT}(?:\W|$)(?!.*\b(?:op|van|on|sur|of|auf|zu)\b)", re.IGNORECASE)
INVOICE_TITLE = re.compile(rf"^\W*{_INVOICE}\W*(?:\S*\d\S*)?\W*$", re.IGNORECASE)
VAT_NUMBER = re.compile(
    r"(?<!\w)(?:NL ?(?:[0-9]\.?){9} ?B\.?[0-9]{2}|BE ?[01](?:[. ]?[0-9]){9}|"
    r"DE ?[0-9]{9}|FR ?[0-9A-Z]{2} ?[0-9]{9}|LU ?[0-9]{8})(?!\w)"
)
VAT_NUMBER_LABEL = re.compile(rf"{_VAT}[- ]?(?:{_NO}|id|ident)|{_NO} (?:de )?{_VAT}|vat reg", re.IGNORECASE)
YOURS = re.compile(r"(?<!\w)(?:uw|votre|your|ihre|klant|client|customer|kunden)(?!\w)", re.IGNORECASE)
MONTHS = {
    name: number
    for names in (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
    )
    for number, name in enumerate(names.split(), 1)
}
