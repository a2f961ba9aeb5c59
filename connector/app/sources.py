"""The source of an administration: what is asked of it, and how its answers are read."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connector.config import KEY_PERMISSIONS, Administration
from connector.errors import SettingsError, SourceError
from connector.source.base import Answer, Endpoint

if TYPE_CHECKING:
    from connector.engine.dialect import Dialect
    from connector.engine.run import Asking
    from connector.source.copaco import CurrentApi
    from connector.source.files import SavedAnswers
    from connector.source.legacy.billing import BillingApi
    from connector.source.settings import ApiSettings

    Api = CurrentApi | BillingApi


@contextmanager
def api(
    administration: Administration, *, now: Callable[[], datetime.datetime], today: datetime.date, folder: Path
) -> Iterator[Api]:
    """Copaco's API, with the key of ``administration``; answers that cannot be read are kept in ``folder``."""
    import random

    from connector.source.copaco import CurrentApi
    from connector.source.http import HttpClient
    from connector.source.legacy.billing import VERSIONS, BillingApi

    settings, key = api_settings(administration), administration.source.key
    assert key is not None, "the settings demand a key for the API"
    client = HttpClient(
        settings,
        reveal_key=lambda: key.secret().reveal(),
        now=now,
        randomness=random.Random(),  # noqa: S311 - jitter needs no cryptography
    )
    source, keep_bad_in = administration.source, folder / "bad-answers"
    with client, _naming_settings(administration):
        if source.kind == "billing":
            version = VERSIONS[source.version]
            xml = source.form == "xml"
            yield BillingApi(client, settings, version=version, xml=xml, today=today, keep_bad_in=keep_bad_in)
        else:
            yield CurrentApi(client, settings, keep_bad_in=keep_bad_in)


def saved(
    paths: Sequence[Path],
    *,
    now: Callable[[], datetime.datetime],
    endpoint: Endpoint | None = None,
    detail: bool = False,
    own_vat: str = "",
) -> list[Asking]:
    """A question for each file of saved answers in ``paths``; all of ``endpoint`` when it is given, and with ``detail``
    all of them asked for with single changes. ``own_vat`` tells purchases and sales apart."""
    from connector.engine.run import Asking
    from connector.source.files import SavedAnswers

    answers = SavedAnswers(paths, now=now, endpoint=endpoint, show_detail=detail, own_vat=own_vat)
    return [Asking(source=answers.name, ask=partial(_opened, answers, path)) for path in answers.paths]


@contextmanager
def _naming_settings(administration: Administration) -> Iterator[None]:
    """Tell in which file and line the address stands that a source advises to check: a source knows no files."""
    try:
        yield
    except SourceError as error:
        if "nothing listens there" in error.message and (made_up := _port_here(administration)):
            error.hint = (
                "A made-up API at this address has stopped. Start it again in another window: 'connector sandbox "
                f"--port {made_up}', after a demo with the --today that the beginning of its connector.toml names."
            )
        place = f"the base URL ('base_url', {administration.source.base_url_place})"
        error.hint = error.hint.replace("the base URL", place)
        raise


def _port_here(administration: Administration) -> int:
    """The port of a source on this computer, where only a sandbox serves; 0 for any other source."""
    address = urlsplit(str(administration.source.api.get("base_url", "")))
    return (address.port or 0) if address.hostname in ("127.0.0.1", "localhost", "::1") else 0


@contextmanager
def _opened(saved: SavedAnswers, path: Path) -> Iterator[Answer]:
    with saved.open(path) as answer:
        if answer.endpoint is Endpoint.EXAMPLE_INVOICES:
            raise SettingsError(
                "these are example invoices, which are made up and never kept with real books", where=str(path)
            )
        yield answer


def endpoints(administration: Administration) -> tuple[Endpoint, ...]:
    """The lists that are fetched: purchases always, and the sale side that is booked or compared."""
    if administration.source.kind == "billing":
        booked = (Endpoint.INVOICES, Endpoint.CUSTOMER_INVOICES)
        return (*booked, Endpoint.CONSOLIDATED_INVOICES) if "consolidated" in administration.source.lists else booked
    if administration.sale_source == Endpoint.CUSTOMER_INVOICES.value:
        return (Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS, Endpoint.CUSTOMER_INVOICES)
    return (Endpoint.INVOICES, Endpoint.CUSTOMER_SPECIFICATIONS)


def registers(administration: Administration) -> tuple[Endpoint, ...]:
    """The lists of what there is now that are asked as well: those that the settings switch on."""
    names = {"subscriptions": Endpoint.CUSTOMER_SUBSCRIPTIONS, "products": Endpoint.PRODUCTS}
    return tuple(names[each] for each in administration.source.lists if each in names)


def permissions_needed(administration: Administration) -> tuple[str, ...]:
    """What the key of ``administration`` must be allowed to, in the words of the partner portal; none where the portal
    has no words for it. It has none for the lists that are opened on request, but 'all'."""
    if administration.source.kind != "copaco":
        return ()
    asked = [each.value for each in (*endpoints(administration), *registers(administration))]
    if not {*asked} <= {*KEY_PERMISSIONS}:
        return ("all",)
    return (*asked, Endpoint.EXAMPLE_INVOICES.value)  # a key is tried on the examples


def register_askings(api: Api, wanted: Sequence[Endpoint]) -> list[Asking]:
    """The questions for registers."""
    from connector.engine.run import Asking

    return [
        Asking(source=api.name, ask=partial(api.fetch_register, endpoint), endpoint=endpoint, optional=True)
        for endpoint in wanted
    ]


def optional_endpoints(administration: Administration) -> frozenset[Endpoint]:
    """Lists that only compare: a key without the right to them stops nothing."""
    if administration.source.kind == "billing":
        compared = {Endpoint.CUSTOMER_INVOICES} if administration.sale == "report" else set()
        return frozenset(compared | {Endpoint.CONSOLIDATED_INVOICES})
    if administration.sale == "report" or administration.sale_source != Endpoint.CUSTOMER_SPECIFICATIONS.value:
        return frozenset({Endpoint.CUSTOMER_SPECIFICATIONS})
    return frozenset()


def dialect(administration: Administration) -> Dialect:
    """How answers of the administration's source are cut and typed."""
    from connector.domain.tax_scale import TaxScale
    from connector.engine.dialect import Dialect
    from connector.source.bodies import as_json, envelope, family_of, parse_slice
    from connector.source.register import RegisterEnvelope

    return Dialect(
        cut=envelope,
        parse=parse_slice,
        scale=TaxScale(administration.source.tax_scale),
        cut_register=RegisterEnvelope,
        as_json=as_json,
        family=family_of,
    )


def api_settings(administration: Administration) -> ApiSettings:
    """The source's settings: what was set, and the source's own defaults for the rest."""
    from connector.source.keys import KeyForm, KeyPlace, key_form
    from connector.source.settings import ApiSettings

    chosen = administration.source
    form = key_form(chosen.authentication)
    if chosen.key_name is not None or chosen.key_place is not None or chosen.key_prefix is not None:
        form = KeyForm(
            place=KeyPlace(chosen.key_place) if chosen.key_place else form.place,
            name=chosen.key_name or form.name,
            prefix=form.prefix if chosen.key_prefix is None else chosen.key_prefix,
        )
    return ApiSettings(key=form, **chosen.api)
