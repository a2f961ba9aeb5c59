"""``connector init``: set up an administration, step by step on a terminal or with options in a script."""

from __future__ import annotations

import dataclasses
import datetime
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from connector import config
from connector.cli import options
from connector.cli.options import DAY, Face
from connector.cli.setup import NewAdministration, Written, known_problem, refuse_known, starter_sets, write
from connector.errors import StoreError
from connector.texts import _

BASE_URL = "https://api.copaco.cloud/api/v1"


_ANSWERS: tuple[Callable[[Callable[..., None]], Callable[..., None]], ...] = (
    options.yes,
    click.option("--name", help="Name of the administration: letters, digits and dashes."),
    click.option("--country", type=click.Choice(config.COUNTRIES, case_sensitive=False), help="Country of its VAT."),
    click.option("--company-name", help="Name of the company, as Copaco writes it."),
    click.option("--vat-number", help="VAT number of the company, as in NL123456789B01."),
    click.option("--starter", help="Starter mapping set to copy: its chart of accounts and rules."),
    click.option("--base-url", help=f"Address of the API. Default: {BASE_URL}"),
    click.option(
        "--authentication", type=click.Choice(config.AUTHENTICATION), help="How the key is sent. Default: bearer."
    ),
    click.option("--key-variable", help="Variable that holds the key. Default: COPACO_KEY_<NAME>."),
    click.option("--key-stdin", is_flag=True, help="Read the key from standard input and keep it in .env."),
    click.option("--key-expires", type=DAY, help="Last day of the key, as the partner portal shows it."),
    click.option("--ledger", type=click.Choice(config.LEDGERS[:3]), help="Kind of ledger files. Default: hledger."),
    click.option("--ledger-folder", type=click.Path(path_type=Path), help="Where they go. Default: books/<name>."),
    click.option("--book-from", type=DAY, help="Book documents dated from this day on; older ones are ignored."),
)


def answers(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that answer the questions about a new administration."""
    for option in reversed(_ANSWERS):
        command = option(command)
    return command


@click.command()
@options.common
@answers
def command(face: Face, **given: Any) -> None:
    """Set up an administration: settings, mapping tables, key and database.

    Asks for what was not given; with --yes it asks nothing and takes the defaults. Adds to an existing
    connector.toml and overwrites nothing. The key goes into .env, which only you can read, and nowhere else.
    A SQLite database that is not there yet is made; one on a server is made by 'connector db upgrade'.
    """
    set_up(face, **given)


def set_up(
    face: Face,
    *,
    yes: bool,
    name: str | None,
    country: str | None,
    company_name: str | None,
    vat_number: str | None,
    starter: str | None,
    base_url: str | None,
    authentication: str | None,
    key_variable: str | None,
    key_stdin: bool,
    key_expires: datetime.datetime | None,
    ledger: str | None,
    ledger_folder: Path | None,
    book_from: datetime.datetime | None,
) -> None:
    """Write a new administration into the settings file, after asking for what was not given."""
    ask, settings = _Questions(face, silent=yes), face.connection.config
    if name is not None:
        refuse_known(name, settings)  # before anything is asked
    name = ask.text(
        "--name",
        name,
        _("Name of the administration"),
        check=lambda text: config.name_problem(text) or known_problem(text, settings),
    )
    country = ask.choice("--country", country, _("Country"), config.COUNTRIES, "NL")
    country = country.upper()
    company_name = ask.text("--company-name", company_name, _("Name of the company, as Copaco writes it"), default="")
    vat_number = ask.text(
        "--vat-number", vat_number, _("VAT number"), check=lambda text: config.vat_number_problem(text, country)
    )
    new = NewAdministration(
        name=name,
        country=country,
        company_name=company_name,
        vat_number=vat_number,
        starter=_starter(ask, starter, country),
        base_url=ask.text("--base-url", base_url, _("Address of the API"), default=BASE_URL),
        authentication=authentication or "bearer",
        key_variable=key_variable or f"COPACO_KEY_{name.upper().replace('-', '_')}",
        ledger=ask.choice("--ledger", ledger, _("Kind of ledger files"), config.LEDGERS[:3], "hledger"),
        ledger_folder=Path(
            ask.text("--ledger-folder", str(ledger_folder or "") or None, _("Folder for them"), default=f"books/{name}")
        ),
        book_from=ask.day("--book-from", book_from, _("Book documents from (year-month-day; empty: all)")),
    )
    key = sys.stdin.readline().strip() if key_stdin else ask.secret(_("API key (not shown; empty: later)"))
    if key or key_expires:
        question = _("Last day of the key, as the portal shows it (year-month-day; empty: unknown)")
        new = dataclasses.replace(new, key_expires=ask.day("--key-expires", key_expires, question))
    written = write(new, key, settings, replace_key=ask.replace)
    made = _make_database(face)
    _tell(face, new, written, made=made)


class _Questions:
    """Asks on a terminal for what no option gave; without one, or with --yes, takes the default or says what
    is missing.
    """

    def __init__(self, face: Face, *, silent: bool) -> None:
        self._out = face.out
        self._silent = silent or face.json or not sys.stdin.isatty()

    def text(
        self,
        option: str,
        given: str | None,
        question: str,
        *,
        default: str | None = None,
        check: Callable[[str], str] = lambda _text: "",
    ) -> str:
        """A text that ``check`` has nothing against."""

        def checked(text: str) -> str:
            text = text.strip()
            if problem := check(text):
                raise click.BadParameter(problem)
            return text

        if given is None and self._silent:
            given = default
            if given is None:
                raise click.UsageError(f"{option} is missing; give it, or run this on a terminal.")
        if given is not None:
            try:
                return checked(given)
            except click.BadParameter as error:
                raise click.UsageError(f"{option}: {error.message}") from error
        return str(click.prompt(question, default=default, value_proc=checked, err=True))

    def choice(
        self, option: str, given: str | None, question: str, choices: tuple[str, ...], default: str | None
    ) -> str:
        """One of ``choices``. Without a ``default`` somebody must choose."""

        def check(text: str) -> str:
            known = {each.lower() for each in choices}
            return "" if text.lower() in known else f"'{text}' is not one of {', '.join(choices)}"

        few = f" ({', '.join(choices)})" if len(choices) < 6 else ""
        named = option if default is not None else f"{option}{few}"
        return self.text(named, given, f"{question}{few}", default=default, check=check)

    def day(self, option: str, given: datetime.datetime | None, question: str) -> datetime.date | None:
        """A day, or none."""

        def check(text: str) -> str:
            try:
                datetime.date.fromisoformat(text or "2000-01-01")
            except ValueError:
                return f"'{text}' is no date; write it as 2024-01-31"
            return ""

        text = self.text(option, f"{given:%Y-%m-%d}" if given else None, question, default="", check=check)
        return datetime.date.fromisoformat(text) if text else None

    def secret(self, question: str) -> str:
        """A text that is not shown while it is typed; '' without a terminal."""
        if self._silent:
            return ""
        return str(click.prompt(question, default="", hide_input=True, show_default=False, err=True)).strip()

    def replace(self, what: str) -> bool:
        """Whether something that is there may be replaced; never without asking."""
        return not self._silent and self._out.confirm(_("Replace {what}?").format(what=what))


def _starter(ask: _Questions, given: str | None, country: str) -> str:
    sets = starter_sets()
    fitting = tuple(name for name in sets if name.split("-")[0].upper() == country)
    if given is None and not fitting:
        raise click.UsageError(
            f"there is no starter set for {country} yet; give the nearest with --starter ({', '.join(sets)}), "
            "and let your accountant change its accounts and VAT codes."
        )
    if given is None and len(fitting) == 1:
        given = fitting[0]
    # Charts that differ in every number are nobody's default.
    return ask.choice("--starter", given, _("Starter mapping set"), sets if given else fitting, given)


def _make_database(face: Face) -> bool:
    """Make the database if that is ours to do. The settings stay when it fails: a second 'init' would refuse them."""
    from connector.app import databases

    try:
        return databases.begin(face.connection, now=face.now)
    except StoreError as error:
        hint = f"{error.hint} The settings are written; then run 'connector db upgrade'."
        raise type(error)(error.message, hint=hint, where=error.where) from error


def _tell(face: Face, new: NewAdministration, written: Written, *, made: bool) -> None:
    from connector.app import databases

    out, database = face.out, face.connection.database_shown
    out.heading(_("Administration {name} is set up").format(name=new.name))
    out.facts(
        {
            "Settings": written.settings,
            "Mapping": written.mapping,
            "Key": written.key_note,
            "Database": _("{database}, made now").format(database=database) if made else database,
            "Ledger": new.ledger_folder,
        }
    )
    steps = [] if written.key_kept else [_("put the key into .env: {name}=...").format(name=new.key_variable)]
    steps += ["connector db upgrade"] if databases.needs_upgrade(face.connection) else []
    steps += [
        f"connector doctor -a {new.name}",
        f"connector pull -a {new.name}",
        f"connector status -a {new.name}",
        _("look at the tables in {folder}, then: connector sync").format(folder=written.mapping),
    ]
    out.heading(_("Next"))
    out.text(*(f"{number}. {step}" for number, step in enumerate(steps, start=1)))
    out.answer(
        {
            "administration": new.name,
            "settings": written.settings,
            "mapping": written.mapping,
            "key_variable": new.key_variable,
            "key_kept": written.key_kept,
            "database": database,
            "database_made": made,
            "next": steps,
        }
    )
