"""The options that commands share, and the face they get: everything a command needs of the world around it.

@click.command()
@options.common
@options.administrations
def command(face: Face) -> None: ...
"""

from __future__ import annotations

import copy
import datetime
import functools
import getpass
import os
import secrets
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from connector import config, log, texts
from connector.cli.output import Output
from connector.config import Administration, Connection, Settings
from connector.domain.dates import EARLIEST, LATEST
from connector.errors import ConnectorError

P = ParamSpec("P")
R = TypeVar("R")
_CHOICES = f"{__name__}.choices"
DAY = click.DateTime(formats=["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"])
LONGEST_NAME = 100
"""Letters of a name given with --as: the tables take 200, and behind it stands the user of the system."""


class Today(click.DateTime):
    """A day that can be today: the look-back of a fetch must still find days before it."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime.datetime:
        """The day."""
        day: datetime.datetime = super().convert(value, param, ctx)
        if not EARLIEST <= day.date() <= LATEST:
            self.fail(f"'{value}' lies outside {EARLIEST} to {LATEST}; look at the year", param, ctx)
        return day


class Face:
    """What a command sees: the settings that were chosen, the clock, who is there, and where to show results."""

    def __init__(
        self,
        *,
        config_file: Path | None,
        names: tuple[str, ...],
        out: Output,
        now: datetime.datetime,
        actor: str,
        asked_language: str = "",
    ) -> None:
        self.config_file, self.names, self.out, self.now, self.actor = config_file, names, out, now, actor
        self.asked_language = asked_language
        """The language given with --language, '' when none was."""

    def showing_in(self, out: Output) -> Face:
        """The same face, showing its results elsewhere."""
        other = copy.copy(self)
        other.out = out
        return other

    def naming(self, names: tuple[str, ...]) -> Face:
        """The same face with these administrations chosen. SettingsError when there is none of a name."""
        other = copy.copy(self)
        other.names = names
        other.settings.select(names)
        return other

    @property
    def json(self) -> bool:
        """Whether the command answers with JSON."""
        return self.out.json

    @property
    def today(self) -> datetime.date:
        """The day it is here."""
        return self.now.astimezone().date()

    @cached_property
    def settings(self) -> Settings:
        """All settings. Raises WrongSettings with every mistake."""
        return config.load(self.config_file)

    @cached_property
    def connection(self) -> Connection:
        """The connection alone, which needs no connector.toml."""
        return config.connection(self.config_file)

    @property
    def administrations(self) -> tuple[Administration, ...]:
        """The administrations that were chosen, all when none was."""
        return self.settings.select(self.names)


def common(command: Callable[Concatenate[Face, P], R]) -> Callable[P, R]:
    """Add --config, --json, --language, -v, -q and --log-json, and give the command its ``Face``."""

    @functools.wraps(command)
    def with_face(*args: P.args, **kwargs: P.kwargs) -> R:
        return command(_face(click.get_current_context()), *args, **kwargs)

    for option in reversed(_COMMON):
        option(with_face)
    return with_face


def names(ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The administrations whose names begin so, for a shell; none where the settings cannot be read."""
    try:
        known = config.load(ctx.params.get("config_file")).administrations
    except ConnectorError:
        return []
    return [each.name for each in known if each.name.startswith(begun)]


def administrations(command: Callable[P, R]) -> Callable[P, R]:
    """Add -a/--administration, which may be repeated."""
    return _kept(
        "-a",
        "--administration",
        "administrations",
        multiple=True,
        metavar="NAME",
        shell_complete=names,
        help="Only this administration; may be repeated. Default: all.",
    )(command)


def named(command: Callable[P, R]) -> Callable[P, R]:
    """Add [NAME]...: the administrations that the command is about, all when none is named."""

    def keep(ctx: click.Context, _parameter: click.Parameter, value: object) -> None:
        ctx.meta.setdefault(_CHOICES, {})["administrations"] = value

    return click.argument(
        "names", nargs=-1, metavar="[NAME]...", shell_complete=names, expose_value=False, callback=keep
    )(command)


class _Name(click.ParamType[str]):
    """Who does something."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        if len(value) > LONGEST_NAME:
            self.fail(f"a name has at most {LONGEST_NAME} characters", param, ctx)
        return value


def acting(command: Callable[P, R]) -> Callable[P, R]:
    """Add --as: who does this, for the record (``Face.actor``)."""
    return _kept(
        "--as",
        "actor",
        type=_Name(),
        metavar="NAME",
        help="Who does this, for the record. Default: the user of this system.",
    )(command)


def dry_run(command: Callable[P, R]) -> Callable[P, R]:
    """Add --dry-run, given to the command as ``dry_run``."""
    return click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing outside.")(command)


class _Address(click.ParamType[config.Listen]):
    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> config.Listen:
        """The address."""
        try:
            return config.listen_at(str(value))
        except ConnectorError as error:
            self.fail(f"{error.message}. {error.hint}", param, ctx)


def listen(command: Callable[P, R]) -> Callable[P, R]:
    """Add --listen, given to the command as ``listen``: where it answers how it is."""
    return click.option(
        "--listen",
        type=_Address(),
        metavar="ADDRESS",
        help="Where to answer /healthz, /readyz and /metrics, as 127.0.0.1:9464. Default: listen of [service].",
    )(command)


def yes(command: Callable[P, R]) -> Callable[P, R]:
    """Add --yes, given to the command as ``yes`` (for ``Output.confirm``)."""
    return click.option("-y", "--yes", is_flag=True, help="Answer every question with yes.")(command)


def _kept(*names: str, **attributes: object) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An option that is kept for the face and not given to the command."""

    def keep(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
        ctx.meta.setdefault(_CHOICES, {})[parameter.name] = value

    return click.option(*names, expose_value=False, callback=keep, **attributes)  # type: ignore[arg-type]


_COMMON = (
    _kept(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The settings file. Default: connector.toml in the current folder.",
    ),
    _kept("--json", "json", is_flag=True, help="Answer with one JSON document."),
    _kept("--language", type=click.Choice(texts.LANGUAGES), help="The language of the output."),
    _kept("-v", "--verbose", "verbose", count=True, help="Tell more on stderr; -vv tells everything."),
    _kept("-q", "--quiet", "quiet", is_flag=True, help="Tell errors only on stderr."),
    _kept("--log-json", "log_json", is_flag=True, help="Write the log as JSON, one object per line."),
    _kept("--today", "today", type=Today(formats=["%Y-%m-%d"]), help="The day to take for today, for trials."),
)


def log_what_happens() -> None:
    """Begin the log anew for a command that runs on: it tells what happens without -v, and with --json in JSON."""
    given = click.get_current_context().meta.get(_CHOICES, {})
    log.start(
        run=secrets.token_hex(4),
        secrets=config.revealed,
        verbosity=-1 if given.get("quiet") else max(1, int(given.get("verbose") or 0)),
        as_json=bool(given.get("log_json") or given.get("json")),
        file=config.connection(given.get("config_file")).log,
    )


def _face(ctx: click.Context) -> Face:
    """The face for the options that were given; starts the log and chooses the language."""
    given = ctx.meta.get(_CHOICES, {})
    quiet = bool(given.get("quiet"))
    face = Face(
        config_file=given.get("config_file"),
        names=tuple(given.get("administrations") or ()),
        out=Output(json=bool(given.get("json")), quiet=quiet),
        now=_now(given.get("today")),
        actor=_actor(given.get("actor")),
        asked_language=given.get("language") or "",
    )
    texts.use(given.get("language") or config.preferred_language())
    start_log = functools.partial(
        log.start,
        run=secrets.token_hex(4),
        secrets=config.revealed,
        verbosity=-1 if quiet else int(given.get("verbose") or 0),
        as_json=bool(given.get("log_json")),
    )
    start_log()
    ctx.call_on_close(log.stop)
    connected = face.connection
    texts.use(given.get("language") or connected.language)
    if connected.log is not None:
        start_log(file=connected.log)
    return face


def _now(today: datetime.datetime | None) -> datetime.datetime:
    now = datetime.datetime.now(datetime.UTC)
    if today is None:
        return now
    # Noon is the same day in every time zone a reseller of Copaco works in.
    return today.replace(hour=12, tzinfo=datetime.UTC)


def _actor(named: str | None) -> str:
    """Who acts: the user of the system, or the name given with --as and by whom."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        user = f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown user"
    return f"{named} (--as, by {user})" if named else user
