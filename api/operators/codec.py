"""The codec endpoint: decodes payloads for the Temporal UI and CLI, for operators only, and every time on record.

Whoever can use it can read everything about every client. So it answers the exact origin of the Temporal UI and no
other, asks for an operator's seat before it reads anything, and writes down who reads which case before anything is handed
out.
"""

import asyncio
from collections import Counter
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
from temporalio.converter import PayloadCodec

from api import pages
from api.deps import Parts, TheParts, asking_as, refused_key
from api.limiting import key_id_of
from api.problems import answer, problem_of
from api.routing import Routes
from api.shown import shows
from throughcare.case.refusals import Refused
from throughcare.case.wire import case_of as case_id
from throughcare.errors import (
    BadRequestValue,
    NotForYou,
    ThroughcareError,
    TooManyAttempts,
)
from throughcare.metrics import PAYLOAD_READS
from throughcare.store.access import Right
from throughcare.store.apikeys import KeyHolder, holder_of, holder_of_id
from throughcare.store.reads import Reader, note_read
from throughcare.temporal.codec import (
    PayloadUnreadable,
    case_of,
    is_encrypted,
)
from throughcare.usecases.asking import Asking

MAX_PAYLOADS_BYTES = 4 * 1024 * 1024
"""One payload of Temporal may have 2 MiB, and a third more as JSON."""

MAX_CASES = 500
"""Of one request: each is a row of the record. The Temporal UI shows one case, or a page of their list."""

MAX_FORM_BYTES = 4 * 1024

router = Routes(
    prefix="/codec", include_in_schema=False, largest_body=MAX_PAYLOADS_BYTES
)
signing_in = Routes(
    prefix=router.prefix, include_in_schema=False, largest_body=MAX_FORM_BYTES
)
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
        if isinstance(error, TooManyAttempts):
            refusal.headers["Retry-After"] = str(error.retry_after)
        return refusal
    return Response(text, headers=_cors(origin), media_type="application/json")


async def _decoded(request: Request, origin: str | None, parts: Parts) -> str:
    """Raises NotSignedIn, NotForYou and BadRequestValue. A stranger leaves a line in the log and nothing else, whoever is
    known and refused one row, and what either sent is not read."""
    asked = await parts.database.read(_asking, request, origin, parts)
    person = asked.person_id if asked else None
    if asked is None or not asked.is_operator:
        PAYLOAD_READS.labels("refused" if asked else "not_signed_in").inc()
        log.info("payload.refused", person_id=person)
        if asked is None:
            raise refused_key(request, parts.limits)
        await _note(parts, person, Counter({None: 0}), allowed=False)
        raise NotForYou(OPERATORS_ONLY)
    # A form cannot be sent as this type, so no other site's page can have a signed-in browser ask.
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise BadRequestValue("content-type", "It must be application/json.")
    body = await request.body()
    async with parts.limits.decoding.of(asked.person_id):
        payloads, found = await asyncio.to_thread(_read, body)
        await _note(parts, person, found, allowed=True)
        for case, count in found.items():
            PAYLOAD_READS.labels("allowed").inc(count)
            log.info("payload.read", person_id=person, workflow_id=case, count=count)
        reader = Reader(person=person, right=Right.operator)
        shows(cases=[case_id(each)[1] for each in found if each], reader=reader)
        return await asyncio.to_thread(_opened, payloads, parts.codec)


def _read(body: bytes) -> tuple[Payloads, Counter[str | None]]:
    """What was sent, and how much of it is of which case. Raises BadRequestValue."""
    try:
        payloads = json_format.Parse(body, Payloads())
    except json_format.ParseError:
        raise BadRequestValue("payloads", "They are not proto-JSON.") from None
    # The UI asks for everything it shows. What anybody can read there is no read of a case.
    sealed = filter(is_encrypted, payloads.payloads)
    found = Counter(case_of(payload) for payload in sealed)
    if len(found) > MAX_CASES:
        problem = (
            f"They are of {len(found)} cases; ask for at most {MAX_CASES} at once."
        )
        raise BadRequestValue("payloads", problem)
    return payloads, found


def _opened(payloads: Payloads, codec: PayloadCodec) -> str:
    """Raises BadRequestValue."""
    try:
        plain = asyncio.run(codec.decode(payloads.payloads))
    except PayloadUnreadable as error:
        raise BadRequestValue("payloads", str(error)) from None
    return json_format.MessageToJson(Payloads(payloads=plain), indent=None)


async def _note(
    parts: Parts, person: str | None, found: Counter[str | None], *, allowed: bool
) -> None:
    now = datetime.now(UTC)
    await parts.database.write(note_read, person, found, allowed=allowed, at=now)


def _asking(
    connection: Connection, request: Request, origin: str | None, parts: Parts
) -> Asking | None:
    """By API key, or in a browser by the cookie of the sign-in page."""
    person = parts.authenticator.person(request, connection)
    if person is None and origin is not None:
        person = _signed_in(connection, request.cookies.get(COOKIE), parts)
    return asking_as(connection, person) if person else None


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


@signing_in.get("/sign-in")
async def show_sign_in(parts: TheParts) -> HTMLResponse:
    return _sign_in_page(parts)


@signing_in.post("/sign-in")
async def sign_in(request: Request, parts: TheParts) -> HTMLResponse:
    """A cookie for this endpoint alone; it ends with the key it was got by, or after eight hours."""
    async with request.form(max_files=0, max_fields=10) as form:
        key = str(form.get("key", "")).strip()
    now = datetime.now(UTC)
    holder, asking = await parts.database.read(_holder, key, now)
    if holder is None:
        try:
            parts.limits.failed("sign_in", request, key_id_of(key))
        except TooManyAttempts as error:
            shown = _sign_in_page(parts, str(error), status=error.status)
            shown.headers["Retry-After"] = str(error.retry_after)
            return shown
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
