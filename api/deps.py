"""Who is asking, and the parts of the service a route works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Protocol

import structlog
from fastapi import Depends, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from itsdangerous import TimestampSigner
from sqlalchemy import Connection
from temporalio.converter import PayloadCodec

from api.limiting import Limits, key_id_of
from throughcare.config import Settings
from throughcare.errors import NotSignedIn
from throughcare.notices.links import LinkSigner
from throughcare.store.apikeys import KeyHolder, holder_of
from throughcare.store.database import Database
from throughcare.store.directory import rights_of
from throughcare.store.secretbox import SecretBox
from throughcare.time.calendar import Calendar
from throughcare.usecases.adopted_packs import AdoptedPacks
from throughcare.usecases.asking import Asking
from throughcare.usecases.desk import Desk
from throughcare.usecases.lookout import Lookout
from throughcare.usecases.outbox import Outbox
from throughcare.usecases.read_log import ReadLog


class Authenticator(Protocol):
    def person(self, request: Request, connection: Connection) -> KeyHolder | None:
        """Whoever proves to be sending this request, or None."""


class ApiKeys:
    """`Authorization: Bearer <key>`."""

    def person(self, request: Request, connection: Connection) -> KeyHolder | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer":
            return None
        return holder_of(connection, key.strip(), datetime.now(UTC))


@dataclass(frozen=True)
class Parts:
    """What the application is made of, for as long as it runs."""

    settings: Settings
    database: Database
    desk: Desk
    outbox: Outbox
    reads: ReadLog
    lookout: Lookout
    adopted_packs: AdoptedPacks
    authenticator: Authenticator
    calendars: Mapping[str, Calendar]
    links: LinkSigner
    codec: PayloadCodec
    secrets: SecretBox
    cookies: TimestampSigner
    """Signs the cookie of the codec's sign-in page."""
    limits: Limits


# Whatever is no coroutine is run on a thread of its own, which takes longer than what it does.
async def parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


TheParts = Annotated[Parts, Depends(parts)]


async def asking(request: Request) -> Asking:
    """Found once for each request, before its body is read (api.routing). Raises NotSignedIn."""
    if known := getattr(request.state, "asking", None):
        found: Asking = known
        return found
    parts: Parts = request.app.state.parts
    asked = await parts.database.read(_signed_in, request, parts.authenticator)
    if asked is None:
        raise refused_key(request, parts.limits)
    request.state.asking, request.state.person_id = asked, asked.person_id
    structlog.contextvars.bind_contextvars(person_id=asked.person_id)
    return asked


def refused_key(request: Request, limits: Limits) -> NotSignedIn:
    """Without a key nothing was tried. Raises TooManyAttempts."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        limits.failed("key", request, key_id_of(key.strip()))
    return NotSignedIn()


def _signed_in(
    connection: Connection, request: Request, authenticator: Authenticator
) -> Asking | None:
    person = authenticator.person(request, connection)
    return asking_as(connection, person) if person else None


def asking_as(connection: Connection, person: KeyHolder) -> Asking:
    """Somebody who has proved who they are, with their seats."""
    seats, roles = rights_of(connection, person.person, datetime.now(UTC))
    return Asking(person_id=person.person, name=person.name, seats=seats, roles=roles)


SignedIn = Annotated[Asking, Depends(asking)]


async def only_known_filters(request: Request, _asking: SignedIn) -> None:
    """A filter that is misspelt would be left out in silence, and show more than was asked for."""
    known = _filters_of(request.scope["route"])
    problem = (
        f"There is no such parameter. Those there are: {', '.join(known) or 'none'}."
    )
    if unknown := sorted(set(request.query_params) - set(known)):
        raise RequestValidationError(
            [
                {"type": "value_error", "loc": ("query", n), "msg": problem}
                for n in unknown
            ]
        )


_FILTERS: dict[str, list[str]] = {}
"""Of each list by its path, worked out when it is first asked for. To write the whole document takes more than a second."""


def _filters_of(route: APIRoute) -> list[str]:
    """As the OpenAPI document has them."""
    if route.path not in _FILTERS:
        document = get_openapi(title="", version="", routes=[route])
        parameters = document["paths"][route.path]["get"].get("parameters", ())
        named = (each["name"] for each in parameters if each["in"] == "query")
        _FILTERS[route.path] = sorted(named)
    return _FILTERS[route.path]


# Only the OpenAPI document needs this one: it says where the key goes.
bearer = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    description="An API key of your own, as `tc_<id>_<secret>`",
)

KEY_NEEDED = [Security(bearer)]
KNOWN_FILTERS = [Depends(only_known_filters)]
