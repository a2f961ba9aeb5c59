"""The working folder of the demo: settings, mapping tables and keys for the resellers of the sandbox.

Only what the demo made is ever removed; ``connector.toml`` says in its first line that it did.
"""

from __future__ import annotations

import csv
import datetime
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from connector import config
from connector.cli.setup import write_private
from connector.config import Settings
from connector.errors import SettingsError
from connector.resources import mappings_path
from connector.sandbox import Sandbox, World

MARK = "# Made by 'connector demo', which starts anew when it is run here again."
_PIECES = ("connector.toml", ".env", "books", "mappings/demo-nl", "mappings/demo-be", "bad-answers")
_OPTIONS = {
    "nl": ('sale = "post"', 'sale_source = "customer-invoices"'),
    "be": ('sale = "report"',),
}
_LEDGERS = {"nl": "hledger", "be": "beancount"}


@dataclass(frozen=True, kw_only=True)
class Folder:
    """The folder of a demo, made anew."""

    path: Path
    settings: Settings


def make(folder: Path, sandbox: Sandbox) -> Folder:
    """Write everything the demo needs into ``folder``; SettingsError when it holds anything that is not the demo's."""
    _clear(folder)
    world = sandbox.world
    for reseller in world.resellers:
        _copy_mapping(folder / "mappings" / f"demo-{reseller.name}", world, reseller.name)
    keys = "".join(f"DEMO_KEY_{one.name.upper()}={one.keys[0].secret}\n" for one in world.resellers)
    write_private(folder / ".env", f"CONNECTOR_DATABASE_URL=sqlite:///connector.db\n{keys}")
    (folder / config.FILE_NAME).write_text(_settings_text(world, sandbox.url, sandbox.today), encoding="utf-8")
    # The demo keeps its own database, whatever the environment says about another one.
    return Folder(path=folder, settings=config.load(folder / config.FILE_NAME, environ={}))


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left. A folder with anything else is not touched."""
    settings = folder / config.FILE_NAME
    try:
        ours = settings.read_text(encoding="utf-8").startswith(MARK)
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        if any(folder.iterdir()):
            raise SettingsError(
                "the folder is not empty, and the demo writes into it",
                hint="Make a folder for it: mkdir demo && cd demo && connector demo",
                where=str(folder),
            )
        return
    for piece in (*_PIECES, *(each.name for each in folder.glob("connector.db*"))):
        path = folder / piece
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _copy_mapping(target: Path, world: World, name: str) -> None:
    """Copy the starter set, with the end customers of the sandbox in ``customers.csv``."""
    shutil.copytree(mappings_path() / name, target, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    file = target / "customers.csv"
    columns = file.read_text(encoding="utf-8").splitlines()[0].split(";")
    checked = world.first_month.isoformat()
    rows = []
    for index in range(world.customers):
        one = world.portfolios[name].customer(index)
        known = {
            "account_id": one.account_id,
            "name": one.company_name,
            "debtor": one.number,
            "country": one.country_code,
            "vat_number": one.vat_number,
            "vat_checked": checked,
            "note": "made up by the sandbox",
        }
        rows.append([known.get(column, "") for column in columns])
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerows([columns, *sorted(rows)])
    file.write_text(out.getvalue(), encoding="utf-8")


def _settings_text(world: World, url: str, world_today: datetime.date) -> str:
    port = urlsplit(url).port
    api = f"# Its made-up API ends with it; in another window: connector sandbox --port {port} --today {world_today}"
    expires = world_today + datetime.timedelta(days=365)
    return "\n".join([MARK, api, *(_table(world, one.name, url, expires) for one in world.resellers)])


def _table(world: World, name: str, url: str, expires: datetime.date) -> str:
    (reseller,) = (one for one in world.resellers if one.name == name)
    return f"""
[administrations.demo-{name}]
country = "{reseller.party.country_code}"
company_name = "{reseller.party.company_name}"
vat_number = "{reseller.party.vat_number}"
mapping = "demo-{name}"
book_from = {world.first_month.isoformat()}
auto_post = "all"      # a demo: everything goes out by itself; the default is "off"
{chr(10).join(_OPTIONS[name])}

[administrations.demo-{name}.source]
kind = "copaco"
base_url = "{url}"
key = "env:DEMO_KEY_{name.upper()}"
key_expires = {expires}
pause_seconds = 0      # the sandbox needs no politeness
lists = ["subscriptions", "products"]
detail = "corrections" # also the single changes behind correction lines, as explanation
unsettled = "trust"    # nor does it change without notice; the default is "ask"

[administrations.demo-{name}.ledger]
kind = "{_LEDGERS[name]}"
folder = "books/demo-{name}"
"""
