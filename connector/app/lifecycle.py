"""How long the API versions last that an administration uses, and what follows from it."""

from __future__ import annotations

import datetime

import msgspec

from connector.app import sources
from connector.config import Administration
from connector.errors import SourceRefused
from connector.source.base import Endpoint
from connector.source.lifecycle import Life, Override, Standing, Status, life_of, lives


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A version with what it means today, and the administrations that ask it."""

    life: Life
    standing: Standing
    administrations: tuple[str, ...]


def table(administrations: tuple[Administration, ...], today: datetime.date) -> list[Used]:
    """Every version: as the settings of each administration have it, where they differ from Copaco's pages."""
    rows: dict[Life, list[str]] = {life: [] for life in lives()}
    for each in administrations:
        for life in _used(each, _asked(each)):
            rows.setdefault(life, []).append(each.name)
    order = [life.name for life in lives()]
    return [
        Used(life=life, standing=life.standing(today), administrations=tuple(names))
        for life, names in sorted(rows.items(), key=lambda row: order.index(row[0].name))
    ]


def unusual(administration: Administration, today: datetime.date) -> list[Used]:
    """The versions that ``administration`` asks and that are not settled."""
    return [
        Used(life=life, standing=standing, administrations=(administration.name,))
        for life in _used(administration, _asked(administration))
        if (standing := life.standing(today)) is not Standing.SETTLED
    ]


def asks_a_person(administration: Administration, today: datetime.date) -> bool:
    """Whether a person approves whatever ``auto_post`` says: what is booked comes from a version that may change
    without notice, and the settings do not trust it."""
    return bool(unsettled(administration, today))


def unsettled(administration: Administration, today: datetime.date) -> list[Used]:
    """The versions because of which a person approves: booked from, and neither settled nor trusted."""
    if administration.source.unsettled == "trust":
        return []
    booked = {life.name for life in _used(administration, _booked(administration))}
    found = unusual(administration, today)
    return [each for each in found if each.life.is_unsettled and each.life.name in booked]


def refuse_ended(administration: Administration, today: datetime.date) -> None:
    """Ask nothing of a version past its end, unless the settings say so. Raises SourceRefused."""
    if administration.source.ended == "go on":
        return
    for life in _used(administration, sources.endpoints(administration)):
        if life.standing(today) is Standing.ENDED:
            since = f" since {life.end_of_life}" if life.end_of_life else ""
            raise SourceRefused(
                f"the version {life.version} of {life.endpoint} is at its end of life{since}",
                where=administration.where,
                hint='Move to a newer version. To ask it all the same, write ended = "go on" in the source\'s table.',
            )


def living_registers(administration: Administration, today: datetime.date) -> list[Endpoint]:
    """The registers that are asked: one past its end is left out, unless the settings say otherwise."""
    wanted = sources.registers(administration)
    if not wanted or administration.source.ended == "go on":
        return list(wanted)
    lives = zip(wanted, _used(administration, wanted), strict=True)
    return [endpoint for endpoint, life in lives if life.standing(today) is not Standing.ENDED]


def _asked(administration: Administration) -> tuple[Endpoint, ...]:
    return (*sources.endpoints(administration), *sources.registers(administration))


def _booked(administration: Administration) -> tuple[Endpoint, ...]:
    """The lists that entries are made from."""
    if administration.sale == "report":
        return (Endpoint.INVOICES,)
    return (Endpoint.INVOICES, Endpoint(administration.sale_source))


def _used(administration: Administration, endpoints: tuple[Endpoint, ...]) -> list[Life]:
    source = administration.source
    if source.kind == "files":
        return []
    overrides = {
        name: Override(status=Status(each.status) if each.status else None, end_of_life=each.end_of_life)
        for name, each in source.lifecycle.items()
    }
    if source.kind == "billing":
        return [life_of(f"billing-{source.version}", overrides)]
    return [life_of(endpoint.value, overrides) for endpoint in endpoints]
