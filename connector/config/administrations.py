"""From the tables of ``connector.toml`` to administrations, with the rules between settings."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from connector.config.notify import read_notify
from connector.config.references import ReferenceReader, is_reference
from connector.config.retention import read_retention_years
from connector.config.schedule import read_schedule
from connector.config.service import ServiceSettings, read_service
from connector.config.source import SourceReader, path_in
from connector.config.table import Problem, Table, listed, nearest
from connector.config.toml_file import TomlFile
from connector.config.values import (
    LANGUAGES,
    Administration,
    AutoPost,
    DocumentSettings,
    LedgerSettings,
    NotifySettings,
    OnChange,
    PaperUse,
    Sale,
    SaleSource,
    ShownDetails,
)
from connector.domain.dates import EARLIEST, LATEST
from connector.domain.schedule import Schedule

COUNTRIES = (
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
VAT_NUMBERS = {
    "NL": (r"NL\d{9}B\d{2}", "NL123456789B01"),
    "BE": (r"BE[01]\d{9}", "BE0123456789"),
    "DE": (r"DE\d{9}", "DE123456789"),
    "FR": (r"FR[0-9A-Z]{2}\d{9}", "FR12345678901"),
    "LU": (r"LU\d{8}", "LU12345678"),
}
"""The form of a VAT number by country, with an example; check digits are left to the tax authority."""
FILE_LEDGERS = ("hledger", "beancount", "journal_csv")
LEDGERS = (*FILE_LEDGERS, "memory")
"""The ledgers that come with the connector; others are found among what is installed."""
_SECRETS = "Put the secret where the setting says, for example as NAME=secret in the file .env."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")


class Administrations:
    """Reads every administration of a file, and what stands beside them (``service``).

    ``variables`` are those of the environment and ``.env``; ``tried`` names both places.
    """

    def __init__(self, file: TomlFile, folder: Path, variables: Mapping[str, str], tried: str) -> None:
        self.problems: list[Problem] = []
        self._file, self._folder = file, folder
        self._source = SourceReader(folder, variables, tried)
        self._references = ReferenceReader(folder, variables, tried)
        self._schedule, self._notify, self._general_given = Schedule(), NotifySettings(), dict[str, str]()
        self._variables, self.service = variables, ServiceSettings()

    def read(self) -> tuple[Administration, ...]:
        """The administrations in the order of the file; what is wrong is in ``problems``."""
        root = Table(self._file.values, (), self._file, self.problems)
        general = root.table("schedule")
        self._schedule = read_schedule(general, Schedule())
        self.service = read_service(root.table("service"), self._variables)
        told = root.table("notify")
        self._notify = read_notify(told, NotifySettings(), self._references, self._schedule.zone)
        for name, table in (("schedule", general), ("notify", told)):
            self._general_given |= {f"{name}.{setting}": place for setting, place in table.given.items()}
        tables = root.table("administrations")
        if not tables.names:
            root.wrong("administrations", "there is no administration; begin one with [administrations.NAME]")
        # The names of the tables are the user's own, so a stray setting beside them looks like one.
        found = tuple(self._administration(name, tables.table(name)) for name in tables.names)
        root.close()
        self._check_together(found)
        return found

    def _administration(self, name: str, table: Table) -> Administration:
        if problem := name_problem(name):
            table.wrong("", problem)
        country = table.choice("country", COUNTRIES, required=True)
        currency = table.text("currency", "EUR")
        if currency != "EUR":
            table.wrong("currency", f"'{currency}' is not possible yet: only EUR is booked so far")
        sale = table.choice("sale", get_args(Sale), "report")
        source = self._source.read(table.table("source"))
        sale_source = _sale_source(table, source.kind)
        ledger = self._ledger(table.table("ledger"))
        self._check_sale(table, sale, sale_source, ledger.kind)
        schedule = read_schedule(table.table("schedule"), self._schedule)
        read = Administration(
            name=name,
            country=country,
            currency=currency,
            vat_number=self._vat_number(table, country),
            company_name=table.text("company_name"),
            mapping=self._mapping(table),
            sale=sale,  # type: ignore[arg-type]
            sale_source=sale_source,  # type: ignore[arg-type]
            book_from=self._book_from(table),
            auto_post=table.choice("auto_post", get_args(AutoPost), "off"),  # type: ignore[arg-type]
            second_approval_above=_above(table),
            second_approval_new=table.flag("second_approval_new", default=False),
            look_back_days=table.whole("look_back_days", 45, least=1, most=400),
            invoice_by_day=table.whole("invoice_by_day", 28, least=0, most=31),
            alarm_percent=table.whole("alarm_percent", 50, least=1, most=10_000),
            alarm_above=table.whole("alarm_above", 100, least=0, most=1_000_000_000) * 100,
            on_change=table.choice("on_change", get_args(OnChange), "hold"),  # type: ignore[arg-type]
            paper=table.choice("paper", get_args(PaperUse), "when there"),  # type: ignore[arg-type]
            retention_years=read_retention_years(table, country),
            source=source,
            ledger=ledger,
            documents=_documents(table.table("documents")),
            schedule=schedule,
            notify=read_notify(table.table("notify"), self._notify, self._references, schedule.zone),
            where=table.place(),
            given=self._general_given | table.given,
        )
        table.close()
        return read

    def _check_sale(self, table: Table, sale: str, sale_source: str, kind: str) -> None:
        # What another ledger can do only its adapter knows; it is asked before every run, and by 'doctor'.
        drafts = kind not in FILE_LEDGERS
        if sale == "draft" and not drafts:
            table.wrong(
                "sale",
                f"'draft' needs a ledger that issues invoices, and {kind} does not; give 'report', or 'post' with "
                'sale_source = "customer-invoices"',
            )
        if sale == "post" and sale_source != "customer-invoices":
            instead = "'report' or 'draft'" if drafts else "'report'"
            table.wrong(
                "sale",
                "'post' needs sale_source = \"customer-invoices\": a customer specification is no invoice and has no "
                f"number; give {instead}, or change sale_source",
            )

    def _vat_number(self, table: Table, country: str) -> str:
        text = table.text("vat_number", required="give it as on your invoices, as in NL123456789B01")
        if text and country and (problem := vat_number_problem(text, country)):
            table.wrong("vat_number", problem)
        return _bare(text)

    def _book_from(self, table: Table) -> datetime.date | None:
        day = table.date("book_from")
        if day and not EARLIEST <= day <= LATEST:
            table.wrong("book_from", f"{day} lies outside {EARLIEST} to {LATEST}; look at the year")
            return None
        return day

    def _mapping(self, table: Table) -> Path:
        text = table.text("mapping", required="give the name of a folder under mappings/, or a path")
        if not text:
            return self._folder
        sets = self._folder / "mappings"
        # A bare name is a set under mappings/; anything with a slash is a path.
        path = sets / text if Path(text).name == text else self._folder / text
        if not path.is_dir():
            there = [each.name for each in sorted(sets.iterdir()) if each.is_dir()] if sets.is_dir() else []
            known = f"; there is {listed(there)}" if there else "; 'connector init' makes a starter set"
            table.wrong("mapping", f"there is no folder {path}{nearest(text, there)}{known}")
        return path

    def _ledger(self, table: Table) -> LedgerSettings:
        kind = table.text("kind", required=f"give {listed(FILE_LEDGERS)}, or another installed ledger")
        if kind and kind not in LEDGERS and kind not in (known := _installed_ledgers()):
            real = [each for each in known if each != "memory"]  # it forgets everything at the end: for tests
            table.wrong("kind", f"no ledger '{kind}' is installed; give {listed(real)}{nearest(kind, real)}")
        folder, closed_until = path_in(self._folder, table, "folder"), table.date("closed_until")
        options = table.texts()
        read = (
            (name, self._references.read(table, name, text, _SECRETS)) for name, text in options if is_reference(text)
        )
        return LedgerSettings(
            kind=kind,
            folder=folder,
            closed_until=closed_until,
            options=tuple(each for each in options if not is_reference(each[1])),
            secrets=tuple((name, reference) for name, reference in read if reference is not None),
            where=table.place(),
        )

    def _check_together(self, found: tuple[Administration, ...]) -> None:
        names: dict[str, str] = {}
        folders: dict[tuple[str, Path], str] = {}
        for each in found:
            other = names.setdefault(each.name.lower(), each.name)
            if other != each.name:
                self._wrong(
                    each.where, f"the names '{other}' and '{each.name}' differ in capitals only; choose another"
                )
            if each.ledger.folder is None:
                continue
            owner = folders.setdefault((each.ledger.kind, each.ledger.folder.resolve()), each.name)
            if owner != each.name:
                self._wrong(
                    each.ledger.where, f"'{owner}' and '{each.name}' keep their books in one folder; give each its own"
                )

    def _wrong(self, where: str, message: str) -> None:
        self.problems.append(Problem(where=where, message=message))


def _documents(table: Table) -> DocumentSettings:
    """How documents for customers look."""
    link = table.text("link")
    if link and not link.startswith(("https://", "http://")):
        table.wrong("link", f"'{link}' is no address; write it as https://documents.example/")
    read = DocumentSettings(
        details=table.choice("details", get_args(ShownDetails), "printed"),  # type: ignore[arg-type]
        language=table.choice("language", LANGUAGES),
        header=tuple(line for each in table.text("header").splitlines() if (line := each.strip())),
        link=link,
    )
    table.close()
    return read


def _sale_source(table: Table, kind: str) -> str:
    """Which list tells of the sales: the older API has no specifications."""
    if kind != "billing":
        return table.choice("sale_source", get_args(SaleSource), "customer-specifications")
    chosen = table.choice("sale_source", get_args(SaleSource), "customer-invoices")
    if chosen != "customer-invoices":
        table.wrong(
            "sale_source",
            'the older Billing API has no customer specifications; give "customer-invoices", or leave it out',
        )
    return chosen


def _above(table: Table) -> int | None:
    """The amount above which a second person approves, whole euros in the file, in minor units."""
    name = "second_approval_above"
    return table.whole(name, 0, least=0, most=1_000_000_000) * 100 if name in table else None


def name_problem(name: str) -> str:
    """What is wrong with ``name`` as the name of an administration; '' when it can be one."""
    wanted = "a name has letters, digits and dashes only, and begins with a letter or digit"
    return "" if _NAME.fullmatch(name) else wanted


def vat_number_problem(text: str, country: str) -> str:
    """What is wrong with ``text`` as a VAT number of ``country``; '' when it can be one."""
    prefix = {"GR": "EL", "CH": "CHE"}.get(country, country)
    pattern, example = VAT_NUMBERS.get(country, (rf"{prefix}[0-9A-Z]{{2,13}}", f"{prefix}..."))
    return (
        "" if re.fullmatch(pattern, _bare(text)) else f"'{text}' is no VAT number of {country}; give it as in {example}"
    )


def _bare(vat_number: str) -> str:
    return "".join(letter for letter in vat_number.upper() if letter.isalnum())


def _installed_ledgers() -> tuple[str, ...]:
    from importlib.metadata import entry_points

    return tuple(sorted({*LEDGERS, *entry_points(group="connector.ledgers").names}))
