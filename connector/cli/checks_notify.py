"""Whether the addresses of ``[notify]`` can be told: what ``doctor`` looks at. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.cli.checks import OK, PROBLEM, Check
from connector.config import Administration
from connector.errors import SettingsError
from connector.texts import _, marked

NOTIFY = marked("notifications")


def of_addresses(chosen: Sequence[Administration]) -> Iterator[Check]:
    """Each address that an administration names: there, known to Apprise, and encrypted; once for all that share it."""
    from connector.service import addresses

    looked: dict[str, Check] = {}
    for administration in chosen:
        for reference in administration.notify.to:
            name = reference.reference
            if name in looked:
                continue
            try:
                service = addresses.opened(reference).service
            except SettingsError as error:
                looked[name] = Check(
                    administration=administration.name,
                    check=NOTIFY,
                    result=PROBLEM,
                    found=str(error),
                    next_step=error.hint,
                    code=error.exit_code,
                )
            else:
                told = _("{address}: {service}; 'connector notify test' sends a message")
                found = told.format(address=name, service=service)
                looked[name] = Check(administration=administration.name, check=NOTIFY, result=OK, found=found)
    yield from looked.values()
