"""The codec endpoint: decodes payloads for the Temporal UI and CLI, for operators only, and every time on record.

Whoever can use it can read everything about every client. So it answers the exact origin of the Temporal UI and no
other, asks for an operator's seat, and writes down who reads which case before anything is handed out.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from google.protobuf import json_format
from itsdangerous import BadData
from sqlalchemy import Connection
from temporalio.api.common.v1 import Payloads

from api import pages
from api.deps import Parts, TheParts, asking_as
from api.problems import answer, problem_of
from api.routing import Routes
from throughcare.case.refusals import Refused
from throughcare.errors import BadRequestValue, NotForYou, NotSignedIn, ThroughcareError
from throughcare.metrics import PAYLOAD_READS
from throughcare.store.apikeys import KeyHolder, holder_of, holder_of_id
from throughcare.store.reads import note_read
from throughcare.temporal.codec import (
    PayloadUnreadable,
    case_of,
    is_encrypted,
)
from throughcare.usecases.asking import Asking

router = Routes(prefix="/codec", include_in_schema=False)
log = structlog.get_logger("throughcare.api")

COOKIE = "throughcare_codec"
SIGNED_IN_FOR = timedelta(hours=8)
OPERATORS_ONLY = "Payloads are decoded for whoever sits in an operator's seat."


def _allowed_origin(request: Request, parts: TheParts) -> str | None:
    """The Temporal UI's own origin, or None for a client that is no browser. Raises NotForYou."""
    origin = request.headers.get("origin")
    address = urlsplit(parts.settings.temporal_ui_url)
    if origin not in (None, f"{address.scheme}://{address.netloc}"):
        raise NotForYou("Only the Temporal UI may ask from a browser.")
    return origin


Origin = Annotated[str | None, Depends(_allowed_origin)]


@router.options("/decode")
async def may_decode(origin: Origin) -> Response:
    """A browser asks first."""
    return Response(status_code=204, headers=_cors(origin))


@router.post("/decode")
async def decode(request: Request, origin: Origin, parts: TheParts) -> Response:
    """Takes and returns `Payloads` as proto-JSON, the way of Temporal's remote codecs."""
    try:
        text = await _decoded(request, origin, parts)
    except (ThroughcareError, Refused) as error:
        refusal = answer(problem_of(error, request.url.path))
        refusal.headers.update(_cors(origin))
        return refusal
    return Response(text, headers=_cors(origin), media_type="application/json")


async def _decoded(request: Request, origin: str | None, parts: Parts) -> str:
    payloads = await _payloads(request)
    # The UI asks for everything it shows. What anybody can read there is no read of a case.
    sealed = filter(is_encrypted, payloads.payloads)
    found = Counter(case_of(payload) for payload in sealed)
    asking = await parts.database.write(_asking, request, origin, parts, found)
    allowed, person = _is_allowed(asking), asking.person_id if asking else None
    for case, count in found.items():
        refused = "refused" if person else "not_signed_in"
        PAYLOAD_READS.labels("allowed" if allowed else refused).inc(count)
        event = "payload.read" if allowed else "payload.refused"
        log.info(event, person_id=person, workflow_id=case, count=count)
    if asking is None:
        raise NotSignedIn
    if not allowed:
        raise NotForYou(OPERATORS_ONLY)
    try:
        plain = await parts.codec.decode(payloads.payloads)
    except PayloadUnreadable as error:
        raise BadRequestValue("payloads", str(error)) from None
    return json_format.MessageToJson(Payloads(payloads=plain), indent=None)


async def _payloads(request: Request) -> Payloads:
    # A form cannot be sent as this type, so no other site's page can have a signed-in browser ask.
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise BadRequestValue("content-type", "It must be application/json.")
    try:
        return json_format.Parse(await request.body(), Payloads())
    except json_format.ParseError:
        raise BadRequestValue("payloads", "They are not proto-JSON.") from None


def _asking(
    connection: Connection,
    request: Request,
    origin: str | None,
    parts: Parts,
    found: Mapping[str | None, int],
) -> Asking | None:
    """By API key, or in a browser by the cookie of the sign-in page; that they asked for what was `found` is on record."""
    person = parts.authenticator.person(request, connection)
    if person is None and origin is not None:
        person = _signed_in(connection, request.cookies.get(COOKIE), parts)
    asking = asking_as(connection, person) if person else None
    note_read(
        connection,
        asking.person_id if asking else None,
        found,
        allowed=_is_allowed(asking),
        at=datetime.now(UTC),
    )
    return asking


def _is_allowed(asking: Asking | None) -> bool:
    return asking is not None and asking.is_operator


def _signed_in(
    connection: Connection, cookie: str | None, parts: Parts
) -> KeyHolder | None:
    try:
        key_id = parts.cookies.unsign(
            cookie or "", max_age=int(SIGNED_IN_FOR.total_seconds())
        ).decode()
    except BadData:
        return None
    return holder_of_id(connection, key_id, datetime.now(UTC))


def _cors(origin: str | None) -> dict[str, str]:
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Access-Control-Allow-Headers": "content-type, x-namespace, authorization",
        "Vary": "Origin",
    }


# -- signing in, for a browser -----------------------------------------------------------------------------------------


def _holder(
    connection: Connection, key: str, now: datetime
) -> tuple[KeyHolder | None, Asking | None]:
    holder = holder_of(connection, key, now)
    return holder, asking_as(connection, holder) if holder else None


@router.get("/sign-in")
async def show_sign_in(parts: TheParts) -> HTMLResponse:
    return _sign_in_page(parts)


@router.post("/sign-in")
async def sign_in(request: Request, parts: TheParts) -> HTMLResponse:
    """A cookie for this endpoint alone; it ends with the key it was got by, or after eight hours."""
    async with request.form(max_files=0, max_fields=10) as form:
        key = str(form.get("key", "")).strip()
    now = datetime.now(UTC)
    holder, asking = await parts.database.read(_holder, key, now)
    if holder is None:
        return _sign_in_page(parts, "That is not a key in force.", status=401)
    if asking is None or not asking.is_operator:
        return _sign_in_page(parts, OPERATORS_ONLY, status=403)
    shown = _sign_in_page(parts, until=f"{now + SIGNED_IN_FOR:%H:%M}")
    shown.set_cookie(
        COOKIE,
        parts.cookies.sign(holder.key_id).decode(),
        max_age=int(SIGNED_IN_FOR.total_seconds()),
        path=router.prefix,
        httponly=True,
        secure=parts.settings.public_url.startswith("https://"),
        samesite="strict",
    )
    log.info("codec.signed_in", person_id=holder.person)
    return shown


def _sign_in_page(
    parts: Parts, problem: str = "", until: str = "", status: int = 200
) -> HTMLResponse:
    settings = parts.settings
    return pages.page(
        "sign-in.html",
        status,
        problem=problem,
        until=until,
        endpoint=f"{settings.public_url}{router.prefix}",
        ui=settings.temporal_ui_url,
    )
