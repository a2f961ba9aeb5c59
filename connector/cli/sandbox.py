"""``connector sandbox``: a made-up Copaco API on this computer, for trials."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli import options
from connector.cli.options import Face
from connector.cli.output import column, prose
from connector.errors import SettingsError
from connector.texts import _

if TYPE_CHECKING:
    from connector.sandbox import Sandbox, World


@click.command()
@options.common
@click.option("--seed", default=2024, show_default=True, help="Another seed, other invoices.")
@click.option("--months", type=click.IntRange(1, 240), default=12, show_default=True, help="Months of invoices.")
@click.option("--customers", type=click.IntRange(1, 1_000_000), default=40, show_default=True, help="End customers.")
@click.option("--lines", type=click.IntRange(1), help="Exactly this many lines in all, without defects; for speed.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Something that goes wrong; may be repeated.")
@click.option("--list-faults", is_flag=True, help="List the faults there are.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Keep answers in this folder.")
def command(
    face: Face,
    *,
    seed: int,
    months: int,
    customers: int,
    lines: int | None,
    port: int,
    faults: tuple[str, ...],
    list_faults: bool,
    cache: Path | None,
) -> None:
    """Serve a made-up Copaco API on this computer, until interrupted.

    It listens on 127.0.0.1 only, and serves the older Billing API (versions 2 to 4) beside the current one. A
    fault is written as NAME or NAME:key=value,key=value, as in 429:retry-after=1,times=2 or
    cd-204:endpoint=billing/invoices; --list-faults names them. Invoices end at today, or at --today.

    To try 'connector papers', the last address that it shows gives the mailed invoice of a purchase, as PDF or .xml;
    ?defect=total, vat, credit or scan behind it makes it wrong.
    """
    from connector.sandbox import KINDS, demo_world, serve_forever

    if list_faults:
        face.out.table((column("Fault"), prose("Meaning")), KINDS.items())
        face.out.answer(KINDS)
        return
    today = face.today
    world = (
        _exact_world(lines, months, seed, today)
        if lines
        else demo_world(today, seed=seed, months=months, customers=customers)
    )
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
    try:
        serve_forever(
            world,
            today=today,
            port=port,
            cache_dir=cache,
            faults=faults,
            started=lambda served: _tell(face, served, world),
        )
    except OSError as error:
        raise SettingsError(
            f"port {port} cannot be used: {error.strerror}", hint="Give another with --port; --port 0 takes a free one."
        ) from error


def _exact_world(lines: int, months: int, seed: int, today: datetime.date) -> World:
    from connector.sandbox import bench_world

    # The invoice over a month is made about the 23rd of the next, so the last month is surely billed two months on.
    last_month = (today.replace(day=1) - datetime.timedelta(days=1)).replace(day=1) - datetime.timedelta(days=1)
    return bench_world(lines, months=months, seed=seed, last_month=last_month)


def _tell(face: Face, served: Sandbox, world: World) -> None:
    keys = {reseller.name: reseller.keys[0].secret for reseller in world.resellers}
    papers = f"{served.root}/_sandbox/papers/NUMBER.pdf"
    face.out.facts({"Address": served.url, "Billing API": served.billing_url, "Mailed invoices": papers})
    rows = [(each.name, each.party.company_name, each.party.vat_number, keys[each.name]) for each in world.resellers]
    face.out.table((column("Reseller"), prose("Company"), column("VAT number"), column("Key")), rows)
    face.out.text(_("Serving until you press Ctrl-C."))
    face.out.answer(
        {
            "url": served.url,
            "billing_url": served.billing_url,
            "papers": papers,
            "today": served.today,
            "keys": keys,
        }
    )
