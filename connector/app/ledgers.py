"""The ledger of an administration: made from its settings, and tried."""

from __future__ import annotations

import datetime
import logging
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from connector.config import Administration, KeyReference, hide_passing
from connector.errors import LedgerRefused, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from connector.domain.journal import JournalEntry
    from connector.domain.ledger_check import LedgerDoubt
    from connector.domain.mapping import Mapping
    from connector.ledgers.base import Ledger, LogsIn, Paper, TaxThere, VatCode

    _Ends = Callable[[dict[str, str], Path], datetime.datetime | None]

_log = logging.getLogger(__name__)
FILES = ("hledger", "beancount", "journal_csv")
"""Ledgers that are files: they can be looked into at any time, so ``verify`` compares them too."""


class LedgerTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What a look into a ledger found: how many entries of ours (``None`` when it cannot list them), and where."""

    entries: int | None
    folder: Path | None
    closed_until: datetime.date | None


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where a ledger keeps its things: ``folder`` when it is files, ``tokens`` when it logs in."""

    folder: Path
    tokens: Path


def unopened(
    administration: Administration,
    mapping: Mapping,
    places: Places,
    papers: Callable[[JournalEntry], Sequence[Paper]] | None = None,
) -> Ledger:
    """The ledger of ``administration``, not yet opened; ``papers`` gives the files that belong to an entry."""
    from connector.ledgers.base import Setup
    from connector.ledgers.registry import load_adapter, open_ledger

    chosen = administration.ledger
    options = dict(chosen.options)
    # Software of others may know its closed periods better than we; ours, and preparing, go by the setting.
    if chosen.closed_until is not None and "closed_until" in load_adapter(chosen.kind).SETTINGS:
        options["closed_until"] = chosen.closed_until.isoformat()
    setup = Setup(
        name=chosen.kind,
        chart=mapping.chart,
        settings=options,
        folder=places.folder,
        tokens=places.tokens,
        secrets={name: partial(_opened, reference) for name, reference in chosen.secrets},
        taxes=taxes_there(mapping, chosen.kind),
        debtors={each.account_id: each.debtor for each in mapping.customers.values() if each.debtor},
        hide=partial(hide_passing, administration.name),
    )
    if papers is not None:
        setup = msgspec.structs.replace(setup, papers=papers)
    return open_ledger(chosen.kind, setup)


def _opened(reference: KeyReference) -> str:
    return reference.secret().reveal()


def taxes_there(mapping: Mapping, kind: str) -> dict[str, TaxThere]:
    """How the ledgers of ``kind`` book our tax codes, as far as ``tax.csv`` says."""
    from connector.ledgers.base import TaxThere

    return {
        tax.code: TaxThere(
            code=tax.package[kind], rate=tax.rate, direction=tax.direction, reverse_charge=tax.reverse_charge
        )
        for tax in mapping.tax_codes
        if kind in tax.package
    }


def tried(administration: Administration, mapping: Mapping, places: Places) -> LedgerTrial:
    """Open the ledger and look at everything it holds; nothing stays written.

    Raises LedgerError, also when files were edited by others or the folder cannot be written to.
    """
    from connector.ledgers.base import Listing

    with unopened(administration, mapping, places) as ledger:
        held = sum(1 for _ in ledger.all_entries()) if isinstance(ledger, Listing) else None
    is_files = administration.ledger.kind in FILES
    if is_files:
        _try_writing(places.folder)
    return LedgerTrial(
        entries=held, folder=places.folder if is_files else None, closed_until=administration.ledger.closed_until
    )


def check_sale(administration: Administration, ledger: Ledger) -> None:
    """SettingsError unless ``ledger`` can do what ``sale`` asks. One that issues invoices must not get those that were
    issued already: customers would get them twice."""
    kind, issues = administration.ledger.kind, ledger.capabilities.issues_invoices
    if administration.sale == "draft" and not issues:
        raise SettingsError(
            f"sale = 'draft' needs a ledger that issues invoices, and {kind} does not as it is set",
            hint="Set sales_item, if it is Exact Online; or set sale to 'report', or to 'post' with sale_source = "
            "'customer-invoices'.",
            where=administration.where,
        )
    if administration.sale == "post" and issues:
        raise SettingsError(
            f"sale = 'post' books invoices that were issued already, and {kind} would issue them again",
            hint="Remove sales_item of the ledger, or set sale to 'draft' or 'report'.",
            where=administration.where,
        )


def vat_codes_of(ledger: Ledger) -> list[VatCode] | None:
    """The VAT codes of the opened ``ledger``, ``None`` when it does not tell."""
    from connector.ledgers.base import TellsVatCodes

    return list(ledger.vat_codes()) if isinstance(ledger, TellsVatCodes) else None


def looked_into(administration: Administration, mapping: Mapping, ledger: Ledger) -> list[LedgerDoubt]:
    """What the tables name and the opened ``ledger`` does not know. Raises LedgerUnavailable, LedgerRefused."""
    from connector.domain.ledger_check import doubts

    chart = ledger.chart()
    accounts = None if chart is None else {code: each.name for code, each in chart.accounts.items()}
    codes = vat_codes_of(ledger)
    rates = None if codes is None else {each.code: each.rate for each in codes}
    return doubts(mapping, administration.ledger.kind, accounts, rates)


def logging_in(administration: Administration, ledger: Ledger) -> LogsIn:
    """``ledger`` as one that a person lets us in to. SettingsError when it is none."""
    from connector.ledgers.base import LogsIn

    if not isinstance(ledger, LogsIn):
        raise SettingsError(
            f"{administration.ledger.kind} wants no login",
            hint=f"Its settings are all it needs: try it with 'connector ledger check {administration.name}'.",
            where=administration.ledger.where,
        )
    return ledger


def logins_end(administrations: Iterable[Administration], tokens: Path) -> Iterator[tuple[str, datetime.datetime]]:
    """Administrations whose ledger keeps a login, by name, and when it ends unless a run renews it before, in UTC.

    Nothing of one whose adapter does not tell or fails: what it lacks, its runs and ``doctor`` say.
    """
    told_by: dict[str, _Ends | None] = dict.fromkeys(FILES)
    for each in administrations:
        kind = each.ledger.kind
        try:
            if kind not in told_by:
                told_by[kind] = None
                told_by[kind] = _ends_of(kind)
            tell = told_by[kind]
            told = tell(dict(each.ledger.options), tokens) if tell is not None else None
            ends = None if told is None else told.astimezone(datetime.UTC)
        except Exception as error:  # noqa: BLE001 - an adapter is software of others, and this of many administrations
            _log.debug("when the login of %s ends is not known: %s", each.name, error)
            continue
        if ends is not None:
            yield each.name, ends


def _ends_of(kind: str) -> _Ends | None:
    from connector.ledgers.registry import load_adapter

    found: _Ends | None = getattr(load_adapter(kind), "login_ends", None)
    return found


def _try_writing(folder: Path) -> None:
    """Write a passing file into ``folder``, or into the nearest folder above it that exists."""
    place = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"connector")
    except OSError as error:
        raise LedgerRefused(
            f"the ledger folder cannot be written to: {error.strerror}",
            hint="Let the user who runs the connector write there, or set another folder.",
            where=str(folder),
        ) from error
