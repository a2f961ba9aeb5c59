"""What keeps others out, looked at for ``doctor`` and ``admin check``: keys, the rights of files, the way to the
database. Nothing here stops a run, so all of it is warned of."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from connector import texts
from connector.cli.checks import DATABASE, FILES, KEY, SETTINGS, WARNING, Check
from connector.config import Administration, Connection
from connector.domain.key_life import KeyLife, key_life, lacking, too_broad
from connector.texts import _, many

_OTHERS, _OTHERS_WRITE = 0o077, 0o022


def of_key(administration: Administration, today: datetime.date) -> Iterator[Check]:
    """What is to be said of the key of ``administration``, which the API does not tell."""
    from connector.app.sources import permissions_needed

    name, source = administration.name, administration.source
    told = key_end(administration, today)
    if told:
        yield _warning(name, KEY, *told)
    needed = permissions_needed(administration)
    if missing := lacking(source.key_permissions, needed):
        yield _warning(
            name,
            KEY,
            _("by key_permissions the key may not ask: {lists}").format(lists=", ".join(missing)),
            _("Make a key with these permissions in the partner portal, or mend key_permissions."),
        )
    elif needed and too_broad(source.key_permissions, needed):
        yield _warning(
            name,
            KEY,
            _("by key_permissions the key may do more than it needs"),
            _("Make a key with only these permissions in the partner portal: {lists}.").format(lists=", ".join(needed)),
        )


def of_twins(chosen: Sequence[Administration]) -> Iterator[Check]:
    """A warning of each administration that would get the invoices of another one as well: of one company, from one
    API."""
    seen: dict[tuple[str, str], str] = {}
    for each in chosen:
        if each.source.kind == "files":
            continue
        first = seen.setdefault((each.vat_number, str(each.source.api.get("base_url", ""))), each.name)
        if first != each.name:
            found = _("it has the VAT number of {name} and asks the same API: the same invoices would be booked twice")
            yield _warning(
                each.name,
                SETTINGS,
                found.format(name=first),
                _("Take one of the two out of connector.toml, if it is so."),
            )


def key_end(administration: Administration, today: datetime.date) -> tuple[str, str] | None:
    """When the key of ``administration`` ends, and the next step; ``None`` when there is nothing to be said."""
    source, expires = administration.source, administration.source.key_expires
    if source.kind == "files":
        return None
    renew = _("Make a new key in the partner portal, put it where {place} says, and its last day into key_expires.")
    renewing = renew.format(place=f"{source.key.scheme}:{source.key.name}" if source.key else "key")
    life = key_life(expires, today)
    if life is KeyLife.UNKNOWN:
        return (
            _("the last day of the key is not known, so nobody is warned before it"),
            _("Look it up in the partner portal and write it into the table of the source: key_expires = {day}").format(
                day=today.replace(day=1) + datetime.timedelta(days=365)
            ),
        )
    assert expires is not None, "a key whose end is known has a last day"
    day, left = texts.date(expires), (expires - today).days
    match life:
        case KeyLife.PASSED:
            return _("by key_expires the key ended on {day}").format(day=day), renewing
        case KeyLife.SOON:
            told = many("the key ends on {{day}}, in 1 day", "the key ends on {{day}}, in {number} days", left)
            return told.format(day=day), renewing
        case KeyLife.FAR:
            return (
                _("the key lasts until {day}, more than a year").format(day=day),
                _("Make one that lasts a year: who gets hold of a key can use it until its end."),
            )
    return None


def of_files(connection: Connection) -> Iterator[Check]:
    """Whether other users of this computer can read what is secret, or change what steers us. Only where files have
    such rights."""
    if os.name != "posix":
        return
    folder = connection.folder
    # Nobody gets at what lies in a folder that he may not enter.
    if _rights(folder) & _OTHERS:
        database = Path(connection.database_shown)
        secret = [folder / ".env", database, folder / "tokens", folder / "bad-answers"]
        for path in (each for each in secret if _rights(each) & _OTHERS):
            kept = _("Keep it to yourself: {command}").format(command=f"chmod go= {path}")
            yield _warning(None, FILES, _("other users of this computer can read {file}").format(file=path), kept)
    for path in (each for each in (folder, connection.config.absolute()) if _rights(each) & _OTHERS_WRITE):
        yield _warning(
            None,
            FILES,
            _("other users of this computer can change {file}, and so where keys and entries go").format(file=path),
            _("Let them not: {command}").format(command=f"chmod go-w {path}"),
        )


def of_database(connection: Connection) -> Iterator[Check]:
    """Whether the way to a database on another computer is safe."""
    from connector.app.databases import way

    if (found := way(connection)) is not None:
        yield _warning(
            None,
            DATABASE,
            _("the connection to {host} need not be encrypted, nor lead to the right server: sslmode is {mode}").format(
                host=found.host, mode=found.mode
            ),
            _("End the address with ?sslmode=verify-full&sslrootcert=/path/ca.pem"),
        )


def _warning(administration: str | None, check: str, found: str, next_step: str) -> Check:
    return Check(administration=administration, check=check, result=WARNING, found=found, next_step=next_step)


def _rights(path: Path) -> int:
    """The rights of a file; 0 when there is none, or it is not ours to look at."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return 0
