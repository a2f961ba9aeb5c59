"""Which column of an export is which: known by its name in Dutch, French, German or English, or named by a person.

Nothing is guessed: two columns that could both be the one that is needed are an error that names them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import msgspec

_NAMES = {
    "account": (
        """
        grootboekrekening grootboeknummer grootboekrekeningnummer grootboek rekeningnummer rekeningnr
        grootboekcode accountcode accountnumber accountno glaccount glaccountcode ledgeraccount accid compte
        numerocompte nocompte numcompte comptenum comptegeneral numerodecompte
        ndecompte ncompte konto kontonummer sachkonto
        kontonr algemenerekening
        """,
        "rekening account code",
    ),
    "account_name": (
        """
        rekeningnaam grootboeknaam grootboekomschrijving omschrijvingrekening rekeningomschrijving
        naamrekening grootboekrekeningomschrijving grootboekrekeningnaam omschrijvinggrootboek accountname
        accountdescription glaccountdescription comptelib libellecompte libelleducompte intitulecompte
        intituleducompte kontobezeichnung kontobeschriftung kontoname sachkontobezeichnung
        """,
        "",
    ),
    "date": (
        """
        boekdatum boekingsdatum transactiedatum postingdate entrydate bookingdate datecomptable dateecriture
        ecrituredate dateoperation buchungsdatum
        """,
        "datum date",
    ),
    "journal": (
        """
        dagboek dagboekcode dagboeknummer journal journalcode codejournal journaal buchungskreis
        """,
        "jrn",
    ),
    "entry": (
        """
        boekstuk boekstuknummer boekingsnummer boekingnr boekstuknr bkstnr mutatienummer mutatienr
        journaalpost journaalpostnummer entrynumber entryno transactionnumber transactionno vouchernumber
        voucher ecriturenum numeroecriture noecriture numeropiece npiece ndepiece buchungsnummer belegnummer belegnr
        transactienummer volgnummer
        """,
        "entry transactie piece stuknummer stuk",
    ),
    "text": (
        """
        omschrijving boekingsomschrijving omschrijvingregel regelomschrijving omschrijvingboeking
        description memo narration details text libelle libelleecriture ecriturelib commentaire buchungstext
        bezeichnung toelichting opmerking
        """,
        "",
    ),
    "debit": (
        """
        debet bedragdebet debit debitamount bedragdebit montantdebit soll sollbetrag debetbedrag
        """,
        "",
    ),
    "credit": (
        """
        credit bedragcredit creditamount montantcredit haben habenbetrag creditbedrag
        """,
        "",
    ),
    "amount": (
        """
        bedrag bedrageur bedragineuro bedragexclbtw amount amounteur montant montanteur betrag betrageur
        umsatz
        """,
        "",
    ),
    "side": (
        """
        dc debetcredit debitcredit dcindicator sens sollhaben sollhabenkennzeichen sh debcred
        """,
        "",
    ),
    "party_id": (
        """
        relatiecode relatienummer relatienr debiteurcrediteur crediteurnummer debiteurnummer
        leveranciersnummer relationcode customersuppliercode partycode partyid numerotiers codetiers comptetiers
        compauxnum compteauxiliaire personenkonto kontoauxiliaire
        """,
        "debtorcode debtornumber debiteurcode klantnummer klantcode customernumber customercode codeclient",
    ),
    "party_name": (
        """
        relatienaam relatie naamrelatie crediteur debiteur leverancier klant customersupplier supplier
        customer partyname vendor contact tiers nomtiers fournisseur compauxlib lieferant kunde kreditor
        debitor
        """,
        "naam name nom",
    ),
    "party_vat_number": (
        """
        btwnummer btwnr btwidentificatienummer vatnumber partyvatnumber vatregistrationnumber taxnumber numerotva
        ntva ndetva notva ustidnr ustid
        """,
        "",
    ),
    "document_ref": (
        """
        factuurnummer factuurnr factnr documentnummer documentnr referentie kenmerk uwreferentie
        invoicenumber invoiceno documentnumber documentno docno reference yourref pieceref numerofacture
        nfacture ndefacture
        nofacture facture rechnungsnummer rechnungsnr belegfeld1 extern ref
        """,
        "factuur invoice document",
    ),
    "tax_code": (
        """
        btwcode vatcode taxcode codetva steuercode steuerschluessel buschluessel steuerschlussel
        """,
        "btw",
    ),
    "tax_minor": (
        """
        btwbedrag vatamount taxamount montanttva steuerbetrag
        """,
        "",
    ),
    "cost_centre": (
        """
        kostenplaats kostenplaatscode costcentre costcenter centredecout centredecouts kostenstelle kost1
        analytisch
        """,
        "",
    ),
}
"""The names of each column, folded: those that mean nothing else, and those that are taken when none of these is there.
"""
NAMES = {field: tuple(frozenset(tier.split()) for tier in tiers) for field, tiers in _NAMES.items()}
FIELDS = tuple(NAMES)
JOINED = frozenset({"text", "document_ref"})
"""Of these every column counts: their texts are put one after the other."""
_NEEDED = ("account", "date")
_PARTIES = ("party_id", "party_name")
_EITHER = frozenset({"party", "debtor"})
"""Columns that hold the number of a party or its name: they are what no other column is, and both where none is."""


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """The places of the columns (from 0) by field; several only for the fields in ``JOINED``."""

    places: Mapping[str, tuple[int, ...]]

    def cell(self, row: Sequence[str], field: str) -> str:
        """The text of ``field`` in ``row``, '' where the file has no such column."""
        return " ".join(filter(None, (row[place] for place in self.places.get(field, ()))))


def fold(name: str) -> str:
    """The name of a column without case, accents, spaces and punctuation.

    >>> fold("N° de compte "), fold("Libellé écriture")
    ('ndecompte', 'libelleecriture')
    """
    apart = unicodedata.normalize("NFKD", name.replace("°", "").replace("ß", "ss").casefold())
    return re.sub(r"[^0-9a-z]", "", apart)


def find(header: Sequence[str], named: Mapping[str, str]) -> tuple[Columns, list[str]]:
    """The columns of ``header``, where ``named`` says for some which they are (a name, or '#3' for the third).

    What cannot be told comes back as sentences; with any of these the columns cannot be used.
    """
    folded, problems = [fold(name) for name in header], list[str]()
    places: dict[str, tuple[int, ...]] = {}
    for field, name in named.items():
        found = _named(folded, name)
        if name and len(found) != 1:
            many = f"{len(found)} columns are called '{name}'" if found else f"there is no column '{name}'"
            problems.append(f"{field}: {many}")
        places[field] = tuple(found[:1])
    taken = {place for found in places.values() for place in found}
    for field in FIELDS:
        if field not in named:
            places[field] = tuple(_known(folded, field, taken))
    if "party_name" not in named and not places["account_name"]:
        # A bare 'Name' may be that of the account or that of the party; only beside the other it can be told.
        places["party_name"] = tuple(_known(folded, "party_name", taken, tiers=1))
    either = tuple(place for place, name in enumerate(folded) if name in _EITHER and place not in taken)
    places |= {field: either for field in _PARTIES if field not in named and not places[field]}
    problems += _problems(header, places)
    return Columns(places={field: found for field, found in places.items() if found}), problems


def _named(folded: Sequence[str], name: str) -> list[int]:
    if re.fullmatch(r"#\d+", name):
        place = int(name[1:]) - 1
        return [place] if 0 <= place < len(folded) else []
    return [place for place, each in enumerate(folded) if name and each == fold(name)]


def _known(folded: Sequence[str], field: str, taken: set[int], *, tiers: int = 2) -> list[int]:
    for tier in NAMES[field][:tiers]:
        found = [place for place, name in enumerate(folded) if name in tier and place not in taken]
        if found:
            return found
    return []


def _problems(header: Sequence[str], places: Mapping[str, tuple[int, ...]]) -> list[str]:
    problems = [f"no column for the {field}" for field in _NEEDED if not places[field]]
    both = places["debit"] and places["credit"]
    if not both and not places["amount"]:
        problems.append("no columns for debit and credit, and none for the amount")
    for field, found in places.items():
        needless = field in {"amount", "side"} and both
        if len(found) > 1 and field not in JOINED and not needless:
            names = " and ".join(f"'{header[place]}' (#{place + 1})" for place in found)
            problems.append(f"{field}: {names} could both be it")
    return problems
